"""List every mistake in one of imagelint's own files, by its JSON Schema.

Only the strict reader, which stops at the first mistake, decides whether a file is valid. After
it has refused a file, this module lists the other mistakes: jsonschema finds them, and they are
reported in the reader's words. No I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from jsonschema import Draft202012Validator

from imagelint.model.errors import PolicyError, nearest
from imagelint.model.source import shown
from imagelint.yaml.config import Fields, is_text
from imagelint.yaml.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Mapping as MappingType


__all__ = ["mistakes"]

_MOST_NODES: Final = 20_000
"""More nodes than anyone writes by hand; aliases can expand a few lines to far more."""
_DEEPEST: Final = 24
"""None of our schemas has rules for deeper nodes."""
_MISSING: Final = " missing"
_Error: TypeAlias = Any
"""jsonschema's ValidationError; its stubs do not say which fields are set."""
_Path: TypeAlias = tuple[str | int, ...]


class _TooMuchError(Exception):
    """The file is too large to be explained."""


def mistakes(first: PolicyError, schema: MappingType[str, Any]) -> tuple[PolicyError, ...]:
    """Return the mistakes in a file besides ``first``, the error of its reader.

    They are in the order of the file. There are none if the file is not YAML or is too large.
    """
    if first.source is None:
        return ()
    try:
        return tuple(_beside(first, _Explanation(Fields(first.source)).by(schema)))
    except (PolicyError, _TooMuchError):
        return ()


def _beside(first: PolicyError, found: Iterable[PolicyError]) -> Iterator[PolicyError]:
    """Skip the mistake in ``first``, and keep one mistake per place.

    The exception is a mapping, which may lack more than one key.
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
    """A file as plain data; its mistakes get the places of its nodes."""

    def __init__(self, reader: Fields) -> None:
        self._reader = reader
        self._nodes = 0
        self._found: list[PolicyError] = []

    def by(self, schema: MappingType[str, Any]) -> list[PolicyError]:
        """Return all mistakes; at one place, the one in the reader's words comes first."""
        errors = Draft202012Validator(schema).iter_errors(self._plain(self._reader.root, ()))
        for error in sorted(errors, key=lambda one: one.validator != "enum"):
            self._explain(error)
        return self._found

    def _plain(self, node: Node, path: _Path) -> object:
        """Return a node as the reader sees it: a scalar is text, or None if it is empty.

        The reader reports what no schema can see (a duplicate key, a tag).
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
        """Record the reader's error for a node, if it refuses it."""
        try:
            read(node, _where(path, node))
        except PolicyError as error:
            self._found.append(error)

    def _explain(self, error: _Error) -> None:
        """Record an error of the schema, in the reader's words if it has some."""
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
        """Explain by the alternatives that the value may have been meant to be."""
        alternatives: dict[object, list[_Error]] = {}
        for one in error.context or ():
            alternatives.setdefault(one.relative_schema_path[0], []).append(one)
        is_text = isinstance(error.instance, str)
        meant = [
            found for found in alternatives.values() if not _is_other_type(found, is_text=is_text)
        ]
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


def _is_other_type(found: Iterable[_Error], *, is_text: bool) -> bool:
    """Whether an alternative is for values of another type."""
    wrong = ("type",) if is_text else ("type", "enum", "const")
    return any(one.validator in wrong and not one.path for one in found)


def _words(error: _Error) -> tuple[str, ...]:
    """Return the words that are allowed; none if the value need not be one of a list."""
    value = error.validator_value
    values = {"enum": value, "const": [value]}.get(error.validator, ())
    texts = (str(one).lower() if isinstance(one, bool) else str(one) for one in values)
    return tuple(dict.fromkeys(texts))


def _form(error: _Error, node: Node) -> str:
    """Say that a value has the wrong form, and which form is expected."""
    what = f'"{shown(node.value)}"' if isinstance(node, Scalar) else "this"
    if error.validator in ("minItems", "minProperties"):
        return "there is nothing in it; write at least one"
    holders = [error] if error.parent is None else [error, error.parent]
    said = next((one.schema["description"] for one in holders if "description" in one.schema), "")
    return f"{what} does not fit" + (f"; what may stand here: {said}" if said else "")


def _where(path: _Path, node: Node) -> str:
    """Write a path as the reader does, which does not number scalars in a list."""
    if path and isinstance(path[-1], int) and isinstance(node, Scalar):
        path = path[:-1]
    text = "".join(f"[{one}]" if isinstance(one, int) else f".{shown(one)}" for one in path)
    return text.removeprefix(".")
