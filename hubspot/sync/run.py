"""One load of this process: who asked for it, what it has brought so far, and the switches that end it."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from hubspot.api.client import AccessToken
from hubspot.connections.leases import Lease
from hubspot.errors import HubSpotError, RateLimited, UnreadableResponse
from hubspot.portal import Portal
from hubspot.sync.changes import Changes
from hubspot.sync.frames import TableBuilder, Verbatim
from hubspot.sync.progress import Meter, Phase

_WORTH_TELLING_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Brought:
    """A portal as HubSpot has it, complete for what was changed before `as_of`, in UTC.

    `changes` says what differs from the copy before, of the object types that it had. `whole_at` is when every record
    was read, None where that was `as_of`.
    """

    portal: Portal
    tables: Mapping[str, pa.Table]
    verbatim: Mapping[str, Verbatim]
    as_of: datetime
    changes: Mapping[str, Changes] = field(default_factory=dict)
    whole_at: datetime | None = None


class Run:
    """One load of this process: the report it fills and the switches that end it."""

    def __init__(
        self, meter: Meter, token: AccessToken, object_types: tuple[str, ...], epoch: int, *, is_full: bool
    ) -> None:
        self.meter, self.token, self.object_types, self.epoch = meter, token, object_types, epoch
        self.is_full, self.loading = is_full, Phase.LOADING
        self.hub_id = meter.hub_id
        self.builders: dict[str, TableBuilder] = {}
        self.brought: Counter[str] = Counter()
        self.facts: Portal | None = None
        # `settled` comes after `ended`, when everybody has been told.
        self.stopping, self.ended, self.settled = threading.Event(), threading.Event(), threading.Event()
        # Properties to add to the copy, and what shall follow because it was asked for meanwhile.
        self.columns: Mapping[str, Sequence[str]] = {}
        self.columns_after: Mapping[str, Sequence[str]] = {}
        self.after: Callable[[], None] | None = None
        self.replaces: str | None = None
        self.forgotten = self.holds_lease = False
        # Whether this process ends before the load does, and whether somebody else shall go on with it.
        self.is_handed_over = self.is_left = False
        self.lease: Lease | None = None
        self.telling = threading.Lock()

    @property
    def is_running(self) -> bool:
        """True until it ended, one way or another."""
        return not self.ended.is_set()

    def release(self) -> None:
        """Let go of the records; the snapshot holds them, or nobody may."""
        self.builders, self.facts = {}, None

    def portal(self, portal: Portal) -> None:
        """Take the portal's facts; raises UnreadableResponse when they are another account's."""
        if portal.account.hub_id != self.hub_id:
            raise UnreadableResponse("HubSpot answered for another account than this one. Nothing was stored.")
        self.facts = portal
        self.meter.enter(self.loading)

    def begins(self, object_type: str, builder: TableBuilder) -> None:
        """Take the table of an object type, which grows from now on."""
        self.builders[object_type] = builder
        self.meter.begin(object_type, builder.num_records)

    def total(self, object_type: str, total: int) -> None:
        """Take HubSpot's own count of an object type."""
        self.meter.expect(object_type, total)

    def arrived(self, object_type: str, records: int) -> None:
        """Count records that arrived."""
        self.brought[object_type] += records
        self.meter.count(object_type, records)

    def widens(self, object_type: str, records: int, total: int) -> None:
        """Take how many of an object type's records already have a column that is read by id from now on."""
        self.meter.enter(Phase.WIDENING)
        self.meter.begin(object_type, records)
        self.meter.expect(object_type, total)

    def note(self, sentence: str) -> None:
        """Tell a sentence about something that is left out."""
        self.meter.note(sentence)

    def observe(self, error: HubSpotError, seconds: float) -> None:
        """Tell of a wait before a request is repeated."""
        if seconds >= _WORTH_TELLING_SECONDS:
            asked = isinstance(error, RateLimited)
            self.meter.slow(
                seconds, "HubSpot asked us to slow down" if asked else "HubSpot does not answer as it should"
            )
