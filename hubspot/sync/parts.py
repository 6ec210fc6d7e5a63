"""What a running load has read so far, kept so that a load that was killed can go on where it was."""

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from hubspot.errors import HubSpotError
from hubspot.sync.frames import LONGEST_FACTS, Chunk, TableBuilder, read_verbatim
from hubspot.sync.snapshots import Snapshots

_log = logging.getLogger(__name__)
_FACTS = b"part"
# After that, as much has changed as reading it again costs.
_KEPT_FOR = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Found:
    """What an earlier load has read of one object type."""

    schema: pa.Schema
    chunks: tuple[Chunk, ...] = ()

    @property
    def stretches(self) -> tuple[tuple[int, int], ...]:
        """Return the stretches of ids that were read, each up to but not including its second."""
        return tuple(stretch for chunk in self.chunks for stretch in chunk.stretches)


@dataclass(frozen=True, slots=True)
class _Part:
    object_type: str
    begun_at: datetime
    epoch: int
    chunk: Chunk


class Keeping(Protocol):
    """Where a load keeps what it has read, and finds what an earlier one has."""

    def found(self, object_type: str, schema: pa.Schema) -> Found:
        """Return what an earlier load has read of an object type, nothing where its columns were others."""

    def keep(self, object_type: str, chunk: Chunk) -> None:
        """Keep what was just read of an object type."""


class Nowhere:
    """Keeps nothing, and finds nothing: for what is read so quickly that nobody would go on with it."""

    def found(self, _object_type: str, schema: pa.Schema) -> Found:
        """Return nothing."""
        return Found(schema)

    def keep(self, _object_type: str, _chunk: Chunk) -> None:
        """Keep nothing."""


@contextlib.contextmanager
def kept(parts: Keeping, builders: Mapping[str, TableBuilder]) -> Iterator[None]:
    """Keep what these tables got last, by the names they are kept as, when the block ends, also when it fails."""
    try:
        yield
    except HubSpotError:
        # What ended the load is what people must read, not that its rest can't be kept either.
        with contextlib.suppress(HubSpotError):
            _keep_rest(parts, builders)
        raise
    _keep_rest(parts, builders)


def _keep_rest(parts: Keeping, builders: Mapping[str, TableBuilder]) -> None:
    for name, builder in builders.items():
        if chunk := builder.flush():
            parts.keep(name, chunk)


class Parts:
    """The parts of one portal's load, beside its snapshot; those of another epoch belong to data that was deleted.

    `begun_at` is when the load began whose parts these are, in UTC: what changed since then may be missing in them.
    `is_current` is asked around every write, as by `Snapshots.write`. Raises SnapshotError as Snapshots does.
    """

    def __init__(
        self,
        snapshots: Snapshots,
        hub_id: int,
        started_at: datetime,
        *,
        epoch: int = 0,
        is_current: Callable[[], bool] = lambda: True,
    ) -> None:
        self._snapshots, self._hub_id, self._is_current = snapshots, hub_id, is_current
        self._started_at, self._epoch = started_at, epoch
        self.begun_at = started_at
        self._earlier = self._read(started_at)

    @property
    def are_resumed(self) -> bool:
        """Whether an earlier load has left any."""
        return bool(self._earlier)

    def drop(self) -> None:
        """Forget what an earlier load has read, as when HubSpot refuses to go on from there."""
        self._snapshots.drop_parts(self._hub_id)
        self._earlier, self.begun_at = [], self._started_at

    def found(self, object_type: str, schema: pa.Schema) -> Found:
        """Return what an earlier load has read of an object type, nothing where its columns were others."""
        read = (each.chunk for each in self._earlier if each.object_type == object_type)
        return Found(schema, tuple(each for each in read if each.table.schema == schema))

    def keep(self, object_type: str, chunk: Chunk) -> None:
        """Keep what was just read of an object type."""
        if not chunk.stretches:
            return
        facts = {
            "object_type": object_type,
            "stretches": chunk.stretches,
            "verbatim": chunk.verbatim,
            "begun_at": self.begun_at,
            "epoch": self._epoch,
        }
        table = chunk.table.replace_schema_metadata({_FACTS: orjson.dumps(facts, option=orjson.OPT_NON_STR_KEYS)})
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        content: bytes = sink.getvalue().to_pybytes()
        self._snapshots.write_part(self._hub_id, content, is_current=self._is_current)

    def _read(self, started_at: datetime) -> list[_Part]:
        try:
            earlier = [_read_part(content) for content in self._snapshots.parts(self._hub_id)]
        except (KeyError, TypeError, ValueError, pa.ArrowException):
            _log.warning(
                "Portal %(portal)s: what an earlier load has read is of another form and is read anew",
                {"portal": self._hub_id},
            )
            earlier = []
            self._snapshots.drop_parts(self._hub_id)
        begun_at = min((each.begun_at for each in earlier), default=started_at)
        if started_at - begun_at > _KEPT_FOR or any(each.epoch != self._epoch for each in earlier):
            self._snapshots.drop_parts(self._hub_id)
            return []
        if earlier:
            _log.info(
                "Portal %(portal)s: going on with the load of %(begun)s",
                {"portal": self._hub_id, "begun": f"{begun_at:%Y-%m-%d %H:%M} UTC"},
            )
        self.begun_at = begun_at
        return earlier


def _read_part(content: bytes) -> _Part:
    table = pq.read_table(pa.BufferReader(content), thrift_string_size_limit=LONGEST_FACTS)
    facts = orjson.loads(table.schema.metadata[_FACTS])
    stretches = tuple((lo, hi) for lo, hi in facts["stretches"])
    return _Part(
        object_type=facts["object_type"],
        begun_at=datetime.fromisoformat(facts["begun_at"]),
        epoch=int(facts["epoch"]),
        chunk=Chunk(table.replace_schema_metadata(None), stretches, read_verbatim(facts["verbatim"])),
    )
