"""Documents inside of the strings of a document, examined as the object around uses them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from imagelint.kubernetes.examined import Examined, Refusal
from imagelint.kubernetes.kustomize.model import Role, Unjudged
from imagelint.kubernetes.kustomize.reading import extract_as
from imagelint.kubernetes.objects import ObjectNode
from imagelint.kubernetes.prefilter import may_hold_object
from imagelint.kubernetes.readers import BOTH, refusals, views
from imagelint.kubernetes.search import Extract, shape_sites
from imagelint.kubernetes.seen import (
    ACTION,
    is_manifest_of,
    to_what_follows,
    with_seen,
)
from imagelint.kubernetes.texts import MOST_USES, fixed
from imagelint.model.finding import KubeObject
from imagelint.yaml.embedded import embedded
from imagelint.yaml.nodes import Mapping, ParseProblem, Sequence, nodes_once
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.kustomize.model import Inline
    from imagelint.yaml.documents import Document
    from imagelint.yaml.embedded import Embedded
    from imagelint.yaml.nodes import Tree

__all__ = ["tree_of", "with_inside"]

DEEPEST = 8
"""Levels of documents inside of strings."""
_TOO_DEEP = f"documents are nested in strings more than {DEEPEST} deep"
_TOO_OFTEN = f"aliases repeat one text more than {MOST_USES} times"


def with_inside(first: Examined, catalogue: Catalogue) -> list[Examined]:
    """Return a document and the documents inside of its strings, in this order."""
    if not first.extract.inline:
        return [first]
    found: list[Examined] = []
    work = [(first, 0)]
    for item, level in work:  # the loop extends it
        texts = _first_uses(item.extract.inline) if level < DEEPEST else []
        kept = set(map(id, texts))
        left = [text for text in item.extract.inline if id(text) not in kept]
        found.append(_without(item, left, _TOO_OFTEN if texts else _TOO_DEEP) if left else item)
        work += ((inner, level + 1) for inner in _inside(item, texts, catalogue))
    return found


def _first_uses(texts: Iterable[Inline]) -> list[Inline]:
    uses: Counter[int] = Counter()
    kept: list[Inline] = []
    for text in texts:
        uses[id(text.node)] += 1
        if uses[id(text.node)] <= MOST_USES:
            kept.append(text)
    return kept


def _inside(item: Examined, texts: Iterable[Inline], catalogue: Catalogue) -> Iterator[Examined]:
    shared: set[int] | None = None
    for text in texts:
        if text.role is not Role.RESOURCE:
            found = [
                _read(piece, catalogue, text, item) for piece in embedded(item.document, text.node)
            ]
        elif may_hold_object(text.node.value.encode("utf-8", "surrogatepass")):
            shared = _shared(item) if shared is None else shared
            is_fixed = id(text.node) in shared or item.refusals
            pieces = embedded(item.document, fixed(text.node) if is_fixed else text.node)
            found = _manifests([_read(piece, catalogue, text, item) for piece in pieces])
        else:
            found = []  # a dashboard, or other configuration that is not an object
        for inner in found:
            yield _renamed(inner, item.inside) if item.inside else inner


def _shared(item: Examined) -> set[int]:
    """Return the ids of nodes that an alias may also use elsewhere, with another meaning."""
    if item.tree is None or not item.tree.has_aliases:
        return set()
    found: set[int] = set()
    work = [node for node in nodes_once(item.tree.root) if node.anchored]
    while work:
        node = work.pop()
        if id(node) not in found:
            found.add(id(node))
            if isinstance(node, Mapping):
                work += (value for _, value in node.pairs)
            elif isinstance(node, Sequence):
                work += node.items
    return found


def _manifests(found: list[Examined]) -> list[Examined]:
    """Keep only manifests; beside one, an unreadable document ends the stream."""
    is_stream = any(one.is_manifest for one in found)
    return [
        one._replace(is_manifest=True)
        for one in found
        if one.is_manifest or (is_stream and one.refusals)
    ]


def _without(item: Examined, texts: Iterable[Inline], why: str) -> Examined:
    """Return a document with a report that some of its strings are not read."""
    prefix = f"{item.inside}: " if item.inside else ""
    unjudged = (
        Unjudged(text.node, prefix + text.field, why, is_about_images=True) for text in texts
    )
    found = item.extract._replace(unjudged=(*item.extract.unjudged, *unjudged))
    return item._replace(extract=found)


def _read(document: Embedded, catalogue: Catalogue, text: Inline, outer: Examined) -> Examined:
    """Read a document inside of a string, as the object around uses it."""
    is_data = text.role is Role.RESOURCE
    tree = tree_of(document)
    if text.role is Role.TEXT:
        found, refused = _fields_of(tree, catalogue, text), list[ParseProblem]()
    else:
        found, refused = extract_as(tree, catalogue, text)
    problems = [*tree.problems, *refused]
    reasons = [Refusal(*problem, by_kubectl=False) for problem in document.problems]
    reasons += [
        Refusal(
            document.byte_offset(index), f"{text.field} is refused: {message}", by_kubectl=False
        )
        for index, message in problems
    ]
    is_template = ACTION in document.text
    if is_data and is_template and reasons:
        tree = to_what_follows(tree)
    is_manifest = not is_data or is_manifest_of(found, document.text, tree)
    if tree.unread_from is not None and is_manifest:
        found = with_seen(found, document.text, tree.unread_from)
    dropped = None if tree.dropped_from is None else document.byte_offset(tree.dropped_from)
    item = Examined(
        document,
        tree,
        found,
        tuple(sorted(reasons)),
        dropped,
        is_template,
        is_manifest,
        template=outer.template,
        is_data=is_data or outer.is_data,
    )
    return _renamed(item, text.field)


def _fields_of(tree: Tree, catalogue: Catalogue, text: Inline) -> Extract:
    """Find the image sites of a document with the fields of a shape."""
    owner = text.owner or KubeObject("", "")
    if not isinstance(tree.root, Mapping):
        return Extract([], [], owner)
    item, view, once = ObjectNode(tree.root, "", owner, BOTH), views(tree)[0], bool(tree.problems)
    sites = shape_sites(item, view, catalogue, text.shape, once=once)
    return Extract(sorted(sites, key=lambda site: site.node.start), [], owner)


def _renamed(item: Examined, field: str) -> Examined:
    """Prefix the fields of a document with the field of its string."""
    found = item.extract._replace(
        sites=[site._replace(field=f"{field}: {site.field}") for site in item.extract.sites],
        unjudged=tuple(
            one._replace(field=f"{field}: {one.field}") for one in item.extract.unjudged
        ),
    )
    inside = f"{field}: {item.inside}" if item.inside else field
    return item._replace(extract=found, inside=inside)


def tree_of(document: Document) -> Tree:
    """Parse a document, with all reasons for which kubectl refuses the tree."""
    tree = document.tree
    if tree is None:
        tree = parse_yaml(document.text)
        if tree.is_suspicious:
            tree = tree.replace(problems=[*tree.problems, *refusals(tree)])
    return tree
