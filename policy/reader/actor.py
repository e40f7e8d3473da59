"""`reader` as a policy: literal instructions, carried out from what the eyes read."""

import asyncio
from collections.abc import Generator
from importlib.metadata import version
from typing import Any

from vigorl.browser.actions import Done, GiveUp
from vigorl.browser.errors import InconsistentData
from vigorl.browser.geometry import Frame
from vigorl.browser.observation import Observation
from vigorl.policy.grammar import Dialect, parse, write
from vigorl.policy.policy import Turn
from vigorl.policy.reader.deeds import carry_out
from vigorl.policy.reader.eyes import Eyes, shared_eyes
from vigorl.policy.reader.instructions import as_name, parse_instructions
from vigorl.policy.reader.play import Move, Moves, Play, Stuck
from vigorl.policy.reader.quotes import InstructionError
from vigorl.policy.reader.steps import PointStep, Step

PLUG_IN = (
    'reader follows literal instructions, one step after another, such as: type "kettle" into '
    '"Search", press Enter, open the second result, tell me the price. It cannot plan or guess. '
    "For a goal in other words plug in a model that can: --model URL of an OpenAI-compatible "
    "server, or --model PATH of a checkpoint."
)
"""What is said to whoever asks for more than `reader` can do."""


class ReaderPolicy:
    """Needs no GPU, no network and no training. Its eyes are shared by all actors."""

    name = "reader"
    acts_on_marks = False

    def __init__(self, eyes: Eyes | None = None) -> None:
        self._eyes = eyes or shared_eyes()

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

    def __init__(self, goal: str, eyes: Eyes) -> None:
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
        dialect = Dialect(frame, lens=move.lens)
        text = write(move.thought, move.action, dialect)
        parsed = parse(text, dialect)
        return Turn(text, parsed.thought, parsed.points_css_px, parsed.action, parsed.error)

    def _next(self, observation: Observation) -> Move:
        if self._moves is None:
            self._moves = _episode(self._goal, self._eyes, observation)
            return next(self._moves)
        try:
            return self._moves.send(observation)
        except StopIteration:
            return Move("Everything is done already.", Done())


def _episode(goal: str, eyes: Eyes, first: Observation) -> Moves:
    """The whole course of an episode."""
    try:
        steps = parse_instructions(goal)
    except InstructionError as error:
        yield Move("I was asked for something that I do not understand.", _refusal(str(error)))
        return
    play = Play(eyes, first)
    answers: list[str] = []
    for number, step in enumerate(steps, 1):
        try:
            answer = yield from _carried_out(play, step, goal)
        except Stuck as stuck:
            yield Move(f"{stuck} I can go no further.", _stuck(number, steps, goal, stuck))
            return
        if answer is not None:
            answers.append(answer)
    answer = ", ".join(answers)
    yield Move(f'I read "{answer}".' if answers else "All steps are done.", Done(answer))


def _carried_out(play: Play, step: Step, goal: str) -> Generator[Move, Observation, str | None]:
    """Carry out a step; on a still picture, where 'Go back' can only be a name, as a name."""
    try:
        return (yield from carry_out(play, step))
    except Stuck:
        name = as_name(goal)
        if not play.is_still or name is None or isinstance(step, PointStep):
            raise
    return (yield from carry_out(play, name))


def _refusal(why: str) -> GiveUp:
    return GiveUp(f"{why}. {PLUG_IN}")


def _stuck(number: int, steps: tuple[Step, ...], goal: str, why: Stuck) -> GiveUp:
    match steps:
        case (PointStep(bare_name=True),):
            return _refusal(
                f"“{goal}” is no step that I know, so I took it for the name of something to "
                f"click. {why}"
            )
    return GiveUp(f"Step {number} of {len(steps)}: {why}")
