"""Files on their way to the disk: written together, each under its name when it is safe there.

The disk takes little longer for several files than for one, so a queue flushes them in threads.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from imagelint import files
from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from imagelint.run.fixes import Proposal
    from imagelint.run.request import Attempt, Input

__all__ = ["Queue", "Queued", "Write"]

_MOST_FILES, _MOST_INPUTS, _MOST_WAITS = 32, 1000, 8
"""Limits of the queue: new files, inputs (most of which do not change), and threads."""


class Write:
    """A write of an input in progress."""

    def __init__(self, steps: files.Steps) -> None:
        """Write the new file, which does not have its name yet."""
        self._steps = steps
        self._refused: Exception | None = None
        self._failed: OSError | None = None
        self._file: int | None = None
        """The file descriptor to flush, if the target is a file."""
        try:
            self._file = next(steps, None)
        except Exception as error:  # noqa: BLE001 - reported when it is the input's turn
            self._refused = error

    def sync(self) -> None:
        """Wait until the new file is on the disk."""
        if self._file is not None:
            self._failed = files.sync(self._file)

    def finish(self) -> None:
        """Put the new file in its place; raise the error if one occurred."""
        if self._refused is not None:
            raise self._refused
        files.finish(self._steps, self._failed)

    def give_up(self) -> None:
        """Leave the file as it was, if it is not written yet."""
        self._steps.close()


class Queued(NamedTuple):
    """An input that is reported after it is written."""

    item: Input
    attempt: Attempt
    proposal: Proposal
    write: Write | None
    """None: there is nothing to write."""


class Queue:
    """Inputs in order, whose new files are flushed together; contains no file twice."""

    def __init__(self, *, writes: bool) -> None:
        """Start empty; without ``writes`` no file is changed."""
        self._writes = writes
        self._inputs: deque[Queued] = deque()
        self._files: set[files.Identity | None] = set()
        self._writing: list[Write] = []
        self._threads: Executor | None = None
        self._shown: set[files.Identity | None] = set()
        """Files whose fix is only shown; each is shown under one name."""

    def is_news(self, attempt: Attempt, write: Write | None) -> bool:
        """Whether a file is fixed under this name, even if it was found under others."""
        if write is None or attempt.identity in self._shown:
            return False
        if not self._writes:
            self._shown.add(attempt.identity)
        return True

    def add(self, item: Input, attempt: Attempt, proposal: Proposal, root: str | None) -> None:
        """Add the next input and begin to write it, inside of ``root`` if it is given."""
        write = None
        if proposal.fix is not None:
            change = proposal.change or proposal.fix.of
            if self._writes:
                steps = files.rewriting(item.path, item.shown, change, root)
            else:
                steps = _unwritten()
            write = Write(steps)
            self._writing.append(write)
        self._inputs.append(Queued(item, attempt, proposal, write))
        self._files.add(attempt.identity)

    def holds(self, attempt: Attempt) -> bool:
        """Whether the file of an input is already in the queue, under another name."""
        return attempt.identity is not None and attempt.identity in self._files

    @property
    def is_full(self) -> bool:
        """Whether no more inputs should be added."""
        return len(self._writing) >= _MOST_FILES or len(self._inputs) >= _MOST_INPUTS

    def synced(self) -> Iterator[Queued]:
        """Yield all inputs after their new files are on the disk, and empty the queue."""
        if len(self._writing) > 1:
            if self._threads is None:
                from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - many files

                self._threads = ThreadPoolExecutor(_MOST_WAITS)
            list(self._threads.map(Write.sync, self._writing))
        else:
            for write in self._writing:
                write.sync()
        while self._inputs:
            yield self._inputs.popleft()
        self._files.clear()
        self._writing.clear()

    def give_up(self) -> None:
        """Leave all files that are not written as they were."""
        if self._threads is not None:
            self._threads.shutdown()
        for write in self._writing:
            write.give_up()


def _unwritten() -> files.Steps:
    """Replace writing when the fixed text goes to stdout."""
    yield from ()
