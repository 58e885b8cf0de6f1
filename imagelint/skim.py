"""A boring workload → its images, line by line, without a tree.

Most of what runs is a Deployment or the like that its author or Helm wrote in block style. What
counts of it are a few lines: the object's names, its labels, the containers' images. So its lines
are followed, as :mod:`imagelint.plain` does, to know that they are YAML; but what a kind's plan
(:mod:`imagelint.plans`) does not ask for makes no nodes, and no object is searched afterwards.
That takes a third of the time. Whatever somebody could read otherwise (a key twice, a value that is
no plain text, an image of another form) makes :func:`skim` decline; then the document is read in
the long way, which is the judge of this one in a differential test: the same sites, or none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from imagelint.finding import KubeObject
from imagelint.globs import NamePattern
from imagelint.lines import (
    BLANK,
    BLOCK,
    DOUBLE,
    FLOW,
    LONE_DASH,
    MAX_DEPTH,
    NOTHING,
    PLAIN,
    SINGLE,
    START,
    block,
    is_odd,
    known_lines,
    line_of,
    value_of,
)
from imagelint.nodes import Mapping, Scalar, Sequence, Tree
from imagelint.plans import NAMES, ROOT, Plan, Role
from imagelint.reading import Reader, Value, reads_as_text
from imagelint.sites import ImageSite
from imagelint.workloads import Extract

if TYPE_CHECKING:
    from imagelint.catalogue import Catalogue
    from imagelint.nodes import Node

__all__ = ["skim"]

_KUBECTL = frozenset({Reader.KUBECTL})
_ELSEWHERE = frozenset(("auto", " "))
"""Images that a platform may fill in, for which more has to be looked at."""
_STOP, _INNER, _STRICT, _TEXTS = Role.STOP, Role.INNER, Role.STRICT, Role.TEXTS
_IMAGE = Role.IMAGE
_WITHOUT_VALUE = frozenset((NOTHING, LONE_DASH))
_STYLES = {PLAIN: "", SINGLE: "'", DOUBLE: '"'}
_ANNOTATIONS = ".metadata.annotations"
_LEAVES = frozenset((Role.IMAGE, Role.TEXT, Role.NULL))


class _Open:
    """A collection that is looked into: a mapping with the texts in it, or a list."""

    __slots__ = ("index", "path", "plan", "texts")

    def __init__(self, plan: Plan, path: str) -> None:
        self.plan = plan
        self.path = path
        self.index = -1
        """Of a list: the number of its item."""
        self.texts: dict[str, str] = {}
        """Of a mapping: its keys that the plan knows, with their texts."""


class _Declined(Exception):  # noqa: N818 - no error: another reader takes over
    """Something that has to be read in the long way."""


def skim(text: str, catalogue: Catalogue) -> Extract | None:
    """Return what a document holds, as ``extract`` does; None where it takes more than skimming."""
    if is_odd(text):
        return None
    seen = _Seen(text, catalogue)
    try:
        return seen.extract() if _follow(seen) else None
    except _Declined:
        return None


def _follow(seen: _Seen) -> bool:  # noqa: C901, PLR0911, PLR0912, PLR0915
    """Follow the lines; False where the grammar of the plain lane does not cover them.

    The steps are those of ``parse_plain``, in one loop for the same reason. Of each open collection
    there is its column, whether it is a list, and what it is looked into for, if it is.
    """
    lines = seen.lines
    get = known_lines.get
    column, is_list, waiting = -1, True, True
    live: _Open | None = None
    around: list[tuple[int, bool, _Open | None]] = []
    # What is planned for the value that is waited for, and where that stands.
    pending: Plan | None = ROOT
    path = ""
    read_to = 1 if START.match(lines[0]) else 0
    for number, raw in enumerate(lines):
        if number < read_to:
            continue  # inside a block scalar
        line = get(raw) or line_of(raw)
        if line is BLANK:
            continue
        if line is None:
            return False
        kind, dashes, key, key_column, value, start, end, is_suspicious = line
        if is_suspicious:
            return False
        for dash in dashes:
            while column > dash:
                waiting = False
                column, is_list, live = around.pop()
            if column != dash or not is_list:
                if not waiting or len(around) > MAX_DEPTH:
                    return False
                around.append((column, is_list, live))
                column, is_list = dash, True
                live = None if pending is None else _list(pending, path)
            waiting, pending = True, None
            if live is not None:
                live.index += 1
                pending = live.plan.item
                if pending is not None and pending.role is _STOP:
                    return False
                path = f"{live.path}[{live.index}]"
        if key is not None:
            while column > key_column or (column == key_column and is_list):
                waiting = False
                column, is_list, live = around.pop()
            if column != key_column:
                if not waiting or len(around) > MAX_DEPTH:
                    return False
                around.append((column, is_list, live))
                column, is_list = key_column, False
                live = None if pending is None else seen.mapping(pending, path)
            waiting, pending = True, None
            if live is not None:
                pending = live.plan.keys.get(key) or live.plan.each
                if pending is not None:
                    pending = seen.entered(live, key, pending)
                    path = f"{live.path}.{key}"
        if kind in _WITHOUT_VALUE:
            if pending is not None and pending.role in _LEAVES:
                return False  # nothing is there, or more than a scalar
            continue
        waiting = False
        if kind == FLOW:
            flow = _flow_on(raw)
            if flow is None:
                return False
            if pending is not None:
                seen.flow(pending, path, flow)
        elif kind == BLOCK:
            at = seen.offset(number)
            scalar = block(seen.text, at + start, value, column)
            if scalar is None:
                return False
            read_to = number + 1 + seen.text.count("\n", at, scalar.end - 1)
            if pending is not None:
                seen.scalar(pending, live, path, scalar)
        elif pending is not None:
            style = _STYLES[kind]
            if pending.role is _IMAGE:
                at = seen.offset(number)
                quote = len(style)
                scalar = Scalar(value, at + start - quote, at + end + quote, style)
                seen.scalar(pending, live, path, scalar)
            else:
                seen.words(pending, live, key, value, style)
    return True


class _Seen:
    """What was seen of a document that matters."""

    def __init__(self, text: str, catalogue: Catalogue) -> None:
        self.text = text
        self.lines = text.split("\n")
        self._catalogue = catalogue
        self._plan: Plan | None = None
        """What the object's kind has to be looked into for, once it is asked for."""
        self._named: dict[str, _Open] = {}
        """The root, the metadata and the mappings in it, by path."""
        self._images: list[tuple[_Open, str, str, Scalar]] = []
        """Each with the container around it, its path and its role."""
        self._measured = (0, 0)

    def offset(self, number: int) -> int:
        """Return where a line begins, in characters; lines have to be asked for in order."""
        known, at = self._measured
        at += sum(map(len, self.lines[known:number])) + number - known
        self._measured = (number, at)
        return at

    def mapping(self, plan: Plan, path: str) -> _Open | None:
        """Open a mapping at a place; None where nothing in it matters."""
        role = plan.role
        if role is _INNER:
            return _Open(plan, path) if plan.keys else None
        if role is not _STRICT and role is not _TEXTS:
            return None
        opened = self._named[path] = _Open(plan, path)
        return opened

    def entered(self, live: _Open, key: str, plan: Plan) -> Plan | None:
        """Take in a key that the plan knows; return what is planned for its value."""
        if key in live.texts or plan.role is _STOP:
            raise _Declined
        live.texts[key] = ""
        if live.plan.role is _TEXTS and not reads_as_text(key):
            raise _Declined
        return self._kind_plan().keys.get(key) if plan is ROOT.each else plan

    def _kind_plan(self) -> Plan:
        """Return the plan of the object's kind, which has to be known by now."""
        if self._plan is None:
            api_version, kind = (self._named[""].texts.get(name) for name in NAMES)
            if not api_version or not kind:
                raise _Declined
            self._plan = self._catalogue.plan(api_version.rpartition("/")[0], kind)
            if self._plan is None:
                raise _Declined
        return self._plan

    def words(
        self, plan: Plan, live: _Open | None, key: str | None, value: str, style: str
    ) -> None:
        """Take in a scalar that is no image."""
        role = plan.role
        if role is _INNER:
            return
        is_text = bool(style) or reads_as_text(value)
        if role is Role.TEXT and is_text and live is not None and key is not None:
            live.texts[key] = value
        elif role is Role.ARGUMENT:
            if value[:1] == "-" and value.partition("=")[0].lstrip("-") in plan.flags:
                raise _Declined
        elif role is Role.VARIABLE:
            if _is_named(plan.named, value):
                raise _Declined
        elif role is not Role.NULL or value != "null" or style:
            raise _Declined

    def scalar(self, plan: Plan, live: _Open | None, path: str, node: Scalar) -> None:
        """Take in a scalar that may be an image."""
        if plan.role is not Role.IMAGE:
            self.words(plan, live, path.rpartition(".")[2], node.value, node.style)
            return
        if not (node.style or reads_as_text(node.value)) or node.value in _ELSEWHERE:
            raise _Declined
        assert live is not None  # an image stands in a mapping that is looked into
        self._images.append((live, path, plan.title, node))

    def flow(self, plan: Plan, path: str, node: Mapping | Sequence) -> None:
        """Take in a collection that stands on one line."""
        is_empty = not (node.pairs if isinstance(node, Mapping) else node.items)
        if plan.role is _INNER:
            item = plan.item
            if item is not None and item.role is Role.ARGUMENT and isinstance(node, Sequence):
                for argument in node.items:
                    if isinstance(argument, Scalar):
                        self.words(item, None, None, argument.value, argument.style)
            elif (item is not None or plan.keys) and not is_empty:
                raise _Declined
        elif plan.role in (_STRICT, _TEXTS) and isinstance(node, Mapping):
            opened = self.mapping(plan, path)
            assert opened is not None  # such a mapping always matters
            for key, value in node.pairs:
                self._flow_pair(opened, key, value)
        elif plan.role not in (Role.ARGUMENT, Role.VARIABLE):
            raise _Declined

    def _flow_pair(self, opened: _Open, key: Node, value: Node) -> None:
        """Take in what stands in a mapping on one line: texts, and mappings of texts."""
        if not isinstance(key, Scalar) or (not key.style and not reads_as_text(key.value)):
            raise _Declined
        plan = opened.plan.keys.get(key.value) or opened.plan.each
        plan = None if plan is None else self.entered(opened, key.value, plan)
        if plan is None:
            return
        if isinstance(value, Scalar):
            self.words(plan, opened, key.value, value.value, value.style)
        else:
            self.flow(plan, f"{opened.path}.{key.value}", value)

    def extract(self) -> Extract:
        """Return what there is."""
        root = self._named.get("")
        if root is None:
            raise _Declined
        plan = self._kind_plan()
        metadata, labels, annotations = (
            found.texts if found is not None else {}
            for found in map(self._named.get, (".metadata", ".metadata.labels", _ANNOTATIONS))
        )
        if "metadata" in plan.keys and annotations:
            raise _Declined
        api_version, kind = (root.texts[name] for name in NAMES)
        name = metadata.get("name") or metadata.get("generateName")
        meta = KubeObject(api_version, kind, name, metadata.get("namespace"), labels)
        sites = [
            ImageSite(
                Value("string", node.value),
                node,
                meta,
                path[1:],
                live.texts.get("name"),
                title,
                views=_KUBECTL,
            )
            for live, path, title, node in self._images
        ]
        return Extract(sites, [], [], meta)


@lru_cache(1000)
def _flow_on(line: str) -> Mapping | Sequence | None:
    """Return the flow collection that a line ends with; None where it is not for this lane.

    Its places count from the line's start, and nobody asks for them.
    """
    taken_apart = line_of(line)
    tree = Tree()
    node = None if taken_apart is None else value_of(tree, line, taken_apart, 0, 0)
    return None if tree.is_suspicious or isinstance(node, Scalar) else node


@lru_cache(1000)
def _is_named(patterns: tuple[str, ...], name: str) -> bool:
    return any(NamePattern(pattern).matches(name) for pattern in patterns)


def _list(plan: Plan, path: str) -> _Open | None:
    """Open a list at a place; None where nothing in it matters."""
    if plan.role is _STRICT or plan.role is _TEXTS:
        raise _Declined
    return _Open(plan, path) if plan.item is not None else None
