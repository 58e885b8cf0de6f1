"""Plan which selectors must change when images are fixed: entries that select images by name.

The law: the output of a build after the fix differs from its output before only in images, each of
which has the name that the fix gives it, and its old tag and digest. All builds are simulated;
entries that would lose an image get its new name, or a copy that has it; then the outcome is
simulated again, and images with a wrong outcome are not fixed. The set of refused images only
grows, so the loop ends, in the worst case with nothing to fix.
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
"""After this many rounds, all images that still change and are selected are refused at once."""


def plan_renames(repository: Repository) -> Plan:
    """Return the changes that keep the output of every build, and the images that cannot be fixed.

    Images in the plan's ``refused`` must remain as they are; all others may be fixed, together
    with the plan's new names. The time is linear in what the entries select, build by build.
    """
    return _Planner(repository).plan()


class _Planner:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._refused: dict[Hashable, str] = {}
        self._walked: tuple[set[int], set[int]] = set(), set()
        """Builds in which all changing images are refused; those where all selected ones are."""
        self._walked_parts: dict[tuple[str, int], set[int]] = {}
        """By delimiter and number: builds in which images with a changing part are refused."""
        self._given_up: set[int] = set()
        """Entries that keep their names, although these would no longer select anything."""
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
        """Make a plan; None if it needs more refusals or fewer new names."""
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
        """Refuse all images that change in a build and in the builds that it includes."""
        for image in images_below(self._repository, number, self._walked[only_selected]):
            if image.now != image.after and (image.is_selected or not only_selected):
                self._refused.setdefault(image.key, reason)

    def _refuse_parts(self, number: int, part: Part) -> None:
        """Refuse images whose part would change in a build and in the builds that it includes."""
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
        """Name the entry of a build, if any, whose name is a pattern: its effect is unknown."""
        for number in entries_of(build):
            if number in self._patterns:
                entry = self._repository.entries[number]
                return f"{entry.place} selects images by the pattern {shown(entry.name)}"
        return None

    def _names(self, outcome: Outcome) -> tuple[dict[int, tuple[str, ...]], set[int]]:
        """Return new names for entries that would lose an image, and entries that need none.

        The latter build the same under their old names, but no longer select anything.
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
        """Return entries that would lose an image, with their images; and those that need it."""
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
        """Whether an entry no longer needs to select an image.

        It would change nothing but a tag that happens to be equal, or another entry does the same
        under the new name (as after an interrupted fix).
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
    """Yield a build and all builds that use it as a component, directly or indirectly."""
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
    """Return the names with which an entry keeps its effect after the fix; None if there are none.

    ``pairs`` are the images that it selects, before and after; ``setting`` is what it writes
    after. ``keeps_own``: something unknown may need the present name.
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
    """Whether entries with these names have the same effect on an image as the present entry.

    Both are compared for an image to which each entry applies once, and twice.
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
    kept = 0  # length of the equal end: only the text before it changes, the name's dots are kept
    while kept < min(len(old), len(new)) and old[-1 - kept] == new[-1 - kept]:
        kept += 1
    moved = new[: len(new) - kept] + name[len(name) - kept :]
    return moved if is_literal(moved) and matches(after, moved) else None
