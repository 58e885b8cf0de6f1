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
    BLOCK,
    DOUBLE,
    FLOW,
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
from imagelint.plans import ANNOTATIONS, BY_KIND, LABELS, METADATA, ROOT, Plan, Role
from imagelint.reading import Reader, Value, resolve
from imagelint.scalars import reads_as_text
from imagelint.sites import ImageSite
from imagelint.workloads import Extract

if TYPE_CHECKING:
    from imagelint.catalogue import Catalogue
    from imagelint.nodes import Node
    from imagelint.plans import KindPlan

__all__ = ["skim"]

_KUBECTL = frozenset({Reader.KUBECTL})
_ELSEWHERE = frozenset(("auto", " "))
"""Images that a platform may fill in, for which more has to be looked at."""
_STOP, _INNER = Role.STOP, Role.INNER
_NAMED = frozenset((Role.STRICT, Role.TEXTS))
_IMAGE, _TEXT = Role.IMAGE, Role.TEXT
_SHORT = 100
_CONTAINERS = "ontainers"
"""What the keys of all lists of containers end with."""
_STYLES = {PLAIN: "", SINGLE: "'", DOUBLE: '"'}
_LEAVES = frozenset((Role.IMAGE, Role.TEXT, Role.NULL, Role.STOP))


class _Open:
    """A collection that is looked into: a mapping with the texts in it, or a list."""

    __slots__ = ("index", "plan", "texts")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
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
    there is the step that leads to it, and what it is looked into for, if it is.
    """
    get = known_lines.get
    level, waiting = -1, True
    live: _Open | None = None
    around: list[tuple[int, _Open | None]] = []
    pending: Plan | None = ROOT  # what is planned for the value that is waited for
    read_to = 1 if START.match(seen.lines[0]) else 0
    for number, raw in enumerate(seen.lines):
        if number < read_to:
            continue  # inside a block scalar
        line = get(raw) or line_of(raw)
        if line is None:
            return False
        steps, kind, key, value, start, end, is_suspicious = line
        if is_suspicious:
            return False
        for step in steps:
            while level > step:
                waiting = False
                level, live = around.pop()
            if level != step:
                if not waiting or len(around) > MAX_DEPTH:
                    return False
                around.append((level, live))
                level = step
                live = None if pending is None else seen.opened(pending, is_list=step & 1)
            waiting = True
            if live is None:
                pending = None
            elif step & 1:
                live.index += 1
                pending = live.plan.item
            elif key is not None:
                pending = live.plan.keys.get(key) or live.plan.each
                if pending is not None:
                    if key in live.texts or pending.role is _STOP:
                        return False
                    live.texts[key] = ""
                    if pending is BY_KIND:
                        pending = seen.kind().keys.get(key)
        if kind == NOTHING:
            if steps and pending is not None and pending.role in _LEAVES:
                return False  # nothing is there, or more than a scalar
            continue
        waiting = False
        if kind == FLOW:
            flow = _short_flow(raw) if len(raw) <= _SHORT else _flow_on(raw)
            if flow is None:
                return False
            if pending is not None:
                seen.flow(pending, flow)
        elif kind == BLOCK:
            at = seen.offset(number)
            scalar = block(seen.text, at + start, value, level >> 1)
            if scalar is None:
                return False
            read_to = number + 1 + seen.text.count("\n", at, scalar.end - 1)
            if pending is not None and pending.role is _IMAGE:
                seen.image(pending, live, around, scalar)
            elif pending is not None:
                seen.words(pending, live, key, scalar.value, scalar.style)
        elif pending is not None:
            style = _STYLES[kind]
            if pending.role is _IMAGE:
                first = seen.offset(number) + start - len(style)
                node = Scalar(value, first, first + end - start + 2 * len(style), style)
                seen.image(pending, live, around, node)
            else:
                seen.words(pending, live, key, value, style)
    return True


class _Seen:
    """What was seen of a document that matters."""

    def __init__(self, text: str, catalogue: Catalogue) -> None:
        self.text = text
        self.lines = text.split("\n")
        self._catalogue = catalogue
        self._kind: KindPlan | None = None
        self._plan: Plan | None = None
        """What the object's kind has to be looked into for, once it is asked for."""
        self._named: dict[Plan, _Open] = {}
        """The root, the metadata and the mappings in it."""
        self._pods: list[_Open] = []
        """The pod specs."""
        self._images: list[tuple[Scalar, Plan, str, tuple[_Open, ...]]] = []
        """Each with its plan, its field and the mappings that may name it."""
        self._measured = (0, 0)

    def offset(self, number: int) -> int:
        """Return where a line begins, in characters; lines have to be asked for in order."""
        known, at = self._measured
        at += sum(map(len, self.lines[known:number])) + number - known
        self._measured = (number, at)
        return at

    def kind(self) -> Plan:
        """Return the plan of the object's kind, which has to be known by now."""
        if self._plan is None:
            root = self._named.get(ROOT)
            texts = {} if root is None else root.texts
            api_version, kind = texts.get("apiVersion"), texts.get("kind")
            if api_version and kind:
                self._kind = self._catalogue.plan(api_version.rpartition("/")[0], kind)
            if self._kind is None:
                raise _Declined
            self._plan = self._kind.for_text(self.text)
        return self._plan

    def opened(self, plan: Plan, *, is_list: int) -> _Open | None:
        """Open a collection; None where nothing in it matters."""
        if plan.role is _INNER:
            if not (plan.item is not None if is_list else plan.keys):
                return None
            opened = _Open(plan)
            if plan.is_pod_spec:
                self._pods.append(opened)
            return opened
        if plan.role in _NAMED:
            if is_list:
                raise _Declined
            opened = self._named[plan] = _Open(plan)
            return opened
        if plan.role is _STOP:
            raise _Declined
        return None

    def image(
        self, plan: Plan, live: _Open | None, around: list[tuple[int, _Open | None]], node: Scalar
    ) -> None:
        """Take in an image; ``around`` are the collections around the mapping ``live``."""
        if not (node.style or _is_text(node.value)) or node.value in _ELSEWHERE:
            raise _Declined
        assert live is not None  # an image stands in a mapping that is looked into
        opened = [one for _, one in around if one is not None]
        field = plan.path % tuple([one.index for one in opened if one.index >= 0])
        owners = [live]
        if plan.has_two_names:
            owners += [one for one in opened if one.index < 0][-1:]
        self._images.append((node, plan, field, tuple(owners)))

    def words(
        self, plan: Plan, live: _Open | None, key: str | None, value: str, style: str
    ) -> None:
        """Take in a scalar that is no image."""
        role = plan.role
        if role is _INNER:
            return
        if role is _TEXT and live is not None and key is not None:
            if not style and not _is_text(value):
                raise _Declined
            live.texts[key] = value
        elif role is Role.ARGUMENT:
            if value[:1] == "-" and value.partition("=")[0].lstrip("-") in plan.flags:
                raise _Declined
        elif role is Role.VARIABLE:
            if _is_named(plan.named, value):
                raise _Declined
        elif role is not Role.NULL or value != "null" or style:
            raise _Declined

    def flow(self, plan: Plan, node: Mapping | Sequence) -> None:
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
        elif plan.role in _NAMED and isinstance(node, Mapping):
            opened = self._named[plan] = _Open(plan)
            for key, value in node.pairs:
                self._flow_pair(opened, key, value)
        elif plan.role not in (Role.ARGUMENT, Role.VARIABLE):
            raise _Declined

    def _flow_pair(self, opened: _Open, key: Node, value: Node) -> None:
        """Take in what stands in the metadata, or in a mapping of texts, on one line."""
        if not isinstance(key, Scalar) or key.value in opened.texts:
            raise _Declined
        opened.texts[key.value] = ""
        plan = opened.plan.keys.get(key.value) or opened.plan.each
        if plan is None:
            raise _Declined
        if isinstance(value, Scalar):
            self.words(plan, opened, key.value, value.value, value.style)
        else:
            self.flow(plan, value)

    def extract(self) -> Extract:
        """Return what there is."""
        self.kind()
        assert self._kind is not None  # else it has raised
        if not (self._kind.is_exact or self._is_all_planned()):
            raise _Declined
        named = self._named
        metadata, labels, annotations = (
            named[plan].texts if plan in named else {} for plan in (METADATA, LABELS, ANNOTATIONS)
        )
        if not all(map(reads_as_text, (*labels, *annotations))):
            raise _Declined
        if not self._kind.annotations.isdisjoint(annotations):
            raise _Declined
        root = named[ROOT].texts
        name = metadata.get("name") or metadata.get("generateName")
        namespace = metadata.get("namespace")
        meta = KubeObject(root["apiVersion"], root["kind"], name, namespace, labels)
        sites = [
            ImageSite(
                Value("string", node.value),
                node,
                meta,
                field,
                next((one.texts["name"] for one in owners if "name" in one.texts), None),
                plan.title,
                views=_KUBECTL,
            )
            for node, plan, field, owners in self._images
        ]
        return Extract(sites, [], [], meta)

    def _is_all_planned(self) -> bool:
        """Whether a search by shape finds nothing else: containers stand in the pod specs alone."""
        planned = sum(_CONTAINERS in key for one in self._pods for key in one.texts)
        return self.text.count(_CONTAINERS) == planned


def _flow_on(line: str) -> Mapping | Sequence | None:
    """Return the flow collection that a line ends with; None where it is not for this lane.

    Its places count from the line's start, and nobody asks for them.
    """
    taken_apart = line_of(line)
    tree = Tree()
    node = None if taken_apart is None else value_of(tree, line, taken_apart, 0, 0)
    return None if tree.is_suspicious or isinstance(node, Scalar) else node


def _is_text(value: str) -> bool:
    """Whether a plain scalar is the same string to every reader; also ``1.2.3``."""
    if reads_as_text(value):
        return True
    text = Value("string", value)
    return all(resolve(Scalar(value, 0, 0), reader) == text for reader in Reader)


_short_flow = lru_cache(1000)(_flow_on)
"""The same, and remembers what it has read: ``[ALL]``, ``[get, list]`` and the like come often."""


@lru_cache(1000)
def _is_named(patterns: tuple[str, ...], name: str) -> bool:
    return any(NamePattern(pattern).matches(name) for pattern in patterns)
