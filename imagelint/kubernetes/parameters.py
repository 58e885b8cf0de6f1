"""Parameters of one object → the values that it declares or passes, and their places.

Tekton's ``params``, the parameters of Argo Workflows and those of OpenShift's Templates. Values
from other documents are not seen here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from imagelint.kubernetes.objects import path_of, string_of
from imagelint.kubernetes.readers import type_of
from imagelint.model.namedtuple import NamedTuple
from imagelint.yaml.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.objects import ObjectNode, Step
    from imagelint.kubernetes.readers import View

__all__ = ["Found", "Memory", "Mention", "Parameters", "Scope", "Steps"]

Steps: TypeAlias = "tuple[Step, ...]"
Scope: TypeAlias = "tuple[tuple[Mapping, Steps], ...]"
"""The mappings around a place, the innermost first, each with the steps to it."""
Mention: TypeAlias = "tuple[str, int]"
"""A parameter's name and a scalar that mentions it, by its id."""
_Call: TypeAlias = "tuple[tuple[Mapping, Steps], Scope]"
"""A step or task of a workflow, and the scope around it."""
_STARTS: Final = ("entrypoint", "onExit")
# Any mention of a parameter, also in expressions and scripts.
_MENTIONED: Final = (
    r"params(?:\.|\[['\"])([A-Za-z0-9_-]+)"
    r"|parameters(?:\.|\[['\"])([A-Za-z0-9_-]+)"
    r"|\{\{=?\s*(item(?:\.[A-Za-z0-9_-]+)?)\s*\}\}"
    r"|\$\{\{?([A-Za-z0-9_]+)\}"
)


class Found(NamedTuple):
    """A value of a parameter, with the scope in which its own placeholders are resolved."""

    node: Scalar
    field: str
    scope: Scope
    is_final: bool
    sources: frozenset[tuple[int, int]] = frozenset()
    """What passes it: a step, or an item, as one of several, whose values never meet."""
    item: tuple[Node, Steps] | None = None
    """The item of a loop for which it is passed."""


class Memory:
    """What is known about the lists and texts of a document, so that each is read once."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.entries: dict[int, dict[str, tuple[int, Mapping]]] = {}
        self.calls: dict[int, dict[str, list[_Call]]] = {}
        self.mentions: dict[int, dict[str, dict[int, str]]] = {}
        self.other_uses: dict[tuple[int, str], str | None] = {}


class Parameters:
    """The parameters of one object."""

    def __init__(
        self, item: ObjectNode, outer: ObjectNode, view: View, memory: Memory | None = None
    ) -> None:
        """Read those of ``item`` and of ``outer``, the object around it, or ``item`` itself."""
        self._item = item
        self._outer = outer
        self._view = view
        self._memory = memory or Memory()

    def scope_of(self, steps: Steps) -> Scope:
        """Return the mappings on the way to a place in the object, the innermost first."""
        return _scope_of(self._item, steps, self._view)

    def other_use(self, name: str, images: set[Mention]) -> str | None:
        """Return why a value cannot be edited: it has another use than ``images``."""
        memory, outer = self._memory, self._outer
        key = id(outer.mapping), name
        if key not in memory.other_uses:
            known = memory.mentions.get(key[0])
            if known is None:
                known = memory.mentions[key[0]] = _mentions(outer, self._view)
            others = (
                field for node, field in known.get(name, {}).items() if (name, node) not in images
            )
            field = next(others, None)
            reason = f"the parameter {name} is also used at {field}, where it cannot move"
            memory.other_uses[key] = None if field is None else reason
        return memory.other_uses[key]

    def openshift(self, name: str) -> Iterator[Found]:
        """Yield the value of a parameter of a Template."""
        outer = self._outer
        return self._declared(outer.mapping, "parameters", name, ("value",), outer.prefix)

    def triggers(self, name: str) -> Iterator[Found]:
        """Yield the default of a parameter of a TriggerTemplate."""
        spec = self._view.get(self._outer.mapping, "spec")
        return self._declared(spec, "params", name, ("default",), f"{self._outer.prefix}spec.")

    def _declared(
        self, holder: Node | None, key: str, name: str, kinds: tuple[str, ...], prefix: str
    ) -> Iterator[Found]:
        """Yield the values of an entry of a list; their own placeholders stay."""
        entry = self._entry(holder, key, name)
        for kind in kinds if entry is not None else ():
            assert entry is not None  # see above
            node = _scalar(self._view.get(entry[1], kind))
            if node is not None:
                yield Found(node, f"{prefix}{key}[{entry[0]}].{kind}", (), is_final=False)

    def tekton(self, name: str, scope: Scope) -> Iterator[Found]:
        """Yield the values of ``$(params.NAME)``: what is passed in, else the default.

        A run may pass a value through a pipeline to a task that does not get it from there.
        """
        for index in range(len(scope)):
            passed = self._passed(name, scope, index)
            if not passed and self._declares(scope[index][0], name):
                passed = self._passed(name, scope, index + 1)
                if not passed:
                    default = self._param(scope[index], name, "default")
                    if default is not None:
                        yield Found(*default, scope[index + 1 :], is_final=False)
                    further = (self._passed(name, scope, at) for at in range(index + 2, len(scope)))
                    yield from next(filter(None, further), [])
                    return
            if passed:
                yield from passed
                return

    def _passed(self, name: str, scope: Scope, index: int) -> list[Found]:
        """Return the values that a mapping passes to the spec in it, also by a matrix."""
        if index >= len(scope):
            return []
        mapping, steps = scope[index]
        outside = scope[index + 1 :]
        found = self._param(scope[index], name, "value")
        if found is not None:
            return [Found(*found, outside, is_final=True)]
        matrix = self._view.get(mapping, "matrix")
        entry = self._entry(matrix, "params", name)
        values = None if entry is None else self._view.get(entry[1], "value")
        if entry is None or not isinstance(values, Sequence):
            return []
        at = self._at((*steps, "matrix", "params", entry[0], "value"))
        return [
            Found(
                node,
                f"{at}[{number}]",
                outside,
                is_final=True,
                sources=frozenset({(id(values), number)}),
            )
            for number, one in enumerate(values.items)
            if (node := _scalar(one)) is not None
        ]

    def _declares(self, mapping: Mapping, name: str) -> bool:
        names = (name, name.partition(".")[0])
        return any(self._entry(mapping, "params", one) is not None for one in names)

    def _param(
        self, place: tuple[Mapping, Steps], name: str, kind: str
    ) -> tuple[Scalar, str] | None:
        """Return a value in ``params`` and its field; ``a.b`` may be the key b of the object a."""
        mapping, steps = place
        entry, inner = self._entry(mapping, "params", name), ""
        if entry is None:
            base, _, inner = name.partition(".")
            entry = self._entry(mapping, "params", base) if inner else None
        if entry is None:
            return None
        value = self._view.get(entry[1], kind)
        node = _scalar(self._view.get(value, inner) if inner else value)
        at = (*steps, "params", entry[0], kind, *([inner] if inner else []))
        return None if node is None else (node, self._at(at))

    def argo(self, where: str, name: str, scope: Scope) -> Iterator[Found]:
        """Yield the values of an input of a template, or of a parameter of the workflow."""
        spec = next((one for one in scope if self._items(one[0], "templates")), None)
        if spec is None:
            return
        if where == "workflow":
            yield from self._parameter(spec, "arguments", name, ("value", "default"))
            return
        template = next((one for one in scope if self._view.get(one[0], "inputs")), None)
        if template is None:
            return
        yield from self._parameter(template, "inputs", name, ("value", "default"), (spec,))
        title = string_of(self._view.get(template[0], "name"), self._view)
        for call, around in self._calls_of(spec).get(title or "", ()):
            sources = frozenset({(id(template[0]), id(call[0]))})
            for found in self._parameter(call, "arguments", name, ("value",), around):
                yield from self._by_item(found._replace(sources=sources), call)
        starts = [string_of(self._view.get(spec[0], key), self._view) for key in _STARTS]
        if title and title in starts:
            yield from self._parameter(spec, "arguments", name, ("value",))

    def _by_item(self, found: Found, call: tuple[Mapping, Steps]) -> Iterator[Found]:
        """Yield a value once for each item of its step's loop, if it mentions the item."""
        items = self._items(call[0], "withItems") if "item" in found.node.value else []
        for index, one in enumerate(items):
            sources = found.sources | {(id(call[0]), index)}
            yield found._replace(sources=sources, item=(one, (*call[1], "withItems", index)))
        if not items:
            yield found

    def item(self, item: tuple[Node, Steps], key: str | None) -> Iterator[Found]:
        """Yield the item of a loop, or its value for a key."""
        node, steps = item
        value = _scalar(self._view.get(node, key) if key else node)
        if value is not None:
            at = (*steps, key) if key else steps
            yield Found(value, self._at(at), (), is_final=True)

    def _parameter(
        self,
        place: tuple[Mapping, Steps],
        key: str,
        name: str,
        kinds: tuple[str, ...],
        scope: Scope = (),
    ) -> Iterator[Found]:
        """Yield the values of an entry in ``arguments`` or ``inputs``."""
        mapping, steps = place
        prefix = f"{self._at((*steps, key))}."
        for found in self._declared(
            self._view.get(mapping, key), "parameters", name, kinds, prefix
        ):
            yield found._replace(scope=scope)

    def _calls_of(self, spec: tuple[Mapping, Steps]) -> dict[str, list[_Call]]:
        """Return the steps and tasks of a workflow, by the template that they run."""
        calls = self._memory.calls.get(id(spec[0]))
        if calls is None:
            calls = self._memory.calls[id(spec[0])] = {}
            for index, template in enumerate(self._items(spec[0], "templates")):
                at = (*spec[1], "templates", index)
                for call, steps in self._calls_in(template, at):
                    title = string_of(self._view.get(call, "template"), self._view)
                    if title and isinstance(template, Mapping):
                        around = ((template, at), spec)
                        calls.setdefault(title, []).append(((call, steps), around))
        return calls

    def _calls_in(self, template: Node, at: Steps) -> Iterator[tuple[Mapping, Steps]]:
        """Yield the steps and tasks of a template."""
        for index, group in enumerate(self._items(template, "steps")):
            for number, call in enumerate(group.items if isinstance(group, Sequence) else ()):
                if isinstance(call, Mapping):
                    yield call, (*at, "steps", index, number)
        for number, call in enumerate(self._items(self._view.get(template, "dag"), "tasks")):
            if isinstance(call, Mapping):
                yield call, (*at, "dag", "tasks", number)

    def _items(self, holder: Node | None, key: str) -> list[Node]:
        found = self._view.get(holder, key)
        return found.items if isinstance(found, Sequence) else []

    def _entry(self, holder: Node | None, key: str, name: str) -> tuple[int, Mapping] | None:
        """Return the entry with a name in a list, and its index; each list is indexed once."""
        items = self._view.get(holder, key)
        if not isinstance(items, Sequence):
            return None
        known = self._memory.entries.get(id(items))
        if known is None:
            known = self._memory.entries[id(items)] = {}
            for index, one in enumerate(items.items):
                title = string_of(self._view.get(one, "name"), self._view)
                if isinstance(one, Mapping) and title is not None:
                    known[title] = index, one
        return known.get(name)

    def _at(self, steps: Steps) -> str:
        return self._item.prefix + path_of(steps)


def _scalar(node: Node | None) -> Scalar | None:
    """Return a scalar that is not null: a number is written as it is."""
    return node if isinstance(node, Scalar) and type_of(node) != "null" else None


def _scope_of(item: ObjectNode, steps: Steps, view: View) -> Scope:
    """Return the mappings on the way to a place, the innermost first."""
    found: list[tuple[Mapping, Steps]] = []
    node: Node | None = item.mapping
    for index, step in enumerate(steps):
        if isinstance(node, Mapping):
            found.append((node, steps[:index]))
            node = view.get(node, str(step))
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            break
    return tuple(reversed(found))


def _mentions(outer: ObjectNode, view: View) -> dict[str, dict[int, str]]:
    """Return where parameters are mentioned: by name, the scalars by their ids, with fields."""
    found: dict[str, dict[int, str]] = {}
    pattern = re.compile(_MENTIONED)
    work: list[tuple[Node, Steps]] = [(outer.mapping, ())]
    seen: set[int] = set()
    while work:
        node, steps = work.pop()
        if isinstance(node, Scalar):
            if "$" in node.value or "{{" in node.value:
                for match in pattern.finditer(node.value):
                    name = next(filter(None, match.groups()))
                    found.setdefault(name, {})[id(node)] = outer.prefix + path_of(steps)
        elif id(node) not in seen:
            seen.add(id(node))
            if isinstance(node, Mapping):
                work += [(one, (*steps, key)) for key, one in view.entries(node).items()]
            else:
                work += [(one, (*steps, index)) for index, one in enumerate(node.items)]
    return found
