"""What data health says of itself, on the page and in its report."""

from hubspot.analysis.quality.findings import CHECKS, Finding
from hubspot.ui import words

FORMULA = (
    "The score is 100 less the points of all findings. A finding's points are its share of the contacts or companies, "
    "times its weight (1 cosmetic to 5 costs customers), in proportion to the weights of all checks made. "
    "Possible duplicates do not count."
)


def title(finding: Finding) -> str:
    """Return a finding as a phrase: contacts without an owner."""
    check = CHECKS[finding.check]
    return f"{words.OBJECT_NOUNS[check.object_type][finding.count != 1]} {check.says}"
