from __future__ import annotations

import difflib
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelint.formats import Look
from imagelint.formats.unified import diff
from imagelint.model.source import Source

if TYPE_CHECKING:
    from tests.support.project import Project


ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
INVISIBLE = "a\x1b[31mb\u202ec\u200bd\ne\x07"
SCREEN = Look(color=False, width=80, terminal=True)


def source(text: str = "kind: Pod\n  image: nginx\n", path: str = "k/a.yaml") -> Source:
    return Source(path, text.encode())


def test_a_diff() -> None:
    lines = [f"line {number}\n" for number in range(1, 21)]
    before = source("".join(lines))
    lines[1] = "changed\n"
    lines[2] = "too\n"
    lines[18] = "here\n"
    assert diff(before, "".join(lines).encode()) == (
        "--- a/k/a.yaml\n"
        "+++ b/k/a.yaml\n"
        "@@ -1,6 +1,6 @@\n"
        " line 1\n"
        "-line 2\n"
        "-line 3\n"
        "+changed\n"
        "+too\n"
        " line 4\n"
        " line 5\n"
        " line 6\n"
        "@@ -16,5 +16,5 @@\n"
        " line 16\n"
        " line 17\n"
        " line 18\n"
        "-line 19\n"
        "+here\n"
        " line 20\n"
    )


def test_equal_bytes_make_no_diff() -> None:
    assert diff(source(), source().data) == ""


NASTY = [
    (b"a\nb", b"a\nc"),
    (b"a", b"b"),
    (b"a\r\nb\r\n", b"a\r\nc\r\n"),
    (b"a\rb\rc", b"a\rx\rc"),
    (b"a\nb\nc\n", b"a\nnew\nlines\nc\n"),
    (b"a\nb\nc\n", b"a\nc\n"),
    (b"\xff\n\xe9\n", b"\xff\nx\xe9\n"),
    ("a\nb\n".encode("utf-16"), "a\nxb\n".encode("utf-16")),
    (b"\xef\xbb\xbfa\n", b"\xef\xbb\xbfb\n"),
    ("a\u2028\x0c\x85b\n".encode(), "a\u2028\x0c\x85c\n".encode()),
    (b"".join(b"%d\n" % n for n in range(50)), b"".join(b"%d\n" % (n - n % 7) for n in range(50))),
    (b"".join(b"%d\n" % n for n in range(50)), b"".join(b"%d\n" % n for n in range(1, 50, 2))),
]


@pytest.mark.parametrize(("before", "after"), NASTY)
@pytest.mark.parametrize("name", ["a.yaml", "a b.yaml", 'ä"\\\t.yaml', "k/\u202e.yaml"])
def test_git_applies_the_diff(project: Project, before: bytes, after: bytes, name: str) -> None:
    project.write(name, before)
    patch = diff(Source(name, before), after).encode("utf-8", "surrogateescape")
    command = ["git", "apply", "--whitespace=nowarn", "-"]
    (project.root / ".git").rmdir()
    done = subprocess.run(command, input=patch, capture_output=True, check=False)
    assert done.stderr == b""
    assert (project.root / name).read_bytes() == after


def as_difflib(before: list[str], after: list[str]) -> str:
    """Return what difflib makes of lines; it leaves out that the last one has no end."""
    lines = difflib.unified_diff(before, after, "a/k/a.yaml", "b/k/a.yaml")
    ended = (
        f"{line}\n\\ No newline at end of file\n" if line[-1] != "\n" else line for line in lines
    )
    return "".join(ended)


LINES = st.lists(st.sampled_from(["a\n", "b\n", "\n", "- x\n", "日\r\n"]), max_size=40)


@given(LINES, LINES, st.sampled_from(["", "end"]), st.sampled_from(["", "end"]))
def test_it_is_the_diff_of_difflib(
    before: list[str], after: list[str], end: str, other_end: str
) -> None:
    """Where lines come or go. A line that is nowhere else keeps both from being of one length."""
    before, after = [*before, *filter(None, [end])], [*after, *filter(None, [other_end])]
    if len(before) == len(after):
        after.insert(0, "new\n")
    made = diff(source("".join(before)), "".join(after).encode())
    assert made == as_difflib(before, after)


@given(LINES, st.data())
def test_lines_that_are_edited_where_they_stand_are_the_diff_of_difflib(
    lines: list[str], data: st.DataObject
) -> None:
    """It could find no other way: no line is like another one."""
    before = [f"{number} {line}" for number, line in enumerate(lines)]
    chosen = data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))
    after = [f"new {line}" if new else line for new, line in zip(chosen, before, strict=True)]
    assert diff(source("".join(before)), "".join(after).encode()) == as_difflib(before, after)


def test_many_edits_in_a_long_file_are_not_compared_with_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """difflib needs time quadratic in their number; who asks it fails here."""
    monkeypatch.setattr(difflib.SequenceMatcher, "get_opcodes", None)
    before = "- image: nginx\n  name: web\n" * 20_000
    made = diff(source(before), before.replace("nginx", "h.io/nginx").encode())
    assert made.count("\n+- image: h.io/nginx") == 20_000


def test_on_a_terminal_a_diff_cannot_do_harm() -> None:
    before = source(f"{INVISIBLE}\n\tx\r\n")
    made = diff(before, before.data.replace(b"x", b"y"), SCREEN)
    assert all(char.isprintable() or char == "\t" for char in made.replace("\n", ""))
    assert "-\tx\n+\ty\n" in made
    painted = diff(before, before.data.replace(b"x", b"y"), SCREEN._replace(color=True))
    assert "\x1b[31m-\tx\x1b[0m\n" in painted
    assert ESCAPE.sub("", painted) == made
