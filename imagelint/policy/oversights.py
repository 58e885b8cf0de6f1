"""Parts of a policy that mean something other than they seem: globs, ports, fields, exceptions.

For ``policy/advice.py``, which adds the places. Suggestions are YAML to paste. Pure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.catalogue.entries import CONTAINERS, EACH, EACH_ITEM, EACH_VALUE
from imagelint.model.source import as_yaml, shown
from imagelint.patterns.images import Hosts, RegistryPattern, Repositories

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from imagelint.kubernetes.catalogue.entries import Branch, Holder, IgnoredField
    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.patterns.globs import NamePattern, PathPattern
    from imagelint.patterns.harbor import Harbor, HarborMap, Project
    from imagelint.policy.exceptions import ObjectPattern, PolicyException

__all__ = ["hidden_images", "is_of_another_port", "never_below", "project_meaning", "width"]

_GATE: Final = "unapproved-registry"
_FOLDER: Final = re.compile(r"\.?[^.]+|.+\.(?:d|[0-9]+)")
"""Names of folders: without an extension, or like ``conf.d`` and ``v1.2``."""
_WILDCARDS: Final = frozenset("*?.")
_FILES: Final = frozenset(("Kustomization",))
"""Files without an extension that are linted."""
_EVERY_PATH: Final = re.compile(r"(?:\*\*/)*(?:\*\*|(?<=/)\*(?:\.(?:\*|ya?ml|json))?)")


def never_below(glob: PathPattern) -> str | None:
    """Return the problem of a glob that matches a folder but nothing in it; None if it has none.

    A glob with a wildcard may be meant for files, with the extension left out.
    """
    last = glob.text.rpartition("/")[2]
    is_name = not set(last) <= _WILDCARDS
    if not is_name or last in _FILES or _FOLDER.fullmatch(last) is None:
        return None
    better = as_yaml(f"{glob.text}/**")
    if "*" in last or "?" in last:
        better += f", or {as_yaml(f'{glob.text}.*')} for files"
    return f"{shown(glob.text)} matches nothing inside a folder of that name; write {better}"


def is_of_another_port(
    pattern: RegistryPattern, harbors: HarborMap, allow: Sequence[RegistryPattern]
) -> str | None:
    """Return the problem of a pattern that differs only by its port from a Harbor."""
    if pattern.hosts is not Hosts.EXACT or harbors.is_harbor(pattern.host):
        return None
    for harbor in harbors.harbors:
        is_near = _without_port(harbor.host) == _without_port(pattern.host)
        if is_near and not any(one.covers_registry(harbor.host) for one in allow):
            better = as_yaml(harbor.host + pattern.text[len(pattern.host) :])
            return (
                f"{shown(pattern.text)} is not the Harbor {harbor.host}: hosts are compared with"
                f" their ports; write {better}"
            )
    return None


def _without_port(host: str) -> str:
    return re.sub(r":[0-9]+\Z", "", host)


def project_meaning(harbor: Harbor, project: Project) -> str | None:
    """Explain the rewrite of images for a project whose key has a path; None: it has none."""
    upstream = project.upstream
    if not upstream.path:
        return None
    image = f"{upstream}/IMAGE"
    placed = f"{harbor.host}/{project.name}"
    if project.is_flat:
        return (
            f"{image} becomes {placed}/IMAGE: replication fills this project and drops the path; if"
            f" it is a proxy cache, write {as_yaml(project.name)}"
        )
    better = f"{{name: {as_yaml(project.name)}, replication: flatten}}"
    return (
        f"{image} becomes {placed}/{upstream.path}/IMAGE: a proxy cache asks {upstream.registry}"
        " for the path behind the project; if replication fills it and drops that path, write"
        f" {better}"
    )


def hidden_images(ignored: IgnoredField, catalogue: Catalogue) -> Iterator[tuple[bool, str]]:
    """Yield the ignored fields of a policy that hold images.

    The flag says whether the catalogue knows the field; otherwise it only looks like the image of
    a container.
    """
    for path, text in zip(ignored.paths, ignored.texts, strict=True):
        for group in ignored.groups:
            for kind in ignored.kinds:
                known = catalogue.lookup(group, kind)
                is_known = known is not None and _holds(catalogue, known.branch, path)
                what = f"{shown(text)} of {shown(kind)}"
                end = "images there are no longer linted"
                if is_known:
                    yield True, f"{what} holds images: {end}"
                elif path[-3:-1] in {(name, EACH_ITEM) for name in CONTAINERS}:
                    yield False, f"{what} looks like the image of a container: {end}"


def _holds(catalogue: Catalogue, branch: Branch, path: tuple[str, ...]) -> bool:
    """Whether the catalogue has an image at a path below a branch, also through shapes."""
    if any(path in _ends(holder) for holder in branch.holders):
        return True
    if not path:
        return False
    step, rest = path[0], path[1:]
    fitting = {step, EACH_VALUE} if step not in EACH else {step}
    if step == EACH_VALUE:
        fitting = set(branch.below) - {EACH_ITEM}
    if any(_holds(catalogue, branch.below[key], rest) for key in fitting & set(branch.below)):
        return True
    for holder in branch.holders:
        if holder.shape:
            try:
                inside = catalogue.shape(holder.shape)
            except KeyError:  # an object of any kind
                continue
            if _holds(catalogue, inside, path):
                return True
    return False


def _ends(holder: Holder) -> set[tuple[str, ...]]:
    """Return the paths of an image's text below its holder."""
    if holder.shape:
        return set()
    if holder.split is not None:
        return {*(holder.split.image or holder.split.repository), *holder.split.registry}
    if holder.named:
        return {(EACH_ITEM, "value")}
    if holder.keys:
        return {(key,) for key in holder.keys}
    return {(EACH_ITEM,)} if holder.flags else {()}


def width(one: PolicyException) -> str | None:
    """Return the problem of an exception whose keys do not restrict it; None: one does."""
    is_gate = _GATE in one.rules
    found = []
    for is_given, reason in (
        (bool(one.images), _any(_wide_image(pattern, is_gate=is_gate) for pattern in one.images)),
        (
            one.paths is not None,
            _any(_wide_path(glob) for glob in (one.paths.patterns if one.paths else ())),
        ),
        (bool(one.objects), _any(map(_wide_object, one.objects))),
        (bool(one.containers), _wide_containers(one, is_gate=is_gate)),
    ):
        if is_given and reason is None:
            return None
        if reason is not None:
            found.append(reason)
    where = ", ".join(one.environments) or "every environment"
    return (
        f"it is broader than it looks: it suppresses {', '.join(one.rules)} for"
        f" {' in '.join(found)} in {where}"
    )


def _any(reasons: Iterator[str | None]) -> str | None:
    return next((reason for reason in reasons if reason is not None), None)


def _wide_image(pattern: RegistryPattern, *, is_gate: bool) -> str | None:
    if _narrows(pattern.tag) or pattern.needs_digest:
        return None
    is_whole = pattern.repositories is Repositories.ALL
    if pattern.hosts is Hosts.ANY:
        return "every image" if is_whole else f"{shown(str(pattern))} of any registry"
    return f"every image of {shown(pattern.text)}" if is_whole and is_gate else None


def _wide_path(glob: PathPattern) -> str | None:
    return "every file" if _EVERY_PATH.fullmatch(glob.text) else None


def _wide_object(pattern: ObjectPattern) -> str | None:
    if _narrows(pattern.name) or _narrows(pattern.namespace):
        return None
    kind = shown(str(pattern.kind)) if _narrows(pattern.kind) else "object"
    return f"every {kind} of every namespace"


def _wide_containers(one: PolicyException, *, is_gate: bool) -> str | None:
    if not all(map(_narrows, one.containers)):
        return "every container"
    if is_gate and not (one.images or one.objects or one.paths):
        names = " or ".join(shown(name.text) for name in one.containers)
        return f"any image of a container called {names} of any object"
    return None


def _narrows(pattern: NamePattern | None) -> bool:
    return pattern is not None and set(pattern.text) != {"*"}
