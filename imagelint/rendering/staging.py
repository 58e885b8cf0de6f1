"""Copy a chart, with all charts that it needs, into a folder of our own.

The copy holds nothing from outside the repository, no archive, and no schema that refers to other
files or hosts. Charts that a Chart.yaml names by ``file://`` are put where Helm looks for them.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
from typing import TYPE_CHECKING, Final

from imagelint import files
from imagelint.kubernetes.objects import CHART_FILE
from imagelint.model.errors import FileError
from imagelint.model.namedtuple import NamedTuple
from imagelint.rendering.metadata import Metadata, metadata_of
from imagelint.rendering.tools import RenderingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Part", "Staged", "read_metadata", "stage"]

SCHEMA: Final = "values.schema.json"
_BYTES_MAX: Final = 100_000_000
_FILES_MAX: Final = 20_000
_DEPTH_MAX: Final = 12
_REFERENCES: Final = frozenset(("$ref", "$dynamicRef", "$recursiveRef"))
_DRAFTS: Final = ("http://json-schema.org/", "https://json-schema.org/")
_NO_CONTENTS: Final[Mapping[str, bytes]] = {}


class Part(NamedTuple):
    """A chart in the copy: the chart itself, or one in its ``charts/``."""

    metadata: Metadata
    folder: str
    """In the copy, absolute."""
    origin: str | None
    """The folder that was copied, absolute; None if it came out of an archive."""
    archive: str | None
    """That archive, absolute."""
    children: tuple[tuple[str, Part], ...] = ()
    """Each with the key of its values in those of this chart."""

    def child(self, key: str) -> Part | None:
        """Return the chart whose values are at ``key``."""
        return dict(self.children).get(key)


class Staged(NamedTuple):
    """A copied chart, and what is not in the copy."""

    part: Part
    remarks: tuple[str, ...]


def read_metadata(folder: str, shown: str, root: str) -> Metadata:
    """Read the Chart.yaml in a folder (absolute); raises ``FileError``."""
    data = files.read(os.path.join(folder, CHART_FILE), shown, root, files.MAX_SIZE)[0]
    try:
        older = files.read(os.path.join(folder, "requirements.yaml"), shown, root)[0]
    except FileError:
        older = b""
    return metadata_of(data, older)


def stage(
    folder: str, into: str, root: str, contents: Mapping[str, bytes] = _NO_CONTENTS
) -> Staged:
    """Copy the chart in ``folder`` to ``into``; raises ``RenderingError``.

    ``root`` is the folder that no link may leave; ``contents`` replace those of files, by path. All
    paths are absolute.
    """
    stager = _Stager(root, contents)
    try:
        part = stager.chart(folder, into, ())
    except FileError as error:
        raise RenderingError(str(error)) from error
    except OSError as error:
        message = f"{folder}: cannot be copied: {error.strerror or error}"
        raise RenderingError(message) from error
    return Staged(part, tuple(stager.remarks))


class _Stager:
    """One copy, with its limits."""

    def __init__(self, root: str, contents: Mapping[str, bytes]) -> None:
        self._root = root
        self._contents = contents
        self._bytes = self._files = 0
        self.remarks: list[str] = []

    def chart(self, folder: str, into: str, above: tuple[str, ...]) -> Part:
        """Copy a chart from a folder; ``above`` are the folders of those that need it."""
        if folder in above:
            way = " → ".join(map(os.path.basename, (*above[above.index(folder) :], folder)))
            message = f"the dependencies form a cycle: {way}"
            raise RenderingError(message)
        self._check_depth(above)
        self._copy(folder, into, ())
        found = self._part(into, folder, None)
        for one in found.metadata.dependencies:
            place = one.repository.removeprefix("file://")
            known = {part.metadata.name for _, part in found.children}
            if place == one.repository or one.name in known:
                continue
            source = os.path.normpath(os.path.join(folder, place))
            if os.path.isfile(os.path.join(source, CHART_FILE)):
                target = os.path.join(into, "charts", one.name)
                child = self.chart(source, target, (*above, folder))
                found = _with_child(found, child)
        return found

    def _part(self, folder: str, origin: str | None, archive: str | None) -> Part:
        """Describe a copied chart and those in its ``charts/``."""
        metadata = read_metadata(folder, os.path.basename(folder), folder)
        found = Part(metadata, folder, origin, archive)
        charts = os.path.join(folder, "charts")
        for name in sorted(os.listdir(charts)) if os.path.isdir(charts) else ():
            place = os.path.join(charts, name)
            if name.startswith((".", "_")):  # as Helm does
                continue
            if os.path.isfile(place) and name.endswith(".tgz"):
                inner = os.path.join(charts, name.removesuffix(".tgz"))
                self._unpack(place, inner)
                packed = archive or (origin and os.path.join(origin, "charts", name))
                found = _with_child(found, self._part(inner, None, packed))
            elif os.path.isfile(os.path.join(place, CHART_FILE)):
                at = None if origin is None else os.path.join(origin, "charts", name)
                found = _with_child(found, self._part(place, at, archive))
        return found

    def _copy(self, folder: str, into: str, above: tuple[str, ...]) -> None:
        """Copy the files of a folder; links are followed within the root, as Helm follows them."""
        real = os.path.realpath(folder)
        if files.leads_out(folder, self._root):
            raise FileError(folder, files.LEADS_OUT)
        if real in above:
            raise FileError(folder, "a link to a folder above it")
        self._check_depth(above)
        os.makedirs(into, exist_ok=True)
        for name in sorted(os.listdir(folder)):
            place, target = os.path.join(folder, name), os.path.join(into, name)
            if os.path.isdir(place):
                if not files.holds_repository(place) and name != ".git":
                    self._copy(place, target, (*above, real))
            else:
                data = self._contents.get(place)
                self._write(target, self._read(place) if data is None else data, place)

    def _read(self, path: str) -> bytes:
        return files.read(path, path, self._root, files.MAX_SIZE)[0]

    def _write(self, target: str, data: bytes, shown: str) -> None:
        self._bytes += len(data)
        self._files += 1
        if self._bytes > _BYTES_MAX or self._files > _FILES_MAX:
            message = f"the chart has more than {_FILES_MAX:,} files or {_BYTES_MAX:,} bytes"
            raise RenderingError(message)
        if os.path.basename(target) == SCHEMA and _refers_elsewhere(data):
            self.remarks.append(f"{shown}: refers to other files, so it is not used")
            return
        with open(target, "wb") as file:
            file.write(data)

    def _unpack(self, archive: str, into: str) -> None:
        """Replace an archive in the copy by a folder with its files."""
        shown = os.path.basename(archive)
        with open(archive, "rb") as file:
            data = file.read()
        os.unlink(archive)
        try:
            for name, content in _members(data, _BYTES_MAX - self._bytes):
                target = os.path.join(into, *name)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                self._write(target, content, f"{shown}/{'/'.join(name)}")
        except (tarfile.TarError, EOFError, OSError, ValueError) as error:
            message = f"{shown} cannot be unpacked: {error}"
            raise RenderingError(message) from error
        if not os.path.isfile(os.path.join(into, CHART_FILE)):
            message = f"{shown} is not a chart: it has no {CHART_FILE}"
            raise RenderingError(message)

    @staticmethod
    def _check_depth(above: tuple[str, ...]) -> None:
        if len(above) > _DEPTH_MAX:
            message = f"folders and dependencies are nested more than {_DEPTH_MAX} deep"
            raise RenderingError(message)


def _with_child(part: Part, child: Part) -> Part:
    """Add a chart under each key that the dependencies give it."""
    name = child.metadata.name
    keys = [one.key for one in part.metadata.dependencies if one.name == name] or [name]
    return part._replace(children=(*part.children, *((key, child) for key in keys)))


def _members(archive: bytes, most: int) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """Yield the files of a packed chart: the path in the chart, and the content."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        for member in tar:
            most -= member.size
            if most < 0:
                message = "it is too large"
                raise ValueError(message)
            name = tuple(member.name.replace("\\", "/").split("/"))[1:]
            file = tar.extractfile(member) if member.isreg() else None
            if file is not None and name and not {"", ".", ".."} & set(name):
                yield name, file.read()


def _refers_elsewhere(schema: bytes) -> bool:
    """Whether a JSON Schema names another file or host, which Helm would read."""
    try:
        root = json.loads(schema)
    except (ValueError, RecursionError):
        return False  # Helm says what is wrong with it
    work = [root]
    while work:
        node = work.pop()
        if isinstance(node, dict):
            for key, value in node.items():
                if not isinstance(value, str):
                    continue
                if key in _REFERENCES and not value.startswith("#"):
                    return True
                if key == "$schema" and not value.startswith(_DRAFTS):
                    return True
            work += node.values()
        elif isinstance(node, list):
            work += node
    return False
