"""What the baselines of a run know that only the whole run can tell.

Which findings stand in files that have been renamed, and how many entries are stale. What a
baseline knows of a file that is still there is the linter's to see; nothing is written here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from imagelint import files
    from imagelint.engine.linter import Linter
    from imagelint.model.report import FileResult
    from imagelint.run.request import Input, Request

__all__ = ["Baselines"]


class Baselines:
    """The baselines of the policies of a run."""

    def __init__(
        self,
        request: Request,
        linter_of: Callable[[files.GoverningPolicy], Linter],
        saw_all_of: Callable[[str], bool],
    ) -> None:
        """Take what the run is asked for, who judges, and which folders are within its PATHs."""
        self._request = request
        self._linter_of = linter_of
        self._saw_all_of = saw_all_of
        self._gone: dict[tuple[str, ...], frozenset[str]] = {}
        self.notices: list[str] = []
        """What people should know of them, once the run is settled."""

    def gone(self, governing: files.GoverningPolicy) -> frozenset[str]:
        """Return the files of a baseline that are no longer there; looked for once."""
        if governing.baseline is None or self._request.without_baseline:
            return frozenset()
        if governing.files not in self._gone:
            self._gone[governing.files] = governing.gone
        return self._gone[governing.files]

    def settled(
        self,
        results: Iterable[FileResult],
        policies: Iterable[files.GoverningPolicy],
        inputs: Iterable[Input],
    ) -> tuple[FileResult, ...]:
        """Go through the results, and return them with what stands in renamed files known."""
        settled = tuple(results)
        for one in policies:
            if one.baseline is not None and not self._request.without_baseline:
                own = (item for item in inputs if item.governing.files == one.files)
                paths = {item.shown: one.match_path(item.path) for item in own}
                settled = self._settled(settled, one, paths)
        return settled

    def _settled(
        self,
        results: tuple[FileResult, ...],
        governing: files.GoverningPolicy,
        paths: dict[str, str],
    ) -> tuple[FileResult, ...]:
        """Settle the results of one policy; ``paths`` are those of its globs, by those shown."""
        from imagelint.engine.baseline import Known, settled  # noqa: PLC0415 - many have none

        assert governing.baseline is not None  # the caller has looked
        gone, environment = self.gone(governing), self._request.environment
        linted = {paths[one.path] for one in results if one.path in paths}
        counts = {
            one: count
            for one, count in governing.baseline.counts.items()
            if (one.path in linted or one.path in gone)
            and (environment is None or one.environment in ("", environment))
        }
        known = Known(counts, self._linter_of(governing).upstream, gone)
        place, locked = governing.baseline.place, governing.policy.locked_rules
        results = tuple(settled(results, paths, known, place, locked))
        # What a file knew that is gone may be in any other one.
        is_whole = self._request.changed_since is None and self._saw_all_of(governing.folder)
        left = known.left(with_moved=is_whole)
        if left:
            entries = "1 entry is" if left == 1 else f"{left} entries are"
            self.notices.append(
                f"note: {place}: {entries} stale; `imagelint baseline prune` removes what is found"
                " no longer"
            )
        return results
