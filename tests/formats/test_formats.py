from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest

from imagelint.formats import FORMATS, INVENTORIES, Look, renderer
from imagelint.formats.text import of_file
from imagelint.model.finding import Fix, KubeObject, Severity, Skipped
from imagelint.model.report import FileResult, PolicyStamp, Report, Suppressed, told
from imagelint.model.source import Edit, Source, Span, apply_edits
from tests.support.reports import FIELD, INVISIBLE, STAMP, finding, record, report, source

SCREEN = Look(color=False, width=80, terminal=True)
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def text(made: Report, look: Look = Look()) -> str:  # noqa: B008 - immutable
    return renderer(FORMATS, "text")(made, look)


def as_json(made: Report, modules: dict[str, str] = FORMATS) -> Any:
    return json.loads(renderer(modules, "json")(made))


# --- text ------------------------------------------------------------------------------


def test_a_finding_as_text() -> None:
    assert text(report(finding(source()))) == (
        "k/a.yaml:2:10: error unapproved-registry: registry docker.io is not approved in prod\n"
        "2 |   image: nginx\n"
        "  |          ^^^^^\n"
        "  = in Deployment/web spec.template.spec.containers[0].image (prod)\n"
        "  = fix writes h.io/nginx\n"
        "\n"
        "Found 1 error in 1 image in 1 file; 1 can be fixed by `imagelint fix`.\n"
    )


def test_why_there_is_no_fix() -> None:
    made = text(report(finding(source(), fix=None, unfixable="its anchor has other uses")))
    assert "  = no fix: its anchor has other uses\n" in made
    assert "can be repaired" not in made


def test_nothing_found() -> None:
    assert text(report()) == "No findings in 1 image in 1 file.\n"
    assert text(Report(())) == "No findings in 0 images in 0 files.\n"


def test_the_summary_counts_what_was_left_out_and_why() -> None:
    found = source()
    skipped = (Skipped("x", "ignored by git"), Skipped("y", "ignored by git"), Skipped("z", "z"))
    excused = (Suppressed(finding(found), "policy", "legacy"),)
    result = FileResult(found, 1, 0, (), (record(found),), excused)
    made = Report((result,), skipped, ("b.yaml: gone",), fixed=("k/a.yaml",))
    assert text(made) == (
        "Not everything could be linted, only 1 image in 1 file.\n"
        "Rewrote 1 file: k/a.yaml.\n"
        "Suppressed 1: 1 by policy.\n"
        "Skipped 3: 2 ignored by git, 1 z.\n"
        "1 file could not be read or written.\n"
    )


def test_a_finding_about_a_whole_file() -> None:
    whole = finding(
        source(), span=Span(0, 0), object=None, field=None, image=None, fix=None, environment=None
    )
    assert text(report(whole)).split("\n\n")[0] == (
        "k/a.yaml:1:1: error unapproved-registry: registry docker.io is not approved in prod\n"
        "1 | kind: Pod\n"
        "  | ^"
    )


def test_what_is_invisible_is_escaped_everywhere() -> None:
    found = source(f"x: {INVISIBLE}\n", f"k/{INVISIBLE}.yaml")
    bad = finding(
        found,
        "b",
        message=INVISIBLE,
        object=KubeObject(INVISIBLE, INVISIBLE, INVISIBLE, INVISIBLE),
        field=INVISIBLE,
        fix=Fix(INVISIBLE, ()),
        unfixable=INVISIBLE,
    )
    skipped = (Skipped(INVISIBLE, INVISIBLE),)
    made = report(bad, found=found, skipped=skipped, fixed=(INVISIBLE,))
    for look in (Look(), SCREEN):
        rendered = text(made, look)
        assert all(char.isprintable() for char in rendered.replace("\n", ""))
        assert r"\x1b[31mb\u202ec\u200bd\ne\x07" in rendered
    as_json(made)


def test_values_are_cut_at_200_characters() -> None:
    long = "a" * 5000
    made = text(report(finding(source(), fix=Fix(long, ()))))
    assert f"fix writes {'a' * 200}…\n" in made


def test_colours_are_only_added() -> None:
    made = report(finding(source()), finding(source(), severity=Severity.NOTE))
    plain, painted = text(made), text(made, Look(color=True))
    assert "\x1b" not in plain
    assert "\x1b[1;31merror\x1b[0m" in painted
    assert ESCAPE.sub("", painted) == plain


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_terminal_is_not_made_to_break_words(width: int) -> None:
    found = source("kind: Pod\n" + " " * 30 + "image: nginx # " + "comment " * 30)
    made = report(
        finding(found, message="one two three " * 20, fix=None, unfixable="four five " * 20),
        found=found,
    )
    rendered = text(made, Look(width=width, terminal=True))
    finding_lines = rendered.split("\n\n")[0].splitlines()
    long = ("spec.template", "unapproved-registry")  # what is in one piece stays so
    assert all(len(line) <= width for line in finding_lines if not any(x in line for x in long))
    assert any("nginx" in line for line in finding_lines)
    assert " ".join(rendered.split()).count("one two three") == 20
    assert len(text(made).splitlines()[0]) > 200


# --- JSON ------------------------------------------------------------------------------


def test_the_json_contract() -> None:
    found = source()
    excused = (Suppressed(finding(found), "imagelint.yaml", "legacy"),)
    warning = finding(found, severity=Severity.WARNING, fix=None)
    result = FileResult(found, 2, 1, (finding(found), warning), (record(found),), excused)
    made = Report((result,), (Skipped("b.yaml", "ignored by git"),), policy=STAMP)
    base = {
        "rule": "unapproved-registry",
        "severity": "error",
        "message": "registry docker.io is not approved in prod",
        "path": "k/a.yaml",
        "line": 2,
        "column": 10,
        "endLine": 2,
        "endColumn": 15,
        "template": None,
        "environment": "prod",
        "object": {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "name": "web",
            "namespace": "shop",
        },
        "field": FIELD,
        "container": "main",
        "image": "nginx",
        "fix": {"image": "h.io/nginx", "edits": [{"start": 19, "end": 19, "text": "h.io/"}]},
    }
    assert as_json(made) == {
        "version": 1,
        "tool": {"name": "imagelint", "version": "0.1.0"},
        "policy": {
            "path": "imagelint.yaml",
            "sha256": "09bfcc6a14b83e2192b8673677725c84883ee9cd0c70e45c9ec09daa8f2b2847",
        },
        "summary": {
            "files": 1,
            "documents": 2,
            "images": 1,
            "errors": 1,
            "warnings": 1,
            "notes": 0,
            "fixable": 1,
            "skipped": 1,
            "suppressed": 1,
        },
        "findings": [base, {**base, "severity": "warning", "fix": None}],
        "skipped": [{"path": "b.yaml", "reason": "ignored by git"}],
        "suppressed": [
            {
                "rule": "unapproved-registry",
                "path": "k/a.yaml",
                "line": 2,
                "by": "imagelint.yaml",
                "reason": "legacy",
                "until": None,
                "place": None,
                "severity": "error",
                "environment": "prod",
                "object": base["object"],
                "container": base["container"],
                "image": "nginx",
            }
        ],
    }


def test_edits_in_json_are_offsets_into_the_file() -> None:
    found = Source("a", "é: nginx\n".encode("utf-8-sig"))
    [one] = as_json(report(finding(found), found=found))["findings"]
    [edit] = one["fix"]["edits"]
    made = apply_edits(found, [Edit(Span(edit["start"], edit["end"]), edit["text"])])
    assert made.decode("utf-8-sig") == "é: h.io/nginx\n"


def test_several_policies_are_no_policy() -> None:
    assert as_json(report(policy=None))["policy"] is None
    assert as_json(report(policy=PolicyStamp(None, b"")))["policy"]["path"] is None


def test_json_is_ascii() -> None:
    rendered = renderer(FORMATS, "json")(report(finding(source(), message="日本\u202e")))
    assert rendered.isascii()
    assert rendered.endswith("}\n")


def test_the_json_inventory() -> None:
    [one] = as_json(report(), INVENTORIES)["images"]
    assert one == {
        "path": "k/a.yaml",
        "line": 2,
        "column": 10,
        "endLine": 2,
        "endColumn": 15,
        "template": None,
        "object": {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "name": "web",
            "namespace": "shop",
        },
        "field": FIELD,
        "container": "main",
        "image": "nginx",
        "registry": "docker.io",
        "repository": "library/nginx",
        "tag": None,
        "digest": None,
        "environment": "prod",
        "allowed": False,
        "rewrite": "h.io/nginx",
    }


@pytest.mark.parametrize(
    ("image", "expected"),
    [(None, None), (1.5, 1.5), (True, True), ("", ""), (math.inf, "inf"), (math.nan, "nan")],
)
def test_the_inventory_holds_what_is_no_string(image: Any, expected: object) -> None:
    found = source()
    one = record(found, image=image, reference=None, environments=(), allowed=None, rewrite=None)
    made = Report((FileResult(found, 1, 0, (), (one,)),))
    [value] = as_json(made, INVENTORIES)["images"]
    assert value["image"] == expected
    assert value["registry"] is value["allowed"] is value["environment"] is None
    assert "unknown" in renderer(INVENTORIES, "text")(made)


def test_the_inventory_as_text() -> None:
    found = source()
    images = (record(found), record(found, allowed=True, environments=("dev", "prod")))
    made = renderer(INVENTORIES, "text")(Report((FileResult(found, 1, 0, (), images),)))
    assert made == (
        "VERDICT  ENVIRONMENT  IMAGE  PLACE          OBJECT\n"
        "denied   prod         nginx  k/a.yaml:2:10  Deployment/web\n"
        "allowed  dev, prod    nginx  k/a.yaml:2:10  Deployment/web\n"
        "\n"
        "2 images in 1 file.\n"
    )


# --- concise ---------------------------------------------------------------------------


def test_a_finding_in_a_line() -> None:
    made = report(finding(source(), message="a\nb; use h.io/nginx"))
    line = "k/a.yaml:2:10: error unapproved-registry: a\\nb; use h.io/nginx\n"
    summary = "Found 1 error in 1 image in 1 file; 1 can be fixed by `imagelint fix`.\n"
    concise = renderer(FORMATS, "concise")
    assert concise(made) == line + summary
    assert concise(made, Look(brief=True)) == line
    assert not concise(report(), Look(brief=True))


# --- all of them -----------------------------------------------------------------------


@pytest.mark.parametrize("modules", [FORMATS, INVENTORIES])
def test_every_format_renders_an_empty_report(modules: dict[str, str]) -> None:
    for name in modules:
        assert renderer(modules, name)(Report(())).endswith("\n")


def test_findings_that_were_told_count_and_no_format_may_miss_them() -> None:
    found = source()
    worse = finding(found)
    milder = finding(found, severity=Severity.NOTE, fix=None)
    whole = report(worse, milder, found=found)
    (result,) = whole.results
    early = whole._replace(results=(told(result, of_file(result)),))
    assert text(early) == text(whole)
    assert (early.counts(), early.fixable) == (whole.counts(), whole.fixable)
    assert early.has_at_least(Severity.ERROR)
    for name in FORMATS:
        if name != "text":
            with pytest.raises(ValueError, match="were told already"):
                renderer(FORMATS, name)(early)
