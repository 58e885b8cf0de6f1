"""Which policy a file is held to: found from the file upwards, read once, stamped.

What a policy means is :mod:`imagelint.policy`; here are only the files and the folders.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from imagelint.errors import PolicyError
from imagelint.files.data import default_policy_source
from imagelint.files.origin import OnDisk
from imagelint.files.paths import absolute, displayed, relative_to
from imagelint.policy import parse_policy
from imagelint.report import PolicyStamp
from imagelint.text import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imagelint.files.origin import Origin
    from imagelint.policy import Policy
    from imagelint.rules import Rule

__all__ = ["POLICY_NAME", "GoverningPolicy", "Policies"]

POLICY_NAME = "imagelint.yaml"


class GoverningPolicy(NamedTuple):
    """A policy as found: ``folder`` (absolute) is what its path globs are relative to.

    ``files`` are the absolute paths of all that it is made of; none of the built-in one.
    """

    policy: Policy
    stamp: PolicyStamp
    folder: str
    files: tuple[str, ...] = ()

    @property
    def is_built_in(self) -> bool:
        """Whether nobody wrote this policy: the one imagelint is shipped with."""
        return self.stamp.path is None

    @property
    def shown(self) -> str:
        """The policy's path, or words for the built-in one."""
        return self.stamp.path or "the built-in policy"

    def match_path(self, path: str) -> str:
        """Return the absolute ``path`` as the policy's globs see it."""
        return relative_to(self.folder, path)


class Policies:
    """The policies of a run. Each folder is looked at once, each policy file read once."""

    def __init__(
        self,
        rules: Mapping[str, Rule],
        cwd: str,
        override: str | None = None,
        origin: Origin | None = None,
    ) -> None:
        """Use the policy file ``override`` for everything if it is given (``--policy``)."""
        self._origin = OnDisk() if origin is None else origin
        self._rules = rules
        self._cwd = cwd
        self._by_file: dict[str | None, GoverningPolicy] = {}
        self._by_folder: dict[str, GoverningPolicy] = {}
        self._override = None if override is None else absolute(override, cwd)

    def for_file(self, path: str) -> GoverningPolicy:
        """Return the policy of a file, given by its absolute path; it need not exist.

        Raises ``PolicyError`` for a policy that cannot be used or that stands below another,
        ``FileError`` for one that cannot be read.
        """
        return self.for_folder(os.path.dirname(path))

    def for_folder(self, folder: str) -> GoverningPolicy:
        """Return the policy of the files that stand in a folder; raises as ``for_file``."""
        if folder not in self._by_folder:
            if self._override is not None:
                self._by_folder[folder] = self._load(self._override, self._cwd)
            else:
                self._by_folder[folder] = self._search(folder)
        return self._by_folder[folder]

    def is_top(self, folder: str) -> bool:
        """Whether no policy is looked for above this folder."""
        return self._origin.is_top(folder)

    def _search(self, folder: str) -> GoverningPolicy:
        """Take what stands in this folder, or what governs the folder above it."""
        mine = os.path.join(folder, POLICY_NAME)
        top = self.is_top(folder)
        above = None if top else self.for_folder(os.path.dirname(folder))
        if not self._origin.exists(mine):
            return above if above is not None else self._load(None, self._cwd)
        if above is not None and not above.is_built_in:
            raise self._nested(mine, above)
        return self._load(mine, folder)

    def _nested(self, mine: str, above: GoverningPolicy) -> PolicyError:
        """Nobody loosens the gate by adding a file."""
        outer = displayed(os.path.join(above.folder, POLICY_NAME), self._cwd)
        message = (
            f"this policy stands below {outer} and would have to extend it; extends: is not "
            "supported yet, so remove one of the two, or name the one to use with --policy"
        )
        return PolicyError(message, displayed(mine, self._cwd))

    def _load(self, path: str | None, folder: str) -> GoverningPolicy:
        if path not in self._by_file:
            source = default_policy_source() if path is None else self._read(path)
            stamp = PolicyStamp(None if path is None else source.path, _sha256(source.data))
            policy = parse_policy(source, self._rules)
            made_of = () if path is None else (path,)
            self._by_file[path] = GoverningPolicy(policy, stamp, folder, made_of)
        return self._by_file[path]

    def _read(self, path: str) -> Source:
        shown = displayed(path, self._cwd)
        return Source(shown, self._origin.read(path, shown))


def _sha256(data: bytes) -> str:
    import hashlib  # noqa: PLC0415 - loads OpenSSL, which `--version` has no use for

    return hashlib.sha256(data).hexdigest()
