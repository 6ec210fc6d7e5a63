"""The command line of loading: `python -m hubspot.sync`.

For the holder of a token it fills a folder with plain Parquet files; with --portal it brings the dashboard's own copy
of a connected portal up to date. Progress goes to stderr, one JSON line about the result to stdout.
"""

import argparse
import contextlib
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from hubspot import keyring as keyrings
from hubspot import settings as settings_module
from hubspot.api.client import AccessToken, Client, HubSpot, Observe, Tally
from hubspot.api.oauth import OAuth
from hubspot.connections.engine import Store, open_store
from hubspot.connections.grants import Grants, Pace
from hubspot.connections.keycheck import check_keys
from hubspot.connections.records import Grant
from hubspot.connections.widest import readable, widest
from hubspot.errors import HubSpotError, LoadStopped, MissingScopes, NotConnected, SettingsError, Unauthorized
from hubspot.portal import OBJECT_TYPES
from hubspot.settings import Settings
from hubspot.sync import memory
from hubspot.sync.display import shown
from hubspot.sync.folder import FolderError, open_folder
from hubspot.sync.headless import ALL, BASE, Order, export, finish, summary
from hubspot.sync.jobs import Jobs
from hubspot.sync.newest import Newest
from hubspot.sync.progress import Phase
from hubspot.sync.run import Run
from hubspot.sync.snapshots import Snapshots

TOKEN = "HUBSPOT_ACCESS_TOKEN"  # noqa: S105 - a setting's name
DONE, FAILED, MISUSED, REFUSED, UNFIT, STOPPED = 0, 1, 2, 3, 4, 130
EPILOG = f"""\
With a token, {TOKEN} holds it. DIR gets contacts.parquet, companies.parquet and, where both are asked for,
associations.parquet (contact_id, company_id, is_primary). The next run with the same DIR asks HubSpot only for what
changed. A run that was stopped or killed goes on where it was.

stdout: one JSON line, {{"contacts": {{"records", "requests", "retries", "throttled", "seconds"}}, ...}}. What is asked
about the portal as a whole counts with the first object type; "throttled" are answers of 429, "retries" all other
repetitions; "seconds" are the run's.

exit status: 0 done; 1 HubSpot can't be read just now, nothing was changed; 2 the command or a setting is wrong;
3 HubSpot refuses the token, a permission is missing, or the portal is not connected; 4 DIR can't be used;
130 stopped by Ctrl-C or a signal to end, to be resumed by the next run.
"""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Write the sentence to stderr and end with 2."""
        self.exit(MISUSED, f"{message[:1].upper()}{message[1:]}. Run with --help to see what there is.\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run once; return the exit status."""
    options = read_options(arguments)
    # Waits and refusals show in the progress; what ends the run is its sentence.
    logging.getLogger("hubspot").addHandler(logging.NullHandler())
    logging.getLogger("hubspot").propagate = False
    stopping = threading.Event()
    try:
        with _stopping_on_signals(stopping):
            return refresh_portal(options, stopping) if options.portal else fill_folder(options, stopping)
    except HubSpotError as error:
        return _complain(*_ending(error))


def _ending(error: HubSpotError) -> tuple[int, str]:
    """Return the exit status for an error, and the sentence."""
    match error:
        case LoadStopped():
            return STOPPED, str(error)
        case SettingsError():
            return MISUSED, str(error)
        case FolderError():
            return UNFIT, str(error)
        case Unauthorized():
            return REFUSED, f"HubSpot does not accept the token of {TOKEN}: it is wrong or has expired. Set a new one."
        case MissingScopes() | NotConnected():
            return REFUSED, str(error)
        case _:
            return FAILED, str(error)


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; ends the process with 2 and one sentence where it is wrong."""
    parser = Parser(
        prog="python -m hubspot.sync",
        description="Load a HubSpot portal, and afterwards only what changed.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--api-url", metavar="URL", type=_url, help=f"where HubSpot answers ({Settings().api_url})")
    add("--objects", metavar="NAMES", type=_objects, help=f"object types, with commas ({','.join(OBJECT_TYPES)})")
    add(
        "--properties",
        metavar="NAMES",
        type=_properties,
        help=f"{BASE}: the dashboard's; {ALL}: every one; or internal names, with commas ({BASE})",
    )
    add("--out", metavar="DIR", type=Path, help="the folder to fill")
    add("--full", action="store_true", help="load everything, also where a copy is there")
    add(
        "--portal",
        metavar="HUB_ID",
        type=_hub_id,
        help="refresh the dashboard's own copy of a connected portal instead",
    )
    options = parser.parse_args(arguments)
    of_folder = (options.api_url, options.objects, options.properties, options.out)
    if options.portal and any(each is not None for each in of_folder):
        parser.error("--portal takes the dashboard's settings, so it goes with --full only")
    if not options.portal and options.out is None:
        parser.error("name a folder with --out, or a connected portal with --portal")
    return options


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.username:
        raise argparse.ArgumentTypeError("write an address like https://api.hubapi.com")
    return text.rstrip("/")


def _objects(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(_names(text)))
    unknown = [name for name in names if name not in OBJECT_TYPES]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0][:40]!r} can't be loaded, only {' and '.join(OBJECT_TYPES)}")
    return names


def _properties(text: str) -> str:
    names = _names(text)
    if len(names) > 1 and {BASE, ALL} & {*names}:
        raise argparse.ArgumentTypeError(f"write {BASE}, {ALL} or internal names, not some of each")
    return ",".join(sorted(set(names)))


def _names(text: str) -> list[str]:
    names = [name for name in (part.strip() for part in text.split(",")) if name]
    if not names:
        raise argparse.ArgumentTypeError("write names with commas between them")
    return names


def _hub_id(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 18 or not int(text):
        raise argparse.ArgumentTypeError("write a portal's id, which is a number")
    return int(text)


def fill_folder(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Bring a folder up to date with the token of the environment; return the exit status. Raises HubSpotError."""
    token = os.environ.get(TOKEN, "").strip()
    if not token:
        raise SettingsError(f"{TOKEN} is not set. Put a HubSpot access token into the environment.")
    if not (token.isascii() and token.isprintable()):
        raise SettingsError(f"{TOKEN} holds characters that no token has. Copy it again.")
    order = Order(options.objects or OBJECT_TYPES, options.properties or BASE, options.full)
    hubspot = HubSpot(options.api_url or Settings().api_url)
    # Which portal it is, the token decides.
    client = hubspot.client(0, lambda _rejected: token, stop=stopping.is_set)
    runs: list[Run] = []
    began = time.monotonic()
    try:
        with open_folder(options.out) as folder, shown(lambda: runs[0].meter.progress() if runs else None, sys.stderr):
            records = export(order, folder, client, watch=runs.append, stopping=stopping)
    except LoadStopped:
        is_refresh = runs and runs[0].loading is Phase.REFRESHING
        goes_on = "begins its refresh again" if is_refresh else "goes on from what this one has read"
        raise LoadStopped(f"Stopped. The files are as they were; the next run {goes_on}.") from None
    finally:
        hubspot.close()
        _say_notes(runs[0].meter.progress().notes if runs else ())
    _say(summary(order.object_types, records, client.tally, time.monotonic() - began))
    return REFUSED if {*order.object_types} - {*records} else DONE


def refresh_portal(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Bring the dashboard's copy of a portal up to date; return the exit status. Raises HubSpotError."""
    hub_id, desk = options.portal, _open()
    grant = _grant(desk.grants, hub_id)
    object_types, token = readable(grant), partial(desk.grants.access, grant.account)
    opened: list[Client] = []

    def open_client(hub_id: int, token: AccessToken, *, stop: Callable[[], bool], observe: Observe) -> Client:
        opened.append(desk.hubspot.client(hub_id, token, stop=stop, observe=observe))
        return opened[-1]

    def start() -> None:
        jobs.start(hub_id, token, object_types, desk.grants.epoch(hub_id), is_full=options.full)

    jobs, began = Jobs(desk.snapshots, desk.store, open_client, desk.grants.epoch), time.monotonic()
    with shown(lambda: jobs.progress(hub_id), sys.stderr):
        ended = finish(jobs, hub_id, start, is_ours=lambda: bool(opened), stopping=stopping)
    _say_notes(ended.notes)
    if ended.phase is not Phase.DONE:
        return _complain(STOPPED if ended.phase is Phase.STOPPED else FAILED, ended.error or "The load was stopped.")
    snapshot = desk.snapshots.latest(hub_id)
    records = {name: copy.records for name, copy in snapshot.objects.items()} if snapshot else {}
    tally = opened[-1].tally if opened else Tally()
    _say(summary(object_types, records, tally, time.monotonic() - began))
    return DONE


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the dashboard works with, opened beside it."""

    store: Store
    hubspot: HubSpot
    grants: Grants
    snapshots: Snapshots


def _open() -> _Desk:
    settings = settings_module.load()
    if settings.is_sample:
        raise SettingsError("The sample portal can be loaded from inside the dashboard only. Set HUBSPOT_CLIENT_ID.")
    ring, store = keyrings.load(settings.keys, settings.config_dir), open_store(settings)
    check_keys(store, ring)
    hubspot = HubSpot(settings.api_url)
    oauth = OAuth(hubspot.http, settings.api_url, settings.client_id, settings.client_secret)
    place: str | Path = settings.snapshot_uri or settings.state_dir / "snapshots"
    return _Desk(
        store=store,
        hubspot=hubspot,
        grants=Grants(store, ring, oauth, pace=Pace.keeping(settings.keep_days)),
        snapshots=Snapshots(place, ring, settings.namespace, newest=Newest(store)),
    )


def _grant(grants: Grants, hub_id: int) -> Grant:
    """Return the grant of a portal that reads most. Raises NotConnected where there is none."""
    best = widest(grants, hub_id)
    if best is None:
        raise NotConnected(f"Portal {hub_id} is not connected here. Connect it in the dashboard first.")
    return best


@contextlib.contextmanager
def _stopping_on_signals(stopping: threading.Event) -> Iterator[None]:
    """Set an event at the first Ctrl-C or signal to end; a second one ends the process as usual."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, _frame: object) -> None:
        stopping.set()
        signal.signal(number, before[signal.Signals(number)])

    for each in before:
        signal.signal(each, stop)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _say(result: object) -> None:
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()


def _say_notes(notes: Sequence[str]) -> None:
    for note in notes:
        sys.stderr.write(f"{note}\n")


def _complain(status: int, sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return status


if __name__ == "__main__":
    memory.be_frugal()
    sys.exit(main())
