"""The public API: its names, its examples, and that importing it loads no engine."""

from __future__ import annotations

import doctest
import subprocess
import sys

import pytest

import imagelint
from imagelint.model.errors import PolicyError, UsageError
from imagelint.model.version import VERSION
from imagelint.run import api
from tests.support.project import ROOT, pod

NAMES = ["Finding", "ImageReference", "Policy", "Severity", "fix", "lint"]


def test_the_public_names() -> None:
    assert imagelint.__all__ == NAMES
    assert set(NAMES) <= set(dir(imagelint))
    assert imagelint.__version__ == VERSION
    assert imagelint.lint is api.lint
    for name in NAMES:
        assert getattr(imagelint, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Linter'"):
        _ = imagelint.Linter  # type: ignore[attr-defined]


def test_importing_it_loads_nothing_else() -> None:
    code = "import sys, imagelint; print(*(name for name in sys.modules if 'imagelint' in name))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["imagelint"]


def test_the_examples_of_the_functions() -> None:
    found = doctest.testmod(api)
    assert (found.failed, found.attempted) == (0, 3)


def test_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = doctest.testfile(str(ROOT / "docs/api.md"), module_relative=False, encoding="utf-8")
    assert found.failed == 0
    assert found.attempted >= 5


def test_an_environment_and_a_path() -> None:
    data = pod("quay.io/team/app:1.0").encode()
    assert [one.rule for one in imagelint.lint(data)] == ["unapproved-registry"]
    assert imagelint.lint(data, environment="dev") == []
    assert imagelint.lint(data, path="k8s/dev/pod.yaml") == []
    assert imagelint.fix(data, environment="dev") == data
    with pytest.raises(UsageError, match="no environment"):
        imagelint.lint(data, environment="pord")


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"{", b"a: [", b"kind: {{ x }}"])
def test_any_bytes_are_taken(data: bytes) -> None:
    imagelint.lint(data)
    assert imagelint.fix(data) == data


def test_a_policy_that_extends_another_cannot_stand_alone() -> None:
    with pytest.raises(PolicyError, match=r"p\.yaml:2:10: extends: only a run over files"):
        imagelint.Policy.parse(b"version: 1\nextends: base.yaml\n", path="p.yaml")
