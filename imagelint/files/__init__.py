"""All file I/O: finding, reading and writing files, the policy of a file, the shipped data.

What a run that only reads does not need is imported on first use, which saves half a millisecond.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from imagelint.files.exclude import Exclusion
from imagelint.files.git import (
    Ignored,
    Index,
    holds_repository,
    index_of,
    is_repository,
    is_tracked,
    may_be_sparse,
    repository_of,
)
from imagelint.files.guard import LEADS_OUT, bound_of, leads_out
from imagelint.files.paths import (
    BROKEN_LINK,
    LINK_TO_FOLDER,
    STDIN,
    Found,
    FoundFile,
    Listener,
    above_glob,
    absolute,
    chart_folder,
    displayed,
    in_order,
    is_below,
    is_manifest,
    is_stdin,
    is_stream,
    named,
    outermost_chart,
    relative_to,
)
from imagelint.files.policies import POLICY_NAME, GoverningPolicy, Policies, policy_folder
from imagelint.files.reading import (
    MAX_SIZE,
    STAND_IN_MAX,
    Identity,
    identity,
    is_blank,
    read,
    read_stdin,
    stand_in,
)
from imagelint.files.shipped import (
    EXAMPLE_HARBOR,
    catalogue_files,
    default_policy_source,
    rules_folder,
    schema_text,
)
from imagelint.files.walk import find

if TYPE_CHECKING:
    from imagelint.files.commit import AtCommit, Difference
    from imagelint.files.temporary import are_leftovers, clear_leftovers, has_leftovers
    from imagelint.files.writing import (
        Steps,
        append,
        finish,
        rewrite,
        rewriting,
        size,
        sync,
        write_new,
        write_whole,
    )

__all__ = [
    "BROKEN_LINK",
    "EXAMPLE_HARBOR",
    "LEADS_OUT",
    "LINK_TO_FOLDER",
    "MAX_SIZE",
    "POLICY_NAME",
    "STAND_IN_MAX",
    "STDIN",
    "AtCommit",
    "Difference",
    "Exclusion",
    "Found",
    "FoundFile",
    "GoverningPolicy",
    "Identity",
    "Ignored",
    "Index",
    "Listener",
    "Policies",
    "Steps",
    "above_glob",
    "absolute",
    "append",
    "are_leftovers",
    "bound_of",
    "catalogue_files",
    "chart_folder",
    "clear_leftovers",
    "default_policy_source",
    "displayed",
    "find",
    "finish",
    "has_leftovers",
    "holds_repository",
    "identity",
    "in_order",
    "index_of",
    "is_below",
    "is_blank",
    "is_manifest",
    "is_repository",
    "is_stdin",
    "is_stream",
    "is_tracked",
    "leads_out",
    "may_be_sparse",
    "named",
    "outermost_chart",
    "policy_folder",
    "read",
    "read_stdin",
    "relative_to",
    "repository_of",
    "rewrite",
    "rewriting",
    "rules_folder",
    "schema_text",
    "size",
    "stand_in",
    "sync",
    "write_new",
    "write_whole",
]

_WHEN_ASKED = {
    **dict.fromkeys(("AtCommit", "Difference"), "commit"),
    **dict.fromkeys(("Steps", "append", "finish", "rewrite", "rewriting", "size"), "writing"),
    **dict.fromkeys(("sync", "write_new", "write_whole"), "writing"),
    **dict.fromkeys(("are_leftovers", "clear_leftovers", "has_leftovers"), "temporary"),
}


def __getattr__(name: str) -> object:
    """Import a name on first use (PEP 562)."""
    if name not in _WHEN_ASKED:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    found = globals()[name] = getattr(import_module(f"{__name__}.{_WHEN_ASKED[name]}"), name)
    return found
