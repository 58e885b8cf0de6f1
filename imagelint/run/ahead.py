"""Start work on files while others are still being found, which saves a fifth of a run.

Helpers know only what was known when they started. So this works for the files that share one
value with the first one: their policy, which may have been found only just before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from imagelint.run.pool import PIECE, Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Ahead"]

T = TypeVar("T")

_FEW = 64
"""This many files are submitted one by one, the same number again two by two, and so on."""


class Ahead(Generic[T]):
    """The work on files of one kind, and its results."""

    def __init__(self, work: Callable[[str, T], Any], jobs: int) -> None:
        """Call ``work`` with each file's path and the shared value, in ``jobs`` processes."""
        self._work = work
        self._pool = Pool(self._done, jobs)
        self._shared: T | None = None
        self._piece: list[str] = []
        self._outcomes: Iterator[tuple[str, Any]] | None = None
        self._early: dict[str, Any] = {}
        """Results that were not requested yet."""
        self.begun: dict[str, None] = {}
        """The paths of the submitted files."""

    def begin(self, path: str, shared: T) -> None:
        """Submit a file, if its shared value is that of the first one."""
        if self._shared is None:
            self._shared = shared
        if shared is not self._shared:
            return
        # Of few files, which may be large, each process should get some.
        if len(self._piece) == min(PIECE, len(self.begun) // _FEW + 1):
            self._give()
        self.begun[path] = None
        self._piece.append(path)

    def outcome(self, path: str) -> Any:  # noqa: ANN401 - the result of the work
        """Return, once, the result for a submitted file; raises what ``Pool.results`` does."""
        if self._outcomes is None:
            self._give()
            self._outcomes = zip(self.begun, self._pool.results(), strict=True)
        if path in self._early:
            return self._early.pop(path)
        while True:
            done, outcome = next(self._outcomes)
            if done == path:  # mostly the first
                return outcome
            self._early[done] = outcome

    def end(self) -> None:
        """Stop the work that is not done."""
        self._pool.end()

    def _give(self) -> None:
        if self._piece:
            self._pool.give(self._piece)
        self._piece = []

    def _done(self, path: str) -> Any:  # noqa: ANN401 - the result of the work
        assert self._shared is not None  # set by the first file
        return self._work(path, self._shared)
