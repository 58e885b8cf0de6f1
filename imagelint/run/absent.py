"""What a checkout lacks: an error, a warning or a note, depending on what needs it.

Lines are yielded without their prefix (``warning:``); nothing is printed here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint import files
from imagelint.kubernetes.kustomize.model import Role
from imagelint.model.errors import FileError
from imagelint.repository.follow import kustomizations_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.model.finding import Skipped
    from imagelint.repository.graph import Graph
    from imagelint.repository.member import Member
    from imagelint.run.surroundings import Surroundings

__all__ = ["broken_links", "left_out", "lost_policies", "missing_members", "sparse", "submodules"]

_FEW = 3
_UPDATE = "`git submodule update --init` fetches it"
_WITHOUT_IMAGES = (Role.DATA, Role.CRD, Role.VALUES)


def left_out(roots: Iterable[str], around: Surroundings) -> list[str]:
    """Return what sparse checkouts leave out of repositories; absolute paths."""
    indexes = filter(None, map(around.index_of, roots))
    paths = (path for index in indexes for path in index.sparse)
    return sorted(path for path in paths if not os.path.lexists(path))


def submodules(
    found: files.Found, around: Surroundings, shown: Callable[[str], str]
) -> Iterator[str]:
    """Yield warnings about submodules below the PATHs that are not checked out."""
    for folder in found.empty:
        if around.submodule_above(folder) == folder:
            yield f"{shown(folder)}: a submodule that is not checked out, so not linted; {_UPDATE}"


def sparse(
    found: files.Found,
    lost: Iterable[str],
    excluded: Callable[[str], str | None],
    shown: Callable[[str], str],
) -> Iterator[str]:
    """Yield notes about manifests below the PATHs that a sparse checkout leaves out."""
    for folder in found.folders:
        below = [
            path
            for path in lost
            if files.is_manifest(os.path.basename(path))
            and files.is_below(path, folder)
            and excluded(path) is None
        ]
        if below:
            names = ", ".join(map(shown, below[:_FEW])) + (", ..." if len(below) > _FEW else "")
            count = "1 manifest" if len(below) == 1 else f"{len(below)} manifests"
            yield f"{shown(folder)}: a sparse checkout leaves out {count}: {names}"


def lost_policies(
    found: files.Found, lost: Iterable[str], shown: Callable[[str], str]
) -> Iterator[str]:
    """Yield errors about policies of found files that a sparse checkout leaves out."""
    for path in lost:
        folder, name = os.path.split(path)
        is_policy = name == files.POLICY_NAME
        if is_policy and any(files.is_below(file.path, folder) for file in found.files):
            yield f"{shown(path)}: a sparse checkout leaves out this policy; add it to the checkout"


def broken_links(found: files.Found, around: Surroundings) -> Iterator[Skipped]:
    """Yield broken tracked links, with the problem; untracked ones are an editor's."""
    for path, skipped in found.unfollowed.items():
        if skipped.reason == files.BROKEN_LINK and around.is_tracked(path):
            root = around.guard_of(path)
            leads_out = root is not None and files.leads_out(path, root)
            yield skipped._replace(reason=files.LEADS_OUT) if leads_out else skipped


def missing_members(
    inputs: Iterable[str],
    reaching: Iterable[tuple[Graph, list[str]]],
    around: Surroundings,
    shown: Callable[[str], str],
) -> Iterator[str]:
    """Yield errors about files that the kustomizations among ``inputs`` reach but that are missing.

    Files that are inputs report their own errors.
    """
    known = frozenset(inputs)
    told: set[str] = set()
    for graph, paths in reaching:
        for member in map(graph.members.get, graph.below(map(os.path.dirname, paths))):
            assert member is not None  # `below` returns only members
            for path, what in _missing(graph, member, around):
                if path not in known and path not in told:
                    told.add(path)
                    yield f"{shown(path)}: {what}; {shown(member.path)} takes it in"


def _missing(graph: Graph, member: Member, around: Surroundings) -> Iterator[tuple[str, str]]:
    """Yield the missing paths (absolute) that a kustomization names, and why they are missing."""
    for edge in member.edges:
        if edge.entry.role in _WITHOUT_IMAGES:
            continue
        is_other = edge.is_folder and edge.path not in graph.members
        for path in kustomizations_in(edge.path) if is_other else (edge.path,):
            what = None if edge.is_folder and not is_other else _stand_in(path, graph.root)
            if what is not None:
                yield path, what
    for path in graph.lost.get(os.path.dirname(member.path), ()):
        what = _lost(path, around)
        if what is not None:
            yield path, what


def _stand_in(path: str, root: str) -> str | None:
    try:
        return files.stand_in(files.read(path, path, root, files.STAND_IN_MAX)[0])
    except FileError:  # mostly too large
        return None


def _lost(path: str, around: Surroundings) -> str | None:
    """Say why a tracked path does not exist in the checkout, if that is so."""
    if os.path.islink(path):
        return files.BROKEN_LINK
    if around.submodule_above(path) is not None:
        return f"in a submodule that is not checked out ({_UPDATE})"
    index = around.index_at(path)
    if index is not None and any(files.is_below(place, path) for place in index.sparse):
        return "left out by a sparse checkout"
    return None
