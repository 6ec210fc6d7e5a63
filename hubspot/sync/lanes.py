"""Both lanes at work: threads that ask what the plan says, as fast as HubSpot's limits let them."""

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.pool import ThreadPool

from hubspot.api import crm
from hubspot.api.client import Client
from hubspot.api.limits import Lane, Permit
from hubspot.api.protocol import RawPage
from hubspot.errors import LoadStopped, MissingScopes, ResponseError, Unauthorized, UnreadableResponse
from hubspot.sync.plan import MOST, Plan
from hubspot.sync.ranges import END, Closed
from hubspot.sync.reader import Bite

_log = logging.getLogger(__name__)
_LONGEST_LATENCY = 2.0
# Pages that wait to be converted; without HubSpot's limits they could pile up.
_MOST_WAITING = 64
_STOP_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class News:
    """A page and the stretches of ids of it that nobody had read."""

    object_type: str
    page: RawPage
    closed: Sequence[Closed]

    @property
    def records(self) -> int:
        """Return how many records are news."""
        return sum(each.rows.stop - each.rows.start for each in self.closed)

    @property
    def ids(self) -> list[int]:
        """Return the ids of the records that are news."""
        return [record_id for each in self.closed for record_id in self.page.ids[each.rows]]


class Lanes:
    """Reads every record of a plan, once.

    `names` are the properties to read of each object type, `filters` what else a search asks for. `expect` may be
    called while `read` runs.
    """

    def __init__(
        self,
        client: Client,
        plan: Plan,
        names: Mapping[str, Sequence[str]],
        filters: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self._client, self._plan, self._names, self._filters = client, plan, names, filters or {}
        self._changed = threading.Condition()
        self._arrived: deque[News] = deque()
        self._failure: BaseException | None = None
        self._is_over = False
        self.refused: dict[str, MissingScopes] = {}

    def read(self) -> Iterator[News]:
        """Yield what arrives until nothing is unread; object types that may not be read end up in `refused`.

        Raises LoadStopped when the client's `stop` says so, and what the client raises when HubSpot can't be read.
        Questions that turn out to be superfluous are not waited for.
        """
        with ThreadPool(sum(MOST.values())) as pool:
            try:
                for lane, most in MOST.items():
                    for _ in range(most):
                        pool.apply_async(self._work, (lane,), error_callback=self._fail)
                while news := self._next():
                    yield news
            finally:
                self._end()

    def _next(self) -> News | None:
        with self._changed:
            while not self._changed.wait_for(self._has_news, _STOP_SECONDS):
                # The workers may all wait for answers that take long.
                if self._client.stop():
                    raise LoadStopped("The load was stopped.")
            if self._failure:
                raise self._failure
            if self._plan.is_stuck and not self._arrived:
                raise UnreadableResponse("HubSpot's answers do not fit together, so the load was ended. Try again.")
            self._changed.notify_all()
            return self._arrived.popleft() if self._arrived else None

    def _has_news(self) -> bool:
        return bool(self._failure or self._arrived or self._plan.is_done or self._plan.is_stuck)

    def _end(self) -> None:
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def has_read(self, object_type: str) -> bool:
        """Return whether every id of an object type is accounted for."""
        with self._changed:
            return self._plan.has_read(object_type)

    def expect(self, object_type: str, records: int, top: int) -> None:
        """Take HubSpot's count of an object type and its highest id."""
        with self._changed:
            self._plan.expect(object_type, records, top)
            self._changed.notify_all()

    def _work(self, lane: Lane) -> None:
        client = self._client.stopping_when(self._has_ended)
        while self._wait_for_work(lane):
            try:
                permit = client.permit(lane)
            except LoadStopped:
                if self._has_ended():
                    return
                raise
            with self._changed:
                bite = self._plan.pick(lane)
            if bite is None:
                client.limiter.give_back(permit)
            else:
                self._bite(bite, permit)

    def _wait_for_work(self, lane: Lane) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._has_ended() or (self._has_room() and self._plan.has_work(lane)))
            return not self._has_ended()

    def _has_room(self) -> bool:
        return len(self._arrived) < _MOST_WAITING

    def _has_ended(self) -> bool:
        return self._is_over or self._plan.is_done

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            self._failure = self._failure or error
            self._changed.notify_all()

    def _bite(self, bite: Bite, permit: Permit) -> None:
        try:
            began = time.monotonic()
            page = self._ask(bite, permit)
        except MissingScopes as refusal:
            self._leave_out(bite, refusal)
        except (ResponseError, UnreadableResponse) as error:
            if bite.lane is not Lane.SEARCH or isinstance(error, Unauthorized) or not self._plan.lists:
                raise
            self._go_on_without_search(bite, error)
        else:
            self._answered(bite, page, min(_LONGEST_LATENCY, time.monotonic() - began))

    def _ask(self, bite: Bite, permit: Permit) -> RawPage:
        names = self._names[bite.object_type]
        if bite.lane is Lane.LIST:
            return crm.list_raw(self._client, bite.object_type, properties=names, after=bite.cursor, permit=permit)
        stretches = [self._stretch(each) for each in (bite, *bite.also)]
        return crm.search_raw(
            self._client, bite.object_type, groups=stretches, properties=names, after=bite.offset, permit=permit
        )

    def _stretch(self, bite: Bite) -> list[Mapping[str, str]]:
        filters = [self._filters[bite.object_type]] if bite.object_type in self._filters else []
        filters.append({"propertyName": "hs_object_id", "operator": "GTE", "value": str(bite.lo)})
        if bite.hi < END:
            filters.append({"propertyName": "hs_object_id", "operator": "LT", "value": str(bite.hi)})
        return filters

    def _answered(self, bite: Bite, page: RawPage, seconds: float) -> None:
        with self._changed:
            closed = self._plan.answer(bite, page, seconds)
            if closed:
                self._arrived.append(News(bite.object_type, page, closed))
            self._changed.notify_all()

    def _leave_out(self, bite: Bite, refusal: MissingScopes) -> None:
        with self._changed:
            self._plan.release(bite)
            self._plan.leave_out(bite.object_type)
            self.refused[bite.object_type] = refusal
            self._changed.notify_all()

    def _go_on_without_search(self, bite: Bite, error: Exception) -> None:
        _log.warning("Searching %s does not work (%s), so they are only listed", bite.object_type, type(error).__name__)
        with self._changed:
            self._plan.release(bite)
            self._plan.without_search(bite.object_type)
            self._changed.notify_all()
