import time

import httpx
import pytest

CONTACTS = "/crm/objects/2026-09/contacts"


@pytest.fixture
def faulty(client):
    yield client
    client.faults()


@pytest.mark.parametrize(
    ("fault", "status", "member", "value"),
    [
        ({"status": 429}, 429, "policyName", "TEN_SECONDLY_ROLLING"),
        ({"kind": "secondly"}, 429, "category", "RATE_LIMITS"),
        ({"status": 429, "kind": "daily"}, 429, "policyName", "DAILY"),
        ({"status": 401}, 401, "category", "EXPIRED_AUTHENTICATION"),
        ({"kind": "unauthenticated"}, 401, "category", "INVALID_AUTHENTICATION"),
        ({"status": 403}, 403, "category", "MISSING_SCOPES"),
        ({"status": 423}, 423, "category", "RESOURCE_LOCKED"),
        ({"status": 477}, 477, "category", "MIGRATION_IN_PROGRESS"),
        ({"status": 500}, 500, "status", "error"),
        ({"status": 530}, 530, "status", "error"),
        ({"kind": "status", "status": 429}, 429, "category", "VALIDATION_ERROR"),
    ],
)
def test_a_fault_answers_in_the_place_of_the_route(faulty, fault, status, member, value):
    faulty.faults({"route": "list", **fault})

    answer = faulty.get(CONTACTS)

    assert answer.status_code == status
    assert answer.json()[member] == value
    assert answer.json()["correlationId"] == answer.headers["x-hubspot-correlation-id"]
    assert faulty.get(CONTACTS).status_code == 200


def test_a_migration_says_when_to_come_back(faulty):
    faulty.faults({"route": "list", "status": 477}, {"route": "search", "status": 429, "retry_after": 7})

    assert faulty.get(CONTACTS).headers["retry-after"] == "30"
    assert faulty.search().headers["retry-after"] == "7"


@pytest.mark.parametrize("status", [403, 414, 500, 502, 503, 504, 521, 522, 523, 524, 525, 526])
def test_an_edge_servers_error_is_html(faulty, status):
    faulty.faults({"route": "list", "status": status, "kind": "html"})

    answer = faulty.get(CONTACTS)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<html>")


def test_the_edges_own_limit_is_plain_text(faulty):
    faulty.faults({"route": "list", "kind": "text"})

    answer = faulty.get(CONTACTS)

    assert (answer.status_code, answer.text) == (429, "error code: 1015")
    assert answer.headers["content-type"].startswith("text/plain")


def test_faults_skip_requests_hit_some_and_end(faulty):
    faulty.faults({"route": "list", "status": 500, "times": 2, "after": 1})

    assert [faulty.get(CONTACTS).status_code for _ in range(5)] == [200, 500, 500, 200, 200]


def test_faults_hit_only_their_route_and_a_star_hits_every(faulty):
    faulty.faults({"route": "owners", "status": 500}, {"route": "*", "status": 503, "after": 1})

    assert faulty.get(CONTACTS).status_code == 200
    assert faulty.get("/crm/owners/2026-09").status_code == 500
    assert faulty.get(CONTACTS).status_code == 503


def test_a_star_leaves_the_control_endpoints_alone(faulty):
    faulty.faults({"route": "*", "status": 503, "times": 9})

    assert faulty.get(CONTACTS).status_code == 503
    faulty.faults()
    assert faulty.get(CONTACTS).status_code == 200


def test_truncated_json_ends_in_its_middle(faulty):
    whole = faulty.get(CONTACTS).content
    faulty.faults({"route": "list", "kind": "truncated"})

    answer = faulty.get(CONTACTS)

    assert answer.status_code == 200
    assert answer.content == whole[: len(whole) // 2]


def test_an_empty_body_is_empty(faulty):
    faulty.faults({"route": "list", "kind": "empty"})

    assert faulty.get(CONTACTS).content == b""


def test_a_dropped_connection_breaks_off_the_answer(faulty):
    faulty.faults({"route": "list", "kind": "drop"})

    with pytest.raises(httpx.RemoteProtocolError):
        faulty.get(CONTACTS)
    assert faulty.get(CONTACTS).status_code == 200


@pytest.mark.parametrize("kind", ["delay", "slow"])
def test_a_slow_answer_is_whole_and_takes_its_seconds(faulty, kind):
    whole = faulty.get(CONTACTS).content
    faulty.faults({"route": "list", "kind": kind, "seconds": 0.4})
    began = time.monotonic()

    answer = faulty.get(CONTACTS)

    assert answer.content == whole
    assert 0.3 < time.monotonic() - began < 5


def test_the_token_endpoints_can_fail_too(faulty):
    granted = faulty.grant()
    fields = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    faulty.faults(
        {"route": "token", "kind": "invalid_grant"},
        {"route": "token", "kind": "bad_hub"},
        {"route": "token", "status": 502, "kind": "html"},
    )

    answers = [faulty.form("token", **fields) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [400, 400, 502, 200]
    assert answers[0].json()["status"] == "BAD_REFRESH_TOKEN"
    assert answers[1].json() == {"status": "BAD_HUB", "message": "missing or unknown hub id", "error": "access_denied"}


def test_an_error_can_be_late_slow_and_cut_at_once(faulty):
    faulty.faults({"route": "list", "kind": ["delay", "slow", "truncated", "html"], "status": 502, "seconds": 0.1})
    began = time.monotonic()

    answer = faulty.get(CONTACTS)

    assert answer.status_code == 502
    assert answer.text.startswith("<html>")
    assert "</html>" not in answer.text
    assert time.monotonic() - began >= 0.15


def test_a_status_and_a_spoiler_befall_the_same_answer(faulty):
    faulty.faults(
        {"route": "list", "kind": "empty", "status": 503}, {"route": "search", "kind": ["slow", "drop"], "seconds": 0.2}
    )

    answer = faulty.get(CONTACTS)

    assert (answer.status_code, answer.content) == (503, b"")
    with pytest.raises(httpx.RemoteProtocolError):
        faulty.search()
    assert faulty.search().status_code == 200


def test_faults_of_one_route_come_one_after_another_with_counts(faulty):
    faulty.faults(
        {"route": "list", "status": 500, "times": 2, "after": 1},
        {"route": "list", "status": 423, "times": 1},
        {"route": "*", "status": 503, "after": 4},
    )

    assert [faulty.get(CONTACTS).status_code for _ in range(6)] == [423, 500, 500, 200, 503, 200]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ([{"route": "nowhere", "status": 500}], "nowhere"),
        ([{"route": ["list"], "status": 500}], "route"),
        ([{"kind": "odd"}], "odd"),
        ([{"kind": ["delay", "odd"]}], "odd"),
        ([{"kind": {"delay": 1}}], "delay"),
        ([{"kind": ["burst", "html"]}], "burst and html"),
        ([{"route": "list"}], "kind"),
        ([{"kind": "status"}], "no status"),
        ([{"status": 200}], "status"),
        ([{"status": "500"}], "status"),
        ([{"status": 500, "times": -1}], "times"),
        ([{"status": 500, "times": "two"}], "times"),
        ([{"status": 500, "after": 1.5}], "after"),
        ([{"status": 500, "after": True}], "after"),
        ([{"kind": "delay", "seconds": "long"}], "seconds"),
        ([{"kind": "delay", "seconds": -1}], "seconds"),
        ([{"status": 500, "retry_after": "soon"}], "retry_after"),
        ([{"status": 500, "tmes": 3}], "tmes"),
        ([{"route": "list", "kind": "silent"}], "silent"),
        ({}, "list of faults"),
        ([1], "list of faults"),
        ("x", "list of faults"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_a_sentence(faulty, body, names):
    faulty.faults({"route": "list", "status": 500})

    answer = faulty.http.post("/sandbox/faults", json=body)

    assert answer.status_code == 400
    assert names in answer.json()["message"]
    assert answer.json()["message"].endswith((".", "a status alone."))
    assert faulty.get(CONTACTS).status_code == 500


def test_latency_is_added_to_every_answer(start):
    client = start(latency_ms=150)
    began = time.monotonic()

    client.get(CONTACTS)

    assert time.monotonic() - began >= 0.15
