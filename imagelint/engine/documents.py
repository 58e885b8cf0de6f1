"""What is wrong with a document or a file rather than with an image in it → findings. Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from imagelint.kubernetes.read import ACTION
from imagelint.model.finding import Finding
from imagelint.model.report import Suppressed
from imagelint.model.source import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from imagelint.engine.excuses import Excuses
    from imagelint.kubernetes.read import Examined
    from imagelint.model.finding import KubeObject
    from imagelint.model.source import Source
    from imagelint.policy.policy import Environment, Policy
    from imagelint.rules.rule import Rule

    Environments = Callable[[str, KubeObject | None], tuple[Environment, ...]]

__all__ = ["TEMPLATE", "DocumentRules"]

UNPARSABLE = "unparsable-document"
TEMPLATE = "unrendered-template"
DROPPED = "dropped-content"


class DocumentRules:
    """The rules about documents, as a policy has them."""

    def __init__(
        self, policy: Policy, rules: Mapping[str, Rule], environments: Environments
    ) -> None:
        """Judge by ``policy``; ``environments`` gives those of a path and an object in it."""
        self._policy = policy
        self._rules = rules
        self._environments = environments

    def about_document(
        self, item: Examined, chart: str | None, excuses: Excuses
    ) -> Iterator[Finding | Suppressed]:
        """Yield what readers refuse or ignore; ``chart`` is that whose template it stands in."""
        if item.refusals and item.is_manifest and not (item.is_template and chart is not None):
            offset, reason, by_kubectl = item.refusals[0]
            more = len(item.refusals) - 1
            also = f" (and {more} more)" if more else ""
            if item.is_template:
                message = (
                    f"this is a template that is not rendered yet: {reason}{also};"
                    " render it and lint the output"
                )
                yield from self._finding(TEMPLATE, item, offset, message, excuses)
            else:
                who = "kubectl refuses this document: " if by_kubectl else ""
                message = f"{who}{reason}{also}"
                yield from self._finding(UNPARSABLE, item, offset, message, excuses)
        if item.dropped_at is not None:
            message = (
                "what follows belongs to no document, and kubectl and kustomize ignore it"
                " without a word; put `---` on a line of its own in front of it, or remove it"
            )
            yield from self._finding(DROPPED, item, item.dropped_at, message, excuses)

    def _finding(
        self, rule_id: str, item: Examined, offset: int, message: str, excuses: Excuses
    ) -> Iterator[Finding | Suppressed]:
        """Yield a finding about a document, as bad as the worst environment that excuses it not."""
        path, root = excuses.path, item.extract.root
        rule = self._rules[rule_id]
        severity_in = partial(self._policy.severity, rule)
        worst_first = sorted(self._environments(path, root), key=lambda env: severity_in(env).rank)
        for environment in worst_first:
            severity = severity_in(environment)
            if severity.value == "off":
                return
            finding = Finding(
                rule_id,
                severity,
                message,
                item.document.source.path,
                Span(offset, offset),
                environment.name,
                root,
                template=item.template,
            )
            excuse = excuses.find(rule_id, environment, offset, root)
            if excuse is None:
                yield finding
                return
            yield Suppressed(finding, *excuse)

    def about_template(
        self, source: Source, chart: str, excuses: Excuses
    ) -> Iterator[Finding | Suppressed]:
        """Yield the one finding of a chart's template; ``conclude`` keeps one a chart."""
        offset = source.data.find(ACTION.encode(source.encoding))
        if offset < 0:
            return
        rule, path = self._rules[TEMPLATE], excuses.path
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
            finding = Finding(TEMPLATE, severity, message, source.path, Span(offset, offset))
            excuse = excuses.find(TEMPLATE, None, offset)
            yield finding if excuse is None else Suppressed(finding, *excuse)
