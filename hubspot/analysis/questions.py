"""Records behind a number that no filter can name: who is stuck in a stage, which companies share a domain."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from hubspot.portal import Portal

Frames = Mapping[str, pd.DataFrame]
"""The joined frames of one copy of a portal, by object type; what was not granted or not loaded is not there."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which records of `object_type` a number counted: the name of an answer, like "lifecycle.stuck", and its details.

    It holds everything the answer depends on but the copy and the day, so that a link can ask again.
    """

    name: str
    object_type: str
    details: tuple[str | int | float, ...] = ()


Answer = Callable[[Frames, Portal, Question, date], pd.DataFrame]
"""The records of a question in the order to show them, as they stood on a day of the portal.

They are rows of the joined frame of the question's object type; columns may be added, with labels in
`records.DERIVED_LABELS`. Raises KeyError where the frame of that object type is not there.
"""
