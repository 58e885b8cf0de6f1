"""Runs whole processes and takes their time, their CPU time and their largest resident set.

Output goes to a file: GNU grep ends at the first match where it goes to ``/dev/null``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Command", "Sample", "Series", "environment", "measure", "run_once", "warm"]

_LAUNCHER: Final = os.path.join(os.path.dirname(os.path.abspath(__file__)), "launcher.py")
_LONG: Final = 5.0
"""Seconds: what takes longer is not run once more for warming up."""
_VERY_LONG: Final = 20.0
"""Seconds: what takes longer is run once."""
_SAID: Final = 4000
"""How many bytes of stderr are kept: the last."""


@dataclass(frozen=True, slots=True)
class Command:
    """A process to measure; ``prepare`` runs before each repetition and is not measured."""

    name: str
    argv: tuple[str, ...]
    cwd: str
    stdin: str | None = None
    prepare: Callable[[], None] | None = None
    stops: Callable[[Sample], str | None] = field(default=lambda _: None)
    """Why a sample is worth nothing: the process gave up before its work was done."""


class Sample(NamedTuple):
    """One run: seconds by the clock and of CPU (its children's too), and bytes.

    ``peak`` is the largest resident set of any process of it, as the kernel tells (wait4).
    """

    wall: float
    cpu: float
    peak: int
    status: int
    """The exit code; minus the signal's number for what was killed."""
    timed_out: bool
    stderr: str


@dataclass(slots=True)
class Series:
    """The repetitions of a command; ``note`` says why they cannot be compared, if so."""

    command: Command
    samples: list[Sample] = field(default_factory=list)
    note: str | None = None

    @property
    def best(self) -> float:
        """The least wall time, in seconds."""
        return min(sample.wall for sample in self.samples)

    @property
    def median(self) -> float:
        """The median of the wall times, in seconds."""
        return statistics.median(sample.wall for sample in self.samples)

    @property
    def cpu(self) -> float:
        """The least CPU time, user's and system's, in seconds."""
        return min(sample.cpu for sample in self.samples)

    @property
    def peak(self) -> int:
        """The largest resident set of a process, in bytes."""
        return max(sample.peak for sample in self.samples)

    @property
    def timed_out(self) -> bool:
        """Whether it was ended before it was done: its times are lower bounds."""
        return any(sample.timed_out for sample in self.samples)


def environment() -> dict[str, str]:
    """Return the environment of what is measured: no setting of Python, a plain locale."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}


def run_once(command: Command, scratch: str, timeout: float) -> Sample:
    """Run a command once, for at most ``timeout`` seconds; its output goes below ``scratch``."""
    if command.prepare is not None:
        command.prepare()
    stdout, stderr = (os.path.join(scratch, name) for name in ("stdout", "stderr"))
    files = (command.stdin or os.devnull, stdout, stderr)
    with subprocess.Popen(
        [sys.executable, "-I", "-S", _LAUNCHER, str(timeout), *files, *command.argv],
        cwd=command.cwd,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as launcher:
        try:
            printed, _ = launcher.communicate()
        except BaseException:
            launcher.terminate()  # and it ends what it has started
            raise
    wall, cpu, peak, status, late = printed.split()
    with open(stderr, "rb") as file:
        file.seek(max(0, os.path.getsize(stderr) - _SAID))
        said = file.read().decode(errors="replace")
    return Sample(float(wall), float(cpu), int(peak), int(status), late == "1", said)


def measure(
    commands: Sequence[Command],
    scratch: str,
    *,
    repeat: int,
    timeout: float,
    progress: Callable[[str], None],
) -> list[Series]:
    """Run the commands by turns, ``repeat`` times each, after one turn to warm the caches.

    What takes long is run less often: its first run counts, or is all. So does the first run of
    each where one is all that is wanted.
    """
    every = [Series(command) for command in commands]
    for series in every:
        progress(series.command.name)
        first = run_once(series.command, scratch, timeout)
        series.note = series.command.stops(first)
        if repeat == 1 or first.wall > _LONG or first.timed_out or series.note:
            series.samples.append(first)
    for turn in range(repeat):
        for series in every:
            if series.note or series.timed_out or _is_very_long(series):
                continue
            if len(series.samples) <= turn:
                progress(f"{series.command.name} {turn + 1}/{repeat}")
                series.samples.append(run_once(series.command, scratch, timeout))
    return every


def _is_very_long(series: Series) -> bool:
    return bool(series.samples) and series.samples[0].wall > _VERY_LONG


def warm(folder: str) -> None:
    """Read every file below a folder, so that it is in the system's cache."""
    for top, _, names in os.walk(folder):
        for name in names:
            place = os.path.join(top, name)
            if os.path.isfile(place):
                with open(place, "rb") as file:
                    while file.read(1 << 20):
                        pass
