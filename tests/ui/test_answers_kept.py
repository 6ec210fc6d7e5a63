"""The rows behind a number are kept as positions: they are the answer's own, and cost next to nothing to keep."""

import pandas as pd
import pytest

from hubspot.analysis import records
from hubspot.analysis.quality import answers as quality
from hubspot.analysis.quality.findings import CHECKS
from hubspot.analysis.questions import Question
from hubspot.portal import COMPANIES, CONTACTS
from hubspot.ui import answers, health_answers, state
from hubspot.ui.answers import ANSWERS, answered
from tests.ui.test_health import view_of

SANDBOX = ("--contacts", 600, "--companies", 120, "--seed", 5)
QUESTIONS = (
    *(quality.found_by(name) for name in CHECKS),
    quality.owned_by(CONTACTS, "silent", value="", days=90),
    Question("lifecycle.back", CONTACTS, ()),
    Question("duplicates.pairs", CONTACTS, ()),
    Question("duplicates.pairs", COMPANIES, ()),
)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: f"{each.name}-{each.object_type}-{each.details}")
def test_what_is_kept_is_the_answer(mara, question):
    view = view_of(mara)
    copy, today = state.copy_of(view.key), health_answers.today(view)
    whole = ANSWERS[question.name](copy.frames, copy.portal, question, today)

    found = answered(view.key, question, today)

    whole = whole.reset_index(drop=True)
    assert set(found) == set(whole)
    pd.testing.assert_frame_equal(found[list(whole)].reset_index(drop=True), whole)
    few = answered(view.key, question, today, ["email", "domain", "no_such"])
    known = {"hs_object_id", records.NAME, "email", "domain"} & set(copy.frames[question.object_type])
    assert set(few) == known | (set(whole) - set(copy.frames[question.object_type]))
    pd.testing.assert_frame_equal(few.reset_index(drop=True), whole[list(few)])


def test_a_large_answer_takes_little_memory_while_it_is_kept(mara):
    view = view_of(mara)
    question = quality.found_by("contacts.silent")

    kept = answers._kept(view.key, question, health_answers.today(view))

    count = len(answered(view.key, question, health_answers.today(view)))
    assert kept.positions.nbytes + int(kept.added.memory_usage(deep=True, index=False).sum()) == 4 * count > 1000
