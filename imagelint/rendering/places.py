"""Where in the repository a value or a template is written."""

from __future__ import annotations

import os
import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

from imagelint import files
from imagelint.kubernetes.objects import CHART_FILE
from imagelint.model.errors import FileError
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source, Span
from imagelint.rendering.charts import VALUES_FILE
from imagelint.rendering.metadata import value_at
from imagelint.yaml.nodes import Scalar, Sequence
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.rendering.charts import Release
    from imagelint.rendering.marks import Leaf, Path
    from imagelint.rendering.staging import Part
    from imagelint.yaml.nodes import Node

__all__ = ["NOWHERE", "Place", "Places"]

_ACTION: Final = re.compile(r"\{\{.*?\}\}")
_IMAGE_KEY: Final = re.compile(r"(?:- +)?[\"']?\w*[iI]mage[\"']?[ \t]*:[ \t]*")
_LINE_MAX: Final = 1000
_ACTIONS_MAX: Final = 5
NOWHERE: Final = Span(0, 0)


class Place(NamedTuple):
    """A part of a file of the repository."""

    path: str
    """Absolute."""
    span: Span


class _Text:
    """A file that was read."""

    def __init__(self, path: str, data: bytes) -> None:
        source = Source(path, data)
        self.decoded = source.decode(Span(source.bom_length, len(data)))

    @cached_property
    def root(self) -> Node | None:
        """The root of a YAML file, None for a template."""
        return parse_yaml(self.decoded.text).root

    def span(self, start: int, end: int) -> Span:
        """Return a part of the text in bytes."""
        return Span(self.decoded.byte_offset(start), self.decoded.byte_offset(end))


class Places:
    """Finds places in the files of one chart; each is read once."""

    def __init__(self, part: Part, release: Release) -> None:
        """Look in the values files of a release, and in those of its charts."""
        self._part = part
        self._values = [(given, given.document) for given in release.values]
        self._root = release.root
        self._texts: dict[str, _Text | None] = {}

    def of_value(self, leaf: Leaf) -> Place | None:
        """Return where the value of a leaf is written; None if no file of the chart has it."""
        for given, document in reversed(self._values):
            node = given.at(document, *leaf.path)
            if isinstance(node, Scalar):
                span = Span(document.byte_offset(node.start), document.byte_offset(node.end))
                return Place(given.path, span)
        for path, keys in self._files_of(leaf.path):
            node = self._node(path, keys)
            if isinstance(node, Scalar):
                text = self._texts[path]
                assert text is not None
                return Place(path, text.span(node.start, node.end))
        return None

    def _files_of(self, keys: Path) -> Iterator[tuple[str, Path]]:
        """Yield the charts' own files that may set a value, and the keys in each."""
        part: Part | None = self._part
        while part is not None:
            if part.origin is not None:
                yield os.path.join(part.origin, VALUES_FILE), keys
            part = part.child(str(keys[0])) if len(keys) > 1 else None
            keys = keys[1:]

    def of_archive(self, keys: Path) -> Place | None:
        """Return the dependency, in a Chart.yaml, whose archive has a value."""
        part = self._part
        for key in keys[:-1]:
            child = part.child(str(key))
            if child is None:
                return None
            if child.origin is None:
                return self._dependency(part, str(key))
            part = child
        return None

    def of_template(self, template: str, line: str) -> Place | None:
        """Return the line of a template that becomes ``line``, else its beginning.

        ``template`` is the name in Helm's comment: ``shop/charts/cache/templates/pod.yaml``.
        """
        names, _, _ = template.rpartition("/templates/")
        part = self._part
        for key in names.split("/charts/")[1:]:
            child = part.child(key) or self._named(part, key)
            if child is not None and child.origin is None:
                return self._dependency(part, key)
            if child is None:
                return None
            part = child
        path = self.template_file(template)
        text = None if path is None else self._text(path)
        if path is None or text is None:
            return None
        found = _line_of(text.decoded.text, line)
        return Place(path, NOWHERE if found is None else text.span(*found))

    def template_file(self, template: str) -> str | None:
        """Return the file of a template, None if it is in an archive."""
        names, _, rest = template.rpartition("/templates/")
        part: Part | None = self._part
        for key in names.split("/charts/")[1:]:
            part = part and (part.child(key) or self._named(part, key))
        if part is None or part.origin is None:
            return None
        return os.path.join(part.origin, "templates", *rest.split("/"))

    @staticmethod
    def _named(part: Part, name: str) -> Part | None:
        return next((one for _, one in part.children if one.metadata.name == name), None)

    def _dependency(self, part: Part, key: str) -> Place | None:
        if part.origin is None:
            return None
        path = os.path.join(part.origin, CHART_FILE)
        text = self._text(path)
        if text is None:
            return None
        found = value_at(text.root, "dependencies")
        for item in found.items if isinstance(found, Sequence) else ():
            name = value_at(item, "alias") or value_at(item, "name")
            if isinstance(name, Scalar) and name.value == key:
                return Place(path, text.span(name.start, name.end))
        return Place(path, NOWHERE)

    def _node(self, path: str, keys: Path) -> Node | None:
        text = self._text(path)
        return None if text is None else value_at(text.root, *keys)

    def _text(self, path: str) -> _Text | None:
        if path not in self._texts:
            try:
                data = files.read(path, path, self._root, files.MAX_SIZE)[0]
            except FileError:
                self._texts[path] = None
            else:
                self._texts[path] = _Text(path, data)
        return self._texts[path]


def _line_of(template: str, line: str) -> tuple[int, int] | None:
    """Return where in a template the value of the line is written that makes ``line``.

    Of several lines that may, it is the one with the longest literal text. Different lines with as
    much of it are no answer: another line would be blamed, and its comments would be obeyed.
    """
    line = line.strip().removeprefix("- ").lstrip()
    best, found, start, made_by = -1, None, 0, ""
    for text in template.splitlines(keepends=True):
        bare = text.strip()
        match = _IMAGE_KEY.match(bare) if len(bare) <= _LINE_MAX else None
        if match is not None:
            entry = bare.removeprefix("- ").lstrip()
            literal = _ACTION.split(entry)
            length = sum(map(len, literal))
            pattern = ".*".join(map(re.escape, literal[:_ACTIONS_MAX]))
            if length >= best and re.fullmatch(pattern, line):
                if length > best:
                    at = start + text.index(bare)
                    best, found, made_by = length, (at + match.end(), at + len(bare)), entry
                elif entry != made_by:
                    found = None
        start += len(text)
    return found
