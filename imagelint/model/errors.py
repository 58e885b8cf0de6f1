"""Errors that are not findings; the CLI prints each on one line and exits with code 2.

::

    ImagelintError            anything that ends the run with exit code 2
    ├── UsageError            a wrong option, argument or combination of them
    ├── PolicyError           a policy or rule file that cannot be used; knows its file:line:col
    │   └── InconsistentPolicy    each part is well-formed, but they contradict each other
    └── FileError             a file that cannot be read or written, and why

A reference that does not parse is :class:`imagelint.model.reference.InvalidReference`
(a ``ValueError``) and a document that does not parse is a finding: neither ends the run.

The "did you mean" suggestions come from this module, too.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from imagelint.model.source import one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from imagelint.model.source import Source

__all__ = ["FileError", "ImagelintError", "Inconsistency", "InconsistentPolicy", "PolicyError"]
__all__ += ["UsageError", "did_you_mean", "internal_error", "nearest", "with_traceback"]


class ImagelintError(Exception):
    """Base of all errors that end a run with exit code 2; ``str()`` is the message for the user."""

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines to print: the message first."""
        return (str(self),)


class UsageError(ImagelintError):
    """A wrong option, argument or combination of them."""


class PolicyError(ImagelintError):
    """A policy, rule or catalogue file that cannot be used.

    ``line`` and ``column`` are 1-based; ``None`` when the error concerns the whole file. ``source``
    is the file, if known; ``also`` holds the other mistakes in it, if the caller looked for them.
    """

    def __init__(
        self,
        message: str,
        path: str,
        line: int | None = None,
        column: int | None = None,
        source: Source | None = None,
    ) -> None:
        """Keep the problem (``message``) and its place."""
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.column = column
        self.source = source
        self.also: tuple[PolicyError, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The message, then one line for each other mistake in the file."""
        return (str(self), *map(str, self.also))

    def __str__(self) -> str:
        """Return ``path:line:col: message``, the form that editors and terminals can open."""
        if self.line is None:
            return f"{self.path}: {self.message}"
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class Inconsistency(Enum):
    """How well-formed parts of a policy contradict each other.

    The JSON Schema (``rules/policy/schema.json``) cannot express these mistakes.
    """

    UNKNOWN_DEFAULT = "unknown-default"
    """``default`` names no environment."""
    SHARED_PROJECT = "shared-project"
    """Two upstreams share one project of one Harbor: two images would get the same reference."""
    REPEATED_UPSTREAM = "repeated-upstream"
    """Two keys of one Harbor name the same registry (``docker.io`` and ``index.docker.io``)."""
    REPEATED_HARBOR = "repeated-harbor"
    """Two entries of ``harbor`` have the same host."""
    UNKNOWN_ENVIRONMENT = "unknown-environment"
    """An exception or a lock names an environment that does not exist."""
    IMPOSSIBLE_DAY = "impossible-day"
    """A date that does not exist (``2027-02-30``)."""
    HARBOR_AS_UPSTREAM = "harbor-as-upstream"
    """A project for a registry that is itself a Harbor; such images are never rewritten."""


class InconsistentPolicy(PolicyError):
    """A policy whose parts are well-formed but contradict each other; ``reason`` says how."""

    def __init__(self, reason: Inconsistency, error: PolicyError) -> None:
        """Add a reason to ``error``."""
        super().__init__(error.message, error.path, error.line, error.column, error.source)
        self.reason = reason


class FileError(ImagelintError):
    """A file that cannot be read or written."""

    def __init__(self, path: str, message: str) -> None:
        """Keep the path and the reason."""
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


def internal_error(error: Exception, path: str | None = None, *, debug: bool = False) -> str:
    """Return one line that reports a bug in imagelint; ``debug`` adds the traceback."""
    place = "" if path is None else f"{path}: "
    text = f"{type(error).__name__}: {error}".replace("\n", " ")
    found = one_line(f"{place}internal error ({text}")
    line = f"{found}); please report it, with the file if you can"
    return with_traceback(line, error) if debug else f"{line} (--debug shows where it came from)"


def described(error: Exception, *, debug: bool = False) -> str:
    """Say in a line what ended a run, and with ``debug`` where it came from."""
    if isinstance(error, ImagelintError):
        line = one_line(str(error))
    elif isinstance(error, OSError):
        place = "" if error.filename is None else f"{error.filename}: "
        line = one_line(f"{place}{error.strerror or error}")
    else:
        return internal_error(error, debug=debug)
    return with_traceback(line, error).removesuffix("\n") if debug else line


def with_traceback(line: str, error: Exception) -> str:
    """Return a line and the traceback of an error below it."""
    import traceback  # noqa: PLC0415 - only when somebody asks

    return f"{line}\n{''.join(traceback.format_exception(error))}"


def nearest(name: str, names: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return the most similar of ``names``; None if none is similar enough.

    ``likeness`` is the threshold of :func:`difflib.get_close_matches`, from 0 to 1.
    """
    import difflib  # noqa: PLC0415 - only for error messages

    found = difflib.get_close_matches(name, list(names), 1, likeness)
    return found[0] if found else None


def did_you_mean(name: str, names: Collection[str], otherwise: str) -> str:
    """Return a clause that suggests the most similar of ``names``, if any, and lists them all."""
    near = nearest(name, names)
    every = f"{otherwise} {', '.join(names)}" if names else "there are none"
    return f'did you mean "{near}"? ({every})' if near else every
