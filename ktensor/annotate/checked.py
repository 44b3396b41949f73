"""Files as mypy sees them, with the plugin: the types of their expressions, and the messages."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, Final, NamedTuple

from mypy import build
from mypy.errors import CompileError
from mypy.main import process_options
from mypy.modulefinder import BuildSource
from mypy.nodes import Expression, MypyFile, Node
from mypy.options import Options
from mypy.types import Type
from mypy.util import decode_python_encoding

from ..checking.record import recording
from ..mypy_plugin import KTensorPlugin
from .model import Message, UsageError, absolute

__all__ = ["Checked", "check"]


class Checked(NamedTuple):
    """What came of some files."""

    #: By absolute path; not there if something in the file, such as its syntax, kept mypy from checking it.
    trees: Mapping[str, MypyFile]
    types: Mapping[Expression, Type]
    #: The types of nodes in bodies that were run, in each call.
    calls: Mapping[Node, list[Type]]
    messages: list[Message]
    options: Options


#: How the messages are printed, to be read again; and what reports of other kinds would get in the way.
_WANTED: Final[Mapping[str, Any]] = {
    "color_output": False,
    "export_types": True,
    "fine_grained_incremental": False,
    "hide_error_codes": False,
    "hide_error_context": True,
    "incremental": True,
    "many_errors_threshold": -1,
    "num_workers": 0,
    "output": None,
    "preserve_asts": True,
    "pretty": False,
    "report_dirs": {},
    "show_absolute_path": True,
    "show_column_numbers": True,
    "show_error_end": True,
    "sqlite_cache": False,  # its connection would stay open after a syntax error
}


def check(files: Sequence[str], configuration: str | None) -> tuple[dict[str, str], list[Checked]]:
    """Checks the files.

    Returns:
        The text of each file by its absolute path, and what came of them, in groups that were checked together.

    Raises:
        UsageError: a file, or the configuration, cannot be read.
    """
    texts: dict[str, str] = {}
    for file in files:
        texts.setdefault(absolute(file), _text(file))
    sources, options = _options(files, configuration)
    return texts, [done for group in _groups(sources, texts) for done in _built(group, options)]


def _text(file: str) -> str:
    try:
        return decode_python_encoding(Path(file).read_bytes())
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}") from None
    except Exception as error:  # mypy has a class of its own for unknown encodings
        raise UsageError(f"{file} cannot be read as text: {error}") from None


def _options(files: Sequence[str], configuration: str | None) -> tuple[list[BuildSource], Options]:
    if configuration is not None and not Path(configuration).is_file():
        raise UsageError(f"{configuration}, the configuration of mypy, is not there")
    chosen = [] if configuration is None else ["--config-file", configuration]
    said = io.StringIO()
    try:
        with redirect_stderr(said), redirect_stdout(said):
            sources, options = process_options([*chosen, "--", *files], said, said)
    except SystemExit:
        raise UsageError(said.getvalue().strip().rpartition("\n")[2]) from None
    sys.stderr.write(said.getvalue())  # what is wrong with the configuration, but does not keep mypy from working
    for name, value in _WANTED.items():
        if hasattr(options, name):  # mypy 1.15 has no workers
            setattr(options, name, value)
    if options.cache_dir != os.devnull:
        options.cache_dir = str(Path(options.cache_dir) / "ktensor-shapes")
    home = str(Path(__file__).parents[2])
    if Path(home).name not in _INSTALLED:  # the ktensor that runs is the one that is checked with
        options.mypy_path.append(home)
    return sources, options


_INSTALLED: Final = ("site-packages", "dist-packages")


def _groups(sources: Sequence[BuildSource], texts: Mapping[str, str]) -> Iterator[list[BuildSource]]:
    """The files in groups within which each module has a name of its own, as mypy wants it."""
    groups: list[dict[str, BuildSource]] = []
    for source in sources:
        # A source with its text is checked again each time, while all that it imports comes from the cache.
        source.text = texts[absolute(source.path)]
        group = next((g for g in groups if source.module not in g), None)
        if group is None:
            groups.append(group := {})
        group[source.module] = source
    return (list(group.values()) for group in groups)


def _built(sources: list[BuildSource], options: Options) -> Iterator[Checked]:
    """What came of the sources; those of which mypy cannot even read the syntax are left out of a second try."""
    extra = [] if "ktensor.mypy_plugin" in options.plugins else [KTensorPlugin(options)]
    try:
        with recording() as recorder:
            result = build.build(sources, options, extra_plugins=extra)
    except CompileError as error:
        messages = _messages(error.messages)
        blocked = {m.file for m in messages}
        rest = [s for s in sources if absolute(s.path) not in blocked]
        yield Checked({}, {}, {}, messages, options)
        if rest and len(rest) < len(sources):
            yield from _built(rest, options)
        return
    paths = {s.module: absolute(s.path) for s in sources}
    trees = {path: result.files[module] for module, path in paths.items() if module in result.files}
    yield Checked(trees, result.types, recorder.types(), _messages(result.errors), options)


_MESSAGE: Final = re.compile(
    r"(?P<file>.+?):(?:(?P<line>\d+):(?:(?P<column>\d+):(?:(?P<end_line>\d+):(?P<end_column>\d+):)?)?)? "
    r"(?P<severity>error|note): (?P<text>.*?)(?:  \[(?P<code>[\w-]+)\])?"
)


def _messages(lines: Sequence[str]) -> list[Message]:
    """mypy's messages, each note with the error that it belongs to."""
    found: list[Message] = []
    for line in lines:
        match = _MESSAGE.fullmatch(line)
        if match is None:
            continue
        start, column = int(match["line"] or 0), int(match["column"] or 1)
        end = int(match["end_line"] or start), int(match["end_column"] or column)
        message = Message(match["file"], start, column, *end, match["severity"], match["code"], match["text"])
        if message.severity == "note" and found and (found[-1].file, found[-1].line) == (message.file, start):
            found[-1] = found[-1]._replace(notes=(*found[-1].notes, message.text))
        else:
            found.append(message)
    return found
