"""`python -m ktensor info` shows settings and engines, `tour` runs the tour, `shapes` shows the shapes in a file,
`coverage` how each engine runs each function of `keras.backend`, `keras` runs a script for Keras 2.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import Final, NamedTuple

from . import __version__, annotate
from .config import Setting, config, config_file, image_dim_ordering, set_engine, sources
from .engines.status import engines
from .errors import ConfigError, KTensorError

_GAP: Final = "  "


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text with their columns aligned; the first row is the head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (_GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines)


def _setting_rows(settings: dict[str, Setting]) -> list[tuple[str, str, str]]:
    shown = {name: "not set" if value is None else str(value) for name, (value, _) in settings.items()}
    shown["image_data_format"] += f' ("{image_dim_ordering()}")'
    return [("setting", "value", "from"), *((name, shown[name], settings[name].origin) for name in settings)]


def _engine_rows(in_force: str | None) -> list[tuple[str, str, str, str]]:
    return [
        ("", "engine", "version", ""),
        *(
            ("*" if status.name == in_force else "", status.name, status.version or "missing", status.remedy)
            for status in engines()
        ),
    ]


def info(chosen: str | None = None) -> int:
    """Prints settings and engines. `chosen` is the engine named on the command line, if any.

    Returns:
        The exit code: 1 if the settings cannot be read.
    """
    numpy, python = metadata.version("numpy"), platform.python_version()
    print(f"ktensor {__version__}, NumPy {numpy}, Python {python}, {platform.platform()}\n")
    settings: dict[str, Setting] = {}
    try:
        settings = sources()
        if chosen:
            settings["engine"] = Setting(chosen, "--engine")
        print(table(_setting_rows(settings)), end="\n\n")
    except ConfigError as error:
        print(f"The settings cannot be read: {error}\n")
    file = config_file()
    print(f"settings file: {file}{'' if file.exists() else ' (does not exist, and need not)'}\n")
    print(table(_engine_rows(settings["engine"].value if settings else None)))
    if settings:
        print("\n* is in force.")
    return 0 if settings else 1


def tour(chosen: str | None = None) -> int:
    """Runs the tour on the engine in force, which is already `chosen`, if one was named."""
    from . import tour as script

    script.main()
    return 0


def coverage() -> int:
    """Prints how each engine runs each function of `keras.backend`."""
    from .coverage import report  # imports all engines

    print(table(report()))
    return 0


def _no_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def _add_engine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--engine", metavar="NAME", help="the engine to use: numpy, tensorflow, theano, ...")


class _Command(NamedTuple):
    run: Callable[[argparse.Namespace], int]
    purpose: str
    add_arguments: Callable[[argparse.ArgumentParser], None] = _add_engine


def keras(arguments: argparse.Namespace) -> int:
    """Runs a script for Keras 2 on ktensor."""
    from .keras.script import run  # importing it already changes how Keras is imported

    if arguments.engine:
        set_engine(arguments.engine)  # of all threads that the script may start, whatever KERAS_BACKEND says
        os.environ["KTENSOR_ENGINE"] = arguments.engine  # of all processes
    run(arguments.script, arguments.arguments)
    return 0


def _add_script(parser: argparse.ArgumentParser) -> None:
    _add_engine(parser)
    parser.add_argument("script", metavar="SCRIPT.py", help="the script, which may import Keras 2 unchanged")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="the script's own arguments")


_COMMANDS: Final[dict[str, _Command]] = {
    "info": _Command(lambda parsed: info(parsed.engine), "show the settings, where each came from, and the engines"),
    "tour": _Command(
        lambda parsed: tour(parsed.engine), "run the tour on the engine in force and print each step and its result"
    ),
    "coverage": _Command(
        lambda parsed: coverage(), "show how each engine runs each function of keras.backend", _no_arguments
    ),
    "keras": _Command(keras, "run a script for Keras 2 on ktensor", _add_script),
    "shapes": _Command(
        annotate.run, "show files with the shapes of their tensors beside the code, and errors", annotate.add_arguments
    ),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ktensor", description="A typed tensor over many engines.")
    parser.add_argument("--version", action="version", version=f"ktensor {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, (_, purpose, add_arguments) in _COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose)
        add_arguments(command)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command.

    Returns:
        The exit code: 0, 1 after an error, 2 for a command line that makes no sense.
    """
    parsed = _parser().parse_args(arguments)
    command = _COMMANDS[parsed.command]
    try:
        scope = config(engine=getattr(parsed, "engine", None))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        with scope:
            return command.run(parsed)
    except KTensorError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader has seen enough, as in `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
