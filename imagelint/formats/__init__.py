"""The output formats: each is a module with one ``render(report, look) -> str``.

One whose reports are long may have ``pieces`` too, which yields the same piece by piece. A new
format is one module and one line in :data:`FORMATS`. Pure: no I/O, no terminal, no clock; what a
renderer may know of the screen is in :class:`Look`. Modules are imported when they are asked for:
JSON output never pays for the text renderer, or the other way.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Protocol, cast

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from imagelint.model.report import FileResult, LineHashes, Report

__all__ = ["FORMATS", "INVENTORIES", "PLAIN", "Look"]
__all__ += ["line_hashes", "pieces", "remark", "renderer", "renderer_of_file"]

FORMATS = {
    "text": "imagelint.formats.text",
    "json": "imagelint.formats.json_",
    "github": "imagelint.formats.github",
    "sarif": "imagelint.formats.sarif",
    "gitlab": "imagelint.formats.gitlab",
    "junit": "imagelint.formats.junit",
    "markdown": "imagelint.formats.markdown",
}
"""Of ``check`` and ``fix``: name → module."""

INVENTORIES = {
    "text": "imagelint.formats.images_text",
    "json": "imagelint.formats.images_json",
}
"""Of ``images``."""


class Look(NamedTuple):
    """How the output may look, and where it is read.

    ``width`` is in terminal cells; ``color`` allows ANSI colours; ``terminal`` says that a
    person reads this directly, so that nothing invisible may be in it. ``brief`` leaves out
    everything but findings.

    ``folder`` and ``repository`` are absolute, with ``/``: what relative paths are below of,
    and the repository around that, if there is one. ``links`` is what a link to an absolute
    path begins with (``file://host``), ``rules`` the folder of the rule files to link to;
    empty where there can be no links.
    """

    color: bool = False
    width: int = 80
    terminal: bool = False
    brief: bool = False
    folder: str = ""
    repository: str = ""
    links: str = ""
    rules: str = ""


PLAIN = Look()
"""For files and pipes."""


class Renderer(Protocol):
    """What turns a report into a text, line breaks (LF) included."""

    def __call__(self, report: Report, look: Look = ...) -> str:
        """Render the whole report."""
        ...


def renderer(modules: Mapping[str, str], name: str) -> Renderer:
    """Import and return the renderer of a format; ``KeyError`` for a name that is none."""
    return cast("Renderer", importlib.import_module(modules[name]).render)


def pieces(modules: Mapping[str, str], name: str, report: Report, look: Look) -> Iterable[str]:
    """Render a report piece by piece, where its format does that, so that no more is in memory."""
    module = importlib.import_module(modules[name])
    if hasattr(module, "pieces"):
        return cast("Iterable[str]", module.pieces(report, look))
    return (renderer(modules, name)(report, look),)


def remark(modules: Mapping[str, str], name: str, report: Report) -> str | None:
    """Return what people should know of a report in a format: that it is not whole."""
    say = getattr(importlib.import_module(modules[name]), "remark", None)
    return None if say is None else cast("str | None", say(report))


def line_hashes(modules: Mapping[str, str], names: Iterable[str]) -> LineHashes | None:
    """Return what one of some formats wants to know of lines with findings; None if none does."""
    wanted = (
        getattr(importlib.import_module(modules[name]), "line_hashes", None) for name in names
    )
    return next(filter(None, wanted), None)


def renderer_of_file(
    modules: Mapping[str, str], name: str
) -> Callable[[FileResult, Look], str] | None:
    """Return what renders the findings in a file by themselves; None for formats that cannot."""
    return getattr(importlib.import_module(modules[name]), "of_file", None)
