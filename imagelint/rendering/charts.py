"""One chart with its values, copied into a folder of our own: render it, and trace its images."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from imagelint.engine.edits import NotEditableError
from imagelint.model.namedtuple import NamedTuple
from imagelint.rendering.helm import NO_SETTING, Setting, render
from imagelint.rendering.staging import Staged, stage
from imagelint.rendering.tools import LIMITS, RenderingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from imagelint.rendering.helm import Rendered, Values
    from imagelint.rendering.staging import Part
    from imagelint.rendering.tools import Limits, Tool
    from imagelint.rendering.values import GivenValues

__all__ = ["VALUES_FILE", "Bench", "Release", "bench"]

VALUES_FILE: Final = "values.yaml"


class Release(NamedTuple):
    """A chart and how it is installed."""

    folder: str
    """Of the chart, absolute."""
    shown: str
    root: str
    """The folder that no link may leave, absolute."""
    values: tuple[GivenValues, ...] = ()
    """Besides the chart's own; later ones win."""
    setting: Setting = NO_SETTING

    @property
    def edited(self) -> str:
        """The file with the values to edit: those given last, else the chart's own."""
        return self.values[-1].path if self.values else os.path.join(self.folder, VALUES_FILE)

    def with_contents(self, contents: Mapping[str, bytes]) -> Release:
        """Return it with other contents of files, by path."""
        new = (one._replace(data=contents.get(one.path, one.data)) for one in self.values)
        return self._replace(values=tuple(new))


class Bench:
    """A staged chart; counts its renderings."""

    def __init__(
        self, helm: Tool, release: Release, staged: Staged, home: str, limits: Limits
    ) -> None:
        """Render in ``home``, which holds the copy, too."""
        self._helm = helm
        self._home = home
        self._limits = limits
        self._names: dict[str, str] = {staged.part.folder: release.shown}
        self.part: Part = staged.part
        self.remarks = staged.remarks
        self.renderings = 0
        self._setting = release.setting
        self.put(release)

    def put(self, release: Release, own: bytes | None = None) -> None:
        """Give the chart other values: those of a release, and the content of its own file."""
        names = []
        for number, given in enumerate(release.values):
            place = os.path.join(self._home, f"values-{number}.yaml")
            try:
                data = given.for_helm
            except NotEditableError as error:
                raise RenderingError(
                    f"the values in {given.path} cannot be read: {error}"
                ) from error
            with open(place, "wb") as file:
                file.write(data)
            names.append(place)
            self._names[place] = given.path
        self._setting = release.setting._replace(values=tuple(names))
        if own is not None:
            with open(os.path.join(self.part.folder, VALUES_FILE), "wb") as file:
                file.write(own)

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
