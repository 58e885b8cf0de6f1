"""One chart with its values, copied into a folder of our own: render it, and trace its images."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple
from imagelint.rendering.helm import NO_SETTING, Setting, render
from imagelint.rendering.staging import Staged, stage
from imagelint.rendering.tools import LIMITS, RenderingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from imagelint.rendering.helm import Rendered, Values
    from imagelint.rendering.staging import Part
    from imagelint.rendering.tools import Limits, Tool

__all__ = ["Bench", "Release", "bench"]


class Release(NamedTuple):
    """A chart and how it is installed."""

    folder: str
    """Of the chart, absolute."""
    shown: str
    root: str
    """The folder that no link may leave, absolute."""
    values: tuple[tuple[str, bytes], ...] = ()
    """Values files, each with its name (absolute, or a text for messages); later ones win."""
    setting: Setting = NO_SETTING

    @property
    def edited(self) -> str:
        """The values file to edit: the one given last, else the chart's own."""
        return self.values[-1][0] if self.values else os.path.join(self.folder, "values.yaml")


class Bench:
    """A staged chart; counts its renderings."""

    def __init__(
        self, helm: Tool, release: Release, staged: Staged, home: str, limits: Limits
    ) -> None:
        """Render in ``home``, which holds the copy, too."""
        self._helm = helm
        self._release = release
        self._home = home
        self._limits = limits
        self._names: dict[str, str] = {staged.part.folder: release.shown}
        self.part: Part = staged.part
        self.remarks = staged.remarks
        self.renderings = 0
        names = []
        for number, (name, data) in enumerate(release.values):
            place = os.path.join(home, f"values-{number}.yaml")
            with open(place, "wb") as file:
                file.write(data)
            names.append(place)
            self._names[place] = name
        self._setting = release.setting._replace(values=tuple(names))

    def put(self, path: str, data: bytes) -> None:
        """Give a values file of the release, or the chart's own, new content."""
        names = {name: place for place, name in self._names.items()}
        place = names.get(path, os.path.join(self.part.folder, os.path.basename(path)))
        with open(place, "wb") as file:
            file.write(data)

    def render(self, overlay: Values | None = None) -> Rendered:
        """Render the chart; raises ``RenderingError`` in words of the repository."""
        self.renderings += 1
        try:
            return render(self._helm, self.part, self._setting, self._home, overlay, self._limits)
        except RenderingError as error:
            text = str(error)
            for place, name in self._names.items():
                text = text.replace(place, name)
            raise RenderingError(text) from error


@contextmanager
def bench(
    helm: Tool,
    release: Release,
    contents: Mapping[str, bytes] | None = None,
) -> Iterator[Bench]:
    """Copy a chart, and remove the copy at the end; ``contents`` replace those of files.

    Raises ``RenderingError`` if it cannot be copied.
    """
    with tempfile.TemporaryDirectory(prefix="imagelint-") as home:
        copy = os.path.join(home, "chart")
        staged = stage(release.folder, copy, release.root, contents or {})
        yield Bench(helm, release, staged, home, LIMITS)
