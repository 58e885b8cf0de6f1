"""The tree of a YAML or JSON document: nodes with their places.

Offsets are characters of the document's text (:class:`imagelint.model.source.Decoded`
converts them to bytes). Nodes are plain slotted classes, not dataclasses: a large
stream makes a million of them. An alias is not a node: the tree contains the aliased
node again, as the same object. Trees have no cycles.
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
"""The JSON types, with YAML's names for collections."""

NOT_FINITE = frozenset(
    (
        *(".nan", ".NaN", ".NAN"),
        *(f"{sign}.{word}" for sign in ("", "+", "-") for word in ("inf", "Inf", "INF")),
    )
)
"""Plain scalars for numbers that JSON cannot represent."""
ODD_SCALARS = NOT_FINITE | {"", "~", "null", "Null", "NULL"}
"""Plain scalars for which kubectl refuses a document: nulls as keys, the others anywhere."""

MERGE = "<<"
"""The text of YAML 1.1's merge key."""
_MERGE_TAG = "tag:yaml.org,2002:merge"
_ALIAS = "*"
"""The style of an alias to a merge key; no written scalar has it."""


class Scalar:
    """A scalar.

    ``start`` and ``end`` enclose the scalar as written, after any anchor and tag:
    with its quotes; a block scalar begins at its ``|`` or ``>``.
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
        """Create a scalar; the class describes the fields."""
        self.value = value
        """The decoded text."""
        self.start = start
        self.end = end
        self.style = style
        """``""`` (plain), ``'``, ``"``, ``|`` or ``>``; see also :func:`alias_of_merge`."""
        self.tag = tag
        """The tag as resolved by the parser (``tag:yaml.org,2002:str``, ``!x``) or None."""
        self.type = type
        """The JSON type if the syntax decides it (JSON documents), else None."""
        self.anchored = False

    def __repr__(self) -> str:
        """Show style and value."""
        return f"Scalar({self.style}{self.value!r} @{self.start})"


class Folded(Scalar):
    """A JSON string that contains a YAML line break (NEL, LS, PS), where YAML folds text."""

    __slots__ = ("folded",)

    def __init__(self, value: str, start: int, end: int, folded: str) -> None:
        """Create a string that kubectl reads as ``value`` and kustomize as ``folded``."""
        super().__init__(value, start, end, '"', type="string")
        self.folded = folded


class Sequence:
    """A sequence; ``items`` in document order."""

    __slots__ = ("anchored", "end", "items", "start", "tag")

    def __init__(self, start: int, end: int, tag: str | None = None) -> None:
        """Create an empty sequence."""
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
        """Create an empty mapping."""
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
    """Why Kubernetes' readers refuse a document; ``offset`` counts characters."""

    offset: int
    message: str


class Tree:
    """One parsed document: its root, its problems and its peculiarities.

    ``problems`` are reasons why kubectl refuses the document; the tree then holds the
    nodes that could be read. ``unread_from`` is the offset from which a problem left
    text unread; ``dropped_from`` is the offset of content that YAML readers silently
    ignore (after ``...``, after a flow root).
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
        """Create an empty tree."""
        self.root: Node | None = None
        self.problems: list[ParseProblem] = []
        self.unread_from: int | None = None
        self.dropped_from: int | None = None
        self.has_aliases = False
        self.has_merges = False
        self.is_suspicious = False
        """Whether a tag, a null key or a number that JSON cannot write may make kubectl refuse."""

    def replace(self, **changes: object) -> Tree:
        """Return a tree with the same nodes and other attributes."""
        tree = Tree()
        for name in self.__slots__:
            setattr(tree, name, changes.get(name, getattr(self, name)))
        return tree


def is_merge(key: Scalar, *, by_tag: bool = False) -> bool:
    """Whether a key is YAML 1.1's merge key: a plain ``<<``, or one with the tag ``!!merge``.

    ``by_tag`` is kustomize's rule: any key with the tag is a merge key, whatever its text.
    """
    if by_tag and key.tag == _MERGE_TAG:
        return True
    if key.value != MERGE or key.type is not None:
        return False
    return key.tag in (_MERGE_TAG, "!") or (key.tag is None and not key.style)


def alias_of_merge(target: Scalar) -> Scalar:
    """Return the node for an alias to a merge key: text to kubectl, a merge key to kustomize.

    Kustomize merges by it only after it has replaced the aliases, after all other merges.
    """
    return Scalar(target.value, target.start, target.end, _ALIAS, tag="!!merge")


def is_alias_of_merge(node: Node) -> bool:
    """Whether a node is an alias to a merge key."""
    return isinstance(node, Scalar) and node.style == _ALIAS


def nodes_once(root: Node | None) -> Iterator[Node]:
    """Yield every node once, keys included, however many aliases lead to it."""
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
