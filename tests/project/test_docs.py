"""The documentation: rule pages are fresh, links lead somewhere, commands print what it says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from imagelint.rules.built_in import RULES
from tests.support import transcripts
from tests.support.fresh import assert_fresh
from tests.support.needs import path_of
from tests.support.project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
WITH_COMMANDS = [page for page in PAGES if transcripts.steps(page.read_text(encoding="utf-8"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def test_the_pages_of_the_rules_are_fresh() -> None:
    """If not: ``python tools/rule_pages.py``."""
    assert_fresh("tools/rule_pages.py")


def test_pages_show_values_as_people_write_them() -> None:
    """No value of Python's; of the retired registries, a row of a table for each."""
    pages = {page.stem: page.read_text("utf-8") for page in (ROOT / "docs/rules").glob("*.md")}
    for name, text in pages.items():
        assert not re.search(r"\b[A-Z][A-Za-z]+\([a-z_]+=", text), name
    moves = RULES["retired-registry"].parameters["registries"]
    assert isinstance(moves, tuple)
    rows = [line for line in pages["retired-registry"].splitlines() if line.count(" | ") == 5]
    assert len(rows) == len(moves) + 2, "a head, a rule, and one each"
    for move, row in zip(moves, rows[2:], strict=True):
        assert row.startswith(f"| `{move.old}` | ")
        assert f"]({move.source}) |" in row


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    for link in LINK.findall(text):
        if link.startswith("#"):
            assert link.removeprefix("#") in headings, link
        elif "://" not in link:
            assert (page.parent / link.partition("#")[0]).exists(), link


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_commands_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert transcripts.folder_of(text) is not None, "where do its commands run?"
    for program in transcripts.programs(text):
        path_of(program)
    steps = transcripts.steps(text)
    printed = transcripts.run(text, tmp_path)
    assert len(printed) == len(steps)
    for step, text in zip(steps, printed, strict=True):
        assert transcripts.matches(step.expected, text), f"$ {step.command}\n{text}"


@pytest.mark.parametrize(
    ("expected", "printed", "result"),
    [
        ("a\n", "a\n", True),
        ("a\n", "b\n", False),
        ("a\n", "a\nb\n", False),
        ("a...\n", "abc\n", True),
        ("a...\n", "abc\nd\n", False),
        ("a...d\n", "abcd\n", True),
        ("...\nb\n", "a\na\nb\n", True),
        ("...\n", "", True),
        ("", "", True),
        ("", "a\n", False),
    ],
)
def test_what_matches(expected: str, printed: str, *, result: bool) -> None:
    assert transcripts.matches(expected, printed) is result


def test_every_input_and_output_of_the_action_is_described() -> None:
    action: dict[str, Any] = YAML(typ="safe").load((ROOT / "action.yml").read_text())
    page = (ROOT / "docs/github.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| ?(?:`([^`|]+)`)? ?\|", page, re.MULTILINE))
    for name, one in action["inputs"].items():
        assert rows[name] == one["default"], name
    assert set(action["outputs"]) <= set(re.findall(r"`([a-z]+)`", page))


def test_the_five_lines_are_the_same_everywhere() -> None:
    blocks = [
        re.findall(
            r"^repos:\n.*?(?=^```)", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )
        for page in (ROOT / "README.md", ROOT / "docs/pre-commit.md")
    ]
    assert blocks[0]
    assert blocks[0] == blocks[1]
    assert len(blocks[0][0].splitlines()) == 5
