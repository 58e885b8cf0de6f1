"""What has to change beside the images of a run, so that every kustomization builds what it built.

The repairs of all inputs are known and nothing is written yet. What selects a repaired image by
name gets the new name, be it in a file of the run or in another one that git knows; an image for
which that cannot be done safely stays as it is, with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from imagelint import files
from imagelint.model.errors import FileError
from imagelint.model.source import one_line
from imagelint.run.request import Adjustment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.repository.graph import Graph
    from imagelint.repository.selectors import Repairs
    from imagelint.run.surroundings import Surroundings

__all__ = ["adjustments"]

Images: TypeAlias = "tuple[tuple[int, str, str], ...]"


def adjustments(
    found: Iterable[tuple[str, Images]], around: Surroundings, catalogue: Catalogue, cwd: str
) -> dict[str, Adjustment]:
    """Return the adjustments by file (absolute): of inputs, and of files outside of the run.

    ``found`` are the paths of inputs, each with what is repaired in it: where it begins, in bytes,
    the image before and after.
    """
    by_graph: dict[int, tuple[Graph, Repairs]] = {}
    for path, images in found:
        graph = around.graph_of(path) if images else None
        if graph is not None:
            _, repairs = by_graph.setdefault(id(graph), (graph, {}))
            repairs[path] = {start: (old, new) for start, old, new in images}
    made: dict[str, Adjustment] = {}
    for graph, repairs in by_graph.values():
        made |= _planned(graph, repairs, catalogue, cwd)
    return made


def _planned(
    graph: Graph, repairs: Repairs, catalogue: Catalogue, cwd: str
) -> dict[str, Adjustment]:
    from imagelint.repository.renames import plan_renames  # noqa: PLC0415 - many repairs move none
    from imagelint.repository.selectors import Key, Selectors  # noqa: PLC0415

    def shown(path: str) -> str:
        return one_line(files.displayed(path, cwd))

    selectors = Selectors(graph, repairs, _content, catalogue, shown)
    repository = selectors.repository()
    if not repository.builds:
        return {}
    plan = plan_renames(repository)
    refused: dict[str, dict[int, str]] = {}
    for key, reason in plan.refused.items():
        assert isinstance(key, Key)  # as the selectors make them
        refused.setdefault(key.path, {})[key.offset] = reason
    edits = selectors.edits(plan)
    return {
        path: Adjustment(refused.get(path, {}), tuple(edits.get(path, ())))
        for path in dict.fromkeys((*refused, *edits))
    }


def _content(path: str) -> bytes | None:
    try:
        return files.read(path, path)[0]
    except FileError:
        return None
