"""Which policy applies to a file: searched from the file upwards, read once, stamped.

``policy/policy.py`` interprets policies; this module only handles files and folders.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from imagelint.files.git import holds_repository, repository_of
from imagelint.files.guard import bound_of
from imagelint.files.origin import OnDisk
from imagelint.files.paths import absolute, displayed, is_below, is_stream, relative_to
from imagelint.files.reading import stand_in
from imagelint.files.rule_files import left_out, rule_files
from imagelint.files.shipped import default_policy_source
from imagelint.model.errors import FileError, PolicyError, UsageError
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.report import PolicyStamp
from imagelint.model.source import Source, as_yaml, shown
from imagelint.patterns.globs import InvalidPattern
from imagelint.policy.locks import Locks, read_extends
from imagelint.policy.policy import parse_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from imagelint.engine.baseline import Baseline
    from imagelint.files.origin import Origin
    from imagelint.policy.policy import Policy
    from imagelint.rules.rule import Rule

__all__ = ["POLICY_NAME", "GoverningPolicy", "Policies", "policy_folder"]

POLICY_NAME = "imagelint.yaml"
BASELINE_NAME = "imagelint-baseline.json"
_DECIDING = frozenset((POLICY_NAME, ".git"))
"""Entries that may give a folder another policy than the one above it."""
_NO_RULES: Final[Mapping[str, Rule]] = {}


def policy_folder(folder: str) -> str | None:
    """Return the outermost folder, from ``folder`` upwards, that contains a policy."""
    found = None
    while True:
        if os.path.lexists(os.path.join(folder, POLICY_NAME)):
            found = folder
        above = os.path.dirname(folder)
        if above == folder:
            return found
        folder = above


class GoverningPolicy(NamedTuple):
    """A policy as found: ``folder`` (absolute) is what its path globs are relative to.

    That is the folder of the policy if the files are below it; else, and without a policy, the
    root of their repository, or the working folder if there is none.

    ``files`` are the absolute paths of all its parts: itself, what it extends, their rule files,
    and the baseline beside it; empty for the built-in one.
    """

    policy: Policy
    stamp: PolicyStamp
    folder: str
    files: tuple[str, ...] = ()
    baseline: Baseline | None = None
    baseline_path: str | None = None
    """The absolute path at which a baseline is searched; None for the built-in policy."""
    gone: frozenset[str] = frozenset()
    """Missing files for which the baseline lists findings, relative to ``folder``."""
    sources: tuple[Source, ...] = ()
    """The policy's file and what it extends, the outermost last."""
    rules: Mapping[str, Rule] = _NO_RULES
    """Every rule that this policy may set, by id: imagelint's and its own."""
    root: str | None = None
    """The folder outside of which it may name no files."""

    @property
    def home(self) -> str:
        """The folder of the policy's file; if there is none, ``folder``."""
        return os.path.dirname(self.files[0]) if self.files else self.folder

    @property
    def deciding(self) -> tuple[str, ...]:
        """Its files, and the path of a missing baseline, which may have been deleted."""
        place = self.baseline_path
        return self.files if place is None or place in self.files else (*self.files, place)

    @property
    def is_built_in(self) -> bool:
        """Whether this is the policy that imagelint is shipped with."""
        return self.stamp.path is None

    @property
    def shown(self) -> str:
        """The policy's path, or words for the built-in one."""
        return self.stamp.path or "the built-in policy"

    def match_path(self, path: str) -> str:
        """Return the absolute ``path`` as the policy's globs match it; a pipe is in no folder."""
        return "<stdin>" if is_stream(path) else relative_to(self.folder, path)


class _Layer(NamedTuple):
    """A policy file by its absolute path."""

    path: str
    source: Source


class Policies:
    """The policies of a run. Each folder is checked once, each policy file read once."""

    def __init__(  # noqa: PLR0913, PLR0917 - the values of as many options
        self,
        rules: Mapping[str, Rule],
        cwd: str,
        override: str | None = None,
        origin: Origin | None = None,
        harbor: str | None = None,
        within: str | None = None,
    ) -> None:
        """Use the policy file ``override`` for everything if it is given (``--policy``).

        ``harbor`` is the Harbor of the built-in policy (``--harbor``); any other policy is an error
        then. ``within`` is the folder that must contain ``override`` if no user named it.
        """
        self._within = within
        self._named = override
        self._harbor = harbor
        self._origin = OnDisk(cwd) if origin is None else origin
        self._rules = rules
        self._cwd = cwd
        self._loaded: dict[tuple[str | None, str], GoverningPolicy] = {}
        """By the policy's file, and by the folder that its globs are relative to."""
        self._by_folder: dict[str, GoverningPolicy] = {}
        self._tops: dict[str, bool] = {}
        self._override = None if override is None else absolute(override, cwd)

    def for_file(self, path: str) -> GoverningPolicy:
        """Return the policy of a file, given by its absolute path; it need not exist.

        Raises ``PolicyError`` for an invalid policy or one in a folder below another,
        ``FileError`` for one that cannot be read, ``UsageError`` for one beside ``--harbor``.
        """
        known = self._by_folder.get(path.rpartition(os.sep)[0])  # 5 times faster than dirname
        return self.for_folder(os.path.dirname(path)) if known is None else known

    def for_folder(self, folder: str) -> GoverningPolicy:
        """Return the policy of the files in a folder; raises as ``for_file``."""
        if folder not in self._by_folder:
            if self._override is not None:
                self._by_folder[folder] = self._load(self._override, self._base(folder))
            else:
                self._by_folder[folder] = self._search(folder)
        return self._by_folder[folder]

    def _base(self, folder: str) -> str:
        """Return what the globs of ``--policy`` are relative to for the files in a folder."""
        home = os.path.dirname(self._override or self._cwd)
        for above in (home, os.path.realpath(home)):
            if is_below(folder, above):
                return above
        return self._root_above(folder) or self._cwd

    def _root_above(self, folder: str) -> str | None:
        """Return the root of the repository of a folder, as far up as policies are searched."""
        while not self.is_top(folder):
            folder = os.path.dirname(folder)
        return folder if holds_repository(folder) else None

    def hear(self, folder: str, names: Iterable[str]) -> None:
        """Record the entries of a folder from a walk: most folders contain nothing that decides.

        Those are not searched for policies and repositories, which took a fourth of the time of a
        walk. File systems may ignore case, so all other folders are searched.
        """
        above = self._by_folder.get(folder.rpartition(os.sep)[0])
        if above is None or folder in self._by_folder or not isinstance(self._origin, OnDisk):
            return
        if self._override is not None and folder == os.path.dirname(self._override):
            return
        if _DECIDING.isdisjoint([name.lower() for name in names]):
            self._by_folder[folder] = above
            self._tops[folder] = False

    def is_top(self, folder: str) -> bool:
        """Whether no policy is searched above this folder."""
        if folder not in self._tops:
            self._tops[folder] = self._origin.is_top(folder)
        return self._tops[folder]

    def _search(self, folder: str) -> GoverningPolicy:
        """Return the policy in this folder, or the one that applies to the folder above it."""
        mine = os.path.join(folder, POLICY_NAME)
        top = self.is_top(folder)
        above = None if top else self.for_folder(os.path.dirname(folder))
        if not self._origin.exists(mine):
            if above is not None:
                return above
            return self._load(None, folder if holds_repository(folder) else self._cwd)
        found = self._load(mine, folder)
        if above is not None and not above.is_built_in and above.files[0] not in found.files:
            raise self._nested(mine, above)
        return found

    def _nested(self, mine: str, above: GoverningPolicy) -> PolicyError:
        """Return the error for a policy below another: adding a file must not loosen the policy."""
        outer = displayed(os.path.join(above.folder, POLICY_NAME), self._cwd)
        extends = as_yaml(relative_to(os.path.dirname(mine), above.files[0]))
        message = (
            f"this policy stands below {outer} and does not extend it: add `extends: {extends}`,"
            " remove one of the two, or name the one to use with --policy"
        )
        return PolicyError(message, displayed(mine, self._cwd))

    def _load(self, path: str | None, folder: str) -> GoverningPolicy:
        known = self._loaded.get((path, folder))
        if known is None:
            known = self._built_in(folder) if path is None else self._made(path, folder)
            self._loaded[path, folder] = known
        return known

    def _built_in(self, folder: str) -> GoverningPolicy:
        source = default_policy_source(self._harbor)
        stamp = PolicyStamp(None, source.data)
        policy = parse_policy(source, self._rules)
        return GoverningPolicy(policy, stamp, folder, sources=(source,), rules=self._rules)

    def _made(self, path: str, folder: str) -> GoverningPolicy:
        """Read a policy with all that it extends; list every mistake of an invalid file."""
        own_rules: dict[str, Source] = {}
        try:
            return self._read_all(path, folder, own_rules, {})
        except PolicyError as error:
            from imagelint.files.explained import explain  # noqa: PLC0415 - most are in order

            explain(error, is_rule=error.source in own_rules.values())
            raise

    def _read_all(
        self,
        path: str,
        folder: str,
        own_rules: dict[str, Source],
        crds: dict[str, Callable[[], Source]],
    ) -> GoverningPolicy:
        """Read a policy with all that it extends, and the baseline beside it.

        The sources of its rule files are added to ``own_rules``, by path, and what reads its CRDs
        to ``crds``.
        """
        if self._harbor is not None:
            name = displayed(path, self._cwd)
            message = f"--harbor goes with the built-in policy; {name} names its own Harbor"
            raise UsageError(message)
        root = self._root_of(path)
        layers = self._layers(path, root)
        policy: Policy | None = None
        for one in reversed(layers):
            own = os.path.dirname(one.path)
            if not is_below(folder, own):  # the files are not below it either
                own = self._root_above(folder) or folder
            anchor = "" if own == folder else relative_to(own, folder)
            here = os.path.dirname(one.path)
            find = partial(self._rule_sources, here, own_rules, root)
            find_crds = partial(self._crd_sources, here, crds, root)
            policy = parse_policy(one.source, self._rules, policy, anchor, find, find_crds)
        assert policy is not None  # the file itself is a layer
        sources = tuple(one.source for one in layers)
        data = b"".join(one.data for one in (*sources, *own_rules.values()))
        stamp = PolicyStamp(layers[0].source.path, data)
        place = os.path.join(os.path.dirname(path), BASELINE_NAME)
        made_of = (*(one.path for one in layers), *own_rules, *crds)
        baseline, gone = None, frozenset[str]()
        if self._origin.exists(place):
            made_of += (place,)
            baseline = self._baseline(place, policy, root)
            places = ((path, os.path.join(folder, path)) for path in baseline.paths)
            gone = frozenset(path for path, at in places if not os.path.lexists(at))
        rules = {**self._rules, **policy.own_rules}
        return GoverningPolicy(
            policy, stamp, folder, made_of, baseline, place, gone, sources, rules, root
        )

    def _layers(self, path: str, root: str) -> list[_Layer]:
        """Return a policy file and all that it extends, in order: the outermost last."""
        layers: list[_Layer] = []
        wanted: str | None = path
        while wanted is not None:
            is_named = wanted == self._override
            source = self._read(wanted, self._bound(wanted) if is_named else root)
            layers.append(_Layer(wanted, source))
            extended = read_extends(source)
            wanted = None
            if extended is not None:
                text, place = extended
                wanted = absolute(text, os.path.dirname(layers[-1].path))
                if not self._origin.exists(wanted):
                    message = f"extends: there is no file {shown(text)}"
                    raise PolicyError(message, source.path, *place)
                if any(one.path == wanted for one in layers):
                    message = f"extends: {shown(text)} extends this file in turn"
                    raise PolicyError(message, source.path, *place)
        return layers

    def _bound(self, path: str) -> str | None:
        """Return the folder outside of which ``--policy`` is not read; None: it may be anywhere.

        A link from the checkout must not lead out. A commit has no links that lead out.
        """
        if self._within is not None or self._named is None or not self._origin.is_on_disk(path):
            return self._within
        return bound_of(self._named, self._cwd, displayed(path, self._cwd))

    def _baseline(self, path: str, policy: Policy, root: str) -> Baseline:
        source = self._read(path, root)
        lock = Locks(policy.locks).on("baseline")
        if lock is not None:
            message = f"no baseline may excuse anything here, as {lock.place} says: remove it"
            raise PolicyError(message, source.path)
        from imagelint.engine.baseline import Baseline  # noqa: PLC0415 - many policies have none

        return Baseline.read(source)

    def _rule_sources(
        self, folder: str, found: dict[str, Source], root: str, glob: str
    ) -> list[Source]:
        """Read the rule files that a policy in ``folder`` names; add them to ``found`` by path.

        Raises ``InvalidPattern`` for an invalid glob.
        """
        paths = rule_files(self._origin, folder, glob)
        if isinstance(self._origin, OnDisk):
            self._refuse_absent(left_out(folder, glob), "this rule file")
        if not isinstance(self._origin, OnDisk):
            with suppress(InvalidPattern):
                for path in rule_files(OnDisk(), folder, glob):
                    self._origin.exists(path)  # so that new files are reported
        sources = [self._read(path, root) for path in paths]
        found.update(zip(paths, sources, strict=True))
        return sources

    def _crd_sources(
        self, folder: str, found: dict[str, Callable[[], Source]], root: str, glob: str
    ) -> list[Callable[[], Source]]:
        """Return what reads each file with CRDs that a policy in ``folder`` names.

        Raises ``InvalidPattern`` for an invalid glob.
        """
        from imagelint.files.rule_files import crd_files, left_out  # noqa: PLC0415 - most have none

        paths = crd_files(self._origin, folder, glob)
        if isinstance(self._origin, OnDisk):
            self._refuse_absent(left_out(folder, glob, with_below=True), "these CRDs")
        reads = {path: partial(self._read, path, root) for path in paths if path not in found}
        found.update(reads)
        return [found[path] for path in paths]

    def _refuse_absent(self, paths: Iterable[str], what: str) -> None:
        for path in paths:
            it = "it" if what.startswith("this ") else "them"
            message = f"a sparse checkout leaves out {what}; add {it} to the checkout"
            raise FileError(displayed(path, self._cwd), message)

    def _root_of(self, path: str) -> str:
        """Return the folder outside of which a policy may name no files: its repository.

        Without one it is the outermost folder with a policy; for ``--policy`` its own folder.
        """
        own = os.path.dirname(path)
        root = repository_of(own)
        if root is None and self._override is None:
            root = policy_folder(own)
        return root or own

    def _read(self, path: str, root: str | None) -> Source:
        name = displayed(path, self._cwd)
        data = self._origin.read(path, name, root)
        what = stand_in(data)
        if what is not None:
            raise FileError(name, what)
        return Source(name, data)
