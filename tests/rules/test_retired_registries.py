"""The list of retired registries: every entry is complete, found, and nothing like it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from imagelint.rules.built_in import RULES
from imagelint.rules.checks.registry import CurrentRegistry, Move, State
from tests.support.subjects import gate, messages, subject

if TYPE_CHECKING:
    from collections.abc import Iterator

RULE = RULES["retired-registry"]
MOVES = cast("tuple[Move, ...]", RULE.parameters["registries"])
CHECK = CurrentRegistry(MOVES)


def image_of(move: Move, tag: str = "1.2.3") -> str:
    """Return an image that an entry is about."""
    below = move.repositories[0] if move.repositories else "team-image"
    return f"{move.old}/{below}:{tag}"


def look_alikes(move: Move) -> Iterator[str]:
    """Yield images that an entry is not about."""
    registry, path = move.old.registry, move.old.path
    below = move.repositories[0] if move.repositories else "team-image"
    hosts = (f"{registry}.example.com", f"x{registry}", f"x.{registry}", f"{registry}:8443")
    for host in (*hosts, "example.com"):
        yield f"{host}/{path}/{below}:1.2.3" if path else f"{host}/{below}:1.2.3"
    if path:
        yield f"{registry}/{path}x/{below}:1.2.3"
        yield f"{registry}/x{path}/{below}:1.2.3"
        yield f"{registry}/x/{path}/{below}:1.2.3"
    yield from (f"{move.old}/{name}:1.2.3" for name in move.except_repositories)
    if move.repositories:
        yield f"{move.old}/{below}x:1.2.3"
        yield f"{move.old}/{below}/x:1.2.3"
    for pattern in move.except_tags:
        yield image_of(move, pattern.text)
    if move.except_tags:
        yield f"{image_of(move)}@sha256:{'a' * 64}".replace(":1.2.3", "")


def test_the_list_is_long() -> None:
    assert len(MOVES) > 60
    assert {move.state for move in MOVES} == set(State)
    assert len({move.old for move in MOVES}) == len(MOVES)


@pytest.mark.parametrize("move", MOVES, ids=lambda move: str(move.old))
class TestEntry:
    """What is true of each entry."""

    def test_is_complete(self, move: Move) -> None:
        assert move.state is not None
        assert move.since
        assert move.source

    def test_is_found(self, move: Move) -> None:
        (message,) = messages(CHECK, subject(image_of(move), by=gate("*")))
        named = f"{move.old}/{move.repositories[0]}" if move.repositories else str(move.old)
        assert f" comes from {named}, which " in message

    def test_nothing_like_it_is(self, move: Move) -> None:
        for image in look_alikes(move):
            said = messages(CHECK, subject(image, by=gate("*")))
            assert not [one for one in said if f" comes from {move.old}, which" in one], image
            assert not [one for one in said if f" comes from {move.old}/" in one], image

    def test_no_repair_is_retired(self, move: Move) -> None:
        """Nor does one go where names, tags or digests differ, or where a login is needed."""
        (problem,) = CHECK(subject(image_of(move), by=gate("*")))
        assert move.new is not None or problem.rewrite is None
        if problem.rewrite is not None:
            assert not move.differs
            assert messages(CHECK, subject(problem.rewrite, by=gate("*"))) == []


@pytest.mark.parametrize(
    "image",
    [
        *("gcr.io/team/app:1", "gcr.io/distroless/static:nonroot", "gcr.io/google-samples/a:1"),
        *("eu.gcr.io/team/app:1", "gcr.io/k8s-minikube/storage-provisioner:v5", "gcr.io/etcd/a:1"),
        *("quay.io/coreos/etcd:v3.5.9", "quay.io/prometheus-operator/prometheus-operator:v0.80.0"),
        *("docker.io/minio/operator:v6", "quay.io/minio/operator:v6", "minio/warp:v1"),
        *("bitnami/redis:latest", "bitnami/redis", "bitnami/sealed-secrets-controller:0.31.0"),
        *("bitnamisecure/redis:latest", "docker.io/istio/pilot:1.31.0", "hashicorp/vault:1.20.0"),
        *("argoproj/rollouts-demo:blue", "quay.io/argoproj/argocd:v3.1.0", "ceph/cephfs:1"),
        *("quay.io/kubecost1/other:1", "gcr.io/kubecost1/cost-model:1", "dhi.io/redis:8"),
        *("registry.redhat.io/ubi9/ubi:9.4", "cgr.dev/chainguard/static", "cgr.dev/team/go:1.25"),
        *("jupyter/repo2docker:1", "xpkg.upbound.io/crossplane/crossplane:v1.19.0", "nginx:1"),
    ],
)
def test_in_service(image: str) -> None:
    """Where only some have moved, the others are left in peace; gcr.io as a whole is there."""
    assert messages(CHECK, subject(image, by=gate("*"))) == []
