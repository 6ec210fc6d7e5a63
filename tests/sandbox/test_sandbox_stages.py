from collections import Counter
from itertools import pairwise

import pytest

from hubspot.sandbox.definitions import STAGES as DEFINED
from tests.sandbox.drawn import column, moments, portal

STAGES = [stage.value for stage in DEFINED]
MILLISECOND = 0.001


@pytest.fixture(scope="module", params=["contacts", "companies"])
def ways(request):
    """For each record what HubSpot tells of its stages, with the current one, creation and last modification."""
    table = portal(contacts=9000, companies=6000).tables[request.param]
    by_stage = {
        stage: list(
            zip(
                moments(table, f"hs_v2_date_entered_{stage}"),
                moments(table, f"hs_v2_date_exited_{stage}"),
                column(table, f"hs_v2_latest_time_in_{stage}"),
                column(table, f"hs_v2_cumulative_time_in_{stage}"),
                strict=True,
            )
        )
        for stage in STAGES
    }
    records = zip(
        column(table, "lifecyclestage"), moments(table, "createdate"), moments(table, table.modified_name), strict=True
    )
    return [
        (current, created, modified, {stage: by_stage[stage][row] for stage in STAGES})
        for row, (current, created, modified) in enumerate(records)
        if current is None or current in STAGES
    ]


def entered(stages):
    return {stage: facts[0] for stage, facts in stages.items() if facts[0]}


def test_the_stage_entered_last_is_the_current_one(ways):
    for current, _, _, stages in ways:
        visited = entered(stages)
        # In a bulk import it was all of them at once.
        assert current in {stage for stage, moment in visited.items() if moment == max(visited.values())} or not visited
        assert (current is None) == (not visited)


def test_stages_are_entered_between_creation_and_the_last_modification(ways):
    for _, created, modified, stages in ways:
        assert all(created <= moment <= modified for moment in entered(stages).values())


def test_every_stage_but_the_current_one_was_left_and_no_other_before_it_was_entered(ways):
    for current, _, modified, stages in ways:
        for stage, (came, left, _, _) in stages.items():
            assert (left is not None) == (came is not None and stage != current)
            assert left is None or came <= left <= modified


def test_the_latest_time_in_a_stage_is_in_milliseconds_and_that_of_the_last_stay_that_ended(ways):
    for current, _, _, stages in ways:
        for stage, (came, left, latest, total) in stages.items():
            assert (latest is None) == (total is None)
            if left is not None:
                assert int(latest) == round((left - came).total_seconds() / MILLISECOND)
            elif latest is not None:
                # It was in its current stage before, went on, and came back.
                assert stage == current
            assert latest is None or 0 <= int(latest) <= int(total)


def test_who_was_in_a_stage_twice_spent_more_time_in_it_than_the_latest(ways):
    twice = [
        (int(latest), int(total))
        for _, _, _, stages in ways
        for _, _, latest, total in stages.values()
        if latest and int(total) > int(latest)
    ]

    assert len(twice) > 5


def test_some_went_backward_and_most_did_not(ways):
    moves = Counter()
    for _, _, _, stages in ways:
        path = sorted(entered(stages), key=entered(stages).get)
        numbers = [STAGES.index(stage) for stage in path]
        moves["backward"] += any(first > second for first, second in pairwise(numbers))
        moves["all"] += 1

    assert 0.01 < moves["backward"] / moves["all"] < 0.1


def test_some_skipped_a_stage(ways):
    customers = [entered(stages) for current, _, _, stages in ways if current == "customer"]
    skipped = [STAGES[:6] != [stage for stage in STAGES if stage in visited] for visited in customers]

    assert 0.3 < sum(skipped) / len(skipped) < 0.9


def test_a_default_stage_is_renamed_and_a_custom_one_has_a_number_for_a_value(ways):
    labels = {stage.value: stage.label for stage in DEFINED}

    assert labels["evangelist"] == "Affiliate"
    assert labels["51439524"] == "Former customer"
    assert {"evangelist", "51439524", None} <= {current for current, _, _, _ in ways}
