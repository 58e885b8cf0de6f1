"""A source → its examined documents: the documents that can hold images, parsed and searched.

A template or a broken manifest is reported as such, and the images that can be seen in it are
still judged, so that a syntax error hides nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imagelint.kubernetes.examined import REFUSED, Examined, Refusal
from imagelint.kubernetes.helm import ANNOTATION, template_named, template_of
from imagelint.kubernetes.kustomize.kinds import has_fields_of_kustomize
from imagelint.kubernetes.objects import (
    KUSTOMIZATION_FILES,
    is_argo_source,
    is_read_by_name,
    string_of,
)
from imagelint.kubernetes.prefilter import (
    may_hold_object,
    may_lack_space,
    needs_no_parse,
)
from imagelint.kubernetes.readers import Reader, View, refusals, type_of
from imagelint.kubernetes.search import Extract, extract
from imagelint.kubernetes.seen import (
    ACTION,
    action_text,
    is_manifest_of,
    is_refused_anyway,
    seen_images,
    starts,
    to_what_follows,
)
from imagelint.kubernetes.skim.reader import skim
from imagelint.model.source import Span
from imagelint.yaml.documents import Document, cut, split
from imagelint.yaml.nodes import Mapping, Scalar
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.kustomize.model import FileRole
    from imagelint.kubernetes.skim.reader import Skim
    from imagelint.model.source import Source
    from imagelint.yaml.nodes import Node, ParseProblem, Tree

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
    "read_all",
    "skimmed",
]

_PLUGIN = rb"apiVersion[\"']?[ \t]*:[ \t]+[\"']?builtin\b"
_FOLDED_INSIDE = rb"\\\n"
_FILLED_IN = rb"(?i)image[^\n]*\{\{"
_KEYS_OF_VALUES = rb"(?i)image|repository|hub|\\[xuU]|!!binary"
_WITH_TEXTS = (b"toolkit.fluxcd.io", b"argoproj.io", b"helm.cattle.io")
PART = 1 << 20
"""Bytes of a part: some 60 ms of work if it is full of images."""


def examine(  # noqa: PLR0913 - what is read, and how
    source: Source,
    catalogue: Catalogue,
    within: Span | None = None,
    *,
    prove: bool = True,
    with_trees: bool = True,
    skimming: Skim = skim,
    roles: tuple[FileRole, ...] = (),
    is_refused: bool = False,
) -> tuple[list[Examined], int]:
    """Read the documents of a source that can hold images; count those proven to hold none.

    ``within`` is a span from :func:`parts`: read only its documents. Without ``with_trees`` simple
    workloads are skimmed. ``roles`` are the file's roles in kustomizations. Documents inside of
    strings follow the document around them. Of a kustomization that kustomize may refuse
    (``is_refused``) nothing is left out, so that the reason is found.

    ``prove=False`` parses everything: the slow path that tests compare with the fast one.
    """
    roles = _that_matter(roles, source) if roles and prove else roles
    has_texts = any(role.role.is_text for role in roles)
    with_trees = with_trees or (_is_template(roles) and _fills_in_images(source))
    special = is_refused or has_texts or _is_special(roles) or _is_binary_resource(source, roles)
    asks = prove and not special
    is_free_file = _is_free_file(source, catalogue) if asks and within is None else None
    if is_free_file:
        return [], 1
    examined: list[Examined] = []
    free = 0
    documents = split(source, within)
    if is_free_file is False and len(documents) == 1 and documents[0].data == source.data:
        asks = False  # these are the same bytes
    for document in documents:
        if asks and is_free(document, catalogue):
            free += 1
            continue
        short = None if with_trees or special else skimmed(document, catalogue, skimming)
        if short is not None:
            examined.append(short)
        else:
            examined += read_all(document, catalogue, _file_name(source), roles)
    if is_refused:
        examined = _with_first_of(source, examined)
    # An error that ends the stream for kubectl hides a manifest, whatever the document is. Other
    # parts of a source are not known here: one of them is assumed to hold a manifest.
    is_stream = len(examined) > 1 and any(item.is_manifest for item in examined)
    if is_stream or within is not None:
        examined = [item._replace(is_manifest=True) if item.refusals else item for item in examined]
    return examined, free


def _with_first_of(source: Source, examined: list[Examined]) -> list[Examined]:
    """Return the documents of a kustomization file, whose first one must be a mapping."""
    for index, item in enumerate(examined):
        root = None if item.tree is None else item.tree.root
        if item.refusals or isinstance(root, Mapping):
            return examined
        if root is not None:
            kind = type_of(root)
            why = "it is empty" if kind == "null" else f"it is a {kind}, not a mapping"
            at = item.document.byte_offset(root.start)
            refusal = Refusal(at, REFUSED + why, by_kubectl=False)
            first = item._replace(refusals=(refusal,), is_manifest=True)
            return [*examined[:index], first, *examined[index + 1 :]]
    start = source.bom_length
    document = Document(source, Span(start, len(source.data)))
    refusal = Refusal(start, f"{REFUSED}it is empty", by_kubectl=False)
    nothing = Extract([], [], None)
    found = Examined(document, None, nothing, (refusal,), None, is_template=False, is_manifest=True)
    return [found]


def parts(source: Source, catalogue: Catalogue) -> list[Span] | list[None]:
    """Return parts to examine one by one: together they have the documents of the source.

    So only the trees of one part are in memory at a time, and several processes can share one
    source. None means the whole source.
    """
    if not is_large(source) or _is_free_file(source, catalogue):
        return [None]
    spans = cut(source, PART)
    return spans if len(spans) > 1 else [None]


def is_large(source: Source) -> bool:
    """Whether a source may have several parts."""
    return len(source.data) >= 2 * PART


def _is_free_file(source: Source, catalogue: Catalogue) -> bool | None:
    """Whether a source is proven to hold no image, whatever its documents are.

    None if the whole source cannot be checked at once.
    """
    data = source.data
    if source.encoding != "utf-8" or is_read_by_name(_file_name(source)) or b"\0" in data:
        return None
    if _may_say_more(data):
        return False
    return needs_no_parse(data, catalogue) or not may_hold_object(data)


def _file_name(source: Source) -> str:
    return source.path.rpartition("/")[2]


def is_free(document: Document, catalogue: Catalogue) -> bool:
    """Whether a document is proven to hold no image."""
    if document.problems or _is_in_other_encoding(document):
        return False
    is_utf8 = document.source.encoding == "utf-8"
    data = document.data if is_utf8 else document.decoded.text.encode("utf-8", "surrogatepass")
    if is_argo_source(_file_name(document.source)):
        return False
    if _file_name(document.source) in KUSTOMIZATION_FILES:
        from imagelint.kubernetes.kustomize.prefilter import is_plain_kustomization  # noqa: PLC0415

        if not is_plain_kustomization(data):
            return False
    return not _may_say_more(data) and needs_no_parse(data, catalogue)


def _may_say_more(data: bytes) -> bool:
    """Whether a word may be missing in text with an image: kustomize plugins, strings in strings.

    There a word can be split by a backslash and a line feed that are both escaped themselves.
    """
    if b"builtin" in data and re.search(_PLUGIN, data) is not None:
        return True
    return _FOLDED_INSIDE in data and any(group in data for group in _WITH_TEXTS)


def skimmed(document: Document, catalogue: Catalogue, skimming: Skim = skim) -> Examined | None:
    """Read a document without a tree; None if that is not possible."""
    if document.tree is not None or document.problems:
        return None
    decoded = document.decoded
    text = decoded.text
    if decoded.first_ill_formed is not None or ANNOTATION in text or "\0" in text:
        return None
    found = skimming(text, catalogue)
    is_object = found is not None and found.root is not None
    if found is None or is_read_by_name(_file_name(document.source)):
        return None
    if "kustomize" in text and found.root is not None and has_fields_of_kustomize(found.root):
        return None  # only kustomizations have such a field
    template = template_of(text)
    return Examined(
        document, None, found, (), None, ACTION in text, is_manifest=is_object, template=template
    )


def _is_special(roles: Iterable[FileRole]) -> bool:
    """Whether kustomize reads a file as something other than manifests."""
    return any(role.role.is_special for role in roles)


def _is_template(roles: Iterable[FileRole]) -> bool:
    """Whether a file is a template of a chart."""
    return any(role.role.is_template for role in roles)


def _fills_in_images(source: Source) -> bool:
    """Whether an action may fill in an image in a template."""
    return source.encoding != "utf-8" or re.search(_FILLED_IN, source.data) is not None


def _keep_written(found: Extract, *, is_in_chart: bool) -> None:
    """Reduce the images in a chart's template to what is written out of them."""
    if not is_in_chart:
        return
    from imagelint.kubernetes.templates import written_part  # noqa: PLC0415 - few files are such

    found.sites[:] = map(written_part, found.sites)


def _that_matter(roles: tuple[FileRole, ...], source: Source) -> tuple[FileRole, ...]:
    """Leave out that a file has values if no word in it can be a key of an image."""
    if source.encoding != "utf-8" or re.search(_KEYS_OF_VALUES, source.data) is not None:
        return roles
    return tuple(one for one in roles if not one.role.is_values)


def _is_binary_resource(source: Source, roles: Iterable[FileRole]) -> bool:
    """Whether kustomize uses a binary file as manifests, and so refuses it."""
    if not any(role.role.is_resource for role in roles):
        return False
    if source.data.isascii():
        return b"\0" in source.data
    return source.decode(Span(source.bom_length, len(source.data))).first_ill_formed is not None


def read_all(
    document: Document, catalogue: Catalogue, file_name: str, roles: tuple[FileRole, ...] = ()
) -> list[Examined]:
    """Read a document and the documents inside of its strings, in this order."""
    first = read(document, catalogue, file_name, roles)
    if not first.extract.inline:
        return [first]
    from imagelint.kubernetes.inside import with_inside  # noqa: PLC0415 - few files have strings so

    return with_inside(first, catalogue)


def read(
    document: Document, catalogue: Catalogue, file_name: str, roles: tuple[FileRole, ...] = ()
) -> Examined:
    """Read a document that may hold images; ``file_name`` has no folders.

    :func:`read_all` also reads what is inside of its strings.
    """
    text = document.text
    tree = document.tree or _parsed(text)
    found = extract(tree, catalogue, file_name)
    refused: list[ParseProblem] = []
    if found.objects or roles:
        from imagelint.kubernetes.kustomize.reading import completed  # noqa: PLC0415 - see kinds

        found, refused = completed(found, tree, catalogue, file_name, roles)
    from imagelint.kubernetes.reasons import reasons_of, superfluous_marks  # noqa: PLC0415 - see skim

    reasons = list(reasons_of(document, tree, found.problems, refused, roles))
    marks = superfluous_marks(document)
    if marks:
        message = "an extra byte order mark, after which go-yaml drops the first letters of keys"
        reasons.append(Refusal(document.span.start, message, by_kubectl=marks > 1))
    if found.root is not None and found.root.api_version and may_lack_space(text):
        from imagelint.kubernetes.misread import glued_problem  # noqa: PLC0415 - rare

        glued = glued_problem(tree.root)
        if glued is not None:
            place = document.byte_offset(glued.offset)
            reasons.append(Refusal(place, glued.message, by_kubectl=False))
    is_misread = (reasons or not found.objects) and _is_in_other_encoding(document)
    if is_misread:
        from imagelint.kubernetes.misread import encoding_problem  # noqa: PLC0415 - rare

        problem = encoding_problem(document)
        reasons = reasons if problem is None else [Refusal(document.span.start, problem)]
    is_template = ACTION in text and not is_refused_anyway(text, tree)
    if is_template and reasons:
        to_what_follows(tree)
    is_taken = _is_special(roles) or _is_binary_resource(document.source, roles)
    is_sure = bool(marks or refused or is_misread or is_taken)
    is_manifest = is_sure or is_manifest_of(found, text, tree)
    if tree.unread_from is not None:
        if not _is_special(roles) and is_free(document, catalogue):
            found.sites.clear()  # parsed only for a check; its kind may be in the unread text
        elif is_manifest:
            read = {site.node.start for site in found.sites}
            seen = seen_images(text, tree.unread_from, found.root)
            found.sites.extend(site for site in seen if not read & starts(site))
    is_in_chart = _is_template(roles)
    _keep_written(found, is_in_chart=is_in_chart)
    dropped = None if tree.dropped_from is None else document.byte_offset(tree.dropped_from)
    return Examined(
        document,
        tree,
        found,
        tuple(sorted(reasons)),
        dropped,
        is_template,
        is_manifest,
        _template(document, tree),
        is_in_chart=is_in_chart,
    )


def _parsed(text: str) -> Tree:
    """Parse YAML, with every reason for which kubectl refuses it."""
    tree = parse_yaml(text)
    if tree.is_suspicious:
        tree.problems += refusals(tree)
    if tree.unread_from is None and not _is_object(tree.root):
        from imagelint.kubernetes.misread import shape_problem  # noqa: PLC0415 - most are objects

        problem = shape_problem(tree, text)
        if problem is not None:
            tree.problems = tree.problems or [problem]
            tree.unread_from, tree.dropped_from = problem.offset, None
    return tree


def _is_object(root: Node | None) -> bool:
    """Whether a root clearly states its kind, and is not a list."""
    pairs = root.pairs if isinstance(root, Mapping) else ()
    keys = {key.value for key, _ in pairs if isinstance(key, Scalar)}
    return "kind" in keys and "items" not in keys


def _is_in_other_encoding(document: Document) -> bool:
    """Whether a document shows an object in another encoding; text without a NUL cannot."""
    source = document.source
    if source.encoding == "utf-8" and b"\0" not in source.data:
        return False
    from imagelint.kubernetes.misread import is_in_other_encoding  # noqa: PLC0415 - rare

    return is_in_other_encoding(document)


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
