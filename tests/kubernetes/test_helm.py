from __future__ import annotations

import codecs
import json

import pytest

from imagelint.kubernetes.helm import is_cut_off, template_of
from imagelint.model.source import Source
from tests.support.project import BAD, CLEAN, ERROR, FINDINGS, GOOD, Project, rules_in

HEAD = "---\n# Source: shop/templates/web.yaml\n"


@pytest.mark.parametrize(
    ("comment", "template"),
    [
        ("# Source: shop/templates/web.yaml", "shop/templates/web.yaml"),
        ("# Source: shop/templates/tests/a/b.yaml", "shop/templates/tests/a/b.yaml"),
        ("# Source: shop/crds/widgets.yaml", "shop/crds/widgets.yaml"),
        (
            "# Source: a/charts/b/charts/c/templates/x.yaml",
            "a/charts/b/charts/c/templates/x.yaml",
        ),
        ("# Source: shop/templates/a b.yaml  ", "shop/templates/a b.yaml"),
        ("# Source: shop\\crds\\widgets.yaml", "shop\\crds\\widgets.yaml"),  # from Windows
        ("# Source: shop/templates/web.yaml\r", "shop/templates/web.yaml"),
        ("# Source: https://example.com/shop/templates/web.yaml", None),
        ("# Source: shop/values.yaml", None),
        ("# Source: templates/web.yaml", None),
        ("# Source: a shop/templates/web.yaml", None),
        ("# Source: shop/templates/", None),
        ("# source: shop/templates/web.yaml", None),
        ("#Source: shop/templates/web.yaml", None),
        (" # Source: shop/templates/web.yaml", None),
        ("kind: Pod # Source: shop/templates/web.yaml", None),
        ("", None),
    ],
)
@pytest.mark.parametrize(
    "before", ["", "---\n", "--- # why\r\n", "# first\n\n \t# second\n", "\ufeff"]
)
def test_the_leading_comment_names_the_template(
    before: str, comment: str, template: str | None
) -> None:
    assert template_of(f"{before}{comment}\nkind: Pod\n") == template


def test_the_first_comment_decides() -> None:
    # Helm's own comes first; what follows is the template's, which is anybody's.
    assert template_of(f"{HEAD}# Source: a/templates/fake\n") == "shop/templates/web.yaml"
    assert template_of("# Source: elsewhere\n# Source: a/templates/fake\n") is None
    assert template_of("kind: Pod\n# Source: a/templates/fake\n") is None


def test_a_hostile_name_is_harmless() -> None:
    template = template_of("# Source: a/templates/\x1b[31m\u202e\u200b\x07.yaml\n")
    assert template == r"a/templates/\x1b[31m\u202e\u200b\x07.yaml"
    template = template_of(f"# Source: a/templates/{'x' * 5000}\n")
    assert template is not None
    assert len(template) == 301


@pytest.mark.parametrize(
    "piece", ["# ", "#\n", " \n", "---\n", "/charts/a", "# Source: ", "\r\n", " "]
)
def test_the_time_is_linear(piece: str) -> None:
    text = f"# Source: a{piece * 100_000}"
    template_of(text)
    is_cut_off(Source("a", text.encode()))
    template_of(piece * 100_000 + "# Source: ")


@pytest.mark.parametrize(
    ("text", "is_cut"),
    [
        (f"{HEAD}kind: Po", True),
        (f"{HEAD}kind: Pod\n{HEAD}kin", True),
        (f"kind: Pod\n{HEAD}kin", True),
        ("---\r\n# Source: a/templates/b\r\nkind: Po", True),
        ("# Source: a/templates/b\nkind: Po", True),
        ("---\n# Source: a/templates/b", True),
        (f"{HEAD}kind: Pod\n", False),
        (f"{HEAD}kind: Pod\r\n", False),
        ("kind: Pod", False),
        ("---\n# Source: https://example.com/a/templates/b\nkind: Pod", False),
        ("data: |\n  ---\n  # Source: a/templates/b", False),
        ("kind: Pod\n# Source: a/templates/b", False),
        ('{"kind": "Pod"}', False),
        ("", False),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"])
def test_what_is_cut_off(text: str, encoding: str, *, is_cut: bool) -> None:
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(encoding, b"")
    assert is_cut_off(Source("a", mark + text.encode(encoding))) is is_cut


@pytest.mark.parametrize("command", ["check", "images", "fix"])
def test_a_stream_that_was_cut_off_is_no_clean_run(work: Project, command: str) -> None:
    done = work.run(command, "-", stdin=(HEAD + GOOD)[:-1])
    assert done.exit_code == ERROR
    assert "error: <stdin>: Helm output that ends in mid-line: was the command" in done.stderr
    assert work.run(command, "-", stdin=HEAD + GOOD).exit_code == CLEAN


def test_what_is_there_of_it_is_linted(work: Project) -> None:
    done = work.run("check", "-", "--format", "json", stdin=f"{HEAD}{BAD}{HEAD}kind: Po")
    assert done.exit_code == ERROR
    assert rules_in(done.stdout) == ["unapproved-registry"]
    fixed = work.run("fix", "-", stdin=f"{HEAD}{BAD}{HEAD}kind: Po")
    assert fixed.exit_code == ERROR
    assert fixed.stdout == f"{HEAD}{GOOD}{HEAD}kind: Po"


@pytest.mark.parametrize("text", [BAD[:-1], "---\n" + BAD[:-1], "# Source: shop\n" + BAD[:-1]])
def test_a_manifest_may_end_without_a_line_feed(work: Project, text: str) -> None:
    assert work.run("check", "-", stdin=text).exit_code == FINDINGS
    assert work.run("check", "-", stdin=text.replace("nginx", "h.io/hub/nginx")).exit_code == CLEAN


def test_a_file_may_end_without_a_line_feed(work: Project) -> None:
    work.write("saved.yaml", (HEAD + GOOD)[:-1])  # an editor's doing
    assert work.run("check").exit_code == CLEAN


def test_every_format_names_the_template(work: Project) -> None:
    work.write("a.yaml", HEAD + BAD)
    work.write("b.yaml", BAD)
    named = "shop/templates/web.yaml"
    report = json.loads(work.run("check", "--format", "json").stdout)
    assert [finding["template"] for finding in report["findings"]] == [named, None]
    inventory = json.loads(work.run("images", "--format", "json").stdout)
    assert [image["template"] for image in inventory["images"]] == [named, None]
    assert work.run("check").stdout.count(f"\n   = from {named}\n") == 1
    assert work.run("images").stdout.count(f"Pod/web (from {named})\n") == 1


@pytest.mark.parametrize(
    ("annotation", "template"),
    [
        ("'shop/templates/web.yaml'", "shop/templates/web.yaml"),
        ('"shop/charts/a/templates/\\e\\u202e"', r"shop/charts/a/templates/\x1b\u202e"),
        ("https://example.com/shop/templates/web.yaml", None),
        ("5", None),
        ("[shop/templates/web.yaml]", None),
    ],
)
def test_an_annotation_of_helm_4_names_it_as_well(
    work: Project, annotation: str, template: str | None
) -> None:
    # helm, pkg/action/action.go, annotateAndMerge
    noted = f"  annotations: {{postrenderer.helm.sh/postrender-filename: {annotation}}}\n"
    text = BAD.replace("  name: web\n", f"  name: web\n{noted}")
    [finding, *_] = json.loads(work.run("check", "-", "--format", "json", stdin=text).stdout)[
        "findings"
    ]
    assert finding["template"] == template
    text = f"{HEAD}{text}"
    [finding, *_] = json.loads(work.run("check", "-", "--format", "json", stdin=text).stdout)[
        "findings"
    ]
    assert finding["template"] == "shop/templates/web.yaml"


def test_a_document_that_does_not_parse_names_it_too(work: Project) -> None:
    broken = HEAD + BAD.replace("metadata:", "metadata: [")
    report = json.loads(work.run("check", "-", "--format", "json", stdin=broken).stdout)
    assert {finding["rule"] for finding in report["findings"]} == {
        "unparsable-document",
        "unapproved-registry",
    }
    assert {finding["template"] for finding in report["findings"]} == {"shop/templates/web.yaml"}
