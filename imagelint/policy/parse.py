"""The parts of a policy file: nodes → Harbors, gates, environments, rule settings.

Every mistake is a PolicyError with file, line, column and what to write. Contradictions between
parts (does the default exist?) are an :class:`InconsistentPolicy`: the JSON Schema
(``rules/policy/schema.json``) cannot express these. No I/O.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from imagelint.model.errors import Inconsistency, InconsistentPolicy, did_you_mean
from imagelint.model.finding import Severity
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import shown
from imagelint.patterns.globs import PathPatterns
from imagelint.patterns.harbor import (
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
from imagelint.policy.environments import Environment, Match, RuleSetting
from imagelint.policy.locks import Locks, locked_error, uncovered
from imagelint.rules.rule import load_rules, parameter_names, read_parameter
from imagelint.yaml.nodes import Mapping as MappingNode
from imagelint.yaml.nodes import Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from collections.abc import Sequence as SequenceOf

    from imagelint.model.errors import PolicyError
    from imagelint.model.source import Source
    from imagelint.patterns.globs import NamePattern
    from imagelint.policy.locks import Lock
    from imagelint.rules.rule import Rule
    from imagelint.yaml.config import Fields

    RuleSources: TypeAlias = Callable[[str], SequenceOf[Source]]
    """Returns the rule files that match a glob, or raises InvalidPattern."""
    CrdSources: TypeAlias = Callable[[str], SequenceOf[Callable[[], Source]]]
    """Returns what reads each file with CRDs that a glob matches, or raises InvalidPattern."""

__all__ = [
    "read_crds",
    "read_environments",
    "read_harbors",
    "read_ignores",
    "read_keys",
    "read_rule_files",
    "read_rule_ids",
    "read_rule_settings",
    "read_values",
]

T = TypeVar("T")
_VERSION: Final = "1"
_KEYS: Final = (
    *("version", "harbor", "environments", "default", "rules", "rule-files", "ignores"),
    *("exceptions", "extends", "locked", "exclude", "workloads", "ignore-fields", "embedded"),
    *("crds", "values", "render"),
)

_NO_BASES: Final[Mapping[str, Environment]] = {}
_NO_SETTINGS: Final[Mapping[str, RuleSetting]] = {}
_NO_LOCKS: Final = Locks()
_FLAT: Final = "flatten"
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


def read_keys(reader: Fields, *, is_layer: bool) -> dict[str, Node]:
    """Return the values of a policy's keys; a layer takes what it lacks from its base."""
    required = ("version",) if is_layer else ("version", "environments", "default")
    record = reader.record(reader.root, "", _KEYS, required)
    version = reader.text(record["version"], "version")
    if version != _VERSION:
        message = f"version: this imagelint reads version {_VERSION}, not {shown(version)}"
        raise reader.error(record["version"], message)
    return record


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


def read_values(
    reader: Fields, node: Node | None, base: PathPatterns, environments: dict[str, Environment]
) -> tuple[PathPatterns, dict[str, Environment]]:
    """Read ``values:``: globs for files with a chart's values, and the environments of some.

    An environment also matches the files that name it. The globs of the ``base`` stay.
    """
    patterns, known = [*base.patterns], dict(environments)
    for index, item in enumerate(() if node is None else reader.items(node, "values")):
        at = f"values[{index}]"
        record = reader.record(item, at, ("files", "environment"), ("files",))
        files = reader.paths(record["files"], f"{at}.files").patterns
        if not files:
            message = f'{at}.files: name at least one file; write ["deploy/*.yaml"]'
            raise reader.error(record["files"], message)
        patterns += files
        if "environment" in record:
            where = f"{at}.environment"
            name = reader.one_of(record["environment"], where, tuple(known), "environment")
            one = known[name]
            paths = PathPatterns((*one.match.paths.patterns, *files))
            known[name] = one._replace(match=one.match._replace(paths=paths))
    return PathPatterns(tuple(patterns)), known


def _read_projects(reader: Fields, node: Node, where: str) -> list[tuple[Node, Project]]:
    """Read the projects of one Harbor with the nodes of their keys."""
    found: list[tuple[Node, Project]] = []
    upstreams: dict[Upstream, str] = {}
    known: dict[str, Project] = {}
    for entry in reader.entries(node, where):
        with reader.placing(entry.key, where):
            upstream = Upstream.parse(entry.name)
        project = _read_project(reader, entry.value, f"{where}.{shown(entry.name)}", upstream)
        if upstream in upstreams:
            message = f"{where}: {shown(entry.name)} and {shown(upstreams[upstream])} are the same"
            error = reader.error(entry.key, message)
            raise InconsistentPolicy(Inconsistency.REPEATED_UPSTREAM, error)
        other = known.setdefault(project.name, project)
        if other is not project and not _go_together(project, other):
            message = (
                f"{where}.{shown(entry.name)}: the project {shown(project.name)} already has"
                f" {shown(str(other.upstream))}; two registries in one project would mix up"
                " their images"
            )
            error = reader.error(entry.value, message)
            raise InconsistentPolicy(Inconsistency.SHARED_PROJECT, error)
        upstreams[upstream] = entry.name
        found.append((entry.key, project))
    return found


def _read_project(reader: Fields, node: Node, where: str, upstream: Upstream) -> Project:
    """Read ``NAME``, a proxy cache, or ``{name: NAME, replication: flatten}``."""
    is_flat = False
    if isinstance(node, MappingNode):
        record = reader.record(node, where, ("name", "replication"), ("name",))
        node = record["name"]
        if "replication" in record:
            reader.one_of(record["replication"], f"{where}.replication", (_FLAT,), "replication")
            is_flat = True
    with reader.placing(node, where):
        return Project(upstream, parse_project_name(reader.text(node, where)), is_flat)


def _go_together(one: Project, other: Project) -> bool:
    """Whether two entries may share a project: parts of one registry behind one proxy cache."""
    is_proxy = not (one.is_flat or other.is_flat)
    return is_proxy and one.upstream.registry == other.upstream.registry


def read_environments(
    reader: Fields,
    node: Node,
    rules: Mapping[str, Rule],
    bases: Mapping[str, Environment] = _NO_BASES,
    locks: Locks = _NO_LOCKS,
) -> dict[str, Environment]:
    """Read ``environments:``, by name and in order; those of the base policy (``bases``) first.

    An environment of the base is changed key by key: ``allow`` replaces, everything else adds. A
    locked environment may allow less, never more.
    """
    found: dict[str, Environment] = dict(bases)
    for entry in reader.entries(node, "environments"):
        where = f"environments.{shown(entry.name)}"
        if not _NAME.fullmatch(entry.name):
            message = "a name consists of letters and digits, with . _ - between them"
            raise reader.error(entry.key, f"{where}: {message}")
        base = bases.get(entry.name)
        lock = locks.on(f"environments.{entry.name}")
        found[entry.name] = _Environment(reader, where, rules, base, lock).read(
            entry.name, entry.value
        )
    if not found:
        raise reader.error(node, "environments: there are none; write at least one")
    return found


class _Environment(NamedTuple):
    """Reads one environment on top of the base policy's."""

    reader: Fields
    where: str
    rules: Mapping[str, Rule]
    base: Environment | None
    lock: Lock | None

    def read(self, name: str, node: Node) -> Environment:
        keys = ("match", "allow", "deny", "rules", "unsuppressible")
        required = () if self.base is not None else ("allow",)
        record = self.reader.record(node, self.where, keys, required)
        known = self.base or Environment(name, Gate(()))
        return Environment(
            name,
            Gate(self._allow(record, known), known.gate.deny + self._deny(record)),
            self._match(record, known),
            self._settings(record, known),
            known.unsuppressible + self._unsuppressible(record),
        )

    def _allow(self, record: Mapping[str, Node], known: Environment) -> tuple[RegistryPattern, ...]:
        if "allow" not in record:
            return known.gate.allow
        where = f"{self.where}.allow"
        allow = self.reader.patterns(record["allow"], where)
        if self.base is not None and self.lock is not None:
            for pattern in uncovered(allow, self.base):
                what = f"{where}: {shown(str(pattern))} allows more than the base"
                raise locked_error(self.reader, record["allow"], self.lock, what)
        return allow

    def _deny(self, record: Mapping[str, Node]) -> tuple[RegistryPattern, ...]:
        if "deny" not in record:
            return ()
        return self.reader.patterns(record["deny"], f"{self.where}.deny")

    def _match(self, record: Mapping[str, Node], known: Environment) -> Match:
        if "match" not in record:
            return known.match
        match = _read_match(self.reader, record["match"], f"{self.where}.match")
        return match if self.base is None else match._replace(base=known.match)

    def _settings(
        self, record: Mapping[str, Node], known: Environment
    ) -> Mapping[str, RuleSetting]:
        if "rules" not in record:
            return known.rules
        where = f"{self.where}.rules"
        return read_rule_settings(self.reader, record["rules"], where, self.rules, known.rules)

    def _unsuppressible(self, record: Mapping[str, Node]) -> tuple[str, ...]:
        if "unsuppressible" not in record:
            return ()
        where = f"{self.where}.unsuppressible"
        return read_rule_ids(self.reader, record["unsuppressible"], where, (*self.rules, "*"))


def _read_match(reader: Fields, node: Node, where: str) -> Match:
    record = reader.record(node, where, ("namespaces", "paths", "labels"))
    namespaces: tuple[NamePattern, ...] = ()
    paths = PathPatterns()
    labels: tuple[tuple[str, NamePattern], ...] = ()
    if "namespaces" in record:
        namespaces = reader.names(record["namespaces"], f"{where}.namespaces")
    if "paths" in record:
        paths = reader.paths(record["paths"], f"{where}.paths")
    if "labels" in record:
        at = f"{where}.labels"
        entries = reader.entries(record["labels"], at)
        labels = tuple((item.name, reader.name(item.value, at)) for item in entries)
    return Match(namespaces, paths, labels)


def read_rule_files(
    reader: Fields, node: Node, rules: Mapping[str, Rule], sources: RuleSources | None
) -> Mapping[str, Rule]:
    """Read ``rule-files:`` and the rules in the files that its globs match, by id."""
    where = "rule-files"
    if sources is None:
        raise reader.error(node, f"{where}: only a policy in a file can have rule files")
    named = _named_by_globs(reader, node, where, sources, "file")
    return load_rules({source.path: source for source in named}.values(), rules)


def read_crds(
    reader: Fields, node: Node, sources: CrdSources | None
) -> tuple[Callable[[], Source], ...]:
    """Read ``crds:``; return what reads each of the files that its globs match."""
    where = "crds"
    if sources is None:
        raise reader.error(node, f"{where}: only a policy in a file can have CRDs")
    return tuple(_named_by_globs(reader, node, where, sources, "file or folder"))


def _named_by_globs(
    reader: Fields, node: Node, where: str, sources: Callable[[str], SequenceOf[T]], what: str
) -> Iterator[T]:
    """Yield what the globs in a list match; each must match something."""
    for item in reader.items(node, where):
        glob = reader.text(item, where)
        with reader.placing(item, where):
            PathPatterns.parse([glob])
            named = sources(glob)
        if not named:
            raise reader.error(item, f"{where}: no {what} matches {shown(glob)}")
        yield from named


def read_rule_settings(
    reader: Fields,
    node: Node,
    where: str,
    rules: Mapping[str, Rule],
    base: Mapping[str, RuleSetting] = _NO_SETTINGS,
) -> Mapping[str, RuleSetting]:
    """Read ``rules:``, at top level or of an environment, by rule id, over those of ``base``."""
    found: dict[str, RuleSetting] = dict(base)
    for entry in reader.entries(node, where):
        rule = rules.get(entry.name)
        if rule is None:
            raise _unknown_rule(reader, entry.key, where, entry.name, rules)
        setting = _read_setting(reader, entry.value, f"{where}.{entry.name}", rule)
        found[entry.name] = setting.over(base.get(entry.name))
    return found


def _unknown_rule(
    reader: Fields, node: Node, where: str, name: str, rules: Iterable[str]
) -> PolicyError:
    advice = did_you_mean(name, tuple(rules), "the rules are")
    return reader.error(node, f'{where}: unknown rule "{shown(name)}"; {advice}')


def read_rule_ids(
    reader: Fields, node: Node, where: str, rules: Collection[str]
) -> tuple[str, ...]:
    """Read a list of at least one rule id."""
    found = []
    for item in reader.items(node, where):
        name = reader.text(item, where)
        if name not in rules:
            raise _unknown_rule(reader, item, where, name, rules)
        found.append(name)
    if not found:
        raise reader.error(node, f"{where}: name at least one rule")
    return tuple(found)


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


def read_ignores(reader: Fields, node: Node) -> bool:
    """Read ``ignores:``; return whether comments in manifests need a reason."""
    record = reader.record(node, "ignores", ("require-reason",), ("require-reason",))
    return reader.flag(record["require-reason"], "ignores.require-reason")
