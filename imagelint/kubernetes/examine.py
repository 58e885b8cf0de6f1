"""A source → its examined documents: those that can hold images, parsed and searched.

A document, or a whole source, is first proven to hold no image, if that is possible; what is left
is read by ``kubernetes/read.py``.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from imagelint.kubernetes.context import NO_CONTEXT, Context
from imagelint.kubernetes.examined import Examined, Refusal
from imagelint.kubernetes.objects import is_read_by_name
from imagelint.kubernetes.prefilter import may_hold_object, needs_no_parse
from imagelint.kubernetes.read import (
    REFUSED_BY_KUSTOMIZE,
    file_name,
    is_binary_resource,
    is_free,
    is_special,
    may_say_more,
    read_all,
    skimmed,
)
from imagelint.kubernetes.readers import type_of
from imagelint.kubernetes.search import Extract
from imagelint.model.source import Source, Span
from imagelint.yaml.documents import Document, cut, split
from imagelint.yaml.nodes import Mapping

if TYPE_CHECKING:
    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.kustomize.model import FileRole

__all__ = ["Examination", "examine"]

PART = 1 << 20
"""Bytes of a part: some 60 ms of work if it is full of images."""
KEPT = 1 << 19
"""Bytes of a source of which everything is kept: trees take some twenty times as much."""


class Examination:
    """The documents of a source, or of a part of it, and what is found in each.

    Nothing is read before it is requested, and then it is kept: linting, and the proof of a fix
    after it, read a document once. Of larger sources (``KEPT``) the proof reads again what changed.
    """

    def __init__(  # noqa: PLR0913 - what is read, and how
        self,
        source: Source,
        catalogue: Catalogue,
        within: Span | None = None,
        *,
        prove: bool = True,
        with_trees: bool = True,
        context: Context = NO_CONTEXT,
    ) -> None:
        """Examine the documents of a source that can hold images.

        ``within`` is the span of a part. Without ``with_trees`` simple workloads are skimmed.
        ``context`` is what the rest of the repository says about the file. Of a kustomization that
        kustomize may refuse nothing is left out, so that the reason is found.

        ``prove=False`` parses everything: the slow path that tests compare with the fast one.
        """
        self.source = source
        self.within = within
        self._catalogue = catalogue
        self._prove = prove
        self._with_trees = with_trees
        self.context = context
        roles = context.roles
        self._is_special = (
            context.is_refused or is_special(roles) or is_binary_resource(source, roles)
        )
        self._proves = prove and not self._is_special
        """Whether documents that are proven to hold no image are left out."""
        self._is_free_file = self._asked_at_once()
        self._documents: list[Document] | None = None
        self._found: dict[int, list[Examined]] = {}
        """By the id of a document."""

    def of_bytes(self, data: bytes) -> Examination:
        """Return the examination of other contents of the same file, read in the same way."""
        return self._like(Source(self.source.path, data), None)

    def _like(self, source: Source, within: Span | None) -> Examination:
        return Examination(
            source,
            self._catalogue,
            within,
            prove=self._prove,
            with_trees=self._with_trees,
            context=self.context,
        )

    @property
    def is_large(self) -> bool:
        """Whether the source may have several parts."""
        return len(self.source.data) >= 2 * PART

    @cached_property
    def parts(self) -> list[Span] | list[None]:
        """Parts to examine one by one: together they have the documents of the source.

        So only the trees of one part are in memory at a time, and several processes can share one
        source. None means the whole source.
        """
        if not self.is_large or self._is_special or self._is_free_file:
            return [None]
        spans = cut(self.source, PART)
        return spans if len(spans) > 1 else [None]

    def part(self, within: Span | None) -> Examination:
        """Return the examination of one of the parts."""
        return self if within is None else self._like(self.source, within)

    @property
    def documents(self) -> list[Document]:
        """All documents, in order."""
        if self._documents is None:
            self._documents = split(self.source, self.within)
        return self._documents

    def examine(self) -> tuple[list[Examined], int]:
        """Return what is found in all documents, and how many are proven to hold no image.

        These are left out; a whole source counts as one. Documents inside of strings follow the
        document around them.
        """
        if self._is_free_file:
            return [], 1
        found = [self.of(document) for document in self.documents]
        examined = [item for items in found for item in items]
        if self.context.is_refused:
            examined = _with_first_of(self.source, examined)
        # An error that ends the stream for kubectl hides a manifest, whatever the document is.
        # Other parts of a source are not known here: one of them is assumed to hold a manifest.
        is_stream = len(examined) > 1 and any(item.is_manifest for item in examined)
        if is_stream or self.within is not None:
            examined = [
                item._replace(is_manifest=True) if item.refusals else item for item in examined
            ]
        return examined, found.count([])

    def of(self, document: Document) -> list[Examined]:
        """Return what is found in one of the documents; nothing if it is proven free."""
        found = self._found.get(id(document))
        if found is None:
            found = self._examine(document)
            if self.within is None and len(self.source.data) <= KEPT:
                self._found[id(document)] = found
        return found

    def _examine(self, document: Document) -> list[Examined]:
        if self._is_unproven(document) and is_free(document, self._catalogue):
            return []
        if not (self._with_trees or self._is_special):
            short = skimmed(document, self._catalogue)
            if short is not None:
                return [short]
        return self._read_all(document)

    def with_trees_of(self, document: Document) -> list[Examined]:
        """Return the same as :meth:`of`, with the trees of what is skimmed."""
        items = self.of(document)
        return self._read_all(document) if any(item.tree is None for item in items) else items

    def _read_all(self, document: Document) -> list[Examined]:
        roles = self.context.roles
        may_be_free = not self._proves and not is_special(roles)
        return read_all(document, self._catalogue, roles, may_be_free=may_be_free)

    def _asked_at_once(self) -> bool | None:
        """Whether a source is proven to hold no image, whatever its documents are.

        None if the whole source cannot be checked at once.
        """
        data = self.source.data
        if not self._proves or self.within is not None:
            return None
        is_text = self.source.encoding == "utf-8" and b"\0" not in data
        if not is_text or is_read_by_name(file_name(self.source)):
            return None
        if may_say_more(data):
            return False
        return needs_no_parse(data, self._catalogue) or not may_hold_object(data)

    def _is_unproven(self, document: Document) -> bool:
        """Whether a proof for a document may succeed: it is none about the same bytes again."""
        if not self._proves:
            return False
        is_asked = self._is_free_file is False and len(self.documents) == 1
        return not is_asked or document.data != self.source.data


def examine(
    source: Source,
    catalogue: Catalogue,
    *,
    prove: bool = True,
    with_trees: bool = True,
    roles: tuple[FileRole, ...] = (),
) -> list[Examined]:
    """Return what is found in the documents of a source, in its roles in kustomizations."""
    context = Context(roles)
    examination = Examination(
        source, catalogue, prove=prove, with_trees=with_trees, context=context
    )
    return examination.examine()[0]


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
            refusal = Refusal(at, REFUSED_BY_KUSTOMIZE + why, by_kubectl=False)
            first = item._replace(refusals=(refusal,), is_manifest=True)
            return [*examined[:index], first, *examined[index + 1 :]]
    start = source.bom_length
    document = Document(source, Span(start, len(source.data)))
    refusal = Refusal(start, f"{REFUSED_BY_KUSTOMIZE}it is empty", by_kubectl=False)
    nothing = Extract([], [], None)
    found = Examined(document, None, nothing, (refusal,), None, is_template=False, is_manifest=True)
    return [found]
