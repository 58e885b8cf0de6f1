"""The types of ``ObjectMeta``: what kubectl's decoder takes, and what it refuses."""

from __future__ import annotations

import pytest

from imagelint.kubernetes.metadata import metadata_problems
from imagelint.kubernetes.readers import Reader, View
from imagelint.yaml.json_text import parse_json
from imagelint.yaml.parser import parse_yaml


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("x", "metadata is a string, not a mapping"),
        ("{name: 1}", "metadata.name is a number, not a string (quote it)"),
        ("{labels: x}", "metadata.labels is a string, not a mapping"),
        ("{labels: {a: yes}}", "metadata.labels.a is a boolean, not a string (quote it)"),
        ("{generation: x}", "metadata.generation is a string, not a number"),
        ("{generation: 1.5}", "metadata.generation is not a 64-bit integer"),
        ("{generation: 9223372036854775808}", "metadata.generation is not a 64-bit integer"),
        ("{creationTimestamp: 2024-01-01}", "metadata.creationTimestamp is not a time"),
        ("{creationTimestamp: '2023-02-29T00:00:00Z'}", "metadata.creationTimestamp is not a time"),
        ("{creationTimestamp: ''}", "metadata.creationTimestamp is not a time"),
        ("{deletionTimestamp: 1}", "metadata.deletionTimestamp is a number, not a string"),
        ("{finalizers: a}", "metadata.finalizers is a string, not a sequence"),
        ("{finalizers: [a, 1]}", "metadata.finalizers[1] is a number, not a string"),
        ("{ownerReferences: [a]}", "metadata.ownerReferences[0] is a string, not a mapping"),
        ("{ownerReferences: [{controller: x}]}", "[0].controller is a string, not a boolean"),
        ("{managedFields: [{time: x}]}", "metadata.managedFields[0].time is not a time"),
    ],
)
def test_refused(written: str, message: str) -> None:
    (found,) = problems(written)
    assert message in found


@pytest.mark.parametrize(
    "written",
    [
        "null",
        "{}",
        "{name: null, labels: null, finalizers: null, generation: null}",
        "{generation: 1e3}",
        "{generation: 0x10}",
        "{creationTimestamp: 2024-01-01T00:00:00Z}",
        "{creationTimestamp: '2024-02-29T1:00:00,5+02:00'}",
        "{finalizers: [a, null]}",
        "{ownerReferences: [{controller: yes, unknown: 1}, null]}",
        "{managedFields: [{fieldsV1: 1}]}",
        "{unknown: [1]}",
    ],
)
def test_taken(written: str) -> None:
    assert problems(written) == []


def test_json_numbers_are_taken_as_written() -> None:
    """YAML's 1e3 reaches the decoder as 1000, JSON's as it is."""
    root = parse_json('{"generation": 1e3}')[0].root
    (problem,) = metadata_problems(root, View(Reader.KUBECTL))
    assert problem.message == "metadata.generation is not a 64-bit integer"


def problems(written: str) -> list[str]:
    tree = parse_yaml(written + "\n")
    return [problem.message for problem in metadata_problems(tree.root, View(Reader.KUBECTL))]
