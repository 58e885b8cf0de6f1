"""Kustomizations of a run, built: images that no file of the PATHs shows.

Files are linted as their kustomizations use them, so most images of a build are known already. The
others come from folders outside of the PATHs, or from what only a build decides. They are told at
the entry that leads to them, and ``fix`` gives them an entry under ``images``.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from imagelint import files
from imagelint.engine.edits import NotEditableError, place_of
from imagelint.kubernetes.context import Context
from imagelint.kubernetes.objects import KUSTOMIZATION_FILES
from imagelint.model.errors import FileError
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source, Span, one_line, shown
from imagelint.rendering.compare import compare, told
from imagelint.rendering.kustomize import build, with_entries
from imagelint.rendering.tools import RenderingError, ToolMissingError, find
from imagelint.repository.rename_matching import split_image
from imagelint.run.rendered import texts_of
from imagelint.yaml.nodes import Scalar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from imagelint.model.report import FileResult
    from imagelint.rendering.tools import Tool
    from imagelint.repository.graph import Graph
    from imagelint.repository.member import Member
    from imagelint.run.rendered import Renderer
    from imagelint.run.run import Run

__all__ = ["Build", "Builds"]

_LATE = ("transformers", "replacements")
"""Fields that kustomize applies after ``images``."""


_CHARTS: Final = (
    "charts in kustomizations are not rendered; lint `kustomize build --enable-helm . | imagelint"
    " check -`"
)


class Build(NamedTuple):
    """A built kustomization."""

    path: str
    """Of its file, absolute."""
    governing: files.GoverningPolicy
    result: FileResult
    text: str
    places: dict[int, Span]
    """By number of an image of the result: the entry that leads to it."""
    refused: str | None = None
    """Why its images are not fixed."""


class Builds:
    """Builds kustomizations, and gives images of bases new names."""

    def __init__(self, run: Run, renderer: Renderer) -> None:
        """Judge as the run does."""
        self._run = run
        self._renderer = renderer

    def all(self) -> Iterator[Build]:
        """Build every kustomization that no other one includes; errors go to the run."""
        tool: Tool | None = None
        for graph, member in self._roots():
            try:
                tool = tool or find("kustomize")
            except ToolMissingError as error:
                self._run.errors.append(str(error))
                return
            name = files.displayed(member.path, self._run.cwd)
            try:
                _refuse_downloads(graph, member)
                yield self._built(tool, graph, member)
            except RenderingError as error:
                self._run.errors.append(one_line(f"{name}: not built: {error}"))

    def _roots(self) -> Iterator[tuple[Graph, Member]]:
        """Yield the kustomizations among the inputs that nothing else includes."""
        for one in self._run.inputs:
            folder, name = os.path.split(one.path)
            if one.data is not None or name not in KUSTOMIZATION_FILES:
                continue
            graph = self._run.around.graph_of(one.path)
            member = None if graph is None else graph.members.get(graph.canonical(folder))
            if graph is None or member is None or member.says.is_component:
                continue
            if not graph.parents_of(graph.canonical(folder)) and self._is_asked(one.path):
                yield graph, member

    def _is_asked(self, path: str) -> bool:
        """Whether a policy with a list names a kustomization; without a list, all are built."""
        governing = self._run.policies.for_file(path)
        listed = governing.policy.rendering
        if listed is None:
            return True
        folder = os.path.dirname(path)
        places = (os.path.join(governing.folder, one.folder) for one in listed.kustomizations)
        return folder in map(os.path.normpath, places)

    def _environment(self, path: str, governing: files.GoverningPolicy) -> str | None:
        listed = governing.policy.rendering
        for one in () if listed is None else listed.kustomizations:
            if os.path.normpath(os.path.join(governing.folder, one.folder)) == os.path.dirname(
                path
            ):
                return one.environment
        return None

    def _built(self, tool: Tool, graph: Graph, member: Member) -> Build:
        governing = self._run.policies.for_file(member.path)
        data = build(tool, os.path.dirname(member.path))
        result = self._lint(member.path, governing, data)
        names = [split_image(text)[0] for text in texts_of(result.images)]
        found = {}
        for number, name in enumerate(names):
            span = _entry_of(graph, member, name.encode())
            if span is not None:
                found[number] = span
        return Build(member.path, governing, result, data.decode("utf-8", "replace"), found)

    def _lint(self, path: str, governing: files.GoverningPolicy, data: bytes) -> FileResult:
        linter = self._renderer.linter_of(governing, self._environment(path, governing))
        context = self._run.around.context_of(path)
        examination = linter.examine(
            Source(files.displayed(path, self._run.cwd), data),
            Context(builds=context.builds),
        )
        return linter.judge(examination, governing.match_path(path), stamp=governing.stamp)

    def with_entries(self, one: Build, known: Collection[str]) -> tuple[bytes, Build]:
        """Return the file of a kustomization with entries for images whose names are not ``known``.

        Also returns the build with them. Raises ``RenderingError`` with the reason if that is not
        possible, or would change anything else.
        """
        graph = self._run.around.graph_of(one.path)
        member = None if graph is None else graph.members.get(os.path.dirname(one.path))
        assert graph is not None
        assert member is not None
        wanted = {
            split_image(image)[0]: split_image(record.rewrite)[0]
            for image, record in zip(texts_of(one.result.images), one.result.images, strict=True)
            if record.rewrite is not None and split_image(image)[0] not in known
        }
        keys = (key for key, _ in member.says.mapping.pairs)
        if any(isinstance(key, Scalar) and key.value.lower() in _LATE for key in keys):
            message = "transformers or replacements of this kustomization run after its images"
            raise RenderingError(message)
        data = build(find("kustomize"), os.path.dirname(one.path), wanted)
        result = self._lint(one.path, one.governing, data)
        after = data.decode("utf-8", "replace")
        lines = {
            one.result.source.line_number(record.span.start) - 1 for record in one.result.images
        }
        found = compare(one.text, after, wanted, lines)
        if not found.is_fine:
            what = f": {told(found.other, one.text, after)}" if found.other else ""
            message = f"with an entry under images, other things change, too{what}"
            raise RenderingError(message)
        try:
            new = with_entries(member.document, wanted)
        except NotEditableError as error:
            message = f"images cannot be edited: {error}"
            raise RenderingError(message) from error
        return new, one._replace(result=result, text=after, places={})


def _refuse_downloads(graph: Graph, member: Member) -> None:
    """Raise ``RenderingError`` if something is named that is not there: it would be downloaded.

    So would charts, and kustomize would run Helm for them.
    """
    for folder in graph.below((os.path.dirname(member.path),)):
        below = graph.members[folder]
        if below.says.charts:
            raise RenderingError(_CHARTS)
        followed = {edge.entry for edge in below.edges}
        for entry in below.says.paths:
            if entry not in followed:
                where = "" if below is member else f" of {os.path.relpath(folder, graph.root)}"
                message = (
                    f"{entry.field}{where}: {shown(entry.path)} is not in this repository, and"
                    " nothing is downloaded"
                )
                raise RenderingError(message)


def _entry_of(graph: Graph, member: Member, name: bytes) -> Span | None:
    """Return the entry of a kustomization that leads to a file with a text, None without one."""
    for edge in member.edges:
        places = [edge.path]
        if edge.is_folder:
            below = [graph.members[folder] for folder in graph.below((edge.path,))]
            places = [one.path for one in below]
            places += (other.path for one in below for other in one.edges if not other.is_folder)
        for place in places:
            with suppress(FileError):
                if name in files.read(place, place, graph.root, files.MAX_SIZE)[0]:
                    return place_of(member.document, edge.entry.node)
    return None
