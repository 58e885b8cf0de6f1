"""Images that are to be repaired → which entries select them by name, and what must change there.

The law: what a build makes after the repair differs from what it made before in images alone,
each of which has the name that the repair gives it, and the tag and digest that it had. All
builds are simulated; entries that would lose an image get its new name, or a copy that has it;
the outcome is simulated again, and what does not come out right is not repaired. What is refused
only grows, so this ends, with nothing to be repaired in the worst case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from imagelint.model.source import shown
from imagelint.repository.rename_blame import Blame, images_below
from imagelint.repository.rename_matching import applied, is_literal, matches, split_image
from imagelint.repository.rename_model import Plan
from imagelint.repository.rename_simulation import simulate
from imagelint.repository.rename_steps import entries_of, patterns_in, unsure

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from imagelint.repository.rename_matching import Setting
    from imagelint.repository.rename_model import Build, Entry, Image, Part, Repository
    from imagelint.repository.rename_simulation import Applied, Outcome, Trace

__all__ = ["plan_renames"]

_ROUNDS: Final = 24
"""After as many, all that still moves and is selected by something is refused at once."""


def plan_renames(repository: Repository) -> Plan:
    """Return what has to change so that every build stays what it is, and what cannot be repaired.

    Images of the plan's ``refused`` are to stay as they are; all others may be repaired, together
    with the plan's new names. Linear in what the entries select, build by build.
    """
    return _Planner(repository).plan()


class _Planner:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._refused: dict[Hashable, str] = {}
        self._walked: tuple[set[int], set[int]] = set(), set()
        """Builds of which all that moves, or all of it that entries work on, is refused."""
        self._walked_parts: dict[tuple[str, int], set[int]] = {}
        """Builds of which all that has another part by then is refused, by delimiter and number."""
        self._given_up: set[int] = set()
        """Entries that keep their names, although these would select nothing any more."""
        self._patterns = patterns_in(repository)
        unseen = [repository.builds[number] for number in unsure(repository)]
        self._unsure = {number for build in unseen for number in entries_of(build)}
        self._unsure |= {~number for build in unseen for number in build.exacts}

    def plan(self) -> Plan:
        self._refuse_beforehand()
        for _ in range(_ROUNDS):
            plan = self._round()
            if plan is not None:
                return plan
        outcome = simulate(self._repository, self._text_after, {})
        self._refuse(Blame(self._repository, self._text_after, outcome, {}).everything())
        return Plan({}, {}, self._refused)

    def _round(self) -> Plan | None:
        """Make a plan; None where it takes more refusals, or fewer new names."""
        known = len(self._refused)
        if not self._moves():
            return Plan({}, {}, self._refused)
        outcome = simulate(self._repository, self._text_after, {})
        for number in outcome.cut:
            self._refuse_below(number, "its components are too many to be followed")
        names, spare = self._names(outcome)
        texts = self._texts(outcome)
        if len(self._refused) > known:
            return None
        if names:
            outcome = simulate(self._repository, self._text_after, names)
        wrong = [trace for trace in outcome.traces if not trace.is_right]
        if not wrong:
            return Plan(names, texts, self._refused)
        woken = {
            number
            for trace in wrong
            for _, number in trace.acting
            if all(one.number != number for one in trace.applied)
        }
        if woken & spare:
            self._given_up |= woken & spare
            return None
        blame = Blame(self._repository, self._text_after, outcome, names)
        for trace in wrong:
            self._refuse(blame.of(trace))
        if len(self._refused) == known:
            self._refuse(blame.everything())
        return None

    def _text_after(self, image: Image) -> str:
        return image.now if image.key in self._refused else image.after

    def _moves(self) -> bool:
        return any(self._text_after(image) != image.now for image in self._images())

    def _images(self) -> Iterator[Image]:
        for file in self._repository.files:
            yield from file
        for entry in self._repository.entries:
            if entry.new_name is not None:
                yield entry.new_name

    def _refuse(self, reasons: Iterable[tuple[Hashable, str]]) -> None:
        for key, reason in reasons:
            self._refused.setdefault(key, reason)

    def _refuse_below(self, number: int, reason: str, *, only_selected: bool = False) -> None:
        """Refuse all that moves in a build and what it takes in."""
        for image in images_below(self._repository, number, self._walked[only_selected]):
            if image.now != image.after and (image.is_selected or not only_selected):
                self._refused.setdefault(image.key, reason)

    def _refuse_parts(self, number: int, part: Part) -> None:
        """Refuse what would have another part in a build and what it takes in."""
        walked = self._walked_parts.setdefault((part.delimiter, part.number), set())
        for image in images_below(self._repository, number, walked):
            if image.now != image.after and not part.is_kept(image.now, image.after):
                self._refused.setdefault(image.key, part.reason)

    def _refuse_beforehand(self) -> None:
        """Refuse what cannot be simulated."""
        for image in self._images():
            tails = split_image(image.now)[1:], split_image(image.after)[1:]
            if tails[0] != tails[1]:
                self._refused.setdefault(image.key, "kustomize would read another tag in it")
        takers: dict[int, list[int]] = {}
        for number, build in enumerate(self._repository.builds):
            for component in build.components:
                takers.setdefault(component, []).append(number)
        for number, build in enumerate(self._repository.builds):
            pattern = self._pattern(build)
            is_odd = build.dangers or build.parts or pattern
            for taker in _all_takers(takers, number) if is_odd else ():
                for part in build.parts:
                    self._refuse_parts(taker, part)
                if build.dangers:
                    self._refuse_below(taker, build.dangers[0])
                if pattern:
                    self._refuse_below(taker, pattern, only_selected=True)

    def _pattern(self, build: Build) -> str | None:
        """Say which entry of a build has a name of which is not known here what it selects."""
        for number in entries_of(build):
            if number in self._patterns:
                entry = self._repository.entries[number]
                return f"{entry.place} selects images by the pattern {shown(entry.name)}"
        return None

    def _names(self, outcome: Outcome) -> tuple[dict[int, tuple[str, ...]], set[int]]:
        """Return new names of entries that would lose an image, and which can do without.

        These build the same under their old names, but select nothing any more.
        """
        lost, needed = self._lost(outcome)
        blame = Blame(self._repository, self._text_after, outcome, {})
        names: dict[int, tuple[str, ...]] = {}
        for number, pairs in lost.items():
            entry, setting = self._repository.entries[number], self._setting(number)
            found = names_for(entry, setting, pairs, keeps_own=number in self._unsure)
            if found is not None and (number in needed or number not in self._given_up):
                names[number] = found
            elif number in needed:
                self._refuse(blame.of_entry(number))
        return names, names.keys() - needed

    def _lost(self, outcome: Outcome) -> tuple[dict[int, dict[tuple[str, str], None]], set[int]]:
        """Return entries that would lose an image, with all that they select; and which need it."""
        entries = self._repository.entries
        needed: set[int] = set()
        others: set[int] = set()
        for trace in outcome.traces:
            for one in trace.applied:
                if one.number < 0 or matches(one.expected, entries[one.number].name):
                    continue
                if not trace.is_right:
                    needed.add(one.number)
                elif one.number not in others and not self._is_idle(one, trace):
                    others.add(one.number)
        lost: dict[int, dict[tuple[str, str], None]] = {
            number: {} for number in sorted(needed | others)
        }
        for trace in outcome.traces:
            for one in trace.applied:
                if one.number in lost:
                    lost[one.number][one.now, one.expected] = None
        return lost, needed

    def _setting(self, number: int) -> Setting:
        """Return what an entry will write."""
        entry = self._repository.entries[number]
        return entry.setting(self._text_after(entry.new_name) if entry.new_name else "")

    def _is_idle(self, one: Applied, trace: Trace) -> bool:
        """Whether an entry need not select an image any more.

        It would make nothing else of it, but for a tag that happens to be the same; or another
        entry does the same under the new name (as after a repair that was broken off).
        """
        setting = self._setting(one.number)
        is_name_alone = not (setting.tag or setting.digest or setting.suffix)
        if is_name_alone and setting.of(one.expected) == one.expected:
            return True
        return any(
            other != one.number and matches(one.expected, name) and self._setting(other) == setting
            for name, other in trace.acting
        )

    def _texts(self, outcome: Outcome) -> dict[int, str]:
        """Return the new texts of what is compared with whole images."""
        wanted: dict[int, dict[str, None]] = {}
        for trace in outcome.traces:
            for one in trace.applied:
                if one.number < 0:
                    wanted.setdefault(~one.number, {})[one.expected] = None
        blame = Blame(self._repository, self._text_after, outcome, {})
        texts: dict[int, str] = {}
        for number, found in wanted.items():
            exact = self._repository.exacts[number]
            if list(found) == [exact.text]:
                continue
            if len(found) > 1 or ~number in self._unsure or not exact.can_rename:
                self._refuse(blame.of_exact(number))
            else:
                texts[number] = next(iter(found))
        return texts


def _all_takers(takers: dict[int, list[int]], number: int) -> Iterator[int]:
    """Yield a build and all that take it for a component, or something that takes it."""
    work, seen = [number], {number}
    while work:
        one = work.pop()
        yield one
        new = [taker for taker in takers.get(one, ()) if taker not in seen]
        seen.update(new)
        work += new


def names_for(
    entry: Entry,
    setting: Setting,
    pairs: Iterable[tuple[str, str]],
    *,
    keeps_own: bool,
) -> tuple[str, ...] | None:
    """Return the names under which an entry does afterwards what it does now; None: there are none.

    ``pairs`` are the images that it selects, now and afterwards; ``setting`` is what it writes
    then. ``keeps_own``: something that cannot be seen may need the name that it has.
    """
    pairs = list(pairs)
    new: set[str] = set()
    for now, after in pairs:
        if matches(after, entry.name):
            keeps_own = True
        else:
            name = _moved_name(entry.name, now, after)
            if name is None:
                return None
            new.add(name)
    names = tuple(sorted(new))
    if keeps_own or not entry.can_rename:
        names = (entry.name, *names)
    if len(names) > 1 and not entry.can_add:
        return None
    return names if all(_is_right(entry.name, pair, names, setting) for pair in pairs) else None


def _is_right(name: str, pair: tuple[str, str], names: Iterable[str], setting: Setting) -> bool:
    """Whether entries of these names make of an image what the one makes of it now.

    What they make of it is compared for an image that each comes by once, and twice.
    """
    for times in (1, 2):
        now, expected = pair
        for _ in range(times):
            if matches(now, name):
                now, expected = setting.of(now), setting.of(expected)
        after = pair[1]
        for other in names:
            after = applied(setting, other, after, times)
        if after != expected:
            return False
    return True


def _moved_name(name: str, now: str, after: str) -> str | None:
    """Return a name that selects ``after`` as ``name`` selects ``now``."""
    tail = now[len(name) :]
    if not after.endswith(tail):
        return None
    old, new = now[: len(name)], after[: len(after) - len(tail)]
    kept = 0  # of the end: what is in front of it moves, dots in the name stay what they are
    while kept < min(len(old), len(new)) and old[-1 - kept] == new[-1 - kept]:
        kept += 1
    moved = new[: len(new) - kept] + name[len(name) - kept :]
    return moved if is_literal(moved) and matches(after, moved) else None
