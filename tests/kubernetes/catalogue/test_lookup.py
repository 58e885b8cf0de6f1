"""Tables for the catalogue of kinds: its notation, its slips, and what the shipped one says."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from imagelint.kubernetes.catalogue.entries import (
    Branch,
    EmbeddedTexts,
    Field,
    Form,
    Holder,
    SplitNames,
    words_of,
)
from imagelint.kubernetes.catalogue.lookup import Catalogue, CatalogueFiles, load_catalogue
from imagelint.kubernetes.catalogue.notation import read_ignored_fields, read_part, read_workloads
from imagelint.model.errors import PolicyError
from imagelint.model.source import Source
from imagelint.patterns.globs import NamePattern
from imagelint.yaml.config import Fields
from tests.support.trees import catalogue

if TYPE_CHECKING:
    from imagelint.kubernetes.catalogue.entries import IgnoredField, Workload


def load(core: str, **groups: str) -> Catalogue:
    """Load a catalogue; the groups' names have ``_`` for dots."""
    sources = {
        name.replace("_", "."): partial(Source, f"{name}.yaml", text.encode())
        for name, text in groups.items()
    }
    return load_catalogue(CatalogueFiles(read_part(Source("a.yaml", core.encode()), None), sources))


def kind(fields: str, groups: str = "[g]", kinds: str = "[K]") -> str:
    """Write a catalogue of one entry."""
    return f"kinds:\n- {{groups: {groups}, kinds: {kinds}, source: s, fields: {fields}}}\n"


def fields_of(text: str) -> tuple[Field, ...]:
    """Return the fields of the first entry, without their texts."""
    (entry,) = load(text).entries()
    return tuple(field._replace(text="") for field in entry.fields)


SHAPES = "shapes:\n  two: {source: s, fields: [a.x, 'b[].y']}\n"
SPLIT = SplitNames(repository=(("r",),), tag=(("t",),), digest=(("d",),))


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
        pytest.param("""['a["b.c/d"].e']""", (Field(("a", "b.c/d", "e")),), id="a key with dots"),
        pytest.param("[a, b]", (Field(("a",)), Field(("b",))), id="two"),
        pytest.param("['x.<two>']", (Field(("x",), Holder("two")),), id="a shape"),
        pytest.param(
            "[<two>, z]", (Field((), Holder("two")), Field(("z",))), id="a shape at the root"
        ),
        pytest.param("['x[].<object>']", (Field(("x", "[]"), Holder("object")),), id="objects"),
        pytest.param(
            "[{at: a, repository: r, tag: t, digest: d}]",
            (Field(("a",), Holder(split=SPLIT)),),
            id="an image in parts",
        ),
        pytest.param(
            "[{at: 'a[]', repository: r.s}]",
            (Field(("a", "[]"), Holder(split=SplitNames(repository=(("r", "s"),)))),),
            id="an image in one part",
        ),
        pytest.param(
            "[{at: a, registry: h, image: i, tag: t, default: d}]",
            (
                Field(
                    ("a",),
                    Holder(
                        split=SplitNames(
                            tag=(("t",),), registry=(("h",),), image=(("i",),), default="d"
                        )
                    ),
                ),
            ),
            id="a hub",
        ),
        pytest.param(
            "[{at: a, flags: [--b, -c]}]",
            (Field(("a",), Holder(flags=frozenset("bc"))),),
            id="flags",
        ),
        pytest.param(
            "[{at: a, named: ['B_*'], form: pairs}]",
            (Field(("a",), Holder(named=("B_*",), form=Form.PAIRS)),),
            id="names",
        ),
        pytest.param(
            "[{at: a, prefix: 'oci://'}]",
            (Field(("a",), Holder(prefixes=("oci://",))),),
            id="a prefix",
        ),
        pytest.param(
            "[{at: a, prefix: ['oci://', '']}]",
            (Field(("a",), Holder(prefixes=("oci://", ""))),),
            id="a prefix that may be missing",
        ),
        pytest.param(
            "[{at: ., registry: [h, /g.h], repository: r, default-registry: [q.io/a, x.io]}]",
            (
                Field(
                    (),
                    Holder(
                        split=SplitNames(repository=(("r",),), registry=(("h",), ("/g", "h"))),
                        registries=("q.io/a", "x.io"),
                    ),
                ),
            ),
            id="more than one place for a part, and registries of the operator's own",
        ),
        pytest.param(
            "[{at: 'a[\"b.c/d\"]', tag-beside: b.c/e}]",
            (Field(("a", "b.c/d"), Holder(tag_beside="b.c/e")),),
            id="the tag beside it",
        ),
    ],
)
def test_notation(fields: str, expected: tuple[Field, ...]) -> None:
    assert fields_of(SHAPES + kind(fields)) == expected


def branch(fields: Branch) -> dict[str, object]:
    """Return a tree of fields as plain values."""
    below: dict[str, object] = {key: branch(one) for key, one in fields.below.items()}
    return {**below, "": fields.holders} if fields.holders else below


def test_what_fields_have_in_common_is_walked_once() -> None:
    known = load(kind("['a[].x', 'a[].y', b]")).lookup("g", "K")
    assert known is not None
    assert branch(known.branch) == {
        "a": {"[]": {"x": {"": [Holder()]}, "y": {"": [Holder()]}}},
        "b": {"": [Holder()]},
    }


def test_flags_and_names_are_looked_for_in_one_go() -> None:
    fields = "[{at: a, flags: [-b]}, {at: a, flags: [-c]}, {at: a, flags: [-d], form: untagged}]"
    known = load(kind(fields)).lookup("g", "K")
    assert known is not None
    assert known.branch.below["a"].holders == [
        Holder(flags=frozenset("bc")),
        Holder(flags=frozenset("d"), form=Form.UNTAGGED),
    ]


def test_shapes_of_core_serve_in_a_group_and_its_own_do_not_elsewhere() -> None:
    core = "shapes:\n  pod-spec: {source: s, fields: [c]}\n"
    loaded = load(core, g=SHAPES + kind("[<two>, x.<pod-spec>]"))
    assert loaded.lookup("g", "K") is not None
    assert set(loaded.shape("two@g").below) == {"a", "b"}
    assert set(loaded.shape("pod-spec").below) == {"c"}
    with pytest.raises(PolicyError, match="no shape <two>"):
        load(SHAPES, g=kind("[<two>]")).lookup("g", "K")


def test_every_group_and_kind_of_an_entry() -> None:
    loaded = load(kind("[a]", "['', g, h]", "[K, L]"))
    assert all(loaded.lookup(g, k) for g in ("", "g", "h") for k in ("K", "L"))
    assert loaded.lookup("i", "K") is None


@pytest.mark.parametrize(
    ("group", "name", "keys", "is_exact"),
    [
        ("g", "K", {"a"}, True),
        ("g", "Other", set(), True),
        ("", "ConfigMap", set(), True),
        ("", "configmap", None, None),
        ("", "Unknown", None, None),
        ("h", "K", {"b"}, False),
        ("h", "Free", set(), True),
        ("h", "L", None, None),
        ("", "", None, None),
    ],
)
def test_lookup(group: str, name: str, keys: set[str] | None, is_exact: bool | None) -> None:
    """A kind that is named beats the ``*`` of its group; unknown is None."""
    free = "without-images:\n- {groups: [g], kinds: ['*']}\n- {groups: [''], kinds: [ConfigMap]}\n"
    other = kind("[b]", "[h]") + "without-images:\n- {groups: [h], kinds: [Free]}\n"
    known = load(kind("[a]") + free, h=other).lookup(group, name)
    assert (known and set(known.branch.below)) == keys
    assert (known and known.is_exact) == is_exact
    assert known is None or known.holds_nothing is (not keys)


def test_a_group_is_read_when_it_is_asked_for() -> None:
    read: list[str] = []

    def source(name: str) -> Source:
        read.append(name)
        return Source(name, kind("[a]", f"[{name}]").encode())

    groups = {name: partial(source, name) for name in ("g", "h")}
    core = read_part(Source("core", kind("[a]", "['']").encode()), None)
    loaded = load_catalogue(CatalogueFiles(core, groups))
    assert loaded.lookup("", "K")
    assert loaded.lookup("i", "K") is None
    assert loaded.lookup("../g", "K") is None
    assert read == []
    for _ in range(2):
        assert loaded.lookup("g", "K")
        assert loaded.with_entries(()).lookup("g", "L") is None
    assert read == ["g"]
    assert len(loaded.entries()) == 3
    assert read == ["g", "h"]


def test_a_file_is_for_its_group() -> None:
    loaded = load("kinds: []", g=kind("[a]", "[g, h]"))
    with pytest.raises(PolicyError, match="only for the group g, not for h"):
        loaded.lookup("g", "K")


def own(text: str) -> tuple[Workload, ...]:
    """Read a policy's own entries."""
    reader = Fields(Source("p.yaml", text.encode()))
    return read_workloads(reader, reader.root, "workloads")


def ignored(text: str) -> tuple[IgnoredField, ...]:
    """Read the fields that a policy takes out."""
    reader = Fields(Source("p.yaml", text.encode()))
    return read_ignored_fields(reader, reader.root, "ignore-fields")


class TestOwnEntries:
    """What a policy adds and takes out."""

    def test_entries_of_a_kind_add_up(self) -> None:
        loaded = load(kind("[a]")).with_entries(own(kind("[b]").removeprefix("kinds:\n")))
        known = loaded.lookup("g", "K")
        assert known is not None
        assert list(known.branch.below) == ["a", "b"]
        assert known.is_exact

    def test_a_kind_that_nobody_knew(self) -> None:
        known = (
            load("kinds: []")
            .with_entries(own("[{groups: [g], kinds: [K], source: s, fields: [b]}]"))
            .lookup("g", "K")
        )
        assert known is not None
        assert not known.is_exact

    def test_a_kind_without_images_has_one_then(self) -> None:
        base = load("without-images: [{groups: [''], kinds: [ConfigMap]}]")
        known = base.with_entries(
            own("[{groups: [''], kinds: [ConfigMap], source: s, fields: [data.image]}]")
        ).lookup("", "ConfigMap")
        assert known is not None
        assert known.is_exact
        assert not known.holds_nothing
        without = base.lookup("", "ConfigMap")
        assert without is not None
        assert without.holds_nothing

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ("[spec.image]", []),
            ("[spec.myImageRef]", ["myImageRef"]),
            ("[spec.runtime]", ["runtime"]),
            ("[a.longest.key]", ["longest"]),
            ("""['spec["a.b/c"]']""", ["spec"]),
            ("['[]']", ["K"]),
            ("['x.<pod-spec>']", []),
            ("[{at: spec, repository: repo, tag: tag}]", ["spec"]),
            ("[{at: spec.image, repository: repo}]", []),
            ("[{at: a, registry: hub, image: name, default: d}]", ["name", "hub"]),
            ("[{at: args, flags: [--runtime, --image]}]", ["runtime"]),
            ("[{at: env, named: ['RUNTIME_*', '*_image']}]", ["RUNTIME_"]),
            ("[{at: spec.url, prefix: 'oci://'}]", ["spec"]),
        ],
    )
    def test_words(self, fields: str, words: list[str]) -> None:
        (entry,) = own(f"[{{groups: [g], kinds: [K], source: s, fields: {fields}}}]")
        assert list(words_of(entry, ["image"])) == words

    @pytest.mark.parametrize(
        ("fields", "path", "expected"),
        [
            ("[spec.image]", ("spec", "image"), True),
            ("[spec.image]", ("spec", "images"), False),
            ("[spec.image]", ("spec",), False),
            ("[spec.image]", ("spec", "image", "x"), False),
            ("['spec[].image']", ("spec", 3, "image"), True),
            ("['spec[].image']", ("spec", "3", "image"), False),
            ("['spec{}.image']", ("spec", "x", "image"), True),
            ("""['a["b.c"]']""", ("a", "b.c"), True),
        ],
    )
    def test_what_is_taken_out(
        self, fields: str, path: tuple[str | int, ...], expected: bool
    ) -> None:
        one = f"[{{groups: [g], kinds: [K], fields: {fields}, reason: r}}]"
        loaded = load("kinds: []").without_fields(ignored(one))
        assert loaded.ignores("g", "K", path) is expected
        assert not loaded.ignores("g", "L", path)
        assert not loaded.ignores("h", "K", path)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[{groups: [g], kinds: [K], fields: [a]}]", '"reason" is missing'),
            ("[{groups: [g], kinds: ['*'], fields: [a], reason: r}]", "no wildcards"),
            ("[{groups: [g], kinds: ['K*'], fields: [a], reason: r}]", "no wildcards"),
            ("[{groups: [g/v1], kinds: [K], fields: [a], reason: r}]", "write g"),
            ("[{groups: [g], kinds: [K], fields: [<pod-spec>], reason: r}]", "name the field"),
            ("[{groups: [g], kinds: [K], fields: ['a..b'], reason: r}]", "is not a path"),
            ("[{groups: [g], kinds: [K], fields: [{at: a}], reason: r}]", "text is wanted"),
        ],
    )
    def test_slips(self, text: str, message: str) -> None:
        with pytest.raises(PolicyError, match=message):
            ignored(text)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        pytest.param("", "a.yaml", "the file is empty", id="empty"),
        pytest.param("a: [", "a.yaml:1:5", "did not find", id="no YAML"),
        pytest.param("[]", "a.yaml:1:1", "a mapping is wanted", id="a list"),
        pytest.param("kind: []", "a.yaml:1:1", 'did you mean "kinds"', id="an unknown key"),
        pytest.param("kinds: {}", "a.yaml:1:8", "kinds: a list is wanted", id="kinds: no list"),
        pytest.param("kinds:\n- x", "a.yaml:2:3", "kinds[0]: a mapping is wanted", id="no entry"),
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
        pytest.param(kind("[a]", kinds="['*']"), "a.yaml:2:25", "no wildcards", id="any kind"),
        pytest.param(kind("[a]", "[g/v1]"), "a.yaml:2:13", "write g", id="a version"),
        pytest.param(kind("[{at: a, flags: [b c]}]"), "a.yaml:2:65", "write a flag", id="no flag"),
        pytest.param(
            kind("[{at: a, flags: [-b], named: [c]}]"), "a.yaml:2:49", "exclude", id="two ways"
        ),
        pytest.param(
            kind("[{at: a, tag: b, named: [c]}]"), "a.yaml:2:49", "exclude", id="parts and names"
        ),
        pytest.param(
            kind("[{at: a, image: b, default: c}]"),
            "a.yaml:2:76",
            "below registry",
            id="a default of nothing",
        ),
        pytest.param(
            kind("[{at: a, repository: b, form: pairs}]"), "a.yaml:2:49", "no form", id="a form"
        ),
        pytest.param(kind("[{at: a, named: []}]"), "a.yaml:2:64", "value is empty", id="no names"),
        pytest.param(
            kind("[{at: a, flags: ['']}]"), "a.yaml:2:64", "value is empty", id="no flags"
        ),
        pytest.param(
            kind("[{at: a, repository: b, only: c}]"), "a.yaml:2:78", "kind=Docker", id="no value"
        ),
        pytest.param(
            kind("[{at: <pod-spec>}]"), "a.yaml:2:54", "takes no other keys", id="a shape at"
        ),
        pytest.param(
            kind("[{at: a, prefix: b}]"), "a.yaml:2:65", "not a prefix", id="not a prefix"
        ),
        pytest.param(
            kind("[{at: a, repository: 'b[]'}]"), "a.yaml:2:69", "is not a key", id="a list as part"
        ),
        pytest.param(
            kind("[{at: a, repository: b, image: c}]"), "a.yaml:2:49", "one of", id="two names"
        ),
        pytest.param(kind("['a[0]']"), "a.yaml:2:49", "`a[0]` is not a path", id="an index"),
        pytest.param(kind("['a[']"), "a.yaml:2:49", "`a[` is not a path", id="an open bracket"),
        pytest.param(
            kind("['a{b}']"), "a.yaml:2:49", "`a{b}` is not a path", id="a name in braces"
        ),
        pytest.param(kind("['<a']"), "a.yaml:2:49", "`<a` is not a path", id="an open shape"),
        pytest.param(kind("['.']"), "a.yaml:2:49", "`.` is not a path", id="a dot alone"),
        pytest.param(kind("['']"), "a.yaml:2:49", "`` is not a path", id="an empty path"),
        pytest.param(kind("['a..b']"), "a.yaml:2:49", "`a..b` is not a path", id="an empty key"),
        pytest.param(kind("['.a']"), "a.yaml:2:49", "`.a` is not a path", id="a dot at first"),
        pytest.param(kind("['a.']"), "a.yaml:2:49", "`a.` is not a path", id="a dot at last"),
        pytest.param(
            kind("['<b>.a']"), "a.yaml:2:49", "`<b>.a` is not a path", id="a shape inside"
        ),
        pytest.param(
            kind("[{at: a, tag: t}]"), "a.yaml:2:49", '"repository" is missing', id="no repository"
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
        pytest.param("shapes: {s: {}}", "a.yaml:1:13", '"source" is missing', id="an empty shape"),
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
        read_part(Source("a.yaml", b"kinds: [\xff]"), None)
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
        known = catalogue().lookup(group, name)
        assert known is not None
        assert known.is_exact
        found = known.branch
        for key in above[:-1]:
            assert list(found.below) == [key]
            found = found.below[key]
        assert found.holders == [Holder("pod-template")]

    def test_containers(self) -> None:
        spec = catalogue().shape("pod-spec")
        assert branch(spec) == {
            "containers": {"[]": {"": [Holder("container")]}},
            "initContainers": {"[]": {"": [Holder("container")]}},
            "ephemeralContainers": {"[]": {"image": {"": [Holder()]}}},
            "volumes": {"[]": {"image": {"reference": {"": [Holder()]}}}},
        }

    @pytest.mark.parametrize(
        ("group", "name"),
        [
            ("", "Event"),
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
        known = catalogue().lookup(group, name)
        assert known is not None
        assert known.holds_nothing

    @pytest.mark.parametrize("name", ["Kustomization", "Component"])
    def test_kustomize(self, name: str) -> None:
        split = SplitNames((("newName",),), (("newTag",),), (("digest",),))
        known = catalogue().lookup("kustomize.config.k8s.io", name)
        assert known is not None
        entries = {"[]": {"": [Holder(split=split)]}}
        assert branch(known.branch) == {"images": entries, "imageTags": entries}

    def test_the_list_is_no_kind_of_its_own(self) -> None:
        assert catalogue().lookup("", "List") is None


def test_embedded_texts_add_up_and_stay() -> None:
    keys = [NamePattern(one) for one in "abc"]
    loaded = load("kinds: []").with_embedded([EmbeddedTexts("Secret", (keys[0],))])
    more = [EmbeddedTexts("Secret", (keys[1],)), EmbeddedTexts("ConfigMap", (keys[2],))]
    both = loaded.with_embedded(more).with_entries(()).without_fields(())
    assert both.embedded_keys("", "Secret") == tuple(keys[:2])
    assert both.embedded_keys("", "ConfigMap") == (keys[2],)
    assert both.embedded_keys("g", "Secret") == ()
    assert loaded.embedded_keys("", "ConfigMap") == ()


def test_groups_with_a_kind_are_all_of_them() -> None:
    """What Kubernetes itself has stands last, and hides nobody else's kind of that name."""
    found = load(kind("[]", "['', apps]", "[A]"), x_io=kind("[a]", "[x.io]", "[A, B]"))
    assert found.groups_with("A") == ("x.io", "", "apps")
    assert found.groups_with("B") == ("x.io",)
    assert found.groups_with("C") == ()
    assert found.kinds_in("x.io") == ("A", "B")
    shipped = catalogue()
    assert set(shipped.groups_with("Kustomization")) == {
        "kustomize.toolkit.fluxcd.io",
        "kustomize.config.k8s.io",
    }
    assert shipped.groups_with("Service") == ("serving.knative.dev", "")
    every = {kind: set[str]() for entry in shipped.entries() for kind in entry.kinds}
    for entry in shipped.entries():
        for one in entry.kinds:
            every[one] |= set(entry.groups)
    for one, groups in every.items():
        assert groups <= set(shipped.groups_with(one))
