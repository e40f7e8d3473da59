"""Variants of a lesson: its goal said otherwise, a step that failed before, a goal to give up.

Recorded goals are put as their task puts them, and recorded steps are right ones. A person says the
same otherwise, clicks that led nowhere are part of every episode, and some goals cannot be met.
"""

import re
from random import Random

from vigorl.policy.nano.prompt import unchanged
from vigorl.training.nano.goal_phrasings import as_people_say
from vigorl.training.nano.reading_steps import TaughtTurn, thought_turn

OTHERWISE = 0.5
"""Share of the goals that are said in other words than the task's."""
AS_PEOPLE = 0.7
"""Of those, the share that is put as somebody else would, where it has a form that is known."""
MISTAKEN = 0.12
"""Share of the steps before which something else was clicked in vain."""
REFUSED = 0.02
"""Share of the lessons whose goal is of another page."""

_TASK = "Task: "
_ORDERS = (
    "Please {}.", "Could you {}?", "I want you to {}.", "I'd like you to {}.", "Your goal: {}.",
    "Can you {}? Thank you.", "I need you to {}, please.",
)  # fmt: skip
_QUESTIONS = ("Please tell me: {}", "I want to know: {}", "{} Look it up for me.", "Find out: {}")
_NO_VERB = "My|In|Using|The|On|With|For|From|At|If|There|This|Your|All"
_VERB = re.compile(rf"(?!(?:{_NO_VERB}) )[A-Z][a-z]+ ")
_QUOTED = re.compile(r'"([^"]*)"')
_TEXT = re.compile(r'(?:^|\| )("[^"]+") \(\d+, \d+\)(?= \||$)', re.MULTILINE)
"""An item of a reading that is mere text: a click on it does nothing."""
_GOES_ON = re.compile(
    r'"(?:[^"\n]*page[^"\n]*|next|older|later|further|search[^"\n]*|[›>→»])"', re.IGNORECASE
)
"""What leads on: a page that has it does not end there."""
_LONG_WORD = re.compile(r"[a-z]{4,}")
_ACTS = re.compile(r"<answer> (?:click|type|select) ")
_THINK = "<think> "


def varied(made: TaughtTurn, other_goal: str, random: Random) -> TaughtTurn:
    """A lesson, or a variant of it.

    Args:
        made: As it was recorded.
        other_goal: That of another lesson.
        random: What is varied.
    """
    if random.random() < REFUSED and (refused := refusal(made.prompt, other_goal)) is not None:
        return refused
    if random.random() < MISTAKEN:
        made = mistaken(made, random)
    if random.random() < OTHERWISE and not made.as_people_say:
        said = said_otherwise(goal_of(made.prompt), random)
        made = TaughtTurn(_with_goal(made.prompt, said), made.turn)
    return made


def said_otherwise(goal: str, random: Random) -> str:
    """A goal as somebody else puts it, or in another form of address; its names stay."""
    if random.random() < AS_PEOPLE and (said := as_people_say(goal, random)) is not None:
        return said
    if goal.endswith("?"):
        return random.choice(_QUESTIONS).format(goal)
    if _VERB.match(goal) is None:
        return goal
    said = goal[0].lower() + goal[1:].removesuffix(".")
    return random.choice(_ORDERS).replace("{}", said)


def refusal(prompt: str, goal: str) -> TaughtTurn | None:
    """The first screen of an episode with a goal of which no word is there; None: one is.

    A goal of the same site would be wrong to give up: what it names may be on another page.

    Args:
        prompt: Before anything was done.
        goal: Of another episode.
    """
    names = _QUOTED.findall(goal)
    screen = prompt.lower()
    if _GOES_ON.search(prompt):
        return None
    words = {*_LONG_WORD.findall(goal.lower()), *(name.lower() for name in names)}
    if not names or "\n1. " in prompt or any(word in screen for word in words):
        return None
    turn = thought_turn(
        f'nothing here is called "{names[0]}"', f"give_up \"'{names[0]}' is not on the screen.\""
    )
    return TaughtTurn(_with_goal(prompt, goal), turn)


def mistaken(made: TaughtTurn, random: Random) -> TaughtTurn:
    """The same step after a click on mere text, in vain; unchanged where there is none."""
    done, page, screen = made.prompt.partition("\nPage: ")
    texts = [name for name in _TEXT.findall(screen) if name not in made.turn]
    if not texts or not _ACTS.search(made.turn):
        return made
    wrong = random.choice(texts)
    line = unchanged(f"{done.count(chr(10)) + 1}. click {wrong}")
    turn = made.turn.replace(_THINK, f"{_THINK}{wrong} was not it; ", 1)
    return TaughtTurn(f"{done}\n{line}{page}{screen}", turn, made.as_people_say)


def goal_of(prompt: str) -> str:
    """The goal that a prompt tells."""
    return prompt.partition("\n")[0].removeprefix(_TASK)


def _with_goal(prompt: str, goal: str) -> str:
    return f"{_TASK}{goal}\n{prompt.partition(chr(10))[2]}"
