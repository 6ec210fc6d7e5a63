"""What is known of one object type while it is read: its gaps, and how HubSpot's list and search behave for it."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from hubspot.api.crm import SAME_PAGE, Walk
from hubspot.api.limits import Lane
from hubspot.api.protocol import RawPage
from hubspot.errors import UnreadableResponse
from hubspot.sync.ranges import END, Closed, Gap, Unread


@dataclass(frozen=True, slots=True)
class Bite:
    """One question: the records of an object type from id `lo` upwards.

    A list call goes on at `cursor`, None for the beginning. A search stays below `hi` and skips `offset` records;
    `about` is what the gap was thought to hold. `also` are bites of higher gaps which the same search asks for.
    """

    object_type: str
    lane: Lane
    gap: Gap
    lo: int
    hi: int
    cursor: str | None = None
    offset: int = 0
    about: float = 0.0
    also: tuple["Bite", ...] = ()


class Reader:
    """One object type. What an answer proves comes back as the stretches of ids that nobody had read before.

    `lists` unless only search is asked. `walks` while list cursors are opaque: then the list is read from its
    beginning, one call after another, and is at `walked_to`. `is_searchable` until a search answers what can't be.
    """

    def __init__(self, unread: Unread, *, lists: bool = True) -> None:
        self.unread, self.lists = unread, lists
        self.is_searchable = True
        self.walked_to = 0
        self._is_ordered = True
        self._cursor: str | None = None
        self._walk = Walk()
        # What HubSpot adds to the last id to make a cursor; with it, a list call can begin at any id.
        self._added: int | None = None

    @property
    def walks(self) -> bool:
        """Whether a list call can begin only where the one before ended."""
        return self.lists and self._added is None

    def glance(self, page: RawPage) -> None:
        """Take a first list page: if its cursor is the last id or the next one, list calls may begin at any id."""
        cursor = page.after or ""
        if page.ids and cursor.isdecimal() and int(cursor) - page.ids[-1] in {0, 1}:
            self._added = int(cursor) - page.ids[-1]
        self.walked_to = page.ids[0] if page.ids and _ascending(page.ids) else 0
        self.unread.close(0, self.walked_to, ())
        self.unread.look(self.walked_to, _spacing(page.ids))

    def cursor(self, lo: int) -> str | None:
        """Return the list cursor for records from this id upwards, or of the walk's next page."""
        if self._added is None:
            return self._cursor
        return str(lo - 1 + self._added) if lo else None

    def listed(self, bite: Bite, page: RawPage) -> tuple[Closed, ...]:
        """Take a list page: it proves everything from where it began to its last id, or to the end.

        Raises UnreadableResponse when HubSpot repeats a cursor or brings nothing new, instead of going on for ever.
        """
        if self.walks and page.after is not None and bite.cursor == self._cursor:
            # An answer to a question from before the walk proves nothing of it. Ids in order need not all be kept.
            self._walk.goes_on(page.after, page.ids[-1:] if self._is_ordered else page.ids)
        elif page.after is not None and page.after == bite.cursor:
            raise UnreadableResponse(SAME_PAGE)
        if not self._is_ordered:
            return self._listed_in_no_order(page)
        if not _ascending(page.ids) or (page.ids and page.ids[0] < bite.lo - 1) or self._stands_still(page):
            self._begin_again()
            return ()
        end = END if page.after is None else max(bite.lo, page.ids[-1] + 1) if page.ids else bite.lo
        if self.walks:
            self._cursor, self.walked_to = page.after, end
        news = self.unread.close(bite.lo, end, page.ids)
        self.unread.look(end, _spacing(page.ids))
        return news

    def searched(self, bite: Bite, page: RawPage) -> tuple[Closed, ...]:
        """Take a search's page: beside what it proves, its total says what the rest holds.

        Raises UnreadableResponse for an answer that can't be, where there is no list to read instead.
        """
        if not _ascending(page.ids) or page.total is None or (not page.ids and page.total > bite.offset):
            if not self.lists:
                raise UnreadableResponse("HubSpot's search does not answer as it should. Try again in a minute.")
            self.is_searchable = False
            return ()
        if bite.offset:
            return self._searched_within(bite, page, page.total)
        if bite.also:
            return self._searched_together(bite, page, page.total)
        end = page.ids[-1] + 1 if page.ids else bite.lo
        # Above what search knows, only the list can tell that there is nothing, if it can be asked there.
        if page.total <= len(page.ids) and (bite.hi < END or self._added is None):
            end = bite.hi
        news = self.unread.close(bite.lo, end, page.ids)
        self._count_rest(bite, end, page, page.total - len(page.ids))
        return news

    def _searched_within(self, bite: Bite, page: RawPage, total: int) -> tuple[Closed, ...]:
        """Take a page from within a gap: what lies below it and above it is counted from now on."""
        if not page.ids:
            bite.gap.about = float(total)
            return ()
        read_meanwhile = bite.about - bite.gap.about
        news = self.unread.close(page.ids[0], page.ids[-1] + 1, page.ids)
        if bite.gap.hi == page.ids[0]:
            bite.gap.about = max(0.0, bite.offset - read_meanwhile)
        self._count_rest(bite, page.ids[-1] + 1, page, total - bite.offset - len(page.ids))
        return news

    def _searched_together(self, bite: Bite, page: RawPage, total: int) -> tuple[Closed, ...]:
        """Take a page from several gaps: it proves all of them, or every one up to its last id."""
        end = END if total <= len(page.ids) else page.ids[-1] + 1
        asked = [each for each in (bite, *bite.also) if each.lo < end]
        news = [closed for each in asked for closed in self.unread.close(each.lo, min(each.hi, end), page.ids)]
        highest = asked[-1]
        rest = self.unread.look(end, _spacing(page.ids[bisect_left(page.ids, highest.lo) :]))
        if rest and highest is bite.also[-1]:
            rest.about = float(total - len(page.ids))
        return tuple(news)

    def _count_rest(self, bite: Bite, lo: int, page: RawPage, records: int) -> None:
        rest = self.unread.look(lo, _spacing(page.ids))
        if rest and rest.hi == bite.hi:
            rest.about = float(records)

    def _stands_still(self, page: RawPage) -> bool:
        return not self.walks and not page.ids and page.after is not None

    def _begin_again(self) -> None:
        """Read the list from its beginning, one page after another, because it is not what it seemed to be.

        What nobody can rely on is asked again; records that come twice are dropped in the end. A list without order
        proves nothing at all, so then it is read alone.
        """
        if self.walks:
            self._is_ordered = self.is_searchable = False
        top, about = self.unread.top, sum(gap.about for gap in self.unread.gaps)
        self.unread = Unread()
        if top is not None:
            self.unread.expect(int(about), top)
        self._added, self._cursor, self.walked_to, self._walk = None, None, 0, Walk()

    def _listed_in_no_order(self, page: RawPage) -> tuple[Closed, ...]:
        self._cursor = page.after
        if page.after is None:
            self.unread.gaps.clear()
        # The empty stretch says that nothing is proven.
        return (Closed(0, 0, slice(0, len(page.ids))),)


def _spacing(ids: Sequence[int]) -> float:
    return (ids[-1] - ids[0]) / (len(ids) - 1) if len(ids) > 1 else 0.0


def _ascending(ids: Sequence[int]) -> bool:
    return all(first < second for first, second in pairwise(ids))
