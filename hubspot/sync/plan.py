"""Which question to HubSpot comes next, while two lanes read the same records.

List and search have limits of their own, so both read at once. Nobody owns a stretch of ids: whoever has a permit takes
the next bite of a gap that nobody reads. List finishes the shortest gap, so that few are left in the end; search cuts
the longest in two, with a full page from its middle, while list lacks gaps. Pure: questions out, answers in.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from math import ceil

from hubspot.api.crm import FILTER_GROUPS, LIST_LIMIT, SEARCH_LIMIT
from hubspot.api.limits import Lane
from hubspot.api.protocol import RawPage
from hubspot.sync.ranges import END, Closed, Gap, Unread
from hubspot.sync.reader import Bite, Reader

FEWEST = {Lane.LIST: 4, Lane.SEARCH: 3}
MOST = {Lane.LIST: 24, Lane.SEARCH: 8}
# Calls at once, per second of latency, that use up a lane's limit. A portal that one window of list calls could hold is
# read as fast as it goes.
_AT_ONCE = {Lane.LIST: 18, Lane.SEARCH: 7}
_AT_ONCE_WHEN_SMALL = 60
_SMALL = 15_000
# How much of a latency is learnt from one answer.
_LEARNING = 0.2
# Records that a gap must hold to be cut: where its parts meet, list wastes half a page.
_WORTH_CUTTING = {Lane.LIST: 250, Lane.SEARCH: 600}
# A gap that leaves a third of a search's page empty is asked for together with others.
_SHORT = 130
_CRUMB = 60
# HubSpot pages through 10,000 results of a search.
_DEEPEST = 9_800


@dataclass(frozen=True, slots=True)
class _Choice:
    """A gap to bite at `at`, its own beginning or a place to cut it, or so many records further; or `also` others."""

    object_type: str
    gap: Gap
    at: int
    offset: int = 0
    also: tuple[Gap, ...] = ()


class Plan:
    """The questions of one load, by search alone without `lists`. Not safe to share between threads without a lock."""

    def __init__(self, unread: Mapping[str, Unread], *, lists: bool = True) -> None:
        self.lists = lists
        self._readers = {name: Reader(each, lists=lists) for name, each in unread.items()}
        self._asking: Counter[Lane] = Counter()
        self._resumed: Counter[str] = Counter()
        self._latency = dict.fromkeys(MOST, 0.1)

    @property
    def is_done(self) -> bool:
        """Whether every id of every object type is accounted for."""
        return not any(each.unread for each in self._readers.values())

    @property
    def is_stuck(self) -> bool:
        """Whether something is unread, but nothing is asked and there is nothing to ask."""
        return not self.is_done and not self._asking.total() and not any(self.has_work(lane) for lane in MOST)

    def has_read(self, object_type: str) -> bool:
        """Return whether every id of an object type is accounted for."""
        return not self._readers[object_type].unread

    def glance(self, object_type: str, page: RawPage) -> None:
        """Take the first page of a list, which shows how its cursors look."""
        self._readers[object_type].glance(page)

    def resume(self, object_type: str, stretches: Iterable[tuple[int, int]], records: int = 0) -> None:
        """Take what an earlier load has read, each stretch up to but not including its second id; `glance` first.

        `records` is how many lie there, so that what is left is not thought to hold them all.

        A walk begins anew: cursors are not kept, and search reads what it has left.
        """
        for lo, hi in stretches:
            self._readers[object_type].unread.close(lo, hi, ())
        self._resumed[object_type] = records

    def expect(self, object_type: str, records: int, top: int) -> None:
        """Take HubSpot's count of an object type and its highest id."""
        self._readers[object_type].unread.expect(max(0, records - self._resumed[object_type]), top)

    def has_work(self, lane: Lane) -> bool:
        """Return whether `pick` would give a question."""
        return self._asking[lane] < self._most(lane) and self._choose(lane) is not None

    def pick(self, lane: Lane) -> Bite | None:
        """Return the next question of a lane, which must end in `answer` or `release`; None where there is none now."""
        chosen = self._choose(lane) if self._asking[lane] < self._most(lane) else None
        if chosen is None:
            return None
        reader, gap, offset = self._readers[chosen.object_type], chosen.gap, chosen.offset
        if chosen.at > gap.lo:
            gap = reader.unread.split(gap, chosen.at)
        gap.is_cut, gap.is_read = gap.is_cut or offset > 0, gap.is_read or not offset
        self._asking[lane] += 1
        if lane is Lane.SEARCH:
            also = tuple(_search(chosen.object_type, each) for each in chosen.also)
            for each in chosen.also:
                each.is_read = True
            return replace(_search(chosen.object_type, gap), offset=offset, also=also)
        lo = reader.walked_to if reader.walks else gap.lo
        return Bite(chosen.object_type, lane, gap, lo, gap.hi, cursor=reader.cursor(lo))

    def release(self, bite: Bite) -> None:
        """Give back a question that got no answer."""
        self._asking[bite.lane] -= 1
        if bite.offset:
            bite.gap.is_cut = False
        else:
            for each in (bite, *bite.also):
                each.gap.is_read = False

    def answer(self, bite: Bite, page: RawPage, seconds: float) -> tuple[Closed, ...]:
        """Take an answer and how long it took; return what of it is news."""
        self.release(bite)
        self._latency[bite.lane] += (seconds - self._latency[bite.lane]) * _LEARNING
        reader = self._readers[bite.object_type]
        if not reader.unread:
            return ()
        return reader.listed(bite, page) if bite.lane is Lane.LIST else reader.searched(bite, page)

    def leave_out(self, object_type: str) -> None:
        """Ask nothing more of an object type."""
        self._readers[object_type].unread.gaps.clear()

    def without_search(self, object_type: str) -> None:
        """Read an object type by its list alone."""
        self._readers[object_type].is_searchable = False

    def _most(self, lane: Lane) -> int:
        """Return how many calls at once use up a lane's limit."""
        is_small = lane is Lane.LIST and self._about() <= _SMALL
        per_second = _AT_ONCE_WHEN_SMALL if is_small else _AT_ONCE[lane]
        return max(FEWEST[lane], min(MOST[lane], ceil(self._latency[lane] * per_second)))

    def _about(self) -> float:
        return sum(gap.about for each in self._readers.values() for gap in each.unread.gaps)

    def _choose(self, lane: Lane) -> _Choice | None:
        if lane is Lane.LIST:
            return self._walk() or self._newest() or self._shortest() or self._half()
        # While list lacks gaps, a full page from the middle of one makes two and wastes nothing.
        lacks = sum(1 for _ in self._free(Lane.LIST)) < self._most(Lane.LIST)
        return (self._cut() if lacks else None) or self._longest() or self._far_half()

    def _walk(self) -> _Choice | None:
        """Return where a walk goes on; one that search has overtaken leaves the rest to search."""
        for name, each in self._readers.items():
            gap = each.unread.gaps[0] if each.walks and each.unread else None
            is_overtaken = gap and gap.lo > each.walked_to and _can_search(each, gap)
            if gap and not gap.is_read and not is_overtaken:
                return _Choice(name, gap, gap.lo)
        return None

    def _newest(self) -> _Choice | None:
        """Return the gap above all that search knows, first: in the end, list may have to wait for its next permit."""
        above = (_Choice(name, gap, gap.lo) for name, gap in self._free(Lane.LIST) if self._is_newest(name, gap))
        return next(above, None)

    def _is_newest(self, name: str, gap: Gap) -> bool:
        top = self._readers[name].unread.top
        return top is not None and top < gap.lo and gap.hi == END

    def _shortest(self) -> _Choice | None:
        free = ((name, gap) for name, gap in self._free(Lane.LIST) if not self._is_crumb(name, gap))
        name, gap = min(free, key=_about, default=("", None))
        return _Choice(name, gap, gap.lo) if gap else None

    def _is_crumb(self, object_type: str, gap: Gap) -> bool:
        """Return whether a gap holds so little that a whole list call is wasted on it, where a search can bring it."""
        return gap.about < _CRUMB and gap.hi < END and _can_search(self._readers[object_type], gap)

    def _longest(self) -> _Choice | None:
        name, gap = max(self._free(Lane.SEARCH), key=_about, default=("", None))
        if gap is None:
            return None
        first, *others = self._together(name, gap)
        return _Choice(name, first, first.lo, also=tuple(others))

    def _together(self, object_type: str, longest: Gap) -> list[Gap]:
        """Return the gaps that one page may hold: a search may ask for several stretches, and brings the lowest first.

        A long gap takes along crumbs that lie below it, a short one as many other short ones as fit.
        """
        if longest.hi == END:
            return [longest]
        free = [gap for name, gap in self._free(Lane.SEARCH) if name == object_type and gap.hi < END]
        if longest.about >= _SHORT:
            crumbs = [gap for gap in free if gap.hi <= longest.lo and gap.about < _CRUMB]
            return [*crumbs[: FILTER_GROUPS - 1], longest]
        short = sorted(free, key=lambda gap: gap.about, reverse=True)[:FILTER_GROUPS]
        held = accumulate(gap.about for gap in short)
        return sorted(
            (gap for gap, all_ in zip(short, held, strict=True) if all_ < SEARCH_LIMIT), key=lambda gap: gap.lo
        )

    def _half(self) -> _Choice | None:
        """Return the middle of a long gap whose ids are spread evenly, so that half of its records lie above."""
        name, gap = max(self._long(Lane.LIST, walks=False), key=_about, default=("", None))
        return _Choice(name, gap, self._readers[name].unread.middle(gap)) if gap else None

    def _cut(self) -> _Choice | None:
        """Return a place within a long gap: below it, its readers need full pages only, and the last proves the end."""
        name, gap = max(self._long(Lane.SEARCH, walks=False), key=_about, default=("", None))
        if gap is None:
            return None
        middle = min(_DEEPEST, int(gap.about / 2))
        if not self.lists:
            return _Choice(name, gap, gap.lo, middle // SEARCH_LIMIT * SEARCH_LIMIT)
        return _Choice(name, gap, gap.lo, middle // LIST_LIMIT * LIST_LIMIT - 1)

    def _far_half(self) -> _Choice | None:
        """Return the middle of the gap that a walk reads: search takes the far end, so that they meet only once."""
        name, gap = max(self._long(Lane.SEARCH, walks=True), key=_about, default=("", None))
        return _Choice(name, gap, self._readers[name].unread.middle(gap)) if gap else None

    def _free(self, lane: Lane) -> Iterator[tuple[str, Gap]]:
        """Yield the gaps that nobody reads; a walk's own gap is nobody else's."""
        for name, each in self._readers.items():
            for gap in each.unread.gaps:
                if gap.is_read or (each.walks and (lane is Lane.LIST or gap.lo <= each.walked_to)):
                    continue
                if lane is Lane.LIST and not each.lists:
                    continue
                if lane is Lane.LIST or _can_search(each, gap):
                    yield name, gap

    def _long(self, lane: Lane, *, walks: bool) -> Iterator[tuple[str, Gap]]:
        """Yield the gaps worth cutting; list can't cut where ids are spread unevenly, for it does not count."""
        for name, each in self._readers.items():
            if each.walks is not walks or not (each.is_searchable if lane is Lane.SEARCH else each.lists):
                continue
            for gap in each.unread.gaps:
                if gap.about < _WORTH_CUTTING[lane] or gap.is_cut:
                    continue
                if lane is Lane.SEARCH or each.unread.is_even(gap):
                    yield name, gap


def _can_search(reader: Reader, gap: Gap) -> bool:
    top = reader.unread.top
    if not reader.lists:
        return True
    return reader.is_searchable and top is not None and (reader.walks or gap.lo <= top)


def _search(object_type: str, gap: Gap) -> Bite:
    return Bite(object_type, Lane.SEARCH, gap, gap.lo, gap.hi, about=gap.about)


def _about(named: tuple[str, Gap]) -> float:
    return named[1].about
