"""The catalogue: which kinds hold images, and where. Data files → a table.

``rules/workloads/core.yaml`` has the kinds of Kubernetes itself and is always read; every other
API group has a file of its own, ``rules/workloads/<group>.yaml``, which is read when the first
object of that group is met. The notation is :mod:`imagelint.workload_parse`'s.
:mod:`imagelint.workloads` walks objects by it and :mod:`imagelint.scan` proves documents away by
it. No I/O: who makes a catalogue hands in how files are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imagelint.fields import Fields
from imagelint.plans import plan_of
from imagelint.workload_entries import (
    EACH_ITEM,
    EACH_VALUE,
    Branch,
    Field,
    words_of,
)
from imagelint.workload_parse import read_fields, read_groups_and_kinds, read_workloads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from imagelint.plans import KindPlan
    from imagelint.text import Source
    from imagelint.workload_entries import IgnoredField, Workload

__all__ = ["Catalogue", "CatalogueFiles", "Kind", "load_catalogue"]


class CatalogueFiles(NamedTuple):
    """The files of the catalogue: the one that is always read, and one a group, unread."""

    core: Source
    groups: Mapping[str, Callable[[], Source]]


class Kind(NamedTuple):
    """What the catalogue knows of a kind.

    ``is_exact``: the kind has no other fields (the API server drops them), so that nothing in it
    is found by its shape.
    """

    branch: Branch
    is_exact: bool

    @property
    def holds_nothing(self) -> bool:
        """Whether objects of this kind hold no images."""
        return self.is_exact and self.branch.is_bare


class _Part(NamedTuple):
    """One file, read."""

    workloads: tuple[Workload, ...]
    without_images: frozenset[tuple[str, str]]
    shapes: dict[str, tuple[Field, ...]]
    words: tuple[str, ...]


class _Store:
    """The files, each read once, when it is wanted; shared by all catalogues made of it."""

    def __init__(self, files: CatalogueFiles) -> None:
        self.core = _read(files.core, None)
        self.groups = files.groups
        self._parts: dict[str, _Part] = {}

    def parts(self, group: str) -> tuple[_Part, ...]:
        """Return what can say something of a group."""
        if group not in self.groups:
            return (self.core,)
        if group not in self._parts:
            self._parts[group] = _read(self.groups[group](), group)
        return self.core, self._parts[group]


class Catalogue:
    """All known kinds, by (API group, kind)."""

    def __init__(
        self,
        store: _Store,
        own: tuple[Workload, ...] = (),
        ignored: tuple[IgnoredField, ...] = (),
    ) -> None:
        """Use :func:`load_catalogue`; ``own`` and ``ignored`` are a policy's."""
        self._store = store
        self._own = own
        self._ignored = ignored
        self._kinds: dict[tuple[str, str], Kind | None] = {}
        self._shapes: dict[str, Branch] = {}
        self._plans: dict[tuple[str, str], KindPlan | None] = {}
        words = list(store.core.words)
        for workload in own:
            words += words_of(workload, words)
        self.words = tuple(word.encode() for word in dict.fromkeys(words))
        """Of a document that holds images, at least one of these stands in the text."""

    def with_entries(self, workloads: Iterable[Workload]) -> Catalogue:
        """Return this catalogue and a policy's own entries; those of one kind add up."""
        return Catalogue(self._store, (*self._own, *workloads), self._ignored)

    def without_fields(self, ignored: Iterable[IgnoredField]) -> Catalogue:
        """Return this catalogue without the fields that a policy takes out."""
        return Catalogue(self._store, self._own, (*self._ignored, *ignored))

    def lookup(self, group: str, kind: str) -> Kind | None:
        """Return what is known of a kind; None where it is unknown."""
        key = (group, kind)
        if key not in self._kinds:
            self._kinds[key] = self._find(group, kind)
        return self._kinds[key]

    def plan(self, group: str, kind: str) -> KindPlan | None:
        """Return how objects of a kind are skimmed; None where they have to be searched."""
        key = (group, kind)
        if key not in self._plans:
            plan = None
            known = None if self._ignored else self.lookup(group, kind)
            if known is not None:
                plan = plan_of(known.branch, self.shape, is_exact=known.is_exact)
            self._plans[key] = plan
        return self._plans[key]

    def _find(self, group: str, kind: str) -> Kind | None:
        parts = self._store.parts(group)
        free = {(group, kind), (group, "*")}
        is_free = any(free & part.without_images for part in parts)
        known = [_fields_of(part.workloads, group, kind) for part in parts]
        fields = [*(field for one in known for field in one)]
        is_exact = is_free or (bool(fields) and len(fields) == len(known[0]))
        fields += _fields_of(self._own, group, kind)
        return Kind(Branch(fields), is_exact) if fields or is_free else None

    def shape(self, name: str) -> Branch:
        """Return what a shape holds; ``KeyError`` for a name that is none."""
        if name not in self._shapes:
            fields = next(
                part.shapes[name]
                for part in self._store.parts(name.rpartition("@")[2])
                if name in part.shapes
            )
            self._shapes[name] = Branch(fields)
        return self._shapes[name]

    def ignores(self, group: str, kind: str, path: tuple[str | int, ...]) -> bool:
        """Whether the policy takes out the field at ``path``: keys and indexes from the root."""
        return any(
            group in one.groups
            and kind in one.kinds
            and any(_leads_to(pattern, path) for pattern in one.paths)
            for one in self._ignored
        )

    def entries(self) -> tuple[Workload, ...]:
        """Return every entry, also those of files that nothing has asked for yet."""
        return (*(one for part in self._all_parts() for one in part.workloads), *self._own)

    def ignored_fields(self) -> tuple[IgnoredField, ...]:
        """Return what the policy takes out."""
        return self._ignored

    def without_images(self) -> tuple[tuple[str, str], ...]:
        """Return every (group, kind) that holds no images; the kind may be ``*``."""
        return tuple(sorted(pair for part in self._all_parts() for pair in part.without_images))

    def shapes(self) -> dict[str, tuple[Field, ...]]:
        """Return every shape by name; ``@GROUP`` is in the name of one that is a group's own."""
        return {name: one for part in self._all_parts() for name, one in part.shapes.items()}

    def _all_parts(self) -> tuple[_Part, ...]:
        groups = sorted(self._store.groups)
        return (self._store.core, *(self._store.parts(group)[1] for group in groups))


def _fields_of(workloads: Iterable[Workload], group: str, kind: str) -> list[Field]:
    return [
        field
        for workload in workloads
        if group in workload.groups and kind in workload.kinds
        for field in workload.fields
    ]


def _leads_to(pattern: tuple[str, ...], path: tuple[str | int, ...]) -> bool:
    return len(pattern) == len(path) and all(
        isinstance(step, int) if wanted == EACH_ITEM else wanted in (EACH_VALUE, step)
        for wanted, step in zip(pattern, path, strict=True)
    )


def load_catalogue(files: CatalogueFiles) -> Catalogue:
    """Build the catalogue; raises PolicyError with the place of a mistake, here or in a look-up."""
    return Catalogue(_Store(files))


def _read(source: Source, group: str | None) -> _Part:
    """Read a file; ``group`` is the one that it is for, None in core.yaml."""
    reader = Fields(source)
    root = reader.record(reader.root, "", ("words", "shapes", "kinds", "without-images"))
    names = {}
    shapes: dict[str, tuple[Field, ...]] = {}
    entries = reader.entries(root["shapes"], "shapes") if "shapes" in root else []
    for entry in entries:
        names[entry.name] = entry.name if group is None else f"{entry.name}@{group}"
    for entry in entries:
        where = f"shapes.{entry.name}"
        shape = reader.record(entry.value, where, ("source", "fields"), ("source", "fields"))
        shapes[names[entry.name]] = read_fields(reader, shape["fields"], where, names)
    workloads: tuple[Workload, ...] = ()
    if "kinds" in root:
        workloads = read_workloads(reader, root["kinds"], "kinds", names)
    without: set[tuple[str, str]] = set()
    for item in (
        reader.items(root["without-images"], "without-images") if "without-images" in root else ()
    ):
        keys = ("groups", "kinds")
        entry_nodes = reader.record(item, "without-images", keys, keys)
        groups, kinds = read_groups_and_kinds(reader, entry_nodes, "without-images", wildcard=True)
        without.update((one, kind) for one in groups for kind in kinds)
    words = reader.texts(root["words"], "words") if "words" in root else ()
    named = {one for workload in workloads for one in workload.groups} | {one for one, _ in without}
    if group is not None and named - {group}:
        message = f"this file is for the group {group} alone, not for {min(named - {group})}"
        raise reader.error(reader.root, message)
    return _Part(workloads, frozenset(without), shapes, words)
