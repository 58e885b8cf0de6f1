"""Words that generated manifests are made of, and the dice that choose among them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["APPS", "NAMESPACES", "NOUNS", "OPERATORS", "SENTENCES", "Dice", "description"]

T = TypeVar("T")

APPS: Final = (
    *("accounts", "adserver", "api-gateway", "audit-log", "billing", "cache-warmer", "cart"),
    *("catalog", "checkout", "courier", "currency", "email", "event-router", "exporter"),
    *("feature-flags", "frontend", "geo-lookup", "identity", "image-resizer", "inventory"),
    *("invoice", "ledger", "loyalty", "mailer", "media", "metrics", "notifier", "orders"),
    *("payments", "pricing", "profile", "proxy", "queue-worker", "ratings", "recommend"),
    *("reports", "search", "sessions", "shipping", "sso", "stock", "thumbnailer", "web"),
)
NAMESPACES: Final = ("shop", "payments", "logistics", "platform", "data", "prod-eu", "prod-us")
OPERATORS: Final = (
    *("backup", "cert", "cluster", "database", "gateway", "image-registry", "kafka", "mesh"),
    *("monitoring", "object-store", "pipeline", "policy", "postgres", "redis", "scheduler"),
    *("secret-sync", "tracing", "vault"),
)
NOUNS: Final = (
    *("Address", "Agent", "Archive", "Auth", "Backend", "Backoff", "Batch", "Bucket", "Buffer"),
    *("Channel", "Class", "Config", "Context", "Credentials", "Deadline", "Digest", "Endpoint"),
    *("Filter", "Grace", "Group", "Handler", "Header", "Host", "Image", "Index", "Interval"),
    *("Key", "Label", "Limit", "Listener", "Mode", "Name", "Offset", "Owner", "Path", "Peer"),
    *("Period", "Policy", "Pool", "Port", "Probe", "Profile", "Queue", "Range", "Replica"),
    *("Retry", "Role", "Rule", "Schedule", "Scope", "Secret", "Selector", "Size", "Source"),
    *("State", "Storage", "Strategy", "Target", "Template", "Timeout", "Token", "Topic"),
    *("Topology", "Type", "Volume", "Weight", "Window", "Zone"),
)
SENTENCES: Final = (
    "Defaults to the value of the operator's own configuration when it is left empty.",
    "This field is immutable once the resource has been admitted.",
    "The container image that is used for the pods of this component, with its tag or digest.",
    "If it is not given, the image of the release that the operator was built for is used.",
    "Must be a valid DNS label and unique within the namespace.",
    (
        "Overrides the pull policy; one of Always, Never, IfNotPresent. Defaults to Always if the"
        " :latest tag is specified, or IfNotPresent otherwise."
    ),
    "More info: https://kubernetes.io/docs/concepts/containers/images",
    (
        "A list of references to secrets in the same namespace to use for pulling any of the"
        " images used by this spec."
    ),
    "The controller reconciles at least this often, whatever the state that it has observed.",
    "Deprecated: use the field of the same name in the template; it will be removed in v2.",
    "Requests that arrive meanwhile are queued up to the limit and refused beyond it.",
    "Compute resources that are required; for a list of names see the quota's documentation.",
    (
        "Each entry is a label selector requirement that contains values, a key, and an operator"
        " that relates the key and values."
    ),
    "Time in seconds after which the probe times out; the minimum value is 1.",
    (
        "The name of the storage class that volumes are claimed from: the cluster's default"
        ' unless it is given ("" switches provisioning off).'
    ),
    "When several rules match, the most specific one is taken, then the first of the list.",
)


class Dice:
    """Random choices that stay the same over Python's versions: they use ``random()`` alone."""

    def __init__(self, seed: str) -> None:
        """Start the sequence that belongs to ``seed``."""
        self._next = random.Random(seed).random  # noqa: S311 - dice, no secrets

    def below(self, limit: int) -> int:
        """Return a number from 0 to ``limit - 1``."""
        return int(self._next() * limit)

    def between(self, low: int, high: int) -> int:
        """Return a number from ``low`` to ``high``, both included."""
        return low + self.below(high - low + 1)

    def one(self, choices: Sequence[T]) -> T:
        """Return one of ``choices``."""
        return choices[self.below(len(choices))]

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self._next() < probability


def description(dice: Dice, sentences: int) -> str:
    """Return a paragraph of so many sentences."""
    return " ".join(dice.one(SENTENCES) for _ in range(sentences))
