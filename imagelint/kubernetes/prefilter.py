"""Which documents can hold an image; all others are skipped without being parsed.

This is a proof, not a guess: a document is skipped only if no spelling that YAML or JSON
allows could make an image site of it. Measured: in a tree full of CRDs (Kubeflow, 25 MB)
96 % of the bytes are never parsed, in a tree of test manifests half.

For the rule unknown-image, ``hints_of`` searches the bytes for texts that look like images where
nobody described one, so that documents without any stay unparsed.
"""

from __future__ import annotations

import codecs
import re
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Final

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.kubernetes.catalogue.entries import Words
    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.examined import Examined
    from imagelint.model.source import Source

__all__ = ["can_hold_image", "is_proven_free", "may_hold_object", "may_name_values"]
__all__ += ["may_have_built", "may_lack_space", "may_select_images", "needs_no_parse"]
__all__ += ["KNOWN_REGISTRIES", "Hints", "hints_of", "in_text_of_config"]

# A word can be spelled without its letters only by an escape, in double quotes by an escaped
# line break, or as base64 under a !!binary tag (whose name may itself be escaped).
_SPELLED = rb"\\[xuU]"
_FOLDED = rb"\\\r?\n"
_BOM = codecs.BOM_UTF8  # after the start it is an error that counts as a manifest
_LONE_CR = rb"\r(?!\n)"
_ODD_BREAKS = (b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xa9")
# The lines at column 0, except comments and items, are found by their line feed, which `re`
# finds fast; a `^` reaches only 100 MB/s. Most lines fail at the first character after it.
_PLAIN_KEY = rb"([A-Za-z_][\w./-]*)[ \t]*:(?![^ \t\r\n])"
_FIRST_LINE = rb"(?:%b|[^ \t\r\n#-]|-(?![ \t\n]))" % _PLAIN_KEY
_COLUMN_0 = rb"\n(?! )(?:%b|[^ \t\r\n#-]|-(?![ \t\n]))" % _PLAIN_KEY
_ITEM_OR_CLOSING = rb"-(?:\r|\Z)|[}\]](?:[ \t]*,)?[ \t]*\r?(?:\n|\Z)"
_SEPARATOR = rb"---[ \t]*(?:[ \t]\#[^\n]*)?\r?(?:\n|\Z)"
_FIRST_CONTENT = rb"(?m)^([ \t]*)(?!---|#|[ \t\r\n]|\Z)"
_KIND = re.compile(
    rb"kind:[ \t]+([A-Za-z][A-Za-z0-9]*)[ \t]*(?:[ \t]\#[^\n]*)?\r?$(?!\n(?:[ \t]*\r?\n)*[ \t])",
    re.MULTILINE,
)
_API_VERSION = re.compile(
    rb"apiVersion:[ \t]+([\"']?)([A-Za-z0-9./-]+)\1[ \t]*(?:[ \t]\#[^\n]*)?\r?$"
    rb"(?!\n(?:[ \t]*\r?\n)*[ \t])",
    re.MULTILINE,
)
_API_VERSION_KEY = b"apiVersion"
_STATED = rb"apiVersion[\"']?:[ ]*[\"']?([A-Za-z0-9./-]+)[\"'\s,}]"
_DECIDING = frozenset((b"kind", b"apiVersion", b"items"))
"""The keys of a root that matter; below it only those of a pod spec do."""
_NO_NAMES = frozenset(b"null y n yes no on off true false".split())
"""Words that YAML takes for something else; a Kustomization without a name has one all the same."""
_KIND_WORD = re.compile(rb"kind(?<=\bkind)\b")  # begins with letters, so that `re` leaps to them
_GLUED = r"""(?:^|[\s{\[,"'])image["']?:\S"""
_WORKLOAD = (
    rb"kind[\"']?[ \t]*:\s*[\"']?"
    rb"(?:CronJob|DaemonSet|Deployment|Job|Pod|PodTemplate|ReplicaSet|ReplicationController|StatefulSet)\b"
)
_IN_VALUES = rb"repository|\bhub\b"
"""Keys of images in a chart's values, beside those with one of the catalogue's words."""
_WITH_VALUES = (b"fluxcd.io", b"cattle.io", b"argoproj.io", b"helmfile.readthedocs.io")
"""Parts of the groups whose objects hold values."""
_compiled = cache(re.compile)
"""Compiles a pattern on first use: compiling all at once took a hundredth of a start."""


def needs_no_parse(data: bytes, catalogue: Catalogue) -> bool:
    """Whether text (UTF-8) of a document or a whole file is known to hold no image site.

    The proof comes last, because it may read the file of an API group.
    """
    if data.startswith(b"["):
        from imagelint.kubernetes.json_list import is_json_list  # noqa: PLC0415 - few files are lists

        if is_json_list(data):
            return True
    return not can_hold_image(data, catalogue.words) or is_proven_free(data, catalogue)


def can_hold_image(data: bytes, words: Words) -> bool:
    """Whether one of the catalogue's ``words`` is in ``data`` or could be spelled otherwise.

    What states a kind that has containers is none that may be left out, as it may be broken in
    front of its images.

    ``data`` is UTF-8 text of a document or a whole file.
    """
    for word in words.anywhere:
        if word in data:
            return True
    if not _states_others(data, words.groups) and any(one in data for one in words.groups):
        return True
    if any(one in data for one in _WITH_VALUES) and _compiled(_IN_VALUES).search(data) is not None:
        return True
    return _may_spell(data) or _states_workload(data)


def _states_workload(data: bytes) -> bool:
    """Whether a kind that has containers is stated: by a root, in braces, or by an item of a list.

    What is indented otherwise names another object, as an autoscaler does.
    """
    at = data.find(b"kind")
    match = _compiled(_WORKLOAD).match
    while at >= 0:
        if match(data, at) is not None:
            line = data.rfind(b"\n", 0, at) + 1
            before = data[line:at].strip(b"\"'")
            if before.strip():
                return True  # a dash, a brace, a comma
            above = data[data.rfind(b"\n", 0, max(line - 1, 0)) + 1 : line]
            if not before or above.startswith(before[:-2] + b"- "):
                return True
        at = data.find(b"kind", at + 4)
    return False


def _states_others(data: bytes, groups: tuple[bytes, ...]) -> bool:
    """Whether every apiVersion in a text is clearly that of another group.

    This avoids the search for nine words, which took half of the time of a proof by words.
    """
    at = data.find(_API_VERSION_KEY)
    while at >= 0:
        stated = _compiled(_STATED).match(data, at)
        if stated is None or _is_one_of(groups, stated[1]):
            return False
        at = data.find(_API_VERSION_KEY, stated.end())
    return True


@lru_cache(1000)
def _is_one_of(groups: tuple[bytes, ...], version: bytes) -> bool:
    return any(group in version for group in groups)


def may_hold_object(data: bytes) -> bool:
    """Whether an API object could be in ``data``, UTF-8 text of a whole file; no Kustomization.

    An object states its kind, so without a readable word ``kind`` there is none, and neither its
    images nor errors in the text count. So dashboards, values and charts are never parsed: 100
    files of the shared corpus, with a fourth of all the time.
    """
    if b"\0" in data:  # as between the letters of UTF-16
        data = data.replace(b"\0", b"")
    if _KIND_WORD.search(data) is not None or _may_spell(data):
        return True
    return not data.isascii() and data.find(_BOM, len(_BOM)) >= 0


def _may_spell(data: bytes) -> bool:
    if b"\\" in data and (_compiled(_SPELLED).search(data) or _compiled(_FOLDED).search(data)):
        return True
    return b"!" in data and (b"binary" in data or b"%" in data)


def is_proven_free(data: bytes, catalogue: Catalogue) -> bool:
    """Whether text (UTF-8) is proven to be one YAML document that holds no image site.

    The proof: the root is a plain block mapping whose keys are all at column 0 in plain letters;
    ``kind`` and ``apiVersion`` are there exactly once with plain values; there is no ``items``; no
    ``---`` except at the start; and the catalogue says that the kind holds neither images nor
    manifests in strings, or does not know it and no pod spec's key occurs in the text. It takes one
    pass over the lines at column 0; six searches took three times as long in a large CRD. It
    proves a whole file at once, so such a file is not even split.
    """
    kind = _KIND.match(data, _line_with(b"kind:", data))
    version = _API_VERSION.match(data, _line_with(b"apiVersion:", data))
    if kind is None or version is None:
        return False
    is_possible, is_searched, words = _outlook(catalogue, version[2], kind[1])
    if not is_possible or (is_searched and b"ontainers" in data):
        return False  # true of most unproven text, after only these two lines
    if words and any(word in data for word in words):
        return False
    if _deciding_places(data) != {b"kind": kind.start(), b"apiVersion": version.start()}:
        return False
    if _has_odd_breaks(data):
        return False
    # Below the root, keys matter only if a pod spec is searched by shape, or a word.
    is_spelled = (is_searched or bool(words)) and _may_spell(data)
    return not is_spelled and _begins_at_column_0(data)


@lru_cache(1000)
def _outlook(
    catalogue: Catalogue, version: bytes, kind: bytes
) -> tuple[bool, bool, tuple[bytes, ...]]:
    """Return what can be proven of a kind's objects.

    That is: whether a proof is possible at all; whether images in them are searched by shape; the
    words of which every object with images contains one.
    """
    if {kind.lower(), version.lower()} & _NO_NAMES:
        return False, True, ()
    group, name = version.decode().rpartition("/")[0], kind.decode()
    if catalogue.embedded_keys(group, name):
        return False, True, ()
    known = catalogue.lookup(group, name)
    if known is None:
        return True, True, ()
    return known.branch.is_bare or bool(known.words), not known.is_exact, known.words


def _line_with(key: bytes, data: bytes) -> int:
    """Return where the first line begins with a key; the end if none does."""
    if data.startswith(key):
        return 0
    return data.find(b"\n" + key) + 1 or len(data)


def _has_odd_breaks(data: bytes) -> bool:
    if b"\r" in data and _compiled(_LONE_CR).search(data) is not None:
        return True
    return not data.isascii() and any(odd in data for odd in _ODD_BREAKS)


def _deciding_places(data: bytes) -> dict[bytes, int]:
    """Return where ``kind`` and ``apiVersion`` are if all lines at column 0 are of a plain root.

    Such a line is a comment, a plain key, an item or a closing bracket. If there is any other
    line, one of the two keys twice, or ``items``, nothing is returned.
    """
    places: dict[bytes, int] = {}
    separator = _compiled(_SEPARATOR).match(data)
    first = _compiled(_FIRST_LINE).match(data) if separator is None else None
    at = 0 if separator is None else separator.end() - 1
    for match in chain(() if first is None else (first,), _compiled(_COLUMN_0).finditer(data, at)):
        key = match[1]
        if key is None:
            if _compiled(_ITEM_OR_CLOSING).match(data, match.end() - 1) is None:
                return {}
        elif key in _DECIDING:
            if key == b"items" or key in places:
                return {}
            places[key] = match.start(1)
    return places


def _begins_at_column_0(data: bytes) -> bool:
    """Whether the root begins at column 0: otherwise the lines there are not its keys."""
    content = _compiled(_FIRST_CONTENT).search(data)
    return content is not None and not content[1]


def may_lack_space(text: str) -> bool:
    """Whether a key ``image`` could lack the space behind its colon, which few texts do."""
    count = text.count("image:")
    return count != text.count("image: ") and _compiled(_GLUED).search(text) is not None


def may_have_built(data: bytes) -> bool:
    """Whether an object in some text may build a folder: of Flux, of Argo CD."""
    if b"argoproj.io/" in data and b"Application" in data:
        return b"path" in data
    return b"kustomize.toolkit.fluxcd.io/" in data


def may_select_images(data: bytes) -> bool:
    """Whether an object other than a kustomization may select images: Flux, Argo CD, skaffold."""
    if b"kustomize" in data and (b"fluxcd.io" in data or b"argoproj.io" in data):
        return True
    if b"templatePatch" in data and b"argoproj.io" in data:
        return True
    return b"skaffold/v" in data


def may_name_values(data: bytes, file_name: str) -> bool:
    """Whether an object in some text may name files, or ConfigMaps, with values of charts."""
    if b"valuesFrom" in data:
        return b"HelmRelease" in data and b"CustomResourceDefinition" not in data
    if b"valueFiles" in data:
        return b"argoproj.io" in data and b"CustomResourceDefinition" not in data
    return b"valuesFiles" in data or (file_name.startswith("helmfile") and b"releases" in data)


# --- hints: texts that may be images where nobody described one ---------------------------

KNOWN_REGISTRIES: Final = (
    *("docker.io", "quay.io", "ghcr.io", "gcr.io", "registry.k8s.io", "mcr.microsoft.com"),
    *("public.ecr.aws", "nvcr.io", "pkg.dev", "azurecr.io", "amazonaws.com", "cgr.dev"),
    *("registry.gitlab.com", "registry.redhat.io", "registry.access.redhat.com", "cr.fluentbit.io"),
    *("docker.elastic.co", "xpkg.upbound.io", "oci.external-secrets.io", "lscr.io", "icr.io"),
)
"""Hosts, or the ends of hosts, that serve nothing but images."""
_REFERENCE: Final = rb"[\"']?([a-z0-9][\w.-]*[/:@][\w./:@-]*\w)"
_THEN: Final = rb"[\"']?(?:[ \t]*[:=]\s*|\s*\n\s*-\s+|\s*,\s*|\s*,?\s*[\"']?value[\"']?:\s*)"
"""What may be between a name and its image: also the next argument, the value of a variable."""
_NAMED: Final = rb"mage[\w./-]{0,40}" + _THEN + _REFERENCE
_NAMED_IN_CAPITALS: Final = rb"MAGE\w{0,40}" + _THEN + _REFERENCE
_REPOSITORY: Final = rb"repository[\"']?[ \t]*:[ \t]*[\"']?([a-z0-9][\w./:-]*)"
_ENDS: Final = tuple(
    dict.fromkeys(f".{one.rpartition('.')[2]}/".encode() for one in KNOWN_REGISTRIES)
)
_HOSTS: Final = tuple(one.encode() for one in KNOWN_REGISTRIES)
_REST: Final = rb"[\w./-]+(?::\w|@sha256:)"
_BEFORE: Final = rb"[\w./-]*\Z"
_KEY_INDENT: Final = 2
"""The usual indentation of a ConfigMap's keys."""
_LONGEST: Final = 120
"""Bytes of a text in front of such a host: of a longer name, or of a mirror with paths."""


class Hints(NamedTuple):
    """Where texts begin that may be images, and repositories that may have a tag beside them."""

    images: frozenset[int]
    repositories: frozenset[int]
    are_complete: bool = True
    """False: the source is not UTF-8, and may have others."""


def hints_of(source: Source, examined: Iterable[Examined]) -> Hints | None:
    """Return the hints in a source that are no image of its ``examined`` documents.

    None: there is nothing that looks like an image, or no object.
    """
    if source.encoding != "utf-8":
        return Hints(frozenset(), frozenset(), are_complete=False)
    if b"apiVersion" not in source.data:
        return None
    images, repositories = _hints_in(source.data)
    if images or repositories:
        for one in examined:
            for site in one.extract.sites:
                start = one.document.byte_offset(site.node.start)
                known = {start, start + 1}  # after a quote
                if site.within is not None:  # nothing else in that text is an image
                    known.update(range(start, one.document.byte_offset(site.node.end)))
                images -= known
                repositories -= known
    if not (images or repositories):
        return None
    return Hints(frozenset(images), frozenset(repositories))


def _hints_in(data: bytes) -> tuple[set[int], set[int]]:
    """Return where images and repositories may be in UTF-8, except in comments."""
    found: set[int] = set()
    parts: set[int] = set()
    if b"mage" in data:
        found.update(match.start(1) for match in _compiled(_NAMED).finditer(data))
    if b"MAGE" in data:
        found.update(match.start(1) for match in _compiled(_NAMED_IN_CAPITALS).finditer(data))
    if b"repository" in data and (b"tag" in data or b"version" in data or b"digest" in data):
        parts.update(match.start(1) for match in _compiled(_REPOSITORY).finditer(data))
    rest = _compiled(_REST)
    for host in _ENDS:
        at = data.find(host)
        while at >= 0:
            end = at + len(host)
            if rest.match(data, end) is not None:
                before = _compiled(_BEFORE).search(data, max(0, at - _LONGEST), at)
                start = at if before is None else before.start()
                if data[start : end - 1].endswith(_HOSTS):
                    found.add(start)
            at = data.find(host, end)
    return _outside_comments(data, found), _outside_comments(data, parts)


def in_text_of_config(data: bytes, at: int) -> bool:
    """Whether a hint is in the text of a ConfigMap, and does not name a known registry."""
    line = data[data.rfind(b"\n", 0, at) + 1 : at]
    if len(line) - len(line.lstrip()) <= _KEY_INDENT:
        return False
    return not data[at : at + _LONGEST].partition(b"/")[0].endswith(_HOSTS)


def _outside_comments(data: bytes, found: set[int]) -> set[int]:
    return {at for at in found if not _is_in_comment(data, at)}


def _is_in_comment(data: bytes, at: int) -> bool:
    line = data[data.rfind(b"\n", 0, at) + 1 : at].lstrip()
    return line.startswith(b"#") or b" #" in line
