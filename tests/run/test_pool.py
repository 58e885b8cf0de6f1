"""Several processes: the same output, in the same order, as one."""

from __future__ import annotations

import os
import signal
import struct
import sys
import time
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

import pytest

from imagelint.engine import linter
from imagelint.model.errors import ImagelintError
from imagelint.run.pool import ENOUGH, LONG, in_order
from tests.support.project import pod

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from imagelint.kubernetes.examine import Examination
    from tests.support.project import Project


@pytest.mark.parametrize("jobs", [0, 1, 2, 3, 50])
@pytest.mark.parametrize("count", [0, 1, 7, 200])
def test_results_come_in_order(jobs: int, count: int) -> None:
    assert list(in_order(lambda at: at * at, count, jobs)) == [at * at for at in range(count)]


class Helped:
    """A task of which the first process does none before a helper has done one."""

    def __init__(self, flag: Path, then: Callable[[], object] = int) -> None:
        self._flag = flag
        self._then = then
        self._first = os.getpid()

    def __call__(self, _at: int) -> int:
        if os.getpid() != self._first:
            self._flag.touch()
            self._then()
        wait_for(self._flag)
        return os.getpid()


def wait_for(flag: Path) -> None:
    """Wait for another process to make a file, half a minute at most."""
    for _ in range(3000):
        if flag.exists():
            return
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a safe fork")
def test_work_is_spread(tmp_path: Path) -> None:
    here, there, first = tmp_path / "here", tmp_path / "there", os.getpid()

    def task(_at: int) -> int:  # which either process ends when the other one has begun, too
        mine, other = (here, there) if os.getpid() == first else (there, here)
        mine.touch()
        wait_for(other)
        return os.getpid()

    done = set(in_order(task, 40, 2))
    assert len(done) == 2
    assert first in done
    assert set(in_order(lambda _: os.getpid(), ENOUGH - 1)) == {first}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a safe fork")
def test_few_tasks_are_spread_where_they_take_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imagelint.run.pool.os.cpu_count", lambda: 2)
    helped = Helped(tmp_path / "flag")

    def task(at: int) -> int:
        if at > 0:
            return helped(at)
        time.sleep(2 * LONG)
        return os.getpid()

    assert ENOUGH > 40
    assert len(set(in_order(task, 40))) == 2


def test_what_takes_long_is_handed_over_one_by_one() -> None:
    begun: list[int] = []

    def task(at: int) -> int:
        begun.append(at)
        return at

    results = in_order(task, 100, 1)
    assert next(results) == 0
    assert begun == [0]


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_was_done_before_an_exception_is_not_lost(jobs: int) -> None:
    def task(at: int) -> int:
        if at == 21:
            raise KeyError(at)
        return at

    results = in_order(task, 64, jobs)
    assert [next(results) for _ in range(21)] == list(range(21))
    with pytest.raises(KeyError):
        next(results)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a safe fork")
def test_a_slow_task_holds_up_nobody_else(tmp_path: Path) -> None:
    flag = tmp_path / "flag"

    def task(at: int) -> int:
        if at == 0:  # whoever has it waits for the last one, which is done by the other process
            wait_for(flag)
        if at == 99:
            flag.touch()
        return os.getpid()

    done = list(in_order(task, 100, 2))
    assert done[0] != done[99]
    assert done.count(done[0]) < 50


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_exception_is_raised_here(jobs: int) -> None:
    def task(at: int) -> int:
        if at == 5:
            message = "five"
            raise KeyError(message)
        return at

    with pytest.raises(KeyError, match="five"):
        list(in_order(task, 10, jobs))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a safe fork")
def test_a_process_that_is_killed_is_told(tmp_path: Path) -> None:
    task = Helped(tmp_path / "flag", lambda: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(ImagelintError, match="was killed"):
        list(in_order(task, 40, 2))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a safe fork")
def test_a_process_that_is_killed_while_it_sends_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for the rest of its result."""
    first, send = os.getpid(), Connection._send_bytes  # type: ignore[attr-defined]

    def half(self: Connection, data: bytes) -> None:
        if os.getpid() == first:
            send(self, data)
        else:
            os.write(self.fileno(), struct.pack("!i", len(data)) + bytes(data[:3]))
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(Connection, "_send_bytes", half)
    task = Helped(tmp_path / "flag")
    with pytest.raises(ImagelintError, match="was killed"):
        list(in_order(task, 40, 3))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a safe fork")
@pytest.mark.parametrize("size", [0, 10, 3_000_000])
def test_results_of_any_size_come_from_a_helper(tmp_path: Path, size: int) -> None:
    helped = Helped(tmp_path / "flag")
    done = list(in_order(lambda at: (helped(at), bytes(size)), 20, 2))
    assert {len(data) for _, data in done} == {size}
    assert {process for process, _ in done} != {os.getpid()}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a safe fork")
def test_what_cannot_be_handed_over_is_an_error(tmp_path: Path) -> None:
    helped = Helped(tmp_path / "flag")
    with pytest.raises(Exception, match=r"pickle|local object"):  # as the version says it
        list(in_order(lambda at: (helped(at), lambda: at), 20, 2))


@pytest.mark.parametrize("command", ["check", "images"])
@pytest.mark.parametrize("output", ["text", "json"])
def test_the_output_is_the_same(work: Project, command: str, output: str) -> None:
    for number in range(40):
        work.write(f"{number % 7}/{number}.yaml", pod(f"gcr.io/team/app:{number}"))
        work.write(f"{number % 7}/{number}-broken.yaml", "apiVersion: v1\nkind: Pod\nimage: [")
    os.link(work.root / "0/0.yaml", work.root / "0/a-second-name.yaml")
    one, many = (
        work.spawn(command, "-j", jobs, "--format", output, "--env", "prod") for jobs in "14"
    )
    assert one.returncode == (1 if command == "check" else 0)
    assert (many.returncode, many.stdout, many.stderr) == (one.returncode, one.stdout, one.stderr)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_is_told_early_reads_like_what_is_told_in_the_end(work: Project, jobs: str) -> None:
    for number in range(40):
        work.write(f"{number % 7}/{number}.yaml", pod(f"gcr.io/team/app:{number % 3 or 'latest'}"))
    work.write("web/Chart.yaml", "name: web\n")
    for name in "ab":
        work.write(f"web/templates/{name}.yaml", pod("{{ .image }}"))
    work.write("prod/a.yaml", pod("gcr.io/team/app:1"))
    os.link(work.root / "prod/a.yaml", work.root / "0/a-second-name.yaml")
    (work.root / "dev").mkdir()
    os.link(work.root / "prod/a.yaml", work.root / "dev/a-third-name.yaml")
    early = work.spawn("check", "-j", jobs)
    late = work.spawn("check", "-j", jobs, "--format", "text", "--format", "json=report.json")
    assert early.stdout.count(b"gcr.io") > 80
    assert (early.stdout, early.stderr) == (late.stdout, late.stderr)
    assert early.returncode == late.returncode == 1
    (work.root / "report.json").unlink()  # it would be linted
    quiet = work.spawn("check", "-j", jobs, "--quiet")
    verbose = work.spawn("check", "-j", jobs, "--verbose")
    assert quiet.stdout in early.stdout
    assert verbose.stdout == early.stdout


@pytest.mark.parametrize("output", ["text", "json"])
def test_the_parts_of_a_stream_give_what_the_whole_gives(
    work: Project, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    stream = "---\n".join(pod(f"gcr.io/team/app:{number % 5}") for number in range(40))
    streams = [stream, stream.replace("app:3\n", "app:3  # imagelint: ignore\n", 1)]
    wanted = [work.run("check", "-", "--format", output, stdin=one) for one in streams]
    assert wanted[0].stdout != wanted[1].stdout
    monkeypatch.setattr("imagelint.kubernetes.examine.PART", 1000)
    for jobs in "12":
        found = [
            work.run("check", "-", "--format", output, "-j", jobs, stdin=one) for one in streams
        ]
        assert [one.stdout for one in found] == [one.stdout for one in wanted]


def test_fix_writes_the_same_in_the_same_order(work: Project) -> None:
    outputs = []
    for jobs in "13":
        for number in range(30):
            work.write(f"{number % 7}/{number}.yaml", pod(f"gcr.io/team/app:{number}"))
            work.write(f"{number % 7}/{number}-broken.yaml", "apiVersion: v1\nkind: Pod\nimage: [")
        if not (work.root / "0/a-second-name.yaml").exists():
            os.link(work.root / "0/0.yaml", work.root / "0/a-second-name.yaml")
        diff = work.spawn("fix", "-j", jobs, "--diff", "--env", "prod")
        done = work.spawn("fix", "-j", jobs, "--env", "prod")
        files = {path: path.read_bytes() for path in sorted(work.root.rglob("*.yaml"))}
        outputs.append((diff.stdout, diff.stderr, done.stdout, done.stderr, files))
        (work.root / "0/a-second-name.yaml").unlink()
    assert outputs[0] == outputs[1]


def test_an_error_of_one_file_reaches_the_user_from_any_process(
    work: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = linter.Linter.judge

    def failing(self: linter.Linter, item: Examination, *rest: Any, **named: Any) -> object:
        if item.source.path.endswith("7.yaml"):
            message = "a mistake of ours"
            raise RuntimeError(message)
        return judge(self, item, *rest, **named)

    monkeypatch.setattr(linter.Linter, "judge", failing)
    for number in range(10):
        work.write(f"{number}.yaml", pod("nginx:1"))
    results = [work.run("check", "-j", jobs) for jobs in ("1", "3")]
    for result in results:
        assert result.exit_code == 2
        assert result.stderr.count("a mistake of ours") == 1
        assert result.stdout.count("error unapproved-registry") == 9
    assert results[0].stdout == results[1].stdout
