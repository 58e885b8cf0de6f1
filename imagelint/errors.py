"""What can go wrong that is no finding; the CLI makes each one line and exit code 2.

::

    ImagelintError            anything that ends the run with exit code 2
    ├── UsageError            a wrong option, argument or combination of them
    ├── PolicyError           a policy or rule file that cannot be used; knows its file:line:col
    └── FileError             a file that cannot be read or written, and why

A reference that does not parse is :class:`imagelint.reference.InvalidReference`
(a ``ValueError``) and a document that does not parse is a finding: neither ends the run.
"""

from __future__ import annotations

__all__ = ["FileError", "ImagelintError", "PolicyError", "UsageError"]


class ImagelintError(Exception):
    """Base of all errors that end a run with exit code 2; ``str()`` is the message for the user."""


class UsageError(ImagelintError):
    """The command line asks for something that cannot be done."""


class PolicyError(ImagelintError):
    """A policy, rule or catalogue file that cannot be used.

    ``line`` and ``column`` are 1-based; ``None`` where the whole file is meant.
    """

    def __init__(
        self, message: str, path: str, line: int | None = None, column: int | None = None
    ) -> None:
        """Say what is wrong (``message``) and where."""
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.column = column

    def __str__(self) -> str:
        """Render ``path:line:col: message``, the form that editors and terminals can follow."""
        if self.line is None:
            return f"{self.path}: {self.message}"
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class FileError(ImagelintError):
    """A file that cannot be read or written."""

    def __init__(self, path: str, message: str) -> None:
        """Name the file and the reason."""
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message
