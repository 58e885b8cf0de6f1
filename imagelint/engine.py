"""Policy and source → findings and fixes; fixes → bytes. Pure: no I/O, no clock.

``Linter.lint`` judges one source, ``conclude`` adds what only the whole run can tell,
``Linter.fix`` makes the edits of a result and proves them by reading the outcome again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from imagelint.edits import NotEditableError, edit_scalar, place_of, uses_elsewhere
from imagelint.errors import ImagelintError
from imagelint.examine import ACTION, Examined, examine
from imagelint.finding import Finding, Fix, KubeObject
from imagelint.judge import Judge, Judged
from imagelint.nodes import Scalar
from imagelint.report import FileResult, ImageRecord
from imagelint.text import Edit, Source, Span, apply_edits
from imagelint.verify import difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from imagelint.catalogue import Catalogue
    from imagelint.policy import Environment, Policy
    from imagelint.report import PolicyStamp
    from imagelint.rules import Rule

__all__ = ["FixError", "Linter", "conclude"]

UNPARSABLE = "unparsable-document"
TEMPLATE = "unrendered-template"
DROPPED = "dropped-content"


class FixError(ImagelintError):
    """Edits that did not do what they should; nothing may be written."""


@dataclass(frozen=True, slots=True)
class _Repair:
    """How the scalar of a site becomes right: its edit, or why there is none."""

    edit: Edit | None
    reason: str | None = None


class Linter:
    """Judges sources by one policy."""

    def __init__(
        self,
        policy: Policy,
        rules: Mapping[str, Rule],
        catalogue: Catalogue,
        *,
        environment: str | None = None,
    ) -> None:
        """Judge by ``policy``; ``environment`` overrides its ``match`` (``--env``)."""
        self._policy = policy
        self._rules = rules
        self._catalogue = catalogue
        self._forced = environment
        self._judge = Judge(policy, rules)

    def lint(
        self,
        source: Source,
        match_path: str,
        *,
        chart: str | None = None,
        stamp: PolicyStamp | None = None,
    ) -> FileResult:
        """Judge one source.

        ``match_path`` is its path relative to the policy's folder, for path globs;
        ``chart`` the folder of the Helm chart whose template it is, if any.
        """
        examined, free = examine(source, self._catalogue)
        ill_formed = any(item.document.decoded.first_ill_formed is not None for item in examined)
        findings: list[Finding] = []
        images: list[ImageRecord] = []
        for item in examined:
            findings += self._about_document(item, match_path, chart)
            judged = [
                self._judge.judge(
                    item,
                    site,
                    self._environments(match_path, site.object),
                    in_chart=chart is not None,
                )
                for site in item.extract.sites
            ]
            repairs = _repairs(item, judged, ill_formed=ill_formed)
            for one in judged:
                span = place_of(item.document, one.site.node)
                repair = repairs.get(id(one.site.node))
                findings += _findings(item, one, span, repair)
                images.append(_record(item, one, span))
        if chart is not None:
            findings += self._about_template(source, match_path, chart)
        matches = [(item.document, node) for item in examined for node in item.extract.matches]
        return FileResult(
            source,
            len(examined),
            free,
            tuple(sorted(dict.fromkeys(findings), key=_order)),
            tuple(sorted(images, key=lambda record: record.span)),
            kustomize_names=tuple((node.value, place_of(doc, node)) for doc, node in matches),
            policy=stamp,
        )

    # --- documents --------------------------------------------------------------------

    def _about_document(self, item: Examined, path: str, chart: str | None) -> Iterator[Finding]:
        if item.refusals and item.is_manifest and not (item.is_template and chart is not None):
            offset, reason, by_kubectl = item.refusals[0]
            more = len(item.refusals) - 1
            also = f" (and {more} more)" if more else ""
            if item.is_template:
                message = (
                    f"this is a template that is not rendered yet: {reason}{also};"
                    " render it and lint the output"
                )
                yield from self._finding(TEMPLATE, item, path, offset, message)
            else:
                who = "kubectl refuses this document: " if by_kubectl else ""
                message = f"{who}{reason}{also}"
                yield from self._finding(UNPARSABLE, item, path, offset, message)
        if item.dropped_at is not None:
            message = (
                "what follows belongs to no document, and kubectl and kustomize ignore it"
                " without a word; put `---` on a line of its own in front of it, or remove it"
            )
            yield from self._finding(DROPPED, item, path, item.dropped_at, message)

    def _finding(
        self, rule_id: str, item: Examined, path: str, offset: int, message: str
    ) -> Iterator[Finding]:
        """Yield a finding about a document, as bad as the worst of its environments has it."""
        root = item.extract.root
        environments = self._environments(path, root)
        rule = self._rules[rule_id]
        worst = min(environments, key=lambda found: self._policy.severity(rule, found).rank)
        severity = self._policy.severity(rule, worst)
        if severity.value != "off":
            source = item.document.source
            place = Span(offset, offset)
            yield Finding(
                rule_id,
                severity,
                message,
                source.path,
                place,
                worst.name,
                root,
                template=item.template,
            )

    def _about_template(self, source: Source, path: str, chart: str) -> Iterator[Finding]:
        """Yield the one finding of a chart's template; ``conclude`` keeps one a chart."""
        offset = source.data.find(ACTION.encode(source.encoding))
        if offset < 0:
            return
        rule = self._rules[TEMPLATE]
        environments = self._environments(path, None)
        severity = min(
            (self._policy.severity(rule, found, in_chart=True) for found in environments),
            key=lambda found: found.rank,
        )
        if severity.value != "off":
            message = (
                f"a template of the Helm chart {chart}: what it renders is not judged here;"
                f" run `helm template {chart} | imagelint check -`"
            )
            yield Finding(TEMPLATE, severity, message, source.path, Span(offset, offset))

    def _environments(self, path: str, root: KubeObject | None) -> tuple[Environment, ...]:
        namespace, labels = (root.namespace, root.labels) if root is not None else (None, {})
        return self._policy.environments_for(path, namespace, labels, self._forced)

    # --- fix --------------------------------------------------------------------------

    def fix(self, source: Source, result: FileResult) -> bytes:
        """Return the source with the fixes of its findings made, proven by reading it again.

        Raises :class:`FixError` where the outcome is not what was meant: same
        documents, same trees but for the edited images, and those as intended.
        """
        edits = [edit for finding in result.findings if finding.fix for edit in finding.fix.edits]
        if not edits:
            return source.data
        data = apply_edits(source, edits)
        wrong = difference(source, Source(source.path, data), edits, result, self._catalogue)
        if wrong is not None:
            message = f"{source.path}: not fixed, nothing was written: {wrong}"
            raise FixError(message)
        return data


def _order(finding: Finding) -> tuple[Span, int, str, str]:
    return finding.span, finding.severity.rank, finding.rule, finding.message


# --- repairs --------------------------------------------------------------------------


def _repairs(item: Examined, judged: Sequence[Judged], *, ill_formed: bool) -> dict[int, _Repair]:
    """Return for every scalar that should change how it can, by the id of its node."""
    uses: dict[int, list[Judged]] = {}
    for one in judged:
        uses.setdefault(id(one.site.node), []).append(one)
    shared = set() if item.refusals else uses_elsewhere(item.tree, item.extract.sites)
    repairs: dict[int, _Repair] = {}
    for key, ones in uses.items():
        wanted = {None if one.wanted is None else str(one.wanted) for one in ones}
        if wanted == {None}:
            continue
        if item.refusals:
            reason = "kubectl must be able to read the document first"
        elif ill_formed:
            reason = "the file is not valid text in its encoding"
        elif len(wanted) > 1:
            reason = "its anchor has other uses that want another image"
        elif key in shared:
            reason = "its anchor is also used where it is no image"
        else:
            repairs[key] = _repair(item, ones[0])
            continue
        repairs[key] = _Repair(None, reason)
    return repairs


def _repair(item: Examined, one: Judged) -> _Repair:
    """Make the edit of one scalar; of an image in parts, only of the part with the registry."""
    node, tail, new = one.site.node, one.site.tail, str(one.wanted)
    if not isinstance(node, Scalar) or not new.endswith(tail):
        return _Repair(None, "it is not written in one piece")
    try:
        return _Repair(edit_scalar(item.document, node, new.removesuffix(tail)))
    except NotEditableError as error:
        return _Repair(None, str(error))


def _findings(item: Examined, one: Judged, span: Span, repair: _Repair | None) -> Iterator[Finding]:
    site = one.site
    for rule, severity, environment, problem in one.verdicts:
        fix, unfixable = None, None
        if problem.rewrite is not None:
            unfixable = one.refused
            if repair is not None and repair.edit is not None:
                fix = Fix(str(one.wanted), (repair.edit,))
            elif repair is not None:
                unfixable = repair.reason
        found_by_shape = " (found by shape)" if site.by_shape else ""
        yield Finding(
            rule.id,
            severity,
            problem.message + found_by_shape,
            item.document.source.path,
            span,
            environment.name,
            site.object if site.object.kind else None,
            site.field,
            site.container,
            one.image,
            fix,
            unfixable,
            item.template,
        )


def _record(item: Examined, one: Judged, span: Span) -> ImageRecord:
    site = one.site
    return ImageRecord(
        item.document.source.path,
        span,
        site.object,
        site.field,
        site.container,
        site.role,
        one.image if site.value.type in ("string", "mapping") else site.value.value,
        one.reference,
        tuple(environment.name for environment in one.environments),
        one.allowed,
        None if one.wanted is None else str(one.wanted),
        site.by_shape,
        item.template,
    )


# --- the whole run ----------------------------------------------------------------------


def conclude(results: Iterable[FileResult]) -> tuple[FileResult, ...]:
    """Return the results with what only the whole run can tell: one template finding a chart."""
    results = tuple(results)
    charts: Counter[str] = Counter(
        finding.message for result in results for finding in result.findings if _is_chart(finding)
    )
    told: set[str] = set()
    concluded: list[FileResult] = []
    for result in results:
        kept: list[Finding] = []
        for finding in result.findings:
            if _is_chart(finding):
                if finding.message in told:
                    continue
                told.add(finding.message)
                others = charts[finding.message] - 1
                if others:
                    also = f"{finding.message} (stands for {others} more of its templates)"
                    finding = replace(finding, message=also)  # noqa: PLW2901 - a copy
            kept.append(finding)
        concluded.append(replace(result, findings=tuple(kept)))
    return tuple(concluded)


def _is_chart(finding: Finding) -> bool:
    return finding.rule == TEMPLATE and finding.environment is None
