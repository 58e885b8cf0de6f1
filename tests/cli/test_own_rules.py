"""Rules that a policy brings along: where their files may stand, and what they do everywhere."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from imagelint import files
from imagelint.engine.examples import Examples
from imagelint.model.errors import ImagelintError
from imagelint.rules.built_in import RULES
from tests.support.project import CLEAN, ERROR, FINDINGS, Project, pod, rules_in
from tests.support.repository import Repository
from tests.support.trees import catalogue

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """\
version: 1
environments:
  dev: {match: {paths: ["dev/**"]}, allow: ["*"], rules: {no-bitnami: note}}
  prod: {allow: ["*"]}
default: prod
rules: {floating-tag: off, retired-registry: off}
rule-files: [rules/*.yaml]
"""
BITNAMI = """\
id: no-bitnami
summary: Bitnami's images are no longer free
severity: error
check: forbidden-image
parameters: {images: [docker.io/bitnami/**], message: use the image of the project itself}
why: Because.
remedy: Do it.
examples: {bad: [bitnami/redis:7], good: [redis:7]}
"""


@pytest.fixture
def own(project: Project) -> Project:
    """Give a project whose policy has a rule of its own."""
    project.write("imagelint.yaml", POLICY)
    project.write("rules/no-bitnami.yaml", BITNAMI)
    project.write("a.yaml", pod("bitnami/redis:7"))
    return project


def test_it_finds(own: Project) -> None:
    done = own.run("check")
    assert done.exit_code == FINDINGS
    assert "a.yaml:8:12: error" in done.stdout
    assert "bitnami/redis:7: use the image of the project itself" in done.stdout
    own.write("dev/a.yaml", pod("bitnami/redis:7"))
    assert own.run("check", "dev").exit_code == CLEAN


def test_it_is_listed_explained_and_carried_along(own: Project) -> None:
    listed = own.run("rules").stdout
    assert "no-bitnami " in listed
    assert "unapproved-registry" in listed
    explained = own.run("explain", "no-bitnami").stdout
    assert explained.startswith("no-bitnami: Bitnami's images are no longer free")
    assert own.run("explain", "no-bitnam").exit_code == ERROR
    sarif = json.loads(own.run("check", "--format", "sarif").stdout)
    (rule,) = sarif["runs"][0]["tool"]["driver"]["rules"]
    assert rule["id"] == "no-bitnami"
    assert "Because." in json.dumps(rule)
    assert rules_in(own.run("check", "--format", "json").stdout) == ["no-bitnami"]


def test_a_broken_policy_still_lists_imagelints(own: Project) -> None:
    own.write("rules/no-bitnami.yaml", "id: [\n")
    done = own.run("rules")
    assert done.exit_code == ERROR
    assert "unapproved-registry" in done.stdout
    assert "rules/no-bitnami.yaml" in done.stderr


def test_the_stamp_is_of_the_rules_too(own: Project) -> None:
    def stamp() -> str:
        report = json.loads(own.run("check", "--format", "json").stdout)
        return str(report["policy"]["sha256"])

    before = stamp()
    own.write("rules/no-bitnami.yaml", BITNAMI.replace("Because", "Since"))
    assert stamp() != before


def test_a_policys_own_tests_know_it(own: Project) -> None:
    case = "{image: bitnami/redis:7, environment: prod, verdict: denied, rule: no-bitnami}"
    own.write("imagelint-tests.yaml", f"version: 1\ncases: [{case}]\n")
    assert own.run("policy", "test").exit_code == CLEAN


def test_explain_says_what_fix_would_write(own: Project) -> None:
    own.write("imagelint.yaml", POLICY.replace("retired-registry: off", "retired-registry: note"))
    done = own.run("explain", "k8s.gcr.io/pause:3.9", "--env", "prod")
    assert "would become  registry.k8s.io/pause:3.9" in done.stdout


def test_it_is_of_its_policy_alone(own: Project) -> None:
    own.write("other/.git/HEAD", "")
    own.write(
        "other/imagelint.yaml",
        POLICY.partition("rule-files")[0].replace(", rules: {no-bitnami: note}", ""),
    )
    own.write("other/a.yaml", pod("bitnami/redis:7"))
    assert own.run("check", "other").exit_code == CLEAN
    assert rules_in(own.run("check", "other", "a.yaml", "--format", "json").stdout) == [
        "no-bitnami"
    ]


@pytest.mark.parametrize(
    ("glob", "message"),
    [
        ("rules/*.yml", "imagelint.yaml:7:14: rule-files: no file matches rules/*.yml"),
        ("../rules/*.yaml", "rule files stand in the policy's folder or below it"),
        ("rules/../../x.yaml", "rule files stand in the policy's folder or below it"),
        ("/etc/*.yaml", "is no relative path"),
        ("./rules/*.yaml", "is no relative path; write rules/*.yaml"),
        ("rules/**", "name the files, as in rules/*.yaml"),
        ("rules/", "name the files, as in rules/*.yaml"),
        ("rules", "no file matches rules"),
        ("links/*.yaml", "links is a symbolic link"),
        ("link.yaml", "link.yaml is a symbolic link"),
        ("l*.yaml", "link.yaml is a symbolic link"),
        ('""', "is no relative path"),
    ],
)
def test_where_rule_files_stand(own: Project, glob: str, message: str) -> None:
    (own.root / "links").symlink_to("rules")
    (own.root / "link.yaml").symlink_to("rules/no-bitnami.yaml")
    own.write("imagelint.yaml", POLICY.replace("rules/*.yaml", glob))
    done = own.run("check")
    assert done.exit_code == ERROR
    assert message in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "id: no-bitnami",
            "id: wrong-type",
            'yaml:1:1: a rule "wrong-type" already exists',
        ),
        ("id: no-bitnami", "id: No", "rules/no-bitnami.yaml:1:5: id: No: a rule's id has"),
        ("forbidden-image\nparameters: {images: [docker.io/bitnami/**]", "document\nx: {a: a", "x"),
        ("docker.io/bitnami/**", "bitnami", "parameters.images: bitnami is no registry host"),
        ("forbidden-image", "forbidden", 'did you mean "forbidden-image"?'),
        ("severity: error", "severity: bad", "rules/no-bitnami.yaml:3:11"),
    ],
)
def test_slips_are_shown_where_they_are(own: Project, old: str, new: str, message: str) -> None:
    assert old in BITNAMI
    own.write("rules/no-bitnami.yaml", BITNAMI.replace(old, new))
    done = own.run("check")
    assert done.exit_code == ERROR
    assert message in done.stderr


def test_document_is_no_check_for_others(own: Project) -> None:
    text = BITNAMI.replace("check: forbidden-image", "check: document")
    own.write("rules/b.yaml", "\n".join(x for x in text.splitlines() if "parameters" not in x))
    assert "the check document is only for imagelint's own rules" in own.run("check").stderr


def test_one_id_in_two_files(own: Project) -> None:
    own.write("rules/other.yaml", BITNAMI)
    assert "is already defined in rules/no-bitnami.yaml" in own.run("check").stderr


def test_two_globs_for_one_file(own: Project) -> None:
    own.write("imagelint.yaml", POLICY.replace("[rules/*", "[r*/no-bitnami.yaml, rules/*"))
    assert own.run("check").exit_code == FINDINGS


def test_they_stand_beside_the_policy_that_is_given(own: Project) -> None:
    own.write("ci/imagelint.yaml", POLICY)
    own.write("ci/rules/no-bitnami.yaml", BITNAMI.replace("error", "warning"))
    (own.root / "imagelint.yaml").unlink()
    done = own.run("check", "--policy", "ci/imagelint.yaml", "a.yaml")
    assert "a.yaml:8:12: warning" in done.stdout


def test_a_rule_file_that_changes_concerns_every_file(own: Project) -> None:
    repository = Repository.new(own.root)
    repository.commit()
    assert own.run("check", "--changed-since", "HEAD").exit_code == CLEAN
    own.write("rules/no-bitnami.yaml", BITNAMI.replace("Because", "Since"))
    assert own.run("check", "--changed-since", "HEAD").exit_code == FINDINGS
    own.write("rules/no-bitnami.yaml", BITNAMI)
    own.write("rules/second.yaml", BITNAMI.replace("no-bitnami", "second"))
    assert own.run("check", "--changed-since", "HEAD").exit_code == FINDINGS


def test_a_change_cannot_touch_the_rules_of_a_commit(own: Project) -> None:
    repository = Repository.new(own.root)
    repository.commit()
    own.write("rules/no-bitnami.yaml", BITNAMI.replace("severity: error", "severity: off"))
    own.write("rules/second.yaml", BITNAMI.replace("no-bitnami", "second"))
    done = own.run("check", "--policy-from", "HEAD")
    assert done.exit_code == FINDINGS
    assert "second" not in done.stdout
    assert "rules/no-bitnami.yaml is changed since HEAD; what HEAD has decides" in done.stderr
    assert "rules/second.yaml is new since HEAD; what HEAD has decides" in done.stderr
    (own.root / "rules/no-bitnami.yaml").unlink()
    os.symlink("/nowhere", own.root / "rules/no-bitnami.yaml")
    done = own.run("check", "--policy-from", "HEAD")
    assert done.exit_code == ERROR  # what was tracked is a link that leads out
    assert "no-bitnami" in done.stdout


def test_a_link_in_a_commit_is_none_either(own: Project) -> None:
    (own.root / "rules/link.yaml").symlink_to("no-bitnami.yaml")
    repository = Repository.new(own.root)
    repository.commit()
    done = own.run("check", "--policy-from", "HEAD")
    assert done.exit_code == ERROR
    assert "rules/link.yaml is a symbolic link" in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", []),
        ("bad: [bitnami/redis:7]", "bad: [redis:7]", ["bad: redis:7: not found"]),
        (
            "good: [redis:7]",
            "good: [bitnami/redis:7]",
            ["good: bitnami/redis:7: found: bitnami/redis:7: use the image of the project itself"],
        ),
        (
            "good: [redis:7]}",
            "good: [redis:7], fixed: [redis:7]}\nfixable: true",
            ["bad: bitnami/redis:7: becomes nothing, not redis:7"],
        ),
    ],
)
def test_examples(tmp_path: Path, old: str, new: str, said: list[str]) -> None:
    """What an example fails by, in words."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/a.yaml").write_text(BITNAMI.replace(old, new))
    (tmp_path / "imagelint.yaml").write_text(POLICY)
    policies = files.Policies(RULES, str(tmp_path))
    policy = policies.for_folder(str(tmp_path)).policy
    examples = Examples(policy, RULES, catalogue())
    (rule,) = policy.own_rules.values()
    assert [str(one) for one in examples.failures(rule)] == [
        f"no-bitnami: examples.{line}" for line in said
    ]


def test_examples_in_no_environment(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    text = BITNAMI.replace("{bad", "{environment: prd, bad")
    (tmp_path / "rules/a.yaml").write_text(text)
    (tmp_path / "imagelint.yaml").write_text(POLICY)
    policies = files.Policies(RULES, str(tmp_path))
    policy = policies.for_folder(str(tmp_path)).policy
    (rule,) = policy.own_rules.values()
    with pytest.raises(ImagelintError, match='no environment "prd"; did you mean "prod"'):
        list(Examples(policy, RULES, catalogue()).failures(rule))


TEAM = "version: 1\nextends: ../imagelint.yaml\n"


@pytest.mark.parametrize(
    ("team", "said"),
    [
        (TEAM, "team/a.yaml:8:12: error"),
        (TEAM + "rules: {no-bitnami: warning}\n", "team/a.yaml:8:12: warning"),
        (TEAM + "rule-files: [more.yaml]\n", "the team's rule"),
        (TEAM + "rules: {no-bitnam: off}\n", 'did you mean "no-bitnami"?'),
    ],
)
def test_a_layer_has_the_rules_of_its_base(own: Project, team: str, said: str) -> None:
    own.write("team/imagelint.yaml", team)
    more = BITNAMI.replace("no-bitnami", "more").replace("use the image", "the team's rule")
    own.write("team/more.yaml", more)
    own.write("team/a.yaml", pod("bitnami/redis:7"))
    done = own.run("check", "team")
    assert said in done.stdout + done.stderr


def test_a_layer_cannot_take_a_rule_of_its_base_away(own: Project) -> None:
    own.write("team/imagelint.yaml", TEAM + "rule-files: [more.yaml]\n")
    own.write("team/more.yaml", BITNAMI.replace("severity: error", "severity: off"))
    own.write("team/a.yaml", pod("bitnami/redis:7"))
    done = own.run("check", "team")
    assert done.exit_code == ERROR
    assert 'team/more.yaml:1:1: a rule "no-bitnami" already exists' in done.stderr
    own.write("imagelint.yaml", POLICY + "locked: [rules.no-bitnami]\n")
    own.write("team/imagelint.yaml", TEAM + "rules: {no-bitnami: note}\n")
    done = own.run("check", "team")
    assert done.exit_code == ERROR
    assert "rules.no-bitnami is locked at imagelint.yaml:8:10" in done.stderr


def test_a_rule_of_its_own_can_be_excused(own: Project) -> None:
    text = "exceptions: [{rules: [no-bitnami], images: [docker.io/bitnami/redis], reason: paid}]\n"
    own.write("imagelint.yaml", POLICY + text)
    assert own.run("check").exit_code == CLEAN
    own.write("imagelint.yaml", POLICY)
    manifest = pod("bitnami/redis:7 # imagelint: ignore[no-bitnami] paid")
    own.write("a.yaml", manifest)
    assert own.run("check").exit_code == CLEAN
