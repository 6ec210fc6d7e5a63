import json
import subprocess
import sys
import threading
import time
from itertools import pairwise

import pytest

from hubspot.connections.grants import Account, Grants, Pace
from hubspot.connections.upkeep import Upkeep
from hubspot.errors import ConnectionEnded, StoreDown, TryLater
from tests.connections.servers import until
from tests.running import ROOT

ANNA, BEN = Account(1001, 11), Account(1001, 12)
AT = ("{1001}", "11", "at")
LIFETIME = 5


class Clock:
    """Time that passes when a test says so."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Renewals:
    """Stands for the network: what each ask is answered, seconds or an error, and who asked when."""

    def __init__(self, clock, *answers):
        self.clock, self.answers, self.asked = clock, list(answers), []

    def __call__(self, account):
        self.asked.append((account, self.clock.now))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def kept(*answers, idle_seconds=3600):
    clock = Clock()
    renewals = Renewals(clock, *answers)
    return Upkeep(renewals, idle_seconds=idle_seconds, clock=clock), renewals, clock


def live(upkeep, clock, seconds):
    """Let the thread of the dashboard run so long."""
    ends = clock.now + seconds
    while clock.now < ends:
        clock.now += upkeep.turn()


def test_nothing_is_asked_while_nobody_looks():
    upkeep, renewals, clock = kept(100.0)

    live(upkeep, clock, 3600)

    assert renewals.asked == []


def test_an_account_in_use_is_asked_about_when_it_is_due():
    upkeep, renewals, clock = kept(1290.0)
    upkeep.used(ANNA)

    live(upkeep, clock, 1289)
    before = len(renewals.asked)
    live(upkeep, clock, 40)

    assert (before, len(renewals.asked)) == (1, 2)
    assert renewals.asked[1][1] - renewals.asked[0][1] == pytest.approx(1290, abs=31)


def test_an_account_that_is_used_no_more_is_let_go():
    upkeep, renewals, clock = kept(100.0, idle_seconds=600)
    upkeep.used(ANNA)

    live(upkeep, clock, 3600)

    assert renewals.asked[-1][1] <= 1000 + 600 + 30


def test_one_that_is_used_again_is_minded_again():
    upkeep, renewals, clock = kept(100.0, idle_seconds=600)
    upkeep.used(ANNA)
    live(upkeep, clock, 3600)
    asked = len(renewals.asked)

    upkeep.used(ANNA)
    upkeep.turn()

    assert len(renewals.asked) == asked + 1


def test_each_failure_in_a_row_makes_the_pause_longer_up_to_five_minutes():
    upkeep, renewals, clock = kept(StoreDown("down"))
    upkeep.used(ANNA)

    live(upkeep, clock, 1500)

    times = [at for _, at in renewals.asked]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses[:6] == pytest.approx([5, 10, 20, 40, 80, 160], abs=1)
    assert max(pauses) == pytest.approx(300, abs=1)


def test_a_pause_begins_when_the_failure_came_not_when_the_turn_began():
    upkeep, renewals, clock = kept(StoreDown("down"))
    slow = renewals.__call__

    def eight_seconds(account):
        clock.now += 8
        return slow(account)

    upkeep._renew_early = eight_seconds
    upkeep.used(ANNA)

    assert upkeep.turn() == pytest.approx(5, abs=0.1)


def test_hubspots_own_wish_for_a_pause_is_kept():
    upkeep, renewals, clock = kept(TryLater("busy", 42), 1000.0)
    upkeep.used(ANNA)

    live(upkeep, clock, 60)

    assert renewals.asked[1][1] - renewals.asked[0][1] == pytest.approx(42, abs=1)


def test_a_success_after_failures_begins_with_a_short_pause_again():
    upkeep, renewals, clock = kept(StoreDown("down"), StoreDown("down"), 30.0, StoreDown("down"), 1000.0)
    upkeep.used(ANNA)

    live(upkeep, clock, 90)

    times = [at for _, at in renewals.asked]
    assert times[4] - times[3] == pytest.approx(5, abs=1)


def test_a_grant_that_ended_is_not_asked_about_again_and_others_are():
    clock = Clock()
    asked = []

    def renew(account):
        asked.append(account)
        if account == ANNA:
            raise ConnectionEnded("ended")
        return 10.0

    upkeep = Upkeep(renew, clock=clock)
    upkeep.used(ANNA)
    upkeep.used(BEN)

    live(upkeep, clock, 60)

    assert asked.count(ANNA) == 1
    assert asked.count(BEN) >= 5


def test_somebody_new_wakes_the_thread_at_once():
    upkeep, _, _ = kept(100.0)
    resting = threading.Thread(target=upkeep.rest, args=(60,))
    resting.start()

    upkeep.used(ANNA)

    resting.join(5)
    assert not resting.is_alive()


def test_a_token_is_renewed_before_anybody_meets_the_soft_margin(grants, hubspot, store):
    token = hubspot.issue()
    grants.save(token)

    assert 1270 < grants.renew_early(ANNA) <= 1290
    store.client.pexpire(store.key(*AT), 440_000)
    assert grants.access(ANNA) == token.access_token
    assert not hubspot.refreshes

    assert 1270 < grants.renew_early(ANNA) <= 1290
    assert grants.access(ANNA) != token.access_token
    assert len(hubspot.refreshes) == 1


def test_an_early_renewal_leaves_one_that_is_under_way_alone(grants, store, keyring, oauth, hubspot):
    grants.save(hubspot.issue())
    store.client.pexpire(store.key(*AT), 1000)
    asked, answering = threading.Event(), threading.Event()

    def answer():
        asked.set()
        answering.wait(5)

    hubspot.before_answer = answer
    first = threading.Thread(target=grants.renew_early, args=(ANNA,))
    first.start()
    assert asked.wait(5)

    began = time.monotonic()
    again = [grants.renew_early(ANNA), Grants(store, keyring, oauth).renew_early(ANNA)]
    took = time.monotonic() - began
    answering.set()
    first.join()

    assert again == [0.5, 0.5]
    assert took < 1
    assert len(hubspot.refreshes) == 1


def test_an_early_renewal_that_fails_is_told_and_costs_one_call(grants, hubspot, store):
    token = hubspot.issue()
    grants.save(token)
    store.client.pexpire(store.key(*AT), 440_000)
    hubspot.answers += [(429, {}, {"Retry-After": "30"})]

    for _ in range(2):
        with pytest.raises(TryLater) as refused:
            grants.renew_early(ANNA)

    assert 25 < refused.value.retry_after <= 30
    assert len(hubspot.refreshes) == 1
    assert grants.access(ANNA) == token.access_token


@pytest.mark.parametrize("lifetime", [2, 60, 1800, 86400])
def test_early_comes_before_soft_and_soft_before_hard(lifetime):
    pace = Pace()

    assert pace.early(lifetime) > min(pace.soft_margin, lifetime / 6) > pace.soft(lifetime) * 0.99
    assert pace.hard(lifetime) + pace.early(lifetime) < lifetime


class Keeper:
    """A running keeper.py."""

    def __init__(self, redis_url, api_url, *, idle_seconds):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.connections.keeper", redis_url, api_url, str(idle_seconds)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def tells(self, word="go"):
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def ends(self):
        self.process.stdin.close()
        code = self.process.wait(5)
        self.process.stdout.close()
        return code


@pytest.fixture
def keepers(shared_server, store, hubspot):
    started = []

    def start(count, *, idle_seconds=60):
        started.extend(Keeper(shared_server.url, hubspot.url, idle_seconds=idle_seconds) for _ in range(count))
        for keeper in started:
            until(lambda keeper=keeper: keeper.tells()["uses"] > 10)
        return started

    yield start
    for keeper in started:
        if keeper.process.poll() is None:
            keeper.process.kill()
            keeper.process.wait()
        keeper.process.stdin.close()
        keeper.process.stdout.close()


def test_two_processes_renew_once_a_lifetime_and_nobody_ever_waits(grants, hubspot, store, keepers):
    hubspot.lifetime, hubspot.delay = LIFETIME, 1.0
    grants.save(hubspot.issue(expires_in=LIFETIME))
    first, second = keepers(2)
    began, calls = time.monotonic(), len(hubspot.refreshes)

    until(lambda: len(hubspot.refreshes) >= calls + 2)
    until(lambda: store.client.pttl(store.key(*AT)) > 600 * LIFETIME)
    took, told = time.monotonic() - began, [first.tells(), second.tells()]

    # A lifetime less both margins: no token is renewed sooner, so each call was for another token.
    assert took >= LIFETIME - 0.1 * LIFETIME - 0.25 * LIFETIME
    assert len(hubspot.refreshes) == calls + 2
    assert [each["errors"] for each in told] == [[], []]
    assert all(each["uses"] > 50 for each in told)
    assert max(each["longest"] for each in told) < hubspot.delay

    # The keepers end with their process, whoever is resting or renewing.
    assert [keeper.ends() for keeper in (first, second)] == [0, 0]


def test_when_nobody_looks_any_more_the_calls_end(grants, hubspot, keepers):
    hubspot.lifetime = 1
    grants.save(hubspot.issue(expires_in=1))
    (keeper,) = keepers(1, idle_seconds=0.3)
    until(lambda: len(hubspot.refreshes) >= 2)

    keeper.tells("stop")
    time.sleep(0.6)  # the last use is forgotten, and a call that was under way is answered
    calls = len(hubspot.refreshes)
    time.sleep(1.2)  # longer than a token lives

    assert len(hubspot.refreshes) == calls
