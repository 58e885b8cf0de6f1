"""Real git repositories for tests, undisturbed by the configuration of whoever runs them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["QUIET", "Repository"]

QUIET = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_COUNT": "2",
    "GIT_CONFIG_KEY_0": "protocol.file.allow",
    "GIT_CONFIG_VALUE_0": "always",
    "GIT_CONFIG_KEY_1": "init.defaultBranch",
    "GIT_CONFIG_VALUE_1": "main",
    **{
        f"GIT_{who}_{what}": "t@e.st"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    },
}
"""Environment variables for git."""


@dataclass(frozen=True)
class Repository:
    """A git repository in a folder of its own."""

    root: Path

    @classmethod
    def new(cls, root: Path) -> Repository:
        """Make one, without a commit."""
        root.mkdir(parents=True, exist_ok=True)
        repository = cls(root)
        repository.git("init", "-q")
        return repository

    def git(self, *arguments: str) -> str:
        """Run git; it must succeed."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env={**os.environ, **QUIET},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
        return done.stdout.strip()

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file, folders included."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def read(self, name: str) -> str:
        """Read a file as it is."""
        return (self.root / name).read_bytes().decode()

    def commit(self) -> str:
        """Commit everything as it is and return the hash."""
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "--no-verify", "-m", "a change")
        return self.git("rev-parse", "HEAD")
