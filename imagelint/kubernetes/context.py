"""What the repository around a file knows about it, as the linter takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from imagelint.kubernetes.kustomize.model import FileRole
    from imagelint.model.source import Span

__all__ = ["NO_CONTEXT", "Context", "Trouble"]


class Trouble(NamedTuple):
    """Something that a kustomization names and that cannot be followed."""

    span: Span
    """Where it is named, in bytes of the kustomization's file."""
    field: str
    message: str
    """What is wrong, with what to do."""
    is_error: bool
    """Whether kustomize refuses it, or an image may pass unseen; else a note."""


class Context(NamedTuple):
    """What the repository around a file knows about it."""

    roles: tuple[FileRole, ...] = ()
    """What kustomizations take it for; nothing where none names it."""
    namespaces: frozenset[str] = frozenset()
    """Those into which kustomizations move its objects."""
    destinations: frozenset[str] = frozenset()
    """Those in which its objects land that state none and are moved into none."""
    troubles: tuple[Trouble, ...] = ()
    """Of a kustomization file: what it names in vain."""
    is_refused: bool = False
    """Whether it is a kustomization file that kustomize may refuse, so that nobody skips it."""
    injecting: Callable[[], Mapping[str, bool]] = dict
    """Gives the namespaces that say whether they ask for Istio's injection, and what they say."""


NO_CONTEXT = Context()
"""Of a file that no kustomization names."""
