"""A simple workload → its images, without a tree.

Most workloads are Deployments and the like that their author or Helm wrote in block style. Only a
few values matter: the object's names, its labels, the containers' images. The outline
(``kubernetes/skim/outline.py``) says on which lines they are; this module reads them, without a
search of the object. That takes a third of the time. If readers could interpret anything
differently (a duplicate key, a value that is not plain text, an image of another form),
:func:`skim` declines and the document is read in full. A differential test compares both: the same
sites, or none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from imagelint.kubernetes.readers import Reader, Value, resolve
from imagelint.kubernetes.scalars import MAY_BE_NUMBERS, WORDS, reads_as_text
from imagelint.kubernetes.search import Extract
from imagelint.kubernetes.sites import ImageSite
from imagelint.kubernetes.skim.outline import CONTAINERS_END, Offsets, outline_of
from imagelint.kubernetes.skim.plans import ANNOTATIONS, LABELS, METADATA, ROOT, Plan, Role
from imagelint.model.finding import KubeObject
from imagelint.patterns.globs import NamePattern
from imagelint.yaml.fast.lines import (
    BLANK,
    BLOCK,
    DOUBLE,
    FLOW,
    NOTHING,
    PLAIN,
    SINGLE,
    is_comment,
    line_of,
    value_of,
)
from imagelint.yaml.nodes import Mapping, Scalar, Sequence, Tree

if TYPE_CHECKING:
    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.skim.outline import Outline, Step
    from imagelint.kubernetes.skim.plans import KindPlan
    from imagelint.yaml.fast.lines import Line

__all__ = ["skim"]

_KUBECTL = frozenset({Reader.KUBECTL})
_ELSEWHERE = frozenset(("auto", " "))
"""Images that a platform may fill in, which need the full reader."""
_IMAGE, _TEXT, _INNER = Role.IMAGE, Role.TEXT, Role.INNER
_NAMED = frozenset((Role.STRICT, Role.TEXTS))
_EMPTY = frozenset(("{}", "[]"))
_STYLES = {PLAIN: "", SINGLE: "'", DOUBLE: '"'}


class _Declined(Exception):
    """Something that needs the full reader."""


def skim(text: str, catalogue: Catalogue) -> Extract | None:
    """Return what a document holds, as ``extract`` does; None if skimming is not enough.

    A Kustomization without a kind does not count as an object.
    """
    raw = text.split("\n")
    kinds: list[KindPlan] = []

    def plan(api_version: str, kind: str) -> Plan | None:
        known = catalogue.plan(api_version.rpartition("/")[0], kind)
        if known is None or not api_version or not kind:
            return None
        kinds.append(known)
        return known.for_text(text)

    found = outline_of(text, raw, plan)
    if found is None:
        return None
    outline, lines = found
    kind = None if outline.plan is None else kinds[-1]
    is_searched = kind is not None and not kind.is_exact  # a search by shape may find more
    if is_searched and text.count(CONTAINERS_END) != outline.containers:
        has_volumes = "volumes" in text
        if outline.containers or not _hold_no_lists(raw, lines, has_volumes=has_volumes):
            return None
    try:
        skimmed = _Skimmed(raw, lines, outline)
        return Extract([], [], None) if kind is None else skimmed.extract(kind.annotations)
    except _Declined:
        return None


def _hold_no_lists(raw: list[str], lines: list[Line], *, has_volumes: bool) -> bool:
    """Whether every text like ``containers`` is a key of a mapping, or a comment: no pod spec.

    Volumes beside such a key, whatever it holds, may have images.
    """
    below = BLANK
    for written, line in zip(reversed(raw), reversed(lines), strict=True):
        if CONTAINERS_END in written and not is_comment(written):
            _, kind, key, value, *_ = line
            if has_volumes or key is None or not key.endswith(CONTAINERS_END):
                return False
            is_list = kind == NOTHING and any(step & 1 for step in below[0][:1])
            is_nothing = kind == NOTHING or (kind == FLOW and value in _EMPTY)
            if is_list or not is_nothing or written.count(CONTAINERS_END) > 1:
                return False
        if line is not BLANK:
            below = line
    return True


class _Skimmed:
    """The values to read of a document."""

    def __init__(self, raw: list[str], lines: list[Line], outline: Outline) -> None:
        """Read them; raises ``_Declined``."""
        self._texts: list[dict[str, str]] = [{} for _ in range(outline.slots)]
        """The texts in each collection, by slot and key."""
        self._places = outline.places
        self._images: list[tuple[Scalar, Step]] = []
        self._offsets = Offsets(raw)
        texts = self._texts
        for step in outline.steps:
            number, plan, slot, key, _ = step
            _, kind, _, value, start, end, _, _ = lines[number]
            if kind == PLAIN and plan is not None and plan.role is _TEXT:
                if value in WORDS or (value[0] in MAY_BE_NUMBERS and not _is_text(value)):
                    raise _Declined
                texts[slot][key] = value  # most steps, without a call
                continue
            if kind == FLOW:
                self._read_flow(plan, raw[number])
                continue
            if kind == BLOCK:
                node = outline.blocks[number]
                value, style = node.value, node.style
            else:
                style = _STYLES[kind]
            if plan is None or plan.role is not _IMAGE:
                self._take(plan, slot, key, value, style)
                continue
            if not (style or _is_text(value)) or _is_for_full_reader(value):
                raise _Declined
            if kind != BLOCK:
                quote, at = len(style), self._offsets.of(number)
                node = Scalar(value, at + start - quote, at + end + quote, style)
            self._images.append((node, step))

    def _take(self, plan: Plan | None, slot: int, key: str, value: str, style: str) -> None:
        """Store a scalar that is not an image."""
        assert plan is not None  # only steps for flow have no plan
        role = plan.role
        if role is _TEXT:
            if not style and not _is_text(value):
                raise _Declined
            self._texts[slot][key] = value
        elif role is Role.ARGUMENT:
            if value[:1] == "-" and value.partition("=")[0].lstrip("-") in plan.flags:
                raise _Declined
        elif role is Role.VARIABLE:
            if _is_named(plan.named, value):
                raise _Declined
        elif role is not _INNER and (role is not Role.NULL or value != "null" or style):
            raise _Declined

    def _read_flow(self, plan: Plan | None, raw: str) -> None:
        node = _flow_on(raw)
        if node is None:
            raise _Declined
        if plan is not None:
            self._flow(plan, node)

    def _flow(self, plan: Plan, node: Mapping | Sequence) -> None:
        """Store a collection that is on one line."""
        is_empty = not (node.pairs if isinstance(node, Mapping) else node.items)
        if plan.role is _INNER:
            item = plan.item
            if item is not None and item.role is Role.ARGUMENT and isinstance(node, Sequence):
                for argument in node.items:
                    if isinstance(argument, Scalar):
                        self._take(item, 0, "", argument.value, argument.style)
            elif (item is not None or plan.keys) and not is_empty:
                raise _Declined
        elif plan.role in _NAMED and isinstance(node, Mapping):
            if plan not in self._places:
                self._places = {**self._places, plan: len(self._texts)}
                self._texts.append({})
            self._flow_pairs(plan, self._places[plan], node)
        elif plan.role not in (Role.ARGUMENT, Role.VARIABLE):
            raise _Declined

    def _flow_pairs(self, plan: Plan, slot: int, node: Mapping) -> None:
        """Store the metadata, or a mapping of texts, on one line."""
        seen: set[str] = set()
        for key, value in node.pairs:
            if not isinstance(key, Scalar) or key.value in seen:
                raise _Declined
            seen.add(key.value)
            inner = plan.keys.get(key.value) or plan.each
            if inner is None:
                raise _Declined
            if isinstance(value, Scalar):
                self._take(inner, slot, key.value, value.value, value.style)
            else:
                self._flow(inner, value)

    def extract(self, image_annotations: frozenset[str]) -> Extract:
        """Return what the document holds; raises ``_Declined``."""
        root, metadata, labels, annotations = map(
            self._mapping, (ROOT, METADATA, LABELS, ANNOTATIONS)
        )
        if not (all(map(reads_as_text, labels)) and all(map(reads_as_text, annotations))):
            raise _Declined
        if annotations and not image_annotations.isdisjoint(annotations):
            raise _Declined
        name = metadata.get("name") or metadata.get("generateName")
        namespace = metadata.get("namespace") or None
        meta = KubeObject(root["apiVersion"], root["kind"], name, namespace, labels)
        sites = [
            ImageSite(
                Value("string", node.value),
                node,
                meta,
                step.key,
                self._name(step.owners),
                "" if step.plan is None else step.plan.title,
                views=_KUBECTL,
            )
            for node, step in self._images
        ]
        return Extract(sites, [], meta)

    def _mapping(self, plan: Plan) -> dict[str, str]:
        place = self._places.get(plan)
        return {} if place is None else self._texts[place]

    def _name(self, owners: tuple[int, ...]) -> str | None:
        """Return the name beside an image: that of the first of its owners that has one."""
        for slot in owners:
            name = self._texts[slot].get("name")
            if name is not None:
                return name
        return None


def _flow_on(line: str) -> Mapping | Sequence | None:
    """Return the flow collection at the end of a line; None if this reader does not support it.

    Its places count from the line's start; nothing uses them.
    """
    taken_apart = line_of(line)
    tree = Tree()
    node = None if taken_apart is None else value_of(tree, line, taken_apart, 0, 0)
    return None if tree.is_suspicious or isinstance(node, Scalar) else node


def _is_for_full_reader(image: str) -> bool:
    """Whether a platform may fill in an image, or its object may hold a placeholder's values."""
    return "$" in image or "{{" in image or image in _ELSEWHERE


def _is_text(value: str) -> bool:
    """Whether a plain scalar is the same string to every reader; also ``1.2.3``."""
    if reads_as_text(value):
        return True
    text = Value("string", value)
    return all(resolve(Scalar(value, 0, 0), reader) == text for reader in Reader)


@lru_cache(1000)
def _is_named(patterns: tuple[str, ...], name: str) -> bool:
    return any(NamePattern(pattern).matches(name) for pattern in patterns)
