"""Whether a finding is suppressed: by the policy's exceptions, by a comment, by the baseline.

In this order; every one that matches counts as used. Comments and the baseline never suppress a
rule that the policy locks (``locked: [rules.ID]``). Comments also do not suppress rules that the
environment lists in ``unsuppressible``, anything without a reason if the policy requires one, or an
unreadable document if they cannot suppress an image's registry there. An expired exception
suppresses nothing. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple
from imagelint.policy.exceptions import Breach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imagelint.engine.comments import Ignore, Ignores
    from imagelint.kubernetes.search import ImageSite
    from imagelint.model.finding import KubeObject
    from imagelint.model.reference import ImageReference
    from imagelint.model.source import Source
    from imagelint.policy.environments import Environment
    from imagelint.policy.exceptions import PolicyException
    from imagelint.policy.placement import Where
    from imagelint.policy.policy import Policy

    Excuser = Callable[[str, Environment, ImageReference | None], "Excuse | None"]

__all__ = ["COMMENT", "EXCEPTION", "Excuse", "Excuses"]

COMMENT, EXCEPTION = "comment", "exception"
UNPARSABLE, UNAPPROVED = "unparsable-document", "unapproved-registry"


class Excuse(NamedTuple):
    """What suppressed a finding (``by``), why, until when (an ISO day), and where it is written."""

    by: str
    reason: str
    until: str | None
    place: str


class Excuses:
    """The exceptions and comments that apply to one source, and which of them were used."""

    def __init__(
        self,
        policy: Policy,
        where: Where,
        exceptions: tuple[tuple[int, PolicyException], ...],
        ignores: Ignores | None,
        source: Source,
    ) -> None:
        """Use the policy, its valid exceptions today, by number, and the comments.

        ``where`` is the source's place; ``ignores`` is None if it has no such comment.
        """
        self._policy = policy
        self.where = where
        self.path = where.path
        self._exceptions = exceptions
        self._ignores = ignores
        self._source = source
        self._overruled: dict[tuple[Ignore, str], str] = {}
        self.used: set[int] = set()
        """The numbers of the exceptions that were used."""

    @property
    def are_possible(self) -> bool:
        """Whether anything could be suppressed."""
        return bool(self._exceptions or self._ignores)

    @property
    def has_comments(self) -> bool:
        """Whether the source has suppression comments."""
        return bool(self._ignores)

    def of_site(self, site: ImageSite, offset: int) -> Excuser | None:
        """Return the function that suppresses findings of an image; None if nothing can."""
        if not self.are_possible:
            return None
        kube_object, container = site.object, site.container

        def excuse(
            rule: str, environment: Environment, reference: ImageReference | None
        ) -> Excuse | None:
            return self.find(rule, environment, offset, kube_object, container, reference)

        return excuse

    def find(  # noqa: PLR0913, PLR0917 - everything that an exception can match
        self,
        rule: str,
        environment: Environment | None,
        offset: int,
        kube_object: KubeObject | None = None,
        container: str | None = None,
        reference: ImageReference | None = None,
    ) -> Excuse | None:
        """Return the first excuse for a broken rule at a byte offset."""
        found = []
        if self._exceptions:
            name = None if environment is None else environment.name
            harbors = self._policy.harbors
            spellings = () if reference is None else harbors.spellings(reference)
            breach = Breach(rule, name, self.path, kube_object, container, spellings)
            for number, one in self._exceptions:
                if one.covers(breach):
                    self.used.add(number)
                    found.append(Excuse(EXCEPTION, one.reason, one.until, one.place))
        if self._ignores:
            found += self._comments(rule, environment, self._source.line_number(offset))
        return found[0] if found else None

    def _comments(self, rule: str, environment: Environment | None, line: int) -> Iterator[Excuse]:
        assert self._ignores is not None  # there are comments
        for one in self._ignores.covering(rule, line):
            overruled = self._overrules(one, rule, environment)
            if overruled is not None:
                self._overruled[one, rule] = overruled
                continue
            self._ignores.used.add((one, rule))
            place = f"{self._source.path}:{self._source.line_number(one.span.start)}"
            yield Excuse(COMMENT, one.reason, None, place)

    def _overrules(self, ignore: Ignore, rule: str, environment: Environment | None) -> str | None:
        """Return why a comment does not apply here; None: it does."""
        if rule in self._policy.locked_rules:
            return "the policy locks this rule"
        if environment is not None and environment.is_unsuppressible(rule):
            return f"{environment.name} does not allow comments to suppress this rule"
        if rule == UNPARSABLE:  # it may hide an image, so the same limits apply
            return self._overrules(ignore, UNAPPROVED, environment)
        if self._policy.wants_reasons and not ignore.reason:
            return "the policy requires a reason after the bracket"
        return None

    def is_about(self, ignore: Ignore, offset: int) -> bool:
        """Whether a comment applies to a byte offset."""
        assert self._ignores is not None  # there is that comment
        return self._ignores.is_about(ignore, self._source.line_number(offset))

    def useless(self) -> Iterator[tuple[Ignore, str, str]]:
        """Yield each comment with a rule that it does not suppress, and why if that is known."""
        if self._ignores is None:
            return
        for one in self._ignores.found:
            if one.problem is not None:
                yield one, "", one.problem
        for one, rule in self._ignores.unused():
            yield one, rule, self._overruled.get((one, rule), "")
