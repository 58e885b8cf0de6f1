"""No false alarms: of all images of the corpus, suspicious-reference names those made to be."""

from __future__ import annotations

import pytest

from imagelint.rules.built_in import RULES
from imagelint.rules.checks.placeholders import placeholder_in
from tests.corpus.oracle import SYNTHETIC, rows
from tests.support.shared import needs_shared
from tests.support.subjects import gate, messages, subject


@needs_shared
@pytest.mark.parametrize("allow", ["*", "harbor.myco.com"])
def test_only_what_is_made_to_be_suspicious(allow: str) -> None:
    check = RULES["suspicious-reference"].make_check()
    assert check is not None
    found = {
        (file.removeprefix(SYNTHETIC), row.value)
        for file, images in rows().items()
        for row in images
        if placeholder_in(row.value) is None
        if messages(check, subject(row.value, by=gate(allow)))
    }
    assert found == {
        ("references.yaml", "EXAMPLE/app:1"),
        ("references.yaml", "localhost:5000"),
    }
