"""Learnt fields → entries in the notation of a policy, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.source import as_yaml, shown

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from imagelint.kubernetes.catalogue.learning import Learnt

__all__ = ["entries_of", "entry_of", "field_in_yaml"]


def entries_of(
    found: Mapping[tuple[str, str], tuple[str, Sequence[Learnt]]],
    described: Container[tuple[str, str]],
) -> str:
    """Return ``workloads:`` with an entry for each kind, by group and kind.

    Each kind comes with the file that defines it. ``described`` are those in the catalogue.
    """
    pieces: list[str] = []
    free: list[str] = []
    for (group, kind), (path, learnt) in sorted(found.items()):
        text = entry_of(group, kind, f"its CustomResourceDefinition in {path}", learnt)
        if not text:
            free.append(f"  # {shown(kind)} ({shown(group)}): no field that looks like an image\n")
        elif (group, kind) in described:
            text = f"  # imagelint knows {shown(kind)} already\n{text}"
        pieces.append(text)
    has_entries = any(
        not line.lstrip().startswith("#") for text in pieces for line in text.splitlines()
    )
    head = "workloads:\n" if has_entries else "workloads: []\n"
    return head + "".join((*pieces, *free))


def entry_of(group: str, kind: str, source: str, learnt: Sequence[Learnt]) -> str:
    """Return an entry with the reason of each field as a comment, doubtful ones commented out.

    Empty if there is no field. An entry with doubtful fields alone is commented out as a whole.
    """
    if not learnt:
        return ""
    lines = [
        f"- groups: [{as_yaml(group)}]",
        f"  kinds: [{as_yaml(kind)}]",
        f"  source: {as_yaml(source)}",
        "  fields:",
    ]
    is_used = any(one.is_sure for one in learnt)
    for one in learnt:
        mark = "" if one.is_sure or not is_used else "# "
        doubt = "" if one.is_sure else "doubtful: "
        lines.append(f"    {mark}- {field_in_yaml(one.field)}  # {doubt}{one.reason}")
    return "".join(f"  {line}\n" if is_used else f"  # {line}\n" for line in lines)


def field_in_yaml(field: str) -> str:
    """Return a field as a list item of block YAML; one in braces is YAML already."""
    if field.startswith("{"):
        return field
    return f"'{field}'" if '["' in field else field
