"""Writing: a file is replaced as a whole, with all that belongs to it, or not at all.

The promise is against killed processes: at any moment the file holds either the old bytes
or the new ones. A leftover ``.imagelint-*`` beside it is the most that a kill leaves behind.
"""

from __future__ import annotations

import errno
import os
import stat

from imagelint.errors import FileError

__all__ = ["append", "rewrite", "size", "write_new"]

_NO_ATTRIBUTES = frozenset({errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})


def rewrite(path: str, shown: str, data: bytes, expected: bytes) -> None:
    """Replace the content of a file, which must still be ``expected``, by ``data``.

    Links are followed to their target. Mode, owner and extended attributes are kept.
    Raises ``FileError`` with the reason, and leaves the file as it was, when one of them or
    a second hard link cannot be kept, when the file is read-only or no regular file, when
    it has changed meanwhile, and for whatever the operating system refuses.
    """
    target = os.path.realpath(path)
    try:
        before = os.stat(target)
        refusal = _refusal(target, before)
        if refusal is None:
            refusal = _replace(target, before, data, expected)
    except OSError as error:
        raise FileError(shown, f"not written: {error.strerror or error}") from error
    if refusal is not None:
        raise FileError(shown, f"not written: {refusal}")


def write_new(path: str, shown: str, data: bytes, *, overwrite: bool) -> None:
    """Write a file of our own (a report, a policy); ``FileError`` if that fails or it exists."""
    try:
        with open(path, "wb" if overwrite else "xb") as file:
            file.write(data)
    except OSError as error:
        raise FileError(shown, error.strerror or str(error)) from error


def size(path: str) -> int:
    """Return how many bytes a file has that is appended to; 0 where it does not exist yet."""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise FileError(path, error.strerror or str(error)) from error


def append(path: str, data: bytes) -> None:
    """Write behind what is in a file; ``FileError`` if that fails."""
    try:
        with open(path, "ab") as file:
            file.write(data)
    except OSError as error:
        raise FileError(path, error.strerror or str(error)) from error


def _refusal(target: str, before: os.stat_result) -> str | None:
    """Say what stands against replacing the file, before anything is done."""
    if not stat.S_ISREG(before.st_mode):
        return "it is not a regular file"
    if before.st_nlink > 1:
        return f"it has {before.st_nlink} hard links, and replacing it would part them"
    if not os.access(target, os.W_OK):
        return "it is read-only"
    return None


def _replace(target: str, before: os.stat_result, data: bytes, expected: bytes) -> str | None:
    """Write beside, take over what belongs to the file, compare, replace; return a refusal."""
    import tempfile  # noqa: PLC0415 - needs random, which is slow to import

    folder = os.path.dirname(target)
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=".imagelint-", dir=folder)
    except OSError as error:
        return f"no file can be made beside it ({error.strerror})"
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        refusal = _take_over(target, temporary, before) or _changed(target, before, expected)
        if refusal is None:
            os.replace(temporary, target)
    except BaseException:
        _remove(temporary)
        raise
    if refusal is not None:
        _remove(temporary)
    return refusal


def _take_over(target: str, temporary: str, before: os.stat_result) -> str | None:
    """Give the new file the owner, mode and extended attributes of the old one."""
    now = os.stat(temporary)
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.chown(temporary, before.st_uid, before.st_gid)
        except OSError:
            return "its owner and group cannot be kept"
    os.chmod(temporary, stat.S_IMODE(before.st_mode))
    refusal = _take_over_attributes(target, temporary)
    if refusal is None and os.stat(temporary).st_mode != before.st_mode:
        return "its mode cannot be kept"
    return refusal


def _take_over_attributes(target: str, temporary: str) -> str | None:
    """Make the extended attributes equal, which hold access lists and security labels too."""
    if not hasattr(os, "listxattr"):
        return None
    wanted, given = _attributes(target), _attributes(temporary)
    for name in sorted(wanted.keys() | given.keys()):
        try:
            if name not in wanted:  # inherited from the folder
                os.removexattr(temporary, name)
            elif wanted[name] != given.get(name):
                os.setxattr(temporary, name, wanted[name])
        except OSError:  # noqa: PERF203 - a handful of names
            return f"its extended attribute {name} cannot be kept"
    return None


def _attributes(path: str) -> dict[str, bytes]:
    try:
        return {name: os.getxattr(path, name) for name in os.listxattr(path)}
    except OSError as error:
        if error.errno in _NO_ATTRIBUTES:
            return {}
        raise


def _changed(target: str, before: os.stat_result, expected: bytes) -> str | None:
    """Compare as late as possible: somebody may have saved the file since it was read."""
    with open(target, "rb") as file:
        now = os.fstat(file.fileno())
        same = (now.st_dev, now.st_ino, now.st_nlink) == (
            before.st_dev,
            before.st_ino,
            before.st_nlink,
        )
        return None if same and file.read() == expected else "it changed after it was read"


def _remove(path: str) -> None:
    import contextlib  # noqa: PLC0415 - only where something went wrong

    with contextlib.suppress(OSError):
        os.unlink(path)
