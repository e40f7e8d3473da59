"""`program_html`: what stands on pages at the end."""

from collections.abc import Sequence
from typing import Any

from vigorl.tasks.visualwebarena.calls import PREFIX, read_call
from vigorl.tasks.visualwebarena.helpers import carry_out
from vigorl.tasks.visualwebarena.state import FinalState, Judge, ScriptFailed
from vigorl.tasks.visualwebarena.strings import (
    OR,
    includes,
    includes_any,
    matches_exactly,
    satisfies,
    text_of,
    texts_of,
    whole_number,
)
from vigorl.tasks.visualwebarena.task import HtmlTarget, Sites
from vigorl.tasks.visualwebarena.verdict import BrokenAssertion, Crash, JudgeMissing, Rules

LAST = "last"
"""The address of a target that is looked at where the page is."""

QUESTION = "NOT USED"
"""What the judge hears as question: none belongs to a page's text."""


async def score_pages(
    targets: Sequence[HtmlTarget],
    state: FinalState,
    sites: Sites,
    judge: Judge | None,
    rules: Rules,
) -> float:
    """The product over all targets; one that finds nothing ends the search with 0.

    Raises:
        Crash: the published evaluator raises.
        JudgeMissing: texts have to be compared, and nobody can.
    """
    score = 1.0
    for target in targets:
        url = await target_url(target.url, state, sites)
        if url != LAST:
            await state.enter(url)
        found = await _found(target, state, sites)
        if found is None:
            await state.leave()
            return 0.0
        score *= await _satisfaction(target.required_contents, found, judge, rules)
        await state.leave()
    return score


async def target_url(url: str, state: FinalState, sites: Sites) -> str:
    """Where a target is: an address, `last`, or what a call gives."""
    if not url.startswith("func"):
        return url
    return text_of(await carry_out(read_call(url, last_url=state.url), state, sites))


async def _found(target: HtmlTarget, state: FinalState, sites: Sites) -> Any:
    """What the locator gives; None where the page is not the right one.

    Scripts run in the page, where they can do what its own scripts can; calls are parsed.
    """
    locator = target.locator
    if not locator.strip():
        return await state.content()
    if locator.startswith(("document.", "[...document.")):
        return await _text_of_script(target, state)
    if locator.startswith("lambda:"):
        try:
            # As published, every leading letter goes that "lambda:" has.
            return await state.evaluate(locator.lstrip("lambda:")) or None  # noqa: B005
        except ScriptFailed:
            return None
    if locator.startswith(PREFIX):
        return await carry_out(read_call(locator), state, sites)
    raise Crash(f"{locator!r} is no locator")


async def _text_of_script(target: HtmlTarget, state: FinalState) -> str:
    try:
        for action in target.prep_actions:
            await state.evaluate(f"() => {action}")
    except ScriptFailed:
        pass  # further ones are left out, and the page is looked at as it is
    try:
        return str(await state.evaluate(f"() => {target.locator}"))
    except ScriptFailed:
        return ""


async def _satisfaction(
    required: dict[str, Any], found: object, judge: Judge | None, rules: Rules
) -> float:
    """Whether what was found meets the requirements: the first kind only, or all if mended."""
    kinds = ("exact_match", "must_include", "must_exclude", "required_values", "fuzzy_match")
    present = [kind for kind in kinds if kind in required]
    if not present:
        raise Crash(f"{sorted(required)} require nothing that is known")
    score = 1.0
    for kind in present if rules.fixed else present[:1]:
        score *= await _meets(kind, required[kind], found, judge, rules)
    return score


async def _meets(
    kind: str, wanted: object, found: object, judge: Judge | None, rules: Rules
) -> float:
    match kind:
        case "exact_match":
            return float(matches_exactly(wanted, found))
        case "must_include":
            included = [includes_any(each, found) for each in texts_of(wanted)]
            return float(all(included))
        case "must_exclude":
            return float(_excludes(texts_of(wanted), found))
        case "required_values":
            return float(_satisfies_all(texts_of(wanted), found))
        case _:
            return await _means(text_of(wanted), text_of(found), judge, rules)


def _excludes(unwanted: list[str], found: object) -> bool:
    absent = []
    for each in unwanted:
        if OR in each:
            raise BrokenAssertion(f"{each!r} excludes alternatives")
        absent.append(not includes(each, found))
    return all(absent)


def _satisfies_all(inequalities: list[str], found: object) -> bool:
    value = whole_number(found) if isinstance(found, str) else found
    if value is None:
        return False
    satisfied = [satisfies(each, value) for each in inequalities]
    return all(satisfied)


async def _means(wanted: str, found: str, judge: Judge | None, rules: Rules) -> float:
    if judge is None:
        raise JudgeMissing("a judge has to compare a page's text")
    # The published code asks for all of the alternatives.
    verdicts = [await judge.is_equivalent(found, each, QUESTION) for each in wanted.split(OR)]
    return float(any(verdicts) if rules.fixed else all(verdicts))
