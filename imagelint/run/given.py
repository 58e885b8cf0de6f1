"""The inputs of a run other than files: the date, and the kinds that imagelint knows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from imagelint import files
from imagelint.kubernetes.catalogue.lookup import load_catalogue

if TYPE_CHECKING:
    from imagelint.kubernetes.catalogue.lookup import Catalogue

__all__ = ["known_kinds", "today"]


def today() -> str:
    """Return the date (``2027-01-31``, UTC): the only function that reads the clock for it."""
    return time.strftime("%Y-%m-%d", time.gmtime())


def known_kinds() -> Catalogue:
    """Return the catalogue of kinds that imagelint is shipped with."""
    return load_catalogue(files.catalogue_files())
