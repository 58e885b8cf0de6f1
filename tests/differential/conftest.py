"""The real decoders, for every module here."""

from __future__ import annotations

import pytest

from tests.differential.decoders import Decoders, build


@pytest.fixture(scope="session")
def decoders(tmp_path_factory: pytest.TempPathFactory) -> Decoders:
    return build(tmp_path_factory.mktemp("kubereads"))
