"""`python -m ktensor shapes`: files with the shapes and dtypes of their tensors beside the lines that make them."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

from .model import Report, UsageError

__all__ = ["add_arguments", "run"]

#: Without a terminal there is room for this.
_WIDTH = 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command to its parser."""
    parser.add_argument("files", nargs="+", metavar="FILE.py", help="the files to show")
    parser.add_argument("--html", metavar="OUT", help="write a page instead of printing")
    parser.add_argument("--json", action="store_true", help="print JSON for editors: see ktensor/annotate/editors.py")
    parser.add_argument("--no-color", action="store_true", help="no colors, which only terminals get anyway")
    parser.add_argument(
        "--mypy-config", metavar="FILE", help="the configuration of mypy, by default the one that mypy itself finds"
    )


def run(arguments: argparse.Namespace) -> int:
    """Shows the files.

    Returns:
        The exit code: 0 if mypy finds nothing wrong, 1 if it does, 2 if the files cannot be checked.
    """
    if find_spec("mypy") is None:
        _print(["shapes are found by mypy, which is not installed: pip install 'ktensor[mypy]'"], sys.stderr)
        return 2
    from .reading import read

    try:
        report = read(arguments.files, arguments.mypy_config)
        if arguments.html:
            _save(arguments.html, report)
    except UsageError as error:
        _print([str(error)], sys.stderr)
        return 2
    if arguments.json:
        from . import editors

        _print(editors.write(report))
    elif arguments.html:
        _print(f"{arguments.html}: {listing.file}: {listing.summary()}" for listing in report.listings)
    else:
        from . import text

        width = shutil.get_terminal_size((_WIDTH, 24)).columns
        _print(text.write(report, width, text.wants_color(sys.stdout, arguments.no_color)))
    return 0 if report.is_clean else 1


def _save(file: str, report: Report) -> None:
    from . import page

    try:
        Path(file).write_text(page.write(report), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror or error}") from None


def _print(lines: Iterable[str], stream: TextIO | None = None) -> None:
    stream = stream or sys.stdout
    encoding = stream.encoding or "utf-8"
    for line in lines:  # the code may have characters that the terminal has not
        stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
