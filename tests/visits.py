"""People without a browser: each is a cookie and a WebSocket that speaks Streamlit's protocol, so many fit a machine.

What a browser does by itself, running fragments on their timers, is done by `stay` alone; nothing is ever drawn.
"""

import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

PATIENCE = 60.0
LONGEST_MESSAGE = 200_000_000


@dataclass
class Run:
    """One run of the script: how long it took as seen from here, what it sent, and the elements that came."""

    seconds: float = 0.0
    received: int = 0
    elements: dict[str, object] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    failed: bool = False

    def widget(self, name):
        """Return the element of the widget with a key."""
        return next(element for each, element in self.elements.items() if each.endswith(f"-{name}"))


def anybody():
    """Return what trusts every certificate, for nginx has one of its own in tests."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    # One thread reads while another writes: beside a session ticket of TLS 1.3, one request in 200 was lost.
    trusting.maximum_version = ssl.TLSVersion.TLSv1_2
    return trusting


class Person:
    """Somebody's browser: its cookie, and a tab once one is open."""

    def __init__(self, base):
        self.base = base
        self.trust = anybody() if base.startswith("https:") else None
        self.http = httpx.Client(
            base_url=base, trust_env=False, follow_redirects=False, timeout=PATIENCE, verify=self.trust or True
        )
        self.http.get("/", headers={"Accept": "text/html"}).raise_for_status()
        self.socket, self.page, self.query, self.widgets, self.timers = None, "", "", {}, {}

    def connect_hubspot(self, hub_id):
        """Consent at the sandbox and come back, as far as the outcome; return the query of the way back."""
        asked = self.http.get("/connect", params={"next": "contacts"})
        assert asked.status_code == 303, asked.text
        address = asked.headers["location"]
        form = [*parse_qsl(urlsplit(address).query), ("account", hub_id), ("decision", "allow")]
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "null"}
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
        told = httpx.post(
            f"{origin}/oauth/authorize", content=str(httpx.QueryParams(form)), headers=headers, trust_env=False
        )
        assert told.status_code == 303, told.text
        returned = urlsplit(told.headers["location"]).query
        # The page comes before its WebSocket, and brings the browser's new cookie.
        self.http.get(f"/?{returned}", headers={"Accept": "text/html"}).raise_for_status()
        self.open("", returned)
        self.close()
        return returned

    def open(self, page, query=""):
        """Open a page in a new tab; return its first run."""
        self.page, self.query, self.widgets = page, query, {}
        return self.open_again()

    def open_again(self):
        """Connect the tab anew, at its page and with its widgets as they stand, as a browser does by itself."""
        self.close()
        url = urlsplit(self.base)
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        self.socket = connect(
            f"{'wss' if self.trust else 'ws'}://{url.netloc}/_stcore/stream",
            ssl=self.trust,
            origin=self.base,
            subprotocols=["streamlit"],
            additional_headers={"Cookie": cookies},
            max_size=LONGEST_MESSAGE,
            proxy=None,
            legacy=True,  # open for as long as the tab is, not for a block of code
            open_timeout=PATIENCE,
        )
        return self.run()

    def turn_to(self, page):
        """Follow a link of the sidebar to another page; return its run."""
        self.page, self.query, self.widgets = page, "", {}
        return self.run()

    def stay(self, seconds):
        """Keep the tab open for so long, its fragments running on their timers; return their runs."""
        runs, ends_at = [], time.monotonic() + seconds
        while (left := ends_at - time.monotonic()) > 0:
            fragment, (interval, due_at) = min(
                self.timers.items(), key=lambda each: each[1][1], default=("", (seconds, ends_at))
            )
            pause = due_at - time.monotonic()
            if pause >= left:
                time.sleep(left)
                break
            time.sleep(max(0.0, pause))
            self.timers[fragment] = (interval, time.monotonic() + interval)
            runs.append(self.run(fragment))
        return runs

    def run(self, fragment=""):
        """Run the page once more with the widgets as they stand, or one fragment of it alone."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name = self.query, self.page
        state.fragment_id, state.is_auto_rerun = fragment, bool(fragment)
        if not fragment:
            self.timers = {}
        state.context_info.url, state.context_info.timezone = f"{self.base}/{self.page}", "Europe/Berlin"
        for name, (kind, value) in self.widgets.items():
            widget = state.widget_states.widgets.add(id=name)
            if kind == "string_array_value":
                widget.string_array_value.data.extend(value)
            else:
                setattr(widget, kind, value)
        began = time.perf_counter()
        self.socket.send(message.SerializeToString())
        return self._received(began)

    def set(self, run, name, kind, value):
        """Set a widget that a run has shown, by its key; return the run that follows."""
        self.widgets[run.widget(name).id] = (kind, value)
        return self.run()

    def close(self):
        """Close the tab."""
        if self.socket:
            with suppress(ConnectionClosed):
                self.socket.close()
            self.socket = None

    def leave(self):
        """Close the tab and the browser."""
        self.close()
        self.http.close()

    def _received(self, began):
        run = Run()
        while True:
            content = self.socket.recv(timeout=PATIENCE)
            run.received += len(content)
            message = ForwardMsg.FromString(content)
            kind = message.WhichOneof("type")
            if kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                self._note(run, message.delta.new_element)
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                run.seconds = time.perf_counter() - began
                return run
            else:
                self._set_timers(kind, message)

    def _set_timers(self, kind, message):
        if kind == "auto_rerun":
            timer = message.auto_rerun
            self.timers.setdefault(timer.fragment_id, (timer.interval, time.monotonic() + timer.interval))
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self.timers.pop(fragment, None)
        elif kind == "script_finished":
            # The whole page runs anew by itself, and its fragments are others.
            self.timers = {}

    def _note(self, run, element):
        kind = element.WhichOneof("type")
        shown = getattr(element, kind)
        run.failed |= kind == "exception"
        if getattr(shown, "id", ""):
            run.elements[shown.id] = shown
        for name in ("body", "label"):
            text = getattr(shown, name, "")
            if isinstance(text, str) and text:
                run.texts.append(text)
