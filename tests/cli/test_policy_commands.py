"""``imagelint policy check``, ``test`` and ``diff``: what they say, where, and their exit codes."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from ruamel.yaml import YAML

from imagelint.files.shipped import default_policy_source
from imagelint.model.errors import PolicyError
from imagelint.model.source import Source
from imagelint.policy.advice import advise
from imagelint.policy.policy import parse_policy
from imagelint.rules.built_in import RULES
from tests.support.project import CLEAN, ERROR, FINDINGS, POLICY, Project
from tests.support.terminal import on_a_terminal, without_escapes
from tests.support.transcripts import matches
from tests.support.trees import catalogue

TODAY = "2026-06-15"
HARMLESS = """\
version: 1
harbor: {host: h.io, projects: {docker.io: hub}}
environments:
  dev: {match: {namespaces: ["dev-*"], paths: ["dev/**"]}, allow: ["*"]}
  prod: {match: {namespaces: [prod], labels: {a.b/tier: "pro*"}}, allow: [h.io], deny: [h.io/x/**]}
default: prod
exceptions:
  - {rules: [unapproved-registry], reason: r, until: 2026-06-15, images: [quay.io/a]}
  - {rules: [unapproved-registry, floating-tag], reason: r, objects: [Pod/x, "*/y"]}
locked: ["*"]
"""


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imagelint.run.given.time.strftime", lambda *_: TODAY)


def advice(text: str) -> list[str]:
    """Return what is said about a policy, each as ``severity: message``."""
    policy = parse_policy(Source("imagelint.yaml", text.encode()), RULES)
    return [
        f"{one.severity.value}: {one.message}" for one in advise(policy, RULES, TODAY, catalogue())
    ]


def test_a_harmless_policy_is_let_be() -> None:
    assert advice(HARMLESS) == []


def test_the_built_in_policy_has_overlaps_only() -> None:
    found = advice(default_policy_source().data.decode())
    assert found
    assert all(" overlap: " in one for one in found)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "allow: [h.io]",
            "allow: [h.io, h.io/x/y]",
            [
                "warning: h.io/x/y can never be allowed, because deny has h.io/x/**",
                "note: h.io/x/y is redundant: h.io is allowed",
            ],
        ),
        ("allow: [h.io]", "allow: [h.io, h.io]", ["note: h.io is listed twice"]),
        (
            "allow: [h.io], deny: [h.io/x/**]",
            "allow: []",
            ["note: prod allows nothing"],
        ),
        (
            "namespaces: [prod]",
            "namespaces: [Prod]",
            [
                (
                    "warning: Prod can never match: a namespace has only lower-case letters,"
                    " digits and -"
                )
            ],
        ),
        (
            'a.b/tier: "pro*"',
            'tier: "pro d"',
            ["warning: tier: pro d can never match: it is not a valid label"],
        ),
        ("a.b/tier", "a/b/c", ["warning: a/b/c: pro* can never match: it is not a valid label"]),
        (
            "deny: [h.io/x/**]",
            "rules: {unapproved-registry: off}",
            [
                "warning: unapproved-registry is off in prod, so its allow list has no effect",
            ],
        ),
        (
            "default: prod",
            "default: dev",
            ["warning: dev allows everything, so what matches no environment may run any image"],
        ),
        (
            "match: {namespaces: [prod]",
            'match: {namespaces: [prod, "*-a"]',
            [
                (
                    "note: dev and prod overlap: the namespace dev-a belongs to both and must"
                    " satisfy both"
                )
            ],
        ),
        (
            "match: {namespaces: [prod]",
            'match: {paths: ["**/x/*"]',
            ["note: dev and prod overlap: a file dev/x/y belongs to both and must satisfy both"],
        ),
        (
            "docker.io: hub",
            "docker.io: x",
            [],  # dev allows everything
        ),
        (
            '  dev: {match: {namespaces: ["dev-*"], paths: ["dev/**"]}, allow: ["*"]}\n',
            "  dev: {allow: [quay.io]}\n",
            ["note: dev matches nothing; only `--env` selects it"],
        ),
        (
            "until: 2026-06-15",
            "until: 2026-06-14",
            ["warning: it expired on 2026-06-14"],
        ),
        (
            "images: [quay.io/a]",
            "environments: [dev], images: [quay.io/a]",
            ["warning: it has no effect: dev allows these images anyway"],
        ),
        (
            "rules: [unapproved-registry, floating-tag]",
            "rules: [missing-digest]",
            ["warning: it has no effect: missing-digest is off in every environment"],
        ),
        (
            "Pod/x",
            "pod/x",
            ["warning: pod/x can never match: kinds are written like Deployment"],
        ),
        (
            'locked: ["*"]',
            "locked: [environments.prod]",
            [
                (
                    "note: environments.prod is locked, but exclude, exceptions and ignore-fields"
                    " are not: a policy that extends this one can still loosen the gate with"
                    " exclude, exceptions or ignore-fields"
                )
            ],
        ),
        (
            'locked: ["*"]',
            "locked: [environments.dev, default, exclude, ignore-fields]",
            [
                (
                    "note: environments.dev, default, exclude and ignore-fields are locked,"
                    " but exceptions is not: a policy that extends this one can still loosen the"
                    " gate with exceptions"
                )
            ],
        ),
        ('locked: ["*"]', "", []),
    ],
)
def test_advice(old: str, new: str, expected: list[str]) -> None:
    assert old in HARMLESS
    assert advice(HARMLESS.replace(old, new, 1)) == expected


@pytest.mark.parametrize(
    "glob", ["*staging", "k8s/stag*", "**/pr?d", "k8s/v*.2", "*.d", "k8s*/p*d"]
)
def test_a_glob_with_a_wildcard_that_fits_nothing_in_a_folder(glob: str) -> None:
    """It may be meant for files, so both are said; neither is warned of."""
    better = [json.dumps(f"{glob}{end}") for end in ("/**", ".*")]
    (found,) = advice(HARMLESS.replace("default:", f"exclude: [{json.dumps(glob)}]\ndefault:"))
    said, _, written = found.partition("; write ")
    assert said == f"warning: {glob} matches nothing inside a folder of that name"
    assert YAML(typ="safe").load(f"[{written.removesuffix(' for files').replace('or ', '')}]") == [
        f"{glob}/**",
        f"{glob}.*",
    ]
    for one in better:
        assert advice(HARMLESS.replace("default:", f"exclude: [{one}]\ndefault:")) == []


@pytest.mark.parametrize(
    ("glob", "better"),
    [
        ("k8s/staging", "k8s/staging/**"),
        ("staging", "staging/**"),
        ("**/prod", '"**/prod/**"'),
        ("k8s/v1.2", "k8s/v1.2/**"),
        ("conf.d", "conf.d/**"),
        (".github", '".github/**"'),
        ("it's: here/#1", '"it\'s: here/#1/**"'),
        ('a"b/c', '"a\\"b/c/**"'),
        ("k8s/staging/", None),
        ("k8s/staging/**", None),
        ("k8s/staging/*", None),
        ("k8s/web.yaml", None),
        ("k8s/*.json", None),
        ("k8s/*.*", None),
        ("k8s/web*.*", None),
        ("k8s/*-web.y?ml", None),
        ("k8s/?", None),
        ("k8s*/*", None),
        ("k8s/Kustomization", None),
    ],
)
def test_a_glob_that_fits_nothing_in_a_folder(glob: str, better: str | None) -> None:
    """What it says to write instead is YAML, in a list too, and is a glob that says no more."""
    name = json.dumps(glob)
    expected = (
        f"warning: {glob} matches nothing inside a folder of that name; write {better}"
        if better
        else None
    )
    for old, new in (
        ('paths: ["dev/**"]', f"paths: [{name}]"),
        ("default:", f"exclude: [{name}]\ndefault:"),
        ('objects: [Pod/x, "*/y"]', f"paths: [{name}]"),
    ):
        found = advice(HARMLESS.replace(old, new))
        assert found == ([] if expected is None else [expected])
        if better is not None:
            assert YAML(typ="safe").load(f"[{better}]") == [f"{glob}/**"]
            assert advice(HARMLESS.replace(old, new.replace(name, better))) == []


@pytest.mark.parametrize(
    ("harbor", "allow", "better"),
    [
        ("h.io:8443", "h.io", '"h.io:8443"'),
        ("h.io:8443", "h.io/hub/**", '"h.io:8443/hub/**"'),
        ("h.io:8443", '"h.io:443"', '"h.io:8443"'),
        ("h.io", '"h.io:443"', "h.io"),
        ('"[::1]:80"', '"[::1]"', '"[::1]:80"'),
        ("h.io:8443", 'h.io, "h.io:8443/**"', None),
        ("h.io:8443", '"h.io:8443"', None),
        ("h.io:8443", '"*"', None),
        ("h.io:8443", "quay.io", None),
        ("h.io", '"*.h.io"', None),
    ],
)
def test_the_port_of_harbor(harbor: str, allow: str, better: str | None) -> None:
    text = HARMLESS.replace("host: h.io", f"host: {harbor}").replace(
        "allow: [h.io], deny: [h.io/x/**]", f"allow: [{allow}]"
    )
    host = harbor.strip('"')
    expected = (
        f"warning: {allow.strip(chr(34))} is not the Harbor {host}: hosts are compared with"
        f" their ports; write {better}"
    )
    assert [one for one in advice(text) if "ports" in one] == ([expected] if better else [])
    if better:
        assert not any("ports" in one for one in advice(text.replace(f"[{allow}]", f"[{better}]")))


def test_a_deny_without_the_port_of_harbor() -> None:
    text = HARMLESS.replace("host: h.io", "host: h.io:80").replace("[h.io]", '["h.io:80"]')
    assert advice(text) == [
        (
            "warning: h.io/x/** is not the Harbor h.io:80: hosts are compared with their ports;"
            ' write "h.io:80/x/**"'
        )
    ]


@pytest.mark.parametrize(
    ("group", "kind", "field", "expected"),
    [
        ("apps", "Deployment", "spec.template.spec.containers[].image", "warning"),
        ("apps", "Deployment", "spec.template.spec.volumes[].image.reference", "warning"),
        ('""', "Pod", "spec.initContainers[].image", "warning"),
        ("kustomize.config.k8s.io", "Kustomization", "images[].newName", "warning"),
        ("monitoring.coreos.com", "Prometheus", "spec.image", "warning"),
        ("example.com", "Widget", "spec.main", "warning"),
        ("example.com", "Widget", "spec.containers[].image", "note"),
        ("example.com", "Widget", "spec.bootDisk.image", None),
        ("apps", "Deployment", "spec.template.spec.volumes[].rbd.image", None),
        ("monitoring.coreos.com", "Prometheus", "spec.tag", None),
    ],
)
def test_a_field_taken_out_that_hides_images(
    group: str, kind: str, field: str, expected: str | None
) -> None:
    entry = f'{{groups: [{group}], kinds: [{kind}], fields: ["{field}"], reason: r}}'
    own = '{groups: [example.com], kinds: [Widget], source: us, fields: ["spec.main"]}'
    found = advice(f"{HARMLESS}workloads: [{own}]\nignore-fields: [{entry}]\n")
    what = {
        "warning": "holds images",
        "note": "looks like the image of a container",
        None: "",
    }[expected]
    message = f"{expected}: {field} of {kind} {what}: images there are no longer linted"
    assert found == ([] if expected is None else [message])


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ('images: ["*"]', "suppresses unapproved-registry for every image in every environment"),
        ("images: [quay.io]", "for every image of quay.io in every"),
        ('images: [quay.io/a, "*"]', "for every image in every"),
        ("images: [{registry: '*', repository: a/b}]", " of any registry in every"),
        (
            'paths: ["**"], environments: [prod]',
            "suppresses unapproved-registry for every file in prod",
        ),
        ('paths: ["**/*.yaml"]', "for every file in every environment"),
        ("images: [{registry: quay.io, tag: '*'}]", "for every image of quay.io (tag *) in every"),
        ('paths: ["*.yaml"]', None),
        ('paths: ["**/web.yaml"]', None),
        ('objects: ["Job/*"]', "for every Job of every namespace in"),
        ('objects: [{kind: Job}], containers: ["*"]', "every Job of every namespace in every"),
        ("containers: [helper]", "any image of a container called helper of any object in"),
        ("images: [quay.io/a]", None),
        ("images: [quay.io/a/**]", None),
        ("images: [quay.io], objects: [Pod/x]", None),
        ('images: [quay.io], paths: ["old/**"]', None),
        ("objects: [Job/x]", None),
        ("objects: [{kind: Job, namespace: shop}]", None),
        ("containers: [helper], objects: [Pod/x]", None),
        ("images: [{registry: quay.io, tag: v1}]", None),
    ],
)
def test_an_exception_that_is_wider_than_it_looks(keys: str, expected: str | None) -> None:
    entry = f"exceptions:\n  - {{rules: [unapproved-registry], reason: r, {keys}}}\nlocked:"
    text = HARMLESS.partition("exceptions:")[0] + entry + ' ["*"]\n'
    found = [one for one in advice(text) if "broader" in one]
    assert len(found) == (expected is not None)
    for one in found:
        assert one.startswith("warning: it is broader than it looks: it suppresses ")
        assert expected is not None
        assert expected in one


def test_a_registry_is_not_wide_for_other_rules() -> None:
    """A tag is forgiven of a registry, which says what it means."""
    text = HARMLESS.replace("[unapproved-registry], reason: r", "[floating-tag], reason: r")
    assert advice(text.replace("images: [quay.io/a]", "images: [quay.io]")) == []


def test_what_becomes_of_a_key_with_a_path() -> None:
    """Both meanings are explained, each with the other one to paste."""
    proxy, flat = "docker.io/a: hub", "docker.io/a: {name: hub, replication: flatten}"
    assert advice(HARMLESS.replace("docker.io: hub", proxy)) == [
        (
            "note: docker.io/a/IMAGE becomes h.io/hub/a/IMAGE: a proxy cache asks docker.io for the"
            " path behind the project; if replication fills it and drops that path, write"
            " {name: hub, replication: flatten}"
        )
    ]
    assert advice(HARMLESS.replace("docker.io: hub", flat)) == [
        (
            "note: docker.io/a/IMAGE becomes h.io/hub/IMAGE: replication fills this project and"
            " drops the path; if it is a proxy cache, write hub"
        )
    ]
    nothing = "docker.io: {name: hub, replication: flatten}"
    assert advice(HARMLESS.replace("docker.io: hub", nothing)) == [
        "warning: docker.io has no path that flattening could drop"
    ]


def test_a_project_whose_registry_is_denied() -> None:
    """A deny with a repository holds through Harbor, so nothing gets there."""
    text = HARMLESS.replace('allow: ["*"]', 'allow: ["*"], deny: [docker.io/**]')
    denied = text.replace("deny: [h.io/x/**]", "deny: [docker.io/**]")
    message = (
        "warning: no environment allows h.io/hub/**, so no image is ever rewritten to this project"
    )
    assert advice(denied) == [message]
    assert advice(denied.replace("docker.io/**", "docker.io")) == []


@pytest.mark.parametrize(
    ("pattern", "better"),
    [
        ("*.example.com/a:1", {"registry": "*.example.com", "repository": "a", "tag": "1"}),
        ("[::1]:80/a@x", {"registry": "[::1]:80", "repository": "a", "digest": "required"}),
        ("quay.io/**:v1", {"registry": "quay.io", "repository": "**", "tag": "v1"}),
        ("*/a", {"registry": "*", "repository": "a"}),
        ("*/**", {"registry": "*", "repository": "**"}),
        ("https://[::1]:80/", "[::1]:80"),
        ("[::A]:80", "[::a]:80"),
    ],
)
def test_what_an_error_says_to_write_is_yaml(pattern: str, better: object) -> None:
    with pytest.raises(PolicyError) as raised:
        advice(HARMLESS.replace("[h.io]", f"[{json.dumps(pattern)}]"))
    (_, _, suggested) = str(raised.value).partition("write ")
    for text in (f"[{suggested}]", f"- {suggested}"):
        assert YAML(typ="safe").load(text) == [better]
    with suppress(PolicyError):  # of which only the tag was mended
        advice(HARMLESS.replace("[h.io]", f"[{suggested}]"))


def test_two_registries_with_one_project_are_an_error() -> None:
    """But parts of one registry, behind one proxy cache, are none."""
    both = "docker.io: hub, quay.io: hub"
    with pytest.raises(
        PolicyError, match="two registries in one project would mix up their images"
    ):
        advice(HARMLESS.replace("docker.io: hub", both))
    parts = "docker.io/a: hub, docker.io/b: hub"
    assert len(advice(HARMLESS.replace("docker.io: hub", parts))) == 2
    flat = "docker.io/a: hub, docker.io/b: {name: hub, replication: flatten}"
    with pytest.raises(PolicyError, match="two registries in one project"):
        advice(HARMLESS.replace("docker.io: hub", flat))


def test_check_names_the_place_in_a_list_of_harbors(project: Project) -> None:
    """The entry that has the key, not the first one."""
    harbors = (
        "harbor:\n- {host: h.io, projects: {docker.io: hub}}\n"
        "- host: g.io\n  projects:\n    docker.io: hub\n    docker.io/a: a\n"
    )
    text = HARMLESS.replace("harbor: {host: h.io, projects: {docker.io: hub}}\n", harbors)
    project.write("imagelint.yaml", text)
    done = project.run("policy", "check")
    assert "imagelint.yaml:7:18: note: docker.io/a/IMAGE becomes g.io/a/a/IMAGE" in done.stdout


def test_a_project_that_nothing_allows() -> None:
    text = HARMLESS.replace('allow: ["*"]', "allow: [quay.io]").replace("hub", "x")
    assert advice(text) == [
        "warning: no environment allows h.io/x/**, so no image is ever rewritten to this project"
    ]


def test_check_names_the_place_in_the_layer_that_says_it(project: Project) -> None:
    project.write(
        "base.yaml", HARMLESS.replace("[h.io]", "[h.io, h.io/y]").replace('*"]\n', 'harbor"]\n')
    )
    project.write(
        "imagelint.yaml",
        "version: 1\nextends: base.yaml\nenvironments:\n  prod:\n    deny:\n      - quay.io\n"
        "    match: {namespaces: [dev-1]}\n"
        "exceptions:\n  - {rules: [floating-tag], reason: r, until: 2020-01-01, paths: [x.yaml]}\n",
    )
    done = project.run("policy", "check")
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        (
            "imagelint.yaml:7:12: note: dev and prod overlap: the namespace dev-1 belongs to both"
            " and must satisfy both"
        ),
        "imagelint.yaml:9:5: warning: it expired on 2020-01-01",
        "base.yaml:5:81: note: h.io/y is redundant: h.io is allowed",
        (
            "base.yaml:10:9: note: harbor is locked, but default, exclude, exceptions,"
            " ignore-fields and environments are not: a policy that extends this one can still"
            " loosen the gate with default, exclude, exceptions, ignore-fields or environments"
        ),
        "imagelint.yaml: environments dev, prod; 1 warning, 3 notes.",
    ]
    assert done.exit_code == FINDINGS


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (HARMLESS, CLEAN, "p.yaml: environments dev, prod; 0 warnings, 0 notes.\n"),
        (HARMLESS.replace("[h.io]", "[h.io, h.io]"), CLEAN, "0 warnings, 1 note.\n"),
        (HARMLESS.replace("06-15", "02-31"), ERROR, "error: p.yaml:8:54: exceptions[0].until: "),
        (HARMLESS.replace("default: prod", "default: prd"), ERROR, "p.yaml:6:10: default: "),
    ],
)
def test_check_of_a_named_policy(project: Project, text: str, code: int, said: str) -> None:
    project.write("p.yaml", text)
    done = project.run("policy", "check", "p.yaml")
    printed = done.stdout + done.stderr  # older versions of click keep them apart
    assert (done.exit_code, said in printed) == (code, True), printed


def test_check_folds_its_lines_on_a_terminal(project: Project) -> None:
    locked = HARMLESS.replace('["*"]\n', "[environments.prod]\n")
    project.write("imagelint.yaml", locked.replace("until: 2026-06-15, ", ""))
    shown = without_escapes(on_a_terminal(project, "policy", "check", columns=60, code=CLEAN))
    assert len(shown.splitlines()) > 3
    assert all(len(line) <= 60 for line in shown.splitlines())


CASES = """\
version: 1
cases:
  - {image: nginx:1, environment: prod, verdict: denied, rule: unapproved-registry}
  - image: nginx:1
    path: prod/x.yaml
    rewrite: h.io/hub/nginx:1
  - {image: h.io/hub/nginx:1, namespace: any, verdict: allowed, rule: none, rewrite: none}
  - {image: quay.io/a:1, path: prod/x.yaml, kind: CronJob, name: sync, verdict: excused}
  - {image: quay.io/a:1, path: dev/x.yaml, verdict: allowed, rule: []}
"""
EXCUSING = POLICY + (
    "exceptions:\n  - {rules: [unapproved-registry], reason: r, objects: [CronJob/sync]}\n"
)
REACHED = "harbor.projects: quay.io on h.io"


def test_cases_as_expected(project: Project) -> None:
    project.write("imagelint.yaml", EXCUSING.replace(", quay.io: quay", ""))
    project.write("imagelint-tests.yaml", CASES)
    done = project.run("policy", "test", "--strict")
    assert (done.exit_code, done.output) == (CLEAN, "5 cases, 0 failed.\n")


def test_what_no_case_reaches(project: Project) -> None:
    project.write("imagelint.yaml", EXCUSING.replace("[h.io]", "[h.io]\n    deny: [h.io/no/**]"))
    kept = CASES.splitlines()[:3]
    project.write("imagelint-tests.yaml", "\n".join(kept))
    expected = (
        "Not reached by any case:\n"
        "  environments.dev.allow: *\n"
        "  environments.prod.allow: h.io\n"
        "  environments.prod.deny: h.io/no/**\n"
        "  harbor.projects: quay.io on h.io\n"
        "  exceptions: unapproved-registry at imagelint.yaml:16\n"
        "1 case, 0 failed.\n"
    )
    done = project.run("policy", "test")
    assert (done.exit_code, done.output) == (CLEAN, expected)
    assert project.run("policy", "test", "--strict").exit_code == FINDINGS


def test_every_difference_is_shown(project: Project) -> None:
    project.write("p.yaml", POLICY)
    project.write(
        "table.yaml",
        "version: 1\ncases:\n"
        "  - {image: nginx:1, environment: prod, verdict: allowed, rule: none, rewrite: none}\n"
        "  - {image: h.io/x, namespace: a, verdict: excused, rule: [floating-tag, wrong-type]}\n",
    )
    done = project.run("policy", "test", "p.yaml", "--cases", "table.yaml")
    assert done.exit_code == FINDINGS
    assert done.stdout.partition("Not reached")[0] == (
        "table.yaml:3:5: nginx:1 in prod\n"
        "  verdict  expected allowed\n"
        "           got      denied\n"
        "  rule     expected none\n"
        "           got      unapproved-registry\n"
        "  rewrite  expected none\n"
        "           got      h.io/hub/nginx:1\n"
        "  found    nginx:1 comes from docker.io, which prod does not allow (allowed: h.io); use"
        " h.io/hub/nginx:1\n"
        "table.yaml:4:5: h.io/x in a\n"
        "  verdict  expected excused\n"
        "           got      allowed\n"
        "  rule     expected floating-tag, wrong-type\n"
        "           got      none\n"
    )
    assert done.stdout.endswith("2 cases, 2 failed.\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 2\ncases: []\n", "1:10: version: this imagelint reads version 1, not 2"),
        ("cases: []\n", "version"),
        ("version: 1\ncases: {}\n", "2:8: cases"),
        ("version: 1\ncases:\n  - {image: a}\n", "3:5: cases[0]: it expects nothing"),
        ("version: 1\ncases:\n  - {verdict: denied}\n", "3:5: cases[0]"),
        ("version: 1\ncases:\n  - {image: a, verdit: denied}\n", "3:16: cases[0]"),
        ("version: 1\ncases:\n  - {image: a, verdict: deny}\n", "3:25: cases[0].verdict"),
        ("version: 1\ncases:\n  - {image: a, rule: floating}\n", "3:22: cases[0].rule"),
        ("version: 1\ncases:\n  - {image: a, rule: none, environment: prd}\n", "3:41: cases[0]"),
    ],
)
def test_a_slip_in_the_table(work: Project, text: str, said: str) -> None:
    work.write("imagelint-tests.yaml", text)
    done = work.run("policy", "test")
    assert done.exit_code == ERROR
    assert done.stderr.startswith("error: imagelint-tests.yaml:"), done.stderr
    assert said in done.stderr


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (POLICY, "error: imagelint-tests.yaml: there is no such table; `imagelint policy test"),
        (None, "error: the built-in policy has no tests; write a policy with `imagelint init`"),
    ],
)
def test_without_a_table(project: Project, policy: str | None, said: str) -> None:
    if policy is not None:
        project.write("imagelint.yaml", policy)
    done = project.run("policy", "test")
    assert (done.exit_code, done.stderr.startswith(said)) == (ERROR, True), done.stderr


def test_a_table_can_test_the_built_in_policy(project: Project) -> None:
    project.write("t.yaml", "version: 1\ncases: [{image: a, environment: prod, verdict: denied}]\n")
    done = project.run("policy", "test", "--cases", "t.yaml")
    assert done.exit_code == CLEAN, done.output


OWN_RULE = """\
id: no-bitnami
summary: No Bitnami
severity: error
check: forbidden-image
parameters: {images: [docker.io/bitnami/**]}
why: They are frozen.
remedy: Use another one.
examples: {bad: [bitnami/redis:1], good: [redis:1]}
"""


@pytest.mark.parametrize(
    ("good", "code", "printed"),
    [
        ("redis:1", CLEAN, "0 cases, 0 failed; examples of 1 own rule, 0 failed.\n"),
        (
            "bitnami/x:1",
            FINDINGS,
            (
                "no-bitnami: examples.good: bitnami/x:1: found: bitnami/x:1 ...\n"
                "0 cases, 0 failed; examples of 1 own rule, 1 failed.\n"
            ),
        ),
    ],
)
def test_the_examples_of_own_rules_are_run(
    work: Project, good: str, code: int, printed: str
) -> None:
    work.write("imagelint.yaml", f"{POLICY}rule-files: [rules/*.yaml]\n")
    work.write("rules/no-bitnami.yaml", OWN_RULE.replace("good: [redis:1]", f"good: [{good}]"))
    done = work.run("policy", "test")
    assert done.exit_code == code, done.output
    assert matches(printed, done.stdout), done.stdout
