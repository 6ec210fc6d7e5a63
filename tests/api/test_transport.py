import gzip
import time

import httpx
import pytest

from hubspot.api import transport
from hubspot.errors import RequestFailed

IMPATIENT = httpx.Timeout(0.3)


def test_an_answer_of_any_status_comes_back_whole(misbehaving, wire_answer):
    server = misbehaving(wire_answer(b"<h1>502</h1>", status="502 Bad Gateway", headers="X-Trace: 1\r\n"))

    answer = get(server)

    assert (answer.status_code, answer.content, answer.headers["x-trace"]) == (502, b"<h1>502</h1>", "1")
    assert not answer.is_success


def test_a_207_is_a_success(misbehaving, wire_answer):
    assert get(misbehaving(wire_answer(b"{}", status="207 Multi-Status"))).is_success


def closes(connection):
    connection.close()
    return False


def tears(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
    return False


def speaks_another_protocol(connection):
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")
    return False


def packs_badly(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip")
    return False


def says_nothing(_connection):
    time.sleep(1)
    return False


def stalls(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
    time.sleep(1)
    return False


@pytest.mark.parametrize("misbehaviour", [closes, tears, speaks_another_protocol, packs_badly, says_nothing, stalls])
def test_whatever_breaks_on_the_way_is_a_failed_request(misbehaving, misbehaviour):
    with pytest.raises(RequestFailed):
        get(misbehaving(misbehaviour))


def test_a_body_that_drips_for_ever_ends_at_the_deadline(misbehaving, monkeypatch):
    monkeypatch.setattr(transport, "LONGEST_ANSWER", 0.3)

    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.02)

    with pytest.raises(RequestFailed, match="in time"):
        get(misbehaving(drip))


def test_nobody_listening_is_a_failed_request_that_says_so(misbehaving):
    server = misbehaving()
    server.close()

    with pytest.raises(RequestFailed, match="can't be reached"):
        get(server)


def test_a_token_with_a_line_break_is_neither_sent_nor_quoted(misbehaving):
    with transport.open_http("http://127.0.0.1") as http:
        request = http.build_request("GET", misbehaving().url, headers={"Authorization": "Bearer secret\n"})
        with pytest.raises(RequestFailed) as caught:
            transport.send(http, request)

    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_packed_answer_is_unpacked(misbehaving, wire_answer):
    server = misbehaving(wire_answer(gzip.compress(b'{"a":1}'), headers="Content-Encoding: gzip\r\n"))

    assert get(server).content == b'{"a":1}'


@pytest.mark.parametrize(
    ("api_url", "trusts"),
    [
        ("http://127.0.0.1:8600", False),
        ("http://[::1]:8600", False),
        ("http://localhost:8501/sample", False),
        ("https://api.hubapi.com", True),
        ("https://localhost.example", True),
    ],
)
def test_a_proxy_of_the_environment_is_used_for_other_machines_only(api_url, trusts):
    with transport.open_http(api_url) as http:
        assert http.trust_env is trusts


def get(server):
    with transport.open_http(server.url, timeout=IMPATIENT) as http:
        return transport.send(http, http.build_request("GET", server.url))
