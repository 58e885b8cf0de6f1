"""How a file is read: as the repository uses it, and as the policy says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.kustomize.model import FileRole, Role

if TYPE_CHECKING:
    from imagelint.kubernetes.context import Context
    from imagelint.policy.policy import Policy

__all__ = ["roles_of"]


def roles_of(
    policy: Policy, context: Context, match_path: str, *, in_chart: bool
) -> tuple[FileRole, ...]:
    """Return the roles of a file; a policy may name files with values of charts.

    ``in_chart``: it is a template of a chart.
    """
    roles = (*context.roles, FileRole(Role.TEMPLATE)) if in_chart else context.roles
    if not policy.values.patterns or not policy.values.matches(match_path):
        return roles
    is_known = any(one.role.is_values for one in roles)
    return roles if is_known else (*roles, FileRole(Role.VALUES))
