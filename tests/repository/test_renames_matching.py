"""Names that select images, and what becomes of these: as kustomize itself does it."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from imagelint.repository.rename_matching import (
    Names,
    Setting,
    applied,
    is_literal,
    matches,
    split_image,
)
from tests.support.builds import Builds, kustomize, objects

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("nginx", ("nginx", "", "")),
        ("nginx:1", ("nginx", "1", "")),
        ("nginx@sha256:0a", ("nginx", "", "sha256:0a")),
        ("nginx:1@sha256:0a", ("nginx", "1", "sha256:0a")),
        ("localhost:5000/a", ("localhost:5000/a", "", "")),
        ("localhost:5000/a:1@b", ("localhost:5000/a", "1", "b")),
        ("a/b:5000/c:1", ("a/b", "5000/c:1", "")),
        ("/a:1", ("/a", "1", "")),
        ("", ("", "", "")),
    ],
)
def test_an_image_is_split_at_the_first_colon_behind_a_slash(
    image: str, parts: tuple[str, str, str]
) -> None:
    assert split_image(image) == parts


@pytest.mark.parametrize(
    ("name", "yes", "no"),
    [
        (
            "nginx",
            ("nginx", "nginx:1", "nginx:", "nginx@sha256:0", "nginx:1@sha256:0"),
            ("nginx1",),
        ),
        ("nginx", ("nginx:{tag}", "nginx@sha256:{0}"), ("nginx/a", "a/nginx", "nginx:1:2", "ngin")),
        ("nginx", (), ("nginx@sha512:0", "nginx:1@md5:0", "nginx:1:2", "nginx:1+2")),
        ("nginx.x", ("nginx.x", "nginxax", "nginx/x:1", "nginx:x"), ("nginxx", "nginx\nx")),
        ("a:1", ("a:1", "a:1:2", "a:1@sha256:0"), ("a:12", "a")),
        ("a@sha256", ("a@sha256:0", "a@sha256"), ("a@sha256:0:1",)),
        (".", ("a", "a:1", ":"), ("", "ab", "\n")),
    ],
)
def test_matching(name: str, yes: tuple[str, ...], no: tuple[str, ...]) -> None:
    known = Names([name, "another"])
    assert [image for image in yes if not matches(image, name)] == []
    assert [image for image in no if matches(image, name)] == []
    assert [known.of(image) for image in (*yes, *no)] == [(name,)] * len(yes) + [()] * len(no)


def test_several_names_may_select_an_image() -> None:
    known = Names(["gcr.io/a", "gcr.io/.", "gcr.io/a:1", "gcrxio/a", "....io/a"])
    assert set(known.of("gcr.io/a:1")) == {"gcr.io/a", "gcr.io/.", "gcr.io/a:1", "....io/a"}
    assert known.of("gcrxio/a") == known.of("gcrxio/a")
    assert set(known.of("gcrxio/a")) == {"gcr.io/a", "gcr.io/.", "gcrxio/a", "....io/a"}


@pytest.mark.parametrize(
    "name", ["a+b", "a*", "(a|b)", "[ab]", "a$", "^a", "a\\.b", "a?", "{a}", ""]
)
def test_what_else_names_mean_is_not_known_here(name: str) -> None:
    assert not is_literal(name)
    assert is_literal("a-Z0.9_b/c:d@e")


PIECES = (
    "a",
    "b",
    "gcr.io",
    ".",
    "/",
    ":",
    "@",
    "-",
    "_",
    "0",
    "sha256",
    "@sha256:",
    "localhost:5000",
)
TAILS = ("", ":1", ":v1.2_3-x", ":{x}", "@sha256:0a", ":1@sha256:0a", ":1:2", "@md5:0", "@", ":")


def _names(source: random.Random) -> list[str]:
    whole = ["a", "b", "gcr.io/a", "gcr.io/a:1", "g.r.io/a", "a.b", "a@sha256", "...", "gcrxio/a"]
    made = ("".join(source.choices(PIECES, k=source.randint(1, 4))) for _ in range(40))
    return [*whole, *(name for name in made if name)]


def _entry(name: str, source: random.Random) -> dict[str, str]:
    """Return an entry that writes something or other."""
    entry = {
        "name": name,
        "newName": source.choice(["", "new/name"]),
        "newTag": source.choice(["", "9"]),
        "digest": source.choice(["", DIGEST]),
        "tagSuffix": source.choice(["", "-x"]),
    }
    return {key: value for key, value in entry.items() if value}


@pytest.mark.parametrize("seed", range(3))
def test_kustomize_does_the_same(tmp_path: Path, seed: int) -> None:
    """Every name on every image, in one build of many kustomizations.

    Kustomize comes by containers of a pod twice, by those of a CronJob once.
    """
    source = random.Random(seed)  # noqa: S311 - nothing is to be kept secret
    names = _names(source)
    images = [name + source.choice(TAILS) for name in names] + _names(source)
    entries = [_entry(name, source) for name in names]
    spec = {"containers": [{"name": f"c{at}", "image": image} for at, image in enumerate(images)]}
    job = {"schedule": "@daily", "jobTemplate": {"spec": {"template": {"spec": spec}}}}
    kinds: list[tuple[str, str, Any]] = [("v1", "Pod", spec), ("batch/v1", "CronJob", job)]
    for number, entry in enumerate(entries):
        folder = tmp_path / f"k{number}"
        folder.mkdir()
        for version, kind, content in kinds:
            item = {"apiVersion": version, "kind": kind, "metadata": {"name": f"p{number}"}}
            (folder / f"{kind}.json").write_text(json.dumps({**item, "spec": content}))
        own = {"resources": ["Pod.json", "CronJob.json"], "images": [entry]}
        (folder / "kustomization.yaml").write_text(json.dumps(own))
    root = {"resources": [f"k{number}" for number in range(len(entries))]}
    (tmp_path / "kustomization.yaml").write_text(json.dumps(root))
    output = Builds.of(kustomize(tmp_path), tmp_path, ["."]).outputs["."]
    assert output is not None
    made = {(item["kind"], item["metadata"]["name"]): item for item in objects(output)}
    known = Names(names)
    for number, entry in enumerate(entries):
        name = entry["name"]
        setting = Setting(*(entry.get(key, "") for key in ("newName", "newTag", "digest")))
        setting = setting._replace(suffix=entry.get("tagSuffix", ""))
        pods = made["Pod", f"p{number}"]["spec"]["containers"]
        job = made["CronJob", f"p{number}"]["spec"]["jobTemplate"]["spec"]["template"]
        for at, image in enumerate(images):
            assert pods[at]["image"] == applied(setting, name, image, 2), (entry, image)
            once = applied(setting, name, image, 1)
            assert job["spec"]["containers"][at]["image"] == once, (entry, image)
            assert matches(image, name) == (name in known.of(image))
            assert once == pods[at]["image"] or not setting.is_steady
