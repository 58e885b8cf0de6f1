"""Names of files that are no UTF-8, or try to look like output: each format shows them safely."""

from __future__ import annotations

import json
import os
import re
import subprocess
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from imagelint.engine import linter
from tests.support.needs import needs_git
from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, GOOD, POLICY
from tests.support.repository import QUIET

if TYPE_CHECKING:
    from tests.support.project import Project

NAMES = {
    "line feed": b"a\nerror: b.yaml: all is well.yaml",
    "command": b"a\n::error file=b.yaml::all is well.yaml",
    "carriage return": b"a\rb.yaml",
    "colour": b"\x1b[31mred\x1b[0m.yaml",
    "no UTF-8": b"caf\xe9.yaml",
    "half of a character": b"\xc3.yaml",
    "surrogate": b"\xed\xb3\xa9.yaml",
    "line separator": "a\u2028b.yaml".encode(),
    "right to left": "a\u202elmay.yaml".encode(),
    "quotes": b'it\'s "a" <b> & `c` \\d.yaml',
    "pipe and percent": b"a|b%0Ac,d:e.yaml",
    "dash": b"-.yaml",
}


@pytest.fixture
def names(work: Project) -> list[bytes]:
    """The names of files with something to repair, as far as the file system has such names."""
    return [name for name in NAMES.values() if write(work, name, BAD)]


def write(work: Project, name: bytes, text: str) -> bool:
    try:
        with open(os.fsencode(work.root) + b"/" + name, "wb") as file:
            file.write(text.encode())
    except OSError:
        return False
    return True


def read(work: Project, name: bytes) -> str:
    with open(os.fsencode(work.root) + b"/" + name, "rb") as file:
        return file.read().decode()


def report(work: Project, form: str, *more: str | bytes) -> str:
    done = work.spawn("check", "--format", form, *more)
    assert done.returncode == FINDINGS, done
    assert done.stderr == b""
    return done.stdout.decode()  # valid UTF-8, or it raises


def is_printable(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


def test_text(work: Project, names: list[bytes]) -> None:
    text = report(work, "text")
    assert is_printable(text)
    lines = text.split("\n")
    assert sum(":8:12: error unapproved-registry" in line for line in lines) == len(names)
    assert not any(line.startswith("error:") for line in lines)


def test_github(work: Project, names: list[bytes]) -> None:
    text = report(work, "github")
    assert is_printable(text)
    commands = [line for line in text.split("\n") if "::" in line]
    assert all(line.startswith(("::error file=", "::notice title=")) for line in commands)
    assert not any(line.startswith("::error file=b.yaml::") for line in commands)
    assert sum(line.startswith("::error file=") for line in commands) == len(names)


def test_json(work: Project, names: list[bytes]) -> None:
    found = json.loads(report(work, "json"))["findings"]
    shown = {name.decode("utf-8", "backslashreplace") for name in names}
    assert {finding["path"] for finding in found} == shown


def test_sarif(work: Project, names: list[bytes]) -> None:
    [run] = json.loads(report(work, "sarif"))["runs"]
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    uris = [place["artifactLocation"]["uri"] for place in places]
    assert len(uris) == len(names)
    for uri in uris:
        assert uri.isascii()
        assert uri.isprintable()
        assert not set(' "<>\\^`{|}') & set(uri)


def test_gitlab(work: Project, names: list[bytes]) -> None:
    results = json.loads(report(work, "gitlab"))
    assert len(results) == len(names)
    assert all(result["location"]["path"].isprintable() for result in results)


def test_junit(work: Project, names: list[bytes]) -> None:
    found = ET.fromstring(report(work, "junit")).findall(".//failure")  # noqa: S314 - our own
    assert len(found) == len(names)


@pytest.mark.usefixtures("names")
def test_markdown(work: Project) -> None:
    text = report(work, "markdown")
    assert is_printable(text)
    assert not any(line.startswith(("error:", "::error")) for line in text.split("\n"))


@pytest.mark.parametrize(
    "arguments",
    [["images"], ["images", "--format", "json"], ["check", "--show-files"], ["check", "--verbose"]],
    ids=" ".join,
)
@pytest.mark.usefixtures("names")
def test_other_outputs(work: Project, arguments: list[str]) -> None:
    done = work.spawn(*arguments)
    assert done.returncode in {CLEAN, FINDINGS}
    assert is_printable(done.stdout.decode())
    assert is_printable(done.stderr.decode())


def test_policy_diff(work: Project, names: list[bytes]) -> None:
    work.write("looser.yaml", POLICY.replace("allow: [h.io]", 'allow: ["*"]'))
    done = work.spawn("policy", "diff", "imagelint.yaml", "looser.yaml")
    assert done.returncode == FINDINGS, done
    text = done.stdout.decode()
    assert is_printable(text)
    rows = re.findall(":8:12 +nginx:1.25  error unapproved-registry in prod", text)
    assert len(rows) == len(names)


def test_fix_and_what_it_says(work: Project, names: list[bytes]) -> None:
    done = work.spawn("fix", "--statistics", "--verbose")
    assert done.returncode == CLEAN, done
    assert is_printable(done.stdout.decode())
    assert is_printable(done.stderr.decode())
    assert {read(work, name) for name in names} == {GOOD}


def test_errors_are_a_line_each(work: Project, names: list[bytes]) -> None:
    for number, name in enumerate(names):
        os.link(os.fsencode(work.root) + b"/" + name, work.root / str(number))
    done = work.spawn("fix", "--quiet", *(b"./" + name for name in names), b"no\nerror: such")
    assert done.returncode == ERROR
    lines = done.stderr.decode().splitlines()
    assert all(line.isprintable() for line in lines)
    assert sum(line.endswith("replacing it would part them") for line in lines) == len(names)
    assert sum(line.endswith("no such file or folder") for line in lines) == 1
    assert len(lines) == len(names) + 1


def test_a_mistake_of_ours_is_a_line(work: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(linter.Linter, "judge", fail)
    write(work, NAMES["line feed"], BAD)
    line, _ = work.run("check", "--quiet").stderr.splitlines()  # and one about imagelint.yaml
    assert line.startswith(r"error: a\nerror: b.yaml: all is well.yaml: internal error (Runtime")


def test_a_policy_that_is_wrong_is_a_line(work: Project) -> None:
    work.write("a\nerror: b/imagelint.yaml", "version: 7\n")
    work.write("a\nerror: b/c.yaml", BAD)
    done = work.run("check")
    assert done.exit_code == ERROR
    lines = done.stderr.splitlines()
    assert len(lines) == 3  # of each mistake
    assert all(line.startswith(r"error: a\nerror: b/imagelint.yaml:1:") for line in lines)


@needs_git
def test_git_takes_the_patch(work: Project, names: list[bytes]) -> None:
    done = work.spawn("fix", "--diff")
    assert done.returncode == FINDINGS
    applied = subprocess.run(
        ["git", "apply", "-"],
        cwd=work.root,
        input=done.stdout,
        env={**os.environ, **QUIET, "GIT_DIR": "/nowhere"},
        capture_output=True,
        check=False,
    )
    assert applied.returncode == 0, applied.stderr
    assert {read(work, name) for name in names} == {GOOD}


def test_named_on_the_command_line(work: Project, names: list[bytes]) -> None:
    done = work.spawn("fix", *(b"./" + name for name in names))
    assert done.returncode == CLEAN, done
    assert {read(work, name) for name in names} == {GOOD}
