"""What Helm writes around the manifests that it renders: where they come from.

``helm template`` puts one in front of every document (helm, pkg/action/action.go and
cmd/helm/template.go): hooks, subcharts and custom resource definitions included. The
path in it begins with the chart's name, so a comment on where a file was downloaded from
is not taken for one. What Helm 4 hands to a post-renderer has an annotation instead.
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
"""By this Helm 4 finds back, behind a post-renderer, which template an object is from."""

_TEMPLATE_MAX = 300
_PATH = r"[^\s/\\]+(?:[/\\]charts[/\\][^\s/\\]+)*[/\\](?:templates|crds)[/\\][^\r\n]+"
"""A chart, the subcharts on the way, the folder that Helm renders, and the file in it."""
_OTHER_COMMENTS = r"(?:[ \t]*(?:#(?! Source: )[^\n]*)?\r?\n)*"
_LEADING = rf"\ufeff?(?:---[^\n]*\n)?{_OTHER_COMMENTS}# Source: ({_PATH})"
_ANYWHERE = rf"(?m)(?:\A|^---[^\n]*\n)# Source: {_PATH}\r?$".encode()


def template_of(text: str) -> str | None:
    """Return the template that the leading comment of a document names, or None."""
    match = _leading().match(text) if "# Source: " in text else None
    return None if match is None else _fit(match.group(1).rstrip())


@cache
def _leading() -> re.Pattern[str]:
    """Compile what leads when a text asks for it: most come from no chart."""
    return re.compile(_LEADING)


def template_named(name: str) -> str | None:
    """Return a name as :func:`template_of` does, or None where it names no template."""
    return _fit(name) if re.fullmatch(_PATH, name) else None


def _fit(name: str) -> str:
    """Cut a name and escape what is invisible in it, so that every format can show it as it is.

    It comes from a chart, which may be anybody's.
    """
    return shown(name, _TEMPLATE_MAX)


def is_cut_off(source: Source) -> bool:
    """Whether a stream of Helm's ends in mid-line, as one that was killed on the way does.

    Helm ends every document with a line feed, so without one the end is missing. Of other
    text nothing can be said: a manifest without a final line feed is legal.
    """
    data = source.data[source.bom_length :]
    if source.encoding != "utf-8":
        data = data.decode(source.encoding, "replace").encode()
    return not data.endswith(b"\n") and re.search(_ANYWHERE, data) is not None
