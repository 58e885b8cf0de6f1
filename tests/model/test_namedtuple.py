"""Our named tuples are what typing's are, in all that anything here relies on."""

from __future__ import annotations

import copy
import gc
import inspect
import pickle
import typing
from typing import Any

import pytest

from imagelint.model.namedtuple import NamedTuple


class Ours(NamedTuple):
    """Some value."""

    name: str
    size: int | None = None
    """How large it is."""

    @property
    def twice(self) -> str:
        """The name, twice."""
        return self.name * 2

    def __str__(self) -> str:
        return f"<{self.name}>"


class Theirs(typing.NamedTuple):
    """Some value."""

    name: str
    size: int | None = None

    @property
    def twice(self) -> str:
        return self.name * 2

    def __str__(self) -> str:
        return f"<{self.name}>"


class Empty(NamedTuple):
    pass


def test_is_the_tuple_that_typing_makes() -> None:
    ours, theirs = Ours("a", size=1), Theirs("a", size=1)
    assert tuple(ours) == tuple(theirs) == ("a", 1)
    assert str(ours) == str(theirs) == "<a>"
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert ours._replace(size=2) == ("a", 2)
    assert ours.twice == "aa"
    assert Ours("a").size is None


@pytest.mark.parametrize(
    "name",
    [
        "__doc__",
        "__module__",
        "_fields",
        "_field_defaults",
        "__match_args__",
        "__mro__",
        "__slots__",
    ],
)
def test_has_what_typing_gives_a_class(name: str) -> None:
    ours, theirs = getattr(Ours, name), getattr(Theirs, name)
    assert ours == (theirs if name != "__mro__" else (Ours, *theirs[1:]))


def test_knows_its_annotations() -> None:
    assert typing.get_type_hints(Ours) == typing.get_type_hints(Theirs)
    assert Ours.__qualname__ == "Ours"


@pytest.mark.parametrize("type_", [Ours, Theirs])
def test_refuses_what_does_not_fit_its_fields(type_: Any) -> None:
    for arguments, named in [((), {}), (("a", 1, 2), {}), (("a",), {"other": 1})]:
        with pytest.raises(TypeError, match=r"__new__\(\)"):
            type_(*arguments, **named)
    with pytest.raises(TypeError):
        type_._make(("a",))
    with pytest.raises((ValueError, TypeError), match="other"):
        type_("a")._replace(other=1)


def test_can_be_looked_into() -> None:
    assert inspect.signature(Ours).parameters.keys() == {"name", "size"}
    assert Ours("a")._asdict() == {"name": "a", "size": None}
    match Ours("a", 3):
        case Ours(name, size):
            assert (name, size) == ("a", 3)
    assert copy.copy(Ours("a")) == copy.deepcopy(Ours("a")) == Ours("a")


def test_cannot_be_changed() -> None:
    value = Ours("a")
    for name in ("name", "other"):
        with pytest.raises(AttributeError):
            setattr(value, name, "b")
    assert not hasattr(value, "__dict__")


def test_goes_to_another_process_and_back() -> None:
    assert pickle.loads(pickle.dumps(Ours("a", 1))) == Ours("a", 1)  # noqa: S301 - our own


def test_lasts_when_garbage_is_collected() -> None:
    gc.collect()

    class More(NamedTuple):
        name: str
        size: int

    assert More("a", 1).size == Ours("a", 1).size == 1
    assert repr(More("a", 1)) == "More(name='a', size=1)"


def test_has_no_fields_without_annotations() -> None:
    assert Empty() == ()
