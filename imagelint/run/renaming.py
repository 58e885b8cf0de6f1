"""What has to change besides the images of a run, so that every kustomization's output is the same.

All fixes are known and nothing is written yet. Selectors of a fixed image get the new name, in a
file of the run or in another tracked one; an image for which this cannot be done safely is not
fixed, and the reason is reported.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeAlias

from imagelint import files
from imagelint.engine.edits import NotEditableError
from imagelint.kubernetes.prefilter import may_select_images
from imagelint.model.source import one_line, shown
from imagelint.repository.charts import names_for_charts
from imagelint.repository.graph import Graph
from imagelint.repository.hosts import names_in
from imagelint.repository.patched_hosts import patched_names
from imagelint.repository.rename_matching import Names, is_literal
from imagelint.repository.renames import plan_renames
from imagelint.repository.repositories import content_of, manifests_below
from imagelint.repository.selectors import Key, Selectors
from imagelint.run.request import Adjustment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.model.source import Edit
    from imagelint.repository.hosts import Host, Named
    from imagelint.repository.rename_model import Entry, Planned
    from imagelint.repository.selectors import Repairs
    from imagelint.run.surroundings import Surroundings

__all__ = ["Found", "adjustments"]

Found: TypeAlias = "tuple[tuple[tuple[int, str, str], ...], tuple[Edit, ...]]"
"""What is fixed in a file: its offset in bytes, the image before and after; the edits."""


def adjustments(
    repaired: Mapping[str, Found],
    free: Mapping[str, bool],
    around: Surroundings,
    catalogue: Catalogue,
    cwd: str,
) -> dict[str, Adjustment]:
    """Return the adjustments by file (absolute): of inputs, and of files outside of the run.

    ``repaired`` has the inputs with fixes. ``free`` are the inputs, each with whether it is known
    that only kustomizations in it select images by name.
    """
    by_root: dict[str, dict[str, Found]] = {}
    for path, found in repaired.items():
        by_root.setdefault(around.root_of(path), {})[path] = found
    made: dict[str, Adjustment] = {}
    for root, inputs in by_root.items():
        graph = around.graph_at(root) or Graph(root, (), partial(content_of, root))
        names: dict[str, list[str]] = {}
        for path in free:  # a file in the graph may be an input under other names
            if around.root_of(path) == root:
                own = graph.canonical(path)
                known_as = names.setdefault(own, [])
                known_as.insert(0 if path == own else len(known_as), path)
        known = {
            own: inputs[path]
            for own, paths in names.items()
            for path in [path for path in paths if path in inputs][:1]
        }
        planned = _Planned(graph, around.hosts_at(root), known, catalogue, cwd)
        for path, adjustment in planned.adjustments(free, names).items():
            first, *others = names.get(path) or [path]
            made[first] = adjustment
            made.update((other, Adjustment(adjustment.refused)) for other in others)
    return made


class _Planned:
    """The adjustments in one repository."""

    def __init__(
        self,
        graph: Graph,
        hosts: Sequence[Host],
        repaired: Mapping[str, Found],
        catalogue: Catalogue,
        cwd: str,
    ) -> None:
        self._graph = graph
        self._hosts = hosts
        self._repaired = repaired
        self._repairs: Repairs = {
            path: {start: (old, new) for start, old, new in images}
            for path, (images, _) in repaired.items()
        }
        self._catalogue = catalogue
        self._cwd = cwd
        self._refused: dict[str, dict[int, str]] = {}
        self._reached: dict[str, frozenset[str]] = {}
        """By folder: the files that kustomizations below it include."""

    def adjustments(
        self, free: Mapping[str, bool], names: Mapping[str, Sequence[str]]
    ) -> dict[str, Adjustment]:
        self._refuse_named(free)

        def may_edit(path: str) -> bool:
            return path in names or self._is_recoverable(path)

        read = partial(content_of, self._graph.root)
        selectors = Selectors(
            self._graph, self._repairs, read, self._catalogue, self._shown, self._hosts, may_edit
        )
        repository = selectors.repository()
        plan = plan_renames(repository)
        for key, reason in plan.refused.items():
            assert isinstance(key, Key)  # as the selectors make them
            self._refuse(key.path, key.offset, reason)

        def others(path: str) -> list[Edit]:
            """Return the edits of a file's fixes that are not refused."""
            starts = sorted(self._repairs.get(path, ()))
            refused = self._refused.get(path, {})
            edits = self._repaired[path][1] if path in self._repaired else ()
            return [
                edit
                for edit in edits
                if starts[bisect_right(starts, edit.span.start) - 1] not in refused
            ]

        both = plan._replace(names=_with_own(plan.names, repository.entries))
        try:
            edits = selectors.edits(plan, others)
            copies, beside = selectors.edits(both, lambda _: ()), selectors.edits(both, others)
        except NotEditableError as error:
            for path, images in self._repairs.items():
                for start in images:
                    self._refuse(path, start, f"what selects it cannot be renamed: {error}")
            edits = {}
        return {
            path: Adjustment(
                self._refused.get(path, {}),
                tuple(edits.get(path, ())),
                (tuple(copies[path]), (*others(path), *beside[path])) if path in edits else (),
            )
            for path in dict.fromkeys((*self._refused, *edits))
        }

    def _refuse_named(self, free: Mapping[str, bool]) -> None:
        """Refuse the images whose selectors by name may not all be known."""
        names = self._names(free)
        literal = Names(name for name in names if name is not None and is_literal(name))
        odd = [name for name in names if name is None or not is_literal(name)]
        for path, images in self._repairs.items() if names else ():
            for start, (old, _) in list(images.items()):
                selecting = (*literal.of(old), *odd)
                places = [one for name in selecting for one in names[name].items()]
                for place in (place for folder, place in places if self._is_in(path, folder)):
                    self._refuse(path, start, f"{place} selects {shown(old)} by name")
                    del images[start]
                    break

    def _names(self, free: Mapping[str, bool]) -> dict[str | None, dict[str, str]]:
        """Return such names, each with folders below which it selects, and where it is written."""
        names: dict[str | None, dict[str, str]] = {}
        for one in self._named(free):
            places = names.setdefault(one.name, {})
            if one.folder not in places:
                places[one.folder] = self._place_of(one)
        return names

    def _named(self, free: Mapping[str, bool]) -> Iterator[Named]:
        for path in manifests_below(self._graph.root):
            data = None if free.get(path) else content_of(self._graph.root, path)
            if data is not None and may_select_images(data):
                yield from names_in(path, data, self._graph.root)
        read = partial(content_of, self._graph.root)
        yield from patched_names(self._graph, self._hosts, read)
        yield from names_for_charts(self._graph, self._hosts, read)

    def _place_of(self, named: Named) -> str:
        """Return the file and line of a name."""
        document = named.document
        line = document.source.line_number(document.byte_offset(named.node.start))
        return f"{self._shown(document.source.path)}:{line}"

    def _is_in(self, path: str, folder: str) -> bool:
        """Whether a file is below a folder, or a kustomization in the folder includes it."""
        if folder not in self._reached:
            members = self._graph.members.items()
            below = [member.path for place, member in members if files.is_below(place, folder)]
            self._reached[folder] = frozenset(self._graph.reached_from(below))
        return files.is_below(path, folder) or path in self._reached[folder]

    def _is_recoverable(self, path: str) -> bool:
        """Whether git can restore a file; without a repository this is not required."""
        return not self._has_git or path in self._tracked

    @cached_property
    def _has_git(self) -> bool:
        return files.repository_of(self._graph.root) is not None

    @cached_property
    def _tracked(self) -> frozenset[str]:
        index = files.index_of(self._graph.root)
        return frozenset() if index is None else index.tracked

    def _refuse(self, path: str, offset: int, reason: str) -> None:
        self._refused.setdefault(path, {})[offset] = reason

    def _shown(self, path: str) -> str:
        return one_line(files.displayed(path, self._cwd))


def _with_own(names: Planned, entries: Sequence[Entry]) -> Planned:
    """Return new names that also keep each entry's own name if a copy can be made."""
    return {
        number: new if own in new or not can_add else (own, *new)
        for number, new in names.items()
        for own, can_add in ((entries[number].name, entries[number].can_add),)
    }
