"""What type checkers see of the ops: with the mypy plugin the functions themselves, without it overloads.

With the plugin, mypy runs the run time's rules at every call, and the plain signatures serve it best. pyright, pyrefly
and mypy without the plugin have the overloads of `overloads.pyi`, which `ktensor.checking.overloads` writes by running
the same rules on sample shapes. `methods` and `functions` choose:

    try:
        if not KTENSOR_PLUGIN:
            from .overloads import ...  # a stub alone: at run time there is no such module
    except ImportError:
        if not TYPE_CHECKING_WITH_PYREFLY:
            from ... import ...  # the functions themselves

At run time the first import fails, so the second counts. mypy with the plugin knows that KTENSOR_PLUGIN is true. mypy
without it takes the first definition of a name; pyright ignores definitions in an `except`; pyrefly, which would join the
two, knows that TYPE_CHECKING_WITH_PYREFLY is true.
"""

from typing import Final, Literal

__all__ = ["KTENSOR_PLUGIN", "TYPE_CHECKING_WITH_PYREFLY"]

#: True for mypy where the plugin runs.
KTENSOR_PLUGIN: Final[Literal[False]] = False
#: True for pyrefly.
TYPE_CHECKING_WITH_PYREFLY: Final[Literal[False]] = False
