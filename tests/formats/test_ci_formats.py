"""The formats that CI servers read: GitHub's annotations, GitLab's JSON, JUnit, Markdown."""

from __future__ import annotations

import json
import re
import tarfile
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from imagelint.formats import FORMATS, PLAIN, Look, renderer
from imagelint.formats.fingerprints import identities, line_hashes
from imagelint.formats.markdown import within
from imagelint.model.finding import Finding, Fix, KubeObject, Severity
from imagelint.model.report import FileResult, Report
from imagelint.model.source import Source, Span
from tests.support.needs import TOOLS, missing
from tests.support.project import ROOT
from tests.support.reports import INVISIBLE, finding, report, source

BELOW = Look(folder="/repo/sub", repository="/repo")
NASTY = (
    "\x1b]0;x\x07\u202e\u2066\u200b\ufeff\ud800\uffff\r\n::error::pwned\n##[error]pwned\n"
    "%0A::warning::pwned ]]> </failure> <script>alert(1)</script> & \"'` | \\| @someone #1"
    " **bold** [text](https://evil.example) www.evil.example {0}"
)


def rendered(name: str, made: Report, look: Look = PLAIN) -> str:
    return renderer(FORMATS, name)(made, look)


def many(**counts: int) -> Report:
    severities = [Severity(name) for name, count in counts.items() for _ in range(count)]
    return report(*(finding(source(), severity=one) for one in severities))


def nasty() -> Report:
    found = source(f"x: {NASTY[:5]}nginx\n", f"k/{NASTY}.yaml")
    bad = finding(
        found,
        message=NASTY,
        rule="some-rule",
        environment=NASTY,
        object=KubeObject(NASTY, NASTY, NASTY, NASTY),
        field=NASTY,
        container=NASTY,
        image=NASTY,
        fix=Fix(NASTY, ()),
    )
    other = finding(found, message=NASTY, fix=None, unfixable=NASTY)
    return report(bad, other, found=found, errors=(NASTY,))


# --- GitHub ----------------------------------------------------------------------------


def test_an_annotation() -> None:
    assert rendered("github", report(finding(source())), BELOW) == (
        "::error file=sub/k/a.yaml,line=2,endLine=2,col=10,endColumn=15,"
        "title=imagelint%3A unapproved-registry::registry docker.io is not approved in prod%0A"
        "in Deployment/web spec.template.spec.containers[0].image (prod)%0A"
        "fix writes h.io/nginx%0A"
        "sub/k/a.yaml:2:10\n"
        "Found 1 error in 1 image in 1 file; 1 can be fixed by `imagelint fix`.\n"
    )


def test_an_annotation_of_several_lines_has_no_columns() -> None:
    made = rendered("github", report(finding(source(), span=Span(0, 15))))
    assert made.startswith("::error file=k/a.yaml,line=1,endLine=2,title=")


def test_standard_input_has_no_file_to_annotate() -> None:
    found = source(path="<stdin>")
    made = rendered("github", report(finding(found), found=found), BELOW)
    assert made.startswith("::error title=imagelint%3A unapproved-registry::")


def test_properties_are_escaped_as_the_toolkit_does() -> None:
    found = source(path="a%:,b.yaml")
    made = rendered("github", report(finding(found, message="50%: a,b"), found=found))
    assert "file=a%25%3A%2Cb.yaml," in made
    assert "::50%25: a,b%0A" in made


def commands(made: str) -> list[str]:
    return re.findall(r"^::(\w+)", made, re.MULTILINE)


def test_the_worst_come_first() -> None:
    found = source()
    made = report(*(finding(found, severity=one) for one in (Severity.NOTE, Severity.ERROR)))
    assert commands(rendered("github", made)) == ["error", "notice"]


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ({"error": 10, "warning": 10, "note": 10}, 0),
        ({"error": 11}, 1),
        ({"error": 12, "warning": 13, "note": 1}, 5),
        ({"error": 11, "note": 9}, 1),
        ({"error": 11, "note": 10}, 2),  # one note makes room
        ({"note": 12}, 3),
    ],
)
def test_one_line_says_how_many_are_not_shown(counts: dict[str, int], hidden: int) -> None:
    made = rendered("github", many(**counts))
    names = commands(made)
    about = [line for line in made.splitlines() if "more finding" in line]
    assert len(names) == sum(counts.values()) + len(about)
    if not hidden:
        assert about == []
        return
    [line] = about
    assert f"::{hidden} more finding" in line
    # It is the first of the notices, so that GitHub shows it.
    assert made.splitlines().index(line) == names.index("notice")


@pytest.mark.parametrize(
    ("error", "head"),
    [
        ("k/a.yaml: Permission denied", "file=sub/k/a.yaml,title=imagelint"),
        ("b.yaml:3:7: no", "file=sub/b.yaml,line=3,col=7,title=imagelint"),
        ("a,b.yaml: no", "file=sub/a%2Cb.yaml,title=imagelint"),
        ("<stdin>: cut short", "title=imagelint"),
        ("no place at all", "title=imagelint"),
    ],
)
def test_an_error_is_an_annotation_at_its_place(error: str, head: str) -> None:
    made = rendered("github", report(errors=(error,)), BELOW)
    assert made.splitlines()[0] == f"::error {head}::{error}"


def test_errors_count_among_the_ten() -> None:
    made = rendered("github", many(error=10)._replace(errors=("a.yaml: no",)))
    assert commands(made) == ["error"] * 11 + ["notice"]
    assert "::1 more finding:" in made


def test_nothing_in_a_manifest_is_a_command() -> None:
    made = rendered("github", nasty())
    lines = made.split("\n")
    assert len(lines) == 5  # an error, two findings, the verdict, the end
    assert lines[0].startswith("::error title=imagelint::")
    assert all(line.startswith("::error file=") for line in lines[1:3])
    # The runner looks for ##[ only in lines that begin with no command.
    assert not any("##[" in line for line in lines[3:])
    assert all(line.isprintable() for line in lines)


# --- GitLab ----------------------------------------------------------------------------


def test_a_code_quality_entry() -> None:
    [entry] = json.loads(rendered("gitlab", report(finding(source())), BELOW))
    assert re.fullmatch("[0-9a-f]{32}", entry.pop("fingerprint"))
    assert entry == {
        "description": (
            "registry docker.io is not approved in prod; in Deployment/web"
            " spec.template.spec.containers[0].image (prod); fix writes h.io/nginx"
        ),
        "check_name": "unapproved-registry",
        "severity": "major",
        "location": {"path": "sub/k/a.yaml", "lines": {"begin": 2, "end": 2}},
    }


def test_severities_are_gitlabs() -> None:
    made = json.loads(rendered("gitlab", many(error=1, warning=1, note=1)))
    assert [entry["severity"] for entry in made] == ["major", "minor", "info"]


def test_fingerprints_are_unique_and_survive_moved_lines() -> None:
    def prints(text: str, *findings: Finding) -> list[str]:
        made = report(*findings, found=source(text))
        return [entry["fingerprint"] for entry in json.loads(rendered("gitlab", made))]

    text = "kind: Pod\n  image: nginx\n"
    moved = f"# a comment\n\n{text}"
    once = [finding(source(text)), finding(source(text)), finding(source(text), image="other")]
    again = [finding(source(moved)), finding(source(moved)), finding(source(moved), image="other")]
    assert prints(text, *once) == prints(moved, *again)
    assert len(set(prints(text, *once))) == 3


def test_what_an_identity_is_made_of() -> None:
    found = source()
    one = finding(found)
    same = finding(found, field="spec.template.spec.containers[3].image", message="x")
    assert len(set(identities([one])) | set(identities([same]))) == 1
    changes: list[dict[str, Any]] = [
        {"rule": "floating-tag"},
        {"path": "k/b.yaml"},
        {"object": KubeObject("apps/v1", "Deployment", "api", "shop")},
        {"field": "spec.template.spec.initContainers[0].image"},
        {"container": "sidecar"},
        {"image": "other"},
    ]
    others = {identities([finding(found, **change)])[0] for change in changes}
    assert len(others | set(identities([one]))) == len(changes) + 1


# --- GitHub's hash of a line -----------------------------------------------------------


def rolling_hashes(data: bytes) -> list[str]:
    """Hash every line the slow way: what stands before it and behind it must not matter."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    counts: dict[int, int] = {}
    hashes = []
    lines = text.split("\n")
    for number in range(len(lines)):
        rest = "\n".join(lines[number:]).replace(" ", "").replace("\t", "") + "\uffff"
        raw = rest.encode("utf-16-be")
        units = [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]
        value = 0
        for unit in [*units, *[0] * 100][:100]:
            value = (value * 37 + unit) & (2**64 - 1)
        counts[value] = counts.get(value, 0) + 1
        hashes.append(f"{value:x}:{counts[value]}")
    return hashes


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"a",
        b" a \t\r\n\r\r\n  b\n",
        b"the same line, again and again, long enough for the window\n" * 8,
        "\ufeffé 日本 😀😀\n😀\n".encode() * 30,
        b"\xff\xfe\xc3(\n\xe2\x82\n",
        b"x" * 250 + b"\n" + b"y" * 99 + b"\n",
    ],
)
def test_the_hash_of_a_line(data: bytes) -> None:
    found = Source("a", data)
    expected = rolling_hashes(data)
    numbers = range(1, len(expected) + 1)
    assert line_hashes(found, numbers) == dict(zip(numbers, expected, strict=True))
    for number, one in enumerate(expected, 1):
        assert line_hashes(found, [number]) == {number: one}
    assert line_hashes(found, []) == {}


def test_the_hash_of_a_line_survives_moved_lines() -> None:
    lines = [f"- line {number}: {'x' * number}" for number in range(30)]
    before, after = Source("a", "\n".join(lines).encode()), Source("a", "\n".join(lines).encode())
    after = Source("a", b"# new\n\n" + after.data)
    assert line_hashes(before, [5])[5] == line_hashes(after, [7])[7]


# --- JUnit -----------------------------------------------------------------------------


def test_a_junit_report() -> None:
    found, clean = source(), FileResult(source(path="k/b.yaml"), 1, 0, (), ())
    made = report(finding(found), finding(found, severity=Severity.NOTE), errors=("c: gone",))
    made = Report((*made.results, clean), errors=made.errors)
    root = ET.fromstring(rendered("junit", made, BELOW))  # noqa: S314 - our own
    assert root.attrib == {
        "name": "imagelint", "tests": "4", "failures": "2", "errors": "1", "time": "0",
    }  # fmt: skip
    assert [suite.attrib["name"] for suite in root] == [
        "sub/k/a.yaml", "sub/k/b.yaml", "imagelint",
    ]  # fmt: skip
    for suite in root:
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(suite.attrib["errors"]) == len(suite.findall("testcase/error"))
    case = root[0][0]
    assert case.attrib == {
        "name": "unapproved-registry at 2:10", "classname": "sub/k/a.yaml",
        "file": "sub/k/a.yaml", "line": "2", "time": "0",
    }  # fmt: skip
    failure = case[0]
    assert failure.attrib == {
        "message": "registry docker.io is not approved in prod", "type": "error",
    }  # fmt: skip
    assert failure.text is not None
    assert failure.text.strip().splitlines() == [
        "sub/k/a.yaml:2:10: error registry docker.io is not approved in prod",
        "in Deployment/web spec.template.spec.containers[0].image (prod)",
        "fix writes h.io/nginx",
    ]
    assert [child.tag for child in root[1][0]] == []


def schema() -> Any:
    """Read Jenkins' schema, which pytest holds its own reports against."""
    import xmlschema  # noqa: PLC0415 - slow

    archives = sorted(TOOLS.glob("pytest-*.tar.gz"))
    if not archives:
        missing("the source of pytest")
    with tarfile.open(archives[-1]) as archive:
        [name] = [name for name in archive.getnames() if name.endswith("/junit-10.xsd")]
        member = archive.extractfile(name)
        assert member is not None
        return xmlschema.XMLSchema(member.read().decode())


def test_junit_keeps_to_the_schema_of_jenkins() -> None:
    made = [rendered("junit", one) for one in (nasty(), many(error=2, note=1), Report(()))]
    made += [path.read_text(encoding="utf-8") for path in ROOT.glob("fixtures/*/check.junit.xml")]
    found = schema()
    for text in made:
        # Jenkins takes both anywhere but in its schema; GitLab and others show them.
        known = re.sub(r'(<testcase[^>]*?) file="[^"]*"( line="\d+")?', r"\1", text)
        assert [str(error.reason) for error in found.iter_errors(known)] == []


def test_junit_is_xml_whatever_stands_in_a_manifest() -> None:
    made = rendered("junit", nasty())
    assert made.isascii()
    root = ET.fromstring(made)  # noqa: S314 - our own
    [error] = root.iter("error")
    for text in (
        error.attrib["message"],
        *("".join(one.itertext()).replace("\n", "") for one in root.iter("failure")),
        *(one.attrib["message"] for one in root.iter("failure")),
    ):
        assert text.isprintable()
        assert "</failure> <script>alert(1)</script> & \"'`" in text


# --- Markdown --------------------------------------------------------------------------


def test_a_table() -> None:
    assert rendered("markdown", report(finding(source())), BELOW) == (
        "## imagelint\n"
        "\n"
        "Found 1 error in 1 image in 1 file; 1 can be fixed by `imagelint fix`.\n"
        "\n"
        "| Severity | Rule | Place | Finding |\n"
        "| --- | --- | --- | --- |\n"
        "| ❌ error | `unapproved-registry` | `sub/k/a.yaml:2:10` |"
        " registry docker.io is not approved in prod"
        "<br>in `Deployment/web spec.template.spec.containers[0].image` (prod)"
        "<br>fix writes `h.io/nginx` |\n"
    )
    assert rendered("markdown", report()) == "## imagelint\n\nNo findings in 1 image in 1 file.\n"


def test_markdown_shows_what_is_written_and_nothing_else() -> None:
    from markdown_it import MarkdownIt  # noqa: PLC0415

    made = rendered("markdown", nasty())
    assert all(line.isprintable() for line in made.split("\n"))
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(made)
    assert html.count("<td>") == 8
    tags = set(re.findall(r"</?(\w+)", re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)))
    structure = {"h2", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "ul", "li"}
    assert tags <= structure | {"br", "span"}
    outside = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
    for mention in ("@someone", "#1 ", "https://", "www.evil"):
        assert mention not in outside
    shown = re.sub(r"<[^>]+>", "", html)
    assert "@someone #1 **bold** [text](https://evil.example) www.evil.example {0}" in shown


@pytest.mark.parametrize("ticks", ["`", "``", "a`b``c", "`a", "\\|", "|"])
def test_code_in_a_table(ticks: str) -> None:
    from markdown_it import MarkdownIt  # noqa: PLC0415

    found = source()
    made = rendered("markdown", report(finding(found, fix=Fix(ticks, ()))))
    html = MarkdownIt("commonmark").enable("table").render(made)
    assert f"fix writes <code>{ticks}</code>" in html


def test_a_summary_keeps_within_its_room() -> None:
    made = many(note=50, warning=50, error=50)
    whole = rendered("markdown", made)
    assert len(within(made, PLAIN, 1 << 20)) == len(whole)
    for room in (5000, 10000, 20000):
        text = within(made, PLAIN, room)
        assert len(text.encode()) <= room
        kept = [line for line in text.splitlines() if "`unapproved-registry`" in line]
        assert 0 < len(kept) < 150
        assert kept[0].startswith("| ❌ error")
        assert f"{150 - len(kept)} more findings did not fit here" in text
    assert within(made, PLAIN, 50) == ""


# --- all of them -----------------------------------------------------------------------


def test_the_same_findings_in_each() -> None:
    made = many(error=12, warning=11, note=3)
    total = 26
    assert len(json.loads(rendered("json", made))["findings"]) == total
    assert len(json.loads(rendered("gitlab", made))) == total
    assert len(json.loads(rendered("sarif", made))["runs"][0]["results"]) == total
    assert rendered("github", made).count("title=imagelint%3A") == total
    assert rendered("junit", made).count("<failure") == total
    assert rendered("markdown", made).count("`unapproved-registry`") == total
    assert rendered("text", made).count(" unapproved-registry: ") == total


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_invisible_is_harmless(name: str) -> None:
    found = source(f"x: {INVISIBLE}\n", f"k/{INVISIBLE}.yaml")
    made = report(
        finding(found, "b", message=INVISIBLE, environment=INVISIBLE, fix=Fix(INVISIBLE, ())),
        found=found,
        errors=(INVISIBLE,),
    )
    text = rendered(name, made, Look(color=True, folder="/w", links="file://h", rules="/r"))
    visible = re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[!-~]*\x1b\\", "", text)
    assert all(char.isprintable() for char in visible.replace("\n", ""))
