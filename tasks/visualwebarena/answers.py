"""`string_match` and `url_match`: what the agent said, and where it ended."""

from vigorl.tasks.visualwebarena.state import Judge
from vigorl.tasks.visualwebarena.strings import (
    OR,
    clean,
    includes,
    includes_any,
    matches_exactly,
    satisfies,
    text_of,
    whole_number,
)
from vigorl.tasks.visualwebarena.task import Evaluation
from vigorl.tasks.visualwebarena.verdict import BrokenAssertion, Crash, JudgeMissing

UNACHIEVABLE = "N/A"
"""The reference of tasks that cannot be done."""


async def score_answer(
    evaluation: Evaluation, intent: str, answer: str, judge: Judge | None
) -> float:
    """The product over the kinds of comparison, in the order in which the task has them.

    Raises:
        Crash: the published evaluator raises.
        JudgeMissing: texts have to be compared, and nobody can.
    """
    if evaluation.reference_answers is None:
        raise Crash("there are no reference answers")
    found: str | int | None = clean(answer)
    score = 1.0
    for kind, wanted in evaluation.reference_answers.items():
        match kind:
            case "exact_match":
                score *= matches_exactly(wanted, found)
            case "required_values":
                inequalities = _list(wanted)
                found = whole_number(found)  # later kinds are given the number
                if found is None:
                    score = 0.0
                else:
                    for each in inequalities:
                        score *= satisfies(each, found)
            case "must_include":
                for each in _list(wanted):
                    score *= includes_any(each, found)
            case "must_exclude":
                for each in _list(wanted):
                    score *= not includes(each, found)
            case "one_of":
                score *= any(clean(text_of(each)) in text_of(found) for each in _list(wanted))
            case "fuzzy_match" if wanted == UNACHIEVABLE:
                score *= matches_exactly(wanted, found)
                if score != 1:
                    # The verdict stands alone: what was found before is forgotten.
                    score = await _is_same_reason(evaluation, intent, found, judge)
            case "fuzzy_match":
                for each in _list(wanted):
                    score *= await _is_equivalent(text_of(each), intent, found, judge)
            case _:
                pass  # unknown kinds count for nothing
    return score


def score_url(evaluation: Evaluation, url: str) -> float:
    """Whether the page's address is the reference, or holds it where the note says so.

    Raises:
        Crash: there is no reference, or an unknown note.
    """
    if evaluation.reference_url is None:
        raise Crash("there is no reference address")
    here = _plain(url)
    references = [_plain(each) for each in evaluation.reference_url.split(OR)]
    match evaluation.url_note:
        case "EXACT":
            return float(here in references)
        case "GOLD in PRED":
            return float(any(reference in here for reference in references))
        case note:
            raise Crash(f"{note!r} is no rule for addresses")


def _plain(url: str) -> str:
    return url.replace("localhost", "127.0.0.1").removesuffix("/")


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise BrokenAssertion(f"a list was expected, not {type(value).__name__}")
    return value


async def _is_same_reason(
    evaluation: Evaluation, intent: str, found: object, judge: Judge | None
) -> float:
    reference = text_of(evaluation.string_note)
    if judge is None:
        raise JudgeMissing("a judge has to compare reasons")
    return float(await judge.is_same_reason(text_of(found), reference, intent))


async def _is_equivalent(reference: str, intent: str, found: object, judge: Judge | None) -> float:
    if judge is None:
        raise JudgeMissing("a judge has to compare answers")
    return float(await judge.is_equivalent(text_of(found), reference, intent))
