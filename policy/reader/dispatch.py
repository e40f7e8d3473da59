"""Dispatch of the steps of an instruction to the functions that carry them out."""

from collections.abc import Generator
from typing import assert_never

from vigorl.browser.observation import Observation
from vigorl.policy.reader import (
    answer_steps,
    form_steps,
    menus,
    mouse_steps,
    page_steps,
    repeat_steps,
    typing_steps,
)
from vigorl.policy.reader.language.steps import (
    ActStep,
    AnswerStep,
    CheckStep,
    DragStep,
    PointStep,
    Relation,
    ScrollStep,
    SelectStep,
    Step,
    TabStep,
    Target,
    TellStep,
    TypeStep,
    UploadStep,
    WaitStep,
)
from vigorl.policy.reader.session import Move, Play


def carry_out(play: Play, step: Step) -> Generator[Move, Observation, str | None]:
    """Carry out one step; returns its part of the answer where it has one.

    Raises:
        Stuck: the step cannot be carried out.
    """
    match step:
        case ActStep(action):
            yield from page_steps.act(play, action)
        case PointStep(
            target=Target(relation=Relation("in", Target(role="menu") as menu)), until=None
        ):
            yield from menus.point_in_menu(play, step, menu)
        case PointStep(until=until):
            if until is None:
                yield from mouse_steps.point_once(play, step)
            else:
                yield from repeat_steps.point_until(play, step, until)
        case TypeStep():
            yield from typing_steps.type_text(play, step)
        case SelectStep():
            yield from form_steps.select(play, step)
        case CheckStep():
            yield from form_steps.check(play, step)
        case ScrollStep():
            yield from page_steps.scroll(play, step)
        case WaitStep(until):
            yield from page_steps.wait(play, until)
        case DragStep():
            yield from mouse_steps.drag(play, step)
        case UploadStep():
            yield from form_steps.upload(play, step)
        case TabStep():
            yield from page_steps.tab(play, step)
        case TellStep(target):
            return (yield from answer_steps.tell(play, target))
        case AnswerStep(text):
            return text
        case _:
            assert_never(step)
    return None
