"""What the repositories around the inputs of a run say of them."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from imagelint import files
from imagelint.repository.repositories import Repositories

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.kubernetes.context import Context
    from imagelint.repository.graph import Graph
    from imagelint.repository.hosts import Host
    from imagelint.run.request import Input, Request

__all__ = ["Surroundings"]


class Surroundings:
    """The graph of the repository of each file; where there is none, of the PATH that it is in."""

    def __init__(self, request: Request, cwd: str) -> None:
        """Take the PATHs of a request; without any, the working folder is one."""
        places = [files.absolute(path, cwd) for path in request.paths or (".",)]
        self._named = frozenset(places)
        self._with_policies = request.policy is None
        """Whether policies are looked for above the files."""
        self._is_whole = request.changed_since is None
        self._limit = request.max_file_size
        self._guards: dict[str, str] = {}
        """By folder: see :meth:`guard_of`."""
        self._tracked: dict[str, frozenset[str]] = {}
        """By root: the tracked files, where that has been asked."""
        self._folders = sorted(filter(os.path.isdir, places), key=len)
        self._repositories = Repositories(self._is_tree)
        self._roots: dict[str, str] = {}
        """By folder."""
        self._holders: dict[str, str | None] = {}
        """By folder: the repository that it is in."""
        self._tops: dict[str, str | None] = {}
        """By folder: the outermost folder above it with a policy."""
        for place in places:  # before processes are forked, for all of them
            self.graph_of(os.path.join(place, "") if place in self._folders else place)

    def graph_of(self, path: str) -> Graph | None:
        """Return the graph of the repository of a file (absolute), None without kustomizations."""
        return self.graph_at(self.root_of(path))

    def graph_at(self, root: str) -> Graph | None:
        """Return the graph of a repository, None without kustomizations."""
        return self._repositories.graph_at(root)

    def _is_tree(self, root: str) -> bool:
        """Whether all below a root belongs together; a file alone may lie in anybody's home."""
        is_whole = root in self._folders or files.holds_repository(root)
        return is_whole or self._policy_folder(root) == root

    def root_of(self, path: str) -> str:
        """Return the root of the repository of a file.

        Where there is none it is the outermost folder with a policy, else the PATH that it is in.
        """
        folder = path.rpartition(os.sep)[0] or os.sep
        known = self._roots.get(folder)
        if known is None:
            above = (one for one in self._folders if files.is_below(path, one))
            known = self._repository_of(folder) or self._policy_folder(folder)
            known = known or next(above, folder)
            self._roots[folder] = known
        return known

    def _repository_of(self, folder: str) -> str | None:
        """Return the repository that a folder is in, with one look at each folder of a tree."""
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
        """Return the outermost folder with a policy from here upwards, if any are looked for."""
        if not self._with_policies:
            return None
        if folder not in self._tops:
            self._tops[folder] = files.policy_folder(folder)
        return self._tops[folder]

    def guard_of(self, path: str) -> str | None:
        """Return the folder outside of which nothing is read or written for a file (absolute).

        It is the repository, else the folder of the policy, else the PATH. None: the file was named
        itself, and may be anywhere; but for a tracked link, which a checkout brought.
        """
        if path in self._named and not (os.path.islink(path) and self.is_tracked(path)):
            return None
        folder = path.rpartition(os.sep)[0] or os.sep
        known = self._guards.get(folder)
        if known is None:
            known = self._guards[folder] = self._guard_for(folder)
        return known

    def read(self, one: Input) -> tuple[bytes, files.Identity]:
        """Read the file of an input; raises ``FileError``, also for what a link leads out to."""
        root = self.guard_of(one.path)
        return files.read(one.path, one.shown, root, None if root is None else self._limit)

    def is_tracked(self, path: str) -> bool:
        """Whether a path is tracked; where git does not answer, it counts as tracked."""
        root = self._repository_of(path.rpartition(os.sep)[0] or os.sep)
        if root is None:
            return False
        if root not in self._tracked:
            self._tracked[root] = files.tracked_below(root)
        return path in self._tracked[root] or not self._tracked[root]

    def _guard_for(self, folder: str) -> str:
        named = next((one for one in self._folders if files.is_below(folder, one)), None)
        root = self._repository_of(folder)
        root = root or self._policy_folder(folder) or named or folder
        if named is not None and files.leads_out(named, root):  # a link, which the user has named
            real = os.path.realpath(named)
            root = files.repository_of(real) or real
        return root

    def context_of(self, path: str) -> Context:
        """Return what the repository knows about a file."""
        root = self.root_of(path)
        known = self._repositories.context_of(root, path)
        return known._replace(injecting=partial(self._repositories.injecting_at, root))

    def hosts_at(self, root: str) -> tuple[Host, ...]:
        """Return the objects of a repository that have folders built."""
        return self._repositories.hosts_at(root)

    def taken_in(self, found: Iterable[str]) -> Iterator[str]:
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
        """Whether all below a folder is linted: a PATH holds it, or is it, whatever has changed."""
        return self._is_whole and any(files.is_below(folder, place) for place in self._folders)
