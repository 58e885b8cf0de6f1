"""What the real kustomize builds of the kustomizations of a tree, and how two builds differ."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from imagelint.model.reference import ImageReference, InvalidReference
from tests.support.tools import tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.support.tools import Tool

__all__ = [
    "NAMES",
    "Builds",
    "behind_harbor",
    "by_policy",
    "differences",
    "kustomizations_below",
    "kustomize",
    "objects",
]

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
OFFLINE: Any = {
    "GIT_ALLOW_PROTOCOL": "none",
    **{f"{name}_PROXY": "http://127.0.0.1:9" for name in ("HTTP", "HTTPS", "ALL")},
    **{f"{name}_proxy": "http://127.0.0.1:9" for name in ("http", "https", "all")},
}
"""Variables with which nothing is fetched."""
_IMAGE = "/a/b"
"""The repository of any image, behind its registry."""
_PARTS = re.compile(r"""([\s"'=,]+)""")
"""What stands around an image in an argument or in a document inside of a string."""


def kustomize(home: Path) -> Tool:
    """Return kustomize, to be run in ``home``; skip without it, fail in CI."""
    return tool("kustomize", "v5.", home)


def kustomizations_below(root: Path) -> list[str]:
    """Return the folders with a kustomization, relative to ``root`` and sorted."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(set(folders) - {".git"})
        if not set(files).isdisjoint(NAMES):
            found.append(Path(folder).relative_to(root).as_posix())
    return sorted(found)


@dataclass(frozen=True)
class Builds:
    """What kustomize makes of each kustomization: its output, or None where it refuses."""

    outputs: dict[str, str | None]

    @classmethod
    def of(cls, program: Tool, root: Path, folders: Iterable[str] | None = None) -> Builds:
        """Build all kustomizations below ``root``, or those in ``folders``, without a network."""

        def one(folder: str) -> tuple[str, str | None]:
            options = "--load-restrictor", "LoadRestrictionsNone"
            done = program.run("build", *options, str(root / folder), **OFFLINE)
            return folder, done.stdout.decode() if done.returncode == 0 else None

        names = kustomizations_below(root) if folders is None else list(folders)
        with ThreadPoolExecutor(max_workers=4) as pool:
            return cls(dict(pool.map(one, names)))

    @property
    def built(self) -> list[str]:
        """The folders that kustomize builds."""
        return [folder for folder, output in self.outputs.items() if output is not None]


def objects(output: str) -> list[Any]:
    """Return what is in the output of a build; all scalars are texts."""
    return list(YAML(typ="base").load_all(output))


def by_policy(image: str) -> str | None:
    """Return what the tests' own POLICY makes of an image; None if it keeps it."""
    found = behind_harbor(image, "h.io", ("docker.io", "quay.io"))
    return found and found.replace("/docker.io/", "/hub/").replace("/quay.io/", "/quay/")


def differences(before: Builds, after: Builds, mapped: Callable[[str], str | None]) -> list[str]:
    """Return where builds differ in anything but images that became what they are mapped to.

    What did not build before may do as it likes.
    """
    found = []
    for folder in before.built:
        old, new = before.outputs[folder], after.outputs.get(folder)
        assert old is not None
        if new is None:
            found.append(f"{folder}: cannot be built any more")
        elif old != new:
            found += [f"{folder}: {text}" for text in _differences(old, new, mapped)]
    return found


def _differences(old: str, new: str, mapped: Callable[[str], str | None]) -> Iterator[str]:
    ones, others = old.split("\n---\n"), new.split("\n---\n")
    if len(ones) != len(others):
        yield f"{len(others)} documents, not {len(ones)}"
        return
    for one, other in zip(ones, others, strict=True):
        if one != other:
            yield from _unequal(_composed(one), _composed(other), "", mapped)


def _composed(text: str) -> Any:
    return YAML(typ="safe", pure=True).compose(text)


def _unequal(old: Any, new: Any, path: str, mapped: Callable[[str], str | None]) -> Iterator[str]:
    """Compare two nodes: tags, values, and what is below."""
    if type(old) is not type(new) or old.tag != new.tag:
        yield f"{path}: another type"
    elif isinstance(old.value, str):
        is_registry = path.lower().endswith("registry")  # beside a repository, in a chart's values
        behind = _IMAGE.removeprefix("/" if old.value.endswith("/") else "") if is_registry else ""
        pair = old.value + behind, new.value + behind
        if old.value != new.value and not _is_mapped(*pair, mapped):
            yield f"{path}: {old.value!r} became {new.value!r}, not {mapped(old.value)!r}"
    elif len(old.value) != len(new.value):
        yield f"{path}: {len(new.value)} items, not {len(old.value)}"
    else:
        for number, (one, other) in enumerate(zip(old.value, new.value, strict=True)):
            if isinstance(one, tuple):
                yield from _unequal(one[0], other[0], f"{path} (a key)", mapped)
                yield from _unequal(one[1], other[1], f"{path}.{one[0].value}", mapped)
            else:
                yield from _unequal(one, other, f"{path}[{number}]", mapped)


def _is_mapped(old: str, new: str, mapped: Callable[[str], str | None]) -> bool:
    if mapped(old) == new:
        return True
    ones, others = _PARTS.split(old), _PARTS.split(new)
    return len(ones) == len(others) > 1 and all(
        one == other or mapped(one) == other for one, other in zip(ones, others, strict=True)
    )


def behind_harbor(
    image: str,
    host: str = "harbor.myco.com",
    registries: Iterable[str] = ("docker.io", "gcr.io", "ghcr.io", "quay.io"),
) -> str | None:
    """Return an image as it comes through a Harbor with a project for each registry.

    None where it is none of these registries', or no image at all. What stands behind the name
    stays, be it a tag or not.
    """
    end = image.rfind("/") + 1
    behind = next((at for at, char in enumerate(image) if at >= end and char in ":@"), len(image))
    try:
        reference = ImageReference.parse(image[:behind])
    except InvalidReference:
        return None
    if reference.registry not in registries:
        return None
    return f"{host}/{reference.registry}/{reference.path}{image[behind:]}"
