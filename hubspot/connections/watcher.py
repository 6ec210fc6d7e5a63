"""The embedded server's parent: starts it, and ends it when the last process that uses it is gone.

Run by path with `python -I -S`, so it imports nothing but a few modules of the standard library. Its standard input
is the server's configuration, with END as its last line. Three locks in the state directory do the talking, since
the kernel drops a lock with its process, even after kill -9: `users.lock` is shared by the processes that use the
server, `watcher.lock` is held by the watcher, `server.lock` is also held by the server.
"""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time

OCCUPIED = 75
CUT_SHORT = 74
END = b"# end\n"
_PR_SET_PDEATHSIG = 1
_WAIT_SECONDS = 5.0
_LOG_BYTES = 1_000_000


def main(state_dir: str, binary: str) -> int:
    """Run the server in this directory; return its exit status.

    OCCUPIED where another one runs, CUT_SHORT where the configuration is not complete.
    """
    configuration = sys.stdin.buffer.read()
    if not configuration.endswith(END):
        # Who wrote it was killed. With half of it the server might listen on a port, without a file.
        return CUT_SHORT
    os.umask(0o077)
    if not (_lock(state_dir, "watcher.lock") and (server_lock := _lock(state_dir, "server.lock"))):
        return OCCUPIED
    users = os.open(os.path.join(state_dir, "users.lock"), os.O_RDWR | os.O_CREAT, 0o600)  # noqa: PTH118 - import cost
    # The server inherits the lock: no second one can open the same files while the first still writes.
    server = subprocess.Popen(  # noqa: S603 - the binary is ours or named by the operator
        [binary, "-"],
        cwd=state_dir,
        stdin=subprocess.PIPE,
        stdout=_log(state_dir),
        stderr=subprocess.STDOUT,
        pass_fds=[server_lock],
        preexec_fn=_end_with_parent,  # noqa: PLW1509 - no other thread exists yet
    )
    if server.stdin:
        with server.stdin as pipe:
            pipe.write(configuration)
    threading.Thread(target=_end_with_last_user, args=(state_dir, users, server.pid), daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: os.kill(server.pid, signal.SIGTERM))
    return server.wait()


def _end_with_last_user(state_dir: str, users: int, server_pid: int) -> None:
    while True:
        fcntl.flock(users, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_UN)
        start = _door(state_dir)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if start:
                os.close(start)  # somebody came while we waited for the door
            continue
        # The start lock is kept until this process ends, so a newcomer finds the server gone, not going.
        os.kill(server_pid, signal.SIGTERM)
        return


def _door(state_dir: str) -> int:
    """Wait for the start lock; 0 where the directory was deleted, and nobody can come any more."""
    try:
        start = os.open(os.path.join(state_dir, "start.lock"), os.O_RDWR | os.O_CREAT, 0o600)  # noqa: PTH118
    except OSError:
        return 0
    fcntl.flock(start, fcntl.LOCK_EX)
    return start


def _lock(state_dir: str, name: str) -> int:
    descriptor = os.open(os.path.join(state_dir, name), os.O_RDWR | os.O_CREAT, 0o600)  # noqa: PTH118
    last = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < last:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)
        else:
            return descriptor
    return 0


def _log(state_dir: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    descriptor = os.open(os.path.join(state_dir, "valkey.log"), flags, 0o600)  # noqa: PTH118
    if os.fstat(descriptor).st_size > _LOG_BYTES:
        os.ftruncate(descriptor, 0)
    return descriptor


def _end_with_parent() -> None:
    # macOS has no such signal; there the next start ends a server whose watcher is gone.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
