"""The grammar of image references against distribution/reference itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from imagelint.model.reference import ImageReference, InvalidReference
from tests.properties.strategies import mutated_references, reference_like_texts, references
from tests.properties.test_reference import ERRORS

if TYPE_CHECKING:
    from tests.differential.decoders import Decoders

EXAMPLES = 1_500


@pytest.mark.slow
def test_references(decoders: Decoders) -> None:
    """The same parts of the same texts, and the same reason for each refusal."""
    texts: list[str] = []

    # The texts are gathered for one run of the program, so there is nothing to shrink.
    @settings(max_examples=EXAMPLES, phases=[Phase.generate], database=None)
    @given(st.one_of(references(), mutated_references(), reference_like_texts(), st.text()))
    def gather(text: str) -> None:
        texts.append(text)

    gather()
    count = {"read": 0, "refused": 0}
    for text, verdict in zip(texts, decoders.references(texts), strict=True):
        ours, theirs = _ours(text), _theirs(verdict)
        if "error" in ours and "error" in theirs and not text.isascii():
            continue  # which letters are upper case depends on the Unicode of the language
        assert ours == theirs, (text, verdict)
        count["refused" if "error" in ours else "read"] += 1
    assert min(count.values()) > EXAMPLES / 10, count


def _ours(text: str) -> dict[str, Any]:
    try:
        found = ImageReference.parse(text)
    except InvalidReference as error:
        return {"error": error.reason.value}
    names = ("registry", "repository", "tag", "digest", "familiar")
    return {name: getattr(found, name) for name in names}


def _theirs(verdict: dict[str, Any]) -> dict[str, Any]:
    if "error" in verdict:
        return {
            "error": next(name for end, name in ERRORS.items() if verdict["error"].endswith(end))
        }
    names = {"registry": "domain", "repository": "path"}
    return {
        name: verdict[names.get(name, name)]
        for name in ("registry", "repository", "tag", "digest", "familiar")
    }
