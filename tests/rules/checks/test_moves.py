"""Tables for retired registries: which images are meant, and what becomes of them."""

from __future__ import annotations

import pytest

from imagelint.model.reference import ImageReference, InvalidReference
from imagelint.patterns.globs import InvalidPattern, NamePattern
from imagelint.patterns.harbor import Upstream
from imagelint.rules.checks.registry import (
    Difference,
    Move,
    State,
    parse_repositories,
    parse_since,
    parse_source,
)

DIGEST = "sha256:" + "a" * 64
LATEST = (NamePattern("latest"), NamePattern("dev-*"))


@pytest.mark.parametrize(
    ("old", "new", "image", "successor"),
    [
        ("k8s.gcr.io", "registry.k8s.io", "k8s.gcr.io/a/b:1", "registry.k8s.io/a/b:1"),
        ("gcr.io/old", "registry.k8s.io", "gcr.io/old/pause", "registry.k8s.io/pause"),
        ("gcr.io/old", "quay.io/new", "gcr.io/old/pause", "quay.io/new/pause"),
        ("gcr.io/old", "quay.io/new", "gcr.io/old", "quay.io/new"),
        ("gcr.io/old", "quay.io", "gcr.io/old", None),
        ("docker.io/bitnami", "docker.io/old", "bitnami/redis:7", "docker.io/old/redis:7"),
        ("docker.io/library/a", "docker.io/library/b", "a", "docker.io/library/b"),
        ("docker.io", "mirror.gcr.io", "nginx", "mirror.gcr.io/library/nginx"),
        ("quay.io", "none", "quay.io/a", None),
        ("quay.io/a", "ghcr.io/b", f"quay.io/a/c:1@{DIGEST}", f"ghcr.io/b/c:1@{DIGEST}"),
    ],
)
def test_move(old: str, new: str, image: str, successor: str | None) -> None:
    """A registry, or a path on it, with all that is below."""
    reference = ImageReference.parse(image)
    move = Move.parse(old, new)
    assert move.covers(reference)
    found = move.successor(reference)
    assert (None if found is None else str(found)) == successor


@pytest.mark.parametrize(
    ("old", "image"),
    [
        ("k8s.gcr.io", "us.k8s.gcr.io/a"),
        ("k8s.gcr.io", "K8S.gcr.io/a"),
        ("k8s.gcr.io", "k8s.gcr.io:443/a"),
        ("k8s.gcr.io", "k8s.gcr.io.example.com/a"),
        ("k8s.gcr.io", "example.com/k8s.gcr.io/a"),
        ("gcr.io/old", "gcr.io/older/pause"),
        ("gcr.io/old", "gcr.io/a/old/pause"),
        ("gcr.io/old", "eu.gcr.io/old/pause"),
        ("docker.io/bitnami", "bitnamisecure/redis"),
        ("docker.io/bitnami", "quay.io/bitnami/redis"),
        ("docker.io/library/vault", "hashicorp/vault"),
    ],
)
def test_elsewhere(old: str, image: str) -> None:
    """What only looks like it has not moved."""
    reference = ImageReference.parse(image)
    move = Move.parse(old, "ghcr.io")
    assert not move.covers(reference)
    assert move.successor(reference) is None


def test_too_long_at_the_successor() -> None:
    move = Move.parse("quay.io/a", f"ghcr.io/{'b' * 200}")
    with pytest.raises(InvalidReference):
        move.successor(ImageReference.parse(f"quay.io/a/{'c' * 100}"))


@pytest.mark.parametrize("text", ["nginx", "https://quay.io", "quay.io/", "*.quay.io", ""])
def test_no_move(text: str) -> None:
    with pytest.raises(InvalidPattern):
        Move.parse(text, "quay.io")
    with pytest.raises(InvalidPattern):
        Move.parse("quay.io", text)


@pytest.mark.parametrize(
    ("image", "but_for", "only"),
    [
        ("quay.io/a:1", True, False),
        ("quay.io/a:latest", False, True),
        ("quay.io/a", False, True),
        ("quay.io/a:dev-7", False, True),
        ("quay.io/a:latest-1", True, False),
        (f"quay.io/a:1@{DIGEST}", True, False),
        (f"quay.io/a:latest@{DIGEST}", False, True),
        (f"quay.io/a@{DIGEST}", False, False),
    ],
)
def test_conditions_on_tags(image: str, *, but_for: bool, only: bool) -> None:
    """The tag decides, latest where there is none; what nobody can see fits no condition."""
    reference, move = ImageReference.parse(image), Move.parse("quay.io", "ghcr.io")
    assert move.covers(reference)
    assert move._replace(except_tags=LATEST).covers(reference) is but_for
    assert move._replace(tags=LATEST).covers(reference) is only


def test_a_tag_that_is_set_elsewhere_fits_no_condition() -> None:
    reference, move = ImageReference.parse("quay.io/a"), Move.parse("quay.io", "ghcr.io")
    assert move.covers(reference, has_separate_tag=True)
    assert not move._replace(tags=LATEST).covers(reference, has_separate_tag=True)
    assert not move._replace(except_tags=LATEST).covers(reference, has_separate_tag=True)


@pytest.mark.parametrize(
    ("image", "only", "but_for"),
    [
        ("quay.io/a/b:1", True, False),
        ("quay.io/a/b/c:1", False, True),
        ("quay.io/a/bb:1", False, True),
        ("quay.io/a/d/e:1", True, False),
        ("quay.io/a:1", False, True),
        ("quay.io/b:1", False, False),
    ],
)
def test_conditions_on_repositories(image: str, *, only: bool, but_for: bool) -> None:
    """They are whole repositories below the path."""
    reference, move = ImageReference.parse(image), Move.parse("quay.io/a", "none")
    assert move._replace(repositories=("b", "d/e")).covers(reference) is only
    assert move._replace(except_repositories=("b", "d/e")).covers(reference) is but_for


@pytest.mark.parametrize(
    ("move", "text"),
    [
        (Move.parse("quay.io/a", "none"), "quay.io/a → none"),
        (Move.parse("quay.io", "ghcr.io/b"), "quay.io → ghcr.io/b"),
        (Move(Upstream("a.io"), None, State.GONE), "a.io → none (gone)"),
        (Move(Upstream("a.io"), None, State.FROZEN, "2023"), "a.io → none (frozen as of 2023)"),
        (
            Move(Upstream("a.io"), None, State.LOGIN, "2023"),
            "a.io → none (login required as of 2023)",
        ),
        (Move(Upstream("a.io"), None, since="2023"), "a.io → none"),
    ],
)
def test_text(move: Move, text: str) -> None:
    assert str(move) == text


def test_texts_about_tags() -> None:
    move = Move.parse("quay.io", "none")
    assert move.which_tags == ""
    assert move._replace(except_tags=LATEST[:1]).which_tags == "except the tag latest"
    assert move._replace(tags=LATEST).which_tags == "only the tags latest, dev-*"


@pytest.mark.parametrize("text", ["2023", "2023-04", "2023-04-03"])
def test_since(text: str) -> None:
    assert parse_since(text) == text


@pytest.mark.parametrize("text", ["", "23", "2023-4", "2023-04-03 ", "April 2023", "\u0662023"])
def test_no_since(text: str) -> None:
    with pytest.raises(InvalidPattern, match="write one such as 2023-04-03"):
        parse_since(text)


@pytest.mark.parametrize("text", ["", "http://a.io", "https://", "a.io", "https://a b"])
def test_no_source(text: str) -> None:
    assert parse_source("https://a.io/b?c#d") == "https://a.io/b?c#d"
    with pytest.raises(InvalidPattern, match="starts with https://"):
        parse_source(text)


def test_repositories() -> None:
    assert parse_repositories(["a", "b/c"]) == ("a", "b/c")
    with pytest.raises(InvalidPattern, match="A is no repository"):
        parse_repositories(["a", "A"])


def test_words_for_differences() -> None:
    """They are what a policy writes."""
    assert [one.value for one in Difference] == ["names", "tags", "digests"]
    assert [one.value for one in State] == ["gone", "frozen", "moved", "login"]
