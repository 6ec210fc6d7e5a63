"""A team at its dashboard: so many tabs over real WebSockets, each with one action every half minute.

An action opens another page or changes a filter; in between, the tabs run their fragments on timers, as browsers do.
Client, dashboard and sandbox share this machine. SESSIONS and MINUTES set the size; afterwards as many tabs are added
again, up to MOST, until a rerun in twenty takes longer than three seconds, or something fails.
"""

import os
import random
import re
import statistics
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
from websockets.exceptions import WebSocketException

from tests import running
from tests.benchmarks.exploring import processor_seconds, resident, whole
from tests.visits import Person

SESSIONS = int(os.environ.get("SESSIONS", "150"))
MINUTES = float(os.environ.get("MINUTES", "2"))
CONTACTS, COMPANIES = 100_000, 20_000
MOST = int(os.environ.get("MOST", "600"))
ACTION_EVERY, TOO_LONG = 30.0, 3.0
PAGES = ("", "contacts", "companies", "lifecycle", "data_health")
FILTER, LINE = "contacts.stage", re.compile(r"\*\*([\d,]+)\*\* :gray\[of ([\d,]+) ")
BROKEN_OFF = (OSError, TimeoutError, WebSocketException, httpx.TransportError)


@dataclass
class Told:
    """What a team met. Times are in seconds; `wrong` are counts that differ from what they were at first."""

    reruns: list[float] = field(default_factory=list)
    by_page: dict[str, list[float]] = field(default_factory=dict)
    fragments: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    recovered: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, page, run):
        with self._lock:
            self.reruns.append(run.seconds)
            self.by_page.setdefault(page or "overview", []).append(run.seconds)
            if run.failed:
                self.errors.append(f"an exception on {page or 'overview'}")

    def percentile(self, percent):
        return statistics.quantiles(self.reruns, n=100)[percent - 1] if len(self.reruns) > 1 else 0.0


class Member(threading.Thread):
    """One person with one tab; with `patience` (seconds), the tab connects again when it breaks off."""

    def __init__(self, base, told, truth, *, seed, every, patience):
        super().__init__(daemon=True, name=f"member {seed}")
        self.told, self.truth, self.every, self.patience = told, truth, every, patience
        self.chance, self.leaving = random.Random(seed), threading.Event()
        self.person, self.widget = Person(base), None

    def run(self):
        with suppress(*BROKEN_OFF):  # it may leave while its tab is broken off
            self.do(lambda: self.person.open(""))
            self.stay(self.chance.uniform(0, self.every))
            while not self.leaving.is_set():
                self.do(self.action())
                self.stay(self.every)
        self.person.leave()

    def action(self):
        """Return what this person does next: another page, or a filter where there is one."""
        if self.person.page == "contacts" and self.chance.random() < 0.7:
            option = self.chance.choice([*self.truth])
            return lambda: self.filtered(option)
        page = self.chance.choice(PAGES)
        return lambda: self.person.turn_to(page)

    def filtered(self, option):
        if self.widget is None:
            run = self.person.run()
            self.widget = next((each for name, each in run.elements.items() if name.endswith(f"-{FILTER}")), None)
        if self.widget is None:
            return run  # the page says why it shows nothing
        self.person.widgets[self.widget.id] = ("string_array_value", [option])
        after = self.person.run()
        found = counted(after)
        is_told = found is not None or not self.patience
        if is_told and found != self.truth[option] and not after.failed:
            self.told.wrong.append(f"{option}: {found}, not {self.truth[option]}")
        return after

    def do(self, action):
        try:
            run = action()
        except BROKEN_OFF as error:
            self.recover(error)
        else:
            self.told.add(self.person.page, run)

    def stay(self, seconds):
        """Keep the tab open, as its browser does, until it is time for the next action or to leave."""
        ends_at = time.monotonic() + seconds
        while (left := ends_at - time.monotonic()) > 0 and not self.leaving.is_set():
            try:
                runs = self.person.stay(min(left, 1.0))
                self.told.fragments += [each.seconds for each in runs]
            except BROKEN_OFF as error:
                self.recover(error)

    def recover(self, error):
        """Connect again, as a browser does by itself; without a proxy that knows another replica, that is an error."""
        if not self.patience:
            self.told.errors.append(type(error).__name__)
        ends_at = time.monotonic() + max(self.patience, 10)
        while time.monotonic() < ends_at:
            try:
                run = self.person.open_again()
            except BROKEN_OFF:
                time.sleep(0.3)
                continue
            self.told.recovered += 1
            if run.failed or not run.texts:
                self.told.errors.append("an exception after connecting again")
            return
        self.told.errors.append("nobody to connect to")


def counted(run):
    """Return how many contacts a run lists, None where it lists none."""
    return next((found[1] for text in run.texts if (found := LINE.match(text))), None)


class Team:
    """People who come and go together; all are connected to the portal before they open a tab."""

    def __init__(self, base, hub_id, truth, *, every=ACTION_EVERY, patience=0.0):
        self.base, self.hub_id, self.truth, self.every = base, hub_id, truth, every
        self.patience, self.told, self.members = patience, Told(), []

    def grow(self, people):
        for _ in range(people):
            number = len(self.members)
            member = Member(self.base, self.told, self.truth, seed=number, every=self.every, patience=self.patience)
            member.person.connect_hubspot(self.hub_id)
            self.members.append(member)
            member.start()

    def work(self, seconds):
        """Let them work, and tell of this time alone."""
        self.told = Told()
        for each in self.members:
            each.told = self.told
        time.sleep(seconds)
        return self.told

    def go_home(self):
        for each in self.members:
            each.leaving.set()
        for each in self.members:
            each.join(90)


def truth_of(person, run):
    """Return the counts of contacts by option of a filter, as one person sees them before the team comes."""
    widget, found = run.widget(FILTER), {}
    for option in list(widget.options)[:6]:
        person.widgets[widget.id] = ("string_array_value", [option])
        found[option] = counted(person.run())
    return found


def figures(folder):
    """Yield pairs of a name and a figure."""
    sizes = ("--contacts", CONTACTS, "--companies", COMPANIES, "--no-limits")
    with running.sandbox(folder / "sandbox.log", *sizes) as hubspot:
        settings = running.settings_of(hubspot)
        with running.dashboard(folder / "home.team", folder / "team.log", **settings) as server:
            yield from of_team(server, hubspot.ready["hub_id"])


def of_team(server, hub_id):
    first = Person(server.url)
    first.connect_hubspot(hub_id)
    run = running.wait_until(lambda: whole(first.open("contacts"), CONTACTS), seconds=600, what="the whole portal")
    truth = truth_of(first, run)
    for page in PAGES:
        first.turn_to(page)
    first.leave()
    empty, team = resident(server), Team(server.url, hub_id, truth)
    try:
        team.grow(SESSIONS)
        yield from of_work(server, team, MINUTES * 60, empty)
        while len(team.members) < MOST and not is_broken(team.told):
            team.grow(min(SESSIONS, MOST - len(team.members)))
            yield from of_work(server, team, 60, empty)
        yield "the team: where it breaks", end_of(team)
    finally:
        team.go_home()


def of_work(server, team, seconds, empty):
    before, began = processor_seconds(server), time.monotonic()
    told = team.work(seconds)
    spent = (processor_seconds(server) - before) / (time.monotonic() - began)
    name, after = f"a team of {len(team.members)} tabs on {CONTACTS:,} contacts, {seconds:.0f} s", resident(server)
    waits = ", ".join(f"p{each} {told.percentile(each) * 1000:,.0f} ms" for each in (50, 95, 99))
    yield f"{name}: {len(told.reruns)} reruns", waits
    yield f"{name}: {len(told.fragments)} runs of fragments, median", milliseconds(told.fragments)
    for page, times in sorted(told.by_page.items()):
        yield f"{name}: {page}, median of {len(times)}", milliseconds(times)
    yield f"{name}: errors, wrong counts", f"{len(told.errors)}, {len(told.wrong)} {sorted({*told.errors})}"
    per_session = (after - empty) / len(team.members)
    memory = f"{empty / 1e6:,.0f} MB, then {after / 1e6:,.0f} MB: {per_session / 1e6:.2f} MB a tab"
    yield f"{name}: memory of the dashboard without and with them", memory
    yield f"{name}: processor of the dashboard", f"{spent:.2f} of {os.cpu_count()} cores"


def milliseconds(times):
    return f"{statistics.median(times) * 1000:,.0f} ms" if times else "none"


def is_broken(told):
    return told.percentile(95) > TOO_LONG or told.errors or told.wrong


def end_of(team):
    if not is_broken(team.told):
        return f"not with {len(team.members)} tabs"
    return f"at {len(team.members)} tabs (p95 {team.told.percentile(95):.1f} s, {len(team.told.errors)} errors)"
