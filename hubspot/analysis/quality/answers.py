"""The records behind each number of data health, newest first."""

from collections.abc import Mapping
from datetime import date
from typing import cast

import pandas as pd

from hubspot.analysis.quality import activity, grid
from hubspot.analysis.quality.activity import Kind
from hubspot.analysis.quality.checks import Survey
from hubspot.analysis.quality.findings import CHECKS
from hubspot.analysis.quality.grid import By
from hubspot.analysis.quality.texts import Mask
from hubspot.analysis.questions import Answer, Frames, Question
from hubspot.portal import Portal

FOUND, MISSING, OWNED = "health.found", "health.missing", "health.owned"


def found_by(check: str) -> Question:
    """Ask for the records that a check finds."""
    return Question(FOUND, CHECKS[check].object_type, (check,))


def missing_in(object_type: str, *, by: By, name: str, value: str) -> Question:
    """Ask for the records that a cell of the grid of missing values counts."""
    return Question(MISSING, object_type, (by, name, value))


def owned_by(object_type: str, kind: Kind, *, value: str, days: int) -> Question:
    """Ask for the records of a kind that an owner has; see `activity.of_owner`."""
    return Question(OWNED, object_type, (kind, value, days))


def _found(frames: Frames, portal: Portal, question: Question, today: date) -> pd.DataFrame:
    check, survey = CHECKS[str(question.details[0])], Survey(frames, portal, today)
    records = _listed(frames[check.object_type], check.mask(survey))
    if check.suggest is None or records.empty:
        return records
    return pd.concat([records, check.suggest(survey, records)], axis=1)


def _missing(frames: Frames, portal: Portal, question: Question, today: date) -> pd.DataFrame:
    by, name, value = map(str, question.details)
    frame = frames[question.object_type]
    kept = grid.cell(frame, portal, question.object_type, by=cast("By", by), name=name, value=value, today=today)
    return _listed(frame, kept)


def _owned(frames: Frames, portal: Portal, question: Question, today: date) -> pd.DataFrame:
    kind, value, days = question.details
    survey = Survey(frames, portal, today)
    kept = activity.of_owner(survey, question.object_type, cast("Kind", kind), value=str(value), days=int(days))
    return _listed(frames[question.object_type], kept)


def _listed(frame: pd.DataFrame, kept: Mask) -> pd.DataFrame:
    records = frame[kept]
    if "createdate" not in records:
        return records
    return records.sort_values("createdate", ascending=False, kind="stable", na_position="last")


ANSWERS: Mapping[str, Answer] = {FOUND: _found, MISSING: _missing, OWNED: _owned}
