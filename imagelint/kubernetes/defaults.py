"""Placeholders whose values are in the same object: image sites → the sites of these values.

Tekton's ``params``, the parameters of Argo Workflows and of OpenShift's Templates, and defaults in
the placeholder itself (``${IMAGE:-nginx:1.25}``). Each value that may arrive becomes a site at its
own place, where a fix can edit it. Values from other documents are not seen here.
"""

from __future__ import annotations

import re
from itertools import chain, islice, product
from math import prod
from typing import TYPE_CHECKING, Final, TypeAlias

from imagelint.kubernetes.parameters import Found, Memory, Parameters
from imagelint.kubernetes.readers import Value
from imagelint.model.namedtuple import NamedTuple
from imagelint.yaml.nodes import Scalar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from imagelint.kubernetes.objects import ObjectNode
    from imagelint.kubernetes.parameters import Mention, Steps
    from imagelint.kubernetes.readers import View
    from imagelint.kubernetes.sites import ImageSite

__all__ = ["Read", "with_defaults", "with_values"]

_TEKTON: Final = r"\$\((?:inputs\.)?params(?:\.([A-Za-z0-9_.-]+)|\[(['\"])([^'\"\[\]]+)\2\])\)"
_TRIGGERS: Final = r"\$\(tt\.params\.([A-Za-z0-9_-]+)\)"
_ITEM: Final = r"\{\{\s*item(?:\.([A-Za-z0-9_-]+))?\s*\}\}"
_ARGO: Final = r"\{\{\s*(inputs|workflow)\.parameters\.([A-Za-z0-9_-]+)\s*\}\}"
_OPENSHIFT: Final = r"\$\{(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))\}"
_DEFAULT: Final = r"\$\{[A-Za-z_][A-Za-z0-9_]*:?[-=]([^{}]*)\}"
_DEEPEST: Final = 8
"""How many times a value may be handed on."""
_MOST: Final = 32
"""The largest number of values of a parameter, or of an image."""
_MOST_PAIRS: Final = 1024
"""The largest number of combinations, most of which nothing passes."""
_MOST_READS: Final = 100
"""The largest number of scalars to read for one image."""
_ELSEWHERE: Final = "its registry consists of several values"

Read: TypeAlias = "tuple[ObjectNode, ObjectNode, Steps, ImageSite]"
"""An object, the object around it (or itself), the steps to an image, and the image's site."""


class _Piece(NamedTuple):
    """A part of an image's text, and the range of a scalar in which it is written."""

    text: str
    node: Scalar
    start: int
    end: int
    field: str
    is_known: bool = True
    """False: it is a placeholder without a known value."""
    is_final: bool = True
    """Whether nobody else can pass another value."""
    mentions: frozenset[Mention] = frozenset()
    """The parameters through which it came, each with the scalar that mentions it."""
    sources: frozenset[tuple[int, int]] = frozenset()
    """What passed it."""


def with_defaults(image: str) -> str:
    """Return an image with the defaults that its placeholders have: ``${A:-nginx}`` → ``nginx``."""
    return re.sub(_DEFAULT, r"\1", image)


def _is_marked(text: str) -> bool:
    return "$" in text or "{{" in text


def with_values(
    reads: Collection[Read], view: View
) -> Iterator[tuple[ObjectNode, Steps, ImageSite]]:
    """Yield the sites of an object and of those in it, and the sites of their placeholders' values.

    A placeholder with values is a site that names their fields, unless nothing else can arrive.
    """
    known: dict[int, _Search] = {}
    memory = Memory()
    read: list[tuple[Read, list[tuple[_Piece, ...]]]] = []
    for one in reads:
        item, outer, steps, site = one
        search = known.get(id(item.mapping))
        if search is None:
            search = known[id(item.mapping)] = _Search(
                Parameters(item, outer, view, memory), item, outer
            )
        read.append((one, search.values(steps, site)))
    used = _moving(values for _, every in read for values in every)
    for (item, _, steps, site), values in read:
        search = known[id(item.mapping)]
        told = [value for value in values if any(piece.text for piece in value)]
        is_final = bool(told) and len(told) == len(values)
        is_final = is_final and all(piece.is_final for value in told for piece in value)
        new = [search.site_of(value, site, used) for value in told]
        if not is_final:
            fields = [one.field for one in new]
            yield item, steps, site._replace(values_at=tuple(dict.fromkeys(fields)))
        yield from ((item, steps, value_site) for value_site in new)


def _moving(values: Iterable[tuple[_Piece, ...]]) -> set[Mention]:
    """Return the mentions of parameters in whose place a new registry can stand."""
    heads: set[Mention] = set()
    others: set[Mention] = set()
    for value in values:
        head = _head(value)
        for piece in value:
            is_moved = piece is head and _has_registry(value, head)
            (heads if is_moved else others).update(piece.mentions)
    return heads - others


def _head(value: tuple[_Piece, ...]) -> _Piece | None:
    """Return the first piece that is not empty."""
    return next((piece for piece in value if piece.text), None)


def _has_registry(value: tuple[_Piece, ...], head: _Piece) -> bool:
    """Whether the first piece has the whole registry, or the name of a short image."""
    text = "".join([piece.text for piece in value])
    name = re.split("[:@]", text, maxsplit=1)[0]
    return (text.find("/") if "/" in text else len(name)) <= len(head.text)


class _Search:
    """The parameters of one object."""

    def __init__(self, parameters: Parameters, item: ObjectNode, outer: ObjectNode) -> None:
        self._parameters = parameters
        self._budget = 0
        is_inside = outer is not item
        is_workflow = item.meta.group == "argoproj.io" and "Workflow" in item.meta.kind
        asked = (
            (_TEKTON, item.meta.group.endswith("tekton.dev")),
            (_TRIGGERS, is_inside and outer.meta.kind == "TriggerTemplate"),
            (_ARGO, is_workflow),
            (_ITEM, is_workflow),
            (_OPENSHIFT, is_inside and outer.meta.kind == "Template"),
            (_DEFAULT, True),
        )
        self._patterns = [re.compile(pattern) for pattern, is_asked in asked if is_asked]

    def values(self, steps: Steps, site: ImageSite) -> list[tuple[_Piece, ...]]:
        """Return the values of an image, each as pieces; empty if no placeholder has any."""
        node = site.node
        is_plain = not (site.tail or site.unfixable or site.has_separate_tag or site.filled_by)
        text = site.value.value
        if not (is_plain and isinstance(node, Scalar) and isinstance(text, str)):
            return []
        if not _is_marked(text):
            return []
        start, end = site.within or (0, len(node.value))
        scope = self._parameters.scope_of(steps)
        self._budget = _MOST_READS
        found = self._read(Found(node, site.field, scope, is_final=True), 0, (start, end))
        if all(len(value) == 1 and not value[0].is_known for value in found):
            found = [value for value in found if value[0].node is not node]
        for value in found:
            head = _head(value)
            is_open = head is not None and (not head.is_known or _is_marked(head.text))
            if head is not None and head.node is node and is_open:
                return []  # the registry is not known, whatever the other values are
        texts = {"".join([piece.text for piece in value]) for value in found}
        return [] if texts == {node.value[start:end]} else found

    def site_of(self, value: tuple[_Piece, ...], site: ImageSite, used: set[Mention]) -> ImageSite:
        """Return the site of a value: where the piece with the registry is written."""
        head = next(piece for piece in value if piece.text)
        text = "".join([piece.text for piece in value])
        is_here = head.node is site.node
        is_whole = head.start == 0 and head.end == len(head.node.value)
        return site._replace(
            value=Value("string", text),
            node=head.node,
            field=head.field,
            container=site.container if is_here else None,
            tail=text[len(head.text) :],
            within=None if is_whole else (head.start, head.end),
            unfixable=self._other_use(head, used) if _has_registry(value, head) else _ELSEWHERE,
        )

    def _other_use(self, head: _Piece, used: set[Mention]) -> str | None:
        """Return why a parameter's value cannot be edited: it is used for something else."""
        found = filter(
            None,
            (
                self._parameters.other_use(name, used)
                for name in sorted({name for name, _ in head.mentions})
            ),
        )
        return next(found, None)

    # --- values ---

    def _read(
        self, found: Found, depth: int, within: tuple[int, int] | None = None
    ) -> list[tuple[_Piece, ...]]:
        """Return the values that a scalar, or a part of it, may have."""
        node, field = found.node, found.field
        at, stop = within = within or (0, len(node.value))
        unknown = [_unknown(node, at, stop, field)]
        self._budget -= 1
        if self._budget < 0:
            return unknown
        matches = [
            one for pattern in self._patterns for one in pattern.finditer(node.value, at, stop)
        ]
        choices: list[list[tuple[_Piece, ...]]] = []
        for match in sorted(matches, key=lambda match: match.span()):
            start, end = match.span()
            if start >= at:
                choices += [[_literal(node, at, start, field)], self._choices(match, found, depth)]
                at = end
        choices.append([_literal(node, at, stop, field)])
        if prod(map(len, choices)) > _MOST_PAIRS:
            return unknown
        together = (tuple(chain.from_iterable(parts)) for parts in product(*choices))
        values = [value for value in together if _may_meet(value)]
        return values if len(values) <= _MOST else unknown

    def _choices(self, match: re.Match[str], around: Found, depth: int) -> list[tuple[_Piece, ...]]:
        """Return the values of one placeholder; itself if none is known."""
        node, field = around.node, around.field
        unknown = _unknown(node, *match.span(), field)
        if match.re.pattern == _DEFAULT:
            inner = _literal(node, *match.span(1), field)
            return [tuple(one._replace(is_final=False) for one in inner) or unknown]
        name, every = self._found(match, around)
        found = list(islice(every, _MOST + 1))
        if depth >= _DEEPEST or len(found) > _MOST:
            return [unknown]
        values: list[tuple[_Piece, ...]] = []
        mention = frozenset({(name, id(node))})
        for one in found:
            if self._budget <= 0:
                return [unknown]
            for value in self._read(one, depth + 1):
                pieces = value or (_Piece("", one.node, 0, 0, one.field),)
                values.append(tuple(_through(piece, one, mention) for piece in pieces))
        return values or [unknown]

    def _found(self, match: re.Match[str], around: Found) -> tuple[str, Iterator[Found]]:
        """Return the parameter that a placeholder names, and its values."""
        pattern, known = match.re.pattern, self._parameters
        if pattern == _ITEM:
            key = match.group(1)
            found = iter(()) if around.item is None else known.item(around.item, key)
            return f"item.{key}" if key else "item", found
        if pattern == _ARGO:
            name = match.group(2)
            return name, known.argo(match.group(1), name, around.scope)
        if pattern == _TRIGGERS:
            name = match.group(1)
            return name, known.triggers(name)
        if pattern == _OPENSHIFT:
            name = match.group(1) or match.group(2)
            return name, known.openshift(name)
        name = match.group(1) or match.group(3)
        return name.partition(".")[0], known.tekton(name, around.scope)


def _through(piece: _Piece, found: Found, mention: frozenset[Mention]) -> _Piece:
    """Return a piece of a parameter's value, as it arrives where the parameter is mentioned."""
    return piece._replace(
        is_final=piece.is_final and found.is_final,
        mentions=piece.mentions | mention,
        sources=piece.sources | found.sources,
    )


def _may_meet(value: tuple[_Piece, ...]) -> bool:
    """Whether the same step, item or run passes all pieces of a value."""
    by: dict[int, int] = {}
    sources = (source for piece in value for source in piece.sources)
    return all(by.setdefault(what, which) == which for what, which in sources)


def _literal(node: Scalar, start: int, end: int, field: str) -> tuple[_Piece, ...]:
    """Return a part of a scalar as it is written; nothing if it is empty."""
    return (_Piece(node.value[start:end], node, start, end, field),) if end > start else ()


def _unknown(node: Scalar, start: int, end: int, field: str) -> tuple[_Piece, ...]:
    return (_Piece(node.value[start:end], node, start, end, field, is_known=False),)
