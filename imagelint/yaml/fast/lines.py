"""The grammar of simple YAML: a line, and what begins on it and may continue below.

``yaml/fast/parser.py`` makes nodes of such lines; ``kubernetes/skim/reader.py`` follows them
without nodes. This module sees one line at a time: those two check that the columns of adjacent
lines agree. Anything outside the grammar (tags, tabs) makes them decline the document.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import count
from typing import Final, TypeAlias

from imagelint.yaml.fast.flow import FLOW_BEGINS, IN_DOUBLE, IN_SINGLE, flow_on_line, unquoted
from imagelint.yaml.nodes import MERGE, NOT_FINITE, ODD_SCALARS, Node, Scalar, Tree

__all__ = ["ALIAS", "ANCHORED", "BLANK", "BLOCK", "DOUBLE", "FLOW", "NOTHING", "PLAIN", "SINGLE"]
__all__ += ["MAX_DEPTH", "QUOTED_KEY", "SCALARS", "START", "SUSPICIOUS", "Line", "block"]
__all__ += ["is_comment", "is_odd", "known_lines", "line_of", "tail_of", "value_of"]

_PLAIN = (
    r"(?:[A-Za-z0-9_/.$(+=~^;<\\]|[^\x00-\x7f\s]|-(?=\S))"
    r"[^\s:]*(?:(?::(?=\S)|[ ]+(?=[^\s\#:]))[^\s:]*){0,999}"  # each round costs memory
)
_KEY = r"[A-Za-z0-9_/.$][A-Za-z0-9_/.$-]{0,200}"
_QUOTED_KEY = r"""'[^'\n\r]{1,200}'|"[^"\\\n\r]{1,200}\""""
_BLANKS = r"(?:[ ]+(?=:[ ]+[^ \r\n\#]))?"
"""Blanks before a colon; not allowed before an empty value, whose place they would hide."""
_LINE = rf"""(?mx)
    ^[ ]*
    (?:
        ((?:-[ ]+)*)                                        # 1: dashes
        (?:({_KEY}|{_QUOTED_KEY}){_BLANKS}:)?               # 2: a key
        (?:(?:(?<=:)[ ]+|(?<!:))
          (?: ({_PLAIN})                                    # 3: a plain scalar
            | '({IN_SINGLE})'                              # 4: in single quotes
            | "({IN_DOUBLE})"                              # 5: in double quotes
            | ([\[{{][^\n\r]*)                              # 6: flow, to the end of the line
            | ([|>][+-]?)                                   # 7: a block scalar's header
        ))?
      | (-)                                                 # 8: a dash alone
    )
    [ ]*(?:(?<![^ \n])\#[^\n]*)?\r?(?:\n|\Z)
    """
_TAIL = rf"[ ]+({_PLAIN})[ ]*\r?"
_DASHES, _KEY_GROUP = 1, 2
NOTHING: Final = _DASHES
"""The line has no value."""
PLAIN, SINGLE, DOUBLE, FLOW, BLOCK, _LONE_DASH, ALIAS = range(3, 10)
SCALARS: Final = frozenset((PLAIN, SINGLE, DOUBLE))
"""The scalars that end on their line."""
_STYLES = {SINGLE: "'", DOUBLE: '"'}
_VALUES = frozenset((PLAIN, SINGLE, DOUBLE, FLOW, BLOCK))
_HEAD = re.compile(rf"[ ]*((?:-[ ]+)*)({_KEY}|{_QUOTED_KEY})[ ]*")
_RARE = rf"[ ]*((?:-[ ]+)*)(?:({_KEY}|{_QUOTED_KEY})[ ]*:[ ]+)?(['\"]|([&*])[A-Za-z0-9_-]+)"
_NOTHING_BEHIND = r"[ ]*(?:[ ]\#.*)?\r?"
_WORD = r"[A-Za-z0-9_./@+=,%$~^()-]"
_SIMPLE = re.compile(
    rf"-{{0,2}}[A-Za-z0-9/]{_WORD}*(?::{_WORD}+){{0,9}}(?:[ ]+{_WORD}+(?::{_WORD}+){{0,9}}){{0,99}}"
)
"""Most plain scalars, recognised without the whole grammar."""
_QUOTES = {"'": (SINGLE, "'\r"), '"': (DOUBLE, '"\\\r')}
"""The kind of a quoted scalar by its quote, and the characters not allowed inside it here."""
_FIT = bytes(range(0x20, 0x7F)) + b"\n"
"""ASCII bytes that are ordinary everywhere."""
_ODD = "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]|\r(?!\n)"
"""Tabs, control characters, YAML 1.1 line breaks and byte order marks: not supported here.

It lists the odd characters: compiling the ranges of the ordinary ones takes ten times as long.
"""
START = re.compile(r"---[ ]*(?:[ ]\#[^\n]*)?\r?(?:\n|\Z)")
_BLOCK_LINES = (
    r"[\r\n]*([ ]+)[^ \r\n][^\n]*(?:\n|\Z)"
    r"(?:\1[^\n]*(?:\n|\Z)|[ ]*\r?\n[\r\n]*)*"
)
"""The lines of a block scalar, and their indentation: that of the first non-empty line."""
MAX_DEPTH: Final = 400  # the YAML library limits deeper nesting

SUSPICIOUS: Final = 1
"""Something on the line may make kubectl refuse the document."""
QUOTED_KEY: Final = 2
"""The key is in quotes; its text here does not include them."""
ANCHORED: Final = 4
"""The line has an anchor, or it is an alias."""

Line: TypeAlias = tuple[tuple[int, ...], int, str | None, str, int, int, int, int]
"""A parsed line; its numbers count characters of the line. A bare tuple: there are many.

- steps, which say what it belongs to: twice the column of a key, twice that of a dash plus
  one. Every smaller step closes what is open, as a key in a list's column closes the list.
- kind of its value: ``NOTHING`` to ``BLOCK``, or ``ALIAS``
- key, None without one
- value, from where to where: without quotes, as it is read; of flow with the text after it;
  of a block scalar the header, of an alias its name
- flags: ``SUSPICIOUS``, ``QUOTED_KEY``, ``ANCHORED``
- number of its shape: lines with the same number differ only in their values, quotes included
"""
_Head: TypeAlias = tuple[tuple[int, ...], str, int, int]
"""The part before a value: steps, key, flags, and the start of the shape."""
BLANK: Final[Line] = ((), NOTHING, None, "", 0, 0, 0, 0)
"""A line without content, or with only a comment."""

known_lines: dict[str, Line | None] = {}
"""Cache of parsed lines, None for one outside the grammar. Manifests repeat lines: of ten
lines eight are found here, for a fifth of the cost of matching them."""
_known_heads: dict[str, _Head | None] = {}
"""Cache of heads. In most new lines only the value is new, and simple: knowing the rest halves
their cost."""
_known_shapes: dict[tuple[tuple[int, ...], str | None, int, int], int] = {}
_numbers = count(1)
"""No number is used twice: a shape that was dropped from the cache gets another one."""
_KNOWN_MAX = 10_000
_LENGTH_MAX = 200


def line_of(text: str) -> Line | None:  # noqa: C901 - one for each kind of value
    """Parse a line without its line feed; None if it is outside the grammar.

    Look into :data:`known_lines` first. A line with an odd character is outside the grammar.
    """
    is_fit = text.isprintable() or not is_odd(text + "\n")
    if "#" in text and is_comment(text):
        return BLANK if is_fit else None  # not cached: few comments repeat
    head, _, value = text.partition(": ")
    known = (_known_heads.get(head) or _head(head)) if value and is_fit else None
    line: Line | None = None
    if known is not None:
        steps, key, oddity, shape = known
        start = len(head) + 2
        if value.isalnum() or _SIMPLE.fullmatch(value):
            line = (steps, PLAIN, key, value, start, start + len(value), oddity, shape)
        elif value[0] in FLOW_BEGINS:
            if value[-1] != "\r":
                shape = _shape(steps, key, FLOW, oddity)
                line = (steps, FLOW, key, value, start, start + len(value), oddity, shape)
        elif value[0] in _QUOTES and value[-1] == value[0] and len(value) > 1:
            kind, excluded = _QUOTES[value[0]]
            inner = value[1:-1]
            if not any(char in inner for char in excluded):
                end = start + len(value) - 1
                line = (steps, kind, key, inner, start + 1, end, oddity, shape)
        elif " #" in value:
            line = _commented(known, value[: value.index(" #")].rstrip(" "), head)
    if line is None and is_fit:
        line = _without_key(text) or _rare(text)
    if len(text) <= _LENGTH_MAX:
        if len(known_lines) >= _KNOWN_MAX:
            known_lines.clear()
        known_lines[text] = line
    return line


def _commented(known: _Head, value: str, head: str) -> Line | None:
    """Parse a line on which a comment follows a head and a value, or only a head."""
    steps, key, oddity, shape = known
    if not value and head[-1] != " ":  # else the place of the empty value is unclear
        shape = _shape(steps, key, NOTHING, oddity)
        return (steps, NOTHING, key, "", 0, 0, oddity, shape)
    if _SIMPLE.fullmatch(value) is None:
        return None
    start = len(head) + 2
    return (steps, PLAIN, key, value, start, start + len(value), oddity, shape)


def _without_key(text: str) -> Line | None:
    """Parse a comment, an item, a key alone, or any other line with the whole grammar."""
    content = text.lstrip(" ")
    if not content:
        return BLANK
    if content.startswith("- ") and _SIMPLE.fullmatch(content, 2):
        start = len(text) - len(content) + 2
        item = (2 * start - 3,)
        shape = _shape(item, None, PLAIN)
        return (item, PLAIN, None, content[2:], start, len(text), 0, shape)
    if content[-1] == ":" and content[-2:] != " :":
        known = _known_heads.get(text[:-1]) or _head(text[:-1])
        if known is not None:
            steps, key, oddity, _ = known
            shape = _shape(steps, key, NOTHING, oddity)
            return (steps, NOTHING, key, "", 0, 0, oddity, shape)
    match = _grammar().match(text)
    return None if match is None else _taken_apart(text, match)


def _rare(text: str) -> Line | None:
    """Parse a line with an anchor or an alias, or one that ends within quotes.

    Such quotes continue on the next line, as flow does.
    """
    match = re.compile(_RARE).match(text)
    if match is None:
        return None
    key, oddity = (None, 0) if match[2] is None else _key(match[2])
    steps = _steps(text, *match.span(1), match.start(2))
    if key == MERGE or not steps:
        return None
    start, end = match.span(3)
    if match[4] == "&":
        return _anchored(text, start, end, has_key=key is not None)
    kind, value = FLOW, text[start:]
    if match[4] == "*":
        kind, value, oddity = ALIAS, text[start + 1 : end], oddity | ANCHORED
        if re.compile(_NOTHING_BEHIND).fullmatch(text, end) is None:
            return None
    else:
        end = len(text)
    return (steps, kind, key, value, start, end, oddity, _shape(steps, key, kind, oddity))


def _anchored(text: str, start: int, end: int, *, has_key: bool) -> Line | None:
    """Parse a line as if there were blanks in place of its anchor."""
    if text[end : end + 1] not in ("", " ", "\r"):
        return None
    line = line_of(text[:start] + " " * (end - start) + text[end:])
    if line is None or (line[2] is not None) != has_key or line[6] & ANCHORED:
        return None  # before a key, or before more than a value
    steps, kind, key, value, start, end, oddity, _ = line
    oddity |= ANCHORED
    return (steps, kind, key, value, start, end, oddity, _shape(steps, key, kind, oddity))


@cache
def _grammar() -> re.Pattern[str]:
    """Compile the whole grammar on first use: many files never need it."""
    return re.compile(_LINE)


def _head(text: str) -> _Head | None:
    match = _HEAD.fullmatch(text)
    if match is None:
        return None
    steps = _steps(text, *match.span(1), match.start(2))
    key, oddity = _key(match.group(2))
    if key == MERGE:
        return None
    found = (steps, key, oddity, _shape(steps, key, PLAIN, oddity))
    if len(text) <= _LENGTH_MAX:
        if len(_known_heads) >= _KNOWN_MAX:
            _known_heads.clear()
        _known_heads[text] = found
    return found


def _key(written: str) -> tuple[str, int]:
    """Return a key as it is read, and its flags."""
    if written[0] in _QUOTES:
        return written[1:-1], QUOTED_KEY
    return written, SUSPICIOUS if written in ODD_SCALARS else 0


def _shape(steps: tuple[int, ...], key: str | None, kind: int, oddity: int = 0) -> int:
    """Return the number of a shape."""
    shape = (steps, key, PLAIN if kind in _STYLES else kind, oddity)
    number = _known_shapes.get(shape)
    if number is None:
        if len(_known_shapes) >= _KNOWN_MAX:
            _known_shapes.clear()
        number = _known_shapes[shape] = next(_numbers)
    return number


def _steps(text: str, begin: int, end: int, key: int) -> tuple[int, ...]:
    """Return the steps of the dashes between two columns, and of a key at ``key`` (else -1)."""
    if begin == end:
        return (2 * key,) if key >= 0 else ()
    dashes = [2 * at + 1 for at in range(begin, end) if text[at] == "-"]
    return tuple([*dashes, 2 * key] if key >= 0 else dashes)


def _taken_apart(text: str, match: re.Match[str]) -> Line | None:
    kind = match.lastindex or NOTHING
    column, end_of_key = match.span(_KEY_GROUP)
    key, oddity = _key(text[column:end_of_key]) if column >= 0 else (None, 0)
    if key == MERGE:
        return None
    steps = _steps(text, *match.span(_LONE_DASH if kind == _LONE_DASH else _DASHES), column)
    if kind not in _VALUES:
        shape = _shape(steps, key, NOTHING, oddity)
        return (steps, NOTHING, key, "", 0, 0, oddity, shape) if steps else BLANK
    if not steps:
        return None  # a scalar on its own line
    start, end = match.span(kind)
    value = text[start:end]
    if kind == PLAIN and value in NOT_FINITE:
        oddity |= SUSPICIOUS
    else:
        value = unquoted(value, _STYLES[kind]) if kind in _STYLES else value
    return (steps, kind, key, value, start, end, oddity, _shape(steps, key, kind, oddity))


def is_comment(line: str) -> bool:
    """Whether a line is only a comment, unless it is text of a block scalar."""
    return line.lstrip(" ")[:1] == "#"


def tail_of(text: str) -> tuple[int, int] | None:
    """Return the range of a line on which a plain scalar of the lines before may continue."""
    match = re.compile(_TAIL).fullmatch(text)
    return None if match is None else match.span(1)


def value_of(tree: Tree, text: str, line: Line, at: int, column: int) -> Node | None:
    """Read a value other than a plain scalar, on a line at ``at``; None declines it.

    ``column`` is that of the collection around it.
    """
    _, kind, _, value, start, end, _, _ = line
    if kind == BLOCK:
        return block(text, at + start, value, column)
    if kind == FLOW:
        return flow_on_line(tree, text, at + start, at + end)
    return Scalar(value, at + start - 1, at + end + 1, _STYLES[kind])


def block(text: str, at: int, header: str, column: int) -> Scalar | None:
    """Read the literal or folded scalar whose header is at ``at``; None declines it."""
    start = text.find("\n", at) + 1 or len(text)
    lines = re.compile(_BLOCK_LINES).match(text, start)
    if lines is None:
        return None
    indent, end = len(lines[1]), lines.end()
    if indent <= column:
        return None  # empty, or with an unclear indentation
    value = _block_value(lines[0].replace("\r\n", "\n"), indent, header)
    return None if value is None else Scalar(value, at, end, header[0])


def is_odd(text: str) -> bool:
    """Whether the text has a match of ``_ODD``; most texts need a tenth of the pattern's time."""
    if text.isascii():
        rest = text.encode().translate(None, _FIT)
        return bool(rest) and (rest.strip(b"\r") != b"" or len(rest) != text.count("\r\n"))
    if text.replace("\n", "").isprintable():
        return False
    return re.search(_ODD, text) is not None


def _block_value(text: str, indent: int, header: str) -> str | None:
    """Return a block scalar's value; None for folds other than lines joined by blanks."""
    body = text.rstrip("\n")
    lines = [line[indent:] for line in body.split("\n")]
    if not lines[-1].strip():
        return None  # it ends in blanks
    if header[0] == "|":
        value = "\n".join(lines)
    elif any(not line or line[0] == " " for line in lines):
        return None
    else:
        value = " ".join(lines)
    breaks = text[len(body) :]
    if header.endswith("-"):
        return value
    return value + (breaks if header.endswith("+") else breaks[:1])
