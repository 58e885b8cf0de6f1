"""Laws of overlaps: an example fits both globs, and where there is none, nothing fits both."""

from __future__ import annotations

from hypothesis import assume, example, given
from hypothesis import strategies as st

from imagelint.patterns.globs import InvalidPattern, NamePattern, PathPattern
from imagelint.patterns.overlap import shared_name, shared_path

names = st.text("ab*?-", min_size=1, max_size=6)
segments = st.one_of(st.just("**"), st.text("ab*?.", min_size=1, max_size=3))
globs = st.builds(
    lambda parts, end: "/".join(parts) + end,
    st.lists(segments, min_size=1, max_size=4),
    st.sampled_from(("", "/")),
)


def filled(glob: str) -> st.SearchStrategy[str]:
    """Give texts that a glob is likely to fit."""
    choices = {"**": ("a", "b/a", "a/b/b"), "*": ("", "a", "b", "ab"), "?": ("a", "b", "-")}
    pieces = []
    rest = glob + "**" if glob.endswith("/") else glob
    while rest:
        piece = "**" if rest.startswith("**") else rest[0]
        rest = rest[len(piece) :]
        pieces.append(st.sampled_from(choices.get(piece, (piece,))))
    return st.tuples(*pieces).map("".join)


def path_pattern(glob: str) -> PathPattern:
    try:
        return PathPattern.parse(glob)
    except InvalidPattern:
        assume(condition=False)
        raise


@given(names, names, st.data())
@example("*", "?", None)
def test_names(one: str, other: str, data: st.DataObject | None) -> None:
    left, right = NamePattern.parse(one), NamePattern.parse(other)
    found = shared_name(one, other)
    if found is not None:
        assert left.matches(found)
        assert right.matches(found)
    elif data is not None:
        for text in (data.draw(filled(one)), data.draw(filled(other))):
            assert not (text and left.matches(text) and right.matches(text))


@given(globs, globs, st.data())
@example("dev/**", "**/x/*", None)
@example("**/dev/**", "prod/", None)
@example("**", "a", None)
def test_paths(one: str, other: str, data: st.DataObject | None) -> None:
    left, right = path_pattern(one), path_pattern(other)
    found = shared_path(one, other)
    if found is not None:
        assert all(found.split("/")), "a path, as files have them"
        assert left.matches(found)
        assert right.matches(found)
    elif data is not None:
        for text in (data.draw(filled(one)), data.draw(filled(other))):
            is_path = all(text.split("/"))
            assert not (is_path and left.matches(text) and right.matches(text))
    assert (shared_path(other, one) is None) == (found is None)
