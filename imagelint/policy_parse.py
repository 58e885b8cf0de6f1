"""The parts of a policy file: nodes → Harbors, gates, environments, rule settings.

Every slip is a PolicyError that names file, line, column and what to write. What one part
cannot know of another (does the default exist?) is an :class:`InconsistentPolicy`: these are the
slips that the JSON Schema (``rules/policy/schema.json``) cannot express. No I/O.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

from imagelint.environments import Environment, Match, RuleSetting
from imagelint.errors import PolicyError
from imagelint.fields import Fields, did_you_mean
from imagelint.finding import Severity
from imagelint.globs import PathPatterns
from imagelint.nodes import Node, Scalar, Sequence
from imagelint.registries import (
    Gate,
    Harbor,
    HarborMap,
    Library,
    Project,
    RegistryPattern,
    Upstream,
    parse_harbor_host,
    parse_project_name,
)
from imagelint.rules import load_rules, parameter_names, read_parameter
from imagelint.text import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Sequence as SequenceOf

    from imagelint.globs import NamePattern
    from imagelint.rules import Rule
    from imagelint.text import Source

    RuleSources: TypeAlias = Callable[[str], SequenceOf[Source]]
    """What gives the rule files that a glob names, or raises InvalidPattern."""

__all__ = ["Inconsistency", "InconsistentPolicy", "read_environments", "read_harbors"]
__all__ += ["read_paths", "read_rule_files", "read_rule_settings"]

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


class Inconsistency(Enum):
    """What is wrong between parts of a policy that are each well-formed."""

    UNKNOWN_DEFAULT = "unknown-default"
    """``default`` names no environment."""
    SHARED_PROJECT = "shared-project"
    """Two upstreams name one project of one Harbor: two images would become one."""
    REPEATED_UPSTREAM = "repeated-upstream"
    """Two keys of one Harbor are one registry (``docker.io`` and ``index.docker.io``)."""
    REPEATED_HARBOR = "repeated-harbor"
    """Two entries of ``harbor`` have one host."""
    HARBOR_AS_UPSTREAM = "harbor-as-upstream"
    """A project for what is on a Harbor already, which is never rewritten."""


class InconsistentPolicy(PolicyError):  # noqa: N818 - reads like InvalidPattern
    """A policy whose parts are well-formed and do not go together; ``reason`` says how."""

    def __init__(self, reason: Inconsistency, error: PolicyError) -> None:
        """Give ``error`` a reason."""
        super().__init__(error.message, error.path, error.line, error.column)
        self.reason = reason


def read_harbors(reader: Fields, node: Node) -> HarborMap:
    """Read ``harbor:``, a mapping or a list of mappings; checks that the map is injective."""
    nodes = node.items if isinstance(node, Sequence) else [node]
    harbors: dict[str, Harbor] = {}
    upstreams: list[tuple[Node, Upstream]] = []
    for index, item in enumerate(nodes):
        where = f"harbor[{index}]" if isinstance(node, Sequence) else "harbor"
        record = reader.record(item, where, ("host", "projects", "library"), ("host", "projects"))
        with reader.placing(record["host"], f"{where}.host"):
            host = parse_harbor_host(reader.text(record["host"], f"{where}.host"))
        if host in harbors:
            error = reader.error(record["host"], f"{where}.host: {shown(host)} is listed twice")
            raise InconsistentPolicy(Inconsistency.REPEATED_HARBOR, error)
        projects = _read_projects(reader, record["projects"], f"{where}.projects")
        upstreams += [(key, project.upstream) for key, project in projects]
        library = Library.KEEP
        if "library" in record:
            library = reader.choice(record["library"], f"{where}.library", Library)
        harbors[host] = Harbor(host, tuple(project for _, project in projects), library)
    for key, upstream in upstreams:
        if upstream.registry in harbors:
            message = f"{shown(str(upstream))} is on a Harbor already and is never rewritten"
            raise InconsistentPolicy(Inconsistency.HARBOR_AS_UPSTREAM, reader.error(key, message))
    return HarborMap(tuple(harbors.values()))


def _read_projects(reader: Fields, node: Node, where: str) -> list[tuple[Node, Project]]:
    """Read the projects of one Harbor with the nodes of their keys."""
    found: list[tuple[Node, Project]] = []
    upstreams: dict[Upstream, str] = {}
    names: dict[str, str] = {}
    for entry in reader.entries(node, where):
        with reader.placing(entry.key, where):
            upstream = Upstream.parse(entry.name)
        at = f"{where}.{entry.name}"
        with reader.placing(entry.value, at):
            name = parse_project_name(reader.text(entry.value, at))
        if upstream in upstreams:
            message = f"{where}: {shown(entry.name)} and {shown(upstreams[upstream])} are one"
            error = reader.error(entry.key, message)
            raise InconsistentPolicy(Inconsistency.REPEATED_UPSTREAM, error)
        if name in names:
            message = (
                f"{at}: the project {shown(name)} is {shown(names[name])}'s already; two"
                " registries in one project would make two images one"
            )
            error = reader.error(entry.value, message)
            raise InconsistentPolicy(Inconsistency.SHARED_PROJECT, error)
        upstreams[upstream] = names[name] = entry.name
        found.append((entry.key, Project(upstream, name)))
    return found


def read_environments(
    reader: Fields, node: Node, rules: Mapping[str, Rule]
) -> dict[str, Environment]:
    """Read ``environments:``, by name and in order."""
    found: dict[str, Environment] = {}
    for entry in reader.entries(node, "environments"):
        where = f"environments.{shown(entry.name)}"
        if not _NAME.fullmatch(entry.name):
            message = "a name has letters, digits and . _ - between them"
            raise reader.error(entry.key, f"{where}: {message}")
        found[entry.name] = _read_environment(reader, entry.name, entry.value, where, rules)
    if not found:
        raise reader.error(node, "environments: there is none; write at least one")
    return found


def _read_environment(
    reader: Fields, name: str, node: Node, where: str, rules: Mapping[str, Rule]
) -> Environment:
    record = reader.record(node, where, ("match", "allow", "deny", "rules"), ("allow",))
    allow = reader.patterns(record["allow"], f"{where}.allow")
    deny: tuple[RegistryPattern, ...] = ()
    match = Match()
    settings: Mapping[str, RuleSetting] = {}
    if "deny" in record:
        deny = reader.patterns(record["deny"], f"{where}.deny")
    if "match" in record:
        match = _read_match(reader, record["match"], f"{where}.match")
    if "rules" in record:
        settings = read_rule_settings(reader, record["rules"], f"{where}.rules", rules)
    return Environment(name, Gate(allow, deny), match, settings)


def _read_match(reader: Fields, node: Node, where: str) -> Match:
    record = reader.record(node, where, ("namespaces", "paths", "labels"))
    namespaces: tuple[NamePattern, ...] = ()
    paths = PathPatterns()
    labels: tuple[tuple[str, NamePattern], ...] = ()
    if "namespaces" in record:
        namespaces = reader.names(record["namespaces"], f"{where}.namespaces")
    if "paths" in record:
        paths = read_paths(reader, record["paths"], f"{where}.paths")
    if "labels" in record:
        at = f"{where}.labels"
        entries = reader.entries(record["labels"], at)
        labels = tuple((item.name, reader.name(item.value, at)) for item in entries)
    return Match(namespaces, paths, labels)


def read_paths(reader: Fields, node: Node, where: str) -> PathPatterns:
    """Read a list of path globs."""
    found: list[str] = []
    for item in reader.items(node, where):
        text = reader.text(item, where)
        with reader.placing(item, where):
            PathPatterns.parse([text])
        found.append(text)
    return PathPatterns.parse(found)


def read_rule_files(
    reader: Fields, node: Node, rules: Mapping[str, Rule], sources: RuleSources | None
) -> Mapping[str, Rule]:
    """Read ``rule-files:`` and the rules in the files that its globs name, by id."""
    where = "rule-files"
    if sources is None:
        raise reader.error(node, f"{where}: a policy that is no file cannot have any")
    found: dict[str, Source] = {}
    for item in reader.items(node, where):
        glob = reader.text(item, where)
        with reader.placing(item, where):
            PathPatterns.parse([glob])
            named = sources(glob)
        if not named:
            raise reader.error(item, f"{where}: there is no file {shown(glob)}")
        found.update((source.path, source) for source in named)
    return load_rules(found.values(), rules)


def read_rule_settings(
    reader: Fields, node: Node, where: str, rules: Mapping[str, Rule]
) -> Mapping[str, RuleSetting]:
    """Read ``rules:``, at top level or of an environment, by rule id."""
    found: dict[str, RuleSetting] = {}
    for entry in reader.entries(node, where):
        rule = rules.get(entry.name)
        if rule is None:
            advice = did_you_mean(entry.name, tuple(rules), "the rules are")
            message = f'{where}: unknown rule "{shown(entry.name)}"; {advice}'
            raise reader.error(entry.key, message)
        found[entry.name] = _read_setting(reader, entry.value, f"{where}.{entry.name}", rule)
    return found


def _read_setting(reader: Fields, node: Node, where: str, rule: Rule) -> RuleSetting:
    if isinstance(node, Scalar):
        return RuleSetting(reader.choice(node, where, Severity))
    record = reader.record(node, where, ("severity", *parameter_names(rule.check)))
    severity = None
    if "severity" in record:
        severity = reader.choice(record.pop("severity"), f"{where}.severity", Severity)
    parameters = {
        name: read_parameter(reader, rule.check, name, value, f"{where}.{name}")
        for name, value in record.items()
    }
    return RuleSetting(severity, parameters)
