"""Tables for the checks that are there for the rules of a policy."""

from __future__ import annotations

import pytest

from imagelint.patterns.globs import NamePattern
from imagelint.patterns.images import RegistryPattern
from imagelint.rules.checks.references import ForbiddenImage, RequiredTag
from tests.support.subjects import DIGEST, messages, subject

BITNAMI = (RegistryPattern.parse("docker.io/bitnami/**"),)
TEAM = (RegistryPattern.parse("h.co/team/**"),)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("bitnami/redis:7", "bitnami/redis:7 is forbidden (by docker.io/bitnami/**)"),
        ("docker.io/bitnami/a/b", "docker.io/bitnami/a/b is forbidden (by docker.io/bitnami/**)"),
        ("bitnami", None),
        ("quay.io/bitnami/redis", None),
        ("h.co/docker.io/bitnami/redis", None),
        ("a..b", None),
        (None, None),
    ],
)
def test_forbidden_image(image: str | None, message: str | None) -> None:
    """A pattern is parsed: the same words elsewhere are another image."""
    found = messages(ForbiddenImage(BITNAMI), subject(image))
    assert found == ([] if message is None else [message])


def test_forbidden_image_says_what_the_rule_says() -> None:
    """Once, however many patterns fit."""
    check = ForbiddenImage((*BITNAMI, *BITNAMI), "use ours")
    assert messages(check, subject("bitnami/redis")) == ["bitnami/redis: use ours"]


@pytest.mark.parametrize(
    ("tag", "is_right"),
    [
        (":1.2.3", True),
        (":v1.2.3", True),
        (":1.2.3-rc.1", True),
        (":0.0.0-0a.--", True),
        (":prod-7", True),
        (":1.2", False),
        (":01.2.3", False),
        (":1.2.3-01", False),
        (":1.2.3-", False),
        (":V1.2.3", False),
        (":prod", False),
        ("", False),
        (f"@{DIGEST}", False),
        (f":1.2.3@{DIGEST}", True),
    ],
)
def test_required_tag(tag: str, *, is_right: bool) -> None:
    """A semantic version or what fits a pattern; a digest is no version."""
    check = RequiredTag(TEAM, (NamePattern.parse("prod-*"),), semver=True)
    assert (messages(check, subject(f"h.co/team/app{tag}")) == []) is is_right
    assert messages(check, subject(f"h.co/other/app{tag}")) == []
    assert messages(check, subject(f"h.co/team/app{tag}", has_separate_tag=True)) == []


@pytest.mark.parametrize(
    ("check", "image", "message"),
    [
        (
            RequiredTag(tags=(NamePattern.parse("v*"),), semver=True),
            "nginx:1",
            "nginx:1 has the tag 1; write one that matches: v*, a semantic version",
        ),
        (RequiredTag(semver=True, message="ask us"), "nginx", "nginx has no tag; ask us"),
    ],
)
def test_what_required_tag_says(check: RequiredTag, image: str, message: str) -> None:
    """What is there, and what to write."""
    assert messages(check, subject(image)) == [message]
