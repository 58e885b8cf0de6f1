"""File names: absolute to open, relative for messages, relative to a policy to match.

Paths are ``str`` as the operating system gave them: names that are not UTF-8 hold escaped
bytes (PEP 383) until :func:`displayed` makes them fit for output. And what a walk finds of them.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from imagelint.kubernetes.objects import CHART_FILE
from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from imagelint.model.finding import Skipped

__all__ = [
    "STDIN",
    "absolute",
    "chart_folder",
    "displayed",
    "is_below",
    "is_stdin",
    "is_stream",
    "named",
    "outermost_chart",
]
__all__ += ["relative_to"]
__all__ += ["LINKS_MAX", "followed"]
__all__ += ["BROKEN_LINK", "LINK_TO_FOLDER", "MAGIC", "SUFFIXES", "Found", "FoundFile", "Listener"]
__all__ += ["above_glob", "by_segments", "in_order", "is_manifest"]

STDIN = "/dev/stdin"
SUFFIXES = (".yaml", ".yml", ".json")
_OTHER_NAMES = frozenset({"Kustomization"})  # kustomize reads it by this name too
MAGIC = frozenset("*?")
"""The special characters of a glob."""
LINKS_MAX = 40  # the kernel's limit
BROKEN_LINK = "broken link"
LINK_TO_FOLDER = "link to a folder"
_STREAM = (
    r"/dev/(?:stdin|fd/([0-9]+))|/proc/(?:self|thread-self|[0-9]+)(?:/task/[0-9]+)?/fd/([0-9]+)"
)
"""Names of already open files: the folders in these paths mean nothing."""


def followed(place: str, rest: str, meet: Callable[[str], bool]) -> str | None:
    """Follow a path from a folder without links; return None if ``meet`` rejects a link in it.

    ``meet`` gets each link, at a path without other links. The result is also None if there are
    more links than the kernel follows. Raises ``OSError`` for a link that cannot be read.
    """
    names, links = rest.split(os.sep)[::-1], 0
    while names:
        name = names.pop()
        if name == os.pardir:
            place = os.path.dirname(place)
        elif name not in ("", os.curdir):
            there = os.path.join(place, name)
            if not os.path.islink(there):
                place = there
                continue
            links += 1
            if links > LINKS_MAX or not meet(there):
                return None
            drive, rest = os.path.splitdrive(os.readlink(there))
            place = drive + os.sep if rest.startswith(os.sep) else place
            names += rest.split(os.sep)[::-1]
    return place


def absolute(path: str, cwd: str) -> str:
    """Return ``path`` as an absolute path without ``.`` and ``..``; links in it are kept.

    Removing ``..`` as text is wrong after a link to a folder (``link/../a``); only there
    are the links resolved.
    """
    joined = os.path.join(cwd, path)
    normal = os.path.normpath(joined)
    if os.sep == "/" and normal.startswith("//"):  # POSIX leaves this open, and nobody uses it
        normal = normal[1:]
    if ".." in joined.split(os.sep) and os.path.realpath(normal) != os.path.realpath(joined):
        return os.path.realpath(joined)
    return normal


def displayed(path: str, cwd: str) -> str:
    r"""Return an absolute path for findings: relative if it is below ``cwd``, with ``/``.

    The result is valid Unicode: bytes of the name that are not UTF-8 become ``\xff``.
    """
    text = named(path, cwd)
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def named(path: str, cwd: str) -> str:
    """Return the same as :func:`displayed`, with the raw bytes of the name, for programs."""
    below = _below(path, cwd)
    return (path if below is None else below or ".").replace(os.sep, "/")


def is_stream(path: str) -> bool:
    """Whether an absolute path is a name of standard input or of a pipe, as ``<(...)`` makes."""
    return _stream(path) is not None


def is_stdin(path: str) -> bool:
    """Whether an absolute path is a name of standard input."""
    match = _stream(path)
    own = ("/dev/", "/proc/self/", "/proc/thread-self/", f"/proc/{os.getpid()}/")
    return match is not None and path.startswith(own) and int(match[1] or match[2] or 0) == 0


def _stream(path: str) -> re.Match[str] | None:
    return re.fullmatch(_STREAM, path) if path.startswith(("/dev/", "/proc/")) else None


def is_below(path: str, folder: str) -> bool:
    """Whether an absolute path is a folder, or below it, by name."""
    return _below(path, folder) is not None


def relative_to(folder: str, path: str) -> str:
    """Return an absolute path relative to ``folder`` with ``/``, as path globs match it.

    A path that is not below starts with ``../``; one on another Windows drive remains absolute.
    """
    below = _below(path, folder)
    if below and os.sep == "/":
        return below
    if below is None:
        try:
            below = os.path.relpath(path, folder)
        except ValueError:
            below = path
    return (below or ".").replace(os.sep, "/")


def _below(path: str, folder: str) -> str | None:
    """Return the part of ``path`` below ``folder``, None if it is not below it."""
    if path == folder:
        return ""
    prefix = folder if folder.endswith(os.sep) else folder + os.sep
    return path[len(prefix) :] if path.startswith(prefix) else None


def chart_folder(path: str) -> str | None:
    """Return the absolute folder of the Helm chart of which ``path`` is a template, else None.

    A template is, at any depth, in a folder ``templates`` with a ``Chart.yaml`` beside it. For a
    chart in another chart's ``charts/`` the outer one is returned: rendering that renders
    both, with the values that the inner one gets.
    """
    if f"{os.sep}templates" not in path:
        return None
    folder = os.path.dirname(path)
    while f"{os.sep}templates" in folder:
        parent, name = os.path.split(folder)
        if name == "templates" and _is_chart(parent):
            return outermost_chart(parent)
        folder = parent
    return None


def outermost_chart(chart: str) -> str:
    """Return the chart that includes a chart in its ``charts/``, or the chart itself."""
    charts, _ = os.path.split(chart)
    outer, name = os.path.split(charts)
    return outermost_chart(outer) if name == "charts" and _is_chart(outer) else chart


def _is_chart(folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, CHART_FILE))


class FoundFile(NamedTuple):
    """A file to lint: ``path`` absolute, to open it; ``shown`` as findings name it."""

    path: str
    shown: str


class Found(NamedTuple):
    """What the PATHs of a command line came to; ``errors`` make the exit code 2."""

    files: tuple[FoundFile, ...]
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]
    errors: tuple[str, ...]
    links: frozenset[str]
    """The paths of those files that are links."""
    unfollowed: Mapping[str, Skipped]
    """Links among what was skipped, broken or to a folder, by absolute path."""
    folders: tuple[str, ...]
    """The folders that were walked, with all below them."""
    empty: tuple[str, ...]
    """The folders in which nothing stands."""
    roots: tuple[str, ...]
    """The repositories that the walks came by."""
    without: tuple[str, ...]
    """The folders among the PATHs, as shown, that have no manifest, not even an excluded one."""


def _unheard(_folder: str, _names: Iterable[str]) -> None:
    """Have no use for what stands in a folder."""


def _untold(_path: str) -> None:
    """Have no use for a file before all are found."""


def _no_link(_path: str) -> bool:
    """Follow no link to a folder."""
    return False


class Listener(NamedTuple):
    """Who hears of what a walk sees, and says which links it follows."""

    folder: Callable[[str, Iterable[str]], None] = _unheard
    """Gets the names that stand in a folder: of one below another before it is asked whether that
    is excluded, of the first one after that."""
    file: Callable[[str], None] = _untold
    """Gets the path of each file as it is found."""
    follows: Callable[[str], bool] = _no_link
    """Says of a link to a folder whether what is behind it stands at the link's place, too."""


def in_order(files: Iterable[FoundFile]) -> tuple[FoundFile, ...]:
    """Return files in the order in which they are reported."""
    return tuple(sorted(files, key=lambda one: by_segments(one.shown)))


def by_segments(path: str) -> str:
    """Return what sorts paths as the lists of their segments do, and three times as fast."""
    return path.replace("/", "\0")


def above_glob(pattern: str) -> str:
    """Return the folder above the first special character of an absolute path, or the path."""
    parts = pattern.split(os.sep)
    fixed = next((index for index, part in enumerate(parts) if MAGIC.intersection(part)), None)
    return os.sep.join(parts[:fixed]) or os.sep


def is_manifest(name: str) -> bool:
    """Whether a walk takes a file of that name."""
    return name.lower().endswith(SUFFIXES) or name in _OTHER_NAMES
