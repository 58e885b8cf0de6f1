"""A new value for a scalar → the smallest edit that writes it, or why there is none.

For most images this is an insertion before the reference. Quotes, escapes, indentation and
everything else around the changed characters stay as they are. The engine decides which value to
write.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from imagelint.kubernetes.readers import views
from imagelint.model.source import Edit, Span, shown
from imagelint.yaml.nodes import Mapping, Node, Scalar
from imagelint.yaml.places import UnplacedError, block_content, places_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.kubernetes.readers import View
    from imagelint.kubernetes.search import ImageSite
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import Tree

__all__ = ["NotEditableError", "edit_scalar", "place_of", "uses_elsewhere"]

_PLAIN_SAFE = r"[A-Za-z0-9](?:[A-Za-z0-9._/@:+-]*[A-Za-z0-9_-])?"

_PLAIN = r"[A-Za-z0-9._/@:+-]*"
_PLAIN_PREFIX = r"[A-Za-z0-9](?:[A-Za-z0-9._/@:+-]*[A-Za-z0-9_/-])?"


class NotEditableError(Exception):
    """The scalar cannot be edited in place; ``str()`` says why, for the finding."""


def place_of(document: Document, node: Node, within: tuple[int, int] | None = None) -> Span:
    """Return the position of a value, in bytes: as written, a block scalar without its header.

    ``within`` asks for a part of a scalar's value; the result is the whole if the part cannot be
    located.
    """
    start, end = node.start, node.end
    if within is not None and isinstance(node, Scalar):
        try:
            places = places_of(document.decoded.text, node)
        except UnplacedError:
            pass
        else:
            first, last = (document.byte_offset(places[index]) for index in within)
            return Span(first, last)
    if isinstance(node, Scalar) and node.style in ("|", ">") and node.value.strip():
        text = document.decoded.text
        start = block_content(text, node)
        end = start + len(text[start:end].rstrip())
    return Span(document.byte_offset(start), document.byte_offset(end))


def edit_scalar(
    document: Document, node: Scalar, new: str, within: tuple[int, int] | None = None
) -> Edit:
    """Return the smallest edit that makes the scalar's value, or the part ``within``, ``new``.

    Raises :class:`NotEditableError` if the text does not contain the value literally (base64,
    or a value that is folded where it would change).
    """
    offset, stop = within or (0, len(node.value))
    old = node.value[offset:stop]
    if node.tag is not None and node.tag.endswith(":binary"):
        raise NotEditableError("it is base64 (!!binary)")
    first, last = _changed(old, new)
    inserted = new[first : len(new) - (len(old) - last)]
    ends = new if stop == len(node.value) else f"{new}x"
    if not node.style and not (
        _is_plain_safe(ends) or (first == 0 and _is_plain_prefix(inserted, old))
    ):
        raise NotEditableError(f"{shown(new)} would need quotes")
    if not document.is_placed:
        raise NotEditableError("the string around it does not contain it literally")
    try:
        places = places_of(document.decoded.text, node)
    except UnplacedError as error:
        raise NotEditableError(str(error)) from error
    if within is None and "\n" in old.rstrip("\n"):
        raise NotEditableError("it is folded over several lines")
    first, last = first + offset, last + offset
    start, end = places[first], places[last] if last > first else places[first]
    return Edit(Span(document.byte_offset(start), document.byte_offset(end)), inserted)


def _is_plain_safe(new: str) -> bool:
    """Whether a plain scalar needs no quotes."""
    return re.fullmatch(_PLAIN_SAFE, new) is not None


def _is_plain_prefix(inserted: str, old: str) -> bool:
    """Whether a text needs no quotes in front of what is plain: a placeholder, a part of an image.

    The rest is as it was, so only the insertion matters.
    """
    has_rest = old.endswith(("/", ":", "@")) or re.fullmatch(_PLAIN, old) is None
    return has_rest and re.fullmatch(_PLAIN_PREFIX, inserted) is not None


def _changed(old: str, new: str) -> tuple[int, int]:
    """Return the range of ``old`` to replace to get ``new``; the longest suffix is kept."""
    if new.endswith(old):
        return 0, 0  # most often: a prefix is added
    suffix = 0
    while suffix < min(len(old), len(new)) and old[-1 - suffix] == new[-1 - suffix]:
        suffix += 1
    last = len(old) - suffix
    first = 0
    while first < min(last, len(new) - suffix) and old[first] == new[first]:
        first += 1
    return first, last


def uses_elsewhere(tree: Tree, sites: Iterable[ImageSite]) -> set[int]:
    """Return the ids of scalars that are also read outside the given sites.

    Only aliases and merges put a scalar in several places. A change at the anchor changes all
    of them, so each must be an image that needs the change.
    """
    if not (tree.has_aliases and tree.root is not None):
        return set()
    shared: set[int] = set()
    sites = list(sites)
    for view in views(tree):
        paths = {(id(site.node), site.field) for site in sites if view.reader in site.views}
        known = Counter(node for node, _ in paths)
        for scalar, count in _readings(tree.root, view).items():
            if count != known[scalar]:
                shared.add(scalar)
    return shared


def _readings(root: Node, view: View) -> Counter[int]:
    """Count, for every scalar, the paths from the root on which a reader reaches it."""
    children: dict[int, list[Node]] = {}
    incoming: Counter[int] = Counter()
    work, seen = [root], {id(root)}
    while work:
        node = work.pop()
        below = _children(node, view)
        children[id(node)] = below
        for child in below:
            incoming[id(child)] += 1
            if id(child) not in seen:
                seen.add(id(child))
                work.append(child)
    # In topological order each node knows its own count before it adds to its children's.
    paths: Counter[int] = Counter({id(root): 1})
    ready, nodes = [root], {}
    while ready:
        node = ready.pop()
        nodes[id(node)] = node
        for child in children[id(node)]:
            paths[id(child)] += paths[id(node)]
            incoming[id(child)] -= 1
            if incoming[id(child)] == 0:
                ready.append(child)
    return Counter({key: paths[key] for key, node in nodes.items() if isinstance(node, Scalar)})


def _children(node: Node, view: View) -> list[Node]:
    if isinstance(node, Scalar):
        return []
    if isinstance(node, Mapping):
        # A key that an alias repeats would change with its anchor, so it counts as read.
        keys = [key for key, _ in node.pairs if isinstance(key, Scalar) and key.anchored]
        return [*keys, *view.entries(node).values()]
    return node.items
