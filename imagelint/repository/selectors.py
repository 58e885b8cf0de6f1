"""Kustomizations that select images by name → the abstract repository for the plan of renames.

Only kustomizations that include a fixed file, and what they include, are examined.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, TypeAlias

from imagelint.kubernetes.kustomize.model import Role
from imagelint.repository.host_build import HostBuild, folders_around
from imagelint.repository.numbering import Key, Numbering, Repairs
from imagelint.repository.rename_model import Build, Override, Repository
from imagelint.repository.repositories import manifests_below

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.examined import Examined
    from imagelint.kubernetes.kustomize.model import FileRole, Inline, PathEntry
    from imagelint.model.source import Edit
    from imagelint.repository.graph import Graph
    from imagelint.repository.hosts import Host
    from imagelint.repository.member import Member
    from imagelint.repository.numbering import Said
    from imagelint.repository.rename_model import Plan

__all__ = ["Key", "Repairs", "Selectors"]

_UNREAD = (Role.DATA, Role.CRD, Role.VALUES)
_LATE = (Role.TRANSFORMER, Role.VALIDATOR)
"""Roles of what applies after a kustomization's own fields."""
_LAST = True, True, 0
"""The order key of a transformer whose position does not matter."""
_BEFORE = -1
"""Placeholder for the number of the previous stage's build."""
_Late: TypeAlias = "tuple[tuple[bool, bool, int], Said]"
"""The order key of a transformer, and what it contributes."""


class Selectors:
    """What selects the images of some files by name."""

    def __init__(  # noqa: PLR0913, PLR0917 - a repository, and how its files are read
        self,
        graph: Graph,
        repairs: Repairs,
        read: Callable[[str], bytes | None],
        catalogue: Catalogue,
        shown: Callable[[str], str],
        hosts: Iterable[Host] = (),
        may_edit: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Examine what includes a file with fixes; ``shown`` names a file for messages.

        ``hosts`` are all objects of the repository that build a folder; ``may_edit`` says whether
        names in a file may be changed.
        """
        self._graph = graph
        self._repairs = repairs

        def roles_of(path: str) -> tuple[FileRole, ...]:
            return graph.context_of(path).roles

        self._numbering = Numbering(roles_of, repairs, read, catalogue, shown, may_edit)
        built = [HostBuild(graph, host) for host in hosts if host.selects]
        affected, self._hosts = self._affected([one for one in built if one.is_selecting])
        is_selected = bool(self._hosts) or self._select(affected)
        self._folders = list(self._graph.below(affected)) if is_selected else []

    def repository(self) -> Repository:
        """Return the abstract repository; without builds if nothing selects an image."""
        numbers = {folder: number for number, folder in enumerate(self._folders)}
        chains = [self._stages(self._graph.members[folder], numbers) for folder in self._folders]
        chains += [self._stages_of_host(one, chains, numbers) for one in self._hosts]
        known = self._numbering
        return Repository(
            tuple(known.images), tuple(known.entries), tuple(known.exacts), tuple(_linked(chains))
        )

    def edits(self, plan: Plan, others: Callable[[str], Iterable[Edit]]) -> dict[str, list[Edit]]:
        """Return the edits of a plan, by file: see :meth:`Numbering.edits`."""
        return self._numbering.edits(plan, others)

    # --- which kustomizations ----------------------------------------------------------

    def _starts(self) -> Iterator[str]:
        for path in self._repairs:
            yield from self._graph.builders_of(path)

    def _affected(self, hosts: list[HostBuild]) -> tuple[dict[str, None], list[HostBuild]]:
        """Return what includes a fix, and all that shares a component with it.

        Also return the hosts that build part of it, or are fixed themselves.
        """
        found = self._graph.above(self._starts())
        touched = folders_around(self._repairs)
        taken: dict[int, HostBuild] = {}
        while True:
            around = touched | folders_around(os.path.join(folder, "") for folder in found)
            more = [one for one in hosts if one.is_touched(found, around, self._repairs)]
            taken.update((id(one), one) for one in more)
            hosts = [one for one in hosts if id(one) not in taken]
            new = [folder for one in more for folder in one.members()]
            below = self._graph.below((*found, *new))
            shared = [
                edge.path
                for folder in below
                for edge in self._graph.members[folder].edges
                if edge.entry.role is Role.COMPONENT
            ]
            wider = self._graph.above((*found, *new, *shared))
            if len(wider) == len(found) and not more:
                return found, list(taken.values())
            found = wider

    def _select(self, folders: Iterable[str]) -> bool:
        """Whether one of some kustomizations, or of their components, may select images."""
        return any(
            says.images
            or says.inline
            or says.changes
            or says.reads
            or any(one.role.is_special for one in says.paths)
            for folder in self._graph.below(folders)
            for says in (self._graph.members[folder].says,)
        )

    # --- one kustomization -------------------------------------------------------------

    def _stages(self, member: Member, numbers: dict[str, int]) -> list[Build]:
        """Return the builds of a kustomization: its own, then one for each of its transformers."""
        known, says = self._numbering, member.says
        path, document = member.path, member.document
        files: list[int] = []
        builds: list[int] = []
        components: list[int] = []
        is_whole = member.is_whole and not says.unjudged
        own = known.examined(path)
        early, late = self._said_inside(member, own)
        said = [early]
        for edge in member.edges:
            role = edge.entry.role
            if edge.is_folder:
                if role in (Role.RESOURCE, Role.COMPONENT) and edge.path in numbers:
                    (builds if role is Role.RESOURCE else components).append(numbers[edge.path])
                elif role not in _LATE or not self._is_whole(edge.path):
                    is_whole = False
            elif role is Role.RESOURCE:
                files.append(known.manifests(edge.path))
            elif role in _LATE:
                late.append((_place_of(edge.entry), known.said(edge.path)))
            elif edge.is_late and role not in _UNREAD:
                late.append((_LAST, known.said(edge.path)))
            elif role not in _UNREAD:
                said.append(known.said(edge.path))
        exacts = [number for one in said for number in one.exacts]
        exacts += known.by_value(path, document, says)
        both = (*said, *(one for _, one in late))
        first = Build(
            tuple(files),
            tuple(builds),
            tuple(components),
            tuple(one.images for one in said),
            tuple(exacts),
            tuple(known.entry(path, document, says.mapping, one) for one in says.images),
            is_whole=is_whole,
            dangers=(
                *self._dangers(member, own),
                *(danger for one in both for danger in one.dangers),
            ),
            parts=(
                *known.parts(path, document, says),
                *(part for one in both for part in one.parts),
            ),
        )
        late.sort(key=lambda one: one[0])
        return _with_transformers(first, [one for _, one in late], is_component=says.is_component)

    def _said_inside(self, member: Member, own: list[Examined]) -> tuple[Said, list[_Late]]:
        """Return what the texts of a kustomization contribute, with its transformers apart."""
        known, path = self._numbering, member.path
        inside: dict[str, list[Examined]] = {}
        for item in own:
            if item.inside:
                inside.setdefault(item.inside.partition(": ")[0], []).append(item)
        late = [
            (
                _place_of(text, is_inline=True),
                known.said_by(f"{path}\0{text.field}", inside.pop(text.field, ())),
            )
            for text in member.says.inline
            if text.role in _LATE
        ]
        return known.said_by(f"{path}\0", (one for ones in inside.values() for one in ones)), late

    def _is_whole(self, folder: str) -> bool:
        """Whether all that a kustomization and those below it name could be followed."""
        below = self._graph.below((folder,))
        return bool(below) and all(self._graph.members[one].is_whole for one in below)

    def _dangers(self, member: Member, own: list[Examined]) -> Iterator[str]:
        """Yield reasons why the effect of a kustomization on images is unknown."""
        known, members = self._numbering, self._graph.members
        for item in own:
            yield from () if item.inside else known.dangers(item)
        loaded = [edge.path for edge in member.edges if edge.entry.role in _LATE]
        folder = os.path.dirname(member.path)
        if any(role in _LATE for _, role in self._graph.parents_of(folder)):
            loaded.append(folder)
        for one in (members[path] for path in loaded if path in members):
            if self._select((os.path.dirname(one.path),)):
                place = known.place(one.path, one.document, one.says.mapping)
                yield f"{place} changes transformers before they are loaded"

    # --- Flux and Argo CD --------------------------------------------------------------

    def _stages_of_host(
        self, built: HostBuild, chains: list[list[Build]], numbers: dict[str, int]
    ) -> list[Build]:
        """Return what Flux or Argo CD builds: a kustomization, or the manifests of a folder.

        It includes the host's own components, patches and entries.
        """
        known, host = self._numbering, built.host
        path = host.document.source.path
        overrides = [known.entry(path, host.document, host.root, entry) for entry in host.images]
        overrides += [known.argo_entry(path, host.document, image) for image in host.argo]
        bare = [self._bare(built, numbers)] if built.is_bare else []
        build, *stages = bare or chains[numbers[built.folder]]
        own = [known.entries[number] for number in build.entries]
        dangers = [
            f"{known.entries[number].place} keeps what another entry sets"
            for number, image in zip(overrides, host.argo, strict=False)
            if any(image.keeps_of(entry) for entry in own)
        ]
        said = list(self._said_by(built))
        components = [numbers[one] for one in built.components if one in numbers]
        is_whole = build.is_whole and built.is_whole and len(components) == len(built.components)
        build = build._replace(
            components=(*build.components, *components),
            patches=(*build.patches, *(one.images for one in said)),
            exacts=(*build.exacts, *(number for one in said for number in one.exacts)),
            overrides=tuple(overrides),
            override=Override.ARGO if host.is_argo else Override.FLUX,
            is_whole=is_whole,
            dangers=(*build.dangers, *dangers, *(one for other in said for one in other.dangers)),
        )
        return [build, *(one._replace(dangers=build.dangers) for one in stages)]

    def _bare(self, built: HostBuild, numbers: dict[str, int]) -> Build:
        """Return Flux's build of a folder without a kustomization: all manifests below it.

        A folder below with a kustomization is included as such. The root may be another
        repository's, so that an entry may select images that are not seen.
        """
        nested = built.nested()
        files = [
            self._numbering.manifests(path)
            for path in manifests_below(built.folder)
            if folders_around((path,)).isdisjoint(nested)
        ]
        builds = [numbers[folder] for folder in nested if folder in numbers]
        is_whole = len(builds) == len(nested) and built.folder != self._graph.root
        return Build(tuple(files), tuple(builds), is_whole=is_whole)

    def _said_by(self, built: HostBuild) -> Iterator[Said]:
        """Yield what the patches of a host contribute."""
        yield self._numbering.said_by_host(built.host)
        for path, role in built.patches:
            yield self._numbering.said(path, (role,))


def _place_of(entry: PathEntry | Inline, *, is_inline: bool = False) -> tuple[bool, bool, int]:
    """Return the order key of a transformer: inline ones first, then files, as listed.

    Source: kustomize api, internal/target/kusttarget.go, configureExternalTransformers. Validators
    run last.
    """
    index = re.search(r"\[(\d+)\]", entry.field)
    number = int(index[1]) if index is not None else 0
    return entry.role is Role.VALIDATOR, not is_inline, number


def _with_transformers(first: Build, late: list[Said], *, is_component: bool) -> list[Build]:
    """Return a build and, for each entry of its transformers, a build that applies to the previous.

    It is unknown whether other effects of transformers apply before or after each of these.
    """
    before = (_BEFORE,)
    stage = first._replace(
        files=(),
        builds=() if is_component else before,
        components=before if is_component else (),
        patches=tuple(one.images for one in late),
        exacts=tuple(number for one in late for number in one.exacts),
    )
    entries = [(number,) for one in late for number in one.transformers]
    works = [(), *entries, *((),) * bool(entries)] if late else []
    return [first, *(stage._replace(entries=one) for one in works)]


def _linked(chains: list[list[Build]]) -> list[Build]:
    """Return the builds, of each chain the last one first, each with its predecessor's number."""
    builds = [chain[-1] for chain in chains]
    for number, chain in enumerate(chains):
        before = _BEFORE
        for build in chain:
            linked = build._replace(
                builds=tuple(before if one == _BEFORE else one for one in build.builds),
                components=tuple(before if one == _BEFORE else one for one in build.components),
            )
            if build is chain[-1]:
                builds[number] = linked
            else:
                before = len(builds)
                builds.append(linked)
    return builds
