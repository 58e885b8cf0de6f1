"""Names that Go takes for one, and names that it does not."""

from __future__ import annotations

import pytest

from imagelint.kubernetes.kustomize.folding import fold


@pytest.mark.parametrize(
    ("written", "is_one"),
    [
        ("images", True),
        ("Images", True),
        ("IMAGES", True),
        ("image\u017f", True),
        ("image\u0455", False),
        ("\u0130mages", False),
        ("images ", False),
        ("image", False),
    ],
)
def test_fold(written: str, is_one: bool) -> None:
    assert (fold(written) == fold("images")) is is_one


def test_the_kelvin_sign_is_a_k() -> None:
    assert fold("\u212aind") == "kind"
