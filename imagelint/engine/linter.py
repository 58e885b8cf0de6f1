"""Policy and source → findings, with the fixes that they propose. Pure: no I/O, no clock.

``Linter.lint`` checks one source; ``repair/fixer.py`` makes the edits of its result.
``engine/run_rules.py`` has the rules that need the whole run.
"""

from __future__ import annotations

from itertools import repeat
from operator import attrgetter
from typing import TYPE_CHECKING

from imagelint.engine.documents import DocumentRules, is_on, where_of
from imagelint.engine.edits import place_of
from imagelint.engine.excuses import Excuses
from imagelint.engine.findings import findings_of, record_of
from imagelint.engine.judge import Judge
from imagelint.engine.placeholders import decided
from imagelint.engine.repairs import repairs_of
from imagelint.kubernetes.context import NO_CONTEXT
from imagelint.kubernetes.examine import Examination
from imagelint.kubernetes.prefilter import may_select_images
from imagelint.kubernetes.pull_secrets import accounts_in, pods_in
from imagelint.kubernetes.sites import ISTIO
from imagelint.model.errors import did_you_mean
from imagelint.model.finding import COMMENT_MARK, Finding
from imagelint.model.report import (
    NO_FACTS,
    Account,
    Facts,
    FileResult,
    ImageRecord,
    Suppressed,
    settled,
)
from imagelint.model.source import Source, Span, shown
from imagelint.policy.placement import Placement, Where
from imagelint.rules.checks.references import ABOUT_PODS, MOVERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from imagelint.engine.baseline import Baseline
    from imagelint.engine.comments import Ignore
    from imagelint.engine.judge import Judged
    from imagelint.engine.repairs import Part, Repair
    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.context import Context
    from imagelint.kubernetes.examined import Examined
    from imagelint.kubernetes.pull_secrets import PodSecrets
    from imagelint.model.report import PolicyStamp
    from imagelint.policy.policy import Policy
    from imagelint.rules.rule import Rule

__all__ = ["Linter"]

UNUSED_IGNORE = "unused-ignore"
MARK = b"$imagepolicy"

_LAST_DAY = "9999-12-31"


class _Found:
    """Collects what is found in a source."""

    def __init__(self, examined: Iterable[Examined]) -> None:
        self.findings: list[Finding | Suppressed] = []
        self.images: list[ImageRecord] = []
        self.waiting: list[tuple[Finding, Account]] = []
        self._examined = examined
        self._ill_formed: bool | None = None

    @property
    def is_ill_formed(self) -> bool:
        """Whether the source is not all valid text; computed once, only if an image is wrong."""
        if self._ill_formed is None:
            texts = (item.document.decoded for item in self._examined)
            self._ill_formed = any(text.first_ill_formed is not None for text in texts)
        return self._ill_formed


class Linter:
    """Checks sources against one policy."""

    def __init__(  # noqa: PLR0913 - everything a linter needs
        self,
        policy: Policy,
        rules: Mapping[str, Rule],
        catalogue: Catalogue,
        *,
        environment: str | None = None,
        today: str = _LAST_DAY,
        baseline: Baseline | None = None,
        inventory: bool = True,
        fixes: bool = False,
    ) -> None:
        """Check against ``policy``, with ``rules`` and its own; ``environment`` is ``--env``.

        ``today`` (``2027-01-31``, UTC) decides which exceptions have expired; without it, all with
        a last day have. Without ``inventory``, the results do not list all images. ``fixes`` says
        that fixes are applied afterwards.
        """
        self._policy = policy
        self._rules = {**rules, **policy.own_rules}
        self.catalogue = catalogue
        if policy.workloads or policy.ignored_fields or policy.embedded:
            own = catalogue.with_entries(policy.workloads).with_embedded(policy.embedded)
            self.catalogue = own.without_fields(policy.ignored_fields)
        if policy.definitions:
            self.catalogue = self.catalogue.with_definitions(policy.definitions)
        self.environment = environment
        self._placement = Placement(policy, environment)
        self._judge = Judge(policy, self._rules)
        self._documents = DocumentRules(policy, self._rules, self._placement.of)
        if baseline is not None and baseline.problem is not None:
            raise baseline.problem
        self._baseline = baseline
        self._upstream: dict[tuple[str, str], str] = {}
        self._inventory = inventory
        self._fixes = fixes
        self._exceptions = tuple(
            (number, one)
            for number, one in enumerate(policy.exceptions)
            if not one.has_expired(today)
        )
        self._about_secrets = frozenset(self._rules_about_secrets())

    def lint(
        self,
        source: Source,
        match_path: str,
        *,
        chart: str | None = None,
        context: Context = NO_CONTEXT,
    ) -> FileResult:
        """Examine one source and judge what is found; see :meth:`judge`."""
        context = self.context_of(match_path, context, chart=chart)
        return self.judge(self.examine(source, context), match_path, chart=chart)

    def context_of(
        self, match_path: str, context: Context = NO_CONTEXT, *, chart: str | None = None
    ) -> Context:
        """Return the context of a file, with the roles that the policy and a chart give it."""
        if chart is None and not self._policy.values.patterns:
            return context
        from imagelint.engine.roles import with_roles  # noqa: PLC0415 - few files are such

        return with_roles(context, self._policy, match_path, in_chart=chart is not None)

    def examine(self, source: Source, context: Context = NO_CONTEXT) -> Examination:
        """Return the examination of a source as the rules need it; see :meth:`context_of`."""
        return Examination(
            source, self.catalogue, with_trees=bool(self._about_secrets), context=context
        )

    def judge(
        self,
        examination: Examination,
        match_path: str,
        *,
        chart: str | None = None,
        stamp: PolicyStamp | None = None,
    ) -> FileResult:
        """Judge what is found in a source, or in one of its parts.

        ``match_path`` is its path relative to the policy's folder, for path globs; ``chart`` is
        the folder of the Helm chart whose template it is, if any. To combine the results of parts
        there is :func:`imagelint.model.report.joined`.
        """
        source, context = examination.source, examination.context
        examined, free = examination.examine()
        # A source with comments has no parts.
        has_comments = examination.within is None and _has_comments(source)
        is_plain = chart is None and not self._about_secrets and not has_comments
        guesses = self._documents.guesses(
            source, self.catalogue, examined, examination.within, chart
        )
        if not (examined or guesses or context.troubles) and is_plain:
            selects = self._may_select(source, examination.within)
            return FileResult(source, 0, free, (), (), policy=stamp, may_select=selects)
        ignores = None
        if has_comments:
            from imagelint.engine.comments import find_ignores  # noqa: PLC0415 - few files have comments

            ignores = find_ignores(source)
        where = Where(match_path, context.builds)
        excuses = Excuses(self._policy, where, self._exceptions, ignores, source)
        found = _Found(examined)
        for item in examined:
            if item.refusals or item.dropped_at is not None:
                found.findings += self._documents.about_document(item, chart, excuses)
            if item.extract.unjudged:
                found.findings += self._documents.about_unjudged(item, excuses)
            if item.extract.sites:
                told_item = _with_placeholders(item, source, context, where)
                self._look_at(told_item, found, excuses, in_chart=chart is not None)
        findings = _with_advice(found.findings, source, context)
        findings += self._documents.about_guesses(guesses, excuses)
        findings += self._documents.about_troubles(source, context.troubles, excuses)
        if chart is not None:
            findings += self._documents.about_template(source, chart, excuses)
        if excuses.has_comments:
            findings += self._useless_comments(source, examined, excuses)
        facts = NO_FACTS
        if self._about_secrets:
            accounts = tuple(dict.fromkeys(accounts_in(source)))
            facts = Facts(accounts, tuple(found.waiting))
            known = settled(found.waiting, accounts)
            findings = [one for one in findings if one not in known]
        kept, suppressed = self._sorted(findings, match_path) if findings else ((), ())
        return FileResult(
            source,
            len(examined),
            free,
            kept,
            tuple(sorted(found.images, key=attrgetter("span"))),
            suppressed,
            policy=stamp,
            facts=facts,
            used=frozenset(excuses.used),
            may_select=self._may_select(source, examination.within),
            unlisted=0 if self._inventory else sum([len(item.extract.sites) for item in examined]),
        )

    def _may_select(self, source: Source, within: Span | None) -> bool:
        """Whether a source, or a part, may select images by name; only fixes need to know."""
        if not self._fixes:
            return False
        return may_select_images(source.data if within is None else source.data[slice(*within)])

    def _look_at(self, item: Examined, found: _Found, excuses: Excuses, *, in_chart: bool) -> None:
        """Check the images of a document, and add the findings."""
        sites, where = item.extract.sites, where_of(item, excuses.where)
        pods = self._pods(item)
        spans = [place_of(item.document, site.node, site.within) for site in sites]
        judged = [
            self._judge.judge(
                item,
                site,
                self._placement.of(where, site.object, site.runs_in),
                in_chart=in_chart,
                excuse=excuses.of_site(site, span.start),
                pod=pods.get(id(site.node)),
            )
            for site, span in zip(sites, spans, strict=True)
        ]
        if self._inventory:
            found.images += map(record_of, repeat(item), judged, spans)
        for one in judged:
            if one.verdicts or one.excused:
                break
        else:
            return
        repairs = _repairs(item, judged, ill_formed=found.is_ill_formed)
        for one, span in zip(judged, spans, strict=True):
            repair = repairs.get((id(one.site.node), one.site.within))
            about_image = list(findings_of(item, one, span, repair))
            found.findings += about_image
            pod = pods.get(id(one.site.node))
            if pod is not None:
                account = Account(one.site.object.namespace, pod.account)
                found.waiting += (
                    (finding, account)
                    for finding in about_image
                    if isinstance(finding, Finding) and finding.rule in self._about_secrets
                )

    def _pods(self, item: Examined) -> Mapping[int, PodSecrets]:
        """Return the pods of images, by the id of the image's node, if a rule needs them."""
        if not self._about_secrets:
            return {}
        assert item.tree is not None  # a rule about secrets requests trees
        return pods_in(item.tree)

    def _rules_about_secrets(self) -> Iterator[str]:
        """Yield the rules about pull secrets that are on in any environment."""
        for rule in self._rules.values():
            if rule.check == ABOUT_PODS and is_on(self._policy, rule):
                yield rule.id

    def parts(
        self, examination: Examination, *, chart: str | None = None
    ) -> list[Span] | list[None]:
        """Return the parts of a source that can be judged separately; None means all of it.

        A chart's template, suppression comments and a baseline need the whole source.
        """
        is_whole = chart is not None or self._baseline is not None
        return [None] if is_whole or _has_comments(examination.source) else examination.parts

    def _sorted(
        self, found: Iterable[Finding | Suppressed], path: str
    ) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...]]:
        """Return findings and suppressed findings, each once and by position."""
        kept = {one: None for one in found if isinstance(one, Finding)}
        suppressed = {one: None for one in found if not isinstance(one, Finding)}
        findings = sorted(kept, key=_order)
        if self._baseline is not None and findings:
            locked, on_harbor = self._policy.locked_rules, self.on_harbor
            known = self._baseline.excused(findings, path, self.upstream, on_harbor, locked)
            for finding, excused in known:
                del kept[finding]
                suppressed[excused] = None
            findings = sorted(kept, key=_order)
        return tuple(findings), tuple(sorted(suppressed, key=lambda one: _order(one.finding)))

    @property
    def on_harbor(self) -> tuple[tuple[str, ...], frozenset[str]]:
        """The rules whose fixes bring images to Harbor, and those that find more in images there.

        See ``OnHarbor`` of ``engine/baseline.py``.
        """
        movers = tuple(rule.id for rule in self._rules.values() if rule.check in MOVERS)
        return movers, self._about_secrets

    def upstream(self, image: str, environment: str) -> str:
        """Return the upstream name of an image, whether ``fix`` has rewritten it or would.

        A text that is not an image is returned unchanged.
        """
        key = image, environment
        if key not in self._upstream:
            self._upstream[key] = self._judge.upstream(image, environment)
        return self._upstream[key]

    def _useless_comments(
        self, source: Source, examined: Iterable[Examined], excuses: Excuses
    ) -> Iterator[Finding]:
        """Yield a finding for each comment and each of its rules that suppress nothing."""
        rule = self._rules[UNUSED_IGNORE]
        environments = self._placement.of(excuses.where, None)
        worst = min(environments, key=lambda env: self._policy.severity(rule, env).rank)
        severity = self._policy.severity(rule, worst)
        if severity.value == "off":
            return
        for comment, name, why in excuses.useless():
            is_partial_view = not why and self.environment is not None and name in self._rules
            if is_partial_view and self._is_needed_elsewhere(comment, name, examined, excuses):
                continue
            message = why
            if name:
                what = (
                    f"this comment suppresses {name}, but there is no such finding here; remove it"
                )
                if name not in self._rules:
                    advice = did_you_mean(name, tuple(self._rules), "the rules are")
                    what = f'there is no rule "{shown(name)}"; {advice}'
                message = f"this comment does not suppress {name}: {why}" if why else what
            yield Finding(UNUSED_IGNORE, severity, message, source.path, comment.span, worst.name)

    def _is_needed_elsewhere(
        self, comment: Ignore, rule: str, examined: Iterable[Examined], excuses: Excuses
    ) -> bool:
        """Whether a comment suppresses something in an environment that ``--env`` excludes."""
        if self._rules[rule].is_document_rule:
            return True
        everywhere = self._policy.environments
        for item in examined:
            for site in item.extract.sites:
                place = place_of(item.document, site.node, site.within)
                if excuses.is_about(comment, place.start):
                    judged = self._judge.judge(item, site, everywhere, in_chart=False)
                    if any(verdict.rule.id == rule for verdict in judged.verdicts):
                        return True
        return False


def _with_advice(
    findings: list[Finding | Suppressed], source: Source, context: Context
) -> list[Finding | Suppressed]:
    """Add what to change where an automation writes images back."""
    if MARK not in source.data or not findings:
        return findings
    from imagelint.engine.automations import with_advice  # noqa: PLC0415 - few files have such

    return with_advice(findings, source, context)


def _with_placeholders(item: Examined, source: Source, context: Context, where: Where) -> Examined:
    """Decide about Istio's placeholders, if any; a skimmed document has none."""
    if item.tree is None or all(site.filled_by != ISTIO for site in item.extract.sites):
        return item
    return decided(item, source, context, where_of(item, where).builds)


def _has_comments(source: Source) -> bool:
    """Whether a source may have suppression comments; finding ``#`` first is ten times faster."""
    return b"#" in source.data and COMMENT_MARK.encode(source.encoding) in source.data


def _order(finding: Finding) -> tuple[Span, int, str, str]:
    return finding.span, finding.severity.rank, finding.rule, finding.message


def _repairs(item: Examined, judged: list[Judged], *, ill_formed: bool) -> dict[Part, Repair]:
    if all(one.wanted is None for one in judged):
        return {}
    return repairs_of(item, judged, ill_formed=ill_formed)
