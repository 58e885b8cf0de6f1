"""Running Helm and kustomize on a checkout that may come from anybody.

They get an empty environment with a home of its own, no network, and limits for time, memory and
output. No plugin is found there, no cluster, and no credentials.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO

__all__ = ["LIMITS", "Limits", "RenderingError", "Tool", "ToolMissingError", "find"]

_HINTS: Final = {
    "helm": "https://helm.sh/docs/intro/install/",
    "kustomize": "https://kubectl.docs.kubernetes.io/installation/kustomize/",
}
_ARGUMENTS: Final = {"kustomize": ("build",)}
"""What ``kubectl kustomize`` does not need."""
_PIECE: Final = 1 << 16
_SAID_MAX: Final = 1 << 16
"""Bytes of a message that are read."""
_MESSAGE_MAX: Final = 500
_NOWHERE: Final = "http://127.0.0.1:9"
"""A proxy that does not exist: Go programs then reach no other host."""
_LIMITED: Final = 'ulimit -v "$1" 2>/dev/null; shift; exec "$@"'


class RenderingError(Exception):
    """A chart or kustomization that cannot be rendered; ``str()`` is one line for the user."""


class ToolMissingError(RenderingError):
    """A program that is needed is not installed."""


class Limits(NamedTuple):
    """What one call may cost."""

    seconds: float = 60
    output: int = 50_000_000
    """Bytes."""
    memory: int = 4 << 20
    """Kibibytes of address space, where the system can limit it."""


LIMITS: Final = Limits()


class Tool(NamedTuple):
    """A program: the command that starts it, and its name in messages."""

    name: str
    command: tuple[str, ...]

    def run(
        self, arguments: Sequence[str], home: str, folder: str, limits: Limits = LIMITS
    ) -> bytes:
        """Return the output of a call in ``folder``; raise ``RenderingError`` with its message.

        ``home`` is an empty folder for the files of the program.
        """
        command = [*self.command, *arguments]
        if os.name == "posix":
            command = ["/bin/sh", "-c", _LIMITED, "sh", str(limits.memory), *command]
        with tempfile.TemporaryFile() as said:
            try:
                process = subprocess.Popen(  # noqa: S603 - no shell reads what the checkout says
                    command,
                    cwd=folder,
                    env=_environment(home),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=said,
                    start_new_session=True,
                )
            except OSError as error:
                message = f"{self.name} cannot be run: {error.strerror or error}"
                raise RenderingError(message) from error
            assert process.stdout is not None
            output, reason = _output_of(process, process.stdout, limits)
            if reason is None and process.returncode == 0:
                return output
            message = _message_in(said)
        told = f": {message}" if message else ""
        raise RenderingError(f"{self.name} {reason or 'failed'}{told}")


def find(name: str) -> Tool:
    """Find a program on PATH; raises ``ToolMissingError`` with a hint how to install it.

    Relative folders on PATH do not count: a checkout may be the working folder.
    """
    place = shutil.which(name, path=_path())
    if place is not None:
        return Tool(name, (place, *_ARGUMENTS.get(name, ())))
    kubectl = shutil.which("kubectl", path=_path()) if name == "kustomize" else None
    if kubectl is not None:
        return Tool("kubectl kustomize", (kubectl, "kustomize"))
    message = f"{name} is not on PATH, and --render needs it: see {_HINTS[name]}"
    raise ToolMissingError(message)


def _path() -> str:
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(filter(os.path.isabs, folders))


def _environment(home: str) -> dict[str, str]:
    """Return all variables that a program gets."""
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), _NOWHERE)
    own = {
        key: os.path.join(home, key.lower())
        for key in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "HELM_PLUGINS")
    }
    kept = {key: os.environ[key] for key in ("SYSTEMROOT",) if key in os.environ}
    places = {"PATH": _path(), "HOME": home, "TMPDIR": home, "XDG_CONFIG_HOME": home}
    no_git = {"GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0"}
    nobody = {"KUBECONFIG": os.path.join(home, "kubeconfig"), "NO_PROXY": "", "LC_ALL": "C"}
    return {**kept, **proxies, **own, **places, **no_git, **nobody}


def _output_of(
    process: subprocess.Popen[bytes], stdout: IO[bytes], limits: Limits
) -> tuple[bytes, str | None]:
    """Read the output of a process; return with it why it was stopped, if it was."""
    is_late = threading.Event()

    def stop() -> None:
        is_late.set()
        _kill(process)

    timer = threading.Timer(limits.seconds, stop)
    timer.start()
    pieces, size, reason = [], 0, None
    try:
        while piece := stdout.read(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > limits.output:
                reason = f"was stopped: it printed more than {limits.output:,} bytes"
                break
        if reason is not None:
            _kill(process)
        process.wait()
    finally:
        timer.cancel()
        _kill(process)
        stdout.close()
        process.wait()
    if is_late.is_set():
        reason = f"was stopped: it ran for more than {limits.seconds:g} seconds"
    return b"".join(pieces), reason


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children, if it is still running."""
    if process.returncode is not None:
        return
    if os.name == "posix":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _message_in(said: IO[bytes]) -> str:
    """Return what a program says is wrong, in one line of limited length."""
    said.seek(0)
    text = said.read(_SAID_MAX).decode("utf-8", "replace")
    _, error, rest = text.partition("Error: ")
    if not error:
        lines = [line for line in text.splitlines() if line.strip()]
        rest = next((line for line in lines if line.startswith("fatal error: ")), "")
        rest = rest or " ".join(lines[-3:])
    words = " ".join(rest.split())
    if len(words) > _MESSAGE_MAX:
        half = _MESSAGE_MAX // 2  # the beginning says where, the end what
        words = f"{words[:half]} … {words[-half:]}"
    return one_line(words)
