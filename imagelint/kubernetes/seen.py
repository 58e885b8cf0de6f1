"""Images that can be seen in text that no parser reads: in templates and broken manifests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imagelint.kubernetes.injection import INJECTED
from imagelint.kubernetes.misread import is_settings, shows_kind
from imagelint.kubernetes.readers import Value
from imagelint.kubernetes.search import ImageSite
from imagelint.kubernetes.sites import ISTIO
from imagelint.model.finding import KubeObject
from imagelint.yaml.nodes import Mapping, Scalar, nodes_once
from imagelint.yaml.parser import FLOW_COLON, parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.search import Extract
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import Tree

__all__ = ["ACTION", "action_text", "is_manifest_of", "seen_images"]
__all__ += ["is_refused_anyway", "to_what_follows", "with_seen"]

ACTION = "{{"
"""The start of a Go template action; no manifest needs it outside of strings."""

# Up to the next brace only: searching a text full of `{{` to its end for each is quadratic.
_ACTION_TEXT = r"\{\{(?:[^{}\n]|\}(?!\}))*\}\}"
_OURS = (FLOW_COLON, "nested deeper", "a tag")
"""Words in refusals of what kubectl may accept: see ``STRICTER`` in ``tests/differential``."""
_TEXTS = r"""(?m)"(?:[^"\\]|\\[\s\S])*"|'[^']*'|(?:^|(?<=\s))#.*$"""
"""Strings and comments, in text that begins between two of them."""
_NAME = r"""\bname["']?[ \t]*:[ \t]+["']?([^\s"'{}\[\],]*)"""
_NEAR = 500
"""Characters before an image in which its container's name is searched."""
_MARK = "\x01"
_ONLY_MARKS = rf"(?m)^[ \t{_MARK}]*{_MARK}[ \t{_MARK}]*(?=\r?$)"
# It begins with letters, which `re` finds fast; a lookbehind then checks what is before them.
_SEEN_IMAGE = rf"""(?x)
    image["']?[ \t]*:[ \t]+
    (?P<quote>["']?)
    (?P<value>(?:{_ACTION_TEXT}|[^\s"'{{}}\[\],\#&*|>!]+|(?<=\S)[\#&*|>!]){{1,999}})
    """


def is_manifest_of(found: Extract, text: str, tree: Tree) -> bool:
    """Whether a document is an API object, or tries to be one in text that no parser reads."""
    if found.sites or (found.root is not None and found.root.api_version):
        return True
    if tree.unread_from is None:
        return False
    return shows_kind(text) and not is_settings(text)


def to_what_follows(tree: Tree) -> Tree:
    """Return a tree with the text after an action at the start unread: it is its own root."""
    if tree.dropped_from is None:
        return tree
    return tree.replace(unread_from=tree.dropped_from, dropped_from=None)


def with_seen(found: Extract, text: str, unread_from: int) -> Extract:
    """Add to an extract the images that can be seen in text that no parser reads."""
    read = {site.node.start for site in found.sites}
    seen = seen_images(text, unread_from, found.root)
    more = [site for site in seen if not read & _starts(site)]
    return found._replace(sites=found.sites + more)


def is_refused_anyway(text: str, tree: Tree) -> bool:
    """Whether a text with ``{{`` is refused for another reason, so that it is not a template.

    If kubectl may accept what imagelint refuses, only an action that YAML reads as a mapping
    counts: kubectl refuses those. Otherwise the text must be refused at the same place
    without its actions.
    """
    if tree.unread_from is None:
        return False
    for index, message in tree.problems:
        if any(words in message for words in _OURS):
            return not _has_action(text, tree, index)
    return parse_yaml(_without_actions(text)).problems == tree.problems


def _has_action(text: str, tree: Tree, until: int) -> bool:
    """Whether YAML reads an action before an offset as a mapping, not as text."""
    for node in nodes_once(tree.root) if tree.root is not None else ():
        if isinstance(node, Mapping) and text.startswith(ACTION, node.start):
            return True
    return ACTION in re.sub(_TEXTS, "", text[tree.unread_from : until])


def _without_actions(text: str) -> str:
    """Return text with blanks in place of lines of actions, and letters for other actions."""
    end = text.rfind("}}") + 2  # no action ends after it, so nothing is searched there
    marked = re.sub(r"(?s)\{\{.*?\}\}", lambda match: _same(match, _MARK), text[:end])
    blank = re.sub(_ONLY_MARKS, lambda match: _same(match, " "), marked + text[end:])
    return blank.replace(_MARK, "x")


def _same(match: re.Match[str], char: str) -> str:
    """Return as many characters, on as many lines."""
    return re.sub(r"[^\r\n]", char, match.group())


def seen_images(text: str, start: int, root: KubeObject | None) -> Iterator[ImageSite]:
    """Yield image sites that can be seen in text that no parser reads."""
    pattern = re.compile(_SEEN_IMAGE)
    at = first = max(start - 1, 0)  # the character before it counts
    while (match := pattern.search(text, at)) is not None:
        if not _is_key(text, match.start(), first):
            at = match.start() + 1
            continue
        at = first = match.end()
        begin, end = match.span("value")
        node = Scalar(match["value"], begin, end)
        container = _istio_container(text, begin) if node.value == "auto" else None
        yield ImageSite(
            Value("string", node.value),
            node,
            root or KubeObject("", ""),
            "image",
            container,
            "image",
            filled_by=ISTIO if container else None,
            is_asked=None if container else True,
        )


def _istio_container(text: str, at: int) -> str | None:
    """Return the last name before an image, if Istio fills in that container's image."""
    names = re.findall(_NAME, text[max(at - _NEAR, 0) : at])
    return names[-1] if names and names[-1] in INJECTED else None


def _is_key(text: str, at: int, first: int) -> bool:
    """Whether a word can be a key, quote included; nothing before ``first`` is examined."""
    if at > first and text[at - 1] in "'\"":
        at -= 1
    if at == 0 or text[at - 1] == "\n":
        return True
    return at > first and (text[at - 1].isspace() or text[at - 1] in "{,-")


def _starts(site: ImageSite) -> set[int]:
    """Return where a node may begin if it is the seen one, with and without its quote."""
    return {site.node.start, site.node.start - 1}


def action_text(document: Document, site: ImageSite) -> str | None:
    """Return a template action that YAML reads as a mapping in a mapping (``{{ .x }}``)."""
    if not isinstance(site.node, Mapping):
        return None
    match = re.compile(_ACTION_TEXT).match(document.decoded.text, site.node.start)
    return None if match is None else match.group()
