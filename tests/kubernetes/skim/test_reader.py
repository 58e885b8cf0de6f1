"""Skimming: what it takes, what it declines, and the long way as its judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelint.kubernetes.helm import ANNOTATION
from imagelint.kubernetes.skim.reader import skim
from imagelint.model.source import Source
from imagelint.yaml.documents import split
from tests.corpus.oracle import files, read
from tests.properties.manifest_strategies import manifests
from tests.support.edited import edited
from tests.support.policies import policy
from tests.support.shared import needs_shared
from tests.support.skimming import both, disagreement
from tests.support.trees import catalogue

if TYPE_CHECKING:
    from imagelint.kubernetes.catalogue.lookup import Catalogue

POD = """\
# A comment in front.
apiVersion: v1
kind: Pod
metadata:
  name: web   # behind a value
  namespace: "shop"
  creationTimestamp: null
  labels: {app: web, "tier": 'front'}
  annotations:
    text: |
      first
        indented
    made-by: hand
    "prometheus.io/scrape": "true"
    'quoted': 'it''s "a"\\'
spec:
  # between
  initContainers:
  - image: 'quay.io/a/init@sha256:0123'
    name: init
    env:
      - name: HOME
        value: /tmp
      - {name: X, value: y}
  containers:
  - name: web
    image: nginx:1.25
    args: ["--port=8080", -v, plain text, 'single', "echo \\"a\\"", ]
    "workingDir": "/\\tmp"
    ports:
    - containerPort: 80
    resources: {}
  -
    name: "sidecar"
    image: "registry.example.com:5000/team/app:1.0"
    command:
      - sh
      - -c
      - |
        exec app

        image: no image
  -   image: busybox
      tty: true
  nodeSelector: {}
  volumes:
  - name: data
    emptyDir: {}
status:
"""


def deployment(pod_spec: str) -> str:
    """Put a pod's spec, six columns in, into a Deployment."""
    head = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n"
    return f"{head}    spec:\n{pod_spec}"


CONTAINER = "      containers:\n      - name: a\n        image: nginx\n"


def beside(text: str, name: str) -> Any:
    """Return a case, by its name: a text behind a container in a Deployment's pod spec."""
    return pytest.param(deployment(CONTAINER + text), id=name)


RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: web
spec:
  interval: 5m
  values:
    controllers:
      web:
        initContainers: {}
        containers:
          # Not those of a pod.
          app:
            image:
              repository: ghcr.io/a/web
              tag: v1
            env:
              PORT: &port 8080
              "HOST": &host 'web &co c'
              X: &_-0 "b"  # c
            probes:
              liveness: &probes
                port: *port
              readiness: &empty
              startup: *host
              other: *_-0 # d
            list:
            - &item a
            - *item
            - &last
              b: *port
"""


TAKEN = [
    pytest.param(RELEASE, 0, id="containers in a mapping, anchors and aliases"),
    pytest.param(RELEASE.replace("\n", "\r\n"), 0, id="the same with CRLF"),
    pytest.param(
        deployment(CONTAINER + "      x: &a b\n      y: *a\n"), 1, id="anchors where nothing counts"
    ),
    pytest.param(POD, 4, id="a pod"),
    pytest.param(POD.replace("\n", "\r\n"), 4, id="CRLF"),
    pytest.param("---\n" + POD, 4, id="a separator in front"),
    pytest.param("# Source: shop/templates/web.yaml\n" + POD, 4, id="Helm's comment"),
    pytest.param(POD.removesuffix("\n"), 4, id="no line feed at the end"),
    pytest.param(deployment(CONTAINER), 1, id="a deployment"),
    pytest.param(
        deployment(
            CONTAINER.replace("      -", "        -").replace("        image", "          image")
        ),
        1,
        id="an indented list",
    ),
    pytest.param(deployment(CONTAINER + "        args: [--v=2]\n"), 1, id="arguments"),
    pytest.param(deployment(CONTAINER + '        args: ["-v", "a # b", ]\n'), 1, id="strings"),
    pytest.param(
        deployment(CONTAINER + '        args: [\n          "--v=2",\n          a,\n        ]\n'),
        1,
        id="arguments over several lines",
    ),
    pytest.param(
        deployment(CONTAINER + "        args:\n        - a\n          b\n          c\n"),
        1,
        id="an argument over several lines",
    ),
    pytest.param(
        deployment(CONTAINER + "        x: <b>\n          c >\n        y: |\n          z\n"),
        1,
        id="a fold beside a literal",
    ),
    pytest.param(
        deployment(CONTAINER + "        args:\n        - --image-gc=1\n"),
        1,
        id="a flag that is none of those",
    ),
    pytest.param(
        deployment(CONTAINER + "        env:\n        - name: MY_IMAGE\n          value: a\n"),
        1,
        id="a variable that is none of those",
    ),
    pytest.param(
        deployment(CONTAINER + "        image-policy: a\n        image.x: b\n"),
        1,
        id="keys that begin so",
    ),
    pytest.param(deployment("      containers: []\n      x: image\n"), 0, id="no containers"),
    pytest.param(deployment("      containers:\n      x: image\n"), 0, id="null for containers"),
    pytest.param(
        deployment("      containers:\n        image: a\n        b:\n          image: c\n"),
        0,
        id="a mapping for containers",
    ),
    pytest.param(deployment("      containers:\n      - - image: a\n"), 0, id="a list in the list"),
    pytest.param(
        deployment("      containers:\n      - name: a\n      - name: image\n"),
        0,
        id="containers without images",
    ),
    pytest.param(
        deployment(CONTAINER + "      ephemeralContainers:\n      - image: |-\n          b\n"),
        2,
        id="an image in a literal",
    ),
    pytest.param(
        deployment(CONTAINER).replace("  name: web", "  labels:\n    a: b"), 1, id="no name"
    ),
    pytest.param(
        deployment(CONTAINER).replace("name: web", "generateName: web-"), 1, id="a made up name"
    ),
    pytest.param(
        deployment(CONTAINER).replace(
            "metadata:\n  name: web\n", "metadata: {name: web, labels: {}}\n"
        ),
        1,
        id="metadata on one line",
    ),
    pytest.param(
        deployment(CONTAINER).replace("metadata:\n  name: web\n", ""), 1, id="no metadata"
    ),
    pytest.param(
        deployment(CONTAINER).replace("metadata:\n  name: web\n", "metadata:\n"),
        1,
        id="metadata that is null",
    ),
    pytest.param(deployment(CONTAINER) + "immutable: true\n", 1, id="more at the root"),
]


CUSTOM = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: steps-}
spec:
  entrypoint: main
  templates:
  - name: main
    steps:
    - - name: a
        template: run
  - name: run
    container:
      image: busybox
      command: [sh, -c]
    initContainers_: 1
    sidecars:
    - name: side
      image: 10.0.0.1:5000/side
  - script:
      name: said
      image: python
"""
ROLLOUT = deployment(CONTAINER).replace("apps/v1", "argoproj.io/v1alpha1")
ROLLOUT = ROLLOUT.replace("Deployment", "Rollout")
TAKEN += [
    pytest.param(CUSTOM.replace("initContainers_", "x"), 3, id="a kind of others"),
    pytest.param(
        CUSTOM.replace("initContainers_", "x").replace("image: busybox", "x: y"), 2, id="without"
    ),
    pytest.param(ROLLOUT, 1, id="a pod template in it"),
    *(
        pytest.param(CUSTOM.replace("initContainers_: 1", one), 3, id=one)
        for one in (
            "# initContainers",
            "containers:",
            "containers: {}",
            "initContainers: []",
            "containers:\n      a: b",
            "containers:\n\n      # c\n      'a': b",
            "containers:\n    x: y",
            "containers: &a\n      a: b",
            "moreContainers:\n      containers:\n        a:\n        - image: b",
        )
    ),
    pytest.param(
        ROLLOUT + "      volumes:\n      - name: v\n        image:\n          reference: a\n",
        2,
        id="an image volume",
    ),
    pytest.param(
        ROLLOUT.replace("name: web", "labels:\n    version: 1.2.3"), 1, id="a label like a number"
    ),
    pytest.param(
        "apiVersion: tekton.dev/v1\nkind: Task\nspec:\n  steps:\n  - name: a\n    image: b\n",
        1,
        id="steps",
    ),
]


@pytest.mark.parametrize(("text", "images"), TAKEN)
def test_takes(text: str, images: int) -> None:
    ((short, _),) = both(text.encode())
    assert len(short.extract.sites) == images
    assert disagreement(text.encode()) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            deployment(CONTAINER).replace("apiVersion: apps/v1\n", ""), id="no apiVersion"
        ),
        pytest.param(deployment(CONTAINER).replace("kind: Deployment\n", ""), id="no kind"),
        pytest.param(
            deployment(CONTAINER).replace("kind: Deployment\n", "") + "kind: Deployment\n",
            id="the kind behind the spec",
        ),
        pytest.param(deployment(CONTAINER) + "kind: Pod\n", id="two kinds"),
        pytest.param(deployment("      containers: image\n"), id="a text for containers"),
        pytest.param(deployment(CONTAINER + "      - image\n"), id="a text for a container"),
        pytest.param(deployment(CONTAINER) + "spec: {}\n", id="two specs"),
        pytest.param(deployment(CONTAINER) + "items: []\n", id="items"),
        pytest.param(
            deployment(CONTAINER).replace("kind: Deployment", "kind: Widget"), id="an unknown kind"
        ),
        pytest.param(
            deployment(CONTAINER).replace("kind: Deployment", "kind: DeploymentList"), id="a list"
        ),
        pytest.param(
            deployment(CONTAINER).replace("apps/v1", "1"), id="a version that is a number"
        ),
        pytest.param(
            deployment(CONTAINER).replace("name: web", "name: 1"), id="a name that is a number"
        ),
        pytest.param(
            deployment(CONTAINER).replace("name: web", "name: y"), id="a name that may be a boolean"
        ),
        pytest.param(deployment(CONTAINER).replace("name: web", "name:"), id="a name that is null"),
        pytest.param(
            deployment(CONTAINER).replace("name: web", "name: a\n  name: b"), id="two names"
        ),
        pytest.param(
            deployment(CONTAINER).replace("name: web", "labels: [a]"), id="a list of labels"
        ),
        pytest.param(
            deployment(CONTAINER).replace("name: web", "labels:\n    a: 1"),
            id="a label that is a number",
        ),
        pytest.param(
            deployment(CONTAINER).replace("name: web", "labels:\n    a:\n      b: c"),
            id="a label that is a mapping",
        ),
        pytest.param(
            deployment(CONTAINER).replace("name: web", "labels:\n    a: b\n    a: c"),
            id="a label twice",
        ),
        pytest.param(
            deployment(CONTAINER).replace("name: web", "labels:\n    yes: b"),
            id="a label's key that may be a boolean",
        ),
        pytest.param(
            deployment(CONTAINER).replace("name: web", "labels: a"), id="a text for labels"
        ),
        pytest.param(
            deployment(CONTAINER).replace("name: web", "finalizers: [a]"), id="other metadata"
        ),
        pytest.param(
            deployment(CONTAINER).replace("metadata:\n  name: web\n", "metadata: a\n"),
            id="a text for metadata",
        ),
        pytest.param(
            deployment(CONTAINER).replace("metadata:\n  name: web\n", "metadata:\n- a\n"),
            id="a list for metadata",
        ),
        pytest.param(deployment(CONTAINER.replace("nginx", "")), id="an image that is null"),
        pytest.param(
            deployment(CONTAINER.replace("nginx", "1.25")), id="an image that is a number"
        ),
        pytest.param(
            deployment(CONTAINER.replace("nginx", "yes")), id="an image that may be a boolean"
        ),
        pytest.param(
            deployment(CONTAINER.replace("nginx", "auto")), id="an image that Istio may fill in"
        ),
        pytest.param(
            deployment(CONTAINER.replace("nginx", '" "')), id="an image that OpenShift may fill in"
        ),
        pytest.param(deployment(CONTAINER.replace("nginx", "[a]")), id="an image that is a list"),
        pytest.param(
            deployment(CONTAINER.replace("nginx", "{a: b}")), id="an image that is a mapping"
        ),
        pytest.param(
            deployment(CONTAINER.replace("nginx", "\n          a: b")),
            id="an image that is a mapping in block style",
        ),
        beside("        image: b\n", "two images in a container"),
        beside("        name: b\n", "two names of a container"),
        pytest.param(
            deployment(CONTAINER.replace("name: a", "name: 1")),
            id="a container's name that is a number",
        ),
        beside("      containers: []\n", "two lists of containers"),
        pytest.param(deployment("      containers: [{image: a}]\n"), id="containers on one line"),
        pytest.param(
            deployment("      containers:\n      - {image: a}\n"), id="a container on one line"
        ),
        pytest.param(
            deployment(
                CONTAINER + "        args: [--engine-image=a, --prometheus-config-reloader=b]\n"
            ),
            id="a flag",
        ),
        pytest.param(
            deployment(
                CONTAINER + "        args:\n        - --prometheus-config-reloader\n        - b\n"
            ),
            id="a flag in a list",
        ),
        pytest.param(
            deployment(
                CONTAINER + "        env:\n        - name: RELATED_IMAGE_A\n          value: b\n"
            ),
            id="a variable",
        ),
        pytest.param(
            deployment(CONTAINER + "        env: [{name: RELATED_IMAGE_A, value: b}]\n"),
            id="a variable on one line",
        ),
        pytest.param(
            POD.replace("made-by: hand", "sidecar.istio.io/proxyImage: a"),
            id="an annotation with an image",
        ),
        beside("      x: .inf\n", "a number that JSON cannot write"),
        beside("      null: a\n", "a key that is null"),
        beside("      x: [.nan]\n", "such a number in a list"),
        beside("        name: &a b\n", "an anchor that counts"),
        pytest.param(
            deployment(CONTAINER.replace("nginx", "&a nginx")), id="an image with an anchor"
        ),
        pytest.param(
            deployment("      x: &a nginx\n" + CONTAINER.replace("nginx", "*a")),
            id="an aliased image",
        ),
        beside("      x: *a\n", "an alias without its anchor"),
        beside("      x: *a\n      y: &a b\n", "one before it"),
        beside("      x: &a\n        y: *a\n", "an anchor around its alias"),
        beside("      x: &a [b]\n      y: *a\n", "a list's alias"),
        beside("      x: &a b\n      <<: *a\n", "a merged alias"),
        beside("      x: &a b\n      y: *ab\n", "another anchor"),
        beside("      x: &a b\n      y: *a b\n", "more than it"),
        beside("      x: &a b\n      *a : b\n", "an aliased key"),
        beside("      &a x: b\n      y: *a\n", "an anchored key"),
        beside("      x:\n      - &a y: b\n", "one of an item"),
        beside("      x: &a &b c\n", "two anchors"),
        beside("      x: &a,b c\n", "no anchor's name"),
        beside("     x: b\n", "a column that nothing has"),
        beside("      x: b: c\n", "two colons"),
        beside("      x: |\n\n", "an empty literal"),
        beside("      x: a\n\n        b\n", "a fold with a break"),
        beside("      x: a # c\n        b\n", "text behind a comment"),
        beside("          b\n", "an image over two lines"),
        beside("      x: [a,\n        b c: d]\n", "odd flow"),
        beside("      x: [\n", "flow without an end"),
        beside("      x: [.nan,\n a]\n", "odd numbers in flow"),
        pytest.param(
            deployment("      containers: [\n        {image: a},\n      ]\n"),
            id="containers in flow over lines",
        ),
        beside("      x:\ta\n", "a tab"),
        pytest.param(CUSTOM, id="containers that are not planned for"),
        *(
            pytest.param(CUSTOM.replace("initContainers_: 1", one), id=one)
            for one in (
                "containers:\n    - image: a",
                "containers:\n    # b\n\n    - image: a",
                "'containers':\n      - image: a",
                "containers: [{image: a}]",
                "containers: [\n      {image: a}]",
                "containers: {a: b}",
                "x: {containers: [{image: a}]}",
                "x: containers",
                "x: |\n      containers:\n      - image: a",
                "containers: a containers",
                "containers: &a\n    - image: a",
                "containersx:\n      a: b",
                "x: # containers",
                "containers: {}\n    volumes:\n    - image: {reference: a}",
                "x:\n      volumes:\n      - image:\n          reference: a\n      containers:",
            )
        ),
        pytest.param(
            ROLLOUT + "  other:\n    containers:\n    - image: a\n", id="in another place"
        ),
        pytest.param(ROLLOUT + "  steps:\n  - containers: [{image: a}]\n", id="in a list there"),
        pytest.param(
            CUSTOM.replace("x: y", "inline: {}").replace(
                "    initContainers_: 1", "    steps: [[{inline: {script: {image: a}}}]]"
            ),
            id="a shape in itself",
        ),
        pytest.param(
            CUSTOM.replace("initContainers_: 1", "volumes: [{image: {reference: a}}]"),
            id="a list of more",
        ),
        pytest.param("- " + POD.replace("\n", "\n  "), id="an object in a list"),
    ],
)
def test_declines(text: str) -> None:
    assert skim(text, catalogue()) is None
    assert disagreement(text.encode()) is None


@pytest.mark.parametrize(
    "value", ["yes", "1", "auto", "'b' # c", '"b"', ".inf", "[b]", "", "b c", "b: c", "*b", "|"]
)
@pytest.mark.parametrize("line", ["name: a", "image: nginx", "name: web", "x: y"])
def test_what_is_known_of_a_text_like_it_is_no_excuse(line: str, value: str) -> None:
    """The outline of a document serves for those of the same shape, whose values may be others."""
    text = deployment(CONTAINER + "      x: y\n")
    assert skim(text, catalogue()) is not None
    other = text.replace(line, f"{line.partition(':')[0]}: {value}")
    assert disagreement(other.encode()) is None


def test_an_outline_serves_one_kind() -> None:
    text = deployment(CONTAINER)
    for kind, images in (("Deployment", 1), ("Pod", 0), ("Deployment", 1), ("Widget", None)):
        found = skim(text.replace("Deployment", kind).replace("apps/v1", "v1"), catalogue())
        assert (None if found is None else len(found.sites)) == images


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xef\xbb\xbf" * 2 + POD.encode(), id="a byte order mark too many"),
        pytest.param(POD.encode() + b"# \xff\n", id="no UTF-8"),
        pytest.param(POD.replace("web", "\x85").encode(), id="a break of YAML 1.1"),
        pytest.param(POD.replace("made-by", ANNOTATION).encode(), id="an annotation of Helm's"),
        pytest.param(b"--- x\n" + POD.encode(), id="content behind the separator"),
        pytest.param(b'{"kind": "Pod", "apiVersion": "v1", "image": 1}', id="JSON"),
    ],
)
def test_is_not_asked(data: bytes) -> None:
    assert both(data) == []


def _with(more: str) -> Catalogue:
    """Return the catalogue with what a policy adds to it, or takes out."""
    parsed = policy(f"version: 1\nenvironments: {{prod: {{allow: ['*']}}}}\ndefault: prod\n{more}")
    return catalogue().with_entries(parsed.workloads).without_fields(parsed.ignored_fields)


@pytest.mark.parametrize(
    ("field", "is_taken"),
    [
        ("spec.sidecars[].image", True),  # there are none
        ("spec.steps[].containers[].image", True),
        ("spec.containers[].args[]", False),
        ("spec.containers[].name", False),
        ("spec.containers[].env[].value", True),
        ("spec.initContainers[].env[].name", False),
        ("spec.nodeSelector.{}", False),
        ("spec.{}.image", False),
        ("metadata.annotations.x", True),
        ("metadata.annotations.made-by", False),
        ("metadata.name", False),
        ("kind", False),
        ("spec.yes.image", False),
    ],
)
def test_fields_of_a_policy(field: str, is_taken: bool) -> None:
    """Whatever a policy calls an image: it is found, or the document is read in the long way."""
    kinds = _with(f"workloads: [{{groups: [''], kinds: [Pod], source: x, fields: ['{field}']}}]\n")
    more = "  steps:\n  - containers:\n    - image: a\n  sidecars:\n  - image: b\n"
    more += "  on:\n    image: c\n"
    for text in (POD, POD.replace("spec:\n", f"spec:\n{more}")):
        assert disagreement(text.encode(), kinds) is None
    assert (skim(POD, kinds) is not None) is is_taken


WIDGET = """\
apiVersion: example.com/v1
kind: Widget
metadata: {name: w}
spec:
  name: outer
  image: nginx:1
  parts:
  - name: part
    image: nginx:2
    more:
      image: nginx:3
  - - image: nginx:4
  pod:
    name: pod
    containers:
    - image: nginx:5
    volumes:
    - name: v
      image:
        reference: nginx:6
  template:
    metadata:
      annotations:
        sidecar.istio.io/proxyImage_: nginx:7
    spec:
      initContainers:
      - name: init
        image: nginx:8
"""


@pytest.mark.parametrize(
    "field",
    [
        "spec.image",
        "spec.parts[].image",
        "spec.parts[].more.image",
        "spec.parts[][].image",
        "spec.parts[]",
        "spec.pod.<pod-spec>",
        "spec.<pod-spec>",
        "spec.template.spec.<pod-spec>",
        "spec.template.<pod-template>",
        "spec.template.metadata.annotations",
        "spec.pod.containers[].<container>",
        "spec.pod.containers[].image",
        "spec.pod.volumes[].image.reference",
        "spec.pod.{}[].image",
        "spec.name",
        "metadata.name",
    ],
)
@pytest.mark.parametrize("mark", ["proxyImage_", "proxyImage"])
@pytest.mark.parametrize("other", ["", "spec.pod.<pod-spec>", "spec.template.<pod-template>"])
def test_kinds_of_a_policy(field: str, other: str, mark: str) -> None:
    """What is skimmed of a kind of one's own is what a search of it finds, by shape too."""
    fields = ", ".join(f"'{one}'" for one in (field, other) if one)
    entry = f"{{groups: [example.com], kinds: [Widget], source: x, fields: [{fields}]}}"
    kinds = _with(f"workloads: [{entry}]\n")
    text = WIDGET.replace("proxyImage_", mark)
    without_pod = text.partition("  pod:")[0]
    without_template = text.partition("  template:")[0]
    for one in (text, without_pod, without_template):
        assert disagreement(one.encode(), kinds) is None


def test_ignored_fields() -> None:
    ignored = "{groups: [''], kinds: [Pod], fields: ['spec.containers[].image'], reason: x}"
    kinds = _with(f"ignore-fields: [{ignored}]\n")
    assert skim(POD, kinds) is None


_PIECES = (
    "image: b\n",
    "    image: b\n",
    "          b\n",
    *("&a ", "&a b\n", "*a\n", "*a", "- &b c\n", "<<: *a\n", "      x: &a b\n"),
    *("name: a\n", "containers:\n", "  - image: c\n", "kind: Pod\n", "items:\n", "spec:\n"),
    *(
        'args: ["a", "b"]\n',
        '["a", ]',
        '"a"',
        ", ",
        "args: [--engine-image=a]\n",
        "env:\n",
        "name: RELATED_IMAGE_A\n",
        "labels:\n",
        "yes",
    ),
)


@given(st.data())
def test_agrees_on_edited_documents(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([POD, deployment(CONTAINER + "        args:\n        - a\n")]))
    text = edited(data, text, _PIECES)
    assert disagreement(text.encode()) is None, text


@given(manifests())
def test_agrees_on_manifests(data: bytes) -> None:
    assert disagreement(data) is None


@pytest.mark.slow
@needs_shared
def test_agrees_on_the_corpus() -> None:
    taken = 0
    for file in files():
        data = read(file)
        if b"image" in data:
            assert disagreement(data) is None, file
            documents = (one for one in split(Source(file, data)) if one.tree is None)
            taken += sum(skim(one.decoded.text, catalogue()) is not None for one in documents)
    assert taken > 1_000
