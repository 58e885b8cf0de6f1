"""Whether two builds say the same of the same files: what no change for speed's sake may touch.

Both are run over a tree of real manifests, over broken ones made of these, and over streams of
broken ones: reports and inventories, what goes to stderr, exit codes and repaired files have to be
the same to the byte. With ``--without-texts`` the wording may differ: the findings and the
inventory are compared as JSON without their texts, and of stderr only whether there is any.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks.builds import Build, BuildError, installed, named
from benchmarks.generate import POLICY
from benchmarks.inputs import Inputs, corpus
from benchmarks.measure import environment
from benchmarks.mutants import found, joined, mutant
from benchmarks.words import Dice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["main"]

_ASKED: Final = (
    ("check", "--format", "text"),
    ("check", "--format", "json"),
    ("check", "--format", "sarif", "-j", "1"),
    ("images", "--format", "json"),
)
_AS_DATA: Final = (("check", "--format", "json"), ("images", "--format", "json"))
"""What is asked where texts may differ."""
_TEXTS: Final = frozenset({"message", "notes", "description", "reason", "rules"})
"""The fields of reports that are prose."""
_SHOWN: Final = 160


class Answer(NamedTuple):
    """What a command has said."""

    stdout: bytes
    stderr: bytes
    status: int


def main(argv: list[str] | None = None) -> int:
    """Compare the builds that the command line names; return 1 where they differ."""
    asked = _parser().parse_args(argv)
    try:
        [old] = named([asked.old])
        [new] = named([asked.new]) if asked.new else [installed()]
    except BuildError as error:
        sys.stderr.write(f"benchmarks/same: {error}\n")
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        tree = asked.tree or _tree(scratch)
        trees = [os.path.abspath(tree), *_broken(scratch, tree, asked.mutants, asked.seed)]
        policy = ("--policy", os.path.abspath(asked.policy))
        differences = 0
        for folder in trees:
            compare = _told if asked.texts else _told_as_data
            for lines in _differences(folder, scratch, policy, old, new, compare):
                differences += bool(lines)
                print("\n".join(lines or ["  the same"]), flush=True)
    print("The builds differ." if differences else "The builds say the same.")
    return 1 if differences else 0


def _tree(scratch: str) -> str:
    """Return the tree that is taken where none is named."""
    shared = corpus()
    return Inputs(scratch).get("mixed", 400).folder if shared is None else shared.folder


def _broken(scratch: str, tree: str, count: int, seed: int) -> Iterator[str]:
    """Make folders of broken manifests and of streams of them."""
    dice = Dice(f"mutants {seed}")
    manifests = found(tree)
    if not manifests or not count:
        return
    mutants = [mutant(dice, manifests) for _ in range(count)]
    for name, files in (("mutants", mutants), ("streams", list(joined(dice, mutants)))):
        folder = os.path.join(scratch, name)
        os.mkdir(folder)
        for number, data in enumerate(files):
            with open(os.path.join(folder, f"{number:05}.yaml"), "wb") as file:
                file.write(data)
        yield folder


def _differences(  # noqa: PLR0913, PLR0917 - two builds, asked and compared
    folder: str,
    scratch: str,
    policy: Sequence[str],
    old: Build,
    new: Build,
    compare: Callable[[Answer, Answer], list[str]],
) -> Iterator[list[str]]:
    """Yield for each question how the answers differ, in lines; none where they do not."""
    for arguments in _ASKED if compare is _told else _AS_DATA:
        print(f"{' '.join(arguments)} {folder}", flush=True)
        one, other = (_answer(build, (*arguments, *policy, "."), folder) for build in (old, new))
        yield compare(one, other)
    print(f"fix {folder}", flush=True)
    repaired = []
    copy = os.path.join(scratch, "copy")
    for build in (old, new):
        shutil.copytree(folder, copy, symlinks=True)
        said = _answer(build, ("fix", *policy, "."), copy)
        repaired.append((said, _contents(copy)))
        shutil.rmtree(copy)
    (one, before), (other, after) = repaired
    lines = compare(one, other)
    lines += [
        f"  {path} is repaired in another way"
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    ]
    yield lines


def _answer(build: Build, arguments: Sequence[str], folder: str) -> Answer:
    done = subprocess.run(
        [*build.argv, *arguments],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return Answer(done.stdout, done.stderr, done.returncode)


def _told(old: Answer, new: Answer) -> list[str]:
    """Say in what two answers differ: for each stream the first line that does."""
    lines = []
    for name, one, other in (
        ("stdout", old.stdout, new.stdout),
        ("stderr", old.stderr, new.stderr),
    ):
        if one != other:
            before, after = (text.decode("utf-8", "replace").splitlines() for text in (one, other))
            pairs = enumerate(zip(before, after, strict=False))
            at = next((at for at, (a, b) in pairs if a != b), min(len(before), len(after)))
            lines.append(f"  {name}, line {at + 1}:")
            lines += (f"  - {line[:_SHOWN]}" for line in before[at : at + 1])
            lines += (f"  + {line[:_SHOWN]}" for line in after[at : at + 1])
    if old.status != new.status:
        lines.append(f"  exit code: {old.status}, now {new.status}")
    return lines


def _told_as_data(old: Answer, new: Answer) -> list[str]:
    """Say in what two answers differ beside their wording."""
    return _told(*(_without_texts(answer) for answer in (old, new)))


def _without_texts(answer: Answer) -> Answer:
    """Return the data of an answer in JSON, indented; nothing of one in prose."""
    try:
        data = json.loads(answer.stdout)
    except ValueError:
        data = None
    text = json.dumps(_stripped(data), indent=1).encode()
    return Answer(text, b"some" if answer.stderr else b"", answer.status)


def _stripped(data: object) -> object:
    if isinstance(data, dict):
        return {key: _stripped(value) for key, value in data.items() if key not in _TEXTS}
    return [_stripped(one) for one in data] if isinstance(data, list) else data


def _contents(folder: str) -> dict[str, bytes]:
    contents = {}
    for top, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(top, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    contents[os.path.relpath(path, folder)] = file.read()
    return contents


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="benchmarks/same", description="Do two builds of imagelint say the same?"
    )
    add = parser.add_argument
    add("old", metavar="OLD", help="the command of a build, such as old/bin/imagelint")
    add("new", metavar="NEW", nargs="?", help="that of another one; by default of this tree")
    add("--tree", metavar="DIR", help="manifests (the shared corpus, or generated ones)")
    add("--policy", metavar="FILE", default=POLICY, help="what they are held to (the built-in)")
    add("--mutants", metavar="N", type=int, default=2000, help="broken manifests (2000)")
    add("--without-texts", dest="texts", action="store_false", help="the wording may differ")
    add("--seed", metavar="N", type=int, default=1, help="other ones (1)")
    return parser
