"""The output formats: each is a module with one ``render(report, look) -> str``.

A format with long reports may also have ``pieces``, which yields the same output in pieces. A new
format is one module and one line in :data:`FORMATS`. Pure: no I/O, no terminal, no clock; renderers
know the screen only through :class:`Look`. Modules are imported on demand: JSON output does not pay
for the text renderer, nor the other way round.
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
    "concise": "imagelint.formats.concise",
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
    """The style of the output, and where it is read.

    ``width`` is in terminal cells; ``color`` allows ANSI colours; ``terminal`` means that a
    person reads the output directly, so it must not contain invisible characters. ``brief``
    prints only findings.

    ``folder`` and ``repository`` are absolute, with ``/``: the base of relative paths, and the
    repository around it, if there is one. ``links`` is the start of a link to an absolute path
    (``file://host``), ``rules`` the folder of the rule files to link to; empty if links are not
    possible.
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
    """Turns a report into a text, with line breaks (LF)."""

    def __call__(self, report: Report, look: Look = ...) -> str:
        """Render the whole report."""
        ...


def renderer(modules: Mapping[str, str], name: str) -> Renderer:
    """Import and return the renderer of a format; ``KeyError`` for an unknown name."""
    return cast("Renderer", importlib.import_module(modules[name]).render)


def pieces(modules: Mapping[str, str], name: str, report: Report, look: Look) -> Iterable[str]:
    """Render a report in pieces, if its format supports that, to save memory."""
    module = importlib.import_module(modules[name])
    if hasattr(module, "pieces"):
        return cast("Iterable[str]", module.pieces(report, look))
    return (renderer(modules, name)(report, look),)


def remark(modules: Mapping[str, str], name: str, report: Report) -> str | None:
    """Return a note for the user that a report in a format is incomplete; None: it is complete."""
    say = getattr(importlib.import_module(modules[name]), "remark", None)
    return None if say is None else cast("str | None", say(report))


def line_hashes(modules: Mapping[str, str], names: Iterable[str]) -> LineHashes | None:
    """Return the function that hashes lines with findings, if one of the formats needs it."""
    wanted = (
        getattr(importlib.import_module(modules[name]), "line_hashes", None) for name in names
    )
    return next(filter(None, wanted), None)


def renderer_of_file(
    modules: Mapping[str, str], name: str
) -> Callable[[FileResult, Look], str] | None:
    """Return the function that renders the findings of one file; None if the format has none."""
    return getattr(importlib.import_module(modules[name]), "of_file", None)
