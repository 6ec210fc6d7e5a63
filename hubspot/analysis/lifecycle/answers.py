"""The records behind the figures of the lifecycle, each by a question whose details are told at its function."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from hubspot.analysis.counts import coded
from hubspot.analysis.lifecycle.cohorts import MONTHS, cohort_of, lag_of, month_number
from hubspot.analysis.lifecycle.dates import entered
from hubspot.analysis.lifecycle.funnel import Step, arrivals, places_of, step
from hubspot.analysis.lifecycle.groups import between
from hubspot.analysis.lifecycle.journeys import Days, Journeys, Mask, journeys
from hubspot.analysis.lifecycle.moves import backward_moves, skipped_by
from hubspot.analysis.lifecycle.stays import BUCKETS, bucket_of, staying, usual
from hubspot.analysis.questions import Answer, Frames, Question
from hubspot.analysis.records import NO_VALUE, STAGE_DAYS, STAGE_ENTERED, STAGE_USUAL_DAYS
from hubspot.portal import Portal

REACHED, STEP, STAY = "lifecycle.reached", "lifecycle.step", "lifecycle.stay"
STUCK, COHORT, BACK = "lifecycle.stuck", "lifecycle.cohort", "lifecycle.back"
SKIPPED, GROUP = "lifecycle.skipped", "lifecycle.group"
ALL, UNDATED = "all", "undated"
"""Beside the buckets: the records of a stage, and those of which no date of entering is known."""
_NOWHERE, _UNKNOWN = -1, -2
STARTED, ARRIVED, TIMED, LOST = "started", "arrived", "timed", "lost"


def reached(frames: Frames, portal: Portal, question: Question, today: date) -> pd.DataFrame:
    """Return the records of a stage of the funnel, last entered first.

    Details: the mode, the stage, then the chosen stages. A stage that the funnel does not have has no records.
    """
    del today
    frame, way = _way(frames, portal, question)
    mode, value, *chosen = map(str, question.details)
    places = places_of(way, chosen)
    place = _place(way, value)
    if place not in places:
        return frame.iloc[:0]
    masks = arrivals(way, "all-stages" if mode == "all-stages" else "any-stage", places)
    return _entered_last(frame, value, masks[places.index(place)])


def moved(frames: Frames, portal: Portal, question: Question, today: date) -> pd.DataFrame:
    """Return records between the stage above and a stage of the funnel, the timed ones the slowest first.

    The date shown is that of entering the stage, of the lost ones that of the stage above. Details: the mode, which
    part of the step (a name of `Step`'s masks), the stage, then the chosen stages.
    """
    del today
    frame, way = _way(frames, portal, question)
    mode, part, value, *chosen = map(str, question.details)
    places = places_of(way, chosen)
    place = _place(way, value)
    if place not in places[1:]:
        return frame.iloc[:0]
    masks = arrivals(way, "all-stages" if mode == "all-stages" else "any-stage", places)
    found = step(way, masks, places, places.index(place))
    mask = _part(found, part)
    if part == TIMED:
        return _slowest(frame, mask, found.days)
    above = way.stages[places[places.index(place) - 1]]
    return _entered_last(frame, above if part == LOST else value, mask)


def stayed(frames: Frames, portal: Portal, question: Question, today: date) -> pd.DataFrame:
    """Return the records that are in a stage now, the longest first.

    Details: the stage (NO_VALUE for no stage), and which of them: one of BUCKETS, ALL or UNDATED.
    """
    frame, way = _way(frames, portal, question)
    value, which = map(str, question.details)
    waited, is_known = staying(way, today)
    here = way.current == (_NOWHERE if value == NO_VALUE else _place(way, value))
    if which == UNDATED:
        return _chosen(frame, here & ~is_known)
    if which != ALL:
        here &= is_known & (bucket_of(waited) == BUCKETS.index(which))
    return _slowest(frame, here, waited, is_known)


def stuck(frames: Frames, portal: Portal, question: Question, today: date) -> pd.DataFrame:
    """Return the records that are stuck, those first that stay longest beyond what is usual in their stage.

    Details: the stages; without any, those of all stages.
    """
    frame, way = _way(frames, portal, question)
    waited, is_known = staying(way, today)
    typical, limits = np.full(way.n, np.nan), np.full(way.n, np.nan)
    for place, value in enumerate(way.stages):
        if not question.details or value in question.details:
            here = way.current == place
            expected = usual(way, place)
            typical[here], limits[here] = expected.days, expected.limit
    mask = is_known & (waited > limits)
    found = _with_days(frame, mask, waited)
    found[STAGE_USUAL_DAYS] = typical[mask]
    order = np.argsort(-(waited - limits)[mask], kind="stable")
    return found.take(order)


def cohort(frames: Frames, portal: Portal, question: Question, today: date) -> pd.DataFrame:
    """Return the records created in a month that had entered a stage by the end of a later month.

    Details: the stage, the first day of the month of creation, and the number of months after it; -1 for all records
    of that month.
    """
    frame, way = _way(frames, portal, question)
    value, first, lag = question.details
    created_in = cohort_of(way, month_number(today))
    # Like the grid, of which this is a cell: its months count back from the present one.
    inside = created_in == month_number(date.fromisoformat(str(first))) - month_number(today) + MONTHS - 1
    place = _place(way, str(value))
    if place == _UNKNOWN:
        return frame.iloc[:0]
    if lag != -1:
        has_date, lags = lag_of(way, place)
        inside &= has_date & (lags <= int(lag))
    return _entered_last(frame, str(value), inside)


def went_back(frames: Frames, portal: Portal, question: Question, today: date) -> pd.DataFrame:
    """Return the records that went back. Details: from which stage to which; without any, from wherever."""
    del today
    frame, way = _way(frames, portal, question)
    moves = backward_moves(way)
    if not question.details:
        return _chosen(frame, np.asarray((moves >= 0).any(axis=0)))
    origin, target = (_place(way, str(value)) for value in question.details)
    if _UNKNOWN in {origin, target}:
        return frame.iloc[:0]
    mask = (moves == origin * way.defined + target).any(axis=0)
    return _entered_last(frame, str(question.details[1]), mask)


def skipped(frames: Frames, portal: Portal, question: Question, today: date) -> pd.DataFrame:
    """Return the records that reached a later stage but never were in one, or all that passed it.

    Details: the stage, and "skipped" or "passed".
    """
    del today
    frame, way = _way(frames, portal, question)
    value, which = map(str, question.details)
    place = _place(way, value)
    if place == _UNKNOWN:
        return frame.iloc[:0]
    passed, never = skipped_by(way, place)
    return _chosen(frame, never if which == "skipped" else passed)


def grouped(frames: Frames, portal: Portal, question: Question, today: date) -> pd.DataFrame:
    """Return the records of one source or owner on their way from a stage to another.

    Details: the property, its stored value (NO_VALUE for none), both stages, and which records: ALL, STARTED, ARRIVED
    or TIMED, these the slowest first.
    """
    del today
    frame, way = _way(frames, portal, question)
    column, value, first, second, which = map(str, question.details)
    values, codes = coded(frame, column)
    inside = codes == (-1 if value == NO_VALUE else values.index(value) if value in values else -2)
    places = _place(way, first), _place(way, second)
    if _UNKNOWN in places:
        return frame.iloc[:0]
    started, arrived, timed, days = between(way, *places)
    if which == TIMED:
        return _slowest(frame, inside & timed, days)
    return _chosen(frame, inside & {STARTED: started, ARRIVED: arrived}.get(which, inside))


def _way(frames: Frames, portal: Portal, question: Question) -> tuple[pd.DataFrame, Journeys]:
    frame = frames[question.object_type]
    return frame, journeys(frame, portal, question.object_type)


def _place(way: Journeys, value: str) -> int:
    """Return the position of a stage, _UNKNOWN where there is none of that name."""
    return way.stages.index(value) if value in way.stages else _UNKNOWN


def _part(found: Step, part: str) -> Mask:
    masks = {
        "here": found.here,
        LOST: found.lost,
        TIMED: found.timed,
        "skipped": found.skipped,
        "undated": found.undated,
        "backwards": found.backwards,
    }
    return masks[part]


def _chosen(frame: pd.DataFrame, mask: Mask) -> pd.DataFrame:
    return frame.iloc[np.flatnonzero(mask)]


def _entered_last(frame: pd.DataFrame, value: str, mask: Mask) -> pd.DataFrame:
    dates = entered(frame, value)
    if dates is None:
        return _chosen(frame, mask)
    return (
        _chosen(frame, mask)
        .assign(**{STAGE_ENTERED: dates[mask]})
        .sort_values(STAGE_ENTERED, ascending=False, kind="stable")
    )


def _slowest(frame: pd.DataFrame, mask: Mask, days: Days, is_known: Mask | None = None) -> pd.DataFrame:
    found = _with_days(frame, mask, days, is_known)
    return found.sort_values(STAGE_DAYS, ascending=False, kind="stable")


def _with_days(frame: pd.DataFrame, mask: Mask, days: Days, is_known: Mask | None = None) -> pd.DataFrame:
    numbers = pd.Series(days, index=frame.index).astype("Int64")
    return frame[mask].assign(**{STAGE_DAYS: numbers.where(is_known if is_known is not None else mask)[mask]})


ANSWERS: Mapping[str, Answer] = {
    REACHED: reached,
    STEP: moved,
    STAY: stayed,
    STUCK: stuck,
    COHORT: cohort,
    BACK: went_back,
    SKIPPED: skipped,
    GROUP: grouped,
}
"""By the name of the question."""
