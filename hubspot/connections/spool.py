"""A renewed refresh token on its way into Redis, kept in a file until it has arrived.

Needed only if HubSpot gave a new refresh token, Redis failed, and the process ended before Redis came back.
"""

import base64
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hubspot.connections.records import Account

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Commit:
    """A renewal to write: `blob` is sealed; `expected` and `mark` are the etags before and after."""

    account: Account
    expected: str
    mark: str
    blob: bytes = field(repr=False)


class Spool:
    """A folder with at most one commit per account; None as its folder keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def keep(self, commit: Commit) -> None:
        """Write a commit to disk before it goes to Redis. A full disk only costs the insurance."""
        if self._folder is None:
            return
        path = self._path(self._folder, commit.account)
        plain = {"expected": commit.expected, "mark": commit.mark, "blob": base64.b64encode(commit.blob).decode()}
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_private(path, json.dumps(plain).encode())
        except OSError as error:
            _log.warning("renewed grant not spooled: %s", error.strerror)

    def drop(self, account: Account) -> None:
        """Forget the commit of an account, if there is one."""
        if self._folder is not None:
            self._path(self._folder, account).unlink(missing_ok=True)

    def kept(self) -> Iterator[Commit]:
        """Return the commits that an earlier process left behind; a damaged file is skipped."""
        for path in sorted(self._folder.glob("*.*.json")) if self._folder else ():
            try:
                plain = json.loads(path.read_bytes())
                hub_id, user_id, _ = path.name.split(".")
                account = Account(int(hub_id), int(user_id))
                yield Commit(account, plain["expected"], plain["mark"], base64.b64decode(plain["blob"]))
            except (OSError, ValueError, KeyError, TypeError):
                _log.warning("damaged spool file skipped: %s", path.name)

    @staticmethod
    def _path(folder: Path, account: Account) -> Path:
        return folder / f"{account}.json"


def _write_private(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    temporary.replace(path)
