"""Likely mistakes in a valid policy: what can never match, overlaps, or is too broad.

For ``imagelint policy check``. An :class:`Advice` names its place by keys (``environments``,
``prod``, ``allow``) and the text there; the caller finds the line. Pure.
"""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import combinations
from typing import TYPE_CHECKING, Final

from imagelint.model.finding import Severity
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import shown
from imagelint.patterns.images import InvalidPattern, RegistryPattern
from imagelint.patterns.overlap import shared_name, shared_path
from imagelint.policy.locks import Locks
from imagelint.policy.oversights import (
    hidden_images,
    is_of_another_port,
    never_below,
    project_meaning,
    width,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.model.source import Source, Span
    from imagelint.patterns.harbor import Project
    from imagelint.policy.environments import Environment, Match
    from imagelint.policy.exceptions import PolicyException
    from imagelint.policy.policy import Policy
    from imagelint.rules.rule import Rule

__all__ = ["Advice", "advise"]

_GATE: Final = "unapproved-registry"
_NAMESPACE: Final = re.compile(r"[a-z0-9*?-]+")
_LABEL: Final = re.compile(r"[A-Za-z0-9*?._-]*")
_LABEL_KEY: Final = re.compile(r"(?:[a-z0-9.-]+/)?[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_LEAKS: Final = ("default", "exclude", "exceptions", "ignore-fields")


class Advice(NamedTuple):
    """A possible mistake: a warning probably is one, a note may not be one."""

    severity: Severity
    keys: tuple[str, ...]
    text: str | None
    """The item of the list at ``keys``, as written."""
    message: str
    at: tuple[Source, Span] | None = None
    """Its position, if known."""


def advise(
    policy: Policy, rules: Mapping[str, Rule], today: str, catalogue: Catalogue
) -> Iterator[Advice]:
    """Yield all advice about a policy on a day (``2027-01-31``, UTC).

    ``catalogue`` has the built-in kinds.
    """
    for environment in policy.environments:
        yield from _about_gate(environment)
        yield from _about_ports(environment, policy)
        yield from _about_match(environment, policy)
        yield from _about_rules(environment, policy, rules)
    if policy.default.gate.is_open:
        name = policy.default.name
        message = f"{name} allows everything, so what matches no environment may run any image"
        yield _warning(("default",), None, message)
    yield from _about_overlaps(policy)
    yield from _about_projects(policy)
    for glob in policy.exclude.patterns:
        useless = never_below(glob)
        if useless is not None:
            yield _warning(("exclude",), glob.text, useless)
    yield from _about_ignored_fields(policy, catalogue)
    for exception in policy.exceptions:
        for severity, message in _about_exception(exception, policy, rules, today):
            yield Advice(
                severity, ("exceptions",), None, message, (exception.source, exception.span)
            )
    yield from _about_locks(policy)


def _warning(keys: tuple[str, ...], text: str | None, message: str) -> Advice:
    return Advice(Severity.WARNING, keys, text, message)


def _note(keys: tuple[str, ...], text: str | None, message: str) -> Advice:
    return Advice(Severity.NOTE, keys, text, message)


def _about_gate(environment: Environment) -> Iterator[Advice]:
    keys = ("environments", environment.name, "allow")
    gate = environment.gate
    if not gate.allow:
        yield _note(keys, None, f"{environment.name} allows nothing")
    for number, pattern in enumerate(gate.allow):
        denied = next((denial for denial in gate.deny if pattern.is_within(denial)), None)
        if denied is not None:
            message = (
                f"{shown(str(pattern))} can never be allowed, because deny has {shown(str(denied))}"
            )
            yield _warning(keys, pattern.text, message)
        others = (*gate.allow[:number], *gate.allow[number + 1 :])
        wider = next((one for one in others if pattern.is_within(one)), None)
        if wider == pattern:
            if pattern in gate.allow[:number]:
                yield _note(keys, pattern.text, f"{shown(str(pattern))} is listed twice")
        elif wider is not None:
            message = f"{shown(str(pattern))} is redundant: {shown(str(wider))} is allowed"
            yield _note(keys, pattern.text, message)


def _about_ports(environment: Environment, policy: Policy) -> Iterator[Advice]:
    gate = environment.gate
    for key, patterns in (("allow", gate.allow), ("deny", gate.deny)):
        for pattern in patterns:
            message = is_of_another_port(pattern, policy.harbors, patterns)
            if message is not None:
                yield _warning(("environments", environment.name, key), pattern.text, message)


def _about_match(environment: Environment, policy: Policy) -> Iterator[Advice]:
    keys = ("environments", environment.name, "match")
    matches = list(_all(environment.match))
    if not any(match.namespaces or match.paths.patterns or match.labels for match in matches):
        if environment.name != policy.default.name:
            message = f"{environment.name} matches nothing; only `--env` selects it"
            yield _note(("environments", environment.name), None, message)
        return
    for match in matches:
        for glob in match.paths.patterns:
            useless = never_below(glob)
            if useless is not None:
                yield _warning((*keys, "paths"), glob.text, useless)
        for name in match.namespaces:
            if _NAMESPACE.fullmatch(name.text) is None:
                message = (
                    f"{shown(name.text)} can never match: a namespace has only lower-case"
                    " letters, digits and -"
                )
                yield _warning((*keys, "namespaces"), name.text, message)
        for key, value in match.labels:
            if _LABEL_KEY.fullmatch(key) is None or _LABEL.fullmatch(value.text) is None:
                message = (
                    f"{shown(key)}: {shown(value.text)} can never match: it is not a valid label"
                )
                yield _warning((*keys, "labels", key), None, message)


def _all(match: Match | None) -> Iterator[Match]:
    while match is not None:
        yield match
        match = match.base


def _about_rules(
    environment: Environment, policy: Policy, rules: Mapping[str, Rule]
) -> Iterator[Advice]:
    if not environment.gate.is_open and policy.severity(rules[_GATE], environment) is Severity.OFF:
        message = f"{_GATE} is off in {environment.name}, so its allow list has no effect"
        yield _warning(("environments", environment.name), None, message)


def _about_overlaps(policy: Policy) -> Iterator[Advice]:
    for first, other in combinations(policy.environments, 2):
        common = _shared(first.match, other.match)
        if common is not None:
            message = (
                f"{first.name} and {other.name} overlap: {common} belongs to both and must satisfy"
                " both"
            )
            yield _note(("environments", other.name, "match"), None, message)


def _shared(first: Match, other: Match) -> str | None:
    """Return an example, in words, of what two environments both match by the same key."""
    for left in _all(first):
        for right in _all(other):
            for mine in left.namespaces:
                for theirs in right.namespaces:
                    found = shared_name(mine.text, theirs.text)
                    if found is not None:
                        return f"the namespace {shown(found)}"
            for path in left.paths.patterns:
                for glob in right.paths.patterns:
                    found = shared_path(path.text, glob.text)
                    if found is not None and path.anchor == glob.anchor:
                        return f"a file {shown(found)}"
    return None


def _about_projects(policy: Policy) -> Iterator[Advice]:
    for harbor in policy.harbors.harbors:
        for project in harbor.projects:
            keys = ("harbor", "projects", str(project.upstream))
            meaning = project_meaning(harbor, project)
            if meaning is not None:
                yield _note(keys, None, meaning)
            elif project.is_flat:
                message = f"{project.upstream} has no path that flattening could drop"
                yield _warning(keys, None, message)
            try:
                images = RegistryPattern.parse(f"{harbor.host}/{project.name}/**")
            except InvalidPattern:
                continue
            if not any(
                _may_allow(environment, images, project) for environment in policy.environments
            ):
                message = (
                    f"no environment allows {images}, so no image is ever rewritten to this project"
                )
                yield _warning(keys, None, message)


def _may_allow(environment: Environment, images: RegistryPattern, project: Project) -> bool:
    """Whether an environment may allow images of a Harbor project."""
    gate = environment.gate
    if any(images.is_within(one) for one in gate.deny):
        return False
    upstream = project.upstream
    below = f"{upstream.path}/**" if upstream.path else "**"
    with suppress(InvalidPattern):  # a host in upper case, which no pattern names
        source = RegistryPattern.parse(f"{upstream.registry}/{below}")
        if any(source.is_within(one) for one in gate.deny if one.names_repository):
            return False
    return any(images.is_within(one) or one.is_within(images) for one in gate.allow)


def _about_exception(
    exception: PolicyException, policy: Policy, rules: Mapping[str, Rule], today: str
) -> Iterator[tuple[Severity, str]]:
    if exception.has_expired(today):
        yield Severity.WARNING, f"it expired on {exception.until}"
    here = [policy.environment(name) for name in exception.environments] or list(
        policy.environments
    )
    where = ", ".join(exception.environments) or "every environment"
    for rule in exception.rules:
        if all(policy.severity(rules[rule], environment) is Severity.OFF for environment in here):
            yield Severity.WARNING, f"it has no effect: {rule} is off in {where}"
    if exception.rules == (_GATE,) and all(_allows(environment, exception) for environment in here):
        yield Severity.WARNING, f"it has no effect: {where} allows these images anyway"
    wide = width(exception)
    if wide is not None:
        yield Severity.WARNING, wide
    for glob in () if exception.paths is None else exception.paths.patterns:
        message = never_below(glob)
        if message is not None:
            yield Severity.WARNING, message
    for pattern in exception.objects:
        if pattern.kind is not None and re.match(r"[^A-Z*?]", pattern.kind.text):
            message = f"{shown(str(pattern))} can never match: kinds are written like Deployment"
            yield Severity.WARNING, message


def _allows(environment: Environment, exception: PolicyException) -> bool:
    """Whether an environment allows all images that an exception names."""
    gate = environment.gate
    if gate.is_open:
        return True
    return (
        bool(exception.images)
        and not gate.deny
        and all(
            any(pattern.is_within(allowed) for allowed in gate.allow)
            for pattern in exception.images
        )
    )


def _about_ignored_fields(policy: Policy, catalogue: Catalogue) -> Iterator[Advice]:
    known = catalogue.with_entries(policy.workloads)
    for ignored in policy.ignored_fields:
        for is_known, message in hidden_images(ignored, known):
            say = _warning if is_known else _note
            yield say(("ignore-fields",), ignored.reason, message)


def _about_locks(policy: Policy) -> Iterator[Advice]:
    locks = Locks(policy.locks)
    held = {name: locks.on(name) for name in _LEAKS}
    held["default"] = locks.on_default(policy.default.name)
    every = [locks.on(f"environments.{environment.name}") for environment in policy.environments]
    held["environments"] = next((lock for lock in every if lock is not None), None)
    open_ones = [name for name, lock in held.items() if lock is None]
    if policy.locks and open_ones:
        names = list(dict.fromkeys(lock.name for lock in policy.locks))
        message = (
            f"{_listed(names, 'and')} {'is' if len(names) == 1 else 'are'} locked, but"
            f" {_listed(open_ones, 'and')} {'is' if len(open_ones) == 1 else 'are'} not: a policy"
            f" that extends this one can still loosen the gate with {_listed(open_ones, 'or')}"
        )
        yield _note(("locked",), None, message)


def _listed(names: Sequence[str], word: str) -> str:
    *others, last = names
    return f"{', '.join(others)} {word} {last}" if others else last
