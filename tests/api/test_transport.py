import gzip
import time
import tracemalloc
import zlib

import httpx
import pytest

from hubspot.api import transport
from hubspot.errors import RequestFailed, UnreadableResponse

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


def twice_packed():
    return gzip.compress(gzip.compress(bytes(10_000_000)))


@pytest.mark.parametrize("size", [3_000_000, 300_000_000])
def test_an_answer_that_unpacks_to_more_than_hubspot_documents_is_refused_in_little_memory(
    misbehaving, wire_answer, monkeypatch, size
):
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 1_000_000)
    packed = _packed_zeros(size)
    headers = "Content-Encoding: gzip\r\nX-HubSpot-Correlation-Id: ref-1\r\n"
    server = misbehaving(wire_answer(packed, headers=headers))

    tracemalloc.start()
    with pytest.raises(UnreadableResponse, match="larger than any") as caught:
        get(server)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert caught.value.correlation_id == "ref-1"
    assert peak < 8_000_000


def test_a_body_without_an_end_is_refused_at_the_same_size(misbehaving, monkeypatch):
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 1_000_000)

    def never_ends(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"10000\r\n" + bytes(0x10000) + b"\r\n")

    with pytest.raises(UnreadableResponse, match="larger than any"):
        get(misbehaving(never_ends))


def test_of_a_refusal_without_an_end_the_beginning_is_enough(misbehaving):
    def never_ends(connection):
        connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
        while True:
            connection.sendall(b"<h1>down</h1>" * 10_000)

    answer = get(misbehaving(never_ends))

    assert (answer.status_code, len(answer.content)) == (503, 1024 * 1024)


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "zstd", "deflate", "gzip,identity,gzip"])
def test_what_nobody_asked_to_be_packed_so_is_a_failed_request(misbehaving, wire_answer, coding):
    with pytest.raises(RequestFailed):
        get(misbehaving(wire_answer(twice_packed(), headers=f"Content-Encoding: {coding}\r\n")))


def test_a_packed_answer_that_was_cut_off_is_a_failed_request(misbehaving, wire_answer):
    packed = gzip.compress(b'{"results":[]}' * 1000)[:-9]

    with pytest.raises(RequestFailed, match="broke off"):
        get(misbehaving(wire_answer(packed, headers="Content-Encoding: gzip\r\n")))


def test_a_large_packed_answer_comes_back_to_the_letter_and_the_connection_is_used_again(misbehaving, wire_answer):
    body = b"".join(b"%d," % number for number in range(300_000))
    packed = wire_answer(gzip.compress(body), headers="Content-Encoding: gzip\r\n")
    server = misbehaving(packed, packed)

    with transport.open_http(server.url, timeout=IMPATIENT) as http:
        answers = [transport.send(http, http.build_request("GET", server.url)).content for _ in range(2)]

    assert answers == [body, body]
    assert len(server.connections) == 1


def _packed_zeros(size):
    """Pack zeros without holding them."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    pieces = [packer.compress(bytes(1_000_000)) for _ in range(size // 1_000_000)]
    return b"".join([*pieces, packer.flush()])
