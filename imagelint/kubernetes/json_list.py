"""JSON lists that YAML reads in the same way: never API objects, so they hold no image.

Responses of the GitHub API, test results or lists of examples mention images and kinds, too. The
standard library checks that such text is well-formed in a fifth of libyaml's time.
"""

from __future__ import annotations

import json
import re
from typing import Any

from imagelint.yaml.fast.lines import is_odd

__all__ = ["is_json_list"]

_SIZE_MAX = 1 << 22
"""Maximum size in bytes: the whole text is in memory for a moment."""
_KEY_MAX = 150
"""Characters of a key: YAML allows 1024, and each of these may be written as six."""
_DEPTH_MAX = 100
_COLON_IN_FRONT = re.compile(r"\n[ \r\n]*:")
"""JSON allows a line break between a key and its colon, YAML does not."""
_OTHER_ESCAPES = ("\\/", "\\ud", "\\uD")
"""YAML does not need an escape for a slash, and has none for lone surrogates."""


def is_json_list(data: bytes) -> bool:
    """Whether text (UTF-8) is a JSON list that every YAML reader reads in the same way."""
    if not data.startswith(b"[") or len(data) > _SIZE_MAX:
        return False
    try:
        text = data.decode()
        root: list[Any] = json.loads(text, object_pairs_hook=_values)
    except (ValueError, RecursionError):
        return False
    if is_odd(text) or any(escape in text for escape in _OTHER_ESCAPES):
        return False
    return _COLON_IN_FRONT.search(text) is None and _is_shallow(root)


def _values(pairs: list[tuple[str, Any]]) -> list[Any]:
    if any(len(key) > _KEY_MAX for key, _ in pairs):
        message = "a key may be too long for YAML"
        raise ValueError(message)
    return [value for _, value in pairs]


def _is_shallow(root: list[Any]) -> bool:
    level = [root]
    for _ in range(_DEPTH_MAX):
        level = [one for inner in level for one in inner if isinstance(one, list)]
        if not level:
            return True
    return False
