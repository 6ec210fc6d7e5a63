"""Records by lifecycle stage: where they are now, and how far they ever got."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hubspot.analysis.lifecycle.dates import entered
from hubspot.portal import Portal


@dataclass(frozen=True, slots=True, eq=False)
class Stages:
    """Records by lifecycle stage.

    `rows`: value (stored), label, current (int64: records in the stage now), reached (Int64: in it now or ever before;
    missing where the portal keeps no date for the stage), share (float64, 0 to 1: of the records that reached the
    stage before, those that reached this one too; missing where either is unknown or nobody reached the stage before).
    `n` records were counted; `unset` have no stage.
    """

    rows: pd.DataFrame
    n: int
    unset: int

    @property
    def counts(self) -> pd.Series:
        """Return the records that reached each stage, or that are in it now where nobody knows who reached it."""
        return self.rows["reached"].fillna(self.rows["current"]).astype("int64")

    @property
    def lacks_dates(self) -> list[bool]:
        """Return of which stages nobody knows who reached them, though of others it is known."""
        return [self.dated and bool(missing) for missing in self.rows["reached"].isna()]

    @property
    def dated(self) -> bool:
        """Return whether the portal keeps dates of entering, without which nobody knows who reached a stage."""
        return bool(self.rows["reached"].notna().any())


def stages(frame: pd.DataFrame, portal: Portal, object_type: str) -> Stages:
    """Count the records of each stage of the portal; a stage that only old records hold comes last.

    A record without a stage is in no row, even if it once had one.
    """
    current = current_stage(frame)
    labels = stage_labels(current, portal, object_type)
    reached = {value: _reached(frame, current, value) for value in labels}
    rows = pd.DataFrame(
        {
            "value": list(labels),
            "label": list(labels.values()),
            "current": [int((current == value).sum()) for value in labels],
            "reached": [None if each is None else int(each.sum()) for each in reached.values()],
            "share": _shares(list(reached.values())),
        }
    ).astype({"value": "str", "label": "str", "current": "int64", "reached": "Int64", "share": "float64"})
    return Stages(rows, n=len(frame), unset=int(current.isna().sum()))


def reached(frame: pd.DataFrame, stage: str) -> NDArray[np.bool_] | None:
    """Return which records are in a stage or ever were; None where the portal keeps no date for it."""
    return _reached(frame, current_stage(frame), stage)


def current_stage(frame: pd.DataFrame) -> pd.Series:
    """Return the stored value of each record's stage; all missing where the column is."""
    if "lifecyclestage" in frame:
        return frame["lifecyclestage"]
    return pd.Series(pd.NA, index=frame.index, dtype="str")


def stage_labels(current: pd.Series, portal: Portal, object_type: str) -> dict[str, str]:
    """Map the portal's stages to their labels in its order, then those that only records hold, by value."""
    known = {stage.value: stage.label for stage in portal.stages(object_type)}
    retired = sorted(value for value in current.dropna().unique() if value not in known)
    return known | {value: value for value in retired}


def _reached(frame: pd.DataFrame, current: pd.Series, stage: str) -> NDArray[np.bool_] | None:
    dates = entered(frame, stage)
    if dates is None:
        return None
    return (dates.notna() | (current == stage)).to_numpy(dtype=bool)


def _shares(reached: list[NDArray[np.bool_] | None]) -> list[float]:
    first = [float("nan")] * bool(reached)
    return first + [
        float("nan") if before is None or here is None or not before.any() else float(here[before].mean())
        for before, here in pairwise(reached)
    ]
