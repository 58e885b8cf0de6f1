"""The policy: which environments a workload belongs to, and what applies in each of them.

Precedence, documented only here. The lower number wins:

- **Environments of a workload.** 1. ``--env NAME``, alone. 2. Every environment whose ``match``
  applies; each of them must be satisfied. The keys of ``match`` are alternatives; within
  ``labels`` all must match. 3. ``default``. Namespace and labels are the object's own metadata.
- **Whether an image is allowed.** 1. ``deny``. 2. ``allow``. 3. Otherwise it is not.
- **A rule's severity.** 1. The environment's ``rules``. 2. The policy's ``rules``. 3. In the
  templates of a chart, the rule's ``severity-in-chart``. 4. In an environment that allows
  everything, the rule's ``severity-if-open``. 5. The rule's ``severity``.
- **A check's parameter**, each separately. 1. The environment's ``rules``. 2. The policy's
  ``rules``. 3. The rule's ``parameters``. 4. The check's own default.
- **Which Harbor.** The first in the list that has a project for the image and whose result the
  environment allows; of its projects the one with the longest path.

How a layer (a policy that ``extends:`` a base) combines with the base, key by key, and what it may
do if the base locks the key (``locked:``):

===================  ===================================  ==========================================
key                  a layer's                            locked, a layer may
===================  ===================================  ==========================================
harbor, default      replaces                             leave it out
environments.NAME    is new, or changes the base's        add what is new; of the base's:
... allow            replaces                             allow what lies within the base's patterns
... match, deny      adds                                 add
... rules            replaces, parameter by parameter     only be stricter
... unsuppressible   adds                                 add
rules.ID             replaces, parameter by parameter     only be stricter, and add no exception
exclude              adds                                 leave it out
exceptions           adds                                 leave it out
ignore-fields        adds                                 leave it out
(baseline)           its own, beside it                   have none
ignores              ``require-reason: true`` stays       (has no lock: it only tightens)
locked               adds                                 (has no lock: it only tightens)
rule-files, values   adds                                 (has no lock: it only finds more)
workloads, embedded  adds                                 (has no lock: it only finds more)
crds                 adds                                 (has no lock: it only finds more)
render               its own, beside it                   (has no lock: it adds to what is read)
===================  ===================================  ==========================================

``patterns/`` explains the parts: ``images.py``, ``harbor.py`` and ``globs.py``. The caller finds
the file, reads it and makes paths relative to its folder. No I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from imagelint.model.errors import (
    Inconsistency,
    InconsistentPolicy,
    PolicyError,
    UsageError,
    did_you_mean,
)
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source, shown
from imagelint.patterns.globs import PathPatterns
from imagelint.patterns.harbor import HarborMap
from imagelint.policy.environments import Environment, Match, RuleSetting
from imagelint.policy.locks import Locks, locked_error, read_extends, read_locks
from imagelint.policy.parse import (
    read_crds,
    read_environments,
    read_harbors,
    read_ignores,
    read_keys,
    read_rule_files,
    read_rule_settings,
    read_values,
)
from imagelint.policy.rendering import read_rendering
from imagelint.rules.built_in import RULES
from imagelint.yaml.config import Fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from imagelint.kubernetes.catalogue.entries import EmbeddedTexts, IgnoredField, Workload
    from imagelint.model.finding import Severity
    from imagelint.policy.exceptions import PolicyException
    from imagelint.policy.locks import Lock
    from imagelint.policy.parse import CrdSources, RuleSources
    from imagelint.policy.rendering import Rendering
    from imagelint.rules.checks.subject import Check
    from imagelint.rules.rule import Rule
    from imagelint.yaml.nodes import Node

__all__ = ["Environment", "Inconsistency", "InconsistentPolicy", "Match", "Policy", "RuleSetting"]
__all__ += ["parse_policy"]

_NOTHING: Final = RuleSetting()
_NO_RULES: Final[Mapping[str, RuleSetting]] = {}
_NO_OWN_RULES: Final[Mapping[str, Rule]] = {}


@final
class Policy(NamedTuple):
    """A parsed policy file."""

    environments: tuple[Environment, ...]
    """In the order of the file; at least one."""
    default: Environment
    """The environment of what matches no other; one of ``environments``."""
    harbors: HarborMap = HarborMap()
    rules: Mapping[str, RuleSetting] = _NO_RULES
    """The rule settings for every environment, by rule id."""
    exclude: PathPatterns = PathPatterns()
    """Excluded files, relative to the policy's folder."""
    exceptions: tuple[PolicyException, ...] = ()
    """In the order of the file; those of a base first."""
    wants_reasons: bool = False
    """Whether a comment in a manifest needs a reason."""
    locks: tuple[Lock, ...] = ()
    """The locks of all layers, the base's first."""
    settled_by: tuple[Match, ...] | None = None
    """If the default is locked: the matches of the base, one of which avoids the default."""
    locked_rules: frozenset[str] = frozenset()
    """Locked rules: no extending policy, comment or baseline may loosen them."""
    own_rules: Mapping[str, Rule] = _NO_OWN_RULES
    """The rules of the policy's ``rule-files``, by id, without imagelint's own."""
    workloads: tuple[Workload, ...] = ()
    """Kinds and fields with images, in addition to the catalogue; the base's first."""
    ignored_fields: tuple[IgnoredField, ...] = ()
    """Fields without images, overriding the catalogue; the base's first."""
    embedded: tuple[EmbeddedTexts, ...] = ()
    """Strings of ConfigMaps and Secrets that are manifests; the base's first."""
    values: PathPatterns = PathPatterns()
    """Files with values of charts, relative to the policy's folder; the base's first."""
    rendering: Rendering | None = None
    """What ``--render`` renders; None: all that it finds."""
    definitions: tuple[Callable[[], Source], ...] = ()
    """The files with CustomResourceDefinitions, unread; the base's first."""

    @classmethod
    def parse(cls, data: bytes, *, path: str = "imagelint.yaml") -> Policy:
        """Read a self-contained policy: it extends no other and has no rule files.

        Raises PolicyError with ``path``, line, column and what to write.
        """
        source = Source(path, data)
        extended = read_extends(source)
        if extended is not None:
            message = "extends: only a run over files can read another policy"
            raise PolicyError(message, path, *extended[1])
        return parse_policy(source, RULES)

    def environment(self, name: str) -> Environment:
        """Return an environment by name; raises UsageError that names the nearest."""
        for environment in self.environments:
            if environment.name == name:
                return environment
        names = tuple(environment.name for environment in self.environments)
        advice = did_you_mean(name, names, "the policy has")
        message = f'the policy has no environment "{shown(name)}"; {advice}'
        raise UsageError(message)

    def severity(
        self, rule: Rule, environment: Environment | None = None, *, in_chart: bool = False
    ) -> Severity:
        """Return the severity of a rule's findings; ``environment`` is None if none applies.

        ``in_chart``: the file is a template of a Helm chart (``templates/`` below a Chart.yaml).
        """
        for setting in self._settings(rule, environment):
            if setting.severity is not None:
                return setting.severity
        if in_chart and rule.severity_in_chart is not None:
            return rule.severity_in_chart
        is_open = environment is not None and environment.gate.is_open
        if is_open and rule.severity_if_open is not None:
            return rule.severity_if_open
        return rule.severity

    def check(self, rule: Rule, environment: Environment | None = None) -> Check | None:
        """Return the rule's check as this policy configures it; None for a document rule."""
        return rule.make_check(self.parameters(rule, environment))

    def parameters(
        self, rule: Rule, environment: Environment | None = None
    ) -> Mapping[str, object]:
        """Return the policy's values for a rule's parameters."""
        here, everywhere = self._settings(rule, environment)
        return {**everywhere.parameters, **here.parameters}

    def _settings(
        self, rule: Rule, environment: Environment | None
    ) -> tuple[RuleSetting, RuleSetting]:
        """Return the settings of a rule in the environment and the policy: the first one wins."""
        here = _NOTHING if environment is None else environment.rules.get(rule.id, _NOTHING)
        return here, self.rules.get(rule.id, _NOTHING)


def parse_policy(  # noqa: PLR0913, PLR0917 - what a file may name is read by the caller
    source: Source,
    rules: Mapping[str, Rule],
    base: Policy | None = None,
    anchor: str = "",
    rule_sources: RuleSources | None = None,
    crd_sources: CrdSources | None = None,
) -> Policy:
    """Read a policy file on top of the one that it extends; ``rules`` are imagelint's own, by id.

    ``rule_sources`` returns the files that match a glob of ``rule-files``, or raises
    InvalidPattern; without it, a policy cannot have any. ``anchor`` is the folder of the matched
    paths relative to the file's folder, empty if they are the same. Raises PolicyError with file,
    line, column and what to write, or its subclass InconsistentPolicy if valid parts contradict
    each other. ``crd_sources`` does the same for ``crds``, with files that are read later.
    """
    reader = Fields(source, anchor)
    record = read_keys(reader, is_layer=base is not None)
    own_rules = {} if base is None else {**base.own_rules}
    if "rule-files" in record:
        known = {**rules, **own_rules}
        own_rules |= read_rule_files(reader, record["rule-files"], known, rule_sources)
    read = _Layer(reader, record, {**rules, **own_rules}, base).read()
    definitions = () if base is None else base.definitions
    if "crds" in record:
        definitions += read_crds(reader, record["crds"], crd_sources)
    return read._replace(own_rules=own_rules, definitions=definitions)


class _Layer:
    """Reads one file on top of the policy that it extends."""

    def __init__(
        self,
        reader: Fields,
        record: Mapping[str, Node],
        rules: Mapping[str, Rule],
        base: Policy | None,
    ) -> None:
        self._reader = reader
        self._record = record
        self._rules = rules
        self._base = base
        self._locks = Locks() if base is None else Locks(base.locks)

    def read(self) -> Policy:
        """Read the keys; missing ones come from the base."""
        base, record, reader = self._base, self._record, self._reader
        harbors = self._harbors()
        values = PathPatterns() if base is None else base.values
        environments = self._environments(harbors)
        values, environments = read_values(reader, record.get("values"), values, environments)
        default = self._default(environments)
        wants_reasons = base is not None and base.wants_reasons
        if "ignores" in record:
            wants_reasons = read_ignores(reader, record["ignores"]) or wants_reasons
        locks = self._locks.locks
        if "locked" in record:
            locks += read_locks(reader, record["locked"], environments, self._rules)
        settings, exclude = self._settings(), self._exclude()
        exceptions = self._exceptions(tuple(environments))
        workloads, ignored_fields, embedded = self._kinds()
        policy = Policy(
            tuple(environments.values()),
            default,
            harbors,
            settings,
            exclude,
            exceptions,
            wants_reasons,
            locks,
            self._settled_by(),
            frozenset(Locks(locks).rules(self._rules)),
            workloads=workloads,
            ignored_fields=ignored_fields,
            embedded=embedded,
            values=values,
            rendering=read_rendering(reader, record.get("render"), environments),
        )
        self._check_locked_rules(policy)
        return policy

    def _environments(self, harbors: HarborMap) -> dict[str, Environment]:
        base = self._base
        known = {} if base is None else {one.name: one for one in base.environments}
        if "environments" in self._record:
            node = self._record["environments"]
            known = read_environments(self._reader, node, self._rules, known, self._locks)
        if base is not None:
            harbors = harbors.beside(base.default.gate.harbors)
        return {name: one.knowing(harbors) for name, one in known.items()}

    def _default(self, environments: Mapping[str, Environment]) -> Environment:
        if "default" not in self._record:
            assert self._base is not None  # a key that only layers may leave out
            return environments[self._base.default.name]
        node = self._record["default"]
        name = self._reader.text(node, "default")
        if name not in environments:
            advice = did_you_mean(name, tuple(environments), "the environments are")
            error = self._reader.error(node, f'default: no environment "{shown(name)}"; {advice}')
            raise InconsistentPolicy(Inconsistency.UNKNOWN_DEFAULT, error)
        if self._base is not None and name != self._base.default.name:
            lock = self._locks.on_default(self._base.default.name)
            if lock is not None:
                what = f"default: the base sets it to {self._base.default.name}"
                raise locked_error(self._reader, node, lock, what)
        return environments[name]

    def _settled_by(self) -> tuple[Match, ...] | None:
        if self._base is None or self._base.settled_by is not None:
            return None if self._base is None else self._base.settled_by
        if self._locks.on_default(self._base.default.name) is None:
            return None
        return tuple(environment.match for environment in self._base.environments)

    def _unlocked(self, key: str, what: str) -> Node | None:
        """Return the value of a key, or None; raises an error if the key is locked."""
        node = self._record.get(key)
        lock = self._locks.on(key)
        if node is not None and lock is not None:
            raise locked_error(self._reader, node, lock, f"{key}: {what}")
        return node

    def _harbors(self) -> HarborMap:
        node = self._unlocked("harbor", "this would replace the base's")
        if node is not None:
            return read_harbors(self._reader, node)
        return HarborMap() if self._base is None else self._base.harbors

    def _settings(self) -> Mapping[str, RuleSetting]:
        base = {} if self._base is None else self._base.rules
        if "rules" not in self._record:
            return base
        return read_rule_settings(self._reader, self._record["rules"], "rules", self._rules, base)

    def _exclude(self) -> PathPatterns:
        node = self._unlocked("exclude", "this would exclude more files")
        known = () if self._base is None else self._base.exclude.patterns
        more = () if node is None else self._reader.paths(node, "exclude").patterns
        return PathPatterns((*known, *more))

    def _kinds(
        self,
    ) -> tuple[tuple[Workload, ...], tuple[IgnoredField, ...], tuple[EmbeddedTexts, ...]]:
        """Return what the catalogue gets from the policy: kinds, ignored fields, embedded texts."""
        base, record, reader = self._base, self._record, self._reader
        workloads = () if base is None else base.workloads
        ignored_fields = () if base is None else base.ignored_fields
        embedded = () if base is None else base.embedded
        ignored = self._unlocked("ignore-fields", "this would ignore more fields")
        if not record.keys() & {"workloads", "ignore-fields", "embedded"}:
            return workloads, ignored_fields, embedded
        from imagelint.kubernetes.catalogue import notation  # noqa: PLC0415 - many have none

        if "workloads" in record:
            workloads += notation.read_workloads(reader, record["workloads"], "workloads")
        if ignored is not None:
            ignored_fields += notation.read_ignored_fields(reader, ignored, "ignore-fields")
        if "embedded" in record:
            embedded += notation.read_embedded(reader, record["embedded"], "embedded")
        return workloads, ignored_fields, embedded

    def _exceptions(self, environments: tuple[str, ...]) -> tuple[PolicyException, ...]:
        known = () if self._base is None else self._base.exceptions
        node = self._unlocked("exceptions", "this would add exceptions")
        if node is None:
            return known
        from imagelint.policy.parse_exceptions import read_exceptions  # noqa: PLC0415 - many have none

        more = read_exceptions(self._reader, node, self._rules, environments)
        for item, one in zip(self._reader.items(node, "exceptions"), more, strict=True):
            for rule in one.rules:
                lock = self._locks.on(f"rules.{rule}")
                if lock is not None:
                    what = f"exceptions: this would suppress {rule}"
                    raise locked_error(self._reader, item, lock, what)
        return (*known, *more)

    def _check_locked_rules(self, policy: Policy) -> None:
        """Check rule by rule that the result is not less strict than the base."""
        base = self._base
        if base is None:
            return
        known = {one.name: one for one in base.environments}
        for name, rule in self._rules.items():
            for here in policy.environments:
                lock = self._locks.on_rule(name, here.name if here.name in known else None)
                there = known.get(here.name, here._replace(rules={}))
                is_other = policy.parameters(rule, here) != base.parameters(rule, there)
                is_looser = is_other or any(
                    policy.severity(rule, here, in_chart=in_chart).rank
                    > base.severity(rule, there, in_chart=in_chart).rank
                    for in_chart in (False, True)
                )
                if is_looser and lock is not None:
                    what = f"{name} would be less strict in {here.name}"
                    raise locked_error(self._reader, self._culprit(name, here.name), lock, what)

    def _culprit(self, rule: str, environment: str) -> Node:
        """Return the node that sets a rule, or the nearest one."""
        here = ("environments", environment)
        places = map(self._reader.at, ((*here, "rules", rule), ("rules", rule), here))
        return next((node for node in places if node is not None), self._reader.root)
