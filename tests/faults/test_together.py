"""Several processes at one file, and signals that end them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from imagelint import files
from imagelint.model.errors import FileError
from tests.faults.steps import fork
from tests.support.project import BAD, CLEAN, ERROR, GOOD, ROOT, pod

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.project import Project

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
ENVIRONMENT.pop("PYTHONUNBUFFERED", None)  # as users run it: what is buffered may fail at the end
IMAGELINT = [sys.executable, "-m", "imagelint"]
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has several processes")


# --- two at one file -----------------------------------------------------------------------


@fork
def test_no_repair_of_another_process_is_lost(tmp_path: Path) -> None:
    """Each process adds lines, again where it was refused: all of them are there."""
    place = tmp_path / "a.yaml"
    place.write_bytes(b"")
    processes, lines = 4, 25

    def add(name: int) -> None:
        for number in range(lines):
            while True:
                old = place.read_bytes()
                try:
                    files.rewrite(str(place), "a.yaml", old + b"%d %d\n" % (name, number), old)
                except FileError as error:
                    if "it changed after it was read" not in str(error):
                        raise
                else:
                    break

    children = []
    for name in range(processes):
        child = os.fork()
        if child == 0:
            try:
                add(name)
            except BaseException:  # noqa: BLE001 - nothing may get back into pytest
                os._exit(1)
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * processes
    written = place.read_text().splitlines()
    assert sorted(written) == sorted(f"{a} {b}" for a in range(processes) for b in range(lines))
    assert os.listdir(tmp_path) == ["a.yaml"]


def test_two_fixes_at_once(work: Project) -> None:
    names = [f"{number}.yaml" for number in range(40)]
    for name in names:
        work.write(name, f"{BAD}---\n" * 20)
    running = [
        subprocess.Popen(
            [*IMAGELINT, "fix", "--quiet"],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in running:
        _, said = process.communicate()
        lines = said.splitlines()
        assert all(line.endswith("not written: it changed after it was read") for line in lines)
        assert process.returncode == (ERROR if lines else CLEAN)
    assert {work.read(name) for name in names} == {f"{GOOD}---\n" * 20}
    assert sorted(os.listdir(work.root)) == sorted([".git", "imagelint.yaml", *names])


# --- signals ---------------------------------------------------------------------------------


def start(*arguments: str) -> subprocess.Popen[bytes]:
    """Start imagelint as a terminal does: in a group of its own, with Ctrl-C at work."""
    return subprocess.Popen(
        [*IMAGELINT, *arguments],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(  # noqa: PLW1509 - no threads here
            signal.SIGINT, signal.SIG_DFL
        ),
    )


def living(group: int) -> list[int]:
    """Return the processes of a group; those that ended and nobody asks about do not count."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                state, _, of_group, *_ = file.read().rpartition(")")[2].split()
        except OSError:  # it ended just now
            continue
        if int(of_group) == group and state != "Z":
            found.append(int(name))
    return found


COMMANDS = [["check"], ["check", "-j", "2"], ["images", "-j", "2"], ["fix"], ["fix", "-j", "2"]]


@pytest.mark.slow
@linux
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("after", [0.15, 0.5, 1.0])
def test_an_interrupt_is_quiet_and_ends_every_process(
    work: Project, arguments: list[str], after: float
) -> None:
    names = [f"{number}.yaml" for number in range(200)]
    for name in names:
        work.write(name, f"{BAD}---\n" * 40)
    with start(*arguments) as process:
        time.sleep(after)
        os.killpg(process.pid, signal.SIGINT)
        out, said = process.communicate(timeout=60)
    if process.returncode == -signal.SIGINT:  # before Python came to us
        assert out == b""
        assert b"Traceback" not in said
    elif process.returncode == 128 + signal.SIGINT:
        notes = said.strip().splitlines()  # it may have been about to end, with all said
        assert all(line.startswith(b"note: ") for line in notes)
    else:  # it was done before
        assert process.returncode in {0, 1}
    for _ in range(100):  # those that it started end after it
        if not living(process.pid):
            break
        time.sleep(0.1)
    assert living(process.pid) == []
    assert {work.read(name) for name in names} <= {
        f"{BAD}---\n" * 40,
        f"{GOOD}---\n" * 40,
    }
    assert sorted(os.listdir(work.root)) == sorted([".git", "imagelint.yaml", *names])


@pytest.mark.parametrize("arguments", [["check"], ["fix"], ["images"]], ids=" ".join)
def test_closed_streams(work: Project, arguments: list[str]) -> None:
    place = work.write("a.yaml", BAD)
    command = " ".join([*IMAGELINT, *arguments])
    done = subprocess.run(
        ["sh", "-c", f"{command} >&-"], env=ENVIRONMENT, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (ERROR, b"error: standard output is closed\n")
    assert place.read_text() == BAD
    expected = work.spawn("check" if arguments == ["check"] else "images", "--quiet").stdout
    done = subprocess.run(
        ["sh", "-c", f"{command} --quiet 2>&-"], env=ENVIRONMENT, capture_output=True, check=False
    )
    assert done.returncode == (1 if arguments == ["check"] else CLEAN)
    assert arguments == ["fix"] or done.stdout == expected
    assert place.read_text() == (GOOD if arguments == ["fix"] else BAD)


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "-j", "2"],
        ["images", "-j", "2"],
        ["fix"],
        ["fix", "-j", "2"],
        ["fix", "--diff"],
        ["check", "--verbose"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("stream", ["stdout", "stderr", "both"])
def test_nobody_reads_it(work: Project, arguments: list[str], stream: str) -> None:
    for number in range(30):
        work.write(f"{number}.yaml", pod(f"localhost:5000/a:{number}") + "---\n" + BAD)
        work.write(f"dev/{number}.yaml", "image: [")
    reader, writer = os.pipe()
    os.close(reader)
    to: dict[str, int] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    to.update(dict.fromkeys([stream] if stream != "both" else ["stdout", "stderr"], writer))
    done = subprocess.run([*IMAGELINT, *arguments], env=ENVIRONMENT, check=False, **to)  # type: ignore[call-overload]
    os.close(writer)
    assert not done.stderr or b"Traceback" not in done.stderr
    if stream != "stderr":
        assert done.returncode == 128 + signal.SIGPIPE
        assert not done.stderr
    else:
        assert done.returncode in {0, 1, 128 + signal.SIGPIPE}
    assert not list(work.root.rglob(".imagelint-*"))


@pytest.mark.parametrize("arguments", [["check", "--nope"], ["nope"], ["check", "nope.yaml"]])
def test_nobody_reads_an_error(work: Project, arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command, place = [*IMAGELINT, *arguments], work.root
    done = subprocess.run(command, env=ENVIRONMENT, check=False, cwd=place, stderr=writer)
    os.close(writer)
    assert done.returncode in {ERROR, 128 + signal.SIGPIPE}
