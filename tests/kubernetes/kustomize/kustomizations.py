"""What the tests here share: texts read as kustomize reads them, as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imagelint.kubernetes.examine import examine
from imagelint.kubernetes.kustomize.kustomization import read_kustomization
from imagelint.kubernetes.kustomize.model import FileRole, Role, Target
from imagelint.kubernetes.readers import views
from imagelint.model.source import Source
from imagelint.yaml.nodes import Mapping
from imagelint.yaml.parser import parse_yaml
from tests.support.trees import catalogue

if TYPE_CHECKING:
    from imagelint.kubernetes.examined import Examined
    from imagelint.kubernetes.kustomize.model import Kustomization

DEPLOYMENT = Target(kind="Deployment")
FILE = "kustomization.yaml"


class Read(NamedTuple):
    """The images of a file, by field, and the fields of which only a build can tell."""

    images: dict[str, str]
    unjudged: dict[str, bool]
    """Whether each is about an image field."""
    refusals: list[str]


def examined_as(text: str, *roles: FileRole, path: str = FILE) -> list[Examined]:
    """Read a file in its roles, with what is inside of its strings."""
    return examine(Source(path, text.encode()), catalogue(), roles=roles)


def read(text: str, *roles: FileRole, path: str = FILE) -> Read:
    """Read a file in its roles."""
    items = examined_as(text, *roles, path=path)
    return Read(
        {site.field: str(site.value.value) for item in items for site in item.extract.sites},
        {one.field: one.is_about_images for item in items for one in item.extract.unjudged},
        [refusal.message for item in items for refusal in item.refusals],
    )


def patched(text: str, target: Target | None = DEPLOYMENT, role: Role = Role.PATCH) -> Read:
    """Read the file of a patch."""
    return read(text, FileRole(role, target), path="p.yaml")


def kustomization(text: str) -> Kustomization:
    """Return the values of a kustomization."""
    tree = parse_yaml(text)
    assert isinstance(tree.root, Mapping)
    return read_kustomization(tree.root, views(tree)[0])
