"""How well ``imagelint workloads learn`` does: the catalogue's own kinds, learnt without it.

``python -m benchmarks.learning FOLDER...`` reads the CustomResourceDefinitions in the folders. For
each kind that the catalogue describes, it learns the fields from the definition alone and compares
them with the catalogue's, both as paths to texts of the schema. Fields that the search by shape
finds count as found, and not as learnt. It prints the paths that differ (``-v``) and the numbers.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from imagelint import files
from imagelint.kubernetes.catalogue.entries import CONTAINERS, OBJECT, Branch
from imagelint.kubernetes.catalogue.learning import learn
from imagelint.kubernetes.catalogue.lookup import load_catalogue
from imagelint.kubernetes.catalogue.schemas import definitions_in, documents_of
from imagelint.kubernetes.catalogue.taught import fields_of
from imagelint.model.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.kubernetes.catalogue.entries import Holder
    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.catalogue.schemas import Definition, Schema

__all__ = ["Score", "definitions_below", "score_of"]

_DEEPEST = 40
Path = tuple[str, ...]


class Score(NamedTuple):
    """The paths of one kind."""

    known: frozenset[Path]
    """Those of the catalogue that the definition has."""
    found: frozenset[Path]
    """Those of them that are learnt, or found by their shape."""
    claimed: frozenset[Path]
    """Those that are learnt, except by their shape."""

    @property
    def lost(self) -> frozenset[Path]:
        """What is not found."""
        return self.known - self.found

    @property
    def extra(self) -> frozenset[Path]:
        """What the catalogue does not have: wrong, or missing there."""
        return self.claimed - self.known


def definitions_below(folders: Iterable[str]) -> dict[tuple[str, str], Definition]:
    """Return the largest definition of each kind in the files below some folders."""
    found: dict[tuple[str, str], tuple[int, Definition]] = {}
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in filter(files.is_manifest, sorted(names)):
                path = os.path.join(place, name)
                for document in documents_of(Source(path, files.read(path, path)[0])):
                    for one in definitions_in(document):
                        key, size = (one.group, one.kind), len(document.data)
                        if key not in found or found[key][0] < size:
                            found[key] = size, one
    return {key: one for key, (_, one) in sorted(found.items())}


def score_of(definition: Definition, catalogue: Catalogue) -> Score | None:
    """Compare what a definition teaches with the catalogue; None for a kind without fields."""
    described = catalogue.lookup(definition.group, definition.kind)
    if described is None or described.branch.is_bare:
        return None
    sure = [one for one in learn(definition) if one.is_sure]
    known = _paths(described.branch, definition.schemas, catalogue)
    learnt = _paths(Branch(fields_of(sure)), definition.schemas, catalogue)
    by_shape = {path for path in known | learnt if _has_shape(path)}
    return Score(
        frozenset(known), frozenset(known & (learnt | by_shape)), frozenset(learnt - by_shape)
    )


def _has_shape(path: Path) -> bool:
    return path[-3:-1] in [(name, "[]") for name in CONTAINERS] and path[-1] == "image"


def _paths(branch: Branch, schemas: Iterable[Schema], catalogue: Catalogue) -> set[Path]:
    """Return the paths to texts, or to mappings, in schemas to which fields lead."""
    found: set[Path] = set()
    work: list[tuple[Branch, Schema | None, Path]] = [(branch, one, ()) for one in schemas]
    while work:
        here, schema, path = work.pop()
        if schema is None or len(path) > _DEEPEST:
            continue
        found.update(path + end for end in _ends(here, schema))
        shapes = [one.shape for one in here.holders if one.shape and one.shape != OBJECT]
        work += ((catalogue.shape(name), schema, path) for name in shapes)
        for step, below in here.below.items():
            ways = {"[]": schema.below("items"), "{}": schema.below("additionalProperties")}
            if step in ways:
                work.append((below, ways[step], (*path, step)))
            elif step in schema.properties:
                work.append((below, schema.field(step), (*path, step)))
    return found


def _ends(branch: Branch, schema: Schema) -> Iterator[Path]:
    for holder in branch.holders:
        if holder.split is not None:
            for way in holder.split.repository or holder.split.image:
                end: Schema | None = schema
                for key in way:
                    end = end.field(key) if end is not None and key in end.properties else None
                if end is not None:
                    yield way
        elif not _is_elsewhere(holder) and (schema.is_text or schema.properties):
            yield ()


def _is_elsewhere(holder: Holder) -> bool:
    """Whether a field's images are below it, or in parts of it that no schema describes."""
    return bool(holder.shape or holder.flags or holder.named or holder.keys or holder.text)


def main(arguments: list[str]) -> None:
    """Print the numbers for the folders that are named."""
    catalogue = load_catalogue(files.catalogue_files())
    scores: list[Score] = []
    for (group, kind), one in definitions_below(a for a in arguments if a != "-v").items():
        score = score_of(one, catalogue)
        if score is None:
            continue
        scores.append(score)
        for mark, paths in (("lost", score.lost), ("extra", score.extra)):
            for path in sorted(paths) if "-v" in arguments else ():
                print(f"{group} {kind} {mark} {'.'.join(path)}")
    known, found, claimed, extra = (
        sum(map(len, paths))
        for paths in zip(*((s.known, s.found, s.claimed, s.extra) for s in scores), strict=True)
    )
    print(f"kinds: {len(scores)}")
    print(f"fields of the catalogue: {known}; found: {found} ({found / known:.1%})")
    print(f"learnt: {claimed}; not in the catalogue: {extra} ({extra / claimed:.1%})")


if __name__ == "__main__":
    main(sys.argv[1:])
