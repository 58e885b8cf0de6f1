"""What baselines list that only the whole run can judge.

That is which findings are in renamed files, and how many entries are stale. The linter matches
the baseline's entries for files that still exist; nothing is written here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.engine.baseline import Known, OnHarbor, settled

if TYPE_CHECKING:
    from imagelint import files
    from imagelint.engine.linter import Linter
    from imagelint.model.report import FileResult
    from imagelint.run.request import Input

__all__ = ["with_renamed"]


def with_renamed(
    results: tuple[FileResult, ...],
    inputs: tuple[Input, ...],
    governing: files.GoverningPolicy,
    linter: Linter,
    *,
    is_whole: bool,
) -> tuple[tuple[FileResult, ...], list[str]]:
    """Return the results with findings in renamed files marked as known, and notes on the baseline.

    ``governing`` has a baseline, ``linter`` uses it. ``is_whole``: every file that the policy
    governs was linted: otherwise a missing finding may be in a file that was not.
    """
    assert governing.baseline is not None  # the caller checks this
    own = (item for item in inputs if item.governing.files == governing.files)
    paths = {item.shown: governing.match_path(item.path) for item in own}
    linted = {paths[result.path] for result in results if result.path in paths}
    counts = {
        finding: count
        for finding, count in governing.baseline.counts.items()
        if (finding.path in linted or finding.path in governing.gone)
        and (linter.environment is None or finding.environment in ("", linter.environment))
    }
    known = Known(counts, linter.upstream, governing.gone, OnHarbor(*linter.on_harbor))
    place, locked = governing.baseline.place, governing.policy.locked_rules
    results = tuple(settled(results, paths, known, place, locked))
    left = known.left(with_moved=is_whole)
    if not left:
        return results, []
    entries = "1 entry is" if left == 1 else f"{left} entries are"
    said = f"{place}: {entries} stale; `imagelint baseline prune` removes what is found no longer"
    return results, [f"note: {said}"]
