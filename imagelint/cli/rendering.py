"""The options about rendering, which several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imagelint.model.report import FileResult
    from imagelint.run.request import Rendering, Request
    from imagelint.run.run import Run

__all__ = ["rendered", "rendering_of", "rendering_options"]

F = TypeVar("F", bound="Callable[..., Any]")


def rendering_options(function: F) -> F:
    """Add the options about charts and kustomizations; :func:`request` reads the values."""
    for option in (
        click.option(
            "--set",
            "sets",
            multiple=True,
            metavar="KEY=VALUE",
            help="A value for the chart in PATH, as for helm; implies --render. Repeatable.",
        ),
        click.option(
            "-f",
            "--values",
            multiple=True,
            metavar="FILE",
            help="A values file for the chart in PATH; implies --render. Repeatable.",
        ),
        click.option(
            "--render",
            is_flag=True,
            help="Render charts and kustomizations; report images at the lines that make them.",
        ),
    ):
        function = option(function)
    return function


def rendering_of(options: dict[str, Any]) -> Rendering | None:
    """Remove the values of :func:`rendering_options` from ``options`` and return them."""
    names = ("render", "values", "sets", "allow_insecure_images")
    is_asked, values, sets, insecure = (options.pop(name, None) for name in names)
    if not (is_asked or values or sets):
        if insecure:
            message = "--allow-insecure-images goes with --render"
            raise click.UsageError(message)
        return None
    from imagelint.run.request import Rendering  # noqa: PLC0415 - --help does not need it

    return Rendering(values or (), sets or (), insecure or False)


def rendered(run: Run, asked: Request, results: Iterator[FileResult]) -> Iterator[FileResult]:
    """Return the results of a run with what renderings add, if they are asked for."""
    if asked.rendering is None:
        return results
    from imagelint.run.retold import with_rendered  # noqa: PLC0415 - only when asked for

    return with_rendered(run, asked, results)
