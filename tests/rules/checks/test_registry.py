"""Tables for the checks that repair where an image comes from, each alone and together."""

from __future__ import annotations

import pytest

from imagelint.model.errors import PolicyError
from imagelint.model.reference import ImageReference
from imagelint.patterns.harbor import Harbor, HarborMap, Library, Project, Upstream
from imagelint.patterns.images import InvalidPattern
from imagelint.patterns.moves import Move
from imagelint.rules.checks.registry import CurrentRegistry, NamedRegistry
from tests.support.policies import judged, policy
from tests.support.subjects import DIGEST, gate, messages, subject

HARBORS = HarborMap(
    (
        Harbor(
            "h.co",
            (
                Project(Upstream("docker.io"), "hub"),
                Project(Upstream("gcr.io", "team"), "team"),
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
    ("old", "new", "image", "successor"),
    [
        ("k8s.gcr.io", "registry.k8s.io", "k8s.gcr.io/a/b:1", "registry.k8s.io/a/b:1"),
        ("k8s.gcr.io", "registry.k8s.io", "us.k8s.gcr.io/a", None),
        ("k8s.gcr.io", "registry.k8s.io", "K8S.gcr.io/a", None),
        ("gcr.io/old", "registry.k8s.io", "gcr.io/old/pause", "registry.k8s.io/pause"),
        ("gcr.io/old", "quay.io/new", "gcr.io/old/pause", "quay.io/new/pause"),
        ("gcr.io/old", "quay.io/new", "gcr.io/old", "quay.io/new"),
        ("gcr.io/old", "quay.io", "gcr.io/old", None),
        ("gcr.io/old", "quay.io/new", "gcr.io/older/pause", None),
        ("docker.io/bitnami", "docker.io/old", "bitnami/redis:7", "docker.io/old/redis:7"),
        ("docker.io/library/a", "docker.io/library/b", "a", "docker.io/library/b"),
        ("docker.io", "mirror.gcr.io", "nginx", "mirror.gcr.io/library/nginx"),
        ("quay.io", "none", "quay.io/a", None),
    ],
)
def test_move(old: str, new: str, image: str, successor: str | None) -> None:
    """A registry, or a path on it, with all that is below."""
    found = Move.parse(old, new).successor(ImageReference.parse(image))
    assert (None if found is None else str(found)) == successor


@pytest.mark.parametrize("text", ["nginx", "https://quay.io", "quay.io/", "*.quay.io", ""])
def test_no_move(text: str) -> None:
    with pytest.raises(InvalidPattern):
        Move.parse(text, "quay.io")
    with pytest.raises(InvalidPattern):
        Move.parse("quay.io", text)


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
        "gcr.io/a/b is retired, its images are at quay.io/y now; use quay.io/y/c"
    )


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
  retired-registry: {registries: {k8s.gcr.io: registry.k8s.io, quay.io/dead: none, b.io: c.io}}
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
    ],
)
def test_slips_in_registries(registries: str, message: str) -> None:
    head, _, _ = POLICY.partition("rules:")
    with pytest.raises(PolicyError) as raised:
        policy(head + f"rules: {{retired-registry: {{registries: {registries}}}}}\n")
    assert message in str(raised.value)
