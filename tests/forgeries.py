"""Returns from HubSpot that nobody may accept, made from genuine states. The seed decides of all but their nonces."""

import base64
import random
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from hubspot.connections.handshake import Handshake
from hubspot.keyring import KeyRing
from hubspot.ui import browser

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ODD = [
    "\0",
    "\n",
    "\r\n",
    " ",
    "\t",
    "%",
    "+",
    "/",
    "=",
    "==",
    "é",
    "\uff21",
    "\u202e",
    "\u200b",
    "💥",
    "'",
    '"',
    "<b>",
    "\x7f",
]
ELEVEN_MINUTES = 660


@dataclass(frozen=True)
class Forged:
    """A return: `query` is in the address, `cookie` in the browser that carries it; `how` names the forgery."""

    how: str
    query: dict[str, str]
    cookie: str


class Forger:
    """Makes forged returns. Its browser began a genuine attempt at `now`; so did another browser, and a stranger's app.

    `now` is in seconds; no forgery carries a state that is good in the browser that brings it.
    """

    def __init__(self, keyring: KeyRing, pages: tuple[str, ...], *, now: float, seed: int = 7) -> None:
        self.random = random.Random(seed)
        self.keyring, self.pages, self.now = keyring, pages, now
        self.cookie, self.other = self._cookie(), self._cookie()
        self.makers: list[Callable[[], Forged]] = [
            *[self._mutated] * 8,
            *[self._spliced] * 2,
            *[self._noise] * 2,
            self._carried,
            self._late,
            self._strange,
            self._misused,
            self._signed_anew,
            self._oversize,
            self._incomplete,
            self._without_cookie,
        ]

    def make(self) -> Forged:
        """Return the next forgery."""
        return self.random.choice(self.makers)()

    def genuine(self, cookie: str, *, seconds_ago: float = 0, keyring: KeyRing | None = None) -> str:
        """Return a state that was begun in a browser."""
        began = self.now - seconds_ago
        handshake = Handshake(None, keyring or self.keyring, pages=self.pages, now=lambda: began)
        return handshake.begin(browser.hashed(cookie), self.random.choice(self.pages)).state

    def _forged(self, how: str, state: str, *, cookie: str | None = None) -> Forged:
        query = {"code": self._code(), "state": state}
        if self.random.random() < 0.2:
            query = {"error": self.random.choice(["access_denied", "x", self._code()]), **query}
        if self.random.random() < 0.1:
            del query["code"]
            query.setdefault("error", "access_denied")
        return Forged(how, query, self.cookie if cookie is None else cookie)

    def _mutated(self) -> Forged:
        state = genuine = self.genuine(self.cookie)
        while state == genuine:
            for _ in range(self.random.randint(1, 4)):
                state = self.random.choice(MUTATIONS)(self.random, state)
        return self._forged("mutated", state)

    def _spliced(self) -> Forged:
        mine, theirs = self.genuine(self.cookie), self.genuine(self.other)
        spliced = mine
        # They begin alike, with the same time, and may end alike.
        while spliced in {mine, theirs}:
            place = self.random.randint(1, min(len(mine), len(theirs)) - 1)
            first, second = self.random.sample([mine, theirs], 2)
            spliced = first[:place] + second[place:]
        return self._forged("spliced", spliced)

    def _noise(self) -> Forged:
        letters = self.random.choice([LETTERS, [*ODD, *LETTERS], [chr(n) for n in (*range(256), *range(0x400, 0x500))]])
        return self._forged("noise", "".join(self.random.choices(letters, k=self.random.randint(1, 200))))

    def _carried(self) -> Forged:
        return self._forged("of another browser", self.genuine(self.other))

    def _late(self) -> Forged:
        seconds = self.random.choice([1, -1]) * self.random.randint(ELEVEN_MINUTES, 10**8)
        return self._forged("late or early", self.genuine(self.cookie, seconds_ago=min(seconds, int(self.now))))

    def _strange(self) -> Forged:
        ring = KeyRing({"k1": self.random.randbytes(32)})
        return self._forged("signed by a stranger", self.genuine(self.cookie, keyring=ring))

    def _misused(self) -> Forged:
        content = self.random.randbytes(self.random.choice([40, 47, 80]))
        purpose = self.random.choice(["hop", "client secret", "download", ""])
        return self._forged("signed for something else", _encoded(content + self.keyring.sign(content, purpose)))

    def _signed_anew(self) -> Forged:
        raw = base64.urlsafe_b64decode(self.genuine(self.cookie) + "==")
        signature = self.random.choice([b"", bytes(36), raw[-36:][::-1], self.random.randbytes(36)])
        return self._forged("with another signature", _encoded(raw[:-36] + signature))

    def _oversize(self) -> Forged:
        length = self.random.choice([513, 2000, 60_000])
        return self._forged("oversize", (self.genuine(self.cookie) * (length // 100 + 1))[:length])

    def _incomplete(self) -> Forged:
        query = self.random.choice([{"code": self._code()}, {"error": self._code()}, {"code": "", "state": ""}])
        return Forged("incomplete", query, self.cookie)

    def _without_cookie(self) -> Forged:
        cookie = self.random.choice(["", "short", self.cookie[:-1], self.cookie + "x", "é" * 43, "\0" * 43])
        return self._forged("without a cookie of ours", self.genuine(cookie), cookie=cookie)

    def _cookie(self) -> str:
        return _encoded(self.random.randbytes(32))

    def _code(self) -> str:
        odd = self.random.choice(["", *ODD])
        return f"na1-forged-{self.random.getrandbits(64):016x}{odd}"


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _place(source: random.Random, text: str) -> int:
    return source.randint(0, max(len(text) - 1, 0))


def _replace(source: random.Random, text: str) -> str:
    place = _place(source, text)
    return text[:place] + source.choice([*LETTERS, *ODD]) + text[place + 1 :]


def _insert(source: random.Random, text: str) -> str:
    place = _place(source, text)
    return text[:place] + source.choice([*LETTERS, *ODD]) + text[place:]


def _leave_out(source: random.Random, text: str) -> str:
    place = _place(source, text)
    return text[:place] + text[place + source.randint(1, 8) :]


def _exchange(source: random.Random, text: str) -> str:
    letters = list(text)
    first, second = _place(source, text), _place(source, text)
    if letters:
        letters[first], letters[second] = letters[second], letters[first]
    return "".join(letters)


MUTATIONS: list[Callable[[random.Random, str], str]] = [
    _replace,
    _insert,
    _leave_out,
    _exchange,
    lambda _source, text: text[::-1],
    lambda _source, text: text.swapcase(),
    lambda _source, text: text + text,
    lambda _source, text: quote(text, safe="") + "%00",
    lambda _source, text: f" {text} ",
    lambda _source, text: text + "=" * (-len(text) % 4 or 4),
    lambda _source, text: text.replace("-", "+").replace("_", "/") + "+",
    lambda _source, text: base64.b64encode(text.encode()).decode(),
    lambda _source, text: text.encode().hex(),
    lambda _source, text: "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text),
]
