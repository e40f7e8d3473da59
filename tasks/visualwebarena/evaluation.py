"""The score of a final state: the product of what each evaluator of a task says."""

from dataclasses import dataclass

from vigorl.tasks.visualwebarena.answers import score_answer, score_url
from vigorl.tasks.visualwebarena.html import score_pages
from vigorl.tasks.visualwebarena.images import score_images
from vigorl.tasks.visualwebarena.state import Captioner, FinalState, Judge
from vigorl.tasks.visualwebarena.task import Sites, VwaTask
from vigorl.tasks.visualwebarena.verdict import (
    OFFICIAL,
    BrokenAssertion,
    Crash,
    JudgeMissing,
    Rules,
    StateVerdict,
)

EVALUATORS = ("string_match", "url_match", "program_html", "page_image_query")


@dataclass(frozen=True, slots=True)
class Judges:
    """The models that judge where rules cannot; a task that needs a missing one has no score."""

    texts: Judge | None = None
    pictures: Captioner | None = None


NOBODY = Judges()


async def evaluate_state(
    task: VwaTask,
    answer: str,
    state: FinalState,
    sites: Sites,
    judges: Judges = NOBODY,
    rules: Rules = OFFICIAL,
) -> StateVerdict:
    """Judge an answer and the state that was left behind.

    The evaluators work in the order in which the task names them, and all of them, also after a
    zero: one that goes to another page changes what later ones see.

    Args:
        task: What was to be done.
        answer: What the agent said; empty where it said nothing.
        state: What it left behind; not usable afterwards.
        sites: Where the sites are.
        judges: The models that judge where rules cannot.
        rules: The published ones, or the mended ones.

    Raises:
        TaskFault: a site, the browser or a judge's server broke.
        UsageError: NLTK is not installed.
    """
    evaluation = task.evaluation
    score, factors = 1.0, []
    try:
        for kind in evaluation.eval_types:
            if kind not in EVALUATORS:
                raise Crash(f"there is no evaluator {kind!r}")
        for kind in evaluation.eval_types:
            match kind:
                case "string_match":
                    factor = await score_answer(evaluation, task.intent, answer, judges.texts)
                case "url_match":
                    factor = score_url(evaluation, state.url)
                case "program_html":
                    targets = evaluation.program_html
                    if targets is None:
                        raise Crash("there are no targets")
                    factor = await score_pages(targets, state, sites, judges.texts, rules)
                case _:
                    queries = evaluation.page_image_query
                    if queries is None:
                        raise Crash("there are no queries")
                    factor = await score_images(queries, state, sites, judges.pictures, rules)
            score *= factor
            factors.append(f"{kind} {factor:g}")
    except JudgeMissing as missing:
        return StateVerdict(None, str(missing))
    except Crash as crash:
        why = f"the official evaluator raises: {crash}"
        asserted = isinstance(crash, BrokenAssertion)
        return StateVerdict(0.0 if rules.fixed else None, why, crashed=True, asserted=asserted)
    return StateVerdict(score, ", ".join(factors))
