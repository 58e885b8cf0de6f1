"""A verdict depends on the file, the policy and the commit: not on where one stands."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, Project, pod

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """\
version: 1
harbor: {host: h.io, projects: {docker.io: docker.io}}
environments:
  dev: {match: {paths: ["dev/**"]}, allow: ["*"]}
  prod: {match: {paths: ["prod/**"]}, allow: [h.io]}
default: dev
exclude: ["prod/old/**"]
"""
TREE = {
    "prod/app/a.yaml": BAD,
    "prod/old/b.yaml": BAD,
    "dev/app/c.yaml": BAD,
    "dev/prod/d.yaml": BAD,
}


@pytest.fixture
def tree(project: Project) -> Project:
    """A repository in a folder called dev, with a policy whose globs begin at its root."""
    for name, text in {**TREE, "imagelint.yaml": POLICY}.items():
        project.write(f"dev/proj/{name}", text)
    Project(project.root / "dev/proj").git("init", "-q")
    return project


def verdicts(project: Project, *arguments: str) -> set[tuple[str, str, str]]:
    """Return the name of each file with a finding, the rule and the environment."""
    done = project.run("check", "--format", "json", *arguments)
    assert done.exit_code in {CLEAN, FINDINGS}, done.output
    found = json.loads(done.stdout)["findings"]
    return {(os.path.basename(one["path"]), one["rule"], one["environment"]) for one in found}


A_IN_PROD = {("a.yaml", "unapproved-registry", "prod")}


@pytest.mark.parametrize(
    ("stand", "arguments"),
    [
        ("dev/proj", ()),
        ("dev/proj", ("--policy", "imagelint.yaml")),
        ("dev/proj", ("prod",)),
        ("dev/proj", ("prod/app/a.yaml", "prod/old/b.yaml", "dev/app/c.yaml")),
        ("dev/proj", ("**/*.yaml",)),
        ("dev/proj", ("./prod/../prod/app/a.yaml",)),
        ("dev/proj/prod", ()),
        ("dev/proj/prod", ("--policy", "../imagelint.yaml")),
        ("dev/proj/prod", ("--policy", "../imagelint.yaml", "app/a.yaml", "../dev/app/c.yaml")),
        ("dev/proj/prod/app", ("a.yaml",)),
        (".", ("dev/proj",)),
        (".", ("dev",)),
        (".", ("--policy", "dev/proj/imagelint.yaml", "dev/proj")),
        (".", ("--policy", "dev/proj/imagelint.yaml", "dev/proj/prod/app/a.yaml")),
        (".", ("--policy", "dev/proj/imagelint.yaml")),
    ],
)
def test_one_file_has_one_verdict(
    tree: Project, monkeypatch: pytest.MonkeyPatch, stand: str, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tree.root / stand)
    assert verdicts(tree, *arguments) == A_IN_PROD


@pytest.mark.parametrize("stand", ["dev/proj", "dev/proj/prod", ".", "elsewhere"])
def test_a_policy_elsewhere_counts_from_the_root_of_the_repository(
    tree: Project, monkeypatch: pytest.MonkeyPatch, stand: str
) -> None:
    """Each repository has its own."""
    place = tree.write("elsewhere/strict.yaml", POLICY)
    tree.write("dev/other/prod/e.yaml", BAD)
    Project(tree.root / "dev/other").git("init", "-q")
    monkeypatch.chdir(tree.root / stand)
    repositories = (str(tree.root / "dev/proj"), str(tree.root / "dev/other"))
    found = verdicts(tree, "--policy", str(place), *repositories)
    assert found == {*A_IN_PROD, ("e.yaml", "unapproved-registry", "prod")}
    (tree.root / "dev/proj/imagelint.yaml").rename(tree.root / "dev/proj/policy.yaml")
    monkeypatch.chdir(tree.root / "dev/proj")
    assert verdicts(tree, "--policy", str(place)) == A_IN_PROD, "the walk has seen no policy"


def test_what_a_policy_elsewhere_extends_counts_from_there_too(
    tree: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.write("elsewhere/base.yaml", POLICY)
    tree.write("dev/proj/imagelint.yaml", "version: 1\nextends: ../../elsewhere/base.yaml\n")
    extending = tree.write("elsewhere/own.yaml", "version: 1\nextends: base.yaml\n")
    monkeypatch.chdir(tree.root / "dev/proj/prod")
    assert verdicts(tree, "--policy", str(extending), "../dev", "../prod") == A_IN_PROD


@pytest.mark.parametrize("stand", ["proj", "proj/k8s", "."])
def test_without_a_policy_the_repository_counts(
    project: Project, monkeypatch: pytest.MonkeyPatch, stand: str
) -> None:
    """Whatever the folders around it are called."""
    root = project.root / "dev"
    project.write("dev/proj/k8s/a.yaml", BAD)
    project.write("dev/proj/dev/b.yaml", BAD)
    Project(root / "proj").git("init", "-q")
    monkeypatch.chdir(root / stand)
    for path in (str(root / "proj"), str(root / "proj/k8s/a.yaml")):
        assert verdicts(project, path) == A_IN_PROD
    assert verdicts(project, str(root / "proj/dev/b.yaml")) == set()


def test_without_a_repository_the_working_folder_counts(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.root / ".git").rmdir()
    project.write("dev/k8s/a.yaml", BAD)
    assert verdicts(project, "dev") == set()
    monkeypatch.chdir(project.root / "dev")
    assert verdicts(project, "k8s") == A_IN_PROD


def test_a_kustomization_moves_a_file_that_is_named_alone(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What belongs together is what the policy governs, where there is no repository."""
    (project.root / ".git").rmdir()
    policy = POLICY.replace('{paths: ["prod/**"]}', "{namespaces: [prod]}")
    project.write("imagelint.yaml", policy)
    project.write("base/a.yaml", BAD)
    project.write("overlay/kustomization.yaml", "resources: [../base/a.yaml]\nnamespace: prod\n")
    assert verdicts(project) == verdicts(project, "base") == A_IN_PROD
    assert verdicts(project, "base/a.yaml") == A_IN_PROD
    monkeypatch.chdir(project.root / "base")
    assert verdicts(project) == verdicts(project, "a.yaml") == A_IN_PROD
    (project.root / "overlay/kustomization.yaml").unlink()
    assert verdicts(project) == set()


def test_a_link_is_judged_where_it_stands(tree: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree.root / "dev/proj"
    (root / "prod/link.yaml").symlink_to("../dev/app/c.yaml")
    in_prod = {("link.yaml", "unapproved-registry", "prod")}
    monkeypatch.chdir(root)
    assert verdicts(tree, "prod/link.yaml") == verdicts(tree, "prod/l*.yaml") == in_prod
    assert verdicts(tree) == verdicts(tree, "prod") == A_IN_PROD | in_prod
    assert verdicts(tree, "dev/app/c.yaml", "prod/link.yaml") == in_prod
    assert verdicts(tree, "dev/app/c.yaml") == set()


@pytest.mark.parametrize("stand", [".", "dev/proj", "dev/proj/dev"])
@pytest.mark.parametrize(
    "name",
    ["-", "/dev/stdin", "//dev/stdin", "/dev/./fd//0", "//proc/self/fd/0", "/proc/self/fd/0"],
)
def test_standard_input_stands_in_no_folder(
    tree: Project, monkeypatch: pytest.MonkeyPatch, stand: str, name: str
) -> None:
    monkeypatch.chdir(tree.root / stand)
    policy = POLICY.replace("default: dev", "default: prod").replace("dev/**", "**/dev/**")
    tree.write("dev/proj/imagelint.yaml", policy)
    done = tree.run("check", "--format", "json", name, stdin=BAD)
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["path"], finding["environment"]) == ("<stdin>", "prod")
    assert tree.run("fix", "-q", name, stdin=BAD).stdout == pod("h.io/docker.io/nginx:1.25") or (
        stand == "."
    )
    named = ("--stdin-filename", str(tree.root / "dev/proj/dev/x.yaml"))
    assert tree.run("check", *named, name, stdin=BAD).exit_code == CLEAN


@pytest.mark.parametrize("folder", ["/dev/fd", "/proc/self/fd"])
def test_a_pipe_of_the_shell_is_held_to_what_standard_input_is(tree: Project, folder: str) -> None:
    """As ``<(...)`` makes it, also several of them: by the policy of the working folder."""
    if not os.path.isdir(folder):
        pytest.skip(f"no {folder} here")
    here = Project(tree.root / "dev/proj")
    pipes = [os.pipe(), os.pipe()]
    for (_, end), image in zip(pipes, ("nginx:1.25", "h.io/a:1"), strict=True):
        os.write(end, pod(image).encode())
        os.close(end)
    here.write("imagelint.yaml", POLICY.replace("default: dev", "default: prod"))
    names = [f"{folder}/{start}" for start, _ in pipes]
    done = here.spawn("check", "--format", "json", *names, pass_fds=[start for start, _ in pipes])
    for start, _ in pipes:
        os.close(start)
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["path"], finding["environment"]) == (names[0], "prod")
    assert "h.io" in finding["message"], "the policy of the working folder"


def test_a_pipe_with_a_name_stands_where_it_stands(tree: Project, tmp_path: Path) -> None:
    """It is a file in a folder called dev, unlike what the shell calls so."""
    here = Project(tree.root / "dev/proj")
    here.write("imagelint.yaml", POLICY.replace("default: dev", "default: prod"))
    (tmp_path / "dev").mkdir()
    for place in (here.root / "dev/pipe", here.root / "pipe"):
        os.mkfifo(place)
        writer = os.fork()
        if not writer:
            try:
                place.write_bytes(BAD.encode())
            finally:
                os._exit(0)
        done = here.spawn("check", str(place.relative_to(here.root)))
        os.waitpid(writer, 0)
        assert done.returncode == (CLEAN if place.parent.name == "dev" else FINDINGS)


def test_a_pipe_that_is_not_there(tree: Project) -> None:
    assert tree.run("check", "/dev/fd/9999").exit_code == ERROR


@pytest.mark.parametrize("path", ["apps/web.yaml", "apps", ".", "apps/*.yaml"])
def test_a_namespace_of_the_repository_has_istio_fill_in_a_placeholder(
    project: Project, path: str
) -> None:
    """Whichever files are linted: its object stands in the repository."""
    text = pod("auto").replace("- name: main", "- name: istio-proxy")
    project.write("apps/web.yaml", text.replace("metadata:", "metadata:\n  namespace: web", 1))
    labelled = "apiVersion: v1\nkind: Namespace\nmetadata: {name: web, labels: {%s}}\n"
    namespace = "cluster/namespaces.yaml"
    for label, rules in (("istio-injection: enabled", set()), ("a: b", {"unresolved-reference"})):
        project.write(namespace, labelled % label)
        assert {rule for _, rule, _ in verdicts(project, path)} == rules
    (project.root / namespace).unlink()
    assert {rule for _, rule, _ in verdicts(project, path)} == {"unresolved-reference"}
