"""Work on files that begins while others are still being found, which takes a fifth of a run.

Helpers know what was known when they started. So it is for the files that share one thing with the
first one: the policy, which may be one that the first process has only just found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from imagelint.run.pool import PIECE, Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Ahead"]

T = TypeVar("T")

_FEW = 64
"""So many files are given one by one, as many more two by two, and so on."""


class Ahead(Generic[T]):
    """The work on files of one kind, and what has come of it."""

    def __init__(self, work: Callable[[str, T], Any], jobs: int) -> None:
        """Work with each file's path and what it shares with the first, in ``jobs`` processes."""
        self._work = work
        self._pool = Pool(self._done, jobs)
        self._shared: T | None = None
        self._piece: list[str] = []
        self._outcomes: Iterator[tuple[str, Any]] | None = None
        self._early: dict[str, Any] = {}
        """What has come before it was asked for."""
        self.begun: dict[str, None] = {}
        """The paths of the files that are worked on."""

    def begin(self, path: str, shared: T) -> None:
        """Give a file to whoever is free, if it shares that with the first one."""
        if self._shared is None:
            self._shared = shared
        if shared is not self._shared:
            return
        # Of few files, which may be large, each process is to have some.
        if len(self._piece) == min(PIECE, len(self.begun) // _FEW + 1):
            self._give()
        self.begun[path] = None
        self._piece.append(path)

    def outcome(self, path: str) -> Any:  # noqa: ANN401 - whatever the work comes to
        """Return, once, what came of a file that was begun; raises what ``Pool.results`` does."""
        if self._outcomes is None:
            self._give()
            self._outcomes = zip(self.begun, self._pool.results(), strict=True)
        if path in self._early:
            return self._early.pop(path)
        while True:
            done, outcome = next(self._outcomes)
            if done == path:  # mostly at once
                return outcome
            self._early[done] = outcome

    def end(self) -> None:
        """End what is not done."""
        self._pool.end()

    def _give(self) -> None:
        if self._piece:
            self._pool.give(self._piece)
        self._piece = []

    def _done(self, path: str) -> Any:  # noqa: ANN401 - whatever the work comes to
        assert self._shared is not None  # no file has begun without
        return self._work(path, self._shared)
