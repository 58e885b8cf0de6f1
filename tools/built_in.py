"""Writes what imagelint is built with as Python: its rules, and the core of its catalogue.

``python tools/built_in.py`` reads ``rules/*.yaml`` and ``rules/workloads/core.yaml`` and writes
``imagelint/rules/built_in.py`` and ``imagelint/kubernetes/catalogue/core.py``; ``--check`` only
tells whether one of them is stale.
"""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagelint.kubernetes.catalogue.notation import read_part
from imagelint.model.source import Source
from imagelint.rules.rule import load_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
_HEAD = '''\
"""WHAT, as the files under ``rules/`` say: read beforehand.

Made by ``python tools/built_in.py``; edit those files. A test holds this one to them.
To read them in every run would take milliseconds, a tenth of what a run over one clean file costs.
A cache would do that as well, but one on a user's disk can be poisoned.
"""
# ruff: noqa: E501 - a text is a line
# fmt: off

from __future__ import annotations

from typing import TYPINGFinal

IMPORTS
'''
_WIDTH = 100
_DEPTH = 3
"""How deep a value is that is broken into lines."""


def modules() -> dict[Path, str]:
    """Return the modules: where each goes, and its text."""
    rules = load_rules(_source(path) for path in sorted((ROOT / "rules").glob("*.yaml")))
    core = read_part(_source(ROOT / "rules" / "workloads" / "core.yaml"), None)
    package = ROOT / "imagelint"
    return {
        package / "rules" / "built_in.py": _module(
            "The rules that imagelint is shipped with", "RULES", "Mapping[str, Rule]", rules
        ),
        package / "kubernetes" / "catalogue" / "core.py": _module(
            "The core of the catalogue of kinds", "CORE", "", core
        ),
    }


def _module(what: str, name: str, kind: str, value: Any) -> str:  # noqa: ANN401
    """Return the text of a module that holds one value, of a generic ``kind`` or its own."""
    by_module: dict[str, set[str]] = {}
    for one in _classes(value):
        by_module.setdefault(one.__module__, set()).add(one.__name__)
    imports = "".join(
        f"from {module} import {', '.join(sorted(names))}\n"
        for module, names in sorted(by_module.items())
    )
    typing, annotation = "", "Final"
    if kind:
        typing, annotation = "TYPE_CHECKING, ", f"Final[{kind}]"
        imports += "\nif TYPE_CHECKING:\n    from collections.abc import Mapping\n"
    head = _HEAD.replace("WHAT", what).replace("TYPING", typing).replace("IMPORTS\n", imports)
    return f'{head}\n__all__ = ["{name}"]\n\n{name}: {annotation} = {_code(value, 0)}\n'


def _source(path: Path) -> Source:
    return Source(path.relative_to(ROOT).as_posix(), path.read_bytes())


def _classes(value: Any) -> Iterator[type]:  # noqa: ANN401 - whatever a rule holds
    """Yield the types of ours that a value is made of."""
    if isinstance(value, Enum) or hasattr(value, "_fields"):
        yield type(value)
    for _, part in _parts(value)[1]:
        yield from _classes(part)


def _parts(value: Any) -> tuple[str, list[tuple[str, Any]], str]:  # noqa: ANN401
    """Take a value apart: what opens it, its parts and what stands before each, what closes it."""
    if isinstance(value, dict):
        return "{", [(f"{_code(key)}: ", one) for key, one in value.items()], "}"
    if hasattr(value, "_fields"):
        return f"{type(value).__name__}(", list(_arguments(value)), ")"
    if isinstance(value, frozenset):
        return "frozenset({", [("", one) for one in sorted(value)], "})"
    if isinstance(value, tuple):
        return "(", [("", one) for one in value], ")"
    return "", [], ""


def _arguments(value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Yield what a named tuple is made of, without defaults; flags, and what follows, by name."""
    by_name = False
    for name, part in zip(value._fields, value, strict=True):
        is_default = name in value._field_defaults and part == value._field_defaults[name]
        by_name = by_name or is_default or isinstance(part, bool)
        if not is_default:
            yield f"{name}=" if by_name else "", part


def _code(value: Any, depth: int = _DEPTH, taken: int = 0) -> str:  # noqa: ANN401
    """Write a value as an expression: in one line where there is room, or that deep inside.

    ``taken`` is what stands in the first line already, besides the indent.
    """
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    opening, parts, closing = _parts(value)
    if not opening:
        text = repr(value)
        return f'"{text[1:-1]}"' if isinstance(value, str) and '"' not in text else text
    indent, inner = 4 * depth, 4 * depth + 4
    codes = [head + _code(part) for head, part in parts]
    comma = "," if opening == "(" and len(codes) == 1 else ""
    line = f"{opening}{', '.join(codes)}{comma}{closing}"
    if depth == _DEPTH or indent + taken + len(line) < _WIDTH:
        return line
    lines = [""]
    for head, part in parts:
        code = f"{head}{_code(part, depth + 1, len(head))},"
        if lines[-1] and "\n" not in code and inner + len(lines[-1]) + len(code) < _WIDTH:
            lines[-1] += f" {code}"
        else:
            lines.append(code)
    body = "".join(f"{' ' * inner}{code}\n" for code in lines if code)
    return f"{opening}\n{body}{' ' * indent}{closing}"


def main(arguments: list[str]) -> int:
    """Write the modules, or with ``--check`` say which are stale."""
    is_stale = False
    for path, text in modules().items():
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            is_stale = True
            sys.stdout.write(f"stale: {path.relative_to(ROOT).as_posix()}\n")
    return int(is_stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
