"""Layers of a policy: what adds, what replaces, and what a base has locked."""

from __future__ import annotations

import pytest

from imagelint.model.errors import PolicyError
from imagelint.model.reference import ImageReference
from imagelint.model.source import Source
from imagelint.policy.placement import Placement
from imagelint.policy.policy import Policy, parse_policy
from imagelint.rules.built_in import RULES

BASE = """\
version: 1
harbor: {host: h.io, projects: {docker.io: docker.io}}
environments:
  dev: {match: {namespaces: [dev]}, allow: ["*"]}
  prod:
    match: {namespaces: [prod], paths: ["prod/**"], labels: {tier: prod, x: "*"}}
    allow: [h.io, quay.io/team/**]
    deny: [h.io/banned]
    rules: {floating-tag: error}
default: prod
rules: {floating-tag: {severity: warning, tags: [latest]}}
exclude: ["vendor/**"]
exceptions:
  - {rules: [wrong-type], paths: ["old/*"], reason: base}
"""


def base(locked: str = "", text: str = BASE) -> Policy:
    more = f"locked: [{locked}]\n" if locked else ""
    return parse_policy(Source("base.yaml", (text + more).encode()), RULES)


def over(text: str, below: Policy | None = None, anchor: str = "") -> Policy:
    source = Source("team.yaml", f"version: 1\nextends: base.yaml\n{text}".encode())
    return parse_policy(source, RULES, base() if below is None else below, anchor)


def allows(policy: Policy, environment: str, image: str) -> bool:
    return policy.environment(environment).gate.decide(ImageReference.parse(image)).allowed


def names(policy: Policy, namespace: str | None, path: str = "x") -> list[str]:
    return [one.name for one in Placement(policy).environments(path, namespace, {})]


def test_what_a_layer_leaves_out_is_the_base() -> None:
    below = base()
    policy = over("", below)
    assert policy == below


def test_what_replaces_and_what_adds() -> None:
    policy = over(
        "environments:\n"
        "  prod: {match: {namespaces: [live]}, allow: [h.io], deny: [h.io/x]}\n"
        "  test: {match: {namespaces: [test]}, allow: [gcr.io]}\n"
        "default: dev\n"
        "rules: {floating-tag: {tags: [edge]}, missing-digest: note}\n"
        "exclude: [build/**]\n"
        "exceptions: [{rules: [floating-tag], paths: [a], reason: mine}]\n"
        "harbor: {host: h2.io, projects: {}}\n"
    )
    assert [one.name for one in policy.environments] == ["dev", "prod", "test"]
    assert not allows(policy, "prod", "quay.io/team/a")
    assert not allows(policy, "prod", "h.io/banned")
    assert not allows(policy, "prod", "h.io/x")
    assert allows(policy, "prod", "h.io/y")
    assert names(policy, "live") == names(policy, "prod") == ["prod"]
    assert names(policy, None) == ["dev"]
    prod = policy.environment("prod")
    assert policy.severity(RULES["floating-tag"], prod).value == "error"
    check = policy.check(RULES["floating-tag"], prod)
    assert [str(one) for one in check.tags] == ["edge"]  # type: ignore[union-attr]
    assert policy.severity(RULES["missing-digest"]).value == "note"
    assert [one.text for one in policy.exclude.patterns] == ["vendor/**", "build/**"]
    assert [one.reason for one in policy.exceptions] == ["base", "mine"]
    assert [one.source.path for one in policy.exceptions] == ["base.yaml", "team.yaml"]
    assert policy.harbors.is_harbor("h2.io")
    assert not policy.harbors.is_harbor("h.io")


def test_a_layer_cannot_make_a_deny_forget_a_harbor() -> None:
    """What the base's Harbor has from Docker Hub stays that, whatever the layer pulls through."""
    text = BASE.replace("deny: [h.io/banned]", "deny: [h.io/banned, docker.io/library/mysql]")
    assert text != BASE
    below = base("environments.prod", text)
    hub = below.harbors.harbors[0].projects[0]
    assert str(hub.upstream) == "docker.io"
    for harbor in ("{host: h2.io, projects: {docker.io: hub}}", "[]"):
        policy = over(f"harbor: {harbor}\n", below)
        assert not allows(policy, "prod", f"h.io/{hub.name}/mysql")
        assert allows(policy, "prod", f"h.io/{hub.name}/postgres")


def test_globs_are_relative_to_the_file_that_has_them() -> None:
    source = Source("base.yaml", BASE.encode())
    below = parse_policy(source, RULES, None, "teams/a")
    policy = over('environments: {dev: {match: {paths: ["dev/*"]}}}\n', below)
    assert names(policy, None, "prod/x.yaml") == ["prod"]  # the default
    assert names(policy, None, "../../prod/x.yaml") == ["prod"]
    assert names(policy, "dev", "../../prod/x.yaml") == ["dev", "prod"]
    assert names(policy, None, "dev/x.yaml") == ["dev"]
    assert policy.exclude.matches("../../vendor/x")
    assert not policy.exclude.matches("vendor/x")


@pytest.mark.parametrize(
    ("locked", "layer", "named"),
    [
        ("harbor", "harbor: {host: evil.io, projects: {}}", "harbor"),
        ("exclude", 'exclude: ["**"]', "exclude"),
        ("exceptions", "exceptions: [{rules: [wrong-type], paths: [a], reason: x}]", "exceptions"),
        ("default", "default: dev", "default"),
        ("environments", "default: dev", "environments"),
        ("environments.prod", "default: dev", "environments.prod"),
        ("environments.prod", 'environments: {prod: {allow: ["*"]}}', "environments.prod"),
        ("environments", "environments: {prod: {allow: [h.io, gcr.io]}}", "environments"),
        ("environments", 'environments: {prod: {allow: ["*.h.io"]}}', "environments"),
        ("environments", "environments: {prod: {allow: [quay.io/team2/a]}}", "environments"),
        ("rules", "rules: {unapproved-registry: off}", "rules"),
        ("rules.floating-tag", "rules: {floating-tag: note}", "rules.floating-tag"),
        ("rules.floating-tag", "rules: {floating-tag: {tags: []}}", "rules.floating-tag"),
        (
            "rules.floating-tag",
            "environments: {prod: {rules: {floating-tag: warning}}}",
            "rules.floating-tag",
        ),
        (
            "rules.floating-tag",
            "environments: {new: {allow: [h.io], rules: {floating-tag: off}}}",
            "rules.floating-tag",
        ),
        (
            "rules.unapproved-registry",
            "exceptions: [{rules: [wrong-type, unapproved-registry], paths: [a], reason: x}]",
            "rules.unapproved-registry",
        ),
        ("environments.prod", "rules: {unapproved-registry: off}", "environments.prod"),
        (
            "environments.prod",
            "environments: {prod: {rules: {floating-tag: note}}}",
            "environments.prod",
        ),
        ('"*"', "rules: {unapproved-registry: warning}", "everything"),
        ('"*"', 'exclude: ["a"]', "everything"),
    ],
)
def test_a_lock_is_not_picked(locked: str, layer: str, named: str) -> None:
    over(layer + "\n")  # which an open base lets it do
    with pytest.raises(PolicyError) as raised:
        over(layer + "\n", base(locked))
    message = str(raised.value)
    assert message.startswith("team.yaml:3:")
    assert f"{named} is locked at base.yaml:15:10" in message


@pytest.mark.parametrize(
    "layer",
    [
        "environments: {prod: {deny: [quay.io]}}",
        "environments: {prod: {allow: [h.io/a, quay.io/team/x/*]}}",
        "environments: {prod: {match: {namespaces: [live]}}}",
        "environments: {prod: {rules: {missing-digest: error}}}",
        "environments: {prod: {unsuppressible: [floating-tag]}}",
        "environments: {test: {match: {namespaces: [test]}, allow: [gcr.io]}}",
        "rules: {floating-tag: error}",
        "rules: {missing-digest: warning}",
        "default: prod",
        "ignores: {require-reason: true}",
        "locked: [harbor]",
    ],
)
def test_tightening_is_always_allowed(layer: str) -> None:
    over(layer + "\n", base('"*"'))


def test_a_locked_default_is_no_new_environments_to_take() -> None:
    layer = 'environments: {play: {match: {paths: ["**"]}, allow: ["*"]}}\n'
    assert names(over(layer), None) == ["play"]
    assert names(over(layer, base("environments")), None) == ["prod", "play"]
    assert names(over(layer, base("default")), "dev") == ["dev", "play"]
    wider = 'environments: {dev: {match: {paths: ["**"]}}}\n'
    assert names(over(wider), None) == ["dev"]
    assert names(over(wider, base("default")), None) == ["dev", "prod"]


def test_locks_hold_through_several_layers() -> None:
    middle = over("locked: [exclude]\n", base("environments"))
    with pytest.raises(PolicyError, match=r"locked at base\.yaml:15:10"):
        over("default: dev\n", middle)
    with pytest.raises(PolicyError, match=r"locked at team\.yaml:3:10"):
        over("exclude: [a]\n", middle)


def test_reasons_once_demanded_stay_demanded() -> None:
    below = over("ignores: {require-reason: true}\n")
    assert over("ignores: {require-reason: false}\n", below).wants_reasons


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("locked: [prod]", "unknown name"),
        ("locked: [environments.pro]", 'did you mean "environments.prod"'),
        ("locked: [rules.floating]", "rules.floating-tag"),
        ("environments: {new: {match: {}}}", '"allow" is missing'),
    ],
)
def test_slips(text: str, message: str) -> None:
    with pytest.raises(PolicyError, match=r"team\.yaml:3:") as raised:
        over(text + "\n")
    assert message in str(raised.value)
