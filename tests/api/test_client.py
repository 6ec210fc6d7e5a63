import json
import logging

import httpx
import pytest

from hubspot.api.client import HubSpot, Tally, open_http
from hubspot.api.limits import Lane
from hubspot.api.protocol import read_object
from hubspot.errors import (
    LoadStopped,
    NotConnected,
    RateLimited,
    RequestFailed,
    ResponseError,
    TryLater,
    Unauthorized,
    UnreadableResponse,
)
from tests.answering import Answering

OK = httpx.Response(200, json={"ok": True})
EXPIRED = {"category": "EXPIRED_AUTHENTICATION", "correlationId": "ref-1"}
BURST = {"policyName": "TEN_SECONDLY_ROLLING", "message": "You have reached your ten_secondly_rolling limit."}


def test_an_answer_is_read(make_client):
    client = make_client(script(OK))

    assert client.get("/x", read_object) == {"ok": True}
    assert (client.tally.requests, client.tally.retries) == (1, 0)


def test_a_question_is_posted_as_json(make_client):
    seen = []

    def handler(request):
        seen.append((request.method, request.headers["content-type"], json.loads(request.content)))
        return OK

    make_client(handler).post("/x", {"limit": 1}, read_object, lane=Lane.SEARCH)

    assert seen == [("POST", "application/json", {"limit": 1})]


def test_an_expired_token_is_renewed_once_and_the_call_repeated(make_client):
    asked, used = [], []

    def token(rejected):
        asked.append(rejected)
        return "new" if rejected else "old"

    def handler(request):
        used.append(request.headers["authorization"])
        return OK if used[-1] == "Bearer new" else httpx.Response(401, json=EXPIRED)

    assert make_client(handler, token=token).get("/x", read_object) == {"ok": True}
    assert asked == [None, "old"]
    assert used == ["Bearer old", "Bearer new"]


@pytest.mark.parametrize("status_code", [401, 530])
def test_a_token_that_is_refused_after_renewal_is_not_tried_again(make_client, status_code):
    client = make_client(lambda _request: httpx.Response(status_code, json=EXPIRED))

    with pytest.raises(Unauthorized):
        client.get("/x", read_object)

    assert client.tally.requests == 2


def test_a_connection_that_ended_ends_the_call_without_a_request(make_client):
    def token(_rejected):
        raise NotConnected

    client = make_client(lambda _request: OK, token=token)

    with pytest.raises(NotConnected):
        client.get("/x", read_object)
    assert client.tally.requests == 0


def test_a_token_that_comes_later_is_waited_for(make_client, clock):
    tokens = iter([TryLater("", 5.0), "token"])

    def token(_rejected):
        following = next(tokens)
        if isinstance(following, Exception):
            raise following
        return following

    make_client(lambda _request: OK, token=token).get("/x", read_object)

    assert sum(clock.slept) == pytest.approx(5.0)


def test_a_token_is_asked_for_after_the_wait_for_a_permit(make_client, clock):
    asked = []

    def token(_rejected):
        asked.append(clock.now)
        return "token"

    client = make_client(lambda _request: OK, token=token)
    for _ in range(6):
        client.post("/x", {}, read_object, lane=Lane.SEARCH)

    assert asked[:5] == [1000.0] * 5
    assert asked[5] > 1001.0


def test_a_permit_goes_back_when_there_is_no_token(make_client, clock):
    def token(_rejected):
        raise NotConnected

    client = make_client(lambda _request: OK, token=token)
    for _ in range(20):
        with pytest.raises(NotConnected):
            client.post("/x", {}, read_object, lane=Lane.SEARCH)

    assert clock.slept == []


def test_a_429_is_waited_out_by_everyone_and_told(make_client, clock):
    told = []
    client = make_client(
        script(httpx.Response(429, json=BURST), OK), observe=lambda error, seconds: told.append((error, seconds))
    )

    client.get("/x", read_object)

    assert isinstance(told[0][0], RateLimited)
    assert told[0][1] == pytest.approx(10.0)
    assert clock.now == pytest.approx(1010.0)
    assert (client.tally.requests, client.tally.throttled) == (2, 1)


def test_429s_and_other_repetitions_are_counted_apart_and_by_what_they_are_about(make_client):
    answers = [httpx.Response(429, json=BURST), httpx.Response(502), httpx.Response(401, json=EXPIRED), OK, OK]
    client = make_client(script(*answers))

    client.get("/crm/objects/2026-09/contacts?limit=1", read_object)
    client.get("/crm/associations/2026-09/companies/contacts/batch/read", read_object)

    assert (client.tally.requests, client.tally.retries, client.tally.throttled) == (5, 2, 1)
    assert client.tally.by_subject == {
        "contacts": {"requests": 4, "retries": 2, "throttled": 1},
        "associations": {"requests": 1},
    }


def test_a_429_that_ends_a_call_is_counted_too(make_client):
    client = make_client(lambda _request: httpx.Response(429, json={"policyName": "DAILY"}))

    with pytest.raises(RateLimited):
        client.get("/x/y", read_object)

    assert (client.tally.requests, client.tally.retries, client.tally.throttled) == (1, 0, 1)


def test_a_daily_limit_is_not_waited_for(make_client, clock):
    client = make_client(lambda _request: httpx.Response(429, json={"policyName": "DAILY"}))

    with pytest.raises(RateLimited, match="midnight"):
        client.get("/x", read_object)
    assert clock.slept == []


@pytest.mark.parametrize("status_code", [423, 500, 502, 503, 504, 521, 523, 524])
def test_a_passing_trouble_is_waited_out(make_client, status_code):
    client = make_client(script(httpx.Response(status_code, text="<h1>oops</h1>"), OK))

    assert client.get("/x", read_object) == {"ok": True}


@pytest.mark.parametrize("status_code", [400, 404, 414, 477])
def test_a_lasting_trouble_is_raised_at_once(make_client, clock, status_code):
    client = make_client(lambda _request: httpx.Response(status_code, text="<h1>oops</h1>"))

    with pytest.raises(ResponseError):
        client.get("/x", read_object)
    assert (client.tally.requests, clock.slept) == (1, [])


def test_a_server_that_stays_down_ends_the_call(make_client):
    client = make_client(lambda _request: httpx.Response(503))

    with pytest.raises(ResponseError):
        client.get("/x", read_object)
    assert client.tally.requests == 8


def test_an_answer_cut_off_is_asked_for_again(make_client):
    client = make_client(script(httpx.Response(200, text='{"results":[{"id'), OK))

    assert client.get("/x", read_object) == {"ok": True}


def test_an_answer_that_stays_unreadable_keeps_its_correlation_id(make_client):
    client = make_client(lambda _request: httpx.Response(200, headers={"X-HubSpot-Correlation-Id": "ref-2"}))

    with pytest.raises(UnreadableResponse) as caught:
        client.get("/x", read_object)
    assert caught.value.correlation_id == "ref-2"


def test_a_stopped_client_sends_nothing(make_client):
    client = make_client(lambda _request: OK, stop=lambda: True)

    with pytest.raises(LoadStopped):
        client.get("/x", read_object)
    assert client.tally.requests == 0


def test_a_client_stops_while_it_waits_to_repeat(make_client, clock):
    client = make_client(lambda _request: httpx.Response(503)).stopping_when(lambda: clock.now > 1004)

    with pytest.raises(LoadStopped):
        client.get("/x", read_object)
    assert clock.now < 1005


def test_each_trouble_is_one_log_line_with_the_correlation_id_and_nothing_secret(make_client, caplog):
    caplog.set_level(logging.WARNING, "hubspot")
    client = make_client(script(httpx.Response(401, json=EXPIRED | {"message": "ada@lovelace.example"}), OK))

    client.get("/crm/x?email=ada@lovelace.example", read_object)

    assert len(caplog.messages) == 1
    assert "ref-1" in caplog.messages[0]
    assert not {"ada", "secret-token"} & set(caplog.text.replace("@", " ").split())


def test_two_clients_of_a_portal_share_its_limit_and_portals_do_not():
    with httpx.Client(transport=Answering(lambda _request: OK)) as http:
        hubspot = HubSpot("https://api.example", http=http)
        one, same, other = (hubspot.client(hub_id, lambda _rejected: "t") for hub_id in (1, 1, 2))

        assert one.limiter is same.limiter
        assert one.limiter is not other.limiter
        assert one.tally is not same.tally


def test_a_dropped_connection_is_replaced_at_once(make_client, misbehaving, wire_answer, clock):
    dropped = misbehaving(
        wire_answer(b'{"a":1}'), lambda connection: connection.close() or False, wire_answer(b'{"a":2}')
    )
    client = make_client(http=open_http(dropped.url), api_url=dropped.url)

    assert client.get("/x", read_object) == {"a": 1}
    assert client.get("/x", read_object) == {"a": 2}
    assert clock.slept == []


def test_an_html_page_and_a_torn_body_over_a_real_socket_are_survived(make_client, misbehaving, wire_answer):
    server = misbehaving(
        wire_answer(b"<h1>502 Bad Gateway</h1>", status="502 Bad Gateway"),
        lambda connection: connection.sendall(wire_answer(b'{"a":', length=100)) or False,
        wire_answer(b'{"a":'),
        wire_answer(b'{"a":1}'),
    )
    client = make_client(http=open_http(server.url), api_url=server.url, tally=Tally())

    assert client.get("/x", read_object) == {"a": 1}
    assert client.tally.requests == 4


def test_a_host_that_is_down_is_named_in_the_end(make_client, misbehaving):
    server = misbehaving()
    server.close()
    client = make_client(http=open_http(server.url), api_url=server.url)

    with pytest.raises(RequestFailed, match="can't be reached"):
        client.get("/x", read_object)


def script(*answers):
    following = iter(answers)
    return lambda _request: next(following)
