"""The `reader` policy: carries out literal instructions on what OCR reads on the screen."""

import asyncio
from collections.abc import Generator
from importlib.metadata import version
from typing import Any

from vigorl.browser.actions import Accept, Dismiss, Done, GiveUp
from vigorl.browser.errors import InconsistentData
from vigorl.browser.geometry import Frame
from vigorl.browser.observation import Observation
from vigorl.policy.grammar import Dialect, parse, write
from vigorl.policy.perception.screen_reader import ScreenReader, shared_screen_reader
from vigorl.policy.policy import Turn
from vigorl.policy.reader.dispatch import carry_out
from vigorl.policy.reader.language.instructions import as_name, parse_instructions
from vigorl.policy.reader.language.quotes import InstructionError
from vigorl.policy.reader.language.steps import ActStep, PointStep, Step, describe_step
from vigorl.policy.reader.session import Changed, Move, Moves, Play, Stuck
from vigorl.policy.tags import Tags

PLUG_IN = (
    'reader follows literal instructions, one after another, such as: type "kettle" into "Search", '
    "press Enter, open the second result, tell me the price. For a goal in other words use a model "
    "that can plan: --model URL or PATH."
)
"""What is said to whoever asks for more than `reader` can do."""

_MOST_CHANGES = 2
"""Times that a step begins anew because the page did not stay as it was."""


class ReaderPolicy:
    """Needs no GPU, no network and no training. Its eyes are shared by all actors."""

    name = "reader"
    acts_on_marks = False
    needs_instructions = True

    def __init__(self, eyes: ScreenReader | None = None) -> None:
        self._eyes = eyes or shared_screen_reader()

    def actor(self, goal: str) -> "ReaderActor":
        """A fresh actor for one episode."""
        return ReaderActor(goal, self._eyes)

    def describe(self) -> dict[str, Any]:
        """What a record needs to name this policy again."""
        return {
            "policy": self.name,
            "rapidocr": version("rapidocr"),
            "onnxruntime": version("onnxruntime"),
            "opencv": version("opencv-python-headless"),
        }

    async def close(self) -> None:
        """Nothing is held that needs letting go of."""


class ReaderActor:
    """Carries out one goal. Deterministic: the same observations lead to the same turns."""

    def __init__(self, goal: str, eyes: ScreenReader) -> None:
        self._goal = goal
        self._eyes = eyes
        self._moves: Moves | None = None
        self._screen: Frame | None = None

    async def act(self, observation: Observation) -> Turn:
        """Look, think, and choose. Reading a screen happens in a thread."""
        if observation.view is not None and observation.view.kind == "screen":
            self._screen = observation.view.frame
        if self._screen is None:
            raise InconsistentData("the first observation shows no screen")
        move = await asyncio.to_thread(self._next, observation)
        region = self._screen.region_css_px
        frame = Frame(round(region.width), round(region.height), region)
        dialect = Dialect(frame, Tags(), move.lens)
        text = write(move.thought, move.action, dialect)
        parsed = parse(text, dialect)
        return Turn(
            text,
            parsed.thought,
            parsed.points_css_px,
            parsed.action,
            parsed.error,
            instruction=move.instruction,
            verified=move.verified,
            mentions=parsed.mentions,
        )

    def _next(self, observation: Observation) -> Move:
        if self._moves is None:
            self._moves = _episode(self._goal, self._eyes, observation)
            return next(self._moves)
        try:
            return self._moves.send(observation)
        except StopIteration:
            return Move("Everything is done already.", Done())


def _episode(goal: str, eyes: ScreenReader, first: Observation) -> Moves:
    """The whole course of an episode."""
    try:
        steps = parse_instructions(goal)
    except InstructionError as error:
        name = as_name(goal) if first.still else None
        if name is None:
            yield Move("I was asked for something that I do not understand.", _refusal(str(error)))
            return
        steps = (name,)
    play = Play(eyes, first)
    answers: list[str] = []
    number = 1
    try:
        for number, step in enumerate(steps, 1):
            play.instruction, play.attempt = _told(number, steps), 1
            if play.observation.question and not _answers(step):
                yield from play.answer_questions()
            answer = yield from _carried_out(play, step, goal)
            if answer is not None:
                answers.append(answer)
        yield from play.answer_questions()
    except Stuck as stuck:
        thought = f"I can go no further: {_plain(stuck)}."
        yield Move(thought, _stuck(number, steps, goal, stuck), None, play.told)
        return
    yield _done(play, ", ".join(answers) if answers else None)


def _done(play: Play, answer: str | None) -> Move:
    """The last move: what was read, and what could not be told."""
    thought = "All steps are done." if answer is None else f'I read "{answer}".'
    thought = " ".join([play.take_remark(), thought, *play.doubts]).strip()
    verified = None if play.doubts else True
    return Move(thought, Done(answer or ""), None, play.told, verified)


def _carried_out(play: Play, step: Step, goal: str) -> Generator[Move, Observation, str | None]:
    """Carry out a step; on a still picture, where 'Go back' can only be a name, as a name."""
    try:
        return (yield from _carried_out_anew(play, step))
    except Stuck:
        name = as_name(goal)
        if not play.is_still or name is None or isinstance(step, PointStep):
            raise
    return (yield from carry_out(play, name))


def _carried_out_anew(play: Play, step: Step) -> Generator[Move, Observation, str | None]:
    """Carry out a step; where what it aims at has changed in between, look and aim again."""
    for _ in range(_MOST_CHANGES):
        try:
            return (yield from carry_out(play, step))
        except Changed:
            play.remark("The page has changed. I look again.")
    return (yield from carry_out(play, step))


def _answers(step: Step) -> bool:
    """Whether a step answers what a page or the browser asks."""
    return isinstance(step, ActStep) and isinstance(step.action, Accept | Dismiss)


def _told(number: int, steps: tuple[Step, ...]) -> str:
    """Which step this is, in words."""
    return f"step {number} of {len(steps)}: {describe_step(steps[number - 1])}"


def _plain(why: Stuck) -> str:
    """Why, without a full stop: it ends a sentence of ours."""
    return str(why).rstrip(" .")


def _refusal(why: str) -> GiveUp:
    return GiveUp(f"{why}. {PLUG_IN}")


def _stuck(number: int, steps: tuple[Step, ...], goal: str, why: Stuck) -> GiveUp:
    match steps:
        case (PointStep(bare_name=True),):
            return _refusal(
                f"“{goal}” is no instruction that I know, so I took it for the name of something "
                f"to click: {_plain(why)}"
            )
    words = describe_step(steps[number - 1])
    return GiveUp(f"Step {number} of {len(steps)} ({words}): {_plain(why)}.")
