"""A folder of plain Parquet files, one an object type: what the command line leaves for other programs.

<folder>/contacts.parquet, companies.parquet, and associations.parquet with the links between them. Each says in its
metadata of which portal it is and from when, so that the next run goes on from there. `.hubspot-sync` holds what a run
that did not end has read.
"""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from hubspot.errors import SnapshotError
from hubspot.keyring import KeyRing
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.sync.frames import LONGEST_FACTS, Verbatim, read_verbatim
from hubspot.sync.links import LINKS
from hubspot.sync.snapshots import Snapshots

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

FILES = {CONTACTS: "contacts.parquet", COMPANIES: "companies.parquet", LINKS: "associations.parquet"}
_FORMAT = 2
_FACTS = b"hubspot.sync"
_WORKING = ".hubspot-sync"


# What files say of their properties that an older version of this command has written.
BEFORE = ""


class FolderError(SnapshotError):
    """The folder can't be used for this: the person must choose another one, or load everything anew."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file says of itself: the portal, the properties that were asked for, and when it was read, in UTC."""

    api_url: str
    hub_id: int
    properties: str
    loaded_at: datetime
    verbatim: Verbatim


@dataclass(frozen=True, slots=True)
class Copy:
    """One file: the records, in order of `hs_object_id`, and what it says of itself."""

    table: pa.Table
    facts: Facts


class _Unsealed(KeyRing):
    """Leaves things as they are: beside plain files, a seal would protect nothing."""

    def __init__(self) -> None:
        super().__init__({"none": b""})

    def seal(self, plaintext: bytes, context: str) -> bytes:  # noqa: ARG002 - as of a key ring
        return plaintext

    def open(self, sealed: bytes, context: str) -> bytes:  # noqa: ARG002 - as of a key ring
        return sealed


class Folder:
    """The files of one portal; made by `open_folder`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def parts_of(self, api_url: str) -> Snapshots:
        """Return where what was read of a portal waits until everything is there."""
        namespace = hashlib.sha256(api_url.encode()).hexdigest()[:8]
        return Snapshots(self._path / _WORKING, _Unsealed(), namespace)

    def check(self, api_url: str, hub_id: int, *, is_full: bool) -> None:
        """Make sure that no file here is of another portal or another program. Raises FolderError.

        A damaged one is an error too, unless everything is loaded anew, which replaces it.
        """
        for name in FILES:
            facts = self._facts(name, is_full=is_full)
            if facts and facts.api_url != api_url:
                raise FolderError(
                    f"{self._path} holds a portal of {facts.api_url}. Choose another folder for this one."
                )
            if facts and facts.hub_id != hub_id:
                raise FolderError(
                    f"{self._path} holds portal {facts.hub_id}, but the token is of portal {hub_id}. "
                    "Choose another folder for it."
                )

    def copies(self, object_types: Sequence[str]) -> Mapping[str, Copy] | None:
        """Return what is stored of these object types, None unless all of them are. Raises FolderError."""
        with _translated(self._path):
            are_there = all((self._path / FILES[each]).exists() for each in object_types)
        if not are_there:
            return None
        return {each: self._copy(each) for each in object_types}

    def write(self, tables: Mapping[str, pa.Table], facts: Mapping[str, Facts]) -> None:
        """Store tables, each in place of its file at once. Raises FolderError."""
        with _translated(self._path):
            written = {name: self._write(table, facts[name]) for name, table in tables.items()}
            for name, temporary in written.items():
                temporary.replace(self._path / FILES[name])

    def _write(self, table: pa.Table, facts: Facts) -> Path:
        described = {
            "format": _FORMAT,
            "api_url": facts.api_url,
            "hub_id": facts.hub_id,
            "properties": facts.properties,
            "loaded_at": facts.loaded_at,
            "verbatim": facts.verbatim,
        }
        temporary = self._path / _WORKING / f"writing-{secrets.token_hex(8)}"
        with temporary.open("wb") as stream:
            told = orjson.dumps(described, option=orjson.OPT_NON_STR_KEYS)
            described_table = table.replace_schema_metadata({_FACTS: told})
            pq.write_table(described_table, stream, compression="zstd", write_page_checksum=True)
            stream.flush()
            os.fsync(stream.fileno())
        return temporary

    def _facts(self, name: str, *, is_full: bool) -> Facts | None:
        try:
            with _translated(self._path):
                if not (self._path / FILES[name]).exists():
                    return None
                stored = (_schema(self._path / FILES[name]).metadata or {}).get(_FACTS)
        except _Damaged:
            if is_full:
                return None
            raise FolderError(self._mending(name)) from None
        if stored is None:
            raise FolderError(
                f"{FILES[name]} in {self._path} was not written by this command, so it is left alone. "
                "Choose another folder."
            )
        return self._read_facts(name, stored)

    def _read_facts(self, name: str, stored: bytes) -> Facts:
        try:
            read: dict[str, Any] = orjson.loads(stored)
            loaded_at = datetime.fromisoformat(read.pop("loaded_at"))
            written_by = read.pop("format")
            if written_by == 1:
                # It kept no texts, and no properties are asked for by this name: everything is loaded anew.
                return Facts(read["api_url"], read["hub_id"], BEFORE, loaded_at, {})
            if written_by == _FORMAT:
                return Facts(loaded_at=loaded_at, verbatim=read_verbatim(read.pop("verbatim")), **read)
        except (AttributeError, KeyError, TypeError, ValueError):
            pass
        raise FolderError(
            f"{FILES[name]} in {self._path} was written by another version of this command. "
            "Choose another folder, or remove the file."
        )

    def _copy(self, name: str) -> Copy:
        try:
            with _translated(self._path):
                table = pq.read_table(
                    self._path / FILES[name],
                    page_checksum_verification=True,
                    thrift_string_size_limit=LONGEST_FACTS,
                )
        except _Damaged:
            raise FolderError(self._mending(name)) from None
        facts = self._read_facts(name, table.schema.metadata[_FACTS])
        return Copy(table.replace_schema_metadata(None).unify_dictionaries().combine_chunks(), facts)

    def _mending(self, name: str) -> str:
        return f"{FILES[name]} in {self._path} is damaged. Run again with --full to load everything anew."


class _Damaged(Exception):
    """A file is no Parquet, or not whole."""


@contextlib.contextmanager
def open_folder(path: Path) -> Iterator[Folder]:
    """Open a folder for one run, made if need be.

    Raises FolderError where it can't be written or another run has it.
    """
    with _translated(path):
        working = path / _WORKING
        working.mkdir(parents=True, exist_ok=True)
        lock = (working / "lock").open("ab")
    with lock:
        _lock(lock, path)
        with _translated(path):
            for leftover in working.glob("writing-*"):
                leftover.unlink()
        yield Folder(path)


def _schema(file: Path) -> pa.Schema:
    with pq.ParquetFile(file, thrift_string_size_limit=LONGEST_FACTS) as opened:
        return opened.schema_arrow


def _lock(lock: IO[bytes], path: Path) -> None:
    """Hold a lock that ends with the process, however it ends."""
    if fcntl is None:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise FolderError(f"Another run is loading into {path}. Wait for its end, or choose another folder.") from None


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno is None:
            # Arrow's word for what it can't decompress.
            raise _Damaged from None
        reason = error.strerror or type(error).__name__
        raise FolderError(f"{path} can't be used ({reason}). Choose a folder that this user may write to.") from None
    except (pa.ArrowException, ValueError):
        raise _Damaged from None
