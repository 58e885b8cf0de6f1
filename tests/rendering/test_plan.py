"""Which values change, so that all images that they make become what is wanted."""

from __future__ import annotations

import pytest

from imagelint.rendering.marks import Leaf, Source
from imagelint.rendering.plan import Goal, dotted, plan

REGISTRY, REPOSITORY = ("image", "registry"), ("image", "repository")
GLOBAL = ("global", "imageRegistry")


def source(path: tuple[str | int, ...], value: str, before: str = "", after: str = "") -> Source:
    return Source(Leaf(path, value), before, after)


def goal(image: str, wanted: str | None, *sources: Source) -> Goal:
    return Goal(image, wanted, sources)


def test_the_value_that_begins_the_image_changes() -> None:
    made = goal(
        "docker.io/a:1",
        "h.io/hub/a:1",
        source(REGISTRY, "docker.io", "", "/a:1"),
        source(REPOSITORY, "a", "docker.io/", ":1"),
    )
    assert plan([made]).values == {REGISTRY: "h.io/hub"}


def test_an_empty_registry_is_set_where_no_other_value_helps() -> None:
    repository = source(REPOSITORY, "a", "docker.io/", ":1")
    made = goal("docker.io/a:1", "h.io/hub/a:1", repository, source(REGISTRY, "", "", "/a:1"))
    assert plan([made]).values == {REGISTRY: "h.io/hub"}
    found = plan([goal("docker.io/a:1", "h.io/hub/a:1", repository)])
    assert not found.values
    assert found.refused == {0: "image.repository: no text there makes it h.io/hub/a:1"}


def test_a_global_registry_is_not_set_if_images_want_different_ones() -> None:
    goals = [
        goal("a:1", "h.io/hub/a:1", source(GLOBAL, "", "", "/a:1")),
        goal("quay.io/b:1", "h.io/quay/b:1", source(GLOBAL, "", "", "/b:1")),
    ]
    found = plan(goals)
    assert not found.values
    assert found.refused[0] == (
        "global.imageRegistry also makes quay.io/b:1, which needs another value"
    )
    assert plan(goals[:1]).values == {GLOBAL: "h.io/hub"}


def test_a_value_that_also_makes_an_allowed_image_stays() -> None:
    goals = [
        goal("quay.io/a", "h.io/quay/a", source(REGISTRY, "quay.io", "", "/a")),
        goal("quay.io/b", None, source(REGISTRY, "quay.io", "", "/b")),
    ]
    assert plan(goals).refused == {
        0: "image.registry also makes quay.io/b, which needs another value"
    }


def test_no_image_is_changed_twice() -> None:
    goals = [
        goal("a/x", "h.io/a/x", source(REGISTRY, "a", "", "/x")),
        goal(
            "a/x",
            "h.io/a/x",
            source(REGISTRY, "a", "", "/x"),
            source(REPOSITORY, "a/x", "", ""),
        ),
        goal("a/x", "h.io/a/x", source(REPOSITORY, "a/x", "", "")),
    ]
    found = plan(goals)
    assert found.values == {REGISTRY: "h.io/a"}
    assert found.made == {0: REGISTRY, 1: REGISTRY}
    assert set(found.refused) == {2}


def test_the_template_in_a_value_stays() -> None:
    made = goal("quay.io/a:7", "h.io/quay/a:7", source(REPOSITORY, "quay.io/a:{{ .x }}", "", "7"))
    assert plan([made]).values == {REPOSITORY: "h.io/quay/a:{{ .x }}"}


def test_an_image_without_sources() -> None:
    assert plan([goal("a", "h.io/a"), goal("b", None)]).refused == {0: "no value makes it"}


@pytest.mark.parametrize(
    ("path", "text"),
    [(("a", "b"), "a.b"), (("a", 0, "b c"), 'a[0]."b c"'), (("a.b",), "a.b")],
)
def test_paths_are_shown(path: tuple[str | int, ...], text: str) -> None:
    assert dotted(path) == text
