"""Images in the lines of a chart's templates: what is written out of them.

``nginx:{{ .Values.tag }}`` is an image of Docker Hub whatever its tag is, and
``quay.io/{{ .Values.name }}`` one of Quay. What comes before the first action can be edited.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.readers import Value
from imagelint.kubernetes.seen import ACTION, action_pattern
from imagelint.model.reference import ImageReference

if TYPE_CHECKING:
    from imagelint.kubernetes.site import ImageSite

__all__ = ["written_part"]

_NAME: Final = r"([^@]*?)[:@][^/]*\Z"
"""The whole name of an image, with a tag or a digest, or the start of one, behind it."""
_WORD: Final = "[A-Za-z][A-Za-z0-9]*"


def written_part(site: ImageSite) -> ImageSite:
    """Return a site as far as it is written out; the same site if that does not decide anything.

    Of an image whose name has actions, the registry is known, and each action in the name is
    replaced with its last word.
    """
    text = site.value.value
    if not isinstance(text, str) or ACTION not in text or site.within is not None or site.tail:
        return site
    written = text.partition(ACTION)[0]
    rest = text[len(written) :]
    name = re.match(_NAME, written)
    if name is not None:
        others = re.sub(action_pattern(), "", rest)
        if "/" in others or ImageReference.parse_or_none(name[1]) is None:
            return site
        value, within = Value("string", name[1]), name.span(1)
        return site._replace(value=value, has_separate_tag=True, within=within)
    host, slash, _ = written.partition("/")
    if not slash or not host:
        return site
    tail = re.sub(action_pattern(), lambda match: _word_of(match.group()), rest)
    reference = ImageReference.parse_or_none(written + tail)
    if reference is None:
        return site
    return site._replace(
        value=Value("string", written + tail),
        tail=tail,
        has_separate_tag=True,
        within=(0, len(written)),
        has_unknown_name=True,
    )


def _word_of(action: str) -> str:
    words = re.findall(_WORD, action)
    return words[-1].lower() if words else "x"
