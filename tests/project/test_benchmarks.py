"""The benchmark: what it generates is what it says, it runs, and little is parsed of its inputs.

Nothing here looks at a clock.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from benchmarks.generate import KINDS, Tally, generate, open_policy, without_exclude
from benchmarks.inputs import manifests
from benchmarks.measure import Command, measure, run_once
from benchmarks.mutants import joined, mutant
from benchmarks.results import Bound, Row
from benchmarks.rows import ROWS, STREAM
from benchmarks.table import BEGIN, END, markdown, render
from benchmarks.words import Dice
from imagelint import files
from imagelint.engine.linter import Linter
from imagelint.model.source import Source
from imagelint.policy.policy import parse_policy
from imagelint.rules.built_in import RULES
from tests.support.project import ROOT
from tests.support.trees import catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.project import Project

SIZES = {"clean": 2, "mixed": 40, "catalogue": 200_000, "workloads": 20}
SIZES |= {"stream": 60_000, "rendered": 1_000_000}
OWN = f"{sys.executable} -m imagelint"
README = (ROOT / "benchmarks/README.md").read_text(encoding="utf-8")


def made(kind: str, folder: Path, *, seed: int = 1, wrong: float = 0.3) -> Tally:
    return generate(kind, str(folder), size=SIZES[kind], wrong=wrong, seed=seed)


def digest(folder: Path) -> str:
    return hashlib.sha256(
        b"".join(
            f"{path.relative_to(folder)}\0".encode() + path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        )
    ).hexdigest()


# --- the generator -----------------------------------------------------------------------


def test_sizes_are_given_for_every_kind() -> None:
    assert set(SIZES) == set(KINDS)


def test_dice_fall_the_same_with_every_python() -> None:
    dice = Dice("1")
    assert [dice.below(100) for _ in range(8)] == [47, 4, 11, 85, 29, 0, 0, 22]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_makes_the_same_bytes(kind: str, tmp_path: Path) -> None:
    first, again, other = (tmp_path / name for name in ("first", "again", "other"))
    assert made(kind, first) == made(kind, again)
    made(kind, other, seed=2)
    assert digest(first) == digest(again) != digest(other)


@pytest.mark.parametrize("kind", KINDS)
def test_the_tally_is_what_lies_there(kind: str, tmp_path: Path) -> None:
    tally = made(kind, tmp_path)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    manifests = [path for path in written if path.name != "imagelint.yaml"]
    sizes = [path.stat().st_size for path in manifests]
    assert (tally.files, tally.bytes, tally.largest) == (len(sizes), sum(sizes), max(sizes))
    if kind != "mixed":  # its files out of fixtures/ count as one document each
        documents = [
            document
            for path in manifests
            for document in YAML(typ="safe").load_all(path.read_bytes())
        ]
        assert tally.documents == len(documents)
        assert all({"apiVersion", "kind", "metadata"} <= set(document) for document in documents)


def test_the_policy_is_the_built_in_one_and_excludes_nothing(tmp_path: Path) -> None:
    made("clean", tmp_path)
    text = (tmp_path / "imagelint.yaml").read_text(encoding="utf-8")
    assert text == open_policy()
    assert parse_policy(Source("imagelint.yaml", text.encode()), RULES).exclude.patterns == ()
    built_in = YAML(typ="safe").load(files.default_policy_source().data)
    assert built_in.pop("exclude") == []
    assert YAML(typ="safe").load(text) == built_in


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        ('a: 1\nexclude: ["**/b/**"]  # why\nc: 2\n', "a: 1\nc: 2\n"),
        ("exclude:\n- a\n  # why\n- b\nc:\n- exclude: d\n", "c:\n- exclude: d\n"),
        ("exclude:\n  - a\n\n# of c\nc: 2\n", "\n# of c\nc: 2\n"),
    ],
)
def test_the_one_exclude_of_a_policy_goes(policy: str, kept: str) -> None:
    assert without_exclude(policy) == kept


@pytest.mark.parametrize("policy", ["a: 1\n", "# exclude: [a]\n", "exclude: [a]\n" * 2])
def test_a_policy_has_one_exclude(policy: str) -> None:
    with pytest.raises(ValueError, match="one `exclude`"):
        without_exclude(policy)


def test_the_files_of_a_tree_are_counted_by_their_names(tmp_path: Path) -> None:
    for name in ("a.yaml", "testdata/b.yml", "testdata/c.JSON", "d.YAML", "e.txt", "yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.yaml").mkdir()
    found = {os.path.relpath(place, tmp_path) for place in manifests(str(tmp_path))}
    assert found == {"a.yaml", "testdata/b.yml", "testdata/c.JSON", "d.YAML"}


@pytest.mark.parametrize("kind", KINDS)
def test_imagelint_finds_just_the_images_that_were_written(kind: str, project: Project) -> None:
    tally = made(kind, project.root / "tree")
    listed = json.loads(project.run("images", "--format", "json", "tree").stdout)["images"]
    assert len(listed) == tally.images > 0
    wrong = [image for image in listed if not image["allowed"] and "examples/" not in image["path"]]
    assert len(wrong) == tally.wrong
    found = json.loads(project.run("check", "--format", "json", "tree").stdout)["findings"]
    own = [finding for finding in found if "examples/" not in finding["path"]]
    assert [finding["rule"] for finding in own] == ["unapproved-registry"] * tally.wrong


@pytest.mark.parametrize("kind", ["workloads", "stream"])
def test_fix_repairs_all_that_is_wrong(kind: str, project: Project) -> None:
    assert made(kind, project.root / "tree").wrong > 0
    assert project.run("fix", "tree").exit_code == 0
    assert project.run("check", "tree").exit_code == 0


# --- what is parsed ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "size", "most"),
    [("catalogue", 1_500_000, 0.03), ("workloads", 100, 0.8), ("stream", 300_000, 0.9)],
)
def test_only_documents_that_hold_images_are_parsed(kind: str, size: int, most: float) -> None:
    rules = RULES
    policy = parse_policy(files.default_policy_source(), rules)
    linter = Linter(policy, rules, catalogue())
    read = parsed = with_images = 0
    for file in KINDS[kind](Dice(kind), size, 0.1):
        text = "---\n".join(document.text for document in file.documents)
        result = linter.lint(Source(file.path, text.encode()), file.path)
        holding = [document for document in file.documents if document.images]
        assert result.documents == len(holding), file.path
        assert len(result.images) == sum(document.images for document in holding), file.path
        read += len(text)
        parsed += sum(len(document.text) for document in holding)
        with_images += len(holding)
    assert with_images > 0
    assert parsed / read < most


# --- measuring ---------------------------------------------------------------------------


def python(name: str, code: str, **more: Any) -> Command:
    return Command(name, (sys.executable, "-c", code), os.getcwd(), **more)


def test_a_process_is_measured_whole(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("in")
    code = "import sys; b = b'x' * 60_000_000; sys.exit(f'read {sys.stdin.read()}')"
    command = python("big", code, stdin=str(tmp_path / "in"))
    sample = run_once(command, str(tmp_path), timeout=60)
    assert (sample.status, sample.stderr, sample.timed_out) == (1, "read in\n", False)
    assert sample.peak > 60_000_000
    assert sample.wall > 0 < sample.cpu


def test_what_takes_too_long_is_ended_with_what_it_started(tmp_path: Path) -> None:
    code = "import subprocess; subprocess.run(['sleep', '600'])"
    sample = run_once(python("slow", code), str(tmp_path), timeout=0.5)
    assert (sample.status, sample.timed_out) == (-9, True)


def test_who_ends_the_benchmark_ends_what_it_measures(tmp_path: Path) -> None:
    slow = tmp_path / "imagelint"
    slow.write_text(
        f"#!{sys.executable}\nimport os, sys, time\n"
        "if '--version' in sys.argv: sys.exit(print('imagelint 0'))\n"
        f"print(os.getpid(), file=open({str(tmp_path / 'pid')!r}, 'w', 1), flush=True)\n"
        "time.sleep(600)\n"
    )
    slow.chmod(0o755)
    homeless = {**os.environ, "PATH": str(tmp_path), "TMPDIR": str(tmp_path)}
    command = [sys.executable, str(ROOT / "benchmarks/run"), "--quick", "--only", "start-up"]
    with subprocess.Popen(
        [*command, "--imagelint", str(slow)], env=homeless, stdout=subprocess.DEVNULL
    ) as run:
        while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()):
            assert run.poll() is None
            time.sleep(0.05)
        run.terminate()
    assert run.returncode == 143
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert not list(tmp_path.glob("imagelint-benchmark-*"))


def test_commands_take_turns_and_what_stops_is_left_out(tmp_path: Path) -> None:
    turns: list[str] = []
    commands = [
        python("a", "", prepare=lambda: turns.append("a")),
        python("b", "", prepare=lambda: turns.append("b"), stops=lambda _: "stops"),
        python("c", "", prepare=lambda: turns.append("c")),
    ]
    every = measure(commands, str(tmp_path), repeat=2, timeout=60, progress=lambda _: None)
    assert turns == ["a", "b", "c", "a", "c", "a", "c"]
    assert [(len(series.samples), series.note) for series in every] == [
        (2, None),
        (1, "stops"),
        (2, None),
    ]


@pytest.mark.parametrize(
    ("relation", "measured", "is_met"),
    [
        ("at most", 6.0, True),
        ("at most", 6.01, False),
        ("below", 5.99, True),
        ("below", 6.0, False),
        ("at least", 6.0, True),
        ("at least", 5.99, False),
    ],
)
def test_bounds(relation: str, measured: float, *, is_met: bool) -> None:
    assert Bound("a / b", relation, 6, measured).is_met is is_met


def test_without_a_limit_a_ratio_is_shown() -> None:
    bound = Bound("imagelint / grep", "at most", None, 99)
    assert bound.is_met
    assert bound.as_json()["limit"] is None
    row = Row("corpus", "much", bounds=[bound])
    assert not row.is_missed
    assert render(row, quick=False).splitlines()[-1].split() == [
        *("imagelint", "/", "grep", "no", "bound", "99.0", "-")
    ]


def test_what_a_stream_is_measured_against_stays_the_same(tmp_path: Path) -> None:
    """Whoever changes it measures ``STREAM`` anew, and puts both into the README."""
    program = ROOT / "benchmarks/reference.py"
    assert hashlib.sha256(program.read_bytes()).hexdigest()[:16] == "e255ac250e827c9d"
    assert f"at most {STREAM:g} times `reference.py`" in README
    stream = tmp_path / "stream.yaml"
    stream.write_text("kind: Pod\nspec:\n  containers:\n  - image: a\n  - image: b\n  - c\n")
    with stream.open("rb") as stdin:
        done = subprocess.run(
            [sys.executable, "-I", str(program)], stdin=stdin, capture_output=True, check=True
        )
    assert done.stdout == b"6 5 4\n"


def test_the_benchmark_runs(tmp_path: Path) -> None:
    """Without any peer, and with an imagelint that is given."""
    wanted = ["start-up", "corpus", "workloads", "stream", "fix", "reports"]
    left_out_by_default = tmp_path / "corpus/prometheus-operator+kube-prometheus/testdata/a.yaml"
    left_out_by_default.parent.mkdir(parents=True)
    left_out_by_default.write_text("kind: Pod\n")
    result = tmp_path / "result.json"
    done = subprocess.run(
        [
            *(sys.executable, str(ROOT / "benchmarks/run"), "--quick", "--repeat", "1"),
            *("--imagelint", OWN, "--json", str(result)),
            *(word for name in wanted for word in ("--only", name)),
            "--markdown",
        ],
        env={**os.environ, "PATH": str(tmp_path), "IMAGELINT_SHARED": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "missing, not measured: grep, kubeconform, kube-linter" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    table = done.stdout[done.stdout.index(BEGIN) :]
    assert table.count("```") == 2
    measured = json.loads(result.read_text())
    assert [row["id"] for row in measured["rows"]] == wanted
    for row in measured["rows"]:
        assert row["skipped"] is None
        assert row["failed"] == []
        assert row["bounds"]
        if row["id"] != "stream":
            [lints] = row["remarks"]
            assert re.fullmatch(r"imagelint lints ([\d,]+) of \1 files", lints)
        assert all(one["files"] and one["bytes"] and one["documents"] for one in row["inputs"])
        for series in row["series"]:
            assert series["note"] is None
            assert len(series["wall"]) == len(series["cpu"]) == len(series["peak"]) == 1
            assert series["status"] in ([0], [1])


def test_an_imagelint_that_breaks_down_is_no_success(tmp_path: Path) -> None:
    broken = tmp_path / "imagelint"
    broken.write_text(
        f"#!{sys.executable}\nimport sys\n"
        "if '--version' not in sys.argv: raise ValueError('broken')\nprint('imagelint 0')\n"
    )
    broken.chmod(0o755)
    done = subprocess.run(
        [
            *(sys.executable, str(ROOT / "benchmarks/run"), "--quick", "--repeat", "1"),
            *("--imagelint", str(broken), "--json", os.devnull, "--only", "start-up"),
        ],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "FAILED: imagelint: stops with a traceback (ValueError)" in done.stdout


def test_an_imagelint_that_leaves_out_files_is_no_success(tmp_path: Path) -> None:
    """As one does that has the built-in policy, among files of ``testdata``."""
    hasty = tmp_path / "imagelint"
    leaves_out = '[ "$1" = --version ] || set -- "$@" --exclude "teams/data/**"'
    hasty.write_text(f'#!/bin/sh\n{leaves_out}\nexec {OWN} "$@"\n')
    hasty.chmod(0o755)
    done = subprocess.run(
        [
            *(sys.executable, str(ROOT / "benchmarks/run"), "--quick", "--repeat", "1"),
            *("--imagelint", str(hasty), "--json", os.devnull, "--only", "workloads"),
            *("--keep", str(tmp_path / "kept")),
        ],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert re.search(r"FAILED: imagelint lints \d\d of 61 files", done.stdout)


def test_no_imagelint_no_benchmark(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks/run"), "--imagelint", str(tmp_path / "none")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "is no program" in done.stderr


# --- its page ----------------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS)
def test_the_readme_says_what_every_row_means(row: str) -> None:
    assert f"\n| `{row}` |" in README


def test_the_readme_has_room_for_the_table() -> None:
    begin, end = README.index(BEGIN), README.index(END)
    assert README[begin : end + len(END) + 1] == markdown(
        README[begin:end].partition("```text\n")[2].rpartition("```")[0]
    )


# --- two builds compared -----------------------------------------------------------------


def same(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "benchmarks/same"), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_build_says_the_same_as_itself(tmp_path: Path) -> None:
    made("workloads", tmp_path / "tree")
    done = same(OWN, OWN, "--tree", str(tmp_path / "tree"), "--mutants", "40")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("  the same\n") == 15
    assert done.stdout.endswith("The builds say the same.\n")


def test_a_build_that_says_something_else(tmp_path: Path) -> None:
    """One that overlooks a folder."""
    tree = tmp_path / "tree"
    made("workloads", tree)
    (tree / "overlooked").mkdir()
    (tree / "overlooked/pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: quay.io/a/b:1\n"
    )
    other = tmp_path / "other"
    overlooks = '[ "$1" = --version ] || set -- "$@" --exclude "overlooked/**"'
    other.write_text(f'#!/bin/sh\n{overlooks}\nexec {OWN} "$@"\n')
    other.chmod(0o755)
    done = same(OWN, str(other), "--tree", str(tree), "--mutants", "0")
    assert (done.returncode, done.stderr) == (1, "")
    assert "  stdout, line " in done.stdout
    assert "  overlooked/pod.yaml is repaired in another way\n" in done.stdout
    assert done.stdout.endswith("The builds differ.\n")


def test_a_build_that_words_it_otherwise(tmp_path: Path) -> None:
    made("workloads", tmp_path / "tree")
    other = tmp_path / "other"
    words = "sed 's/ does not allow / has no place in /'"
    other.write_text(f'#!/bin/bash\nset -o pipefail\n{OWN} "$@" | {words}\n')
    other.chmod(0o755)
    asked = OWN, str(other), "--tree", str(tmp_path / "tree"), "--mutants", "0"
    assert same(*asked).returncode == 1
    done = same(*asked, "--without-texts")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("  the same\n") == 3
    other.write_text(other.read_text().replace("set -o pipefail\n", ""))
    done = same(*asked, "--without-texts")
    assert done.returncode == 1
    assert "exit code: 1, now 0" in done.stdout


def test_a_build_that_is_not_there() -> None:
    done = same("no-such-program", OWN)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no-such-program is no program" in done.stderr


def test_mutants_are_the_same_with_every_python() -> None:
    manifests = [b"kind: Pod\nspec:\n  containers:\n  - image: a\n", b"image: b\n"]
    dice = Dice("1")
    mutants = [mutant(dice, manifests) for _ in range(200)]
    streams = list(joined(dice, mutants))
    made_of_them = hashlib.sha256(b"\0".join(mutants + streams)).hexdigest()
    assert made_of_them[:16] == "775f9e973d348f7b"
    assert sum(one not in manifests for one in mutants) > 150
    assert 1 < len(streams) < 100
