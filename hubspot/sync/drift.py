"""Does a copy hold the very records HubSpot has? Asked in counts, and where they differ, found by halving.

A total alone can't tell one record lost and one kept too many from none, so HubSpot counts stretches of ids apart, cut
at other places every time; the first ids of each come with its count. What differs is read by its ids, because search
lags behind: a record it does not know yet is there all the same.

What stays unseen: as many lost as kept too many within one stretch, beyond its first ids, until the stretches are cut
between them; and values that changed without moving their record's date, as those that HubSpot calculates.
Source: https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise
from multiprocessing.pool import ThreadPool
from secrets import randbelow

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hubspot.api import crm
from hubspot.api.client import Client
from hubspot.errors import SnapshotError
from hubspot.sync.ranges import END

# Finding what differs may ask this much, and not much more than a part of what loading everything would.
FEWEST_QUESTIONS = 40
_RECORDS_A_QUESTION = 1_000
_MOST_AT_ONCE = 4


class OutOfStep(SnapshotError):
    """A copy that a refresh can't bring up to date; everything must be loaded again."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Ids from `lo` up to but not including `hi`: how many records HubSpot counts there, and the first of their ids."""

    lo: int
    hi: int
    total: int
    ids: tuple[int, ...]

    def is_like(self, own: np.ndarray) -> bool:
        """Return whether these ids, ascending, may be what lies there, as far as an answer shows."""
        mine = _within(own, self.lo, self.hi)
        return len(mine) == self.total and tuple(mine[: len(self.ids)].tolist()) == self.ids


class Census:
    """HubSpot's count of the records of an object type that were created before `until`, in `parts` stretches of ids.

    `table` is the copy, in order of `hs_object_id`; what was created later is somebody else's business, as people go on
    working. Raises OutOfStep where HubSpot does not count, and what the client raises.
    """

    def __init__(self, client: Client, object_type: str, table: pa.Table, until: datetime, *, parts: int) -> None:
        self._client, self._object_type, self._until = client, object_type, until
        self._questions = max(FEWEST_QUESTIONS, table.num_rows // _RECORDS_A_QUESTION)
        borders = (0, *_borders(self._own(table), parts), END)
        with ThreadPool(_MOST_AT_ONCE) as pool:
            self._stretches = pool.starmap(self._ask, pairwise(borders))

    def has_too_many(self, table: pa.Table) -> bool:
        """Return whether the copy holds more records of any stretch than HubSpot counts."""
        own = self._own(table)
        return any(len(_within(own, each.lo, each.hi)) > each.total for each in self._stretches)

    def doubtful(self, table: pa.Table) -> tuple[int, ...]:
        """Return the ids that only one of the two knows. Raises OutOfStep where finding them costs too much."""
        own = self._own(table)
        unlike = [each for each in self._stretches if not each.is_like(own)]
        found: set[int] = set()
        while unlike:
            each = unlike.pop()
            end = each.hi if each.total <= len(each.ids) else each.ids[-1] + 1
            found |= {*each.ids} ^ {*_within(own, each.lo, end).tolist()}
            unlike.extend(self._halves(own, end, each.hi, each.total - len(each.ids)))
        return tuple(sorted(found))

    def _halves(self, own: np.ndarray, lo: int, hi: int, total: int) -> Iterator[_Stretch]:
        """Ask about a stretch of so many records, in halves of the copy's, and yield what is not like the copy."""
        mine = _within(own, lo, hi)
        if len(mine) == total:
            return
        middle = int(mine[len(mine) // 2]) if len(mine) > 1 else hi
        lower = self._ask_more(lo, middle)
        if not lower.is_like(own):
            yield lower
        if middle < hi and total - lower.total != len(_within(own, middle, hi)):
            yield self._ask_more(middle, hi)

    def _ask_more(self, lo: int, hi: int) -> _Stretch:
        if not self._questions:
            raise OutOfStep(
                f"HubSpot counts other {self._object_type} than this copy holds, so everything is loaded again."
            )
        self._questions -= 1
        return self._ask(lo, hi)

    def _ask(self, lo: int, hi: int) -> _Stretch:
        created_before = str(int(self._until.timestamp() * 1000))
        filters = [
            {"propertyName": "createdate", "operator": "LT", "value": created_before},
            {"propertyName": "hs_object_id", "operator": "GTE", "value": str(lo)},
        ]
        if hi < END:
            filters.append({"propertyName": "hs_object_id", "operator": "LT", "value": str(hi)})
        page = crm.search_raw(self._client, self._object_type, groups=[filters], properties=("hs_object_id",))
        if page.total is None or (page.total and not page.ids):
            raise OutOfStep(f"HubSpot did not count its {self._object_type}, so everything is loaded again.")
        return _Stretch(lo, hi, page.total, tuple(sorted(page.ids)))

    def _own(self, table: pa.Table) -> np.ndarray:
        created = table["createdate"]
        is_known = pc.fill_null(pc.less(created, pa.scalar(self._until, created.type)), fill_value=True)
        ids: np.ndarray = table["hs_object_id"].filter(is_known).to_numpy()
        return ids


def archived(client: Client, object_type: str, *, records: int) -> np.ndarray:
    """Return the ids that HubSpot lists as archived, of the last 90 days; not all where the copy is small beside them.

    Source: https://developers.hubspot.com/docs/api-reference/latest/crm/using-object-apis
    """
    pages = crm.iter_pages(client, object_type, properties=("hs_object_id",), archived=True)
    most = max(FEWEST_QUESTIONS, records // _RECORDS_A_QUESTION)
    return np.array([int(each["id"]) for page in islice(pages, most) for each in page.results], np.int64)


def _borders(ids: np.ndarray, parts: int) -> Iterable[int]:
    """Return ids that cut a copy in so many parts of about one size, at other places every time."""
    turn = randbelow(1_000) / 1_000
    ranks = {int(len(ids) * (each + turn) / (parts - 1)) for each in range(parts - 1)}
    return sorted({int(ids[rank]) for rank in ranks if rank < len(ids)} - {0})


def _within(ids: np.ndarray, lo: int, hi: int) -> np.ndarray:
    first, end = np.searchsorted(ids, [lo, hi])
    return ids[first:end]
