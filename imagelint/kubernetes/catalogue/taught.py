"""What the CustomResourceDefinitions that a policy names teach, read when it is needed.

Nothing is read until an object of an unknown kind is met. Then the text of every file is searched
for the groups that it states, once; for a kind only the documents that state its group and its name
are parsed, each once. So the time is linear in the size of the files. No I/O: the caller passes in
how files are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.catalogue.learning import learn
from imagelint.kubernetes.catalogue.notation import read_workloads
from imagelint.kubernetes.catalogue.schemas import (
    definitions_in,
    documents_of,
    groups_in,
    may_teach,
)
from imagelint.kubernetes.catalogue.writing import entry_of
from imagelint.model.source import Source
from imagelint.yaml.config import Fields
from imagelint.yaml.documents import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from imagelint.kubernetes.catalogue.entries import Field
    from imagelint.kubernetes.catalogue.learning import Learnt
    from imagelint.model.source import Span

__all__ = ["Taught", "fields_of"]


class Taught:
    """The fields of kinds that nobody described, from files with their definitions."""

    def __init__(self, files: Iterable[Callable[[], Source]]) -> None:
        """Read ``files`` when they are needed; a file that cannot be read raises its error then."""
        self._files = tuple(files)
        self._index: dict[str, list[tuple[int, Span]]] | None = None
        """By group: the documents that state it, each as its file's number and its span."""
        self._parsed: set[tuple[int, Span]] = set()
        self._fields: dict[tuple[str, str], tuple[Field, ...]] = {}

    def fields(self, group: str, kind: str) -> tuple[Field, ...]:
        """Return the fields of a kind that hold images; none if no definition shows any."""
        if "." not in group:
            return ()  # a definition needs a group with a domain
        if self._index is None:
            self._index = self._indexed()
        last: tuple[int, Source] | None = None
        for number, span in self._index.get(group, ()):
            if (number, span) in self._parsed:
                continue
            if last is None or last[0] != number:
                last = number, self._files[number]()
            document = Document(last[1], span)
            if may_teach(document, kind):
                self._parsed.add((number, span))
                self._learn(document)
        return self._fields.get((group, kind), ())

    def _indexed(self) -> dict[str, list[tuple[int, Span]]]:
        index: dict[str, list[tuple[int, Span]]] = {}
        for number, read in enumerate(self._files):
            for document in documents_of(read()):
                for group in groups_in(document):
                    index.setdefault(group, []).append((number, document.span))
        return index

    def _learn(self, document: Document) -> None:
        for one in definitions_in(document):
            key = (one.group, one.kind)
            known = self._fields.get(key, ())
            more = fields_of([found for found in learn(one) if found.is_sure])
            self._fields[key] = tuple(dict.fromkeys((*known, *more)))


def fields_of(learnt: Iterable[Learnt]) -> tuple[Field, ...]:
    """Return learnt fields as the notation reads them."""
    text = entry_of("g", "K", "s", tuple(learnt))
    if not text:
        return ()
    reader = Fields(Source("<learnt>", f"workloads:\n{text}".encode()))
    node = reader.at(("workloads",))
    assert node is not None  # it has just been written
    return read_workloads(reader, node, "workloads")[0].fields
