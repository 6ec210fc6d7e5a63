"""The findings of a portal, the costliest first, and the score that they come to."""

from collections.abc import Sequence
from dataclasses import dataclass

from hubspot.analysis.quality import formatting, missing, orphans, upkeep
from hubspot.analysis.quality.checks import Check, Survey

CHECKS: dict[str, Check] = {
    check.name: check for check in (*missing.CHECKS, *formatting.CHECKS, *orphans.CHECKS, *upkeep.CHECKS)
}


@dataclass(frozen=True, slots=True)
class Finding:
    """How many records a check finds: `count` of `n`, and the `points` of the score that they cost."""

    check: str
    count: int
    n: int
    points: float

    @property
    def share(self) -> float:
        """Return the share of the records of that object type, 0 to 1."""
        return self.count / self.n


@dataclass(frozen=True, slots=True)
class Health:
    """What all checks found.

    `findings` holds one per check that found a record, the costliest first; `clean` the names of those that found
    none; `absent` maps those that the portal can't answer to a sentence. `score` is None where nothing was checked.
    """

    score: float | None
    findings: tuple[Finding, ...]
    clean: tuple[str, ...]
    absent: dict[str, str]


def health(survey: Survey) -> Health:
    """Run every check and rank what it finds.

    The score is 100 less the points of all findings. The points of a finding are

        100 * weight * share / sum of the weights of all checks that ran

    with its share of the records of its object type, and a weight of 1 (cosmetic) to 5 (costs customers). So 100 means
    that no check found anything, and 0 that every check found every record. Object types without any record are not
    checked; duplicates do not count.
    """
    obstacles = {check.name: _obstacle(check, survey) for check in CHECKS.values()}
    ran = [check for check in CHECKS.values() if not obstacles[check.name]]
    counts = {check.name: int(check.mask(survey).sum()) for check in ran}
    weights = sum(check.weight for check in ran)
    found = [_finding(check, counts[check.name], survey, weights) for check in ran if counts[check.name]]
    return Health(
        score=100 - sum(each.points for each in found) if ran else None,
        findings=tuple(sorted(found, key=lambda each: (-each.points, each.check))),
        clean=tuple(name for name, count in counts.items() if not count),
        absent={name: sentence for name, sentence in obstacles.items() if sentence},
    )


def shown_score(score: float) -> int:
    """Return the score as a whole number, rounded down: 100 only where nothing was found."""
    return max(int(score + 1e-9), 0)


def of_tab(found: Health, tab: str) -> Sequence[Finding]:
    """Return the findings of one tab, in their order."""
    return [each for each in found.findings if CHECKS[each.check].tab == tab]


def _obstacle(check: Check, survey: Survey) -> str:
    sentence = check.obstacle(survey)
    if sentence or len(survey.frames[check.object_type]):
        return sentence
    return f"This portal has no {check.object_type}."


def _finding(check: Check, count: int, survey: Survey, weights: int) -> Finding:
    n = len(survey.frames[check.object_type])
    return Finding(check.name, count, n, 100 * check.weight * count / n / weights)
