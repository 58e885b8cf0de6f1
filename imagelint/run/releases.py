"""Which charts a run renders, and how: all that it finds, or those that the user names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint import files
from imagelint.kubernetes.objects import CHART_FILE
from imagelint.model.errors import FileError, UsageError
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import one_line
from imagelint.rendering.charts import Release
from imagelint.rendering.deployed import deployed_in
from imagelint.rendering.helm import NO_SETTING, Setting
from imagelint.rendering.staging import read_metadata
from imagelint.rendering.values import GivenValues

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from imagelint.run.request import Rendering
    from imagelint.run.run import Run

__all__ = ["Installed", "releases"]


class Installed(NamedTuple):
    """A release, and the policy that governs it."""

    release: Release
    governing: files.GoverningPolicy
    environment: str | None = None
    otherwise: str = ""
    """What can rename an image that no value makes, as a clause."""

    @property
    def path(self) -> str:
        """The file (absolute) whose place decides about environments."""
        return self.release.edited


def releases(run: Run, asked: Rendering) -> Iterator[Installed]:
    """Yield what is rendered; errors go to the run.

    Raises ``UsageError`` if values are given, but not exactly one chart.
    """
    charts = sorted(_charts(run))
    if asked.is_ad_hoc:
        if len(charts) != 1:
            shown = ", ".join(files.displayed(chart, run.cwd) for chart in charts)
            found = f"there are {shown}" if charts else "there is none"
            message = f"--values and --set are for one chart, and in the PATHs {found}"
            raise UsageError(message)
        values = tuple(_given(path, run.cwd) for path in asked.values)
        yield from _installed(run, charts[0], values, Setting(sets=asked.sets))
        return
    yield from _deployed(run)
    named = [one for one in run.governing if one.policy.rendering is not None]
    for governing in named:
        yield from _named(run, governing, charts)
    for chart in charts:
        if run.policies.for_file(os.path.join(chart, CHART_FILE)) not in named:
            yield from _installed(run, chart)


def _deployed(run: Run) -> Iterator[Installed]:
    """Yield the charts of this repository that Flux and Argo CD install."""
    for one in run.inputs:
        if one.data is not None:
            continue
        try:
            data = run.around.read(one)[0]
        except FileError:
            continue  # the run reports it
        root = run.around.root_of(one.path)
        for deployed in deployed_in(one.path, data):
            chart = _below(root, deployed.folder.lstrip("/"))
            if not os.path.isfile(os.path.join(chart, CHART_FILE)):
                continue  # it is elsewhere
            above = chart if deployed.are_in_chart else root
            paths = [_below(above, name.lstrip("/")) for name in deployed.files]
            if deployed.unread is not None:
                run.remarks.append(
                    one_line(f"note: {one.shown}: {deployed.unread} is not read for rendering")
                )
            try:
                values = [_read(run, path) for path in paths]
            except FileError as error:
                run.errors.append(one_line(f"{one.shown}: {error}"))
                continue
            setting = Setting(
                sets=deployed.sets, namespace=deployed.namespace, release=deployed.release
            )
            for installed in _installed(run, chart, (*values, deployed.values), setting):
                yield installed._replace(otherwise=deployed.otherwise)


def _named(
    run: Run, governing: files.GoverningPolicy, charts: Collection[str]
) -> Iterator[Installed]:
    """Yield the charts that a policy names, if they or their values are in the PATHs."""
    assert governing.policy.rendering is not None
    inputs = {one.path for one in run.inputs}
    for one in governing.policy.rendering.charts:
        chart = _below(governing.folder, one.folder)
        paths = [_below(governing.folder, name) for name in one.values]
        if chart not in charts and inputs.isdisjoint(paths):
            continue
        setting = Setting(
            sets=one.sets,
            namespace=one.namespace,
            kube_version=one.kube_version,
            api_versions=one.api_versions,
        )
        try:
            values = tuple(_read(run, path) for path in paths)
        except FileError as error:
            run.errors.append(one_line(f"{one.place}: render: {error}"))
            continue
        for installed in _installed(run, chart, values, setting):
            yield installed._replace(environment=one.environment)


def _installed(
    run: Run,
    chart: str,
    values: tuple[GivenValues, ...] = (),
    setting: Setting = NO_SETTING,
) -> Iterator[Installed]:
    """Yield the release of a chart; there is none of a library."""
    shown = files.displayed(chart, run.cwd)
    root = run.around.guard_of(os.path.join(chart, CHART_FILE)) or chart
    try:
        metadata = read_metadata(chart, f"{shown}/{CHART_FILE}", root)
    except FileError as error:
        run.errors.append(one_line(str(error)))
        return
    if not metadata.is_library:
        release = Release(chart, shown, root, values, setting)
        yield Installed(release, run.policies.for_file(release.edited))


def _below(folder: str, path: str) -> str:
    return os.path.normpath(os.path.join(folder, *path.split("/")))


def _read(run: Run, path: str) -> GivenValues:
    """Read a values file that a policy names; raises ``FileError``."""
    shown = files.displayed(path, run.cwd)
    data = files.read(path, shown, run.around.guard_of(path), files.MAX_SIZE)[0]
    return GivenValues(path, data)


def _given(path: str, cwd: str) -> GivenValues:
    """Read a values file that the user names."""
    place = files.absolute(path, cwd)
    return GivenValues(place, files.read(place, files.displayed(place, cwd))[0])


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
