"""Serve a sandbox: `python -m hubspot.sandbox`."""

import argparse
import contextlib
import socket
import sys
from collections.abc import Callable, Sequence
from datetime import date
from typing import NoReturn

import orjson
import uvicorn

from hubspot.sandbox.app import create_app
from hubspot.sandbox.config import SandboxConfig
from hubspot.sandbox.faults import KINDS, ROUTES, SPOILERS
from hubspot.sandbox.portals import PORTALS
from hubspot.sandbox.truth import KINDS as LINES

HOST = "127.0.0.1"
DEFAULT_PORT = 8600
MOST_RECORDS = 10_000_000
LARGEST_NUMBER = 2_147_483_647
EPILOG = f"""\
control endpoints, open to anybody who reaches the port; all members are optional:
  POST /sandbox/token   {{"account": 0, "user_id": 1, "scopes": ["oauth"]}}: a grant without the consent page
  GET  /sandbox/stats   requests by route and status, tokens issued, 429s, most requests in flight
  POST /sandbox/faults  [{{"route": "list", "status": 502, "kind": "html", "times": 1, "after": 0, "seconds": 2}}]
                        replaces all faults that are still to come
  POST /sandbox/edit    {{"object_type": "contacts", "create": 1, "update": 1, "bulk_update": 1, "archive": 1,
                        "merge": 1, "link": 1, "unlink": 1}} counts; "properties": ["city"] says what updates change,
                        "records": [{{"id": "1", "properties": {{"city": "Bonn"}}}}] gives single records their values
  GET  /sandbox/truth   ?account=0&kinds={",".join(LINES)}&properties=email: the portal as it is, as NDJSON

routes of faults: {", ".join(ROUTES)}, or * for all
kinds of faults: {", ".join(KINDS)} (with a status); or a status alone.
"kind" may be a list of {", ".join(SPOILERS)} with one kind of error or a status;
"silent" on "decide" is a person of whose decision the app never hears
"""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Write the sentence to stderr and end with 2."""
        self.exit(2, f"{message[:1].upper()}{message[1:]}. Run with --help to see every option.\n")


class Server(uvicorn.Server):
    """Writes one JSON line when it is ready to answer."""

    def __init__(self, config: uvicorn.Config, greeting: bytes) -> None:
        super().__init__(config)
        self._greeting = greeting

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does, then say so."""
        await super().startup(sockets)
        sys.stdout.buffer.write(self._greeting + b"\n")
        sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; returns the exit status, 2 for a port that is taken."""
    options = read_options(arguments)
    config = SandboxConfig(**{name: value for name, value in vars(options).items() if name != "port"})
    try:
        listener = open_port(options.port)
    except OSError:
        sys.stderr.write(
            f"Port {options.port} of {HOST} can't be opened: another program has it. Choose another --port.\n"
        )
        return 2
    # An app that breaks off its answers is the point of some faults, and uvicorn would report each of them.
    settings = uvicorn.Config(
        create_app(config, control=True),
        log_level="critical",
        access_log=False,
        lifespan="off",
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=1,
    )
    with contextlib.suppress(KeyboardInterrupt):
        Server(settings, greeting(config, listener.getsockname()[1])).run(sockets=[listener])
    return 0


def greeting(config: SandboxConfig, port: int) -> bytes:
    """Return the line that tells a client everything it needs."""
    api_url = f"http://{HOST}:{port}"
    return orjson.dumps(
        {
            "api_url": api_url,
            "authorize_url": f"{api_url}/oauth/authorize",
            "client_id": config.client_id,
            "client_secret": config.client_secret,
            "hub_id": PORTALS[0].hub_id,
        }
    )


def open_port(port: int) -> socket.socket:
    """Return a listening socket on this machine's loopback; 0 picks a free port. Raises OSError where it is taken."""
    # Only where the protocol is named does asyncio send small packets at once; else a page may wait 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; ends the process with 2 where it is wrong."""
    parser = Parser(
        prog="python -m hubspot.sandbox",
        description="A local HubSpot on the same wire, with made-up contacts and companies in two accounts.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    defaults = SandboxConfig()
    for name, default, largest, meaning in (
        ("contacts", defaults.contacts, MOST_RECORDS, "contacts in the first account; the second has a quarter"),
        ("companies", defaults.companies, MOST_RECORDS, "companies in the first account; the second has a quarter"),
        ("seed", defaults.seed, LARGEST_NUMBER, "the same seed, sizes and day make the same records"),
        ("latency-ms", 0, LARGEST_NUMBER, "milliseconds added to every answer"),
        ("burst", defaults.burst, LARGEST_NUMBER, "requests per 10 seconds and account, search apart"),
        ("search-per-second", defaults.search_per_second, LARGEST_NUMBER, "searches per second and account"),
        ("token-ttl", defaults.token_ttl, LARGEST_NUMBER, "seconds an access token lives"),
        ("index-lag-ms", 0, LARGEST_NUMBER, "milliseconds until search sees an edit"),
    ):
        described = f"{meaning} ({default})"
        parser.add_argument(f"--{name}", type=whole_number(largest), metavar="N", default=default, help=described)
    add = parser.add_argument
    port = f"port on {HOST}, 0 for a free one ({DEFAULT_PORT})"
    add("--port", type=port_number, metavar="N", default=DEFAULT_PORT, help=port)
    add("--today", default=defaults.today, type=day, metavar="DAY", help="last day of history (each portal's today)")
    add("--user-level", action="store_true", help="be an app with user-level access, as introspection tells")
    add("--cursor", choices=("id", "opaque"), default=defaults.cursor, help="what list cursors look like (id)")
    add("--rotate-refresh-tokens", action="store_true", help="every refresh replaces the refresh token")
    add("--no-limits", action="store_true", help="never answer 429")
    return parser.parse_args(arguments)


def whole_number(largest: int) -> Callable[[str], int]:
    """Return what reads a whole number from 0 to `largest`."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) <= len(str(largest)) and int(text) <= largest):
            raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a whole number from 0 to {largest}")
        return int(text)

    return read


def port_number(text: str) -> int:
    """Read a port."""
    return whole_number(65_535)(text)


def day(text: str) -> date:
    """Read a day of this century; the records reach four years back from it."""
    try:
        read = date.fromisoformat(text)
    except ValueError:
        read = date.min
    if not 2000 <= read.year < 2100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day like 2026-11-23")
    return read


if __name__ == "__main__":
    raise SystemExit(main())
