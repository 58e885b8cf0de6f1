"""Files that transformers name, and the law with them: held to what the real kustomize builds."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

import pytest

from tests.support.builds import Builds, by_policy, differences
from tests.support.project import BAD, pod

if TYPE_CHECKING:
    from tests.support.project import Project
    from tests.support.tools import Tool

NEW = "h.io/hub/nginx"
FORMS = ("file", "folder of the file", "inline", "kustomization", "kustomization below", "list")
OPERATION = "- {op: %s, path: /spec/containers/0/image, value: %s}\n"
MERGED = pod("redis:6")
REPLACED = (
    "sourceValue: redis:6\n"
    "targets: [{select: {kind: Pod}, fieldPaths: [spec.containers.0.image]}]\n"
)
NAMING = {
    "PatchTransformer": "path: p.txt, target: {kind: Pod}",
    "PatchJson6902Transformer": "path: p.txt, target: {kind: Pod, name: web, version: v1}",
    "PatchStrategicMergeTransformer": "paths: [p.txt]",
    "ReplacementTransformer": "replacements: [{path: p.txt}]",
}
CONTENT = {
    "PatchTransformer": MERGED,
    "PatchJson6902Transformer": OPERATION % ("replace", "redis:6"),
    "PatchStrategicMergeTransformer": MERGED,
    "ReplacementTransformer": REPLACED,
}


def plugin(kind: str, fields: str, name: str = "t") -> str:
    return f"{{apiVersion: builtin, kind: {kind}, metadata: {{name: {name}}}, {fields}}}\n"


def load(repository: Project, form: str, text: str, more: str = "") -> str:
    """Have the kustomization in ``app`` load a transformer; return the file that it stands in."""
    entry = {
        "file": "t.yaml",
        "list": "t.yaml",
        "folder of the file": "sub/t.yaml",
        "inline": json.dumps(text),
    }.get(form, "t")
    place = {
        "inline": "app/kustomization.yaml",
        "kustomization": "app/t/t.yaml",
        "kustomization below": "app/t/b/t.yaml",
    }.get(form, f"app/{entry}")
    repository.write(
        "app/kustomization.yaml", f"resources: [a.yaml]\ntransformers: [{entry}]\n{more}"
    )
    if form == "list":
        items = textwrap.indent(text, "- ", lambda line: line.startswith("{"))
        text = f"apiVersion: v1\nkind: List\nitems:\n{items}"
    if form != "inline":
        repository.write(place, text)
    if form == "kustomization":
        repository.write("app/t/kustomization.yaml", "resources: [t.yaml]\n")
    elif form == "kustomization below":
        repository.write("app/t/kustomization.yaml", "resources: [b]\n")
        repository.write("app/t/b/kustomization.yaml", "resources: [t.yaml]\n")
    return place


def found_in(repository: Project) -> list[tuple[str, str, int, str]]:
    done = repository.run("check", "--format", "json")
    findings = json.loads(done.stdout)["findings"]
    return [(one["path"], one["rule"], one["line"], one["message"]) for one in findings]


def law(repository: Project, program: Tool, *, folder: str = "app") -> str:
    """Repair everything, hold the builds to the law, and return what is said."""
    before = Builds.of(program, repository.root)
    assert folder in before.built
    repository.git("add", "-A")
    said = repository.run("fix").stdout
    assert differences(before, Builds.of(program, repository.root), by_policy) == [], said
    return said


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", NAMING)
def test_what_a_transformer_names_is_linted_and_repaired(
    repository: Project, program: Tool, form: str, kind: str
) -> None:
    load(repository, form, plugin(kind, NAMING[kind]))
    repository.write("app/p.txt", CONTENT[kind])
    assert "redis:6" in (Builds.of(program, repository.root, ["app"]).outputs["app"] or "")
    found = [one[:2] for one in found_in(repository) if one[0] == "app/p.txt"]
    assert found == [("app/p.txt", "unapproved-registry")]
    law(repository, program)
    assert "h.io/hub/redis:6" in repository.read("app/p.txt")


@pytest.mark.parametrize("form", FORMS)
def test_a_name_that_leads_nowhere_is_told_where_it_is_written(
    repository: Project, form: str
) -> None:
    kinds = ("PatchTransformer", "PatchStrategicMergeTransformer", "ReplacementTransformer")
    for kind in kinds:
        place = load(repository, form, plugin(kind, NAMING[kind]))
        [(path, rule, _, message)] = [one for one in found_in(repository) if "p.txt" in one[3]]
        assert (path, rule) == (place, "unresolved-reference")
        assert "there is no p.txt here" in message
        is_elsewhere = form in {"folder of the file", "kustomization", "kustomization below"}
        assert ("relative to app" in message) is is_elsewhere


def test_a_folder_and_what_is_no_text_are_told(repository: Project) -> None:
    load(repository, "file", plugin("PatchTransformer", "path: sub, target: {kind: Pod}"))
    repository.write("app/sub/x", "")
    assert any("is a folder" in one[3] for one in found_in(repository) if one[0] == "app/t.yaml")
    repository.write("app/p.txt", b"\x89PNG\r\n\x1a\n\x00\xff")
    load(repository, "file", plugin("PatchTransformer", NAMING["PatchTransformer"]))
    assert ("app/p.txt", "unparsable-document") in [one[:2] for one in found_in(repository)]


def test_transformers_that_are_folders_of_each_other(repository: Project) -> None:
    load(repository, "kustomization", plugin("PatchTransformer", NAMING["PatchTransformer"]))
    repository.write("app/p.txt", MERGED)
    repository.write("app/t/kustomization.yaml", "resources: [t.yaml]\ntransformers: [../../app]\n")
    found = found_in(repository)
    assert any("in a cycle" in message for _, _, _, message in found)


def test_a_plugin_of_others_in_a_folder_is_told(repository: Project) -> None:
    mine = plugin("Mine", "x: y").replace("builtin", "example.com/v1")
    load(repository, "kustomization", mine)
    assert ("app/t/t.yaml", "unresolved-reference") in [one[:2] for one in found_in(repository)]


# --- the law ---------------------------------------------------------------------------

FORMS_OF_LAW = ("folder of the file", "inline", "kustomization below")
SET = "images: [{name: nginx, newName: quay.io/a/own}]\n"


@pytest.mark.parametrize("form", FORMS_OF_LAW)
def test_what_a_transformer_writes_comes_behind_the_images(
    repository: Project, program: Tool, form: str
) -> None:
    """An overlay selects it by the name that the transformer has written."""
    load(repository, form, plugin("PatchTransformer", NAMING["PatchTransformer"]), SET)
    repository.write("app/p.txt", OPERATION % ("replace", "nginx:9"))
    top = "resources: [../app]\nimages: [{name: nginx, newTag: '10'}]\n"
    repository.write("top/kustomization.yaml", top)
    law(repository, program, folder="top")
    assert f"name: {NEW}" in repository.read("top/kustomization.yaml")


@pytest.mark.parametrize("form", FORMS_OF_LAW)
def test_a_test_of_a_transformer_follows_what_images_have_made(
    repository: Project, program: Tool, form: str
) -> None:
    load(repository, form, plugin("PatchTransformer", NAMING["PatchTransformer"]), SET)
    repository.write("app/p.txt", OPERATION % ("test", "quay.io/a/own:1.25"))
    law(repository, program)
    assert "value: h.io/quay/a/own:1.25" in repository.read("app/p.txt")


@pytest.mark.parametrize("form", FORMS_OF_LAW)
def test_an_inline_test_of_a_transformer(repository: Project, program: Tool, form: str) -> None:
    operations = json.dumps(OPERATION % ("test", "quay.io/a/own:1.25"))
    text = plugin("PatchTransformer", f"patch: {operations}, target: {{kind: Pod}}")
    load(repository, form, text, SET)
    law(repository, program)


@pytest.mark.parametrize("form", [*FORMS_OF_LAW, "list"])
def test_transformers_in_their_order(repository: Project, program: Tool, form: str) -> None:
    """One sets the name that the next selects; a patch and a test stand between them."""
    first = plugin("ImageTagTransformer", "imageTag: {name: nginx, newName: quay.io/a/b}", "x")
    second = plugin("ImageTagTransformer", "imageTag: {name: quay.io/a/b, newTag: '7'}", "y")
    test = OPERATION % ("test", "quay.io/a/b:1.25")
    middle = plugin("PatchTransformer", f"patch: {json.dumps(test)}, target: {{kind: Pod}}")
    separator = "" if form == "list" else "---\n"
    load(repository, form, separator.join((first, middle, second)))
    law(repository, program)
    assert f"image: {NEW}:1.25" in repository.read("app/a.yaml")


def test_transformers_in_texts_work_before_those_in_files(
    repository: Project, program: Tool
) -> None:
    """Whatever their order in the list; the overlay's entry selects what they make."""
    first = plugin("ImageTagTransformer", "imageTag: {name: nginx, newName: quay.io/a/b}", "x")
    second = plugin("ImageTagTransformer", "imageTag: {name: quay.io/a/b, newTag: '7'}", "y")
    for text, file, tag in ((second, first, "1.25"), (first, second, "7")):
        repository.write("app/a.yaml", BAD)
        repository.write("app/t.yaml", file)
        own = f"resources: [a.yaml]\ntransformers: [t.yaml, {json.dumps(text)}]\n"
        repository.write("app/kustomization.yaml", own)
        top = f"resources: [../app]\nimages: [{{name: 'quay.io/a/b:{tag}', newTag: '9'}}]\n"
        repository.write("top/kustomization.yaml", top)
        built = Builds.of(program, repository.root).outputs["top"] or ""
        assert "image: quay.io/a/b:9" in built
        law(repository, program, folder="top")
        assert "h.io/quay/a/b" in repository.read("app/t.yaml")


@pytest.mark.parametrize("form", FORMS_OF_LAW)
def test_a_transformer_of_a_component(repository: Project, program: Tool, form: str) -> None:
    load(repository, form, plugin("PatchTransformer", NAMING["PatchTransformer"]), SET)
    own = repository.read("app/kustomization.yaml").replace("resources: [a.yaml]\n", "")
    component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    repository.write("app/kustomization.yaml", component + own)
    repository.write("app/p.txt", OPERATION % ("test", "quay.io/a/own:1.25"))
    repository.write("base/a.yaml", BAD)
    top = "resources: [../base/a.yaml]\ncomponents: [../app]\n"
    repository.write("top/kustomization.yaml", top)
    law(repository, program, folder="top")
    assert "h.io/quay/a/own:1.25" in repository.read("app/p.txt")


def test_a_path_is_that_of_each_kustomization_that_loads_the_transformer(
    repository: Project, program: Tool
) -> None:
    repository.write("shared/t.yaml", plugin("PatchTransformer", NAMING["PatchTransformer"]))
    for name, image in (("x", "redis:1"), ("y", "redis:2")):
        repository.write(f"{name}/p.txt", OPERATION % ("replace", image))
        repository.write(f"{name}/a.yaml", BAD)
        text = "resources: [a.yaml]\ntransformers: [../shared/t.yaml]\n"
        repository.write(f"{name}/kustomization.yaml", text)
    repository.write("shared/p.txt", "none of this is read")
    law(repository, program, folder="x")
    for name, image in (("x", "redis:1"), ("y", "redis:2")):
        assert f"value: h.io/hub/{image}" in repository.read(f"{name}/p.txt")


# --- tests of JSON 6902 that compare more than an image --------------------------------------

CONTAINER = "{name: main, image: nginx:1.25}"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/spec/containers/0", CONTAINER),
        ("/spec/containers", f"[{CONTAINER}]"),
        ("/spec", f"{{containers: [{CONTAINER}]}}"),
    ],
)
@pytest.mark.parametrize("is_inline", [False, True])
def test_a_container_that_is_compared_gets_the_new_image(
    repository: Project, program: Tool, path: str, value: str, *, is_inline: bool
) -> None:
    patch = f"- op: test\n  path: '{path}'\n  value: {value}\n"
    entry = "path: p.yaml"
    if is_inline:
        entry = f"patch: {json.dumps(patch)}"
    else:
        repository.write("app/p.yaml", patch)
    text = f"resources: [a.yaml]\npatches: [{{{entry}, target: {{kind: Pod}}}}]\n"
    repository.write("app/kustomization.yaml", text)
    law(repository, program)
    assert f"image: {NEW}:1.25" in repository.read("app/a.yaml")
    place = "app/kustomization.yaml" if is_inline else "app/p.yaml"
    assert f"image: {NEW}:1.25" in repository.read(place)


@pytest.mark.parametrize(
    ("pod_of", "value"),
    [
        ("containers: [{name: main, image: nginx, args: [nginx]}]", "[nginx]"),
        ("containers: [{name: main, image: nginx, args: [nginx]}]", None),
    ],
)
def test_a_text_that_may_be_no_image_holds_it(
    repository: Project, program: Tool, pod_of: str, value: str | None
) -> None:
    """An argument reads as the image does: neither is changed."""
    own = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec: {{{pod_of}}}\n"
    repository.write("app/a.yaml", own)
    path = "/spec/containers/0/args" if value else "/spec/containers/0"
    value = value or "{name: main, image: nginx, args: [nginx]}"
    repository.write("app/p.yaml", f"- op: test\n  path: {path}\n  value: {value}\n")
    text = "resources: [a.yaml]\npatches: [{path: p.yaml, target: {kind: Pod}}]\n"
    repository.write("app/kustomization.yaml", text)
    assert "cannot be fixed safely: app/p.yaml:3 compares" in law(repository, program)
    assert repository.read("app/a.yaml") == own


def test_names_that_are_compared_are_none_of_images(repository: Project, program: Tool) -> None:
    own = "apiVersion: v1\nkind: Pod\nmetadata: {name: nginx}\n"
    own += "spec: {containers: [{name: nginx, image: nginx}]}\n"
    repository.write("app/a.yaml", own)
    patch = "- {op: test, path: /metadata/name, value: nginx}\n"
    patch += "- {op: test, path: /spec/containers/0, value: {name: nginx, image: nginx}}\n"
    repository.write("app/p.yaml", patch)
    text = "resources: [a.yaml]\npatches: [{path: p.yaml, target: {kind: Pod}}]\n"
    repository.write("app/kustomization.yaml", text)
    law(repository, program)
    assert repository.read("app/p.yaml") == patch.replace("image: nginx", f"image: {NEW}")


def test_a_compared_value_with_an_alias_holds_the_image(repository: Project, program: Tool) -> None:
    patch = f"- {{op: test, path: /spec/containers/0, value: &c {CONTAINER}}}\n"
    patch += "- {op: add, path: /metadata/annotations, value: {x: 'y'}}\n"
    patch += "- {op: test, path: /spec/containers/0, value: *c}\n"
    repository.write("app/p.yaml", patch)
    text = "resources: [a.yaml]\npatches: [{path: p.yaml, target: {kind: Pod}}]\n"
    repository.write("app/kustomization.yaml", text)
    assert "cannot be fixed safely: app/p.yaml:1 compares" in law(repository, program)
    assert repository.read("app/a.yaml") == BAD


# --- patches onto transformers -----------------------------------------------------------------

TAG = plugin("ImageTagTransformer", "imageTag: {name: nginx, newName: quay.io/a/own}")
LABEL = "- {op: add, path: /metadata/labels, value: {a: b}}"
PATCHED = plugin(
    "PatchTransformer", f"target: {{kind: Pod}}, patch: {json.dumps(LABEL)}", name="pt"
)
EVIL = "- {op: replace, path: /spec/containers/0/image, value: evil.io/x}"
MERGE = "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: pt}\n"


def operation(path: str, value: str) -> str:
    return f"- {{op: add, path: {path}, value: {json.dumps(value)}}}"


@pytest.mark.parametrize(
    ("target", "patch", "is_told"),
    [
        ("ImageTagTransformer", operation("/imageTag/newName", "evil.io/x"), True),
        (
            "ImageTagTransformer",
            "- {op: copy, from: /imageTag/name, path: /imageTag/NewName}",
            True,
        ),
        ("ImageTagTransformer", operation("/imageTag/newTag", "7"), False),
        ("ImageTagTransformer", operation("/metadata/annotations/x", "y"), False),
        ("PatchTransformer", operation("/patch", EVIL), True),
        ("PatchTransformer", operation("/metadata/annotations/x", "y"), False),
        ("", operation("/patch", EVIL), True),
        ("Patch.*", operation("/patch", EVIL), True),
        (None, f"{MERGE}patch: {json.dumps(EVIL)}", True),
        (None, f"{MERGE}target: {{kind: ConfigMap}}", True),
        (None, MERGE, False),
        (
            "PatchTransformer",
            "apiVersion: v1\nkind: Any\nmetadata: {name: a}\npath: p.txt\npatch: null",
            True,
        ),
        (
            "ImageTagTransformer",
            "apiVersion: v1\nkind: A\nmetadata: {name: a}\nimageTag: {newName: evil.io/x}",
            True,
        ),
        (
            "ImageTagTransformer",
            "apiVersion: v1\nkind: A\nmetadata: {name: a}\nimageTag: {newTag: '7'}",
            False,
        ),
    ],
)
@pytest.mark.parametrize("is_inline", [False, True])
def test_a_patch_onto_a_transformer(
    repository: Project,
    program: Tool,
    target: str | None,
    patch: str,
    *,
    is_told: bool,
    is_inline: bool,
) -> None:
    load(repository, "kustomization", f"{TAG}---\n{PATCHED}")
    entry = f"patch: {json.dumps(patch)}" if is_inline else "path: change.txt"
    if not is_inline:
        repository.write("app/t/change.txt", patch)
    if target is not None:
        where = f"kind: {target}" if target else "name: pt"
        entry += f", target: {{{where}}}"
    text = f"resources: [t.yaml]\npatches: [{{{entry}}}]\n"
    repository.write("app/t/kustomization.yaml", text)
    repository.write("app/p.txt", EVIL)
    found = [one[0] for one in found_in(repository) if one[1] == "unresolved-reference"]
    unclear = {"", "Patch.*"}
    place = "kustomization.yaml" if is_inline or target in unclear else "change.txt"
    assert set(found) == {f"app/t/{place}"} if is_told else not found
    law(repository, program)


def test_a_merged_image_of_a_transformer_is_judged(repository: Project, program: Tool) -> None:
    load(repository, "kustomization", TAG)
    merged = plugin("ImageTagTransformer", "imageTag: {newName: quay.io/evil/x}")
    text = f"resources: [t.yaml]\npatches: [{{patch: {json.dumps(merged)}}}]\n"
    repository.write("app/t/kustomization.yaml", text)
    [found] = [one for one in found_in(repository) if one[0] == "app/t/kustomization.yaml"]
    assert found[1] == "unapproved-registry"
    assert "changes transformers before they are loaded" in law(repository, program)


def test_a_replacement_into_a_transformer_is_told(repository: Project, program: Tool) -> None:
    load(repository, "kustomization", TAG)
    repository.write(
        "app/t/kustomization.yaml",
        "resources: [t.yaml]\nreplacements:\n- sourceValue: evil.io/x\n  targets:\n"
        "  - {select: {kind: ImageTagTransformer}, fieldPaths: [imageTag.newName]}\n",
    )
    found = [one for one in found_in(repository) if one[1] == "unresolved-reference"]
    assert [one[0] for one in found] == ["app/t/kustomization.yaml"]
    law(repository, program)


@pytest.mark.parametrize(
    "text",
    [
        "replacements: [{targets: [{select: {name: t}, fieldPaths: [imageTag.newName]}]}]",
        "replacements: [{path: r.txt}]",
        "transformers: [r.txt]",
    ],
)
def test_what_may_change_a_transformer_is_told(repository: Project, text: str) -> None:
    load(repository, "kustomization", TAG)
    repository.write("app/t/r.txt", plugin("SortOrderTransformer", "a: b"))
    repository.write("app/t/kustomization.yaml", "resources: [t.yaml]\n")
    assert not [one for one in found_in(repository) if one[1] == "unresolved-reference"]
    repository.write("app/t/kustomization.yaml", f"resources: [t.yaml]\n{text}\n")
    found = [one[:3] for one in found_in(repository) if one[1] == "unresolved-reference"]
    assert found == [("app/t/kustomization.yaml", "unresolved-reference", 2)]


def test_names_stay_beside_what_is_not_seen(repository: Project) -> None:
    """A resource of the transformers' folder is missing: another one may need the old name."""
    load(repository, "kustomization", PATCHED, "images: [{name: nginx, newTag: '2'}]\n")
    repository.write("app/t/kustomization.yaml", "resources: [t.yaml, gone.yaml]\n")
    repository.git("add", "-A")
    repository.run("fix")
    own = repository.read("app/kustomization.yaml")
    assert "name: nginx," in own
    assert f"name: {NEW}," in own
