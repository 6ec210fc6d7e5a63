"""The stored copy of a portal: one sealed Parquet file per object type and one sealed manifest.

<location>/<namespace>/<hub_id>/contacts-<version>, companies-<version>, manifest. New files are written beside the
old ones, then the manifest is replaced at once; files of the version before stay for readers on other replicas.
"""

import contextlib
import functools
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import fs

from hubspot.errors import SealError, SnapshotError, SnapshotReplaced
from hubspot.keyring import KeyRing, sealed_with
from hubspot.portal import Portal
from hubspot.sync.changes import Changes, Step, read_step, step_name, steps, steps_to_keep, version_of, write_step
from hubspot.sync.frames import LONGEST_FACTS, Verbatim, read_verbatim
from hubspot.sync.manifest import ObjectCopy, following, read_manifest, step_between, write_manifest
from hubspot.sync.manifest import Snapshot as Snapshot  # noqa: PLC0414 - part of this module's interface
from hubspot.sync.newest import Newest

_MANIFEST = "manifest"
_PART = "part-"
_VERBATIM = b"verbatim"
_log = logging.getLogger(__name__)


class Snapshots:
    """Snapshots under a folder or any `pyarrow.fs` URI; nothing is opened before the first call.

    With `newest` a copy that is older than the newest that was written counts as damaged: somebody put it back.
    Every method raises SnapshotError when the place can't be read or written.
    """

    def __init__(self, location: str | Path, keyring: KeyRing, namespace: str, *, newest: Newest | None = None) -> None:
        self._location, self._namespace = str(location), namespace
        self.keyring, self._newest = keyring, newest
        self._opened: tuple[fs.FileSystem, str] | None = None
        # Pages ask at every rerun, and a manifest holds some hundred property definitions.
        self._known: dict[int, tuple[bytes, Snapshot]] = {}

    def latest(self, hub_id: int) -> Snapshot | None:
        """Return the newest snapshot of a portal, None where there is none. Raises SnapshotError for a damaged one."""
        # Before the copy is read: one that is written meanwhile is newer than the note.
        noted = self._newest.version(hub_id) if self._newest else ""
        with _translated():
            stored = self._read(hub_id, _MANIFEST)
            if stored is None:
                return None
            known = self._known.get(hub_id)
            if known is None or known[0] != stored:
                content = self.keyring.open(stored, self._context(hub_id, _MANIFEST))
                known = self._known[hub_id] = (stored, read_manifest(hub_id, content))
        self._check_age(known[1], noted)
        return known[1]

    def _check_age(self, found: Snapshot, noted: str) -> None:
        if found.version < noted:
            _refuse_once(found.hub_id, found.version, noted)
            raise SnapshotError("The stored copy of this portal is older than the newest one. Load it again.")
        if self._newest and found.version > noted:
            self._newest.found(found.hub_id, found.version, noted=noted)

    def read(self, snapshot: Snapshot, object_type: str) -> pa.Table:
        """Return the records of one object type, in order of `hs_object_id`.

        Raises SnapshotError when the file is damaged, foreign or gone because newer ones replaced it.
        """
        table = self._table(snapshot, object_type)
        return table.replace_schema_metadata(None).unify_dictionaries().combine_chunks()

    def verbatim(self, snapshot: Snapshot, object_type: str) -> Verbatim:
        """Return what the columns of one object type do not hold; raises as `read` does."""
        with _translated():
            facts = (self._table(snapshot, object_type).schema.metadata or {}).get(_VERBATIM, b"{}")
            return read_verbatim(orjson.loads(facts))

    def changes(self, hub_id: int, *, after: str = "") -> tuple[Step, ...]:
        """Return what changed from snapshot to snapshot, the oldest step first; only steps beyond a version, if given.

        Kept are the last 30 that changed anything, for 90 days. One that can't be opened is left out.
        """
        with _translated():
            latest = self.latest(hub_id)
            names = [name for name in steps(self._names(hub_id)) if latest and after < version_of(name)]
            # What a load that still runs, or was killed, has written is not to be seen yet.
            seen = [name for name in names if latest and version_of(name) <= latest.version]
            return tuple(filter(None, (self._step(hub_id, name) for name in seen)))

    def _step(self, hub_id: int, name: str) -> Step | None:
        stored = self._read(hub_id, name)
        try:
            return read_step(self.keyring.open(stored, self._context(hub_id, name))) if stored else None
        except (SealError, KeyError, TypeError, ValueError):
            _log.warning(
                "Portal %(portal)s: what changed at one time can't be opened and is left out", {"portal": hub_id}
            )
            return None

    def _table(self, snapshot: Snapshot, object_type: str) -> pa.Table:
        name = f"{object_type}-{snapshot.objects[object_type].version}"
        with _translated():
            stored = self._read(snapshot.hub_id, name)
            if stored is None:
                raise SnapshotReplaced("This stored copy was replaced by a newer one. Open the page again.")
            content = self.keyring.open(stored, self._context(snapshot.hub_id, name))
            return pq.read_table(pa.BufferReader(content), thrift_string_size_limit=LONGEST_FACTS)

    def write(  # noqa: PLR0913 - everything that is stored together
        self,
        portal: Portal,
        tables: Mapping[str, pa.Table],
        *,
        loaded_at: datetime,
        verbatim: Mapping[str, Verbatim] | None = None,
        chosen: Mapping[str, Sequence[str]] | None = None,
        changes: Mapping[str, Changes] | None = None,
        whole_at: datetime | None = None,
        is_current: Callable[[], bool] = lambda: True,
    ) -> Snapshot | None:
        """Store tables as the newest snapshot; object types and facts not given keep the copy they had.

        `changes` says what differs from the copy before, `whole_at` when every record was read, by default `loaded_at`.
        `is_current` is asked right before and right after the
        snapshot becomes visible; when it says False, nothing of this call stays and None is returned.
        """
        hub_id, version = portal.account.hub_id, _new_version(loaded_at)
        previous = self._previous(hub_id)
        odd, wished = verbatim or {}, chosen or {}
        copies = {
            name: ObjectCopy(
                version,
                table.num_rows,
                loaded_at,
                _lost(table, odd.get(name, {})),
                tuple(wished.get(name, ())),
                whole_at,
            )
            for name, table in tables.items()
        }
        snapshot = following(previous, portal, copies, version=version, loaded_at=loaded_at)
        with _translated():
            for object_type, table in tables.items():
                self._write(hub_id, f"{object_type}-{version}", _parquet(table, odd.get(object_type, {})))
            if previous and (step := step_between(previous, snapshot, changes or {})):
                self._write(hub_id, step_name(version), write_step(step))
            return self._publish(snapshot, is_current)

    def write_part(self, hub_id: int, content: bytes, *, is_current: Callable[[], bool] = lambda: True) -> None:
        """Store a part of a load that still runs; the next snapshot of the portal replaces all parts."""
        name = f"{_PART}{secrets.token_hex(8)}"
        with _translated():
            if not is_current():
                return
            self._write(hub_id, name, content)
            # As with a snapshot: a deletion may have come between the question and the write.
            if not is_current():
                self._discard(hub_id, name)

    def parts(self, hub_id: int) -> Iterator[bytes]:
        """Yield the parts of a portal's load that did not end; one that can't be opened is removed."""
        with _translated():
            names = [each for each in self._names(hub_id) if each.startswith(_PART)]
        for name in names:
            try:
                content = self._read(hub_id, name)
                if content is not None:
                    yield self.keyring.open(content, self._context(hub_id, name))
            except (OSError, SealError):
                _log.warning(
                    "Portal %(portal)s: a part of an earlier load can't be opened and is removed", {"portal": hub_id}
                )
                self.drop_parts(hub_id, name)

    def drop_parts(self, hub_id: int, prefix: str = _PART) -> None:
        """Remove the parts of a load that did not end."""
        with _translated():
            filesystem, folder = self._folder(hub_id)
            for name in self._names(hub_id):
                if name.startswith(prefix):
                    filesystem.delete_file(f"{folder}/{name}")

    def delete(self, hub_id: int) -> None:
        """Remove everything stored of a portal, leftovers too; a portal without a snapshot is fine."""
        self._known.pop(hub_id, None)
        if self._newest:
            self._newest.deleted(hub_id, noted=self._newest.version(hub_id))
        with _translated():
            filesystem, folder = self._folder(hub_id)
            if filesystem.get_file_info(folder).type != fs.FileType.NotFound:
                filesystem.delete_dir(folder)
        _log.info("Portal %(portal)s: the stored copy was deleted", {"portal": hub_id})

    def hub_ids(self) -> tuple[int, ...]:
        """Return the portals that have anything stored."""
        with _translated():
            filesystem, root = self._root()
            selector = fs.FileSelector(f"{root}/{self._namespace}", allow_not_found=True)
            found = filesystem.get_file_info(selector)
        return tuple(sorted(int(each.base_name) for each in found if each.base_name.isdecimal()))

    def check(self) -> None:
        """Raise SnapshotError unless a file can be written and removed where the copies lie."""
        with _translated():
            filesystem, root = self._root()
            folder = f"{root}/{self._namespace}"
            _make_folder(filesystem, folder)
            name = f"{folder}/.check.{secrets.token_hex(4)}"
            with filesystem.open_output_stream(name) as stream:
                stream.write(b"ok")
            filesystem.delete_file(name)

    def key_ids(self, hub_id: int) -> frozenset[str]:
        """Return the names of the keys that sealed what is stored of a portal; opens nothing."""
        with _translated():
            filesystem, folder = self._folder(hub_id)
            return frozenset(sealed_with(_head(filesystem, f"{folder}/{name}")) for name in self._names(hub_id))

    def _publish(self, snapshot: Snapshot, is_current: Callable[[], bool]) -> Snapshot | None:
        hub_id = snapshot.hub_id
        if not is_current():
            self._discard(hub_id, snapshot.version)
            return None
        self._write(hub_id, _MANIFEST, write_manifest(snapshot))
        # A deletion that came between the question and the write has run before this file was there.
        if not is_current():
            self._discard(hub_id, snapshot.version)
            return None
        if self._newest:
            self._newest.written(hub_id, snapshot.version)
        self._remove_old(snapshot)
        return snapshot

    def _discard(self, hub_id: int, version: str) -> None:
        filesystem, folder = self._folder(hub_id)
        latest = self._previous(hub_id)
        for name in self._names(hub_id):
            if name.endswith(version) or (name == _MANIFEST and latest and latest.version == version):
                filesystem.delete_file(f"{folder}/{name}")
        if not self._names(hub_id) and filesystem.get_file_info(folder).type != fs.FileType.NotFound:
            filesystem.delete_dir(folder)

    def _remove_old(self, snapshot: Snapshot) -> None:
        kept = {f"{name}-{copy.version}" for name, copy in snapshot.objects.items()}
        kept |= {f"{name}-{version}" for name, version in snapshot.before.items()} | {_MANIFEST}
        filesystem, folder = self._folder(snapshot.hub_id)
        names = self._names(snapshot.hub_id)
        kept |= set(steps_to_keep(names, snapshot.loaded_at))
        for name in names:
            if name not in kept:
                filesystem.delete_file(f"{folder}/{name}")

    def _previous(self, hub_id: int) -> Snapshot | None:
        try:
            return self.latest(hub_id)
        except SnapshotError:
            # What can't be read can't be kept either: this write mends it.
            _log.warning("Portal %(portal)s: the stored copy could not be read and is replaced", {"portal": hub_id})
            return None

    def _names(self, hub_id: int) -> list[str]:
        filesystem, folder = self._folder(hub_id)
        return [each.base_name for each in filesystem.get_file_info(fs.FileSelector(folder, allow_not_found=True))]

    def _read(self, hub_id: int, name: str) -> bytes | None:
        filesystem, folder = self._folder(hub_id)
        try:
            with filesystem.open_input_stream(f"{folder}/{name}") as stream:
                content: bytes = stream.read()
                return content
        except FileNotFoundError:
            return None

    def _write(self, hub_id: int, name: str, content: bytes) -> None:
        filesystem, folder = self._folder(hub_id)
        _make_folder(filesystem, folder)
        temporary = f"{folder}/.{name}.{secrets.token_hex(4)}"
        with filesystem.open_output_stream(temporary) as stream:
            stream.write(self.keyring.seal(content, self._context(hub_id, name)))
        if isinstance(filesystem, fs.LocalFileSystem):
            Path(temporary).chmod(0o600)
        filesystem.move(temporary, f"{folder}/{name}")

    def _context(self, hub_id: int, name: str) -> str:
        return f"snapshot/{self._namespace}/{hub_id}/{name}"

    def _folder(self, hub_id: int) -> tuple[fs.FileSystem, str]:
        filesystem, root = self._root()
        return filesystem, f"{root}/{self._namespace}/{hub_id}"

    def _root(self) -> tuple[fs.FileSystem, str]:
        if self._opened is None:
            is_uri = "://" in self._location
            self._opened = (
                fs.FileSystem.from_uri(self._location)
                if is_uri
                else (fs.LocalFileSystem(), Path(self._location).absolute().as_posix())
            )
        return self._opened


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except SealError as error:
        raise SnapshotError(f"The stored copy of this portal can't be opened; load it again. {error}") from error
    except (pa.ArrowException, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise SnapshotError("The stored copy of this portal is damaged. Load it again.") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SnapshotError(f"The folder for stored copies can't be used ({reason}). The operator must act.") from error


@functools.lru_cache(maxsize=64)
def _refuse_once(hub_id: int, version: str, noted: str) -> None:
    # Pages ask at every rerun.
    _log.warning(
        "Portal %(portal)s: the stored copy %(version)s is older than %(newest)s, the newest one, and is not used",
        {"portal": hub_id, "version": version, "newest": noted},
    )


def _head(filesystem: fs.FileSystem, path: str) -> bytes:
    with filesystem.open_input_stream(path) as stream:
        content: bytes = stream.read(64)
        return content


def _lost(table: pa.Table, verbatim: Verbatim) -> dict[str, int]:
    """Count, by property, the values that the table does not hold at all."""
    counts = {
        name: table.filter(pc.is_in(table["hs_object_id"], pa.array([*texts], pa.int64())))[name].null_count
        for name, texts in verbatim.items()
    }
    return {name: count for name, count in counts.items() if count}


def _parquet(table: pa.Table, verbatim: Verbatim) -> bytes:
    if verbatim:
        table = table.replace_schema_metadata({_VERBATIM: orjson.dumps(verbatim, option=orjson.OPT_NON_STR_KEYS)})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", row_group_size=max(1, table.num_rows))
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _new_version(loaded_at: datetime) -> str:
    # The random end keeps two writes of one microsecond apart; the time in front makes versions sort.
    return f"{loaded_at.astimezone(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(3)}"


def _make_folder(filesystem: fs.FileSystem, folder: str) -> None:
    if isinstance(filesystem, fs.LocalFileSystem):
        _make_private(Path(folder))
    else:
        filesystem.create_dir(folder, recursive=True)


def _make_private(folder: Path) -> None:
    """Create a folder and the missing ones above it for this user alone, whatever the umask says."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        with contextlib.suppress(FileExistsError):
            each.mkdir(0o700)
