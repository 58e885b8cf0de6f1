from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

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


def test_on_a_terminal_a_diff_cannot_do_harm() -> None:
    before = source(f"{INVISIBLE}\n\tx\r\n")
    made = diff(before, before.data.replace(b"x", b"y"), SCREEN)
    assert all(char.isprintable() or char == "\t" for char in made.replace("\n", ""))
    assert "-\tx\n+\ty\n" in made
    painted = diff(before, before.data.replace(b"x", b"y"), SCREEN._replace(color=True))
    assert "\x1b[31m-\tx\x1b[0m\n" in painted
    assert ESCAPE.sub("", painted) == made
