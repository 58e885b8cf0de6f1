"""How a file is read: as the repository uses it, and as the policy says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.kustomize.model import FileRole, Role

if TYPE_CHECKING:
    from imagelint.kubernetes.context import Context
    from imagelint.policy.policy import Policy

__all__ = ["with_roles"]


def with_roles(context: Context, policy: Policy, match_path: str, *, in_chart: bool) -> Context:
    """Return the context of a file with all its roles; a policy may say that it has values.

    ``in_chart``: it is a template of a chart.
    """
    roles = context.roles
    if in_chart:
        roles += (FileRole(Role.TEMPLATE),)
    patterns = policy.values
    if patterns.patterns and patterns.matches(match_path):
        is_known = any(one.role.is_values for one in roles)
        roles += () if is_known else (FileRole(Role.VALUES),)
    return context if roles == context.roles else context._replace(roles=roles)
