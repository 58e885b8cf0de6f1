"""Tables for the catalogue of kinds: its notation, its slips, and what the shipped one says."""

from __future__ import annotations

import pytest

from imagelint.catalogue import Catalogue, Field, SplitNames, load_catalogue
from imagelint.errors import PolicyError
from imagelint.text import Source
from tests.reading import catalogue


def load(*texts: str) -> Catalogue:
    """Load catalogue files, named a.yaml, b.yaml and so on."""
    names = (f"{chr(ord('a') + index)}.yaml" for index in range(len(texts)))
    return load_catalogue(
        Source(name, text.encode()) for name, text in zip(names, texts, strict=True)
    )


def kind(fields: str, groups: str = "[g]", kinds: str = "[K]") -> str:
    """Write a catalogue of one entry."""
    return f"kinds:\n- {{groups: {groups}, kinds: {kinds}, source: s, fields: {fields}}}\n"


SHAPES = "shapes:\n  two: {source: s, fields: [a.x, 'b[].y']}\n"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param("[]", (), id="none"),
        pytest.param("[a]", (Field(("a",)),), id="a key at the root"),
        pytest.param("[a.b.c]", (Field(("a", "b", "c")),), id="keys"),
        pytest.param("['a[].b']", (Field(("a", "[]", "b")),), id="each item"),
        pytest.param("['a{}.b']", (Field(("a", "{}", "b")),), id="each value"),
        pytest.param("['{}.a']", (Field(("{}", "a")),), id="each value of the root"),
        pytest.param("['a[]']", (Field(("a", "[]")),), id="items that are images"),
        pytest.param("['a[][].b']", (Field(("a", "[]", "[]", "b")),), id="items of items"),
        pytest.param("[a-b/c_d]", (Field(("a-b/c_d",)),), id="other characters in keys"),
        pytest.param("[a, b]", (Field(("a",)), Field(("b",))), id="two"),
        pytest.param(
            "['x.<two>']", (Field(("x", "a", "x")), Field(("x", "b", "[]", "y"))), id="a shape"
        ),
        pytest.param(
            "[<two>, z]",
            (Field(("a", "x")), Field(("b", "[]", "y")), Field(("z",))),
            id="a shape at the root, and more",
        ),
        pytest.param(
            "[{at: a, repository: r, tag: t, digest: d}]",
            (Field(("a",), SplitNames("r", "t", "d")),),
            id="an image in parts",
        ),
        pytest.param(
            "[{at: 'a[]', repository: r}]",
            (Field(("a", "[]"), SplitNames("r")),),
            id="an image in one part",
        ),
    ],
)
def test_notation(fields: str, expected: tuple[Field, ...]) -> None:
    assert load(SHAPES + kind(fields)).lookup("g", "K") == expected


def test_shapes_of_one_file_serve_in_another() -> None:
    loaded = load(kind("[<two>]"), SHAPES)
    assert loaded.lookup("g", "K") == (Field(("a", "x")), Field(("b", "[]", "y")))
    assert loaded.pod_spec == ()


def test_the_shape_by_which_unknown_kinds_are_known() -> None:
    loaded = load("shapes: {pod-spec: {source: s, fields: ['containers[].image']}}")
    assert loaded.pod_spec == (Field(("containers", "[]", "image")),)


def test_every_group_and_kind_of_an_entry() -> None:
    loaded = load(kind("[a]", "['', g, h]", "[K, L]"))
    assert set(loaded.fields) == {(g, k) for g in ("", "g", "h") for k in ("K", "L")}


def test_entries_of_a_kind_add_up() -> None:
    assert load(kind("[a]"), kind("[b]")).lookup("g", "K") == (Field(("a",)), Field(("b",)))


@pytest.mark.parametrize(
    ("group", "name", "expected"),
    [
        ("g", "K", (Field(("a",)),)),
        ("g", "Other", ()),
        ("", "ConfigMap", ()),
        ("", "configmap", None),
        ("", "Unknown", None),
        ("h", "K", None),
        ("", "", None),
    ],
)
def test_lookup(group: str, name: str, expected: tuple[Field, ...] | None) -> None:
    """A kind that is named beats the ``*`` of its group; unknown is None."""
    free = "without-images:\n- {groups: [g], kinds: ['*']}\n- {groups: [''], kinds: [ConfigMap]}\n"
    assert load(kind("[a]") + free).lookup(group, name) == expected


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        pytest.param("", "a.yaml", "the file is empty", id="empty"),
        pytest.param("a: [", "a.yaml:1:5", "did not find", id="no YAML"),
        pytest.param("[]", "a.yaml:1:1", "a mapping is wanted", id="a list"),
        pytest.param("kind: []", "a.yaml:1:1", 'did you mean "kinds"', id="an unknown key"),
        pytest.param("kinds: {}", "a.yaml:1:8", "kinds: a list is wanted", id="kinds: no list"),
        pytest.param("kinds:\n- x", "a.yaml:2:3", "kinds: a mapping is wanted", id="no entry"),
        pytest.param(
            "kinds:\n- {groups: [g], kinds: [K], source: s}",
            "a.yaml:2:3",
            'the key "fields" is missing',
            id="no fields",
        ),
        pytest.param(
            "kinds:\n- {groups: [g], kinds: [K], fields: []}",
            "a.yaml:2:3",
            'the key "source" is missing',
            id="no source",
        ),
        pytest.param(kind("x"), "a.yaml:2:48", "write [x]", id="fields: no list"),
        pytest.param(kind("[~]"), "a.yaml:2:49", "text is wanted", id="a null field"),
        pytest.param(kind("[a.<b>]"), "a.yaml:2:49", "no shape <b>", id="an unknown shape"),
        pytest.param(kind("['a[0]']"), "a.yaml:2:49", "`a[0]` is no path", id="an index"),
        pytest.param(kind("['a[']"), "a.yaml:2:49", "`a[` is no path", id="an open bracket"),
        pytest.param(kind("['a{b}']"), "a.yaml:2:49", "`a{b}` is no path", id="a name in braces"),
        pytest.param(kind("['<a']"), "a.yaml:2:49", "`<a` is no path", id="an open shape"),
        pytest.param(kind("['.']"), "a.yaml:2:49", "`.` is no path", id="a dot alone"),
        pytest.param(kind("['']"), "a.yaml:2:49", "`` is no path", id="an empty path"),
        pytest.param(kind("['a..b']"), "a.yaml:2:49", "`a..b` is no path", id="an empty key"),
        pytest.param(kind("['.a']"), "a.yaml:2:49", "`.a` is no path", id="a dot at first"),
        pytest.param(kind("['a.']"), "a.yaml:2:49", "`a.` is no path", id="a dot at last"),
        pytest.param(kind("['<b>.a']"), "a.yaml:2:49", "`<b>.a` is no path", id="a shape inside"),
        pytest.param(
            kind("[{at: a}]"), "a.yaml:2:49", '"repository" is missing', id="no repository"
        ),
        pytest.param(kind("[{repository: a}]"), "a.yaml:2:49", '"at" is missing', id="no place"),
        pytest.param(
            kind("[{at: a, repository: b, tags: c}]"),
            "a.yaml:2:72",
            'did you mean "tag"',
            id="tags",
        ),
        pytest.param(
            kind("[a]", "g"), "a.yaml:2:12", "groups: a list is wanted", id="groups: no list"
        ),
        pytest.param(
            kind("[a]", "[g]", "[~]"), "a.yaml:2:25", "kinds: text is wanted", id="no kind"
        ),
        pytest.param("kinds: []\nkinds: []", "a.yaml:2:1", "duplicate key kinds", id="a key twice"),
        pytest.param("shapes: {s: {}}", "a.yaml:1:13", '"fields" is missing', id="an empty shape"),
        pytest.param(
            "without-images:\n- {groups: [g]}", "a.yaml:2:3", '"kinds" is missing', id="no kinds"
        ),
        pytest.param("kinds: []\n...\nx: y", "a.yaml:3:1", "one document is wanted", id="more"),
    ],
)
def test_slips_have_a_place(text: str, place: str, message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load(text)
    assert str(caught.value).startswith(place + ": ")
    assert message in str(caught.value)


def test_ill_formed_bytes() -> None:
    with pytest.raises(PolicyError) as caught:
        load_catalogue([Source("a.yaml", b"kinds: [\xff]")])
    assert str(caught.value) == "a.yaml:1:9: not valid UTF-8"


class TestShipped:
    """The catalogue that imagelint is shipped with."""

    @pytest.mark.parametrize("group", ["", "apps", "batch", "extensions"])
    @pytest.mark.parametrize(
        ("name", "above"),
        [
            ("Pod", ("spec",)),
            ("PodTemplate", ("template", "spec")),
            ("ReplicationController", ("spec", "template", "spec")),
            ("ReplicaSet", ("spec", "template", "spec")),
            ("Deployment", ("spec", "template", "spec")),
            ("StatefulSet", ("spec", "template", "spec")),
            ("DaemonSet", ("spec", "template", "spec")),
            ("Job", ("spec", "template", "spec")),
            ("CronJob", ("spec", "jobTemplate", "spec", "template", "spec")),
            ("JobTemplate", ("template", "spec", "template", "spec")),
        ],
    )
    def test_core(self, group: str, name: str, above: tuple[str, ...]) -> None:
        assert catalogue().lookup(group, name) == tuple(
            Field((*above, *path))
            for path in (
                ("containers", "[]", "image"),
                ("initContainers", "[]", "image"),
                ("ephemeralContainers", "[]", "image"),
                ("volumes", "[]", "image", "reference"),
            )
        )

    @pytest.mark.parametrize(
        ("group", "name"),
        [
            ("", "ConfigMap"),
            ("", "Node"),
            ("", "PersistentVolume"),
            ("", "Secret"),
            ("apiextensions.k8s.io", "CustomResourceDefinition"),
            ("imagepolicy.k8s.io", "ImageReview"),
            ("kyverno.io", "ClusterPolicy"),
            ("templates.gatekeeper.sh", "ConstraintTemplate"),
        ],
    )
    def test_kinds_without_images(self, group: str, name: str) -> None:
        assert catalogue().lookup(group, name) == ()
        assert catalogue().is_without_images(group, name)

    @pytest.mark.parametrize("name", ["Kustomization", "Component"])
    def test_kustomize(self, name: str) -> None:
        split = SplitNames("newName", "newTag", "digest")
        fields = catalogue().lookup("kustomize.config.k8s.io", name)
        assert fields == (Field(("images", "[]"), split),)

    def test_the_list_is_no_kind_of_its_own(self) -> None:
        assert catalogue().lookup("", "List") is None
