"""Which Harbor a run without a policy writes: what it says, ``--harbor``, and whom it asks."""

from __future__ import annotations

import json

import pytest

from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, Project, pod
from tests.support.terminal import on_a_terminal, without_escapes

BUILT_IN = "harbor.myco.com"
QUESTION = f"Rewrite 2 files to pull from {BUILT_IN}? [y/N] "
REPAIRED = pod(f"{BUILT_IN}/docker.io/nginx:1.25")


@pytest.fixture
def two(project: Project) -> Project:
    """Give two files with something to repair, and no policy."""
    project.write("a.yaml", BAD)
    project.write("b/b.yaml", BAD)
    return project


def texts(project: Project) -> list[str]:
    return [project.read("a.yaml"), project.read("b/b.yaml")]


@pytest.mark.parametrize("arguments", [[], ["--diff"], ["--quiet"]])
def test_fix_says_first_which_harbor_it_writes(two: Project, arguments: list[str]) -> None:
    done = two.run("fix", *arguments)
    lines = done.stderr.splitlines()
    if "--quiet" in arguments:
        assert lines == []
    else:
        assert lines[0] == (
            f"note: no imagelint.yaml found, so the built-in policy decides and images go to the"
            f" Harbor {BUILT_IN}, unless --harbor HOST names another; write your own with"
            " `imagelint init --harbor HOST`"
        )


def test_fix_by_a_policy_of_ones_own_says_nothing(work: Project) -> None:
    work.write("a.yaml", BAD)
    assert "Harbor" not in work.run("fix", "a.yaml").stderr.splitlines()[0]


@pytest.mark.parametrize("host", ["harbor.example.com", "h.io:8443", "[2001:db8::1]:5000"])
def test_another_harbor_for_one_run(project: Project, host: str) -> None:
    image = f"{host}/docker.io/nginx:1.25"
    project.write("a.yaml", pod('"nginx:1.25"'))
    found = project.run("check", "--harbor", host, "--format", "json")
    assert json.loads(found.stdout)["findings"][0]["fix"]["image"] == image
    assert f"images go to the Harbor {host}; write your own" in found.stderr
    assert f"would become  {image}" in project.run("explain", "nginx:1.25", "--harbor", host).stdout
    assert project.run("fix", "--harbor", host).exit_code == CLEAN
    assert project.read("a.yaml") == pod(f'"{image}"')
    assert project.run("check", "--harbor", host).exit_code == CLEAN
    assert project.run("check").exit_code == FINDINGS
    assert not (project.root / "imagelint.yaml").exists()


@pytest.mark.parametrize("command", [["check"], ["fix"], ["explain", "nginx"]])
def test_a_policy_of_ones_own_names_its_harbor(work: Project, command: list[str]) -> None:
    work.write("a.yaml", BAD)
    done = work.run(*command, "--harbor", "harbor.example.com")
    assert (done.exit_code, done.stderr) == (
        ERROR,
        "error: --harbor goes with the built-in policy; imagelint.yaml names its own Harbor\n",
    )
    assert work.read("a.yaml") == BAD


@pytest.mark.parametrize("command", [["check"], ["fix"], ["explain", "nginx"]])
@pytest.mark.parametrize("host", ["https://h.io", "H.io", "docker.io", "a b", "gcr.io"])
def test_what_is_no_harbor(two: Project, command: list[str], host: str) -> None:
    done = two.run(*command, "--harbor", host)
    assert done.exit_code == ERROR
    assert done.stderr.startswith("error: ")
    assert texts(two) == [BAD, BAD]


@pytest.mark.parametrize(
    ("answer", "code", "text"),
    [("y\n", CLEAN, REPAIRED), ("n\n", FINDINGS, BAD), ("\n", FINDINGS, BAD), ("\x04", 1, BAD)],
)
def test_fix_asks_whoever_is_there(two: Project, answer: str, code: int, text: str) -> None:
    shown = without_escapes(on_a_terminal(two, "fix", answer=answer, code=code, columns=160))
    assert QUESTION in shown
    assert texts(two) == [text, text]
    assert ("note: nothing was written; --harbor HOST names your Harbor" in shown) is (text == BAD)


@pytest.mark.parametrize(
    "arguments", [["--yes"], ["-y"], ["a.yaml"], ["--harbor", BUILT_IN], ["--diff"], []]
)
def test_nobody_is_asked_without_need(two: Project, arguments: list[str]) -> None:
    """One file, a Harbor that was named, nothing to be written, or nobody at the terminal."""
    answer = None if not arguments else ""
    code = FINDINGS if "--diff" in arguments else CLEAN
    shown = on_a_terminal(two, "fix", *arguments, answer=answer, code=code)
    assert "Rewrite" not in shown
    one = "a.yaml" in arguments
    expected = [BAD, BAD] if "--diff" in arguments else [REPAIRED, BAD if one else REPAIRED]
    assert texts(two) == expected


def test_nobody_is_asked_by_a_policy_of_ones_own(work: Project) -> None:
    for name in ("a.yaml", "b/b.yaml"):
        work.write(name, BAD)
    assert "Rewrite" not in on_a_terminal(work, "fix", answer="", code=CLEAN)
    assert texts(work) == [pod("h.io/hub/nginx:1.25")] * 2


def test_files_that_only_get_new_names_count(project: Project) -> None:
    """What selects the image by name is rewritten with it."""
    project.write("a.yaml", BAD)
    names = "images:\n- name: nginx\n  newTag: '2'\n"
    project.write("kustomization.yaml", f"resources: [a.yaml]\n{names}")
    project.git("init", "-q")
    project.git("add", "-A")
    shown = on_a_terminal(project, "fix", "a.yaml", answer="n\n", code=FINDINGS)
    assert QUESTION in without_escapes(shown)
    assert project.read("a.yaml") == BAD
