"""What the repositories around the inputs of a run know about them."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from imagelint import files
from imagelint.kubernetes.objects import KUSTOMIZATION_FILES
from imagelint.model.errors import FileError
from imagelint.repository.repositories import Repositories
from imagelint.run.request import STDIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from imagelint.kubernetes.context import Context
    from imagelint.repository.graph import Graph
    from imagelint.repository.hosts import Host
    from imagelint.run.request import Input, Request

__all__ = ["Surroundings"]


class Surroundings:
    """The repository of each file and its graph; without one, the PATH that contains the file."""

    def __init__(self, request: Request, cwd: str) -> None:
        """Use the PATHs of a request; without any, the working folder."""
        self._indexes: dict[str, files.Index | None] = {}
        """By root, if git has been asked."""
        self.refused: dict[str, str] = {}
        """PATHs, as typed, that the checkout leads elsewhere, and why they are not followed."""
        self._named: dict[str, str | None] = {}
        """By absolute path: the folder that a PATH must not leave, if any."""
        for path in request.paths or (".",):
            self._take(path, cwd)
        places = [*self._named]
        self._with_policies = request.policy is None
        """Whether policies are searched above the files."""
        self._is_whole = request.changed_since is None
        self._limit = request.max_file_size
        self._guards: dict[str, str] = {}
        """By folder: see :meth:`guard_of`."""
        self.refusals: Mapping[str, str] = {}
        """By root: repositories in which git fails."""
        self._folders = sorted(filter(os.path.isdir, places), key=len)
        self._walked = [files.above_glob(place) for place in places if not os.path.lexists(place)]
        self._walked = sorted((*self._folders, *self._walked), key=len)
        self._cwd = cwd
        self._has_all = any(files.is_below(cwd, folder) for folder in self._folders)
        """Whether a PATH contains the working folder."""
        self._trees: set[str] = set()
        """The working folder, if kustomizations are searched in it."""
        self._repositories = Repositories(self._is_tree)
        self._roots: dict[str, str] = {}
        """By folder."""
        self._holders: dict[str, str | None] = {}
        """By folder: the repository that contains it."""
        self._tops: dict[str, str | None] = {}
        """By folder: the outermost folder above it with a policy."""
        for place in places:  # before processes are forked, for all of them
            self.graph_of(os.path.join(place, "") if place in self._folders else place)

    def _take(self, path: str, cwd: str) -> None:
        """Record a PATH, or why it is not followed."""
        place = files.absolute(path, cwd)
        if path == STDIN:
            self._named[place] = None
            return
        try:
            bound = files.bound_of(path, cwd, files.displayed(place, cwd), self.is_tracked)
        except FileError as error:
            self.refused[path] = str(error)
        else:
            self._named[place] = bound

    def graph_of(self, path: str) -> Graph | None:
        """Return the graph of the repository of a file (absolute), None without kustomizations."""
        return self.graph_at(self.root_of(path))

    def graph_at(self, root: str) -> Graph | None:
        """Return the graph of a repository, None without kustomizations."""
        return self._repositories.graph_at(root)

    def _is_tree(self, root: str) -> bool:
        """Whether all files below a root belong together; a lone file may be in a home folder."""
        is_whole = root in (*self._folders, *self._trees) or files.holds_repository(root)
        return is_whole or self._policy_folder(root) == root

    def root_of(self, path: str) -> str:
        """Return the root of the repository of a file.

        Without one it is the outermost folder with a policy, else the working folder if the file
        may be part of a kustomization, else the PATH that contains it.
        """
        folder = path.rpartition(os.sep)[0] or os.sep
        known = self._roots.get(folder)
        if known is None:
            above = (place for place in self._folders if files.is_below(path, place))
            known = self._holder_of(folder) or self._policy_folder(folder)
            known = known or self._working_folder(folder) or next(above, folder)
            self._roots[folder] = known
        return known

    def _working_folder(self, folder: str) -> str | None:
        """Return the working folder if a kustomization in or above ``folder`` is below it.

        Another kustomization may use that one. Files without any are not searched for more, because
        the working folder may be somebody's home.
        """
        if self._has_all:
            return None
        place = folder
        while files.is_below(place, self._cwd):
            names = (os.path.join(place, name) for name in KUSTOMIZATION_FILES)
            if any(map(os.path.isfile, names)):
                self._trees.add(self._cwd)
                return self._cwd
            place = os.path.dirname(place)
        return None

    def _holder_of(self, folder: str) -> str | None:
        """Return the repository that contains a folder, with one check of each folder of a tree."""
        passed = []
        while folder not in self._holders:
            passed.append(folder)
            parent = os.path.dirname(folder)
            if files.holds_repository(folder):
                self._holders[folder] = folder
            elif parent == folder:
                self._holders[folder] = None
            else:
                folder = parent
        found = self._holders[folder]
        self._holders.update(dict.fromkeys(passed, found))
        return found

    def _policy_folder(self, folder: str) -> str | None:
        """Return the outermost folder with a policy from here upwards, if policies are searched."""
        if not self._with_policies:
            return None
        if folder not in self._tops:
            above = os.path.dirname(folder)
            outer = None if above == folder else self._policy_folder(above)
            has_own = outer is None and os.path.lexists(os.path.join(folder, files.POLICY_NAME))
            self._tops[folder] = folder if has_own else outer
        return self._tops[folder]

    def guard_of(self, path: str) -> str | None:
        """Return the folder outside of which nothing is read or written for a file (absolute).

        It is the repository, else the policy's folder, else the PATH. None: the user named the file
        itself, so it may be anywhere; but not by a tracked link, which came with the checkout.
        """
        if path in self._named:
            return self._named[path]
        folder = path.rpartition(os.sep)[0] or os.sep
        known = self._guards.get(folder)
        if known is None:
            known = self._guards[folder] = self._guard_for(folder)
        return known

    def read(self, item: Input) -> tuple[bytes, files.Identity | None]:
        """Return the bytes of an input, and the identity of its file; stdin has none.

        Raises ``FileError``, also if a link leads out. Also raises for a manifest whose content is
        missing, but not for others that hooks name.
        """
        if item.data is not None:
            return item.data, None
        root = self.guard_of(item.path)
        found = files.read(item.path, item.shown, root, None if root is None else self._limit)
        what = files.stand_in(found[0])
        if what is not None and self._is_wanted(item.path):
            raise FileError(item.shown, what)
        return found

    def _is_wanted(self, path: str) -> bool:
        """Whether a file is meant as a manifest: by its name, or by a kustomization."""
        name = path.rpartition(os.sep)[2]
        return files.is_manifest(name) or bool(self.context_of(path).roles)

    def is_tracked(self, path: str) -> bool:
        """Whether a path is tracked; if git fails, it counts as tracked."""
        return files.is_tracked(path, self.index_of)

    def is_brought(self, path: str) -> bool:
        """Whether a link belongs to the checkout, not to a tool: tracked, or in no repository."""
        return self.is_tracked(path) or self.repository_of(path) is None

    def follows(self, path: str) -> bool:
        """Whether a walk follows a link to a folder: only the checkout's own, within its root."""
        root = self.guard_of(path)
        return self.is_brought(path) and root is not None and not files.leads_out(path, root)

    def may_be_ignored(self, path: str) -> bool:
        """Whether nobody named a file, and git cannot say whether it ignores it."""
        if not self.refusals or path in self._named:
            return False
        places = (path, os.path.realpath(path))
        return any(self.repository_of(place) in self.refusals for place in places)

    def index_of(self, root: str) -> files.Index | None:
        """Return what is tracked in the repository at ``root``, None if git fails."""
        if root not in self._indexes:
            self._indexes[root] = files.index_of(root)
        return self._indexes[root]

    def index_at(self, path: str) -> files.Index | None:
        """Return what is tracked in the repository around a path."""
        root = self.repository_of(path)
        return None if root is None else self.index_of(root)

    def repository_of(self, path: str) -> str | None:
        """Return the repository that contains a file."""
        return self._holder_of(path.rpartition(os.sep)[0] or os.sep)

    def submodule_above(self, path: str) -> str | None:
        """Return the submodule at a path or around it that is not checked out, if there is one."""
        index = self.index_at(path)
        for submodule in () if index is None else index.submodules:
            if files.is_below(path, submodule) and not _holds_anything(submodule):
                return submodule
        return None

    def _guard_for(self, folder: str) -> str:
        named = next((place for place in self._walked if files.is_below(folder, place)), None)
        root = self._holder_of(folder)
        root = root or self._policy_folder(folder) or named or folder
        # A link that the user named leads to another root.
        if named not in (None, root) and files.leads_out(named, root):
            real = os.path.realpath(named)
            root = files.repository_of(real) or real
        return root

    def context_of(self, path: str) -> Context:
        """Return what the repository knows about a file."""
        root = self.root_of(path)
        known = self._repositories.context_of(root, path)
        return known._replace(injecting=partial(self._repositories.injecting_at, root))

    def hosts_at(self, root: str) -> tuple[Host, ...]:
        """Return the objects of a repository that build folders."""
        return self._repositories.hosts_at(root)

    def included(self, found: Iterable[str]) -> Iterator[str]:
        """Yield the files below the PATHs' folders that kustomizations among ``found`` reach."""
        if not self._folders:
            return
        reaching: dict[str, list[str]] = {}
        for path in found:
            reaching.setdefault(self.root_of(path), []).append(path)
        for root, paths in reaching.items():
            for path in self._repositories.reached_from(root, paths):
                if any(files.is_below(path, folder) for folder in self._folders):
                    yield path

    def saw_all_of(self, folder: str) -> bool:
        """Whether everything below a folder is linted: a PATH contains it, or is it."""
        return self._is_whole and any(files.is_below(folder, place) for place in self._folders)

    def newly_reached(
        self, is_same: Callable[[str], bool], then: Callable[[str], bytes | None]
    ) -> frozenset[str]:
        """Return the files, and folders of files, that are now included in another way."""
        return frozenset(self._repositories.newly_reached(is_same, then))

    def reaching(self, found: Iterable[str]) -> list[tuple[Graph, list[str]]]:
        """Return the kustomizations among files, by their graph."""
        reaching: dict[int, tuple[Graph, list[str]]] = {}
        for path in found:
            if path.rpartition(os.sep)[2] in KUSTOMIZATION_FILES:
                graph = self.graph_of(path)
                if graph is not None:
                    reaching.setdefault(id(graph), (graph, []))[1].append(path)
        return list(reaching.values())


def _holds_anything(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return False
