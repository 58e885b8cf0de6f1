"""All file I/O: finding, reading, writing, the policy of a file, the data we are shipped with."""

from __future__ import annotations

from imagelint.files.content import Identity, identity, is_blank, read, read_stdin
from imagelint.files.data import (
    catalogue_files,
    default_policy_source,
    rule_sources,
    rules_folder,
    schema_text,
)
from imagelint.files.exclude import Exclusion
from imagelint.files.git import repository_of
from imagelint.files.origin import AtCommit, Difference
from imagelint.files.paths import absolute, chart_folder, displayed, is_below, named, relative_to
from imagelint.files.policies import POLICY_NAME, GoverningPolicy, Policies
from imagelint.files.temporary import clear_leftovers
from imagelint.files.walk import Found, FoundFile, find
from imagelint.files.writing import append, rewrite, size, write_new, write_whole

__all__ = [
    "POLICY_NAME",
    "AtCommit",
    "Difference",
    "Exclusion",
    "Found",
    "FoundFile",
    "GoverningPolicy",
    "Identity",
    "Policies",
    "absolute",
    "append",
    "catalogue_files",
    "chart_folder",
    "clear_leftovers",
    "default_policy_source",
    "displayed",
    "find",
    "identity",
    "is_below",
    "is_blank",
    "named",
    "read",
    "read_stdin",
    "relative_to",
    "repository_of",
    "rewrite",
    "rule_sources",
    "rules_folder",
    "schema_text",
    "size",
    "write_new",
    "write_whole",
]
