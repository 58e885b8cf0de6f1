from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from imagelint import files
from imagelint.model.errors import FileError
from tests.support.needs import needs_git
from tests.support.project import Project, pod

NAMES_LEFT_OUT = [
    ".git",
    ".hg",
    ".svn",
    ".venv",
    "venv",
    "node_modules",
    "_build",
    "buck-out",
    "dist",
]

not_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may do everything"
)


def never(path: str) -> None:
    """Exclude nothing."""


def find(*paths: str) -> files.Found:
    return files.find(paths, str(Path.cwd()), never)


def names(found: files.Found) -> list[str]:
    return [file.shown for file in found.files]


def reasons(found: files.Found) -> dict[str, str]:
    return {one.path: one.reason for one in found.skipped}


# --- finding ---------------------------------------------------------------------------


def test_a_folder_gives_its_manifests_sorted_hidden_folders_too(project: Project) -> None:
    for name in ("b.yml", "a.yaml", "sub/c.json", ".tekton/d.yaml", "README.md", "Z.YAML"):
        project.write(name, "")
    project.write("k/Kustomization", "")
    assert names(find(".")) == [
        ".tekton/d.yaml",
        "Z.YAML",
        "a.yaml",
        "b.yml",
        "k/Kustomization",
        "sub/c.json",
    ]


def test_the_order_of_paths_does_not_matter_and_each_file_comes_once(project: Project) -> None:
    project.write("a.yaml", "")
    project.write("s/b.yaml", "")
    assert names(find("s", "a.yaml", ".", "./a.yaml", "s/../a.yaml")) == ["a.yaml", "s/b.yaml"]
    assert names(find("a.yaml", "s/b.yaml", "s")) == ["a.yaml", "s/b.yaml"]


@pytest.mark.parametrize("name", NAMES_LEFT_OUT)
def test_folders_are_left_out_by_name(project: Project, name: str) -> None:
    project.write(f"{name}/deep/er/a.yaml", "")
    project.write("a.yaml", "")
    found = find(".")
    assert names(found) == ["a.yaml"]
    wanted = None if name == ".git" else f"left out by name ({name})"
    assert reasons(found).get(name) == wanted


@needs_git
@pytest.mark.parametrize("name", [one for one in NAMES_LEFT_OUT if one != ".git"])
def test_what_git_knows_is_never_left_out_by_name(project: Project, name: str) -> None:
    (project.root / ".git").rmdir()
    project.git("init", "-q")
    for place in ("known.yaml", "deep/er/known.yaml", "unknown.yaml", "other/unknown.yaml"):
        project.write(f"k8s/{name}/{place}", "")
    project.git("add", "-f", *(f"k8s/{name}/{one}" for one in ("known.yaml", "deep/er/known.yaml")))
    project.write(f"{name}/a.yaml", "")
    found = find(".")
    assert names(found) == [f"k8s/{name}/deep/er/known.yaml", f"k8s/{name}/known.yaml"]
    assert reasons(found) == {
        name: f"left out by name ({name})",
        f"k8s/{name}/other": "untracked, in a folder left out by name",
        f"k8s/{name}/unknown.yaml": "untracked, in a folder left out by name",
    }


def test_who_names_a_folder_wants_to_see_it(project: Project) -> None:
    project.write("dist/a.yaml", "")
    assert names(find("dist")) == ["dist/a.yaml"]
    assert names(find(".", "dist/a.yaml")) == ["dist/a.yaml"]


def test_a_named_file_is_read_whatever_it_is_called(project: Project) -> None:
    project.write("pod.txt", "")
    assert names(find("pod.txt")) == ["pod.txt"]


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("missing.yaml", "missing.yaml: no such file or folder"),
        ("a/b/c", "a/b/c: no such file or folder"),
        ("broken.yaml", "broken.yaml: the link points to a file that does not exist"),
        ("", "an empty PATH names nothing"),
    ],
)
def test_a_missing_path_is_an_error_and_the_others_are_found(
    project: Project, path: str, error: str
) -> None:
    project.write("a.yaml", "")
    (project.root / "broken.yaml").symlink_to("nowhere")
    found = find(path, "a.yaml")
    assert found.errors == (error,)
    assert names(found) == ["a.yaml"]


def test_folders_without_manifests_are_told(project: Project) -> None:
    project.write("docs/README.md", "")
    project.write("made/a.yaml", "")
    found = files.find(["docs", "made"], str(Path.cwd()), never)
    assert found.without == ("docs",)
    assert found.errors == ()


@pytest.mark.parametrize("glob", ["*.yaml", "docs/**", "nowhere/*.yaml", "docs/*.md"])
def test_a_glob_that_matches_nothing_is_an_error(project: Project, glob: str) -> None:
    project.write("docs/README.md", "")
    found = find(glob)
    assert found.errors == (f"{glob}: no manifest (.yaml, .yml, .json) matches this glob",)
    assert found.without == ()


@pytest.mark.parametrize("path", [".", "vendor", "vendor/*", "**/a.yaml"])
def test_what_is_excluded_is_there(project: Project, path: str) -> None:
    project.write("vendor/deep/a.yaml", "")

    def excluded(place: str) -> str | None:
        return "excluded" if "/vendor/" in place else None

    found = files.find([path], str(Path.cwd()), excluded)
    assert names(found) == []
    assert found.errors == found.without == ()
    assert found.warnings == (f"{path}: every manifest in it is left out",)


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("*.yaml", ["a.yaml"]),
        ("?.yaml", ["a.yaml"]),
        ("**/*.yaml", [".h/c.yaml", "a.yaml", "s/b.yaml", "s/t/d.yaml"]),
        ("s/*", ["s/b.yaml", "s/t/d.yaml"]),
        ("s/**", ["s/b.yaml", "s/t/d.yaml"]),
        ("./s/*.yaml", ["s/b.yaml"]),
        ("no*/x.yaml", []),
    ],
)
def test_globs_that_no_shell_expanded(project: Project, glob: str, expected: list[str]) -> None:
    for name in (
        "a.yaml",
        "s/b.yaml",
        "s/t/d.yaml",
        ".h/c.yaml",
        "s/README.md",
        "node_modules/x.yaml",
    ):
        project.write(name, "")
    found = find(glob)
    assert names(found) == expected
    assert bool(found.errors) is not bool(expected)


def test_a_file_with_a_glob_for_a_name_is_that_file(project: Project) -> None:
    project.write("*.yaml", "")
    project.write("a.yaml", "")
    assert names(find("*.yaml")) == ["*.yaml"]


def test_links_to_files_are_followed_and_links_to_folders_are_not(project: Project) -> None:
    project.write("base/a.yaml", "")
    (project.root / "link.yaml").symlink_to("base/a.yaml")
    (project.root / "loop").symlink_to(".")
    (project.root / "self.yaml").symlink_to("self.yaml")
    found = find(".")
    assert names(found) == ["base/a.yaml", "link.yaml"]
    assert reasons(found)["loop"] == "link to a folder"
    assert reasons(found)["self.yaml"] == "broken link"
    assert names(find("loop/base")) == ["loop/base/a.yaml"]


def test_a_pipe_is_left_alone_in_a_walk(project: Project) -> None:
    os.mkfifo(project.root / "pipe.yaml")
    assert reasons(find("."))["pipe.yaml"] == "not a regular file"


def test_a_named_pipe_is_read(project: Project) -> None:
    pipe = project.root / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"x",))
    writer.start()
    [file] = find("pipe").files
    assert files.read(file.path, file.shown)[0] == b"x"
    writer.join()


@not_root
def test_a_folder_that_cannot_be_read_is_an_error(project: Project) -> None:
    closed = project.write("closed/a.yaml", "").parent
    closed.chmod(0)
    try:
        assert find(".").errors == ("closed: Permission denied",)
    finally:
        closed.chmod(0o700)


def test_names_that_are_no_utf_8_are_shown_as_escapes(project: Project) -> None:
    name = os.fsdecode(b"caf\xe9.yaml")
    try:
        (project.root / name).write_bytes(b"")
    except OSError as error:
        pytest.skip(f"this file system wants UTF-8: {error}")
    [file] = find(".").files
    assert file.shown == r"caf\xe9.yaml"
    assert files.read(file.path, file.shown)[0] == b""


def test_paths_outside_of_the_working_folder_are_absolute(project: Project) -> None:
    outside = project.root.parent / "other" / "a.yaml"
    outside.parent.mkdir()
    outside.write_bytes(b"")
    assert names(find("../other")) == [outside.as_posix()]
    assert files.relative_to(str(project.root), str(outside)) == "../other/a.yaml"


def test_dots_behind_a_link_are_what_the_system_makes_of_them(project: Project) -> None:
    project.write("real/sub/x.yaml", "")
    project.write("real/a.yaml", "")
    (project.root / "link").symlink_to("real/sub")
    assert names(find("link/../a.yaml")) == ["real/a.yaml"]


@needs_git
class TestGit:
    @pytest.fixture
    def repository(self, project: Project) -> Project:
        (project.root / ".git").rmdir()
        project.git("init", "-q")
        project.write(".gitignore", "build/\n*.tmp.yaml\nnested/\n")
        for name in ("a.yaml", "build/out/b.yaml", "s/c.tmp.yaml", "s/d.yaml"):
            project.write(name, "")
        return project

    @pytest.mark.usefixtures("repository")
    def test_untracked_files_that_git_ignores_are_left_out(self) -> None:
        found = find(".")
        assert names(found) == ["a.yaml", "s/d.yaml"]
        assert reasons(found) == {
            "build": "ignored by git",
            "s/c.tmp.yaml": "ignored by git",
        }

    @pytest.mark.usefixtures("repository")
    def test_also_when_a_folder_inside_is_named(self) -> None:
        assert names(find("s")) == ["s/d.yaml"]

    def test_a_tracked_file_is_linted_although_it_is_ignored(self, repository: Project) -> None:
        repository.git("add", "-f", "s/c.tmp.yaml")
        assert names(find("s")) == ["s/c.tmp.yaml", "s/d.yaml"]

    @pytest.mark.usefixtures("repository")
    @pytest.mark.parametrize("path", ["build", "build/out", "build/out/b.yaml"])
    def test_who_names_what_is_ignored_wants_to_see_it(self, path: str) -> None:
        assert names(find(path)) == ["build/out/b.yaml"]

    def test_a_repository_inside_ignores_for_itself(self, repository: Project) -> None:
        repository.write("inner/.gitignore", "x.yaml\n")
        repository.write("inner/x.yaml", "")
        repository.write("inner/y.yaml", "")
        repository.git("init", "-q", "inner")
        assert names(find("inner")) == ["inner/y.yaml"]
        assert names(find(".")) == ["a.yaml", "inner/y.yaml", "s/d.yaml"]

    @pytest.mark.usefixtures("repository")
    def test_without_git_nothing_is_ignored(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        assert names(find("s")) == ["s/c.tmp.yaml", "s/d.yaml"]

    def test_git_that_fails_ignores_nothing(self, project: Project) -> None:
        project.write(".git/config", "broken")
        project.write("a.yaml", "")
        assert names(find(".")) == ["a.yaml"]

    def test_a_repository_cannot_name_a_program_to_run(self, repository: Project) -> None:
        program = repository.write("program", "#!/bin/sh\ntouch ran\n")
        program.chmod(0o755)
        repository.git("config", "core.fsmonitor", str(program))
        find(".")
        assert not (repository.root / "ran").exists()


# --- charts ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("charts", "path", "expected"),
    [
        (["c"], "c/templates/a.yaml", "c"),
        (["c"], "c/templates/deep/er/a.yaml", "c"),
        (["c"], "c/templates/templates/a.yaml", "c"),
        (["c"], "c/values.yaml", None),
        (["c"], "c/crds/a.yaml", None),
        ([], "c/templates/a.yaml", None),
        (["c", "c/charts/s"], "c/charts/s/templates/a.yaml", "c"),
        (["charts/s"], "charts/s/templates/a.yaml", "charts/s"),
        (["."], "templates/a.yaml", "."),
    ],
)
def test_the_chart_of_a_template(
    project: Project, charts: list[str], path: str, expected: str | None
) -> None:
    for chart in charts:
        project.write(f"{chart}/Chart.yaml", "")
    found = files.chart_folder(str(project.root / path))
    assert found == (None if expected is None else str(project.root / expected).rstrip("/."))


# --- reading and data ------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", b"\xef\xbb\xbf\n", b"\xff\xfe\n\0 \0"])
def test_blank(data: bytes) -> None:
    assert files.is_blank(data)


@pytest.mark.parametrize("data", [b"a", b"---\n", b"\n#", pod().encode("utf-16")])
def test_not_blank(data: bytes) -> None:
    assert not files.is_blank(data)


def test_a_file_that_cannot_be_read_is_named(project: Project) -> None:
    with pytest.raises(FileError, match=r"^folder: Is a directory"):
        files.read(str(project.root), "folder")


def test_all_names_of_a_file_share_its_identity(project: Project) -> None:
    path = project.write("a.yaml", "x")
    link = project.root / "link"
    link.symlink_to(path)
    assert (
        files.read(str(path), "a")[1] == files.read(str(link), "b")[1] == files.identity(str(link))
    )


def test_the_data_that_we_are_shipped_with() -> None:
    groups = files.catalogue_files().groups
    assert "core" not in groups
    assert all(read().path == f"rules/workloads/{group}.yaml" for group, read in groups.items())
    assert b"version: 1" in files.default_policy_source().data
    assert '"$schema"' in files.schema_text()
