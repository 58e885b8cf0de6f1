"""A ``ResourceList``, which KRM functions read and write, and imagelint's results in it.

The specification: kustomize, cmd/config/docs/api-conventions/functions-spec.md. The output is
the input text with the images fixed and with one edit at its root that adds ``results``; each
result is written as JSON, which is valid YAML, so no YAML is ever dumped.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from imagelint.kubernetes.objects import string_of
from imagelint.kubernetes.readers import Reader, View, resolve, type_of
from imagelint.model.errors import ImagelintError, did_you_mean
from imagelint.model.finding import Finding, Severity
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Edit, Source, Span, apply_edits, shown
from imagelint.repair.proof import same_trees
from imagelint.yaml.documents import Document, split
from imagelint.yaml.nodes import Mapping, Node, Scalar, Sequence, Tree
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.model.report import FileResult

__all__ = ["FAIL_ON", "ResourceList", "ResourceListError", "Settings", "described"]

FAIL_ON = ("error", "warning", "note", "never")

_GROUP = "config.kubernetes.io/"
_KIND = "ResourceList"
_ANNOTATIONS = ("internal.config.kubernetes.io/", "config.kubernetes.io/")
"""The prefixes of the annotations with an item's ``path`` and ``index``: present and past."""
_KEYS = ("environment", "policy", "failOn", "fix")
_BREAKS = "\n\r\x85\u2028\u2029"
_IN_ITEM = re.compile(r"items\[(\d+)\]\.(.*)", re.DOTALL)
_SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "info"}
_MESSAGE_MAX = 2000

Result = dict[str, Any]
"""One entry of ``results``, as the specification defines it."""


class ResourceListError(ImagelintError):
    """Standard input is not one ResourceList, or not a supported one."""


class Settings(NamedTuple):
    """The settings in a ``functionConfig``, under its ``data`` or ``spec``; None: not set."""

    environment: str | None = None
    policy: str | None = None
    fail_on: str | None = None
    fix: bool = True


class ResourceList:
    """A ResourceList as read; raises :class:`ResourceListError` if ``source`` is not one."""

    def __init__(self, source: Source) -> None:
        """Read ``source``, YAML or JSON."""
        self.source = source
        self._document, self._tree, self._root = _read(source)
        self._view = View(Reader.KUSTOMIZE, walk_once=True)
        self._entries = self._view.entries(self._root)
        items = self._entries.get("items")
        if items is not None and type_of(items) not in ("sequence", "null"):
            raise self._error(items, "items is not a list")
        self._items = items.items if isinstance(items, Sequence) else []

    def settings(self) -> Settings:
        """Read the ``functionConfig``: a ConfigMap's ``data``, any other kind's ``spec``."""
        found: dict[str, str] = {}
        config = self._entries.get("functionConfig")
        for name in ("data", "spec"):
            part = self._get(config, name)
            if part is None or type_of(part) == "null":
                continue
            if not isinstance(part, Mapping):
                raise self._error(part, f"functionConfig.{name} is not a mapping")
            for key, value in self._view.entries(part).items():
                where = f"functionConfig.{name}.{shown(key)}"
                if key not in _KEYS:
                    advice = did_you_mean(key, _KEYS, "the keys are")
                    raise self._error(value, f"{where}: unknown key; {advice}")
                if key in found:
                    raise self._error(value, f"{where}: given in data and in spec")
                found[key] = self._text(value, where)
        for name, known in (("fix", ("true", "false")), ("failOn", FAIL_ON)):
            chosen = found.get(name)
            if chosen is not None and chosen not in known:
                advice = did_you_mean(chosen, known, "it can be")
                raise ResourceListError(f'functionConfig: no {name} "{shown(chosen)}"; {advice}')
        return Settings(
            found.get("environment"),
            found.get("policy"),
            found.get("failOn"),
            found.get("fix") != "false",
        )

    def results(self, repaired: FileResult | None, left: FileResult) -> list[Result]:
        """Return what to report: the fixes that were made, then the remaining findings."""
        made: dict[Span, Finding] = {}
        for finding in () if repaired is None else repaired.findings:
            if finding.fix is not None:
                made.setdefault(finding.span, finding)
        return [self._result(finding, is_repaired=True) for finding in made.values()] + [
            self._result(finding, is_repaired=False) for finding in left.findings
        ]

    def with_results(self, results: Iterable[Result]) -> bytes:
        """Return the text with ``results`` added to its root, verified by parsing it."""
        entries = [json.dumps(result, ensure_ascii=False) for result in results]
        if not entries:
            return self.source.data
        data = apply_edits(self.source, [self._edit(entries)])
        try:
            now = ResourceList(Source(self.source.path, data))
        except ResourceListError as error:
            raise ResourceListError(f"results cannot be added: {error}") from None
        if not self._is_same_but_for(now, len(entries)):
            raise ResourceListError("results cannot be added to a list that is written like this")
        return data

    # --- findings → results -----------------------------------------------------------

    def _result(self, finding: Finding, *, is_repaired: bool) -> Result:
        message = shown(finding.message, _MESSAGE_MAX)
        result: Result = {
            "message": f"repaired: {message}" if is_repaired else message,
            "severity": "info" if is_repaired else _SEVERITIES[finding.severity],
        }
        match = None if finding.field is None else _IN_ITEM.fullmatch(finding.field)
        meta = finding.object
        if match is not None and meta is not None and meta.name is not None:
            result["resourceRef"] = {
                "apiVersion": shown(meta.api_version),
                "kind": shown(meta.kind),
                "name": shown(meta.name),
            }
            if meta.namespace is not None:
                result["resourceRef"]["namespace"] = shown(meta.namespace)
            result["field"] = _field(finding, match.group(2))
        if match is not None:
            result |= self._file(self._items[int(match.group(1))])
        tags = {"rule": finding.rule, "environment": finding.environment}
        result["tags"] = {key: shown(value) for key, value in tags.items() if value is not None}
        return result

    def _file(self, item: Node) -> Result:
        """Return the file from which the orchestrator read an item, if it is recorded."""
        found: dict[str, str] = {}
        annotations = self._get(self._get(item, "metadata"), "annotations")
        for name in ("path", "index"):
            for prefix in _ANNOTATIONS:
                value = string_of(self._get(annotations, prefix + name), self._view)
                if value is not None:
                    found.setdefault(name, value)
        if "path" not in found:
            return {}
        file: Result = {"path": shown(found["path"], _MESSAGE_MAX)}
        if re.fullmatch(r"[0-9]{1,9}", found.get("index", "")):
            file["index"] = int(found["index"])
        return {"file": file}

    # --- the edit ---------------------------------------------------------------------

    def _edit(self, entries: list[str]) -> Edit:
        present = [
            value
            for key, value in self._root.pairs
            if isinstance(key, Scalar) and key.value == "results"
        ]
        text = self._document.decoded.text
        newline = "\r\n" if "\r\n" in text else "\n"
        if present:
            start, end, inserted = _into_results(text, present[-1], entries, newline)
        elif text.startswith("{", self._root.start):
            start = end = self._root.start + 1
            space = text[start : len(text) - len(text[start:].lstrip())]
            inserted = f'{space}"results": [{", ".join(entries)}],'
        else:
            first = self._root.pairs[0][0].start
            start = end = max(text.rfind(char, 0, first) for char in _BREAKS) + 1
            indent = " " * (len(text) - start - len(text[start:].lstrip(" ")))
            lines = ["results:", *(f"- {entry}" for entry in entries)]
            inserted = "".join(f"{indent}{line}{newline}" for line in lines)
        offset = self._document.byte_offset
        return Edit(Span(offset(start), offset(end)), inserted)

    def _is_same_but_for(self, now: ResourceList, added: int) -> bool:
        """Whether ``now`` reads like this list, with this many additional results."""
        entries, others = dict(self._entries), dict(now._entries)
        before, after = entries.pop("results", None), others.pop("results", None)
        known = len(before.items) if isinstance(before, Sequence) else 0
        return (
            isinstance(after, Sequence)
            and len(after.items) == known + added
            and entries.keys() == others.keys()
            and all(same_trees(_tree(entries[key]), _tree(others[key])) for key in entries)
        )

    # --- reading ----------------------------------------------------------------------

    def _get(self, node: Node | None, key: str) -> Node | None:
        return self._view.entries(node).get(key) if isinstance(node, Mapping) else None

    def _text(self, node: Node, where: str) -> str:
        if isinstance(node, Scalar):
            value = resolve(node, Reader.KUSTOMIZE)
            if value.type == "boolean":
                return "true" if value.value else "false"
            if value.type == "string":
                return str(value.value)
        raise self._error(node, f"{where} is not a string")

    def _error(self, node: Node, message: str) -> ResourceListError:
        place = self.source.position(self._document.byte_offset(node.start))
        return ResourceListError(f"{self.source.path}:{place.line}:{place.column}: {message}")


def described(result: Result) -> str:
    """Return a result as a line for stderr, without its severity."""
    reference = result.get("resourceRef", {})
    names = [reference[key] for key in ("kind", "namespace", "name") if key in reference]
    place = " ".join(["/".join(names), result.get("field", {}).get("path", "")]).strip()
    rule = result["tags"]["rule"]
    return f"{place}: {result['message']} ({rule})" if place else f"{result['message']} ({rule})"


def _field(finding: Finding, path: str) -> Result:
    field: Result = {"path": shown(path)}
    if finding.image is not None:
        field["currentValue"] = shown(finding.image, _MESSAGE_MAX)
    if finding.fix is not None:
        field["proposedValue"] = shown(finding.fix.image, _MESSAGE_MAX)
    return field


def _read(source: Source) -> tuple[Document, Tree, Mapping]:
    found = [pair for pair in _documents(source) if pair[1].root is not None or pair[1].problems]
    if len(found) != 1:
        raise ResourceListError(f"{source.path}: one ResourceList is wanted, not {len(found)}")
    [(document, tree)] = found
    broken = [] if tree.unread_from is None else tree.problems
    reasons = [problem.message for part in (document.problems, broken) for problem in part]
    if reasons:
        raise ResourceListError(f"{source.path}: the ResourceList does not parse: {reasons[0]}")
    if document.decoded.first_ill_formed is not None:
        raise ResourceListError(f"{source.path}: not valid {source.encoding.upper()}")
    if tree.dropped_from is not None:
        raise ResourceListError(f"{source.path}: there is text behind the ResourceList")
    view = View(Reader.KUSTOMIZE, walk_once=True)
    root = tree.root
    entries = view.entries(root) if isinstance(root, Mapping) else {}
    kind, api_version = (string_of(entries.get(key), view) for key in ("kind", "apiVersion"))
    if not isinstance(root, Mapping) or kind != _KIND:
        raise ResourceListError(f"{source.path}: a ResourceList is wanted, not {_shown_kind(kind)}")
    if api_version is None or not api_version.startswith(_GROUP):
        raise ResourceListError(f"{source.path}: a ResourceList of {_GROUP}v1 is wanted")
    return document, tree, root


def _documents(source: Source) -> Iterator[tuple[Document, Tree]]:
    for document in split(source):
        yield document, document.tree or parse_yaml(document.decoded.text)


def _shown_kind(kind: str | None) -> str:
    return "text without a kind" if kind is None else f"a {shown(kind)}"


def _into_results(text: str, node: Node, entries: list[str], newline: str) -> tuple[int, int, str]:
    """Return the range and the text that add entries to existing ``results``."""
    start = node.start
    if isinstance(node, Scalar) and type_of(node) == "null":
        space = "" if node.end > start or text[start - 1 : start].isspace() else " "
        return start, node.end, f"{space}[{', '.join(entries)}]"
    if isinstance(node, Sequence) and text.startswith("[", start):
        comma = ", " if node.items else ""
        return start + 1, start + 1, ", ".join(entries) + comma
    if isinstance(node, Sequence) and text.startswith("-", start):
        line = max(text.rfind(char, 0, start) for char in _BREAKS) + 1
        indent = " " * (start - line)
        return start, start, "".join(f"- {entry}{newline}{indent}" for entry in entries)
    raise ResourceListError("results cannot be added to the ones that are there")


def _tree(root: Node) -> Tree:
    tree = Tree()
    tree.root = root
    return tree
