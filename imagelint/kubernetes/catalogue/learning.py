"""Schemas of CustomResourceDefinitions → fields that hold images, each with the reason.

Pod templates, pod specs and containers are recognized by their structure, whole images by name,
type, description and pattern, images in parts by the keys that are together. A field that may just
as well hold something else is doubtful: it is written as a comment, and a run does not use it. The
result is in the notation of a policy, which ``notation.py`` reads. Pure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.catalogue.entries import at_path
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import as_yaml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from imagelint.kubernetes.catalogue.schemas import Definition, Schema

__all__ = ["Learnt", "learn"]

_MOST: Final = 300_000
"""Parts of the schemas of one kind that are read: anchors can make a short text large."""
_DEEPEST: Final = 60

_LISTS: Final = ("containers", "initContainers", "ephemeralContainers")
_OF_A_CONTAINER: Final = frozenset(
    ("args", "command", "env", "envFrom", "volumeMounts", "workingDir", "ports", "livenessProbe")
)
_POD_WORDS: Final = ("podtemplate", "podtemplatespec", "podspec", "jobtemplate")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
_LOWER: Final = re.compile(r"[a-z]*image(?:s|name|ref|url|uri)?")
_TAILS: Final = frozenset(
    ("name", "ref", "reference", "url", "uri", "pull", "spec", "override", "full")
)
"""Words behind ``image`` with which a field still holds the whole image."""
_OTHER_NAMES: Final = frozenset(
    (
        *("boot", "os", "vm", "ami", "disk", "iso", "machine", "icon", "logo", "avatar", "rbd"),
        *("favicon", "thumbnail", "background", "banner", "snapshot", "cloud", "rootfs", "rom"),
        *("initrd", "firmware", "golden", "gallery", "glance", "instance", "output", "destination"),
        "backing",
    )
)
"""Words in a name that speak of other images: of disks, machines, pictures, builds."""
_NOT_BEFORE: Final = frozenset(
    ("in", "from", "of", "by", "per", "is", "has", "use", "build", "push", "pull", "skip", "allow")
)
"""Words before ``image`` with which a field is about an image, and does not name it."""
_OTHER: Final = re.compile(
    r"(?i)\b(?:(?:machine|disk|vm|os|boot|iso|openstack|cloud|compute|node|root|raw|rbd|block|glance"
    r"|operating system)[ -]images?|virtual machine|amis?|amazon machine|qcow2?|icon|logo|picture|"
    r"photo|png|svg|jpe?g|base64|image (?:gallery|family|id)|rootfs|instance|push(?:ed)?|"
    r"machines?|flavors?|resulting)\b"
)
_SURE: Final = re.compile(
    r"(?i)\b(?:(?:containers?|docker|oci)(?:'s)? images?|image (?:pull|repository|registry|tag)|"
    r"registry|containers?|docker|pods?|sidecars?|deployments?|daemonsets?|jobs?)\b"
)
_REGISTRY: Final = ("registry", "hub", "imageRegistry", "registryUrl", "registryURL", "host")
_TAG: Final = ("tag", "version", "imageTag", "imageVersion")
_DIGEST: Final = ("digest", "imageDigest")
_SHA: Final = ("sha256", "sha")
_OVERRIDE: Final = re.compile(r"(?i)\bkustomize\b.*\bimages?\b")
_OF_IMAGES: Final = re.compile(r"\bimages(?:\.[\w-]+){1,2}$")
"""A text below an object ``images``: its key names what the image is for."""
_PREFIX: Final = re.compile(r"(?i)\bregistry to pull|\bregistry that stores|\baddress of\b")
"""What a description says of a registry, or of a path that images are below."""
_RBD: Final = ("rbd", "image")
"""A disk image in a pod's volume, as Kubernetes itself names it."""
_PULLS: Final = frozenset(("pullPolicy", "imagePullPolicy", "pullSecrets", "imagePullSecrets"))
_NOT_BELOW: Final = frozenset(("metadata", "apiVersion", "kind"))
_KEY: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$/-]*")
_QUOTABLE: Final = re.compile(r"[ !#-&(-;=?-Z^-z|~]+")
"""Printable ASCII without quotes, brackets and backslashes."""
_SENTENCE: Final = 70


class Learnt(NamedTuple):
    """A field in the notation of a policy, why it holds images, and whether that is certain."""

    field: str
    reason: str
    is_sure: bool = True


class _Place(NamedTuple):
    """A part of a schema: ``path`` is written as in an entry, ``names`` are the keys to it."""

    schema: Schema
    path: str
    names: tuple[str, ...]
    said: str = ""
    """The description of the list or mapping of which this is each value."""

    @property
    def description(self) -> str:
        """What the schema says to people."""
        return self.schema.description or self.said

    @property
    def name(self) -> str:
        """The last key."""
        return self.names[-1] if self.names else ""

    def below(self, key: str) -> _Place | None:
        """Return a property; None if the notation cannot write its key."""
        path = key if not self.path else f"{self.path}.{key}"
        if _KEY.fullmatch(key) is None:
            if not self.path or _QUOTABLE.fullmatch(key) is None:
                return None
            path = f'{self.path}["{key}"]'
        return _Place(self.schema.field(key), path, (*self.names, key))


def learn(definition: Definition) -> tuple[Learnt, ...]:
    """Return the fields of a kind that hold images, in all its versions, and the doubtful ones."""
    found: dict[str, Learnt] = {}
    budget = _MOST
    for schema in definition.schemas:
        work = [_Place(schema, "", ())]
        while work and budget:
            budget -= 1
            place = work.pop()
            done: set[str] = set()
            for one in _at(place, done):
                known = found.get(one.field)
                if known is None or (one.is_sure and not known.is_sure):
                    found[one.field] = one
            if len(place.names) < _DEEPEST:
                work += reversed([*_below(place, done)])
    return tuple(found.values())


def _below(place: _Place, done: Collection[str]) -> Iterator[_Place]:
    """Yield what is below a place, except for the properties that are ``done``."""
    for key in place.schema.properties:
        if key not in done and key != "status" and (place.names or key not in _NOT_BELOW):
            below = place.below(key)
            if below is not None:
                yield below
    for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
        schema = place.schema.below(key)
        if schema is not None and place.path:
            yield _Place(schema, place.path + mark, place.names, place.schema.description)


def _at(place: _Place, done: set[str]) -> Iterator[Learnt]:
    """Yield what a place itself shows, and add the properties that it covers to ``done``."""
    schema, path = place.schema, place.path
    if schema.is_text:
        yield from _whole(place)
        return
    if not path:
        return
    if schema.is_open:
        yield from _open(place)
    if _is_pod(schema):
        done |= _covered(schema)
        listed = " and ".join(key for key in (*_LISTS, "volumes") if key in schema.properties)
        if place.name == "spec" and len(place.names) > 1:
            template = path.removesuffix(".spec")
            yield Learnt(f"{template}.<pod-template>", f"a pod's spec: {listed}")
        else:
            yield Learnt(f"{path}.<pod-spec>", f"a pod's spec: {listed}")
    elif _is_container(schema):
        done |= {"image"}
        keys = [key for key in schema.properties if key in _OF_A_CONTAINER]
        yield Learnt(f"{path}.<container>", f"a container: image, {', '.join(sorted(keys)[:3])}")
    else:
        yield from _parts(place, done)


# --- by structure -------------------------------------------------------------------------


def _is_pod(schema: Schema) -> bool:
    """Whether an object has a list of containers, under one of the names of a pod's spec."""
    for key in _LISTS:
        if key in schema.properties:
            item = schema.field(key).below("items")
            if item is not None and _is_container(item, 1):
                return True
    return False


def _covered(schema: Schema) -> set[str]:
    """Return the properties of a pod's spec that its shape covers."""
    volume = schema.field("volumes").below("items")
    is_plain = volume is not None and {"configMap", "emptyDir"} <= volume.properties.keys()
    return {*_LISTS, "volumes"} if is_plain else {*_LISTS}


def _is_container(schema: Schema, least: int = 2) -> bool:
    """Whether an object has an image, and ``least`` of the fields that only containers have."""
    known = _OF_A_CONTAINER.intersection(schema.properties)
    return len(known) >= least and "name" in schema.properties and schema.holds_text("image")


def _open(place: _Place) -> Iterator[Learnt]:
    """Yield what the name of an object without a schema says."""
    name, above = place.name.lower(), place.names[-2:-1]
    if place.path.endswith("[]") and place.name in _LISTS:
        yield Learnt(f"{place.path}.<container>", "a list of containers by its name")
    elif place.path.endswith(("]", "}")):
        return
    elif name.endswith("podspec"):
        yield Learnt(f"{place.path}.<pod-spec>", "a pod's spec by its name")
    elif name.endswith(_POD_WORDS) or "PodTemplateSpec" in place.schema.description:
        yield Learnt(f"{place.path}.<pod-template>", "a pod's template by its name")
    elif name == "spec" and above and above[0].lower().endswith("template"):
        is_sure = above[0].lower().endswith(_POD_WORDS)
        template = place.path.removesuffix(".spec")
        yield Learnt(f"{template}.<pod-template>", "a pod's template by its name", is_sure)
    elif name.endswith("container"):
        yield Learnt(f"{place.path}.<container>", "a container by its name")


# --- images in parts ----------------------------------------------------------------------


def _parts(place: _Place, done: set[str]) -> Iterator[Learnt]:
    """Yield the images whose parts are properties of an object."""
    schema = place.schema
    texts = [key for key in schema.properties if schema.holds_text(key)]
    yield from _prefixed(place, texts, done)
    pairs, is_sure = _named_by(place, texts)
    if not pairs:
        if place.name.lower().endswith("image"):
            yield from _whole_inside(place, texts, done)
        return
    done |= {key for _, key in pairs}
    is_sure = is_sure and not _is_other(place)
    named = place.below(pairs[-1][1])
    if named is not None and pairs[-1][0] == "repository":
        is_sure = is_sure and _PREFIX.search(named.description) is None
    ends = ("tag", ("newTag", *_TAG)), ("digest", _DIGEST), ("sha256", _SHA)
    found = ((part, _first(names, texts)) for part, names in ends)
    yield _written(place.path, [*pairs, *((part, key) for part, key in found if key)], is_sure)


def _named_by(  # noqa: PLR0911 - one for each way
    place: _Place, texts: Collection[str]
) -> tuple[list[tuple[str, str]], bool]:
    """Return the parts in front of the tag, and whether they are certain to be those of an image.

    No parts: the object does not have an image in parts.
    """
    schema, known = place.schema, {*texts}
    tag, digest, registry = (_first(names, texts) for names in (_TAG, _DIGEST, _REGISTRY))
    has_pulls = not _PULLS.isdisjoint(schema.properties)
    is_image = _speaks_of_image(place.name)
    front = [("registry", registry)] if registry else []
    if {"name", "newName"} <= known:
        return [("repository", "newName")], True
    if {"repository", "image"} <= known and not registry and (tag or digest or is_image):
        return [("registry", "repository"), ("image", "image")], is_image or has_pulls
    if "repository" in known and (is_image or has_pulls or tag or digest):
        said = schema.description + schema.field("repository").description
        is_sure = is_image or bool(registry) or "image" in said.lower()
        return [*front, ("repository", "repository")], is_sure or (has_pulls and tag != "version")
    if "name" in known and (is_image or has_pulls) and (tag or digest or registry):
        return [*front, ("repository", "name")], True
    if "image" in known and registry and registry != "host":
        return [*front, ("image", "image")], True
    for key in ("baseImage", "imageRepository", "imageName"):
        if key in known and {"imageTag", "tag", "imageDigest", "sha"} & known:
            return [*front, ("repository", key)], True
    return [], False


def _prefixed(place: _Place, texts: Collection[str], done: set[str]) -> Iterator[Learnt]:
    """Yield images whose parts are named alike: ``agentRepository`` and ``agentVersion``."""
    for key in texts:
        prefix = key.removesuffix("Repository")
        tag = _first([prefix + one for one in ("Tag", "ImageTag", "Version")], texts)
        below = place.below(key)
        if prefix != key and tag and _KEY.fullmatch(key) and below is not None:
            done |= {key, tag}
            is_sure = not _is_other(below) and "image" in below.description.lower()
            is_sure = is_sure and _PREFIX.search(below.description) is None
            yield _written(place.path, [("repository", key), ("tag", tag)], is_sure)


def _written(path: str, pairs: Collection[tuple[str, str]], is_sure: bool) -> Learnt:  # noqa: FBT001
    """Return an image in parts."""
    written = ", ".join(f"{part}: {as_yaml(key)}" for part, key in pairs)
    keys = ", ".join(key for _, key in pairs)
    return Learnt(f"{{at: {at_path(path)}, {written}}}", f"an image in parts: {keys}", is_sure)


def _whole_inside(place: _Place, texts: Collection[str], done: set[str]) -> Iterator[Learnt]:
    """Yield the one field of an object ``image`` that holds a whole image."""
    is_sure = not _PULLS.isdisjoint(place.schema.properties) and not _is_other(place)
    for key in ("repository", "name", "ref", "reference", "url", "uri"):
        below = place.below(key)
        if key in texts and below is not None:
            done.add(key)
            says = is_sure or _SURE.search(below.description) is not None
            says = says and not _is_other(below)
            yield Learnt(below.path, _because(below, 2), says)
            return


def _first(names: Collection[str], texts: Collection[str]) -> str | None:
    return next((name for name in names if name in texts), None)


# --- by name and description --------------------------------------------------------------


def _whole(place: _Place) -> Iterator[Learnt]:
    """Yield a text whose name says that it is an image."""
    name = place.name.lower()
    if place.schema.has_choices or place.names[-2:] == _RBD:
        return
    is_list = place.path.endswith(("[]", "{}"))
    is_one_of_images = _OF_IMAGES.search(place.path) is not None
    if not is_one_of_images and not _names_image(place.name):
        return
    if is_list and not name.endswith(("image", "images")):
        return
    if is_list and _OVERRIDE.search(place.description) is not None:
        yield Learnt(f"{{at: {at_path(place.path)}, form: override}}", _because(place))
        return
    is_sure = not _is_other(place)
    if is_one_of_images:
        is_sure = is_sure and not re.search("(?i)tag|version|registry|policy|secret|digest", name)
    elif is_list or not name.endswith("image"):
        says = re.search(r"(?i)\bimages?\b", place.description) is not None
        is_sure = is_sure and (place.path.endswith("{}") or (says and not is_list))
        is_sure = is_sure or (is_list and _is_sure(place.description) and not _is_other(place))
    yield Learnt(place.path, _because(place), is_sure)


def _names_image(name: str) -> bool:
    """Whether a name ends in ``image``, or in one of its other words."""
    words = [word.lower() for word in _WORD.findall(name)]
    at = max((i for i, word in enumerate(words) if word in ("image", "images")), default=None)
    if at is None:
        return bool(words) and _LOWER.fullmatch(words[-1]) is not None
    if at and words[at - 1] in _NOT_BEFORE:
        return False
    return all(word in _TAILS for word in words[at + 1 :])


def _speaks_of_image(name: str) -> bool:
    return "image" in name.lower()


def _is_sure(description: str) -> bool:
    """Whether a description speaks of containers."""
    return _SURE.search(description) is not None


def _is_other(place: _Place) -> bool:
    """Whether a name, that above it or the description speaks of another kind of image."""
    text = place.description
    if _SURE.search(text) is not None and re.search(r"(?i)container|docker", text):
        return False
    above = [_WORD.findall(name)[-1:] for name in place.names[-2:-1]]
    words = {word.lower() for word in (*_WORD.findall(place.name), *(above[0] if above else ()))}
    if not words.isdisjoint(_OTHER_NAMES):
        return True
    if "http" in place.schema.pattern:  # a picture somewhere in the web
        return True
    return _OTHER.search(text) is not None


def _because(place: _Place, keys: int = 1) -> str:
    """Return the last keys and the begin of the description, in one line."""
    text = " ".join(place.description.split())
    first = text.partition(". ")[0].rstrip(".")
    if len(first) > _SENTENCE:
        first = first[:_SENTENCE].rpartition(" ")[0] + " ..."
    said = "".join(char for char in first if char.isprintable())
    return f"named {'.'.join(place.names[-keys:])}" + (f": {said}" if said else "")
