"""The tree that a YAML or JSON document is read into: nodes that know where they stand.

Offsets are characters into the document's text (:class:`imagelint.model.source.Decoded`
leads back to bytes). Nodes are plain slotted classes, not dataclasses: a large
stream makes a million of them. An alias is no node of its own: the aliased node
stands in the tree once more, as the same object. Trees hold no cycles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "MERGE",
    "NOT_FINITE",
    "ODD_SCALARS",
    "Folded",
    "Mapping",
    "Node",
    "ParseProblem",
    "Scalar",
    "Sequence",
    "Tree",
    "ValueType",
    "alias_of_merge",
    "is_alias_of_merge",
    "is_merge",
    "nodes_once",
]

ValueType: TypeAlias = Literal["string", "null", "number", "boolean", "mapping", "sequence"]
"""The JSON types, in YAML's words for collections."""

NOT_FINITE = frozenset(
    (
        *(".nan", ".NaN", ".NAN"),
        *(f"{sign}.{word}" for sign in ("", "+", "-") for word in ("inf", "Inf", "INF")),
    )
)
"""Plain scalars for numbers that JSON cannot write."""
ODD_SCALARS = NOT_FINITE | {"", "~", "null", "Null", "NULL"}
"""Plain scalars that make kubectl refuse a document: nulls as keys, the rest anywhere."""

MERGE = "<<"
"""What YAML 1.1's merge key reads."""
_MERGE_TAG = "tag:yaml.org,2002:merge"
_ALIAS = "*"
"""The style of an alias to a merge key: of no scalar as written."""


class Scalar:
    """A scalar.

    ``start`` and ``end`` enclose the scalar as written, behind any anchor and tag:
    with its quotes; for a block scalar from its ``|`` or ``>`` on.
    """

    __slots__ = ("anchored", "end", "start", "style", "tag", "type", "value")

    def __init__(  # noqa: PLR0913 - five facts about a scalar, made on the hottest path
        self,
        value: str,
        start: int,
        end: int,
        style: str = "",
        *,
        tag: str | None = None,
        type: ValueType | None = None,  # noqa: A002 - the field's own word
    ) -> None:
        """Make a scalar; see the class for what the fields mean."""
        self.value = value
        """The decoded text."""
        self.start = start
        self.end = end
        self.style = style
        """One of ``""`` (plain), ``'``, ``"``, ``|`` and ``>``; see :func:`alias_of_merge`, too."""
        self.tag = tag
        """The tag as resolved by the parser (``tag:yaml.org,2002:str``, ``!x``) or None."""
        self.type = type
        """The JSON type where the syntax decides it (JSON documents), else None."""
        self.anchored = False

    def __repr__(self) -> str:
        """Show style and value."""
        return f"Scalar({self.style}{self.value!r} @{self.start})"


class Folded(Scalar):
    """A string in JSON with a line break of YAML in it (NEL, LS, PS), where YAML folds text."""

    __slots__ = ("folded",)

    def __init__(self, value: str, start: int, end: int, folded: str) -> None:
        """Make a string that is ``value`` to kubectl and ``folded`` to kustomize."""
        super().__init__(value, start, end, '"', type="string")
        self.folded = folded


class Sequence:
    """A sequence; ``items`` in document order."""

    __slots__ = ("anchored", "end", "items", "start", "tag")

    def __init__(self, start: int, end: int, tag: str | None = None) -> None:
        """Make an empty sequence."""
        self.items: list[Node] = []
        self.start = start
        self.end = end
        self.tag = tag
        self.anchored = False

    def __repr__(self) -> str:
        """Show the length."""
        return f"Sequence({len(self.items)} items @{self.start})"


class Mapping:
    """A mapping; ``pairs`` as written: in order, with duplicates and merge keys."""

    __slots__ = ("anchored", "end", "pairs", "start", "tag")

    def __init__(self, start: int, end: int, tag: str | None = None) -> None:
        """Make an empty mapping."""
        self.pairs: list[tuple[Node, Node]] = []
        self.start = start
        self.end = end
        self.tag = tag
        self.anchored = False

    def __repr__(self) -> str:
        """Show the length."""
        return f"Mapping({len(self.pairs)} pairs @{self.start})"


Node: TypeAlias = "Scalar | Sequence | Mapping"


class ParseProblem(NamedTuple):
    """Why a document cannot be read as Kubernetes reads it; ``offset`` counts characters."""

    offset: int
    message: str


class Tree:
    """One document as read: its root and what is wrong or special about it.

    ``problems`` are reasons why kubectl refuses the document; the tree then holds
    what could be read all the same. ``unread_from`` is the offset from which a
    problem left text unread; ``dropped_from`` the offset of content that YAML
    readers ignore without a word (behind ``...``, behind a flow root).
    """

    __slots__ = (
        "dropped_from",
        "has_aliases",
        "has_merges",
        "is_suspicious",
        "problems",
        "root",
        "unread_from",
    )

    def __init__(self) -> None:
        """Make an empty tree."""
        self.root: Node | None = None
        self.problems: list[ParseProblem] = []
        self.unread_from: int | None = None
        self.dropped_from: int | None = None
        self.has_aliases = False
        self.has_merges = False
        self.is_suspicious = False
        """Whether a tag, an odd key or a number that JSON cannot write may make kubectl refuse."""


def is_merge(key: Scalar, *, by_tag: bool = False) -> bool:
    """Whether a key is YAML 1.1's merge key: a plain ``<<``, or one tagged so.

    ``by_tag`` is kustomize's way: any key with the tag is one, whatever its text.
    """
    if by_tag and key.tag == _MERGE_TAG:
        return True
    if key.value != MERGE or key.type is not None:
        return False
    return key.tag in (_MERGE_TAG, "!") or (key.tag is None and not key.style)


def alias_of_merge(target: Scalar) -> Scalar:
    """Return what stands for an alias to a merge key: text to kubectl, to kustomize a merge.

    Kustomize merges by it only where it has replaced the aliases, behind all other merges.
    """
    return Scalar(target.value, target.start, target.end, _ALIAS, tag="!!merge")


def is_alias_of_merge(node: Node) -> bool:
    """Whether a node is an alias to a merge key."""
    return isinstance(node, Scalar) and node.style == _ALIAS


def nodes_once(root: Node | None) -> Iterator[Node]:
    """Yield every node once, however many aliases lead to it; keys too."""
    seen: set[int] = set()
    work: list[Node] = [] if root is None else [root]
    while work:
        node = work.pop()
        if not isinstance(node, Scalar):
            if id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, Mapping):
                for pair in node.pairs:
                    work.extend(pair)
            else:
                work.extend(node.items)
        yield node
