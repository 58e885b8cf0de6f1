"""Bypasses of the command line: which files are read, by which policy, what is left out."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.bypass.cases import EVIL, UNAPPROVED
from tests.bypass.cases import POLICY as STRICT
from tests.bypass.test_documents import EVERY
from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, GOOD, POLICY, rules_in

if TYPE_CHECKING:
    from tests.bypass.cases import Bypass
    from tests.support.project import Project

OPEN = POLICY.replace("allow: [h.io]", 'allow: ["*"]')


def check(work: Project, *paths: str) -> list[str]:
    """Lint and return the rules of the findings; the exit code must go with them."""
    result = work.run("check", "--format", "json", *paths)
    rules = rules_in(result.stdout)
    assert result.exit_code == (FINDINGS if rules else CLEAN), result.stderr
    return rules


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in EVERY[::5]])
def test_the_command_says_what_the_engine_says(case: Bypass, project: Project) -> None:
    project.write("imagelint.yaml", STRICT)
    project.write("attack.yaml", case.attack)
    project.write("twin.yaml", case.twin)
    assert tuple(sorted(set(check(project, "attack.yaml")))) == case.rules
    assert check(project, "twin.yaml") == []


@pytest.mark.parametrize(
    "name",
    [
        "app.txt",
        "app",
        "app.yaml.tmpl",
        ".app",
        "-app.yaml",
        "app.yaml ",
        "\u202eapp.yaml",
        "a\nb.yaml",
    ],
)
def test_a_file_that_is_named_is_read(name: str, work: Project) -> None:
    work.write(name, BAD)
    assert check(work, f"./{name}") == [UNAPPROVED]
    work.write(name, GOOD)
    assert check(work, f"./{name}") == []


@pytest.mark.parametrize(
    "name",
    [
        ".hidden/app.yaml",
        "a/.app.yaml",
        "APP.YAML",
        "app.Yml",
        "app.json",
        "Kustomization",
        "kustomization.yml",
        "a/b/c/d/e/f/app.yaml",
        "test/app.yaml",
        "vendor/app.yaml",
    ],
)
def test_a_file_in_a_folder_is_found(name: str, work: Project) -> None:
    work.write(name, BAD)
    assert check(work, ".") == [UNAPPROVED]
    work.write(name, GOOD)
    assert check(work, ".") == []


def test_links_are_judged_where_they_stand(work: Project) -> None:
    """A link under `prod/` to a file under `dev/` is production's."""
    work.write("dev/app.yaml", BAD)
    (work.root / "prod").mkdir()
    os.symlink("../dev/app.yaml", work.root / "prod/app.yaml")
    assert check(work, "dev") == []
    assert check(work, "prod") == [UNAPPROVED]
    assert check(work, "prod/app.yaml") == [UNAPPROVED]


@pytest.mark.parametrize(
    "path",
    ["dev/../prod/app.yaml", "./dev/.././prod//app.yaml", "prod/../prod/app.yaml", "d/app.yaml"],
)
def test_paths_are_what_they_lead_to(path: str, work: Project) -> None:
    work.write("prod/app.yaml", BAD)
    work.write("dev/app.yaml", BAD)
    os.symlink("prod", work.root / "d")
    assert check(work, path) == [UNAPPROVED]
    assert check(work, "prod/../dev/app.yaml") == []


@pytest.mark.parametrize("folder", ["prod", "prod/team", ".hidden"])
def test_a_policy_in_a_folder_below_ends_the_run(folder: str, work: Project) -> None:
    """Nobody loosens the gate by adding a file."""
    work.write(f"{folder}/app.yaml", BAD)
    assert check(work, ".") == [UNAPPROVED]
    work.write(f"{folder}/imagelint.yaml", OPEN)
    result = work.run("check", ".")
    assert result.exit_code == ERROR
    assert "imagelint.yaml" in result.stderr


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("node_modules/app.yaml", "node_modules"),
        ("dist/app.yaml", "dist"),
        ("testdata/app.yaml", "imagelint.yaml"),
        ("link/app.yaml", "link"),
    ],
)
def test_what_is_left_out_is_said(name: str, reason: str, work: Project) -> None:
    """A folder that is left out by its name, by the policy or as a link hides nothing unsaid."""
    work.write("imagelint.yaml", POLICY + 'exclude: ["testdata/**"]\n')
    work.write("app.yaml", GOOD)
    if name.startswith("link"):
        work.write("../elsewhere/app.yaml", BAD)
        os.symlink("../elsewhere", work.root / "link")
    else:
        work.write(name, BAD)
    report = json.loads(work.run("check", "--format", "json", ".").stdout)
    (skipped,) = (one for one in report["skipped"] if one["path"] != ".git")
    assert skipped["path"] == name.split("/", maxsplit=1)[0]
    assert reason in skipped["reason"]


def test_a_tracked_file_that_git_ignores_is_read(work: Project) -> None:
    work.write(".gitignore", "prod/\n")
    work.write("prod/app.yaml", BAD)
    work.git("init", "-q")
    assert check(work, "prod") == [UNAPPROVED]
    work.git("add", "-f", "prod/app.yaml")
    assert check(work, ".") == [UNAPPROVED]


def test_exclude_is_no_wider_than_it_says(work: Project) -> None:
    work.write("imagelint.yaml", POLICY + 'exclude: ["vendor/*.yaml", "a?.yaml"]\n')
    for name in ("vendor/deep/app.yaml", "xvendor/app.yaml", "abc.yaml", "a/.yaml"):
        work.write(name, BAD)
    assert check(work, ".") == [UNAPPROVED] * 4
    work.write("vendor/app.yaml", BAD)
    work.write("ab.yaml", BAD)
    assert check(work, ".") == [UNAPPROVED] * 4


def test_a_chart_beside_manifests_excuses_no_image(work: Project) -> None:
    """A `Chart.yaml` turns templates into notes; an image that is written out stays an error."""
    work.write("prod/Chart.yaml", "name: a\n")
    work.write("prod/templates/app.yaml", f"# {{{{ a }}}}\n{BAD}")
    assert UNAPPROVED in check(work, ".")
    work.write("prod/templates/app.yaml", GOOD)
    assert check(work, ".") == []


def test_terminal_codes_in_an_image_are_shown_as_such(work: Project) -> None:
    work.write("app.yaml", BAD.replace("nginx:1.25", f'"{EVIL}\\e[2K\\r\\u202e"'))
    out = work.run("check", "app.yaml").output
    assert "\x1b[2K" not in out
    assert "\u202e" not in out
