"""Starts one program, waits for it, and prints what it used: wall, CPU, peak, status, timed out.

    python -I -S launcher.py SECONDS STDIN STDOUT STDERR PROGRAM [ARGUMENT]...

A process of its own, with next to no imports: Linux counts the memory of whoever starts a
program into the program's peak, so whoever starts it has to be small.
"""

import os
import signal
import sys
import time


def main() -> None:
    """Run what the command line says; kill it, and what it started, when its time is up."""
    seconds, stdin, stdout, stderr, *argv = sys.argv[1:]
    out = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    files = [
        (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, stdout, out, 0o644),
        (os.POSIX_SPAWN_OPEN, 2, stderr, out, 0o644),
    ]
    late = False
    begin = time.perf_counter()
    child = os.posix_spawnp(argv[0], argv, os.environ, file_actions=files, setpgroup=0)

    def kill(*_: object) -> None:
        nonlocal late
        late = True
        os.killpg(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, kill)
    signal.signal(signal.SIGINT, kill)
    signal.signal(signal.SIGTERM, kill)
    signal.setitimer(signal.ITIMER_REAL, float(seconds))
    _, status, used = os.wait4(child, 0)
    wall = time.perf_counter() - begin
    signal.setitimer(signal.ITIMER_REAL, 0)
    unit = 1 if sys.platform == "darwin" else 1024
    cpu = used.ru_utime + used.ru_stime
    print(wall, cpu, used.ru_maxrss * unit, os.waitstatus_to_exitcode(status), int(late))


if __name__ == "__main__":
    main()
