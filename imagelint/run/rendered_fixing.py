"""``fix --render``: new values for charts, each proven by rendering again.

The values file given last is edited, or the chart's own. The second rendering may differ from the
first one in the images that were meant, in copies of them and in hashes; otherwise nothing is
written, and the reason is told.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from imagelint import files
from imagelint.engine.edits import NotEditableError
from imagelint.model.errors import FileError
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import apply_edits, one_line
from imagelint.rendering.charts import bench
from imagelint.rendering.compare import compare, told
from imagelint.rendering.marks import INSECURE_IMAGES, overlay, permission
from imagelint.rendering.plan import dotted
from imagelint.rendering.tools import RenderingError
from imagelint.rendering.values import GivenValues
from imagelint.repair.insert import set_values
from imagelint.repository.rename_matching import split_image
from imagelint.run.builds import Builds
from imagelint.run.rendered import Looked, Renderer, texts_of
from imagelint.yaml.nodes import Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.rendering.charts import Bench
    from imagelint.rendering.compare import Differences
    from imagelint.rendering.marks import Path
    from imagelint.rendering.tools import Tool
    from imagelint.run.builds import Build
    from imagelint.run.releases import Installed
    from imagelint.run.request import Request
    from imagelint.run.retold import KnownImages
    from imagelint.run.run import Run
    from imagelint.yaml.documents import Document

__all__ = ["RenderedFix", "RenderedFixer"]

_HINT = ".".join(map(str, INSECURE_IMAGES))


class RenderedFix(NamedTuple):
    """A values file with new values."""

    path: str
    """Absolute."""
    old: bytes | None
    """None: there was no file."""
    new: bytes


class _RefusedError(Exception):
    """Why the values of a chart are left as they are."""


class RenderedFixer:
    """Fixes the values of the charts of a run, one chart after the other."""

    def __init__(self, run: Run, request: Request) -> None:
        """Judge as the run does."""
        self._run = run
        self._request = request
        self._renderer = Renderer(run, request)
        self._old: dict[str, bytes | None] = {}
        """By path: what is on the disk."""
        self._new: dict[str, bytes] = {}
        """By path: what was edited so far, here or before."""
        self.said: list[str] = []
        """Lines for stderr: what else changes with the images."""

    def looked(self, contents: dict[str, bytes]) -> Iterator[Looked]:
        """Render every chart, fix its values, and yield what is found afterwards.

        ``contents`` replace those of files, by path: what is fixed, but not written.
        """
        self._new.update(contents)
        yield from self._renderer.each(self._fixed, at_once=1)

    def built(self, known: KnownImages) -> Iterator[Build]:
        """Build kustomizations, and give images that no file of the PATHs has another name."""
        builds = Builds(self._run, self._renderer)
        for one in builds.all():
            images = texts_of(one.result.images)
            new = {
                image
                for image, record in zip(images, one.result.images, strict=True)
                if record.rewrite is not None and split_image(image)[0] not in known.names
            }
            if not new:
                yield one
                continue
            try:
                data, after = builds.with_entries(one, known.names)
                old = files.read(one.path, one.path)[0]
            except (RenderingError, FileError) as error:
                yield one._replace(refused=str(error))
                continue
            self._old[one.path] = old
            self._new[one.path] = data
            yield after

    @property
    def fixes(self) -> list[RenderedFix]:
        """The values files that get new content."""
        return [
            RenderedFix(path, old, self._new[path])
            for path, old in self._old.items()
            if self._new.get(path, old) != old
        ]

    def write(self, one: RenderedFix) -> bool:
        """Write a values file; a failure is an error of the run."""
        shown = files.displayed(one.path, self._run.cwd)
        try:
            if one.old is None:
                files.write_new(one.path, shown, one.new, overwrite=False)
            else:
                files.rewrite(
                    one.path, shown, one.new, one.old, self._run.around.guard_of(one.path)
                )
        except FileError as error:
            self._run.errors.append(one_line(str(error)))
            return False
        return True

    def _fixed(self, helm: Tool, one: Installed) -> Looked:
        """Render a chart, and fix its values if that is proven to be right."""
        one = one._replace(release=one.release.with_contents(self._new))
        with bench(helm, one.release, self._new) as work:
            before = self._renderer.look(work, one, thorough=False)
            if not before.plan.values:
                return before
            try:
                return self._edited(work, before)
            except _RefusedError as refusal:
                reasons = dict.fromkeys(before.plan.made, str(refusal))
                refused = before.plan._replace(
                    values={}, made={}, refused={**before.plan.refused, **reasons}
                )
                return before._replace(plan=refused, renderings=work.renderings)

    def _edited(self, work: Bench, before: Looked) -> Looked:
        """Edit the values file, render again and compare; raises ``_RefusedError``."""
        release = before.installed.release
        path = release.edited
        old: bytes | None
        if release.values:
            given = release.values[-1]
            old = given.data
        else:
            old = self._read(path, release.root)
            given = GivenValues(path, old or b"")
        document = given.document
        new = _with_values(document, given, self._changes(before, given, document))
        edited = release.with_contents({path: new})
        work.put(edited, None if release.values else new)
        try:
            text = work.render().text
        except RenderingError as error:
            raise _RefusedError(self._why(error)) from error
        result = self._renderer.lint(before.installed, text)
        _check_images(before, texts_of(result.images))
        differences = self._compared(work, before, text, None if release.values else old or b"")
        self._tell(before, differences)
        self._old.setdefault(path, None if old is None else self._on_disk(path, old))
        self._new[path] = new
        installed = before.installed._replace(release=edited)
        goals = tuple(
            goal._replace(image=image, wanted=record.rewrite)
            for goal, image, record in zip(
                before.goals, texts_of(result.images), result.images, strict=True
            )
        )
        return before._replace(
            installed=installed,
            result=result,
            goals=goals,
            renderings=work.renderings,
            places=self._renderer.places(work, installed, result, goals),
        )

    def _on_disk(self, path: str, old: bytes) -> bytes:
        """Return what is on the disk; ``old`` may be fixed, but not written."""
        try:
            return files.read(path, path)[0]
        except FileError:
            return old

    def _read(self, path: str, root: str) -> bytes | None:
        """Return the content of a chart's own values file, None if it has none."""
        if path in self._new:
            return self._new[path]
        if not os.path.lexists(path):
            return None
        try:
            return files.read(path, files.displayed(path, self._run.cwd), root, files.MAX_SIZE)[0]
        except FileError as error:
            raise _RefusedError(str(error)) from error

    def _changes(self, before: Looked, given: GivenValues, document: Document) -> dict[Path, Any]:
        """Return the new values by their keys; a list that is elsewhere is stated whole."""
        values = before.rendered.values
        changed = overlay(values, before.plan.values.items())
        changes: dict[Path, Any] = {}
        for path, value in before.plan.values.items():
            index = next((at for at, key in enumerate(path) if isinstance(key, int)), None)
            if index is None or isinstance(given.at(document, *path[:index]), Sequence):
                changes[path] = value
            else:
                whole: Any = changed
                for key in path[:index]:
                    whole = whole[key]
                changes[path[:index]] = whole
        rendering = self._request.rendering
        if rendering is not None and rendering.insecure_images:
            changes.update(permission(values))
        return changes

    @staticmethod
    def _why(error: RenderingError) -> str:
        if str(INSECURE_IMAGES[-1]) in str(error) or "unrecognized ones" in str(error):
            return (
                f"the chart accepts images from other registries only with {_HINT}: true, which"
                " --allow-insecure-images sets"
            )
        return f"with new values, {error}"

    def _compared(self, work: Bench, before: Looked, text: bytes, own: bytes | None) -> Differences:
        """Compare two renderings; raises ``_RefusedError`` if other things differ, too."""
        one, two = before.rendered.text.decode("utf-8", "replace"), text.decode("utf-8", "replace")
        source, plan = before.result.source, before.plan
        sites = {
            source.line_number(before.result.images[number].span.start) - 1 for number in plan.made
        }
        known: dict[str, str] = {}
        for number, path in plan.made.items():
            goal = before.goals[number]
            if goal.wanted is not None:
                known[goal.image] = goal.wanted
            for origin in goal.sources:
                if origin.leaf.path == path and origin.leaf.value:
                    known.setdefault(origin.leaf.value, plan.values[path])
        found = compare(one, two, known, sites)
        if not found.is_fine:  # it may be random: the first rendering is tried once more
            work.put(before.installed.release, own)
            again = work.render().text.decode("utf-8", "replace")
            found = compare(one, two, known, sites, again)
        if found.is_other_shape:
            message = "with new values, the rendering gets other lines, too"
            raise _RefusedError(message)
        if found.other:
            message = f"with new values, this changes, too: {told(found.other, one, two)}"
            raise _RefusedError(message)
        return found

    def _tell(self, before: Looked, found: Differences) -> None:
        """List what changes besides images."""
        shown = before.installed.release.shown
        for lines, what in ((found.copies, "copies of them"), (found.hashes, "hashes")):
            if lines:
                count = f"{len(lines)} line{'s' if len(lines) > 1 else ''} with {what}"
                self.said.append(one_line(f"note: {shown}: with the images, {count} changed"))


def _check_images(before: Looked, images: list[str]) -> None:
    """Check that each image is what was planned; raises ``_RefusedError``."""
    if len(images) != len(before.goals):
        message = "with new values, the chart has other images"
        raise _RefusedError(message)
    for number, (goal, image) in enumerate(zip(before.goals, images, strict=True)):
        is_meant = number in before.plan.made and goal.wanted is not None
        expected = goal.wanted if is_meant else goal.image
        if image != expected:
            message = f"with new values, {goal.image} becomes {image}, not {expected}"
            raise _RefusedError(message)


def _with_values(document: Document, given: GivenValues, changes: dict[Path, Any]) -> bytes:
    """Return a file with new values; raises ``_RefusedError``."""
    try:
        placed = {(*given.keys, *path): value for path, value in changes.items()}
        return apply_edits(document.source, set_values(document, placed))
    except NotEditableError as error:
        keys = ", ".join(map(dotted, changes))
        name = os.path.basename(given.path)
        message = f"{keys} cannot be set in {name}: {error}"
        raise _RefusedError(message) from error
