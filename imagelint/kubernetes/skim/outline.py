"""Lines → which values of a document to read, and where: its outline. Values are not examined.

The lines are followed as ``yaml/fast/parser.py`` does, to know that they are YAML, but no nodes are
made. The outline depends only on the lines' steps, kinds and keys, so a document whose lines have
the same ones reuses it: most workloads of a team are written alike. benchmarks/README.md says what
that is worth.
"""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from imagelint.kubernetes.skim.plans import BY_KIND, ROOT, Plan, Role
from imagelint.model.namedtuple import NamedTuple
from imagelint.yaml.fast.flow import node_over_lines
from imagelint.yaml.fast.lines import (
    ALIAS,
    ANCHORED,
    BLANK,
    BLOCK,
    FLOW,
    MAX_DEPTH,
    NOTHING,
    PLAIN,
    SCALARS,
    START,
    SUSPICIOUS,
    block,
    is_comment,
    is_odd,
    known_lines,
    line_of,
    tail_of,
)
from imagelint.yaml.nodes import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from imagelint.yaml.fast.lines import Line
    from imagelint.yaml.nodes import Scalar

    Plans: TypeAlias = Callable[[str, str], Plan | None]

__all__ = ["CONTAINERS_END", "Offsets", "Outline", "Step", "outline_of"]

CONTAINERS_END: Final = "ontainers"
"""The end of the keys of all lists of containers."""
_STOP, _INNER, _IMAGE = Role.STOP, Role.INNER, Role.IMAGE
_NAMED = frozenset((Role.STRICT, Role.TEXTS))
_NAMES = ("apiVersion", "kind")
_UNTOLD = Plan(Role.STOP)
_LEAVES = frozenset((Role.IMAGE, Role.TEXT, Role.NULL, Role.STOP))


class Step(NamedTuple):
    """A value to read: the number of its line, and its plan.

    It is at ``key`` in the collection ``slot``. For an image ``key`` is the field, and ``owners``
    are the slots of the mappings that may name it. A plan that is None is for a collection on one
    line of which nothing matters except that it is a collection.
    """

    line: int
    plan: Plan | None
    slot: int = 0
    key: str = ""
    owners: tuple[int, ...] = ()


class Outline(NamedTuple):
    """The values to read in a document whose kind has the plan ``plan``.

    The plan is None if the document has neither kind nor apiVersion, so that it is not an object.
    """

    plan: Plan | None
    names: tuple[int, ...]
    """The numbers of the lines with its apiVersion and its kind."""
    steps: tuple[Step, ...]
    slots: int
    """The number of collections with values to read."""
    places: dict[Plan, int]
    """The slots of the object, its metadata and the mappings in that."""
    containers: int
    """The number of lists of containers in the planned pod specs."""
    blocks: dict[int, Scalar]
    """The block scalars to read, by the number of their line."""
    is_lasting: bool
    """Whether it also applies to other lines with the same shapes."""


class Offsets:
    """Where the lines of a document begin, in characters; they have to be asked for in order."""

    __slots__ = ("_at", "_known", "_raw")

    def __init__(self, raw: Sequence[str]) -> None:
        """Begin with the first of these lines, each without its break."""
        self._raw = raw
        self._known = self._at = 0

    def of(self, number: int) -> int:
        """Return where a line begins."""
        known, self._known = self._known, number
        self._at += sum(map(len, self._raw[known:number])) + number - known
        return self._at


class _Open:
    """An open collection with values to read."""

    __slots__ = ("index", "keys", "plan", "slot")

    def __init__(self, plan: Plan, slot: int) -> None:
        self.plan = plan
        self.slot = slot
        self.index = -1
        """In a list: the number of its item."""
        self.keys: dict[str, int] = {}
        """In a mapping: its keys that the plan knows, with the numbers of their lines."""


def outline_of(text: str, raw: Sequence[str], plans: Plans) -> tuple[Outline, list[Line]] | None:
    """Return the outline of a document and its lines; None if skimming is not enough.

    ``raw`` are the lines of its text. ``plans`` returns the plan for an apiVersion and a kind, None
    if there is none.
    """
    begin = 1 if raw[0].startswith("---") and START.match(raw[0]) else 0
    if len(raw) > _LINES_MAX or "|" in text or ">" in text:
        if is_odd(text):
            return None
        # Too long to cache, or the contents of block scalars are not lines to parse.
        unread = [BLANK] * len(raw)
        outline = _follow(text, raw, begin, unread, plans)
        return None if outline is None else (outline, unread)
    if raw[-1].endswith("\r") or (begin and is_odd(raw[0] + "\n")):
        return None  # parsed lines have no odd characters
    get = known_lines.get
    lines: list[Any] = [get(line) or line_of(line) for line in raw]
    if begin:
        lines[0] = BLANK
    if None in lines:  # a text over several lines needs the whole text
        lines = [line or BLANK for line in lines]
        outline = None if is_odd(text) else _follow(text, raw, begin, lines, plans)
        return None if outline is None else (outline, lines)
    shapes = tuple(map(_SHAPE, lines))
    outline = _known.get(shapes)
    if outline is None or (
        outline.names and plans(*(lines[number][3] for number in outline.names)) is not outline.plan
    ):
        outline = _follow(text, raw, begin, lines, plans)
        if outline is None:
            return None
        if outline.is_lasting:
            if len(_known) >= _KNOWN_MAX:
                _known.clear()
            _known[shapes] = outline
    return outline, lines


_SHAPE = itemgetter(-1)
_known: dict[tuple[int, ...], Outline] = {}
"""Cached outlines, by the shapes of the lines."""
_KNOWN_MAX, _LINES_MAX = 1_000, 400


def _follow(  # noqa: C901, PLR0911, PLR0912, PLR0915
    text: str, raw: Sequence[str], begin: int, lines: list[Line], plans: Plans
) -> Outline | None:
    """Follow the lines from number ``begin`` on; None if their structure is not supported.

    A line that is ``BLANK`` in ``lines`` may not have been parsed yet; then it is parsed here.

    One loop for the same reason as in ``parse_plain``. For each open collection it keeps the step
    that leads to it and, if it has values to read, its plan.
    """
    made = _Maker(raw, lines, plans)
    level, waiting = -1, True
    live: _Open | None = None
    around: list[tuple[int, _Open | None]] = []
    pending: Plan | None = ROOT  # the plan of the value that comes next
    read_to = begin
    for number, line in enumerate(lines):
        if number < read_to:
            continue  # inside a block scalar
        if line is BLANK:
            written = raw[number]
            if "#" in written and is_comment(written):
                continue  # saves a call: half of the lines of a chart's values are comments
            taken_apart = known_lines.get(written) or line_of(written)
            if taken_apart is BLANK:
                continue
            if taken_apart is None:
                if made.goes_on(number, level >> 1):
                    continue
                return None
            line = lines[number] = taken_apart  # noqa: PLW2901 - this is the line
        steps, kind, key, value, start, _, oddity, _ = line
        if oddity & SUSPICIOUS:
            return None
        for step in steps:
            while level > step:
                waiting = False
                level, live = around.pop()
            if level != step:
                if not waiting or len(around) > MAX_DEPTH:
                    return None
                around.append((level, live))
                level = step
                if pending is None:
                    live = None
                elif pending.role is _INNER:
                    live = made.opened(pending) if _matters(pending, step) else None
                elif pending.role is _STOP or (step & 1 and pending.role in _NAMED):
                    return None
                else:
                    live = made.opened(pending) if pending.role in _NAMED else None
            waiting = True
            if live is None:
                pending = None
            elif step & 1:
                live.index += 1
                pending = live.plan.item
            elif key is not None:
                pending = live.plan.keys.get(key) or live.plan.each
                if pending is not None:
                    if key in live.keys:
                        return None
                    live.keys[key] = number
                    if pending is BY_KIND:
                        pending = made.at_root(key)
                    if pending is not None and pending.role is _STOP:
                        return None
        if oddity & ANCHORED and (pending is not None or not made.knows(number, line)):
            return None
        if kind == NOTHING:
            if pending is not None and pending.role is not _INNER and pending.role in _LEAVES:
                return None  # it is empty, or more than a scalar
            continue
        waiting = False
        if kind == ALIAS:
            continue
        if kind == BLOCK:
            at = made.offsets.of(number)
            scalar = block(text, at + start, value, level >> 1)
            if scalar is None:
                return None
            read_to = number + 1 + text.count("\n", at, scalar.end - 1)
            if pending is not None:
                made.blocks[number] = scalar
        if kind == FLOW and pending is None and not _CLOSED.search(value):
            at = made.offsets.of(number)
            tree = Tree()
            node = node_over_lines(tree, text, at + start)
            if node is None or tree.is_suspicious:
                return None
            read_to = number + 1 + text.count("\n", at, node.end)
            made.is_lasting = False
        elif kind == FLOW or (pending is not None and pending.role is not _INNER):
            made.add(number, pending, live, key, around)
        elif pending is not None and (pending.item is not None or pending.keys):
            return None  # a text where containers belong, or what is around them
    return made.outline()


_CLOSED = re.compile(r"[\]}][ ]*(?:[ ]\#.*)?\Z")
"""The usual end of flow that ends on its line."""


def _matters(plan: Plan, step: int) -> bool:
    """Whether the plan has anything in the list or mapping that a step leads to."""
    return plan.item is not None if step & 1 else bool(plan.keys)


class _Maker:
    """Builds an outline."""

    def __init__(self, raw: Sequence[str], lines: list[Line], plans: Plans) -> None:
        self._raw = raw
        self._lines = lines
        self._plans = plans
        self._plan: Plan | None = None
        self._opened: list[_Open] = []
        self._places: dict[Plan, int] = {}
        self._steps: list[Step] = []
        self.offsets = Offsets(raw)
        self._went_on = -1
        self._anchors: set[str] = set()
        """The names of the scalars that an alias may refer to."""
        self._is_object = True
        """False if something comes before the kind."""
        self.blocks: dict[int, Scalar] = {}
        self.is_lasting = True

    def opened(self, plan: Plan) -> _Open:
        """Open a collection with values to read."""
        if plan.role is not _INNER:
            self._places[plan] = len(self._opened)
        opened = _Open(plan, len(self._opened))
        self._opened.append(opened)
        return opened

    def knows(self, number: int, line: Line) -> bool:
        """Record an anchor; for an alias return whether it refers to a known scalar."""
        _, kind, _, value, start, _, _, _ = line
        self.is_lasting = False
        if kind == ALIAS:
            return value in self._anchors
        if kind in SCALARS:
            in_front = self._raw[number][:start].rstrip(" '\"")
            self._anchors.add(in_front.rpartition("&")[2])
        return True

    def goes_on(self, number: int, column: int) -> bool:
        """Whether a line continues an unplanned plain scalar of the line before.

        ``column`` is that of the collection around it.
        """
        last = number - 1
        tail = tail_of(self._raw[number])
        if last < 0 or tail is None or tail[0] <= column:
            return False
        if last != self._went_on:
            line = self._lines[last]
            is_planned = bool(self._steps) and self._steps[-1].line == last
            if line[1] != PLAIN or is_planned or self._raw[last][line[5] :].strip(" \r"):
                return False
        self._went_on = number
        return True

    def at_root(self, key: str) -> Plan | None:
        """Return the plan for a key of the root; ``_UNTOLD`` if it is not known.

        Before its kind nothing is planned, and then the document must not be an object.
        """
        names = self._names()
        if not names:
            self._is_object = False
            return None
        plan = self._kind_plan(names) if self._is_object else None
        return _UNTOLD if plan is None else plan.keys.get(key)

    def _names(self) -> tuple[int, ...]:
        """Return the numbers of the lines with apiVersion and kind, if they exist."""
        keys = self._opened[self._places[ROOT]].keys
        return tuple([keys[name] for name in _NAMES if name in keys])

    def _kind_plan(self, names: tuple[int, ...]) -> Plan | None:
        """Return the plan of the object's kind, None if there is none, or no kind yet."""
        if self._plan is None and len(names) == len(_NAMES):
            self._plan = self._plans(*(self._lines[number][3] for number in names))
        return self._plan

    def add(
        self,
        number: int,
        plan: Plan | None,
        live: _Open | None,
        key: str | None,
        around: list[tuple[int, _Open | None]],
    ) -> None:
        """Add the value on a line; ``around`` are the collections around ``live``."""
        slot = 0 if live is None else live.slot
        if plan is None or plan.role is not _IMAGE:
            self._steps.append(Step(number, plan, slot, key or ""))
            return
        opened = [one for _, one in around if one is not None]
        field = plan.path % tuple([one.index for one in opened if one.index >= 0])
        owners = [slot]
        if plan.has_two_names:
            owners += [one.slot for one in opened if one.index < 0][-1:]
        self._steps.append(Step(number, plan, slot, field, tuple(owners)))

    def outline(self) -> Outline | None:
        """Return the outline; None for an object of a kind without a plan."""
        if ROOT not in self._places:
            return None
        names = self._names()
        plan = self._kind_plan(names) if names and self._is_object else None
        if names and plan is None:
            return None
        pods = (one for one in self._opened if one.plan.is_pod_spec)
        containers = sum(CONTAINERS_END in key for one in pods for key in one.keys)
        slots, places = len(self._opened), self._places
        steps, blocks, is_lasting = tuple(self._steps), self.blocks, self.is_lasting
        return Outline(plan, names, steps, slots, places, containers, blocks, is_lasting)
