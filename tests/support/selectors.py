"""Objects that select images by name, and a fix in the repository that contains them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.project import Project

__all__ = ["argo", "fix", "flux"]


def flux(**spec: Any) -> str:
    """Return a Flux Kustomization ``a`` that builds the folder ``app``."""
    meta = {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization"}
    return json.dumps({**meta, "metadata": {"name": "a"}, "spec": {"path": "./app", **spec}})


def argo(**kustomize: Any) -> str:
    """Return an Argo CD Application ``a`` that builds the folder ``app`` with these overrides."""
    meta = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "a"}}
    return json.dumps({**meta, "spec": {"source": {"path": "app", "kustomize": kustomize}}})


def fix(repository: Project, *paths: str) -> str:
    """Stage everything and run ``imagelint fix``; return what it prints."""
    repository.git("add", "-A")
    return repository.run("fix", *paths).stdout
