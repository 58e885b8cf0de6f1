"""Problems of a document or a file, rather than of an image in it → findings. Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from imagelint.engine.edits import place_of
from imagelint.kubernetes.catalogue.entries import at_path
from imagelint.kubernetes.prefilter import hints_of
from imagelint.kubernetes.seen import ACTION
from imagelint.model.finding import Finding, Severity
from imagelint.model.reference import ImageReference
from imagelint.model.report import Suppressed
from imagelint.model.source import Span, as_yaml, shown
from imagelint.policy.placement import Where
from imagelint.yaml.nodes import Scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from imagelint.engine.excuses import Excuses
    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.context import Trouble
    from imagelint.kubernetes.examined import Examined
    from imagelint.kubernetes.guesses import Guess
    from imagelint.model.finding import KubeObject
    from imagelint.model.source import Source
    from imagelint.policy.policy import Environment, Policy
    from imagelint.rules.rule import Rule

    Environments = Callable[[Where, KubeObject | None], tuple[Environment, ...]]

__all__ = ["TEMPLATE", "UNKNOWN", "DocumentRules", "is_on", "where_of"]

UNPARSABLE = "unparsable-document"
TEMPLATE = "unrendered-template"
DROPPED = "dropped-content"
BUILD = "lint the build (`kustomize build . | imagelint check -`)"
UNRESOLVED = "unresolved-reference"
UNKNOWN = "unknown-image"


def where_of(item: Examined, file: Where) -> Where:
    """Return where the objects of a document are; kustomizations do not move data."""
    return Where(file.path) if item.is_data else file


def is_on(policy: Policy, rule: Rule) -> bool:
    """Whether a rule is on in any environment."""
    severities = (policy.severity(rule, environment) for environment in policy.environments)
    return any(severity is not Severity.OFF for severity in severities)


class DocumentRules:
    """The rules about documents, as configured by a policy."""

    def __init__(
        self, policy: Policy, rules: Mapping[str, Rule], environments: Environments
    ) -> None:
        """Judge by ``policy``; ``environments`` gives those of an object in a place."""
        self._policy = policy
        self._rules = rules
        self._environments = environments
        self._asks_for_guesses = is_on(policy, rules[UNKNOWN])

    def about_document(
        self, item: Examined, chart: str | None, excuses: Excuses
    ) -> Iterator[Finding | Suppressed]:
        """Yield what readers reject or ignore; ``chart`` is the template's chart, if any."""
        if item.refusals and item.is_manifest and not (item.is_template and chart is not None):
            offset, reason, by_kubectl = item.refusals[0]
            at = Span(offset, offset)
            more = len(item.refusals) - 1
            also = f" (and {more} more)" if more else ""
            if item.is_template:
                message = (
                    f"this file is a template that is not rendered: {reason}{also};"
                    " render it and lint the output"
                )
                yield from self._finding(TEMPLATE, item, at, message, excuses)
            else:
                who = "kubectl refuses this document: " if by_kubectl else ""
                message = f"{who}{reason}{also}"
                yield from self._finding(UNPARSABLE, item, at, message, excuses)
        if item.dropped_at is not None:
            message = (
                "the document has ended, and kubectl and kustomize silently ignore what"
                " follows; put `---` on a line of its own before it, or remove it"
            )
            at = Span(item.dropped_at, item.dropped_at)
            yield from self._finding(DROPPED, item, at, message, excuses)

    def about_unjudged(self, item: Examined, excuses: Excuses) -> Iterator[Finding | Suppressed]:
        """Yield what only a build can show: a note if nothing names an image field."""
        for one in item.extract.unjudged:
            start, end = place_of(item.document, one.node)
            span = Span(start, end if isinstance(one.node, Scalar) else start)
            message = f"{one.message}; {BUILD}"
            is_note = not one.is_about_images
            yield from self._finding(
                UNRESOLVED, item, span, message, excuses, field=one.field, is_note=is_note
            )

    def _finding(  # noqa: PLR0913 - everything in a finding
        self,
        rule_id: str,
        item: Examined,
        span: Span,
        message: str,
        excuses: Excuses,
        *,
        field: str | None = None,
        is_note: bool = False,
    ) -> Iterator[Finding | Suppressed]:
        """Yield a finding about a document, for the strictest environment that keeps it."""
        root = item.extract.root
        severity_in = partial(self._policy.severity, self._rules[rule_id], in_chart=is_note)
        environments = self._environments(where_of(item, excuses.where), root)
        worst_first = sorted(environments, key=lambda env: severity_in(env).rank)
        for environment in worst_first:
            severity = severity_in(environment)
            if severity.value == "off":
                return
            finding = Finding(
                rule_id,
                severity,
                message,
                item.document.source.path,
                span,
                environment.name,
                root,
                field,
                template=item.template,
            )
            excuse = excuses.find(rule_id, environment, span.start, root)
            if excuse is None:
                yield finding
                return
            yield Suppressed(finding, *excuse)

    def guesses(
        self,
        source: Source,
        catalogue: Catalogue,
        examined: Iterable[Examined],
        within: Span | None,
        chart: str | None,
    ) -> tuple[Guess, ...]:
        """Return what looks like an image where nobody described one, if a rule asks."""
        if not self._asks_for_guesses or chart is not None:
            return ()
        if hints_of(source, examined) is None:
            return ()
        from imagelint.kubernetes.guesses import guesses_in  # noqa: PLC0415 - few files have hints

        return tuple(guesses_in(source, catalogue, examined, within))

    def about_guesses(
        self, guesses: Iterable[Guess], excuses: Excuses
    ) -> Iterator[Finding | Suppressed]:
        """Yield what looks like an image that is not allowed, where nobody described one."""
        rule = self._rules[UNKNOWN]
        severity_in = partial(self._policy.severity, rule)
        for guess in guesses:
            reference = ImageReference.parse_or_none(guess.image)
            environments = self._environments(excuses.where, guess.object)
            for environment in sorted(environments, key=lambda env: severity_in(env).rank):
                severity = severity_in(environment)
                if severity.value == "off" or reference is None:
                    break
                if environment.gate.decide(reference).allowed:
                    continue
                finding = Finding(
                    UNKNOWN,
                    severity,
                    _about(guess, environment.name),
                    guess.path,
                    guess.span,
                    environment.name,
                    guess.object,
                    guess.field or None,
                    image=guess.image,
                )
                at = guess.span.start
                excuse = excuses.find(UNKNOWN, environment, at, guess.object, None, reference)
                if excuse is None:
                    yield finding
                    break
                yield Suppressed(finding, *excuse)

    def about_troubles(
        self, source: Source, troubles: Iterable[Trouble], excuses: Excuses
    ) -> Iterator[Finding | Suppressed]:
        """Yield what a kustomization names but cannot be found; what is not an error is a note."""
        severity_in = partial(self._policy.severity, self._rules[UNRESOLVED])
        environments = self._environments(excuses.where, None)
        for span, field, text, is_error in troubles:
            for environment in sorted(environments, key=lambda env: severity_in(env).rank):
                severity = severity_in(environment)
                if severity.value == "off":
                    break
                finding = Finding(
                    UNRESOLVED,
                    severity if is_error else Severity.NOTE,
                    f"{field}: {text}",
                    source.path,
                    span,
                    environment.name,
                )
                excuse = excuses.find(UNRESOLVED, environment, span.start)
                if excuse is None:
                    yield finding
                    break
                yield Suppressed(finding, *excuse)

    def about_template(
        self, source: Source, chart: str, excuses: Excuses
    ) -> Iterator[Finding | Suppressed]:
        """Yield the finding for a chart's template; ``conclude`` keeps one per chart."""
        offset = source.data.find(ACTION.encode(source.encoding))
        if offset < 0:
            return
        rule = self._rules[TEMPLATE]
        environments = self._environments(excuses.where, None)
        severity = min(
            (self._policy.severity(rule, found, in_chart=True) for found in environments),
            key=lambda found: found.rank,
        )
        if severity.value != "off":
            message = (
                f"the templates of the Helm chart {chart} are not checked until they are rendered;"
                f" run `helm template {chart} | imagelint check -`"
            )
            finding = Finding(TEMPLATE, severity, message, source.path, Span(offset, offset))
            excuse = excuses.find(TEMPLATE, None, offset)
            yield finding if excuse is None else Suppressed(finding, *excuse)


def _about(guess: Guess, environment: str) -> str:
    """Return what to say of a guess: what it is, and which entry makes it known."""
    head = f"{shown(guess.image)} looks like an image that {environment} does not allow, "
    meta = guess.object
    if guess.what == "text":
        return (
            f"{head}in a text that imagelint does not read; if an operator applies it, name its key"
            " in the policy's embedded:"
        )
    what = f"this {guess.what}"
    if guess.what == "field":
        what = f"the kind {shown(meta.kind)} ({shown(meta.group)})"
    elif guess.what == "key":
        what = "this key of a ConfigMap"
    field = guess.entry
    if not field.startswith("{"):
        field = at_path(field) if field else "..."
    entry = (
        f"- {{groups: [{as_yaml(meta.group)}], kinds: [{as_yaml(meta.kind)}],"
        f" source: WHERE-IT-IS-DOCUMENTED, fields: [{field}]}}"
    )
    return (
        f"{head}but imagelint does not know {what}; if it is one, add to the policy's workloads:"
        f" {entry}"
    )
