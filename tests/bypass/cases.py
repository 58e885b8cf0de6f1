"""The form of a bypass: what is tried, its harmless twin, and how both are judged."""

from __future__ import annotations

import codecs
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from imagelint.engine.linter import Linter
from imagelint.model.source import Source
from imagelint.policy.policy import parse_policy
from imagelint.rules.built_in import RULES
from tests.support.trees import catalogue

if TYPE_CHECKING:
    from imagelint.model.report import FileResult

GOOD = "harbor.myco.com/docker.io/nginx:1.25"
EVIL = "evil.example/miner:1"
UNAPPROVED, INVALID = "unapproved-registry", "invalid-reference"
UNRESOLVED, MISTYPED = "unresolved-reference", "wrong-type"
UNPARSABLE, DROPPED = "unparsable-document", "dropped-content"

POLICY = b"""\
version: 1
harbor:
  host: harbor.myco.com
  projects: {docker.io: docker.io, quay.io: quay.io}
environments:
  dev:
    match: {namespaces: [dev, "dev-*"], paths: ["dev/**"], labels: {stage: dev}}
    allow: ["*"]
  prod:
    match: {namespaces: [prod], paths: ["prod/**"]}
    allow: [harbor.myco.com]
default: prod
rules: {floating-tag: "off", suspicious-reference: "off"}
"""


class Bypass(NamedTuple):
    """One attack; ``twin`` differs in nothing but that it is harmless, and must stay silent."""

    id: str
    attack: str | bytes
    twin: str | bytes
    rules: tuple[str, ...]
    """The rules that the attack breaks, sorted, each once."""
    why: str
    """Who falls for it, or which reader sees what."""
    path: str = "app.yaml"
    """The file's path from the policy's folder, of both."""


@cache
def linter() -> Linter:
    """Return a linter by the policy above."""
    rules = RULES
    policy = parse_policy(Source("imagelint.yaml", POLICY), rules)
    return Linter(policy, rules, catalogue())


def lint(data: str | bytes, path: str = "app.yaml") -> FileResult:
    """Judge a file."""
    raw = data.encode() if isinstance(data, str) else data
    return linter().lint(Source(path, raw), path)


def pod(image: str = GOOD, *, metadata: str = "name: web", extra: str = "") -> str:
    """Write a Pod with one container; ``image`` as it is written behind its key."""
    return (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{{metadata}}}\n"
        f"spec:\n  containers:\n  - name: main\n    image: {image}\n{extra}"
    )


def json_pod(image: str = GOOD) -> str:
    """Write a Pod as JSON in one line; ``image`` as it is written between its quotes."""
    return (
        '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers":'
        f' [{{"name": "main", "image": "{image}"}}]}}}}'
    )


def custom(spec: str) -> str:
    """Write an object of a kind that nobody knows; ``spec`` in flow style."""
    return f"apiVersion: example.com/v1\nkind: Thing\nmetadata: {{name: web}}\nspec: {spec}\n"


def utf_16(text: str) -> bytes:
    """Encode as little-endian UTF-16 with its mark."""
    return codecs.BOM_UTF16_LE + text.encode("utf-16-le")


def both(
    id_: str, pattern: str | bytes, rules: str | tuple[str, ...], why: str, evil: str = EVIL
) -> Bypass:
    """Make a bypass of a pattern with ``%s`` where the evil or the good image stands."""
    broken = (rules,) if isinstance(rules, str) else tuple(sorted(rules))
    if isinstance(pattern, bytes):
        attack, twin = pattern % evil.encode(), pattern % GOOD.encode()
        return Bypass(id_, attack, twin, broken, why)
    return Bypass(id_, pattern % evil, pattern % GOOD, broken, why)
