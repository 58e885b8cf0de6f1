"""Where a kind holds images, as data: the entries of the catalogue and of a policy.

A field is a path of keys, ``[]`` (each item of a list) and ``{}`` (each value of a mapping); its
value is a :class:`Holder`. ``kubernetes/catalogue/notation.py`` reads the notation of both.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from imagelint.patterns.globs import NamePattern

__all__ = [
    "CONTAINERS",
    "EACH",
    "EACH_ITEM",
    "EACH_VALUE",
    "ELSEWHERE",
    "HELM_PARAMETERS",
    "HELM_SET",
    "HELM_SHAPES",
    "HELM_VALUES",
    "HOLDS_TEXTS",
    "IMAGE",
    "OBJECT",
    "POD_SPEC",
    "POD_TEMPLATE",
    "PUBLIC_SHAPES",
    "ROLES",
    "Branch",
    "EmbeddedTexts",
    "Field",
    "Form",
    "Holder",
    "IgnoredField",
    "Part",
    "SplitNames",
    "Words",
    "Workload",
    "at_path",
    "words_of",
]

EACH_ITEM: Final = "[]"
EACH_VALUE: Final = "{}"
EACH: Final = (EACH_ITEM, EACH_VALUE)
OBJECT: Final = "object"
"""The shape of an API object: it is linted as an object of its own kind."""
POD_SPEC: Final = "pod-spec"
POD_TEMPLATE: Final = "pod-template"
CONTAINERS: Final = ("containers", "initContainers", "ephemeralContainers")
"""The lists of containers in a pod's spec."""
ROLES: Final = {
    "containers": "container",
    "initContainers": "init container",
    "ephemeralContainers": "ephemeral container",
    "volumes": "image volume",
}
"""The role of an image, for messages, by the last of these keys on its path; else ``image``."""
HOLDS_TEXTS: Final = {"ConfigMap": "data", "Secret": "stringData"}
"""The kinds whose strings may be manifests that an operator applies, and the field with those.

Both are in the core group. A Secret's ``data`` is base64, and is not read.
"""
HELM_VALUES: Final = "helm-values"
HELM_PARAMETERS: Final = "helm-parameters"
HELM_SET: Final = "helm-set"
HELM_SHAPES: Final = (HELM_VALUES, HELM_PARAMETERS, HELM_SET)
"""The shapes of a chart's values, whose images are recognised by their keys: a mapping, a list of
``name`` and ``value``, a mapping from dotted names. Only the catalogue names them."""
PUBLIC_SHAPES: Final = ("container", POD_SPEC, POD_TEMPLATE, OBJECT)
"""The shapes that every file and every policy may name."""


class Form(Enum):
    """How a text holds images."""

    IMAGE = "image"
    """An image."""
    UNTAGGED = "untagged"
    """An image; the operator adds the tag."""
    SHORT = "short"
    """An image if it has a slash; else a name to which the operator adds registry and tag."""
    TRACKED = "tracked"
    """The name of an image, which a range of versions may follow."""
    TRACKED_LIST = "tracked-list"
    """The same, several with commas between them, each with a name and ``=`` before it or not."""
    PAIRS = "pairs"
    """Lines of ``key=image``."""
    OVERRIDE = "override"
    """``[OLD=]NEW``, as for ``kustomize edit set image``; in NEW ``*`` means OLD."""


Ways: TypeAlias = "tuple[tuple[str, ...], ...]"
"""Where a part may be written, as keys below the mapping: the first that is set counts."""


class SplitNames(NamedTuple):
    """The places of the parts of one image; empty: no such part.

    ``registry`` is written before the repository. ``image`` is a repository that is a whole
    reference if it has a slash; ``default`` is the one that the operator uses if neither is set.
    ``sha256`` is a digest without its algorithm, and overrides the tag.
    """

    repository: Ways = ()
    tag: Ways = ()
    digest: Ways = ()
    registry: Ways = ()
    image: Ways = ()
    sha256: Ways = ()
    default: str = ""


class Holder(NamedTuple):
    """The value at the end of a path. With nothing set: a scalar that is an image.

    ``shape``: the value has the fields of a shape. ``split``: a mapping with the parts of an
    image. ``flags``: a list of arguments, in which the values of these flags (written without
    dashes) are images. ``named``: a list of mappings with ``name`` and ``value``, in which the
    values with these names are images. One of the ``prefixes`` precedes the image, and without it
    there is none; an empty one matches any text without ``://``. ``only``: the parts
    are an image only if this key beside them has this value. ``tag_beside``: the key beside the
    image with its tag. ``registries``: what the operator adds to an image that names no registry.
    ``keys``: a mapping, in which the values of these keys are images. ``text``: a string that is
    YAML or JSON, in which the fields of this shape hold images. ``of``: only in objects of these
    names.
    """

    shape: str = ""
    split: SplitNames | None = None
    flags: frozenset[str] = frozenset()
    named: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    form: Form = Form.IMAGE
    only: tuple[str, str] | None = None
    tag_beside: str = ""
    registries: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    text: str = ""
    of: tuple[str, ...] = ()


IMAGE: Final = Holder()
ELSEWHERE: Final = ("elsewhere",)
"""The ``registries`` of an image whose registry another object sets: without one it is none."""


class Field(NamedTuple):
    """A place that holds images: keys, ``[]`` and ``{}`` from the object's root."""

    path: tuple[str, ...]
    holder: Holder = IMAGE
    text: str = ""
    """As written, for messages."""


class Workload(NamedTuple):
    """An entry: kinds, and their fields that hold images."""

    groups: tuple[str, ...]
    kinds: tuple[str, ...]
    fields: tuple[Field, ...]
    source: str
    """Where the fields were read from."""
    origin: str
    """The file with the entry, and its line."""


class IgnoredField(NamedTuple):
    """Fields that, according to a policy, hold no container images."""

    groups: tuple[str, ...]
    kinds: tuple[str, ...]
    paths: tuple[tuple[str, ...], ...]
    texts: tuple[str, ...]
    """The paths as written."""
    reason: str
    origin: str


class EmbeddedTexts(NamedTuple):
    """Strings that a policy declares as manifests: those of a kind whose keys match."""

    kind: str
    """A key of ``HOLDS_TEXTS``."""
    keys: tuple[NamePattern, ...]


class Part(NamedTuple):
    """The contents of one file of the catalogue."""

    workloads: tuple[Workload, ...]
    without_images: frozenset[tuple[str, str]]
    """(API group, kind), where the kind may be ``*``."""
    shapes: Mapping[str, tuple[Field, ...]]
    words: tuple[str, ...] = ()
    """One of these is in a key or a name of everything that holds an image ..."""
    groups: tuple[str, ...] = ()
    """... or one of these in its apiVersion."""


class Words(NamedTuple):
    """Words that show that a text may hold an image: one of ``anywhere``, or of the groups.

    ``groups`` count only in an apiVersion.
    """

    anywhere: tuple[bytes, ...]
    groups: tuple[bytes, ...]


class Branch:
    """Fields as a tree, so that common parts are walked once."""

    __slots__ = ("below", "holders")

    def __init__(self, fields: Collection[Field] = ()) -> None:
        """Add ``fields``, in order."""
        self.holders: list[Holder] = []
        self.below: dict[str, Branch] = {}
        for field in fields:
            branch = self
            for segment in field.path:
                branch = branch.below.setdefault(segment, Branch())
            branch.add(field.holder)

    def add(self, holder: Holder) -> None:
        """Add a holder; flags, and names, that are read alike are searched in one pass."""
        for index, known in enumerate(self.holders):
            if known._replace(flags=holder.flags, named=holder.named) == holder and bool(
                known.flags
            ) == bool(holder.flags):
                named = tuple(dict.fromkeys(known.named + holder.named))
                self.holders[index] = known._replace(flags=known.flags | holder.flags, named=named)
                return
        self.holders.append(holder)

    @property
    def is_bare(self) -> bool:
        """Whether the branch is empty."""
        return not self.holders and not self.below


# --- words --------------------------------------------------------------------------


def words_of(workload: Workload, known: Collection[str]) -> Iterator[str]:
    """Yield what a document must have in its text to hold an image of this entry.

    It is one word for each way that none of the ``known`` words covers. Shapes are not
    examined: they have their own words.
    """
    for field in workload.fields:
        holder = field.holder
        keys = [key for key in field.path if key not in EACH]
        if holder.shape or holder.text:
            continue
        if holder.flags or holder.named or holder.keys:
            ways = [[name] for name in (*holder.flags, *holder.named, *holder.keys)]
        elif holder.split is not None:
            split = holder.split
            ways = [[*keys, *way, *(holder.only or ())] for way in split.repository or split.image]
            if split.default:
                ways += ([*keys, *way] for way in split.registry)
        else:
            ways = [keys]
        for way in ways:
            runs = [run for text in way for run in re.findall(r"[A-Za-z0-9._-]+", text)]
            if not any(word in run for run in runs for word in known):
                best = max(runs, key=len, default="")
                yield from (best,) if best else workload.kinds


def at_path(path: str) -> str:
    """Return a path in quotes, to write it in braces."""
    return f"'{path}'" if '"' in path else f'"{path}"'
