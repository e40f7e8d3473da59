"""Control of a run under way: what a person asks for, what is done, what the policy is told."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.agent.live.rooms import NORTH, SOUTH, Lines, Run
from vigorl.agent.live.asking import AskingEnvironment, LiveAsking
from vigorl.agent.live.commands import (
    Act,
    Decide,
    Edit,
    GiveAnswer,
    NotNow,
    Pause,
    Refuse,
    Resume,
    Say,
    StepOnce,
    Stop,
    TakeControl,
)
from vigorl.agent.live.control import LiveControl
from vigorl.agent.live.state import Question, SteeredState
from vigorl.agent.record.trajectory import Amendment, Trajectory
from vigorl.agent.rollout import Limits
from vigorl.browser.actions import AskPerson, Click, Done, Press, Type, Wait
from vigorl.browser.deeds import Approval, Deed
from vigorl.browser.geometry import Point
from vigorl.browser.observation import Observation
from vigorl.policy.policy import Turn


def checks_of(trajectory: Trajectory) -> list[str]:
    assert trajectory.end is not None
    return [check.by for check in trajectory.end.checks]


async def test_a_pause_holds_and_takes_none_of_the_policys_time(tmp_path: Path) -> None:
    run = Run(tmp_path, Lines(NORTH, NORTH, NORTH, Done()))

    async def steer() -> None:
        await run.proposed()
        await asyncio.sleep(0.4)
        assert run.rooms.done == [] and run.control.state.mode == "paused"
        await run.do(StepOnce())
        await run.until(lambda state: state.proposal and len(state.past) == 1)
        await asyncio.sleep(0.1)
        assert run.rooms.done == [NORTH]
        await run.do(Resume())

    trajectory = await run.played(steer(), Limits(seconds=0.3))
    assert trajectory.is_solved and trajectory.steps[0].held_s >= 0.4
    assert all(step.observe_s < 0.2 for step in trajectory.steps)
    assert not trajectory.is_assisted and checks_of(trajectory) == ["policy"]


async def test_a_veto_and_a_message_are_told_and_an_edit_keeps_the_proposal(tmp_path: Path) -> None:
    run = Run(tmp_path, Lines(SOUTH, SOUTH, NORTH, NORTH, Done()))

    async def steer() -> None:
        state = await run.proposed()
        await run.do(Refuse("south is a trap", state.turn), Say("the exit is north"))
        with pytest.raises(NotNow, match="decided already"):  # a second tab
            await run.do(Edit("wait", state.turn))
        state = await run.until(lambda now: now.proposal and now.turn > state.turn)
        with pytest.raises(NotNow, match="outside of the screen"):
            await run.do(Edit("click (90, 4)"))
        await run.do(Edit("click (3, 4)", state.turn), Resume())

    trajectory = await run.played(steer())
    assert trajectory.is_solved and trajectory.is_assisted
    assert not checks_of(trajectory), "what it saw come of its own steps it has not seen"
    first, second = trajectory.steps[:2]
    assert first.turn.action == SOUTH and first.done is None
    assert first.amendment is not None and "south is a trap" in first.amendment.why
    assert second.turn.action == SOUTH and second.amendment == Amendment("person", NORTH)
    kinds = [kind for kind, _ in run.policy.events]
    assert kinds == ["denied", "person", "steered"]
    assert "south is a trap" in run.policy.events[0][1]
    assert run.policy.events[1][1].endswith("the exit is north")


async def test_a_take_over_is_recorded_as_the_persons_and_the_episode_goes_on(
    tmp_path: Path,
) -> None:
    run = Run(tmp_path, Lines(SOUTH, Done()), paused=False)
    run.control.begin("go", run.policy, run.vault, grace_s=5)

    async def steer() -> None:
        await run.proposed()
        await run.do(TakeControl())
        for _ in range(3):
            state = await run.until(lambda now: now.awaits_action)
            await run.do(Act(NORTH, state.turn))
            with pytest.raises(NotNow):  # the same click twice, or another tab's
                await run.do(Act(NORTH, state.turn))
        await run.until(lambda now: now.awaits_action and len(now.past) == 4)
        await run.do(Resume())
        await run.until(lambda now: now.proposal and now.proposal.action == Done())
        await run.do(Resume())

    trajectory = await run.played(steer(), Limits(steps=2))
    assert not checks_of(trajectory)
    assert trajectory.is_solved, "what a person did counts, and takes none of the policy's steps"
    assert [step.by for step in trajectory.steps] == ["policy", *["person"] * 3, "policy"]
    assert [step.done for step in trajectory.steps] == [None, NORTH, NORTH, NORTH, Done()]
    assert [step.seen.url[-1] for step in trajectory.steps] == ["0", "0", "1", "2", "3"]
    assert all(step.seen.view for step in trajectory.steps), "each with the screen before it"
    assert len(run.policy.seen) == 2 and run.policy.seen[1].url.endswith("3")
    ((kind, told),) = run.policy.events
    assert kind == "steered" and "1. click; 2. click; 3. click." in told


async def test_a_person_can_end_it_and_what_they_type_into_a_password_field_is_hidden(
    tmp_path: Path,
) -> None:
    run = Run(tmp_path, Lines(SOUTH, Done()))

    async def steer() -> None:
        await run.proposed()
        await run.do(TakeControl())
        await run.until(lambda now: now.awaits_action)
        await run.do(Act(Type("swordfish-9")))
        run.vault.learn("swordfish-9")  # as the hands do, once they see the field
        state = await run.until(lambda now: now.awaits_action and len(now.past) == 2)
        await run.do(Act('done "there"', state.turn))

    trajectory = await run.played(steer())
    assert trajectory.end is not None and trajectory.end.answer == "there"
    assert trajectory.steps[-1].by == "person"
    assert b"swordfish" not in (tmp_path / "run/trajectory.jsonl").read_bytes()


_IS_AT: dict[str, Callable[[SteeredState], Any]] = {
    "proposed": lambda state: state.proposal,
    "thinking": lambda state: state.doing == "thinking",
    "awaits_action": lambda state: state.awaits_action,
}


@pytest.mark.parametrize("when", ["proposed", "thinking", "awaits_action"])
async def test_stop_ends_it_wherever_it_is_with_what_was_recorded(
    tmp_path: Path, when: str
) -> None:
    run = Run(tmp_path, Lines(NORTH, SOUTH))

    class Slow(Lines):
        async def act(self, observation: Observation) -> Turn:
            if self.seen:
                await asyncio.sleep(60)
            return await super().act(observation)

    if when == "thinking":
        run.policy = Slow(NORTH, SOUTH)

    async def steer() -> None:
        await run.proposed()
        await run.do(StepOnce())
        await run.until(lambda now: len(now.past) == 1)
        if when == "awaits_action":
            await run.do(TakeControl())
        await run.until(lambda now: _IS_AT[when](now) and now.past)
        await run.do(Stop())

    trajectory = await run.played(steer())
    assert trajectory.end is not None and trajectory.status == "interrupted"
    assert trajectory.end.reason == "a person stopped it" and trajectory.score is None
    assert trajectory.steps[0].done == NORTH and run.rooms.done == [NORTH]


async def test_commands_that_do_not_fit_say_why(tmp_path: Path) -> None:
    run = Run(tmp_path, Lines(NORTH))

    async def steer() -> None:
        await run.proposed()
        for command, why in {
            Act(NORTH): "Take over first",
            Say(" "): "Nothing was said",
            GiveAnswer("yes"): "Nothing is asked",
            Edit("fly (3, 4)"): "not a command",
            Edit(Click(Point(9, 4))): "not on the screen",
            Edit('ask "me?"'): "You are the person",
        }.items():
            with pytest.raises(NotNow, match=why):
                await run.do(command)
        await run.do(TakeControl())
        with pytest.raises(NotNow, match="already"):
            await run.do(TakeControl())
        with pytest.raises(NotNow, match="give back first"):
            await run.do(StepOnce())
        await run.do(Stop())

    await run.played(steer())
    run.control.end("over")
    with pytest.raises(NotNow, match="over"):
        await run.do(Pause())


async def test_a_question_is_answered_and_a_secret_answer_is_named_only(tmp_path: Path) -> None:
    run = Run(
        tmp_path,
        Lines(AskPerson("Which room?"), AskPerson("The code?"), AskPerson("Why?"), Wait(0), Done()),
        paused=False,
    )
    asking = LiveAsking(run.control, limit_s=0.3)
    run.environment = AskingEnvironment(run.rooms, asking, run.vault)

    async def steer() -> None:
        state = await run.until(lambda now: now.asked == Question("Which room?"))
        await run.do(GiveAnswer("the third", turn=state.turn))
        state = await run.until(lambda now: now.asked == Question("The code?"))
        with pytest.raises(NotNow, match="Nothing is asked"):
            await run.do(Decide("yes"))
        await run.do(GiveAnswer("4711-0815", is_secret=True, turn=state.turn))

    await run.played(steer())
    told = [text for kind, text in run.policy.events if kind == "person"]
    assert told[0] == "The person answers: the third"
    assert "<secret:ANSWER_1>" in told[1] and "rooms.test" in told[1]
    assert told[2].startswith("Nobody answered in time")
    assert run.vault.opened("<secret:ANSWER_1>", "https://rooms.test") == "4711-0815"
    assert b"4711" not in (tmp_path / "run/trajectory.jsonl").read_bytes()


async def test_risky_deeds_are_asked_about_but_not_a_persons_own(tmp_path: Path) -> None:
    control = LiveControl()
    asking = LiveAsking(control)
    deed = Deed("press Buy", "https://a.test", "", ("pay",), "It pays.")
    approving = asyncio.ensure_future(asking.approve(deed))
    async for state in control.states():
        if state.asked == deed:
            control.do(Decide("no", state.turn))
            break
    assert await approving == Approval(False, why="the person said no")
    control.acts_by_person = True
    assert (await asking.approve(deed)).granted


async def test_what_a_key_does_to_a_page_is_the_persons_too(tmp_path: Path) -> None:
    run = Run(tmp_path, Lines(Done()))

    async def steer() -> None:
        await run.proposed()
        await run.do(TakeControl())
        await run.until(lambda now: now.awaits_action)
        assert not run.control.acts_by_person
        await run.do(Act(Press("Enter")))
        assert run.control.acts_by_person
        await run.until(lambda now: now.awaits_action and len(now.past) == 2)
        assert not run.control.acts_by_person
        await run.do(Stop())

    await run.played(steer())
