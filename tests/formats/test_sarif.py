"""SARIF: what the standard and GitHub ask for, and what Microsoft's validator says of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from imagelint.formats import FORMATS, PLAIN, Look, renderer, sarif
from imagelint.model.finding import Fix, Severity
from imagelint.model.report import FileResult, Report, RuleText, Suppressed
from imagelint.model.source import Edit, Source, Span
from imagelint.model.version import VERSION
from imagelint.rules import built_in
from tests.support.needs import TOOLS, path_of
from tests.support.reports import at, finding, report, source

ROOT = Path(__file__).resolve().parents[2]
RULES = tuple(
    RuleText(
        rule.id,
        rule.summary,
        rule.severity,
        rule.why,
        rule.remedy,
        rule.examples.bad,
        rule.examples.good,
    )
    for rule in built_in.RULES.values()
)


def run_of(made: Report, look: Look = PLAIN) -> Any:
    text = renderer(FORMATS, "sarif")(made._replace(rules=RULES), look)
    assert text.isascii()
    log = json.loads(text)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    [run] = log["runs"]
    return run


def test_the_tool_and_its_run() -> None:
    run = run_of(report(finding(source())))
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("imagelint", VERSION)
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["automationDetails"] == {"id": "imagelint/"}
    assert run["invocations"] == [{"executionSuccessful": True}]


@pytest.mark.parametrize("severity", [Severity.NOTE, Severity.WARNING])
def test_no_more_results_than_github_takes(
    severity: Severity, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sarif.RESULTS_MAX == 25_000
    monkeypatch.setattr(sarif, "RESULTS_MAX", 3)
    found = source()
    kinds = (severity, Severity.ERROR, severity, Severity.ERROR)
    some = [finding(found, severity=one, message=f"{at}") for at, one in enumerate(kinds)]
    excused = (Suppressed(finding(found, message="excused"), "comment", "why"),)
    made = report(*some[1:])
    run = run_of(made)
    assert [one["message"]["text"][0] for one in run["results"]] == ["1", "2", "3"]
    assert "toolExecutionNotifications" not in run["invocations"][0]
    assert sarif.remark(made) is None
    made = report(*some)
    made = made._replace(results=(made.results[0]._replace(suppressed=excused),))
    run = run_of(made)
    assert [one["message"]["text"][0] for one in run["results"]] == ["0", "1", "3"]
    [invocation] = run["invocations"]
    [told] = invocation["toolExecutionNotifications"]
    assert (invocation["executionSuccessful"], told["level"]) == (True, "warning")
    assert told["message"]["text"].startswith("only the worst 3 of 5 results are in the SARIF")
    assert f"{sarif.remark(made)}." == told["message"]["text"]


def test_a_result() -> None:
    [result] = run_of(report(finding(source())), Look(folder="/r/sub", repository="/r"))["results"]
    place = {"uri": "sub/k/a.yaml", "uriBaseId": "%SRCROOT%"}
    prints = result.pop("partialFingerprints")
    assert set(prints) == {"primaryLocationLineHash", "imagelint/v1"}
    assert result == {
        "ruleId": "unapproved-registry",
        "ruleIndex": 0,
        "level": "error",
        "message": {
            "text": "registry docker.io is not approved in prod; in Deployment/web"
            " spec.template.spec.containers[0].image (prod); fix writes h.io/nginx."
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": place,
                    "region": {"startLine": 2, "startColumn": 10, "endLine": 2, "endColumn": 15},
                },
                "logicalLocations": [
                    {
                        "fullyQualifiedName": (
                            "Deployment/web spec.template.spec.containers[0].image"
                        ),
                        "kind": "resource",
                    }
                ],
            }
        ],
        "fixes": [
            {
                "description": {"text": "Write h.io/nginx."},
                "artifactChanges": [
                    {
                        "artifactLocation": place,
                        "replacements": [
                            {
                                "deletedRegion": {
                                    "startLine": 2,
                                    "startColumn": 10,
                                    "endLine": 2,
                                    "endColumn": 10,
                                },
                                "insertedContent": {"text": "h.io/"},
                            }
                        ],
                    }
                ],
            }
        ],
    }


def test_rules_are_those_of_the_results_and_explain_themselves() -> None:
    found = source()
    made = report(*(finding(found, rule=rule.id) for rule in (*RULES, RULES[0])))
    run = run_of(made)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.id for rule in RULES]
    assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == [
        *(rule.id for rule in RULES),
        RULES[0].id,
    ]
    for rule, text in zip(rules, RULES, strict=True):
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"].startswith(" ".join(text.why.split())[:60])
        assert "### What to do" in rule["help"]["markdown"]
        assert all(line in rule["help"]["markdown"] for line in text.bad[0].splitlines())
        assert len(rule["properties"]["tags"]) <= 10
        enabled = rule["defaultConfiguration"]["enabled"]
        assert enabled is (text.severity is not Severity.OFF)
    assert run_of(report())["tool"]["driver"]["rules"] == []


def test_levels() -> None:
    severities = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
    made = report(*(finding(source(), severity=one) for one in severities))
    assert [one["level"] for one in run_of(made)["results"]] == ["error", "warning", "note"]


def test_columns_are_code_points() -> None:
    found = Source("a", "é😀: nginx\n".encode("utf-8-sig"))
    [result] = run_of(report(finding(found), found=found))["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1, "startColumn": 5, "endLine": 1, "endColumn": 10}


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b.yaml", "a%20b.yaml"),
        ("ä/#1?.yaml", "%C3%A4/%231%3F.yaml"),
        ("c:/d.yaml", "c%3A/d.yaml"),
        ("100%.yaml", "100%25.yaml"),
        ("\u202e\n.yaml", "%E2%80%AE%0A.yaml"),
        ("<stdin>", "%3Cstdin%3E"),
        ("/r/x.yaml", "x.yaml"),
        ("/elsewhere/x.yaml", "file:///elsewhere/x.yaml"),
    ],
)
def test_paths_are_uris(path: str, uri: str) -> None:
    found = source(path=path)
    look = Look(folder="/r", repository="/r")
    [result] = run_of(report(finding(found), found=found), look)["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == uri
    assert unquote(uri).removeprefix("file://") in (path, path.removeprefix("/r/"))
    assert ("uriBaseId" in place) is not uri.startswith("file:")


def test_what_is_excused_is_suppressed() -> None:
    found = source()
    excused = (
        Suppressed(finding(found), "comment", "for now"),
        Suppressed(finding(found), "imagelint.yaml", "legacy"),
    )
    made = Report((FileResult(found, 1, 0, (finding(found),), (), excused),))
    results = run_of(made)["results"]
    assert [one.get("suppressions") for one in results] == [
        None,
        [{"kind": "inSource", "justification": "for now"}],
        [{"kind": "external", "justification": "legacy"}],
    ]
    prints = [one["partialFingerprints"]["imagelint/v1"] for one in results]
    assert len(set(prints)) == 3


def test_errors_are_notifications() -> None:
    [invocation] = run_of(report(errors=("a.yaml: gone",)))["invocations"]
    assert invocation["executionSuccessful"] is False
    [notification] = invocation["toolExecutionNotifications"]
    assert notification == {"level": "error", "message": {"text": "a.yaml: gone."}}


def test_no_message_holds_a_link() -> None:
    text = "see [this](https://evil.example) and [that](0)"
    [result] = run_of(report(finding(source(), message=text)))["results"]
    assert "](" not in result["message"]["text"]


# --- the validator ---------------------------------------------------------------------

EXPLAINED = {
    "SARIF2005": "informationUri: the project has no public home yet",
}


def multitool() -> str:
    """Find Microsoft's validator."""
    ours = TOOLS / "node_modules/.bin/sarif-multitool"
    return str(ours) if ours.exists() else path_of("sarif-multitool")


def validate(*logs: Path) -> dict[str, list[str]]:
    """Return what the validator says: level → ids of its rules, once for each finding."""
    out = logs[0].with_suffix(".validated")
    # npm's wrapper hands the arguments to a shell, where ; needs quotes.
    arguments = [*(f'"{log}"' for log in logs), "--rule-kind", '"Sarif;Ghas"']
    done = subprocess.run(
        [multitool(), "validate", *arguments, "--output", f'"{out}"'],
        capture_output=True,
        text=True,
        check=False,
    )
    assert out.exists(), done.stdout + done.stderr
    said: dict[str, list[str]] = {"error": [], "warning": []}
    [run] = json.loads(out.read_text(encoding="utf-8-sig"))["runs"]
    for result in run.get("results", ()):
        said.setdefault(result.get("level", "warning"), []).append(result["ruleId"])
    return said


def assert_valid(*logs: Path) -> None:
    said = validate(*logs)
    assert said["error"] == []
    # All of them, or the validator gave up on a value that it does not know, without a word.
    assert sorted(said["warning"]) == sorted([*EXPLAINED] * len(logs))


def everything() -> Report:
    """A report with whatever can be in one."""
    odd = Source("odd ä#.yaml", "é: [nginx,\n  nginx2]\n".encode())
    whole = finding(odd, "nginx", span=Span(0, 0), object=None, field=None, image=None, fix=None)
    edits = (Edit(at(odd, "nginx2"), "h.io/nginx2"),)
    results = (
        FileResult(
            source(),
            1,
            0,
            tuple(finding(source(), rule=rule.id, severity=Severity.NOTE) for rule in RULES),
            (),
            (Suppressed(finding(source()), "comment", "for now"),),
        ),
        FileResult(odd, 1, 0, (whole, finding(odd, "nginx2", fix=Fix("h.io/nginx2", edits))), ()),
        FileResult(source(path="/abs/x.yaml"), 1, 0, (finding(source(path="/abs/x.yaml")),), ()),
    )
    return Report(results, errors=("b.yaml: gone",), rules=RULES)


@pytest.mark.parametrize("made", [everything(), Report((), rules=RULES)], ids=["full", "empty"])
def test_microsofts_validator_finds_nothing(made: Report, tmp_path: Path) -> None:
    log = tmp_path / "log.sarif"
    log.write_text(renderer(FORMATS, "sarif")(made), encoding="utf-8")
    assert_valid(log)


@pytest.mark.slow
def test_the_golden_files_are_valid(tmp_path: Path) -> None:
    logs = []
    for case in sorted(ROOT.glob("fixtures/*/check.sarif")):
        logs.append(tmp_path / f"{case.parent.name}.sarif")
        shutil.copyfile(case, logs[-1])
    assert len(logs) >= 8
    assert_valid(*logs)


def test_the_validator_looks(tmp_path: Path) -> None:
    log = tmp_path / "log.sarif"
    value = json.loads(renderer(FORMATS, "sarif")(everything()))
    result = value["runs"][0]["results"][0]
    del result["message"]
    result["nonsense"] = 99
    log.write_text(json.dumps(value), encoding="utf-8")
    assert {"JSON1002", "JSON1005"} <= set(validate(log)["error"])
