"""The package installs from a wheel, an sdist and an editable tree, and finds its data in each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, env=environment
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a release is made of, so that nothing beside it can be found by accident."""
    copy = tmp_path_factory.mktemp("tree") / "imagelint"
    ignored = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist")
    shutil.copytree(ROOT, copy, ignore=ignored)
    return copy


@pytest.fixture(scope="module")
def distributions(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an sdist, and the wheel that was built out of it."""
    out = tmp_path_factory.mktemp("dist")
    done = _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, tree, cwd=out)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.mark.slow
@pytest.mark.parametrize("form", ["wheel", "sdist", "editable"])
def test_installs_and_works(form: str, tree: Path, distributions: Path, tmp_path: Path) -> None:
    what = {
        "wheel": [str(next(distributions.glob("*.whl")))],
        "sdist": [str(next(distributions.glob("*.tar.gz")))],
        "editable": ["--editable", str(tree)],
    }[form]
    # The dependencies and the build backend come from the environment that runs the tests.
    venv.create(tmp_path / "venv", with_pip=True, system_site_packages=False)
    site = _run(sys.executable, "-c", "import click; print(click.__file__)", cwd=tmp_path).stdout
    python = tmp_path / "venv/bin/python"
    pth = _run(python, "-c", "import site; print(site.getsitepackages()[0])", cwd=tmp_path)
    folder = Path(site.strip()).parents[1]
    Path(pth.stdout.strip(), "zz_borrowed.pth").write_text(f"{folder}\n", encoding="utf-8")
    done = _run(
        python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation",
        "--ignore-installed", "--disable-pip-version-check", *what, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr

    where = _run(python, "-c", "import imagelint; print(imagelint.__file__)", cwd=tmp_path).stdout
    assert where.startswith(str(tree if form == "editable" else tmp_path / "venv"))
    (tmp_path / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: nginx:1}]}\n",
        encoding="utf-8",
    )
    for command in ([tmp_path / "venv/bin/imagelint"], [python, "-m", "imagelint"]):
        done = _run(*command, "check", "pod.yaml", cwd=tmp_path)
        assert done.returncode == 1, done.stderr
        assert "harbor.myco.com/docker.io/nginx:1" in done.stdout
        assert _run(*command, "rules", cwd=tmp_path).stdout.count("unapproved-registry") == 1
    typed = _run(
        python, "-c", "import imagelint, pathlib as p;"
        " print((p.Path(imagelint.__file__).parent / 'py.typed').is_file())", cwd=tmp_path,
    )  # fmt: skip
    assert typed.stdout == "True\n"
