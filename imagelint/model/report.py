"""What a run has found out, as data: one :class:`FileResult` a file, one :class:`Report` a run.

The engine makes them, the formats render them. No I/O, no judgement.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Final

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
    """One image site and the verdict on it: a row of the inventory.

    ``image`` is the value as Kubernetes reads it: a string, or the JSON value of
    whatever stands there instead (None, a number, a boolean). ``environments`` are
    all that apply; ``allowed`` says whether each of them allows the image, None where
    the value cannot be judged. ``rewrite`` is what fix would write, if anything.
    ``template`` is the Helm template that the document was rendered from, fit to be shown.
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
"""What :attr:`Suppressed.by` reads for what is known and still to be worked off."""


class Suppressed(NamedTuple):
    """A finding that somebody excused: who (``by``) and why.

    ``by`` is ``comment``, ``exception`` or ``baseline``; ``until`` the last day of it, if there is
    one (``2027-01-31``, UTC); ``place`` where the excuse is written (``imagelint.yaml:12``).
    """

    finding: Finding
    by: str
    reason: str
    until: str | None = None
    place: str | None = None


class PolicyStamp(NamedTuple):
    """Which policy judged: ``path`` None means the built-in one; ``data`` are its bytes."""

    path: str | None
    data: bytes

    @property
    def sha256(self) -> str:
        """The digest of the file, in hex."""
        import hashlib  # noqa: PLC0415 - loads OpenSSL, and few formats show it

        return hashlib.sha256(self.data).hexdigest()


class RuleText(NamedTuple):
    """What a rule says of itself, for formats that carry it along; ``severity`` its default."""

    id: str
    summary: str
    severity: Severity
    why: str
    remedy: str
    bad: tuple[str, ...] = ()
    good: tuple[str, ...] = ()


class Account(NamedTuple):
    """A ServiceAccount; ``namespace`` is None where it states none."""

    namespace: str | None
    name: str


class Facts(NamedTuple):
    """What one source tells that only the whole run can judge: small, and mostly empty.

    ``accounts`` name a pull secret. Of each pair in ``waiting``, the finding is none if the
    account turns out to be one of those.
    """

    accounts: tuple[Account, ...] = ()
    waiting: tuple[tuple[Finding, Account], ...] = ()


NO_FACTS: Final = Facts()


class Told(NamedTuple):
    """Findings that were put into words where they were found, and what a report adds up of them.

    They and their source go no further then, which is half of what findings cost.
    """

    text: str
    counts: tuple[int, ...]
    """How many there are of each severity, worst first."""
    fixable: int


class FileResult(NamedTuple):
    """Everything that one source gave.

    ``documents`` counts those that were examined, ``proven_free`` those that were
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
    """Which of the policy's exceptions were needed, by their number."""
    unlisted: int = 0
    """How many images there are that ``images`` does not list, as nobody has asked for them."""
    may_select: bool = False
    """Whether something in it but a kustomization may select images by name."""
    roles: tuple[object, ...] = ()
    """What kustomizations take the file for, as the reader has it: to read it again."""
    told: Told | None = None
    """Findings that are not in ``findings`` any more: those that were there at first."""

    @property
    def image_count(self) -> int:
        """How many images there are."""
        return len(self.images) + self.unlisted

    @property
    def repaired(self) -> tuple[Finding, ...]:
        """The findings that fix repairs where it can: what the baseline knows is among them."""
        known = (one.finding for one in self.suppressed if one.by == BASELINE)
        return (*self.findings, *known)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """What repairs them."""
        return tuple(edit for finding in self.repaired if finding.fix for edit in finding.fix.edits)

    @property
    def path(self) -> str:
        """The path that findings name."""
        return self.source.path


def told(result: FileResult, text: str) -> FileResult:
    """Return a result whose findings were put into words; neither they nor its source are kept."""
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
    """Return a result that keeps of its source what a report may show.

    ``line_hashes`` is what a format wants to know of the lines with findings.
    """
    from imagelint.model.excerpt import Excerpt  # noqa: PLC0415 - text needs none

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
    """Put the results of a source's parts together, which come in its order."""
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

    ``errors`` are messages about files that could not be read or written; they make
    the exit code 2 but silence nothing.
    """

    results: tuple[FileResult, ...]
    skipped: tuple[Skipped, ...] = ()
    errors: tuple[str, ...] = ()
    policy: PolicyStamp | None = None
    fixed: tuple[str, ...] = ()
    """Paths that fix rewrote."""
    rules: tuple[RuleText, ...] = ()
    """The rules of this run, by id."""

    @property
    def findings(self) -> Iterator[tuple[Source, Finding]]:
        """Every finding with its source, by file and then by place.

        Raises ``ValueError`` where some were told already: no format may miss them.
        """
        for result in self.results:
            if result.told is not None:
                message = f"the findings in {result.path} were told already"
                raise ValueError(message)
            for finding in result.findings:
                yield result.source, finding

    def counts(self) -> Counter[Severity]:
        """How many findings of each severity."""
        here = _by_rank(self._found())
        told = [result.told.counts for result in self.results if result.told is not None]
        totals = map(sum, zip(here, *told, strict=True))
        return +Counter(dict(zip(Severity, totals, strict=True)))

    @property
    def fixable(self) -> int:
        """How many findings ``imagelint fix`` would repair."""
        told = [result.told.fixable for result in self.results if result.told is not None]
        return sum(told) + sum(finding.fix is not None for finding in self._found())

    def _found(self) -> Iterator[Finding]:
        """Yield what was not told; most results have nothing."""
        return chain.from_iterable([one.findings for one in self.results if one.findings])

    @property
    def image_count(self) -> int:
        """How many images there are."""
        return sum([result.image_count for result in self.results])

    def has_at_least(self, severity: Severity | None) -> bool:
        """Whether a finding is as bad as ``severity``; None stands for "never"."""
        if severity is None:
            return False
        return any(found.at_least(severity) for found in self.counts())
