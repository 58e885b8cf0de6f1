"""The baseline: known findings of an existing repository, so that only new ones fail.

``imagelint-baseline.json`` is next to the policy::

    {"version": 1, "findings": [
      {"path": "prod/web.yaml", "rule": "floating-tag", "environment": "prod",
       "object": "apps/Deployment/shop/web", "container": "web", "image": "nginx", "count": 1}
    ]}

A finding is known by what it says of an image, not by where it stands: documents, containers and
lines may move, and so may the whole file. An image is known by what it is upstream, so that it is
the same one once ``fix`` has brought it behind Harbor. What is wrong with it there alone (no pull
secret) is known as well, as ``fix`` has caused it. ``count`` is how many equal ones there were;
one more is new. Paths are relative to the policy's folder. Pure.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from imagelint.model.errors import PolicyError
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.report import BASELINE, Suppressed

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping
    from typing import TypeAlias

    from imagelint.model.finding import Finding, KubeObject
    from imagelint.model.report import FileResult
    from imagelint.model.source import Source

    Upstream: TypeAlias = Callable[[str, str], str]
    """The upstream name of an image in an environment, which is given by its name."""

__all__ = ["Baseline", "Identity", "Known", "OnHarbor", "excused_by_baseline", "identity_of"]
__all__ += ["known_findings", "settled"]

_VERSION = 1
_ANEW = "rewrite it with `imagelint baseline write`"
_INDEX = re.compile(r"\[\d+\]")
_TEXTS = ("path", "rule", "environment", "object", "container", "image")


class Identity(NamedTuple):
    """What makes two findings the same; a field is empty if the finding has no value for it."""

    path: str
    rule: str
    environment: str
    object: str
    """``GROUP/KIND/NAMESPACE/NAME``."""
    container: str
    """The container's name; without one, the field, with ``[]`` for its indexes."""
    image: str


def identity_of(finding: Finding, path: str) -> Identity:
    """Return the identity of a finding in the file ``path``, relative to the policy's folder."""
    return Identity(
        path,
        finding.rule,
        finding.environment or "",
        _object(finding.object),
        finding.container or _INDEX.sub("[]", finding.field or ""),
        finding.image or "",
    )


def _object(kube_object: KubeObject | None) -> str:
    if kube_object is None:
        return ""
    parts = (kube_object.group, kube_object.kind, kube_object.namespace, kube_object.name)
    return "/".join(part or "" for part in parts)


class Baseline:
    """How often each finding is known."""

    def __init__(
        self, counts: Mapping[Identity, int], place: str = "", problem: PolicyError | None = None
    ) -> None:
        """Keep the counts; ``place`` is the file's path, for messages.

        ``problem`` says why the file cannot be used; ``counts`` are what could be read of it.
        """
        self.counts = dict(counts)
        self.place = place
        self.problem = problem
        self._by_path: dict[str, Counter[Identity]] = {}
        for identity, count in counts.items():
            self._by_path.setdefault(identity.path, Counter())[identity] = count

    @property
    def paths(self) -> Iterable[str]:
        """The paths of files with known findings."""
        return self._by_path.keys()

    def excused(
        self,
        findings: Iterable[Finding],
        path: str,
        upstream: Upstream,
        on_harbor: tuple[tuple[str, ...], frozenset[str]],
        locked: Container[str],
    ) -> Iterator[tuple[Finding, Suppressed]]:
        """Yield the findings of one file that are known, and how they are suppressed.

        The parameters are those of :class:`Known` and :func:`known_findings`.
        """
        known = Known(self._by_path.get(path, {}), upstream, (), OnHarbor(*on_harbor))
        for finding, is_known in known_findings(findings, path, known, locked):
            if is_known:
                yield finding, excused_by_baseline(finding, self.place)

    @staticmethod
    def parse(source: Source) -> Baseline:
        """Read the file; raises PolicyError if imagelint did not write it."""
        found = Baseline.read(source)
        if found.problem is not None:
            raise found.problem
        return found

    @staticmethod
    def read(source: Source) -> Baseline:
        """Read the file, or what can be read of a broken one: each finding is on its own line.

        Raises PolicyError for another version.
        """
        counts: Counter[Identity] = Counter()
        try:
            value = json.loads(source.data)
        except (ValueError, RecursionError) as error:
            for line in _both_sides(source.data.decode("utf-8", "replace").splitlines()):
                with suppress(ValueError, RecursionError):
                    entry = json.loads(line.strip().rstrip(","))
                    if _is_finding(entry):  # both sides of a merge conflict may have it
                        identity = _identity(entry)
                        counts[identity] = max(counts[identity], entry["count"])
            broken = PolicyError(f"not JSON ({error}); {_ANEW}", source.path)
            return Baseline(counts, source.path, broken)
        if not isinstance(value, dict) or value.get("version") != _VERSION:
            message = f"not a baseline of version {_VERSION}; was it written by another imagelint?"
            raise PolicyError(message, source.path)
        findings = value.get("findings")
        problem: PolicyError | None = None
        if not isinstance(findings, list):
            problem = PolicyError(f'the list "findings" is missing; {_ANEW}', source.path)
            findings = []
        for number, entry in enumerate(findings):
            if _is_finding(entry):
                counts[_identity(entry)] += entry["count"]
            elif problem is None:
                message = (
                    f"findings[{number}] is not a finding: {', '.join(_TEXTS)} must be texts and"
                    f" count a number above 0; {_ANEW}"
                )
                problem = PolicyError(message, source.path)
        return Baseline(counts, source.path, problem)

    def render(self) -> str:
        """Return the file: one finding a line, sorted, so that a diff shows what changed."""
        lines = [
            json.dumps({**identity._asdict(), "count": count}, ensure_ascii=True)
            for identity, count in sorted(self.counts.items())
        ]
        body = ",\n".join(f"  {line}" for line in lines)
        return f'{{"version": {_VERSION}, "findings": [\n{body}\n]}}\n'

    @staticmethod
    def made_of(identities: Iterable[Identity]) -> Baseline:
        """Count what was found."""
        return Baseline(Counter(identities))


def _both_sides(lines: Iterable[str]) -> Iterator[str]:
    """Leave out what both sides of a conflict had before (``diff3``): each of them has changed it.

    It stands between ``|||||||`` and as many ``=``; in it there may be conflicts with longer marks.
    """
    end: str | None = None
    for line in lines:
        mark = re.match(r"\|{7,}(?= |\Z)", line) if end is None else None
        if mark is not None:
            end = "=" * len(mark[0])
        if end is None:
            yield line
        elif line.rstrip() == end:
            end = None


def _is_finding(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and all(isinstance(entry.get(key), str) for key in _TEXTS)
        and isinstance(entry.get("count"), int)
        and not isinstance(entry["count"], bool)
        and entry["count"] > 0
    )


def _identity(entry: Mapping[str, str]) -> Identity:
    return Identity(*(entry[key] for key in _TEXTS))


class OnHarbor(NamedTuple):
    """What a repair that brings an image to Harbor changes about what rules find."""

    movers: tuple[str, ...] = ()
    """The rules whose repairs do so."""
    found: frozenset[str] = frozenset()
    """The rules that may find something in the image there alone: about pull secrets."""


NOWHERE = OnHarbor()


class Known:
    """The known findings that are still to be found: each match counts one down."""

    def __init__(
        self,
        counts: Mapping[Identity, int],
        upstream: Upstream,
        gone: Container[str] = (),
        on_harbor: OnHarbor = NOWHERE,
    ) -> None:
        """Start with ``counts``; ``gone`` are paths of files that no longer exist.

        What is known of those may be found in any other file, for they may have been renamed.
        What ``on_harbor`` says of rules makes known what ``fix`` has caused.
        """
        self._upstream = upstream
        self._on_harbor = on_harbor
        self._written = {_of_any_rule(identity) for identity in counts} if on_harbor.found else ()
        self._caused: Counter[Identity] = Counter()
        self._movable: Counter[Identity] = Counter()
        self._here: Counter[Identity] = Counter()
        self._moved: Counter[Identity] = Counter()
        for identity, count in counts.items():
            key = self._key(identity)
            if identity.path in gone:
                self._moved[_anywhere(key)] += count
            else:
                self._here[key] += count
            if identity.rule in on_harbor.movers and on_harbor.found:
                self._movable[_anywhere(key) if identity.path in gone else key] += count

    def _key(self, identity: Identity) -> Identity:
        return identity._replace(image=self._upstream(identity.image, identity.environment))

    def take(self, identity: Identity, count: int = 1) -> int:
        """Match up to ``count`` findings and return how many of them are known."""
        key = self._key(identity)
        here = min(count, self._here[key])
        self._here[key] -= here
        moved = min(count - here, self._moved[_anywhere(key)])
        self._moved[_anywhere(key)] -= moved
        taken = here + moved
        if taken < count and identity.rule in self._on_harbor.found:
            taken += self._take_caused(identity, key, count - taken)
        return taken

    def _take_caused(self, identity: Identity, key: Identity, count: int) -> int:
        """Take what a rule finds in an image that a repair of a known finding has moved.

        The image is not the one that the baseline names, and is the same one upstream.
        """
        if _of_any_rule(identity) in self._written:
            return 0
        taken = 0
        for one in (key, _anywhere(key)):
            known = max(self._movable[one._replace(rule=rule)] for rule in self._on_harbor.movers)
            more = min(count - taken, known - self._caused[one])
            self._caused[one] += more
            taken += more
        return taken

    def left(self, *, with_moved: bool) -> int:
        """Return how many entries were not all found, with or without those of gone files."""
        counts = [*self._here.values(), *(self._moved.values() if with_moved else ())]
        return sum(count > 0 for count in counts)


def _of_any_rule(identity: Identity) -> Identity:
    return identity._replace(path="", rule="")


def _anywhere(identity: Identity) -> Identity:
    """Drop the folder, or the whole path if the finding names an object or an image."""
    is_told = identity.object or identity.image
    return identity._replace(path="" if is_told else identity.path.rpartition("/")[2])


def known_findings(
    findings: Iterable[Finding], path: str, known: Known, locked: Container[str]
) -> Iterator[tuple[Finding, bool]]:
    """Yield each finding, in order, and whether the baseline has it; counts ``known`` down.

    ``path`` is the file's, relative to the policy's folder. Findings of ``locked`` rules are never
    known.
    """
    for finding in findings:
        is_open = finding.rule not in locked
        yield finding, is_open and bool(known.take(identity_of(finding, path)))


def settled(
    results: Iterable[FileResult],
    paths: Mapping[str, str],
    known: Known,
    place: str,
    locked: Container[str],
) -> Iterator[FileResult]:
    """Yield the results of a run, with known findings of renamed files suppressed.

    ``paths`` maps the shown path of each result that uses this baseline to its path relative to the
    policy's folder; ``place`` is the baseline's path. ``known`` has the known findings of these
    files and of files that are gone; what is left in it afterwards is no longer found.
    """
    results = tuple(results)
    for result in results:
        for one in result.suppressed if result.path in paths else ():
            if one.by == BASELINE:
                known.take(identity_of(one.finding, paths[result.path]))
    for result in results:
        if not result.findings or result.path not in paths:
            yield result
            continue
        found = list(known_findings(result.findings, paths[result.path], known, locked))
        excused = [excused_by_baseline(one, place) for one, is_known in found if is_known]
        if excused:
            yield result._replace(
                findings=tuple(one for one, is_known in found if not is_known),
                suppressed=(*result.suppressed, *excused),
            )
        else:
            yield result


def excused_by_baseline(finding: Finding, place: str) -> Suppressed:
    """Return a finding as suppressed by the baseline at ``place``."""
    return Suppressed(finding, BASELINE, "known before", None, place)
