"""The proof of a fix, in short: which lines may differ, and how, if only scalars are edited."""

from __future__ import annotations

import pytest

from imagelint.verify import _differ_in_values

TEXT = "a: b  # c\nimage: nginx\nq: 'x'\n- d: \"y\"\n- z\n"


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
    assert _differ_in_values(TEXT, TEXT.replace(old, new))


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
    assert not _differ_in_values(TEXT, TEXT.replace(old, new))
    assert not _differ_in_values(TEXT.replace(old, new), TEXT)


def test_a_block_scalar_has_no_lines_of_its_own() -> None:
    text = "a: |\n  image: b\n"
    assert not _differ_in_values(text, text.replace("b\n", "c\n"))
