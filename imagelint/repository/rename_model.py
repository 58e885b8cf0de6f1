"""An abstract repository, as far as kustomize's images matter, and the plan of its renames.

Files, entries and builds are numbers: indexes into the lists of :class:`Repository`. This module
knows no files on the disk and no nodes.
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
    """An image that is written in a file, and its text after the fix."""

    now: str
    after: str
    """The same text if there is nothing to fix."""
    key: Hashable = None
    """Identifies the edit: images with the same key are fixed together, or none of them."""
    is_selected: bool = True
    """Whether it is in a field that ``images`` entries apply to."""


class Entry(NamedTuple):
    """An item of ``images``, or another selector of images by name: see kustomize's Image."""

    name: str
    new_name: Image | None = None
    new_tag: str = ""
    digest: str = ""
    tag_suffix: str = ""
    place: str = ""
    """For reasons: ``overlays/prod/kustomization.yaml:7``."""
    can_rename: bool = True
    can_add: bool = True
    """Whether a copy with another name can be inserted after it."""

    def setting(self, name: str = "") -> Setting:
        """Return what it writes; ``name`` replaces its ``newName``."""
        return Setting(name, self.new_tag, self.digest, self.tag_suffix)


class Exact(NamedTuple):
    """A text that an image must equal: a ``test`` of JSON 6902, ``[image=nginx:1.25]``."""

    text: str
    place: str = ""
    can_rename: bool = True
    is_late: bool = False
    """Whether it is compared after the build's entries (a replacement), not before (a patch)."""


class Part(NamedTuple):
    """A part of an image that a replacement or a variable copies elsewhere."""

    delimiter: str
    """The text between the parts; empty if nothing is known of them."""
    number: int
    reason: str
    """A clause, in case the part changes with a fix."""

    def is_kept(self, now: str, after: str) -> bool:
        """Whether an image has the same part under its new name, whatever its tag is."""
        if not self.delimiter:
            return False
        names = split_image(now)[0], split_image(after)[0]
        old, new = (name.split(self.delimiter) for name in names)
        return len(old) == len(new) and old[self.number :][:1] == new[self.number :][:1]


class Override(Enum):
    """How entries from outside a kustomization override those in it."""

    FLUX = "Flux"
    """Each replaces the first entry of its name, or is appended."""
    ARGO = "Argo CD"
    """Like ``kustomize edit set image``: one entry per name, sorted by name."""


class Build(NamedTuple):
    """A kustomization, or another object on top of one; each is also built by itself."""

    files: tuple[int, ...] = ()
    """Its resources that are manifests."""
    builds: tuple[int, ...] = ()
    """Its resources that are kustomizations."""
    components: tuple[int, ...] = ()
    """Also builds; each applies to everything collected so far."""
    patches: tuple[int, ...] = ()
    """Files (and inline texts) whose images are merged before the entries apply."""
    exacts: tuple[int, ...] = ()
    entries: tuple[int, ...] = ()
    """In the order in which they apply."""
    overrides: tuple[int, ...] = ()
    """Entries of an object on top (Flux, Argo CD), which modify the list of ``entries``."""
    override: Override = Override.FLUX
    is_whole: bool = True
    """Whether all that it names itself can be read; builds below have their own flag."""
    dangers: tuple[str, ...] = ()
    """Clauses: why no image that this build includes may be changed."""
    parts: tuple[Part, ...] = ()
    """Parts of included images, copied after all other steps."""


class Repository(NamedTuple):
    """All that kustomize builds in a repository."""

    files: tuple[tuple[Image, ...], ...] = ()
    entries: tuple[Entry, ...] = ()
    exacts: tuple[Exact, ...] = ()
    builds: tuple[Build, ...] = ()


Planned: TypeAlias = "Mapping[int, tuple[str, ...]]"
"""The names of an entry: its own, then those of copies after it."""


class Plan(NamedTuple):
    """The changes besides the images that keep the output of each build."""

    names: Planned
    """By the number of an entry; entries that do not change are left out."""
    texts: Mapping[int, str]
    """New texts of ``exacts``, by their numbers."""
    refused: Mapping[Hashable, str]
    """Images that cannot be fixed, by their keys: a clause that says why."""
