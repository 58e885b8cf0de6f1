"""CustomResourceDefinitions → the fields that hold images, and those that only look like it."""

from __future__ import annotations

import pytest

from imagelint.kubernetes.catalogue.learning import learn
from imagelint.kubernetes.catalogue.notation import read_workloads
from imagelint.kubernetes.catalogue.schemas import definitions_in, documents_of, groups_in
from imagelint.kubernetes.catalogue.taught import Taught, fields_of
from imagelint.kubernetes.catalogue.writing import entries_of
from imagelint.model.source import Source
from imagelint.yaml.config import Fields

HEAD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: widgets.example.com}}
spec:
  group: {group}
  names: {{kind: {kind}, plural: widgets}}
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          type: object
          properties:
            apiVersion: {{type: string}}
            status: {{type: object, properties: {{image: {{type: string}}}}}}
            spec:
              type: object
              properties: {properties}
"""
TEXT = "{type: string}"
CONTAINER = f"{{properties: {{name: {TEXT}, image: {TEXT}, args: {{}}, env: {{}}}}}}"
OPEN = "{type: object, x-kubernetes-preserve-unknown-fields: true}"


def crd(properties: str, kind: str = "Widget", group: str = "example.com") -> str:
    return HEAD.format(properties=properties, kind=kind, group=group)


def source_of(text: str, path: str = "crd.yaml") -> Source:
    return Source(path, text.encode())


def learnt(text: str) -> list[tuple[str, bool]]:
    source = source_of(text)
    found = [one for document in documents_of(source) for one in definitions_in(document)]
    return [(one.field, one.is_sure) for definition in found for one in learn(definition)]


def sure(text: str) -> list[str]:
    return [field for field, is_sure in learnt(text) if is_sure]


@pytest.mark.parametrize(
    ("properties", "fields"),
    [
        (f"{{image: {TEXT}}}", ["spec.image"]),
        (f"{{proxyImage: {TEXT}, imagePullPolicy: {TEXT}}}", ["spec.proxyImage"]),
        (f"{{containerimage: {TEXT}}}", ["spec.containerimage"]),
        ("{imageName: {type: string, description: The image to run}}", ["spec.imageName"]),
        (
            f"{{job: {{properties: {{containers: {{items: {CONTAINER}}}}}}}}}",
            ["spec.job.<pod-spec>"],
        ),
        (
            (
                f"{{template: {{properties: {{metadata: {{}}, spec: {{properties: {{initContainers:"
                f" {{items: {CONTAINER}}}}}}}}}}}}}"
            ),
            ["spec.template.<pod-template>"],
        ),
        (f"{{sidecars: {{items: {CONTAINER}}}}}", ["spec.sidecars[].<container>"]),
        (f"{{roles: {{additionalProperties: {CONTAINER}}}}}", ["spec.roles{}.<container>"]),
        (f"{{podTemplate: {OPEN}}}", ["spec.podTemplate.<pod-template>"]),
        (f"{{worker: {{properties: {{podSpec: {OPEN}}}}}}}", ["spec.worker.podSpec.<pod-spec>"]),
        (
            (
                f"{{image: {{properties: {{registry: {TEXT}, repository: {TEXT}, tag: {TEXT},"
                f" digest: {TEXT}}}}}}}"
            ),
            [
                (
                    '{at: "spec.image", registry: registry, repository: repository, tag: tag,'
                    " digest: digest}"
                )
            ],
        ),
        (
            f"{{image: {{properties: {{name: {TEXT}, tag: {TEXT}}}}}}}",
            ['{at: "spec.image", repository: name, tag: tag}'],
        ),
        (
            (
                f"{{driver: {{properties: {{repository: {TEXT}, image: {TEXT}, version: {TEXT},"
                f" imagePullPolicy: {TEXT}}}}}}}"
            ),
            ['{at: "spec.driver", registry: repository, image: image, tag: version}'],
        ),
        (f"{{images: {{properties: {{agent: {TEXT}}}}}}}", ["spec.images.agent"]),
        (
            "{images: {type: array, items: {type: string}, description: Container images to pull}}",
            ["spec.images[]"],
        ),
    ],
)
def test_a_field_is_learnt(properties: str, fields: list[str]) -> None:
    assert sure(crd(properties)) == fields


@pytest.mark.parametrize(
    "properties",
    [
        f"{{imagePullPolicy: {TEXT}, imageTag: {TEXT}, imageType: {TEXT}}}",
        "{image: {type: boolean}}",
        "{image: {type: string, enum: [debian, alpine]}}",
        "{image: {type: string, description: The AMI of the instances}}",
        f"{{bootDisk: {{properties: {{image: {TEXT}}}}}}}",
        f"{{osImage: {TEXT}}}",
        f"{{logoImage: {TEXT}}}",
        "{image: {type: string, description: A picture for the dashboard}}",
        'image: {type: string, pattern: "^https?://"}'.join("{}"),
        f"{{output: {{properties: {{image: {TEXT}}}}}}}",
        "{image: {type: string, description: The image that is pushed}}",
        f"{{git: {{properties: {{repository: {TEXT}, version: {TEXT}}}}}}}",
        f"{{rbd: {{properties: {{image: {TEXT}}}}}}}",
        f"{{buildImage: {TEXT}, chartInImage: {TEXT}}}",
        f"{{template: {{properties: {{status: {{properties: {{image: {TEXT}}}}}}}}}}}",
        f"{{things: {{items: {{properties: {{name: {TEXT}, command: {TEXT}}}}}}}}}",
    ],
)
def test_a_look_alike_is_not_learnt(properties: str) -> None:
    assert sure(crd(properties)) == []


def test_a_description_of_containers_beats_a_name() -> None:
    said = "{osImage: {type: string, description: The container image with the operating system}}"
    assert sure(crd(said)) == ["spec.osImage"]


def test_every_version_and_every_form_is_read() -> None:
    beta = """\
apiVersion: apiextensions.k8s.io/v1beta1
kind: CustomResourceDefinition
spec:
  group: old.example.com
  names: {kind: Old}
  validation:
    openAPIV3Schema: {properties: {spec: {properties: {image: {type: string}}}}}
"""
    more = (
        crd(f"{{image: {TEXT}}}")
        + """\
    - name: v2
      schema: {openAPIV3Schema: {properties: {spec: {properties: {initImage: {type: string}}}}}}
"""
    )
    indented = more.replace("\n", "\n    ").rstrip(" ")
    listed = f"apiVersion: v1\nkind: List\nitems:\n  - {indented}"
    assert sure(beta) == ["spec.image"]
    assert sure(more) == ["spec.image", "spec.initImage"]
    assert sure(listed) == ["spec.image", "spec.initImage"]
    assert sure(f"{beta}---\n{more}") == ["spec.image", "spec.image", "spec.initImage"]


def test_what_is_no_definition_teaches_nothing() -> None:
    text = crd(f"{{image: {TEXT}}}")
    assert sure(text.replace("apiextensions.k8s.io", "example.com")) == []
    assert sure(text.replace("kind: CustomResourceDefinition", "kind: Other")) == []
    assert sure(text + "spec: {}\n") == []  # a duplicate key, which kubectl refuses


def doubled(times: int) -> str:
    """Return a definition in which each of ``times`` levels uses the one below it twice."""
    nodes = ["{properties: {image: {type: string}}}"]
    nodes += [f"{{properties: {{x: *a{n}, y: *a{n}}}}}" for n in range(times)]
    lines = "".join(f"  a{n}: &a{n} {node}\n" for n, node in enumerate(nodes))
    text = crd(f"{{root: *a{times}}}")
    return text.replace("spec:\n  group", f"x:\n{lines}spec:\n  group", 1)


def test_an_alias_bomb_teaches_nothing() -> None:
    assert len(learnt(doubled(3))) == 8
    assert learnt(doubled(24)) == []


def test_the_entries_are_in_the_notation_of_a_policy() -> None:
    text = crd(
        f"{{image: {{type: string, description: 'Runs # it: a \"b\"\\u2028'}}, a.b/image: {TEXT},"
        f" bootDisk: {{properties: {{image: {TEXT}}}}}, image2: {{properties: {{}}}}}}"
    )
    source = source_of(text)
    one = next(found for document in documents_of(source) for found in definitions_in(document))
    fields = learn(one)
    written = entries_of({("example.com", "Widget"): ("crd.yaml", fields)}, ())
    assert "    # - spec.bootDisk.image  # doubtful: named image\n" in written
    reader = Fields(source_of(written))
    node = reader.at(("workloads",))
    assert node is not None
    read = read_workloads(reader, node, "workloads")
    assert [one.kinds for one in read] == [("Widget",)]
    assert read[0].fields == fields_of([found for found in fields if found.is_sure])
    assert [field.path for field in read[0].fields] == [("spec", "image"), ("spec", "a.b/image")]


def test_a_file_is_read_when_its_group_is_met() -> None:
    read: list[str] = []

    def file(name: str, text: str) -> Source:
        read.append(name)
        return source_of(text, name)

    widget, gadget = crd(f"{{image: {TEXT}}}"), crd(f"{{image: {TEXT}}}", "Gadget", "other.org")
    taught = Taught([lambda: file("w", widget), lambda: file("g", gadget)])
    assert not read
    assert not taught.fields("apps", "Deployment")
    assert not read
    assert [field.path for field in taught.fields("other.org", "Gadget")] == [("spec", "image")]
    assert read == ["w", "g", "g"]  # both for their groups, one for its definitions
    assert not taught.fields("other.org", "Widget")
    assert not taught.fields("unknown.org", "Widget")
    assert [field.path for field in taught.fields("other.org", "Gadget")] == [("spec", "image")]
    assert read == ["w", "g", "g"]


def test_groups_are_seen_in_every_spelling() -> None:
    for text in ("group: a.b", "'group': 'a.b'", '{"group":"a.b"}', "group:  a.b # c"):
        document = next(documents_of(source_of(f"# CustomResourceDefinition\n{text}\n")))
        assert "a.b" in groups_in(document)
