"""A source → its examined documents: what can hold an image, read and searched.

Also here: images that can be seen in text that does not parse. A template or a
broken manifest is reported as such, and what stands plainly in it is judged all
the same, so that a syntax error hides nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imagelint.kubernetes.helm import ANNOTATION, template_named, template_of
from imagelint.kubernetes.objects import KUSTOMIZATION_FILES, string_of
from imagelint.kubernetes.prefilter import (
    LONG,
    can_hold_image,
    is_proven_free,
    may_hold_object,
    needs_no_parse,
)
from imagelint.kubernetes.readers import Reader, Value, View, refusals
from imagelint.kubernetes.search import Extract, ImageSite, extract
from imagelint.kubernetes.skim.reader import skim
from imagelint.model.finding import KubeObject
from imagelint.model.namedtuple import NamedTuple
from imagelint.yaml.documents import Document, cut, split
from imagelint.yaml.nodes import Mapping, Node, Scalar, Tree
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.skim.reader import Skim
    from imagelint.model.source import Source, Span

__all__ = [
    "ACTION",
    "Examined",
    "Refusal",
    "action_text",
    "examine",
    "is_free",
    "is_large",
    "parts",
    "read",
    "skimmed",
]

ACTION = "{{"
"""What starts an action of a Go template; no manifest needs it outside of strings."""

# Up to the next brace only: a text full of `{{` must not be searched to its end for each.
_ACTION_TEXT = r"\{\{(?:[^{}\n]|\}(?!\}))*\}\}"
# It begins with letters, to which `re` leaps; what has to stand before them is looked at then.
_SEEN_IMAGE = rf"""(?x)
    image["']?[ \t]*:[ \t]+
    (?P<quote>["']?)
    (?P<value>(?:{_ACTION_TEXT}|[^\s"'{{}}\[\],\#&*|>!]+|(?<=\S)[\#&*|>!]){{1,999}})
    """
_SEEN_OBJECT = r"""(?m)(?:^|[\s{,])["']?kind["']?[ \t]*:"""


PART = 1 << 20
"""Bytes of a part: some 60 ms of work on one that is full of images."""


class Refusal(NamedTuple):
    """Why a document is not read as it is written; ``offset`` in bytes of the source."""

    offset: int
    message: str
    by_kubectl: bool = True
    """False: kubectl reads the document, but not as its author sees it."""


class Examined(NamedTuple):
    """One document that may hold images, read.

    ``refusals`` are empty where kubectl reads the document. ``dropped_at`` is the
    byte offset of content that every reader ignores.
    """

    document: Document
    tree: Tree | None
    extract: Extract
    refusals: tuple[Refusal, ...]
    dropped_at: int | None
    is_template: bool
    is_manifest: bool
    """Whether this is, or tries to be, an API object rather than any other YAML."""
    template: str | None = None
    """The Helm template that it was rendered from, if Helm has noted it."""


def examine(  # noqa: PLR0913 - what is read, and how
    source: Source,
    catalogue: Catalogue,
    within: Span | None = None,
    *,
    prove: bool = True,
    with_trees: bool = True,
    skimming: Skim = skim,
) -> tuple[list[Examined], int]:
    """Read the documents of a source that can hold images; count those proven to hold none.

    ``within`` is a span out of :func:`parts`, to read those documents alone. Whoever has no use
    for trees asks for none, and boring workloads are skimmed.

    ``prove=False`` parses everything: the slow path that the fast one is tested against.
    """
    if prove and within is None and _is_free_file(source, catalogue):
        return [], 1
    examined: list[Examined] = []
    free = 0
    for document in split(source, within):
        if prove and is_free(document, catalogue):
            free += 1
            continue
        short = None if with_trees else skimmed(document, catalogue, skimming)
        examined.append(short or read(document, catalogue, _file_name(source)))
    # What ends the stream for kubectl keeps it from a manifest, whatever it is itself. Of what
    # stands in the other parts of a source nothing is known here: there is sure to be one.
    is_stream = len(examined) > 1 and any(item.is_manifest for item in examined)
    if is_stream or within is not None:
        examined = [item._replace(is_manifest=True) if item.refusals else item for item in examined]
    return examined, free


def parts(source: Source, catalogue: Catalogue) -> list[Span] | list[None]:
    """Return parts to examine one by one: their documents are those of the source.

    So no more than the trees of a part are in memory at a time, and several processes can
    share one source. None stands for all of it.
    """
    if not is_large(source) or _is_free_file(source, catalogue):
        return [None]
    spans = cut(source, PART)
    return spans if len(spans) > 1 else [None]


def is_large(source: Source) -> bool:
    """Whether a source could have parts."""
    return len(source.data) >= 2 * PART


def _is_free_file(source: Source, catalogue: Catalogue) -> bool:
    """Whether a source is proven to hold no image, whatever its documents are."""
    if source.encoding != "utf-8":
        return False
    data = source.data
    if len(data) >= LONG and is_proven_free(data, catalogue):  # so it need not even be split
        return True
    if not can_hold_image(data, catalogue.words):
        return True
    return not may_hold_object(data) and _file_name(source) not in KUSTOMIZATION_FILES


def _file_name(source: Source) -> str:
    return source.path.rpartition("/")[2]


def is_free(document: Document, catalogue: Catalogue) -> bool:
    """Whether a document is proven to hold no image."""
    if document.problems:
        return False
    is_utf8 = document.source.encoding == "utf-8"
    data = document.data if is_utf8 else document.decoded.text.encode()
    return needs_no_parse(data, catalogue)


def skimmed(document: Document, catalogue: Catalogue, skimming: Skim = skim) -> Examined | None:
    """Read a document without a tree; None where that cannot be."""
    if document.tree is not None or document.problems:
        return None
    decoded = document.decoded
    text = decoded.text
    if decoded.first_ill_formed is not None or ANNOTATION in text:
        return None
    found = skimming(text, catalogue)
    is_object = found is not None and found.root is not None
    if found is None or (not is_object and _file_name(document.source) in KUSTOMIZATION_FILES):
        return None
    template = template_of(text)
    return Examined(
        document, None, found, (), None, ACTION in text, is_manifest=is_object, template=template
    )


def read(document: Document, catalogue: Catalogue, file_name: str) -> Examined:
    """Read a document that may hold images; ``file_name`` comes without folders."""
    tree = document.tree
    text = document.text
    if tree is None:
        tree = parse_yaml(text)
        if tree.is_suspicious:
            tree.problems += refusals(tree)
    found = extract(tree, catalogue, file_name)
    problems = [*tree.problems, *found.problems]
    reasons = [Refusal(*problem) for problem in document.problems]
    reasons += [Refusal(document.byte_offset(index), message) for index, message in problems]
    ill_formed = document.decoded.first_ill_formed
    if ill_formed is not None and document.span.start <= ill_formed < document.span.end:
        name = document.source.encoding.upper()
        message = f"not valid {name}: kubectl reads U+FFFD here, kustomize refuses the file"
        reasons.append(Refusal(ill_formed, message, by_kubectl=False))
    marks = _superfluous_marks(document)
    if marks:
        message = "a byte order mark too many, behind which go-yaml loses first letters of keys"
        reasons.append(Refusal(document.span.start, message, by_kubectl=marks > 1))
    if ACTION in text and reasons and tree.dropped_from is not None:
        # An action at the start is a root of its own: what it was written for stands behind it.
        tree.unread_from, tree.dropped_from = tree.dropped_from, None
    is_manifest = bool(found.sites or marks)
    is_manifest = is_manifest or (found.root is not None and found.root.api_version != "")
    if tree.unread_from is not None:
        is_manifest = is_manifest or re.search(_SEEN_OBJECT, text) is not None
        if is_free(document, catalogue):
            found.sites.clear()  # parsed for a test alone, and its kind may stand in what is unread
        elif is_manifest:
            read = {site.node.start for site in found.sites}
            seen = _seen_images(text, tree.unread_from, found.root)
            found.sites.extend(site for site in seen if not read & _starts(site))
    dropped = None if tree.dropped_from is None else document.byte_offset(tree.dropped_from)
    return Examined(
        document,
        tree,
        found,
        tuple(sorted(reasons)),
        dropped,
        ACTION in text,
        is_manifest,
        _template(document, tree),
    )


def _superfluous_marks(document: Document) -> int:
    """Count the byte order marks in front that kustomize misreads; more than one kubectl too."""
    text = document.decoded.text
    marks = len(text) - len(text.lstrip("\ufeff"))
    is_first = document.span.start == document.source.bom_length
    return marks if is_first else max(marks - 1, 0) * 2


def _template(document: Document, tree: Tree) -> str | None:
    """Return the template that the document's comment or its object's annotation names."""
    text = document.text
    named = template_of(text) if document.tree is None else None
    if named is not None or ANNOTATION not in text:
        return named
    view = View(Reader.KUSTOMIZE, walk_once=True)
    node: Node | None = tree.root
    for key in ("metadata", "annotations", ANNOTATION):
        node = view.entries(node).get(key) if isinstance(node, Mapping) else None
    return template_named(string_of(node, view) or "")


def _seen_images(text: str, start: int, root: KubeObject | None) -> Iterator[ImageSite]:
    """Yield what looks like an image in text that no parser reads."""
    pattern = re.compile(_SEEN_IMAGE)
    at = first = max(start - 1, 0)  # what stands before it counts
    while (match := pattern.search(text, at)) is not None:
        if not _is_key(text, match.start(), first):
            at = match.start() + 1
            continue
        at = first = match.end()
        begin, end = match.span("value")
        node = Scalar(match["value"], begin, end)
        yield ImageSite(
            Value("string", node.value),
            node,
            root or KubeObject("", ""),
            "image",
            None,
            "image",
        )


def _is_key(text: str, at: int, first: int) -> bool:
    """Whether a word can be a key, its quote included; nothing before ``first`` is looked at."""
    if at > first and text[at - 1] in "'\"":
        at -= 1
    if at == 0 or text[at - 1] == "\n":
        return True
    return at > first and (text[at - 1].isspace() or text[at - 1] in "{,-")


def _starts(site: ImageSite) -> set[int]:
    """Return where a node begins if it is the one that was seen, with and without its quote."""
    return {site.node.start, site.node.start - 1}


def action_text(document: Document, site: ImageSite) -> str | None:
    """Return a template action that YAML takes for a mapping in a mapping (``{{ .x }}``)."""
    if not isinstance(site.node, Mapping):
        return None
    match = re.compile(_ACTION_TEXT).match(document.decoded.text, site.node.start)
    return None if match is None else match.group()
