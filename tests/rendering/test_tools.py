"""Programs run with nothing of the user, and not for ever."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from imagelint.rendering.tools import LIMITS, Limits, RenderingError, Tool, ToolMissingError, find

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the programs are shell scripts")
PYTHON = Tool("python", (sys.executable, "-c"))


def run(code: str, folder: Path, limits: Limits = LIMITS) -> str:
    return PYTHON.run([code], str(folder), str(folder), limits).decode()


def test_the_environment_is_empty_but_for_path_and_a_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("KUBECONFIG", "/home/me/.kube/config")
    printed = run("import os; print(dict(os.environ))", tmp_path)
    assert "secret" not in printed
    assert "/home/me" not in printed
    assert f"'HOME': '{tmp_path}'" in printed


@pytest.mark.parametrize(
    ("code", "limits", "said"),
    [
        ("while True: pass", Limits(seconds=0.2), "was stopped: it ran for more than 0.2 seconds"),
        (
            "while True: print('x' * 1000)",
            Limits(output=5_000),
            "was stopped: it printed more than 5,000 bytes",
        ),
        (
            "import os, time\nif os.fork(): time.sleep(99)\nelse: time.sleep(98)",
            Limits(seconds=0.2),
            "was stopped: it ran for more than 0.2 seconds",
        ),
        ("import sys; sys.exit('Error: no\\n  luck')", Limits(), "python failed: no luck"),
        ("import sys; sys.exit(3)", Limits(), "python failed"),
        ("b = bytearray(1 << 30)", Limits(memory=400_000), "MemoryError"),
    ],
)
def test_a_call_that_fails_is_one_line(
    code: str, limits: Limits, said: str, tmp_path: Path
) -> None:
    with pytest.raises(RenderingError) as caught:
        run(code, tmp_path, limits)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_long_message_keeps_both_ends(tmp_path: Path) -> None:
    with pytest.raises(RenderingError) as caught:
        run("import sys; sys.exit('Error: begin ' + 'x' * 9999 + ' end')", tmp_path)
    assert str(caught.value).startswith("python failed: begin xxx")
    assert str(caught.value).endswith("xxx end")
    assert len(str(caught.value)) < 600


def program(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_relative_folder_on_path_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkout that brings a ``helm`` does not get it run."""
    program(tmp_path, "helm")
    monkeypatch.chdir(tmp_path)
    for path in (".", "", f".{os.pathsep}"):
        monkeypatch.setenv("PATH", path)
        with pytest.raises(ToolMissingError, match="helm is not on PATH, and --render needs it"):
            find("helm")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find("helm").command == (str(tmp_path / "helm"),)


def test_kubectl_can_stand_in_for_kustomize(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectl = program(tmp_path, "kubectl")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find("kustomize").command == (str(kubectl), "kustomize")
    kustomize = program(tmp_path, "kustomize")
    assert find("kustomize").command == (str(kustomize), "build")
