"""The catalogue as text, and entries to paste for unknown kinds."""

from __future__ import annotations

import json
import re
from itertools import product
from typing import TYPE_CHECKING

from imagelint.formats import PLAIN, Look
from imagelint.formats.drawn import columns, drawn
from imagelint.formats.phrases import counted
from imagelint.model.source import as_yaml, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.guesses import Guess

__all__ = ["render", "render_unknown"]

_SIMPLE_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*(?:\[\][A-Za-z0-9_./-]*)*")


def render(catalogue: Catalogue, look: Look = PLAIN) -> str:
    """Render every kind with its fields, its source and the file that says so."""
    table = columns("KINDS", "IMAGES", below=1)
    entries = sorted(catalogue.entries(), key=lambda entry: entry.groups)
    for entry in entries:
        fields = (*(field.text for field in entry.fields), _note(entry.source, entry.origin))
        table.add_row(_names(product(entry.groups, entry.kinds)), "\n".join(fields))
    for name, shape in catalogue.shapes().items():
        kind, _, group = name.partition("@")
        head = f"<{kind}>" + (f" in {group}" if group else "")
        table.add_row(head, "\n".join(field.text for field in shape))
    if without := catalogue.without_images():
        table.add_row(_names(without), "none")
    for one in catalogue.ignored_fields():
        fields = (*(f"not {text}" for text in one.texts), _note(one.reason, one.origin))
        table.add_row(_names(product(one.groups, one.kinds)), "\n".join(fields))
    kinds = sum(len(entry.groups) * len(entry.kinds) for entry in entries)
    return f"{drawn(table, look)}\n{counted(kinds, 'kind')} with images.\n"


def _names(kinds: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"{kind}.{group}" if group else kind for group, kind in kinds)


def _note(text: str, origin: str) -> str:
    return f"# {shown(text)} ({origin})"


def render_unknown(guesses: Sequence[Guess], look: Look = PLAIN) -> str:  # noqa: ARG001
    """Render fields that look like images as entries for the policy, ready to paste."""
    if not guesses:
        return "# No field that is not known looks like an image.\n"
    lines = ["workloads:"]
    for group, kind in dict.fromkeys((one.group, one.kind) for one in guesses):
        lines += [
            f"  - groups: [{as_yaml(group)}]",
            f"    kinds: [{as_yaml(kind)}]",
            "    source: where the kind's documentation says so",
            "    fields:",
        ]
        lines += _fields(one for one in guesses if (one.group, one.kind) == (group, kind))
    return "".join(f"{line}\n" for line in lines)


def _fields(guesses: Iterable[Guess]) -> list[str]:
    """Write each field once, with its first image and the place of that."""
    found: dict[str, str] = {}
    for one in guesses:
        place = f"{shown(one.path)}:{one.place.line}:{one.place.column}"
        field = one.entry
        if not field.startswith("{") and not _SIMPLE_PATH.fullmatch(field):
            field = json.dumps(field)
        if one.what == "text":
            field = f"# in a text, {one.field}"
        found.setdefault(field, f"{shown(one.image)} at {place}")
    return [
        f"      {field}: {note}" if field.startswith("#") else f"      - {field}  # {note}"
        for field, note in found.items()
    ]
