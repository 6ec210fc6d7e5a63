"""The operator's command line: `python -m hubspot.connections`.

It reads the dashboard's own settings and shares its token store, the embedded one included, whether or not the
dashboard runs. Nothing it prints is a token or the address of a person.
"""

import argparse
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from hubspot import keyring as keyrings
from hubspot import settings as settings_module
from hubspot.api.oauth import OAuth
from hubspot.api.transport import open_http
from hubspot.connections.check import OK, PROBLEM, Finding, look_over, tried
from hubspot.connections.engine import Store, open_store
from hubspot.connections.grants import Grants, Pace
from hubspot.connections.operators import PortalRow, list_portals
from hubspot.connections.rekey import Survey, reseal, survey
from hubspot.connections.revocations import KEEP_DAYS
from hubspot.errors import HubSpotError, RequestFailed, StoreRefused
from hubspot.keyring import KeyRing
from hubspot.settings import Settings
from hubspot.sync.snapshots import Snapshots

EPILOG = """\
The settings are those of the dashboard: the environment, then .streamlit/secrets.toml. The exit status is 0 when all
is well, 1 when something is not, 2 when the command could not be understood, 130 when it was stopped by Ctrl-C.
"""
_INTERRUPTED = 130
_UNREVOKED = {
    "kept": "HubSpot has not revoked every connection yet. The running dashboard asks it again every hour, for "
    f"{KEEP_DAYS} days; to be sure,",
    "lost": "HubSpot could not be told that every connection ended here, and is not asked again. To end them there,",
}


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Write the sentence to stderr and end with 2."""
        self.exit(2, f"{message[:1].upper()}{message[1:]}. Run with --help to see what there is.\n")


class _SampleOAuth(OAuth):
    """The sample portal answers inside the dashboard only, which revokes what is kept for it."""

    def revoke(self, refresh_token: str) -> None:  # noqa: ARG002 - the same call as for HubSpot
        raise RequestFailed("The sample portal can be reached from inside the dashboard only.")


@dataclass(frozen=True, slots=True)
class Desk:
    """What the commands work with."""

    settings: Settings
    keyring: KeyRing
    store: Store
    oauth: OAuth

    @property
    def grants(self) -> Grants:
        """Return the grants; renewed tokens that wait in the dashboard's spool are left to it."""
        return Grants(self.store, self.keyring, self.oauth, pace=Pace.keeping(self.settings.keep_days))

    @property
    def snapshots(self) -> Snapshots:
        """Return the stored copies of portals."""
        return _snapshots(self.settings, self.keyring)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A portal may be called what the terminal can't write.
        sys.stdout.reconfigure(errors="replace")
    options = read_options(arguments)
    commands: dict[str, Callable[[argparse.Namespace], int]] = {
        "check": lambda _: check(),
        "list": lambda _: show_portals(),
        "rekey": lambda given: rekey(is_dry=given.check),
        "forget": lambda given: forget(given.hub_id, is_sure=given.yes),
    }
    try:
        return commands[options.command](options)
    except HubSpotError as error:
        _complain(str(error))
        return 1
    except KeyboardInterrupt:
        _complain("Stopped before the end. What was done stays done; run it again for the rest.")
        return _INTERRUPTED


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; ends the process with 2 and one sentence where it is wrong."""
    parser = Parser(
        prog="python -m hubspot.connections",
        description="Look after the connections of the dashboard.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    for name, words in (
        ("check", "check settings, token store, keys, stored copies and HubSpot: one line each"),
        ("list", "list the connected portals: id, name, people, scopes, when last opened, status"),
    ):
        commands.add_parser(name, help=words, description=f"{words.capitalize()}.")
    _add_rekey(commands)
    _add_forget(commands)
    return parser.parse_args(arguments)


def _add_rekey(commands: "argparse._SubParsersAction[Parser]") -> None:
    words = "seal everything in the token store anew with the first key of the ring"
    parser = commands.add_parser(
        "rekey",
        help=words,
        description=f"{words.capitalize()}, while the dashboard runs. To change the key: put the new one in front of "
        "the old one in DASHBOARD_KEYS, start every replica again, run this, and drop the old key when "
        "'rekey --check' ends with 0. Where replicas start again one by one, put the new key behind the old one "
        "everywhere first. Renewed tokens in the spool of this machine are looked at too. The Redis user needs "
        "+scan.",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="change nothing; end with 1 while an older key is needed, which damaged values do not need",
    )


def _add_forget(commands: "argparse._SubParsersAction[Parser]") -> None:
    words = "disconnect everybody from a portal and delete all that is stored of it"
    parser = commands.add_parser(
        "forget",
        help=words,
        description=f"{words.capitalize()}, as the disconnect of its last person does. HubSpot itself stays unchanged.",
    )
    parser.add_argument("hub_id", metavar="HUB_ID", type=_hub_id, help="the portal's id, as 'list' shows it")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _hub_id(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise argparse.ArgumentTypeError("write a portal's id, which is a number")
    return int(text)


def check() -> int:
    """Print one line for each part of the dashboard, and one for each warning; return 1 if a part does not work."""
    findings = list(_findings())
    for finding in findings:
        _say(f"{finding.mark:<9}{finding.subject:<10}{finding.sentence}")
    return int(any(finding.mark == PROBLEM for finding in findings))


def _findings() -> Iterator[Finding]:
    try:
        settings = settings_module.load()
        ring = keyrings.existing(settings.keys, settings.config_dir)
    except HubSpotError as error:
        yield Finding(PROBLEM, "settings", str(error))
        return
    yield from look_over(settings, ring, _oauth(settings))
    if ring:
        snapshots = _snapshots(settings, ring)
        yield from tried("copies", lambda: _check_copies(snapshots))


def _check_copies(snapshots: Snapshots) -> Iterator[Finding]:
    count = len(snapshots.hub_ids())
    yield Finding(OK, "copies", f"{count} {'portal is' if count == 1 else 'portals are'} stored")


def show_portals() -> int:
    """Print the connected portals, one a line."""
    rows = list_portals(_open().grants)
    if not rows:
        _say("No portal is connected.")
        return 0
    heading = ("PORTAL", "NAME", "PEOPLE", "LAST OPENED (UTC)", "STATUS", "SCOPES")
    table = [heading, *map(_cells, rows)]
    widths = [max(len(row[place]) for row in table) for place in range(len(heading))]
    for row in table:
        _say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _cells(row: PortalRow) -> tuple[str, ...]:
    # A name comes from HubSpot: what could drive a terminal is left out.
    name = "".join(each for each in row.name if each.isprintable()) or "?"
    return (
        str(row.hub_id),
        name,
        str(row.people),
        f"{row.opened_at:%Y-%m-%d %H:%M}",
        row.status,
        " ".join(row.scopes) or "?",
    )


def rekey(*, is_dry: bool) -> int:
    """Seal anew what older keys of the ring sealed, or only say what there is; return 1 while an older key is needed.

    Raises StoreError or SettingsError.
    """
    desk = _open()
    spool = desk.settings.state_dir / "spool"
    try:
        if not is_dry:
            moved = reseal(desk.store, desk.keyring, spool)
            _say(f"Values sealed anew with key {desk.keyring.ids[0]}: {moved}.")
        left = survey(desk.store, desk.keyring, spool)
    except StoreRefused as error:
        _complain(f"{error} The permission that rekey needs beyond the others is +scan.")
        return 1
    _say_copies(desk)
    return _say_left(desk, left)


def _say_left(desk: Desk, left: Survey) -> int:
    older = left.older(desk.keyring)
    for key_id, count in older.items():
        missing = "" if key_id in desk.keyring.ids else ", which is missing from DASHBOARD_KEYS"
        _say(f"Values that need key {key_id}{missing}: {count}.")
    if not older:
        _say(f"Everything in the token store that opens is sealed with key {desk.keyring.ids[0]}.")
    if left.damaged:
        _say(
            f"{left.damaged} {'value' if left.damaged == 1 else 'values'} can't be opened by any key; "
            "'forget' or waiting for their expiry removes them."
        )
    return int(bool(older))


def _say_copies(desk: Desk) -> None:
    sealing = desk.keyring.ids[0]
    older = [hub_id for hub_id in desk.snapshots.hub_ids() if desk.snapshots.key_ids(hub_id) - {sealing}]
    if older:
        _say(
            f"Portals whose stored copy is sealed with an older key: {len(older)}. Their next load seals it anew; "
            "without the older key they are loaded again as a whole."
        )


def forget(hub_id: int, *, is_sure: bool) -> int:
    """Disconnect everybody from a portal and delete what is stored of it, once the operator has said yes."""
    desk = _open()
    people = len(desk.grants.accounts(hub_id))
    if not people and hub_id not in desk.grants.portals() and hub_id not in desk.snapshots.hub_ids():
        _complain(f"Portal {hub_id} is not connected here, and nothing is stored of it.")
        return 1
    if not is_sure and not _confirmed(hub_id, people):
        _complain("Not confirmed, so nothing was changed.")
        return 1
    done = desk.grants.forget_portal(hub_id)
    if not done.was_last:
        _complain(f"Somebody has just connected portal {hub_id}, so it is not forgotten. Run it again if it should be.")
        return 1
    desk.snapshots.delete(hub_id)
    _say(f"Portal {hub_id} is forgotten: its connections and its data were deleted here.")
    if done.revocation != "done":
        _say(f"{_UNREVOKED[done.revocation]} remove the app in HubSpot, under Settings, Integrations, Connected apps.")
    return 0


def _confirmed(hub_id: int, people: int) -> bool:
    _say(f"Portal {hub_id}, connected people: {people}. All are disconnected, and all that is stored of it is deleted.")
    sys.stdout.write("Type yes to go on: ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() == "yes"


def _open() -> Desk:
    """Open what the commands work with. Raises SettingsError, KeyMissing or StoreError."""
    settings = settings_module.load()
    ring = keyrings.load(settings.keys, settings.config_dir)
    return Desk(settings, ring, open_store(settings), _oauth(settings))


def _snapshots(settings: Settings, ring: KeyRing) -> Snapshots:
    place: str | Path = settings.snapshot_uri or settings.state_dir / "snapshots"
    return Snapshots(place, ring, settings.namespace)


def _oauth(settings: Settings) -> OAuth:
    made = _SampleOAuth if settings.is_sample else OAuth
    return made(open_http(settings.api_url), settings.api_url, settings.client_id, settings.client_secret)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _complain(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
