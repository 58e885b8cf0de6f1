"""The results of a run as data: one :class:`FileResult` per file, one :class:`Report` per run.

The engine creates them, the formats render them. No I/O, no rules.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Final

from imagelint.model.excerpt import Excerpt
from imagelint.model.finding import Severity
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from imagelint.model.finding import Finding, KubeObject, Skipped
    from imagelint.model.reference import ImageReference
    from imagelint.model.source import Edit, Span

    LineHashes: TypeAlias = Callable[[Source, Iterable[int]], Mapping[int, str]]

__all__ = [
    "BASELINE",
    "NO_FACTS",
    "Account",
    "Facts",
    "FileResult",
    "ImageRecord",
    "PolicyStamp",
    "Report",
    "RuleText",
    "Suppressed",
    "Told",
    "joined",
    "light",
    "settled",
    "told",
]


class ImageRecord(NamedTuple):
    """One image site and its verdict: a row of the inventory.

    ``image`` is the value as Kubernetes reads it: a string, or another JSON value (None, a
    number, a boolean) if the manifest has that instead. ``environments`` lists all that
    apply; ``allowed`` says whether all of them allow the image, None if the value cannot be
    judged. ``rewrite`` is what ``imagelint fix`` would write, if anything. ``template`` is the
    Helm template that produced the document, with unprintable characters escaped.
    """

    path: str
    span: Span
    object: KubeObject
    field: str
    container: str | None
    role: str
    image: str | float | bool | None
    reference: ImageReference | None
    environments: tuple[str, ...]
    allowed: bool | None
    rewrite: str | None
    by_shape: bool = False
    template: str | None = None


BASELINE: Final = "baseline"
"""The value of :attr:`Suppressed.by` for findings that the baseline lists."""


class Suppressed(NamedTuple):
    """A suppressed finding: what suppresses it (``by``) and the reason.

    ``by`` is ``comment``, ``exception`` or ``baseline``; ``until`` is the last day on which it
    applies, if any (``2027-01-31``, UTC); ``place`` is where it is written (``imagelint.yaml:12``).
    """

    finding: Finding
    by: str
    reason: str
    until: str | None = None
    place: str | None = None


class PolicyStamp(NamedTuple):
    """The policy of the run: ``path`` None means the built-in policy; ``data`` is its bytes."""

    path: str | None
    data: bytes

    @property
    def sha256(self) -> str:
        """The SHA-256 digest of the policy file, in hex."""
        import hashlib  # noqa: PLC0415 - loads OpenSSL, and few formats need it

        return hashlib.sha256(self.data).hexdigest()


class RuleText(NamedTuple):
    """The description of a rule, for formats that include it; ``severity`` is its default."""

    id: str
    summary: str
    severity: Severity
    why: str
    remedy: str
    bad: tuple[str, ...] = ()
    good: tuple[str, ...] = ()


class Account(NamedTuple):
    """A ServiceAccount; ``namespace`` is None if its manifest does not set one."""

    namespace: str | None
    name: str


class Facts(NamedTuple):
    """Facts from one source that are needed to judge other sources; small, and mostly empty.

    ``accounts`` are the ServiceAccounts that name a pull secret. Each pair in ``waiting`` holds a
    finding and an account: the finding is dropped if the account is among them.
    """

    accounts: tuple[Account, ...] = ()
    waiting: tuple[tuple[Finding, Account], ...] = ()


NO_FACTS: Final = Facts()


class Told(NamedTuple):
    """Findings that a worker already rendered as text, and the counts that the report needs.

    Neither they nor their source are sent on, which saves half of the cost of findings.
    """

    text: str
    counts: tuple[int, ...]
    """The number of findings of each severity, worst first."""
    fixable: int


class FileResult(NamedTuple):
    """All results for one source.

    ``documents`` counts the documents that were examined, ``proven_free`` those that were
    shown to hold no image without being parsed.
    """

    source: Source
    documents: int
    proven_free: int
    findings: tuple[Finding, ...]
    images: tuple[ImageRecord, ...]
    suppressed: tuple[Suppressed, ...] = ()
    policy: PolicyStamp | None = None
    facts: Facts = NO_FACTS
    used: frozenset[int] = frozenset()
    """The numbers of the policy's exceptions that matched."""
    unlisted: int = 0
    """The number of images that are not in ``images``, because no format needs the list."""
    may_select: bool = False
    """Whether an object other than a kustomization may select images by name."""
    told: Told | None = None
    """The first findings, already rendered as text; they are no longer in ``findings``."""

    @property
    def image_count(self) -> int:
        """The number of images."""
        return len(self.images) + self.unlisted

    @property
    def repaired(self) -> tuple[Finding, ...]:
        """The findings that have a fix, with those that the baseline lists."""
        known = (one.finding for one in self.suppressed if one.by == BASELINE)
        return (*self.findings, *known)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits that fix them."""
        return tuple(edit for finding in self.repaired if finding.fix for edit in finding.fix.edits)

    @property
    def path(self) -> str:
        """The path that findings name."""
        return self.source.path


def told(result: FileResult, text: str) -> FileResult:
    """Return a result whose findings are already rendered; drop the findings and the source."""
    fixable = sum(finding.fix is not None for finding in result.findings)
    words = Told(text, _by_rank(result.findings), fixable)
    return result._replace(source=Source(result.path, b""), findings=(), told=words)


def _by_rank(findings: Iterable[Finding]) -> tuple[int, ...]:
    """Count findings by severity, worst first."""
    counts = [0] * len(Severity)
    for finding in findings:
        counts[finding.severity.rank] += 1
    return tuple(counts)


def settled(
    waiting: Iterable[tuple[Finding, Account]], accounts: Collection[Account]
) -> frozenset[Finding]:
    """Return the findings that are none, since their service account names a secret."""
    if not accounts:
        return frozenset()
    return frozenset(finding for finding, account in waiting if _is_among(account, accounts))


def _is_among(account: Account, accounts: Iterable[Account]) -> bool:
    """Whether an account is one of these; what states no namespace may be in any."""
    return any(
        account.name == other.name
        and (None in (account.namespace, other.namespace) or account == other)
        for other in accounts
    )


def light(result: FileResult, line_hashes: LineHashes | None = None) -> FileResult:
    """Return a result that keeps only the parts of its source that a report may show.

    ``line_hashes`` computes hashes of the lines with findings, for formats that need them.
    """
    source = result.source
    if result.told is not None or isinstance(source, Excerpt):
        return result
    findings = [*result.findings, *(one.finding for one in result.suppressed)]
    spans = [one.span for one in result.images]
    spans += [edit.span for one in findings if one.fix is not None for edit in one.fix.edits]
    lines = [one.span for one in findings]
    if not (spans or lines):
        return result._replace(source=Source(result.path, b""))
    hashes: Mapping[int, str] = {}
    if line_hashes is not None:
        hashes = line_hashes(source, [source.line_number(span.start) for span in lines])
    return result._replace(source=Excerpt(source, spans, lines, hashes))


def joined(source: Source, parts: Sequence[FileResult]) -> FileResult:
    """Combine the results of the parts of a source, given in the order of the source."""
    return parts[0]._replace(
        source=source,
        documents=sum(part.documents for part in parts),
        proven_free=sum(part.proven_free for part in parts),
        findings=tuple(one for part in parts for one in part.findings),
        images=tuple(one for part in parts for one in part.images),
        suppressed=tuple(one for part in parts for one in part.suppressed),
        used=frozenset(one for part in parts for one in part.used),
        unlisted=sum(part.unlisted for part in parts),
        told=_joined([part.told for part in parts if part.told is not None]),
        facts=Facts(
            tuple(dict.fromkeys(one for part in parts for one in part.facts.accounts)),
            tuple(one for part in parts for one in part.facts.waiting),
        ),
    )


def _joined(parts: Sequence[Told]) -> Told | None:
    if not parts:
        return None
    counts = tuple(map(sum, zip(*(part.counts for part in parts), strict=True)))
    return Told("\n".join(part.text for part in parts), counts, sum(part.fixable for part in parts))


class Report(NamedTuple):
    """A whole run, in the order of its files.

    ``errors`` are messages about files that could not be read or written; they set
    the exit code to 2 and suppress no findings.
    """

    results: tuple[FileResult, ...]
    skipped: tuple[Skipped, ...] = ()
    errors: tuple[str, ...] = ()
    policy: PolicyStamp | None = None
    fixed: tuple[str, ...] = ()
    """Paths that ``imagelint fix`` rewrote."""
    rules: tuple[RuleText, ...] = ()
    """The rules of this run, by id."""

    @property
    def findings(self) -> Iterator[tuple[Source, Finding]]:
        """Every finding with its source, by file and then by place.

        Raises ``ValueError`` if some were already rendered (``told``): no format may miss them.
        """
        for result in self.results:
            if result.told is not None:
                message = f"the findings in {result.path} were told already"
                raise ValueError(message)
            for finding in result.findings:
                yield result.source, finding

    def counts(self) -> Counter[Severity]:
        """Count the findings of each severity."""
        here = _by_rank(self._found())
        told = [result.told.counts for result in self.results if result.told is not None]
        totals = map(sum, zip(here, *told, strict=True))
        return +Counter(dict(zip(Severity, totals, strict=True)))

    @property
    def fixable(self) -> int:
        """The number of findings that ``imagelint fix`` would fix."""
        told = [result.told.fixable for result in self.results if result.told is not None]
        return sum(told) + sum(finding.fix is not None for finding in self._found())

    def _found(self) -> Iterator[Finding]:
        """Yield the findings that are not rendered yet; most results have none."""
        return chain.from_iterable([one.findings for one in self.results if one.findings])

    @property
    def image_count(self) -> int:
        """The number of images."""
        return sum([result.image_count for result in self.results])

    def has_at_least(self, severity: Severity | None) -> bool:
        """Whether a finding is at least as bad as ``severity``; None means "never"."""
        if severity is None:
            return False
        return any(found.at_least(severity) for found in self.counts())
