"""What somebody who has just rewritten images needs to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.reference import ImageReference, InvalidReference
from imagelint.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from imagelint.finding import Finding
    from imagelint.report import FileResult

__all__ = ["advice"]

_FEW = 5


def advice(repaired: Iterable[FileResult], seen: Iterable[FileResult]) -> Iterator[str]:
    """Yield a line about pull secrets and one about kustomize, where there is reason to.

    ``repaired`` are the results, from before the repair, of files that were repaired;
    ``seen`` are those of all files.
    """
    fixed = [one for result in repaired for one in result.findings if one.fix is not None]
    renamed = dict(filter(None, map(_names, fixed)))
    hosts = sorted({host for one in fixed if (host := _host(one)) is not None})
    if hosts:
        yield (
            f"note: pods now pull from {_listed(hosts)}: they need its pull secret,"
            " unless the project is public"
        )
    stale = [
        f"{shown(name)} ({shown(result.path)}:{result.source.position(span.start).line},"
        f" now {shown(renamed[name])})"
        for result in seen
        for name, span in result.kustomize_names
        if name in renamed
    ]
    if stale:
        yield f"note: kustomize images[].name entries that no longer match: {_listed(stale)}"


def _names(finding: Finding) -> tuple[str, str] | None:
    """Return the image's name before and after, as kustomize compares it: without the tag."""
    kind = None if finding.object is None else finding.object.kind
    if finding.fix is None or finding.image is None or kind == "Kustomization":
        return None
    old, new = _parsed(finding.image), _parsed(finding.fix.image)
    return None if old is None or new is None else (_name(old), _name(new))


def _name(reference: ImageReference) -> str:
    return f"{reference.domain}/{reference.path}" if reference.domain else reference.path


def _host(finding: Finding) -> str | None:
    """Return the registry that an image has come to by its repair; None where it is the same."""
    new = None if finding.fix is None else _parsed(finding.fix.image)
    old = None if finding.image is None else _parsed(finding.image)
    moved = new is not None and (old is None or old.registry != new.registry)
    return new.registry if new is not None and moved else None


def _parsed(text: str) -> ImageReference | None:
    try:
        return ImageReference.parse(text)
    except InvalidReference:
        return None


def _listed(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _FEW} more" if len(texts) > _FEW else ""
    return ", ".join(texts[:_FEW]) + more
