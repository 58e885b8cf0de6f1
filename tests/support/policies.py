"""Policies for tests, and what they make of one image."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from imagelint.engine.linter import Linter
from imagelint.model.source import Source
from imagelint.policy.policy import parse_policy
from imagelint.rules.built_in import RULES
from tests.support.trees import catalogue

if TYPE_CHECKING:
    from imagelint.policy.policy import Policy


class Found(NamedTuple):
    """What was found of one image: the rules, those with a fix, and what fix would write."""

    rules: tuple[str, ...]
    fixed: tuple[str, ...]
    wanted: str | None


@cache
def policy(text: str) -> Policy:
    """Read a policy."""
    return parse_policy(Source("p.yaml", text.encode()), RULES)


def judged(by: Policy, image: str, environment: str) -> Found:
    """Lint a Pod with one image."""
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": image}]}}
    linter = Linter(by, RULES, catalogue(), environment=environment)
    result = linter.lint(Source("a.json", json.dumps(pod).encode()), "a.json")
    (record,) = result.images
    return Found(
        tuple(sorted(one.rule for one in result.findings)),
        tuple(sorted(one.rule for one in result.findings if one.fix is not None)),
        record.rewrite,
    )
