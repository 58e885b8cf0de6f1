"""PATHs → inputs, each with its policy, and what was skipped.

Nothing is printed: ``notices`` are lines for stderr, ``errors`` make the exit code 2.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint import files
from imagelint.kubernetes.helm import is_cut_off
from imagelint.model.errors import UsageError
from imagelint.model.finding import Skipped
from imagelint.model.source import Source, one_line
from imagelint.run.request import STDIN, Input, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from imagelint.files.changes import Changes
    from imagelint.policy.policy import Policy
    from imagelint.rules.rule import Rule
    from imagelint.run.surroundings import Surroundings

__all__ = ["InputFinder", "built_in_notice"]

_STDIN_SHOWN = "<stdin>"


class InputFinder:
    """Finds the inputs of a request on the disk and on stdin."""

    def __init__(
        self, request: Request, rules: Mapping[str, Rule], cwd: str, around: Surroundings
    ) -> None:
        """Look for policies that may set ``rules``; ``cwd`` is the working folder, absolute."""
        self._request = request
        self._around = around
        self._cwd = cwd
        ref = request.policy_from
        self._origin = None if ref is None else files.AtCommit(ref, cwd)
        self.policies = files.Policies(
            rules, cwd, request.policy, self._origin, request.harbor, request.policy_within
        )
        self.stdin: bytes | None = None
        """Standard input, if it was requested."""
        self.notices: list[str] = []
        self.errors: list[str] = []
        self.skipped: list[Skipped] = []
        self.has_links = False
        """Whether a file is a link."""
        self.with_leftovers: list[str] = []
        """Folders in which killed processes may have left files, if that is requested."""
        self._listed: set[str] = set()
        """The folders that were checked for such files."""

    def inputs(
        self, begin: Callable[[str, files.GoverningPolicy], None] | None = None
    ) -> Iterator[Input]:
        """Yield the inputs in order: stdin first, then files by path.

        ``begin`` gets the path and the policy of each file as it is found, if it is sure to be an
        input. Raises ``ImagelintError`` for errors that make all linting pointless.
        """
        exclusion = files.Exclusion(self.policies, self._request.exclude, self._cwd)
        paths = self._request.paths or (".",)
        changes = self._changes(paths)
        if STDIN in paths:
            yield from self._stdin_input(exclusion)
        elif self._request.stdin_filename is not None:
            message = "--stdin-filename names what comes on stdin: give - as PATH too"
            raise UsageError(message)
        self.errors += map(one_line, self._around.refused.values())
        followed = (path for path in paths if path != STDIN and path not in self._around.refused)
        named = self._still_there(followed, changes)

        def on_file(path: str) -> None:
            if begin is not None and changes is None:
                begin(path, self._policy_of(path))

        ignored = files.Ignored() if self._origin is None else files.Ignored(self._origin.ignored)
        listener = files.Listener(self._on_folder, on_file, self._around.follows)
        found = files.find(named, self._cwd, exclusion, ignored, listener)
        self._report_git_failures(ignored.refusals)
        self.has_links = bool(found.links)
        self.notices += (f"warning: {one_line(line)}" for line in found.warnings)
        self.errors += map(one_line, found.errors)
        self._report_empty_folders(found.without)
        out = self._links_out(found)
        if self._request.leftovers:
            self._look_for_leftovers(found, out)
        included = self._included(found, exclusion)
        shown = {file.shown for file in included} | self._missing(found, exclusion)
        self.skipped += (skipped for skipped in found.skipped if skipped.path not in shown)
        everything = files.in_order((*found.files, *included)) if included else found.files
        linted = []
        newly = frozenset[str]()
        if changes is not None:
            newly = self._around.newly_reached(changes.is_same, changes.then)
        for file in everything:
            if file.path in out:
                continue
            governing = self._policy_of(file.path)
            is_new = bool(newly) and not newly.isdisjoint(_upwards(file.path))
            if changes is None or is_new or self._concerned(changes, file.path, governing):
                linted.append(file.path)
                yield Input(file.path, file.shown, governing)
            else:
                self.skipped.append(Skipped(file.shown, changes.reason))
        self._report_missing_members(linted)

    def _report_empty_folders(self, without: Iterable[str]) -> None:
        """Report folders without any manifest as errors: a path is wrong, or a build failed."""
        for folder in without:
            line = one_line(f"{folder}: no manifests (.yaml, .yml, .json) found")
            if self._request.allow_empty:
                self.notices.append(f"warning: {line}")
            else:
                self.errors.append(f"{line} (--allow-empty lets it pass)")

    def _report_git_failures(self, refusals: Mapping[str, str]) -> None:
        """Report the repositories in which git fails, and why; ``fix`` needs to know them, too."""
        self._around.refusals = refusals
        for root, said in refusals.items():
            self.notices.append(
                one_line(
                    f"warning: {self._shown(root)}: git does not answer for this repository, so"
                    f" nothing in it counts as ignored, and fix repairs named files alone: {said}"
                )
            )

    def _missing(self, found: files.Found, exclusion: files.Exclusion) -> set[str]:
        """Report what the checkout lacks; return the links, as shown, that are errors."""
        around = self._around
        roots = {*found.roots, *(around.repository_of(file.path) for file in found.files)}
        sparse = sorted(root for root in roots if root is not None and files.may_be_sparse(root))
        if not (sparse or found.empty or found.unfollowed):
            return set()
        from imagelint.run import absent  # noqa: PLC0415 - most checkouts are whole

        lost = absent.left_out(sparse, around)
        warnings = absent.submodules(found, around, self._shown)
        self.notices += (one_line(f"warning: {line}") for line in warnings)
        notes = absent.sparse(found, lost, exclusion, self._shown)
        self.notices += (one_line(f"note: {line}") for line in notes)
        if self._request.policy is None and self._origin is None:
            self.errors += map(one_line, absent.lost_policies(found, lost, self._shown))
        broken = list(absent.broken_links(found, around))
        self.errors += (one_line(f"{link.path}: {link.reason}") for link in broken)
        return {link.path for link in broken}

    def _report_missing_members(self, linted: Iterable[str]) -> None:
        reaching = self._around.reaching(linted)
        if reaching:
            from imagelint.run import absent  # noqa: PLC0415 - for kustomizations alone

            lines = absent.missing_members(linted, reaching, self._around, self._shown)
            self.errors += map(one_line, lines)

    def _shown(self, path: str) -> str:
        return files.displayed(path, self._cwd)

    def _policy_of(self, path: str) -> files.GoverningPolicy:
        """Return the policy of a file; a pipe has the policy of standard input."""
        place = os.path.join(self._cwd, _STDIN_SHOWN) if files.is_stream(path) else path
        return self.policies.for_file(place)

    def _included(self, found: files.Found, exclusion: files.Exclusion) -> list[files.FoundFile]:
        """Return files below the PATHs that a walk skips but kustomizations include.

        Whatever their names and folders are, they are deployed.
        """
        known = {file.path for file in found.files}
        return [
            files.FoundFile(path, self._shown(path))
            for path in self._around.included(known)
            if path not in known and not exclusion.is_given(path)
        ]

    def _links_out(self, found: files.Found) -> frozenset[str]:
        """Return the links that lead out of their root, after reporting each.

        A tracked link may deploy files that a reviewer cannot see here; an untracked link belongs
        to a tool.
        """
        places = {file.path: file.shown for file in found.files if file.path in found.links}
        folders = {
            place: skipped.path
            for place, skipped in found.unfollowed.items()
            if skipped.reason == files.LINK_TO_FOLDER
        }
        out = []
        for path, name in (places | folders).items():
            root = self._around.guard_of(path)
            if root is None or not files.leads_out(path, root):
                continue
            out.append(path)
            if self._around.is_brought(path):
                self.errors.append(one_line(f"{name}: {files.LEADS_OUT}"))
            elif path in places:
                self.skipped.append(Skipped(name, "link out of the repository"))
        return frozenset(out)

    def _on_folder(self, folder: str, names: Iterable[str]) -> None:
        self.policies.hear(folder, names)
        if self._request.leftovers:
            self._listed.add(folder)
            if files.are_leftovers(names):
                self.with_leftovers.append(folder)

    def _look_for_leftovers(self, found: files.Found, out: frozenset[str]) -> None:
        """Check the folders that no walk visited: of named files, and behind links inside."""
        places = (*(file.path for file in found.files), *map(os.path.realpath, found.links - out))
        folders = dict.fromkeys(place.rpartition(os.sep)[0] or os.sep for place in places)
        self.with_leftovers += filter(files.has_leftovers, folders.keys() - self._listed)

    def _changes(self, paths: Iterable[str]) -> Changes | None:
        ref = self._request.changed_since
        if ref is None:
            return None
        if STDIN in paths:
            message = "--changed-since asks git about files; it cannot know what comes on stdin"
            raise UsageError(message)
        from imagelint.files.changes import Changes  # noqa: PLC0415 - rarely needed

        return Changes(ref, self._cwd)

    def _still_there(self, paths: Iterable[str], changes: Changes | None) -> Iterator[str]:
        """Skip PATHs that no longer exist since the commit: that is a change, not a mistake."""
        for path in paths:
            place = files.absolute(path, self._cwd)
            is_gone = changes is not None and path and not os.path.lexists(place)
            if changes is not None and is_gone and changes.deleted_at(place):
                shown = files.displayed(place, self._cwd)
                self.skipped.append(Skipped(shown, f"deleted since {self._request.changed_since}"))
            else:
                yield path

    def _concerned(self, changes: Changes, path: str, governing: files.GoverningPolicy) -> bool:
        """Whether a file or what decides about it has changed; a policy of a commit cannot."""
        if self._origin is not None:
            return changes.concern(path, ())
        lost = self._request.policy is None and changes.deleted_above(path, files.POLICY_NAME)
        return lost or changes.concern(path, governing.deciding)

    def compare_policies(self) -> None:
        """Report which changes of policies in the working folder do not count, with a diff."""
        if self._origin is None:
            return
        from imagelint.formats.unified import diff  # noqa: PLC0415 - rarely needed

        ref = self._request.policy_from
        for change in self._origin.differences():
            if change.is_link:
                self.notices.append(
                    f"warning: {one_line(change.shown)} is a link here; what {ref} has decides"
                )
                continue
            how = (
                "is new"
                if change.then is None
                else "is gone"
                if change.now is None
                else "is changed"
            )
            shown = diff(Source(change.shown, change.then or b""), change.now or b"").rstrip("\n")
            head = f"warning: {one_line(change.shown)} {how} since {ref}; what {ref} has decides"
            self.notices.append(f"{head}\n{shown}" if shown else head)

    def _stdin_input(self, exclusion: files.Exclusion) -> Iterator[Input]:
        name = self._request.stdin_filename
        here = _STDIN_SHOWN if self._request.stdin_is_here else files.STDIN
        path = files.absolute(name or here, self._cwd)
        shown = files.displayed(path, self._cwd) if name else _STDIN_SHOWN
        if name:  # its policy is searched from there
            files.bound_of(name, self._cwd, shown, self._around.is_tracked)
        governing = self._policy_of(path)
        given = self._request.stdin
        self.stdin = files.read_stdin() if given is None else given
        if files.is_blank(self.stdin) and not self._request.allow_empty:
            message = (
                "nothing came on stdin: did the command before the pipe fail?"
                " (--allow-empty lets it pass)"
            )
            raise UsageError(message)
        if is_cut_off(Source(shown, self.stdin)):
            self.errors.append(
                f"{shown}: Helm output that ends in mid-line: was the command before the pipe"
                " cut short? (if it is whole, end it with a line feed, as Helm does)"
            )
        reason = exclusion(path) if name else None
        if reason is None:
            yield Input(path, shown, governing, self.stdin)
        else:
            self.skipped.append(Skipped(shown, reason))


def built_in_notice(policy: Policy, request: Request) -> str:
    """Say that the built-in policy decides, and to which Harbor images are rewritten."""
    (harbor,) = policy.harbors.harbors
    named, asked = "", request.harbor
    if asked is not None or request.fixes:
        named = f" and images go to the Harbor {harbor.host}"
        named += "" if asked else ", unless --harbor HOST names another"
    return (
        f"note: no {files.POLICY_NAME} found, so the built-in policy decides{named};"
        f" write your own with `imagelint init --harbor {asked or 'HOST'}`"
    )


def _upwards(path: str) -> Iterator[str]:
    """Yield a path and the folders around it."""
    above = ""
    while path != above:
        yield path
        above, path = path, os.path.dirname(path)
