"""The catalogue: which kinds hold images, and where, as a table from data files.

The kinds of Kubernetes itself (``rules/workloads/core.yaml``) are always loaded; every other API
group has its own file, ``rules/workloads/<group>.yaml``, which is read when the first object of
that group occurs. ``kubernetes/catalogue/notation.py`` reads the notation.
``kubernetes/search.py`` uses the catalogue to walk objects and ``kubernetes/prefilter.py`` to prove
that documents hold no image. No I/O: the caller passes in how files are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.catalogue.entries import (
    EACH_ITEM,
    EACH_VALUE,
    HELM_SHAPES,
    Branch,
    Words,
    words_of,
)
from imagelint.kubernetes.skim.plans import plan_of
from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from imagelint.kubernetes.catalogue.entries import (
        EmbeddedTexts,
        Field,
        IgnoredField,
        Part,
        Workload,
    )
    from imagelint.kubernetes.catalogue.taught import Taught
    from imagelint.kubernetes.skim.plans import KindPlan
    from imagelint.model.source import Source
    from imagelint.patterns.globs import NamePattern

_TAUGHT = ("repository", "Repository")
"""What a document must have to hold a learnt image in parts; others have a word anyway."""

__all__ = ["Catalogue", "CatalogueFiles", "Kind", "load_catalogue"]


class CatalogueFiles(NamedTuple):
    """The catalogue's sources: the kinds of Kubernetes itself, and a file per group, unread."""

    core: Part
    groups: Mapping[str, Callable[[], Source]]


class Kind(NamedTuple):
    """What the catalogue knows of a kind.

    ``is_exact``: the kind has no other fields (the API server drops them), so that it is not
    searched by shape.
    """

    branch: Branch
    is_exact: bool
    words: tuple[bytes, ...] = ()
    """For a kind that mostly holds no image: one of these is in each object of it that does."""

    @property
    def holds_nothing(self) -> bool:
        """Whether objects of this kind hold no images."""
        return self.is_exact and self.branch.is_bare


class _Store:
    """The files, each read once, on first use; shared by all catalogues based on it."""

    def __init__(self, files: CatalogueFiles) -> None:
        self.core = files.core
        self.groups = files.groups
        self._parts: dict[str, Part] = {}

    def speaking_of(self, kind: str) -> Iterator[Part]:
        """Yield the parts whose text contains a kind, then the core's.

        The others need not be parsed, which takes twenty times as long.
        """
        for group, source in self.groups.items():
            if kind.encode("utf-8", "surrogatepass") in source().data:
                yield self.parts(group)[1]
        yield self.core

    def parts(self, group: str) -> tuple[Part, ...]:
        """Return the parts that may describe a group."""
        if group not in self.groups:
            return (self.core,)
        if group not in self._parts:
            from imagelint.kubernetes.catalogue.notation import read_part  # noqa: PLC0415 - few runs need it

            self._parts[group] = read_part(self.groups[group](), group)
        return self.core, self._parts[group]


class Catalogue:
    """All known kinds, by (API group, kind)."""

    def __init__(
        self,
        store: _Store,
        own: tuple[Workload, ...] = (),
        ignored: tuple[IgnoredField, ...] = (),
        embedded: tuple[EmbeddedTexts, ...] = (),
        taught: Taught | None = None,
    ) -> None:
        """Use :func:`load_catalogue`; all but ``store`` are a policy's."""
        self._store = store
        self._own = own
        self._ignored = ignored
        self._taught = taught
        self.embedded = embedded
        """Strings that are manifests; mostly none."""
        self._kinds: dict[tuple[str, str], Kind | None] = {}
        self._shapes: dict[str, Branch] = {}
        self._branches: dict[tuple[Field, ...], Branch] = {}
        """Kinds with the same fields (all with a pod's template) share one branch."""
        self._plans: dict[tuple[str, str], KindPlan | None] = {}
        self._made: dict[Kind, KindPlan | None] = {}
        self._groups_with: dict[str, tuple[str, ...]] = {}
        words = list(store.core.words)
        for workload in own:
            words += words_of(workload, words)
        words += [one.kind for one in embedded]
        words += _TAUGHT if taught is not None else ()
        anywhere, groups = (tuple(map(str.encode, one)) for one in (words, store.core.groups))
        self.words = Words(tuple(dict.fromkeys(anywhere)), groups)
        """At least one of these is in the text of every document that holds images."""

    def with_entries(self, workloads: Iterable[Workload]) -> Catalogue:
        """Return this catalogue with a policy's own entries added; those of one kind add up."""
        return Catalogue(self._store, (*self._own, *workloads), self._ignored, *self._rest)

    def without_fields(self, ignored: Iterable[IgnoredField]) -> Catalogue:
        """Return this catalogue without the fields that a policy ignores."""
        return Catalogue(self._store, self._own, (*self._ignored, *ignored), *self._rest)

    def with_embedded(self, embedded: Iterable[EmbeddedTexts]) -> Catalogue:
        """Return this catalogue with the strings that a policy declares as manifests."""
        texts = (*self.embedded, *embedded)
        return Catalogue(self._store, self._own, self._ignored, texts, self._taught)

    def with_definitions(self, files: Iterable[Callable[[], Source]]) -> Catalogue:
        """Return this catalogue with what the definitions in files teach of undescribed kinds."""
        from imagelint.kubernetes.catalogue.taught import Taught  # noqa: PLC0415 - few policies have some

        return Catalogue(self._store, self._own, self._ignored, self.embedded, Taught(files))

    @property
    def _rest(self) -> tuple[tuple[EmbeddedTexts, ...], Taught | None]:
        return self.embedded, self._taught

    def embedded_keys(self, group: str, kind: str) -> tuple[NamePattern, ...]:
        """Return the patterns of the keys whose strings in a kind are manifests; mostly none."""
        if group or not self.embedded:
            return ()
        return tuple(key for one in self.embedded if one.kind == kind for key in one.keys)

    def lookup(self, group: str, kind: str) -> Kind | None:
        """Return what is known of a kind; None if it is unknown."""
        key = (group, kind)
        if key not in self._kinds:
            self._kinds[key] = self._find(group, kind)
        return self._kinds[key]

    def plan(self, group: str, kind: str) -> KindPlan | None:
        """Return how objects of a kind are skimmed; None if they must be searched."""
        key = (group, kind)
        if key not in self._plans:
            is_searched = bool(self._ignored or self.embedded_keys(group, kind))
            known = None if is_searched else self.lookup(group, kind)
            if known is not None and known not in self._made:
                made = plan_of(known.branch, self.shape, is_exact=known.is_exact)
                self._made[known] = made
            self._plans[key] = None if known is None else self._made[known]
        return self._plans[key]

    def _find(self, group: str, kind: str) -> Kind | None:
        parts = self._store.parts(group)
        free = {(group, kind), (group, "*")}
        is_free = any(free & part.without_images for part in parts)
        known = [_fields_of(part.workloads, group, kind) for part in parts]
        fields = [*(field for one in known for field in one)]
        is_exact = is_free or (bool(fields) and len(fields) == len(known[0]))
        if self._taught is not None and not fields and not is_free:
            fields += self._taught.fields(group, kind)
        fields += _fields_of(self._own, group, kind)
        if not fields and not is_free:
            return None
        words: tuple[bytes, ...] = ()
        if is_exact and not group and fields == known[0]:
            words = _words_of(parts[0].workloads, kind)
        shared = tuple(fields)
        if shared not in self._branches:
            self._branches[shared] = Branch(fields)
        return Kind(self._branches[shared], is_exact, words)

    def shape(self, name: str) -> Branch:
        """Return the fields of a shape, none for values of charts, which have no fixed ones."""
        if name in HELM_SHAPES:
            return Branch()
        if name not in self._shapes:
            fields = next(
                part.shapes[name]
                for part in self._store.parts(name.rpartition("@")[2])
                if name in part.shapes
            )
            self._shapes[name] = Branch(fields)
        return self._shapes[name]

    def ignores(self, group: str, kind: str, path: tuple[str | int, ...]) -> bool:
        """Whether the policy ignores the field at ``path``: keys and indexes from the root."""
        return any(
            group in one.groups
            and kind in one.kinds
            and any(_leads_to(pattern, path) for pattern in one.paths)
            for one in self._ignored
        )

    def entries(self) -> tuple[Workload, ...]:
        """Return every entry, also those of files that were not needed yet."""
        return (*(one for part in self._all_parts() for one in part.workloads), *self._own)

    def core_entries(self) -> tuple[Workload, ...]:
        """Return the loaded entries: of Kubernetes itself, and the policy's own."""
        return (*self._store.core.workloads, *self._own)

    def groups_with(self, kind: str) -> tuple[str, ...]:
        """Return all API groups that have a kind, those of Kubernetes itself last."""
        if kind not in self._groups_with:
            parts = self._store.speaking_of(kind)
            self._groups_with[kind] = _groups_with(parts, self._own, kind)
        return self._groups_with[kind]

    def kinds_in(self, group: str) -> tuple[str, ...]:
        """Return the kinds of an API group that hold images."""
        parts = (part.workloads for part in self._store.parts(group))
        found = (one for workloads in (*parts, self._own) for one in workloads)
        return tuple(
            dict.fromkeys(kind for one in found if group in one.groups for kind in one.kinds)
        )

    def ignored_fields(self) -> tuple[IgnoredField, ...]:
        """Return the fields that the policy ignores."""
        return self._ignored

    def without_images(self) -> tuple[tuple[str, str], ...]:
        """Return every (group, kind) that holds no images; the kind may be ``*``."""
        return tuple(sorted(pair for part in self._all_parts() for pair in part.without_images))

    def shapes(self) -> dict[str, tuple[Field, ...]]:
        """Return every shape by name; a shape of a group has ``@GROUP`` in its name."""
        return {name: one for part in self._all_parts() for name, one in part.shapes.items()}

    def _all_parts(self) -> tuple[Part, ...]:
        groups = sorted(self._store.groups)
        return (self._store.core, *(self._store.parts(group)[1] for group in groups))


def _fields_of(workloads: Iterable[Workload], group: str, kind: str) -> list[Field]:
    return [
        field
        for workload in workloads
        if group in workload.groups and kind in workload.kinds
        for field in workload.fields
    ]


def _words_of(workloads: Iterable[Workload], kind: str) -> tuple[bytes, ...]:
    """Return words that show images in objects of a core kind; none if a shape has images."""
    words: dict[bytes, None] = {}
    for entry in workloads:
        for field in entry.fields if "" in entry.groups and kind in entry.kinds else ():
            if field.holder.shape:
                return ()
            known = field.holder.of or words_of(entry._replace(fields=(field,)), ())
            words.update((word.strip("*").encode(), None) for word in known)
    return tuple(words)


def _groups_with(parts: Iterable[Part], own: tuple[Workload, ...], kind: str) -> tuple[str, ...]:
    found: list[str] = []
    for workload in own:
        found += workload.groups if kind in workload.kinds else ()
    for part in parts:
        for workload in part.workloads:
            found += workload.groups if kind in workload.kinds else ()
        found += (group for group, name in part.without_images if name == kind)
    return tuple(dict.fromkeys(found))


def _leads_to(pattern: tuple[str, ...], path: tuple[str | int, ...]) -> bool:
    return len(pattern) == len(path) and all(
        isinstance(step, int) if wanted == EACH_ITEM else wanted in (EACH_VALUE, step)
        for wanted, step in zip(pattern, path, strict=True)
    )


def load_catalogue(files: CatalogueFiles) -> Catalogue:
    """Build the catalogue; a look-up raises PolicyError with the place of a mistake in a file."""
    return Catalogue(_Store(files))
