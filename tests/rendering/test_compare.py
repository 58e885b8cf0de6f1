"""What may differ between two renderings, and what may not."""

from __future__ import annotations

import base64

import pytest

from imagelint.rendering.compare import compare

REPLACED = {"quay.io/a:1": "h.io/quay/a:1", "quay.io": "h.io/quay"}
SUM = "checksum/config: 0123456789abcdef0123456789abcdef"
OTHER_SUM = "checksum/config: fedcba9876543210fedcba9876543210"


def encoded(text: str) -> str:
    return "  key: " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("image: quay.io/a:1", "image: h.io/quay/a:1", "images"),
        ("image: quay.io/a:1", "image: h.io/quay/b:1", "other"),
        ("image: quay.io/a:1", "image: evil.io/quay/a:1", "other"),
    ],
)
def test_the_line_of_an_image(before: str, after: str, kind: str) -> None:
    found = compare(before, after, REPLACED, {0})
    assert getattr(found, kind) == (0,)
    assert found.is_fine == (kind != "other")


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("value: quay.io", "value: h.io/quay", "copies"),
        ("args: quay.io/a:1 quay.io/a:1", "args: h.io/quay/a:1 h.io/quay/a:1", "copies"),
        ("args: quay.io/a:1 quay.io", "args: h.io/quay/a:1 quay.io", "copies"),
        (encoded("at quay.io/a:1"), encoded("at h.io/quay/a:1"), "copies"),
        (encoded("at quay.io/a:1"), encoded("at evil.io/a:1!!"), "other"),
        (SUM, OTHER_SUM, "hashes"),
        (SUM, OTHER_SUM + "0", "other"),
        (SUM, "checksum/other: 0123456789abcdef0123456789abcdef", "other"),
        ("replicas: 1", "replicas: 2", "other"),
    ],
)
def test_other_lines(before: str, after: str, kind: str) -> None:
    found = compare(f"a\n{before}\nb", f"a\n{after}\nb", REPLACED, {0})
    assert getattr(found, kind) == (1,)
    assert found.is_fine == (kind != "other")


def test_equal_renderings() -> None:
    assert compare("a\nb", "a\nb", REPLACED, {0}).is_fine


def test_new_lines_are_not_fine() -> None:
    assert not compare("a", "a\nb", REPLACED, {0}).is_fine
    assert not compare("a", "b", REPLACED, {0}, again="a\nb").is_fine


def test_what_is_random_may_differ() -> None:
    assert not compare("password: xyz", "password: abc", REPLACED, ()).is_fine
    found = compare("password: xyz", "password: abc", REPLACED, (), again="password: qqq")
    assert found.random == (0,)
    assert found.is_fine
