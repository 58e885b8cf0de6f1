"""The catalogue as text, and entries to paste for unknown kinds."""

from __future__ import annotations

import json
import re
import textwrap
from typing import TYPE_CHECKING

from imagelint.formats import PLAIN, Look
from imagelint.formats.phrases import counted
from imagelint.model.source import as_yaml, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from imagelint.kubernetes.catalogue.entries import Workload
    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.guesses import Guess

__all__ = ["render", "render_unknown"]

_SIMPLE_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*(?:\[\][A-Za-z0-9_./-]*)*")


def render(catalogue: Catalogue, look: Look = PLAIN) -> str:
    """Render every kind with its fields, its source and the file of the entry."""
    lines: list[str] = []
    entries = sorted(catalogue.entries(), key=lambda entry: entry.groups)
    for entry in entries:
        lines += [*_entry(entry, look), ""]
    for name, fields in catalogue.shapes().items():
        shape, _, group = name.partition("@")
        lines.append(_bold(f"<{shape}>" + (f" in {group}" if group else ""), look))
        lines += [line for field in fields for line in _wrapped(field.text, "  ", look)]
        lines.append("")
    without = catalogue.without_images()
    if without:
        names = ", ".join(_name(group, kind) for group, kind in without)
        lines += [_bold("Without images", look), *_wrapped(names, "  ", look), ""]
    for one in catalogue.ignored_fields():
        names = ", ".join(_name(group, kind) for group in one.groups for kind in one.kinds)
        lines += [_bold(f"Ignored in {names}", look)]
        lines += [f"  {field}" for field in one.texts]
        lines += [*_wrapped(f"{shown(one.reason)} ({one.origin})", "  # ", look), ""]
    kinds = sum(len(entry.groups) * len(entry.kinds) for entry in entries)
    lines.append(f"{counted(kinds, 'kind')} with images.")
    return "".join(f"{line}\n" for line in lines)


def _entry(entry: Workload, look: Look) -> list[str]:
    names = ", ".join(_name(group, kind) for group in entry.groups for kind in entry.kinds)
    head = [_bold(line, look) for line in _wrapped(names, "", look)]
    fields = [line for field in entry.fields for line in _wrapped(field.text, "  ", look)]
    return [*head, *fields, *_wrapped(f"{shown(entry.source)} ({entry.origin})", "  # ", look)]


def _name(group: str, kind: str) -> str:
    return f"{kind}.{group}" if group else kind


def _bold(text: str, look: Look) -> str:
    return f"\x1b[1m{text}\x1b[0m" if look.color else text


def _wrapped(text: str, margin: str, look: Look) -> list[str]:
    return textwrap.wrap(
        text,
        look.width,
        initial_indent=margin,
        subsequent_indent=margin + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def render_unknown(guesses: Sequence[Guess], look: Look = PLAIN) -> str:  # noqa: ARG001
    """Render fields that look like images as entries for the policy, ready to paste."""
    if not guesses:
        return "# No field of an unknown kind looks like an image.\n"
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
        field = one.field if _SIMPLE_PATH.fullmatch(one.field) else json.dumps(one.field)
        if one.parts is not None:
            field = f"{{at: {json.dumps(one.field)}, repository: {as_yaml(one.parts[0])}, "
            field += f"{'digest' if one.parts[1] == 'digest' else 'tag'}: {as_yaml(one.parts[1])}}}"
        found.setdefault(field, f"{shown(one.image)} at {place}")
    return [f"      - {field}  # {note}" for field, note in found.items()]
