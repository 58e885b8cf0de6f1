"""What is built in is what the files under ``rules/`` say."""

from __future__ import annotations

from imagelint.built_in import CORE, RULES
from imagelint.rules import load_rules
from imagelint.text import Source
from imagelint.workload_parse import read_part
from tests.conftest import ROOT
from tests.fresh import assert_fresh


def test_is_fresh() -> None:
    """If not: ``python tools/built_in.py``."""
    assert_fresh("tools/built_in.py")


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
