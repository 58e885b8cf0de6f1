"""Tables for the checks that repair where an image comes from, each alone and together."""

from __future__ import annotations

import pytest

from imagelint.model.errors import PolicyError
from imagelint.model.reference import ImageReference
from imagelint.patterns.globs import NamePattern
from imagelint.patterns.harbor import Harbor, HarborMap, Library, Project, Upstream
from imagelint.rules.checks.registry import CurrentRegistry, Difference, Move, NamedRegistry, State
from tests.support.policies import judged, policy
from tests.support.subjects import DIGEST, gate, messages, subject

HARBORS = HarborMap(
    (
        Harbor(
            "h.co",
            (
                Project(Upstream("docker.io"), "hub"),
                Project(Upstream("gcr.io", "team"), "team", is_flat=True),
                Project(Upstream("k8s.gcr.io"), "k8s.gcr.io"),
            ),
        ),
        Harbor("g.co:80", (Project(Upstream("docker.io"), "hub"),), Library.ADD),
    )
)


@pytest.mark.parametrize(
    ("image", "origin"),
    [
        ("h.co/hub/nginx:1", "docker.io/nginx:1"),
        (f"h.co/hub/a/b@{DIGEST}", f"docker.io/a/b@{DIGEST}"),
        ("h.co/team/app", "gcr.io/team/app"),
        ("h.co/k8s.gcr.io/pause", "k8s.gcr.io/pause"),
        ("g.co:80/hub/library/nginx", "docker.io/library/nginx"),
        ("g.co/hub/nginx", "g.co/hub/nginx"),
        ("h.co/hub", None),
        ("h.co/other/nginx", None),
        ("h.co.evil.io/hub/nginx", "h.co.evil.io/hub/nginx"),
        ("nginx", "nginx"),
        (f"h.co/hub/{'a' * 247}", f"docker.io/{'a' * 247}"),
        pytest.param(f"h.co/hub/{'a' * 248}", None, id="too long with its library/"),
    ],
)
def test_origin(image: str, origin: str | None) -> None:
    """What a project caches, by exact host and first segment; off the Harbors, the image itself."""
    found = HARBORS.origin(ImageReference.parse(image))
    assert (None if found is None else str(found)) == origin


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (
            "nginx:1",
            "nginx:1 names no registry, so it comes from docker.io; write h.co/hub/nginx:1",
        ),
        ("docker.io/nginx", None),
        ("localhost/nginx", None),
        ("ex_ample.com/app", None),
        ("a..b", None),
    ],
)
def test_named_registry(image: str, message: str | None) -> None:
    """Only what names none; where Docker Hub is not allowed, the way through Harbor."""
    assert messages(NamedRegistry(), subject(image)) == ([] if message is None else [message])


def test_named_registry_where_docker_hub_is_allowed() -> None:
    (problem,) = NamedRegistry()(subject("library/a:1", by=gate("docker.io")))
    assert problem.rewrite == "docker.io/library/a:1"


def test_named_registry_without_a_repair() -> None:
    (problem,) = NamedRegistry()(subject("nginx", by=gate("quay.io")))
    assert problem.rewrite is None
    assert problem.message.endswith("comes from docker.io; write the registry in front of it")


def test_the_longest_path_decides() -> None:
    moves = (Move.parse("gcr.io/a", "quay.io/x"), Move.parse("gcr.io/a/b", "quay.io/y"))
    (problem,) = CurrentRegistry(moves)(subject("gcr.io/a/b/c", by=gate("*")))
    assert problem.rewrite == "quay.io/y/c"
    assert problem.message == (
        "gcr.io/a/b/c comes from gcr.io/a/b, which is retired; its images are now at quay.io/y;"
        " use quay.io/y/c"
    )


FIXED = Move.parse("a.io/x", "b.io/y")
FROM_X = "a.io/x/i:1 comes from a.io/x, which"
FROM_A = "a.io/x/i:1 comes from a.io, which"


@pytest.mark.parametrize(
    ("moves", "image", "message"),
    [
        (
            (FIXED,),
            "a.io/x/i:1",
            f"{FROM_X} is retired; its images are now at b.io/y; use b.io/y/i:1",
        ),
        (
            (FIXED._replace(state=State.MOVED, since="2024-05"),),
            "a.io/x/i:1",
            (
                f"{FROM_X} is retired (moved as of 2024-05); its images are now at b.io/y;"
                " use b.io/y/i:1"
            ),
        ),
        (
            (FIXED._replace(repositories=("i",)),),
            "a.io/x/i:1",
            (
                "a.io/x/i:1 comes from a.io/x/i, which is retired; its images are now at b.io/y/i;"
                " use b.io/y/i:1"
            ),
        ),
        (
            (FIXED._replace(differs=(Difference.NAMES, Difference.TAGS)),),
            "a.io/x/i:1",
            (
                f"{FROM_X} is retired; its images are now at b.io/y; names and tags may differ"
                " there; find out which image matches yours"
            ),
        ),
        (
            (FIXED, Move(Upstream("b.io"), None, State.FROZEN, "2025")),
            "a.io/x/i:1",
            (
                f"{FROM_X} is retired; its images are now at b.io/y; that is retired as well"
                " (frozen as of 2025); choose another image"
            ),
        ),
        (
            (FIXED, Move.parse("b.io/y/i", "c.io")),
            "a.io/x/i:1",
            (
                f"{FROM_X} is retired; its images are now at b.io/y; that is retired as well;"
                " choose another image"
            ),
        ),
        (
            (Move.parse("a.io", "a.io/mirror"),),
            "a.io/x/i:1",
            (
                f"{FROM_A} is retired; its images are now at a.io/mirror; that is retired as well;"
                " choose another image"
            ),
        ),
        (
            (Move(Upstream("a.io"), None, State.GONE, "2025"),),
            "a.io/x/i:1",
            (
                f"{FROM_A} is retired (gone as of 2025) and has no successor; find out where the"
                " image is now"
            ),
        ),
        (
            (Move(Upstream("a.io"), None, State.LOGIN, except_tags=(NamePattern("latest"),)),),
            "a.io/x/i:1",
            (
                f"{FROM_A} no longer allows anonymous pulls (except the tag latest; login"
                " required); log in, or use another image"
            ),
        ),
        (
            (Move.parse("a.io/x", "b.io"),),
            "a.io/x",
            (
                "a.io/x comes from a.io/x, which is retired; its images are now at b.io; find out"
                " the image's name there"
            ),
        ),
        ((FIXED,), "a.io/xx/i:1", None),
        ((FIXED,), "b.io/y/i:1", None),
        ((FIXED._replace(tags=(NamePattern("2"),)),), "a.io/x/i:1", None),
        ((FIXED._replace(except_repositories=("i",)),), "a.io/x/i:1", None),
    ],
)
def test_retired(moves: tuple[Move, ...], image: str, message: str | None) -> None:
    """What is said; only what is the same at a successor in service is a repair."""
    check = CurrentRegistry(moves)
    problems = list(check(subject(image, by=gate("*"))))
    assert [problem.message for problem in problems] == ([] if message is None else [message])
    use = message.rpartition("; use ")[2] if message and "; use " in message else None
    assert [problem.rewrite for problem in problems] == ([] if message is None else [use])
    successor = check.successor(subject(image, by=gate("*")))
    assert (None if successor is None else str(successor)) == use


def test_an_exempt_repository_is_no_business_of_a_shorter_path() -> None:
    """Of the entries that concern an image the longest counts, be they conditional."""
    moves = (Move.parse("a.io", "b.io"), FIXED._replace(repositories=("j",)))
    (problem,) = CurrentRegistry(moves)(subject("a.io/x/i", by=gate("*")))
    assert problem.rewrite == "b.io/x/i"


def test_a_tag_that_is_set_elsewhere_is_unknown() -> None:
    move = FIXED._replace(except_tags=(NamePattern("1"),))
    assert CurrentRegistry((move,)).successor(subject("a.io/x/i", by=gate("*"))) is not None
    given = subject("a.io/x/i", by=gate("*"), has_separate_tag=True)
    assert CurrentRegistry((move,)).successor(given) is None
    assert list(CurrentRegistry((move,))(given)) == []


POLICY = """\
version: 1
harbor:
  host: h.co
  projects: {docker.io: hub, registry.k8s.io: k8s, quay.io: quay, k8s.gcr.io: old}
environments:
  dev: {allow: ["*"]}
  hub: {allow: [docker.io, h.co]}
  prod: {allow: [h.co]}
  old: {allow: [h.co/old/**, h.co/hub/**]}
default: prod
rules:
  implicit-registry: warning
  retired-registry:
    registries:
      k8s.gcr.io: registry.k8s.io
      quay.io/dead: none
      b.io: c.io
      docker.io/m: {successor: quay.io/m, except-tags: ["9"], except-repositories: [kept]}
      docker.io/other: {successor: quay.io/other, differs: [digests]}
      docker.io/cold: {successor: quay.io/dead, state: gone, since: 2026-09-11}
"""


@pytest.mark.parametrize(
    ("image", "environment", "wanted", "rules"),
    [
        ("nginx:1", "dev", "docker.io/nginx:1", "implicit-registry"),
        ("nginx:1", "hub", "docker.io/nginx:1", "implicit-registry"),
        ("nginx:1", "prod", "h.co/hub/nginx:1", "implicit-registry unapproved-registry"),
        ("k8s.gcr.io/a:1", "dev", "registry.k8s.io/a:1", "retired-registry"),
        ("k8s.gcr.io/a:1", "prod", "h.co/k8s/a:1", "retired-registry unapproved-registry"),
        ("k8s.gcr.io/a:1", "old", "h.co/old/a:1", "retired-registry unapproved-registry"),
        ("h.co/old/a:1", "dev", "h.co/k8s/a:1", "retired-registry"),
        ("h.co/old/a:1", "prod", "h.co/k8s/a:1", "retired-registry"),
        ("h.co/old/a:1", "old", None, "retired-registry"),
        ("h.co/k8s/a:1", "prod", None, ""),
        ("quay.io/dead/a:1", "dev", None, "retired-registry"),
        ("quay.io/dead/a:1", "prod", "h.co/quay/dead/a:1", "retired-registry unapproved-registry"),
        ("h.co/quay/dead/a:1", "prod", None, "retired-registry"),
        ("b.io/a:1", "dev", "c.io/a:1", "retired-registry"),
        ("b.io/a:1", "prod", None, "retired-registry unapproved-registry"),
        ("m/a:1", "dev", "quay.io/m/a:1", "implicit-registry retired-registry"),
        (
            "docker.io/m/a:1",
            "prod",
            "h.co/quay/m/a:1",
            "retired-registry unapproved-registry",
        ),
        ("h.co/hub/m/a:1", "prod", "h.co/quay/m/a:1", "retired-registry"),
        ("docker.io/m/a:9", "prod", "h.co/hub/m/a:9", "unapproved-registry"),
        ("docker.io/m/kept:1", "prod", "h.co/hub/m/kept:1", "unapproved-registry"),
        ("docker.io/other/a:1", "dev", None, "retired-registry"),
        (
            "docker.io/other/a:1",
            "prod",
            "h.co/hub/other/a:1",
            "retired-registry unapproved-registry",
        ),
        ("docker.io/cold/a:1", "dev", None, "retired-registry"),
        ("h.co/hub/cold/a:1", "prod", None, "retired-registry"),
    ],
)
def test_together(image: str, environment: str, wanted: str | None, rules: str) -> None:
    """One image is wanted, whoever asks; what is wanted has none of the findings repaired."""
    found = judged(policy(POLICY), image, environment)
    assert found.wanted == wanted
    assert " ".join(found.rules) == rules
    if wanted is not None:
        again = judged(policy(POLICY), wanted, environment)
        assert again.wanted is None
        assert set(again.rules) == set(found.rules) - set(found.fixed)


def test_who_is_excused_from_one_rule_gets_the_repair_of_the_other() -> None:
    """An exception from retired-registry keeps the old registry, be it on Harbor."""
    text = POLICY.replace("rules:\n", "exceptions:\nEXCEPTION\nrules:\n")
    one = '- {rules: [retired-registry], images: ["k8s.gcr.io/**"], reason: mirrored}'
    found = judged(policy(text.replace("EXCEPTION", one)), "k8s.gcr.io/a:1", "prod")
    assert found == (("unapproved-registry",), ("unapproved-registry",), "h.co/old/a:1")
    other = one.replace("retired-registry", "unapproved-registry")
    found = judged(policy(text.replace("EXCEPTION", other)), "k8s.gcr.io/a:1", "prod")
    assert found == (("retired-registry",), ("retired-registry",), "h.co/k8s/a:1")


@pytest.mark.parametrize(
    ("registries", "message"),
    [
        ("{nginx: quay.io}", "registries: nginx is no registry host"),
        ("{quay.io: nginx}", "registries.quay.io: nginx is no registry host"),
        ("{quay.io: [a]}", "registries.quay.io: text is wanted, not a list"),
        ("[quay.io]", "registries: a mapping is wanted, not a list"),
        ("{quay.io: {state: gone}}", 'registries.quay.io: the key "successor" is missing'),
        ("{quay.io: {successor: a}}", "registries.quay.io.successor: a is no registry host"),
        ("{quay.io: {successor: none, stat: gone}}", 'unknown key "stat"; did you mean "state"?'),
        ("{quay.io: {successor: none, state: dead}}", 'state: unknown value "dead"'),
        ("{quay.io: {successor: none, since: May}}", "quay.io.since: May is not a date"),
        ("{quay.io: {successor: none, differs: tags}}", "differs: a list is wanted"),
        ("{quay.io: {successor: none, differs: [tag]}}", 'differs: unknown value "tag"'),
        ("{quay.io: {successor: none, repositories: [A]}}", "repositories: A is no repository"),
        ("{quay.io: {successor: none, tags: ['']}}", "tags: a pattern is empty"),
        ("{quay.io: {successor: none, source: here}}", "source: here is not a URL"),
    ],
)
def test_slips_in_registries(registries: str, message: str) -> None:
    head, _, _ = POLICY.partition("rules:")
    with pytest.raises(PolicyError) as raised:
        policy(head + f"rules: {{retired-registry: {{registries: {registries}}}}}\n")
    assert message in str(raised.value)
