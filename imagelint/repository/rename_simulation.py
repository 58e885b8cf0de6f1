"""Simulate all builds of a repository, before and after a fix, for the names of ``images`` entries.

The simulation tracks pairs: the present text of an image, and the expected text after the fix,
which is the same name, tag and digest behind the registry that the image's own edit, or that of the
last ``newName`` on its way, has written. Each entry that selects the present text applies to both
sides; in parallel runs what kustomize will make of the fixed text. If that is not the expected
text, the trace records it, and the image continues with the expected text.

Pairs are grouped, and indexed by the names that select them: an image that no entry of the
repository names costs nothing. The result of a kustomization is computed once for all of its
overlays.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, TypeAlias

from imagelint.model.namedtuple import NamedTuple
from imagelint.repository.rename_matching import Names, applied, is_literal, matches
from imagelint.repository.rename_steps import (
    EXACT,
    buildable,
    entries_of,
    patterns_in,
    steps_after,
    steps_before,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from imagelint.repository.rename_model import Image, Planned, Repository
    from imagelint.repository.rename_steps import Track

__all__ = ["Applied", "Leaf", "Outcome", "Trace", "simulate"]

Pair: TypeAlias = "tuple[str, str, int]"
"""The present and the expected text of an image, and how often an entry applies to it."""
Rope: TypeAlias = "tuple[Leaf | Rope, ...]"
"""Leaves; joined without copying, so a part may occur several times."""
_Box: TypeAlias = "dict[str, Rope]"
"""The images of a build by the names that select them."""
_Owned: TypeAlias = "tuple[_Box, bool]"
"""Images, and whether they have no other user, so that they may be changed in place."""
_EMPTY: Final[_Box] = {}
_NOTHING: Final[_Owned] = _EMPTY, False
_MOST_DEPTH: Final = 100
"""Nesting of components in components."""
_MOST_CALLS: Final = 2_000
"""Components that apply in one build: they may include each other repeatedly."""


class Leaf:
    """A pair, and its origins: images of a file, or traces through a build below."""

    __slots__ = ("keys", "pair", "traces")

    def __init__(self, pair: Pair) -> None:
        """Start without origins."""
        self.pair = pair
        self.keys: list[Hashable] = []
        self.traces: list[Trace] = []


class Applied(NamedTuple):
    """An entry (or ``~`` an exact text) that selects an image now, and the image's text there."""

    number: int
    now: str
    expected: str


class Trace(NamedTuple):
    """What happens to an image in a kustomization that changes or selects it, now or afterwards."""

    sources: tuple[Leaf, ...]
    applied: tuple[Applied, ...]
    acting: tuple[tuple[str, int], ...]
    """Names and entries that will select the fixed text."""
    is_right: bool


class Outcome(NamedTuple):
    """The result of a simulation."""

    traces: list[Trace]
    cut: list[int]
    """Builds with too many or too deeply nested components to simulate."""


def simulate(repository: Repository, text_after: Callable[[Image], str], names: Planned) -> Outcome:
    """Simulate all builds; ``text_after`` returns the text of an image after the fix."""
    return _Simulation(repository, text_after, names).run()


class _TooMuchError(Exception):
    """Components include each other too often."""


class _Simulation:
    def __init__(
        self, repository: Repository, text_after: Callable[[Image], str], names: Planned
    ) -> None:
        self._repository = repository
        self._text_after = text_after
        self._planned = names
        known = {entry.name for entry in repository.entries}
        known.update(name for ones in names.values() for name in ones)
        self._names = Names(filter(is_literal, known))
        self._patterns = patterns_in(repository)
        self._exacts = frozenset(exact.text for exact in repository.exacts)
        self._now = [
            entry.setting(entry.new_name.now if entry.new_name else "")
            for entry in repository.entries
        ]
        self._then = [
            entry.setting(text_after(entry.new_name) if entry.new_name else "")
            for entry in repository.entries
        ]
        is_steady = all(setting.is_steady for setting in (*self._now, *self._then))
        self._times = (1,) if is_steady else (1, 2)
        """How often entries may apply to an image; all of these cases are simulated."""
        self._tracks: dict[int, tuple[Track, Track]] = {}
        self._boxes: dict[int, _Owned] = {}
        self._shared: set[int] = set()
        """Ids of boxes that have other users."""
        self._file_boxes: dict[int, _Box] = {}
        self._worked: dict[tuple[int, int], tuple[_Box, _Box]] = {}
        """By component and box: the box, and the result."""
        self._calls = 0
        self._traces: list[Trace] = []
        builds = repository.builds
        self._uses = Counter(below for build in builds for below in build.builds)
        """How often the images of a build will still be needed."""
        components = {component for build in builds for component in build.components}
        self._kept = {below for component in components for below in builds[component].builds}
        """Builds that are needed again in each kustomization that uses a component."""

    def run(self) -> Outcome:
        cut: list[int] = []
        for number in buildable(self._repository.builds):
            self._calls = 0
            is_needed = bool(self._uses[number]) or number in self._kept
            try:
                box = self._built(number, _NOTHING, 0, is_needed=is_needed)
            except _TooMuchError:
                cut.append(number)
            else:
                if is_needed:
                    self._boxes[number] = box
                    if not box[1]:
                        self._shared.add(id(box[0]))
        return Outcome(self._traces, cut)

    def _built(self, number: int, box: _Owned, depth: int, *, is_needed: bool = True) -> _Owned:
        """Apply a kustomization to its own images and to those collected so far."""
        build = self._repository.builds[number]
        coming = [box, *((self._file_box(file), False) for file in build.files)]
        box = _merged([*coming, *map(self._box_of, build.builds)])
        for component in build.components:
            box = self._through_component(component, box, depth + 1)
        box = _merged([box, *((self._file_box(file), False) for file in build.patches)])
        return self._through(number, box, is_needed=is_needed)

    def _through_component(self, number: int, box: _Owned, depth: int) -> _Owned:
        """Apply a component; its result for a box with many users is computed once."""
        key = number, id(box[0])
        if not box[1] and key in self._worked:
            return self._worked[key][1], False
        self._calls += 1
        if depth > _MOST_DEPTH or self._calls > _MOST_CALLS:
            raise _TooMuchError
        made = self._built(number, box, depth)
        if not box[1]:
            self._shared.update((id(box[0]), id(made[0])))
            self._worked[key] = box[0], made[0]
            return made[0], False
        return made

    def _box_of(self, number: int) -> _Owned:
        """Return the images of a build, and whether nothing else will need them."""
        self._uses[number] -= 1
        if number in self._kept or self._uses[number]:
            return self._boxes.get(number, _NOTHING)[0], False
        box, is_ours = self._boxes.pop(number, _NOTHING)
        return box, is_ours and id(box) not in self._shared

    def _file_box(self, file: int) -> _Box:
        box = self._file_boxes.get(file)
        if box is None:
            leaves: dict[Pair, Leaf] = {}
            for image in self._repository.files[file]:
                for times in self._times if image.is_selected else (0,):
                    pair = image.now, self._text_after(image), times
                    leaf = leaves.setdefault(pair, Leaf(pair))
                    leaf.keys.append(image.key)
            box = self._file_boxes[file] = {}
            for leaf in leaves.values():
                self._put(box, leaf)
        return box

    def _put(self, box: _Box, leaf: Leaf) -> None:
        for name in self._names_of(leaf.pair):
            box[name] = (box[name], leaf) if name in box else (leaf,)

    def _names_of(self, pair: Pair) -> set[str]:
        """Return the names under which a pair is indexed."""
        now, after, times = pair
        names = {EXACT + now} if now in self._exacts else set()
        if times:
            names.update(self._names.of(now))
            names.update(self._names.of(after))
        return names

    def _tracks_of(self, number: int) -> tuple[Track, Track]:
        tracks = self._tracks.get(number)
        if tracks is None:
            build = self._repository.builds[number]
            before = steps_before(self._repository, build)
            after = steps_after(self._repository, build, self._planned)
            tracks = self._tracks[number] = before, after
        return tracks

    def _through(self, number: int, owned: _Owned, *, is_needed: bool) -> _Owned:
        """Apply the steps of a kustomization itself to images."""
        box, is_ours = owned
        before, after = self._tracks_of(number)
        groups: dict[Pair, list[Leaf]] = {}
        seen: set[int] = set()
        for name in (*before.places, *(after.places.keys() - before.places.keys())):
            for leaf in _leaves(box.get(name, ()), seen):
                groups.setdefault(leaf.pair, []).append(leaf)
        made: dict[Pair, Leaf] = {}
        gone: set[Pair] = set()
        for pair, leaves in groups.items():
            out, done = self._applied(before, pair)
            text, acting = self._acting(after, pair)
            if done or acting:
                trace = Trace(tuple(leaves), done, acting, text == out[1])
                self._traces.append(trace)
                if out != pair:
                    gone.add(pair)
                    made.setdefault(out, Leaf(out)).traces.append(trace)
        surmised = self._surmised(number)
        if not is_needed or not (gone or surmised):
            return owned
        box = box if is_ours else dict(box)
        for name in {name for pair in gone for name in self._names_of(pair)}:
            left = tuple(leaf for leaf in _leaves(box.pop(name), set()) if leaf.pair not in gone)
            if left:
                box[name] = left
        for leaf in (*made.values(), *surmised):
            self._put(box, leaf)
        return box, True

    def _surmised(self, number: int) -> list[Leaf]:
        """Return the images that entries with patterns may produce in a kustomization.

        Images that such entries may select are not fixed: see ``renames.py``.
        """
        made = []
        for one in entries_of(self._repository.builds[number]):
            new_name = self._repository.entries[one].new_name
            if one in self._patterns and new_name is not None:
                text = self._now[one].of("")
                made += [Leaf((text, text, times)) for times in self._times]
        return made

    def _applied(self, track: Track, pair: Pair) -> tuple[Pair, tuple[Applied, ...]]:
        """Return the present and the expected text of an image, and what applies to it."""
        now, expected, times = pair
        done: list[Applied] = []
        start = 0
        while True:
            names = self._names.of(now) if times else ()
            if now in self._exacts:
                names = (*names, EXACT + now)
            place = track.next(names, start)
            if place is None:
                return (now, expected, times), tuple(done)
            name, number = track.steps[place]
            done.append(Applied(number, now, expected))
            for _ in range(times if number >= 0 else 0):
                if not matches(now, name):
                    break
                now, expected = self._now[number].of(now), self._then[number].of(expected)
            start = place + 1

    def _acting(self, track: Track, pair: Pair) -> tuple[str, tuple[tuple[str, int], ...]]:
        """Return what kustomize will make of the fixed text, and what applies to it."""
        _, after, times = pair
        acting: list[tuple[str, int]] = []
        start = 0
        while times:
            place = track.next(self._names.of(after), start)
            if place is None:
                break
            step = track.steps[place]
            acting.append(step)
            after = applied(self._then[step[1]], step[0], after, times)
            start = place + 1
        return after, tuple(acting)


def _leaves(rope: Rope, seen: set[int]) -> Iterator[Leaf]:
    """Yield the leaves of a rope that are not in ``seen``."""
    work: list[Leaf | Rope] = [rope]
    while work:
        one = work.pop()
        if id(one) not in seen:
            seen.add(id(one))
            if isinstance(one, Leaf):
                yield one
            else:
                work.extend(one)


def _merged(boxes: list[_Owned]) -> _Owned:
    """Merge boxes into one."""
    boxes = [one for one in boxes if one[0]]
    if not boxes:
        return _NOTHING
    boxes.sort(key=lambda one: len(one[0]), reverse=True)
    first, is_ours = boxes[0]
    if len(boxes) == 1:
        return first, is_ours
    box = first if is_ours else dict(first)
    for other, _ in boxes[1:]:
        for name, rope in other.items():
            known = box.get(name)
            box[name] = rope if known is None or known is rope else (known, rope)
    return box, True
