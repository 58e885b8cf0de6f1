"""Objects in text that kubectl misreads: other encodings, colons without a space.

This module reads the same text in other ways. If one of them shows an object, the author means
an object, and it is worth a finding that kubectl reads none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imagelint.kubernetes.catalogue.entries import CONTAINERS
from imagelint.kubernetes.objects import meta_of
from imagelint.kubernetes.readers import type_of, views
from imagelint.model.source import shown
from imagelint.yaml.nodes import Mapping, ParseProblem, Scalar, Sequence

if TYPE_CHECKING:
    from imagelint.kubernetes.readers import View
    from imagelint.model.finding import KubeObject
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import Node, Tree

__all__ = ["encoding_problem", "glued_problem", "is_in_other_encoding", "is_settings"]
__all__ += ["shape_problem", "shows_kind"]

_KIND = r"""(?m)(?:^|[\s{,])["']?kind["']?[ \t]*:"""
_KIND_BYTES = _KIND.encode()
_API_VERSION = r"""(?m)(?:^|[\s{,])["']?apiVersion["']?[ \t]*:"""
_COMMENT_LINES = r"(?m)^[ \t]*#.*$"
_INVISIBLE = (
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ufffd-\uffff\U000e0000-\U000e007f]"
)
"""Invisible characters, and the replacement character."""
_JSON_COMMENT = r"(?m)(?:^|[\s,{\[])(?://|/\*)"
_JSON_TEXTS = r"""(?x)
    (?P<string> "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' ) (?P<colon> [ \t]*: )?
    | //[^\n]* | /\*(?:[^*]|\*(?!/))*\*/
    """
"""Strings and comments of an editor's settings; a string before a colon is a key."""
_PART_OF_KEY = r"""(?:^|[\s{,"'])(?:apiVersion|kind)(?:["':]|$)"""
_KEYS = ("apiVersion", "kind")
_GLUED = r"""(?:^|[\s{\[,"'])image["']?:\S"""
_HOLDS_OBJECTS = frozenset(("spec", "template", *CONTAINERS))
"""Keys whose values, and the items of those, are never text."""
_HOLDS_DATA = frozenset(("metadata", "data", "stringData", "binaryData", "annotations", "labels"))
"""Keys below which any key may be somebody's own."""
_WIDE = (
    ("UTF-32", "utf-32-le"),
    ("UTF-32", "utf-32-be"),
    ("UTF-16 without a byte order mark", "utf-16-le"),
    ("UTF-16 without a byte order mark", "utf-16-be"),
)


def shows_kind(text: str) -> bool:
    """Whether a key ``kind`` can be seen in unparsable text, despite invisible characters."""
    return re.search(_KIND, _visible(text)) is not None


def _visible(text: str) -> str:
    """Return text with blanks for invisible characters, and without NULs."""
    is_plain = text.isascii() and text.isprintable()
    return text if is_plain else re.sub(_INVISIBLE, " ", text.replace("\0", ""))


def is_settings(text: str) -> bool:
    """Whether text is JSON with comments and without an object: an editor's settings."""
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "//", "/*")):
        return False
    if re.search(_JSON_COMMENT, text) is None:
        return False
    keys = re.sub(_JSON_TEXTS, _key_alone, _visible(text))
    return re.search(_API_VERSION, keys) is None


def _key_alone(match: re.Match[str]) -> str:
    """Return a key; replace a comment, or a string that may be a snippet, with nothing."""
    return match.group() if match["colon"] else " "


def is_in_other_encoding(document: Document) -> bool:
    """Whether a document shows an object in another encoding than that of its source.

    In UTF-16 and UTF-32 the letters of a key have NULs between them, in any byte order, and no
    text that kubectl reads contains one. In a UTF-16 source the object may be plain UTF-8.
    """
    data = _written(document)
    if document.source.encoding == "utf-8":
        return b"\0" in data and re.search(_KIND_BYTES, data.replace(b"\0", b"")) is not None
    text = document.text
    is_wider = "\0" in text and shows_kind(text)
    return is_wider or re.search(_KIND_BYTES, data) is not None


def _written(document: Document) -> bytes:
    """Return the bytes of the file; for a document in a string, the bytes of the string."""
    return document.source.data[document.span.start : document.span.end]


def encoding_problem(document: Document) -> str | None:
    """Return the problem of a document in another encoding; None: it only contains NULs.

    See :func:`is_in_other_encoding`.
    """
    data = _written(document)
    name = next((name for name, code in _WIDE if "kind".encode(code) in data), None)
    if document.source.encoding != "utf-8" and (name is None or "32" not in name):
        name = "UTF-8, in a file whose byte order mark says UTF-16"
    return None if name is None else f"the text is {name}; save the file as UTF-8"


def shape_problem(tree: Tree, text: str) -> ParseProblem | None:
    """Return why kubectl refuses text that looks like an object but is a string or has broken keys.

    The cause is colons without a space after them, or text before JSON. The object may also be an
    item of a List.
    """
    root, view = tree.root, views(tree)[0]
    if root is None:
        return None
    nodes: list[tuple[Node, KubeObject | None, int]] = [
        (root, None, len(text))  # the rest after a string is dropped
    ]
    items = view.get(root, "items")
    if isinstance(items, Sequence) and isinstance(root, Mapping):
        parent = meta_of(root, view, None, "")
        nodes += ((item, parent, item.end) for item in items.items)
    for node, above, end in nodes:
        what = _misreading(node, above, view)
        if what is not None and _shows_object(text[node.start : end]):
            advice = "write a space after each colon, and no text before `{`"
            return ParseProblem(node.start, f"{what}; {advice}")
    return None


def _misreading(node: Node, parent: KubeObject | None, view: View) -> str | None:
    """Return as what kubectl reads a node that may show an object; None if it reads an object.

    ``parent`` is the List that has the node as an item.
    """
    if isinstance(node, Mapping):
        is_odd = any(_is_misread_key(key) for key, _ in node.pairs if isinstance(key, Scalar))
        is_object = not is_odd or meta_of(node, view, parent, "") is not None
        return None if is_object else "its keys are not `apiVersion` and `kind`"
    is_text = isinstance(node, Scalar) and node.style not in ("|", ">")
    if is_text and type_of(node) != "null":  # kubectl reports nothing about null
        return "to YAML it is a string, not an object"
    return None


def _is_misread_key(key: Scalar) -> bool:
    """Whether a key looks like `kind` or `apiVersion`, but YAML reads another key."""
    if key.value in _KEYS or (key.style and not re.search("[:{]", key.value)):
        return False  # a quoted key without a colon is what its author wants
    return re.search(_PART_OF_KEY, _visible(key.value)) is not None


def glued_problem(root: Node | None) -> ParseProblem | None:
    """Return where the space after the colon of ``image``, or of a key near it, is missing.

    YAML then reads a container, or its parent, as a string, or as a mapping with a key
    ``image:IMAGE``.
    """
    work: list[tuple[Node, bool]] = [] if root is None else [(root, False)]
    seen: set[int] = set()
    while work:
        node, is_object = work.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            work += ((item, is_object) for item in reversed(node.items))
        elif isinstance(node, Mapping):
            for key, value in reversed(node.pairs):
                name = key.value if isinstance(key, Scalar) else ""
                if name not in _HOLDS_DATA:
                    work += ((value, name in _HOLDS_OBJECTS), (key, name.startswith("image:")))
        elif is_object and node.style not in ("|", ">") and re.search(_GLUED, node.value):
            what = f"{shown(node.value, 60)} is a text to YAML and names no image"
            return ParseProblem(node.start, f"{what}; write a space behind `image:`")
    return None


def _shows_object(text: str) -> bool:
    """Whether both keys of an object can be seen in text, comments excluded."""
    bare = re.sub(_COMMENT_LINES, "", _visible(text))
    return all(re.search(key, bare) for key in (_KIND, _API_VERSION))
