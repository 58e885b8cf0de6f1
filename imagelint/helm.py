"""What Helm writes around the manifests that it renders: ``# Source:`` comments.

``helm template`` puts one in front of every document (helm, pkg/action/action.go and
cmd/helm/template.go): hooks, subcharts and custom resource definitions included. The
path in it begins with the chart's name, so a comment on where a file was downloaded from
is not taken for one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imagelint.text import shown

if TYPE_CHECKING:
    from imagelint.text import Source

__all__ = ["is_cut_off", "template_of"]

_TEMPLATE_MAX = 300
_PATH = r"[^\s/\\]+(?:[/\\]charts[/\\][^\s/\\]+)*[/\\](?:templates|crds)[/\\][^\r\n]+"
"""A chart, the subcharts on the way, the folder that Helm renders, and the file in it."""
_OTHER_COMMENTS = r"(?:[ \t]*(?:#(?! Source: )[^\n]*)?\r?\n)*"
_LEADING = re.compile(rf"\ufeff?(?:---[^\n]*\n)?{_OTHER_COMMENTS}# Source: ({_PATH})")
_ANYWHERE = re.compile(rf"(?:\A|^---[^\n]*\n)# Source: {_PATH}\r?$".encode(), re.MULTILINE)


def template_of(text: str) -> str | None:
    """Return the template that the leading comment of a document names, or None.

    The name comes from a chart, which may be anybody's: it is cut, and nothing in it is
    invisible, so that every format can show it as it is.
    """
    if "# Source: " not in text:
        return None
    match = _LEADING.match(text)
    return None if match is None else shown(match.group(1).rstrip(), _TEMPLATE_MAX)


def is_cut_off(source: Source) -> bool:
    """Whether a stream of Helm's ends in mid-line, as one that was killed on the way does.

    Helm ends every document with a line feed, so without one the end is missing. Of other
    text nothing can be said: a manifest without a final line feed is legal.
    """
    data = source.data[source.bom_length :]
    if source.encoding != "utf-8":
        data = data.decode(source.encoding, "replace").encode()
    return not data.endswith(b"\n") and _ANYWHERE.search(data) is not None
