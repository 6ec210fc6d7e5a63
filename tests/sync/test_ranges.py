from hypothesis import given
from hypothesis import strategies as st

from hubspot.sync.ranges import END, Closed, Unread


def pairs(unread):
    return [(gap.lo, gap.hi) for gap in unread.gaps]


def test_at_first_everything_is_unread():
    assert pairs(Unread()) == [(0, END)]
    assert Unread()


def test_a_proof_closes_its_stretch_and_names_the_news():
    unread = Unread()

    assert unread.close(10, 20, [11, 15]) == (Closed(10, 20, slice(0, 2)),)
    assert pairs(unread) == [(0, 10), (20, END)]


def test_what_was_proven_before_is_no_news():
    unread = Unread()
    unread.close(10, 20, [11, 15])

    news = unread.close(5, 30, [7, 11, 15, 25])

    assert news == (Closed(5, 10, slice(0, 1)), Closed(20, 30, slice(3, 4)))
    assert pairs(unread) == [(0, 5), (30, END)]


def test_an_empty_stretch_is_closed_without_news():
    unread = Unread([(0, 100)])

    assert unread.close(0, 100, []) == (Closed(0, 100, slice(0, 0)),)
    assert unread.close(0, 100, []) == ()
    assert not unread


def test_a_gap_can_be_cut_and_its_records_are_shared_out():
    unread = Unread()
    unread.expect(1_000, 1_000)
    lower = unread.gaps[0]

    upper = unread.split(lower, 250)

    assert pairs(unread) == [(0, 250), (250, 1_001), (1_001, END)]
    assert round(lower.about) == 250
    assert round(upper.about) == 750


def test_an_estimate_that_proved_too_low_is_made_anew_from_what_was_seen():
    unread = Unread()
    unread.expect(100, 100_000)
    unread.close(0, 1_000, range(0, 1_000, 10))

    gap = unread.look(1_000, 10.0)

    assert round(gap.about) == 9_900


def test_only_a_gap_that_begins_there_is_looked_at():
    unread = Unread([(10, 20)])

    assert unread.look(5, 1.0) is None
    assert unread.look(20, 1.0) is None
    assert unread.look(10, 1.0) is unread.gaps[0]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12), st.sets(st.integers(0, 59)))
def test_however_stretches_overlap_each_record_is_news_once(stretches, ids):
    unread, news, ids = Unread([(0, 60)]), [], sorted(ids)
    proven = set()
    for lo, hi in map(sorted, stretches):
        within = [each for each in ids if lo <= each < hi]
        for closed in unread.close(lo, hi, within):
            news += within[closed.rows]
        proven |= set(range(lo, hi))

    assert sorted(news) == [each for each in ids if each in proven]
    assert {each for lo, hi in pairs(unread) for each in range(lo, hi)} == set(range(60)) - proven
