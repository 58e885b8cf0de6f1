"""Replacements and fieldSpecs → the fields of objects that they write to.

``leads.py`` decides whether such a field holds an image.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.kustomize.model import FieldChange, FieldRead, Target
from imagelint.yaml.nodes import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.kubernetes.kustomize.decode import Leaf, Record

__all__ = ["ANNOTATIONS", "changes_of_replacements", "changes_of_specs", "is_written_out"]
__all__ += ["reads_of_replacements", "reads_of_vars", "steps_of", "target_of"]

ANNOTATIONS: Final = "annotations are written into"
_DEFAULT_FIELD: Final = "metadata.name"
_KEY_OR_ITEM: Final = r"""["']?[\w.$<-]+["']?\s*:(?:\s|$)|-(?:\s|$)|[\[{]"""
_KIND_CHANGE: Final = "allowKindChange"
_NO: Final = frozenset(("", "false", "no", "off", "n"))
_LONGEST: Final = 4096
"""Characters of a field path; a longer one counts as the path of an image."""


def is_written_out(text: str) -> bool:
    """Whether a text is documents, not a path.

    Kustomize first tries to read objects in it. No path has several lines or looks like a
    mapping.
    """
    content = text.strip()
    return len(content.splitlines()) > 1 or re.match(_KEY_OR_ITEM, content) is not None


def target_of(record: Record | None, options: Record | None = None) -> Target | None:
    """Return the target of a patch with options, None if it has none."""
    if record is None:
        return None
    allowed = "" if options is None else options.text(_KIND_CHANGE)
    return Target(
        record.text("group"),
        record.text("version"),
        record.text("kind"),
        record.text("name"),
        record.text("namespace"),
        allowed.lower() not in _NO,
    )


def steps_of(text: str, separator: str) -> tuple[str, ...]:
    r"""Split a field path, which may quote its separator with ``\`` or within ``[...]``.

    Source: kyaml ``utils/pathsplitter.go``.
    """
    if len(text) > _LONGEST:
        return ("image",)
    inside = r"(?:\\.|\[[^\]]*\]|[^\\" + re.escape(separator) + r"])*"
    pieces = re.findall(inside + rf"(?=\{separator}|\Z)", text)
    steps = [re.sub(r"\\(.)", r"\1", piece) for piece in pieces if piece]
    return tuple(step.removesuffix("[]") for step in steps)


def changes_of_replacements(records: Iterable[Record]) -> Iterator[FieldChange]:
    """Yield the fields that replacements write to."""
    for record in records:
        value = record.leaf("sourceValue")
        source, is_refined = _source(record.record("source"))
        for target in record.records("targets"):
            select, options = target.record("select"), target.record("options")
            is_part = is_refined or _is_refined(options)
            for leaf in target.leaves("fieldPaths"):
                if not isinstance(leaf.node, Scalar):
                    continue
                change = FieldChange(
                    leaf.node,
                    leaf.field,
                    "" if select is None else select.text("group"),
                    "" if select is None else select.text("kind"),
                    steps_of(leaf.text, "."),
                    "a replacement copies a value from elsewhere into",
                    is_whole=not is_part,
                    source=None if is_part else source,
                )
                yield _with_value(change, None if is_part else value)


def _with_value(change: FieldChange, value: Leaf | None) -> FieldChange:
    if value is None or not isinstance(value.node, Scalar):
        return change
    return change._replace(value=value.node, value_field=value.field)


def _source(record: Record | None) -> tuple[tuple[str, str, tuple[str, ...]] | None, bool]:
    """Return where a replacement copies from, and whether it takes only a part of the value."""
    if record is None:
        return None, False
    path = record.text("fieldPath") or _DEFAULT_FIELD
    place = (record.text("group"), record.text("kind"), steps_of(path, "."))
    return place, _is_refined(record.record("options"))


def reads_of_replacements(records: Iterable[Record]) -> Iterator[FieldRead]:
    """Yield the fields that replacements copy from, if they are written out."""
    for record in records:
        source = record.record("source")
        leaf = None if source is None else source.leaf("fieldPath")
        if source is None or leaf is None or not isinstance(leaf.node, Scalar):
            continue  # an object's name, not an image
        options = source.record("options")
        delimiter = "" if options is None else options.text("delimiter")
        index = "" if options is None else options.text("index")
        yield FieldRead(
            leaf.node,
            source.text("group"),
            source.text("kind"),
            steps_of(leaf.text, "."),
            bool(delimiter),
            delimiter if re.fullmatch(r"[0-9]{0,4}", index) else "",
            int(index) if re.fullmatch(r"[0-9]{1,4}", index) else 0,
        )


def reads_of_vars(records: Iterable[Record]) -> Iterator[FieldRead]:
    """Yield the fields from which variables take their values."""
    for record in records:
        place, select = record.record("fieldref"), record.record("objref")
        leaf = None if place is None else place.leaf("fieldPath")
        if leaf is None or not isinstance(leaf.node, Scalar) or select is None:
            continue
        group = select.text("group") or select.text("apiVersion").rpartition("/")[0]
        steps = steps_of(re.sub(r"\[", ".[", leaf.text), ".")
        yield FieldRead(leaf.node, group, select.text("kind"), steps, is_part=True)


def _is_refined(options: Record | None) -> bool:
    return options is not None and bool(options.text("delimiter"))


def changes_of_specs(
    records: Iterable[Record],
    message: str,
    *,
    sets_images: bool = False,
    keys: Iterable[str] | None = (),
) -> Iterator[FieldChange]:
    """Yield the fields of fieldSpecs (``spec/template/spec/containers[]/image``).

    ``keys`` are the labels or annotations that are written below them; None for any.
    Annotations that remain annotations are judged where they are written.
    """
    for record in records:
        leaf = record.leaf("path")
        if leaf is not None and isinstance(leaf.node, Scalar):
            steps = steps_of(leaf.text, "/")
            is_judged = message == ANNOTATIONS and steps[-1:] == ("annotations",)
            below: Iterable[str] | None = () if is_judged else keys
            yield FieldChange(
                leaf.node,
                leaf.field,
                record.text("group"),
                record.text("kind"),
                steps,
                message,
                sets_images=sets_images,
                keys=None if below is None else tuple(below),
            )
