"""Kinds that CustomResourceDefinitions teach: ``crds:`` in a policy, and ``workloads learn``."""

from __future__ import annotations

import json
import os

import pytest

from imagelint import Policy
from imagelint.model.errors import PolicyError
from tests.support.project import CLEAN, ERROR, FINDINGS, POLICY, Project

CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {kind: Widget, plural: widgets}
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
          properties:
            spec:
              properties:
                runtime: {type: string}
                image: {type: string, description: The container image.}
                sidecar: {properties: {repository: {type: string}, tag: {type: string}}}
                proxy:
                  description: Image of the proxy.
                  properties: {repository: {type: string}, version: {type: string}}
                bootDisk: {properties: {image: {type: string}}}
"""
WIDGET = """\
apiVersion: example.com/v1
kind: Widget
metadata: {name: w}
spec:
  image: quay.io/a/widget:1
  bootDisk: {image: 'quay.io/a/disk:1'}
"""
PARTS = """\
apiVersion: example.com/v1
kind: Widget
metadata: {name: w}
spec:
  proxy: {repository: quay.io/a/proxy, version: "1"}
"""


@pytest.fixture
def taught(project: Project) -> Project:
    """A folder whose policy names a folder with CRDs."""
    project.write("imagelint.yaml", POLICY + "crds: [crds/]\n")
    project.write("crds/widget.yaml", CRD)
    project.write("w.yaml", WIDGET)
    project.write("parts.yaml", PARTS)
    return project


def images(project: Project, *paths: str) -> list[str]:
    done = project.run("images", "--format", "json", *paths)
    return [one["image"] for one in json.loads(done.stdout)["images"]]


def test_a_definition_teaches_through_the_policy_alone(taught: Project) -> None:
    assert images(taught, "w.yaml") == ["quay.io/a/widget:1"]
    assert images(taught, "parts.yaml") == ["quay.io/a/proxy:1"]
    taught.write("imagelint.yaml", POLICY)
    assert images(taught, ".") == []


@pytest.mark.parametrize("glob", ["crds", "crds/*.yaml", "c*/widget.yaml"])
def test_files_and_folders_are_named_by_globs(taught: Project, glob: str) -> None:
    taught.write("imagelint.yaml", f"{POLICY}crds: ['{glob}']\n")
    assert images(taught, "w.yaml") == ["quay.io/a/widget:1"]


def test_folders_below_are_read_too_and_other_files_are_not(taught: Project) -> None:
    taught.write("charts/a/crds/more/gadget.json", CRD.replace("Widget", "Gadget"))
    taught.write("charts/a/crds/README.md", CRD.replace("Widget", "Other"))
    taught.write("imagelint.yaml", f'{POLICY}crds: ["charts/*/crds"]\n')
    taught.write("g.yaml", WIDGET.replace("Widget", "Gadget"))
    taught.write("o.yaml", WIDGET.replace("Widget", "Other"))
    assert images(taught, "g.yaml", "o.yaml", "w.yaml") == ["quay.io/a/widget:1"]


@pytest.mark.parametrize(
    ("glob", "message"),
    [
        ("crd/", "crds: no file or folder matches crd/"),
        ("../crds", ""),
        ("/crds", ""),
        ("**/crds", "crds: **/crds: name the files, as in charts/*/crds"),
    ],
)
def test_a_glob_that_names_nothing_here_is_an_error(
    taught: Project, glob: str, message: str
) -> None:
    taught.write("imagelint.yaml", f"{POLICY}crds: ['{glob}']\n")
    done = taught.run("check", "w.yaml")
    assert done.exit_code == ERROR
    assert message in done.stderr


def test_a_link_is_not_followed(taught: Project) -> None:
    os.symlink("/etc/hostname", taught.root / "crds" / "link.yaml")
    done = taught.run("check", "w.yaml")
    assert done.exit_code == ERROR
    assert "crds/link.yaml is a symbolic link" in done.stderr


def test_a_file_that_cannot_be_read_is_an_error_where_it_is_needed(taught: Project) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 9\n"
    taught.write("crds/pointer.yaml", pointer)
    taught.write("plain.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n")
    assert taught.run("check", "plain.yaml").exit_code == CLEAN
    done = taught.run("check", "w.yaml")
    assert done.exit_code == ERROR
    assert "a Git LFS pointer" in done.stderr


def test_layers_add_definitions_and_no_lock_forbids_it(taught: Project) -> None:
    taught.write("imagelint.yaml", POLICY + "crds: [crds/]\nlocked: ['*']\n")
    taught.write("team/crds/gadget.yaml", CRD.replace("Widget", "Gadget"))
    taught.write("team/imagelint.yaml", "version: 1\nextends: ../imagelint.yaml\ncrds: [crds]\n")
    taught.write("team/w.yaml", WIDGET)
    taught.write("team/g.yaml", WIDGET.replace("Widget", "Gadget"))
    assert images(taught, "team/w.yaml", "team/g.yaml") == ["quay.io/a/widget:1"] * 2


def test_own_entries_are_added_to_what_is_taught(taught: Project) -> None:
    own = "workloads: [{groups: [example.com], kinds: [Widget], source: s, fields: [spec.runtime]}]"
    taught.write("imagelint.yaml", f"{POLICY}crds: [crds/]\n{own}\n")
    taught.write("w.yaml", f"{WIDGET}  runtime: quay.io/a/runtime:1\n")
    assert images(taught, "w.yaml") == ["quay.io/a/widget:1", "quay.io/a/runtime:1"]
    ignored = own.replace("workloads", "ignore-fields").replace("source: s", "reason: r")
    ignored = ignored.replace("runtime", "image")
    taught.write("imagelint.yaml", f"{POLICY}crds: [crds/]\n{ignored}\n")
    assert images(taught, "w.yaml") == []


def test_the_catalogue_is_not_taught(taught: Project) -> None:
    """A definition beside the manifests changes nothing about a kind that imagelint knows."""
    taught.write("crds/rollout.yaml", CRD.replace("example.com", "argoproj.io"))
    known = CRD.replace("group: example.com", "group: k8s.mariadb.com").replace("Widget", "MariaDB")
    taught.write("crds/known.yaml", known.replace("bootDisk", "initImage"))
    taught.write(
        "m.yaml",
        "apiVersion: k8s.mariadb.com/v1\nkind: MariaDB\nmetadata: {name: m}\n"
        "spec: {proxy: {repository: quay.io/a/b, version: x}, image: 'quay.io/a/c:1'}\n",
    )
    assert images(taught, "m.yaml") == ["quay.io/a/c:1"]


def test_a_policy_without_a_file_has_no_definitions() -> None:
    with pytest.raises(PolicyError, match="crds: only a policy in a file can have CRDs"):
        Policy.parse(f"{POLICY}crds: [crds]\n".encode())


def test_fix_edits_a_learnt_field(taught: Project) -> None:
    done = taught.run("fix", "--diff", "w.yaml")
    assert "+  image: h.io/quay/a/widget:1" in done.stdout


# --- workloads learn --------------------------------------------------------------------


LEARNT = """\
workloads:
  - groups: [example.com]
    kinds: [Widget]
    source: "its CustomResourceDefinition in crds/widget.yaml"
    fields:
      - spec.image  # named image: The container image
      # - {at: "spec.sidecar", repository: repository, tag: tag}  # doubtful: PARTS, tag
      - {at: "spec.proxy", repository: repository, tag: version}  # PARTS, version
      # - spec.bootDisk.image  # doubtful: named image
""".replace("PARTS", "an image in parts: repository")


def test_entries_are_written_that_the_policy_reads(taught: Project) -> None:
    done = taught.run("workloads", "learn", "crds")
    assert (done.exit_code, done.stderr) == (CLEAN, "")
    assert done.stdout == LEARNT
    taught.write("imagelint.yaml", POLICY + done.stdout)
    assert images(taught, "w.yaml", "parts.yaml") == ["quay.io/a/proxy:1", "quay.io/a/widget:1"]


def test_learning_from_a_pipe_and_from_a_list(taught: Project) -> None:
    listed = "apiVersion: v1\nkind: List\nitems:\n  - " + CRD.replace("\n", "\n    ").rstrip()
    done = taught.run("workloads", "learn", "-", stdin=listed + "\n")
    assert done.stdout == LEARNT.replace("crds/widget.yaml", "<stdin>")


def test_kinds_without_images_and_known_kinds_are_said(taught: Project) -> None:
    free = CRD.replace("Widget", "None").replace("image", "text").replace("Image", "")
    taught.write("crds/none.yaml", free.replace("repository", "path"))
    known = CRD.replace("example.com", "k8s.mariadb.com").replace("Widget", "MariaDB")
    taught.write("crds/widget.yaml", known)
    done = taught.run("workloads", "learn", "crds")
    assert "  # imagelint knows MariaDB already\n  - groups: [k8s.mariadb.com]\n" in done.stdout
    assert "  # None (example.com): no field that looks like an image\n" in done.stdout


def test_what_cannot_be_learnt_is_an_error(taught: Project) -> None:
    done = taught.run("workloads", "learn", "w.yaml")
    assert (done.exit_code, done.stdout) == (ERROR, "")
    assert "no CustomResourceDefinition in w.yaml" in done.stderr
    taught.write("crds/broken.yaml", "kind: CustomResourceDefinition\n  spec: {\n")
    done = taught.run("workloads", "learn", "crds")
    assert done.exit_code == ERROR
    assert done.stdout == LEARNT
    assert done.stderr.startswith("error: crds/broken.yaml:2:")
    done = taught.run("workloads", "learn", "nowhere")
    assert done.exit_code == ERROR
    assert "nowhere" in done.stderr


def test_the_check_of_a_widget_fails(taught: Project) -> None:
    done = taught.run("check", "w.yaml")
    assert done.exit_code == FINDINGS
    assert "unapproved-registry" in done.stdout


def test_init_proposes_the_folders_with_definitions(project: Project) -> None:
    project.write("charts/a/crds/widget.yaml", CRD)
    project.write("charts/a/crds/more/gadget.yaml", CRD.replace("Widget", "Gadget"))
    project.write("own.yaml", CRD)
    project.write("other/w.yaml", WIDGET + "# no CustomResourceDefinition\n")
    done = project.run("init", "--harbor", "harbor.example.com")
    assert "CRDs to learn from: charts/a/crds, own.yaml." in done.stdout
    assert project.read("imagelint.yaml").endswith('\ncrds:\n  - "charts/a/crds"\n  - "own.yaml"\n')
    assert images(project, "other/w.yaml") == ["quay.io/a/widget:1"]
