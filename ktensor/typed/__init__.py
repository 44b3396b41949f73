"""What type checkers see of the ops: with the mypy plugin the functions themselves, without it overloads.

With the plugin, mypy runs the run time's rules at every call, and the plain signatures serve it best. pyright, pyrefly
and mypy without the plugin have the overloads of `overloads.pyi`, which `ktensor.checking.overloads` writes by running
the same rules on sample shapes. `methods` and `functions` choose:

    try:
        if not KTENSOR_PLUGIN:
            from .overloads import ...
    except ImportError:
        if not TYPE_CHECKING_WITH_PYREFLY and (KTENSOR_PLUGIN or not TYPE_CHECKING):
            from ... import ...  # the functions themselves

At run time the first import fails, since there is a stub and no module; so the second counts. No checker evaluates all
of it, but each has a reason to see one import alone:

- mypy with the plugin, for which KTENSOR_PLUGIN is true, leaves out the first;
- mypy without it takes the first definition of a name;
- pyright ignores what is defined in an `except`;
- pyrefly, for which TYPE_CHECKING_WITH_PYREFLY is true, and ty, which evaluates the conditions, leave out the second.
"""
