"""Our named tuples are what typing's are, in all that anything here relies on."""

from __future__ import annotations

import pickle
import typing

import pytest

from imagelint.values import NamedTuple


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


def test_cannot_be_changed() -> None:
    value = Ours("a")
    for name in ("name", "other"):
        with pytest.raises(AttributeError):
            setattr(value, name, "b")
    assert not hasattr(value, "__dict__")


def test_goes_to_another_process_and_back() -> None:
    assert pickle.loads(pickle.dumps(Ours("a", 1))) == Ours("a", 1)  # noqa: S301 - our own


def test_has_no_fields_without_annotations() -> None:
    assert Empty() == ()
