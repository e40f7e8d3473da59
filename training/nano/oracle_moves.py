"""A plan as an oracle carries it out: its actions, what each is for, and slips that it mends."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from vigorl.browser.actions import Action, Click, Done, Scroll, Type
from vigorl.browser.geometry import Point
from vigorl.tasks.local.hand import Shown
from vigorl.tasks.local.plan import PlanStep
from vigorl.tasks.truth import read_truth

PAGE_SHARE = 0.8
"""How much of the window one turn of the wheel moves, so that nothing is skipped."""

_INERT = """
([x, y]) => {
  const hit = document.elementFromPoint(x, y);
  return !!hit && !hit.closest('a,button,label,input,select,textarea,summary,dialog,[role],'
    + '[onclick],[ondblclick],[data-context],[data-menu],[draggable],[data-card],.menu');
}
"""


@dataclass(frozen=True)
class OracleMove:
    """One action and what it is for."""

    action: Action
    purpose: str
    sound: bool = True
    """Whether to learn from it; an error made on purpose is only remembered."""
    listed: tuple[str, ...] = ()
    """Texts that are counted to find the target, in order."""


async def carried_out(
    steps: Sequence[PlanStep],
    env: Shown,
    random: Random,
    errs: float,
    listed: Callable[[str], tuple[str, ...]] = lambda purpose: (),
) -> AsyncIterator[OracleMove]:
    """The steps of a plan, slips and their mending included; ends with `Done`.

    Args:
        steps: The plan.
        env: Shows the page.
        random: Draws the slips.
        errs: How often one is made, for each step.
        listed: The texts that are counted to find what a step is for.
    """
    index = 0
    while index < len(steps):
        step = steps[index]
        enters = index + 1 < len(steps) and steps[index + 1].phrasings == ("press Enter",)
        async for move in _step_moves(step, enters, env, random, errs, listed):
            yield move
            if isinstance(move.action, Done):
                return
        index += 1 + enters
    yield OracleMove(Done(), "everything is done")


async def _step_moves(
    step: PlanStep,
    enters: bool,
    env: Shown,
    random: Random,
    errs: float,
    listed: Callable[[str], tuple[str, ...]],
) -> AsyncIterator[OracleMove]:
    purpose = step.phrasings[0]
    async for action in step.moves(env):
        if random.random() < errs and not isinstance(action, Done):
            async for error in _slip(action, env, random):
                yield error
            action = await _moved(action, step, env)
        if isinstance(action, Scroll):
            yield OracleMove(await _turn_wheel(env, action.dy_css_px), f"{purpose}: not in sight")
        elif isinstance(action, Type):
            yield OracleMove(
                replace(action, clear=await _is_filled(env, action), enter=enters), purpose
            )
        elif isinstance(action, Done):
            yield OracleMove(action, purpose if action.answer else "everything is done")
        else:
            yield OracleMove(action, purpose, listed=listed(purpose))


async def _slip(action: Action, env: Shown, random: Random) -> AsyncIterator[OracleMove]:
    """Something that does no harm, or that the action itself puts right."""
    kind = random.random()
    if isinstance(action, Type) and kind < 0.4:
        wrong = "".join(random.sample(action.text, len(action.text)))[: random.randint(2, 12)]
        if wrong.strip():
            yield OracleMove(replace(action, text=wrong.strip(), clear=False), "", sound=False)
        return
    if kind < 0.7:
        yield OracleMove(await _turn_wheel(env, random.choice((-1, 1, 1))), "", sound=False)
        return
    truth = await read_truth(env.page)
    texts = [line for line in truth.lines if line.source == "text"]
    for line in random.sample(texts, min(4, len(texts))):
        middle = line.box.center
        if await env.page.evaluate(_INERT, [middle.x, middle.y]):
            yield OracleMove(Click(middle), "", sound=False)
            return


async def _moved(action: Action, step: PlanStep, env: Shown) -> Action:
    """The same action where its target is now; the step begins anew for that."""
    async for again in step.moves(env):
        return again
    return action


async def _turn_wheel(env: Shown, direction: float) -> Scroll:
    size = env.page.viewport_size or {"width": 1280, "height": 720}
    distance = round(PAGE_SHARE * size["height"])
    middle = Point(size["width"] / 2, size["height"] / 2)
    return Scroll(middle, dy_css_px=distance if direction > 0 else -distance)


async def _is_filled(env: Shown, action: Type) -> bool:
    assert action.point is not None
    point = [action.point.x, action.point.y]
    return bool(
        await env.page.evaluate("([x, y]) => !!document.elementFromPoint(x, y)?.value", point)
    )
