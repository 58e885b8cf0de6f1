"""``imagelint fix --env prod`` over a copy of the corpus, as a user runs it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from imagelint.model.source import Source
from tests.corpus.oracle import CORPUS, files
from tests.support.shared import needs_shared

_HARBOR = "harbor.myco.com/"
_MOVED = {
    "gcr.io/tekton-releases/": "ghcr.io/tektoncd/",
    "k8s.gcr.io/": "registry.k8s.io/",
    "gcr.io/google_containers/": "registry.k8s.io/",
    "gcr.io/google-containers/": "registry.k8s.io/",
}
"""Registries that have moved: both sides are compared by one name."""


def _imagelint(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "imagelint", *arguments, "--env", "prod", "--format", "json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.stderr.count("internal error") == 0, done.stderr
    return done.returncode, json.loads(done.stdout)


def _before_harbor(text: str) -> str:
    """Undo what fix does to an image: it inserts the Harbor, and Docker Hub where implied."""
    for prefix in (f"{_HARBOR}docker.io/", _HARBOR, "index.docker.io/", "docker.io/"):
        text = text.replace(prefix, "")
    for old, new in _MOVED.items():
        text = text.replace(old, new)
    return text


@pytest.mark.slow
@needs_shared
def test_fix_changes_images_only_and_is_idempotent(tmp_path: Path) -> None:
    if not CORPUS.is_dir():
        pytest.fail("the shared corpus is missing")
    copy = tmp_path / "corpus"
    shutil.copytree(CORPUS, copy)
    for path in copy.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)

    _, report = _imagelint(copy, "check")
    lines: dict[str, set[int]] = {}
    for finding in report["findings"]:
        if finding["fix"] is not None:
            span = range(finding["line"], finding["endLine"] + 1)
            lines.setdefault(finding["path"], set()).update(span)
    assert sum(map(len, lines.values())) > 1_500

    code, _ = _imagelint(copy, "fix")
    assert code == 1  # some images cannot be repaired
    refused = refused_in(copy)
    assert len(refused) < 20  # skaffold builds them by name, or a plugin may write them
    for file in files():
        if file not in refused:
            assert_only_images_changed(file, copy, lines.get(file, set()))

    fixed = {file: (copy / file).read_bytes() for file in files()}
    _, again = _imagelint(copy, "fix")
    assert fixed == {file: (copy / file).read_bytes() for file in files()}
    assert [finding for finding in again["findings"] if finding["fix"] is not None] == []


def refused_in(copy: Path) -> set[str]:
    """Return the files with an image that is not repaired because of what selects it."""
    command = [sys.executable, "-m", "imagelint", "fix", "--diff", "--format", "text", "."]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    found, path = set(), ""
    for line in done.stderr.splitlines():
        head = re.match(r"(\S+?):\d+:\d+: ", line)
        path = path if head is None else head[1]
        if "cannot be fixed safely" in line:
            found.add(path)
    return found


def assert_only_images_changed(file: str, copy: Path, lines: set[int]) -> None:
    """``lines`` are those with images that are repaired."""
    old, new = (CORPUS / file).read_bytes(), (copy / file).read_bytes()
    if b"kustomize" in old or Path(file).stem.lower() == "kustomization":
        assert_only_names_changed(Source(file, old), Source(file, new))
        return
    if not lines:
        assert old == new, file
        return
    before, after = Source(file, old), Source(file, new)
    assert old != new, file
    count = old.count(b"\n")
    assert new.count(b"\n") == count, file
    assert (before.encoding, before.bom_length) == (after.encoding, after.bom_length), file
    pairs = zip(_lines(before), _lines(after), strict=True)
    for number, (one, other) in enumerate(pairs, start=1):
        if number in lines:
            assert _before_harbor(other) == _before_harbor(one), f"{file}:{number}"
        else:
            assert one == other, f"{file}:{number}"


def assert_only_names_changed(old: Source, new: Source) -> None:
    """What selects images by name gets new names, and copies that say the same."""
    before, after = (
        {_before_harbor(line).rstrip("\r\n") for line in _lines(source)} for source in (old, new)
    )
    assert after <= before, old.path


def _lines(source: Source) -> list[str]:
    """All lines with their breaks, split as an editor does."""
    text = source.data.decode(source.encoding, "surrogateescape")
    return re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
