"""An operating system that fails from a chosen call on, once or for good."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from imagelint.files import temporary, writing

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

__all__ = ["Broken", "break_system"]

_NO_CALLS = frozenset({"fsencode", "fspath", "urandom", "geteuid"})


@dataclass
class Broken:
    """Stands for ``os``; call number ``at`` (from 1) raises, with ``for_good`` all after it too."""

    at: int
    error: int
    for_good: bool
    calls: int = 0
    failed: list[str] = field(default_factory=list)
    _wrapped: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name == "supports_fd":
            return real | {self.chmod}
        if name == "fdopen":
            return lambda *rest: _File(self, real(*rest))
        if not callable(real) or name in _NO_CALLS:
            return real
        return self._wrapped.setdefault(name, self.wrap(name, real))

    def wrap(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """Count a call, and let it fail when its turn has come."""

        def call(*arguments: Any) -> Any:
            self.calls += 1
            if self.calls == self.at or (self.for_good and self.calls > self.at):
                self.failed.append(name)
                raise OSError(self.error, os.strerror(self.error))
            return real(*arguments)

        return call


class _File:
    """An open file whose ``write`` and ``flush`` are calls too."""

    def __init__(self, system: Broken, file: IO[bytes]) -> None:
        self._file = file
        self.write = system.wrap("write", file.write)
        self.flush = system.wrap("flush", file.flush)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> Any:
        self._file.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._file.__exit__(*error)  # type: ignore[arg-type]


def break_system(monkeypatch: pytest.MonkeyPatch, at: int, error: int, *, for_good: bool) -> Broken:
    """Break the system under the modules that write files."""
    system = Broken(at, error, for_good)
    for module in (writing, temporary):
        monkeypatch.setattr(module, "os", system)
    monkeypatch.setattr(writing, "open", system.wrap("open", open), raising=False)
    monkeypatch.setattr(fcntl, "flock", system.wrap("flock", fcntl.flock))
    return system
