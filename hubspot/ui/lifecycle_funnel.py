"""How far records got: the funnel in both modes, and its steps with rates and speed."""

import pandas as pd
import streamlit as st

from hubspot.analysis import behind
from hubspot.analysis.lifecycle import ALL_STAGES, ANY_STAGE, Funnel, Mode, Stages, answers
from hubspot.analysis.questions import Question
from hubspot.ui import cards, charts, choices, elements, explore_links, lifecycle_answers, lifecycle_table, state, words
from hubspot.ui.lifecycle_answers import Figures
from hubspot.ui.lifecycle_table import Behind, Column, Table, days, rate
from hubspot.ui.state import View
from hubspot.ui.texts import one_line

MODES: dict[str, Mode] = {"Any stage": ANY_STAGE, "All stages": ALL_STAGES}
_MEANING: dict[Mode, str] = {
    ANY_STAGE: "{Many} that are in a stage now or have a date of entering it, whatever stages they skipped.",
    ALL_STAGES: "{Many} that were in a stage and in every stage above it.",
}
_REACHED = "Reached"
_STEPS = (
    Column(_REACHED, "Records that are in the stage now or have a date of entering it."),
    Column(
        "Of those above", "Of the records that reached the stage above, those that reached this one too.", rate, 112
    ),
    Column("Of the first", "Of the records that reached the first stage, those that reached this one too.", rate, 96),
    Column(
        "Median days", "From entering the stage above to entering this one, in days of the portal's calendar.", days
    ),
    Column("Timed", "The records the median is over: both dates known, the stage above entered first.", width=72),
    Column("Skipped", "Reached this stage without ever being in the one above; not in the median.", width=78),
    Column("No date", "Reached both, but the date of entering one is not known; not in the median.", width=78),
    Column("Other order", "Entered this stage before the one above; not in the median."),
)
_PARTS = {
    "Of those above": ("lost", "{above}, but never {stage}"),
    "Median days": ("timed", "From {above} to {stage}, the slowest first"),
    "Timed": ("timed", "From {above} to {stage}, the slowest first"),
    "Skipped": ("skipped", "{stage} without {above}"),
    "No date": ("undated", "{above} and {stage}, one of them without a date"),
    "Other order": ("backwards", "{stage} before {above}"),
}


def show(view: View, object_type: str, found: Figures) -> None:
    """Show the funnel and its steps, and the records behind what is chosen."""
    many = words.OBJECT_NOUNS[object_type][1]
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader(f"How far {many} got", anchor=False, width="content")
            mode, chosen = _choices(object_type, found)
        funnel = lifecycle_answers.funnel(view, object_type, mode, chosen)
        lifecycle_table.note(_meaning(funnel, many))
        _bars(funnel, object_type)
        _steps(view, object_type, funnel, chosen)


def _steps(view: View, object_type: str, funnel: Funnel, chosen: tuple[str, ...]) -> None:
    """Show the table of steps, and the records behind its chosen cell, or else behind the bar that was clicked last."""
    clicks, bar = _clicked(object_type)
    # A click on a bar makes another table, in which no cell is chosen.
    key = f"lifecycle.{object_type}.steps.{funnel.mode}.{len(chosen)}.{clicks}"
    many = words.OBJECT_NOUNS[object_type][1]
    cell = lifecycle_table.choose(_table(funnel), key=key, alt=f"Steps of {many} from stage to stage")
    stages = funnel.rows["value"].tolist()
    if cell is None and bar in stages:
        cell = (stages.index(bar), _REACHED)
    if cell is None:
        lifecycle_table.note(lifecycle_table.CHOOSE)
        return
    asked = _behind(view, object_type, funnel, chosen, cell)
    lifecycle_table.show(view, asked, key=f"lifecycle.{object_type}.steps.rows")


def _clicked(object_type: str) -> tuple[int, str]:
    """Return how often a bar was clicked, and the stage of the one that was clicked last."""
    clicked: tuple[int, str] = st.session_state.get(f"lifecycle.{object_type}.bar", (0, ""))
    return clicked


def _click(object_type: str, value: str) -> None:
    st.session_state[f"lifecycle.{object_type}.bar"] = (_clicked(object_type)[0] + 1, value)


def _choices(object_type: str, found: Figures) -> tuple[Mode, tuple[str, ...]]:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
        mode = choices.one_of("Mode", MODES, key="mode", default="Any stage")
        chosen = st.popover("Stages", icon=":material/filter_list:").multiselect(
            "Stages of the funnel",
            list(found.known),
            default=list(found.known),
            format_func=lambda value: one_line(found.known[value]),
            key=f"lifecycle.{object_type}.stages",
            persist_state="session",
            help="Without any, all of them.",
        )
    return MODES[mode], tuple(value for value in found.known if value in chosen) or tuple(found.known)


def _meaning(funnel: Funnel, many: str) -> str:
    left_out = ", ".join(map(one_line, funnel.left_out))
    missing = f" Left out, for want of dates: {elements.plain(left_out)}." if left_out else ""
    return f"{_MEANING[funnel.mode].format(Many=many.capitalize())} n = {words.number(funnel.n)}.{missing}"


def _bars(funnel: Funnel, object_type: str) -> None:
    many = words.OBJECT_NOUNS[object_type][1]
    counts = funnel.rows["reached"]
    told = Stages(funnel.rows.assign(current=counts, reached=counts.astype("Int64")), funnel.n, 0)
    figure = charts.stage_bars(told, noun=many)
    alt = charts.stage_alt(told, f"How far {many} got")
    key = f"lifecycle.{object_type}.funnel"
    cards.clickable(figure, key=key, alt=alt, on_click=lambda mark: _click(object_type, str(mark[0])))


def _table(funnel: Funnel) -> Table:
    told = funnel.rows
    figures = {
        _REACHED: told["reached"],
        "Of those above": told["share"],
        "Of the first": told["cumulative"],
        "Median days": told["days"],
        "Timed": _after_first(told["timed"]),
        "Skipped": _after_first(told["skipped"]),
        "No date": _after_first(told["undated"]),
        "Other order": _after_first(told["backwards"]),
    }
    return Table("Stage", [one_line(label) for label in told["label"]], _STEPS, figures)


def _after_first(numbers: pd.Series) -> pd.Series:
    """Return the numbers without the first one: nothing comes before the first stage."""
    return numbers.astype("float64").where(numbers.index > 0)


def _behind(view: View, object_type: str, funnel: Funnel, chosen: tuple[str, ...], cell: tuple[int, str]) -> Behind:
    place, header = cell
    value, label = funnel.rows["value"][place], one_line(funnel.rows["label"][place])
    if place == 0 or header not in _PARTS:
        by_all = funnel.mode == ALL_STAGES and place > 0
        title = f"Reached {label}" + (" by way of all stages above" if by_all else "")
        question = Question(answers.REACHED, object_type, (funnel.mode, value, *chosen))
        frame = state.frame(view, object_type)
        return Behind(title, question, None if by_all or frame is None else behind.reached(frame, value))
    part, title = _PARTS[header]
    above = one_line(funnel.rows["label"][place - 1])
    question = Question(answers.STEP, object_type, (funnel.mode, part, value, *chosen))
    return Behind(title.format(above=above, stage=label), question)


def now(view: View, object_type: str, found: Stages) -> None:
    """Show where records are now, where nothing else is known or means anything yet; each bar opens its records."""
    many = words.OBJECT_NOUNS[object_type][1]
    title = f"Where {many} are now"
    parts = {
        f"{one_line(label)} · {words.number(count)}": behind.one(behind.STAGE, value)
        for value, label, count in zip(found.rows["value"], found.rows["label"], found.rows["current"], strict=True)
    }
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.subheader(title, anchor=False, width="content")
            explore_links.menu(view, object_type, parts, key=f"lifecycle.{object_type}.now.menu")
        unset = f" · {words.number(found.unset)} have no stage" if found.unset else ""
        so_far = " so far" if view.is_partial else ""
        lifecycle_table.note(f"{words.counted(found.n, object_type)}{so_far}, by their current stage{unset}")
        cards.clickable(
            charts.stage_bars(found, noun=many),
            key=f"lifecycle.{object_type}.now",
            alt=charts.stage_alt(found, title),
            on_click=lambda mark: explore_links.go(view, object_type, behind.one(behind.STAGE, str(mark[0]))),
        )
