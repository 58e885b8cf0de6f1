"""Laws of excuses: nothing is loosened beyond what is named, and a lock holds against all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import assume, given
from hypothesis import strategies as st

from imagelint.engine.baseline import Baseline, identity_of
from imagelint.engine.linter import Linter
from imagelint.model.errors import PolicyError
from imagelint.model.reference import ImageReference
from imagelint.model.source import Source
from imagelint.patterns.images import RegistryPattern
from imagelint.policy.placement import Placement
from imagelint.policy.policy import Policy, parse_policy
from imagelint.rules.built_in import RULES
from tests.properties.policy_strategies import patterns
from tests.properties.strategies import references
from tests.support.fixing import repaired
from tests.support.trees import catalogue

if TYPE_CHECKING:
    from imagelint.model.finding import Finding
    from imagelint.model.report import FileResult

TODAY = "2026-06-15"
IMAGES = ("nginx", "quay.io/a/b:1", "gcr.io/x/y:latest", "h.io/docker.io/nginx:1", "h.io/z", "a b")
PATTERNS = ("*", "docker.io", "quay.io/a/*", "gcr.io/x/y", "h.io", "*.gcr.io", "h.io/docker.io/**")
CHECKED = ("unapproved-registry", "floating-tag", "missing-digest", "invalid-reference")
PATHS = ("dev/a.yaml", "prod/a.yaml", "other/a.yaml")
NAMESPACES = ("dev", "prod", "shop")
SEVERITIES = ("error", "warning", "note", "off")


def some(values: tuple[str, ...], least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=least, max_size=3, unique=True)


rule_settings = st.dictionaries(st.sampled_from(CHECKED), st.sampled_from(SEVERITIES), max_size=3)
matches = st.fixed_dictionaries(
    {},
    optional={
        "namespaces": some(NAMESPACES),
        "paths": some(("dev/**", "prod/**", "**")),
        "labels": st.just({"tier": "prod"}),
    },
)


def environments(*, whole: bool) -> st.SearchStrategy[dict[str, Any]]:
    keys = {
        "deny": some(PATTERNS),
        "match": matches,
        "rules": rule_settings,
        "unsuppressible": some((*CHECKED, "*"), 1),
    }
    allow = some(PATTERNS)
    if whole:
        return st.fixed_dictionaries({"allow": allow}, optional=keys)
    return st.fixed_dictionaries({}, optional={**keys, "allow": allow})


exceptions = st.fixed_dictionaries(
    {
        "rules": some(CHECKED, 1),
        "reason": st.just("r"),
        "paths": some(("dev/**", "prod/*", "**"), 1),
    },
    optional={
        "images": some(PATTERNS, 1),
        "environments": some(("dev", "prod"), 1),
        "objects": some(("Pod/p0", "*/p1", "Job/*"), 1),
        "containers": some(("c0", "c1"), 1),
        "until": st.sampled_from(("2026-06-14", "2026-06-15", "2030-01-01")),
    },
)


@st.composite
def base_policies(draw: st.DrawFn) -> dict[str, Any]:
    names = ("dev", "prod")
    return {
        "version": 1,
        "harbor": {"host": "h.io", "projects": {"docker.io": "docker.io"}},
        "environments": {name: draw(environments(whole=True)) for name in names},
        "default": draw(st.sampled_from(names)),
        "rules": draw(rule_settings),
        "exceptions": draw(st.lists(exceptions, max_size=2)),
    }


@st.composite
def layers(draw: st.DrawFn) -> dict[str, Any]:
    changed = {
        name: draw(environments(whole=name == "new")) for name in draw(some(("dev", "prod", "new")))
    }
    keys = {
        "environments": st.just(changed),
        "default": st.sampled_from(("dev", "prod")),
        "rules": rule_settings,
        "exceptions": st.lists(exceptions, max_size=2),
        "exclude": st.just(["x/**"]),
        "ignores": st.just({"require-reason": False}),
    }
    wanted = draw(some(tuple(keys)))
    if not changed:
        wanted = [key for key in wanted if key != "environments"]
    return {"version": 1, "extends": "base.yaml", **{key: draw(keys[key]) for key in wanted}}


@st.composite
def manifests(draw: st.DrawFn) -> str:
    """Give Pods in block style, with comments that mean to excuse."""
    documents = []
    for number in range(draw(st.integers(1, 2))):
        labels = draw(st.sampled_from(("{}", "{tier: prod}")))
        namespace = draw(st.sampled_from(NAMESPACES))
        lines = [
            "apiVersion: v1",
            "kind: Pod",
            f"metadata: {{name: p{number}, namespace: {namespace}, labels: {labels}}}",
            "spec:",
            "  containers:",
        ]
        for index in range(draw(st.integers(1, 2))):
            image = json.dumps(draw(st.sampled_from(IMAGES)))
            comment = f"# imagelint: ignore[{', '.join(draw(some(CHECKED, 1)))}] why"
            above, behind = draw(st.sampled_from((("", ""), (comment, ""), ("", comment))))
            lines.append(f"    {above}")
            lines += [f"    - image: {image}  {behind}", f"      name: c{index}"]
        documents.append("\n".join(lines) + "\n")
    head = f"# imagelint: ignore-file[{', '.join(draw(some(CHECKED, 1)))}] why\n"
    return draw(st.sampled_from(("", head))) + "---\n".join(documents)


def read(policy: dict[str, Any], base: Policy | None = None) -> Policy:
    name = "imagelint.yaml" if base is None else "team.yaml"
    return parse_policy(Source(name, json.dumps(policy).encode()), RULES, base)


def lint(policy: Policy, text: str, path: str, baseline: Baseline | None = None) -> FileResult:
    linter = Linter(policy, RULES, catalogue(), today=TODAY, baseline=baseline or Baseline({}))
    return linter.lint(Source(path, text.encode()), path)


def stripped(text: str) -> str:
    """Take the comments away without moving a byte."""
    return text.replace("# imagelint:", "# .........:")


def keys(findings: Any) -> set[tuple[Any, ...]]:
    """Return what is found of images, and how bad it is, but for the words."""
    return {
        (one.rule, one.span, one.environment, one.severity.rank)
        for one in findings
        if one.rule in CHECKED
    }


@given(base_policies(), manifests(), st.sampled_from(PATHS))
def test_what_is_excused_is_what_was_found_and_nothing_is_lost(
    policy: dict[str, Any], text: str, path: str
) -> None:
    """Excuses move findings from one list to the other; they make none and lose none."""
    bare = lint(read({**policy, "exceptions": []}), stripped(text), path)
    result = lint(read(policy), text, path)
    suppressed = keys(one.finding for one in result.suppressed)
    found = keys(result.findings)
    # A rule is named once at a place, by its worst environment: what that one excuses may
    # show the next.
    places = {(rule, span) for rule, span, _, _ in keys(bare.findings)}
    assert {(rule, span) for rule, span, _, _ in found | suppressed} == places
    assert keys(bare.findings) <= found | suppressed


@given(base_policies(), manifests(), st.sampled_from(PATHS))
def test_an_excuse_covers_what_it_names(policy: dict[str, Any], text: str, path: str) -> None:
    """Worked out another way: each excused finding has its exception, or its comment."""
    entries = policy["exceptions"]
    lines = text.splitlines()
    for one in lint(read(policy), text, path).suppressed:
        if one.by == "exception":
            assert any(_covers(entry, one.finding, path) for entry in entries)
        else:
            line = text.encode()[: one.finding.span.start].count(b"\n")
            around = (lines[0], lines[line], lines[line - 1])
            assert any("imagelint: ignore" in near and one.finding.rule in near for near in around)
            here = policy["environments"][one.finding.environment]
            assert not {one.finding.rule, "*"} & set(here.get("unsuppressible", ()))


def _covers(entry: dict[str, Any], finding: Finding, path: str) -> bool:
    assert finding.object is not None
    folders = {"dev/**": "dev/", "prod/*": "prod/", "**": ""}
    objects = {"Pod/p0": "p0", "*/p1": "p1", "Job/*": None}
    try:
        reference = ImageReference.parse(finding.image or "")
    except ValueError:
        reference = None
    return (
        finding.rule in entry["rules"]
        and entry.get("until", TODAY) >= TODAY
        and any(path.startswith(folders[glob]) for glob in entry["paths"])
        and finding.environment in entry.get("environments", [finding.environment])
        and finding.container in entry.get("containers", [finding.container])
        and ("objects" not in entry or finding.object.name in map(objects.get, entry["objects"]))
        and (
            "images" not in entry
            or (
                reference is not None
                and any(RegistryPattern.parse(one).matches(reference) for one in entry["images"])
            )
        )
    )


@given(base_policies(), layers(), manifests(), st.sampled_from(PATHS), st.sampled_from(NAMESPACES))
def test_nothing_gets_past_a_base_that_locks_everything(
    policy: dict[str, Any], layer: dict[str, Any], text: str, path: str, namespace: str
) -> None:
    """Whatever a layer, a comment and a baseline say: what the base finds is found."""
    base = read({**policy, "locked": ["*"]})
    try:
        upper = read(layer, base)
    except PolicyError as error:
        assert "locked at imagelint.yaml:" in str(error)  # noqa: PT017 - most are accepted
        assume(False)
        return
    before = lint(base, stripped(text), path)
    known = Baseline.made_of(identity_of(one, path) for one in lint(upper, text, path).findings)
    after = lint(upper, text, path, known)
    worst: dict[Any, int] = {}
    for rule, span, _, rank in keys(after.findings):
        worst[rule, span] = min(rank, worst.get((rule, span), rank))
    for rule, span, _, rank in keys(before.findings):
        assert worst.get((rule, span), 9) <= rank
    before_names = {one.name for one in Placement(base).environments(path, namespace, {})}
    assert before_names <= {one.name for one in Placement(upper).environments(path, namespace, {})}


@given(base_policies(), layers(), manifests(), st.sampled_from(PATHS), st.sampled_from(CHECKED))
def test_a_locked_rule_is_lifted_by_no_combination(
    policy: dict[str, Any], layer: dict[str, Any], text: str, path: str, rule: str
) -> None:
    """One rule and the environments are locked: where the base finds it, it is found."""
    base = read({**policy, "locked": [f"rules.{rule}", "environments"]})
    try:
        upper = read(layer, base)
    except PolicyError:
        assume(False)
        return
    before = {one for one in keys(lint(base, stripped(text), path).findings) if one[0] == rule}
    known = Baseline.made_of(identity_of(one, path) for one in lint(upper, text, path).findings)
    after = keys(lint(upper, text, path, known).findings)
    assert {one[1] for one in before} <= {one[1] for one in after if one[0] == rule}


@given(patterns(), patterns(), references())
def test_what_lies_within_a_pattern_fits_it(one: str, other: str, image: str) -> None:
    reference = ImageReference.parse(image)
    inner, outer = RegistryPattern.parse(one), RegistryPattern.parse(other)
    for inside, around in ((inner, outer), (outer, inner), (inner, inner)):
        if inside.is_within(around) and inside.matches(reference):
            assert around.matches(reference)
    assert inner.is_within(inner)
    assert inner.is_within(RegistryPattern.parse("*"))


@given(manifests(), st.randoms(use_true_random=False))
def test_the_baseline_knows_what_has_moved(text: str, random: Any) -> None:
    """Documents, containers and lines in another order are the same findings."""
    policy = read(
        {
            "version": 1,
            "environments": {"prod": {"allow": ["h.io"], "rules": {"missing-digest": "note"}}},
            "default": "prod",
        }
    )
    plain = stripped(text)
    known = Baseline.made_of(
        identity_of(one, "a.yaml") for one in lint(policy, plain, "a.yaml").findings
    )
    documents = plain.split("---\n")
    random.shuffle(documents)
    moved = []
    for document in documents:
        head, _, body = document.partition("  containers:\n")
        entries = body.split("    \n")[1:]
        random.shuffle(entries)
        moved.append(head + "\n  containers:\n" + "    # moved\n".join(["", *entries]))
    result = lint(policy, "---\n".join(moved), "a.yaml", known)
    assert not result.findings


@given(base_policies(), manifests(), st.sampled_from(PATHS))
def test_the_baseline_knows_what_fix_has_rewritten(
    policy: dict[str, Any], text: str, path: str
) -> None:
    """After a repair nothing is new, and each entry stands for one finding at most."""
    held = read({**policy, "exceptions": []})
    plain = stripped(text)
    before = lint(held, plain, path)
    known = Baseline.made_of(identity_of(one, path) for one in before.findings)
    fixed = repaired(
        Linter(held, RULES, catalogue(), today=TODAY, baseline=Baseline({})),
        Source(path, plain.encode()),
        before,
    ).decode()
    after = lint(held, fixed, path, known)
    assert not after.findings
    assert len(after.suppressed) <= len(before.findings)
