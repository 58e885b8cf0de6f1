"""Writing: a file is replaced as a whole, with its metadata, or not at all.

At any moment the file holds either the old bytes or the new ones, whatever fails and whenever
the process is killed; also after a power cut, because the new bytes are on the disk before the file
is renamed. Which of the two it is then, is not defined: to flush each new name as well would take
longer than the rest of a large ``fix``, and an old file is simply fixed again. The next ``fix`` in
the folder removes what a killed process leaves there (see ``temporary``).
"""

from __future__ import annotations

import errno
import os
import stat
import time
from contextlib import closing, suppress
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, TypeAlias

from imagelint.files import temporary
from imagelint.files.guard import LEADS_OUT, leads_out, refuse_links
from imagelint.model.errors import FileError
from imagelint.model.source import mark_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from io import FileIO

    from imagelint.model.source import Mark

__all__ = ["Steps", "append", "finish", "rewrite", "rewriting", "size", "sync", "write_new"]
__all__ += ["write_whole"]

_NO_ATTRIBUTES = frozenset({errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
_KEPT = attrgetter("st_dev", "st_ino", "st_nlink", "st_mode", "st_uid", "st_gid")
"""Shows whether a path still names the same file, with the same owner and mode."""
_CHANGED = "it changed after it was read"
_TRIES, _PAUSE = 100, 0.02
"""How often a lock is tried, and the pause in seconds between tries."""


class _Refusal(Exception):
    """Why a file is not written, in words that follow "not written"."""


Change: TypeAlias = "Callable[[bytes], bytes | None]"
"""Returns new content for old; None: the old is not as expected, so keep it."""
Steps: TypeAlias = "Generator[int, None, None]"
"""A replacement of a file in progress: see :func:`rewriting`."""


def rewrite(path: str, shown: str, data: bytes, expected: bytes, root: str | None = None) -> None:
    """Replace the content of a file, which must still be ``expected``, with ``data``.

    Links are followed to their target. Mode, owner and extended attributes (access lists
    among them) are kept. Raises ``FileError`` with the reason, and leaves the file as it was, if
    one of them or a second hard link cannot be kept, if the file is read-only or not a regular
    file, if it has changed in the meantime, and for every error of the operating system. If
    several processes rewrite one file, one succeeds and the others raise.
    """
    change = partial(_exactly, expected, data)
    with closing(rewriting(path, shown, change, root)) as steps:
        finish(steps, sync(next(steps)))


def _exactly(expected: bytes, data: bytes, old: bytes) -> bytes | None:
    return data if old == expected else None


def sync(file: int) -> OSError | None:
    """Flush an open file to the disk, and wait for it; return the error, if any."""
    try:
        os.fsync(file)
    except OSError as error:
        return error
    return None


def finish(steps: Steps, error: OSError | None) -> None:
    """Continue what :func:`rewriting` has begun, with the result of :func:`sync`."""
    if error is not None:
        steps.throw(error)
    next(steps, None)


def rewriting(path: str, shown: str, change: Change, root: str | None = None) -> Steps:
    """Do what :func:`rewrite` does, in two steps, with a flush to the disk between them.

    Yields the descriptor of the new file, which is complete but has no name yet. After the flush
    the caller continues (:func:`finish`), or closes the generator to cancel. Nothing outside of
    ``root`` is written; None sets no bound.
    """
    # A link is followed to its end; the folders in the path may be links.
    target = os.path.realpath(path) if os.path.islink(path) else path
    if root is not None and leads_out(target, root):
        raise FileError(shown, f"not written: {LEADS_OUT}")
    try:
        before = os.lstat(target)
        _check(target, before)
        yield from _replaced(target, before, change)
    except _Refusal as refusal:
        raise FileError(shown, f"not written: {refusal}") from refusal
    except OSError as error:
        raise FileError(shown, f"not written: {_reason(error)}") from error


def write_new(path: str, shown: str, data: bytes | bytearray, *, overwrite: bool) -> None:
    """Write a file of our own (a report, a policy); ``FileError`` if that fails or it exists.

    A new file that could not be written completely is removed. Links are not followed.
    """
    refuse_links(path, shown)
    try:
        file = open(path, "wb" if overwrite else "xb")  # noqa: SIM115 - closed below
        try:
            with file:
                file.write(data)
        except BaseException:
            if not overwrite:
                temporary.remove(path)
            raise
    except OSError as error:
        raise FileError(shown, _reason(error)) from error


def write_whole(path: str, shown: str, data: bytes) -> None:
    """Write a file of our own so that an older one exists until the new one is complete.

    Raises ``FileError`` as :func:`rewrite` does for an existing file. Links are not followed.
    """
    refuse_links(path, shown)
    try:
        with open(path, "rb") as file:
            expected = file.read()
    except FileNotFoundError:
        write_new(path, shown, data, overwrite=False)
    except OSError as error:
        raise FileError(shown, _reason(error)) from error
    else:
        rewrite(path, shown, data, expected)


def size(path: str) -> int:
    """Return the size in bytes of a file to append to; 0 if it does not exist yet."""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise FileError(path, _reason(error)) from error


def append(path: str, data: bytes) -> None:
    """Append to a file; ``FileError`` if that fails."""
    try:
        with open(path, "ab") as file:
            file.write(data)
    except OSError as error:
        raise FileError(path, _reason(error)) from error


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _check(target: str, before: os.stat_result) -> None:
    """Refuse, before any change, a file that cannot be replaced correctly."""
    if not stat.S_ISREG(before.st_mode):
        raise _Refusal("it is not a regular file")
    if before.st_nlink > 1:
        raise _Refusal(f"it has {before.st_nlink} hard links, and replacing it would part them")
    if not os.access(target, os.W_OK):
        raise _Refusal("it is read-only")


def _replaced(target: str, before: os.stat_result, change: Change) -> Steps:
    """Write a new file beside it, copy the metadata, have it flushed, and compare."""
    folder = os.path.dirname(target)
    beside = temporary.new_path(folder)  # set before it exists: an interrupt may come at any time
    try:
        with _created(beside) as new, open(target, "rb", 0) as old:
            mark = _write(new, old.readall(), change)
            _take_over(target, new.fileno(), before)
            yield new.fileno()
            _compare(old, target, before, mark)
            if not temporary.HAS_LOCKS:  # Windows cannot replace an open file
                old.close()
                new.close()
            _rename(beside, target)
    except BaseException as error:
        if not temporary.remove(beside) and isinstance(error, (OSError, _Refusal)):
            reason = _reason(error) if isinstance(error, OSError) else str(error)
            left = os.path.basename(beside)
            raise _Refusal(f"{reason}; {left} is left beside it, for the next fix") from error
        raise


def _write(file: FileIO, old: bytes, change: Change) -> Mark:
    """Write the new content for the old bytes, and return the mark of the old ones.

    A call may write only a part. The flush begins here, which halves the wait for many
    files.
    """
    data = change(old)
    if data is None:
        raise _Refusal(_CHANGED)
    written = file.write(data)
    while written < len(data):
        written += file.write(memoryview(data)[written:])
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):  # it is only a hint
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return mark_of(old)


def _created(path: str) -> FileIO:
    try:
        return temporary.create(path)
    except OSError as error:
        raise _Refusal(f"no file can be made beside it ({_reason(error)})") from error


def _rename(beside: str, target: str) -> None:
    """Rename the new file to the old one, which not every file system or mount supports."""
    try:
        os.replace(beside, target)
    except OSError as error:
        raise _Refusal(f"it cannot be replaced ({_reason(error)})") from error


def _compare(old: FileIO, target: str, before: os.stat_result, mark: Mark) -> None:
    """Refuse, as late as possible, a file that was saved after it was read.

    The lock keeps other imagelint processes out from here to the end.
    """
    if not _is_locked(old):
        raise _Refusal("another process has locked it")
    old.seek(0)
    if _KEPT(os.lstat(target)) != _KEPT(before) or mark_of(old.readall()) != mark:
        raise _Refusal(_CHANGED)


def _is_locked(old: FileIO) -> bool:
    """Try to lock a file for a while; a system without locks counts as success."""
    for _ in range(_TRIES):
        try:
            temporary.lock(old, wait=False)
        except BlockingIOError:
            time.sleep(_PAUSE)
        except OSError:
            return True
        else:
            return True
    return False


def _take_over(target: str, new: int, before: os.stat_result) -> None:
    """Give the new file the owner, mode and extended attributes of the old one.

    It uses the descriptor, so that nobody can replace the file with a link.
    """
    now = os.fstat(new)
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.chown(new, before.st_uid, before.st_gid)
        except OSError:
            raise _Refusal("its owner and group cannot be kept") from None
    if os.chmod in os.supports_fd:  # not on Windows, where modes mean little
        os.chmod(new, stat.S_IMODE(before.st_mode))
    if hasattr(os, "listxattr"):
        _take_over_attributes(target, new)
    if os.chmod in os.supports_fd and os.fstat(new).st_mode != before.st_mode:
        raise _Refusal("its mode cannot be kept")


def _take_over_attributes(target: str, new: int) -> None:
    """Copy the extended attributes, which include access lists and security labels."""
    wanted, given = _attributes(target), _attributes(new)
    for name in sorted(wanted.keys() | given.keys()):
        try:
            if name not in wanted:  # inherited from the folder
                os.removexattr(new, name)
            elif wanted[name] != given.get(name):
                os.setxattr(new, name, wanted[name])
        except OSError:
            raise _Refusal(f"its extended attribute {name} cannot be kept") from None


def _attributes(file: str | int) -> dict[str, bytes]:
    try:
        return {name: os.getxattr(file, name) for name in os.listxattr(file)}
    except OSError as error:
        if error.errno in _NO_ATTRIBUTES:
            return {}
        raise
