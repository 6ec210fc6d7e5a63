"""Log lines: one per event on standard error, as text or as one JSON object, and what never stands in them.

Our own calls pass a mapping: `LOG.info("portal %(portal)s: loaded", {"portal": hub_id})`. Each of its values becomes a
field of the JSON object. The ids of portals and people are written as pseudonyms, in both forms.
"""

import datetime as dt
import json
import logging
import re
import sys
import threading
from collections.abc import Mapping
from copy import copy
from typing import Any

import streamlit.logger

from hubspot.connections.records import Account
from hubspot.errors import HubSpotError, SettingsError
from hubspot.settings import Settings
from hubspot.ui import services

PORTAL = "portal"
ACCOUNT = "account"
PERSON = "person"
_TEXT_LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"
# The access log would name what people look at; it is off, and stays off.
_ACCESS = "uvicorn.access"
_SOCKET_LINE = '"WebSocket %s"'
_OF_THE_SERVER = ("uvicorn", "uvicorn.error", "uvicorn.asgi")
# Lines of libraries, names of leases and files, and sentences made for the screen may hold what our events don't.
_NAMED_PORTAL = re.compile(r"(\b[Pp]ortal |\{)(\d+)(?=\b|\})")
_FILE_OF_ACCOUNT = re.compile(r"\b(\d+)\.(\d+)(?=\.json\b)")
_SECRET = re.compile(
    r"\b(code|state|token|access_token|refresh_token|id_token|client_secret|id_token_hint)=[^&\s\"'<>]+|"
    r"\b(Bearer) [\w.~+/=-]+"
)
_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+\.[\w.-]+")


def pseudonym(number: int, kind: str = PORTAL) -> str:
    """Return what a portal, or another numbered thing, is called in log lines and metrics: p and 9 hex digits.

    It is the same on every replica with the same first key in DASHBOARD_KEYS, and can't be computed without that key.
    """
    return "p" + services.keyring().sign(str(number).encode(), f"log {kind}")[4:].hex()[:9]


def _named(number: int, kind: str = PORTAL) -> str:
    try:
        return pseudonym(number, kind)
    except HubSpotError:
        return "unknown"  # the key ring can't be read: the line about that must still be written


class _Lines(logging.Formatter):
    """Writes a record without ids, e-mail addresses, tokens and codes."""

    def message(self, record: logging.LogRecord) -> str:
        """Return the record's sentence."""
        shown = copy(record)
        if isinstance(record.args, tuple):
            shown.args = tuple(_shown("", value) for value in record.args)
        else:
            shown.args = {name: _shown(name, value) for name, value in _given(record).items()}
        return redacted(shown.getMessage())


class TextLines(_Lines):
    """Time, level, place and sentence, for people."""

    def __init__(self) -> None:
        super().__init__(_TEXT_LINE)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of one event, with its traceback below."""
        shown = copy(record)
        shown.msg, shown.args, shown.exc_text = self.message(record), (), None
        return redacted(super().format(shown))


class JsonLines(_Lines):
    """One JSON object a line, with UTC times: at, level, logger, message, then the event's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of one event."""
        line = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": self.message(record),
        }
        for name, value in _given(record).items():
            line.update({key: field for key, field in _fields(name, value) if key not in line})
        if record.exc_info:
            line["exception"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def redacted(text: str) -> str:
    """Return a text without ids of portals, tokens, codes and e-mail addresses."""
    text = _NAMED_PORTAL.sub(lambda found: f"{found[1]}{_named(int(found[2]))}", text)
    text = _FILE_OF_ACCOUNT.sub(lambda found: str(_shown("", Account(int(found[1]), int(found[2])))), text)
    text = _SECRET.sub(lambda found: f"{found[1]}=…" if found[1] else "Bearer …", text)
    return _ADDRESS.sub("…", text)


def _given(record: logging.LogRecord) -> Mapping[str, Any]:
    """Return an event's own fields: of positional arguments only whose account it is about, and what went wrong."""
    if isinstance(record.args, Mapping):
        return record.args
    named = {Account: ACCOUNT, HubSpotError: "error"}
    return {named[kind]: value for value in record.args or () for kind in named if isinstance(value, kind)}


def _shown(name: str, value: Any) -> Any:
    """Return a value as the sentence shows it."""
    if isinstance(value, Account):
        return f"{_named(value.hub_id)}.{_named(value.user_id, PERSON)}"
    return _named(value) if name == PORTAL and isinstance(value, int) else value


def _fields(name: str, value: Any) -> list[tuple[str, Any]]:
    """Return what a value of an event adds to its JSON object."""
    if isinstance(value, Account):
        return [(PORTAL, _named(value.hub_id)), (PERSON, _named(value.user_id, PERSON))]
    if name == "correlation_id" and value == "none":
        return []
    if isinstance(value, HubSpotError):
        found = getattr(value, "correlation_id", "")
        return [(name, type(value).__name__), *([("correlation_id", found)] if found else [])]
    if isinstance(value, bool | int | float | None) or (isinstance(value, Mapping) and name != PORTAL):
        return [(name, _shown(name, value))]
    return [(name, redacted(str(value)))]


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]
    """Ours, told from those of others; as a filter of somebody else's logger it takes the record over."""

    def takes_over(self, record: logging.LogRecord) -> bool:
        """Write a record, and let nobody else write it."""
        self.handle(record)
        return False


def begin() -> None:
    """Configure by the settings, before any other module can say something; a wrong setting ends the process."""
    try:
        configure(services.settings())
    except SettingsError as error:
        sys.exit(str(error))


def configure(given: Settings) -> None:
    """Send our log lines to standard error at the level of the settings; quiet libraries that print addresses.

    As JSON, so are the lines of the server and of every library, and what ends a thread.
    """
    handler = _Handler(sys.stderr)
    handler.setFormatter(JsonLines() if given.log_format == "json" else TextLines())
    ours = logging.getLogger("hubspot")
    ours.handlers[:] = [handler]
    ours.setLevel(given.log_level)
    ours.propagate = False
    # The server gives its loggers new handlers when it starts; their filters stay.
    for name in _OF_THE_SERVER:
        logging.getLogger(name).filters[:] = [_is_of_no_tab]
    # At INFO, httpx prints whole addresses.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if given.log_format == "json":
        _take_over(handler)


def _is_of_no_tab(record: logging.LogRecord) -> bool:
    """Drop uvicorn's line for each WebSocket: it holds somebody's address, and in the query what they look at."""
    return _SOCKET_LINE not in str(record.msg)


def _take_over(handler: _Handler) -> None:
    """Have the lines of everybody else written by our handler."""
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    root.handlers[:] = [*(each for each in root.handlers if not isinstance(each, _Handler)), handler]
    threading.excepthook = _log_end_of_thread

    def handled_by_ours(logger: logging.Logger) -> None:
        logger.handlers[:] = [] if logger.name == _ACCESS else [handler]

    # Each of Streamlit's loggers has a handler of its own, also those that are made later.
    streamlit.logger.setup_formatter = handled_by_ours
    streamlit.logger.update_formatter()

    for name in _OF_THE_SERVER:
        logging.getLogger(name).filters[:] = [_is_of_no_tab, handler.takes_over]


def _log_end_of_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_type is not SystemExit and ended.exc_value:
        told = (ended.exc_type, ended.exc_value, ended.exc_traceback)
        name = ended.thread.name if ended.thread else "unknown"
        # Threads of loads carry their portal in their name.
        logging.getLogger(__name__).error("thread %(thread)s ended", {"thread": name.partition(" ")[0]}, exc_info=told)
