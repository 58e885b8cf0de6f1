"""The progress of a long run, with rich: imported only once it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from imagelint.formats.drawn import console

if TYPE_CHECKING:
    from imagelint.formats import Look

__all__ = ["progress"]


def progress(total: int, look: Look, stream: TextIO) -> Progress:
    """Return a line with counts and the remaining time, drawn from when it is started.

    It is drawn on update, not by a thread: worker processes may be forks of this one.
    """
    shown = Progress(
        TextColumn("{task.completed} of {task.total} files"),
        BarColumn(),
        TimeRemainingColumn(),
        console=console(look, stream),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    shown.add_task("", total=total)
    return shown
