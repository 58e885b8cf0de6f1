"""Hostile input by the byte: what was made to hang a parser, or would be.

``HOSTILE`` names functions from a size in bytes to a file of about that size. Each of them
is to be linted within a small multiple of the time that :func:`benign` of the same size
takes, whatever the size. They are all deterministic, and none needs more than its result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HOSTILE", "benign"]

_POD: Final = b"apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
_LIST: Final = b"apiVersion: v1\nkind: List\nitems:\n"
_OBJECT: Final = b"apiVersion: v1\nkind: Pod\n"  # parsed, whatever stands in it
_CONTAINERS: Final = _POD + b"spec:\n  containers:\n"
_IMAGE: Final = b"  - {name: a, image: nginx}\n"
_IN_CONTAINER: Final = _CONTAINERS + b"  - image: nginx\n"
_TAIL: Final = b"\nspec: {containers: [{name: a, image: nginx}]}\n"


def benign(size: int) -> bytes:
    """Return a stream of ordinary Deployments, each with an image that breaks a rule."""
    deployment = (
        b"---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels:\n"
        b"    app: web\nspec:\n  replicas: 2\n  template:\n    spec:\n      containers:\n"
        b"      - name: main\n        image: nginx:1.25\n        args: [--port, '80']\n"
    )
    return _repeat(deployment, size)


def _repeat(piece: bytes, size: int) -> bytes:
    return piece * max(size // len(piece), 1)


def _around(head: bytes, piece: bytes, size: int, tail: bytes = b"") -> bytes:
    """Fill up the room between ``head`` and ``tail`` with a piece."""
    return head + _repeat(piece, size - len(head) - len(tail)) + tail


def _numbered(pattern: bytes, size: int) -> bytes:
    """Repeat a pattern with ``%d`` in it, numbered."""
    pieces, length, number = [], 0, 0
    while length < size:
        pieces.append(pattern % ((number,) * pattern.count(b"%d")))
        length += len(pieces[-1])
        number += 1
    return b"".join(pieces)


def _alias_bomb(size: int) -> bytes:
    pieces, length, level = [b"x0: &x0 [image, image]\n"], 0, 1
    while length < size:
        pieces.append(b"x%d: &x%d [*x%d, *x%d]\n" % (level, level, level - 1, level - 1))
        length += len(pieces[-1])
        level += 1
    return _OBJECT + b"".join(pieces)


def _merge_bomb(size: int) -> bytes:
    pieces, length, level = [b"x0: &x0 {image: nginx}\n"], 0, 1
    while length < size:
        pieces.append(b"x%d: &x%d {<<: [*x%d, *x%d]}\n" % (level, level, level - 1, level - 1))
        length += len(pieces[-1])
        level += 1
    return _OBJECT + b"".join(pieces) + b"spec:\n  containers: [*x%d]\n" % (level - 1)


def _merge_chain(size: int) -> bytes:
    pieces, length, level = [b"x0: &x0 {image: nginx}\n"], 0, 1
    while length < size:
        pieces.append(b"x%d: &x%d {k%d: v, <<: *x%d}\n" % (level, level, level, level - 1))
        length += len(pieces[-1])
        level += 1
    return _OBJECT + b"".join(pieces) + b"spec:\n  containers: [*x%d]\n" % (level - 1)


def _aliased_lists(size: int) -> bytes:
    half = (size - len(_LIST)) // 2
    first = b"- &pod\n  apiVersion: v1\n  kind: Pod\n  spec:\n    containers:\n"
    return _LIST + first + _repeat(b"    - {image: nginx}\n", half) + _repeat(b"- *pod\n", half)


def _block_nesting(size: int) -> bytes:
    pieces, length, depth = [], 0, 0
    while length < size:
        pieces.append(b" " * depth + b"image:\n")
        length += len(pieces[-1])
        depth += 1
    return _OBJECT + b"spec:\n " + b" ".join(pieces)


def _balanced(opening: bytes, middle: bytes, closing: bytes, size: int) -> bytes:
    depth = max((size - len(middle)) // (len(opening) + len(closing)), 1)
    return opening * depth + middle + closing * depth


def _below_the_limit(size: int) -> bytes:
    """Nest as deep as kubectl allows, then go on for long: a cost by depth and by token."""
    depth = min(9_990, size // 4)
    items = _repeat(b"image, ", size - 2 * depth)
    return _OBJECT + b"spec: " + b"[" * depth + items + b"]" * depth + b"\n"


HOSTILE: Final[dict[str, Callable[[int], bytes]]] = {
    # --- aliases and merges
    "alias bomb": _alias_bomb,
    "alias cycles": lambda size: _OBJECT + _numbered(b"x%d: &x%d [*x%d, image]\n", size),
    "merge bomb": _merge_bomb,
    "merge of merges": _merge_chain,
    "merge keys": lambda size: _around(
        _OBJECT + b"x: &x {image: nginx}\nspec:\n  containers:\n  - name: a\n",
        b"    <<: *x\n",
        size,
    ),
    "merged lists": lambda size: _around(
        _OBJECT + b"x: &x {image: nginx}\nspec:\n  containers:\n  - <<: [*x", b",*x", size, b"]\n"
    ),
    "aliases of a big pod": _aliased_lists,
    "anchors": lambda size: _CONTAINERS + _numbered(b"  - &a%d {image: &i%d nginx}\n", size),
    # --- nesting
    "block nesting": _block_nesting,
    "compact nesting": lambda size: _around(_OBJECT + b"spec:\n  ", b"- ", size, b"image: nginx\n"),
    "flow nesting": lambda size: (
        _OBJECT + b"spec: " + _balanced(b"[", b"{image: nginx}", b"]", size) + b"\n"
    ),
    "open brackets": lambda size: _around(_OBJECT + b"image: ", b"[", size),
    "open braces": lambda size: _around(_OBJECT + b"image: ", b"{a: ", size),
    "JSON nesting": lambda size: _balanced(b'{"image":', b"1", b"}", size),
    "JSON lists": lambda size: _balanced(b'{"image":[', b"1", b"]}", size),
    "deep and long": _below_the_limit,
    # --- long lines and scalars
    "long line of images": lambda size: _around(
        _POD + b"spec: {containers: [", b"{image: nginx},", size, b"]}\n"
    ),
    "long line of images beyond ASCII": lambda size: _around(
        _POD + b"spec: {containers: [", "{image: nginx, name: é},".encode(), size, b"]}\n"
    ),
    "JSON line of images": lambda size: _around(
        b'{"apiVersion":"v1","kind":"Pod","spec":{"containers":[',
        b'{"image":"nginx"},',
        size,
        b'{"image":"a"}]}}',
    ),
    "JSON line of images beyond ASCII": lambda size: _around(
        b'{"apiVersion":"v1","kind":"Pod","spec":{"containers":[',
        '{"image":"nginx","name":"é"},'.encode(),
        size,
        b'{"image":"a"}]}}',
    ),
    "JSON objects beyond ASCII": lambda size: _repeat(
        '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"é"},'
        '"spec":{"containers":[{"image":"nginx"}]}}\n'.encode(),
        size,
    ),
    "images beyond ASCII": lambda size: _around(
        _CONTAINERS, "  - {name: é, image: nginx}\n".encode(), size
    ),
    "images with ill-formed text": lambda size: _around(
        _CONTAINERS, b"  - name: \xff\n    image: nginx\n", size
    ),
    "UTF-16": lambda size: (
        "\ufeff" + _CONTAINERS.decode() + _IMAGE.decode() * (size // 54)
    ).encode("utf-16-le"),
    "long reference": lambda size: _around(_CONTAINERS + b"  - image: ", b"a.", size, b"\n"),
    "long path": lambda size: _around(_CONTAINERS + b"  - image: a.b/", b"a/", size, b"\n"),
    "long capitals": lambda size: _around(_CONTAINERS + b"  - image: ", b"A_", size, b"\n"),
    "long tag": lambda size: _around(_CONTAINERS + b"  - image: a:", b"-", size, b"\n"),
    "long digest": lambda size: _around(_CONTAINERS + b"  - image: a@sha256:", b"0", size, b"\n"),
    "long number": lambda size: _around(_CONTAINERS + b"  - image: ", b"1", size, b"\n"),
    "long octal": lambda size: _around(_CONTAINERS + b"  - image: 0", b"7", size, b"\n"),
    "long words": lambda size: _around(_CONTAINERS + b"  - image: ", b"a ", size, b"a\n"),
    "long quotes": lambda size: _around(_CONTAINERS + b"  - image: '", b"''", size, b"'\n"),
    "long escapes": lambda size: _around(_CONTAINERS + b'  - image: "', b"\\x61", size, b'"\n'),
    "long backslashes": lambda size: _around(_CONTAINERS + b'  - image: "', b"\\\\", size, b'"\n'),
    "long key": lambda size: _around(_OBJECT, b"image", size, b": nginx\n"),
    "long anchor": lambda size: _around(_CONTAINERS + b"  - image: &", b"a", size, b" nginx\n"),
    "long tag property": lambda size: _around(
        _CONTAINERS + b"  - image: !", b"a", size, b" nginx\n"
    ),
    "blanks behind a tag": lambda size: _around(
        _CONTAINERS + b"  - image: !!str", b" ", size, b"nginx\n"
    ),
    "comments behind a tag": lambda size: _around(
        _CONTAINERS + b"  - image: !!str", b" #\n", size, b"    nginx\n"
    ),
    "blanks": lambda size: _around(_CONTAINERS + b"  - image:", b" ", size, b"nginx\n"),
    "trailing blanks": lambda size: _around(_CONTAINERS + b"  - image: a", b" ", size, b"\n"),
    "blanks behind a bracket": lambda size: _around(
        b"apiVersion: v1\nkind: ConfigMap\ndata: {\n}", b" ", size, b"image\n"
    ),
    "long comment": lambda size: _around(_CONTAINERS + _IMAGE + b"# ", b"image: # ", size, b"\n"),
    "comments": lambda size: _around(_CONTAINERS + _IMAGE, b"# image: nginx\n", size),
    "JSON string": lambda size: _around(b'{"image":"', b"a", size, b'"}'),
    "JSON escapes": lambda size: _around(b'{"image":"', b"\\n", size, b'"}'),
    "JSON white space": lambda size: _around(b'{"image":', b" ", size, b"1}"),
    "JSON that fails at its end": lambda size: _around(b'{"image":[', b"1,", size, b"'"),
    # --- block scalars
    "literal": lambda size: _around(_CONTAINERS + b"  - image: |\n", b"      a\n", size),
    "literal of blank lines": lambda size: _around(
        _CONTAINERS + b"  - image: |\n", b"\n", size, b"      a\n"
    ),
    "folded": lambda size: _around(_CONTAINERS + b"  - image: >\n", b"      a\n", size),
    "text over lines": lambda size: _around(_CONTAINERS + b"  - image: a\n", b"      a\n", size),
    "texts over lines": lambda size: _IN_CONTAINER + _numbered(b"    x%d: image\n      a\n", size),
    "flow over lines": lambda size: _around(
        _IN_CONTAINER + b"    args: [\n", b"    a,\n", size, b"    ]\n"
    ),
    "flows over lines": lambda size: _IN_CONTAINER + _numbered(b"    x%d: [a,\n b]\n", size),
    "flow without an end": lambda size: _around(
        _IN_CONTAINER + b"    args: [\n", b"    a,\n", size
    ),
    "quotes over lines": lambda size: (
        _IN_CONTAINER + _numbered(b"    x%d: 'image\n      a'\n", size)
    ),
    "one quote over lines": lambda size: _around(
        _IN_CONTAINER + b'    x: "image\n', b"      a \\\n", size, b'      b"\n'
    ),
    "quotes without an end": lambda size: _around(
        _IN_CONTAINER + b'    x: "image\n', b"      - 'a\n", size
    ),
    "quotes that open on each line": lambda size: (
        _IN_CONTAINER + _numbered(b"    x%d: 'image\n", size)
    ),
    "blanks in quotes over lines": lambda size: _around(
        _IN_CONTAINER + b'    x: "image', b" ", size, b'a\n      b"\n'
    ),
    "blanks before a colon": lambda size: _around(
        _IN_CONTAINER + b"    x", b" ", size, b": image\n"
    ),
    "colons behind blanks": lambda size: _IN_CONTAINER + _numbered(b"    x%d : a\n", size),
    "anchored scalars": lambda size: (
        _IN_CONTAINER + _numbered(b"    x%d: &x%d image\n    y: *x%d\n", size)
    ),
    "containers without a list": lambda size: (
        b"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec: # image\n"
        + _numbered(b"  x%d:\n    containers:\n", size)
    ),
    "values of a chart": lambda size: b"# kind\n" + _numbered(b"x%d: image\n", size),
    "quoted keys": lambda size: _IN_CONTAINER + _numbered(b'    "x%d": "a\\"b"\n', size),
    "JSON list": lambda size: _around(b"[", b'{"kind":"image"},\n', size, b"1]"),
    "blank lines": lambda size: _around(_CONTAINERS, b"\n", size, _IMAGE),
    "blank lines behind the kind": lambda size: _around(
        b"apiVersion: v1\nkind: ConfigMap\n", b"  \n", size, b"image: a\n"
    ),
    # --- many documents, pairs, findings
    "documents": lambda size: _repeat(b"---\na: image\n", size),
    "pods": lambda size: _repeat(b"---\n" + _POD + _TAIL, size),
    "broken documents": lambda size: _repeat(b"---\n" + _POD + b"image: [\n", size),
    "separators": lambda size: _around(b"image: a\n", b"---\n", size),
    "separators with content": lambda size: _around(b"image: a\n", b"--- x\n", size),
    "document ends": lambda size: _around(b"image: a\n", b"...\n", size),
    "JSON objects": lambda size: _repeat(b'{"image":1}', size),
    "JSON objects, then YAML": lambda size: _around(b"", b'{"image":1}\n', size, b"image: a\n"),
    "duplicate keys": lambda size: _around(_CONTAINERS + b"  - name: a\n", b"    image: a\n", size),
    "duplicate containers": lambda size: _around(
        _POD + b"spec:\n", b"  containers: [{image: a}]\n", size
    ),
    "keys": lambda size: _OBJECT + _numbered(b"image%d: nginx\n", size),
    "findings": lambda size: _around(_CONTAINERS, _IMAGE, size),
    "labels": lambda size: _around(
        _POD[:-12] + b"{name: web, labels: {",
        b"a: b, ",
        size,
        b"}}" + _TAIL,
    ),
    # --- what regular expressions of ours look at
    "actions": lambda size: _around(_CONTAINERS + b"  - image: ", b"{{", size, b"\n"),
    "open actions": lambda size: _around(_CONTAINERS + b"  - image: ", b"{{ a ", size, b"\n"),
    "actions everywhere": lambda size: _around(_CONTAINERS, b"  - image: {{ .a }}\n", size),
    "placeholders": lambda size: _around(_CONTAINERS + b"  - image: ", b"$(<@%__a", size, b"\n"),
    "image words": lambda size: _around(_CONTAINERS + b"  - image: [", b"image ", size, b"\n"),
    "images in broken text": lambda size: _around(_CONTAINERS + b"  - [\n", b" image: a\n", size),
    "colons in flow": lambda size: _around(_OBJECT + b"image: [", b"a:b,", size, b"]\n"),
    "tags in flow": lambda size: _around(_OBJECT + b"image: [a:b", b",!<", size, b"\n"),
    "question marks": lambda size: _around(_OBJECT + b"image: [", b"? ", size, b"]\n"),
    "byte order marks": lambda size: _around(_OBJECT + b"image: a", b"\xef\xbb\xbf", size, b"\n"),
    "lone carriage returns": lambda size: _around(_OBJECT, b"image: a\r", size),
    "tabs": lambda size: _around(_CONTAINERS + b"  - image: a", b"\t", size, b"b\n"),
    "sources": lambda size: _around(b"", b"# Source: a\n", size, b"image: a\n"),
    "ignores": lambda size: _around(
        _CONTAINERS + _IMAGE, b"# imagelint: ignore[floating-tag] a\n", size, _IMAGE
    ),
    "ignores of lines": lambda size: _around(
        _CONTAINERS, b"  - {image: nginx} # imagelint: ignore[floating-tag] a\n", size
    ),
    "ignores in strings": lambda size: _around(
        _CONTAINERS, b"  - {image: nginx, name: '# imagelint: ignore[a]'}\n", size
    ),
    "ignores of CR lines": lambda size: _around(
        _CONTAINERS + _IMAGE, b"# imagelint: ignore[floating-tag] a\r", size, _IMAGE
    ),
    "one long ignore": lambda size: _around(
        _CONTAINERS + _IMAGE + b"# imagelint: ignore[", b"a, ", size, b"] a\n"
    ),
    "NUL bytes": lambda size: _around(_CONTAINERS + b"  - image: ", b"\0", size),
    "ill-formed bytes": lambda size: _around(_CONTAINERS + b"  - image: ", b"\xff", size),
}
