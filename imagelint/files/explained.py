"""List every mistake of a refused policy or rule file, by the published JSON Schemas."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from imagelint.files.shipped import schema_text
from imagelint.yaml.mistakes import mistakes

if TYPE_CHECKING:
    from imagelint.model.errors import PolicyError

__all__ = ["explain"]


def explain(error: PolicyError, *, is_rule: bool) -> None:
    """Add the other mistakes of the file to the error of its strict reader."""
    name = "rule.schema.json" if is_rule else "schema.json"
    error.also = mistakes(error, json.loads(schema_text(name)))
