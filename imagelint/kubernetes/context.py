"""What the repository around a file knows about it, in the form that the linter uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from imagelint.kubernetes.kustomize.model import FileRole
    from imagelint.model.builds import Build
    from imagelint.model.source import Span

__all__ = ["NO_CONTEXT", "Context", "Trouble"]


class Trouble(NamedTuple):
    """Something that a kustomization names but that cannot be followed."""

    span: Span
    """Where it is named, in bytes of the kustomization's file."""
    field: str
    message: str
    """What is wrong, and what to do."""
    is_error: bool
    """Whether kustomize refuses it, or an image may be missed; else it is a note."""


class Context(NamedTuple):
    """What the repository around a file knows about it."""

    roles: tuple[FileRole, ...] = ()
    """Its roles in kustomizations; empty if none names it."""
    builds: tuple[Build, ...] = ()
    """What builds its objects."""
    troubles: tuple[Trouble, ...] = ()
    """For a kustomization file: what it names that cannot be followed."""
    is_refused: bool = False
    """Whether it is a kustomization file that kustomize may refuse, so that it must be read."""
    injecting: Callable[[], Mapping[str, bool]] = dict
    """Returns the namespaces that set Istio's injection, and their values."""


NO_CONTEXT = Context()
"""For a file that no kustomization names."""
