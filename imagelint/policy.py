"""The policy: which environments a workload belongs to, and what holds in each of them.

Precedence, written down once. What stands higher wins:

- **Environments of a workload.** 1. ``--env NAME``, alone. 2. Every environment whose ``match``
  fits; each of them must be satisfied. The keys of ``match`` are alternatives, within ``labels``
  all must fit. 3. ``default``. Namespace and labels are the object's own metadata.
- **Whether an image is allowed.** 1. ``deny``. 2. ``allow``. 3. Otherwise it is not.
- **A rule's severity.** 1. The environment's ``rules``. 2. The policy's ``rules``. 3. In the
  templates of a chart, the rule's ``severity-in-chart``. 4. In an environment that allows
  everything, the rule's ``severity-if-open``. 5. The rule's ``severity``.
- **A check's parameter**, each by itself. 1. The environment's ``rules``. 2. The policy's
  ``rules``. 3. The rule's ``parameters``. 4. The check's own default.
- **Which Harbor.** The first in the list that has a project for the image and whose result the
  environment allows; of its projects the one with the longest path.

What the parts mean is said where they are: patterns in :mod:`imagelint.patterns`, the Harbor
map in :mod:`imagelint.registries`, globs in :mod:`imagelint.globs`. Finding and reading the file,
and making paths relative to its folder, is the caller's business. No I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, final

from imagelint.environments import Environment, Match, RuleSetting
from imagelint.errors import UsageError
from imagelint.fields import Fields, did_you_mean
from imagelint.globs import PathPatterns
from imagelint.policy_parse import (
    Inconsistency,
    InconsistentPolicy,
    read_environments,
    read_harbors,
    read_paths,
    read_rule_settings,
)
from imagelint.registries import HarborMap
from imagelint.text import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imagelint.checks import Check
    from imagelint.finding import Severity
    from imagelint.nodes import Node
    from imagelint.rules import Rule
    from imagelint.text import Source

__all__ = [
    "Environment",
    "Inconsistency",
    "InconsistentPolicy",
    "Match",
    "Policy",
    "RuleSetting",
    "parse_policy",
]

_VERSION: Final = "1"
_KEYS: Final = ("version", "harbor", "environments", "default", "rules", "exclude")
_REQUIRED: Final = ("version", "environments", "default")
_NOTHING: Final = RuleSetting()
_NO_RULES: Final[Mapping[str, RuleSetting]] = {}


@final
class Policy(NamedTuple):
    """A policy file as read."""

    environments: tuple[Environment, ...]
    """In the order of the file; at least one."""
    default: Environment
    """What matches nothing belongs here; one of ``environments``."""
    harbors: HarborMap = HarborMap()
    rules: Mapping[str, RuleSetting] = _NO_RULES
    """What the policy sets of rules in every environment, by rule id."""
    exclude: PathPatterns = PathPatterns()
    """Files to leave out, relative to the policy's folder."""

    def environment(self, name: str) -> Environment:
        """Return an environment by name; raises UsageError that names the nearest."""
        for environment in self.environments:
            if environment.name == name:
                return environment
        names = tuple(environment.name for environment in self.environments)
        advice = did_you_mean(name, names, "the policy has")
        message = f'the policy has no environment "{shown(name)}"; {advice}'
        raise UsageError(message)

    def environments_for(
        self,
        path: str,
        namespace: str | None,
        labels: Mapping[str, str],
        forced: str | None = None,
    ) -> tuple[Environment, ...]:
        """Return every environment that an object has to satisfy: one or more, as in the file.

        ``path`` is relative to the policy's folder, with ``/``; ``namespace`` and ``labels`` are
        the object's own; ``forced`` is ``--env``, and a UsageError where it is unknown.
        """
        if forced is not None:
            return (self.environment(forced),)
        fitting = tuple(
            environment
            for environment in self.environments
            if environment.match.fits(path, namespace, labels)
        )
        return fitting or (self.default,)

    def severity(
        self, rule: Rule, environment: Environment | None = None, *, in_chart: bool = False
    ) -> Severity:
        """Return how bad a rule's findings are; ``environment`` is None where none applies.

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
        here, everywhere = self._settings(rule, environment)
        return rule.make_check({**everywhere.parameters, **here.parameters})

    def _settings(
        self, rule: Rule, environment: Environment | None
    ) -> tuple[RuleSetting, RuleSetting]:
        """Return what the environment and the policy set of a rule: the first one wins."""
        here = _NOTHING if environment is None else environment.rules.get(rule.id, _NOTHING)
        return here, self.rules.get(rule.id, _NOTHING)


def parse_policy(source: Source, rules: Mapping[str, Rule]) -> Policy:
    """Read a policy file; ``rules`` are the rules that it may set, by id.

    Raises PolicyError with file, line, column and what to write; its child InconsistentPolicy
    where well-formed parts do not go together.
    """
    reader = Fields(source)
    record = reader.record(reader.root, "", _KEYS, _REQUIRED)
    version = reader.text(record["version"], "version")
    if version != _VERSION:
        message = f"version: this imagelint reads version {_VERSION}, not {shown(version)}"
        raise reader.error(record["version"], message)
    environments = read_environments(reader, record["environments"], rules)
    default = _read_default(reader, record["default"], environments)
    harbors = HarborMap()
    settings: Mapping[str, RuleSetting] = {}
    exclude = PathPatterns()
    if "harbor" in record:
        harbors = read_harbors(reader, record["harbor"])
    if "rules" in record:
        settings = read_rule_settings(reader, record["rules"], "rules", rules)
    if "exclude" in record:
        exclude = read_paths(reader, record["exclude"], "exclude")
    return Policy(tuple(environments.values()), default, harbors, settings, exclude)


def _read_default(
    reader: Fields, node: Node, environments: Mapping[str, Environment]
) -> Environment:
    name = reader.text(node, "default")
    if name not in environments:
        advice = did_you_mean(name, tuple(environments), "the environments are")
        error = reader.error(node, f'default: no environment "{shown(name)}"; {advice}')
        raise InconsistentPolicy(Inconsistency.UNKNOWN_DEFAULT, error)
    return environments[name]
