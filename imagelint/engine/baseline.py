"""The baseline: findings of an old repository that are known, so that only new ones fail.

``imagelint-baseline.json`` stands beside the policy::

    {"version": 1, "findings": [
      {"path": "prod/web.yaml", "rule": "floating-tag", "environment": "prod",
       "object": "apps/Deployment/shop/web", "container": "web", "image": "nginx", "count": 1}
    ]}

A finding is known by what it says of an image, not by where it stands: documents, containers and
lines may move. ``count`` is how many equal ones there were; one more is new. Paths are relative to
the policy's folder. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from imagelint.model.errors import PolicyError
from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from imagelint.model.finding import Finding, KubeObject
    from imagelint.model.source import Source

__all__ = ["Baseline", "Identity", "identity_of", "known_findings"]

_VERSION = 1
_INDEX = re.compile(r"\[\d+\]")
_TEXTS = ("path", "rule", "environment", "object", "container", "image")


class Identity(NamedTuple):
    """What makes two findings the same one; empty where a finding has no such thing."""

    path: str
    rule: str
    environment: str
    object: str
    """``GROUP/KIND/NAMESPACE/NAME``."""
    container: str
    """The container's name; without one the field, with ``[]`` for its indexes."""
    image: str


def identity_of(finding: Finding, path: str) -> Identity:
    """Return the identity of a finding in the file ``path``, relative to the policy's folder."""
    return Identity(
        path,
        finding.rule,
        finding.environment or "",
        _object(finding.object),
        finding.container or _INDEX.sub("[]", finding.field or ""),
        finding.image or "",
    )


def _object(kube_object: KubeObject | None) -> str:
    if kube_object is None:
        return ""
    parts = (kube_object.group, kube_object.kind, kube_object.namespace, kube_object.name)
    return "/".join(part or "" for part in parts)


class Baseline:
    """How often each finding is known."""

    def __init__(self, counts: Mapping[Identity, int], place: str = "") -> None:
        """Hold the counts; ``place`` is the file's path, for people."""
        self.counts = dict(counts)
        self.place = place
        self._by_path: dict[str, Counter[Identity]] = {}
        for identity, count in counts.items():
            self._by_path.setdefault(identity.path, Counter())[identity] = count

    def of(self, path: str) -> Counter[Identity]:
        """Return what is known of one file, for the caller to count down."""
        return Counter(self._by_path.get(path, ()))

    @staticmethod
    def parse(source: Source) -> Baseline:
        """Read the file; raises PolicyError where it is not one that was written by imagelint."""
        import json  # noqa: PLC0415 - for repositories with a baseline alone

        try:
            value = json.loads(source.data)
        except (ValueError, RecursionError) as error:
            message = f"not JSON ({error}); write it anew with `imagelint baseline write`"
            raise PolicyError(message, source.path) from None
        if not isinstance(value, dict) or value.get("version") != _VERSION:
            message = f"not a baseline of version {_VERSION}; is it meant for another imagelint?"
            raise PolicyError(message, source.path)
        counts: Counter[Identity] = Counter()
        findings = value.get("findings")
        if not isinstance(findings, list):
            message = (
                'the list "findings" is missing; write it anew with `imagelint baseline write`'
            )
            raise PolicyError(message, source.path)
        for number, entry in enumerate(findings):
            counts[_identity(entry, number, source)] += entry["count"]
        return Baseline(counts, source.path)

    def render(self) -> str:
        """Return the file: one finding a line, sorted, so that a diff shows what changed."""
        import json  # noqa: PLC0415 - for repositories with a baseline alone

        lines = [
            json.dumps({**identity._asdict(), "count": count}, ensure_ascii=True)
            for identity, count in sorted(self.counts.items())
        ]
        body = ",\n".join(f"  {line}" for line in lines)
        return f'{{"version": {_VERSION}, "findings": [\n{body}\n]}}\n'

    @staticmethod
    def made_of(identities: Iterable[Identity]) -> Baseline:
        """Count what was found."""
        return Baseline(Counter(identities))


def _identity(entry: Any, number: int, source: Source) -> Identity:  # noqa: ANN401 - any JSON
    is_whole = (
        isinstance(entry, dict)
        and all(isinstance(entry.get(key), str) for key in _TEXTS)
        and isinstance(entry.get("count"), int)
        and not isinstance(entry["count"], bool)
        and entry["count"] > 0
    )
    if not is_whole:
        message = (
            f"findings[{number}] is no finding: {', '.join(_TEXTS)} are texts and count is a number"
            " above 0; write the file anew with `imagelint baseline write`"
        )
        raise PolicyError(message, source.path)
    return Identity(*(entry[key] for key in _TEXTS))


def known_findings(
    findings: Iterable[Finding], path: str, known: Counter[Identity], locked: Container[str]
) -> Iterator[tuple[Finding, bool]]:
    """Yield each finding, in order, and whether the baseline knows it; counts ``known`` down.

    ``path`` is the file's, relative to the policy's folder. Rules that are ``locked`` are never
    known.
    """
    for finding in findings:
        identity = identity_of(finding, path)
        is_known = known[identity] > 0 and finding.rule not in locked
        known[identity] -= is_known
        yield finding, is_known
