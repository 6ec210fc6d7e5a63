"""Texts from HubSpot, made fit to stand beside our own."""

import re

# Controls, and marks that turn the direction of what follows: a name must not change what stands beside it.
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")


def one_line(text: str) -> str:
    """Return a text on one line, single spaces between its words, without characters that act but can't be seen.

    Letters that are written from right to left keep their direction.
    """
    return " ".join(_UNSEEN.sub("", text).split())
