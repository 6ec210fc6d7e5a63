"""A renewed refresh token on its way into Redis, kept in a file until it has arrived.

Needed only if HubSpot gave a new refresh token, Redis failed, and the process ended before Redis came back.
"""

import base64
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from hubspot.connections.records import Account, Commit

_log = logging.getLogger(__name__)


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
        """Forget the commit of an account, if there is one; with a mark, only that commit and no newer one."""
        for commit in self.kept(f"{account}.json"):
            if self._folder and mark in {None, commit.mark}:
                (self._folder / f"{account}.json").unlink(missing_ok=True)

    def kept(self, pattern: str = "*.*.json") -> Iterator[Commit]:
        """Return the commits that an earlier process left behind; a damaged file is skipped."""
        for path in sorted(self._folder.glob(pattern)) if self._folder else ():
            try:
                plain = json.loads(path.read_bytes())
                account = Account(*map(int, path.stem.split(".")))
                yield Commit(account, plain["expected"], plain["mark"], base64.b64decode(plain["blob"]))
            except (OSError, ValueError, KeyError, TypeError):
                _log.warning("damaged spool file skipped: %s", path.name)


def _write_private(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    temporary.replace(path)
