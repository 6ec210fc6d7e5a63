"""A small team at its dashboard, as `make bench` has a large one."""

from tests.benchmarks.exploring import whole
from tests.benchmarks.team import Team, truth_of
from tests.running import dashboard, sandbox, settings_of, wait_until
from tests.visits import Person


def test_ten_tabs_at_once_meet_no_error_and_see_the_right_counts(tmp_path):
    sizes = ("--contacts", 1_500, "--companies", 300, "--no-limits")
    with (
        sandbox(tmp_path / "sandbox.log", *sizes) as hubspot,
        dashboard(tmp_path / "home", tmp_path / "log", **settings_of(hubspot)) as server,
    ):
        first = Person(server.url)
        first.connect_hubspot(hubspot.ready["hub_id"])
        truth = truth_of(first, wait_until(lambda: whole(first.open("contacts"), 1_500), what="the whole portal"))
        first.leave()
        team = Team(server.url, hubspot.ready["hub_id"], truth, every=6.0)
        team.grow(10)
        told = team.work(15)
        team.go_home()

    assert (told.errors, told.wrong) == ([], [])
    assert len(told.reruns) > 15
    assert {*told.by_page} >= {"overview", "contacts", "companies"}
    assert len(told.fragments) > 10, "the tabs look for news by themselves"
    assert len({*truth.values()}) > 2
    assert "Traceback" not in server.text()
