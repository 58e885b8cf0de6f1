"""What people see: colours, links, widths, progress, and options that say more or less."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import time
from contextlib import redirect_stderr
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from imagelint.cli.output import track
from imagelint.formats import FORMATS, INVENTORIES, Look, renderer
from imagelint.model.report import Report
from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, GOOD, POLICY, Project, pod
from tests.support.reports import finding, report, source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
    targets = re.findall(r"\x1b\]8;id=[0-9-]+;([^\x1b]+)\x1b\\", shown)
    host = f"file://{os.uname().nodename}"
    path, rule = targets
    assert path.isascii()
    assert unquote(path) == f"{host}{work.root}/a b;é\x1b.yaml#8"
    assert rule.startswith(f"{host}/")
    assert os.path.isfile(unquote(rule.removeprefix(host)))
    assert rule.endswith("/unapproved-registry.yaml")
    assert shown.count("\x1b]8;;\x1b\\") == len(targets), "every link ends"


def test_links_need_a_place_to_lead_to() -> None:
    look = Look(color=True, links="file://h", folder="/w", rules="/r")
    stdin = source(path="<stdin>")
    made = renderer(FORMATS, "text")(report(finding(stdin), found=stdin), look)
    assert made.count(";file://h") == 1  # the rule
    made = renderer(FORMATS, "text")(report(finding(source())), look._replace(rules=""))
    assert re.findall("]8;id=[0-9-]+;([^\x1b]+)", made) == ["file://h/w/k/a.yaml#2"]
    made = renderer(FORMATS, "text")(report(finding(source())), look._replace(links=""))
    assert "]8;" not in made


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
def test_wide_characters_in_a_path_take_their_room(work: Project) -> None:
    work.write(f"{'日' * 10}.yaml", BAD)
    lines = without_escapes(on_a_terminal(work, "check", columns=80)).splitlines()
    assert any("日" in line for line in lines)
    assert max(len(line) + line.count("日") for line in lines) <= 80


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


def test_cells_are_what_a_terminal_makes_of_characters(work: Project) -> None:
    work.write("日本/ne\u0301/✅\ufe0f.yaml", pod())
    work.write("a.yaml", pod())
    done = work.spawn("images").stdout.decode()
    plain, wide = (line for line in done.splitlines() if ".yaml:" in line)
    three_are_wide, two_take_no_room = 3, 2
    cells = wide.index("Pod/web") + three_are_wide - two_take_no_room
    assert cells == plain.index("Pod/web")


@needs_terminal
@pytest.mark.parametrize(
    "arguments",
    [
        ["images"],
        ["images", "--statistics"],
        ["rules"],
        ["workloads"],
        ["policy", "diff", "imagelint.yaml", "b.yaml"],
    ],
    ids=" ".join,
)
def test_a_table_fits_a_terminal_and_a_pipe_has_no_width(
    work: Project, arguments: list[str]
) -> None:
    image = f"quay.io/{'long-' * 30}name:1.25"
    work.write("prod/web.yaml", pod(image))
    work.write("b.yaml", POLICY.replace("allow: [h.io]", "allow: [h.io, quay.io]", 1))
    code = FINDINGS if "diff" in arguments else CLEAN
    shown = on_a_terminal(work, *arguments, columns=80, code=code)
    assert "\x1b[1m" in shown
    assert max(map(len, without_escapes(shown).splitlines())) <= 80
    assert arguments[0] != "images" or image in "".join(without_escapes(shown).split())
    plain = on_a_terminal(work, *arguments, columns=80, code=code, NO_COLOR="1")
    assert plain.replace("\r\n", "\n") == without_escapes(shown)
    environment = {"FORCE_COLOR": "1", "COLUMNS": "20", "TERM": "xterm"}
    piped = work.spawn(*arguments, env=environment).stdout.decode()
    assert "\x1b" not in piped
    assert max(map(len, piped.splitlines())) > 80
    assert not any(line.endswith(" ") for line in piped.splitlines())
    assert (image in piped) is (arguments[0] not in {"rules", "workloads"})


def test_a_table_writes_names_as_they_are(work: Project) -> None:
    """Neither as rich's markup, nor as its codes for emoji; what is invisible stays escaped."""
    work.write("[bold]a[/].yaml", pod("':smile:/[red]x\\e[31m'"))
    work.write("b\x1b[31m.yaml", pod('":smile:/[red]x\\e[31m"'))
    printed = work.run("images").stdout
    assert "[bold]a[/].yaml:8:12" in printed
    assert r"b\x1b[31m.yaml:8:12" in printed
    assert r":smile:/[red]x\x1b[31m" in printed


# --- progress --------------------------------------------------------------------------


class _Clock:
    """Half a second passes whenever somebody looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.5
        return self.now


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError

    def track(self, items: Iterable[str], total: int, *, quiet: bool = False) -> list[str]:
        with redirect_stderr(self):
            return list(track(items, total, quiet=quiet))

    @property
    def lines(self) -> list[str]:
        """What is shown, one after another; the time left is the clock's own."""
        shown = without_escapes(self.getvalue()).split("\r")
        return [re.sub(" ?[━╸╺-]+ .*", "", line).strip() for line in shown if line.strip()]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> _Screen:
    monkeypatch.setattr(time, "monotonic", _Clock())
    monkeypatch.setenv("TERM", "xterm")
    return _Screen()


@needs_terminal
def test_progress_on_a_long_run(screen: _Screen) -> None:
    assert screen.track("abc", 3) == ["a", "b", "c"]
    assert list(dict.fromkeys(screen.lines)) == ["1 of 3 files", "2 of 3 files", "3 of 3 files"]
    assert re.search("2 of 3 files .*0:00:[0-9]{2}", without_escapes(screen.getvalue()))
    assert screen.getvalue().endswith(GONE)


GONE = "\x1b[1A\x1b[2K"
"""One line up, and nothing in it."""


@needs_terminal
@pytest.mark.parametrize("where", ["in the work", "beside it", "while it is drawn"])
def test_progress_is_gone_whatever_happens(
    screen: _Screen, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def failing() -> Iterator[str]:
        yield "a"
        if where == "while it is drawn":
            monkeypatch.setattr(_Screen, "write", interrupted)
        yield "b"
        raise KeyboardInterrupt

    def interrupted(screen: _Screen, text: str) -> int:
        monkeypatch.setattr(_Screen, "write", io.StringIO.write)
        screen.write(text)
        raise KeyboardInterrupt

    def work() -> None:
        for item in track(failing(), 3, quiet=False):
            if where == "beside it" and item == "b":
                raise KeyboardInterrupt

    with redirect_stderr(screen), pytest.raises(KeyboardInterrupt):
        work()
    assert screen.lines
    assert screen.getvalue().endswith(GONE)


@needs_terminal
def test_a_killed_run_leaves_the_cursor(screen: _Screen) -> None:
    screen.track("abc", 3)
    shown = screen.getvalue()
    assert shown.index("\x1b[?25l") < shown.index("\x1b[?25h") < shown.index("2 of 3 files")


def test_a_short_run_needs_no_progress(screen: _Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    assert screen.track("abc", 3) == ["a", "b", "c"]
    assert screen.getvalue() == ""


@pytest.mark.parametrize("why", ["quiet", "dumb", "pipe"])
def test_no_progress_where_it_is_not_wanted(
    screen: _Screen, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    if why == "dumb":
        monkeypatch.setenv("TERM", "dumb")
    if why == "pipe":
        monkeypatch.setattr(_Screen, "isatty", lambda _: False)
    assert screen.track("abc", 3, quiet=why == "quiet") == ["a", "b", "c"]
    assert screen.getvalue() == ""


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
