"""When records entered a stage, from whichever generation of HubSpot's properties says so."""

from dataclasses import dataclass

import pandas as pd

from hubspot.portal import STAGE_DATES, Portal


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation of names: `pattern` with {} for the stage, and how far the portal's dates come from it.

    `stages` have such a property, loaded; `dates` were taken from it, where no newer generation had one.
    """

    pattern: str
    stages: int
    dates: int


def entered(frame: pd.DataFrame, stage: str) -> pd.Series | None:
    """Return when each record last entered a stage (UTC); None where the portal keeps no such date.

    Of several generations the newest that has a date counts.
    Source: https://knowledge.hubspot.com/properties/hubspots-default-contact-properties
    """
    columns = [name.format(stage) for name in STAGE_DATES if name.format(stage) in frame]
    if not columns:
        return None
    dates = pd.to_datetime(frame[columns[0]], utc=True)
    for column in columns[1:]:
        dates = dates.fillna(pd.to_datetime(frame[column], utc=True))
    return dates


def generations(frame: pd.DataFrame, portal: Portal, object_type: str) -> tuple[Generation, ...]:
    """Return the generations of which the portal has properties, the newest first; empty where it has none."""
    names = [stage.value for stage in portal.stages(object_type)]
    found = (
        Generation(pattern, sum(pattern.format(name) in frame for name in names), _taken(frame, names, place))
        for place, pattern in enumerate(STAGE_DATES)
    )
    return tuple(each for each in found if each.stages)


def _taken(frame: pd.DataFrame, names: list[str], place: int) -> int:
    return sum(_taken_of_stage(frame, name, place) for name in names if STAGE_DATES[place].format(name) in frame)


def _taken_of_stage(frame: pd.DataFrame, name: str, place: int) -> int:
    has_date = frame[STAGE_DATES[place].format(name)].notna()
    for newer in STAGE_DATES[:place]:
        if newer.format(name) in frame:
            has_date &= frame[newer.format(name)].isna()
    return int(has_date.sum())
