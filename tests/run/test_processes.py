from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from imagelint import files
from imagelint.engine import linter
from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, GOOD, ROOT, Project, rules_in

if TYPE_CHECKING:
    from imagelint.kubernetes.examine import Examination


# --- mistakes of ours ------------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that trips over one file."""
    real = linter.Linter.judge

    def judge(self: linter.Linter, item: Examination, *rest: Any, **more: Any) -> Any:
        if "b.yaml" in item.source.path:
            message = "two\nlines"
            raise RuntimeError(message)
        return real(self, item, *rest, **more)

    monkeypatch.setattr(linter.Linter, "judge", judge)


@pytest.mark.usefixtures("broken")
def test_a_mistake_of_ours_is_one_line_and_silences_no_other_file(work: Project) -> None:
    for name in ("a.yaml", "b.yaml", "c.yaml"):
        work.write(name, BAD)
    done = work.run("check", "--format", "json")
    assert done.exit_code == ERROR
    assert rules_in(done.stdout) == ["unapproved-registry"] * 2
    assert done.stderr == (
        "error: b.yaml: internal error (RuntimeError: two lines); please report it, with the"
        " file if you can (--debug shows where it came from)\n"
    )
    for arguments in (("check", "--debug"), ("--debug", "check"), ("--debug", "fix", "--diff")):
        shown = work.run(*arguments).stderr
        assert "Traceback" in shown
        assert "line" in shown.splitlines()[-2]


def test_a_mistake_of_the_user_is_none_of_ours(work: Project) -> None:
    work.write("imagelint.yaml", "version: 7\n")
    said = work.run("check").stderr.splitlines()
    assert all(line.startswith("error: imagelint.yaml:1:") for line in said)
    assert "internal error" not in said[0]
    shown = work.run("--debug", "check").stderr.splitlines()
    assert shown[: len(said)] == said
    assert shown[len(said)].startswith("Traceback")


@pytest.mark.usefixtures("broken")
def test_a_filter_passes_on_what_we_trip_over(work: Project) -> None:
    done = work.run("fix", "-", "--stdin-filename", "b.yaml", stdin=BAD)
    assert done.exit_code == ERROR
    assert done.stdout == BAD


def test_a_mistake_outside_of_any_file(work: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(files, "find", fail)
    done = work.run("check")
    assert done.exit_code == ERROR
    assert done.stderr.startswith("error: internal error (RecursionError: )")
    assert "Traceback" in work.run("check", "--debug").stderr


# --- processes -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["text", "json"])
def test_the_usual_formats_load_nothing_heavy(work: Project, name: str) -> None:
    work.write("a.yaml", BAD)
    script = f"import sys; sys.argv[1:] = ['check', '--format', '{name}', '--output', 'r']\n"
    script += "import atexit; atexit.register(lambda: print(*sys.modules))\n"
    script += "from imagelint.cli.main import main\nmain()\n"
    command = [sys.executable, "-c", script]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == FINDINGS
    heavy = {"rich", "jsonschema", "difflib", "tempfile", "asyncio", "urllib.parse", "xml"}
    others = {"imagelint.formats.sarif", "imagelint.formats.markdown", "imagelint.cli.show"}
    assert (heavy | others).isdisjoint(done.stdout.split())


@pytest.mark.parametrize("arguments", [["images"], ["check", "--statistics"]], ids=" ".join)
def test_tables_load_nothing_but_rich(work: Project, arguments: list[str]) -> None:
    """Neither what it highlights code nor what it reads Markdown with."""
    work.write("a.yaml", BAD)
    command = [sys.executable, "-X", "importtime", "-m", "imagelint", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "rich.table" in loaded
    assert {"pygments", "markdown_it", "mdurl"}.isdisjoint(loaded)


def test_a_reader_that_goes_away_is_no_error(work: Project) -> None:
    for number in range(300):
        work.write(f"{number}.yaml", BAD)
    command = [sys.executable, "-m", "imagelint", "check"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 128 + signal.SIGPIPE


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no disk that is always full")
@pytest.mark.parametrize("arguments", [["check"], ["fix", "-"], ["fix", "--diff"], ["images"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_an_error_in_one_line(
    work: Project, arguments: list[str], unbuffered: str
) -> None:
    work.write("a.yaml", BAD)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "imagelint", *arguments],
            input=BAD.encode() * 1000,
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": unbuffered},
            check=False,
        )
    assert done.returncode == ERROR
    assert done.stderr == b"error: No space left on device\n"


@pytest.mark.usefixtures("work")
def test_an_interrupt_is_quiet() -> None:
    command = [sys.executable, "-m", "imagelint", "check", "-"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    # A shell without job control starts what runs in the background with the signal ignored.
    with subprocess.Popen(
        command,
        stdin=pipe,
        stderr=pipe,
        env=environment,
        preexec_fn=lambda: signal.signal(  # noqa: PLW1509 - no threads here
            signal.SIGINT, signal.SIG_DFL
        ),
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"#" * 1_000_000)  # more than a pipe holds: it is being read
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 128 + signal.SIGINT
        assert process.stderr is not None
        assert process.stderr.read().strip() == b""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_of_the_terminal_will_do(work: Project, encoding: str) -> None:
    work.write("é日.yaml", BAD + "# é日\n")
    done = work.spawn("check", env={"PYTHONIOENCODING": encoding})
    assert done.returncode == FINDINGS
    assert done.stdout.endswith(b"`imagelint fix`.\n")


def test_arguments_that_are_no_utf_8(work: Project) -> None:
    name = os.fsencode(work.root) + b"/caf\xe9.yaml"
    try:
        with open(name, "wb") as file:
            file.write(BAD.encode())
    except OSError as error:
        pytest.skip(f"this file system wants UTF-8: {error}")
    done = work.spawn("check", b"caf\xe9.yaml", b"no\xe9.yaml", "--format", "json")
    assert done.returncode == ERROR
    [finding] = json.loads(done.stdout)["findings"]
    assert finding["path"] == r"caf\xe9.yaml"
    assert rb"no\xe9.yaml: no such file" in done.stderr
    assert work.spawn("fix").returncode == CLEAN
    with open(name, "rb") as file:
        assert file.read() == GOOD.encode()
