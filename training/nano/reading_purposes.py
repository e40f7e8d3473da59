"""What a recorded step does, said in words where its recording does not.

Games are recorded without reasons: a click on "Submit" has a place and no more. A language model
plans in words, and what it lists is kept to what it says (`vigorl.policy.nano.listing`), so the
same is said as other steps say it: `click "Submit"`.
"""

import json
import re
from collections.abc import Sequence

from vigorl.policy.nano.reading import ScreenItem

_COMMAND = re.compile(
    r"(?P<act>click|double_click|right_click|type|select|drag) @"
    r'(?P<to> to @)?(?: (?P<text>"(?:[^"\\]|\\.)*"))?(?P<clears> clear)?(?: enter)?'
)
_WORDS = re.compile(r'"([^"]+)"')
_CLICKS = {"click": "click", "double_click": "double-click", "right_click": "right-click"}


def said_purpose(command: str, refs: Sequence[ScreenItem], goal: str) -> str:
    """What a command is for; "" where there are no words for it.

    Args:
        command: With `@` for each point.
        refs: The items at these points.
        goal: Of the episode: where it quotes a part of an item's text, that part is said.
    """
    found = _COMMAND.fullmatch(command)
    if found is None or len(refs) != 1 + bool(found["to"]):
        return ""
    names = [_called(item, goal) for item in refs]
    text = json.loads(found["text"]) if found["text"] else ""
    act, name = found["act"], names[0]
    if act in ("type", "select"):
        if not name or text.lower() not in goal.lower():
            return ""
        if found["clears"]:
            return f'replace the text in "{name}" with "{text}"'
        return f'type "{text}" into "{name}"' if act == "type" else f'select "{text}" in "{name}"'
    if refs[0].kind == "icon" and act == "click":
        return f"click the {refs[0].text} icon" if refs[0].text else ""
    if not all(names):
        return ""
    if act == "drag":
        return f'drag "{name}" to "{names[1]}"' if found["to"] else ""
    if act == "click" and refs[0].on is not None:
        return f'{"uncheck" if refs[0].on else "check"} "{name}"'
    return f'{_CLICKS[act]} "{name}"'


def _called(item: ScreenItem, goal: str) -> str:
    """What an item is called, as the goal says it where it quotes a part of it; "" for an icon."""
    if item.kind == "icon":
        return ""
    text = (item.label or item.text).replace('"', "'")
    for quoted in _WORDS.findall(goal):
        if re.search(rf"(?<!\w){re.escape(quoted)}(?!\w)", text):
            return str(quoted)
    return text
