"""What ``skim/reader.py`` reads in a kind: the catalogue's fields, prepared for one pass.

A plan says for each key what its value is: an image, the name beside it, a collection with more
values to read, or something that skimming does not support. Only kinds with all images in
containers have a plan; they are nearly all workloads.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from functools import cache
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.catalogue.entries import (
    CONTAINERS,
    EACH_ITEM,
    EACH_VALUE,
    HELM_SHAPES,
    IMAGE,
    OBJECT,
    POD_SPEC,
    POD_TEMPLATE,
    ROLES,
    Form,
)
from imagelint.kubernetes.scalars import reads_as_text
from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from imagelint.kubernetes.catalogue.entries import Branch, Holder

__all__ = ["ANNOTATIONS", "BY_KIND", "LABELS", "METADATA", "ROOT"]
__all__ += ["KindPlan", "Plan", "Role", "plan_of"]


class Role(Enum):
    """What a place holds."""

    __hash__ = object.__hash__  # Enum's own is not in C and was called for every step

    INNER = auto()
    """A mapping or a list with more places in it."""
    IMAGE = auto()
    TEXT = auto()
    """A text to store."""
    NULL = auto()
    """Nothing to read, provided it is null."""
    ARGUMENT = auto()
    """An argument, which may be a flag with an image."""
    VARIABLE = auto()
    """The name of an environment variable, whose value may be an image."""
    TEXTS = auto()
    """A mapping of texts."""
    STRICT = auto()
    """A mapping in which every key matters."""
    STOP = auto()
    """Not supported by skimming, whatever it is."""


class Plan:
    """What to do with the value at a place, and with the values below it."""

    __slots__ = (
        "each",
        "flags",
        "has_two_names",
        "is_pod_spec",
        "item",
        "keys",
        "named",
        "path",
        "role",
        "title",
    )

    def __init__(self, role: Role = Role.INNER) -> None:
        """Create a plan that reads nothing below."""
        self.role = role
        self.keys: dict[str, Plan] = {}
        self.each: Plan | None = None
        """In a mapping: the plan for keys that are not in ``keys``."""
        self.item: Plan | None = None
        """In a list: the plan for its items."""
        self.flags: frozenset[str] = frozenset()
        """The flags that have images, without their dashes."""
        self.named: tuple[str, ...] = ()
        """Patterns for the variables that have images."""
        self.title = ""
        """Of an image: the role of its owner, for messages."""
        self.path = ""
        """Of an image: its field, with ``%d`` for the number of each item in the path."""
        self.has_two_names = False
        """Of an image: whether the outer mapping's name counts if its own mapping has none."""
        self.is_pod_spec = False
        """Whether the plan covers all that a search by shape would find here."""


def _texts() -> Plan:
    plan = Plan(Role.TEXTS)
    plan.each = Plan(Role.TEXT)
    return plan


def _strict(keys: dict[str, Plan], each: Plan) -> Plan:
    plan = Plan(Role.STRICT)
    plan.keys, plan.each = keys, each
    return plan


LABELS: Final = _texts()
ANNOTATIONS: Final = _texts()
METADATA: Final = _strict(
    {
        **{name: Plan(Role.TEXT) for name in ("name", "namespace", "generateName")},
        "labels": LABELS,
        "annotations": ANNOTATIONS,
        "creationTimestamp": Plan(Role.NULL),
    },
    Plan(Role.STOP),
)
"""An object's metadata: what decides on environments, and what must have the right type."""
BY_KIND: Final = Plan()
"""Any other key of an object: the plan of its kind applies."""
ROOT: Final = _strict(
    {
        "apiVersion": Plan(Role.TEXT),
        "kind": Plan(Role.TEXT),
        "metadata": METADATA,
        "items": Plan(Role.STOP),
    },
    BY_KIND,
)


class KindPlan(NamedTuple):
    """The plan of a kind: ``quick`` if none of ``marks`` is in the text, else ``full``.

    Few arguments and variables hold images; lists of them are skipped if no mark is in the text.
    That saves half of the cost of a container that has many of both.
    """

    full: Plan
    quick: Plan
    marks: tuple[str, ...]
    annotations: frozenset[str]
    """Annotations of the object itself that hold an image."""
    is_exact: bool
    """Whether nothing in it is searched by shape."""

    def for_text(self, text: str) -> Plan:
        """Return the plan for a document, which has no escapes."""
        for mark in self.marks:
            if mark in text:
                return self.full
        return self.quick


def plan_of(branch: Branch, shape: Callable[[str], Branch], *, is_exact: bool) -> KindPlan | None:
    """Return the plan for a kind's fields, None if skimming does not support them.

    ``shape`` returns the fields of a shape, by its name.
    """
    marks: dict[str, None] = {}
    full, quick = Plan(), Plan()
    annotations = Plan()
    for plan, noted in ((full, marks), (quick, None)):
        if not _Planner(shape, noted).fill(plan, branch, ()):
            return None
        if plan.role is Role.STOP or plan.item is not None or plan.is_pod_spec:
            return None
        metadata = plan.keys.pop("metadata", Plan())
        annotations = metadata.keys.pop("annotations", Plan())
        if metadata.keys or annotations.role is Role.STOP or plan.keys.keys() & ROOT.keys.keys():
            return None
        _name(plan, None)
    return KindPlan(full, quick, tuple(marks), frozenset(annotations.keys), is_exact)


class _Planner:
    """Makes a plan; without ``marks`` it leaves out arguments and variables."""

    def __init__(self, shape: Callable[[str], Branch], marks: dict[str, None] | None) -> None:
        self._shape = shape
        self._marks = marks
        self._inside: list[str] = []
        """The shapes that are being added, from the outermost on."""

    def fill(self, plan: Plan, branch: Branch, path: tuple[str, ...]) -> bool:
        """Add the fields of a catalogue branch to a plan; False if that is not possible."""
        for holder in branch.holders:
            if holder.shape in self._inside:
                plan.role = Role.STOP  # a recursive shape
            elif holder.shape in HELM_SHAPES:
                plan.role = Role.STOP
            elif holder.shape and holder.shape != OBJECT:
                if not self._fill_shape(plan, holder.shape, path):
                    return False
            else:
                self._hold(plan, holder, path)
        return all(self._fill_below(plan, *one, path) for one in branch.below.items())

    def _fill_shape(self, plan: Plan, name: str, path: tuple[str, ...]) -> bool:
        is_searched_alone = path[-1:] != ("spec",) or self._inside[-1:] == [POD_TEMPLATE]
        if name == POD_SPEC and is_searched_alone:
            plan.is_pod_spec = True
        self._inside.append(name)
        is_filled = self.fill(plan, self._shape(name), path)
        self._inside.pop()
        return is_filled

    def _fill_below(self, plan: Plan, segment: str, below: Branch, path: tuple[str, ...]) -> bool:
        if segment == EACH_VALUE:
            plan.role = Role.STOP
            return True
        if segment == EACH_ITEM:
            inner = plan.item = plan.item or Plan()
        elif reads_as_text(segment):
            inner = plan.keys.setdefault(segment, Plan())
        else:
            return False  # such a key can be written in several ways
        if not self.fill(inner, below, (*path, segment)):
            return False
        if "." in segment:
            inner.role = Role.STOP
        if inner.role is Role.INNER and not inner.keys and inner.item is None:
            plan.keys.pop(segment, None)  # it has nothing to read
        return True

    def _hold(self, plan: Plan, holder: Holder, path: tuple[str, ...]) -> None:
        """Add what is at the end of a path."""
        if holder == IMAGE and path[-1:] != (EACH_ITEM,) and plan.role is Role.INNER:
            plan.role = Role.IMAGE
            plan.title = next((ROLES[key] for key in reversed(path) if key in ROLES), "image")
            steps = ["[%d]" if key == EACH_ITEM else f".{key.replace('%', '%%')}" for key in path]
            plan.path = "".join(steps).removeprefix(".")
            owner = path[-3] if path[-2:-1] == (EACH_ITEM,) and len(path) > 2 else ""
            plan.has_two_names = owner not in CONTAINERS
        elif not (holder.flags or holder.named) or (
            holder._replace(flags=frozenset(), named=(), form=Form.IMAGE) != IMAGE
        ):
            plan.role = Role.STOP
        elif self._marks is not None:
            self._marks.update((_mark(f"-{flag}"), None) for flag in sorted(holder.flags))
            self._marks.update((_mark(one), None) for one in holder.named)
            self._look_into(plan, holder)

    @staticmethod
    def _look_into(plan: Plan, holder: Holder) -> None:
        """Add the items of a list of arguments or variables."""
        known = plan.item or Plan(Role.ARGUMENT if holder.flags else Role.INNER)
        if plan.role is not Role.INNER or known.role is not (
            Role.ARGUMENT if holder.flags else Role.INNER
        ):
            plan.role = Role.STOP
            return
        plan.item = known
        known.flags |= holder.flags
        if holder.named:
            variable = known.keys.setdefault("name", Plan(Role.VARIABLE))
            variable.role = variable.role if variable.role is Role.VARIABLE else Role.STOP
            variable.named += holder.named


def _name(plan: Plan, outer: Plan | None) -> None:
    """Store the names beside images; ``outer`` is the mapping around."""
    images = [inner for inner in plan.keys.values() if inner.role is Role.IMAGE]
    named = [plan] if images else []
    if outer is not None and any(image.has_two_names for image in images):
        named.append(outer)
    below = [*plan.keys.values()]
    if plan.item is not None:
        _name(plan.item, outer if not plan.keys else plan)
    for inner in below:
        _name(inner, plan)
    for one in named:
        name = one.keys.setdefault("name", Plan(Role.TEXT))
        name.role = name.role if name.role is Role.TEXT else Role.STOP


@cache
def _mark(text: str) -> str:
    """Return a text that is part of every match of a pattern; the same for many, to keep them few.

    Empty if there is none, or if it could be folded over two lines.
    """
    pieces = re.split(r"[*?]+", text)
    word = next(filter(None, (re.search(r"[_-](?:image|IMAGE)", piece) for piece in pieces)), None)
    mark = max(pieces, key=len) if word is None else word.group()
    return "" if re.search(r"\s", mark) else mark
