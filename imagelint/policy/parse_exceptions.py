"""``exceptions:`` of a policy file: nodes → :class:`PolicyException`. No I/O, no clock."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final

from imagelint.model.errors import Inconsistency, InconsistentPolicy, did_you_mean
from imagelint.model.source import shown
from imagelint.patterns.globs import InvalidPattern, NamePattern
from imagelint.policy.exceptions import ObjectPattern, PolicyException
from imagelint.policy.parse import read_rule_ids
from imagelint.yaml.nodes import Mapping as MappingNode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from imagelint.yaml.config import Fields
    from imagelint.yaml.nodes import Node

__all__ = ["read_exceptions"]

_DAY: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
_NARROWING: Final = ("images", "paths", "objects", "containers")
_KEYS: Final = ("rules", "reason", "environments", "until", *_NARROWING)


def read_exceptions(
    reader: Fields, node: Node, rules: Collection[str], environments: Collection[str]
) -> tuple[PolicyException, ...]:
    """Read the list; each entry needs its rules, a reason, and what it covers."""
    return tuple(
        _read_exception(reader, item, f"exceptions[{number}]", rules, environments)
        for number, item in enumerate(reader.items(node, "exceptions"))
    )


def _read_exception(
    reader: Fields,
    node: Node,
    where: str,
    rules: Collection[str],
    environments: Collection[str],
) -> PolicyException:
    record = reader.record(node, where, _KEYS, ("rules", "reason"))
    if not any(key in record for key in _NARROWING):
        message = (
            f"{where}: say what the exception covers ({', '.join(_NARROWING)}); to turn a rule off"
            " entirely, set it in rules:"
        )
        raise reader.error(node, message)
    readers: dict[str, Callable[[Node, str], Any]] = {
        "rules": lambda item, at: read_rule_ids(reader, item, at, rules),
        "reason": lambda item, at: _read_reason(reader, item, at),
        "environments": lambda item, at: _read_environments(reader, item, at, environments),
        "until": lambda item, at: _read_day(reader, item, at),
        "images": reader.patterns,
        "paths": reader.paths,
        "objects": lambda item, at: _read_objects(reader, item, at),
        "containers": reader.names,
    }
    for key in ("environments", *_NARROWING):
        if key in record and not reader.items(record[key], f"{where}.{key}"):
            message = f"{where}.{key}: an empty list matches nothing; remove the key or fill it"
            raise reader.error(record[key], message)
    values = {key: readers[key](value, f"{where}.{key}") for key, value in record.items()}
    return PolicyException(source=reader.source, span=reader.span(node), **values)


def _read_environments(
    reader: Fields, node: Node, where: str, environments: Collection[str]
) -> tuple[str, ...]:
    names = reader.texts(node, where)
    for item, name in zip(reader.items(node, where), names, strict=True):
        if name not in environments:
            advice = did_you_mean(name, tuple(environments), "the environments are")
            error = reader.error(item, f'{where}: no environment "{shown(name)}"; {advice}')
            raise InconsistentPolicy(Inconsistency.UNKNOWN_ENVIRONMENT, error)
    return names


def _read_reason(reader: Fields, node: Node, where: str) -> str:
    text = reader.text(node, where).strip()
    if not text:
        raise reader.error(node, f"{where}: the reason is empty; say why")
    return text


def _read_day(reader: Fields, node: Node, where: str) -> str:
    """Read a day as its text, which compares like a date."""
    text = reader.text(node, where)
    message = f"{where}: {shown(text)} is not a date; write it as 2027-01-31 (the day is included)"
    if _DAY.fullmatch(text) is None:
        raise reader.error(node, message)
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        error = reader.error(node, message)
        raise InconsistentPolicy(Inconsistency.IMPOSSIBLE_DAY, error) from None
    return text


def _read_objects(reader: Fields, node: Node, where: str) -> tuple[ObjectPattern, ...]:
    return tuple(_read_object(reader, item, where) for item in reader.items(node, where))


def _read_object(reader: Fields, node: Node, where: str) -> ObjectPattern:
    """Read ``KIND/NAME``, or a mapping with kind, name and namespace."""
    if isinstance(node, MappingNode):
        record = reader.record(node, where, ObjectPattern._fields)
        if not record:
            raise reader.error(node, f"{where}: name a kind, a name or a namespace")
        return ObjectPattern(**{key: reader.name(value, where) for key, value in record.items()})
    text = reader.text(node, where)
    kind, slash, name = text.partition("/")
    if not slash or "/" in name:
        message = (
            f"{where}: {shown(text)} is not an object; write KIND/NAME, such as Deployment/web, or"
            " {kind: Deployment, name: web, namespace: shop}"
        )
        raise reader.error(node, message)
    try:
        return ObjectPattern(NamePattern.parse(kind), NamePattern.parse(name))
    except InvalidPattern as error:
        raise reader.error(node, f"{where}: {error}") from None
