"""Which fix causes a wrong build, and how to explain it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from imagelint.model.source import shown
from imagelint.repository.rename_matching import matches
from imagelint.repository.rename_steps import entries_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from imagelint.repository.rename_model import Entry, Image, Planned, Repository
    from imagelint.repository.rename_simulation import Outcome, Trace

__all__ = ["Blame", "images_below", "words_for"]

Reasons: TypeAlias = "Iterator[tuple[Hashable, str]]"
"""Keys of images, and why these must not be fixed."""


class Blame:
    """Traces errors of a simulation back to the images that were to be fixed."""

    def __init__(
        self,
        repository: Repository,
        text_after: Callable[[Image], str],
        outcome: Outcome,
        names: Planned,
    ) -> None:
        """Use an outcome and its planned names."""
        self._repository = repository
        self._text_after = text_after
        self._traces = outcome.traces
        self._names = names
        self._places: dict[int, list[tuple[Trace, int]]] | None = None
        self._seen: set[int] = set()

    def of(self, trace: Trace) -> Reasons:
        """Yield the fixes that cause a wrong trace."""
        entries = self._repository.entries
        old = [(place, one) for place, one in enumerate(trace.applied) if one.number >= 0]
        new = _without_repeats(trace.acting)
        at = 0
        while at < min(len(old), len(new)) and old[at][1].number == new[at][1]:
            at += 1
        later = {one.number for _, one in old[at:]}
        if (
            at < len(new) and new[at][1] not in later
        ):  # an entry selects it that should leave it alone
            name, number = new[at]
            place = old[at][0] if at < len(old) else len(trace.applied)
            if name == entries[number].name:
                yield from self._of_place(trace, place, words_for(entries[number]))
            else:
                yield from self.of_entry(number, name)
        elif at < len(old):  # an entry no longer selects it
            place, one = old[at]
            yield from self._of_place(trace, place, words_for(entries[one.number]))
            if one.number in self._names:
                yield from self.of_entry(one.number)
        else:  # an entry changes it twice
            for number in {number for _, number in trace.acting if number in self._names}:
                yield from self.of_entry(number)

    def of_entry(self, number: int, name: str | None = None) -> Reasons:
        """Yield the fixes for which an entry would get other names, or this one."""
        reason = words_for(self._repository.entries[number])
        for trace, place in self._placed().get(number, ()):
            one = trace.applied[place]
            if one.now != one.expected and (name is None or matches(one.expected, name)):
                yield from self._of_place(trace, place, reason)

    def of_exact(self, number: int) -> Reasons:
        """Yield the fixes that an exact text would have to follow."""
        exact = self._repository.exacts[number]
        reason = f"{exact.place} compares an image with {shown(exact.text)}"
        for trace, place in self._placed().get(~number, ()):
            if trace.applied[place].now != trace.applied[place].expected:
                yield from self._of_place(trace, place, reason)

    def everything(self) -> Reasons:
        """Yield all fixes that involve any entry."""
        for trace in self._traces:
            numbers = [one.number for one in trace.applied if one.number >= 0]
            numbers += [number for _, number in trace.acting]
            reason = (
                words_for(self._repository.entries[numbers[0]]) if numbers else "it is compared"
            )
            yield from self._of_images(trace, reason)
            for number in numbers:
                new_name = self._repository.entries[number].new_name
                if new_name is not None and self._text_after(new_name) != new_name.now:
                    yield new_name.key, reason

    def _placed(self) -> dict[int, list[tuple[Trace, int]]]:
        """Return where each entry and exact text selects something."""
        if self._places is None:
            self._places = {}
            for trace in self._traces:
                for place, one in enumerate(trace.applied):
                    self._places.setdefault(one.number, []).append((trace, place))
        return self._places

    def _of_place(self, trace: Trace, place: int, reason: str) -> Reasons:
        """Yield the fix that changed an image that reaches a place of a trace.

        That is the last ``newName`` before it; without one, all of its origins.
        """
        for one in reversed(trace.applied[:place]):
            new_name = self._repository.entries[one.number].new_name if one.number >= 0 else None
            if new_name is not None:
                if self._text_after(new_name) != new_name.now:
                    yield new_name.key, reason
                return
        yield from self._of_images(trace, reason)

    def _of_images(self, trace: Trace, reason: str) -> Reasons:
        """Yield the same for an image as it enters a build."""
        work = [trace]
        while work:
            for leaf in work.pop().sources:
                if id(leaf) in self._seen:
                    continue
                self._seen.add(id(leaf))
                if leaf.pair[0] != leaf.pair[1]:
                    yield from ((key, reason) for key in leaf.keys)
                for below in leaf.traces:
                    new_name = self._last_new_name(below)
                    if new_name is None:
                        work.append(below)
                    elif self._text_after(new_name) != new_name.now:
                        yield new_name.key, reason

    def _last_new_name(self, trace: Trace) -> Image | None:
        entries = self._repository.entries
        numbers = (one.number for one in reversed(trace.applied) if one.number >= 0)
        return next((found for number in numbers if (found := entries[number].new_name)), None)


def _without_repeats(acting: tuple[tuple[str, int], ...]) -> list[tuple[str, int]]:
    """Return names and entries without an immediate repetition of an entry."""
    return [one for place, one in enumerate(acting) if not place or acting[place - 1][1] != one[1]]


def words_for(entry: Entry) -> str:
    """Say what an entry does: ``overlays/prod/kustomization.yaml:7 pins nginx by digest``."""
    name = shown(entry.name)
    if entry.digest:
        does = f"pins {name} by digest"
    elif entry.new_tag:
        does = f"sets the tag of {name}"
    elif entry.new_name:
        does = f"replaces {name}"
    elif entry.tag_suffix:
        does = f"adds to the tag of {name}"
    else:
        does = f"selects {name}"
    return f"{entry.place} {does}".lstrip()


def images_below(repository: Repository, number: int, seen: set[int]) -> Iterator[Image]:
    """Yield all images that a build could change, except those of builds in ``seen``."""
    work = [number]
    while work:
        one = work.pop()
        if one in seen:
            continue
        seen.add(one)
        build = repository.builds[one]
        work += (*build.builds, *build.components)
        for file in (*build.files, *build.patches):
            yield from repository.files[file]
        for entry in entries_of(build):
            new_name = repository.entries[entry].new_name
            if new_name is not None:
                yield new_name._replace(is_selected=True)
