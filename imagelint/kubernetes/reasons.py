"""Why a document is not read as it is written: by kubectl, by kustomize, by Helm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.examined import REFUSED, Refusal
from imagelint.kubernetes.readers import oddities

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.kubernetes.kustomize.model import FileRole
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import ParseProblem, Tree

__all__ = ["reasons_of", "superfluous_marks"]


def reasons_of(
    document: Document,
    tree: Tree,
    problems: Iterable[ParseProblem],
    by_kustomize: Iterable[ParseProblem],
    roles: tuple[FileRole, ...] = (),
) -> Iterator[Refusal]:
    """Yield why a document is not read as it is written, except for marks and encodings."""
    if roles and all(role.role.is_values for role in roles):
        for problem in document.problems or tree.problems:
            at = problem.offset if document.problems else document.byte_offset(problem.offset)
            yield Refusal(at, f"Helm refuses this file: {problem.message}", by_kubectl=False)
        return
    is_refused = False
    for problem in document.problems:
        is_refused = True
        yield Refusal(*problem)
    for index, message in (*tree.problems, *problems):
        is_refused = True
        yield Refusal(document.byte_offset(index), message)
    for index, why in by_kustomize:
        is_refused = True
        message = REFUSED + why
        yield Refusal(document.byte_offset(index), message, by_kubectl=False)
    for index, why in () if is_refused else oddities(tree):
        yield Refusal(document.byte_offset(index), why, by_kubectl=False)
    ill_formed = document.decoded.first_ill_formed
    if ill_formed is not None and document.span.start <= ill_formed < document.span.end:
        name = document.source.encoding.upper()
        message = f"not valid {name}: kubectl reads U+FFFD here, kustomize refuses the file"
        yield Refusal(ill_formed, message, by_kubectl=False)


def superfluous_marks(document: Document) -> int:
    """Count the leading byte order marks that kustomize misreads; kubectl misreads two or more."""
    text = document.decoded.text
    marks = len(text) - len(text.lstrip("\ufeff"))
    is_first = document.span.start == document.source.bom_length
    return marks if is_first else max(marks - 1, 0) * 2
