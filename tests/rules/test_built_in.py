"""What is built in is what the files under ``rules/`` say."""

from __future__ import annotations

from imagelint.kubernetes.catalogue.core import CORE
from imagelint.kubernetes.catalogue.notation import read_part
from imagelint.model.source import Source
from imagelint.rules.built_in import RULES
from imagelint.rules.rule import load_rules
from tests.support.fresh import assert_fresh
from tests.support.project import ROOT


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
