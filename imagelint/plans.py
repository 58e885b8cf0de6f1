"""What of a kind :mod:`imagelint.skim` has to look at: the catalogue's fields, made for one pass.

A plan says of a key what its value is: an image, the name beside it, something to look into, or
something that skimming is no good for. Kinds whose images are all in containers have one; they are
nearly all that runs.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from imagelint.reading import reads_as_text
from imagelint.workload_entries import EACH_ITEM, EACH_VALUE, IMAGE, OBJECT, Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from imagelint.workload_entries import Branch, Holder

__all__ = ["METADATA", "NAMES", "ROOT", "Plan", "Role", "plan_of"]

_ROLES: Final = {
    "containers": "container",
    "initContainers": "init container",
    "ephemeralContainers": "ephemeral container",
}
_MAX_STEPS: Final = 40
"""More steps than any path has: a shape that holds itself has no plan."""


class Role(Enum):
    """What stands at a place."""

    INNER = auto()
    """A mapping or a list with more places in it."""
    IMAGE = auto()
    TEXT = auto()
    """A text to remember."""
    NULL = auto()
    """Nothing that matters, as long as it is null."""
    ARGUMENT = auto()
    """An argument, which may be a flag with an image."""
    VARIABLE = auto()
    """The name of an environment variable, whose value may be an image."""
    TEXTS = auto()
    """A mapping of texts."""
    STRICT = auto()
    """A mapping whose every key matters."""
    STOP = auto()
    """Not for skimming, whatever it is."""


class Plan:
    """What is to be done with what stands at a place, and below it."""

    __slots__ = ("each", "flags", "item", "keys", "named", "role", "title")

    def __init__(self, role: Role = Role.INNER) -> None:
        """Make a plan that looks at nothing below."""
        self.role = role
        self.keys: dict[str, Plan] = {}
        self.each: Plan | None = None
        """Of a mapping: what stands at the keys that are not in ``keys``."""
        self.item: Plan | None = None
        """Of a list: what its items are."""
        self.flags: frozenset[str] = frozenset()
        """The flags that have images, without their dashes."""
        self.named: tuple[str, ...] = ()
        """Patterns for the variables that have images."""
        self.title = ""
        """Of an image: the role of what it is of, for people."""


def _strict() -> Plan:
    """Return the plan of an object's metadata: what decides on environments, and types."""
    plan = Plan(Role.STRICT)
    texts = Plan(Role.TEXTS)
    texts.each = Plan(Role.TEXT)
    plan.keys = {name: Plan(Role.TEXT) for name in ("name", "namespace", "generateName")}
    plan.keys |= {"labels": texts, "annotations": texts, "creationTimestamp": Plan(Role.NULL)}
    plan.each = Plan(Role.STOP)
    return plan


METADATA: Final = _strict()
NAMES: Final = ("apiVersion", "kind")


def _root() -> Plan:
    """Return the plan of an object; ``each`` stands for what its kind has a plan for."""
    plan = Plan(Role.STRICT)
    plan.keys = {name: Plan(Role.TEXT) for name in NAMES}
    plan.keys |= {"metadata": METADATA, "items": Plan(Role.STOP)}
    plan.each = Plan()
    return plan


ROOT: Final = _root()


def plan_of(branch: Branch, shape: Callable[[str], Branch]) -> Plan | None:
    """Return the plan for a kind's fields, None where there can be none.

    ``shape`` gives what a shape holds, by its name.
    """
    plan = Plan()
    if not _fill(plan, branch, (), shape) or plan.role is Role.STOP:
        return None
    if plan.item is not None or plan.keys.keys() & {*NAMES, "items"}:
        return None
    return plan


def _fill(
    plan: Plan, branch: Branch, path: tuple[str, ...], shape: Callable[[str], Branch]
) -> bool:
    """Add to a plan what a branch of the catalogue holds; False where that cannot be."""
    if len(path) > _MAX_STEPS:
        return False
    for holder in branch.holders:
        if holder.shape and holder.shape != OBJECT:
            if not _fill(plan, shape(holder.shape), (*path, ""), shape):
                return False
        else:
            _hold(plan, holder, tuple(filter(None, path)))
    if not all(_fill_below(plan, *one, path, shape) for one in branch.below.items()):
        return False
    if any(inner.role is Role.IMAGE for inner in plan.keys.values()):
        name = plan.keys.setdefault("name", Plan(Role.TEXT))  # beside the image, for people
        name.role = name.role if name.role is Role.TEXT else Role.STOP
    return True


def _fill_below(
    plan: Plan, segment: str, below: Branch, path: tuple[str, ...], shape: Callable[[str], Branch]
) -> bool:
    if segment == EACH_VALUE:
        plan.role = Role.STOP
        return True
    if segment == EACH_ITEM:
        inner = plan.item = plan.item or Plan()
    elif reads_as_text(segment):
        inner = plan.keys.setdefault(segment, Plan())
    else:
        return False  # there are more ways than one to write such a key
    is_filled = _fill(inner, below, (*path, segment), shape)
    if "." in segment:
        inner.role = Role.STOP
    return is_filled


def _hold(plan: Plan, holder: Holder, path: tuple[str, ...]) -> None:
    """Add what stands at the end of a path."""
    owner = path[-3] if len(path) > 2 and path[-2] == EACH_ITEM else ""
    texts = Plan(Role.ARGUMENT if holder.flags else Role.INNER)
    inner = plan.item or texts
    if (
        plan.role is not Role.INNER
        or inner.role is not texts.role
        or holder._replace(flags=frozenset(), named=(), form=Form.IMAGE) != IMAGE
    ):
        plan.role = Role.STOP
    elif holder.flags:
        plan.item = inner
        inner.flags |= holder.flags
    elif holder.named:
        plan.item = inner
        variable = inner.keys.setdefault("name", Plan(Role.VARIABLE))
        variable.role = variable.role if variable.role is Role.VARIABLE else Role.STOP
        variable.named += holder.named
    elif holder == IMAGE and owner in _ROLES:
        plan.role, plan.title = Role.IMAGE, _ROLES[owner]
    else:
        plan.role = Role.STOP
