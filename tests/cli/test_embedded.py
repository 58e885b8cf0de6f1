"""Manifests in the strings of ConfigMaps and Secrets, by the policy's key ``embedded``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.project import CLEAN, ERROR, FINDINGS, POLICY, Project, pod, rules_in

EMBEDDED = 'embedded: [{kind: ConfigMap, keys: ["*.yaml"]}, {kind: Secret, keys: ["*"]}]\n'
TEMPLATE = "apiVersion: template.openshift.io/v1\nkind: Template\nobjects:\n"
HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: jobs}\ndata:\n"
FIELD = "data[a.yaml]: spec.containers[0].image"


def indented(text: str, by: int = 4) -> str:
    """Return the lines of a block scalar."""
    return "".join(" " * by + line for line in text.splitlines(keepends=True))


def literal(text: str, key: str = "a.yaml") -> str:
    """Return a ConfigMap with a text in a literal block."""
    return f"{HEAD}  {key}: |\n{indented(text)}"


def quoted(text: str) -> str:
    """Return a ConfigMap with a text on one line."""
    return f"{HEAD}  a.yaml: {json.dumps(text)}\n"


def as_json(text: str) -> str:
    """Return a ConfigMap in JSON."""
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a.yaml": text}})


FOLDED = 'apiVersion: v1\n\nkind: Pod\n\nspec: {containers: [{image: "nginx:1.25"}]}\n'
FORMS = {
    "literal": literal(pod()),
    "stripped": literal(pod()).replace("|", "|-"),
    "folded": f"{HEAD}  a.yaml: >\n{indented(FOLDED)}",
    "double quotes": quoted(pod()),
    "single quotes": f"{HEAD}  a.yaml: '{FOLDED}'\n".replace("\n\n", "\n\n    "),
    "JSON in YAML": f"""{HEAD}  a.yaml: '{{"kind": "Pod", "apiVersion": "v1",
    "spec": {{"containers": [{{"image": "nginx:1.25"}}]}}}}'\n""",
    "JSON": as_json(pod()),
    "flow": f"{{apiVersion: v1, kind: ConfigMap, data: {{a.yaml: {json.dumps(pod())}}}}}\n",
    "CRLF": literal(pod()).replace("\n", "\r\n"),
    "no final line feed": literal(pod()).removesuffix("\n"),
    "Secret": literal(pod()).replace("ConfigMap", "Secret").replace("data:", "stringData:"),
}


@pytest.fixture
def own(project: Project) -> Project:
    """A folder whose policy takes strings for manifests."""
    project.write("imagelint.yaml", POLICY + EMBEDDED)
    return project


def findings(project: Project, *options: str) -> list[dict[str, Any]]:
    """Return the findings of a run over everything."""
    found: list[dict[str, Any]] = json.loads(
        project.run("check", "--format", "json", *options).stdout
    )["findings"]
    return found


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_found_and_fixed_where_it_stands(own: Project, text: str) -> None:
    """Only the image's bytes change, and a second fix changes nothing."""
    own.write("c.yaml", text)
    [finding] = findings(own)
    assert finding["field"] == FIELD.replace("data", "stringData" if "Secret" in text else "data")
    assert finding["object"]["kind"] == "Pod"
    before = text.encode()[: text.encode().index(b"nginx")]
    if b"\\n" not in before:  # else the place is behind some escapes of one line
        assert finding["line"] == before.count(b"\n") + 1
    assert own.run("fix").exit_code == CLEAN
    fixed = text.replace("nginx:1.25", "h.io/hub/nginx:1.25")
    assert own.read("c.yaml") == fixed
    assert own.run("fix").exit_code == CLEAN
    assert own.read("c.yaml") == fixed


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_text_without_the_key(project: Project, text: str) -> None:
    project.write("imagelint.yaml", POLICY)
    project.write("c.yaml", text)
    assert project.run("check").exit_code == CLEAN


@pytest.mark.parametrize(
    "text",
    [
        literal(literal(literal(pod()))),
        f"apiVersion: v1\nkind: List\nitems:\n-{indented(literal(pod()), 2)[1:]}",
        f"apiVersion: v1\nkind: ConfigMapList\nitems:\n-{indented(literal(pod()), 2)[1:]}",
        as_json(literal(quoted(pod()))),
        quoted(as_json(quoted(pod()))),
        literal(f"{pod('h.io/hub/a:1')}---\nkind: Pod\napiVersion: v1\n---\n{pod()}"),
        f"{TEMPLATE}-{indented(literal(pod()), 2)[1:]}",
    ],
    ids=["deep", "List", "ConfigMapList", "in JSON", "escaped", "several", "Template"],
)
def test_at_any_depth(own: Project, text: str) -> None:
    own.write("c.yaml", text)
    [finding] = findings(own)
    assert finding["field"].endswith(FIELD)
    assert own.run("fix").exit_code == CLEAN
    assert own.read("c.yaml") == text.replace("nginx:1.25", "h.io/hub/nginx:1.25")


@pytest.mark.parametrize(
    "text",
    [
        "a=b\n[section]\nimage: x\n",
        "[section]\nimage = nginx\n",
        "containers: [{image: nginx}]\n",
        "image: &x [\n",
        "# nothing\n",
        "{{ if .x }}\nimage: nginx\n{{ end }}\n",
        "just text: with: colons\n",
        "a: b\n...\nimage: nginx\n",
        "h.io/hub/nginx\n",
    ],
)
def test_what_is_no_manifest_is_silent(own: Project, text: str) -> None:
    """Also beside a manifest, and with another document behind it."""
    own.write("c.yaml", f"{literal(text)}  b.yaml: |\n{indented(pod('h.io/hub/a:1'))}---\n{pod()}")
    assert [one["field"] for one in findings(own)] == ["spec.containers[0].image"]


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Pod\nspec: [\n",
        "apiVersion: v1\nkind: Pod\nkind: Pod\na: *b\n",
        f"{pod('h.io/hub/a:1')}---\na: [\n",
        "kind: Pod\nspec: {containers: [{image: h.io/hub/a:1}]}\n",
        "%YAML 1.1\n---\napiVersion: v1\nkind: Pod\nspec: }\n",
    ],
)
def test_what_tries_to_be_one_and_is_broken_is_reported(own: Project, text: str) -> None:
    own.write("c.yaml", literal(text))
    found = findings(own)
    assert {one["rule"] for one in found} == {"unparsable-document"}
    assert all("data[a.yaml]" in one["message"] or "directive" in one["message"] for one in found)


def test_an_image_in_a_broken_one_is_seen_and_stays(own: Project) -> None:
    text = literal(f"{pod()}  broken: [\n")
    own.write("c.yaml", text)
    assert sorted(one["rule"] for one in findings(own)) == [
        "unapproved-registry",
        "unparsable-document",
    ]
    assert own.run("fix").exit_code == FINDINGS
    assert own.read("c.yaml") == text


SHARED = {
    "a string twice": f"{HEAD}  a.yaml: &a |\n{indented(pod())}  b.yaml: *a\n",
    "a mapping twice": "apiVersion: v1\nkind: List\nitems:\n"
    f"- apiVersion: v1\n  kind: ConfigMap\n  data: &d\n    a.yaml: |\n{indented(pod(), 6)}"
    "- {apiVersion: v1, kind: ConfigMap, data: *d}\n",
    "a string elsewhere": f"{HEAD}  a.yaml: &a |\n{indented(pod())}other: *a\n",
    "merged": f"x: &x\n  a.yaml: |\n{indented(pod())}{HEAD}  <<: *x\n",
    "base64": f"{HEAD}  a.yaml: !!binary "
    "YXBpVmVyc2lvbjogdjEKa2luZDogUG9kCnNwZWM6IHtjb250YWluZXJzOiBbe2ltYWdlOiBuZ2lueH1dfQo=\n",
}


USES = (2, 2, 1, 1, 1)


@pytest.mark.parametrize(("text", "uses"), [*zip(SHARED.values(), USES, strict=True)], ids=SHARED)
def test_a_shared_string_is_reported_and_stays(own: Project, text: str, uses: int) -> None:
    own.write("c.yaml", text)
    found = [one for one in findings(own) if one["rule"] == "unapproved-registry"]
    assert len(found) == uses
    assert own.run("fix").exit_code == FINDINGS
    assert own.read("c.yaml") == text


@pytest.mark.parametrize(
    "text",
    [
        literal(pod())
        .replace("kind: Config", '"k\\x69nd": "C\\u006fnfig')
        .replace("Map\n", 'Map"\n'),
        literal(pod()).replace("data:", '"d\\x61ta":', 1),
        literal(pod()).replace("a.yaml:", '"a\\x2eyaml":'),
        quoted(pod()).replace("image", "im\\x61ge").replace("containers", "\\x63ontainers"),
        quoted('"im\\x61ge": 1\n' + pod()).replace("containers", "cont\\\n    ainers"),
        as_json(pod()).replace("ConfigMap", "\\u0043onfigMap"),
        f"{HEAD}  a.yaml: h.io\n  a.yaml: |\n{indented(pod())}",
        f"{HEAD}  a.yaml: |\n{indented(pod())}  a.yaml: h.io\n",
        f"x: &x {{a.yaml: no}}\n{HEAD}  a.yaml: |\n{indented(pod())}  <<: *x\n",
        f"x: &x\n  a.yaml: |\n{indented(pod())}{HEAD}  a.yaml: text\n  <<: *x\n",
        f"? data\n: a.yaml: |\n{indented(pod())}kind: ConfigMap\napiVersion: v1\n",
        "# c\n" * 2000 + literal(pod()),
        f"k: &k ConfigMap\n{literal(pod()).replace('ConfigMap', '*k')}",
    ],
)
def test_nothing_passes_it_by(own: Project, text: str) -> None:
    """However the words are spelled, and whichever of two keys wins."""
    own.write("c.yaml", text)
    assert "unapproved-registry" in [one["rule"] for one in findings(own)]


def test_parts_of_a_large_file_have_them(own: Project) -> None:
    filler = f"apiVersion: v1\nkind: Service\nx: |\n{indented('text ' * 20 + chr(10)) * 20_000}"
    own.write("c.yaml", f"{filler}---\n{literal(pod())}---\n{filler}")
    assert [one["field"] for one in findings(own)] == [FIELD]


def test_only_keys_that_fit(own: Project) -> None:
    own.write("c.yaml", literal(pod(), "a.conf"))
    own.write("s.yaml", literal(pod()).replace("ConfigMap", "Secret"))
    own.write("w.yaml", literal(pod()).replace("v1", "example.com/v1", 1))
    assert findings(own) == []


def test_the_environments_are_those_of_the_object_inside(own: Project) -> None:
    policy = (POLICY + EMBEDDED).replace("default: prod", "default: dev")
    own.write("imagelint.yaml", policy.replace('paths: ["prod/**"]', "namespaces: [prod]"))
    inside = pod().replace("name: web", "namespace: prod")
    own.write("a.yaml", literal(inside))
    own.write("b.yaml", literal(pod()).replace("name: jobs", "namespace: prod"))
    own.write("kustomization.yaml", "namespace: prod\nresources: [b.yaml]\n")
    assert [one["path"] for one in findings(own)] == ["a.yaml"]


def test_a_patch_of_one_is_read(own: Project) -> None:
    own.write("kustomization.yaml", "resources: [base.yaml]\npatches: [{path: p.yaml}]\n")
    own.write("base.yaml", literal("a: b\n"))
    own.write("p.yaml", literal(pod()))
    assert [one["path"] for one in findings(own)] == ["p.yaml"]


def test_comments_in_strings_are_text(own: Project) -> None:
    """Above the file, and on the line of a string of one line, they excuse."""
    mark = "# imagelint: ignore[unapproved-registry] why"
    own.write("c.yaml", literal(pod(f"nginx:1.25  {mark}")))
    assert rules_in(own.run("check", "--format", "json").stdout) == ["unapproved-registry"]
    own.write("c.yaml", mark.replace("ignore[", "ignore-file[") + "\n" + literal(pod()))
    assert own.run("check").exit_code == CLEAN
    own.write("c.yaml", quoted(pod()).replace('\\n"\n', f'\\n"  {mark}\n'))
    assert own.run("check").exit_code == CLEAN


def test_exceptions_and_baseline(own: Project) -> None:
    own.write("c.yaml", literal(pod()))
    assert own.run("baseline", "write").exit_code == CLEAN
    assert own.run("check").exit_code == CLEAN
    own.write("c.yaml", literal(pod("nginx:1.26")))
    assert own.run("check").exit_code == FINDINGS
    (own.root / "imagelint-baseline.json").unlink()
    excused = "exceptions: [{rules: [unapproved-registry], reason: r, objects: [Pod/web]}]\n"
    own.write("imagelint.yaml", POLICY + EMBEDDED + excused)
    assert own.run("check").exit_code == CLEAN


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ("[{kind: Pod, keys: [a]}]", ":14:19", 'no kind "Pod"'),
        ("[{kind: configmap, keys: [a]}]", ":14:19", 'did you mean "ConfigMap"?'),
        ("[{kind: ConfigMap, keys: []}]", ":14:36", "name at least one key"),
        ("[{kind: ConfigMap, keys: ['']}]", ":14:37", "a pattern is empty"),
        ("[{kind: ConfigMap, keys: a}]", ":14:36", "write [a]"),
        ("[{kind: ConfigMap}]", ":14:12", '"keys" is missing'),
        ("[{kind: Secret, key: [a], keys: [a]}]", ":14:27", 'did you mean "keys"?'),
        ("{}", ":14:11", "a list is wanted"),
    ],
)
def test_slips_in_the_policy(project: Project, written: str, place: str, message: str) -> None:
    project.write("imagelint.yaml", f"{POLICY}embedded: {written}\n")
    project.write("c.yaml", literal(pod()))
    result = project.run("check")
    assert result.exit_code == ERROR
    assert f"imagelint.yaml{place}" in result.stderr
    assert message in result.stderr


def test_layers_add(project: Project) -> None:
    """A lock on everything leaves it free, as it only finds more."""
    base = POLICY + 'locked: ["*"]\nembedded: [{kind: ConfigMap, keys: [a.yaml]}]\n'
    project.write("base.yaml", base)
    project.write(
        "imagelint.yaml",
        "version: 1\nextends: base.yaml\nembedded: [{kind: ConfigMap, keys: [b.yaml]}]\n",
    )
    project.write("c.yaml", f"{literal(pod())}  b.yaml: |\n{indented(pod())}")
    assert len(findings(project, "c.yaml")) == 2


SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config}\ndata:\n"
AGENT = '{"image": "kserve/agent:v1", "cpu": "1"}'


@pytest.mark.parametrize(
    "policy", [POLICY, f'{POLICY}embedded: [{{kind: ConfigMap, keys: ["*"]}}]\n']
)
@pytest.mark.parametrize(
    "text",
    [
        f"{SETTINGS}  agent: |-\n    {AGENT}\n",
        f"{SETTINGS}  agent: '{AGENT}'\n",
        f"{SETTINGS}  agent: {json.dumps(AGENT)}\n",
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "inferenceservice-config"},
                "data": {"agent": AGENT},
            }
        ),
        f"apiVersion: v1\nkind: List\nitems:\n-{indented(SETTINGS, 2)[1:]}    agent: '{AGENT}'\n",
    ],
    ids=["literal", "single quotes", "double quotes", "JSON", "List"],
)
def test_what_an_operator_reads_in_a_string(project: Project, text: str, policy: str) -> None:
    """Whatever the policy says of such strings."""
    project.write("imagelint.yaml", policy)
    project.write("c.yaml", text)
    [finding] = findings(project)
    assert finding["field"].endswith("data.agent: image")
    assert finding["object"]["name"] == "inferenceservice-config"
    assert project.run("fix").exit_code == CLEAN
    assert project.read("c.yaml") == text.replace("kserve/", "h.io/hub/kserve/")
