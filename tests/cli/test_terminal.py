"""What people see: colours, links, widths, progress, and options that say more or less."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from imagelint.cli import progress
from imagelint.formats import FORMATS, INVENTORIES, Look, renderer
from imagelint.model.report import Report
from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, GOOD, POLICY, Project, pod
from tests.support.reports import finding, report, source

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.platform != "win32":
    from tests.support.terminal import on_a_terminal, without_escapes

needs_terminal = pytest.mark.skipif(sys.platform == "win32", reason="no terminals to open there")


# --- colours and links -----------------------------------------------------------------


@needs_terminal
def test_colours_on_a_terminal_and_nowhere_else(work: Project) -> None:
    work.write("a.yaml", BAD)
    arguments = ("check", "missing", "a.yaml")
    assert "\x1b[1;31merror\x1b[0m" in on_a_terminal(work, *arguments, code=ERROR)
    assert "\x1b" not in on_a_terminal(work, *arguments, code=ERROR, NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(work, *arguments, code=ERROR, TERM="dumb")
    assert "\x1b[1;31m" in on_a_terminal(work, *arguments, code=ERROR, NO_COLOR="")
    done = work.spawn("check", "a.yaml")
    assert b"\x1b" not in done.stdout + done.stderr


@needs_terminal
def test_paths_and_rules_are_links(work: Project) -> None:
    work.write("a b;é\x1b.yaml", BAD)
    shown = on_a_terminal(work, "check", "a b;é\x1b.yaml")
    targets = re.findall(r"\x1b\]8;;([^\x1b]+)\x1b\\", shown)
    host = f"file://{os.uname().nodename}"
    path, rule = targets
    assert path.isascii()
    assert unquote(path) == f"{host}{work.root}/a b;é\x1b.yaml#8"
    assert rule.startswith(f"{host}/")
    assert os.path.isfile(unquote(rule.removeprefix(host)))
    assert rule.endswith("/unapproved-registry.yaml")
    assert shown.count("\x1b]8;;") == 2 * len(targets), "every link ends"


def test_links_need_a_place_to_lead_to() -> None:
    look = Look(color=True, links="file://h", folder="/w", rules="/r")
    stdin = source(path="<stdin>")
    made = renderer(FORMATS, "text")(report(finding(stdin), found=stdin), look)
    assert made.count("]8;;file://h") == 1  # the rule
    made = renderer(FORMATS, "text")(report(finding(source())), look._replace(rules=""))
    assert re.findall("]8;;([^\x1b]+)", made) == ["file://h/w/k/a.yaml#2"]


# --- widths ----------------------------------------------------------------------------


@needs_terminal
@pytest.mark.parametrize("columns", [64, 80, 200])
@pytest.mark.parametrize("color", ["", "1"])
def test_a_screen_of_any_width(work: Project, columns: int, color: str) -> None:
    work.write("prod/web.yaml", BAD.replace("nginx:1.25", "nginx:1.25  # " + "comment " * 30))
    shown = on_a_terminal(work, "check", "--statistics", columns=columns, NO_COLOR=color)
    lines = without_escapes(shown).splitlines()
    assert all(len(line) <= columns for line in lines)
    text = " ".join(" ".join(lines).split())
    assert "nginx:1.25 comes from docker.io, which prod does not allow" in text
    assert "can be fixed by `imagelint fix`." in text
    assert ("\x1b" in shown) is not bool(color)


@needs_terminal
def test_a_narrow_inventory_has_two_lines_an_image(work: Project) -> None:
    image = "quay.io/a-rather-long-organisation/and-a-long-name:v1.25.3"
    work.write("prod/web.yaml", pod(image))
    wide = without_escapes(on_a_terminal(work, "images", columns=160, code=CLEAN))
    assert wide == work.spawn("images").stdout.decode()
    narrow = without_escapes(on_a_terminal(work, "images", columns=80, code=CLEAN))
    assert narrow == (
        "VERDICT  ENVIRONMENT  IMAGE\n"
        f"denied   prod         {image}\n"
        "                      prod/web.yaml:8:12  Pod/web\n"
        "\n"
        "1 image in 2 files.\n"
        "Skipped"
    ).removesuffix("Skipped")
    assert "\x1b[31mdenied\x1b[0m" in on_a_terminal(work, "images", code=CLEAN)


# --- progress --------------------------------------------------------------------------


class _Clock:
    """Half a second passes whenever somebody looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.5
        return self.now


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    shown: list[str] = []
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(progress, "print_text", lambda text, _: shown.append(text))
    monkeypatch.setenv("TERM", "xterm")
    return shown


def test_progress_on_a_long_run(screen: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", _Clock())
    assert list(progress.track("abc", 3, quiet=False)) == ["a", "b", "c"]
    assert screen == [
        "\r\x1b[K1 of 3 files", "\r\x1b[K2 of 3 files", "\r\x1b[K3 of 3 files", "\r\x1b[K",
    ]  # fmt: skip


def test_progress_is_gone_whatever_happens(
    screen: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", _Clock())

    def failing() -> Iterator[str]:
        yield "a"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(progress.track(failing(), 2, quiet=False))
    assert screen[-1] == "\r\x1b[K"


def test_a_short_run_needs_no_progress(screen: list[str]) -> None:
    assert list(progress.track("abc", 3, quiet=False)) == ["a", "b", "c"]
    assert screen == []


@pytest.mark.parametrize("why", ["quiet", "dumb", "pipe"])
def test_no_progress_where_it_is_not_wanted(
    screen: list[str], monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    monkeypatch.setattr(time, "monotonic", _Clock())
    if why == "dumb":
        monkeypatch.setenv("TERM", "dumb")
    if why == "pipe":
        monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    assert list(progress.track("abc", 3, quiet=why == "quiet")) == ["a", "b", "c"]
    assert screen == []


# --- more and less ---------------------------------------------------------------------


def test_quiet(project: Project) -> None:
    project.write("a.yaml", BAD)
    done = project.run("check", "-q")
    assert done.exit_code == FINDINGS
    assert done.stderr == ""
    assert done.stdout.startswith("a.yaml:8:12: error")
    assert "Found" not in done.stdout
    done = project.run("fix", "--quiet")
    assert done.exit_code == CLEAN
    assert done.output == ""
    done = project.run("check", "--quiet", "missing")
    assert done.stderr == "error: missing: no such file or folder\n"
    assert project.run("images", "-q").stdout.count("\n") == 2


def test_quiet_and_verbose_contradict_each_other(work: Project) -> None:
    done = work.run("check", "-qv")
    assert done.exit_code == ERROR
    assert "--quiet and --verbose contradict each other" in done.stderr


def test_verbose_says_why_each_file_was_skipped(work: Project) -> None:
    work.write("prod/a.yaml", GOOD)
    work.write("node_modules/b.yaml", GOOD)
    work.write("c.yaml", GOOD)
    (work.root / "gone.yaml").symlink_to("nowhere")
    done = work.run("check", "--verbose", "--exclude", "c.yaml", "--format", "json")
    assert json.loads(done.stdout)["summary"]["skipped"] == 3
    assert done.stderr == (
        "note: imagelint.yaml governs 2 files\n"
        "note: skipped c.yaml: excluded by --exclude\n"
        "note: skipped gone.yaml: broken link\n"
        "note: skipped node_modules: left out by name (node_modules)\n"
    )


STATISTICS = """\

REGISTRY                   IMAGES  ALLOWED  DENIED  UNKNOWN
docker.io                       2        0       2        0
(no registry can be read)       1        0       0        1
h.io                            1        1       0        0

ENVIRONMENT  IMAGES  ALLOWED  DENIED  UNKNOWN
prod              4        1       2        1
"""
RULES = """\

RULE                 FINDINGS  ERRORS  WARNINGS  NOTES  FIXABLE
unapproved-registry         2       2         0      0        2
invalid-reference           1       1         0      0        0
"""


def test_statistics(work: Project) -> None:
    for name, image in (("a", "nginx:1"), ("b", "redis:1"), ("c", "h.io/x:1"), ("d", "Bad")):
        work.write(f"{name}.yaml", pod(image))
    done = work.run("check", "--statistics")
    assert done.stdout.endswith(f"{STATISTICS}{RULES}")
    done = work.run("check", "--statistics", "--format", "json")
    json.loads(done.stdout)
    assert done.stderr == STATISTICS + RULES
    assert work.run("images", "--statistics").stdout.endswith(f"files.\n{STATISTICS}")
    done = work.run("fix", "-", "--statistics", stdin=BAD)
    assert done.stdout == GOOD
    assert "REGISTRY" in done.stderr
    assert "REGISTRY" not in work.run("check", "imagelint.yaml", "--statistics").stdout


def test_statistics_of_nothing() -> None:
    from imagelint.formats.statistics import render  # noqa: PLC0415

    assert render(Report(())) == ""


def test_show_files(work: Project) -> None:
    work.write("prod/a.yaml", BAD)
    work.write("b.json", "{}")
    work.write("c.txt", BAD)
    work.write("dist/d.yaml", BAD)
    done = work.run("check", "--show-files")
    assert done.exit_code == CLEAN
    assert done.output == "b.json\nimagelint.yaml\nprod/a.yaml\n"
    done = work.run("check", "--show-files", "prod", "missing")
    assert done.exit_code == ERROR
    assert done.stdout == "prod/a.yaml\n"
    assert done.stderr == "error: missing: no such file or folder\n"
    done = work.run("check", "--show-files", "-v")
    assert done.stderr == "note: skipped dist: left out by name (dist)\n"


LABELLED = POLICY.replace("allow: [h.io]", "allow: [h.io]", 1).replace(
    'match: {paths: ["dev/**"]}',
    'match: {paths: ["dev/**"], namespaces: ["dev-*"], labels: {tier: "d*", app: x}}',
)


def test_show_policy(project: Project) -> None:
    project.write("imagelint.yaml", LABELLED)
    text = pod().replace("name: web", "name: web, namespace: dev-1").replace(
        "metadata:\n  name: web, namespace: dev-1\n",
        "metadata: {name: web, namespace: dev-1, labels: {tier: dd, app: x}}\n",
    )  # fmt: skip
    project.write("prod/a.yaml", f"{text}---\n{BAD}")
    done = project.run("check", "--show-policy", "prod/a.yaml")
    assert done.exit_code == CLEAN
    assert done.output == (
        "prod/a.yaml\n"
        "  policy      imagelint.yaml (the nearest above the file)\n"
        "  path        prod/a.yaml, which the policy's globs are held against\n"
        "  linted      yes\n"
        "\n"
        "Pod/web in namespace dev-1: 1 image\n"
        "  dev         its namespace matches dev-*; its labels match tier=d*, app=x\n"
        "  prod        its path matches prod/**\n"
        "\n"
        "Pod/web: 1 image\n"
        "  prod        its path matches prod/**\n"
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["x.yaml"], "linted      no: there is no such file"),
        (["x.yaml"], "prod        nothing matches, so the default"),
        (["dev/x.yaml"], "dev         its path matches dev/**"),
        (["dev/x.yaml", "--env", "prod"], "prod        given by --env"),
        (["x.yaml", "--policy", "imagelint.yaml"], "imagelint.yaml (given by --policy)"),
        (["a.yaml", "--exclude", "a.yaml"], "linted      no: excluded by --exclude"),
        (["<stdin>"], "linted      no: there is no such file"),
    ],
)
def test_show_policy_of_more(work: Project, arguments: list[str], expected: str) -> None:
    work.write("a.yaml", BAD)
    done = work.run("check", "--show-policy", *arguments)
    assert done.exit_code == CLEAN
    assert f"  {expected}\n" in done.stdout or expected in done.stdout


def test_show_policy_without_one(project: Project) -> None:
    done = project.run("check", "--show-policy", "x.yaml")
    expected = "the built-in policy (no imagelint.yaml stands above the file)"
    assert f"  policy      {expected}\n" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-"], "takes the one FILE and no PATH"),
        (["a.yaml", "b.yaml"], "takes the one FILE and no PATH"),
        (["."], "that is a folder; name a file in it"),
        (["a.yaml", "--env", "prd"], 'did you mean "prod"?'),
        (["a.yaml", "--policy", "none.yaml"], "none.yaml: No such file"),
    ],
)
def test_show_policy_refuses(work: Project, arguments: list[str], message: str) -> None:
    done = work.run("check", "--show-policy", *arguments)
    assert done.exit_code == ERROR
    assert message in done.stderr


def test_the_inventory_can_be_brief() -> None:
    made = renderer(INVENTORIES, "text")(report(), Look(brief=True))
    assert len(made.splitlines()) == 2
    assert renderer(INVENTORIES, "text")(Report(()), Look(brief=True)) == ""
