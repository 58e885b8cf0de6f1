"""What has to change beside images so that kustomizations build what they built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from imagelint.repository.rename_model import (
    Build,
    Entry,
    Exact,
    Image,
    Override,
    Plan,
    Repository,
)
from imagelint.repository.renames import plan_renames
from tests.repository.rename_law import broken, built

if TYPE_CHECKING:
    from collections.abc import Hashable

HARBOR = "harbor.myco.com/docker.io/"
DIGEST = "sha256:" + "b" * 64


def moved(text: str, key: Hashable = None, *, to: str = HARBOR, is_selected: bool = True) -> Image:
    return Image(text, to + text, text if key is None else key, is_selected)


def stays(text: str, *, is_selected: bool = True) -> Image:
    return Image(text, text, ("stays", text), is_selected)


def planned(repository: Repository) -> Plan:
    """Return the plan, which has to keep the law."""
    plan = plan_renames(repository)
    assert broken(repository, plan) == []
    return plan


def on_base(*images: Image, entries: tuple[Entry, ...], is_whole: bool = True) -> Repository:
    """Return a base with images, and an overlay with entries."""
    base = Build(files=(0,), is_whole=is_whole)
    overlay = Build(builds=(0,), entries=tuple(range(len(entries))))
    return Repository((images,), entries, (), (base, overlay))


@pytest.mark.parametrize(
    ("image", "entry", "out"),
    [
        ("nginx:1.25", Entry("nginx", new_tag="1.26"), "nginx:1.26"),
        ("nginx:1.25", Entry("nginx", digest=DIGEST), f"nginx@{DIGEST}"),
        ("nginx:1.25", Entry("nginx", new_tag="1.26", digest=DIGEST), f"nginx:1.26@{DIGEST}"),
        ("nginx", Entry("nginx", tag_suffix="-slim"), "nginx:-slim"),
        (f"nginx:1@{DIGEST}", Entry("nginx", tag_suffix="-slim"), "nginx:1-slim"),
        ("quay.io/a/b:1", Entry("quay.io/a/b", new_tag="2"), "quay.io/a/b:2"),
    ],
)
def test_an_entry_follows_the_image_that_it_selects(image: str, entry: Entry, out: str) -> None:
    repository = on_base(moved(image), entries=(entry,))
    plan = planned(repository)
    assert plan == Plan({0: (HARBOR + entry.name,)}, {}, {})
    assert built(repository, plan, 1) == [(out, HARBOR + out)]


def test_nothing_moves_nothing_changes() -> None:
    repository = on_base(stays("nginx:1"), entries=(Entry("nginx", new_tag="2"),))
    assert planned(repository) == Plan({}, {}, {})


def test_what_selects_nothing_keeps_its_name() -> None:
    entries = (Entry("redis", new_tag="2"), Entry("ngin", new_tag="2"), Entry("", new_tag="3"))
    assert planned(on_base(moved("nginx:1"), entries=entries)) == Plan({}, {}, {})


def test_a_new_name_that_moves_is_the_next_ones_name() -> None:
    first = Entry("a", Image("quay.io/a/app", "h/quay.io/a/app", "n"), "v1")
    repository = on_base(stays("a:0"), entries=(first, Entry("quay.io/a/app", new_tag="v2")))
    plan = planned(repository)
    assert plan == Plan({1: ("h/quay.io/a/app",)}, {}, {})
    assert built(repository, plan, 1) == [("quay.io/a/app:v2", "h/quay.io/a/app:v2")]


def test_a_new_name_that_is_no_edit_hides_what_moved_before() -> None:
    first = Entry("a", stays("b"), "v1")
    plan = planned(on_base(moved("a:0"), entries=(first, Entry("b", new_tag="v2"))))
    assert plan == Plan({0: (HARBOR + "a",)}, {}, {})


def test_a_redirection_to_where_the_image_moves_is_left_alone() -> None:
    entry = Entry("nginx", stays(HARBOR + "nginx"))
    assert planned(on_base(moved("nginx:1"), entries=(entry,))) == Plan({}, {}, {})


def test_an_entry_that_sets_the_same_tag_is_renamed_all_the_same() -> None:
    entry = Entry("nginx", new_tag="1.25")
    assert planned(on_base(moved("nginx:1.25"), entries=(entry,))).names == {0: (HARBOR + "nginx",)}


def test_it_keeps_its_name_where_the_new_one_would_select_more() -> None:
    entry = Entry("nginx", new_tag="1.25")
    images = moved("nginx:1.25"), stays(HARBOR + "nginx:1.24")
    assert planned(on_base(*images, entries=(entry,))) == Plan({}, {}, {})


def test_images_that_stay_keep_the_entry_and_moved_ones_get_a_copy() -> None:
    images = moved("nginx:1"), stays("nginx:2")
    plan = planned(on_base(*images, entries=(Entry("nginx", new_tag="3"),)))
    assert plan == Plan({0: ("nginx", HARBOR + "nginx")}, {}, {})


def test_a_suffix_that_would_be_added_twice() -> None:
    """Kustomize comes by a container twice, so what still has the name gets the suffix twice."""
    entry = Entry("nginx", stays(HARBOR + "nginx"), tag_suffix="-x", place="k:1")
    plan = planned(on_base(moved("nginx:1"), entries=(entry,)))
    assert plan == Plan({}, {}, {"nginx:1": "k:1 replaces nginx"})


def test_images_that_move_apart_get_a_copy_each() -> None:
    images = moved("nginx:1", "a"), moved("nginx:2", "b", to="other.io/")
    plan = planned(on_base(*images, entries=(Entry("nginx", new_tag="3"),)))
    assert plan.names == {0: (HARBOR + "nginx", "other.io/nginx")}


def test_what_cannot_be_read_may_need_the_old_name() -> None:
    repository = on_base(moved("nginx:1"), entries=(Entry("nginx", new_tag="2"),), is_whole=False)
    assert planned(repository).names == {0: ("nginx", HARBOR + "nginx")}


@pytest.mark.parametrize(
    ("can_rename", "can_add", "names"),
    [
        (True, False, (HARBOR + "nginx",)),
        (False, True, ("nginx", HARBOR + "nginx")),
        (False, False, None),
    ],
)
def test_not_every_entry_can_be_edited(
    can_rename: bool, can_add: bool, names: tuple[str, ...] | None
) -> None:
    entry = Entry("nginx", None, "", DIGEST, "", "prod/kustomization.yaml:7", can_rename, can_add)
    plan = planned(on_base(moved("nginx:1"), entries=(entry,)))
    if names is not None:
        assert plan == Plan({0: names}, {}, {})
    else:
        reason = "prod/kustomization.yaml:7 pins nginx by digest"
        assert plan == Plan({}, {}, {"nginx:1": reason})


def test_an_entry_that_slept_is_not_woken() -> None:
    entry = Entry(HARBOR + "nginx", new_tag="2", place="k:1")
    plan = planned(on_base(moved("nginx:1"), entries=(entry,)))
    assert plan.refused == {"nginx:1": f"k:1 sets the tag of {HARBOR}nginx"}


def test_a_renamed_entry_must_not_select_others() -> None:
    images = moved("nginx:1"), stays(HARBOR + "nginx:2"), moved("redis:1")
    plan = planned(on_base(*images, entries=(Entry("nginx", new_tag="3", place="k:1"),)))
    assert plan == Plan({}, {}, {"nginx:1": "k:1 sets the tag of nginx"})


def test_a_fix_that_was_broken_off_is_completed() -> None:
    entries = (Entry("nginx", digest=DIGEST), Entry(HARBOR + "nginx", digest=DIGEST))
    assert planned(on_base(moved("nginx:1"), entries=entries)) == Plan({}, {}, {})


@pytest.mark.parametrize(
    ("name", "image", "new_name"),
    [
        ("nginx.x", "nginxax:1", HARBOR + "nginx.x"),
        ("n.i.x", "nginx:1", HARBOR + "n.i.x"),
        ("nginx:1.25", "nginx:1.25", HARBOR + "nginx:1.25"),
        ("nginx:1.25", "nginx:1.25:6", HARBOR + "nginx:1.25"),
        ("nginx@sha256", "nginx@sha256:0a", HARBOR + "nginx@sha256"),
    ],
)
def test_names_are_patterns(name: str, image: str, new_name: str) -> None:
    plan = planned(on_base(moved(image), entries=(Entry(name, new_tag="9"),)))
    assert plan.names == {0: (new_name,)}


@pytest.mark.parametrize("registry", ["index.docker.io", "localhost:5000"])
def test_a_prefix_may_be_replaced(registry: str) -> None:
    image = Image(f"{registry}/a.b:1", HARBOR + "a.b:1", "a")
    plan = planned(on_base(image, entries=(Entry(f"{registry}/a.b", new_tag="9"),)))
    assert plan.names == {0: (HARBOR + "a.b",)}


@pytest.mark.parametrize("name", [".*", "ngin[x]", "nginx$", "(nginx|redis)", "n g", "${IMAGE}"])
def test_what_a_real_pattern_reaches_is_refused(name: str) -> None:
    images = moved("nginx:1"), moved("redis:1", is_selected=False)
    repository = on_base(*images, entries=(Entry(name, new_tag="2", place="k:1"),))
    reason = f"k:1 selects images by the pattern {name}"
    assert plan_renames(repository) == Plan({}, {}, {"nginx:1": reason})


def test_what_a_pattern_makes_of_images_may_need_a_name_further_up() -> None:
    """The pattern's images stay, and some of them may be called b by then."""
    entries = (Entry("a|x", stays("b"), place="k:1"), Entry("b", new_tag="2"))
    files = ((moved("a:1"),), (moved("b:1"),))
    builds = (Build((0,), entries=(0,)), Build((1,), builds=(0,), entries=(1,)))
    plan = planned(Repository(files, entries, (), builds))
    reason = "k:1 selects images by the pattern a|x"
    assert plan == Plan({1: ("b", HARBOR + "b")}, {}, {"a:1": reason})


def test_what_a_pattern_makes_of_images_must_not_be_selected_anew() -> None:
    entries = (Entry("a|x", stays(HARBOR + "b")), Entry("b", new_tag="2", place="k:2"))
    files = ((stays("a:1"),), (moved("b:1"),))
    builds = (Build((0,), entries=(0,)), Build((1,), builds=(0,), entries=(1,)))
    plan = planned(Repository(files, entries, (), builds))
    assert plan == Plan({}, {}, {"b:1": "k:2 sets the tag of b"})


def test_a_danger_reaches_all_images_of_whoever_takes_the_component() -> None:
    images = ((moved("nginx:1", is_selected=False),), (moved("redis:1"),))
    builds = (Build(dangers=("x says so",)), Build((0,), components=(0,)), Build(files=(1,)))
    plan = planned(Repository(images, (), (), builds))
    assert plan == Plan({}, {}, {"nginx:1": "x says so"})


def test_what_would_be_read_with_another_tag_is_refused() -> None:
    image = Image("nginx", "h/nginx:latest", "a")
    assert planned(on_base(image, entries=())).refused == {
        "a": "kustomize would read another tag in it"
    }


def test_fields_that_entries_do_not_work_on_are_free() -> None:
    image = moved("nginx:1", is_selected=False)
    assert planned(on_base(image, entries=(Entry("nginx", new_tag="2"),))) == Plan({}, {}, {})


def test_two_overlays_on_one_base() -> None:
    entries = (Entry("nginx", new_tag="2"), Entry("nginx", digest=DIGEST))
    builds = (Build((0,)), Build(builds=(0,), entries=(0,)), Build(builds=(0,), entries=(1,)))
    plan = planned(Repository(((moved("nginx:1"),),), entries, (), builds))
    assert plan.names == {0: (HARBOR + "nginx",), 1: (HARBOR + "nginx",)}


def test_an_overlay_that_cannot_follow_keeps_the_base_from_moving() -> None:
    frozen = Entry("nginx", digest=DIGEST, place="o:1", can_rename=False, can_add=False)
    builds = (Build((0,)), Build(builds=(0,), entries=(0,)), Build(builds=(0,), entries=(1,)))
    repository = Repository(
        ((moved("nginx:1"), moved("redis:1")),), (Entry("nginx", new_tag="2"), frozen), (), builds
    )
    assert planned(repository) == Plan({}, {}, {"nginx:1": "o:1 pins nginx by digest"})


def test_a_refusal_may_lead_to_the_next_one() -> None:
    """The second new name cannot follow, so the first one must not, and the image neither."""
    first = Entry("a", Image("b", "h/b", "b"), place="k:1", can_rename=False, can_add=False)
    second = Entry("b", Image("c", "h/c", "c"), place="k:2", can_rename=False, can_add=False)
    frozen = Entry("c", new_tag="2", place="k:3", can_rename=False, can_add=False)
    plan = planned(on_base(moved("a:1"), entries=(first, second, frozen)))
    assert plan.refused == {
        "a:1": "k:1 replaces a",
        "b": "k:2 replaces b",
        "c": "k:3 sets the tag of c",
    }


def test_an_overlay_of_which_only_the_new_name_moves() -> None:
    entry = Entry("nginx", Image("quay.io/n", "h/quay.io/n", "n"))
    builds = (Build((0,)), Build(builds=(0,), entries=(0,)), Build(builds=(0,)))
    repository = Repository(((stays("nginx:1"),),), (entry,), (), builds)
    assert planned(repository) == Plan({}, {}, {})


def test_a_component_works_on_what_its_takers_have() -> None:
    entries = (Entry("nginx", new_tag="2"),)
    builds = (
        Build(entries=(0,)),
        Build(files=(0,), components=(0,)),
        Build(files=(1,), components=(0,)),
    )
    files = ((moved("nginx:1"),), (stays("nginx:1"),))
    plan = planned(Repository(files, entries, (), builds))
    assert plan.names == {0: ("nginx", HARBOR + "nginx")}


def test_components_work_one_behind_the_other_and_in_each_other() -> None:
    entries = (Entry("a", stays("b")), Entry("b", stays("c")), Entry("c", new_tag="9"))
    builds = (
        Build(entries=(2,)),
        Build(entries=(1,), components=()),
        Build(entries=(0,)),
        Build(files=(0,), components=(2, 1, 0)),
        Build(files=(0,), components=(0, 1, 2)),
    )
    repository = Repository(((moved("a:1"),),), entries, (), builds)
    plan = planned(repository)
    assert plan.names == {0: (HARBOR + "a",)}
    assert built(repository, plan, 3) == [("c:9", "c:9")]
    assert built(repository, plan, 4) == [("b:1", "b:1")]


def test_images_of_patches_come_in_before_the_entries_of_their_kustomization() -> None:
    entries = (Entry("nginx", new_tag="2"), Entry("nginx", new_tag="3"))
    builds = (Build(entries=(0,)), Build(builds=(0,), patches=(0,), entries=(1,)))
    plan = planned(Repository(((moved("nginx:1"),),), entries, (), builds))
    assert plan.names == {1: (HARBOR + "nginx",)}


class TestObjectsOnTop:
    """Flux and Argo CD change the list of entries of the kustomization at their path."""

    ENTRIES = (Entry("b", new_tag="1"), Entry("a", stays("b")), Entry("a", stays("c"), "3"))

    def build(self, override: Override) -> Repository:
        base = Build(files=(0,), entries=(1, 0))
        on_top = base._replace(overrides=(2,), override=override)
        return Repository(((moved("a:9"),),), self.ENTRIES, (), (base, on_top))

    @pytest.mark.parametrize("override", Override)
    def test_an_entry_takes_the_place_of_its_namesake(self, override: Override) -> None:
        repository = self.build(override)
        plan = planned(repository)
        assert plan.names == {1: (HARBOR + "a",), 2: (HARBOR + "a",)}
        assert built(repository, plan, 1) == [("c:3", "c:3")]

    def test_argo_sorts_by_name(self) -> None:
        base = Build(files=(0,), entries=(0, 1))
        builds = (base, base._replace(overrides=(2,), override=Override.ARGO))
        entries = (Entry("b", new_tag="1"), Entry("a", stays("b")), Entry("x", new_tag="2"))
        repository = Repository(((stays("a:9"),),), entries, (), builds)
        assert built(repository, planned(repository), 0) == [("b:9", "b:9")]
        assert built(repository, planned(repository), 1) == [("b:1", "b:1")]

    def test_a_frozen_entry_stands_for_what_others_replace(self) -> None:
        """Skaffold puts the image that it has built where its name stands."""
        artifact = Entry("my-app", new_tag="x", place="skaffold.yaml:4", can_rename=False)
        artifact = artifact._replace(can_add=False)
        builds = (Build((0,)), Build(builds=(0,), entries=(0,)))
        plan = planned(Repository(((moved("my-app"),),), (artifact,), (), builds))
        assert plan.refused == {"my-app": "skaffold.yaml:4 sets the tag of my-app"}


class TestExactTexts:
    """A ``test`` of JSON 6902, and an item of a list that is named by its image."""

    @pytest.mark.parametrize("is_selected", [True, False])
    def test_it_follows_the_image(self, is_selected: bool) -> None:
        image = moved("nginx:1", is_selected=is_selected)
        repository = Repository(((image,),), (), (Exact("nginx:1"),), (Build((0,), exacts=(0,)),))
        assert planned(repository) == Plan({}, {0: HARBOR + "nginx:1"}, {})

    @pytest.mark.parametrize(
        ("exact", "build", "others"),
        [
            (Exact("nginx:1", "k:3", can_rename=False), Build((0,), exacts=(0,)), ()),
            (Exact("nginx:1", "k:3"), Build((0,), exacts=(0,), is_whole=False), ()),
            (Exact("nginx:1", "k:3"), Build((0,), exacts=(0,)), (stays("nginx:1"),)),
        ],
    )
    def test_else_the_image_stays(
        self, exact: Exact, build: Build, others: tuple[Image, ...]
    ) -> None:
        files = ((moved("nginx:1"), *others),)
        plan = planned(Repository(files, (), (exact,), (build,)))
        assert plan == Plan({}, {}, {"nginx:1": "k:3 compares an image with nginx:1"})

    def test_it_is_compared_before_or_behind_the_entries(self) -> None:
        exacts = (Exact("nginx:1"), Exact("nginx:2", is_late=True), Exact("nginx:1", is_late=True))
        build = Build((0,), exacts=(0, 1, 2), entries=(0,))
        files = ((moved("nginx:1"),),)
        plan = planned(Repository(files, (Entry("nginx", new_tag="2"),), exacts, (build,)))
        assert plan.texts == {0: HARBOR + "nginx:1", 1: HARBOR + "nginx:2"}


def test_what_one_overlay_makes_of_a_base_is_nothing_to_others() -> None:
    """The images of a base are held once, whoever works on them."""
    entries = (Entry("a", stays("z")), Entry("a", new_tag="9"))
    builds = (
        Build(files=(0, 1)),
        Build(builds=(0,), entries=(0,)),
        Build(builds=(0,)),
        Build(builds=(2, 1), entries=(1,)),
    )
    files = ((moved("a:1", 1),), (moved("a:2", 2),))
    plan = planned(Repository(files, entries, (), builds))
    assert plan.names == {0: (HARBOR + "a",), 1: (HARBOR + "a",)}
