"""Layers of a policy: what a base locks, and whether an extending policy loosens it.

A policy that ``extends:`` another starts with everything in the base and adds to it or replaces
it, key by key (``policy/policy.py`` has the table). ``locked:`` names what no extending policy may
loosen: ``harbor``, ``default``, ``exclude``, ``exceptions``, ``baseline``, ``ignore-fields``,
``environments`` or ``environments.NAME``, ``rules`` or ``rules.ID``, ``"*"`` for all of it.
The rules of a locked environment cannot be loosened either. Tightening is always allowed. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from imagelint.model.errors import Inconsistency, InconsistentPolicy, did_you_mean
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import shown
from imagelint.yaml.config import Fields

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from imagelint.model.errors import PolicyError
    from imagelint.model.source import Source
    from imagelint.patterns.images import RegistryPattern
    from imagelint.policy.environments import Environment
    from imagelint.yaml.nodes import Node

__all__ = ["Lock", "Locks", "locked_error", "read_extends", "read_locks", "uncovered"]

EVERYTHING: Final = "*"
_ENVIRONMENTS: Final = "environments"
_RULES: Final = "rules"
_PLAIN: Final = ("harbor", "default", "exclude", "exceptions", "baseline", "ignore-fields")


class Lock(NamedTuple):
    """A locked name, and where the lock is written."""

    name: str
    place: str
    """``base.yaml:12:5``."""


class Locks(NamedTuple):
    """All locks of the base policies."""

    locks: tuple[Lock, ...] = ()

    def on(self, name: str) -> Lock | None:
        """Return the lock on ``name``: on the name itself, on its section, or on everything."""
        whole = name.partition(".")[0]
        for lock in self.locks:
            if lock.name in (name, whole, EVERYTHING):
                return lock
        return None

    def on_default(self, default: str) -> Lock | None:
        """Return the lock on the choice of the default environment.

        A locked default environment stays the default: it applies to what matches nothing.
        """
        return self.on("default") or self.on(f"{_ENVIRONMENTS}.{default}")

    def on_rule(self, rule: str, environment: str | None) -> Lock | None:
        """Return the lock on the strictness of a rule in an environment of the base."""
        lock = self.on(f"{_RULES}.{rule}")
        return lock if environment is None else lock or self.on(f"{_ENVIRONMENTS}.{environment}")

    def rules(self, every: Iterable[str]) -> Iterator[str]:
        """Yield those of the rules that are locked."""
        return (rule for rule in every if self.on(f"{_RULES}.{rule}") is not None)


def read_extends(source: Source) -> tuple[str, tuple[int, int]] | None:
    """Return the path, as written, that a policy file extends, and its line and column."""
    if b"extends" not in source.data:
        return None
    reader = Fields(source)
    node = reader.at(("extends",))
    return None if node is None else (reader.text(node, "extends"), reader.place(node))


def locked_error(reader: Fields, node: Node, lock: Lock, what: str) -> PolicyError:
    """Return the error for a node that loosens what ``lock`` locks."""
    name = "everything" if lock.name == EVERYTHING else lock.name
    message = f"{what}, and {name} is locked at {lock.place}; locked settings can only be tightened"
    return reader.error(node, message)


def read_locks(
    reader: Fields, node: Node, environments: Collection[str], rules: Collection[str]
) -> tuple[Lock, ...]:
    """Read ``locked:``, a list of names."""
    names = (
        EVERYTHING,
        *_PLAIN,
        _ENVIRONMENTS,
        _RULES,
        *(f"{_ENVIRONMENTS}.{name}" for name in environments),
        *(f"{_RULES}.{name}" for name in rules),
    )
    found = []
    for item in reader.items(node, "locked"):
        text = reader.text(item, "locked")
        if text not in names:
            advice = did_you_mean(text, names, "the names that can be locked are")
            error = reader.error(item, f'locked: unknown name "{shown(text)}"; {advice}')
            if text.startswith(f"{_ENVIRONMENTS}."):
                raise InconsistentPolicy(Inconsistency.UNKNOWN_ENVIRONMENT, error)
            raise error
        line, column = reader.place(item)
        found.append(Lock(text, f"{reader.source.path}:{line}:{column}"))
    return tuple(found)


def uncovered(patterns: Iterable[RegistryPattern], base: Environment) -> Iterator[RegistryPattern]:
    """Yield the patterns that may allow what ``base`` does not.

    A pattern must lie within a single pattern of the base: two that only cover it together do not
    count, which errs on the strict side.
    """
    for pattern in patterns:
        if not any(pattern.is_within(allowed) for allowed in base.gate.allow):
            yield pattern
