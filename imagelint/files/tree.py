"""The files of a commit, as git stores them: names, hashes, bytes.

Only the object store is read, not the index or the working tree: comparing those makes git run
the filters that a repository configures.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint.files.git import GitError, ask_git, repository_of
from imagelint.files.paths import LINKS_MAX
from imagelint.model.errors import FileError, UsageError
from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["LINK", "SUBMODULE", "Entry", "Tree", "commit_of", "is_shallow", "repository_at"]

LINK, SUBMODULE = "120000", "160000"
"""Modes of entries that are not plain files."""


class Entry(NamedTuple):
    """An entry of a tree: for a submodule, ``digest`` is its commit."""

    mode: str
    digest: str


def repository_at(cwd: str, option: str) -> str:
    """Return the repository of the working folder; ``option`` is the option that needs one."""
    root = repository_of(cwd)
    if root is None:
        message = f"{option}: this folder is in no git repository"
        raise UsageError(message)
    return root


def commit_of(root: str, ref: str, option: str) -> str:
    """Return the hash of the commit that ``ref`` names; the error says what to fetch."""
    if not ref or ref.startswith(("-", "^")):
        message = f"{option} takes a branch, tag or commit, not {ref!r}"
        raise UsageError(message)
    try:
        return (
            ask_git(root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}").decode().strip()
        )
    except GitError as error:
        reason = _trouble(root)
        if reason is not None:
            message = f"{option}: {reason}"
            raise UsageError(message) from error
        remote, slash, branch = ref.partition("/")
        names = f"{remote} {branch}" if slash and branch else f"origin {ref}"
        shallow = ", or check out the whole history (fetch-depth: 0)" if is_shallow(root) else ""
        message = (
            f"{option}: there is no commit {ref!r} here; fetch it (`git fetch {names}`){shallow}"
        )
        raise UsageError(message) from error


def _trouble(root: str) -> str | None:
    """Return why git does not work here at all, else None."""
    try:
        ask_git(root, "rev-parse", "--git-dir")
    except GitError as error:
        return error.whole
    return None


def is_shallow(root: str) -> bool:
    """Whether commits are missing because of a shallow clone or fetch."""
    try:
        return ask_git(root, "rev-parse", "--is-shallow-repository").strip() == b"true"
    except GitError:
        return False


class Tree:
    """The tree of a commit; read on first use."""

    def __init__(self, root: str, commit: str, ref: str) -> None:
        """Keep the commit's hash; ``ref`` is the name for messages."""
        self.ref = ref
        self._root = root
        self._commit = commit
        self._entries: dict[str, Entry] | None = None

    @property
    def entries(self) -> dict[str, Entry]:
        """Every file, link and submodule, by its path below the root with ``/``."""
        if self._entries is None:
            try:
                listed = ask_git(self._root, "ls-tree", "-r", "-z", "--full-tree", self._commit)
            except GitError as error:
                raise FileError(self._root, f"{self.ref} cannot be read: {error}") from error
            self._entries = {}
            for line in listed.split(b"\0")[:-1]:
                head, _, name = os.fsdecode(line).partition("\t")
                mode, _, digest = head.split(" ")
                self._entries[name] = Entry(mode, digest)
        return self._entries

    def contents(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield names of files (not links) with their bytes, read in one call of git."""
        wanted = [(name, self.entries[name].digest) for name in names]
        given = "".join(f"{digest}\n" for _, digest in wanted).encode()
        try:
            said = ask_git(self._root, "cat-file", "--batch", given=given) if wanted else b""
        except GitError as error:
            raise FileError(self._root, f"{self.ref} cannot be read: {error}") from error
        at = 0
        for name, digest in wanted:  # HASH blob SIZE<newline>BYTES<newline>
            end = said.index(b"\n", at)
            _, kind, *size = said[at:end].split(b" ")
            if kind != b"blob":
                raise FileError(name, f"cannot be read from {self.ref}: {digest} is missing")
            at = end + 1 + int(size[0])
            yield name, said[end + 1 : at]
            at += 1

    def content(self, name: str, shown: str) -> bytes:
        """Return the bytes of a file, following links inside the tree; raise ``FileError``."""
        for _ in range(LINKS_MAX):
            entry = self.entries.get(name)
            if entry is None or entry.mode == SUBMODULE:
                raise FileError(shown, f"there is no such file in {self.ref}")
            try:
                data = ask_git(self._root, "cat-file", "blob", entry.digest)
            except GitError as error:
                raise FileError(shown, f"cannot be read from {self.ref}: {error}") from error
            if entry.mode != LINK:
                return data
            target = os.path.join(os.path.dirname(name), os.fsdecode(data))
            name = os.path.normpath(target).replace(os.sep, "/")
        raise FileError(shown, f"too many links in {self.ref}")
