"""Tables for policies: what they may hold, whom they concern, what wins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from imagelint.model.builds import Build
from imagelint.model.errors import PolicyError, UsageError
from imagelint.model.finding import Severity
from imagelint.model.reference import ImageReference
from imagelint.model.source import Source
from imagelint.patterns.globs import NamePattern
from imagelint.patterns.harbor import Library
from imagelint.policy.placement import Placement
from imagelint.policy.policy import Inconsistency, InconsistentPolicy, parse_policy
from imagelint.rules.rule import load_rules

if TYPE_CHECKING:
    from imagelint.policy.policy import Policy

FOLDER = Path(__file__).parents[2] / "rules"
RULES = load_rules(Source(path.name, path.read_bytes()) for path in sorted(FOLDER.glob("*.yaml")))
FLOATING = RULES["floating-tag"]
UNRESOLVED = RULES["unresolved-reference"]
TEMPLATE = RULES["unrendered-template"]

SMALL = """\
version: 1
environments:
  prod:
    allow: [h.co]
default: prod
"""


def parse(text: str) -> Policy:
    """Read a policy."""
    return parse_policy(Source("p.yaml", text.encode()), RULES)


BUILT_IN = parse((FOLDER / "policy" / "default.yaml").read_text())


class TestBuiltIn:
    """The policy that serves where there is no other."""

    @pytest.mark.parametrize(
        ("image", "allowed"),
        [
            ("nginx", ["dev"]),
            ("ex_ample.com/app", ["dev"]),
            ("gcr.io/a/b", ["dev", "staging"]),
            ("harbor.myco.com/docker.io/nginx", ["dev", "staging", "prod"]),
            ("harbor.myco.com.evil.io/a", ["dev"]),
        ],
    )
    def test_gates(self, image: str, allowed: list[str]) -> None:
        """Development is open, staging may also use gcr.io, production takes Harbor alone."""
        reference = ImageReference.parse(image)
        found = [item.name for item in BUILT_IN.environments if item.gate.decide(reference).allowed]
        assert found == allowed

    def test_harbor(self) -> None:
        """One Harbor, four projects named after their registries."""
        (harbor,) = BUILT_IN.harbors.harbors
        assert harbor.host == "harbor.myco.com"
        assert harbor.library is Library.KEEP
        projects = {str(item.upstream): item.name for item in harbor.projects}
        assert projects == {name: name for name in ("docker.io", "gcr.io", "ghcr.io", "quay.io")}

    def test_severities(self) -> None:
        """A floating tag is worse in production."""
        found = {item.name: BUILT_IN.severity(FLOATING, item) for item in BUILT_IN.environments}
        warning = Severity.WARNING
        assert found == {"dev": warning, "staging": warning, "prod": Severity.ERROR}
        assert BUILT_IN.default.name == "prod"
        assert not BUILT_IN.exclude.patterns, "what nobody has written excludes nothing"


class TestEnvironments:
    """Which environments a workload belongs to."""

    POLICY = parse("""\
version: 1
environments:
  dev: {match: {namespaces: [dev, "dev-*"], paths: ["**/dev/**"]}, allow: ["*"]}
  prod: {match: {paths: ["prod/**"], labels: {env: "prod*", tier: "1"}}, allow: []}
  manual: {allow: ["*"]}
  empty: {match: {}, allow: []}
  nothing: {match: {namespaces: [], paths: [], labels: {}}, allow: []}
default: prod
""")

    @pytest.mark.parametrize(
        ("path", "namespace", "labels", "expected"),
        [
            ("a.yaml", "dev", {}, ["dev"]),
            ("a.yaml", "dev-a", {}, ["dev"]),
            ("a.yaml", "Dev", {}, ["prod"]),
            ("a.yaml", None, {}, ["prod"]),
            ("x/dev/a.yaml", None, {}, ["dev"]),
            ("prod/a.yaml", None, {}, ["prod"]),
            ("prod/a.yaml", "dev", {}, ["dev", "prod"]),
            ("dev/a.yaml", None, {"env": "prod-eu", "tier": "1"}, ["dev", "prod"]),
            ("dev/a.yaml", None, {"env": "prod-eu"}, ["dev"]),
            ("dev/a.yaml", None, {"env": "prod-eu", "tier": "2"}, ["dev"]),
        ],
    )
    def test_match(
        self, path: str, namespace: str | None, labels: dict[str, str], expected: list[str]
    ) -> None:
        """The keys are alternatives, labels must all match, none is the default."""
        found = Placement(self.POLICY).environments(path, namespace, labels)
        assert [item.name for item in found] == expected

    @pytest.mark.parametrize(
        ("namespace", "chains", "expected"),
        [
            (None, [["dev"]], ["dev"]),
            (None, [["x"]], ["prod"]),
            (None, [[""]], ["prod"]),
            (None, [["dev"], ["x"]], ["dev", "prod"]),
            (None, [["dev"], ["dev-a"]], ["dev"]),
            (None, [["dev", "x"]], ["dev"]),
            (None, [["x", "dev"], ["", "y"]], ["dev", "prod"]),
            ("dev", [["x"]], ["dev"]),
            ("x", [["dev"]], ["dev"]),
        ],
    )
    @pytest.mark.parametrize("labels", [True, False])
    def test_default_of_builds(
        self, namespace: str | None, chains: list[list[str]], expected: list[str], *, labels: bool
    ) -> None:
        """It applies where nothing matches in one of the builds; each is a chain of namespaces."""
        policy = self.POLICY
        if not labels:
            found = (one.match._replace(labels=()) for one in policy.environments)
            pairs = zip(policy.environments, found, strict=True)
            policy = policy._replace(
                environments=tuple(one._replace(match=match) for one, match in pairs)
            )
            policy = policy._replace(default=policy.environment("prod"))
        builds: list[Build] = []
        for chain in chains:
            above: tuple[Build, ...] = ()
            for name in reversed(chain):
                above = (Build(frozenset(filter(None, [name])), above),)
            builds += above
        placement = Placement(policy)
        for path, more in (("a", []), ("x/dev/a", ["dev"]), ("a", [])):
            names = [one.name for one in placement.environments(path, namespace, {}, (*builds,))]
            assert names == (more or expected)

    def test_a_destination_is_for_objects_that_nothing_places(self) -> None:
        host = Build(destinations=frozenset({"dev"}))
        for builds, namespace, expected in (
            ((host,), None, "dev"),
            ((host,), "x", "prod"),
            ((Build(frozenset({"x"}), (host,), is_moving=True),), None, "prod"),
            ((Build(frozenset({"x"}), (host,)),), None, "dev"),
        ):
            [found] = Placement(self.POLICY).environments("a", namespace, {}, builds)
            assert found.name == expected

    def test_what_was_asked_before_is_no_matter(self) -> None:
        """What is known of a path or a namespace is not taken for what holds of another."""
        placement, asked = Placement(self.POLICY), [("a", None), ("a", "dev"), ("dev/a", None)]
        asked += [("prod/a", "dev"), ("prod/a", None), ("x/dev/a", "x"), ("a", "dev"), ("a", None)]
        for labels in ({}, {"env": "prod", "tier": "1"}, {}):
            for path, namespace in asked:
                found = placement.environments(path, namespace, labels)
                assert found == Placement(self.POLICY).environments(path, namespace, labels)

    def test_no_labels_are_asked_for(self) -> None:
        """The same where a path and a namespace decide, so that what they come to is kept."""
        policy = self.POLICY._replace(
            environments=tuple(
                one._replace(match=one.match._replace(labels=()))
                for one in self.POLICY.environments
            )
        )
        placement = Placement(policy)
        for path in ("a", "dev/a", "prod/a", "prod/dev/a", "a"):
            for namespace in (None, "dev", "dev-a", "x", None):
                found = placement.environments(path, namespace, {})
                assert found == Placement(policy).environments(path, namespace, {})

    def test_forced(self) -> None:
        """``--env`` alone, and a mistake in it is named."""
        (found,) = Placement(self.POLICY, "manual").environments("prod/a.yaml", "dev", {})
        assert found.name == "manual"
        with pytest.raises(UsageError, match='no environment "prd"; did you mean "prod"'):
            Placement(self.POLICY, "prd")
        with pytest.raises(UsageError, match="the policy has dev, prod, manual, empty, nothing"):
            Placement(self.POLICY, "zzz")


class TestPrecedence:
    """Environment over top level over rule."""

    POLICY = parse("""\
version: 1
environments:
  dev: {allow: ["*"]}
  loud: {allow: ["*"], rules: {unresolved-reference: warning, floating-tag: {tags: [edge]}}}
  almost: {allow: ["*"], deny: [evil.io]}
  prod: {allow: [], rules: {floating-tag: error, missing-digest: {severity: note}}}
default: prod
rules: {floating-tag: {severity: note, tags: [latest, main]}, wrong-type: off}
""")

    @pytest.mark.parametrize(
        ("rule", "environment", "severity"),
        [
            ("floating-tag", "prod", "error"),
            ("floating-tag", "dev", "note"),
            ("floating-tag", "loud", "note"),
            ("floating-tag", None, "note"),
            ("missing-digest", "prod", "note"),
            ("missing-digest", "dev", "off"),
            ("wrong-type", "prod", "off"),
            ("unresolved-reference", "prod", "error"),
            ("unresolved-reference", "dev", "note"),
            ("unresolved-reference", "loud", "warning"),
            ("unresolved-reference", "almost", "error"),
            ("unresolved-reference", None, "error"),
            ("unparsable-document", None, "error"),
        ],
    )
    def test_severity(self, rule: str, environment: str | None, severity: str) -> None:
        """What is said nearer wins; an open environment is milder unless the policy speaks."""
        at = None if environment is None else self.POLICY.environment(environment)
        assert self.POLICY.severity(RULES[rule], at).value == severity

    def test_severity_in_a_chart(self) -> None:
        """Templates of charts are milder, unless the policy speaks."""
        assert self.POLICY.severity(TEMPLATE) is Severity.ERROR
        assert self.POLICY.severity(TEMPLATE, in_chart=True) is Severity.NOTE
        assert self.POLICY.severity(UNRESOLVED, in_chart=True) is Severity.NOTE
        loud = self.POLICY.environment("loud")
        assert self.POLICY.severity(UNRESOLVED, loud, in_chart=True) is Severity.WARNING

    def test_check(self) -> None:
        """Parameters are overridden one by one."""
        found = {
            name: self.POLICY.check(FLOATING, self.POLICY.environment(name))
            for name in ("dev", "loud")
        }
        names = {name: [tag.text for tag in check.tags] for name, check in found.items()}  # type: ignore[union-attr]
        assert names == {"dev": ["latest", "main"], "loud": ["edge"]}
        assert self.POLICY.check(FLOATING) == found["dev"]
        assert self.POLICY.check(TEMPLATE) is None

    def test_rule_parameters_are_the_default(self) -> None:
        """Without a word in the policy."""
        assert parse(SMALL).check(FLOATING) == FLOATING.make_check()


def test_small() -> None:
    """What may be left out."""
    policy = parse(SMALL)
    assert policy.harbors.harbors == ()
    assert not policy.exclude.matches("a")
    assert policy.rules == {}
    assert policy.environments == (policy.default,)


def test_scalars_are_text() -> None:
    """``off`` is the word, numbers and dates are what is written."""
    policy = parse("""\
version: "1"
environments:
  1.10: {match: {namespaces: [2024-01-01, 1.10, on, 0x1f]}, allow: [{registry: h.co, tag: 1.10}]}
default: 1.10
rules: {floating-tag: off}
harbor: {host: h.co, projects: {quay.io: 1}}
""")
    assert policy.default.name == "1.10"
    names = [item.text for item in policy.default.match.namespaces]
    assert names == ["2024-01-01", "1.10", "on", "0x1f"]
    assert policy.default.gate.allow[0].tag == NamePattern.parse("1.10")
    assert policy.severity(FLOATING) is Severity.OFF
    assert policy.harbors.harbors[0].projects[0].name == "1"


def test_aliases_encodings_and_json() -> None:
    """YAML is YAML."""
    text = (
        "version: 1\nenvironments:\n  a: {allow: &x [h.co]}\n  b: {allow: *x}\ndefault: b\n"
        "harbor: [{host: h.co, projects: {}}, {host: 'i.co:80', library: add, projects: {}}]\n"
    )
    policy = parse(text)
    assert policy.environments[0].gate == policy.environments[1].gate
    assert [item.host for item in policy.harbors.harbors] == ["h.co", "i.co:80"]
    for data in (b"\xef\xbb\xbf" + text.encode(), b"\xff\xfe" + text.encode("utf-16-le")):
        assert parse_policy(Source("p.yaml", data), RULES) == policy
    json = b'{"version": 1, "environments": {"a": {"allow": []}}, "default": "a"}'
    assert parse_policy(Source("p.json", json), RULES).default.name == "a"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version: 1\n", "", 'p.yaml:1:1: the key "version" is missing'),
        ("version: 1", "version: 2", "p.yaml:1:10: version: this imagelint reads version 1, not 2"),
        ("version: 1", "version:", "p.yaml:1:9: version: text is wanted, not an empty value"),
        ("default: prod\n", "", 'the key "default" is missing'),
        ("version", "versoin", 'p.yaml:1:1: unknown key "versoin"; did you mean "version"?'),
        ("version", "xyz", "; the keys are version,"),
        ("allow:", "alow:", 'p.yaml:4:5: environments.prod: unknown key "alow"; did you mean'),
        ("    allow: [h.co]", "    {}", 'environments.prod: the key "allow" is missing'),
        ("    allow: [h.co]", "    ", "environments.prod: a mapping is wanted, not an empty value"),
        ("  prod:\n    allow: [h.co]", "  {}", "environments: there are none"),
        ("  prod:", "  -prod:", "environments.-prod: a name consists of letters"),
        ("[h.co]", "h.co", 'p.yaml:4:12: environments.prod.allow: a list is wanted, not "h.co"'),
        ("[h.co]", "[H.co]", "p.yaml:4:13: environments.prod.allow: H.co: registry hosts are"),
        ("[h.co]", "[[h.co]]", "environments.prod.allow: text is wanted, not a list"),
        ("[h.co]", "{a: b}", "environments.prod.allow: a list is wanted, not a mapping"),
        ("[h.co]", "[null]", "text is wanted, not an empty value"),
        ("[h.co]", "[{repository: a}]", 'the key "registry" is missing'),
        ("[h.co]", "[{registry: h.co, tags: a}]", 'did you mean "tag"?'),
        ("[h.co]", "[{registry: h.co, digest: yes}]", "digest can only be required"),
        (
            "[h.co]",
            "[h.co]\n    deny: [nginx]",
            "environments.prod.deny: nginx is no registry host",
        ),
        ("[h.co]", "[h.co]\n    allow: []", "p.yaml:5:5: environments.prod: duplicate key allow"),
        ("[h.co]", "[h.co]\n    match: {namespace: [a]}", 'did you mean "namespaces"?'),
        ("[h.co]", '[h.co]\n    match: {namespaces: [""]}', "namespaces: a pattern is empty"),
        ("[h.co]", "[h.co]\n    match: {paths: [/a]}", "match.paths: /a is no relative path"),
        ("[h.co]", "[h.co]\n    match: {labels: [a]}", "labels: a mapping is wanted, not a list"),
        ("[h.co]", "[h.co]\n    rules: {floating: off}", 'did you mean "floating-tag"?'),
        ("[h.co]", "[h.co]\n    rules: {wrong-type: no}", "rules.wrong-type: unknown value"),
        (
            "prod\n",
            "prod\nrules: {wrong-type: {tags: []}}\n",
            'unknown key "tags"; the keys are sev',
        ),
        ("prod\n", "prod\nrules: {floating-tag: {tag: []}}\n", 'did you mean "tags"?'),
        ("prod\n", "prod\nrules: {floating-tag: []}\n", "a mapping is wanted, not a list"),
        ("prod\n", "prod\nrules: {x: off}\n", 'unknown rule "x"; the rules are'),
        ("prod\n", "prod\nexclude: [a, b**]\n", "p.yaml:6:14: exclude: ** stands alone"),
        ("prod\n", "prod\nharbor: {host: h.co}\n", 'harbor: the key "projects" is missing'),
        ("prod\n", "prod\nharbor: [{projects: {}}]\n", 'harbor[0]: the key "host" is missing'),
        ("prod\n", "prod\nharbor: {host: harbor, projects: {}}\n", "harbor is no registry host"),
        (
            "prod\n",
            "prod\nharbor: {host: h.co, library: kep, projects: {}}\n",
            'p.yaml:6:31: harbor.library: unknown value "kep"; did you mean "keep"?',
        ),
        (
            "prod\n",
            "prod\nharbor: {host: h.co, projects: {quay.io: Quay}}\n",
            "p.yaml:6:42: harbor.projects.quay.io: Quay cannot be the name of a Harbor project",
        ),
        (
            "prod\n",
            "prod\nharbor: {host: h.co, projects: {quay: quay}}\n",
            "p.yaml:6:33: harbor.projects: quay is no registry host",
        ),
        ("prod\n", "prod\nextend: a\n", 'unknown key "extend"'),
        ("prod\n", "prod\n<<: {}\n", "merge keys (<<) are not supported"),
        ("prod\n", "prod\n? [a]\n: b\n", "text is wanted, not a list"),
        ("prod\n", "*x\n", "has no anchor"),
        ("prod\n", "!x prod\n", "default: unknown tag !x"),
        ("prod\n", "prod\n---\nversion: 1\n", "one document is wanted"),
        ("prod\n", "prod\n...\nversion: 1\n", "one document is wanted"),
        (SMALL, "", "p.yaml: the file is empty"),
        (SMALL, "version: [", "p.yaml:"),
        (SMALL, "just text", 'p.yaml:1:1: a mapping is wanted, not "just text"'),
    ],
)
def test_refused(old: str, new: str, message: str) -> None:
    """A slip is an error that says where it is and what to write."""
    assert old in SMALL
    with pytest.raises(PolicyError) as raised:
        parse(SMALL.replace(old, new, 1))
    assert message in str(raised.value)
    assert not isinstance(raised.value, InconsistentPolicy)


@pytest.mark.parametrize(
    ("addition", "reason", "place"),
    [
        ("default: prd", Inconsistency.UNKNOWN_DEFAULT, (5, 10)),
        (
            "default: prod\nharbor: {host: h.co, projects: {quay.io: a, gcr.io: a}}",
            Inconsistency.SHARED_PROJECT,
            (6, 53),
        ),
        (
            "default: prod\nharbor: {host: h.co, projects: {docker.io: a, index.docker.io: b}}",
            Inconsistency.REPEATED_UPSTREAM,
            (6, 47),
        ),
        (
            "default: prod\nharbor: [{host: h.co, projects: {}}, {host: h.co, projects: {}}]",
            Inconsistency.REPEATED_HARBOR,
            (6, 45),
        ),
        (
            (
                "default: prod\nharbor: [{host: a.co, projects: {b.co/x: x}},"
                " {host: b.co, projects: {}}]"
            ),
            Inconsistency.HARBOR_AS_UPSTREAM,
            (6, 34),
        ),
    ],
)
def test_inconsistent(addition: str, reason: Inconsistency, place: tuple[int, int]) -> None:
    """Parts that are well-formed and do not go together."""
    with pytest.raises(InconsistentPolicy) as raised:
        parse(SMALL.replace("default: prod", addition))
    assert raised.value.reason is reason
    assert (raised.value.line, raised.value.column) == place


def test_unknown_default_names_the_nearest() -> None:
    """The message says what to write."""
    with pytest.raises(PolicyError, match='no environment "prd"; did you mean "prod"'):
        parse(SMALL.replace("default: prod", "default: prd"))
