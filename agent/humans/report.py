"""What the ratings of a study say: referent accuracy and helpfulness, by raters and episodes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from vigorl.agent.analysis.report import MeanCount
from vigorl.agent.humans.agreement import (
    Table_R_I,
    crossed_difference,
    crossed_mean,
    krippendorff_alpha,
)
from vigorl.agent.humans.items import OVERLAPS
from vigorl.agent.humans.ratings import Rating, RatingFile, ReadRatings
from vigorl.agent.humans.study import KeyCheck, StudyKey
from vigorl.browser.errors import UsageError

Unsure = Literal["miss", "out"]
"""How "unsure" counts in referent accuracy: as not overlapping, or not at all."""

PAPER = (
    "ViGoRL (arXiv 2505.23678) reports 72.8 % [66.8, 78.7] and 3.35 of 5, of other steps and raters"
)


@dataclass(frozen=True, slots=True)
class AnalysisRules:
    """How ratings are counted."""

    attentive: float = 0.75
    """Share of the checks that a rater has to answer right to be counted."""
    keep_inattentive: bool = False
    unsure: Unsure = "miss"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class RaterFigures:
    """One rater."""

    rater: str
    answered: int
    """Items with an answer to the first question, checks left out."""
    accuracy: float | None
    unsure: int
    helpfulness: float | None
    checks: int
    """That were answered."""
    checks_right: int
    median_s: float | None
    """Seconds for an item."""
    counted: bool
    """False: inattentive, and left out of everything else."""


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Items of episodes that are solved, of others, or of all."""

    items: int
    answers: int
    """To the first question, of all raters."""
    unsure: int
    accuracy: MeanCount | None
    helpfulness: MeanCount | None


@dataclass(frozen=True)
class HumanReport:
    """Of one study."""

    study: str
    rules: AnalysisRules
    groups: dict[str, GroupFigures]
    """`all`, `right` and `wrong` episodes."""
    accuracy_difference: MeanCount | None
    """Right less wrong."""
    helpfulness_difference: MeanCount | None
    alpha_overlap: float | None
    """Krippendorff's alpha, nominal: yes, no and unsure are three answers."""
    alpha_helpfulness: float | None
    """Krippendorff's alpha, ordinal."""
    raters: tuple[RaterFigures, ...]
    notices: tuple[str, ...]

    @property
    def counted(self) -> int:
        """Raters that are."""
        return sum(rater.counted for rater in self.raters)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {**asdict(self), "paper": PAPER}


def analyse_ratings(
    read: ReadRatings, key: StudyKey, rules: AnalysisRules | None = None
) -> HumanReport:
    """Count the ratings of a study.

    Raises:
        UsageError: all raters are inattentive.
    """
    rules = rules or AnalysisRules()
    raters = tuple(rater_figures(file, key, rules) for file in read.files)
    notices = [*read.notices, *_rater_notices(raters, rules)]
    files = [file for file, rater in zip(read.files, raters, strict=True) if rater.counted]
    if not files:
        raise UsageError(
            "no rater has answered enough of the attention checks right: --keep-inattentive counts "
            "them all the same" + "".join(f"\n  {each}" for each in notices)
        )
    tables = {name: _tables(files, key, name, rules.unsure) for name in ("all", "right", "wrong")}
    overlap_alpha = helpfulness_alpha = None
    try:
        overlap_alpha = krippendorff_alpha(tables["all"].answers, "nominal")
        helpfulness_alpha = krippendorff_alpha(tables["all"].helpfulness, "ordinal")
    except UsageError as missing:
        notices.append(str(missing))
    right, wrong = tables["right"], tables["wrong"]
    return HumanReport(
        key.study,
        rules,
        {name: _group(table, rules.seed) for name, table in tables.items()},
        crossed_difference(right.accuracy, wrong.accuracy, rules.seed),
        crossed_difference(right.helpfulness, wrong.helpfulness, rules.seed),
        overlap_alpha,
        helpfulness_alpha,
        raters,
        tuple(notices),
    )


def rater_figures(file: RatingFile, key: StudyKey, rules: AnalysisRules) -> RaterFigures:
    """One rater's figures, and whether the rater was attentive."""
    checks = {check.id: check for check in key.checks}
    own = [each for each in file if each.item not in checks]
    rights = [
        right
        for each in file
        if each.item in checks and (right := _is_right(each, checks[each.item])) is not None
    ]
    coded = [code for each in own if (code := _accuracy_code(each, rules.unsure)) is not None]
    helpful = [each.helpfulness for each in own if each.helpfulness is not None]
    seconds = [each.seconds for each in own if each.overlap is not None]
    attentive = not rights or sum(rights) >= rules.attentive * len(rights)
    return RaterFigures(
        file.rater,
        sum(each.overlap is not None for each in own),
        float(np.mean(coded)) if coded else None,
        sum(each.overlap == "unsure" for each in own),
        float(np.mean(helpful)) if helpful else None,
        len(rights),
        sum(rights),
        float(np.median(seconds)) if seconds else None,
        attentive or rules.keep_inattentive,
    )


@dataclass(frozen=True)
class _Tables:
    """Raters x items; NaN where there is no answer."""

    answers: Table_R_I
    """0 yes, 1 no, 2 unsure."""
    accuracy: Table_R_I
    helpfulness: Table_R_I


def _tables(files: Sequence[RatingFile], key: StudyKey, group: str, unsure: Unsure) -> _Tables:
    wanted = [item.id for item in key.items if group == "all" or item.solved is (group == "right")]
    answers, accuracy, helpfulness = (np.full((len(files), len(wanted)), np.nan) for _ in range(3))
    for row, file in enumerate(files):
        by_item = {each.item: each for each in file}
        for column, name in enumerate(wanted):
            given = by_item[name]
            code = _accuracy_code(given, unsure)
            if given.overlap is not None:
                answers[row, column] = OVERLAPS.index(given.overlap)
            accuracy[row, column] = np.nan if code is None else code
            helpfulness[row, column] = np.nan if given.helpfulness is None else given.helpfulness
    return _Tables(answers, accuracy, helpfulness)


def _group(tables: _Tables, seed: int) -> GroupFigures:
    return GroupFigures(
        tables.answers.shape[1],
        int((~np.isnan(tables.answers)).sum()),
        int((tables.answers == OVERLAPS.index("unsure")).sum()),
        crossed_mean(tables.accuracy, seed),
        crossed_mean(tables.helpfulness, seed),
    )


def _accuracy_code(rating: Rating, unsure: Unsure) -> float | None:
    """1 overlaps, 0 does not; None stays out."""
    match rating.overlap:
        case "yes":
            return 1.0
        case "unsure" if unsure == "out":
            return None
        case None:
            return None
        case _:
            return 0.0


def _is_right(rating: Rating, check: KeyCheck) -> bool | None:
    """Whether a check is answered as it says; None where it is not answered."""
    if rating.overlap is None or (check.helpfulness is not None and rating.helpfulness is None):
        return None
    return rating.overlap == check.overlap and check.helpfulness in (None, rating.helpfulness)


def _rater_notices(raters: Sequence[RaterFigures], rules: AnalysisRules) -> list[str]:
    notices = []
    for rater in raters:
        right = f"{rater.checks_right} of {rater.checks} attention checks right"
        if not rater.counted:
            notices.append(
                f"inattentive: {rater.rater} has {right}, less than {rules.attentive:.0%}, and is "
                "left out"
            )
        elif not rater.checks:
            notices.append(f"unchecked: {rater.rater} has met no attention check, and is counted")
        elif rater.checks_right < rules.attentive * rater.checks:
            notices.append(f"inattentive: {rater.rater} has {right}, and is kept as you asked")
    return notices
