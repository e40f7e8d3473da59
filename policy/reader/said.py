"""A step in words, as an instruction would say it."""

from typing import assert_never

from vigorl.browser.actions import Press
from vigorl.policy.reader.steps import (
    ActStep,
    AnswerStep,
    CheckStep,
    DragStep,
    PointStep,
    ScrollStep,
    SelectStep,
    Step,
    TabStep,
    TellStep,
    TypeStep,
    Until,
    UploadStep,
    WaitStep,
    describe,
)


def describe_step(step: Step) -> str:
    """The step in words: `click "Next" until you see "Order 1042"`."""
    match step:
        case ActStep(Press(keys)):
            return f"press {keys}"
        case ActStep(action):
            return action.type.replace("_", " ")
        case PointStep(target, gesture, until):
            return f"{gesture.replace('_', '-')} {describe(target)}{_until(until)}"
        case TypeStep(text, target):
            return f'type "{text}"' + (f" into {describe(target)}" if target else "")
        case SelectStep(option, target):
            return f'select "{option}"' + (f" in {describe(target)}" if target else "")
        case CheckStep(target, checked):
            return f"{'check' if checked else 'uncheck'} {describe(target)}"
        case ScrollStep(direction, until=until):
            return f"scroll {direction}{_until(until)}"
        case WaitStep(until):
            return f"wait{_until(until)}"
        case DragStep(start, end):
            return f"drag {describe(start)} to {describe(end)}"
        case UploadStep(paths):
            return f"upload {', '.join(paths)}"
        case TabStep(title, ordinal, close):
            which = f'"{title}"' if title else f"number {ordinal}"
            return f"{'close' if close else 'switch to'} the tab {which}"
        case TellStep(target):
            return f"tell me {describe(target)}"
        case AnswerStep(text):
            return f'answer "{text}"'
        case _:
            assert_never(step)


def _until(until: Until | None) -> str:
    if until is None:
        return ""
    return f" until {'you no longer see' if until.gone else 'you see'} {describe(until.target)}"
