"""What a retired registry is: what has gone from where, since when, and where it is now.

A :class:`Move` is an entry of the rule ``retired-registry``. It reads no YAML and no clock, and
knows neither environments nor Harbors: whoever asks decides whether the successor may run.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, final

from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import shown
from imagelint.patterns.globs import InvalidPattern, NamePattern
from imagelint.patterns.harbor import Upstream
from imagelint.patterns.images import effective_tag, parse_repository_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.model.reference import ImageReference

__all__ = ["Difference", "Move", "State", "parse_repositories", "parse_since", "parse_source"]

NONE = "none"
_SINCE = "[0-9]{4}(?:-[0-9]{2}){0,2}"
_SOURCE = "https://[!-~]+"


class State(Enum):
    """What has become of a registry."""

    GONE = "gone"
    """Nothing can be pulled from it."""
    FROZEN = "frozen"
    """What is there stays, and nothing new comes."""
    MOVED = "moved"
    """New images appear at the successor alone, or under a new name of the same registry."""
    LOGIN = "login"
    """What anyone could pull is only for those who log in."""


class Difference(Enum):
    """What of an image is, or may be, other at the successor: then ``fix`` leaves it alone."""

    NAMES = "names"
    TAGS = "tags"
    DIGESTS = "digests"


@final
class Move(NamedTuple):
    """A registry, or a path on one, that is retired: ``old`` and what is below it."""

    old: Upstream
    new: Upstream | None
    """Where the images are now, below the same path; None: nowhere that anybody knows of."""
    state: State | None = None
    """None: the policy that names it does not say."""
    since: str = ""
    """The day, month or year (``2023-04-03``, ``2023-04``, ``2023``), or empty."""
    differs: tuple[Difference, ...] = ()
    """What is not the same at ``new``; empty: names, tags and digests are."""
    repositories: tuple[str, ...] = ()
    """The only repositories below ``old`` that are meant; empty: all of them."""
    except_repositories: tuple[str, ...] = ()
    """Repositories below ``old`` that are still in service."""
    tags: tuple[NamePattern, ...] = ()
    """The only tags that are meant; empty: all of them, and images without one."""
    except_tags: tuple[NamePattern, ...] = ()
    """Tags that are still in service."""
    source: str = ""
    """The address of the announcement."""

    @staticmethod
    def parse(old: str, new: str) -> Move:
        """Read ``HOST[/PATH]`` twice, the second or ``none``; raises :class:`InvalidPattern`."""
        return Move(Upstream.parse(old), None if new == NONE else Upstream.parse(new))

    def __str__(self) -> str:
        """Return what has moved where, and since when, in one line."""
        text = f"{self.old} → {self.new or NONE}"
        return f"{text} ({self.event})" if self.event else text

    @property
    def event(self) -> str:
        """Say what has happened, and when: ``frozen as of 2023-04-03``; empty: nobody says."""
        if self.state is None:
            return ""
        what = "login needed" if self.state is State.LOGIN else self.state.value
        return f"{what} as of {self.since}" if self.since else what

    @property
    def which_tags(self) -> str:
        """Say which tags are meant; empty: all."""
        return "; ".join(
            f"{word} the tag{'' if len(tags) == 1 else 's'} {', '.join(map(str, tags))}"
            for word, tags in (("only", self.tags), ("but for", self.except_tags))
            if tags
        )

    def covers(self, reference: ImageReference, *, has_separate_tag: bool = False) -> bool:
        """Whether the image is one that is retired: ``old`` itself or below it.

        A condition on tags says nothing of an image whose tag nobody can see here: one with a
        digest alone, or one whose tag is set elsewhere.
        """
        below = self._below(reference)
        if below is None or (self.repositories and below not in self.repositories):
            return False
        if below in self.except_repositories:
            return False
        if not self.tags and not self.except_tags:
            return True
        tag = "" if has_separate_tag else effective_tag(reference)
        if not tag or any(one.matches(tag) for one in self.except_tags):
            return False
        return not self.tags or any(one.matches(tag) for one in self.tags)

    def successor(self, reference: ImageReference) -> ImageReference | None:
        """Return an image that this covers by its new name, or None where there is none.

        Tag and digest are kept. Raises :class:`InvalidReference` for too long a path.
        """
        below = self._below(reference)
        if self.new is None or below is None:
            return None
        path = "/".join(filter(None, (self.new.path, below)))
        return reference.replace(domain=self.new.registry, path=path) if path else None

    def _below(self, reference: ImageReference) -> str | None:
        """Return the repository relative to ``old``, empty for ``old`` itself; None: elsewhere."""
        if reference.registry != self.old.registry:
            return None
        repository, path = reference.repository, self.old.path
        if not path:
            return repository
        if repository == path:
            return ""
        return repository[len(path) + 1 :] if repository.startswith(f"{path}/") else None


def parse_since(text: str) -> str:
    """Read a day, a month or a year; raises :class:`InvalidPattern`."""
    return _matching(_SINCE, text, "is no day; write one, such as 2023-04-03, 2023-04 or 2023")


def parse_source(text: str) -> str:
    """Read an address; raises :class:`InvalidPattern`."""
    return _matching(_SOURCE, text, "is no address; write one that begins with https://")


def parse_repositories(texts: Iterable[str]) -> tuple[str, ...]:
    """Read repositories below a registry or path; raises :class:`InvalidPattern`."""
    return tuple(map(parse_repository_path, texts))


def _matching(pattern: str, text: str, otherwise: str) -> str:
    if not re.fullmatch(pattern, text):
        message = f"{shown(text) or 'an empty text'} {otherwise}"
        raise InvalidPattern(message)
    return text
