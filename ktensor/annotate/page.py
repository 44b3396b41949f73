"""The listing as a page: one file without scripts that needs no network, light and dark."""

from __future__ import annotations

import io
import itertools
import keyword
import tokenize
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import PurePath
from typing import Final, NamedTuple

from .. import __version__
from .model import Listing, Mark, Message, Report
from .text import segments, texts

__all__ = ["write"]

_TAB: Final = 4
#: Several shapes stand in one row if they have no more characters together.
_SHORT: Final = 46


def write(report: Report) -> str:
    """The page."""
    title = ", ".join(PurePath(x.file).name for x in report.listings)
    sections = "\n".join(_section(i, listing) for i, listing in enumerate(report.listings))
    return _PAGE.format(
        title=escape(title), style=_STYLE, sections=sections, elsewhere=_elsewhere(report), version=__version__
    )


_PAGE: Final = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}: shapes</title>
<style>{style}</style>
</head>
<body>
<main>
{sections}
{elsewhere}
</main>
<footer>Inferred by mypy with ktensor {version}. Hover over a shape, or a name, for its type.</footer>
</body>
</html>
"""


def _section(number: int, listing: Listing) -> str:
    prefix = f"f{number}-"
    code = _code(listing, prefix) if listing.marks or listing.messages else ""
    return f"""<section>
<header><h1>{escape(listing.file)}</h1>
<p>{escape(listing.summary())}</p>{_contents(listing, prefix)}</header>
{code}
</section>"""


def _contents(listing: Listing, prefix: str) -> str:
    """Links to the errors."""
    links = [f'<li><a href="#{prefix}{m.line}">line {m.line}</a> {escape(_first(m.text))}</li>' for m in listing.errors]
    return f'<ul class="errors">{"".join(links)}</ul>' if links else ""


def _first(text: str) -> str:
    return text.partition(";")[0]


def _elsewhere(report: Report) -> str:
    if not report.elsewhere:
        return ""
    items = "".join(f"<li><code>{escape(m.file)}:{m.line}</code> {_message(m)}</li>" for m in report.elsewhere)
    return f'<section><header><h1>In other files</h1></header><ul class="others">{items}</ul></section>'


# Code.


def _code(listing: Listing, prefix: str) -> str:
    marks, messages, colors = listing.marks_by_line(), listing.messages_by_line(), _colors(listing.lines)
    rows: list[str] = []
    for number, line in enumerate(listing.lines, start=1):
        said, here = messages.get(number, []), marks.get(number, [])
        code = _line(line, colors.get(number, []), _spans(number, line, said), here)
        shapes = "".join(_label(listing, mark, len(here)) for mark in here)
        short = sum(len(listing.label(m, len(here))) + len(" | ".join(texts(m))) for m in here) <= _SHORT
        shapes = f'<div class="short">{shapes}</div>' if short and len(here) > 1 else shapes
        rows.append(_row(f"{prefix}{number}", number, line, code, shapes, said))
    return f'<div class="code"><table><tbody>\n{chr(10).join(rows)}\n</tbody></table></div>'


def _row(anchor: str, number: int, line: str, code: str, shapes: str, said: Sequence[Message]) -> str:
    spread = line.expandtabs(_TAB)
    indent = f'style="--indent:{len(spread) - len(spread.lstrip())}ch"'
    is_wrong = any(m.severity == "error" for m in said)
    row = (
        f'<tr id="{anchor}" class="{"wrong" if is_wrong else ""}"><td class="n"><a href="#{anchor}">{number}</a></td>'
        f'<td class="c"><div {indent}>{code or " "}</div></td><td class="s">{shapes}</td></tr>'
    )
    if not said:
        return row
    told = f'<td class="m" colspan="2"><div {indent}>{"".join(map(_message, said))}</div></td>'
    return f'{row}\n<tr class="said {"bad" if is_wrong else ""}"><td class="n"></td>{told}</tr>'


def _label(listing: Listing, mark: Mark, beside: int) -> str:
    name = listing.label(mark, beside)
    shapes = [
        "".join(f'<span class="{style}">{escape(part)}</span>' for style, part in segments(text))
        for text in texts(mark)
    ]
    head = f"<b>{escape(name)}</b> " if name else ""
    return f'<div title="{escape(mark.joined.full)}">{head}{"<i> | </i>".join(shapes)}</div>'


def _message(message: Message) -> str:
    code = f' <span class="tag">{escape(message.code)}</span>' if message.code else ""
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in message.notes)
    kind = message.severity
    return f'<div class="{kind}"><p><b>{kind}</b> {escape(message.text)}{code}</p>{notes}</div>'


# One line: its characters, each with what it is.


class _Char(NamedTuple):
    color: str
    is_wrong: bool
    title: str


class _Span(NamedTuple):
    start: int
    end: int
    what: str


def _line(line: str, colors: Sequence[_Span], wrong: Sequence[_Span], marks: Sequence[Mark]) -> str:
    """The line with tags: runs of characters that are alike have one tag."""
    tagged = zip(
        line,
        map(
            _Char,
            _spread(line, colors),
            [bool(w) for w in _spread(line, wrong)],
            _spread(line, [_Span(m.column - 1, m.end_column, m.joined.full) for m in marks if m.name]),
        ),
    )
    return "".join(
        _tagged("".join(c for c, _ in run), char) for char, run in itertools.groupby(tagged, lambda pair: pair[1])
    )


def _spread(line: str, spans: Sequence[_Span]) -> list[str]:
    found = [""] * len(line)
    for start, end, what in spans:
        found[start:end] = [what] * len(found[start:end])
    return found


def _tagged(text: str, char: _Char) -> str:
    content = escape(text.expandtabs(_TAB))
    if char.color:
        content = f'<span class="{char.color}">{content}</span>'
    if char.title:
        content = f'<span class="of" title="{escape(char.title)}">{content}</span>'
    return f"<mark>{content}</mark>" if char.is_wrong else content


def _spans(number: int, line: str, said: Sequence[Message]) -> list[_Span]:
    errors = [m for m in said if m.severity == "error" and m.line == number]
    return [_Span(m.column - 1, m.end_column if m.end_line == number else len(line), "wrong") for m in errors]


def _colors(lines: Sequence[str]) -> dict[int, list[_Span]]:
    """What is a keyword, a string, a number or a comment, by line."""
    found: dict[int, list[_Span]] = {}
    for token in _tokens(lines):
        color = _color(token)
        if color:
            for number in range(token.start[0], token.end[0] + 1):
                start = token.start[1] if number == token.start[0] else 0
                end = token.end[1] if number == token.end[0] else len(lines[number - 1])
                found.setdefault(number, []).append(_Span(start, end, color))
    return found


def _tokens(lines: Sequence[str]) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline)
    except (tokenize.TokenError, SyntaxError):  # the rest has no colors
        return


def _color(token: tokenize.TokenInfo) -> str:
    if token.type == tokenize.NAME:
        return "k" if keyword.iskeyword(token.string) else ""
    kind = tokenize.tok_name[token.type]
    return "t" if kind.startswith(("FSTRING", "TSTRING")) else _COLORS.get(token.type, "")


_COLORS: Final = {tokenize.COMMENT: "o", tokenize.NUMBER: "d", tokenize.STRING: "t"}

_STYLE: Final = """
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --sheet: #ffffff; --ink: #24292f; --faint: #6b7280; --line: #e4e5e7; --hover: #f3f5f8;
  --margin: #f6f8fb; --shape: #0550ae; --dtype: #5b6b84; --key: #8250df; --text: #1a6b3c; --digit: #953800;
  --wrong: #b3261e; --wrong-back: #fdeceb; --wrong-mark: #f9cdca; --note: #57606a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1216; --sheet: #15191f; --ink: #d7dce3; --faint: #8b95a3; --line: #2a3039; --hover: #1b2129;
    --margin: #191f27; --shape: #79b8ff; --dtype: #93a4bc; --key: #c9a6ff; --text: #8fd6a4; --digit: #f0a868;
    --wrong: #ff8f86; --wrong-back: #2f1b1c; --wrong-mark: #6b2a2a; --note: #a5afbd;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: max-content; min-width: min(100%, 60rem); margin: 0 auto; padding: 2rem 1.5rem 1rem; }
section { margin-bottom: 3rem; }
h1 { font-size: 1.25rem; line-height: 1.3; margin: 0; overflow-wrap: anywhere; }
header p { margin: .1rem 0 1rem; color: var(--faint); }
ul.errors, ul.others { margin: 0 0 1rem; padding: 0; list-style: none; max-width: 60rem; }
ul.errors li { padding: .1rem 0; }
a { color: var(--shape); }
ul.errors a { color: var(--wrong); font-weight: 600; margin-right: .4rem; }
.code { background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; }
table { border-collapse: separate; border-spacing: 0; min-width: 100%; }
tr:first-child td { padding-top: .5rem; }
tr:last-child td { padding-bottom: .5rem; }
td { padding: 0 1rem; vertical-align: top; }
.n, .c, .s { font: 13px/1.6 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.n { text-align: right; padding-right: 0; width: 1%; user-select: none; }
.n a { color: var(--faint); text-decoration: none; }
.c { white-space: pre-wrap; overflow-wrap: anywhere; }
.c div { max-width: 92ch; min-width: 60ch; padding-left: calc(var(--indent) + 4ch); }
.c div { text-indent: calc(-4ch - var(--indent)); }
.s { white-space: nowrap; position: sticky; right: 0; background: var(--margin); border-left: 1px solid var(--line); }
.short > div { display: inline; }
.short > div + div::before { content: ", "; color: var(--faint); }
.s b { font-weight: 600; }
.s i { font-style: normal; color: var(--faint); }
.shape { color: var(--shape); }
.dtype { color: var(--dtype); }
tr:hover > td { background: var(--hover); }
tr:target td { box-shadow: inset 0 1px var(--shape), inset 0 -1px var(--shape); }
tr.wrong > td, tr.bad > td { background: var(--wrong-back); }
tr.said:not(.bad) > td { background: var(--margin); }
tr.wrong .s { border-left-color: transparent; }
tr.wrong .n a { color: var(--wrong); font-weight: 700; }
mark { background: var(--wrong-mark); color: inherit; border-radius: 3px; padding: 1px 0; }
.of { text-decoration: underline dotted var(--faint); text-underline-offset: 3px; }
.m { font-size: 14px; padding-top: .2rem; padding-bottom: .4rem; }
.m p { margin: 0; max-width: 80ch; }
.m > div { font-size: 13px; margin-left: var(--indent); }
.error b { color: var(--wrong); }
.m .note, .note p { color: var(--note); }
.tag { font: 12px ui-monospace, monospace; color: var(--faint); white-space: nowrap; }
.k { color: var(--key); }
.t { color: var(--text); }
.d { color: var(--digit); }
.o { color: var(--faint); font-style: italic; }
footer { color: var(--faint); font-size: 13px; text-align: center; padding: 0 1rem 2rem; }
@media (max-width: 44rem) {
  main { padding: 1rem .5rem; }
  .c div { min-width: 0; }
  .code tr { display: grid; grid-template-columns: 2.5rem 1fr; }
  .n { padding-left: 0; width: auto; }
  .c, .s, .m { padding: 0 .75rem; }
  .s { grid-column: 2; position: static; white-space: normal; text-align: right; border: 0; border-radius: 4px; }
  .s:empty { display: none; }
}
@media print {
  .code { border: 0; overflow: visible; }
  .s { position: static; }
}
"""
