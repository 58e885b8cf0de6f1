"""JSON lists that YAML reads alike: nobody takes one for an API object, so none holds an image.

What an API of GitHub or a test has given, or a list of examples, speaks of images and kinds as
well. The standard library knows in a fifth of libyaml's time that such a text is well-formed.
"""

from __future__ import annotations

import json
import re
from typing import Any

from imagelint.yaml.fast.lines import is_odd

__all__ = ["is_json_list"]

_SIZE_MAX = 1 << 22
"""Bytes of a text that is read so: all of it is in memory for a moment."""
_KEY_MAX = 150
"""Characters of a key: YAML has room for 1024, and each of these may be written as six."""
_DEPTH_MAX = 100
_COLON_IN_FRONT = re.compile(r"\n[ \r\n]*:")
"""JSON may have a line break between a key and its colon, YAML has not."""
_OTHER_ESCAPES = ("\\/", "\\ud", "\\uD")
"""A slash needs none in YAML, and half a character has none there."""


def is_json_list(data: bytes) -> bool:
    """Whether text (UTF-8) is a JSON list, and the same to every reader of YAML."""
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
