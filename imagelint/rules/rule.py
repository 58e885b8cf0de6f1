"""Rule files → rules: what is wrong, how severe it is, why, and which check finds it.

A rule is data (``rules/<id>.yaml``), a check is code (``rules/checks/references.py``)::

    id: floating-tag                # reads as "ignore[floating-tag]"
    summary: one line
    severity: warning               # error, warning, note or off
    severity-if-open: note          # optional: in an environment that allows everything
    severity-in-chart: note         # optional: in the templates of a Helm chart
    check: pinned-tag               # a key of CHECKS, or "document"
    parameters: {tags: [latest]}    # fields of the check, optional
    fixable: false                  # optional: whether fix may fix it
    why: prose
    remedy: prose
    examples:                       # images, or small documents; they are the rule's tests
      bad: [nginx]
      good: ["nginx:1.27.0"]
      fixed: []                       # of a fixable rule: the fixed form of each bad one; the same
                                      # if fix does not change it
      environment: dev                # optional: where they are checked, if not the default

The caller finds and reads the files. No I/O.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, final, get_type_hints

from imagelint.model.errors import did_you_mean
from imagelint.model.finding import Severity
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.report import RuleText
from imagelint.model.source import shown
from imagelint.patterns.globs import NamePattern
from imagelint.patterns.harbor import Upstream
from imagelint.patterns.images import RegistryPattern
from imagelint.rules.checks.references import ABOUT_PODS, CHECKS, DOCUMENT, NEEDED
from imagelint.rules.checks.registry import (
    Difference,
    Move,
    State,
    parse_repositories,
    parse_since,
    parse_source,
)
from imagelint.yaml.config import Fields
from imagelint.yaml.nodes import Mapping as MappingNode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from imagelint.model.source import Source
    from imagelint.rules.checks.subject import Check
    from imagelint.yaml.config import Entry
    from imagelint.yaml.nodes import Node

__all__ = ["Examples", "Rule", "load_rules", "parameter_names", "read_parameter", "text_of"]

_REQUIRED: Final = ("id", "summary", "severity", "check", "why", "remedy", "examples")
_OPTIONAL: Final = ("severity-if-open", "severity-in-chart", "parameters", "fixable")
_ID: Final = "a rule's id has lower-case letters and digits, and single - between them"
_NO_RULES: Final[Mapping[str, Rule]] = {}
_NO_PARAMETERS: Final[Mapping[str, object]] = {}


@final
class Examples(NamedTuple):
    """Images (or documents) that a rule reports and does not report."""

    bad: tuple[str, ...]
    good: tuple[str, ...]
    fixed: tuple[str, ...] = ()
    """The fixed form of each of ``bad``, in the same order; the same if fix does not change it.
    Empty for a rule without a fix."""
    environment: str | None = None
    """The environment in which they are checked; None: the policy's default."""


@final
class Rule(NamedTuple):
    """One rule, as read from its file."""

    id: str
    summary: str
    severity: Severity
    check: str
    """A key of ``CHECKS``, or ``document``: raised by the engine about a whole document."""
    why: str
    remedy: str
    examples: Examples
    parameters: Mapping[str, object] = _NO_PARAMETERS
    """Values for fields of the check, of the types that it declares."""
    fixable: bool = False
    severity_if_open: Severity | None = None
    """The severity in an environment that allows everything, where it differs."""
    severity_in_chart: Severity | None = None
    """The severity in the templates of a Helm chart, where it differs."""

    @property
    def is_document_rule(self) -> bool:
        """Whether the rule is about documents and has no check to call."""
        return self.check == DOCUMENT

    @property
    def has_document_examples(self) -> bool:
        """Whether the examples are documents, because the rule needs more than the image."""
        return self.check in (DOCUMENT, ABOUT_PODS)

    def make_check(self, overrides: Mapping[str, object] | None = None) -> Check | None:
        """Return the check with the rule's parameters, overridden by ``overrides``.

        None for a rule about documents.
        """
        if self.is_document_rule:
            return None
        return CHECKS[self.check](**{**self.parameters, **(overrides or {})})


def load_rules(
    sources: Iterable[Source], beside: Mapping[str, Rule] = _NO_RULES
) -> dict[str, Rule]:
    """Read rule files, by id in the order given; raises PolicyError with the place of a mistake.

    ``beside`` are the existing rules when a policy's own rules are read: none is replaced.
    """
    rules: dict[str, Rule] = {}
    origins: dict[str, str] = {}
    for source in sources:
        reader = Fields(source)
        rule = _read_rule(reader)
        if rule.id in beside:
            message = f'a rule "{rule.id}" already exists; use another id'
            raise reader.error(reader.root, message)
        if beside and rule.is_document_rule:
            message = f"the check {DOCUMENT} is only for imagelint's own rules; use another one"
            raise reader.error(reader.root, message)
        if rule.id in rules:
            message = f'the rule "{rule.id}" is already defined in {origins[rule.id]}'
            raise reader.error(reader.root, message)
        rules[rule.id] = rule
        origins[rule.id] = source.path
    return rules


def parameter_names(check: str) -> tuple[str, ...]:
    """Return the names of a check's parameters; none for ``document``."""
    return () if check == DOCUMENT else tuple(_parameter_types(check))


def read_parameter(reader: Fields, check: str, name: str, node: Node, where: str) -> object:
    """Read a value of the type that the check declares for its parameter ``name``."""
    return _READERS[_parameter_types(check)[name]](reader, node, where)


def _parameter_types(check: str) -> dict[str, object]:
    """Return a check's parameters with their types: the fields of the named tuple."""
    return get_type_hints(CHECKS[check])


def _read_moves(reader: Fields, node: Node, where: str) -> tuple[Move, ...]:
    """Read a mapping of retired registries, or paths, to their successors, or none."""
    moves: list[Move] = []
    for entry in reader.entries(node, where):
        with reader.placing(entry.key, where):
            Upstream.parse(entry.name)
        moves.append(_read_move(reader, entry, f"{where}.{entry.name}"))
    return tuple(moves)


def _read_move(reader: Fields, entry: Entry, where: str) -> Move:
    """Read one entry: its successor or none, or a mapping with more."""
    record = {"successor": entry.value}
    if isinstance(entry.value, MappingNode):
        record = reader.record(entry.value, where, _MOVE, ("successor",))
        where_new = f"{where}.successor"
    else:
        where_new = where
    new = record.pop("successor")
    text = reader.text(new, where_new)
    with reader.placing(new, where_new):
        move = Move.parse(entry.name, text)
    found: dict[str, Any] = {}
    for key, node in record.items():
        place = f"{where}.{key}"
        with reader.placing(node, place):
            found[key.replace("-", "_")] = _MOVE[key](reader, node, place)
    return move._replace(**found)


_MOVE: Final[dict[str, Callable[[Fields, Node, str], Any]]] = {
    "successor": Fields.text,  # parsed together with the entry's name
    "state": lambda reader, node, where: reader.choice(node, where, State),
    "since": lambda reader, node, where: parse_since(reader.text(node, where)),
    "differs": lambda reader, node, where: tuple(
        reader.choice(item, where, Difference) for item in reader.items(node, where)
    ),
    "repositories": lambda reader, node, where: parse_repositories(reader.texts(node, where)),
    "except-repositories": lambda reader, node, where: parse_repositories(
        reader.texts(node, where)
    ),
    "tags": Fields.names,
    "except-tags": Fields.names,
    "source": lambda reader, node, where: parse_source(reader.text(node, where)),
}
"""How each key of a mapping entry is read."""

_READERS: Final[dict[object, Callable[[Fields, Node, str], object]]] = {
    bool: Fields.flag,
    str: Fields.text,
    tuple[Move, ...]: _read_moves,
    tuple[NamePattern, ...]: Fields.names,
    tuple[RegistryPattern, ...]: Fields.patterns,
}
"""How each type of parameter is read; a new type of parameter is a line here."""


def _read_rule(reader: Fields) -> Rule:
    known = (*_REQUIRED, *_OPTIONAL)
    record = reader.record(reader.root, "", known, _REQUIRED)
    check = _read_check(reader, record["check"])
    severities = {
        key: reader.choice(record[key], key, Severity)
        for key in ("severity", "severity-if-open", "severity-in-chart")
        if key in record
    }
    fixable = "fixable" in record and reader.flag(record["fixable"], "fixable")
    name = reader.text(record["id"], "id")
    if not re.fullmatch("[a-z0-9]+(?:-[a-z0-9]+)*", name):
        raise reader.error(record["id"], f"id: {shown(name)}: {_ID}")
    return Rule(
        id=name,
        summary=reader.text(record["summary"], "summary"),
        severity=severities["severity"],
        check=check,
        why=reader.text(record["why"], "why"),
        remedy=reader.text(record["remedy"], "remedy"),
        examples=_read_examples(reader, record["examples"], fixable=fixable),
        parameters=_read_parameters(reader, record.get("parameters"), check),
        fixable=fixable,
        severity_if_open=severities.get("severity-if-open"),
        severity_in_chart=severities.get("severity-in-chart"),
    )


def _read_check(reader: Fields, node: Node) -> str:
    name = reader.text(node, "check")
    known = (*CHECKS, DOCUMENT)
    if name not in known:
        advice = did_you_mean(name, known, "the checks are")
        raise reader.error(node, f'unknown check "{shown(name)}"; {advice}')
    return name


def _read_parameters(reader: Fields, node: Node | None, check: str) -> Mapping[str, object]:
    if node is None:
        if check in NEEDED:
            message = f"the check {check} needs parameters: {', '.join(NEEDED[check])}"
            raise reader.error(reader.root, message)
        return {}
    record = reader.record(node, "parameters", parameter_names(check), NEEDED.get(check, ()))
    return {
        name: read_parameter(reader, check, name, value, f"parameters.{name}")
        for name, value in record.items()
    }


def _read_examples(reader: Fields, node: Node, *, fixable: bool) -> Examples:
    keys = ("bad", "good", "fixed", "environment")
    record = reader.record(node, "examples", keys, ("bad", "good"))
    environment = record.pop("environment", None)
    name = None if environment is None else reader.text(environment, "examples.environment")
    lists = {key: reader.texts(value, f"examples.{key}") for key, value in record.items()}
    fixed = lists.get("fixed", ())
    if len(fixed) != (len(lists["bad"]) if fixable else 0):
        message = (
            "examples.fixed: a fixable rule needs one for each of examples.bad, other rules none"
        )
        raise reader.error(record.get("fixed", node), message)
    return Examples(lists["bad"], lists["good"], fixed, name)


def text_of(rule: Rule) -> RuleText:
    """Return the texts of a rule, for a report."""
    examples = rule.examples
    return RuleText(
        rule.id,
        rule.summary,
        rule.severity,
        rule.why,
        rule.remedy,
        examples.bad,
        examples.good,
    )
