"""A document → what is found in it: parsed, or skimmed without a tree, and searched.

``kubernetes/examine.py`` says which documents of a source are read. A template or a broken
manifest is reported as such, and the images that can be seen in it are still judged, so that a
syntax error hides nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imagelint.kubernetes.examined import Examined, Refusal
from imagelint.kubernetes.helm import ANNOTATION, template_named, template_of
from imagelint.kubernetes.kustomize.kinds import has_fields_of_kustomize
from imagelint.kubernetes.kustomize.prefilter import is_plain_kustomization
from imagelint.kubernetes.misread import (
    encoding_problem,
    glued_problem,
    is_in_other_encoding,
    shape_problem,
)
from imagelint.kubernetes.objects import (
    KUSTOMIZATION_FILES,
    is_argo_source,
    is_read_by_name,
    string_of,
)
from imagelint.kubernetes.prefilter import (
    may_lack_space,
    needs_no_parse,
)
from imagelint.kubernetes.readers import Reader, View, oddities, refusals
from imagelint.kubernetes.search import extract
from imagelint.kubernetes.seen import (
    ACTION,
    is_manifest_of,
    is_refused_anyway,
    to_what_follows,
    with_seen,
)
from imagelint.kubernetes.skim.reader import skim
from imagelint.model.source import Span
from imagelint.yaml.nodes import Mapping, Scalar
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.kustomize.model import FileRole
    from imagelint.model.source import Source
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import Node, ParseProblem, Tree

__all__ = [
    "REFUSED_BY_KUSTOMIZE",
    "file_name",
    "is_binary_resource",
    "is_free",
    "is_special",
    "may_say_more",
    "read_all",
    "skimmed",
]

_PLUGIN = rb"apiVersion[\"']?[ \t]*:[ \t]+[\"']?builtin\b"
_FOLDED_INSIDE = rb"\\\n"
_WITH_PATCHES = (b"toolkit.fluxcd.io", b"argoproj.io")
REFUSED_BY_KUSTOMIZE = "kustomize refuses this file: "


def file_name(source: Source) -> str:
    """Return the name of a source's file, without its folders."""
    return source.path.rpartition("/")[2]


def is_free(document: Document, catalogue: Catalogue) -> bool:
    """Whether a document is proven to hold no image."""
    if document.problems or _is_in_other_encoding(document):
        return False
    is_utf8 = document.source.encoding == "utf-8"
    data = document.data if is_utf8 else document.decoded.text.encode("utf-8", "surrogatepass")
    if is_argo_source(file_name(document.source)):
        return False
    if file_name(document.source) in KUSTOMIZATION_FILES and not is_plain_kustomization(data):
        return False
    return not may_say_more(data) and needs_no_parse(data, catalogue)


def may_say_more(data: bytes) -> bool:
    """Whether a word may be missing in text with an image: kustomize plugins, strings in strings.

    There a word can be split by a backslash and a line feed that are both escaped themselves.
    """
    if b"builtin" in data and re.search(_PLUGIN, data) is not None:
        return True
    return _FOLDED_INSIDE in data and any(group in data for group in _WITH_PATCHES)


def skimmed(document: Document, catalogue: Catalogue) -> Examined | None:
    """Read a document without a tree; None if that is not possible."""
    if document.tree is not None or document.problems:
        return None
    decoded = document.decoded
    text = decoded.text
    if decoded.first_ill_formed is not None or ANNOTATION in text or "\0" in text:
        return None
    found = skim(text, catalogue)
    is_object = found is not None and found.root is not None
    if found is None or is_read_by_name(file_name(document.source)):
        return None
    if "kustomize" in text and found.root is not None and has_fields_of_kustomize(found.root):
        return None  # only kustomizations have such a field
    template = template_of(text)
    return Examined(
        document, None, found, (), None, ACTION in text, is_manifest=is_object, template=template
    )


def is_special(roles: Iterable[FileRole]) -> bool:
    """Whether kustomize reads a file as something other than manifests."""
    return any(role.role.is_special for role in roles)


def is_binary_resource(source: Source, roles: Iterable[FileRole]) -> bool:
    """Whether kustomize uses a binary file as manifests, and so refuses it."""
    if not any(role.role.is_resource for role in roles):
        return False
    if source.data.isascii():
        return b"\0" in source.data
    return source.decode(Span(source.bom_length, len(source.data))).first_ill_formed is not None


def read_all(
    document: Document,
    catalogue: Catalogue,
    roles: tuple[FileRole, ...] = (),
    *,
    may_be_free: bool = False,
) -> list[Examined]:
    """Read a document and the documents inside of its strings, in this order.

    ``may_be_free``: nobody has tried to prove that it holds no image.
    """
    first = _read(document, catalogue, roles, may_be_free=may_be_free)
    if not first.extract.inline:
        return [first]
    from imagelint.kubernetes.inside import with_inside  # noqa: PLC0415 - few files have strings so

    return with_inside(first, catalogue)


def _read(
    document: Document,
    catalogue: Catalogue,
    roles: tuple[FileRole, ...],
    *,
    may_be_free: bool,
) -> Examined:
    """Read a document without what is inside of its strings."""
    text, name = document.text, file_name(document.source)
    tree = document.tree or _parsed(text)
    found = extract(tree, catalogue, name)
    refused: list[ParseProblem] = []
    if found.objects or roles:
        from imagelint.kubernetes.kustomize.reading import completed  # noqa: PLC0415 - see kinds

        found, refused = completed(found, tree, catalogue, name, roles)
    reasons = list(_reasons(document, tree, found.problems, refused))
    marks = _superfluous_marks(document)
    if marks:
        message = "an extra byte order mark, after which go-yaml drops the first letters of keys"
        reasons.append(Refusal(document.span.start, message, by_kubectl=marks > 1))
    if found.root is not None and found.root.api_version and may_lack_space(text):
        glued = glued_problem(tree.root)
        if glued is not None:
            place = document.byte_offset(glued.offset)
            reasons.append(Refusal(place, glued.message, by_kubectl=False))
    is_misread = (reasons or not found.objects) and _is_in_other_encoding(document)
    if is_misread:
        problem = encoding_problem(document)
        reasons = reasons if problem is None else [Refusal(document.span.start, problem)]
    is_template = ACTION in text and not is_refused_anyway(text, tree)
    if is_template and reasons:
        tree = to_what_follows(tree)
    is_taken = is_special(roles) or is_binary_resource(document.source, roles)
    is_sure = bool(marks or refused or is_misread or is_taken)
    is_manifest = is_sure or is_manifest_of(found, text, tree)
    if tree.unread_from is not None:
        if may_be_free and is_free(document, catalogue):
            found = found._replace(sites=[])  # its kind may be in the unread text
        elif is_manifest:
            found = with_seen(found, text, tree.unread_from)
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
    )


def _parsed(text: str) -> Tree:
    """Parse YAML, with every reason for which kubectl refuses it."""
    tree = parse_yaml(text)
    if tree.is_suspicious:
        tree = tree.replace(problems=[*tree.problems, *refusals(tree)])
    if tree.unread_from is None and not _is_object(tree.root):
        problem = shape_problem(tree, text)
        if problem is not None:
            problems = tree.problems or [problem]
            return tree.replace(problems=problems, unread_from=problem.offset, dropped_from=None)
    return tree


def _is_object(root: Node | None) -> bool:
    """Whether a root clearly states its kind, and is not a list."""
    pairs = root.pairs if isinstance(root, Mapping) else ()
    keys = {key.value for key, _ in pairs if isinstance(key, Scalar)}
    return "kind" in keys and "items" not in keys


def _is_in_other_encoding(document: Document) -> bool:
    """Whether a document shows an object in another encoding; text without a NUL cannot."""
    source = document.source
    # Only its own bytes: a search of the whole source for each document is quadratic.
    if source.encoding == "utf-8" and source.data.find(b"\0", *document.span) < 0:
        return False
    return is_in_other_encoding(document)


def _reasons(
    document: Document,
    tree: Tree,
    problems: Iterable[ParseProblem],
    by_kustomize: Iterable[ParseProblem],
) -> Iterator[Refusal]:
    """Yield why a document is not read as it is written, except for marks and encodings."""
    is_refused = False
    for problem in document.problems:
        is_refused = True
        yield Refusal(*problem)
    for index, message in (*tree.problems, *problems):
        is_refused = True
        yield Refusal(document.byte_offset(index), message)
    for index, why in by_kustomize:
        is_refused = True
        message = REFUSED_BY_KUSTOMIZE + why
        yield Refusal(document.byte_offset(index), message, by_kubectl=False)
    for index, why in () if is_refused else oddities(tree):
        yield Refusal(document.byte_offset(index), why, by_kubectl=False)
    ill_formed = document.decoded.first_ill_formed
    if ill_formed is not None and document.span.start <= ill_formed < document.span.end:
        name = document.source.encoding.upper()
        message = f"not valid {name}: kubectl reads U+FFFD here, kustomize refuses the file"
        yield Refusal(ill_formed, message, by_kubectl=False)


def _superfluous_marks(document: Document) -> int:
    """Count the leading byte order marks that kustomize misreads; kubectl misreads two or more."""
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
