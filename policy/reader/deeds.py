"""From a step to the moves that carry it out."""

from collections.abc import Generator
from typing import assert_never

from vigorl.browser.observation import Observation
from vigorl.policy.reader import forms, menus, moving, pointing, repeating, telling, writing
from vigorl.policy.reader.play import Move, Play
from vigorl.policy.reader.steps import (
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


def carry_out(play: Play, step: Step) -> Generator[Move, Observation, str | None]:
    """Carry out one step; returns its part of the answer where it has one.

    Raises:
        Stuck: the step cannot be carried out.
    """
    match step:
        case ActStep(action):
            yield from moving.act(play, action)
        case PointStep(
            target=Target(relation=Relation("in", Target(role="menu") as menu)), until=None
        ):
            yield from menus.point_in_menu(play, step, menu)
        case PointStep(until=until):
            if until is None:
                yield from pointing.point_once(play, step)
            else:
                yield from repeating.point_until(play, step, until)
        case TypeStep():
            yield from writing.type_text(play, step)
        case SelectStep():
            yield from forms.select(play, step)
        case CheckStep():
            yield from forms.check(play, step)
        case ScrollStep():
            yield from moving.scroll(play, step)
        case WaitStep(until):
            yield from moving.wait(play, until)
        case DragStep():
            yield from pointing.drag(play, step)
        case UploadStep():
            yield from forms.upload(play, step)
        case TabStep():
            yield from moving.tab(play, step)
        case TellStep(target):
            return (yield from telling.tell(play, target))
        case AnswerStep(text):
            return text
        case _:
            assert_never(step)
    return None
