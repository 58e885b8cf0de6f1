"""Every mistake in a file of imagelint's own, by its JSON Schema.

Whether a file serves is for its strict reader alone, which stops at the first mistake. When it
has refused a file, this lists the others: the schema (jsonschema) finds them, and they are put
into the reader's words. No I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from imagelint.model.errors import PolicyError, nearest
from imagelint.model.source import shown
from imagelint.yaml.config import Fields, is_text
from imagelint.yaml.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Mapping as MappingType


__all__ = ["mistakes"]

_MOST_NODES: Final = 20_000
"""Nobody writes more; aliases might make far more of a few lines."""
_DEEPEST: Final = 24
"""No schema of ours looks at what is nested deeper."""
_MISSING: Final = " missing"
_Error: TypeAlias = Any
"""jsonschema's ValidationError: its stubs leave open whether any field of it is set."""
_Path: TypeAlias = tuple[str | int, ...]


class _TooMuchError(Exception):
    """The file is too large to be explained."""


def mistakes(first: PolicyError, schema: MappingType[str, Any]) -> tuple[PolicyError, ...]:
    """Return what is wrong with a file besides ``first``, the error of its reader.

    They come in the order of the file. There are none in a file that is no YAML or too large.
    """
    if first.source is None:
        return ()
    try:
        return tuple(_beside(first, _Explanation(Fields(first.source)).by(schema)))
    except (PolicyError, _TooMuchError):
        return ()


def _beside(first: PolicyError, found: Iterable[PolicyError]) -> Iterator[PolicyError]:
    """Leave out what ``first`` has said, and all but one mistake of a place.

    Of a mapping more than one key may be missing.
    """
    told = {_identity(first)}
    for error in sorted(found, key=lambda one: (one.line or 0, one.column or 0)):
        if _identity(error) not in told:
            told.add(_identity(error))
            yield error


def _identity(error: PolicyError) -> tuple[object, ...]:
    is_missing = error.message.endswith(_MISSING)
    return error.line, error.column, error.message if is_missing else ""


class _Explanation:
    """A file as plain data, whose mistakes get the places of its nodes."""

    def __init__(self, reader: Fields) -> None:
        self._reader = reader
        self._nodes = 0
        self._found: list[PolicyError] = []

    def by(self, schema: MappingType[str, Any]) -> list[PolicyError]:
        """Return all mistakes; of several at one place the one that knows the words is first."""
        from jsonschema import Draft202012Validator  # noqa: PLC0415 - where a file was refused

        errors = Draft202012Validator(schema).iter_errors(self._plain(self._reader.root, ()))
        for error in sorted(errors, key=lambda one: one.validator != "enum"):
            self._explain(error)
        return self._found

    def _plain(self, node: Node, path: _Path) -> Any:  # noqa: ANN401 - JSON
        """Return a node as the reader takes it: a scalar is text, or nothing at all.

        What no schema sees (a key twice, a tag) is a mistake that the reader tells.
        """
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise _TooMuchError
        if len(path) > _DEEPEST:
            return None
        if isinstance(node, Sequence):
            return [self._plain(item, (*path, at)) for at, item in enumerate(node.items)]
        if isinstance(node, Mapping):
            self._ask(self._reader.entries, node, path)
            pairs = [(key.value, value) for key, value in node.pairs if isinstance(key, Scalar)]
            return {name: self._plain(value, (*path, name)) for name, value in reversed(pairs)}
        if not is_text(node):
            return None
        self._ask(self._reader.text, node, path)
        return node.value

    def _ask(self, read: Callable[[Node, str], object], node: Node, path: _Path) -> None:
        """Note what the reader says of a node, if it refuses it."""
        try:
            read(node, _where(path, node))
        except PolicyError as error:
            self._found.append(error)

    def _explain(self, error: _Error) -> None:
        """Note what the schema has found, in the reader's words where it has some."""
        path = tuple(error.absolute_path)
        node = self._at(path)
        where, value, reader = _where(path, node), error.validator_value, self._reader
        if "propertyNames" in error.relative_schema_path:
            node = next(key for key, _ in _pairs(node) if key.value == error.instance)
        if error.validator == "anyOf":
            self._explain_choice(error, node, where)
        elif error.validator == "required":
            self._found += [
                reader.missing_key(node, where, name)
                for name in value
                if name not in error.instance
            ]
        elif error.validator == "additionalProperties":
            known = error.schema["properties"]
            self._found += [
                reader.unknown_key(key, where, key.value, known)
                for key, _ in _pairs(node)
                if key.value not in known
            ]
        elif _words(error) and isinstance(error.instance, str):
            self._found.append(reader.unknown_value(node, where, error.instance, _words(error)))
        elif error.validator in ("type", "enum", "const"):
            wanted = value if isinstance(value, str) else "string"
            read = {"object": reader.entries, "array": reader.items}.get(wanted, reader.text)
            self._ask(read, node, path)
        else:
            self._found.append(reader.error(node, f"{where}: {_form(error, node)}"))

    def _explain_choice(self, error: _Error, node: Node, where: str) -> None:
        """Explain by the alternatives that a value may have been meant to be."""
        alternatives: dict[object, list[_Error]] = {}
        for one in error.context or ():
            alternatives.setdefault(one.relative_schema_path[0], []).append(one)
        is_text = isinstance(error.instance, str)
        meant = [found for found in alternatives.values() if not _is_other_type(found, is_text)]
        words = dict.fromkeys(
            word for found in meant for one in found if not one.path for word in _words(one)
        )
        others = [found for found in meant if not any(_words(one) for one in found if not one.path)]
        if len(others) > 1 and all(found[0].validator == "required" for found in others):
            keys = ", ".join(key for found in others for key in found[0].validator_value)
            self._found.append(self._reader.error(node, f"{where}: write one of the keys {keys}"))
        elif is_text and words and (not others or nearest(error.instance, words)):
            self._found.append(
                self._reader.unknown_value(node, where, error.instance, tuple(words))
            )
        else:
            for one in (*others, *alternatives.values())[0]:
                self._explain(one)

    def _at(self, path: _Path) -> Node:
        node = self._reader.root
        for step in path:
            if isinstance(step, int):
                assert isinstance(node, Sequence)
                node = node.items[step]
            else:
                node = next(value for key, value in _pairs(node) if key.value == step)
        return node


def _pairs(node: Node) -> Iterator[tuple[Scalar, Node]]:
    for key, value in node.pairs if isinstance(node, Mapping) else ():
        if isinstance(key, Scalar):
            yield key, value


def _is_other_type(found: Iterable[_Error], is_text: bool) -> bool:  # noqa: FBT001
    """Whether an alternative is for values of another type."""
    wrong = ("type",) if is_text else ("type", "enum", "const")
    return any(one.validator in wrong and not one.path for one in found)


def _words(error: _Error) -> tuple[str, ...]:
    """Return the words of which a value has to be one; none where it need not."""
    value = error.validator_value
    values = {"enum": value, "const": [value]}.get(error.validator, ())
    texts = (str(one).lower() if isinstance(one, bool) else str(one) for one in values)
    return tuple(dict.fromkeys(texts))


def _form(error: _Error, node: Node) -> str:
    """Say that a value has not the form that is wanted, and which one that is."""
    what = f'"{shown(node.value)}"' if isinstance(node, Scalar) else "this"
    if error.validator in ("minItems", "minProperties"):
        return "there is nothing in it; write at least one"
    holders = [error] if error.parent is None else [error, error.parent]
    said = next((one.schema["description"] for one in holders if "description" in one.schema), "")
    return f"{what} does not fit" + (f"; what may stand here: {said}" if said else "")


def _where(path: _Path, node: Node) -> str:
    """Write a path as the reader does, which does not count scalars in a list."""
    if path and isinstance(path[-1], int) and isinstance(node, Scalar):
        path = path[:-1]
    text = "".join(f"[{one}]" if isinstance(one, int) else f".{shown(one)}" for one in path)
    return text.removeprefix(".")
