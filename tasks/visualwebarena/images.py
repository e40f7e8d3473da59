"""`page_image_query`: what is in the pictures of a page at the end."""

from collections.abc import Sequence
from urllib.parse import urljoin

from PIL import Image

from vigorl.browser.errors import TaskFault
from vigorl.tasks.visualwebarena.html import LAST, target_url
from vigorl.tasks.visualwebarena.similarity import image_similarity
from vigorl.tasks.visualwebarena.state import Captioner, FinalState
from vigorl.tasks.visualwebarena.strings import OR
from vigorl.tasks.visualwebarena.task import ImageQuery, Sites
from vigorl.tasks.visualwebarena.verdict import BrokenAssertion, Crash, JudgeMissing, Rules

SSIM_THRESHOLD = 0.8
"""Above which two pictures are the same, where a query says nothing else."""


async def score_images(
    queries: Sequence[ImageQuery],
    state: FinalState,
    sites: Sites,
    captioner: Captioner | None,
    rules: Rules,
) -> float:
    """The last query's score, or the product over all if mended; a page without pictures is 0.

    Raises:
        Crash: the published evaluator raises.
        TaskFault: a picture cannot be had that the benchmark or its sites owe.
        JudgeMissing: questions have to be answered, and nobody can.
    """
    scores = []
    for query in queries:
        url = await target_url(query.eval_image_url, state, sites)
        if url != LAST:
            await state.enter(url)
        images = await _images(query.eval_image_class, state)
        if not images:
            await state.leave()
            return 0.0
        scores.append(await _score(query, images, state, captioner))
        await state.leave()
    if not scores:
        raise Crash("there is no query")
    return float(all(scores)) if rules.fixed else scores[-1]


async def _images(selector: str, state: FinalState) -> list[Image.Image]:
    """The pictures that can be fetched; those that cannot are passed over."""
    if selector.strip() and not selector.startswith("."):
        raise Crash(f"{selector!r} is no class")
    images = []
    for source in await state.image_urls(selector.strip() and selector):
        if source is None:
            continue
        if not source.startswith(("http://", "https://", "www.")):
            source = urljoin(state.url, source)
        if (image := await state.fetch_image(source)) is not None:
            images.append(image)
    return images


async def _score(
    query: ImageQuery,
    images: list[Image.Image],
    state: FinalState,
    captioner: Captioner | None,
) -> float:
    if not query.eval_vqa and query.eval_fuzzy_image_match is None:
        raise BrokenAssertion("a query asks for nothing")
    score = 1.0
    for qa in query.eval_vqa:
        if captioner is None:
            raise JudgeMissing("a captioner has to answer a question about pictures")
        prompt = f"Q: {qa.question} A:"
        answers = [await captioner.answer(image, prompt) for image in images]
        score *= any(qa.answer.lower() in answer.lower() for answer in answers)
    if query.eval_fuzzy_image_match is not None:
        score *= await _has_one_like(query, images, state)
    return score


async def _has_one_like(query: ImageQuery, images: list[Image.Image], state: FinalState) -> bool:
    """Whether one of the pictures looks like one of the references."""
    threshold = SSIM_THRESHOLD if query.ssim_threshold is None else query.ssim_threshold
    references = []
    for source in (query.eval_fuzzy_image_match or "").split(OR):
        if (reference := await state.fetch_image(source)) is None:
            if source.startswith("http"):  # the benchmark's own, and nothing that was done
                raise TaskFault(f"there is no picture at {source}, to compare with")
            raise Crash(f"there is no picture at {source}")
        references.append(reference)
    return any(
        image_similarity(image, reference) > threshold
        for reference in references
        for image in images
    )
