"""Nodes → how kubectl and kustomize read them.

Their YAML libraries are related but differ (go-yaml v2 with sigs.k8s.io/yaml, and go-yaml v3):
in merges, duplicate keys, lists and the words of YAML 1.1. A :class:`View` is one reader's
reading of a tree; :func:`refusals` says why kubectl refuses a tree that parses,
:func:`oddities` which keys the two readers interpret differently. An image that either reader
sees counts, even in a refused document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from imagelint.kubernetes.scalars import (
    BOTH,
    YAML_TAG,
    Reader,
    Value,
    is_text,
    resolve,
    scalar_problem,
    tag_of,
    type_of,
)
from imagelint.model.source import shown
from imagelint.yaml.bounds import MERGED_IF_REFUSED
from imagelint.yaml.nodes import (
    MERGE,
    Mapping,
    Node,
    ParseProblem,
    Scalar,
    Sequence,
    Tree,
    is_alias_of_merge,
    is_merge,
    nodes_once,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BOTH", "Reader", "Value", "View", "is_text", "oddities", "refusals", "resolve"]
__all__ += ["type_of", "views"]

_Pair: TypeAlias = "tuple[Node, Node]"


class View:
    """One reader's reading of a tree."""

    def __init__(
        self,
        reader: Reader,
        *,
        walk_once: bool = False,
        has_merges: bool = True,
        unwrapped: Mapping | None = None,
    ) -> None:
        """Read as ``reader``.

        ``walk_once`` is for documents that kubectl refuses: no mapping is merged twice into one, so
        that merging ends. ``has_merges=False`` promises that there are none. ``unwrapped`` is a
        List that kustomize splits before it processes merges or tags.
        """
        self.reader = reader
        self._has_merges = has_merges
        self._walk_once = walk_once
        self._unwrapped = unwrapped
        self._may_merge = MERGED_IF_REFUSED
        self._entries: dict[int, dict[str, Node]] = {}
        self._kept: list[Mapping] = []

    def entries(self, mapping: Mapping) -> dict[str, Node]:
        """Return the mapping as the reader sees it: with merges, and one value for each key."""
        known = self._entries.get(id(mapping))
        if known is None:
            known = self._entries[id(mapping)] = {}
            self._kept.append(mapping)
            if self.reader is Reader.KUSTOMIZE:
                self._read_as_kustomize(mapping, known)
            else:
                pairs = self._set_by_kubectl(mapping) if self._has_merges else mapping.pairs
                for key, value in pairs:
                    known[key.value if is_text(key) else self.key(key)] = value
        return known

    def get(self, node: Node | None, *path: str) -> Node | None:
        """Return the node at ``path`` below a node; None if a mapping or a key is missing."""
        for key in path:
            node = self.entries(node).get(key) if isinstance(node, Mapping) else None
        return node

    def key(self, key: Node) -> str:
        """Return a key as the string that it is in JSON; complex keys get unique names."""
        if not isinstance(key, Scalar) or is_text(key):
            return _text(key)
        value = resolve(key, self.reader)
        if value.type == "string":
            return str(value.value)
        if value.type == "boolean":
            return "true" if value.value else "false"
        return key.value

    def _set_by_kubectl(self, mapping: Mapping) -> list[_Pair]:
        """Return the pairs in order, merged ones included; the last pair of a key wins.

        Of a list of mappings the first comes last. The walk is backwards, so that the last use
        of a repeated mapping counts, as if none had been left out.
        """
        seen = {id(mapping)}
        found: list[_Pair] = []
        work = [iter(mapping.pairs[::-1])]
        while work:
            for key, value in work[-1]:
                if _is_merge(key, Reader.KUBECTL):
                    sources = _merge_sources(key, value)
                    work.extend(self._backwards(source, seen) for source in reversed(sources))
                    break
                found.append((key, value))
            else:
                work.pop()
        return found[::-1]

    def _backwards(self, source: Mapping, seen: set[int]) -> Iterator[_Pair]:
        """Yield a merged mapping's pairs, the last first; the check for repetition is then."""
        if self._limited([source], seen):
            yield from reversed(source.pairs)

    def _read_as_kustomize(self, mapping: Mapping, known: dict[str, Node]) -> None:
        """Set the values of keys as kustomize does, in three steps.

        In a List that is alone in its file it reads the items before anything else (kyaml,
        byteio_reader.go). It merges by the texts of keys, whatever their tags, and of equal keys in
        a mapping it uses the first (rnode.go, deAnchor). Merges in the result are done by go-yaml
        v3, by what the keys resolve to.
        """
        seen = {id(mapping)}
        work = [mapping]
        while work:
            node = work.pop()
            merged, nested = self._merged(node, seen)
            for key, value in merged:
                name = self.key(key)
                if node is mapping or name not in known:
                    known[name] = value
            work += reversed(nested)
        if mapping is self._unwrapped:
            known.update({text: value for text, (_, value) in _by_text(mapping.pairs).items()})

    def _merged(self, mapping: Mapping, seen: set[int]) -> tuple[list[_Pair], list[Mapping]]:
        """Return a mapping's pairs after kustomize's own merging, and the mappings left to merge.

        Of several merges that come from a list of mappings only the first one's is left.
        """
        if not (self._has_merges and any(map(_may_merge, mapping.pairs))):
            return list(_by_text(mapping.pairs).values()), []
        texts = [_text(key) for key, _ in mapping.pairs]
        cleared = texts.index(MERGE) if MERGE in texts else len(texts)  # regardless of its tag
        own = _by_text([*mapping.pairs[:cleared], *mapping.pairs[cleared + 1 :]])
        direct = [
            source
            for key, value in mapping.pairs
            if _is_merge(key, Reader.KUSTOMIZE) and not is_alias_of_merge(key)
            for source in _merge_sources(key, value)
        ]
        merged = dict(own)
        for source in reversed(self._limited(direct, set())):  # no chains: as many as are written
            merged.update(_by_text(source.pairs))
        merged.update(own)
        pairs, nested = [], []
        for key, value in merged.values():
            if is_alias_of_merge(key) or (_text(key) == MERGE and _is_merge(key, Reader.KUSTOMIZE)):
                nested += _mappings(value)
            else:
                pairs.append((key, value))
        return pairs, self._limited(nested, seen)

    def _limited(self, sources: list[Mapping], seen: set[int]) -> list[Mapping]:
        """Leave out repeated mappings and those above the limit, if the document may be a bomb."""
        if not self._walk_once:
            return sources
        found = [one for one in sources if id(one) not in seen]
        seen.update(map(id, found))
        self._may_merge -= sum(len(one.pairs) for one in found)
        return found if self._may_merge > 0 else []


def _text(key: Node) -> str:
    """Return the name by which kustomize knows a key before it is resolved.

    For an alias that is its anchor's name, so it is not a merge before aliases are replaced.
    """
    if isinstance(key, Scalar) and not is_alias_of_merge(key):
        return key.value
    return f"\0{key.start}"


def _by_text(pairs: list[_Pair]) -> dict[str, _Pair]:
    """Return the pairs in order by the texts of their keys, the first of equal ones."""
    found: dict[str, _Pair] = {}
    for pair in pairs:
        found.setdefault(_text(pair[0]), pair)
    return found


def _may_merge(pair: _Pair) -> bool:
    key = pair[0]
    return isinstance(key, Scalar) and (key.value == MERGE or key.tag is not None)


def _is_merge(key: Node, reader: Reader) -> bool:
    """Whether a reader merges: both for a plain ``<<``, kustomize for any key with the tag."""
    if not isinstance(key, Scalar):
        return False
    if reader is Reader.KUBECTL:
        return is_merge(key)
    if tag_of(key) == YAML_TAG + "merge":
        return True
    return is_merge(key) and not key.style


def _merge_sources(key: Node, value: Node) -> list[Mapping]:
    """Return the mappings that a pair merges; go-yaml refuses an alias to a list of them."""
    return [] if isinstance(value, Sequence) and value.start < key.start else _mappings(value)


def _items(value: Node) -> list[Node]:
    return value.items if isinstance(value, Sequence) else [value]


def _mappings(value: Node) -> list[Mapping]:
    return [item for item in _items(value) if isinstance(item, Mapping)]


def views(tree: Tree) -> list[View]:
    """Return the views that may differ in structure, even if their readers refuse the tree.

    These are kubectl's, kustomize's if there are merges, and another of kustomize's for a List
    whose items differ if it is alone in its file. In a tree that kubectl refuses, either of two
    equal keys at the root may be kept, so both are examined.
    """
    once, merges = bool(tree.problems), tree.has_merges
    found = [View(Reader.KUBECTL, walk_once=once, has_merges=merges)]
    if merges or (once and isinstance(tree.root, Mapping) and _has_twice(tree.root)):
        found.append(View(Reader.KUSTOMIZE, walk_once=once))
    root = _unwrapped(tree.root)
    if root is not None:
        alone = View(Reader.KUSTOMIZE, walk_once=once, has_merges=merges, unwrapped=root)
        here, there = alone.entries(root), found[-1].entries(root)
        if any(here.get(name) is not there.get(name) for name in ("kind", "items")):
            found.append(alone)
    return found


def _unwrapped(root: Node | None) -> Mapping | None:
    """Return the root if it is a List with items, which kustomize splits."""
    if isinstance(root, Mapping):
        kind = next((value for key, value in root.pairs if _text(key) == "kind"), None)
        if isinstance(kind, Scalar) and kind.value in ("List", "ResourceList"):
            return root if any(_text(key) == "items" for key, _ in root.pairs) else None
    return None


def _has_twice(mapping: Mapping) -> bool:
    return len(_by_text(mapping.pairs)) != len(mapping.pairs)


def oddities(tree: Tree) -> list[ParseProblem]:
    """Return the keys of a YAML tree that kubectl and kustomize interpret differently.

    A duplicate key counts if it may lose to a merge, or in a List: elsewhere kustomize refuses it,
    so there is one reading.
    """
    unwrapped = _unwrapped(tree.root)
    if not tree.is_suspicious and (unwrapped is None or not _has_twice(unwrapped)):
        return []
    return sorted(
        problem
        for node in nodes_once(tree.root)
        if isinstance(node, Mapping)
        for problem in _odd_keys(node, only_once=tree.has_merges or node is unwrapped)
    )


def _odd_keys(mapping: Mapping, *, only_once: bool) -> Iterator[ParseProblem]:
    view = View(Reader.KUBECTL)
    seen: set[tuple[str, bool]] = set()
    end = mapping.start
    for key, value in mapping.pairs:
        by_kubectl, by_kustomize = (_is_merge(key, reader) for reader in Reader)
        name, is_alias = view.key(key), key.start < end
        end = max(end, key.end, value.end)
        message = ""
        if by_kubectl != by_kustomize:
            who = Reader.KUBECTL if by_kubectl else Reader.KUSTOMIZE
            message = f"only {who.value} reads the key {shown(name)} as a merge key"
        elif tag_of(key) == YAML_TAG + "binary":
            message = f"the key {shown(name)} is base64: kubectl reads it, kustomize may not"
        elif is_alias and only_once:
            message = f"the key {shown(name)} is an alias: kustomize merges it under another name"
        elif (name, by_kubectl) in seen and only_once:
            message = (
                f"the key {shown(name)} is repeated: kubectl uses the last one,"
                " kustomize uses another or refuses the file"
            )
        seen.add((name, by_kubectl))
        if message:
            yield ParseProblem(max(key.start, mapping.start), message)


def refusals(tree: Tree) -> list[ParseProblem]:
    """Return why kubectl refuses a YAML tree that its parser accepts."""
    problems: list[ParseProblem] = []
    for node in nodes_once(tree.root):
        if isinstance(node, Mapping):
            problems += _key_problems(node)
        elif isinstance(node, Scalar):
            problem = scalar_problem(node)
            if problem is not None:
                problems.append(ParseProblem(node.start, problem))
    return sorted(problems)


def _key_problems(mapping: Mapping) -> Iterator[ParseProblem]:
    for key, value in mapping.pairs:
        if not isinstance(key, Scalar):
            yield ParseProblem(key.start, "a key is a mapping or a list")
        elif is_merge(key):
            is_list = isinstance(value, Sequence) and value.start > key.start
            if len(_merge_sources(key, value)) != (len(_items(value)) if is_list else 1):
                yield ParseProblem(key.start, "a merge key needs a mapping or a list of mappings")
        elif resolve(key).type == "null":
            yield ParseProblem(key.start, "a key is empty or null")
