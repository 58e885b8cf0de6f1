"""Laws of the formats: whatever stands in a manifest, the output is what its reader expects."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

from hypothesis import example, given
from hypothesis import strategies as st

from imagelint.formats import FORMATS, PLAIN, Look, renderer
from imagelint.formats.markdown import within
from imagelint.model.finding import Finding, Fix, KubeObject, Severity
from imagelint.model.report import FileResult, Report
from imagelint.model.source import Edit, Source, Span

_TELLING = (
    *("::error::x", "##[error]x", "\r", "\n", "\x1b[31m", "\u202e", "\u2066", "\ud800", "\uffff"),
    *("%0A", ",", ":", "|", "`", "``", "\\", "\\|", "<b>", "]]>", "&amp;", "](", "@me", "#1"),
    *("https://x.example", "\x00", "\x85", "\u2028", "\ufeff", "😀", "{0}", "/", "..", " "),
)
texts = st.lists(st.one_of(st.text(max_size=8), st.sampled_from(_TELLING)), max_size=6).map("".join)
paths = texts.filter(lambda text: not re.search("[\ud800-\udfff]", text))  # as displayed() has it
maybe = st.none() | texts
objects = st.none() | st.builds(KubeObject, texts, texts, maybe, maybe)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Reports of any content; what is in the files is as odd as what is said of them."""
    results = []
    for _ in range(draw(st.integers(0, 2))):
        source = Source(draw(paths), draw(st.binary(max_size=40)))
        places = st.integers(0, len(source.data))
        findings = []
        for _ in range(draw(st.integers(0, 4))):
            start, end = sorted((draw(places), draw(places)))
            span = Span(start, end)
            findings.append(
                Finding(
                    rule="some-rule",
                    severity=draw(st.sampled_from(list(Severity)[:3])),
                    message=draw(texts),
                    path=source.path,
                    span=span,
                    environment=draw(maybe),
                    object=draw(objects),
                    field=draw(maybe),
                    container=draw(maybe),
                    image=draw(maybe),
                    fix=draw(st.none() | texts.map(lambda text: Fix(text, (Edit(span, text),)))),  # noqa: B023
                    unfixable=draw(maybe),
                )
            )
        results.append(FileResult(source, 1, 0, tuple(findings), ()))
    return Report(tuple(results), errors=tuple(draw(st.lists(texts, max_size=2))))


def rendered(name: str, report: Report, look: Look = PLAIN) -> str:
    return renderer(FORMATS, name)(report, look)


def count(report: Report) -> int:
    return sum(len(result.findings) for result in report.results)


@given(reports())
def test_every_line_for_github_is_a_command_of_ours(report: Report) -> None:
    *lines, verdict, end = rendered("github", report).split("\n")
    assert end == ""
    assert len(lines) == count(report) + len(report.errors)
    for line in lines:
        match = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        assert match is not None
        names = [pair.partition("=")[0] for pair in match[2].split(",")]
        assert set(names) <= {"file", "line", "endLine", "col", "endColumn", "title"}
        assert len(set(names)) == len(names)
    assert "##[" not in verdict
    assert not verdict.startswith("::")


@given(reports())
def test_json_formats_are_json_with_every_finding(report: Report) -> None:
    entries = json.loads(rendered("gitlab", report))
    assert len(entries) == count(report)
    paths = [(entry["location"]["path"], entry["fingerprint"]) for entry in entries]
    if len({result.path for result in report.results}) == len(report.results):
        assert len(set(paths)) == len(paths)
    [run] = json.loads(rendered("sarif", report))["runs"]
    assert len(run["results"]) == count(report)
    for result in run["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9_.~%/:-]*", uri)
        assert "](" not in result["message"]["text"]


@given(reports())
def test_junit_is_xml(report: Report) -> None:
    text = rendered("junit", report)
    assert text.isascii()
    root = ET.fromstring(text)  # noqa: S314 - our own
    assert len(list(root.iter("failure"))) == count(report) == int(root.attrib["failures"])
    assert len(list(root.iter("error"))) == len(report.errors)


@given(reports())
@example(Report((), errors=("@_",)))  # whose mark is escaped before
def test_markdown_is_one_table(report: Report) -> None:
    from markdown_it import MarkdownIt  # noqa: PLC0415

    text = rendered("markdown", report)
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    assert html.count("<td>") == 4 * count(report)
    outside = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
    tags = set(re.findall(r"<(\w+)", outside))
    structure = {"h2", "p", "table", "thead", "tbody", "tr", "th", "td", "br", "span", "ul", "li"}
    assert tags <= structure
    assert "://" not in outside
    assert not re.search(r"@\w", outside)


@given(reports(), st.integers(0, 2000))
def test_a_summary_keeps_within_its_room(report: Report, room: int) -> None:
    assert len(within(report, PLAIN, room).encode()) <= room


@given(reports(), st.sampled_from([*FORMATS]))
def test_nothing_invisible_gets_out(report: Report, name: str) -> None:
    text = rendered(name, report, Look(color=True, links="file://h", folder="/w", rules="/r"))
    visible = re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[!-~]*\x1b\\", "", text)
    assert all(char.isprintable() for char in visible.replace("\n", ""))
