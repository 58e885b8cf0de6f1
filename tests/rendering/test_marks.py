"""Which values make which part of an image, with functions in place of Helm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from imagelint.rendering.marks import (
    Leaf,
    Source,
    candidates,
    empty_ones,
    leaves,
    overlay,
    permission,
    trace,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Values = dict[str, Any]


def merged(values: Mapping[str, Any], over: Mapping[str, Any]) -> Values:
    made = dict(values)
    for key, value in over.items():
        old = made.get(key)
        both = isinstance(value, dict) and isinstance(old, dict)
        made[key] = merged(old or {}, value) if both else value
    return made


def traced(
    values: Values, render: Callable[[Values], list[str] | None], most: int = 9
) -> list[list[tuple[str, str, str]]]:
    """Trace the images of a rendering; return the last key, before and after."""
    images = render(values)
    assert images is not None
    marked = candidates(leaves(values), images)
    found = trace(images, values, marked, lambda over: render(merged(values, over)), most)
    return [[(str(one.leaf.path[-1]), one.before, one.after) for one in some] for some in found]


def test_parts_are_told_from_each_other() -> None:
    values = {"i": {"registry": "docker.io", "repository": "a/b", "tag": "1"}, "other": "docker"}

    def render(v: Values) -> list[str]:
        return [f"{v['i']['registry']}/{v['i']['repository']}:{v['i']['tag']}"]

    assert traced(values, render) == [
        [("registry", "", "/a/b:1"), ("repository", "docker.io/", ":1")]
    ]


def test_a_value_that_decides_is_no_source() -> None:
    """``mode`` occurs in the image, but it is not what is written there."""
    values = {"mode": "full", "image": "a/full"}

    def render(v: Values) -> list[str] | None:
        return [v["image"]] if v["mode"] == "full" else ["a/none"]

    assert traced(values, render) == [[("image", "", "")]]


def test_values_that_break_the_rendering_are_left_out() -> None:
    values = {"a": "x", "image": {"repository": "x/y"}, "b": "y"}

    def render(v: Values) -> list[str] | None:
        return None if v["a"] != "x" else [v["image"]["repository"] + ":1"]

    assert traced(values, render) == [[("repository", "", ":1")]]


def test_what_decides_is_not_searched_if_every_image_has_a_source() -> None:
    values = {"image": "a/b", "mode": "b", "more": "b", "even": "b"}
    calls = []

    def render(v: Values) -> list[str] | None:
        calls.append(v)
        return [v["image"]] if v["mode"] == "b" else None

    assert traced(values, render) == [[("image", "", "")]]
    assert len(calls) == 1 + 3


def test_experiments_are_counted() -> None:
    values = {f"k{number}": "a" for number in range(50)}
    calls = []

    def render(v: Values) -> list[str] | None:
        calls.append(v)
        return ["a"] if v == values else None

    assert traced(values, render, most=5) == [[]]
    assert len(calls) == 1 + 5


def test_a_value_that_is_cut_is_no_source() -> None:
    values = {"repository": "abcdef"}
    assert traced(values, lambda v: [v["repository"][:6]]) == [[]]


def test_the_head_of_a_template_is_a_source() -> None:
    values = {"image": "quay.io/a/{{ .Chart.Name }}:1"}

    def render(v: Values) -> list[str]:
        return [v["image"].replace("{{ .Chart.Name }}", "shop")]

    assert traced(values, render) == [[("image", "", "shop:1")]]


def test_an_empty_value_that_is_a_default_elsewhere() -> None:
    values = {"i": {"registry": None, "repository": "a"}, "global": {"registry": ""}}

    def render(v: Values) -> list[str]:
        return [f"{v['i']['registry'] or 'docker.io'}/{v['i']['repository']}"]

    own, everywhere = empty_ones(leaves(values))
    assert [leaf.path for leaf in own] == [("i", "registry")]
    assert [leaf.path for leaf in everywhere] == [("global", "registry")]
    found = trace(render(values), values, own, lambda over: render(merged(values, over)), 1)
    assert found == [(Source(Leaf(("i", "registry"), ""), "", "/a"),)]


@pytest.mark.parametrize(
    ("value", "image", "is_one"),
    [
        ("docker.io", "docker.io/a:1", True),
        ("docker.io/", "docker.io/a:1", True),
        ("a/b:1", "a/b:1", True),
        ("1.25", "nginx:1.25", False),
        ("gin", "nginx:1", False),
        ("nginx-base", "x/nginx-base-alpine", True),
        ("{{ .Values.x }}/nginx", "nginx", False),
        ("", "nginx", False),
    ],
)
def test_what_is_marked(value: str, image: str, is_one: bool) -> None:
    leaf = Leaf(("a",), value)
    assert candidates([leaf], [image]) == ([leaf] if is_one else [])


def test_an_overlay_restates_lists() -> None:
    values: Values = {"a": {"b": [{"c": "1", "d": ["x", "y"]}, "2"], "e": "3"}}
    changes = [(("a", "b", 0, "d", 1), "z"), (("a", "b", 1), "q")]
    assert overlay(values, changes) == {"a": {"b": [{"c": "1", "d": ["x", "z"]}, "q"]}}
    assert values["a"]["b"][1] == "2"
    assert overlay({}, [(("g", "s"), True)]) == {"g": {"s": True}}


def test_what_bitnami_asks_for() -> None:
    path = ("global", "security", "allowInsecureImages")
    assert permission({"global": {"security": {"allowInsecureImages": False}}}) == [(path, True)]
    inner = {"global": {"security": {"allowInsecureImages": False}}}
    assert permission({"a": {"redis": inner}}) == [(path, True)]
    assert permission({"global": {"security": None}, "a": [inner]}) == []
