"""Records that went back to an earlier stage, and stages that records skipped."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hubspot.analysis.lifecycle.journeys import Journeys, Mask

_FAR = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """What did not go forward step by step.

    `back`: origin, origin_label, target, target_label (an earlier stage of the portal), records (int64), most first; a
    record that went back twice between other stages is in two rows. `went_back` records did so at all.
    `skipped`: value, label, passed (int64, records that reached any later stage), skipped (int64, those of them that
    never were in this one), share (float64, missing where none passed); stages without dates are left out, and so is
    the last one, which nobody can skip. `n` records were looked at.
    """

    back: pd.DataFrame
    went_back: int
    skipped: pd.DataFrame
    n: int


def moves(journeys: Journeys) -> Moves:
    """Return the backward moves and the skipped stages, over the stages that the portal defines.

    HubSpot keeps one date per stage, the last: a move that a later one wrote over can't be seen any more.
    """
    backward = backward_moves(journeys)
    return Moves(_back(journeys, backward), int((backward >= 0).any(axis=0).sum()), _skipped(journeys), journeys.n)


def backward_moves(journeys: Journeys) -> NDArray[np.int64]:
    """Return each record's backward moves, a column per record: origin * defined + target, -1 for no move.

    A record's way are its stages in the order of their dates, stages entered at once in the portal's order, and at the
    end the stage it is in now. A move is backward where the portal's order has the target before the origin.
    """
    count = journeys.defined
    if not count:
        return np.full((1, journeys.n), -1, dtype=np.int64)
    at = np.where(journeys.has_date[:count], journeys.moment[:count], _FAR)
    order = np.argsort(at, axis=0, kind="stable")
    is_stop = np.take_along_axis(at, order, axis=0) < _FAR
    now = np.where(journeys.current < count, journeys.current, -1)
    way = np.vstack([order, now])
    # The stage of now follows the last dated stop, wherever in the column that is.
    stops = is_stop.sum(axis=0)
    last = np.where(stops > 0, order[np.maximum(stops - 1, 0), np.arange(journeys.n)], -1)
    origin = np.vstack([order[:-1], last])
    target = np.vstack([way[1:count], now])
    is_move = np.vstack([is_stop[1:], (last >= 0) & (now >= 0)])
    return np.where(is_move & (target < origin), origin * count + target, -1)


def skipped_by(journeys: Journeys, place: int) -> tuple[Mask, Mask]:
    """Return which records reached a later stage than one, and which of those were never in it."""
    later = [journeys.reached(each) for each in journeys.known if each > place]
    passed = np.logical_or.reduce(later) if later else np.zeros(journeys.n, dtype=np.bool_)
    return passed, passed & ~journeys.reached(place)


def _back(journeys: Journeys, backward: NDArray[np.int64]) -> pd.DataFrame:
    codes, counts = np.unique(backward[backward >= 0], return_counts=True)
    origins, targets = np.divmod(codes, max(journeys.defined, 1))
    values, labels = np.array(journeys.stages, dtype="object"), np.array(journeys.labels, dtype="object")
    rows = pd.DataFrame(
        {
            "origin": values[origins],
            "origin_label": labels[origins],
            "target": values[targets],
            "target_label": labels[targets],
            "records": counts,
        }
    ).astype(dict.fromkeys(("origin", "origin_label", "target", "target_label"), "str") | {"records": "int64"})
    return rows.sort_values("records", ascending=False, kind="stable").reset_index(drop=True)


def _skipped(journeys: Journeys) -> pd.DataFrame:
    rows = []
    for place in journeys.known[:-1]:
        passed, skipped = (int(each.sum()) for each in skipped_by(journeys, place))
        share = skipped / passed if passed else float("nan")
        rows.append([journeys.stages[place], journeys.labels[place], passed, skipped, share])
    types = {"value": "str", "label": "str", "passed": "int64", "skipped": "int64", "share": "float64"}
    return pd.DataFrame(rows, columns=list(types)).astype(types)
