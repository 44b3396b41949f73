"""The programs of `tests/programs/`: taken apart, type-checked with the plugin, run. See the README there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "programs"
CONFIGURATION: Final = """[mypy]
plugins = ktensor.mypy_plugin
strict = true
"""
#: From which version of mypy on a name may be bound to another type in which words; before, hardly at all.
_REDEFINITION: Final = (
    ((2, 0), "allow_redefinition = true\n"),
    ((1, 16), "allow_redefinition_new = true\nlocal_partial_types = true\n"),
    ((0, 0), "allow_redefinition = true\n"),
)
_SECTION: Final = re.compile(r"^# %% (\S+) (wrong|right|symbolic|symbolic-wrong)$", re.MULTILINE)
_EXPECTED: Final = re.compile(r"# ([EA]): (\S+) ?(.*)$")
_REVEALED: Final = re.compile(r"# R: (.*)$")
_MESSAGE: Final = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+):(?:\d+:)? (?P<kind>\w+): (?P<text>.*)$")
_WORD: Final = re.compile(r"\([^)]*\)|\S+")


@dataclass(frozen=True)
class Expected:
    """What a marked line must report, and whether it fails when it is run."""

    code: str
    words: tuple[str, ...]
    fails: bool


@dataclass
class Program:
    """One section."""

    kind: str
    group: str
    section: str
    text: str
    errors: dict[int, Expected] = field(default_factory=dict)
    revealed: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, line in enumerate(self.text.splitlines(), start=1):
            if mark := _EXPECTED.search(line):
                fails = mark[1] == "E" and mark[2].startswith("tensor-")
                self.errors[number] = Expected(mark[2], tuple(_WORD.findall(mark[3])), fails)
            if mark := _REVEALED.search(line):
                self.revealed[number] = mark[1].strip()

    def __str__(self) -> str:
        return f"{self.kind}-{self.group}-{self.section}"

    @property
    def module(self) -> str:
        """A module name of its own."""
        return re.sub(r"\W", "_", str(self))


def programs() -> list[Program]:
    """All programs, in the order of the files."""
    found: list[Program] = []
    for path in sorted(FOLDER.glob("*.py")):
        parts = _SECTION.split(path.read_text())
        for group, section, text in zip(parts[1::3], parts[2::3], parts[3::3]):
            found.append(Program(path.stem, group, section, text.lstrip("\n")))
    return found


def configuration() -> str:
    """mypy's configuration, for the version that there is."""
    found = tuple(int(part) for part in version("mypy").split(".")[:2])
    return CONFIGURATION + next(lines for since, lines in _REDEFINITION if found >= since)


def check(chosen: Sequence[Program], folder: Path, arguments: Sequence[str] = ()) -> dict[str, list[str]]:
    """What is wrong with each program's report; nothing for those that are as they should be."""
    (folder / "mypy.ini").write_text(configuration())
    for program in chosen:
        (folder / f"{program.module}.py").write_text(program.text)
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context", *arguments]
    files = [f"{p.module}.py" for p in chosen]
    done = subprocess.run([*command, *files], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1) or done.stderr:
        raise AssertionError(f"mypy failed:\n{done.stdout[-3000:]}\n{done.stderr}")
    lines = _by_file(done.stdout.splitlines())
    return {str(p): problems for p in chosen if (problems := _problems(p, lines[f"{p.module}.py"]))}


def _by_file(output: Iterable[str]) -> defaultdict[str, list[tuple[int, str, str]]]:
    found: defaultdict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for line in output:
        if mark := _MESSAGE.match(line):
            found[mark["file"]].append((int(mark["line"]), mark["kind"], mark["text"]))
    return found


def _problems(program: Program, messages: Sequence[tuple[int, str, str]]) -> list[str]:
    problems = []
    errors = [(line, text) for line, kind, text in messages if kind == "error"]
    notes = [(line, text) for line, kind, text in messages if kind == "note"]
    for line, text in errors:
        if line not in program.errors:
            problems.append(f"false alarm in line {line}: {text}")
    for line, wanted in program.errors.items():
        on_line = [text for at, text in errors if at == line]
        if not on_line:
            problems.append(f"missed in line {line}: {wanted.code} {' '.join(wanted.words)}")
        elif not any(text.endswith(f"[{wanted.code}]") and all(w in text for w in wanted.words) for text in on_line):
            problems.append(f"line {line} says {on_line}, not {wanted.code} {' '.join(wanted.words)}")
    for line, wanted_type in program.revealed.items():
        found = [_plain(text) for at, text in notes if at == line and "Revealed type" in text]
        if found != [wanted_type]:
            problems.append(f"line {line} reveals {found}, not {wanted_type}")
    return problems


def _plain(note: str) -> str:
    """A revealed type without module prefixes, `Literal` as `L`."""
    text = note.removeprefix('Revealed type is "').rstrip('"')
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", text).replace("Literal[", "L[")
