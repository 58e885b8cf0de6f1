"""The law that imagelint is held to, given what kubectl and kustomize read in a file.

An image that either would apply is held to the policy; what kubectl refuses is reported; what
both read is not reported. Where imagelint sees more than they do, :data:`STRICTER` says why.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from typing import TYPE_CHECKING

from imagelint.kubernetes.examine import examine
from imagelint.kubernetes.readers import Reader, Value
from imagelint.model.source import Source
from tests.corpus.oracle import catalogue, is_core
from tests.differential.decoders import SeenImage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.examined import Examined, Refusal
    from imagelint.kubernetes.search import ImageSite
    from imagelint.yaml.documents import Document
    from tests.differential.decoders import Refused, Verdict

__all__ = ["STRICTER", "violations"]

STRICTER = {
    "in a refused document": (
        "what can be seen in a document that kubectl refuses is judged too: a broken line"
        " must not hide an image from review"
    ),
    "behind what ends the stream": (
        "kubectl stops at a document that it cannot parse, we do not: once that is mended,"
        " what stands behind it runs"
    ),
    "kustomize's reading": (
        "kustomize refuses a file for any of its documents; its reading of the others is judged,"
        " for in a file of their own it would take them; the same holds for JSON objects in a row"
        " and for UTF-16, of which it reads the first"
    ),
    "documents without images": (
        "a document that can hold no image is not parsed, so kubectl's refusal of it is not"
        " reported (laxer in words only: what kubectl refuses does not run)"
    ),
    "byte order marks": (
        "behind a byte order mark too many go-yaml takes the first letters off keys (`xkind` is"
        " `kind`): nobody means that, so the file is refused instead of read so"
    ),
    "brackets in tags": (
        "libyaml refuses brackets in a tag that go-yaml takes for a part of it (`!!str[x`): nobody"
        " means that, so the document is refused instead of read"
    ),
    "values that lose": (
        "what cannot be written in JSON (`.inf`, a null key) is reported even where a merge or a"
        " double key replaces it before that is tried"
    ),
    "long texts": (
        "kustomize writes some documents anew and reads them again, with a blank in a text of over"
        " a thousand characters; no reference is that long, so the error is the same"
    ),
    "control characters": (
        "a character that YAML forbids, behind the content that go-yaml reads: whether it comes"
        " across it depends on the sizes of its buffers"
    ),
    "no objects": (
        "kubectl finds no object where text is a string, which is right for any other YAML; where"
        " another reading of it shows an object its author means one, so it is an error"
    ),
    "odd keys": (
        "a key twice where it may lose to a merge, a key in base64, a merge to one of the readers"
        " alone: kubectl reads it, but which image wins is told by no look at it, so it is an error"
    ),
    "ill-formed text": (
        "kubectl reads U+FFFD for bytes that are no UTF-8 (and kustomize refuses the file): an"
        " error of its own, since nobody means to run that"
    ),
}
"""Every way in which imagelint is stricter than both readers, with its reason."""

LONGEST = 255
"""Characters of the longest name of an image."""
_NO_KIND = "unable to decode \"document\": Object 'Kind' is missing in"
_NO_MAPPING = "into Go value of type unstructured.detector"


def violations(
    data: bytes, kubectl: Verdict, kustomize: Verdict, name: str = "a.yaml"
) -> list[str]:
    """Return in what imagelint's reading of a file breaks the law; empty is good."""
    source = Source(name, data)
    examined = examine(source, catalogue())
    parsed = examine(source, catalogue(), prove=False)
    return [
        *_missed(examined, kubectl, kustomize),
        *_invented(examined, kubectl, kustomize, _end_of_stream(parsed, kubectl)),
        *_unreported(examined, kubectl),
        *_undetected(parsed, kubectl),
        *_false_alarms(parsed, kubectl, kustomize),
    ]


def _missed(examined: list[Examined], kubectl: Verdict, kustomize: Verdict) -> Iterator[str]:
    if any(map(_is_unread, examined)):
        return
    ours = {seen for item in examined for site in item.extract.sites for seen in _as_seen(site)}
    # What is refused may be a bomb: there a container that an alias repeats is told once.
    repeated = {
        image
        for reader in (kubectl, kustomize)
        for image in reader.images
        if any(item.refusals for item in examined) and _anywhere(image) in map(_anywhere, ours)
    }
    for reader, verdict in (("kubectl", kubectl), ("kustomize", kustomize)):
        for image in sorted(verdict.images - ours - repeated, key=str):
            if _without_folds(image) not in map(_without_folds, ours):
                yield f"{reader} reads {image}, we do not"
    values = {str(image.value) for image in ours}
    for refused in kubectl.refused:
        for text in refused.images:
            if text and text not in values and not _is_no_object(refused):
                yield f"{text!r} can be read in a document that kubectl refuses, we do not"


def _is_unread(item: Examined) -> bool:
    """Whether a document that a reader may read is refused instead, see :data:`STRICTER`."""
    words = ("byte order mark", "while scanning a tag")
    return any(word in one.message for one in item.refusals for word in words)


def _anywhere(image: SeenImage) -> SeenImage:
    return image._replace(field="")


def _without_folds(image: SeenImage) -> SeenImage:
    """Return a text longer than any reference without the blanks at which kustomize folds it.

    That it does to a raw NEL in JSON, too.
    """
    if isinstance(image.value, str) and len(image.value) > LONGEST:
        return image._replace(value=re.sub("[ \x85]", "", image.value))
    return image


def _invented(
    examined: list[Examined], kubectl: Verdict, kustomize: Verdict, end: float
) -> Iterator[str]:
    truth = kubectl.images | kustomize.images
    for item in examined:
        root = item.extract.root
        if root is not None and not is_core(root) and not root.kind.endswith("List"):
            continue  # what stands inside of a custom resource is data to the readers
        for site in item.extract.sites:
            by_kustomize = site.readers == {Reader.KUSTOMIZE} and (
                kustomize.refused or _may_stop_kustomize(item.document)
            )
            excused = item.refusals or item.document.span.end >= end or by_kustomize
            is_pods = is_core(site.object) and site.role != "image"  # no flag, no variable
            if is_pods and not excused and not truth.intersection(_as_seen(site)):
                yield f"we read {_seen(site)}, nobody else does"


def _may_stop_kustomize(document: Document) -> bool:
    """Whether kustomize reads the first document alone: it may drop UTF-16, and all behind JSON."""
    data = document.source.data.removeprefix(BOM_UTF8)
    return document.source.encoding != "utf-8" or data.lstrip().startswith(b"{")


def _end_of_stream(parsed: list[Examined], kubectl: Verdict) -> float:
    """Return the byte from which on kubectl reads nothing: where it refuses a document for good.

    Content behind `---` takes the document in front of it along.
    """
    if not any(one.ends for one in kubectl.refused):
        return float("inf")
    starts = (
        min(item.document.span.start, *(one.offset for one in item.refusals))
        for item in parsed
        if item.refusals
    )
    return min(starts, default=float("inf"))


def _unreported(examined: list[Examined], kubectl: Verdict) -> Iterator[str]:
    reported = sum(item.is_manifest and bool(item.refusals) for item in examined)
    with_images = [one.text for one in kubectl.refused if one.images and not _is_no_object(one)]
    if len(with_images) > reported:
        yield f"kubectl refuses {with_images}, we report {reported}"


def _undetected(parsed: list[Examined], kubectl: Verdict) -> Iterator[str]:
    refused = [one.text for one in kubectl.refused if one.ends]
    if refused and not any(item.refusals for item in parsed):
        yield f"kubectl refuses {refused}, we do not"


def _is_no_object(refused: Refused) -> bool:
    """Whether kubectl found no object at all, which may be right for any other YAML."""
    return refused.text.startswith(_NO_KIND) or refused.text.endswith(_NO_MAPPING)


def _false_alarms(parsed: list[Examined], kubectl: Verdict, kustomize: Verdict) -> Iterator[str]:
    if any(one.ends for one in kubectl.refused):
        return
    refused = bool(kustomize.refused)
    reported = [
        item.refusals[0].message
        for item in parsed
        if any(_is_alarm(item, one, may_lose=refused or _merges(item)) for one in item.refusals)
    ]
    if len(reported) > len(kubectl.refused):
        yield f"we report {reported}, kubectl refuses {[one.text for one in kubectl.refused]}"


def _merges(item: Examined) -> bool:
    """Whether a value in a document may lose to another one, to both readers."""
    return item.tree is not None and item.tree.has_merges


def _is_alarm(item: Examined, one: Refusal, *, may_lose: bool) -> bool:
    """Whether a document is reported for what :data:`STRICTER` does not excuse."""
    is_behind = item.dropped_at is None or one.offset > item.dropped_at
    is_excused = (
        (is_behind and one.message == "control characters are not allowed")
        or _is_unread(item)
        or (
            may_lose
            and one.message.endswith(("cannot be written in JSON", "a key is empty or null"))
        )
    )
    return one.by_kubectl and not is_excused


def _seen(site: ImageSite) -> SeenImage:
    """Return a site as the readers would show it: without the list that holds its object."""
    found = site.object
    return SeenImage(
        found.api_version,
        found.kind,
        found.name,
        found.namespace,
        tuple(sorted((key, text) for key, text in found.labels.items() if text)),
        re.sub(r"^(items\[\d+\]\.)+", "", site.field),
        site.container or None,
        *_value(site.value),
    )


def _as_seen(site: ImageSite) -> tuple[SeenImage, SeenImage]:
    found = _seen(site)
    return found, found.nameless()


def _value(value: Value) -> Value:
    """Return null for empty text, too: kustomize makes one of the other, as it does of labels."""
    return Value("null", None) if value.value == "" else value
