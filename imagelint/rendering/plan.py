"""Which values must change so that images become what the policy wants. Pure.

One value often makes several images. It may only change if it makes each of them what is wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import as_yaml, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from imagelint.rendering.marks import Leaf, Path, Source

__all__ = ["Goal", "Plan", "dotted", "plan"]


class Goal(NamedTuple):
    """An image of a rendering: what it is, what it should be, and the values that make it."""

    image: str
    wanted: str | None
    """None: it may stay as it is."""
    sources: tuple[Source, ...]

    @property
    def is_met(self) -> bool:
        """Whether nothing must change."""
        return self.wanted in (None, self.image)

    def value_of(self, source: Source) -> str | None:
        """Return the value of a source that makes the image what is wanted, None if none can."""
        wanted, leaf = self.image if self.wanted is None else self.wanted, source.leaf
        length = len(wanted) - len(source.after)
        if length < len(source.before):
            return None
        if not (wanted.startswith(source.before) and wanted.endswith(source.after)):
            return None
        return wanted[len(source.before) : length] + leaf.value[len(leaf.head) :]


class Plan(NamedTuple):
    """The new values, and why other images are left as they are."""

    values: Mapping[Path, str]
    made: Mapping[int, Path]
    """By number of an image: the value that makes it what is wanted."""
    refused: Mapping[int, str]
    """By number of an image."""


def plan(goals: Sequence[Goal]) -> Plan:
    """Choose the values to change, at most one for each image."""
    values: dict[Path, str] = {}
    made: dict[int, Path] = {}
    refused: dict[int, str] = {}
    for number, goal in enumerate(goals):
        if goal.is_met or number in made:
            continue
        reasons = []
        for source in _by_preference(goal):
            path = source.leaf.path
            value = goal.value_of(source)
            if not value:
                continue
            reason = _conflict(goals, source.leaf, value, made)
            if reason is None:
                values[path] = value
                made.update(
                    (index, path) for index, other in enumerate(goals) if _uses(other, path)
                )
                break
            reasons.append(reason)
        else:
            refused[number] = reasons[0] if reasons else _why_not(goal)
    return Plan(values, made, refused)


def _by_preference(goal: Goal) -> Iterator[Source]:
    """Yield the sources of an image: written ones first, and what is global last."""
    yield from sorted(
        goal.sources,
        key=lambda one: (not one.leaf.value, one.leaf.path[0] == "global", len(one.before)),
    )


def _conflict(
    goals: Sequence[Goal], leaf: Leaf, value: str, made: Mapping[int, Path]
) -> str | None:
    """Return why a value must not change, None if it may: it makes other images, too."""
    for number, goal in enumerate(goals):
        for source in goal.sources:
            if source.leaf.path != leaf.path:
                continue
            needed = goal.value_of(source)
            if number in made or needed != value:
                other = shown(goal.image)
                return f"{dotted(leaf.path)} also makes {other}, which needs another value"
    return None


def _uses(goal: Goal, path: Path) -> bool:
    return any(source.leaf.path == path for source in goal.sources)


def _why_not(goal: Goal) -> str:
    if not goal.sources:
        return "no value makes it"
    keys = ", ".join(dotted(source.leaf.path) for source in goal.sources)
    return f"{keys}: no text there makes it {shown(goal.wanted or '')}"


def dotted(path: Path) -> str:
    """Return a path as people write it: ``image.repository``, ``list[0].image``."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            text += f".{as_yaml(key)}" if text else as_yaml(key)
    return text
