"""Work that begins before all files are found: the same outcomes, and nothing left behind."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from imagelint.model.errors import ImagelintError
from imagelint.run.ahead import Ahead
from imagelint.run.linting import lint
from imagelint.run.pool import Pool
from imagelint.run.request import Request
from imagelint.run.run import Run
from tests.run.test_pool import wait_for
from tests.support.project import ROOT, pod

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.project import Project

POLICY = (ROOT / "rules" / "policy" / "default.yaml").read_text(encoding="utf-8")
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a safe fork")


def has_children() -> bool:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


@pytest.mark.parametrize("jobs", [0, 1, 2, 3])
def test_outcomes_can_be_asked_for_in_any_order(jobs: int) -> None:
    ahead: Ahead[str] = Ahead(lambda path, shared: f"{shared}{path}", jobs)
    paths = [str(number) for number in range(300)]
    for path in paths:
        ahead.begin(path, "a")
    for path in paths[::-1]:
        assert ahead.outcome(path) == f"a{path}"
    ahead.end()
    assert not has_children()


def test_only_files_that_share_it_with_the_first_are_begun() -> None:
    ahead: Ahead[str] = Ahead(lambda path, shared: shared + path, 2)
    for path, shared in (("x", "a"), ("y", "b"), ("z", "a")):
        ahead.begin(path, shared)
    assert list(ahead.begun) == ["x", "z"]
    assert ahead.outcome("z") == "az"
    ahead.end()


@linux
def test_a_helper_does_not_wait_for_the_last_file(tmp_path: Path) -> None:
    first = os.getpid()

    def work(path: str, flag: Path) -> int:
        if os.getpid() != first:
            flag.touch()
        return len(path)

    ahead = Ahead(work, 2)
    flag = tmp_path / "flag"
    for number in range(40):
        ahead.begin(str(number), flag)
    wait_for(flag)
    assert flag.exists()
    assert ahead.outcome("39") == 2
    ahead.end()
    assert not has_children()


@linux
def test_what_nobody_asks_for_is_ended() -> None:
    ahead: Ahead[bool] = Ahead(lambda path, _: path, 3)
    for number in range(100):
        ahead.begin(str(number), True)
    assert has_children()
    ahead.end()
    assert not has_children()


@pytest.mark.parametrize("length", [1, 300, 5000])
def test_paths_of_any_length(length: int) -> None:
    ahead: Ahead[bool] = Ahead(lambda path, _: len(path), 2)
    paths = [f"{number:03}" + "\u00e9" * length for number in range(60)]
    for path in paths:
        ahead.begin(path, True)
    assert [ahead.outcome(path) for path in paths] == [3 + length] * 60
    ahead.end()


@pytest.mark.parametrize("size", [0, 5000, 1 << 20])
def test_tasks_of_any_size(size: int) -> None:
    pool = Pool(len, 2)
    for number in range(20):
        pool.give([bytes(size), bytes(number)])
    assert list(pool.results()) == [found for number in range(20) for found in (size, number)]
    assert not has_children()


def test_where_there_are_no_semaphores_one_process_does_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lacking() -> None:
        message = "This Python build lacks multiprocessing.synchronize"
        raise NotImplementedError(message)

    monkeypatch.setattr("concurrent.futures.process._check_system_limits", lacking)
    pool = Pool(lambda _: os.getpid(), 2)
    for number in range(20):
        pool.give([number])
    assert set(pool.results()) == {os.getpid()}


@linux
def test_where_there_are_no_more_processes_one_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", fork)
    pool = Pool(lambda _: os.getpid(), 2)
    for number in range(20):
        pool.give([number])
    assert set(pool.results()) == {os.getpid()}


@linux
def test_a_policy_that_is_no_good_leaves_no_process(
    work: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(work.root)
    work.write("imagelint.yaml", POLICY)
    work.write("z/imagelint.yaml", POLICY)
    for number in range(100):
        work.write(f"a/{number}.yaml", pod("nginx:1"))
    with pytest.raises(ImagelintError):
        Run(Request(jobs=2), lint)
    assert not has_children()


@pytest.mark.parametrize("command", ["check", "images", "fix --diff"])
def test_files_under_several_policies_come_out_the_same(work: Project, command: str) -> None:
    own = "version: 1\nextends: {}\nrules: {{missing-digest: note}}\n"
    work.write("imagelint.yaml", POLICY)
    for folder, base in (("b", "../imagelint.yaml"), ("c/d", "../../imagelint.yaml")):
        work.write(f"{folder}/imagelint.yaml", own.format(base))
    for number in range(90):
        folder = ("a", "b", "b/x", "c", "c/d", ".")[number % 6]
        work.write(f"{folder}/{number}.yaml", pod(f"gcr.io/team/app:{number}"))
    outputs = [work.spawn(*command.split(), "-j", jobs) for jobs in "12"]
    assert outputs[0].stdout.count(b"gcr.io") >= 90
    assert [one.stdout for one in outputs] == [outputs[0].stdout] * 2
    assert [one.stderr for one in outputs] == [outputs[0].stderr] * 2
    assert outputs[0].returncode == outputs[1].returncode
