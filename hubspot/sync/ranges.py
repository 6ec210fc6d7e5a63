"""Which ids of an object type nobody has read yet.

Every answer proves something about a stretch of ids: that these records, and no others, lie in it. What no answer has
proven is a gap. A load ends when there is no gap left, not when a count is reached: counts are out of date on arrival.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Above every id HubSpot could give.
END = 2**63 - 1
_EVEN = 2.5


@dataclass(slots=True, eq=False)
class Gap:
    """Ids from `lo` up to but not including `hi`; `about` is how many records may lie there.

    `spacing` is the distance of ids just below, 0 where nobody has looked. `is_read` while somebody waits for an answer
    that begins at `lo`, `is_cut` while somebody waits for one from its middle.
    """

    lo: int
    hi: int
    about: float = 0.0
    spacing: float = 0.0
    is_read: bool = False
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """A stretch of ids from `lo` up to but not including `hi` that was unread; `rows` is what an answer had of it."""

    lo: int
    hi: int
    rows: slice


class Unread:
    """The gaps of one object type, in order of ids; at first, everything is one gap.

    `top` is the highest id HubSpot's search knows, None while nobody has asked.
    """

    def __init__(self, gaps: Sequence[tuple[int, int]] = ((0, END),)) -> None:
        self.top: int | None = None
        self.gaps = [Gap(lo, hi) for lo, hi in gaps]

    def __bool__(self) -> bool:
        """Tell whether there is a gap."""
        return bool(self.gaps)

    def expect(self, records: int, top: int) -> None:
        """Take HubSpot's count and its highest id, which say how dense the gaps are."""
        self.top = top
        last = self.gaps[-1] if self.gaps else None
        if last and last.lo <= top < last.hi - 1:
            # What is newer than the index is a gap of its own: only the list can say that nothing is there.
            self.split(last, top + 1)
        width = sum(self._width(gap) for gap in self.gaps)
        for gap in self.gaps:
            gap.about = records * self._width(gap) / width if width else 0.0

    def close(self, lo: int, hi: int, ids: Sequence[int]) -> tuple[Closed, ...]:
        """Take the proof that `ids`, ascending, are all there is from `lo` up to `hi`; return what of it is news.

        That is one stretch for each gap that was met: nobody counts a record twice, however answers race.
        """
        news = []
        for gap in list(self._meeting(lo, hi)):
            first, end = max(gap.lo, lo), min(gap.hi, hi)
            rows = slice(bisect_left(ids, first), bisect_left(ids, end))
            self._cut(gap, first, end, rows.stop - rows.start)
            news.append(Closed(first, end, rows))
        return tuple(news)

    def split(self, gap: Gap, at: int) -> Gap:
        """Cut a gap in two and return the upper part."""
        share = self._width(Gap(at, gap.hi)) / max(1, self._width(gap))
        upper = Gap(at, gap.hi, gap.about * share, gap.spacing)
        gap.hi, gap.about = at, gap.about - upper.about
        insort(self.gaps, upper, key=_lo)
        return upper

    def middle(self, gap: Gap) -> int:
        """Return the id in the middle of a gap."""
        return gap.lo + self._width(gap) // 2

    def is_even(self, gap: Gap) -> bool:
        """Return whether ids lie as close just below the gap as, by its count, within: then its middle is half."""
        within = self._width(gap) / max(1.0, gap.about)
        return within <= _EVEN * gap.spacing and gap.spacing <= _EVEN * within

    def look(self, lo: int, spacing: float) -> Gap | None:
        """Take how far apart ids are just below `lo`; return the gap that begins there."""
        at = bisect_left(self.gaps, lo, key=_lo)
        gap = self.gaps[at] if at < len(self.gaps) else None
        if gap is None or gap.lo != lo:
            return None
        gap.spacing = spacing
        if gap.about < 1 and spacing:
            # The estimate proved too low; this one at least fits what was just seen.
            gap.about = self._width(gap) / spacing
        return gap

    def _meeting(self, lo: int, hi: int) -> Iterator[Gap]:
        for gap in self.gaps[bisect_right(self.gaps, lo, key=_hi) :]:
            if gap.lo >= hi:
                return
            yield gap

    def _cut(self, gap: Gap, lo: int, hi: int, records: int) -> None:
        if gap.lo < lo:
            upper = self.split(gap, lo)
            upper.is_read = False
            gap = upper
        if hi >= gap.hi:
            self.gaps.remove(gap)
        else:
            gap.lo, gap.about = hi, gap.about - records

    def _width(self, gap: Gap) -> int:
        if self.top is None:
            return 0
        return max(0, min(gap.hi, self.top + 1) - gap.lo)


def _lo(gap: Gap) -> int:
    return gap.lo


def _hi(gap: Gap) -> int:
    return gap.hi
