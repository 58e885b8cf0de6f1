"""The steps of a kustomization in kustomize's order, and the order of the builds."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Final, TypeAlias

from imagelint.repository.rename_matching import is_literal
from imagelint.repository.rename_model import Override

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from imagelint.repository.rename_model import Build, Planned, Repository

__all__ = ["EXACT", "Track", "buildable", "entries_of", "patterns_in", "steps_after"]
__all__ += ["steps_before", "unsure"]

EXACT: Final = "="
"""Prefix of a text that is compared as a whole; no name begins with it."""

Step: TypeAlias = "tuple[str, int]"
"""A name and its entry's number; for an exact text ``EXACT`` plus the text, and ``~number``."""


class Track:
    """Steps in order, and an index of the steps of each name."""

    __slots__ = ("places", "steps")

    def __init__(self, steps: Sequence[Step]) -> None:
        """Keep the steps and index them."""
        self.steps = steps
        self.places: dict[str, list[int]] = {}
        for place, (name, _) in enumerate(steps):
            self.places.setdefault(name, []).append(place)

    def next(self, names: Sequence[str], start: int) -> int | None:
        """Return the index of the first step from ``start`` on that has one of the names."""
        first = None
        for name in names:
            places = self.places.get(name)
            if places is not None and places[-1] >= start:
                place = places[bisect_left(places, start)]
                first = place if first is None else min(first, place)
        return first


def entries_of(build: Build) -> tuple[int, ...]:
    """Return the numbers of all entries that apply in a kustomization itself."""
    return (*build.entries, *build.overrides)


def patterns_in(repository: Repository) -> frozenset[int]:
    """Return the entries whose names are patterns, so that it is unknown what they select."""
    return frozenset(
        number
        for number, entry in enumerate(repository.entries)
        if entry.name and not is_literal(entry.name)
    )


def steps_before(repository: Repository, build: Build) -> Track:
    """Return the present steps of a kustomization itself, after its resources and components."""
    exacts = [(number, repository.exacts[number]) for number in build.exacts]
    early, late = (
        [(EXACT + exact.text, ~number) for number, exact in exacts if exact.is_late == is_late]
        for is_late in (False, True)
    )
    entries = _entries(repository, build, {})
    return Track([*early, *entries, *late])


def steps_after(repository: Repository, build: Build, names: Planned) -> Track:
    """Return the steps with the planned names."""
    return Track(_entries(repository, build, names))


def _named(repository: Repository, entries: tuple[int, ...], names: Planned) -> Iterator[Step]:
    for number in entries:
        for name in names.get(number, (repository.entries[number].name,)):
            yield name, number


def _entries(repository: Repository, build: Build, names: Planned) -> list[Step]:
    """Return the entries of a build, as overridden by an object on top of it, if there is one."""
    own = list(_named(repository, build.entries, names))
    on_top = list(_named(repository, build.overrides, names))
    if build.override is Override.ARGO and on_top:
        return sorted((dict(reversed(own)) | dict(on_top)).items())
    for step in on_top:
        same = (place for place, (name, _) in enumerate(own) if name == step[0])
        place = next(same, len(own))
        own[place : place + 1] = [step]
    return own


def buildable(builds: Sequence[Build]) -> list[int]:
    """Return the numbers of builds in an order in which each follows the builds that it includes.

    Builds in a cycle, and builds that include one, cannot be built and are left out. Each build
    comes as early as possible, beginning with those that no other includes, to keep memory small.
    """
    takers: dict[int, list[int]] = {}
    waits = Counter[int]()
    for number, build in enumerate(builds):
        for below in {*build.builds, *build.components}:
            takers.setdefault(below, []).append(number)
            waits[number] += 1
    ready = [number for number in reversed(range(len(builds))) if not waits[number]]
    order: list[int] = []
    while ready:
        number = ready.pop()
        order.append(number)
        freed = []
        for taker in takers.get(number, ()):
            waits[taker] -= 1
            if not waits[taker]:
                freed.append(taker)
        ready += sorted(freed, key=lambda one: one not in takers)
    return order


def unsure(repository: Repository) -> set[int]:
    """Return the builds that include something unknown, also through a component.

    That is a file that cannot be read, or the unknown effect of a pattern or a danger.
    """
    builds, patterns = repository.builds, patterns_in(repository)
    whole: set[int] = set()
    for number in buildable(builds):
        build = builds[number]
        is_known = build.is_whole and not build.dangers
        is_known = is_known and patterns.isdisjoint(entries_of(build))
        if is_known and whole.issuperset((*build.builds, *build.components)):
            whole.add(number)
    work = [number for number in range(len(builds)) if number not in whole]
    found: set[int] = set()
    while work:
        number = work.pop()
        if number not in found:
            found.add(number)
            work += builds[number].components
    return found
