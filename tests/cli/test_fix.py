from __future__ import annotations

import json
import os

import pytest

from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, Project, pod, rules_in

ROWS = [
    ("gcr.io/heptio-images/eventrouter:v0.3", "gcr.io/heptio-images/eventrouter:v0.3"),
    ("ghcr.io/jvanzyl/nginx:latest", "ghcr.io/jvanzyl/nginx:latest"),
    ("quay.io/jetstack/cert-manager:v1.4.1", "quay.io/jetstack/cert-manager:v1.4.1"),
    ("docker.io/nirmata/kyverno:lastest", "docker.io/nirmata/kyverno:lastest"),
    ("velero/velero:v1.6.2", "docker.io/velero/velero:v1.6.2"),
    ("nginx:latest", "docker.io/nginx:latest"),
    ("nginx", "docker.io/nginx"),
]
STYLES = {
    "plain": "IMAGE # why",
    "single": "'IMAGE'   ",
    "double": '"IMAGE"\r',
    "literal": "|-\n      IMAGE",
    "folded": ">-\n      IMAGE",
    "tagged": "!!str IMAGE",
}


@pytest.mark.parametrize(("written", "repaired"), ROWS)
@pytest.mark.parametrize("style", STYLES)
def test_the_seven_rows(project: Project, style: str, written: str, repaired: str) -> None:
    text = pod(STYLES[style].replace("IMAGE", written))
    project.write("a.yaml", text)
    project.run("fix")
    assert project.read("a.yaml") == text.replace(written, f"harbor.myco.com/{repaired}")
    project.run("fix")
    assert project.read("a.yaml") == text.replace(written, f"harbor.myco.com/{repaired}")


@pytest.mark.parametrize(("written", "repaired"), ROWS)
def test_the_seven_rows_in_flow_style_and_json(
    project: Project, written: str, repaired: str
) -> None:
    flow = f"{{apiVersion: v1, kind: Pod, spec: {{containers: [{{image: {written}}}]}}}}"
    spec = {"containers": [{"name": "a", "image": written}]}
    as_json = json.dumps({"apiVersion": "v1", "kind": "Pod", "spec": spec})
    project.write("flow.yaml", flow)
    project.write("a.json", as_json)
    for _ in range(2):
        project.run("fix")
        assert project.read("flow.yaml") == flow.replace(written, f"harbor.myco.com/{repaired}")
        assert project.read("a.json") == as_json.replace(written, f"harbor.myco.com/{repaired}")


def test_fix_writes_and_reports_what_is_left(work: Project) -> None:
    work.write("a.yaml", BAD)
    work.write("b.yaml", pod("evil.io/x:1"))
    done = work.run("fix")
    assert done.exit_code == FINDINGS
    assert work.read("a.yaml") == pod("h.io/hub/nginx:1.25")
    assert "a.yaml:" not in done.stdout
    assert "b.yaml:8:12: error" in done.stdout
    assert "Rewrote 1 file: a.yaml.\n" in done.stdout
    assert done.stderr == (
        "note: pods now pull from h.io: they need its pull secret, unless the project is public\n"
    )
    again = work.run("fix", "a.yaml")
    assert again.exit_code == CLEAN
    assert again.stderr == ""


def test_what_selects_an_image_by_name_gets_the_new_name(work: Project) -> None:
    work.write("a.yaml", BAD)
    names = "images:\n- name: nginx\n  newTag: '2'\n- name: other\n  newTag: '1'\n"
    work.write("kustomization.yaml", f"resources: [a.yaml]\n{names}")
    work.write("over/kustomization.yaml", f"resources: [..]\n{names}")
    work.git("init", "-q")
    done = work.run("fix", "a.yaml")
    assert "no fix: cannot be fixed safely: kustomization.yaml:3 " in done.stdout
    work.git("add", "-A")  # what git does not know it could not bring back
    done = work.run("fix", "--diff", "a.yaml")
    assert "+- name: h.io/hub/nginx\n" in done.stdout
    assert "+++ b/over/kustomization.yaml\n" in done.stdout
    done = work.run("fix", "a.yaml")
    assert "Rewrote 3 files: kustomization.yaml, over/kustomization.yaml, a.yaml.\n" in done.stdout
    renamed = names.replace("nginx", "h.io/hub/nginx")
    assert work.read("kustomization.yaml") == f"resources: [a.yaml]\n{renamed}"
    assert work.read("over/kustomization.yaml") == f"resources: [..]\n{renamed}"


def test_diff_writes_nothing(work: Project) -> None:
    work.write("a.yaml", BAD)
    done = work.run("fix", "--diff")
    assert done.exit_code == FINDINGS
    assert done.stdout == (
        "--- a/a.yaml\n+++ b/a.yaml\n@@ -5,4 +5,4 @@\n spec:\n   containers:\n   - name: main\n"
        "-    image: nginx:1.25\n+    image: h.io/hub/nginx:1.25\n"
    )
    assert work.read("a.yaml") == BAD
    assert "No findings" in done.stderr
    assert "pull secret" not in done.stderr
    work.run("fix")
    assert work.run("fix", "--diff").exit_code == CLEAN


def test_diff_names_the_file_behind_a_link(work: Project) -> None:
    work.write("real.txt", BAD)
    (work.root / "link.yaml").symlink_to("real.txt")
    assert work.run("fix", "--diff").stdout.startswith("--- a/real.txt\n+++ b/real.txt\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_filter_changes_the_image_and_no_other_byte(
    work: Project, encoding: str, end: str
) -> None:
    def encoded(image: str) -> bytes:
        return (pod(image).rstrip("\n") + end).replace("\n", end or "\n").encode(encoding)

    done = work.spawn("fix", "-", stdin=encoded("nginx:1.25"))
    assert done.returncode == CLEAN
    assert done.stdout == encoded("h.io/hub/nginx:1.25")
    assert b"pull secret" in done.stderr
    again = work.spawn("fix", "-", stdin=done.stdout)
    assert again.stdout == done.stdout


@pytest.mark.parametrize(
    ("stdin", "code"),
    [
        (b"\xff\xfe broken", CLEAN),
        (b"kind: Pod\nnot: [yaml\nimage: nginx\n", FINDINGS),
        (b"kind: Pod\nspec: {containers: [{image: nginx}\n", FINDINGS),
        (pod("evil.io/x").encode(), FINDINGS),
        (b"just text\n", CLEAN),
    ],
)
def test_what_a_filter_cannot_repair_comes_out_as_it_went_in(
    work: Project, stdin: bytes, code: int
) -> None:
    done = work.spawn("fix", "-", stdin=stdin)
    assert done.stdout == stdin
    assert done.returncode in {code, FINDINGS}


@pytest.mark.parametrize(
    "arguments", [("--env", "nope"), ("--policy", "nope"), ("--nope",), ("--format", "nope")]
)
def test_a_filter_that_cannot_start_prints_nothing(work: Project, arguments: list[str]) -> None:
    done = work.run("fix", "-", *arguments, stdin=BAD)
    assert done.exit_code == ERROR
    assert done.stdout == ""


def test_a_filter_may_report_elsewhere(work: Project) -> None:
    done = work.run("fix", "-", "--format", "json=r.json", stdin=pod("evil.io/x"))
    assert done.stdout == pod("evil.io/x")
    assert rules_in(work.read("r.json")) == ["unapproved-registry"]
    done = work.run("fix", "-", "--format", "json", stdin=pod("evil.io/x"))
    assert rules_in(done.stderr) == ["unapproved-registry"]


def test_a_file_that_cannot_be_written_keeps_its_findings(work: Project) -> None:
    os.link(work.write("a.yaml", BAD), work.root / "other")
    done = work.run("fix", "a.yaml")
    assert done.exit_code == ERROR
    assert "a.yaml:8:12: error" in done.stdout
    assert "error: a.yaml: not written: it has 2 hard links" in done.stderr
    assert work.read("a.yaml") == BAD


@pytest.mark.parametrize(
    ("namespace", "image", "repaired"),
    [
        ("prod", "k8s.gcr.io/pause:3.9", "h.io/k8s/pause:3.9"),
        ("prod", "h.io/old/pause:3.9", "h.io/k8s/pause:3.9"),
        ("prod", "nginx:1.25", "h.io/hub/nginx:1.25"),
        ("dev", "k8s.gcr.io/pause:3.9", "registry.k8s.io/pause:3.9"),
        ("dev", "nginx:1.25", "docker.io/nginx:1.25"),
        ("both", "k8s.gcr.io/pause:3.9", "h.io/k8s/pause:3.9"),
        ("both", "nginx:1.25", "h.io/hub/nginx:1.25"),
    ],
)
def test_what_several_rules_repair_is_one_edit(
    project: Project, namespace: str, image: str, repaired: str
) -> None:
    project.write(
        "imagelint.yaml",
        """\
version: 1
harbor: {host: h.io, projects: {docker.io: hub, registry.k8s.io: k8s, k8s.gcr.io: old}}
environments:
  dev: {match: {namespaces: [dev, both]}, allow: ["*"]}
  prod: {match: {namespaces: [prod, both]}, allow: [h.io]}
default: prod
rules: {implicit-registry: warning}
""",
    )
    manifest = pod(image).replace("  name: web\n", f"  name: web\n  namespace: {namespace}\n", 1)
    project.write("a.yaml", manifest)
    done = project.run("fix", "a.yaml")
    assert done.exit_code == CLEAN
    assert "docker.io" not in done.stderr  # it is where the pod has pulled from all along
    assert project.read("a.yaml") == manifest.replace(image, repaired)
    project.run("fix", "a.yaml")
    assert project.read("a.yaml") == manifest.replace(image, repaired)


RETIRED = """\
version: 1
harbor: {host: harbor.myco.com, projects: {k8s.gcr.io: old, registry.k8s.io: k8s}}
environments:
  prod: {match: {namespaces: [prod]}, allow: [ALLOW], deny: [DENY]}
  strict: {match: {namespaces: [prod]}, allow: [harbor.myco.com], deny: [MORE]}
default: prod
"""


@pytest.mark.parametrize("allow", ["harbor.myco.com", '"*"'])
@pytest.mark.parametrize(
    ("denied", "is_repaired"),
    [
        (("k8s.gcr.io/evil", ""), False),
        (("k8s.gcr.io/**", ""), False),
        (("k8s.gcr.io, k8s.gcr.io/evil", ""), False),
        (("harbor.myco.com/old/evil, k8s.gcr.io/evil", ""), False),
        (("", "k8s.gcr.io/evil"), False),
        (("k8s.gcr.io/good", ""), True),
        (("k8s.gcr.io", ""), True),
        (("", "k8s.gcr.io"), True),
    ],
)
@pytest.mark.parametrize("image", ["k8s.gcr.io/evil:1", "harbor.myco.com/old/evil:1"])
def test_no_successor_of_an_image_that_deny_names(
    project: Project, image: str, denied: tuple[str, str], is_repaired: bool, allow: str
) -> None:
    """Its registry has moved, and it is the same image there: in one environment or another."""
    policy = RETIRED.replace("ALLOW", allow).replace("DENY", denied[0]).replace("MORE", denied[1])
    project.write("imagelint.yaml", policy)
    manifest = pod(image).replace("  name: web\n", "  name: web\n  namespace: prod\n", 1)
    project.write("a.yaml", manifest)
    done = project.run("fix")
    new = manifest.replace(image, "harbor.myco.com/k8s/evil:1")
    assert project.read("a.yaml") == (new if is_repaired else manifest)
    assert done.exit_code == (CLEAN if is_repaired else FINDINGS)


@pytest.mark.parametrize(
    ("deny", "image", "repaired"),
    [
        ("docker.io/library/mysql", "mysql:8.4.6", None),
        ("harbor.myco.com/docker.io/library/mysql", "mysql:8.4.6", None),
        ("harbor.myco.com/docker.io/mysql", "library/mysql:8.4.6", None),
        ("docker.io/bitnami/**", "bitnami/redis:7", None),
        ("docker.io/**", "velero/velero:v1", None),
        ("docker.io", "mysql:8.4.6", "harbor.myco.com/docker.io/mysql:8.4.6"),
        ("docker.io/library/mysql", "a/mysql:8", "harbor.myco.com/docker.io/a/mysql:8"),
        ("docker.io/library/mysql", "quay.io/mysql:8", "harbor.myco.com/quay.io/mysql:8"),
        ("quay.io/**", "bitnami/redis:7.4", "harbor.myco.com/bitnami/bitnami/redis:7.4"),
    ],
)
def test_no_image_that_deny_names_becomes_allowed(
    project: Project, deny: str, image: str, repaired: str | None
) -> None:
    """Neither through Harbor nor in another spelling; a bare host is that host alone."""
    bitnami = "" if "bitnami" in deny else ", docker.io/bitnami: bitnami"
    project.write(
        "imagelint.yaml",
        "version: 1\n"
        "harbor:\n"
        "  host: harbor.myco.com\n"
        f"  projects: {{docker.io: docker.io, quay.io: quay.io{bitnami}}}\n"
        f"environments: {{prod: {{allow: [harbor.myco.com], deny: [{deny}]}}}}\n"
        "default: prod\n",
    )
    project.write("a.yaml", pod(image))
    done = project.run("fix")
    assert done.exit_code == (FINDINGS if repaired is None else CLEAN)
    assert project.read("a.yaml") == pod(repaired or image)
    assert project.run("check").exit_code == done.exit_code
