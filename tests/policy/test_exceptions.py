"""Exceptions of the policy: what each key narrows, how long they hold, and the baseline."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from imagelint.engine.baseline import Baseline, identity_of
from imagelint.engine.linter import Linter
from imagelint.engine.run_rules import Ruling, about_exceptions
from imagelint.model.errors import PolicyError
from imagelint.model.source import Source
from imagelint.policy.policy import Policy, parse_policy
from imagelint.rules.built_in import RULES
from tests.support.fixing import repaired
from tests.support.trees import catalogue

if TYPE_CHECKING:
    from imagelint.model.report import FileResult

POLICY = """\
version: 1
harbor: {host: h.io, projects: {docker.io: docker.io}}
environments:
  dev: {match: {paths: ["**/dev/**"]}, allow: ["*"]}
  prod: {match: {paths: ["**/prod/**"]}, allow: [h.io]}
default: prod
"""
POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      containers:
        - name: main
          image: quay.io/team/app:1
        - name: helper
          image: busybox:1
"""
UNAPPROVED = "unapproved-registry"


def policy_of(*exceptions: str, more: str = "") -> Policy:
    entries = "".join(f"  - {one}\n" for one in exceptions)
    text = POLICY + (f"exceptions:\n{entries}" if exceptions else "") + more
    return parse_policy(Source("imagelint.yaml", text.encode()), RULES)


def lint(
    policy: Policy, text: str = POD, path: str = "prod/a.yaml", *, today: str = "2026-06-15"
) -> FileResult:
    return Linter(policy, RULES, catalogue(), today=today).lint(Source(path, text.encode()), path)


def exception(more: str, rules: str = UNAPPROVED) -> str:
    return f"{{rules: [{rules}], reason: why, {more}}}"


@pytest.mark.parametrize(
    ("project", "is_one"), [("docker.io", True), ("other", False), ("quay.io", False)]
)
def test_spellings_of_one_image_on_harbor_are_excused_alike(project: str, is_one: bool) -> None:
    """Below the project of Docker Hub; elsewhere they are two images."""
    images = f"images: [h.io/{project}/library/busybox]"
    policy = policy_of(exception(images, "floating-tag"))
    pod = POD.replace("busybox:1", f"h.io/{project}/busybox:latest")
    excused = [one.finding.rule for one in lint(policy, pod).suppressed]
    assert excused == (["floating-tag"] if is_one else [])


@pytest.mark.parametrize(
    ("more", "excused"),
    [
        ("images: [docker.io/library/busybox]", ["busybox:1"]),
        ("images: [docker.io]", ["busybox:1"]),
        ('images: ["*"]', ["quay.io/team/app:1", "busybox:1"]),
        ("images: [quay.io/team/*]", ["quay.io/team/app:1"]),
        ("images: [{registry: quay.io, repository: team/app, tag: '1'}]", ["quay.io/team/app:1"]),
        ("images: [{registry: quay.io, repository: team/app, tag: '2'}]", []),
        ("images: [quay.io.evil.io, evilquay.io, quay.io:443]", []),
        ("containers: [helper]", ["busybox:1"]),
        ('containers: ["*"]', ["quay.io/team/app:1", "busybox:1"]),
        ("containers: [help]", []),
        ("objects: [Deployment/web]", ["quay.io/team/app:1", "busybox:1"]),
        ("objects: [Deployment/w]", []),
        ("objects: [deployment/web]", []),
        ("objects: ['*/we?']", ["quay.io/team/app:1", "busybox:1"]),
        ("objects: [{name: web, namespace: shop}]", ["quay.io/team/app:1", "busybox:1"]),
        ("objects: [{name: web, namespace: other}]", []),
        ("paths: ['prod/**']", ["quay.io/team/app:1", "busybox:1"]),
        ("paths: ['dev/**']", []),
        ("images: ['*'], environments: [prod]", ["quay.io/team/app:1", "busybox:1"]),
        ("images: ['*'], environments: [dev]", []),
        ("images: [docker.io], containers: [main]", []),
        ("images: [docker.io], containers: [helper], paths: ['prod/*']", ["busybox:1"]),
    ],
)
def test_every_key_narrows(more: str, excused: list[str]) -> None:
    result = lint(policy_of(exception(more)))
    assert [one.finding.image for one in result.suppressed] == excused
    every = {"quay.io/team/app:1", "busybox:1"}
    assert {one.image for one in result.findings} == every - set(excused)
    for one in result.suppressed:
        assert (one.by, one.reason, one.place) == ("exception", "why", "imagelint.yaml:8")


def test_only_the_rules_that_are_named() -> None:
    text = POD.replace("busybox:1", "busybox")
    result = lint(policy_of(exception("images: [docker.io]")), text)
    assert [one.rule for one in result.findings if one.image == "busybox"] == ["floating-tag"]


@pytest.mark.parametrize(
    ("today", "holds"),
    [("2026-06-14", True), ("2026-06-15", True), ("2026-06-16", False), ("2027-01-01", False)],
)
def test_the_last_day_is_included(today: str, *, holds: bool) -> None:
    policy = policy_of(exception("images: [docker.io], until: 2026-06-15"))
    result = lint(policy, today=today)
    assert bool(result.suppressed) is holds
    (ruling,) = [Ruling(policy, RULES, result.used, today)]
    findings = [one for found in about_exceptions([ruling]) for one in found.findings]
    assert [one.rule for one in findings] == ([] if holds else ["expired-exception"])
    assert all(one.path == "imagelint.yaml" for one in findings)


def test_without_a_day_only_exceptions_without_a_last_day_hold() -> None:
    policy = policy_of(exception("images: [docker.io], until: 9999-01-01"))
    assert not Linter(policy, RULES, catalogue()).lint(Source("a", POD.encode()), "a").suppressed


@pytest.mark.parametrize(
    ("whole", "environment", "found"),
    [(True, None, 1), (False, None, 0), (True, "prod", 0), (True, "dev", 1)],
)
def test_an_unused_exception_shows_on_a_whole_run(
    found: int, environment: str | None, *, whole: bool
) -> None:
    policy = policy_of(
        exception("images: [docker.io]"), exception("images: [docker.io], environments: [dev]")
    )
    used = lint(policy).used
    assert used == {0}
    seen = frozenset({"imagelint.yaml"}) if whole else None
    ruling = Ruling(policy, RULES, used, "2026-06-15", seen, environment)
    results = list(about_exceptions([ruling]))
    assert sum(len(one.findings) for one in results) == found
    assert all(one.source.position(one.findings[0].span.start).line == 9 for one in results)


def test_document_rules_are_excused_by_path_and_object() -> None:
    text = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: h.io/a:1\n    x: y: z\n"
    bare = lint(policy_of(), text)
    assert [one.rule for one in bare.findings] == ["unparsable-document"]
    by_path = lint(policy_of(exception("paths: [prod/a.yaml]", "unparsable-document")), text)
    assert not by_path.findings
    by_image = lint(policy_of(exception("images: ['*']", "unparsable-document")), text)
    assert by_image.findings


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{rules: [unapproved-registry], reason: x}", "say what the exception covers"),
        ("{images: [a.io], reason: x}", 'the key "rules" is missing'),
        ("{images: [a.io], rules: [], reason: x}", "name at least one rule"),
        ("{images: [a.io], rules: [wrong-typ], reason: x}", 'did you mean "wrong-type"'),
        ("{images: [a.io], rules: [wrong-type]}", 'the key "reason" is missing'),
        ("{images: [a.io], rules: [wrong-type], reason: ' '}", "the reason is empty"),
        ("{images: [], rules: [wrong-type], reason: x}", "an empty list"),
        ("{images: [a.io], environments: [], rules: [wrong-type], reason: x}", "an empty list"),
        ("{images: [a.io], environments: [pro], rules: [wrong-type], reason: x}", '"prod"'),
        ("{images: [a.io], until: 2027-02-30, rules: [wrong-type], reason: x}", "not a date"),
        ("{images: [a.io], until: 31.1.2027, rules: [wrong-type], reason: x}", "2027-01-31"),
        ("{images: [a.io], until: 20270131, rules: [wrong-type], reason: x}", "not a date"),
        ("{objects: [web], rules: [wrong-type], reason: x}", "write KIND/NAME"),
        ("{objects: [{}], rules: [wrong-type], reason: x}", "name a kind"),
        ("{image: a.io, rules: [wrong-type], reason: x}", 'did you mean "images"'),
        ("{images: [nginx], rules: [wrong-type], reason: x}", "docker.io/nginx"),
    ],
)
def test_slips(entry: str, message: str) -> None:
    with pytest.raises(PolicyError) as raised:
        policy_of(entry)
    assert message in str(raised.value)
    assert str(raised.value).startswith("imagelint.yaml:8:")


# --- the baseline -----------------------------------------------------------------------


def known(result: FileResult, path: str = "prod/a.yaml") -> Baseline:
    return Baseline.made_of(identity_of(one, path) for one in result.findings)


def relint(baseline: Baseline, text: str, path: str = "prod/a.yaml", more: str = "") -> FileResult:
    policy = policy_of(more=more)
    linter = Linter(policy, RULES, catalogue(), baseline=baseline)
    return linter.lint(Source(path, text.encode()), path)


def test_what_is_known_fails_no_more() -> None:
    result = relint(known(lint(policy_of())), POD)
    assert not result.findings
    assert {one.by for one in result.suppressed} == {"baseline"}


def test_lines_containers_and_documents_may_move() -> None:
    other = POD.replace("name: web", "name: other")
    baseline = known(lint(policy_of(), f"{POD}---\n{other}"))
    swapped = (
        POD.replace("        - name: main\n          image: quay.io/team/app:1\n", "")
        + "        - name: main\n          # moved\n          image: quay.io/team/app:1\n"
    )
    assert not relint(baseline, f"# comment\n\n{other}---\n{swapped}").findings


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("busybox:1", "busybox:2"),
        ("name: helper", "name: helper2"),
        ("name: web", "name: web2"),
        ("namespace: shop", "namespace: shop2"),
        ("kind: Deployment", "kind: StatefulSet"),
    ],
)
def test_whatever_is_another_is_new(old: str, new: str) -> None:
    result = relint(known(lint(policy_of())), POD.replace(old, new))
    assert "busybox" in {(one.image or "").partition(":")[0] for one in result.findings}


def test_one_more_of_the_same_is_new() -> None:
    result = relint(known(lint(policy_of())), f"{POD}---\n{POD}")
    assert len(result.findings) == len(result.suppressed) == 2


def test_another_file_is_new() -> None:
    assert len(relint(known(lint(policy_of())), POD, "prod/b.yaml").findings) == 2


def test_locked_rules_are_never_known() -> None:
    baseline = known(lint(policy_of()))
    result = relint(baseline, POD, more=f"locked: [rules.{UNAPPROVED}]\n")
    assert len(result.findings) == 2


def test_fix_works_the_baseline_off() -> None:
    baseline = known(lint(policy_of()))
    source = Source("prod/a.yaml", POD.encode())
    linter = Linter(policy_of(), RULES, catalogue(), baseline=baseline)
    fixed = repaired(linter, source, linter.lint(source, "prod/a.yaml")).decode()
    assert fixed == POD.replace("busybox:1", "h.io/docker.io/busybox:1")


def test_the_file_reads_as_it_was_written() -> None:
    baseline = known(lint(policy_of(), f"{POD}---\n{POD}"))
    text = baseline.render()
    assert Baseline.parse(Source("b.json", text.encode())).counts == baseline.counts
    lines = text.splitlines()
    assert lines == [lines[0], *sorted(lines[1:-1]), lines[-1]]
    assert json.loads(text)["findings"][0]["count"] == 2
    assert Baseline({}).render() == '{"version": 1, "findings": [\n\n]}\n'


def entry(image: str, count: object) -> str:
    texts = dict.fromkeys(("path", "rule", "environment", "object", "container"), "")
    finding = json.dumps({**texts, "image": image, "count": 1})
    return f'{{"version": 1, "findings": [{finding.replace(": 1", f": {count}")}]}}'


def test_an_entry_is_read() -> None:
    assert sum(Baseline.parse(Source("b.json", entry("a", 3).encode())).counts.values()) == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"version": 2, "findings": []}',
        '{"version": 1}',
        '{"version": 1, "findings": [{}]}',
        "[" * 100_000,
        entry("a", 0),
        entry("a", "true"),
        entry("a", 1).replace('"image": "a"', '"image": 1'),
        entry("a", 1).replace('"rule"', '"rules"'),
    ],
)
def test_a_baseline_that_is_none(text: str) -> None:
    with pytest.raises(PolicyError, match=r"b\.json"):
        Baseline.parse(Source("b.json", text.encode()))
