"""What a baseline knows stays known: through fix, edits, renames and conflicts of merges."""

from __future__ import annotations

import json

import pytest

from imagelint.files.policies import BASELINE_NAME
from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, POLICY, Project, pod
from tests.support.repository import Repository

STRICT = POLICY.replace(
    "quay.io: quay}", "quay.io: quay, registry.k8s.io: k8s, gcr.io: gcr}"
).replace('{floating-tag: "off"}', "{floating-tag: error, missing-digest: error}")
STALE = "stale; `imagelint baseline prune` removes what is found no longer\n"


@pytest.fixture
def strict(project: Project) -> Project:
    """A policy whose rules find something in images on Harbor too."""
    project.write("imagelint.yaml", STRICT)
    return project


def entries(project: Project) -> list[tuple[str, str, str]]:
    """Return path, rule and image of what the baseline has."""
    value = json.loads(project.read(BASELINE_NAME))
    return [(one["path"], one["rule"], one["image"]) for one in value["findings"]]


def images_with_findings(project: Project, *arguments: str) -> list[tuple[str, str]]:
    """Return the path and the image of each finding that stands."""
    done = project.run("check", "--format", "json", *arguments)
    return [(one["path"], one["image"]) for one in json.loads(done.stdout)["findings"]]


class TestThroughFix:
    @pytest.mark.parametrize(
        ("image", "fixed"),
        [
            ("nginx", "h.io/hub/nginx"),
            ("docker.io/library/nginx:latest", "h.io/hub/library/nginx:latest"),
            ("quay.io/a/b", "h.io/quay/a/b"),
            ("gcr.io/a/b/c:1", "h.io/gcr/a/b/c:1"),
            ("k8s.gcr.io/pause:3", "h.io/k8s/pause:3"),
            ("evil.io/a", "evil.io/a"),
            ("h.io/own/a", "h.io/own/a"),
            ("'not an image'", "'not an image'"),
        ],
    )
    def test_it_is_the_same_finding(self, strict: Project, image: str, fixed: str) -> None:
        strict.write("prod/a.yaml", pod(image))
        assert strict.run("baseline", "write").exit_code == CLEAN
        before = strict.read(BASELINE_NAME)
        assert strict.run("check").exit_code == CLEAN
        assert strict.run("fix").exit_code == CLEAN
        assert strict.read("prod/a.yaml") == pod(fixed)
        done = strict.run("check")
        assert done.exit_code == CLEAN
        assert strict.read(BASELINE_NAME) == before  # which only `baseline` writes
        assert done.stderr.endswith(STALE) == (image != fixed)
        assert strict.run("baseline", "prune").exit_code == CLEAN
        assert {one[2] for one in entries(strict)} == {fixed.strip("'")}
        assert strict.run("check").stderr == ""
        pruned = strict.read(BASELINE_NAME)
        strict.write(BASELINE_NAME, before)
        assert strict.run("baseline", "write").exit_code == CLEAN
        assert strict.read(BASELINE_NAME) == pruned

    def test_another_image_is_new(self, strict: Project) -> None:
        strict.write("prod/a.yaml", pod("nginx"))
        strict.run("baseline", "write")
        strict.run("fix")
        for image in ("h.io/hub/redis", "h.io/quay/nginx", "evil.io/nginx", "h.io/hub/a/nginx"):
            strict.write("prod/a.yaml", pod(image))
            assert strict.run("check").exit_code == FINDINGS
            assert strict.run("baseline", "write").exit_code == ERROR

    def test_one_more_is_new(self, strict: Project) -> None:
        strict.write("prod/a.yaml", pod("nginx"))
        strict.run("baseline", "write")
        strict.write("prod/a.yaml", f"{pod('nginx')}---\n{pod('h.io/hub/nginx')}")
        assert set(images_with_findings(strict)) == {("prod/a.yaml", "h.io/hub/nginx")}

    def test_a_project_that_is_new_makes_nothing_new(self, strict: Project) -> None:
        strict.write("prod/a.yaml", pod("registry.example.com/a"))
        strict.run("baseline", "write")
        more = STRICT.replace("gcr.io: gcr", "registry.example.com: example")
        strict.write("imagelint.yaml", more)
        assert strict.run("check").exit_code == CLEAN
        assert strict.run("fix").exit_code == CLEAN
        assert strict.read("prod/a.yaml") == pod("h.io/example/a")

    def test_names_in_kustomizations_too(self, strict: Project) -> None:
        Repository.new(strict.root)
        strict.write("prod/a.yaml", pod("nginx"))
        text = "resources: [a.yaml]\nimages:\n- name: nginx\n  newName: quay.io/n\n"
        strict.write("prod/kustomization.yaml", text)
        strict.run("baseline", "write")
        assert {one[0] for one in entries(strict)} == {"prod/a.yaml", "prod/kustomization.yaml"}
        assert strict.run("fix").exit_code == CLEAN
        assert "name: h.io/hub/nginx\n  newName: h.io/quay/n\n" in strict.read(
            "prod/kustomization.yaml"
        )
        assert strict.run("check").exit_code == CLEAN


class TestThroughRenames:
    @pytest.fixture
    def moved(self, strict: Project) -> Project:
        """What was known of one file; the file has another name, and its images are repaired."""
        strict.write("prod/a.yaml", pod("nginx"))
        strict.write("prod/b.yaml", pod("quay.io/b"))
        strict.run("baseline", "write")
        strict.run("fix")
        (strict.root / "prod/a.yaml").rename(strict.root / "prod/c.yaml")
        return strict

    @pytest.mark.parametrize("options", [(), ("-j2",), ("--format", "json"), ("prod/c.yaml",)])
    def test_it_is_the_same_finding(self, moved: Project, options: tuple[str, ...]) -> None:
        assert moved.run("check", *options).exit_code == CLEAN
        moved.write("prod/c.yaml", f"# edited above\n\n{moved.read('prod/c.yaml')}")
        assert moved.run("check", *options).exit_code == CLEAN

    def test_write_and_prune_follow(self, moved: Project) -> None:
        old = moved.read(BASELINE_NAME)
        done = moved.run("baseline", "prune")
        assert done.stderr.endswith("4 findings known (0 added, 2 removed)\n")
        assert {one[0] for one in entries(moved)} == {"prod/b.yaml", "prod/c.yaml"}
        new = moved.read(BASELINE_NAME)
        moved.write(BASELINE_NAME, old)
        assert moved.run("baseline", "write").exit_code == CLEAN
        assert moved.read(BASELINE_NAME) == new
        assert moved.run("check").stderr == ""

    def test_a_copy_is_new(self, moved: Project) -> None:
        moved.write("prod/d.yaml", pod("quay.io/b"))
        assert {path for path, _ in images_with_findings(moved)} == {"prod/d.yaml"}

    def test_one_file_does_not_become_two(self, moved: Project) -> None:
        moved.write("prod/d.yaml", moved.read("prod/c.yaml"))
        assert {path for path, _ in images_with_findings(moved)} == {"prod/d.yaml"}
        done = moved.run("check", "-j2")
        assert done.exit_code == FINDINGS
        assert "prod/d.yaml:8:12: error" in done.stdout
        assert "prod/c.yaml" not in done.stdout
        assert moved.run("baseline", "write").exit_code == ERROR

    @pytest.mark.parametrize(("old", "new"), [("web", "web2"), ("main", "other"), ("hub/", "own/")])
    def test_what_else_is_in_it_is_new(self, moved: Project, old: str, new: str) -> None:
        moved.write("prod/c.yaml", moved.read("prod/c.yaml").replace(old, new))
        assert {path for path, _ in images_with_findings(moved)} == {"prod/c.yaml"}

    def test_where_more_is_forbidden_it_is_new(self, project: Project) -> None:
        rules = "rules: {missing-digest: error}\n"
        project.write("imagelint.yaml", POLICY.replace('rules: {floating-tag: "off"}\n', rules))
        project.write("dev/a.yaml", pod("nginx:1"))
        project.run("baseline", "write")
        (project.root / "dev/a.yaml").rename(project.root / "dev/b.yaml")
        assert project.run("check").exit_code == CLEAN
        (project.root / "prod").mkdir()
        (project.root / "dev/b.yaml").rename(project.root / "prod/b.yaml")
        assert len(images_with_findings(project)) == 2

    def test_what_names_no_image_keeps_the_name_of_its_file(self, strict: Project) -> None:
        strict.write("imagelint.yaml", STRICT.replace("error}", "error, unused-ignore: error}"))
        image = f"h.io/a@sha256:{'0' * 64} # imagelint: ignore[floating-tag] why"
        strict.write("prod/a.yaml", pod(image))
        strict.run("baseline", "write")
        assert [one[1] for one in entries(strict)] == ["unused-ignore"]
        (strict.root / "prod").rename(strict.root / "other")
        assert strict.run("check").exit_code == CLEAN
        (strict.root / "other/a.yaml").rename(strict.root / "other/b.yaml")
        assert strict.run("check").exit_code == FINDINGS

    def test_a_locked_rule_stays_a_finding(self, moved: Project) -> None:
        moved.write("imagelint.yaml", f"{STRICT}locked: [rules.missing-digest]\n")
        done = moved.run("check", "prod/c.yaml")
        assert done.exit_code == FINDINGS
        assert "Found 1 error in" in done.stdout


class TestStaleEntries:
    @pytest.fixture
    def old(self, work: Project) -> Project:
        """Two findings that are known."""
        work.write("prod/a.yaml", f"{BAD}---\n{BAD}")
        work.write("prod/b.yaml", pod("quay.io/b:1"))
        assert work.run("baseline", "write").exit_code == CLEAN
        return work

    def test_nothing_is_said_where_all_is_found(self, old: Project) -> None:
        assert old.run("check").stderr == ""

    def test_check_says_how_many(self, old: Project) -> None:
        old.write("prod/a.yaml", BAD)  # one of two
        done = old.run("check")
        assert (done.exit_code, done.stderr) == (
            CLEAN,
            f"note: imagelint-baseline.json: 1 entry is {STALE}",
        )
        (old.root / "prod/b.yaml").unlink()
        assert "2 entries are stale" in old.run("check").stderr
        assert old.run("check", "--quiet").stderr == ""
        old.run("baseline", "prune")
        assert old.run("check").stderr == ""

    def test_what_was_not_looked_at_is_not_counted(self, old: Project) -> None:
        old.write("prod/a.yaml", pod("h.io/a:1"))
        assert old.run("check", "prod/b.yaml").stderr == ""
        assert old.run("check", "--env", "dev").stderr == ""
        assert "1 entry is stale" in old.run("check", "--env", "prod").stderr
        assert "1 entry is stale" in old.run("check", "prod/a.yaml").stderr
        (old.root / "prod/b.yaml").rename(old.root / "c.yaml")
        assert "1 entry is stale" in old.run("check", "prod").stderr
        (old.root / "c.yaml").unlink()
        assert "2 entries are stale" in old.run("check").stderr

    def test_a_file_that_cannot_be_read_is_not_counted(self, old: Project) -> None:
        (old.root / "prod/b.yaml").unlink()
        (old.root / "prod/b.yaml").symlink_to("b.yaml")
        assert "stale" not in old.run("check", "prod/b.yaml").stderr


class TestCausedByFix:
    """An image on Harbor wants a pull secret: what a repair of a known finding causes is known."""

    SECRETS = "default: prod\nrules: {missing-pull-secret: error, implicit-registry: warning}\n"

    @pytest.fixture
    def secretive(self, project: Project) -> Project:
        policy = POLICY.partition("default:")[0] + self.SECRETS
        project.write("imagelint.yaml", policy)
        project.write("prod/a.yaml", pod("nginx:1"))
        assert project.run("baseline", "write").exit_code == CLEAN
        assert project.run("check").exit_code == CLEAN
        assert project.run("fix").exit_code == CLEAN
        assert project.read("prod/a.yaml") == pod("h.io/hub/nginx:1")
        return project

    def test_it_is_clean(self, secretive: Project) -> None:
        before = secretive.read(BASELINE_NAME)
        assert secretive.run("check").exit_code == CLEAN
        for command in ("prune", "write"):
            secretive.write(BASELINE_NAME, before)
            assert secretive.run("baseline", command).exit_code == CLEAN
            known = ("prod/a.yaml", "missing-pull-secret", "h.io/hub/nginx:1")
            assert entries(secretive) == [known]
            assert secretive.run("check").exit_code == CLEAN

    def test_in_a_renamed_file_too(self, secretive: Project) -> None:
        (secretive.root / "prod/a.yaml").rename(secretive.root / "prod/b.yaml")
        assert secretive.run("check").exit_code == CLEAN
        secretive.write("prod/c.yaml", pod("h.io/hub/nginx:1"))
        assert images_with_findings(secretive) == [("prod/c.yaml", "h.io/hub/nginx:1")]

    @pytest.mark.parametrize(
        ("path", "manifest"),
        [
            ("prod/a.yaml", pod("h.io/hub/nginx:2")),
            ("prod/a.yaml", pod("h.io/quay/nginx:1")),
            ("prod/a.yaml", pod("h.io/hub/nginx:1").replace("kind: Pod", "kind: Pod # x")),
            ("prod/b.yaml", pod("h.io/hub/nginx:1")),
        ],
    )
    def test_what_else_lacks_a_secret_is_new(
        self, secretive: Project, path: str, manifest: str
    ) -> None:
        secretive.write(path, manifest)
        is_same = "# x" in manifest
        assert secretive.run("check").exit_code == (CLEAN if is_same else FINDINGS)

    def test_once_it_is_known_as_it_is_no_repair_has_caused_it(self, secretive: Project) -> None:
        one = pod("h.io/hub/nginx:1")
        secretive.write("prod/a.yaml", f"{one}---\n{one}")
        assert len(images_with_findings(secretive)) == 1

    def test_a_rule_that_is_switched_on_later_finds_what_no_repair_has_moved(
        self, secretive: Project
    ) -> None:
        secretive.write("prod/z.yaml", pod("h.io/hub/z:1"))
        assert images_with_findings(secretive) == [("prod/z.yaml", "h.io/hub/z:1")]


class TestConflicts:
    @pytest.fixture
    def torn(self, work: Project) -> Project:
        """A baseline as git leaves it where both sides of a merge have changed it."""
        for name in "abc":
            work.write(f"prod/{name}.yaml", pod(f"quay.io/{name}:1"))
        work.run("baseline", "write")
        head, a, b, c, end = work.read(BASELINE_NAME).splitlines(keepends=True)
        ours, theirs = f"{a}{b}", f"{a}{c}"
        text = f"{head}<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> topic\n{end}"
        work.write(BASELINE_NAME, text)
        return work

    def test_it_is_written_anew(self, torn: Project) -> None:
        done = torn.run("check")
        assert done.exit_code == ERROR
        assert "imagelint-baseline.json: not JSON" in done.stderr
        assert "rewrite it with `imagelint baseline write`" in done.stderr
        done = torn.run("baseline", "write")
        assert (done.exit_code, done.stderr) == (
            CLEAN,
            "imagelint-baseline.json: 3 findings known (0 added, 0 removed)\n",
        )
        assert [one[0] for one in entries(torn)] == ["prod/a.yaml", "prod/b.yaml", "prod/c.yaml"]
        assert torn.run("check").exit_code == CLEAN

    @pytest.mark.parametrize("mark", [7, 9])
    @pytest.mark.parametrize("name", ["", " 1234567", " merged common ancestors"])
    @pytest.mark.parametrize(
        "nested", ["", "<<<<<<<<< a\n{}||||||||| b\n{}=========\n{}>>>>>>>>> c\n"]
    )
    def test_what_both_sides_have_removed_stays_removed(
        self, torn: Project, mark: int, name: str, nested: str
    ) -> None:
        """What was there before does not count (``merge.conflictStyle diff3``)."""
        *_, ours, _, _, theirs, _, _ = lines = torn.read(BASELINE_NAME).splitlines(keepends=True)
        assert "prod/b.yaml" in ours
        assert "prod/c.yaml" in theirs
        before = nested.format(theirs, theirs, theirs) if nested and mark == 7 else theirs
        text = torn.read(BASELINE_NAME).replace(theirs, "")
        base = f"{'|' * mark}{name}\n{before}{'=' * mark}\n"
        torn.write(BASELINE_NAME, text.replace("=======\n", base))
        done = torn.run("baseline", "write")
        assert done.exit_code == ERROR
        assert "does not know 1 finding" in done.stderr
        torn.write(BASELINE_NAME, "".join(lines).replace("=======\n", base))  # theirs has it still
        assert torn.run("baseline", "write").exit_code == CLEAN
        assert len(entries(torn)) == 3

    def test_prune_mends_it_too(self, torn: Project) -> None:
        torn.write("prod/c.yaml", pod("h.io/c:1"))
        assert torn.run("baseline", "prune").exit_code == CLEAN
        assert [one[0] for one in entries(torn)] == ["prod/a.yaml", "prod/b.yaml"]

    def test_what_is_new_gets_in_with_grow_alone(self, torn: Project) -> None:
        torn.write("prod/d.yaml", BAD)
        before = torn.read(BASELINE_NAME)
        done = torn.run("baseline", "write")
        assert done.exit_code == ERROR
        assert "does not know 1 finding" in done.stderr
        assert torn.read(BASELINE_NAME) == before
        assert torn.run("baseline", "write", "--grow").exit_code == CLEAN
        assert len(entries(torn)) == 4

    @pytest.mark.parametrize("text", ["", "{", "[" * 9000, '{"version": 1, "findings": [7]}'])
    def test_of_what_says_nothing_all_is_new(self, torn: Project, text: str) -> None:
        torn.write(BASELINE_NAME, text)
        assert torn.run("check").exit_code == ERROR
        done = torn.run("baseline", "write")
        assert done.exit_code == ERROR
        assert "does not know 3 findings" in done.stderr
        assert torn.run("baseline", "write", "--grow").exit_code == CLEAN
        assert torn.run("check").exit_code == CLEAN

    def test_that_of_another_version_is_left_alone(self, torn: Project) -> None:
        torn.write(BASELINE_NAME, '{"version": 2}')
        done = torn.run("baseline", "write", "--grow")
        assert done.exit_code == ERROR
        assert "was it written by another imagelint?" in done.stderr
        assert torn.read(BASELINE_NAME) == '{"version": 2}'
