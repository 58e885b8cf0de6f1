from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from imagelint import files
from imagelint.cli.commands.init import Seen, policy_text
from imagelint.model.errors import UsageError
from imagelint.model.source import Source
from imagelint.policy.policy import parse_policy
from imagelint.rules.built_in import RULES
from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, POLICY, Project, pod, rules_in

if TYPE_CHECKING:
    from pathlib import Path


def test_images(work: Project) -> None:
    text = pod("nginx:1.25").replace("- name: main", "- image: null\n  - image: 5\n  - name: main")
    work.write("prod/a.yaml", text)
    done = work.run("images")
    assert done.exit_code == CLEAN
    assert "denied   prod         nginx:1.25  prod/a.yaml:10:12  Pod/web\n" in done.stdout
    images = json.loads(work.run("images", "--format", "json").stdout)["images"]
    assert [image["image"] for image in images] == [None, 5, "nginx:1.25"]
    assert images[2]["rewrite"] == "h.io/hub/nginx:1.25"
    assert work.run("images", "missing").exit_code == ERROR


def test_explain_a_rule(project: Project) -> None:
    for rule in RULES.values():
        done = project.run("explain", rule.id)
        assert done.exit_code == CLEAN
        assert done.stdout.startswith(f"{rule.id}: {rule.summary}\n")
        assert "\nWhy\n" in done.stdout
        assert "\nWhat to do\n" in done.stdout


def test_explain_shows_a_list_of_registries(project: Project) -> None:
    """One a line, in words."""
    lines = project.run("explain", "retired-registry").stdout.splitlines()
    assert "    k8s.gcr.io → registry.k8s.io (frozen as of 2023-04-03)" in lines
    assert "    gcr.io/kuar-demo → none (gone as of 2026-01)" in lines
    assert "  docker.io/bitnami/redis:7.2" in lines, "what fix leaves alone"
    assert "  k8s.gcr.io/pause:3.9  →  registry.k8s.io/pause:3.9" in lines
    assert not any("Move(" in line or "Upstream(" in line for line in lines)


def test_explain_an_image(work: Project) -> None:
    assert work.run("explain", "nginx:1.25", "--env", "prod").stdout == (
        "nginx:1.25\n"
        "  domain        docker.io (implied)\n"
        "  repository    library/nginx\n"
        "  tag           1.25\n"
        "  digest        none\n"
        "  familiar      nginx:1.25\n"
        "\n"
        "prod (the default): not allowed\n"
        "  decided by    no pattern fits; allowed: h.io\n"
        "  would become  h.io/hub/nginx:1.25\n"
        "\n"
        "Decided by imagelint.yaml.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["h.io/x", "--env", "prod"], "prod (the default): allowed\n  decided by    allow: h.io\n"),
        (["evil.io/x", "--env", "prod"], "  no repair     no Harbor project caches evil.io"),
        (["nginx"], "dev: allowed\n  decided by    allow: *\n"),
        (["Nginx"], "  no image"),
        ([""], '""\n  no image'),
        (["floating-tag", "--env", "prod"], "  repository    library/floating-tag\n"),
    ],
)
def test_explain_more_images(work: Project, arguments: list[str], expected: str) -> None:
    done = work.run("explain", *arguments)
    assert done.exit_code == CLEAN
    assert expected in done.stdout


def test_explain_needs_a_known_environment(work: Project) -> None:
    done = work.run("explain", "nginx", "--env", "prd")
    assert done.exit_code == ERROR
    assert "prod" in done.stderr


def test_rules(project: Project) -> None:
    done = project.run("rules")
    assert done.exit_code == CLEAN
    head, *ids = [line.split()[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert (head, ids) == ("RULE", sorted(RULES))


@pytest.mark.parametrize("host", ["harbor.example.com", "harbor:8443", "10.0.0.1", "10.0.0.1:5000"])
def test_init_writes_a_policy_that_serves(project: Project, host: str) -> None:
    assert project.run("init", "--harbor", host).exit_code == CLEAN
    project.write("prod/a.yaml", BAD)
    done = project.run("fix")
    assert done.exit_code == CLEAN, done.output
    assert project.read("prod/a.yaml") == pod(f"{host}/docker.io/nginx:1.25")
    assert "harbor.myco.com" not in project.read("imagelint.yaml")


def test_init_lets_no_comment_count_in_production(project: Project) -> None:
    """Exceptions and the baseline are reviewed; a line above says how to let comments count."""
    assert project.run("init", "--harbor", "h.io").exit_code == CLEAN
    for folder in ("prod", "staging"):
        project.write(f"{folder}/a.yaml", f"# imagelint: ignore-file[unapproved-registry] x\n{BAD}")
    assert project.run("check", "staging").exit_code == CLEAN
    assert project.run("check", "prod").exit_code == FINDINGS
    assert project.run("baseline", "write", "prod").exit_code == CLEAN
    assert project.run("check", "prod").exit_code == CLEAN
    (project.root / "imagelint-baseline.json").unlink()
    policy = project.read("imagelint.yaml")
    line = '    unsuppressible: ["*"]\n'
    above = policy[: policy.index(line)].splitlines()[-1]
    assert above.endswith("To let comments count, name single rules, or remove the line.")
    excused = "exceptions: [{rules: [unapproved-registry], paths: [prod/**], reason: r}]\n"
    project.write("imagelint.yaml", policy + excused)
    assert project.run("check", "prod").exit_code == CLEAN
    project.write("imagelint.yaml", policy.replace(line, ""))
    assert project.run("check", "prod").exit_code == CLEAN


def test_init_proposes_the_rule_about_pull_secrets(project: Project) -> None:
    """For prod, commented: nothing is found before somebody takes the mark away."""
    assert project.run("init", "--harbor", "h.io").exit_code == CLEAN
    project.write("prod/a.yaml", pod("h.io/docker.io/nginx:1.25"))
    assert project.run("check").exit_code == CLEAN
    text = project.read("imagelint.yaml")
    proposed = "# missing-pull-secret: warning"
    assert text.count(proposed) == 1
    project.write("imagelint.yaml", text.replace(proposed, proposed[2:]))
    done = project.run("check", "--format", "json")
    assert rules_in(done.stdout) == ["missing-pull-secret"]
    project.write("dev/a.yaml", project.read("prod/a.yaml"))
    assert project.run("check", "dev").stdout.count("missing-pull-secret") == 0


def test_init_names_the_schema_that_it_writes(project: Project) -> None:
    assert project.run("init", "--harbor", "harbor.example.com").exit_code == CLEAN
    first = project.read("imagelint.yaml").splitlines()[0]
    assert first == "# yaml-language-server: $schema=.imagelint.schema.json"
    schema = project.read(".imagelint.schema.json")
    assert schema == files.schema_text()
    assert project.run("check").exit_code == CLEAN
    project.write(".imagelint.schema.json", "{}")
    done = project.run("init", "--schema")
    assert (done.exit_code, done.stdout) == (CLEAN, "Wrote .imagelint.schema.json.\n")
    assert project.read(".imagelint.schema.json") == schema


def test_editors_can_read_the_schema() -> None:
    """Theirs are the regexes of JavaScript with the flag ``u``, which refuse idle escapes."""
    patterns = re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', files.schema_text())
    assert len(patterns) > 10
    for pattern in map(json.loads, patterns):
        escaped = set(re.findall(r"\\(.)", pattern, re.DOTALL))
        assert escaped <= set("^$\\.*+?()[]{}|/dDwWsSbBnrtfv"), pattern


def test_init_needs_a_harbor(project: Project) -> None:
    done = project.run("init")
    assert (done.exit_code, "--harbor HOST" in done.stderr) == (ERROR, True)
    assert not list(project.root.glob("*.yaml"))


def test_init_knows_an_ipv6_address(project: Project) -> None:
    assert project.run("init", "--harbor", "[2001:db8::1]:5000").exit_code == CLEAN
    project.write("a.yaml", pod('"nginx:1.25"'))
    assert project.run("fix").exit_code == CLEAN
    assert project.read("a.yaml") == pod('"[2001:db8::1]:5000/docker.io/nginx:1.25"')


def test_init_overwrites_only_when_told_to(work: Project) -> None:
    done = work.run("init", "--harbor", "harbor.example.com")
    assert done.exit_code == ERROR
    assert done.stderr == "error: imagelint.yaml is there already; --force overwrites it\n"
    assert work.read("imagelint.yaml") == POLICY
    work.write("imagelint.yaml", "broken")
    assert work.run("init", "--harbor", "harbor.example.com", "--force").exit_code == CLEAN
    assert work.run("check").exit_code == CLEAN


def test_init_below_a_policy_would_end_every_run(
    work: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    sub: Path = work.root / "sub"
    sub.mkdir()
    monkeypatch.chdir(sub)
    done = work.run("init", "--harbor", "harbor.example.com")
    assert done.exit_code == ERROR
    assert "governs this folder already" in done.stderr
    assert not list(sub.iterdir())


def test_init_says_what_the_built_in_policy_says() -> None:
    rules = RULES
    written = Source("imagelint.yaml", policy_text("harbor.myco.com").encode())
    found, built_in = (parse_policy(one, rules) for one in (written, files.default_policy_source()))
    *others, production = found.environments
    assert production.unsuppressible == ("*",)
    alike = (*others, production._replace(unsuppressible=()))
    default = built_in.default
    assert found._replace(exclude=built_in.exclude, environments=alike, default=default) == built_in
    assert found.exclude.matches("a/testdata/b.yaml"), "where its author sees it"


def test_init_lists_the_registries_of_the_repository(project: Project) -> None:
    images = [
        *("nginx", "redis:7", "quay.io/a/b:1", "registry.k8s.io/pause:3", "registry.k8s.io/x:1"),
        *("localhost:5000/a:1", "localhost/a:1", "qay.io/a:1", "h.io/hub/nginx:1", "{{ x }}"),
        *("1.5/a:1", "GHCR.io/a:1"),
    ]
    containers = ", ".join(f"{{name: c, image: {json.dumps(image)}}}" for image in images)
    spec = f"spec: {{containers: [{containers}]}}"
    project.write("a/b.yaml", f"{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, {spec}}}\n")
    done = project.run("init", "--harbor", "h.io")
    assert (done.exit_code, done.stderr) == (CLEAN, "")
    assert "Registries here, with their images: docker.io (2), registry.k8s.io (2)," in done.stdout
    text = project.read("imagelint.yaml")
    projects = text[text.index("projects:") : text.index("  library:")].splitlines()[1:]
    assert projects == [
        "    docker.io: docker.io            # 2 images here",
        "    gcr.io: gcr.io",
        "    ghcr.io: ghcr.io",
        "    quay.io: quay.io                # 1 image here",
        "    registry.k8s.io: registry.k8s.io # 2 images here",
        '    "1.5": "1.5"                    # 1 image here',
        "    # GHCR.io                       # 1 image here; suspicious, as `imagelint check` says",
        "    # h.io                          # 1 image here; on Harbor already",
        "    # localhost                     # 1 image here; a node's own, of no use to a Harbor",
        '    # "localhost:5000": NAME        # 1 image here; its project needs another name',
        "    # qay.io                        # 1 image here; suspicious, as `imagelint check` says",
    ]
    explained = project.run("explain", "registry.k8s.io/pause:3", "--env", "prod").stdout
    assert "would become  h.io/registry.k8s.io/pause:3" in explained


def test_init_lists_nothing_where_there_is_nothing(project: Project) -> None:
    project.write("a.yaml", "kind: Nothing\n")
    done = project.run("init", "--harbor", "h.io")
    assert "Registries" not in done.output
    assert not re.search("images? here", project.read("imagelint.yaml"))


def test_init_lists_so_many_registries_and_no_more() -> None:
    seen = [Seen(f"r{number}.example.com", 1) for number in range(1000)]
    text = policy_text("h.io", seen)
    parse_policy(Source("imagelint.yaml", text.encode()), RULES)
    assert "# and 900 registries more: `imagelint images` has all\n" in text
    assert "r99.example.com" in text
    assert "r100.example.com" not in text


def test_init_goes_on_where_it_cannot_look(work: Project) -> None:
    work.write("imagelint.yaml", "broken")
    work.write("a.yaml", BAD)
    done = work.run("init", "--harbor", "h.io", "--force")
    assert done.exit_code == CLEAN
    assert done.stderr.startswith("note: registries were not looked for: imagelint.yaml:1:1: ")
    assert "docker.io: docker.io\n" in work.read("imagelint.yaml")


@pytest.mark.parametrize("host", ["", "https://h.io", "H.io", "h.io/x", "a b", "docker.io"])
def test_init_wants_a_host(host: str) -> None:
    with pytest.raises(UsageError, match="--harbor: "):
        policy_text(host)


@pytest.mark.parametrize(
    "arguments", [[], ["--help"], ["check", "--help"], ["fix", "-h"], ["images", "-h"]]
)
def test_help(project: Project, arguments: list[str]) -> None:
    done = project.run(*arguments)
    assert done.exit_code in {CLEAN, ERROR if not arguments else CLEAN}
    assert "Usage: imagelint" in done.output
    assert all(len(line) <= 80 for line in done.output.splitlines())
