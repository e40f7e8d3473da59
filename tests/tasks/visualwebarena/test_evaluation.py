"""Final states get the official score, mistakes included, and the mended one where asked."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vigorl.browser.errors import TaskFault, UsageError
from vigorl.tasks.visualwebarena.calls import PAGE, Call, read_call
from vigorl.tasks.visualwebarena.evaluation import NOBODY, Judges, evaluate_state
from vigorl.tasks.visualwebarena.recorded import FAILED, Reads, RecordedState
from vigorl.tasks.visualwebarena.task import Sites, VwaTask
from vigorl.tasks.visualwebarena.verdict import FIXED, OFFICIAL, Crash, Rules, StateVerdict

SITES = Sites("http://c.example", "http://r.example", "http://s.example")
ANYWHERE = "http://r.example/f/books/1/a-post"


class Oracle:
    """Judges texts by equality, and sees what it is told to see in pictures."""

    def __init__(self, seen: str = "") -> None:
        self.asked: list[tuple[str, ...]] = []
        self.seen = seen

    async def is_equivalent(self, found: str, reference: str, question: str) -> bool:
        self.asked.append((found, reference, question))
        return found == reference

    async def is_same_reason(self, found: str, reference: str, task: str) -> bool:
        self.asked.append((found, reference, task))
        return found == reference

    async def answer(self, image: Image.Image, question: str) -> str:
        self.asked.append((question,))
        return self.seen


def task(types: str, **evaluation: Any) -> VwaTask:
    entry = {
        "sites": ["reddit"],
        "task_id": 7,
        "intent": "Do it.",
        "start_url": "http://r.example |AND| http://s.example",
        "eval": {"eval_types": types.split(), **evaluation},
    }
    return VwaTask.from_json("reddit", 7, entry)


def html(*targets: tuple[str, str, dict[str, Any]]) -> VwaTask:
    rows = [{"url": u, "locator": at, "required_contents": r} for u, at, r in targets]
    return task("program_html", program_html=rows)


async def judged(
    task: VwaTask,
    answer: str = "",
    url: str = ANYWHERE,
    values: Sequence[Any] = (),
    judges: Judges = NOBODY,
    rules: Rules = OFFICIAL,
    **reads: Any,
) -> StateVerdict:
    state = RecordedState(url, Reads(values=list(values), **reads))
    return await evaluate_state(task, answer, state, SITES, judges, rules)


@pytest.mark.parametrize(
    ("references", "answer", "score"),
    [
        ({"exact_match": "Blue"}, "'blue'", 1.0),
        ({"exact_match": "Blue"}, "\"'blue'\"", 1.0),  # quotes go twice
        ({"exact_match": "Blue |OR| Red"}, "red", 0.0),  # no alternatives here
        ({"must_include": ["red |OR| blue", "5"]}, "5 blue ones", 1.0),
        ({"must_include": ["red", "5"]}, "5 blue ones", 0.0),
        ({"must_exclude": ["red"]}, "blue", 1.0),
        ({"must_exclude": ["red"]}, "red", 0.0),
        ({"one_of": ["'Blue'", "Red"]}, "bluebird", 1.0),
        ({"one_of": ["Blue", "Red"]}, "green", 0.0),
        ({"required_values": ["> 5", "<= 7 |OR| == 100"]}, "1,00", 1.0),
        ({"required_values": ["> 5"]}, "6.0", 0.0),
        ({"required_values": ["> 5"], "exact_match": "6"}, "6", 1.0),  # the number is passed on
        ({"required_values": ["> 5"], "must_include": ["6"]}, "6", None),
        ({"required_values": ["> 5"], "exact_match": "six"}, "six", None),
        ({"must_include": "blue"}, "blue", None),
        ({"no_such_kind": "blue"}, "red", 1.0),
    ],
)
async def test_answers_are_compared_kind_by_kind(
    references: dict[str, Any], answer: str, score: float | None
) -> None:
    verdict = await judged(task("string_match", reference_answers=references), answer)
    assert verdict.score == score
    assert verdict.crashed is (score is None)


async def test_not_achievable_needs_no_judge_and_everything_else_replaces_the_score() -> None:
    impossible = task(
        "string_match",
        reference_answers={"must_include": ["blue"], "fuzzy_match": "N/A"},
        string_note="It is red.",
    )
    plain = task("string_match", reference_answers={"fuzzy_match": "N/A"}, string_note="why")
    assert (await judged(plain, "'n/a'")).score == 1.0
    assert (await judged(plain, "never")).score is None
    assert not (await judged(plain, "never")).crashed
    oracle = Oracle()
    judges = Judges(texts=oracle)
    assert (await judged(impossible, "It is red.", judges=judges)).score == 0.0  # lower-cased
    assert (await judged(plain, "why", judges=judges)).score == 1.0
    assert oracle.asked[0] == ("it is red.", "It is red.", "Do it.")
    # The missing word is forgotten: the verdict stands alone.
    wrong = task(
        "string_match",
        reference_answers={"must_include": ["blue"], "fuzzy_match": "N/A"},
        string_note="red",
    )
    assert (await judged(wrong, "red", judges=judges)).score == 1.0


async def test_every_fuzzy_reference_of_an_answer_is_asked_for() -> None:
    both = task("string_match", reference_answers={"fuzzy_match": ["a", "b"]})
    oracle = Oracle()
    assert (await judged(both, "a", judges=Judges(texts=oracle))).score == 0.0
    assert oracle.asked == [("a", "a", "Do it."), ("a", "b", "Do it.")]


@pytest.mark.parametrize(
    ("note", "reference", "url", "score"),
    [
        ({}, "http://127.0.0.1:1/a", "http://localhost:1/a/", 1.0),
        ({}, "http://127.0.0.1:1/a", "http://127.0.0.1:1/a//", 0.0),
        ({}, "http://127.0.0.1:1/a", "http://127.0.0.1:1/A", 0.0),
        ({}, "http://x/a |OR| http://x/b/", "http://x/b", 1.0),
        ({"url_note": "GOLD in PRED"}, "http://x/a", "http://x/a?page=2", 1.0),
        ({"url_note": "GOLD in PRED"}, "http://x/a/b", "http://x/a", 0.0),
        ({"url_note": "about"}, "http://x/a", "http://x/a", None),
        ({"url_note": None}, "http://x/a", "http://x/a", None),
    ],
)
async def test_addresses_are_compared(
    note: dict[str, Any], reference: str, url: str, score: float | None
) -> None:
    verdict = await judged(task("url_match", reference_url=reference, **note), url=url)
    assert verdict.score == score


@pytest.mark.parametrize(
    ("locator", "value", "required", "score"),
    [
        ("document.title", "Blue", {"exact_match": "blue"}, 1.0),
        ("document.title", None, {"exact_match": "None"}, 1.0),
        ("document.title", True, {"exact_match": "True"}, 1.0),
        ("[...document.images]", ["a", "b"], {"exact_match": "['a', 'b']"}, 1.0),
        ("document.title", FAILED, {"exact_match": ""}, 1.0),
        ("", "<p>blue</p>", {"must_include": ["blue"]}, 1.0),
        ("lambda:1 + 1", 2, {"exact_match": "2"}, 1.0),
        ("lambda:1 + 1", 0, {"must_exclude": ["x"]}, 0.0),
        ("lambda:1 + 1", FAILED, {"must_exclude": ["x"]}, 0.0),
        ("lambda:1 + 1", ["x"], {"must_include": ["x"]}, None),
        ("func:get_query_text(__page__, '.x')", "12", {"required_values": ["> 11"]}, 1.0),
        ("func:get_query_text(__page__, '.x')", "no", {"required_values": ["> 11"]}, 0.0),
        ("func:get_query_text(__page__, '.x')", FAILED, {"exact_match": ""}, 1.0),
        ("func:get_query_text(__page__, '.x')", None, {"exact_match": ""}, None),
        ("func:get_query_text(__page__)", "x", {"exact_match": "x"}, None),
        ("func:__import__('os').getcwd()", "x", {"exact_match": "x"}, None),
        ("body > p", "x", {"exact_match": "x"}, None),
        ("document.title", "x", {"like": "x"}, None),
        ("document.title", "red", {"must_exclude": ["red |OR| blue"]}, None),
        ("func:shopping_get_product_price(__page__)", 12.5, {"required_values": ["< 13"]}, 1.0),
        ("func:shopping_get_product_price(__page__)", "12", {"required_values": ["< 13"]}, None),
        ("func:shopping_get_num_reviews(__page__)", 1.5, {"required_values": ["< 13"]}, None),
    ],
)
async def test_what_a_locator_finds_is_compared(
    locator: str, value: Any, required: dict[str, Any], score: float | None
) -> None:
    assert (await judged(html(("last", locator, required)), values=[value])).score == score


async def test_a_page_that_is_not_found_ends_the_search_and_earlier_ones_are_gone_to() -> None:
    targets = html(
        ("func:reddit_get_post_url('__last_url__')", "document.a", {"must_include": ["x"]}),
        ("http://r.example/2", "lambda:2", {"must_include": ["x"]}),
        ("http://r.example/3", "document.c", {"must_include": ["x"]}),
    )
    state = RecordedState(ANYWHERE, Reads(values=["no", None]))
    assert (await evaluate_state(targets, "", state, SITES)).score == 0.0
    assert state.entered == ["http://r.example/f/books/1/", "http://r.example/2"]


async def test_an_early_goto_changes_what_later_evaluators_see() -> None:
    nothing: dict[str, Any] = {"must_include": []}

    def both(types: str) -> VwaTask:
        return task(
            types,
            reference_url=ANYWHERE,
            program_html=[
                {"url": "http://r.example/2", "locator": "", "required_contents": nothing}
            ],
        )

    assert (await judged(both("url_match program_html"), values=[""])).score == 1.0
    assert (await judged(both("program_html url_match"), values=[""])).score == 0.0


async def test_an_address_cannot_leave_the_quotes_it_is_pasted_into() -> None:
    target = html(("func:reddit_get_post_url('__last_url__')", "document.a", {"must_include": []}))
    verdict = await judged(target, url="http://r.example/f/a/1/'+evil()+'", values=["x"])
    assert verdict.crashed and verdict.score is None


async def test_exclusion_beside_inclusion_is_read_only_when_mended() -> None:
    target = html(("last", "document.a", {"must_include": ["a"], "must_exclude": ["b"]}))
    assert (await judged(target, values=["a b"])).score == 1.0
    assert (await judged(target, values=["a b"], rules=FIXED)).score == 0.0
    assert (await judged(target, values=["a c"], rules=FIXED)).score == 1.0


async def test_alternatives_of_a_fuzzy_page_are_all_wanted_unless_mended() -> None:
    target = html(("last", "document.a", {"fuzzy_match": "a |OR| b"}))
    for rules, score in ((OFFICIAL, 0.0), (FIXED, 1.0)):
        oracle = Oracle()
        verdict = await judged(target, values=["a"], judges=Judges(texts=oracle), rules=rules)
        assert verdict.score == score
        assert oracle.asked == [("a", "a", "NOT USED"), ("a", "b", "NOT USED")]


async def test_what_crashes_has_no_score_and_counts_0_when_mended() -> None:
    target = html(("last", "func:get_query_text(__page__, '.x')", {"exact_match": "x"}))
    assert (await judged(target, values=[None])) == StateVerdict(
        None, "the official evaluator raises: a text was expected, not NoneType", crashed=True
    )
    assert (await judged(target, values=[None], rules=FIXED)).score == 0.0
    assert (await judged(task("no_such_evaluator"))).crashed


def picture(seed: int) -> Image.Image:
    return Image.fromarray(
        np.random.default_rng(seed).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    )


def images(*queries: dict[str, Any]) -> VwaTask:
    rows = [{"eval_image_url": "last", "eval_image_class": ".x", **query} for query in queries]
    return task("page_image_query", page_image_query=rows)


async def test_only_the_last_image_query_counts_unless_mended() -> None:
    like = {"eval_fuzzy_image_match": "http://s.example/1.png"}
    two = images(like, like)
    reads = {
        "image_urls": [["/a.png"], ["/b.png"]],
        "images": [picture(1), picture(2), picture(2), picture(2)],
    }
    assert (await judged(two, **reads)).score == 1.0
    assert (await judged(two, rules=FIXED, **reads)).score == 0.0


async def test_a_page_without_pictures_scores_0_at_once() -> None:
    like = {"eval_fuzzy_image_match": "http://s.example/1.png"}
    for urls, found in (([], []), ([None], []), (["/a.png"], [None])):
        reads = {"image_urls": [urls], "images": found}
        assert (await judged(images(like, like), **reads)).score == 0.0


async def test_a_reference_picture_that_the_benchmark_does_not_have_is_a_fault() -> None:
    reads = {"image_urls": [["/a.png"]], "images": [picture(1), None]}
    for rules in (OFFICIAL, FIXED):
        with pytest.raises(TaskFault, match=r"no picture at http://s\.example"):
            like = {"eval_fuzzy_image_match": "http://s.example/1.png"}
            await judged(images(like), rules=rules, **reads)
    assert (await judged(images({"eval_fuzzy_image_match": "coco/1.png"}), **reads)).crashed


async def test_any_picture_may_answer_a_question_and_a_captioner_is_needed() -> None:
    asks = images({"eval_vqa": [{"question": "Which colour?", "answer": "Blue"}]})
    reads = {"image_urls": [["/a.png"]], "images": [picture(1)]}
    assert (await judged(asks, **reads)).score is None
    assert asks.needs_captioner and not asks.needs_judge
    for seen, score in (("it is blue", 1.0), ("it is red", 0.0)):
        oracle = Oracle(seen)
        assert (await judged(asks, judges=Judges(pictures=oracle), **reads)).score == score
        assert oracle.asked == [("Q: Which colour? A:",)]


def test_calls_are_read_and_never_run() -> None:
    assert read_call("func:f(__page__, \".a\", 'b')") == Call("f", (PAGE, ".a", "b"))
    assert read_call("func:f('__last_url__')", "http://x/1") == Call("f", ("http://x/1",))
    for text in ("func:f(g())", "func:f(1)", "func:a.b('x')", "func:f(x='y')", "func:f(", "func"):
        with pytest.raises(Crash):
            read_call(text)


def test_a_task_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="shopping/3: intent: Field required"):
        VwaTask.from_json("shopping", 3, {"sites": [], "task_id": 3, "start_url": ""})
