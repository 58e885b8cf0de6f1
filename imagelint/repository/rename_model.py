"""An abstract repository, as far as kustomize's images go, and the plan that is made for it.

Files, entries and builds are numbers: places in the lists of :class:`Repository`. Nothing here
knows a file on the disk or a node.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from imagelint.model.namedtuple import NamedTuple
from imagelint.repository.rename_matching import Setting, split_image

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

__all__ = ["Build", "Entry", "Exact", "Image", "Override", "Part", "Plan", "Planned", "Repository"]


class Image(NamedTuple):
    """An image that is written somewhere, and what a repair is to make of it."""

    now: str
    after: str
    """The same text where nothing is to be repaired."""
    key: Hashable = None
    """Which edit it is: images with one key are repaired together, or none of them."""
    is_selected: bool = True
    """Whether it stands in a field that entries of ``images`` work on."""


class Entry(NamedTuple):
    """An item of ``images``, or whatever else selects images by name: see kustomize's Image."""

    name: str
    new_name: Image | None = None
    new_tag: str = ""
    digest: str = ""
    tag_suffix: str = ""
    place: str = ""
    """For a reason: ``overlays/prod/kustomization.yaml:7``."""
    can_rename: bool = True
    can_add: bool = True
    """Whether a copy with another name can be put behind it."""

    def setting(self, name: str = "") -> Setting:
        """Return what it writes; ``name`` stands for its ``newName``."""
        return Setting(name, self.new_tag, self.digest, self.tag_suffix)


class Exact(NamedTuple):
    """A text that an image has to equal: a ``test`` of JSON 6902, ``[image=nginx:1.25]``."""

    text: str
    place: str = ""
    can_rename: bool = True
    is_late: bool = False
    """Whether it is compared behind the build's entries (a replacement), not before (a patch)."""


class Part(NamedTuple):
    """A part of an image that a replacement or a variable takes elsewhere."""

    delimiter: str
    """Between the parts; empty where nothing is known of them."""
    number: int
    reason: str
    """A clause, should the part be another one after a repair."""

    def is_kept(self, now: str, after: str) -> bool:
        """Whether an image has the same part under its new name, whatever its tag becomes."""
        if not self.delimiter:
            return False
        names = split_image(now)[0], split_image(after)[0]
        old, new = (name.split(self.delimiter) for name in names)
        return len(old) == len(new) and old[self.number :][:1] == new[self.number :][:1]


class Override(Enum):
    """How entries that do not stand in a kustomization take the place of those that do."""

    FLUX = "Flux"
    """Each replaces the first entry of its name, or is put behind them all."""
    ARGO = "Argo CD"
    """As ``kustomize edit set image`` does it: one entry a name, sorted by name."""


class Build(NamedTuple):
    """A kustomization, or another object on top of one; each is built for itself, too."""

    files: tuple[int, ...] = ()
    """Its resources that are manifests."""
    builds: tuple[int, ...] = ()
    """Its resources that are kustomizations."""
    components: tuple[int, ...] = ()
    """Builds too; each works on all that has come together by then."""
    patches: tuple[int, ...] = ()
    """Files (and inline texts) whose images come in before the entries."""
    exacts: tuple[int, ...] = ()
    entries: tuple[int, ...] = ()
    """In the order in which they are applied."""
    overrides: tuple[int, ...] = ()
    """Entries of an object on top (Flux, Argo CD), which change the list of those above."""
    override: Override = Override.FLUX
    is_whole: bool = True
    """Whether all that it names itself can be read; what it reaches is looked at here."""
    dangers: tuple[str, ...] = ()
    """Clauses: why no image that comes here may be changed."""
    parts: tuple[Part, ...] = ()
    """Of images that come here, taken when all else is done."""


class Repository(NamedTuple):
    """All that kustomize builds in a repository."""

    files: tuple[tuple[Image, ...], ...] = ()
    entries: tuple[Entry, ...] = ()
    exacts: tuple[Exact, ...] = ()
    builds: tuple[Build, ...] = ()


Planned: TypeAlias = "Mapping[int, tuple[str, ...]]"
"""The names of an entry: of itself, then of copies behind it."""


class Plan(NamedTuple):
    """What has to change besides the images, so that each build stays what it is."""

    names: Planned
    """By the number of an entry; those that stay as they are are left out."""
    texts: Mapping[int, str]
    """New texts of ``exacts``, by their numbers."""
    refused: Mapping[Hashable, str]
    """Images that cannot be repaired, by their keys: a clause that says why."""
