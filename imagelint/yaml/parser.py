"""A YAML document → nodes; the only module that uses the YAML library.

kubectl reads with go-yaml, a port of libyaml, so this module composes nodes from libyaml's
events (ruamel.yaml's C parser). It keeps duplicate keys, merges, aliases and tags, which
``kubernetes/readers.py`` judges. ruamel.yaml.clib contains libyaml 0.1.7, which refuses a
colon in a plain flow scalar (``{image: nginx:1.25}``) and the escape of a single quote;
go-yaml reads both. Such text is parsed again with these characters hidden (``hidden.py``).
So are byte order marks inside the text, which libyaml skips and go-yaml reads. This module
never writes YAML.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from imagelint.yaml.bounds import DEEP, DEEP_STEPS, MAX_DEPTH, is_excessive
from imagelint.yaml.fast.parser import parse_plain
from imagelint.yaml.hidden import COLON_IN_PLAIN, INNER_MARK, hide, stand_in
from imagelint.yaml.nodes import (
    ODD_SCALARS,
    Mapping,
    Node,
    ParseProblem,
    Scalar,
    Sequence,
    Tree,
    alias_of_merge,
    is_merge,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FLOW_COLON", "parse_events", "parse_yaml"]

_PROPERTIES = r"(?:[&!][^\s\x85\u2028\u2029]*(?:[\s\x85]+|#[^\n\r\x85\u2028\u2029]*)*)+"
_BYTE_ORDER_MARK = "\ufeff"
_SLASH_ESCAPE = r"(?<!\\)(?:\\\\)*\\/"
FLOW_COLON = "found unexpected ':'"
"""libyaml's error for colons that go-yaml reads; after several of them it counts as an error."""
_ESCAPE = "found unknown escape character"
_ATTEMPTS = 8
"""How often a text is parsed, with more hidden each time, before libyaml's error counts."""
_FORBIDDEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"
"""Characters that YAML does not allow."""


_Event: TypeAlias = Any
_LibraryError: TypeAlias = Any
"""The library has no types."""


class _Events(Protocol):
    def get_event(self) -> _Event: ...


class _EventsRefusedError(Exception):
    """The parser stopped at ``index``; carries the tree so far, valid up to ``read_until``."""

    def __init__(self, tree: Tree, read_until: int, index: int, message: str) -> None:
        super().__init__(message)
        self.tree = tree
        self.read_until = read_until
        self.index = index
        self.message = message


def parse_yaml(text: str) -> Tree:
    """Parse the first YAML document of ``text`` as go-yaml does; never raise.

    If kubectl refuses the text, the tree has ``problems`` and the nodes that could be read.
    """
    return parse_plain(text) or parse_events(text)


def parse_events(text: str) -> Tree:
    """Parse as :func:`parse_yaml`, always with the YAML library: the reference for ``fast/``."""
    skipped = 1 if text.startswith(_BYTE_ORDER_MARK) else 0
    body = text[1:] if skipped else text
    stand_ins: dict[int, str] = {}
    if _BYTE_ORDER_MARK in body:
        body = hide(INNER_MARK, _BYTE_ORDER_MARK, body, stand_ins)
    try:
        return _compose(body, skipped, stand_ins)
    except _EventsRefusedError as refused:
        tree = refused.tree
        tree.unread_from = refused.read_until + skipped
        readable = re.sub(_FORBIDDEN, "\ufffd", text)
        if readable != text:  # go-yaml may stop before such a character
            tree = parse_events(readable)
        tree.problems.append(ParseProblem(refused.index + skipped, refused.message))
        return tree


def _compose(body: str, skipped: int, stand_ins: dict[int, str]) -> Tree:
    """Parse ``body``; if libyaml refuses what go-yaml reads, parse again with that hidden.

    These are colons in plain scalars, and the escape of a single quote in double quotes.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return _Composer(body, skipped, stand_ins).compose()
        except _EventsRefusedError as refused:
            at = refused.index
            is_quote = _ESCAPE in refused.message and body.startswith("\\'", at)
            if attempt == _ATTEMPTS - 1 or not (is_quote or FLOW_COLON in refused.message):
                raise
        if not is_quote and ":" not in stand_ins.values():
            body = hide(COLON_IN_PLAIN, ":", body, stand_ins)
        else:  # a colon after a quote in a plain scalar: the pattern misses it
            hidden = stand_in("" if is_quote else ":", body, stand_ins) or body[at]
            body = body[:at] + hidden + body[at + 1 :]
    raise AssertionError  # the last attempt has returned or raised


class _Composer:
    """Builds a tree from events, without recursion."""

    def __init__(self, text: str, shift: int, stand_ins: dict[int, str]) -> None:
        from _ruamel_yaml import CParser  # noqa: PLC0415 - only where a document needs it

        self._text = text
        self._stand_ins = stand_ins
        """The stand-in characters in ``text`` and what they replace."""
        self._shift = shift
        """How many characters come before ``text`` in the document."""
        self._last: Any = None
        """The last event that created a node."""
        self._escapes_slash = "\\/" in text
        self._tree = Tree()
        self._anchors: dict[str, Node] = {}
        self._open: list[Mapping | Sequence] = []
        self._keys: list[Node | None] = []
        self._sizes: list[int] = []
        self._anchored_sizes: dict[int, int] = {}
        self._decoded = 1
        self._decoded_by_alias = 0
        self._is_bomb = False
        self._deep_steps = DEEP_STEPS
        self._events: _Events = self._guarded(lambda: CParser(text))

    def compose(self) -> Tree:
        """Consume the events of one document; raise if the parser refuses them."""
        handlers = {
            "ScalarEvent": self._scalar,
            "MappingStartEvent": self._mapping_start,
            "SequenceStartEvent": self._sequence_start,
            "MappingEndEvent": self._collection_end,
            "SequenceEndEvent": self._collection_end,
            "AliasEvent": self._alias,
        }
        get_event = self._events.get_event
        while True:
            try:
                event = get_event()
            except Exception as error:  # noqa: BLE001 - as in _guarded, without its call
                raise self._refused(error) from None
            name = type(event).__name__
            handler = handlers.get(name)
            if handler is not None:
                handler(event)
                self._last = event
            elif name == "DocumentEndEvent":
                self._look_behind(event)
                return self._tree
            elif name == "StreamEndEvent":
                return self._tree
            elif name == "DocumentStartEvent" and event.version not in (None, (1, 1)):
                self._problem(0, "a %YAML directive for another version than 1.1")

    def _guarded(self, call: Callable[[], _Event]) -> _Event:
        """Call the library; any exception means that it refuses the text."""
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - its own errors, UnicodeEncodeError, ...
            raise self._refused(error) from None

    def _refused(self, error: Exception) -> _EventsRefusedError:
        place, message = _place(error, self._text)
        return _EventsRefusedError(self._tree, self._unread_from(error), place, message)

    def _unread_from(self, error: _LibraryError) -> int:
        """Return the offset from which the parse cannot be trusted.

        That is after the last node, or at a key without a value yet; an unclosed bracket or
        quote has swallowed text before the parser noticed.
        """
        if self._last is None:
            return 0
        start, end = self._last.start_mark, self._last.end_mark
        is_folded = start.line < end.line and getattr(self._last, "style", "|") not in ("|", ">")
        index: int = start.index if is_folded else end.index
        key = self._keys[-1] if self._keys else None
        if key is not None:
            index = min(index, key.start - self._shift)
        if str(getattr(error, "context", None)).startswith("while parsing a flow"):
            index = min(index, error.context_mark.index)
        return index

    def _look_behind(self, end: _Event) -> None:
        """Record content after the document, which go-yaml never reads."""
        index = end.end_mark.index
        try:
            event = self._guarded(self._events.get_event)
            if type(event).__name__ == "StreamEndEvent":
                return
            index = event.start_mark.index
        except _EventsRefusedError as refused:
            index = max(index, refused.index)
        rest = self._text[end.end_mark.index :]
        content = _first_content(rest)
        if content is not None:
            self._tree.dropped_from = end.end_mark.index + content + self._shift

    def _problem(self, index: int, message: str) -> None:
        self._tree.problems.append(ParseProblem(index + self._shift, message))

    def _behind_properties(self, event: _Event) -> int:
        """Return where the node's own text begins, after its anchor and tag."""
        start: int = event.start_mark.index
        if event.anchor is not None or event.tag is not None:
            match = re.compile(_PROPERTIES).match(self._text, start, event.end_mark.index)
            if match is not None:
                start = match.end()
        return start

    def _scalar(self, event: _Event) -> None:
        start = self._behind_properties(event)
        tag, value = event.tag, event.value
        if self._stand_ins:
            value = value.translate(self._stand_ins)
        if event.style == '"' and self._escapes_slash:
            escape = re.compile(_SLASH_ESCAPE).search(self._text, start, event.end_mark.index)
            if escape is not None:
                self._problem(escape.end() - 2, "the escape \\/, which kubectl reads in JSON only")
        node = Scalar(
            value,
            start + self._shift,
            event.end_mark.index + self._shift,
            event.style or "",
            tag=None if tag is None else str(tag),
        )
        if tag is not None or (value in ODD_SCALARS and not event.style):
            self._tree.is_suspicious = True
        self._decoded += 1
        if self._sizes:
            self._sizes[-1] += 1
        if event.anchor is not None:
            node.anchored = True
            self._anchors[event.anchor] = node
            self._anchored_sizes[id(node)] = 1
        self._attach(node)

    def _mapping_start(self, event: _Event) -> None:
        self._start(event, Mapping)

    def _sequence_start(self, event: _Event) -> None:
        self._start(event, Sequence)

    def _start(self, event: _Event, make: type[Mapping | Sequence]) -> None:
        start = event.start_mark.index
        tag = event.tag
        node = make(start + self._shift, start + self._shift, None if tag is None else str(tag))
        self._decoded += 1
        if event.anchor is not None:
            node.anchored = True
            self._anchors[event.anchor] = node
        self._attach(node)
        self._open.append(node)
        self._keys.append(None)
        self._sizes.append(1)
        if len(self._open) > MAX_DEPTH:
            message = f"nested deeper than {MAX_DEPTH} levels"
            raise _EventsRefusedError(self._tree, start, start, message)

    def _collection_end(self, event: _Event) -> None:
        node = self._open.pop()
        node.end = event.end_mark.index + self._shift
        self._keys.pop()
        size = self._sizes.pop()
        if self._sizes:
            self._sizes[-1] += size
        if node.anchored:
            self._anchored_sizes[id(node)] = size

    def _alias(self, event: _Event) -> None:
        self._tree.has_aliases = True
        start = event.start_mark.index
        target = self._anchors.get(event.anchor)
        if target is None or id(target) not in self._anchored_sizes:
            wrong = "the alias *{} has no anchor before it", "the anchor &{} contains itself"
            self._problem(start, wrong[target is not None].format(event.anchor))
            place = start + self._shift
            self._attach(Scalar("", place, place))
            return
        size = self._anchored_sizes[id(target)]
        self._decoded += 1 + size
        self._decoded_by_alias += size
        if self._sizes:
            self._sizes[-1] += 1 + size
        if not self._is_bomb and is_excessive(self._decoded_by_alias, self._decoded):
            self._is_bomb = True
            self._problem(start, "excessive aliasing")
        if isinstance(target, Scalar) and is_merge(target):
            target = alias_of_merge(target)
        self._attach(target)

    def _attach(self, node: Node) -> None:
        if not self._open:
            self._tree.root = node
            return
        if len(self._open) > DEEP:
            self._count_steps(node)
        parent = self._open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
            return
        key = self._keys[-1]
        if key is None:
            self._keys[-1] = node
            if not isinstance(node, Scalar):
                self._tree.is_suspicious = True
            return
        self._keys[-1] = None
        parent.pairs.append((key, node))
        if isinstance(key, Scalar) and (is_merge(key, by_tag=True) or str(key.tag)[:2] == "!!"):
            self._tree.has_merges = self._tree.is_suspicious = True

    def _count_steps(self, node: Node) -> None:
        """Stop at text so deep, and with so much there, that parsing would take too long."""
        self._deep_steps -= len(self._open)
        if self._deep_steps < 0:
            start = node.start - self._shift
            message = f"too much of it is nested deeper than {DEEP} levels"
            raise _EventsRefusedError(self._tree, start, start, message)


def _first_content(rest: str) -> int | None:
    """Return the index of the first text in ``rest`` that is neither comment nor marker."""
    index = 0
    for line in re.split(r"(?<=[\n\r\x85\u2028\u2029])", rest):
        text = line.strip(" \t\n\r\x85\u2028\u2029\ufeff")
        if text and not text.startswith("#") and text not in ("...", "---"):
            return index + line.index(text[0])
        index += len(line)
    return None


def _place(error: _LibraryError, text: str) -> tuple[int, str]:
    """Return where (in characters) and why the YAML library refused a document."""
    mark = getattr(error, "problem_mark", None)
    opened = getattr(error, "context_mark", None)
    if mark is None or (opened is not None and mark.index >= len(text.rstrip())):
        mark = opened or mark  # report an unclosed bracket or quote where it opens
    if mark is not None:
        parts = [getattr(error, "context", None), getattr(error, "problem", None)]
        return min(mark.index, len(text)), ": ".join(str(part) for part in parts if part)
    reason = getattr(error, "reason", None)  # of a ReaderError: a character that YAML forbids
    if reason is None:
        return 0, f"the YAML parser gives up on it ({type(error).__name__})"
    position = getattr(error, "position", 0)
    return min(max(int(position or 0), 0), len(text)), str(reason)
