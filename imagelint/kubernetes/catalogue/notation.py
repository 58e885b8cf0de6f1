"""The notation of the catalogue and of a policy's own entries: nodes → entries.

``a.b`` is a key in a mapping, ``["a.b/c"]`` a key with dots, ``[]`` each item of a list, ``{}``
each value of a mapping, ``<shape>`` the fields of the shape of that name. docs/workloads.md
describes the whole notation with examples. Every mistake is a PolicyError with its place. No I/O.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imagelint.kubernetes.catalogue.entries import (
    EACH,
    ELSEWHERE,
    HELM_SHAPES,
    HOLDS_TEXTS,
    IMAGE,
    PUBLIC_SHAPES,
    EmbeddedTexts,
    Field,
    Form,
    Holder,
    IgnoredField,
    Part,
    SplitNames,
    Workload,
)
from imagelint.model.source import as_yaml, shown
from imagelint.yaml.config import Fields
from imagelint.yaml.nodes import Mapping, Sequence

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingType

    from imagelint.kubernetes.catalogue.entries import Ways
    from imagelint.model.source import Source
    from imagelint.yaml.nodes import Node

__all__ = ["read_embedded", "read_ignored_fields", "read_part", "read_workloads"]

_KEY = r"[^.\[\]{}<>\"]+"
_QUOTED = r"\[\"[^\[\]{}<>\"]+\"\]"
_EACH = r"(?:\[\]|\{\})"
_SHAPE = r"<[^<>]+>"
_SEGMENT = re.compile(rf"{_QUOTED}|{_KEY}|{_EACH}|{_SHAPE}")
_STEP = rf"(?:{_KEY}|{_EACH}|{_QUOTED})(?:{_EACH}|{_QUOTED})*"
_PATH = re.compile(rf"{_STEP}(?:\.{_STEP})*(?:\.{_SHAPE})?|{_SHAPE}")
_KEYS_ONLY = re.compile(rf"(?:{_KEY}|{_QUOTED})(?:\.{_KEY}|{_QUOTED})*")
_REGISTRY = re.compile(r"[a-z0-9.-]+\.[a-z0-9.-]+(?::[0-9]+)?(?:/[a-z0-9._/-]+)?")

_HERE = "."
"""The path to the object, or to the mapping with the shape, itself."""

_ENTRY_KEYS = ("groups", "kinds", "source", "fields")
_IGNORED_KEYS = ("groups", "kinds", "fields", "reason")
_EMBEDDED_KEYS = ("kind", "keys")
_PARTS = ("registry", "repository", "image", "tag", "digest", "sha256")
_SPLIT_KEYS = frozenset((*_PARTS, "default", "only"))
_LISTS = ("flags", "named", "keys", "text")
_MORE_KEYS = ("default", "default-registry", "tag-beside", "prefix", "form", "only", "of", "source")
_FIELD_KEYS = ("at", *_PARTS, *_LISTS, *_MORE_KEYS)


def read_part(source: Source, group: str | None) -> Part:
    """Read a file of the catalogue; ``group`` is the API group of the file, None in core.yaml."""
    reader = Fields(source)
    root = reader.record(reader.root, "", ("words", "groups", "shapes", "kinds", "without-images"))
    names = {one: one for one in HELM_SHAPES}
    shapes: dict[str, tuple[Field, ...]] = {}
    entries = reader.entries(root["shapes"], "shapes") if "shapes" in root else []
    for entry in entries:
        names[entry.name] = entry.name if group is None else f"{entry.name}@{group}"
    for entry in entries:
        where = f"shapes.{entry.name}"
        shape = reader.record(entry.value, where, ("source", "fields"), ("source", "fields"))
        shapes[names[entry.name]] = _read_fields(reader, shape["fields"], where, names)
    workloads: tuple[Workload, ...] = ()
    if "kinds" in root:
        workloads = read_workloads(reader, root["kinds"], "kinds", names)
    without: set[tuple[str, str]] = set()
    for item in (
        reader.items(root["without-images"], "without-images") if "without-images" in root else ()
    ):
        keys = ("groups", "kinds")
        entry_nodes = reader.record(item, "without-images", keys, keys)
        groups, kinds = _read_groups_and_kinds(reader, entry_nodes, "without-images", wildcard=True)
        without.update((one, kind) for one in groups for kind in kinds)
    words, prefixes = (
        reader.texts(root[key], key) if key in root else () for key in ("words", "groups")
    )
    named = {one for workload in workloads for one in workload.groups} | {one for one, _ in without}
    if group is not None and named - {group}:
        message = f"this file is only for the group {group}, not for {min(named - {group})}"
        raise reader.error(reader.root, message)
    return Part(workloads, frozenset(without), shapes, words, prefixes)


def read_workloads(
    reader: Fields, node: Node, where: str, shapes: MappingType[str, str] | None = None
) -> tuple[Workload, ...]:
    """Read entries, in the catalogue or under ``workloads:`` in a policy.

    ``shapes`` are the file's own: the name as written → the name in the catalogue. Raises
    PolicyError with the place of a mistake.
    """
    found: list[Workload] = []
    for index, item in enumerate(reader.items(node, where)):
        at = f"{where}[{index}]"
        entry = reader.record(item, at, _ENTRY_KEYS, _ENTRY_KEYS)
        groups, kinds = _read_groups_and_kinds(reader, entry, at)
        fields = _read_fields(reader, entry["fields"], f"{at}.fields", shapes or {})
        source = reader.text(entry["source"], f"{at}.source")
        found.append(Workload(groups, kinds, fields, source, reader.origin(item)))
    return tuple(found)


def read_ignored_fields(reader: Fields, node: Node, where: str) -> tuple[IgnoredField, ...]:
    """Read ``ignore-fields:``: kinds by name, fields by their whole path, and the reasons."""
    found: list[IgnoredField] = []
    for index, item in enumerate(reader.items(node, where)):
        at = f"{where}[{index}]"
        entry = reader.record(item, at, _IGNORED_KEYS, _IGNORED_KEYS)
        groups, kinds = _read_groups_and_kinds(reader, entry, at)
        paths: list[tuple[str, ...]] = []
        for place in reader.items(entry["fields"], f"{at}.fields"):
            path = _path(reader, place, f"{at}.fields")
            if path[-1].startswith("<"):
                message = f"{at}.fields: name the field itself, without {path[-1]}"
                raise reader.error(place, message)
            paths.append(path)
        reason = reader.text(entry["reason"], f"{at}.reason")
        if not reason.strip():
            message = f"{at}.reason: say why"
            raise reader.error(entry["reason"], message)
        texts = reader.texts(entry["fields"], at)
        origin = reader.origin(item)
        found.append(IgnoredField(groups, kinds, tuple(paths), texts, reason, origin))
    return tuple(found)


def read_embedded(reader: Fields, node: Node, where: str) -> tuple[EmbeddedTexts, ...]:
    """Read ``embedded:``: kinds whose strings are manifests, and globs for the strings' keys."""
    found: list[EmbeddedTexts] = []
    for index, item in enumerate(reader.items(node, where)):
        at = f"{where}[{index}]"
        entry = reader.record(item, at, _EMBEDDED_KEYS, _EMBEDDED_KEYS)
        kind = reader.one_of(entry["kind"], f"{at}.kind", HOLDS_TEXTS, "kind")
        keys = reader.names(entry["keys"], f"{at}.keys")
        if not keys:
            message = f'{at}.keys: name at least one key; write ["*.yaml"], or ["*"] for all'
            raise reader.error(entry["keys"], message)
        found.append(EmbeddedTexts(kind, keys))
    return tuple(found)


def _read_groups_and_kinds(
    reader: Fields, entry: dict[str, Node], where: str, *, wildcard: bool = False
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read the API groups and the kinds of an entry; a ``wildcard`` matches every kind."""
    groups = reader.texts(entry["groups"], f"{where}.groups")
    for group, node in zip(groups, reader.items(entry["groups"], where), strict=True):
        if "/" in group:
            name = group.partition("/")[0]
            message = f"{where}.groups: leave the version out; write {as_yaml(name)}"
            raise reader.error(node, message)
    kinds = reader.texts(entry["kinds"], f"{where}.kinds")
    for kind, node in zip(kinds, reader.items(entry["kinds"], where), strict=True):
        if "*" in kind and not (wildcard and kind == "*"):
            message = f"{where}.kinds: name the kinds; there are no wildcards"
            raise reader.error(node, message)
    return groups, kinds


def _read_fields(
    reader: Fields, node: Node, where: str, shapes: MappingType[str, str]
) -> tuple[Field, ...]:
    """Read a list of fields; see :func:`read_workloads`."""
    return tuple(
        _holding_field(reader, item, where, shapes)
        if isinstance(item, Mapping)
        else _plain_field(reader, item, where, shapes)
        for item in reader.items(node, where)
    )


def _plain_field(reader: Fields, node: Node, where: str, shapes: MappingType[str, str]) -> Field:
    path, text = _path(reader, node, where), reader.text(node, where)
    if not path[-1].startswith("<"):
        return Field(path, IMAGE, text)
    name = path[-1][1:-1]
    if name not in shapes and name not in PUBLIC_SHAPES:
        known = ", ".join(f"<{shape}>" for shape in (*PUBLIC_SHAPES, *shapes))
        message = f"{where}: there is no shape <{name}>; there are {known}"
        raise reader.error(node, message)
    return Field(path[:-1], Holder(shape=shapes.get(name, name)), text)


def _holding_field(reader: Fields, node: Node, where: str, shapes: MappingType[str, str]) -> Field:
    entry = reader.record(node, where, _FIELD_KEYS, ("at",))
    at = Field((), IMAGE, "")
    if reader.text(entry["at"], where) != _HERE:
        at = _plain_field(reader, entry["at"], where, shapes)
    if at.holder is not IMAGE:
        message = f"{where}: a shape takes no other keys"
        raise reader.error(entry["at"], message)
    is_split = not _SPLIT_KEYS.isdisjoint(entry)
    if len(set(_LISTS) & set(entry)) + is_split > 1 or (is_split and "form" in entry):
        message = f"{where}: parts of an image, flags, named, keys and form exclude each other"
        if "form" in entry and not set(_LISTS) & set(entry):
            message = f"{where}: an image in parts has no form"
        raise reader.error(node, message)
    if not (is_split or at.path):
        message = f"{where}: {_HERE} is only for an image in parts"
        raise reader.error(entry["at"], message)
    form = reader.choice(entry["form"], where, Form) if "form" in entry else Form.IMAGE
    holder = Holder(
        split=_split(reader, node, entry, where) if is_split else None,
        flags=_flags(reader, entry, where),
        named=_texts(reader, entry, "named", where),
        prefixes=_prefixes(reader, entry, where),
        form=form,
        only=_only(reader, entry["only"], where) if "only" in entry else None,
        tag_beside=reader.text(entry["tag-beside"], where) if "tag-beside" in entry else "",
        registries=_registries(reader, entry, where),
        keys=_texts(reader, entry, "keys", where),
        text=_text_shape(reader, entry, where, shapes),
        of=_texts(reader, entry, "of", where),
    )
    if holder.tag_beside and (not at.path or at.path[-1] in EACH or holder != _beside(holder)):
        message = f"{where}: tag-beside is the key beside a field that is an image"
        raise reader.error(entry["tag-beside"], message)
    return Field(at.path, holder, _shown_field(at.text, holder))


def _beside(holder: Holder) -> Holder:
    """Return what a field with its tag beside it may be."""
    return IMAGE._replace(tag_beside=holder.tag_beside)


def _text_shape(
    reader: Fields, entry: dict[str, Node], where: str, shapes: MappingType[str, str]
) -> str:
    if "text" not in entry:
        return ""
    name = reader.text(entry["text"], where)
    if name not in shapes:
        message = f"{where}: there is no shape {shown(name)} in this file"
        raise reader.error(entry["text"], message)
    return shapes[name]


def _one_or_more(reader: Fields, entry: dict[str, Node], key: str, where: str) -> tuple[str, ...]:
    """Read a text or a list of texts, if it is there."""
    if key not in entry:
        return ()
    node = entry[key]
    if isinstance(node, Sequence) and not node.items:
        message = f"{where}.{key}: the value is empty"
        raise reader.error(node, message)
    return reader.texts(node, where) if isinstance(node, Sequence) else (reader.text(node, where),)


def _prefixes(reader: Fields, entry: dict[str, Node], where: str) -> tuple[str, ...]:
    prefixes = _one_or_more(reader, entry, "prefix", where)
    for prefix in prefixes:
        if not (prefix.endswith("://") or (not prefix and len(prefixes) > 1)):
            message = f"{where}: {shown(prefix)} is not a prefix; write one like oci://"
            raise reader.error(entry["prefix"], message)
    return prefixes


def _registries(reader: Fields, entry: dict[str, Node], where: str) -> tuple[str, ...]:
    registries = _one_or_more(reader, entry, "default-registry", where)
    if registries == ELSEWHERE:
        return registries
    for registry in registries:
        if _REGISTRY.fullmatch(registry) is None:
            message = f"{where}: {shown(registry)} is not a registry; write one like quay.io/istio"
            raise reader.error(entry["default-registry"], message)
    return registries


def _texts(reader: Fields, entry: dict[str, Node], key: str, where: str) -> tuple[str, ...]:
    """Read a non-empty list of texts, if it is there."""
    if key not in entry:
        return ()
    texts = reader.texts(entry[key], f"{where}.{key}")
    if not texts or "" in texts:
        message = f"{where}.{key}: the value is empty"
        raise reader.error(entry[key], message)
    return texts


def _only(reader: Fields, node: Node, where: str) -> tuple[str, str]:
    key, equals, value = reader.text(node, where).partition("=")
    if not (key and equals and value):
        message = f"{where}: write a key and its value, like kind=DockerImage"
        raise reader.error(node, message)
    return key, value


def _flags(reader: Fields, entry: dict[str, Node], where: str) -> frozenset[str]:
    texts = _texts(reader, entry, "flags", where)
    names = [text.lstrip("-") for text in texts]
    for index, (name, text) in enumerate(zip(names, texts, strict=True)):
        if name == text or not name or not set(name).isdisjoint(" ="):
            message = f"{where}: write a flag, like --image"
            raise reader.error(reader.items(entry["flags"], where)[index], message)
    return frozenset(names)


def _split(reader: Fields, node: Node, entry: dict[str, Node], where: str) -> SplitNames:
    parts: dict[str, Ways] = {}
    for name in _PARTS:
        texts = _one_or_more(reader, entry, name, where)
        for text in texts:
            if _KEYS_ONLY.fullmatch(text) is None:
                message = f"{where}: `{shown(text)}` is not a key; write a or a.b"
                raise reader.error(entry[name], message)
        if texts:
            parts[name] = tuple(map(_segments, texts))
    default = reader.text(entry["default"], where) if "default" in entry else ""
    names = {"repository", "image", "default"} & set(entry)
    if names not in ({"repository"}, {"image"}, {"image", "default"}, {"default"}):
        message = f"{where}: one of repository and image names the image"
        if not names:
            message = f'{where}: the key "repository" is missing'
        raise reader.error(node, message)
    if "default" in entry and not ("registry" in entry and default):
        message = f"{where}: default is the name of an image below registry"
        raise reader.error(entry["default"], message)
    return SplitNames(**parts, default=default)


def _shown_field(at: str, holder: Holder) -> str:
    """Write a field in one line, for messages."""
    if holder.split is not None:
        parts: dict[str, Ways] = {name: getattr(holder.split, name) for name in _PARTS}
        inside = ", ".join(
            " or ".join(".".join(way) for way in parts[name])
            for name in ("registry", "repository", *_PARTS[2:])
            if parts[name]
        )
        at = f"{at}.({inside})".removeprefix(".")
    if holder.flags:
        at = f"{at} ({', '.join(f'--{flag}' for flag in sorted(holder.flags))})"
    if holder.keys:
        at = f"{at} ({', '.join(holder.keys)})"
    if holder.named:
        at = f"{at} ({', '.join(holder.named)})"
    if holder.tag_beside:
        at = f"{at}, {holder.tag_beside}"
    prefixes = [prefix for prefix in holder.prefixes if prefix]
    if prefixes:
        at = f"{at} ({', '.join(prefixes)})"
    if holder.text:
        at = f"{at}: <{holder.text}>"
    if holder.of:
        at = f"{at} in {', '.join(holder.of)}"
    if holder.registries not in {(), ELSEWHERE}:
        at = f"{at}, by default in {', '.join(holder.registries)}"
    return at


def _path(reader: Fields, node: Node, where: str) -> tuple[str, ...]:
    text = reader.text(node, where)
    if _PATH.fullmatch(text) is None:
        message = f'{where}: `{text}` is not a path; write a.b, "a[].b" or "a{{}}.b"'
        raise reader.error(node, message)
    return _segments(text)


def _segments(text: str) -> tuple[str, ...]:
    return tuple(part[2:-2] if part.startswith('["') else part for part in _SEGMENT.findall(text))
