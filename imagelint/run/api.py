"""The public functions: lint or fix one source by itself.

They read only the catalogue and the built-in policy that imagelint is shipped with, write nothing,
and do not read the clock. Runs over files, and rules that need a whole run, are in ``run.py``.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from imagelint import files
from imagelint.engine.linter import Linter
from imagelint.engine.run_rules import conclude
from imagelint.kubernetes.catalogue.lookup import load_catalogue
from imagelint.model.source import Source
from imagelint.policy.policy import Policy
from imagelint.repair.fixer import fixed
from imagelint.rules.built_in import RULES

if TYPE_CHECKING:
    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.model.finding import Finding

__all__ = ["fix", "lint"]


def lint(
    data: bytes, *, path: str = "-", policy: Policy | None = None, environment: str | None = None
) -> list[Finding]:
    """Return the findings about the images of Kubernetes manifests, in the order of the text.

    ``data`` is a stream of YAML or JSON documents, encoded as its files are. ``path`` is the path
    in findings, and the one that the policy's path globs match: relative to the policy's folder,
    with ``/``. ``policy`` defaults to the built-in one. With ``environment`` every image is judged
    by that one; otherwise namespaces, labels and the path decide. Exceptions with a last day never
    apply here: only a run knows the date.

    The policy's ``exclude`` is for runs over files. A document that tries to be an API object and
    cannot be read is a finding; bytes in which no object can be seen are not. Raises
    ``UsageError`` for an environment that the policy does not have.

    >>> [finding] = lint(b"{apiVersion: v1, kind: Pod, spec: {containers: [{image: quay.io/a:1}]}}")
    >>> finding.rule, finding.image, finding.fix.image
    ('unapproved-registry', 'quay.io/a:1', 'harbor.myco.com/quay.io/a:1')
    """
    linter = _linter(policy, environment)
    [result] = conclude([linter.lint(Source(path, data), path)])
    return list(result.findings)


def fix(
    data: bytes, *, path: str = "-", policy: Policy | None = None, environment: str | None = None
) -> bytes:
    """Return the bytes with every fixable image fixed: no other byte changes.

    Takes the arguments of :func:`lint`, and raises what it raises; ``FixError`` if the result,
    read again, is not as expected.

    >>> fix(b"{apiVersion: v1, kind: Pod, spec: {containers: [{image: quay.io/a:1}]}}")
    b'{apiVersion: v1, kind: Pod, spec: {containers: [{image: harbor.myco.com/quay.io/a:1}]}}'
    """
    linter = _linter(policy, environment)
    examination = linter.examine(Source(path, data))
    return fixed(examination, linter.judge(examination, path)).source.data


def _linter(policy: Policy | None, environment: str | None) -> Linter:
    if policy is None:
        policy = _built_in_policy()
    if environment is not None:
        policy.environment(environment)
    return Linter(policy, RULES, _catalogue(), environment=environment)


@cache
def _built_in_policy() -> Policy:
    source = files.default_policy_source()
    return Policy.parse(source.data, path=source.path)


@cache
def _catalogue() -> Catalogue:
    return load_catalogue(files.catalogue_files())
