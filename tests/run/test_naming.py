"""A repair that stops in the middle: nothing else is deployed then, and the next one goes on."""

from __future__ import annotations

import os
import random
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.repository.build_trees import POLICY, REGISTRIES, write_tree
from tests.support.builds import Builds, behind_harbor, differences
from tests.support.needs import needs
from tests.support.project import ERROR, FINDINGS, Project
from tests.support.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from tests.support.tools import Tool

pytestmark = needs("git")

INTERRUPTED = 130
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - {name: a, image: "nginx:1"}
  - {name: b, image: "quay.io/a/app"}
"""
CHAIN = {
    "base/pod.yaml": POD,
    "base/kustomization.yaml": """\
resources: [pod.yaml]
images:
- name: nginx  # becomes another one
  newName: quay.io/a/nginx
""",
    "over/kustomization.yaml": """\
resources: [../base]
images:
- {name: quay.io/a/nginx, newTag: "2"}
- name: quay.io/a/app
  newTag: "3"
""",
    "top/kustomization.yaml": """\
resources: [../over]
components: [../pins]
""",
    "pins/kustomization.yaml": f"""\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
images:
- name: quay.io/a/app
  digest: sha256:{"ab" * 32}
""",
}
"""Kustomizations in which one's new name is the next one's name."""


def mapped(image: str) -> str | None:
    """Return what the policy makes of an image."""
    return behind_harbor(image, registries=REGISTRIES)


def chain(root: Path) -> Path:
    repository = Repository.new(root)
    repository.write("imagelint.yaml", POLICY)
    for name, text in CHAIN.items():
        repository.write(name, text)
    repository.commit()
    return root


def generated(root: Path, seed: int) -> Path:
    """Write a tree in which nothing selects images of which no copy can be made."""
    for at in range(100):
        repository = Repository.new(root)
        write_tree(root, random.Random(1000 * seed + at))  # noqa: S311 - nothing is secret
        texts = [path.read_text() for path in root.rglob("*.yaml")]
        if not any("ImageTagTransformer" in text or "test" in text for text in texts):
            repository.commit()
            return root
        shutil.rmtree(root)
    raise AssertionError


def files_in(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }


def stop_at(number: int, error: Callable[[], BaseException]) -> Callable[[str, str], None]:
    """Return what stands in for ``os.replace``, and fails when it is called so many times."""
    replace, calls = os.replace, 0

    def replaced(source: str, target: str) -> None:
        nonlocal calls
        calls += 1
        if calls == number:
            raise error()
        replace(source, target)

    return replaced


def interrupted(tree: Path, program: Tool, monkeypatch: pytest.MonkeyPatch) -> int:
    """Interrupt a repair before each file that it writes; return how many there are."""
    before, done = Builds.of(program, tree), tree.parent / "done"
    shutil.copytree(tree, done)
    assert run(done, monkeypatch).exit_code in {0, FINDINGS}
    wanted = Builds.of(program, done)
    assert differences(before, wanted, mapped) == []
    for number in range(1, 1000):
        copy = tree.parent / str(number)
        shutil.copytree(tree, copy)
        with monkeypatch.context() as patch:
            stop = stop_at(number, KeyboardInterrupt)
            patch.setattr("imagelint.files.writing.os.replace", stop)
            result = run(copy, patch)
        halfway = Builds.of(program, copy)
        assert differences(before, halfway, mapped) == [], number
        if result.exit_code != INTERRUPTED:
            assert files_in(copy) == files_in(done)
            return number - 1
        assert run(copy, monkeypatch).exit_code in {0, FINDINGS}
        assert Builds.of(program, copy).outputs == wanted.outputs, number
        shutil.rmtree(copy)
    raise AssertionError


def run(root: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    with monkeypatch.context() as patch:
        patch.chdir(root)
        return Project(root).run("fix")


def test_a_chain_is_interrupted(
    tmp_path: Path, program: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = interrupted(chain(tmp_path / "tree"), program, monkeypatch)
    assert count >= len(CHAIN)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_a_tree_is_interrupted(
    tmp_path: Path, program: Tool, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    interrupted(generated(tmp_path / "tree", seed), program, monkeypatch)


@pytest.mark.parametrize("number", range(1, 8))
def test_what_cannot_be_written_leaves_all_that_depends_on_it(
    tmp_path: Path, program: Tool, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    tree = chain(tmp_path / "tree")
    before = Builds.of(program, tree)
    with monkeypatch.context() as patch:
        stop = stop_at(number, lambda: OSError(28, os.strerror(28)))
        patch.setattr("imagelint.files.writing.os.replace", stop)
        done = run(tree, patch)
    assert done.exit_code == ERROR
    assert "No space left on device" in done.stderr
    assert differences(before, Builds.of(program, tree), mapped) == [], done.stdout
    assert run(tree, monkeypatch).exit_code == 0
    again = Builds.of(program, tree)
    assert differences(before, again, mapped) == []
    assert all("harbor.myco.com/" in output for output in again.outputs.values() if output)


def test_a_link_is_another_name_of_a_file_with_entries(
    tmp_path: Path, program: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where what it names is written in between."""
    tree = chain(tmp_path / "tree")
    (tree / "all").mkdir()
    (tree / "all/base.yaml").symlink_to("../base/kustomization.yaml")
    before = Builds.of(program, tree)
    done = run(tree, monkeypatch)
    assert done.exit_code == 0, done.stderr
    assert differences(before, Builds.of(program, tree), mapped) == []
    assert "harbor.myco.com/quay.io/a/nginx" in (tree / "all/base.yaml").read_text()
    assert "- name: nginx" not in (tree / "all/base.yaml").read_text()
