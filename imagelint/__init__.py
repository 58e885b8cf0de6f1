"""A policy linter and fixer for the container images in Kubernetes manifests.

The names in ``__all__`` are the public API; every other module is private. They are imported when
they are asked for, so that ``import imagelint`` itself loads nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imagelint.model.finding import Finding, Severity
    from imagelint.model.reference import ImageReference
    from imagelint.policy.policy import Policy
    from imagelint.run.api import fix, lint

    __version__: str

__all__ = ["Finding", "ImageReference", "Policy", "Severity", "fix", "lint"]

_MODULES = {
    "Finding": "imagelint.model.finding",
    "ImageReference": "imagelint.model.reference",
    "Policy": "imagelint.policy.policy",
    "Severity": "imagelint.model.finding",
    "fix": "imagelint.run.api",
    "lint": "imagelint.run.api",
}


if not TYPE_CHECKING:  # else a type checker would take any name

    def __getattr__(name: str) -> object:
        """Import what is asked for by its name (PEP 562)."""
        if name == "__version__":
            module, name = "imagelint.model.version", "VERSION"
        elif name in _MODULES:
            module = _MODULES[name]
        else:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        return getattr(import_module(module), name)


def __dir__() -> list[str]:
    """Return the public names, which are not imported yet."""
    return sorted([*globals(), *__all__, "__version__"])
