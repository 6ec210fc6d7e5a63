"""Records that went back to an earlier stage, and stages that records skipped."""

import streamlit as st

from hubspot.analysis.lifecycle import Moves, answers
from hubspot.analysis.questions import Question
from hubspot.ui import lifecycle_table, words
from hubspot.ui.lifecycle_table import Behind, Column, Table, rate
from hubspot.ui.state import View
from hubspot.ui.texts import one_line

_BACK_NOTE = (
    "{went} entered an earlier stage after a later one, or are in an earlier stage than one they reached. "
    "HubSpot keeps the last date of each stage, so a move that a later one wrote over is not seen."
)
_SKIPPED_NOTE = "{Many} that reached any later stage without ever being in this one."
_MOVE, _RECORDS, _PASSED, _SKIPPED, _SHARE = "From and to", "Records", "Went past", "Skipped it", "Share"


def show(view: View, object_type: str, found: Moves) -> None:
    """Show both tables beside each other, and the records behind what is chosen."""
    left, right = st.columns(2)
    with left, st.container(border=True, gap="small", height="stretch"):
        _back(view, object_type, found)
    with right, st.container(border=True, gap="small", height="stretch"):
        _skipped(view, object_type, found)


def _back(view: View, object_type: str, found: Moves) -> None:
    st.subheader("Went back", anchor=False)
    went = f"{words.number(found.went_back)} of {words.counted(found.n, object_type)}"
    lifecycle_table.note(_BACK_NOTE.format(went=went))
    if found.back.empty:
        return
    moves = found.back
    names = [
        f"{one_line(origin)} → {one_line(target)}"
        for origin, target in zip(moves["origin_label"], moves["target_label"], strict=True)
    ]
    columns = (Column(_RECORDS, "Records with this move; one with two different moves is in two rows.", width=76),)
    key = f"lifecycle.{object_type}.back"
    table = Table(_MOVE, names, columns, {_RECORDS: moves["records"]}, name_width=240)
    cell = lifecycle_table.choose(table, key=key, alt="Backward moves")
    if cell:
        details = (moves["origin"][cell[0]], moves["target"][cell[0]])
        lifecycle_table.show(
            view,
            Behind(f"Went back: {names[cell[0]]}", Question(answers.BACK, object_type, details)),
            key=f"{key}.rows",
        )
    else:
        lifecycle_table.note(lifecycle_table.CHOOSE)


def _skipped(view: View, object_type: str, found: Moves) -> None:
    st.subheader("Skipped stages", anchor=False)
    lifecycle_table.note(_SKIPPED_NOTE.format(Many=words.OBJECT_NOUNS[object_type][1].capitalize()))
    if not found.skipped["passed"].sum():
        lifecycle_table.note(f"No {words.OBJECT_NOUNS[object_type][0]} has come that far yet.")
        return
    told = found.skipped
    names = [one_line(label) for label in told["label"]]
    columns = (
        Column(_PASSED, "Records that reached any later stage."),
        Column(_SKIPPED, "Those of them that never were in this one."),
        Column(_SHARE, "Skipped it, of those that went past.", rate, 70),
    )
    figures = {_PASSED: told["passed"], _SKIPPED: told["skipped"], _SHARE: told["share"]}
    key = f"lifecycle.{object_type}.skipped"
    cell = lifecycle_table.choose(Table("Stage", names, columns, figures), key=key, alt="Skipped stages")
    if cell:
        which = "passed" if cell[1] == _PASSED else "skipped"
        title = f"Went past {names[cell[0]]}" if which == "passed" else f"Skipped {names[cell[0]]}"
        question = Question(answers.SKIPPED, object_type, (told["value"][cell[0]], which))
        lifecycle_table.show(view, Behind(title, question), key=f"{key}.rows")
    else:
        lifecycle_table.note(lifecycle_table.CHOOSE)
