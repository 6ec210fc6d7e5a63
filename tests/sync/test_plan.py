"""The plan against HubSpots that exist in memory only: answers come late, in any order, and from any kind of cursor."""

import itertools
import os
import random
from bisect import bisect_left
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot.api.limits import Lane
from hubspot.api.protocol import RawPage
from hubspot.errors import UnreadableResponse
from hubspot.sync.plan import MOST, Plan
from hubspot.sync.ranges import Unread

EXAMPLES = 1_000 if os.environ.get("SOAK") else 60


class HubSpot:
    """One object type: `ids` as list has them, `unindexed` of them not yet known to search."""

    def __init__(self, ids, *, cursor="next id", unindexed=()):
        self.ids, self.cursor = sorted(ids), cursor
        self.indexed = [each for each in self.ids if each not in set(unindexed)]
        self.asked = Counter()

    def list(self, after):
        self.asked[Lane.LIST] += 1
        at = self._position(after)
        page, is_last = self.ids[at : at + 100], at + 100 >= len(self.ids)
        return RawPage(b"", tuple(page), None if is_last else self._cursor_after(at + 100))

    def search(self, stretches, offset):
        self.asked[Lane.SEARCH] += 1
        assert offset <= 9_800, "HubSpot pages through 10,000 results"
        assert len(stretches) <= 5, "HubSpot takes five groups of filters"
        found = sorted(
            each
            for lo, hi in stretches
            for each in self.indexed[bisect_left(self.indexed, lo) : bisect_left(self.indexed, hi)]
        )
        return RawPage(b"", tuple(found[offset : offset + 200]), None, len(found))

    def _position(self, after):
        match self.cursor:
            case _ if after is None:
                return 0
            case "next id":
                return bisect_left(self.ids, int(after))
            case "last id":
                return bisect_left(self.ids, int(after) + 1)
            case _:
                return int(after.removeprefix("at-"))

    def _cursor_after(self, at):
        match self.cursor:
            case "next id":
                return str(self.ids[at - 1] + 1)
            case "last id":
                return str(self.ids[at - 1])
            case "position":
                return str(at)
            case _:
                return f"at-{at}"


def read(portal, *, seed=0, knows_top=True, breaks=lambda _bite: False):
    """Read a portal in an order that `seed` chooses; return the records of each object type as they came."""
    order, asking, got = random.Random(seed), [], {name: [] for name in portal}
    plan = begin(portal, knows_top=knows_top)
    for _ in range(20_000):
        if plan.is_done:
            return got
        bites = (plan.pick(lane) for lane in order.sample(list(MOST), len(MOST)))
        asking += [(bite, answer(portal[bite.object_type], bite)) for bite in bites if bite]
        if order.random() < 0.5 or not asking:
            continue
        bite, page = asking.pop(order.randrange(len(asking)))
        if breaks(bite):
            plan.release(bite)
            continue
        for closed in plan.answer(bite, page, order.choice([0.05, 0.3, 0.8])):
            got[bite.object_type] += page.ids[closed.rows]
    raise AssertionError("it goes on for ever")


def begin(portal, *, knows_top=True):
    plan = Plan({name: Unread() for name in portal})
    for name, hubspot in portal.items():
        plan.glance(name, hubspot.list(None))
        if knows_top:
            plan.expect(name, len(hubspot.indexed), hubspot.indexed[-1] if hubspot.indexed else 0)
    return plan


def answer(hubspot, bite):
    return (
        hubspot.list(bite.cursor)
        if bite.lane is Lane.LIST
        else hubspot.search([(each.lo, each.hi) for each in (bite, *bite.also)], bite.offset)
    )


def spread(count, *, seed=0, evenly=True):
    numbers = random.Random(seed)
    if evenly:
        return sorted(numbers.sample(range(10**10, 10**11), count))
    ids = set()
    while len(ids) < count:
        first, many = numbers.randrange(10**10, 10**11), numbers.choice([1, 20, 400, 4_000])
        ids |= {first + numbers.randrange(many * 3) for _ in range(min(many, count - len(ids)))}
    return sorted(ids)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    sizes=st.tuples(st.integers(0, 6_000), st.integers(0, 900)),
    cursor=st.sampled_from(["next id", "last id", "position", "opaque"]),
    evenly=st.booleans(),
    knows_top=st.booleans(),
)
def test_every_record_is_read_exactly_once_in_whatever_order_answers_come(seed, sizes, cursor, evenly, knows_top):
    portal = {
        name: HubSpot(spread(size, seed=seed, evenly=evenly), cursor=cursor)
        for name, size in zip(("contacts", "companies"), sizes, strict=True)
    }

    got = read(portal, seed=seed, knows_top=knows_top)

    assert {name: sorted(ids) for name, ids in got.items()} == {name: each.ids for name, each in portal.items()}


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**32), share=st.floats(0.05, 0.5))
def test_questions_that_fail_are_asked_again(seed, share):
    portal, luck = {"contacts": HubSpot(spread(3_000, seed=seed))}, random.Random(seed)

    got = read(portal, seed=seed, breaks=lambda _bite: luck.random() < share)

    assert sorted(got["contacts"]) == portal["contacts"].ids


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_newest_records_are_found_though_search_does_not_know_them_yet(seed):
    ids = spread(4_000, seed=seed)
    portal = {"contacts": HubSpot(ids, unindexed=ids[-300:])}

    assert sorted(read(portal, seed=seed)["contacts"]) == ids


@pytest.mark.parametrize("evenly", [True, False])
def test_few_questions_are_superfluous(evenly):
    portal = {"contacts": HubSpot(spread(50_000, evenly=evenly))}

    read(portal)

    hubspot = portal["contacts"]
    asked_for = hubspot.asked[Lane.LIST] * 100 + hubspot.asked[Lane.SEARCH] * 200
    assert asked_for < 50_000 * 1.08


def test_what_is_left_in_small_pieces_is_searched_for_together():
    hubspot = HubSpot(spread(10_000))
    plan = begin({"contacts": hubspot})
    ids = hubspot.ids
    plan.resume("contacts", [(ids[at], ids[at + 960] + 1) for at in range(0, 9_000, 1_000)])

    while bite := plan.pick(Lane.SEARCH):
        plan.answer(bite, answer(hubspot, bite), 0.3)

    # Five pages for the last thousand; one for each of the nine pieces between would make fourteen.
    assert hubspot.asked[Lane.SEARCH] <= 10
    assert not plan.has_read("contacts")  # only the list knows that nothing is newer


def test_the_list_leaves_crumbs_to_a_search_that_brings_them_along():
    hubspot = HubSpot(spread(10_000))
    plan = begin({"contacts": hubspot})
    ids = hubspot.ids
    plan.resume("contacts", [(ids[at], ids[at + 995] + 1) for at in range(0, 3_000, 1_000)])

    searched = plan.pick(Lane.SEARCH)
    while searched and not searched.also:
        plan.answer(searched, answer(hubspot, searched), 0.3)
        searched = plan.pick(Lane.SEARCH)
    *crumbs, longest = (searched, *searched.also)

    assert longest.gap.about > 200
    assert {hubspot.search([(each.lo, each.hi)], 0).total for each in crumbs} == {4}
    listed = [plan.pick(Lane.LIST) for _ in range(4)]
    assert all(bite is None or bite.gap.about > 20 or bite.lo > ids[-1] for bite in listed)


def test_a_walk_and_search_meet_once():
    portal = {"contacts": HubSpot(spread(20_000), cursor="opaque")}

    read(portal)

    hubspot = portal["contacts"]
    assert hubspot.asked[Lane.SEARCH] > 20
    assert hubspot.asked[Lane.LIST] * 100 + hubspot.asked[Lane.SEARCH] * 200 < 20_000 * 1.1


def test_a_list_that_ignores_where_it_should_begin_is_walked():
    class Stubborn(HubSpot):
        """Its cursors look like ids, but only those that it gave are understood."""

        def _position(self, after):
            return super()._position(after) if after is None or int(after) - 1 in self.ids[99::100] else 0

    portal = {"contacts": Stubborn(spread(5_000))}

    assert set(read(portal)["contacts"]) == set(portal["contacts"].ids)


def test_a_list_in_no_order_is_read_alone_to_its_end():
    hubspot = HubSpot(spread(1_000), cursor="opaque")
    random.Random(1).shuffle(hubspot.ids)

    assert set(read({"contacts": hubspot})["contacts"]) == set(hubspot.ids)


def test_a_search_that_answers_nothing_of_what_it_counts_is_not_asked_again():
    class Empty(HubSpot):
        def search(self, stretches, offset):
            page = super().search(stretches, offset)
            return RawPage(b"", (), None, page.total)

    portal = {"contacts": Empty(spread(3_000))}

    assert sorted(read(portal)["contacts"]) == portal["contacts"].ids
    assert portal["contacts"].asked[Lane.SEARCH] < 10


def test_a_repeated_cursor_ends_the_load_instead_of_turning_round_for_ever():
    class Turning(HubSpot):
        def list(self, _after):
            return RawPage(b"", tuple(self.ids[:100]), "again")

    with pytest.raises(UnreadableResponse, match="again and again"):
        read({"contacts": Turning(spread(500))})


@pytest.mark.parametrize("ids", [(), (5, 9), (9, 5)], ids=["empty", "the same", "the same in no order"])
@pytest.mark.parametrize("cursors", ["AB", [f"c{each}" for each in range(400)]], ids=["A, B, A", "ever new ones"])
def test_a_list_whose_pages_never_end_ends_the_load(ids, cursors):
    class Endless(HubSpot):
        following = itertools.cycle(cursors)

        def list(self, _after):
            assert self.asked[Lane.LIST] < 150, "an endless walk"
            return RawPage(b"", ids, next(self.following))

        def search(self, _stretches, _offset):
            return RawPage(b"", (), None, None)

    with pytest.raises(UnreadableResponse, match="again and again"):
        read({"contacts": Endless(spread(500))})


def test_an_object_type_left_out_is_not_asked_for():
    portal = {"contacts": HubSpot(spread(500)), "companies": HubSpot(spread(500, seed=1))}
    plan = begin(portal)
    plan.leave_out("companies")

    assert {bite.object_type for bite in iter(lambda: plan.pick(Lane.LIST), None)} == {"contacts"}


def test_without_search_the_list_reads_alone():
    plan = begin({"contacts": HubSpot(spread(5_000))})
    plan.without_search("contacts")

    assert not plan.has_work(Lane.SEARCH)
    assert plan.has_work(Lane.LIST)


def test_the_slower_hubspot_answers_the_more_is_asked_at_once():
    portal = {"contacts": HubSpot(spread(9_000))}
    plan = begin(portal)
    for _ in range(20):
        bite = plan.pick(Lane.LIST)
        plan.answer(bite, answer(portal["contacts"], bite), 0.5)

    assert 18 <= sum(1 for _ in iter(lambda: plan.pick(Lane.LIST), None)) <= 24


@settings(max_examples=EXAMPLES, deadline=None)
@given(seed=st.integers(0, 2**32), size=st.integers(0, 25_000), evenly=st.booleans())
def test_search_alone_reads_everything_too(seed, size, evenly):
    hubspot, order, got = HubSpot(spread(size, seed=seed, evenly=evenly)), random.Random(seed), []
    plan, asking = Plan({"contacts": Unread()}, lists=False), []
    assert plan.pick(Lane.LIST) is None

    while not plan.is_done:
        asking += [(bite, answer(hubspot, bite)) for bite in [plan.pick(Lane.SEARCH)] if bite]
        if asking and order.random() < 0.6:
            bite, page = asking.pop(order.randrange(len(asking)))
            got += [each for closed in plan.answer(bite, page, 0.3) for each in page.ids[closed.rows]]

    assert sorted(got) == hubspot.ids
    assert hubspot.asked[Lane.SEARCH] * 200 < size * 1.2 + 2_000


def test_a_plan_that_can_ask_nothing_more_says_so():
    hubspot = HubSpot(spread(500))
    plan = begin({"contacts": hubspot})
    assert not plan.is_stuck

    plan.without_search("contacts")
    while bite := plan.pick(Lane.LIST):
        plan.answer(bite, answer(hubspot, bite), 0.1)

    assert plan.is_done
    assert not plan.is_stuck
