"""The order of the house: each module imports only what stands above it; rooms stay small."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "imagelint"

# The floors of ARCHITECTURE.md, top first. A folder is one floor.
ORDER = (
    "values",
    "text",
    "reference",
    "errors",
    "finding",
    "excerpt",
    "helm",
    "report",
    "globs",
    "patterns",
    "registries",
    "bounds",
    "nodes",
    "scalars",
    "json_text",
    "stream",
    "flow",
    "lines",
    "plain",
    "manifest",
    "fields",
    "reading",
    "metadata",
    "objects",
    "workload_entries",
    "workload_parse",
    "plans",
    "catalogue",
    "json_list",
    "scan",
    "sites",
    "workloads",
    "outline",
    "skim",
    "edits",
    "examine",
    "unknown",
    "verify",
    "pull_secrets",
    "subject",
    "registry_checks",
    "lookalikes",
    "checks",
    "rules",
    "built_in",
    "environments",
    "exceptions",
    "layers",
    "policy_parse",
    "policy_exceptions",
    "policy",
    "placement",
    "suppress",
    "baseline",
    "excuses",
    "judge",
    "repairs",
    "moves",
    "outcomes",
    "document_rules",
    "engine",
    "fixer",
    "conclude",
    "rule_examples",
    "overlap",
    "policy_advice",
    "policy_cases",
    "policy_diff",
    "resource_list",
    "formats",
    "files",
    "helpers",
    "workers",
    "ahead",
    "request",
    "intake",
    "run",
    "fixing",
    "commands",
    "cli",
    "__main__",
)
PURE = ORDER[: ORDER.index("files")]
IMPURE_MODULES = frozenset(
    ("click", "os", "pathlib", "rich", "shutil", "subprocess", "sys", "tempfile", "time")
)


def _modules() -> list[tuple[str, Path]]:
    return [
        (path.relative_to(PACKAGE).parts[0].removesuffix(".py"), path)
        for path in sorted(PACKAGE.rglob("*.py"))
        if path != PACKAGE / "__init__.py"
    ]


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            if node.module == "imagelint":
                found.update(f"imagelint.{alias.name}" for alias in node.names)
            else:
                found.add(node.module)
    return found


def test_every_module_has_its_floor() -> None:
    assert {name for name, _ in _modules()} == set(ORDER)


@pytest.mark.parametrize(("name", "path"), _modules(), ids=lambda value: str(value)[-30:])
def test_imports_come_from_above(name: str, path: Path) -> None:
    own = {module.split(".")[1] for module in _imports(path) if module.startswith("imagelint.")}
    below = {module for module in own - {"__version__"} if ORDER.index(module) > ORDER.index(name)}
    assert below == set()


@pytest.mark.parametrize(("name", "path"), _modules(), ids=lambda value: str(value)[-30:])
def test_no_room_is_too_large(name: str, path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, name


@pytest.mark.parametrize(
    ("name", "path"),
    [(name, path) for name, path in _modules() if name in PURE],
    ids=lambda value: str(value)[-30:],
)
def test_the_core_is_pure(name: str, path: Path) -> None:
    touched = {module.split(".")[0] for module in _imports(path)} & IMPURE_MODULES
    assert touched == set(), name
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not calls & {"open", "print", "input"}, name
