"""The command line as a person starts it: real processes, and a sandbox that is one too."""

import contextlib
import json
import os
import pty
import random
import signal
import subprocess
import sys
import termios
from dataclasses import dataclass

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hubspot.sync.frames import to_frame
from tests.running import ROOT, sandbox, wait_until

SIZES = ("--contacts", 3000, "--companies", 500, "--seed", 5, "--today", "2026-11-23")
SOAK = bool(os.environ.get("SOAK"))
ROUNDS, LARGE = (20, 150_000) if SOAK else (1, 15_000)
# What is on its way when a process dies; in a small portal that alone is more than a twentieth.
ON_THE_WAY = 50
patient = pytest.mark.skipif(not SOAK, reason="it takes long: make soak runs it")
FILES = {"contacts": "contacts.parquet", "companies": "companies.parquet"}


@dataclass
class Portal:
    """A sandbox, and what a person needs of it."""

    url: str
    control: httpx.Client

    def token(self, **asked):
        return self.control.post("/sandbox/token", json=asked).json()["access_token"]

    def stats(self):
        return self.control.get("/sandbox/stats").json()

    def edit(self, object_type="contacts", **numbers):
        self.control.post("/sandbox/edit", json={"object_type": object_type, **numbers}).raise_for_status()

    def break_down(self, *faults):
        self.control.post("/sandbox/faults", json=list(faults)).raise_for_status()

    def lines(self, asked):
        return map(json.loads, self.control.get(f"/sandbox/truth?{asked}").text.splitlines())

    def truth(self, object_type):
        lines = self.lines("account=0")
        return {
            int(each["id"]): each["properties"]
            for each in lines
            if each["kind"] == "record" and each["object_type"] == object_type and not each["archived"]
        }

    def ids(self, object_type):
        lines = (
            json.loads(line)
            for line in self.control.get("/sandbox/truth?account=0&kinds=record&properties=").text.splitlines()
        )
        return [int(each["id"]) for each in lines if each["object_type"] == object_type and not each["archived"]]

    def asked(self):
        """Return how many pages of a hundred records were asked for; links are read anew in any case.

        A search's page holds two of them: a run that begins anew has a whole window for its list calls, so it reads
        more by list and less by search than one that goes on, and counting calls would take that for waste.
        """
        requests = self.stats()["requests"]
        weights = {"list": 1, "search": 2, "batch_read": 1}
        return sum(weight * sum(requests.get(route, {}).values()) for route, weight in weights.items())


@pytest.fixture
def portal(tmp_path):
    with (
        sandbox(tmp_path / "sandbox.log", *SIZES, "--no-limits") as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=60) as control,
    ):
        yield Portal(server.url, control)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A portal that nobody edits."""
    log = tmp_path_factory.mktemp("sandbox") / "log"
    with sandbox(log, *SIZES, "--no-limits") as server, httpx.Client(base_url=server.url, trust_env=False) as control:
        yield Portal(server.url, control)


def begin(*options, token="", **environ):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HUBSPOT_", "DASHBOARD_"))}
    environ = clean | ({"HUBSPOT_ACCESS_TOKEN": token} if token else {}) | environ
    command = [sys.executable, "-m", "hubspot.sync", *map(str, options)]
    return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(*options, **given):
    """Run to the end; return the exit status, the JSON line and what was said."""
    out, said = (process := begin(*options, **given)).communicate(timeout=120)
    assert "Traceback" not in said
    assert not given.get("token") or given["token"] not in out + said
    return process.returncode, json.loads(out) if out else None, said


def read(folder, object_type):
    return to_frame(pq.read_table(folder / FILES[object_type]))


def assert_truth(folder, portal, *names):
    for object_type in FILES:
        truth, frame = portal.truth(object_type), read(folder, object_type).set_index("hs_object_id")
        assert list(frame.index) == sorted(truth)
        for name in names:
            found = frame[name].astype(object)
            assert found.where(found.notna(), None).to_dict() == {
                record_id: properties[name] or None for record_id, properties in truth.items()
            }


def test_the_first_run_fills_a_folder_with_plain_parquet_and_tells_what_it_took(portal, tmp_path):
    status, told, said = run("--api-url", portal.url, "--out", tmp_path / "out", token=portal.token())

    assert status == 0
    assert set(told) == {"contacts", "companies", "associations"}
    assert set(told["contacts"]) == {"records", "requests", "retries", "throttled", "seconds"}
    assert told["contacts"]["records"] == len(portal.truth("contacts"))
    asked = sum(sum(each.values()) for name, each in portal.stats()["requests"].items() if name != "control")
    assert sum(each["requests"] for each in told.values()) == asked
    assert sum(each["retries"] + each["throttled"] for each in told.values()) == 0
    assert_truth(tmp_path / "out", portal, "phone", "city", "lifecyclestage")
    assert pq.read_table(tmp_path / "out" / "associations.parquet").num_rows == told["associations"]["records"]
    assert "contacts" in said
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == [
        ".hubspot-sync",
        "associations.parquet",
        "companies.parquet",
        "contacts.parquet",
    ]


def test_the_second_run_reads_only_what_changed_and_full_reads_everything(portal, tmp_path):
    order = ("--api-url", portal.url, "--out", tmp_path / "out")
    first = run(*order, token=portal.token())[1]
    portal.edit(create=5, update=20, archive=4, merge=3)
    portal.edit("companies", create=2, update=9, archive=2, merge=1)

    status, told, _ = run(*order, token=portal.token())

    assert status == 0
    assert told["contacts"]["requests"] < first["contacts"]["requests"] / 2
    assert_truth(tmp_path / "out", portal, "phone", "city", "lifecyclestage")
    full = run(*order, "--full", token=portal.token())[1]
    assert full["contacts"]["requests"] > told["contacts"]["requests"] * 2
    assert_truth(tmp_path / "out", portal, "phone", "city")


def test_properties_are_the_base_all_of_them_or_those_that_were_named(shared, tmp_path):
    order = ("--api-url", shared.url, "--objects", "contacts", "--out")

    base = run(*order, tmp_path / "base", token=shared.token())
    every = run(*order, tmp_path / "all", "--properties", "all", token=shared.token())
    named = run(*order, tmp_path / "named", "--properties", "email, nps_score", token=shared.token())

    assert [each[0] for each in (base, every, named)] == [0, 0, 0]
    columns = {name: set(read(tmp_path / name, "contacts").columns) for name in ("base", "all", "named")}
    assert columns["named"] == {
        *("hs_object_id", "createdate", "lastmodifieddate", "hs_merged_object_ids", "email", "nps_score")
    }
    assert columns["named"] < columns["base"] < columns["all"]
    assert set(next(iter(shared.truth("contacts").values()))) - {"hs_object_id"} <= columns["all"]


def test_other_properties_than_last_time_are_loaded_with_a_sentence(shared, tmp_path):
    order = ("--api-url", shared.url, "--objects", "companies", "--out", tmp_path / "out", "--properties")
    run(*order, "base", token=shared.token())

    status, _, said = run(*order, "name", token=shared.token())

    assert status == 0
    assert "Other properties were asked for than last time" in said
    assert "domain" not in read(tmp_path / "out", "companies").columns


def test_429s_and_other_repeated_requests_are_told_apart(portal, tmp_path):
    portal.break_down(
        {"route": "list", "kind": "burst", "times": 1, "after": 3, "retry_after": 1},
        {"route": "owners", "status": 503, "times": 2},
    )

    told = run("--api-url", portal.url, "--out", tmp_path / "out", token=portal.token())[1]

    assert sum(each["throttled"] for each in told.values()) == 1
    assert sum(each["retries"] for each in told.values()) == 2


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A portal whose load takes some seconds, and how many pages it needs."""
    folder = tmp_path_factory.mktemp("large")
    sizes = ("--contacts", LARGE, "--companies", LARGE // 20, "--seed", 5, "--today", "2026-11-23")
    with (
        sandbox(folder / "log", *sizes, "--no-limits", "--latency-ms", 20) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=60) as control,
    ):
        portal = Portal(server.url, control)
        run("--api-url", server.url, "--out", folder / "out", token=portal.token())
        yield portal, portal.asked()


@pytest.mark.parametrize("moment", range(ROUNDS))
def test_a_killed_run_is_resumed_by_the_next_and_little_is_asked_twice(large, tmp_path, moment):
    (portal, whole), share = large, random.Random(moment).uniform(0.2, 0.9)
    order, before = ("--api-url", portal.url, "--out", tmp_path / "out"), portal.asked()

    process = begin(*order, token=portal.token())
    # At HubSpot's limits a large portal takes longer than a start does.
    wait_until(lambda: portal.asked() >= before + whole * share, seconds=180, what="the moment")
    process.kill()
    process.communicate()
    status = run(*order, token=portal.token())[0]

    twice = portal.asked() - before - whole
    assert status == 0
    assert list(read(tmp_path / "out", "contacts")["hs_object_id"]) == sorted(portal.ids("contacts"))
    assert twice < (0.05 * whole if SOAK else ON_THE_WAY), (twice, whole, share)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_where_the_next_run_goes_on(tmp_path, number):
    with (
        sandbox(tmp_path / "log", *SIZES, "--no-limits", "--latency-ms", 200) as server,
        httpx.Client(base_url=server.url, trust_env=False) as control,
    ):
        portal = Portal(server.url, control)
        process = begin("--api-url", server.url, "--out", tmp_path / "out", token=portal.token())
        wait_until(lambda: portal.asked() >= 15, what="a part of the load")

        process.send_signal(number)
        out, said = process.communicate(timeout=20)

        assert process.returncode == 130
        assert out == ""
        assert "Stopped. The files are as they were; the next run goes on" in said
        assert "Traceback" not in said
        assert list((tmp_path / "out" / ".hubspot-sync").rglob("part-*"))
        assert run("--api-url", server.url, "--out", tmp_path / "out", token=portal.token())[0] == 0
        assert_truth(tmp_path / "out", portal, "city")
        assert not list((tmp_path / "out" / ".hubspot-sync").rglob("part-*"))


def test_on_a_terminal_there_is_a_bar(shared, tmp_path):
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    command = [sys.executable, "-m", "hubspot.sync", "--api-url", shared.url, "--out", tmp_path / "out"]
    environ = os.environ | {"HUBSPOT_ACCESS_TOKEN": shared.token()}
    done = subprocess.run(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=theirs, check=True)
    os.close(theirs)

    drawn = "".join(read_terminal(ours))

    assert json.loads(done.stdout)["contacts"]["records"]
    assert "100%" in drawn


def read_terminal(ours):
    with contextlib.suppress(OSError):  # how Linux tells that the other end is closed
        while drawn := os.read(ours, 4096):
            yield drawn.decode(errors="replace")
    os.close(ours)


@pytest.mark.parametrize(
    ("options", "status", "sentence"),
    [
        (("--objects", "deals"), 2, "'deals' can't be loaded, only contacts and companies"),
        (("--objects", ","), 2, "write names with commas between them"),
        (("--properties", "email,no_such_property"), 2, "HubSpot knows no property 'no_such_property'"),
        (("--properties", "all,email"), 2, "write base, all or internal names, not some of each"),
        (("--api-url", "ftp://x"), 2, "write an address like https://api.hubapi.com"),
        pytest.param(("--api-url", "http://127.0.0.1:9"), 1, "HubSpot can't be reached", marks=patient),
        (("--out", "/proc/nowhere"), 4, "can't be used"),
        (("--portal", "1"), 2, "goes with --full only"),
        (("--colour",), 2, "Unrecognized arguments"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_a_status(shared, tmp_path, options, status, sentence):
    given = ("--api-url", shared.url, "--out", tmp_path / "out", *options)

    ended, told, said = run(*given, token=shared.token())

    assert (ended, told) == (status, None)
    assert sentence in said
    assert len(said.strip().splitlines()) == 1


def test_without_a_folder_or_a_portal_the_command_says_so():
    assert run(token="x")[::2] == (
        2,
        "Name a folder with --out, or a connected portal with --portal. Run with --help to see what there is.\n",
    )


@pytest.mark.parametrize(
    ("token", "status", "sentence"),
    [
        ("", 2, "HUBSPOT_ACCESS_TOKEN is not set"),
        ("wrong-token-1", 3, "HubSpot does not accept the token"),
        ("schlüssel-1", 2, "holds characters that no token has"),
    ],
)
def test_a_token_that_does_not_do_is_a_sentence_and_is_never_repeated(shared, tmp_path, token, status, sentence):
    ended, told, said = run("--api-url", shared.url, "--out", tmp_path / "out", token=token)

    assert (ended, told) == (status, None)
    assert sentence in said


def test_a_token_without_a_permission_loads_the_rest_and_says_so(shared, tmp_path):
    token = shared.token(scopes=["oauth", "crm.objects.contacts.read"])

    status, told, said = run("--api-url", shared.url, "--out", tmp_path / "out", token=token)

    assert status == 3
    assert set(told) == {"contacts"}
    assert "did not grant reading companies" in said


def test_a_folder_of_another_portal_or_another_hubspot_is_left_alone(shared, portal, tmp_path):
    order = ("--objects", "companies", "--out", tmp_path / "out")
    run("--api-url", shared.url, *order, token=shared.token())
    before = (tmp_path / "out" / "companies.parquet").read_bytes()

    other_portal = run("--api-url", shared.url, *order, "--full", token=shared.token(account=1))
    other_url = run("--api-url", portal.url, *order, token=portal.token())

    assert other_portal[0] == other_url[0] == 4
    assert "but the token is of portal" in other_portal[2]
    assert f"holds a portal of {shared.url}" in other_url[2]
    assert (tmp_path / "out" / "companies.parquet").read_bytes() == before


def test_a_damaged_file_is_a_sentence_and_full_replaces_it(shared, tmp_path):
    order = ("--api-url", shared.url, "--objects", "companies", "--out", tmp_path / "out")
    run(*order, token=shared.token())
    file = tmp_path / "out" / "companies.parquet"
    content = file.read_bytes()
    # The middle of it is the records', the end is the file's own table of contents.
    for damaged in (b"", b"no Parquet at all", content[:2000] + bytes(400) + content[2400:]):
        file.write_bytes(damaged)

        status, _, said = run(*order, token=shared.token())

        assert status == 4
        assert "companies.parquet" in said
        assert "is damaged. Run again with --full" in said
    assert run(*order, "--full", token=shared.token())[0] == 0
    assert len(read(tmp_path / "out", "companies")) == len(shared.truth("companies"))


def test_a_file_of_another_program_is_never_replaced(shared, tmp_path):
    (tmp_path / "out").mkdir()
    pq.write_table(pa.table({"id": [1]}), tmp_path / "out" / "companies.parquet")

    status, _, said = run(
        "--api-url", shared.url, "--objects", "companies", "--out", tmp_path / "out", "--full", token=shared.token()
    )

    assert status == 4
    assert "was not written by this command" in said
    assert pq.read_table(tmp_path / "out" / "companies.parquet").num_rows == 1


def test_two_runs_never_share_a_folder(tmp_path):
    with (
        sandbox(tmp_path / "log", *SIZES, "--no-limits", "--latency-ms", 300) as server,
        httpx.Client(base_url=server.url, trust_env=False) as control,
    ):
        portal = Portal(server.url, control)
        order = ("--api-url", server.url, "--out", tmp_path / "out")
        first = begin(*order, token=portal.token())
        wait_until(lambda: portal.asked() >= 1, what="the first run")

        status, _, said = run(*order, token=portal.token())

        assert status == 4
        assert "Another run is loading into" in said
        first.communicate(timeout=60)
        assert first.returncode == 0
