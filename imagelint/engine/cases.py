"""Tests of a policy: a table of images with the expected result of each.

``imagelint-tests.yaml`` is next to the policy::

    version: 1
    cases:
      - image: nginx:1.27
        environment: prod                  # or path, namespace, labels, which select one
        verdict: denied                    # allowed, denied, excused
        rule: unapproved-registry          # or a list: all findings, suppressed or not
        rewrite: harbor.myco.com/docker.io/nginx:1.27   # none: fix does not change it

``denied`` means an error, ``excused`` none because of an exception, ``allowed`` none at all.
``kind``, ``name`` and ``container`` are for matching exceptions. A case does not test keys that it
leaves out. Each case is linted as a manifest, like any other file. Pure.
"""

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from imagelint.model.errors import PolicyError
from imagelint.model.finding import Severity
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source, shown
from imagelint.yaml.config import Fields
from imagelint.yaml.nodes import Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.engine.linter import Linter
    from imagelint.model.finding import Finding
    from imagelint.model.reference import ImageReference
    from imagelint.model.report import FileResult
    from imagelint.policy.policy import Policy
    from imagelint.yaml.nodes import Node

__all__ = ["CASES_NAME", "Case", "Outcome", "Verdict", "read_cases", "run_case", "unreached"]

CASES_NAME: Final = "imagelint-tests.yaml"

_VERSION: Final = "1"
_NO_REWRITE: Final = "none"
_PLACE: Final = ("environment", "path", "namespace", "labels", "kind", "name", "container")
_EXPECTED: Final = ("verdict", "rule", "rewrite")
_API_VERSIONS: Final = {"Pod": "v1", "Job": "batch/v1", "CronJob": "batch/v1"}
_POD_SPECS: Final = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_POD_SPEC: Final = ("spec", "template", "spec")


class Verdict(Enum):
    """The result for an image."""

    ALLOWED = "allowed"
    DENIED = "denied"
    EXCUSED = "excused"


class Case(NamedTuple):
    """One case of the table; it does not test what is None."""

    image: str
    file: str
    line: int
    column: int
    environment: str | None = None
    path: str = "manifest.yaml"
    namespace: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    kind: str = "Deployment"
    name: str = "test"
    container: str = "test"
    verdict: Verdict | None = None
    rules: tuple[str, ...] | None = None
    rewrite: str | None = None

    @property
    def shown(self) -> str:
        """The image and where it runs, for messages."""
        where = self.environment or self.namespace or self.path
        return f"{shown(self.image)} in {shown(where)}"


class Outcome(NamedTuple):
    """The result of a case."""

    case: Case
    verdict: Verdict
    rules: tuple[str, ...]
    rewrite: str
    messages: tuple[str, ...]
    """The messages of the findings."""
    environments: tuple[str, ...]
    reference: ImageReference | None
    used: frozenset[int]
    """The numbers of the exceptions that suppressed something."""

    def differences(self) -> Iterator[tuple[str, str, str]]:
        """Yield each unexpected value: its key, expected, actual."""
        case = self.case
        if case.verdict is not None and case.verdict is not self.verdict:
            yield "verdict", case.verdict.value, self.verdict.value
        if case.rules is not None and set(case.rules) != set(self.rules):
            yield "rule", _listed(case.rules), _listed(self.rules)
        if case.rewrite is not None and case.rewrite != self.rewrite:
            yield "rewrite", case.rewrite, self.rewrite


def _listed(rules: Iterable[str]) -> str:
    return ", ".join(sorted(rules)) or _NO_REWRITE


def read_cases(source: Source, policy: Policy, rules: Iterable[str]) -> tuple[Case, ...]:
    """Read a table; raises PolicyError with the place of a mistake."""
    reader = Fields(source)
    record = reader.record(reader.root, "", ("version", "cases"), ("version", "cases"))
    version = reader.text(record["version"], "version")
    if version != _VERSION:
        message = f"version: this imagelint reads version {_VERSION}, not {shown(version)}"
        raise reader.error(record["version"], message)
    known = tuple(rules)
    items = reader.items(record["cases"], "cases")
    return tuple(
        _read_case(reader, item, f"cases[{number}]", policy, known)
        for number, item in enumerate(items)
    )


def _read_case(
    reader: Fields, node: Node, where: str, policy: Policy, rules: tuple[str, ...]
) -> Case:
    record = reader.record(node, where, ("image", *_PLACE, *_EXPECTED), ("image",))
    if not any(key in record for key in _EXPECTED):
        message = f"{where}: it expects nothing; write verdict, rule or rewrite"
        raise reader.error(node, message)
    line, column = reader.place(node)
    values: dict[str, Any] = {"file": reader.source.path, "line": line, "column": column}
    for key in ("image", "path", "namespace", "kind", "name", "container", "rewrite"):
        if key in record:
            values[key] = reader.text(record[key], f"{where}.{key}")
    if "environment" in record:
        names = [environment.name for environment in policy.environments]
        at = f"{where}.environment"
        values["environment"] = reader.one_of(record["environment"], at, names, "environment")
    if "labels" in record:
        at = f"{where}.labels"
        entries = reader.entries(record["labels"], at)
        values["labels"] = tuple((entry.name, reader.text(entry.value, at)) for entry in entries)
    if "verdict" in record:
        values["verdict"] = reader.choice(record["verdict"], f"{where}.verdict", Verdict)
    if "rule" in record:
        value, at = record["rule"], f"{where}.rule"
        nodes = value.items if isinstance(value, Sequence) else [value]
        found = [reader.one_of(item, at, (*rules, _NO_REWRITE), "rule") for item in nodes]
        values["rules"] = tuple(name for name in found if name != _NO_REWRITE)
    return Case(**values)


def run_case(case: Case, linter: Linter) -> Outcome:
    """Lint a case; ``linter`` is for the environment that it names, if any."""
    result = linter.lint(Source(case.path, _manifest(case)), case.path)
    if len(result.images) != 1:
        message = f"kind: imagelint finds no image in a {shown(case.kind)} with a pod template"
        raise PolicyError(message, case.file, case.line, case.column)
    verdict = Verdict.ALLOWED
    if any(one.severity is Severity.ERROR for one in result.findings):
        verdict = Verdict.DENIED
    elif any(one.finding.severity is Severity.ERROR for one in result.suppressed):
        verdict = Verdict.EXCUSED
    (record,) = result.images
    return Outcome(
        case,
        verdict,
        tuple(dict.fromkeys(one.rule for one in _every(result))),
        record.rewrite or _NO_REWRITE,
        tuple(one.message for one in result.findings),
        record.environments,
        record.reference,
        result.used,
    )


def _every(result: FileResult) -> Iterator[Finding]:
    yield from result.findings
    for one in result.suppressed:
        yield one.finding


def _manifest(case: Case) -> bytes:
    """Return the case as a manifest, in JSON, so that no text needs special quoting."""
    metadata: dict[str, object] = {"name": case.name, "labels": dict(case.labels)}
    if case.namespace is not None:
        metadata["namespace"] = case.namespace
    spec: dict[str, object] = {"containers": [{"name": case.container, "image": case.image}]}
    for key in reversed(_POD_SPECS.get(case.kind, _POD_SPEC)[1:]):
        spec = {key: spec}
    value = {
        "apiVersion": _API_VERSIONS.get(case.kind, "apps/v1"),
        "kind": case.kind,
        "metadata": metadata,
        "spec": spec,
    }
    return json.dumps(value).encode()


def unreached(policy: Policy, outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Yield the parts of a policy that no case reached: patterns, Harbor projects, exceptions."""
    every = tuple(outcomes)
    reached = {pair for outcome in every for pair in _patterns(policy, outcome)}
    for environment in policy.environments:
        for key, patterns in (("allow", environment.gate.allow), ("deny", environment.gate.deny)):
            for pattern in patterns:
                if (environment.name, pattern.text) not in reached:
                    yield f"environments.{environment.name}.{key}: {pattern.text}"
    projects = {prefix for outcome in every for prefix in _projects(policy, outcome)}
    for harbor in policy.harbors.harbors:
        for project in harbor.projects:
            if f"{harbor.host}/{project.name}/" not in projects:
                yield f"harbor.projects: {project.upstream} on {harbor.host}"
    used = {number for outcome in every for number in outcome.used}
    for number, one in enumerate(policy.exceptions):
        if number not in used:
            yield f"exceptions: {', '.join(one.rules)} at {one.place}"


def _patterns(policy: Policy, outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield each environment with the pattern that decided there."""
    for name in outcome.environments if outcome.reference is not None else ():
        assert outcome.reference is not None
        decision = policy.environment(name).gate.decide(outcome.reference)
        if decision.pattern is not None:
            yield name, decision.pattern.text


def _projects(policy: Policy, outcome: Outcome) -> set[str]:
    """Return the Harbor projects of a rewrite, as prefixes of images."""
    return {
        prefix
        for harbor in policy.harbors.harbors
        for project in harbor.projects
        if outcome.rewrite.startswith(prefix := f"{harbor.host}/{project.name}/")
    }
