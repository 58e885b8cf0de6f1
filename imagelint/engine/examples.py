"""Checks the examples of a rule, which are its documentation and its tests.

Each example is linted like a user's file: an image in a Pod, or a document as it is, in the
environment that the examples name, with a policy without settings. Pure: no I/O.
"""

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING, Final

from imagelint.engine.linter import Linter
from imagelint.engine.run_rules import EXPIRED, UNUSED, conclude
from imagelint.model.finding import Severity
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.model.finding import Finding
    from imagelint.policy.policy import Policy
    from imagelint.rules.rule import Rule

__all__ = ["ExampleKind", "Examples", "Failure"]

_AS_IT_STANDS: Final = "string-type"
"""The check whose examples are values as written in a manifest, not texts."""
_POD: Final = """\
apiVersion: v1
kind: Pod
metadata: {name: example}
spec:
  containers:
    - name: main
      image: VALUE
"""


class ExampleKind(Enum):
    """Which list of a rule's examples one is from."""

    BAD = "bad"
    GOOD = "good"
    FIXED = "fixed"


class Failure(NamedTuple):
    """An example that does not match its rule; ``reason`` is a clause for a message."""

    rule: str
    kind: ExampleKind
    example: str
    reason: str

    def __str__(self) -> str:
        """Return one line."""
        return f"{self.rule}: examples.{self.kind.value}: {shown(self.example)}: {self.reason}"


class Examples:
    """Lints examples with one policy's Harbors and gates, without its rule settings."""

    def __init__(self, policy: Policy, rules: Mapping[str, Rule], catalogue: Catalogue) -> None:
        """Use the policy and ``rules``, imagelint's own; the policy has its own rules."""
        self._rules = {**rules, **policy.own_rules}
        environments = tuple(one._replace(rules={}) for one in policy.environments)
        (default,) = (one for one in environments if one.name == policy.default.name)
        self._policy = policy._replace(
            environments=environments, default=default, rules={}, own_rules={}, exceptions=()
        )
        self._catalogue = catalogue

    def found(self, rule: Rule, example: str) -> tuple[Finding, ...]:
        """Return what a rule finds in an example."""
        text = example
        if not rule.has_document_examples:
            value = example if rule.check == _AS_IT_STANDS else json.dumps(example)
            text = _POD.replace("VALUE", value)
        environment = rule.examples.environment or self._policy.default.name
        severity = Severity.WARNING if rule.severity is Severity.OFF else rule.severity
        on = rule._replace(severity=severity, severity_if_open=None, severity_in_chart=None)
        rules = {**self._rules, rule.id: on}
        linter = Linter(self._policy, rules, self._catalogue, environment=environment)
        lint = linter.lint(Source("example.yaml", text.encode()), "example.yaml")
        (result,) = conclude([lint])
        return tuple(one for one in result.findings if one.rule == rule.id)

    def failures(self, rule: Rule) -> Iterator[Failure]:
        """Yield each example that does not match the rule's file.

        Each bad example is reported; no good example is. With a fixable rule, each bad example
        becomes its fixed one, which is not reported, or has no fix if both are the same. With any
        other rule, no example has a fix. The examples of rules about policies are not manifests
        and are skipped.
        """
        if rule.id in (EXPIRED, UNUSED):
            return
        examples = rule.examples
        if examples.environment is not None:
            self._policy.environment(examples.environment)
        for example in examples.good:
            for one in self.found(rule, example):
                yield Failure(rule.id, ExampleKind.GOOD, example, f"found: {one.message}")
        fixed = examples.fixed or (None,) * len(examples.bad)
        for example, wanted in zip(examples.bad, fixed, strict=True):
            found = self.found(rule, example)
            if not found:
                yield Failure(rule.id, ExampleKind.BAD, example, "not found")
                continue
            images = {None if one.fix is None else one.fix.image for one in found}
            if images != {None if wanted == example else wanted}:
                made = ", ".join(sorted(str(image) for image in images if image)) or "nothing"
                reason = f"becomes {shown(made)}, not {shown(wanted or 'nothing')}"
                yield Failure(rule.id, ExampleKind.BAD, example, reason)
        for example in set(examples.fixed) - set(examples.bad):
            for one in self.found(rule, example):
                yield Failure(rule.id, ExampleKind.FIXED, example, f"found: {one.message}")
