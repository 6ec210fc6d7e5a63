import threading

import pytest

from hubspot.api.limits import Lane, Limiter
from hubspot.errors import LoadStopped

HEADERS = {"X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}


def test_no_rolling_window_ever_holds_more_than_the_limit(clock):
    limiter = make(clock)

    stamps = [limiter.wait(Lane.LIST).sent_at for _ in range(400)]

    assert most_within(stamps, 10.0) == 110
    assert stamps[-1] - stamps[0] < 31


def test_searches_have_a_lane_of_their_own(clock):
    limiter = make(clock)

    stamps = [limiter.wait(Lane.SEARCH).sent_at for _ in range(50)]
    listed = limiter.wait(Lane.LIST)

    assert most_within(stamps, 1.0) == 5
    assert listed.used == 1


def test_a_smaller_limit_is_learnt_from_the_headers(clock):
    limiter = make(clock)
    limiter.observe(limiter.wait(Lane.LIST), HEADERS | remaining(100, 99))

    stamps = [limiter.wait(Lane.LIST).sent_at for _ in range(300)]

    assert most_within(stamps, 10.0) <= 100


def test_what_other_programs_use_of_the_limit_is_left_to_them(clock):
    limiter = make(clock)
    limiter.observe(limiter.wait(Lane.LIST), HEADERS | remaining(110, 29))

    stamps = [limiter.wait(Lane.LIST).sent_at for _ in range(100)]

    assert most_within(stamps, 10.0) <= 110 - 70


def test_nothing_is_learnt_from_headers_that_are_missing_or_of_another_interval(clock):
    limiter = make(clock)
    permit = limiter.wait(Lane.LIST)
    limiter.observe(permit, {})
    limiter.observe(permit, remaining(5, 0) | {"X-HubSpot-RateLimit-Interval-Milliseconds": "1000"})
    limiter.observe(permit, remaining("many", "few"))

    assert {limiter.wait(Lane.LIST).sent_at for _ in range(109)} == {clock.now}


def test_after_a_429_nobody_sends_for_as_long_as_hubspot_says(clock):
    limiter = make(clock)
    limiter.wait(Lane.SEARCH)

    assert limiter.refused(Lane.SEARCH, 3.0) == 3.0
    assert limiter.wait(Lane.SEARCH).sent_at == pytest.approx(1003.0)


def test_after_a_429_of_the_rolling_window_the_oldest_request_is_waited_out(clock):
    limiter = make(clock)
    limiter.wait(Lane.LIST)
    clock.now += 6

    assert limiter.refused(Lane.LIST, 10.0, rolls=True) == pytest.approx(4.4)  # 10 s, twice the usual margin, less 6 s


def test_after_being_refused_the_window_lasts_longer_for_a_while(clock):
    limiter = make(clock)
    for _ in range(500):
        limiter.wait(Lane.SEARCH)
    clock.now += 100
    before = [limiter.wait(Lane.SEARCH).sent_at for _ in range(6)]

    for _ in range(3):
        limiter.refused(Lane.SEARCH, 1.0)
        limiter.refused(Lane.SEARCH, 1.0)
        clock.now += 100
    after = [limiter.wait(Lane.SEARCH).sent_at for _ in range(6)]
    for _ in range(2_000):
        limiter.wait(Lane.SEARCH)
    clock.now += 100
    later = [limiter.wait(Lane.SEARCH).sent_at for _ in range(6)]

    assert before[-1] - before[0] == pytest.approx(1.03)
    assert after[-1] - after[0] > 1.2
    assert later[-1] - later[0] == pytest.approx(1.03)


def test_a_permit_counts_from_when_it_is_used(clock):
    limiter = make(clock)
    taken = [limiter.wait(Lane.SEARCH) for _ in range(5)]
    clock.now += 0.5
    used = [limiter.sends(permit) for permit in taken]

    assert {permit.sent_at for permit in used} == {clock.now}
    began = clock.now
    assert limiter.wait(Lane.SEARCH).sent_at - began >= 1.03


def test_a_permit_whose_window_is_over_is_used_all_the_same(clock):
    limiter = make(clock)
    taken = limiter.wait(Lane.SEARCH)
    clock.now += 100
    limiter.wait(Lane.SEARCH)

    assert limiter.sends(taken).sent_at == clock.now


def test_a_request_that_travelled_long_counts_from_when_it_arrived(clock):
    limiter = make(clock)
    quick = limiter.wait(Lane.LIST)
    clock.now += 0.1
    limiter.observe(quick, {})
    slow = [limiter.wait(Lane.LIST) for _ in range(109)]
    clock.now += 2.1
    for permit in slow:
        limiter.observe(permit, {})

    first, second = limiter.wait(Lane.LIST).sent_at, limiter.wait(Lane.LIST).sent_at

    assert first - quick.sent_at == pytest.approx(10.2)
    assert second - slow[0].sent_at == pytest.approx(10.2 + 2.0)


def test_a_permit_given_back_can_be_taken_again(clock):
    limiter = make(clock)
    permits = [limiter.wait(Lane.SEARCH) for _ in range(5)]

    limiter.give_back(permits[2])

    assert limiter.wait(Lane.SEARCH).sent_at == permits[0].sent_at
    limiter.give_back(permits[0])
    limiter.give_back(permits[0])


def test_a_stopped_load_takes_no_permit(clock):
    with pytest.raises(LoadStopped):
        make(clock).wait(Lane.LIST, lambda: True)


def test_a_load_can_be_stopped_while_it_waits(clock):
    limiter = make(clock)
    limiter.refused(Lane.LIST, 60)

    with pytest.raises(LoadStopped):
        limiter.wait(Lane.LIST, lambda: clock.now > 1002)

    assert clock.now < 1003


def test_threads_share_the_limit():
    limiter = Limiter(clock=lambda: 0.0, sleep=lambda _seconds: None)
    taken = []

    def take():
        taken.extend(limiter.wait(Lane.LIST).used for _ in range(22))

    threads = [threading.Thread(target=take) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == list(range(1, 111))


def make(clock):
    return Limiter(clock=clock, sleep=clock.sleep)


def remaining(limit, left):
    return {"X-HubSpot-RateLimit-Max": str(limit), "X-HubSpot-RateLimit-Remaining": str(left)}


def most_within(stamps, seconds):
    return max(sum(start <= each < start + seconds for each in stamps) for start in stamps)
