"""The structure of the code: packages import one way, files have no circles, the core is pure.

Packages and imports are read off the folders and the files themselves; no list is kept here.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "imagelint"
FILES = sorted(PACKAGE.rglob("*.py"))
PACKAGES = sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file())

TOUCHES_THE_SYSTEM = frozenset({"files", "rendering", "repository", "run", "cli"})
"""All other packages are pure, new ones too."""
IMPURE_MODULES = frozenset(
    ("click", "os", "pathlib", "shutil", "subprocess", "sys", "tempfile", "time")
)
DRAW = frozenset({"cli", "formats"})
"""Only these may import rich, and only ``formats/drawn.py`` its console."""


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in FILES}


@cache
def imports(path: Path) -> frozenset[str]:
    """Return the full names of what a file imports, anywhere in it, for type checkers too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in MODULES else str(node.module))
    return frozenset(found)


def order(graph: dict[str, set[str]]) -> list[str]:
    """Return names so that each comes behind what it imports; fail where there is a circle."""
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' → '.join(reversed(error.args[1]))}")


def package_of(module: str) -> str | None:
    """Return the top-level package of one of our modules; None for all others."""
    head, *rest = module.split(".")
    return rest[0] if head == "imagelint" and rest and rest[0] in PACKAGES else None


def packages_imported_by(package: str) -> set[str]:
    return {
        found
        for path in FILES
        if package_of(module_of(path)) == package
        for found in map(package_of, imports(path))
        if found not in (None, package)
    }


def test_the_folder_shows_packages_alone() -> None:
    files = {path.name for path in PACKAGE.iterdir() if path.is_file()}
    assert files == {"__init__.py", "__main__.py", "py.typed"}
    assert {path.relative_to(PACKAGE).parts[0] for path in FILES} == {
        *PACKAGES,
        *files - {"py.typed"},
    }


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("__init__.py")), ids=module_of)
def test_every_package_says_what_lives_there(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_packages_import_one_way() -> None:
    assert set(order({name: packages_imported_by(name) for name in PACKAGES})) == set(PACKAGES)


def test_files_import_without_circles() -> None:
    graph = {name: set(imports(path)) & set(MODULES) - {name} for name, path in MODULES.items()}
    assert set(order(graph)) == set(MODULES)


def test_the_page_lists_the_packages_in_their_order() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([a-z]+)/` \|", page, re.MULTILINE)
    assert sorted(listed) == PACKAGES
    for at, package in enumerate(listed):
        assert packages_imported_by(package) <= set(listed[:at]), f"{package}/ imports from below"


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_files_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


PURE = [path for path in FILES if package_of(module_of(path)) not in {*TOUCHES_THE_SYSTEM, None}]


@pytest.mark.parametrize("path", PURE, ids=module_of)
def test_the_core_is_pure(path: Path) -> None:
    assert not {module.split(".")[0] for module in imports(path)} & IMPURE_MODULES
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not calls & {"open", "print", "input"}


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_rich_draws_and_no_more(path: Path) -> None:
    """Its console would read environment variables: one file makes it, and gives it none."""
    found = {name for name in imports(path) if name.split(".")[0] == "rich"}
    assert not found or package_of(module_of(path)) in DRAW
    assert "rich.console" not in found or module_of(path) == "imagelint.formats.drawn"
