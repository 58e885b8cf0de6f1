"""What the two shortest runs import: start-up is a feature, and every module costs some of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.project import Project

ROOT = Path(__file__).resolve().parents[2]

RUN = """
import sys
before = set(sys.modules)
import click
with_click = set(sys.modules) - before
import atexit
atexit.register(lambda: print(*sorted(set(sys.modules) - before - with_click), file=sys.stderr))
from imagelint.cli.main import main
main()
"""

POLICY = """\
version: 1
harbor:
  host: harbor.myco.com
  projects:
    docker.io: docker.io
environments:
  prod:
    match:
      namespaces: [prod, "prod-*"]
      paths: ["**/prod/**"]
    allow: [harbor.myco.com]
default: prod
"""

CLEAN = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: web
          image: harbor.myco.com/docker.io/nginx:1.27.0
          ports:
            - containerPort: 8080
"""

MOST_FOR_VERSION, MOST_FOR_A_CLEAN_FILE = 7, 120
"""How many of our own modules a run may load, packages included: more is a decision."""

HEAVY = """
    _ruamel_yaml ruamel jsonschema rich
    ast asyncio base64 concurrent csv ctypes dataclasses datetime difflib email
    fnmatch glob hashlib html http inspect json logging multiprocessing pathlib pickle platform
    random secrets shutil socket ssl statistics subprocess tempfile threading tokenize traceback
    unicodedata unittest urllib uuid xml zipfile zoneinfo
"""
"""What takes milliseconds to import, or does work that a clean file does not need."""


OTHER_WORK = """
    engine.baseline engine.cases engine.comments engine.examples formats.json_ formats.sarif
    repair.fixer repair.proof repository.repository run.fixing run.helpers run.queue
"""
"""Modules of ours for what a clean file does not ask for: reports of findings, repairs, excuses."""


def loaded(arguments: list[str], folder: Path) -> set[str]:
    """Run a command line; return the modules that it loads and click does not."""
    command = [sys.executable, "-c", RUN, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def split(modules: set[str]) -> tuple[set[str], set[str]]:
    """Return our own modules, without the package's name, and top-level names of all others."""
    own = {name for name in modules if name.partition(".")[0] == "imagelint"}
    others = {name.partition(".")[0] for name in modules - own}
    return {name.removeprefix("imagelint.") for name in own - {"imagelint"}}, others


def foreign(names: set[str]) -> set[str]:
    return {name for name in names if name not in sys.stdlib_module_names}


def test_version_loads_click_and_the_command_line_alone(tmp_path: Path) -> None:
    own, others = split(loaded(["--version"], tmp_path))
    assert len(own) <= MOST_FOR_VERSION, sorted(own)
    assert not foreign(others)
    assert not others & set(HEAVY.split())


@pytest.mark.parametrize("policy", [True, False], ids=["own policy", "built-in policy"])
def test_a_clean_file_loads_what_it_needs(work: Project, *, policy: bool) -> None:
    """One small file with a policy beside it, the case of a pre-commit hook."""
    work.write("app.yaml", CLEAN)
    if policy:
        work.write("imagelint.yaml", POLICY)
    else:
        (work.root / "imagelint.yaml").unlink()
    arguments = ["check", "--quiet", "--fail-on", "never", "app.yaml"]
    own, others = split(loaded(arguments, work.root))
    assert len(own) <= MOST_FOR_A_CLEAN_FILE, sorted(own)
    assert not own & set(OTHER_WORK.split())
    assert not foreign(others)
    assert not others & set(HEAVY.split())
