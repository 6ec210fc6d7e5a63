"""How long records have been in their stage, and who is stuck there."""

import streamlit as st

from hubspot.analysis import behind
from hubspot.analysis.lifecycle import Stays, answers
from hubspot.analysis.lifecycle.stays import BUCKETS, LEAST_DAYS, LEAST_GONE_ON, LEAST_SHARE, TIMES
from hubspot.analysis.questions import Question
from hubspot.analysis.records import NO_VALUE
from hubspot.ui import lifecycle_table, words
from hubspot.ui.health_missing import tint
from hubspot.ui.lifecycle_table import Behind, Column, Table, days
from hubspot.ui.numbers import share
from hubspot.ui.state import View
from hubspot.ui.texts import one_line

_NOW, _UNDATED, _MEDIAN, _USUAL, _STUCK = "Now", "No date", "Median", "Usual", "Stuck"
_RULE = (
    "Usual is the median of the days after which records went on to a later stage. Stuck is who stays more than "
    f"{TIMES} times as long, and more than {LEAST_DAYS} days. Where fewer than {LEAST_GONE_ON} records, or fewer than "
    f"{share(LEAST_SHARE)} of those that reached a stage, went on, nobody is called stuck."
)
_COLUMNS = (
    Column(_NOW, "Records that are in the stage now.", width=70),
    *(
        Column(bucket, f"In the stage for {bucket} days, the day of entering not counted.", width=70)
        for bucket in BUCKETS
    ),
    Column(_UNDATED, "No date of entering the stage, or one that lies ahead.", width=74),
    Column(_MEDIAN, "Days that the records with a date have been in the stage so far.", days, 72),
    Column(_USUAL, "Days after which records went on to a later stage: the median of those that did.", days, 66),
    Column(_STUCK, f"In the stage for more than {TIMES} times the usual days.", width=66),
)


def show(view: View, object_type: str, found: Stays) -> None:
    """Show the days in each stage as a coloured table, and the records behind what is chosen."""
    many = words.OBJECT_NOUNS[object_type][1]
    with st.container(border=True, gap="small"):
        st.subheader("Time in the current stage", anchor=False)
        lifecycle_table.note(f"{many.capitalize()} by the days since they entered the stage they are in. {_RULE}")
        if found.stuck:
            title = f"{words.counted(found.stuck, object_type)} stuck"
            all_of_them = st.toggle(f"Show all {title}", key=f"lifecycle.{object_type}.stuck")
        else:
            all_of_them = False
        key = f"lifecycle.{object_type}.stays"
        cell = lifecycle_table.choose(_table(found), key=key, alt=f"{many.capitalize()} by days in their stage")
        if all_of_them:
            stuck = Behind(
                "Stuck in any stage, the longest beyond the usual first", Question(answers.STUCK, object_type)
            )
            lifecycle_table.show(view, stuck, key=f"{key}.stuck")
        if cell:
            lifecycle_table.show(view, _behind(object_type, found, cell), key=f"{key}.rows")
        elif not all_of_them:
            lifecycle_table.note(lifecycle_table.CHOOSE)


def _table(found: Stays) -> Table:
    told = found.rows
    figures = {
        _NOW: told["records"],
        **{bucket: told[bucket] for bucket in BUCKETS},
        _UNDATED: told["undated"],
        _MEDIAN: told["median"],
        _USUAL: told["usual"].where(told["limit"].notna()),
        _STUCK: told["stuck"].astype("float64").where(told["limit"].notna()),
    }
    parts = told[list(BUCKETS)].div(told["records"].clip(lower=1), axis=0)
    tints = {bucket: [tint(part) for part in parts[bucket]] for bucket in BUCKETS}
    return Table("Stage", [one_line(label) for label in told["label"]], _COLUMNS, figures, tints)


def _behind(object_type: str, found: Stays, cell: tuple[int, str]) -> Behind:
    place, header = cell
    value, label = found.rows["value"][place], one_line(found.rows["label"][place])
    if header == _STUCK:
        return Behind(f"Stuck in {label}", Question(answers.STUCK, object_type, (value,)))
    if header in BUCKETS:
        return Behind(f"In {label} for {header} days", Question(answers.STAY, object_type, (value, header)))
    if header == _UNDATED:
        return Behind(
            f"In {label}, since when is not known", Question(answers.STAY, object_type, (value, answers.UNDATED))
        )
    question = Question(answers.STAY, object_type, (value, answers.ALL))
    if value == NO_VALUE:
        return Behind("Without a stage", question, behind.one(behind.STAGE, value))
    return Behind(f"In {label} now, the longest first", question, behind.one(behind.STAGE, value))
