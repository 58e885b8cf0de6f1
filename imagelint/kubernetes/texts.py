"""Objects → their strings that a policy declares as manifests (``embedded:``)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from imagelint.kubernetes.catalogue.entries import HOLDS_TEXTS
from imagelint.kubernetes.kustomize.model import Inline, Role
from imagelint.kubernetes.objects import string_of
from imagelint.kubernetes.readers import Reader, View
from imagelint.kubernetes.sites import path_of
from imagelint.yaml.nodes import Mapping, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.objects import ObjectNode

__all__ = ["MOST_USES", "fixed", "texts_of"]

MOST_USES = 20
"""How often a string may be read through aliases."""


def texts_of(objects: Iterable[ObjectNode], view: View, catalogue: Catalogue) -> Iterator[Inline]:
    """Yield the strings of some objects that are manifests, as each of the readers sees them.

    Of a string that aliases repeat, at most one use above the limit is yielded.
    """
    uses: Counter[int] = Counter()
    known: set[tuple[int, str]] = set()
    for item in objects:
        keys = catalogue.embedded_keys(item.meta.group, item.meta.kind)
        if not keys:
            continue
        field = HOLDS_TEXTS[item.meta.kind]
        # A duplicate key, or a key that is a YAML 1.1 word, has another value for kustomize; it may
        # refuse the file, but then it is unknown which of them will be kept.
        for one in (view, View(Reader.KUSTOMIZE, walk_once=True)):
            data = one.get(item.mapping, field)
            if not isinstance(data, Mapping) or uses[id(data)] > 2 * MOST_USES:
                continue
            uses[id(data)] += 1
            for key, node in one.entries(data).items():
                text = string_of(node, one)
                if text is None or not any(pattern.matches(key) for pattern in keys):
                    continue
                assert isinstance(node, Scalar)  # it is a string
                at = item.prefix + path_of((field, key))
                if (id(node), at) in known or uses[id(node)] > MOST_USES:
                    continue
                known.add((id(node), at))
                uses[id(node)] += 1
                # Base64 (!!binary) is read, but the file does not show its text.
                scalar = node if text == node.value else fixed(node, text)
                yield Inline(Role.RESOURCE, scalar, at)


def fixed(node: Scalar, text: str | None = None) -> Scalar:
    """Return a string that cannot be edited, at the node's place, or another ``text`` there."""
    found = Scalar(node.value if text is None else text, node.start, node.end, node.style)
    found.anchored = True
    return found
