"""The search for duplicates in one object type, and its result."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from hubspot.analysis.duplicates import companies, contacts
from hubspot.analysis.duplicates.evidence import Reason, added
from hubspot.analysis.questions import Frames, Question
from hubspot.analysis.records import NAME, names
from hubspot.portal import COMPANIES, CONTACTS, Portal

RULES: Mapping[str, tuple[str, ...]] = {CONTACTS: contacts.RULES, COMPANIES: companies.RULES}
REASONS = {
    contacts.EMAIL: "Same e-mail",
    contacts.PHONE: "Same phone and last name",
    contacts.NAME: "Same name and company",
    companies.DOMAIN: "Same domain",
    companies.NAME: "Same name and country",
}
_NEEDED: Mapping[str, Mapping[str, tuple[str, ...]]] = {CONTACTS: contacts.NEEDED, COMPANIES: companies.NEEDED}
_FINDERS: Mapping[str, Callable[[pd.DataFrame], Iterator[Reason]]] = {
    CONTACTS: contacts.reasons,
    COMPANIES: companies.reasons,
}
_MERGED = "hs_merged_object_ids"
_GROUP, _SCORE, _WHY = "duplicate.group", "duplicate.score", "duplicate.reasons"
_OTHER_ID, _OTHER_NAME = "duplicate.other_id", "duplicate.other_name"
# What the other record has, by the property it is of: what most often tells whether the two are one.
OTHERS = {"duplicate.other_email": "email", "duplicate.other_domain": "domain", "duplicate.other_phone": "phone"}


@dataclass(frozen=True, slots=True, eq=False)
class Duplicates:
    """Possible duplicates of one object type.

    `pairs`, by group and then the surest first: group (int64, from 1, the surest group first), first and second
    (int64: record ids, the older record first), score (float64, 0 to 1), reasons (str: names of rules with semicolons).
    `compared` records were looked at; `crowded` share an address, number, domain or name with too many others for it to
    tell anything; `missing` are rules whose properties the portal does not have.
    """

    object_type: str
    pairs: pd.DataFrame
    compared: int
    crowded: int = 0
    missing: tuple[str, ...] = ()

    @property
    def records(self) -> int:
        """Return how many records have a possible duplicate."""
        return len(np.union1d(self.pairs["first"], self.pairs["second"]))

    @property
    def groups(self) -> int:
        """Return how many groups there are: records that are one, each by way of another."""
        return int(self.pairs["group"].nunique())

    def counts(self) -> dict[str, int]:
        """Return how many pairs each rule speaks for; a pair may have several reasons."""
        return {rule: int(self._has(rule).sum()) for rule in RULES[self.object_type]}

    def only(self, rules: tuple[str, ...]) -> pd.DataFrame:
        """Return the pairs that at least one of these rules speaks for; all of them without any rule."""
        if not rules:
            return self.pairs
        mask = np.logical_or.reduce([self._has(rule).to_numpy() for rule in rules])
        return self.pairs[mask].reset_index(drop=True)

    def _has(self, rule: str) -> pd.Series:
        return (";" + self.pairs["reasons"] + ";").str.contains(f";{rule};", regex=False)


def found_in(
    frame: pd.DataFrame, object_type: str, *, progress: Callable[[float], None] = lambda _: None
) -> Duplicates:
    """Search a frame of contacts or companies; `progress` is told after each rule which share is done, 0 to 1.

    Records that HubSpot has merged into others are left out.
    """
    frame = _unmerged(frame.reset_index(drop=True)).reset_index(drop=True)
    rules, told = RULES[object_type], []
    for number, reason in enumerate(_FINDERS[object_type](frame), start=1):
        told.append(reason)
        progress(number / len(rules))
    missing = tuple(rule for rule in rules if not set(_NEEDED[object_type][rule]) <= set(frame.columns))
    crowded = sum(each.pairs.crowded for each in told)
    return Duplicates(object_type, _grouped(frame, added(told, rules)), len(frame), crowded, missing)


def pair_rows(frames: Frames, _portal: Portal, question: Question, _today: date) -> pd.DataFrame:
    """Return a row for each pair: the older record's, beside it the other's id, name and OTHERS, group, score, reasons.

    The question's details are the rules to keep, all where there are none.
    """
    frame = frames[question.object_type]
    pairs = found_in(frame, question.object_type).only(tuple(str(each) for each in question.details))
    return paired(frame, pairs, question.object_type)


def paired(frame: pd.DataFrame, pairs: pd.DataFrame, object_type: str) -> pd.DataFrame:
    """Return the rows of `pair_rows` for pairs that were found in a frame before."""
    index = pd.Index(frame["hs_object_id"])
    left, right = (frame.iloc[index.get_indexer(pd.Index(pairs[side]))] for side in ("first", "second"))
    labels = {each: "; ".join(REASONS[rule] for rule in each.split(";")) for each in pairs["reasons"].unique()}
    told = {
        _OTHER_ID: pairs["second"].to_numpy(),
        _OTHER_NAME: (right[NAME] if NAME in right else names(right, object_type)).to_numpy(),
        **{column: right[name].array for column, name in OTHERS.items() if name in right},
        _GROUP: pairs["group"].to_numpy(),
        _SCORE: (pairs["score"] * 100).round().astype("int64").to_numpy(),
        _WHY: pairs["reasons"].map(labels).astype("str").to_numpy(),
    }
    rows: pd.DataFrame = left.reset_index(drop=True).assign(**told)
    return rows


def _unmerged(frame: pd.DataFrame) -> pd.DataFrame:
    if _MERGED not in frame:
        return frame
    listed = frame[_MERGED].astype("str").str.split(";").explode()
    into = pd.to_numeric(listed, errors="coerce").dropna().astype("int64")
    # Where an old id lives on as the record's own, it lists itself, too.
    gone = into[into.to_numpy() != frame["hs_object_id"].loc[into.index].to_numpy()]
    left: pd.DataFrame = frame[~frame["hs_object_id"].isin(gone)]
    return left


def _grouped(frame: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return pairs of rows as pairs of ids, the older record first, with the group of each."""
    roots = _roots(pairs["left"].tolist(), pairs["right"].tolist())
    ids = frame["hs_object_id"].to_numpy()
    left, right = ids[pairs["left"]], ids[pairs["right"]]
    older = _is_older(frame, pairs)
    found = pd.DataFrame(
        {
            "root": np.array([roots[row] for row in pairs["left"].tolist()], np.int64),
            "first": np.where(older, left, right),
            "second": np.where(older, right, left),
            "score": pairs["score"].to_numpy(),
            "reasons": pairs["reasons"],
        }
    )
    found["best"] = found.groupby("root")["score"].transform("max")
    found = found.sort_values(["best", "root", "score", "first", "second"], ascending=[False, True, False, True, True])
    group = pd.Series(pd.factorize(found["root"])[0] + 1, dtype="int64").to_numpy()
    found.insert(0, "group", group)
    return found.drop(columns=["root", "best"]).reset_index(drop=True)


def _is_older(frame: pd.DataFrame, pairs: pd.DataFrame) -> np.ndarray:
    """Return whether the left record of each pair was created first; the lower id where no date tells."""
    ids = frame["hs_object_id"].to_numpy()
    lower = ids[pairs["left"]] < ids[pairs["right"]]
    if "createdate" not in frame:
        return np.asarray(lower)
    created = frame["createdate"].to_numpy(dtype="datetime64[us]")
    left, right = created[pairs["left"]], created[pairs["right"]]
    return np.where(np.isnat(left) | np.isnat(right) | (left == right), lower, left < right)


def _roots(left: list[int], right: list[int]) -> dict[int, int]:
    """Return for every row in a pair the lowest row that it is joined with, by way of whichever others."""
    parent: dict[int, int] = {}

    def root(row: int) -> int:
        parent.setdefault(row, row)
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for one, other in zip(left, right, strict=True):
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return {row: root(row) for row in parent}
