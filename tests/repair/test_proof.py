"""The proof of a fix, in short: which lines may differ, and how, if only scalars are edited."""

from __future__ import annotations

import pytest

from imagelint.repair.proof import _differ_in_values

TEXT = "a: b  # c\nimage: nginx\nq: 'x'\n- d: \"y\"\n- z\n"


def everything(_start: int, _end: int) -> bool:
    """Take all for edited."""
    return True


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("image: nginx", "image: h.co/nginx"),
        ("image: nginx", "image: a:5000/b@c"),
        ("a: b  # c", "a: bb  # c"),
        ("q: 'x'", "q: 'h.co/x'"),
        ('- d: "y"', '- d: "h.co/y"'),
        ("- z", "- h.co/z"),
        ("image: nginx", "image: nginx"),
    ],
)
def test_a_scalar_is_another(old: str, new: str) -> None:
    assert _differ_in_values(TEXT, TEXT.replace(old, new), everything)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("image: nginx", "image:  nginx"),
        ("image: nginx", " image: nginx"),
        ("image: nginx", "Image: nginx"),
        ("image: nginx", "image: 'nginx'"),
        ("image: nginx", "image: nginx "),
        ("image: nginx", "image: nginx # c"),
        ("image: nginx", "image: [nginx]"),
        ("image: nginx", "image: .inf"),
        ("image: nginx", "image:"),
        ("image: nginx", "image: nginx: a"),
        ("image: nginx", "image: &a nginx"),
        ("image: nginx", "image: >-"),
        ("image: nginx", "image: nginx\nb: c"),
        ("a: b  # c", "a: b  # d"),
        ("q: 'x'", 'q: "x"'),
        ("- z", "-  z"),
        ("- z", "-- z"),
        ("- z\n", "- z"),
        ("image: nginx\n", ""),
    ],
)
def test_more_is_other(old: str, new: str) -> None:
    assert not _differ_in_values(TEXT, TEXT.replace(old, new), everything)
    assert not _differ_in_values(TEXT.replace(old, new), TEXT, everything)


@pytest.mark.parametrize(("start", "end"), [(17, 22), (18, 22), (17, 23), (0, 3)])
def test_a_scalar_that_is_another_is_one_that_was_edited(start: int, end: int) -> None:
    assert _differ_in_values(
        TEXT, TEXT.replace("nginx", "redis"), lambda *place: place == (start, end)
    ) is ((start, end) == (17, 22))


@pytest.mark.parametrize("text", ["a: |\n  image: b\n", "image: b\nc: >-\n  d\n"])
def test_block_scalars_may_stand_around(text: str) -> None:
    new = text.replace("image: b", "image: h.co/b")
    assert _differ_in_values(text, new, everything)
    assert not _differ_in_values(text, new, lambda *_: False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a: |\n  b\n", "a: |-\n  b\n"),
        ("a: |\n  b\n", "a: >\n  b\n"),
        ("a: |\n  b\n", "a: |\n   b\n"),
        ("a: |\n  image: b\n", "a: |\n   image: b\n"),
        ("a: |\n  image: b\n", "a: |\n image: b\n"),
        ("a: |\n  b c\n", "a: |\n  b d\n"),
    ],
)
def test_a_block_scalar_is_the_same(old: str, new: str) -> None:
    assert not _differ_in_values(old, new, everything)
