"""Open what a checkout names: only a regular file inside of its root.

An attacker may have put a link anywhere: to a key of the user, to ``/proc/self/environ``, to a
device that blocks for ever. So a link is resolved before it is followed, and the opened file's
place is checked: nobody can replace the link in between.
"""

from __future__ import annotations

import errno
import os
import stat
from functools import cache
from typing import TYPE_CHECKING, Final

from imagelint.files.git import is_tracked, repository_of
from imagelint.files.paths import followed, is_below
from imagelint.model.errors import FileError

if os.name == "posix":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LEADS_OUT", "bound_of", "leads_out", "open_inside", "refuse_links"]

LEADS_OUT: Final = "a link that leads out of the repository, and is not followed"
_OPEN: Final = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # do not wait for the writer of a pipe
)
_IS_LINK: Final = frozenset({errno.ELOOP, getattr(errno, "EMLINK", errno.ELOOP)})
_DEVICES: Final = ("/dev/", "/proc/")
"""``/dev/stdout`` is a link, but never one from a checkout."""


def open_inside(path: str, shown: str, root: str) -> int:
    """Open a regular file for reading, and return its descriptor.

    ``path`` and ``root`` are absolute. Raises ``FileError`` for a file outside of ``root`` or one
    that is not regular, and ``OSError`` for one that cannot be opened.
    """
    place, inside = path, _real(root)
    try:
        file = os.open(place, _OPEN)
    except OSError as error:
        if error.errno not in _IS_LINK:
            raise
        place = os.path.realpath(path)
        if not is_below(place, inside):
            raise FileError(shown, LEADS_OUT) from error
        file = os.open(place, _OPEN)
    try:
        reason = _refusal(file, place, inside)
    except BaseException:
        os.close(file)
        raise
    if reason is not None:
        os.close(file)
        raise FileError(shown, reason)
    return file


def _refusal(file: int, path: str, inside: str) -> str | None:
    """Return why an open file must not be read, else None."""
    status = os.fstat(file)
    if not is_below(_place_of(file, path, status), inside):
        return LEADS_OUT
    return None if stat.S_ISREG(status.st_mode) else "not a regular file, and is not read"


def leads_out(path: str, root: str) -> bool:
    """Whether a path leads to something outside of ``root``; both are absolute."""
    return not is_below(os.path.realpath(path), _real(root))


def bound_of(
    path: str, cwd: str, shown: str, is_tracked: Callable[[str], bool] = is_tracked
) -> str | None:
    """Return the folder outside of which a path that the user names must not lead, if any.

    It may lead anywhere, also by a link that the user created. But a tracked link in the path came
    with the checkout: from there on everything must be in the repository of that link. Raises
    ``FileError`` otherwise. ``path`` is as typed, because ``..`` after a link leads elsewhere
    than its text says; a path that does not exist (a glob) is followed as far as it exists.
    """
    drive, rest = os.path.splitdrive(os.path.join(cwd, path))
    bound: str | None = None

    def meet(link: str) -> bool:
        nonlocal bound
        if bound is None and is_tracked(link):
            bound = repository_of(os.path.dirname(link))
        return True

    try:
        place = followed(drive + os.sep, rest, meet)
    except OSError as error:
        raise FileError(shown, error.strerror or str(error)) from error
    if place is not None and bound is not None and not is_below(place, bound):
        raise FileError(shown, LEADS_OUT)
    return bound


def refuse_links(path: str, shown: str) -> None:
    """Raise ``FileError`` if a file of our own would be written through a link.

    Of the folders above it, those in its repository count, because they may come from a checkout.
    """
    path = os.path.abspath(path)
    if path.startswith(_DEVICES):
        return
    place, root = path, repository_of(os.path.dirname(path))
    while place != root:
        if os.path.islink(place):
            link = "it" if place == path else os.path.basename(place)
            raise FileError(shown, f"not written: {link} is a link")
        above = os.path.dirname(place)
        if root is None or above == place:
            return
        place = above


@cache
def _real(root: str) -> str:
    return os.path.realpath(root)


def _place_of(file: int, path: str, status: os.stat_result) -> str:
    """Return the real path of an open file."""
    try:
        return os.readlink(f"/proc/self/fd/{file}")
    except OSError:  # not Linux, or no /proc
        pass
    try:
        command: int = fcntl.F_GETPATH  # type: ignore[attr-defined,unused-ignore]
        return os.fsdecode(fcntl.fcntl(file, command, bytes(1024)).rstrip(b"\0"))
    except (NameError, AttributeError, OSError):  # neither Linux nor macOS
        pass
    real = os.path.realpath(path)
    return real if os.path.samestat(os.stat(real), status) else os.sep
