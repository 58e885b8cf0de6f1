"""The comments and annotations that Helm adds to rendered manifests: where they come from.

``helm template`` adds a comment before every document (helm, pkg/action/action.go and
cmd/helm/template.go), also for hooks, subcharts and custom resource definitions. The path in it
begins with the chart's name, so a comment about a download location does not match. Helm 4
gives a post-renderer an annotation instead.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from imagelint.model.source import shown

if TYPE_CHECKING:
    from imagelint.model.source import Source

__all__ = ["ANNOTATION", "is_cut_off", "template_named", "template_of"]

ANNOTATION = "postrenderer.helm.sh/postrender-filename"
"""With it, Helm 4 finds the template of an object after a post-renderer."""

_TEMPLATE_MAX = 300
_PATH = r"[^\s/\\]+(?:[/\\]charts[/\\][^\s/\\]+)*[/\\](?:templates|crds)[/\\][^\r\n]+"
"""A chart, any subcharts, the folder that Helm renders, and the file in it."""
_OTHER_COMMENTS = r"(?:[ \t]*(?:#(?! Source: )[^\n]*)?\r?\n)*"
_LEADING = rf"\ufeff?(?:---[^\n]*\n)?{_OTHER_COMMENTS}# Source: ({_PATH})"
_ANYWHERE = rf"(?m)(?:\A|^---[^\n]*\n)# Source: {_PATH}\r?$".encode()


def template_of(text: str) -> str | None:
    """Return the template that the leading comment of a document names, or None."""
    match = _leading().match(text) if "# Source: " in text else None
    return None if match is None else _fit(match.group(1).rstrip())


@cache
def _leading() -> re.Pattern[str]:
    """Compile the pattern on first use: most texts come from no chart."""
    return re.compile(_LEADING)


def template_named(name: str) -> str | None:
    """Return a name as :func:`template_of` does, or None if it names no template."""
    return _fit(name) if re.fullmatch(_PATH, name) else None


def _fit(name: str) -> str:
    """Shorten a name and escape its invisible characters, so that every format can print it.

    It comes from a chart, which may have any author.
    """
    return shown(name, _TEMPLATE_MAX)


def is_cut_off(source: Source) -> bool:
    """Whether a stream of Helm's ends in mid-line, as after Helm was killed.

    Helm ends every document with a line feed; without one the end is missing. This is not known
    of other text: a manifest without a final line feed is legal.
    """
    data = source.data[source.bom_length :]
    if source.encoding != "utf-8":
        data = data.decode(source.encoding, "replace").encode()
    return not data.endswith(b"\n") and re.search(_ANYWHERE, data) is not None
