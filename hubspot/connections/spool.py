"""A renewed refresh token on its way into Redis, kept in a file until it has arrived.

Needed only if HubSpot gave a new refresh token, Redis failed, and the process ended before Redis came back.
"""

import base64
import json
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hubspot.connections.records import Account, Commit

_log = logging.getLogger(__name__)


_STALE_SECONDS = 3600


def folder_of(root: Path, prefix: str) -> Path:
    """Return where the app of a key prefix keeps its spool: those that share a state directory must not meet."""
    return root / prefix.strip(":").replace(":", "-")


def prefix_of(folder: Path) -> str:
    """Return the key prefix of the app whose spool this is."""
    return folder.name.replace("-", ":") + ":"


class Spool:
    """A folder with at most one commit per account; None as its folder keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def keep(self, commit: Commit) -> None:
        """Write a commit to disk before it goes to Redis. A full disk only costs the insurance."""
        if self._folder is None:
            return
        plain = {"expected": commit.expected, "mark": commit.mark, "blob": base64.b64encode(commit.blob).decode()}
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_private(self._folder / f"{commit.account}.json", json.dumps(plain).encode())
        except OSError as error:
            _log.warning("renewed grant not spooled: %s", error.strerror)

    def drop(self, account: Account, mark: str | None = None) -> None:
        """Forget the commit of an account, if there is one; with a mark, only that commit and no newer one.

        A file that can't be removed is found again at the next start, where its etags show that it has arrived.
        """
        for commit in self.kept(f"{account}.json"):
            if self._folder and mark in {None, commit.mark}:
                _remove(self._folder / f"{account}.json")

    def kept(self, pattern: str = "*.*.json") -> Iterator[Commit]:
        """Return the commits that an earlier process left behind; a damaged file is skipped."""
        for path in sorted(self._folder.glob(pattern)) if self._folder else ():
            try:
                plain = json.loads(path.read_bytes())
                account = Account(*map(int, path.stem.split(".")))
                yield Commit(account, plain["expected"], plain["mark"], base64.b64decode(plain["blob"]))
            except (OSError, ValueError, KeyError, TypeError):
                _log.warning("damaged spool file skipped: %s", path.name)

    def swap(self, commit: Commit, blob: bytes) -> int:
        """Replace a commit's sealed part; return 0, and do nothing, where the commit is no longer the one kept."""
        if list(self.kept(f"{commit.account}.json")) != [commit]:
            return 0
        self.keep(replace(commit, blob=blob))
        return 1

    def clean(self) -> None:
        """Remove what a process that was killed while it wrote has left."""
        for path in self._folder.glob("*.*.*") if self._folder else ():
            if path.suffix != ".json" and _age(path) > _STALE_SECONDS:
                _remove(path)


def _write_private(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(f".{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        temporary.replace(path)
    except OSError:
        _remove(temporary)
        raise


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("spool file %s not removed: %s", path.name, error.strerror)


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
