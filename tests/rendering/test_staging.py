"""A chart is copied with all that it needs, and with nothing from elsewhere."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from imagelint.rendering.staging import stage
from imagelint.rendering.tools import RenderingError

if TYPE_CHECKING:
    from pathlib import Path

    from imagelint.rendering.staging import Staged


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    write(folder / "shop/Chart.yaml", "name: shop\n")
    return folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def staged(root: Path, contents: dict[str, bytes] | None = None) -> Staged:
    return stage(str(root / "shop"), str(root.parent / "copy"), str(root), contents or {})


def packed(path: Path, files: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))


def test_what_was_edited_is_copied_as_edited(root: Path) -> None:
    values = root / "shop/values.yaml"
    write(values, "a: old\n")
    write(root / "shop/templates/a.yaml", "a: b\n")
    assert staged(root, {str(values): b"a: new\n"}).part.metadata.name == "shop"
    assert (root.parent / "copy/values.yaml").read_text() == "a: new\n"
    assert (root.parent / "copy/templates/a.yaml").read_text() == "a: b\n"


def test_archives_are_unpacked(root: Path) -> None:
    write(root / "shop/Chart.yaml", "name: shop\ndependencies:\n- {name: db, alias: store}\n")
    files = {"db/Chart.yaml": "name: db\n", "db/values.yaml": "a: b\n", "db/../x": ""}
    packed(root / "shop/charts/db-1.0.tgz", files)
    part = staged(root).part
    ((key, child),) = part.children
    assert (key, child.metadata.name, child.origin) == ("store", "db", None)
    assert child.archive == str(root / "shop/charts/db-1.0.tgz")
    copied = sorted(path.name for path in (root.parent / "copy/charts/db-1.0").iterdir())
    assert copied == ["Chart.yaml", "values.yaml"]


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"no archive", "db.tgz cannot be unpacked: not a gzip file"), (None, "it has no Chart.yaml")],
)
def test_a_bad_archive_is_an_error(data: bytes | None, said: str, root: Path) -> None:
    packed(root / "shop/charts/db.tgz", {"db/values.yaml": ""})
    if data is not None:
        (root / "shop/charts/db.tgz").write_bytes(data)
    with pytest.raises(RenderingError, match=said):
        staged(root)


def test_links_are_followed_within_the_root_alone(root: Path, tmp_path: Path) -> None:
    write(root / "shared/a.yaml", "a: b\n")
    (root / "shop/templates").symlink_to(root / "shared")
    staged(root)
    assert (tmp_path / "copy/templates/a.yaml").read_text() == "a: b\n"
    write(tmp_path / "secret", "key\n")
    (root / "shop/secret").symlink_to(tmp_path / "secret")
    with pytest.raises(RenderingError, match="a link that leads out of the repository"):
        staged(root)
    (root / "shop/secret").unlink()
    (root / "shop/all").symlink_to(tmp_path)
    with pytest.raises(RenderingError, match="a link that leads out of the repository"):
        staged(root)


def test_a_link_to_a_folder_above_is_an_error(root: Path) -> None:
    (root / "shop/again").symlink_to(root / "shop")
    with pytest.raises(RenderingError, match="a link to a folder above it"):
        staged(root)


def test_dependencies_in_other_folders_are_put_into_charts(root: Path) -> None:
    dependency = "dependencies:\n- {name: db, repository: 'file://../db'}\n"
    write(root / "shop/Chart.yaml", f"name: shop\n{dependency}")
    write(root / "db/Chart.yaml", "name: db\n")
    child = staged(root).part.child("db")
    assert child is not None
    assert child.origin == str(root / "db")
    assert (root.parent / "copy/charts/db/Chart.yaml").is_file()


def test_a_dependency_outside_the_root_is_an_error(root: Path, tmp_path: Path) -> None:
    write(root / "shop/Chart.yaml", "dependencies:\n- {name: db, repository: 'file://../../db'}\n")
    write(tmp_path / "db/Chart.yaml", "name: db\n")
    with pytest.raises(RenderingError, match="leads out of the repository"):
        staged(root)


def test_a_cycle_is_an_error(root: Path) -> None:
    for name, other in (("shop", "db"), ("db", "shop")):
        dependency = f"dependencies:\n- {{name: {other}, repository: 'file://../{other}'}}\n"
        write(root / f"{name}/Chart.yaml", f"name: {name}\n{dependency}")
    with pytest.raises(RenderingError, match="form a cycle: shop → db → shop"):
        staged(root)


@pytest.mark.parametrize(
    ("schema", "is_kept"),
    [
        ('{"properties": {"a": {"$ref": "#/definitions/b"}}}', True),
        ('{"$schema": "http://json-schema.org/draft-07/schema#"}', True),
        ('{"properties": {"a": {"$ref": "https://evil.example/x.json"}}}', False),
        ('{"anyOf": [{"$ref": "file:///etc/passwd"}]}', False),
        ('{"$schema": "https://evil.example/meta"}', False),
        ("{", True),
    ],
)
def test_a_schema_that_refers_elsewhere_is_left_out(schema: str, is_kept: bool, root: Path) -> None:
    write(root / "shop/values.schema.json", schema)
    remarks = staged(root).remarks
    assert (root.parent / "copy/values.schema.json").exists() == is_kept
    assert ("refers to other files" in "".join(remarks)) != is_kept
