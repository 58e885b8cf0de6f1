"""Names of files: absolute for opening, relative for people, relative to a policy for matching.

Paths are ``str`` as the operating system gave them: names that are not UTF-8 hold escaped
bytes (PEP 383) until :func:`displayed` makes them fit for output.
"""

from __future__ import annotations

import os
import re

__all__ = [
    "STDIN",
    "absolute",
    "chart_folder",
    "displayed",
    "is_below",
    "is_stdin",
    "is_stream",
    "named",
]
__all__ += ["relative_to"]

STDIN = "/dev/stdin"
_STREAM = (
    r"/dev/(?:stdin|fd/([0-9]+))|/proc/(?:self|thread-self|[0-9]+)(?:/task/[0-9]+)?/fd/([0-9]+)"
)
"""Names of what a process has open already: nothing is said by the folders that they seem in."""


def absolute(path: str, cwd: str) -> str:
    """Return ``path`` as an absolute path without ``.`` and ``..``; links in it are kept.

    Dropping ``..`` by text is wrong behind a link to a folder (``link/../a``); only there
    are the links resolved.
    """
    joined = os.path.join(cwd, path)
    normal = os.path.normpath(joined)
    if os.sep == "/" and normal.startswith("//"):  # which POSIX leaves open, and nobody uses
        normal = normal[1:]
    if ".." in joined.split(os.sep) and os.path.realpath(normal) != os.path.realpath(joined):
        return os.path.realpath(joined)
    return normal


def displayed(path: str, cwd: str) -> str:
    r"""Return an absolute path as findings name it: relative where it is below ``cwd``, with ``/``.

    The result is valid Unicode: bytes of the name that are no UTF-8 read ``\xff``.
    """
    text = named(path, cwd)
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def named(path: str, cwd: str) -> str:
    """Return what :func:`displayed` does, with all bytes of the name, for programs."""
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

    A path that is not below starts with ``../``; one on another Windows drive stays absolute.
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
    """Return what of ``path`` is behind ``folder``, None when it is not below it."""
    if path == folder:
        return ""
    prefix = folder if folder.endswith(os.sep) else folder + os.sep
    return path[len(prefix) :] if path.startswith(prefix) else None


def chart_folder(path: str) -> str | None:
    """Return the absolute folder of the Helm chart whose template ``path`` is, else None.

    A template stands, at any depth, in a folder ``templates`` with a ``Chart.yaml`` beside
    it. Of a chart under another chart's ``charts/`` the outer one is named: rendering that
    renders both, with the values that the inner one gets.
    """
    if f"{os.sep}templates" not in path:
        return None
    folder = os.path.dirname(path)
    while f"{os.sep}templates" in folder:
        parent, name = os.path.split(folder)
        if name == "templates" and _is_chart(parent):
            return _outermost(parent)
        folder = parent
    return None


def _outermost(chart: str) -> str:
    charts, _ = os.path.split(chart)
    outer, name = os.path.split(charts)
    return _outermost(outer) if name == "charts" and _is_chart(outer) else chart


def _is_chart(folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, "Chart.yaml"))
