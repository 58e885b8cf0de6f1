"""Hypothesis strategies for streams of manifests: plain ones, and ones built to mislead.

``manifests`` are streams that kubectl reads, with images written in every style, for the laws
of fix. ``nasty_streams`` mix what YAML readers disagree on, half-broken text and look-alikes,
for the laws of reading. Both are put together out of small pieces, so that they shrink.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.properties.strategies import look_alike_hosts, references

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

__all__ = ["images", "manifests", "nasty_streams"]

_HEX = "0123456789abcdef" * 4
_NAMES = [
    *("nginx", "velero/velero", "library/a", "index.docker.io/a", "gcr.io/a/b", "quay.io/a/b"),
    *("harbor.myco.com/docker.io/nginx", "harbor.myco.com:443/a", "GCR.IO/a", "localhost:5000/a"),
    *("[::1]:5000/a", "ex_ample.com/a", "sha256", "localhost"),
]
_PLAIN = re.compile(r"[A-Za-z0-9](?:[\w./@:-]*[A-Za-z0-9])?", re.ASCII)
_TAILS = ["", ":1.25", ":latest", f"@sha256:{_HEX}", f":v1@sha256:{_HEX}"]
_ODD = [
    *("", " ", "Nginx", "a b", "nginx:", "$(IMAGE)", "{{ x }}", "${X}/a:1", "ko://a", "auto"),
    *("1.25", "yes", "null", "2024-01-01", "é/x", "a\nb", "'", '"', "#x", "a#b", "\\", "-"),
]

images: SearchStrategy[str] = st.one_of(
    st.builds(str.__add__, st.sampled_from(_NAMES), st.sampled_from(_TAILS)),
    st.builds("{}/a:1".format, look_alike_hosts("harbor.myco.com")),
    references(),
    st.sampled_from(_ODD),
)


# --- values ---------------------------------------------------------------------------


def _escaped(text: str, places: frozenset[int]) -> str:
    """Write a double-quoted scalar, some of its characters as escapes."""
    written = [
        f"\\x{ord(char):02x}" if index in places and ord(char) < 256 else json.dumps(char)[1:-1]
        for index, char in enumerate(text)
    ]
    return '"' + "".join(written) + '"'


@st.composite
def _written(draw: DrawFn, text: str, indent: int, *, flow: bool = False) -> str:
    """Write a value in a style that reads as ``text`` (plain: as what YAML makes of it)."""
    quoted = {"'": "'" + text.replace("'", "''") + "'", '"': json.dumps(text)}
    styles = ["'", '"', "escapes"]
    if _PLAIN.fullmatch(text):
        styles.insert(0, "plain")
    if not flow:
        styles += ["|", ">", "next line", "folded"]
    style = draw(st.sampled_from(styles))
    below = "\n" + " " * (indent + 2)
    if style == "plain":
        written = text
    elif style == "escapes":
        written = _escaped(text, draw(st.frozensets(st.integers(0, len(text)), max_size=3)))
    elif style == "next line":
        written = draw(st.sampled_from(["", " # c"])) + below + quoted['"']
    elif style == "folded":
        cut = draw(st.integers(0, len(text)))
        written = f'"{text[:cut]}\\{below}{text[cut:]}"'
    elif style in quoted:
        written = quoted[style]
    else:
        written = style + draw(st.sampled_from(["-", "- # c", "2-"])) + below + text + "\n"
        return draw(st.sampled_from(["", "!!str "])) + written
    return draw(st.sampled_from(["", "!!str ", "! ", "!foo "])) + written


# --- manifests that kubectl reads -------------------------------------------------------

_PATHS = {
    "Pod": ("v1", ("spec",)),
    "Deployment": ("apps/v1", ("spec", "template", "spec")),
    "CronJob": ("batch/v1", ("spec", "jobTemplate", "spec", "template", "spec")),
    "Widget": ("example.com/v1", ("spec", "pods")),
    "List": ("v1", ()),
}


@st.composite
def _container(draw: DrawFn, indent: int, anchors: list[str]) -> str:
    """Write an item of a list of containers; images may be anchored, repeated and merged."""
    pad = " " * indent
    image = draw(images)
    form = draw(st.sampled_from(["block", "block", "flow", "anchor", "alias", "merge"]))
    if form == "alias" and anchors:
        return f"{pad}- name: c\n{pad}  image: *{draw(st.sampled_from(anchors))}\n"
    if form == "merge":
        base = draw(_written(image, indent, flow=True))
        return f"{pad}- <<: {{image: {base}}}\n{pad}  name: c\n"
    if form == "flow":
        return f"{pad}- {{name: c, image: {draw(_written(image, indent, flow=True))} }}\n"
    anchor = ""
    if form == "anchor":
        anchors.append(f"a{len(anchors)}")
        anchor = f"&{anchors[-1]} "
    key = draw(st.sampled_from(["image", '"image"', "'image'", "image ", '"im\\x61ge"']))
    comment = draw(st.sampled_from(["", "", "  # image: x"]))
    value = draw(_written(image, indent + 2))
    end = "\n" if value.endswith("\n") else f"{comment}\n"
    return f"{pad}- name: c\n{pad}  {key}: {anchor}{value.removesuffix(chr(10))}{end}"


@st.composite
def _pod_spec(draw: DrawFn, indent: int, anchors: list[str]) -> str:
    pad = " " * indent
    text = ""
    for name in draw(st.sampled_from([["containers"], ["initContainers", "containers"]])):
        text += f"{pad}{name}:\n"
        for _ in range(draw(st.integers(1, 2))):
            text += draw(_container(indent, anchors))
    if draw(st.booleans()):
        text += f"{pad}volumes:\n{pad}- name: v\n{pad}  image:\n{pad}    reference: "
        text += draw(_written(draw(images), indent + 4)).removesuffix("\n") + "\n"
    return text


@st.composite
def _manifest(draw: DrawFn, indent: int = 0) -> str:
    """Write an API object in block style, indented."""
    pad = " " * indent
    kinds = sorted(set(_PATHS) - ({"List"} if indent else set()))
    kind = draw(st.sampled_from(kinds))
    version, path = _PATHS[kind]
    text = f"{pad}apiVersion: {version}\n{pad}kind: {kind}\n"
    if kind == "List":
        text += "items:\n"
        for _ in range(draw(st.integers(1, 2))):
            text += "-" + draw(_manifest(indent=2))[1:]
        return text
    text += f"{pad}metadata: {{name: web}}\n"
    anchors: list[str] = []
    for level, key in enumerate(path):
        text += f"{pad}{'  ' * level}{key}:\n"
    text += draw(_pod_spec(indent + 2 * len(path), anchors))
    for anchor in anchors if draw(st.integers(0, 9)) == 0 else ():
        text += f"{pad}x-{anchor}: *{anchor}\n"
    return text


@st.composite
def _json_manifest(draw: DrawFn) -> str:
    containers = [{"name": "c", "image": draw(images)} for _ in range(draw(st.integers(1, 3)))]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "é\U0001f600"}}
    text = json.dumps(
        {**pod, "spec": {"containers": containers}},
        indent=draw(st.sampled_from([None, 2, "\t"])),
        ensure_ascii=draw(st.booleans()),
    )
    return text.replace("/", "\\/") if draw(st.booleans()) else text


_KUSTOMIZATION = """\
kind: Kustomization
apiVersion: kustomize.config.k8s.io/v1beta1
images:
- name: nginx
  newName: {}
  newTag: v2
"""
_COMMENTS = st.sampled_from(["", "", "# é: \U0001f600 image: nginx\n", "\n\n", "null\n---\n"])


@st.composite
def manifests(draw: DrawFn) -> bytes:
    """Make a stream of manifests that kubectl reads, in any encoding and with any line breaks."""
    if draw(st.integers(0, 4)) == 0:
        text = draw(st.sampled_from(["", "\n", " "])).join(
            draw(st.lists(_json_manifest(), min_size=1, max_size=3))
        )
    else:
        kustomization = st.builds(_KUSTOMIZATION.format, st.sampled_from(_NAMES))
        one = st.one_of(_manifest(), _manifest(), kustomization)
        documents = draw(st.lists(one, min_size=1, max_size=3))
        text = draw(_COMMENTS) + draw(st.sampled_from(["---\n", "--- # c\n"])).join(documents)
    return _encoded(draw, text)


def _encoded(draw: DrawFn, text: str) -> bytes:
    """Choose line breaks and encoding; leave the final break out or not."""
    if draw(st.booleans()):
        text = text.removesuffix("\n")
    text = text.replace("\n", draw(st.sampled_from(["\n", "\n", "\n", "\r\n"])))
    bom, encoding = draw(
        st.sampled_from(
            [
                *[(b"", "utf-8")] * 3,
                (codecs.BOM_UTF8, "utf-8"),
                (codecs.BOM_UTF16_LE, "utf-16-le"),
                (codecs.BOM_UTF16_BE, "utf-16-be"),
            ]
        )
    )
    return bom + text.encode(encoding, "replace")


# --- streams built to mislead -------------------------------------------------------------

_VALUES = [
    *(
        "nginx",
        "gcr.io/a/b:1",
        "~",
        "",
        "yes",
        "1.25",
        "1e3",
        "null",
        "2024-01-01",
        "nginx:",
        "'q'",
    ),
    *("$(X)", "{{ x }}", "{{ x }}:1", ".inf", "!!int x", "!!binary bmdpbng=", "!!str 1", "! 12"),
    *("&a nginx", "*a", "*b", '"\\x6eginx"', '"ng\\\n   inx"', "|\n        nginx", "{a: b}", "[a]"),
    *(">-\n        nginx\n", '"a\\/b"', "nginx # c", "nginx\t# c", "ng\x85      inx", "a: b", "@x"),
    *("'it''s'", "<<", "? a", "- a", "%x", "http://x/y", "a,b", "a]b", "#x", "\ud83d", "\ue000:x"),
]
_KEYS = [
    *("image", "image", "image", '"image"', "'image'", "image ", "!!str image", "&k image"),
    *('"\\x69mage"', '"im\\u0061ge"', "Image", "imagePullPolicy", "!!binary aW1hZ2U="),
    *("? image\n     ", '? "im\\\n      age"\n     ', "\ufeffimage", "*k", "image\x85"),
]
_LISTS = ["containers", "containers", "initContainers", '"containers"', '"\\x63ontainers"', "items"]
_KINDS = [
    *(
        "Pod",
        "Pod",
        "Deployment",
        "ConfigMap",
        "Secret",
        "List",
        "PodList",
        "Widget",
        "Kustomization",
    ),
    *(
        '"Pod"',
        "'ConfigMap'",
        "&x Pod",
        "!!str Pod",
        "Pod # c",
        "ConfigMap\r",
        "n",
        "1",
        "",
        "|\n  Pod",
    ),
    *("Pod\n  x", "Config\x85Map", "ClusterPolicy", "CustomResourceDefinition"),
    *("Kustomization", "no", "Null"),
]
_VERSIONS = [
    *("v1", "v1", "apps/v1", '"v1"', "example.com/v1", "1", "", "kyverno.io/v1", "v1 # c", "{}"),
    *("kustomize.config.k8s.io/v1beta1", "null", "yes", "2024-01-01"),
]
_ROOTS = [
    "kind: ConfigMap",
    "kind: Pod",
    "? kind\n: Pod",
    '"kind": Pod',
    "'kind': Pod",
    '"\\x6bind": Pod',
    "!!str kind: Pod",
    "&k kind: Pod",
    "<<: {kind: Pod}",
    "<<: &p {kind: Pod, apiVersion: v1}",
    "{kind: Pod}",
    "kind : Pod",
    "kind:\tPod",
    "kind:\n  Pod",
    "items: []",
    "items:\n- {apiVersion: v1, kind: Pod, spec: {containers: [{image: in-items}]}}",
    '"items": [{apiVersion: v1, kind: Pod, spec: {containers: [{image: in-items}]}}]',
    "? items\n: - {apiVersion: v1, kind: Pod, spec: {containers: [{image: in-items}]}}",
    "it\\\nems: x",
    "# c\rkind: Pod",
    "# c\x85kind: Pod",
    "# c\u2028items: [{apiVersion: v1, kind: Pod, spec: {containers: [{image: cr}]}}]",
    "x: |\n  kind: Pod\n  ---\n  image: y",
    "x: 'a\n\nkind: Pod'",
    "x: {a: b,\nkind: Pod\n}",
    "x: [\n]",
    "metadata: {name: p}",
    "metadata: {name: p, labels: {a: 1}}",
    "metadata:\n  name: y",
    "data: {image: x}",
    "images: [{name: a, newName: gcr.io/x}]",
    "x: &c [{name: c, image: aliased}]",
    "y: *c",
    "status: {containers: [{image: s}]}",
    "\ufeffkind: Pod",
    "...",
    "%YAML 1.1",
    "\tkind: Pod",
    "- kind: Pod",
    "~: x",
    "[a]: b",
]
_SEPARATORS = [
    *("---\n", "---\n", "---\n", "--- # c\n", "---#c\n", "--- {a: b}\n", "---x: y\n", "----\n"),
    *("---\xa0\n", "---\x85\n", "---\r\n", "...\n---\n", "---\n---\n", "---\n\ufeff", " ---\n"),
    *("%YAML 1.1\n---\n", "---\n%TAG ! x\n---\n", "--- |\n", "\r---\r", "\x85---\x85", "...\n"),
]
_SPOILERS = [
    *("\t", " ", "\n", "\r", "\x85", "\u2028", "\ufeff", "'", '"', "{", "}", "[", "]", ":", "#"),
    *("&x", "*x", "-", "?", "\\", "|", ",", "!", "%", "@", "\x00", "é", "\U0001f600", "\n---\n"),
]
_FLOW = [
    '{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"c","image":"nginx"}]}}',
    "{apiVersion: v1, kind: Pod, spec: {containers: [{name: c, image: nginx:1}]}}",
    '{"kind":"Pod","apiVersion":"v1","spec":{"containers":[{"\\u0069mage":"a\\/b"}]}}',
    '{"apiVersion":"v1","kind":"ConfigMap","items":[],"data":{"image":"\\ud800"},}',
    '{"apiVersion":"v1",\n"kind":"ConfigMap",\n"data":{"image":"x"}}',
]


@st.composite
def _nasty_document(draw: DrawFn) -> str:
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(_FLOW)) + draw(st.sampled_from(["", "\n", "\nx: y\n"]))
    roots = [
        f"apiVersion: {draw(st.sampled_from(_VERSIONS))}",
        f"kind: {draw(st.sampled_from(_KINDS))}",
        *draw(st.lists(st.sampled_from(_ROOTS), max_size=2)),
    ]
    containers = "".join(
        f"  - name: c\n    {draw(st.sampled_from(_KEYS))}: {draw(st.sampled_from(_VALUES))}\n"
        for _ in range(draw(st.integers(0, 2)))
    )
    if containers:
        roots.append(f"spec:\n  {draw(st.sampled_from(_LISTS))}:\n{containers}".removesuffix("\n"))
    pad = draw(st.sampled_from(["", "", "", "  "]))
    text = "\n".join(draw(st.permutations(roots))) + "\n"
    return "".join(pad + line for line in text.splitlines(keepends=True)) if pad else text


@st.composite
def nasty_streams(draw: DrawFn) -> bytes:
    """Make a stream of what YAML readers disagree on."""
    text = draw(st.sampled_from(["", "", "---\n", "# c\n", "\ufeff", "\n", " ", "\r"]))
    for document in draw(st.lists(_nasty_document(), min_size=1, max_size=3)):
        text += document + draw(st.sampled_from(_SEPARATORS))
    for spoiler in draw(st.lists(st.sampled_from(_SPOILERS), max_size=1)):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + spoiler + text[at + draw(st.integers(0, 1)) :]
    data = _encoded(draw, text.replace("\ud83d", draw(st.sampled_from(["", "\ud83d"]))))
    for broken in draw(st.lists(st.sampled_from([b"\xff", b"\xc3", b"\xed\xa0\x80"]), max_size=1)):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + broken + data[at:]
    return data
