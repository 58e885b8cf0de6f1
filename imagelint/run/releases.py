"""Which charts a run renders, and how: all that it finds, or those that the user names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint import files
from imagelint.model.errors import FileError, UsageError
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import one_line
from imagelint.rendering.charts import Release
from imagelint.rendering.helm import Setting
from imagelint.rendering.metadata import CHART_FILE
from imagelint.rendering.staging import read_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.run.request import Rendering
    from imagelint.run.run import Run

__all__ = ["Installed", "releases"]


class Installed(NamedTuple):
    """A release, and the policy that governs it."""

    release: Release
    governing: files.GoverningPolicy
    environment: str | None = None

    @property
    def path(self) -> str:
        """The file (absolute) whose place decides about environments."""
        return self.release.edited


def releases(run: Run, asked: Rendering) -> Iterator[Installed]:
    """Yield what is rendered; errors go to the run.

    Raises ``UsageError`` if values are given, but not exactly one chart.
    """
    charts = sorted(_charts(run))
    if asked.is_ad_hoc and len(charts) != 1:
        shown = ", ".join(files.displayed(chart, run.cwd) for chart in charts)
        found = f"there are {shown}" if charts else "there is none"
        message = f"--values and --set are for one chart, and in the PATHs {found}"
        raise UsageError(message)
    values = tuple(_given(path, run.cwd) for path in asked.values)
    for chart in charts:
        release = _release(run, chart, values, asked.sets)
        if release is not None:
            yield Installed(release, run.policies.for_file(release.edited))


def _release(
    run: Run, chart: str, values: tuple[tuple[str, bytes], ...], sets: tuple[str, ...]
) -> Release | None:
    """Return the release of a chart, None for a library, which cannot be installed."""
    shown = files.displayed(chart, run.cwd)
    root = run.around.guard_of(os.path.join(chart, CHART_FILE)) or chart
    try:
        metadata = read_metadata(chart, f"{shown}/{CHART_FILE}", root)
    except FileError as error:
        run.errors.append(one_line(str(error)))
        return None
    if metadata.is_library:
        return None
    return Release(chart, shown, root, values, Setting(sets=sets))


def _given(path: str, cwd: str) -> tuple[str, bytes]:
    """Read a values file that the user names."""
    place = files.absolute(path, cwd)
    return place, files.read(place, files.displayed(place, cwd))[0]


def _charts(run: Run) -> set[str]:
    """Return the folders of the charts to which inputs belong, the outermost ones."""
    folders = {os.path.dirname(one.path) for one in run.inputs if one.data is None}
    found = set()
    for folder in folders:
        chart = _chart_around(folder, run.around.guard_of(os.path.join(folder, CHART_FILE)))
        if chart is not None:
            found.add(files.outermost_chart(chart))
    return found


def _chart_around(folder: str, root: str | None) -> str | None:
    """Return the nearest chart from a folder upwards, within a root."""
    while not os.path.isfile(os.path.join(folder, CHART_FILE)):
        above = os.path.dirname(folder)
        if folder in (root, above):
            return None
        folder = above
    return folder
