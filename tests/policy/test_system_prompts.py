"""What a model is taught follows from what the environment offers, and from nothing else."""

import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigorl.browser.action_space import (
    BROWSER,
    ENDINGS,
    EVERY_ACTION,
    PAGE,
    ActionSpace,
    not_offered,
)
from vigorl.browser.actions import AskPerson, GiveUp, Goto
from vigorl.browser.geometry import Frame
from vigorl.browser.observation import Observation, PendingQuestion
from vigorl.policy.commands import COMMANDS, offered_commands
from vigorl.policy.conversation import Conversation
from vigorl.policy.family import FAMILIES, Family, family_named
from vigorl.policy.foreign import action_of
from vigorl.policy.grammar import parse, write

Make = Callable[..., Observation]
STILL: ActionSpace = frozenset({"click", "zoom"})
OURS = family_named("qwen3-vl")
TAUGHT = [family for family in FAMILIES if callable(family.system)]
DIGESTS = {
    "ui-tars": ("28f99a72ee573975",) * 2,
    "ui-venus": ("82f330f230dbde6a",) * 2,
    "fara-7b": ("5399afabed3fa3fd",) * 2,
    "fara": ("f35c0f9ccebfcb68",) * 2,
    "mai-ui": ("f35c0f9ccebfcb68",) * 2,
    "qwen-computer-use": ("420f1cd543aa1c30", "f35c0f9ccebfcb68"),
    "qwen3-vl": ("52b234b26711d6dd", "879cf1ada710716d"),
    "qwen2.5-vl": ("c9ee303f24717cfd", "e5c133766b24725e"),
    "generic-pixels": ("c9ee303f24717cfd", "e5c133766b24725e"),
    "generic": ("52b234b26711d6dd", "879cf1ada710716d"),
}
"""Of the prompts that published numbers were measured with, in a browser, with zoom and without."""


@pytest.mark.parametrize("family", [*map(family_named, DIGESTS)], ids=lambda family: family.name)
def test_in_a_browser_the_prompts_are_those_that_numbers_were_measured_with(family: Family) -> None:
    made = [each.system_prompt(BROWSER | {"zoom"}) for each in (family, family.without_zoom())]
    digests = [sha256((prompt or "").encode()).hexdigest()[:16] for prompt in made]
    assert tuple(digests) == DIGESTS[family.name]
    assert made[0] == family.system_prompt()


@pytest.mark.parametrize(
    "family", [f for f in FAMILIES if f.name.startswith(("vigorl-", "nano"))], ids=lambda f: f.name
)
def test_what_a_checkpoint_was_trained_with_stays_whatever_is_offered(
    family: Family, screen: Make
) -> None:
    told = []
    for offered in (EVERY_ACTION, STILL, frozenset[str]()):
        conversation = Conversation("Find it.", family)
        conversation.see(replace(screen(1, marks=()), actions=offered))
        told.append(conversation.messages())
    assert told[0] == told[1] == told[2]
    assert told[0][0].role == "user"


@pytest.mark.parametrize("family", TAUGHT, ids=lambda family: family.name)
def test_a_still_picture_is_offered_no_addresses_tabs_or_keys(family: Family) -> None:
    prompt = family.system_prompt(STILL) or ""
    for name, (_, meaning) in COMMANDS.items():
        assert (meaning in prompt) <= (name in offered_commands(STILL))
    words = "address tab tabs wheel upload goto scroll drag hotkey Scroll Drag hover double_click"
    assert not set(re.findall(r"\w+", prompt)) & set(words.split())
    assert "browser for a user" not in prompt
    assert len(prompt) < len(family.system_prompt() or "")


@pytest.mark.parametrize("family", TAUGHT, ids=lambda family: family.name)
def test_a_person_can_be_asked_where_one_is_there_and_nowhere_else(family: Family) -> None:
    offered: ActionSpace = EVERY_ACTION | {"ask"}
    alone, watched = (family.system_prompt(actions) or "" for actions in (EVERY_ACTION, offered))
    assert "the user, and wait" in watched and "the user, and wait" not in alone
    dialect = family.dialect(Frame.of_viewport(640, 400), actions=offered)
    question = AskPerson('Which "one"?\nThe red?')
    assert parse(write("I do not know.", question, dialect), dialect).action == question


@pytest.mark.parametrize("name", ["call_user", "CallUser", "ask_user_question"])
def test_who_calls_for_the_user_asks_or_gives_up_where_nobody_is_there(name: str) -> None:
    frame = Frame.of_viewport(640, 400)
    said = {"content": "Which one?"}
    asks = OURS.dialect(frame, actions=EVERY_ACTION | {"ask"})
    assert action_of(name, said, asks) == AskPerson("Which one?")
    assert action_of(name, said, OURS.dialect(frame)) == GiveUp("it asks: Which one?")


@given(offered=st.frozensets(st.sampled_from(sorted(EVERY_ACTION - ENDINGS))))
def test_the_example_in_a_prompt_is_offered_and_can_be_read(offered: ActionSpace) -> None:
    prompt = OURS.system_prompt(offered) or ""
    thought, answer = re.search(r"<think>.*</think>", prompt), re.search(r"<answer>.*>", prompt)
    assert thought and answer
    dialect = OURS.dialect(Frame.of_viewport(640, 400), actions=offered)
    parsed = parse(f"{thought[0]}\n{answer[0]}", dialect)
    assert parsed.action is not None and parsed.action.type in offered | ENDINGS
    assert ("search_coordinate" in prompt) == ("zoom" in offered)


def test_a_text_that_is_no_command_is_answered_with_those_that_are_offered(screen: Make) -> None:
    conversation = Conversation("Find it.", OURS)
    conversation.see(replace(screen(1), actions=STILL))
    parsed = parse("<think> x </think><answer> jump </answer>", conversation.dialect)
    assert parsed.error == ("jump is not a command. The commands are: click, done, give_up.")


def test_a_command_that_is_not_offered_is_understood_for_the_environment_to_answer(
    screen: Make,
) -> None:
    dialect = OURS.dialect(Frame.of_viewport(640, 400), actions=STILL)
    parsed = parse('<think> x </think>\n<answer> goto "http://a" </answer>', dialect)
    assert (parsed.action, parsed.error, parsed.slip) == (Goto("http://a"), None, "")
    assert not_offered(Goto("http://a"), STILL, "This is a still picture.") == (
        "This is a still picture. `goto` cannot be done here. What can be done: click, zoom, done, "
        "give_up."
    )


def test_a_question_admits_an_answer_and_nothing_else(screen: Make) -> None:
    seen = replace(screen(1), actions=BROWSER)
    assert seen.offered == BROWSER
    asked = replace(seen, question=PendingQuestion("confirm", "Sure?"))
    assert asked.offered == {"accept", "dismiss"} < PAGE
