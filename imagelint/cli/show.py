"""The output of ``check --show-files`` and ``check --show-policy``, instead of linting."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from imagelint import files
from imagelint.cli.output import EXIT_CLEAN, EXIT_ERROR, print_text, say, skipped_lines
from imagelint.formats.phrases import counted, shown_path
from imagelint.kubernetes.scopes import is_cluster_scoped
from imagelint.model.builds import steps
from imagelint.model.errors import UsageError
from imagelint.model.source import shown
from imagelint.policy.placement import Placement, Where
from imagelint.rules.built_in import RULES
from imagelint.run.run import STDIN, Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from imagelint.cli.options import Detail
    from imagelint.files import GoverningPolicy
    from imagelint.model.finding import KubeObject
    from imagelint.policy.policy import Environment
    from imagelint.run.run import Request

__all__ = ["show_files", "show_policy"]

_LABEL = 12
_ERROR_MAX = 2000


def show_files(request: Request, detail: Detail) -> int:
    """Print the paths that a run would lint; return the exit code."""
    run = Run(request)
    say(run.notices, detail)
    _print_lines(shown_path(one.shown) for one in run.inputs)
    if detail.verbose:
        say(skipped_lines(run.skipped))
    say(f"error: {line}" for line in run.errors)
    return EXIT_ERROR if run.errors else EXIT_CLEAN


def show_policy(file: str, request: Request) -> None:
    """Print the policy of a file, the environments of its objects, and the reasons."""
    _print_lines(_policy_lines(file, request))


def _print_lines(lines: Iterable[str]) -> None:
    print_text("".join(f"{line}\n" for line in lines), sys.stdout)


def _policy_lines(file: str, request: Request) -> Iterator[str]:
    """Yield the policy of a file, the environments of its objects, and the reasons.

    The file need not exist: then only its path decides.
    """
    if request.paths or file == STDIN:
        message = "--show-policy takes the one FILE and no PATH"
        raise UsageError(message)
    cwd = os.getcwd()
    path = files.absolute(file, cwd)
    files.bound_of(file, cwd, files.displayed(path, cwd))
    if os.path.isdir(path):
        message = f"--show-policy {shown_path(file)}: that is a folder; name a file in it"
        raise UsageError(message)
    ref = request.policy_from
    origin = None if ref is None else files.AtCommit(ref, cwd)
    policies = files.Policies(RULES, cwd, request.policy, origin, request.harbor)
    governing = policies.for_file(path)
    run = Run(request._replace(paths=(path,))) if os.path.exists(path) else None
    yield shown_path(files.displayed(path, cwd))
    yield _labelled("policy", f"{shown_path(governing.shown)} ({_found(governing, request)})")
    relative = governing.match_path(path)
    yield _labelled("path", f"{shown_path(relative)}, which the policy's globs are held against")
    yield _labelled("linted", _linted(run))
    objects = _objects(run) if run is not None else {}
    for error in () if run is None else run.errors:
        yield _labelled("error", shown(error, _ERROR_MAX))
    builds = () if run is None else run.around.context_of(path).builds
    for kube_object, images in objects.items():
        yield ""
        yield f"{_named(kube_object)}: {counted(images, 'image')}"
        where = Where(relative, () if is_cluster_scoped(kube_object) else builds)
        yield from _environments(
            governing, request, where, kube_object.namespace, kube_object.labels
        )
    if not objects:
        yield ""
        yield "An object without namespace and labels"
        yield from _environments(governing, request, Where(relative, builds), None, {})


def _found(governing: GoverningPolicy, request: Request) -> str:
    if request.policy is not None:
        return "given by --policy"
    if governing.is_built_in:
        return f"no {files.POLICY_NAME} stands above the file"
    return "the nearest above the file"


def _linted(run: Run | None) -> str:
    if run is None:
        return "no: there is no such file"
    return "yes" if run.inputs else f"no: {shown(run.skipped[0].reason)}"


def _objects(run: Run) -> dict[KubeObject, int]:
    """Count the images of each object; the reason of an environment is the same for an object."""
    counts: dict[KubeObject, int] = {}
    for result in run.results():
        for image in result.images:
            counts[image.object] = counts.get(image.object, 0) + 1
    return counts


def _named(kube_object: KubeObject) -> str:
    name = "" if kube_object.name is None else f"/{kube_object.name}"
    where = "" if kube_object.namespace is None else f" in namespace {kube_object.namespace}"
    return shown(f"{kube_object.kind or 'object'}{name}{where}")


def _environments(
    governing: GoverningPolicy,
    request: Request,
    where: Where,
    namespace: str | None,
    labels: Mapping[str, str],
) -> Iterator[str]:
    policy = governing.policy
    placement = Placement(policy, request.environment)
    found = placement.environments(where.path, namespace, labels, where.builds)
    default = "nothing matches"
    if len(found) > 1 and where.builds:
        default += " in one of its builds"
    for one in found:
        reasons = [*one.match.reasons(where.path, namespace, labels)]
        reasons += _as_built(one, where, is_placed=namespace is not None)
        if request.environment is not None:
            reasons = ["given by --env"]
        assert reasons or one == policy.default
        yield _labelled(one.name, "; ".join(map(shown, reasons)) or f"{default}, so the default")


def _as_built(environment: Environment, where: Where, *, is_placed: bool) -> Iterator[str]:
    """Yield why an environment matches an object as built; for each reason, one namespace."""
    match, known = environment.match, set[str]()
    at_path = frozenset(match.reasons(where.path, None, {}))
    found = (names for names, _ in steps(where.builds, is_placed=is_placed))
    for namespace in sorted(frozenset[str]().union(*found)):
        for reason in match.reasons(where.path, namespace, {}):
            if reason not in at_path and reason not in known:
                known.add(reason)
                yield reason.replace("its namespace", f"its namespace {namespace} in a build", 1)


def _labelled(label: str, text: str) -> str:
    return f"  {shown(label):{_LABEL}}{text}"
