"""``imagelint krm``: its contract by golden cases, and every form a ResourceList may have.

A case is a folder ``fixtures/krm/*/``: ``in.yaml`` goes in, ``out.yaml`` comes out, ``said.txt``
is what stderr and the exit code say. ``IMAGELINT_GOLDEN=write`` writes the latter two anew.
"""

from __future__ import annotations

import json
import os
import shutil
from typing import Any

import pytest
from ruamel.yaml import YAML

from imagelint.cli.krm.resource_list import ResourceList, ResourceListError, Settings
from imagelint.model.source import Source
from tests.support.project import CLEAN, ERROR, FINDINGS, ROOT, Project

CASES = sorted(path.parent.name for path in (ROOT / "fixtures/krm").glob("*/in.yaml"))
WRITE = os.environ.get("IMAGELINT_GOLDEN") == "write"
HEAD = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"
ITEMS = """\
items:
- apiVersion: v1
  kind: Pod
  metadata: {name: a}
  spec: {containers: [{name: a, image: IMAGE}]}
"""
BAD, EVIL = ITEMS.replace("IMAGE", "nginx:1.25"), ITEMS.replace("IMAGE", "evil.io/x:1")
GOOD = ITEMS.replace("IMAGE", "h.io/hub/nginx:1.25")


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, project: Project) -> None:
    folder = ROOT / "fixtures/krm" / case
    shutil.copy(ROOT / "fixtures/krm/imagelint.yaml", project.root)
    done = project.spawn("krm", stdin=(folder / "in.yaml").read_bytes())
    said = done.stderr.decode() + f"exit {done.returncode}\n"
    if WRITE:
        (folder / "out.yaml").write_bytes(done.stdout)
        (folder / "said.txt").write_bytes(said.encode())
    assert done.stdout == (folder / "out.yaml").read_bytes()
    assert said == (folder / "said.txt").read_bytes().decode()


def test_there_are_cases() -> None:
    assert len(CASES) >= 5


def loaded(text: str) -> Any:
    found = YAML(typ="safe", pure=True).load_all(text)
    return next(one for one in found if one is not None)


def results(work: Project, text: str, *arguments: str, code: int = CLEAN) -> list[dict[str, Any]]:
    """Run ``text`` through the function; what comes out may differ by images and results only."""
    done = work.run("krm", *arguments, stdin=text)
    assert done.exit_code == code, done.stderr
    out = loaded(done.stdout)
    found: list[dict[str, Any]] = out.pop("results", [])
    before = loaded(text.replace("nginx:1.25", "h.io/hub/nginx:1.25"))
    before.pop("results", None)
    assert out == before
    return found


# --- what comes out ----------------------------------------------------------------------


def test_what_is_clean_comes_out_as_it_went_in(work: Project) -> None:
    for text in (
        HEAD + GOOD,
        HEAD + "items: []\n",
        HEAD,
        HEAD + "items:",
        '{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[]}',
    ):
        done = work.run("krm", stdin=text)
        assert (done.exit_code, done.stdout) == (CLEAN, text)


def test_a_repair_is_a_result(work: Project) -> None:
    [result] = results(work, HEAD + BAD)
    assert result == {
        "message": "repaired: nginx:1.25 comes from docker.io, which prod does not allow"
        " (allowed: h.io); use h.io/hub/nginx:1.25",
        "severity": "info",
        "resourceRef": {"apiVersion": "v1", "kind": "Pod", "name": "a"},
        "field": {
            "path": "spec.containers[0].image",
            "currentValue": "nginx:1.25",
            "proposedValue": "h.io/hub/nginx:1.25",
        },
        "tags": {"rule": "unapproved-registry", "environment": "prod"},
    }


def test_what_is_left_fails_the_function(work: Project) -> None:
    [result] = results(work, HEAD + EVIL, code=FINDINGS)
    assert result["severity"] == "error"
    assert "proposedValue" not in result["field"]
    done = work.run("krm", stdin=HEAD + EVIL)
    assert done.stderr.startswith(
        "error: Pod/a spec.containers[0].image: evil.io/x:1 comes from evil.io, which"
    )
    assert results(work, HEAD + EVIL, "--fail-on", "never") == [result]


def test_a_check_repairs_nothing(work: Project) -> None:
    done = work.run("krm", "--check", stdin=HEAD + BAD)
    assert done.exit_code == FINDINGS
    assert done.stdout.endswith(HEAD + BAD)
    [result] = loaded(done.stdout)["results"]
    assert result["severity"] == "error"
    assert result["field"]["proposedValue"] == "h.io/hub/nginx:1.25"


FLOW = (
    "kind: ResourceList, apiVersion: config.kubernetes.io/v1, items: [{apiVersion: v1, kind: Pod,"
    " metadata: {name: a}, spec: {containers: [{image: nginx:1.25}]}}]"
)
ONE_LINE = '{"message": "fine", "severity": "info"}'


@pytest.mark.parametrize(
    "text",
    [
        HEAD + BAD,
        HEAD + BAD + "results:\n- message: fine\n",
        HEAD + BAD + "results:\n  - message: fine\n    severity: info\n  - {message: b}",
        HEAD + "results:\n- - odd\n" + BAD,
        HEAD + f"results: [{ONE_LINE}]\n" + BAD,
        HEAD + "results: []\n" + BAD,
        HEAD + "results: [ ]\n" + BAD,
        HEAD + "results:\n" + BAD,
        HEAD + "results: \n" + BAD,
        HEAD + "results: # none\n" + BAD,
        HEAD + "results: null\n" + BAD,
        HEAD + "results: ~ # none\n" + BAD,
        HEAD + BAD + "results:",
        "---\n" + HEAD + BAD,
        "# a comment\n---\n" + HEAD + BAD,
        "--- # a comment\n\n  # more\n" + HEAD + BAD + "---\n# behind\n",
        HEAD + BAD + "...\n",
        (HEAD + BAD).replace("\n", "\r\n"),
        "".join(f"   {line}\n" for line in (HEAD + BAD).splitlines()),
        '"kind": ResourceList\napiVersion: config.kubernetes.io/v1\n' + BAD,
        "? kind\n: ResourceList\n? apiVersion\n: config.kubernetes.io/v1\n" + BAD,
        "!!map\n" + HEAD + BAD,
        "&a\n&b kind: ResourceList\napiVersion: config.kubernetes.io/v1\n" + BAD,
        HEAD + BAD + "more: |+\n  kept\n\n\n",
        HEAD + BAD + "more: |\n  kept",
        HEAD + BAD + "more: kept",
        "\ufeff" + HEAD + BAD,
        HEAD + BAD + "more: 日本 # 日本\n",
        f"{{{FLOW}}}",
        f"{{ # why\n  {FLOW}\n  # end\n}}\n",
    ],
)
def test_results_stand_at_the_root(work: Project, text: str) -> None:
    done = work.run("krm", stdin=text)
    assert done.exit_code == CLEAN, done.stderr
    before, after = loaded(text), loaded(done.stdout)
    results, known = after.pop("results"), before.pop("results", None) or []
    assert len(results) == len(known) + 1
    assert results[0]["tags"]["rule"] == "unapproved-registry"
    assert results[1:] == known
    item = before["items"][0]
    item["spec"]["containers"][0]["image"] = "h.io/hub/nginx:1.25"
    assert after == before
    again = work.run("krm", stdin=done.stdout)
    assert again.stdout == done.stdout


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("known", [None, [], [{"message": "fine"}]])
def test_json_stays_json(work: Project, indent: int | None, known: list[Any] | None) -> None:
    value = loaded(HEAD + BAD)
    if known is not None:
        value["results"] = known
    done = work.run("krm", stdin=json.dumps(value, indent=indent))
    assert done.exit_code == CLEAN, done.stderr
    after = json.loads(done.stdout)
    assert after["results"][1:] == (known or [])
    assert after["items"][0]["spec"]["containers"][0]["image"] == "h.io/hub/nginx:1.25"


def test_text_of_others_is_harmless_in_results(work: Project) -> None:
    item = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": 'a"\\\u202e\x1b[31m\u2028日本\ud83d\ude00',
            "namespace": "n\n---\nkind: Secret",
            "annotations": {
                "config.kubernetes.io/path": "a/\x07\n- b: c",
                "config.kubernetes.io/index": "x",
            },
        },
        "spec": {"containers": [{"image": 'evil.io/"}]\n---\n'}, {"image": "evil.io/x" * 900}]},
    }
    text = json.dumps({**loaded(HEAD), "items": [item]})
    for stdin in (
        text,
        f"{HEAD}items:\n- {text[text.index('[') + 1 : -2]}\n".replace("\\ud83d\\ude00", ""),
    ):
        done = work.run("krm", "--fail-on", "never", stdin=stdin)
        assert done.exit_code == CLEAN, done.stderr
        found = loaded(done.stdout)["results"]
        assert len(found) >= 2
        assert done.stdout.count("\n---") == 0
        for result in found:
            assert result["message"].isprintable()
            assert result["resourceRef"]["name"].isprintable()
            assert result["file"] == {"path": "a/\\x07\\n- b: c"}


def test_a_file_is_named_as_the_orchestrator_has_it(work: Project) -> None:
    note = "metadata: {name: a, annotations: {config.kubernetes.io/path: a/b.yaml, INDEX: '3'}}"
    for index in ("config.kubernetes.io/index", "internal.config.kubernetes.io/index"):
        text = EVIL.replace("metadata: {name: a}", note.replace("INDEX", index))
        [result] = results(work, HEAD + text, code=FINDINGS)
        assert result["file"] == {"path": "a/b.yaml", "index": 3}


def test_an_object_without_a_name_has_no_reference(work: Project) -> None:
    [result] = results(
        work, HEAD + EVIL.replace("metadata: {name: a}", "metadata: {}"), code=FINDINGS
    )
    assert "resourceRef" not in result
    assert "field" not in result


# --- what goes in ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "settings"),
    [
        ("", Settings()),
        ("functionConfig: null\n", Settings()),
        ("functionConfig: {kind: X, data: null, spec: {}}\n", Settings()),
        (
            "functionConfig:\n  data: {environment: dev, policy: a/b.yaml, failOn: never}\n",
            Settings("dev", "a/b.yaml", "never"),
        ),
        (
            "functionConfig: {data: {fix: 'false'}, spec: {failOn: note}}\n",
            Settings(None, None, "note", fix=False),
        ),
        ("functionConfig: {spec: {fix: false}}\n", Settings(fix=False)),
        ("functionConfig: {spec: {fix: true, environment: prod}}\n", Settings("prod")),
    ],
)
def test_settings(config: str, settings: Settings) -> None:
    assert ResourceList(Source("in", (HEAD + config + GOOD).encode())).settings() == settings


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("data: {enviroment: dev}", 'data.enviroment: unknown key; did you mean "environment"?'),
        ("data: [a]", "functionConfig.data is not a mapping"),
        ("data: {policy: 5}", "functionConfig.data.policy is not a string"),
        ("data: {policy: {a: b}}", "functionConfig.data.policy is not a string"),
        ("data: {policy: a}, spec: {policy: a}", "given in data and in spec"),
        ("data: {fix: maybe}", 'no fix "maybe"'),
        ("data: {failOn: errors}", 'no failOn "errors"; did you mean "error"?'),
        ("data: {environment: nope}", 'no environment "nope"'),
        ("data: {policy: nope.yaml}", "nope.yaml"),
    ],
)
def test_settings_that_are_wrong(work: Project, config: str, message: str) -> None:
    done = work.run("krm", stdin=f"{HEAD}functionConfig: {{{config}}}\n{GOOD}")
    assert done.exit_code == ERROR
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert message in done.stderr


def test_settings_decide_and_options_win(work: Project) -> None:
    work.write("strict.yaml", work.read("imagelint.yaml").replace("dev:", "other:"))
    text = HEAD + "functionConfig: {data: {environment: dev, failOn: never}}\n" + EVIL
    assert results(work, text) == []
    assert len(results(work, text, "--env", "prod")) == 1
    assert len(results(work, text, "--env", "prod", "--fail-on", "error", code=FINDINGS)) == 1
    done = work.run("krm", "--policy", "strict.yaml", stdin=text)
    assert (done.exit_code, done.stdout) == (ERROR, "")
    text = text.replace("environment: dev", "policy: strict.yaml, environment: other")
    assert results(work, text) == []


def test_the_folder_decides_the_environment(work: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    # kustomize runs a function in the folder of the kustomization.
    (work.root / "dev").mkdir()
    monkeypatch.chdir(work.root / "dev")
    assert results(work, HEAD + EVIL) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "one ResourceList is wanted, not 0"),
        ("\n# nothing\n", "one ResourceList is wanted, not 0"),
        (HEAD + GOOD + "---\n" + HEAD + GOOD, "one ResourceList is wanted, not 2"),
        ("kind: Pod\napiVersion: v1\n", "a ResourceList is wanted, not a Pod"),
        ("kind: List\napiVersion: v1\n", "a ResourceList is wanted, not a List"),
        ("just text\n", "a ResourceList is wanted, not text without a kind"),
        ("[]\n", "a ResourceList is wanted, not text without a kind"),
        (
            "kind: ResourceList\napiVersion: v1\n",
            "a ResourceList of config.kubernetes.io/v1 is wanted",
        ),
        ("kind: ResourceList\n", "a ResourceList of config.kubernetes.io/v1 is wanted"),
        (HEAD + "items: {a: b}\n", "items is not a list"),
        (HEAD + "items: [\n", "does not parse"),
        (HEAD + "items: [a: b: c]\n", "does not parse"),
        (HEAD + "...\nmore: text\n", "there is text behind"),
        ('{"kind": "ResourceList", "items": [', "does not parse"),
        (HEAD.encode() + b"more: \xff\n", "not valid UTF-8"),
        (HEAD + "results: text\n" + BAD, "results cannot be added"),
        (HEAD + "results: {a: b}\n" + BAD, "results cannot be added"),
        (HEAD + "a: &a []\nresults: *a\n" + BAD, "results cannot be added"),
    ],
)
def test_what_is_no_resource_list(work: Project, text: str | bytes, message: str) -> None:
    done = work.run("krm", stdin=text)
    assert done.exit_code == ERROR
    assert done.stdout == ""
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_mistake_of_ours_is_no_answer(work: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imagelint.engine.linter.Linter.judge", lambda *_, **__: 1 / 0)
    done = work.run("krm", stdin=HEAD + BAD)
    assert (done.exit_code, done.stdout) == (ERROR, "")
    assert "internal error" in done.stderr


def test_results_are_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ResourceList(Source("in", (HEAD + GOOD).encode()))
    monkeypatch.setattr("imagelint.cli.krm.resource_list.same_trees", lambda *_: False)
    with pytest.raises(ResourceListError, match="written like this"):
        made.with_results([{"message": "a"}])
