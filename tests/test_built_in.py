"""What is built in is what the files under ``rules/`` say."""

from __future__ import annotations

import os
import subprocess
import sys

from imagelint.built_in import CORE, RULES
from imagelint.rules import load_rules
from imagelint.text import Source
from imagelint.workload_parse import read_part
from tests.conftest import ROOT


def test_is_fresh() -> None:
    """If not: ``python tools/built_in.py``."""
    done = subprocess.run(
        [sys.executable, "tools/built_in.py", "--check"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_rules_are_those_of_the_files() -> None:
    files = sorted((ROOT / "rules").glob("*.yaml"))
    read = load_rules(Source(f"rules/{file.name}", file.read_bytes()) for file in files)
    assert repr(RULES) == repr(read)  # which tells types with equal fields apart
    assert read == RULES


def test_the_core_is_that_of_its_file() -> None:
    name = "rules/workloads/core.yaml"
    read = read_part(Source(name, (ROOT / name).read_bytes()), None)
    assert read == CORE
    assert repr(read.workloads) == repr(CORE.workloads)
