"""Sending one request: the only place that knows the HTTP library, whose exceptions end here."""

import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from hubspot.api.refusals import read_correlation_id
from hubspot.api.traffic import TRAFFIC
from hubspot.errors import RequestFailed, UnreadableResponse

T = TypeVar("T")

USER_AGENT = "hubspot-dashboard/0.1"
TIMEOUT = httpx.Timeout(
    connect=5.0,  # a TLS handshake across an ocean takes one second; more is an outage
    read=30.0,  # between two pieces of an answer: pages of many properties were seen to take ten seconds
    write=10.0,  # the largest request has a few kilobytes
    pool=60.0,  # waiting for a connection of our own is no fault of HubSpot's
)
LIMITS = httpx.Limits(
    # As many as a load's threads, and a few for what people ask meanwhile.
    max_connections=50,
    max_keepalive_connections=50,
    # Servers commonly close idle connections after 5 s; closing first avoids sending into a closing one.
    keepalive_expiry=4.0,
)
# One answer as a whole, however slowly it drips.
LONGEST_ANSWER = 90.0
# In bytes, unpacked: 200 records of a search with 150 kB each, or 1,500 definitions with 100 options each, are as much.
LARGEST_ANSWER = 32 * 1024 * 1024
# Of a refusal, of which some words are read.
_LARGEST_REFUSAL = 1024 * 1024
_PIECE = 256 * 1024
# The only packing that is asked for, since it can be unpacked piece by piece.
_PACKINGS = {"gzip", "x-gzip"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, of whatever status; `headers` are case-insensitive."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        """True for 2xx, also 207, with which a batch read names ids it did not find."""
        return 200 <= self.status_code < 300

    def read(self, read: Callable[[bytes], T]) -> T:
        """Return what `read` makes of the body; its UnreadableResponse gets the correlation id."""
        try:
            return read(self.content)
        except UnreadableResponse as error:
            error.correlation_id = read_correlation_id(self.headers)
            raise


def open_http(api_url: str, *, timeout: httpx.Timeout = TIMEOUT) -> httpx.Client:
    """Open the pool of connections to HubSpot, shared by all threads; close it when the process ends."""
    return httpx.Client(
        timeout=timeout,
        limits=LIMITS,
        headers={"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"},
        # A proxy set for the internet must not see calls to the sandbox on this machine.
        trust_env=not _is_loopback(urlsplit(api_url).hostname or ""),
    )


def send(http: httpx.Client, request: httpx.Request, *, largest: int | None = None) -> Answer:
    """Send a request once, and count it; of the body no more than `largest` bytes are unpacked.

    Raises RequestFailed when no complete answer comes back, UnreadableResponse for a success that is larger.
    """
    status_code = None
    try:
        response = http.send(request, stream=True)
        try:
            answer = Answer(response.status_code, response.headers, _read(response, largest or LARGEST_ANSWER))
            status_code = answer.status_code
        finally:
            response.close()
    except httpx.HTTPError as error:
        # Without the cause: a protocol error's text can quote the Authorization header.
        raise RequestFailed(_sentence(error)) from None
    finally:
        TRAFFIC.sent(request.url.path, status_code)
    return answer


def _read(response: httpx.Response, largest: int) -> bytes:
    ends_at = time.monotonic() + LONGEST_ANSWER
    most = largest if response.is_success else _LARGEST_REFUSAL
    content = bytearray()
    for piece in _unpacked(response):
        content += piece
        if len(content) > most:
            return _cut(response, content[:most])
        if time.monotonic() > ends_at:
            raise httpx.ReadTimeout("The answer takes too long.", request=response.request)
    return bytes(content)


def _cut(response: httpx.Response, content: bytearray) -> bytes:
    """Return what is enough of a refusal, whose status says the most; a part of a success would be a lie."""
    if response.is_success:
        raise UnreadableResponse(
            "HubSpot's answer is larger than any that HubSpot documents, so it was not read. Trying again may help.",
            correlation_id=read_correlation_id(response.headers),
        )
    return bytes(content)


def _unpacked(response: httpx.Response) -> Iterator[bytes]:
    """Yield a body piece by piece, unpacked by us: the HTTP library would unpack as much as a piece holds at once."""
    packings = [each.strip().lower() for each in response.headers.get("Content-Encoding", "identity").split(",")]
    if packings == ["identity"]:
        yield from response.iter_raw()
        return
    if len(packings) != 1 or packings[0] not in _PACKINGS:
        raise httpx.DecodingError("The answer is packed in a way nobody asked for.", request=response.request)
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for packed in response.iter_raw():
            yield from _pieces(unpacker, packed)
    except zlib.error:
        raise httpx.DecodingError("The answer is packed badly.", request=response.request) from None
    if not unpacker.eof:
        raise httpx.RemoteProtocolError("The packed answer was cut off.", request=response.request)


def _pieces(unpacker: Any, packed: bytes) -> Iterator[bytes]:
    # What comes after the end of the packed body is no part of it, and would be kept.
    while not unpacker.eof:
        piece = unpacker.decompress(packed, _PIECE)
        yield piece
        packed = unpacker.unconsumed_tail
        if not packed and len(piece) < _PIECE:
            return


def _sentence(error: httpx.HTTPError) -> str:
    match error:
        case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.ProxyError():
            return "HubSpot can't be reached from this server. Check its internet connection, or try again in a minute."
        case httpx.TimeoutException():
            return "HubSpot did not answer in time. Try again in a minute."
        case _:
            return "The connection to HubSpot broke off before the answer was complete. Try again."


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
