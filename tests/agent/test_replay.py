"""A recorded run is played again, as long as the screen looks as it did."""

from dataclasses import replace
from pathlib import Path

import pytest

from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.replay import Parting, ReplayPolicy, subject_of
from vigorl.agent.run import Additions, ModelConfig, RunConfig, run
from vigorl.browser.actions import Action, Click, Done, Type, Zoom, ZoomStyle
from vigorl.browser.boundary import Boundary
from vigorl.browser.errors import UsageError
from vigorl.browser.geometry import Box, Point
from vigorl.browser.observation import Observation
from vigorl.policy.policy import Turn

pytestmark = pytest.mark.browser

PAGE = """<body style="font: 20px sans-serif; margin: 0">
<button style="position: absolute; left: 100px; top: 100px" onclick="LATER">NAME</button>
<p id=o style="position: absolute; top: 200px; left: 100px">nothing yet</p>"""
SHOW = "o.textContent = 'price: 12'"
BUTTON = Point(130, 112)
STYLE = ZoomStyle(504, dot=False, edge="shift", source="optical")


class Script:
    """A policy that does what it is given, whatever it sees."""

    name = "script"
    acts_on_marks = False
    needs_instructions = False

    def __init__(self, *actions: Action) -> None:
        self._actions = list(actions)

    def actor(self, goal: str) -> "Script":
        return self

    async def act(self, observation: Observation) -> Turn:
        return Turn("", "", (), self._actions.pop(0))

    def describe(self) -> dict[str, str]:
        return {"policy": "script"}

    async def close(self) -> None:
        pass


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    write(path)
    return path


def write(path: Path, name: str = "Show price", later: str = SHOW) -> None:
    path.write_text(PAGE.replace("NAME", name).replace("LATER", later))


async def played(page: Path, policy: Script | ReplayPolicy, goal: str = "the price") -> Trajectory:
    config = RunConfig(
        goal,
        page.as_uri(),
        runs=page.parent / "runs",
        viewport_width_px=600,
        viewport_height_px=300,
        boundary=Boundary(local=True),
    )
    return await run(config, ModelConfig("script"), additions=Additions(policy=policy))


async def recorded(page: Path, *actions: Action) -> Trajectory:
    trajectory = await played(page, Script(*actions))
    assert trajectory.status == "done", trajectory.end
    return trajectory


CLICK_AND_ANSWER = (Click(BUTTON), Zoom(Box(100, 180, 300, 260), STYLE), Done("12"))


async def test_the_same_page_gives_the_same_actions_and_answer(page: Path) -> None:
    policy = ReplayPolicy(await recorded(page, *CLICK_AND_ANSWER))
    again = await played(page, policy)
    assert (again.status, policy.parting) == ("done", None)
    assert [step.turn.action for step in again.steps] == [Click(BUTTON), Done("12")]
    assert again.end is not None and again.end.answer == "12"


async def test_a_button_with_another_name_is_not_clicked_and_both_screens_are_kept(
    page: Path,
) -> None:
    policy = ReplayPolicy(await recorded(page, *CLICK_AND_ANSWER))
    write(page, "Delete all")
    again = await played(page, policy)
    assert again.status == "gave_up" and again.end is not None
    assert "step 1" in again.end.reason and "(130, 112)" in again.end.reason
    assert not any(isinstance(step.turn.action, Click) for step in again.steps)
    assert isinstance(policy.parting, Parting) and policy.parting.step == 1
    picture = policy.parting.picture()
    assert picture.size == (2 * 600 + 24, 300)
    assert policy.parting.write(again.folder).read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
async def test_an_answer_is_not_given_again_where_the_page_says_another(page: Path) -> None:
    policy = ReplayPolicy(await recorded(page, *CLICK_AND_ANSWER))
    write(page, later=SHOW.replace("12", "19"))
    again = await played(page, policy)
    assert again.status == "gave_up" and again.end is not None and again.end.answer is None
    assert "read off" in again.end.reason


@pytest.mark.slow
async def test_what_comes_late_is_waited_for(page: Path) -> None:
    policy = ReplayPolicy(await recorded(page, *CLICK_AND_ANSWER))
    write(page, later=f"setTimeout(() => {{ {SHOW} }}, 2500)")
    assert (await played(page, policy)).status == "done"


async def test_an_action_that_is_denied_this_time_ends_it(page: Path) -> None:
    write(page, "Delete all")
    config = RunConfig("x", page.as_uri(), runs=page.parent / "runs", approve="never")
    config = replace(config, boundary=Boundary(local=True))
    first = await run(
        config, ModelConfig("script"), additions=Additions(policy=Script(Click(BUTTON), Done()))
    )
    again = await run(
        replace(config, approve="risky"),
        ModelConfig("script"),
        additions=Additions(policy=ReplayPolicy(first)),
    )
    assert again.status == "gave_up" and again.end is not None
    assert "step 1 went otherwise: Not allowed" in again.end.reason


async def test_what_cannot_be_done_again_is_refused(page: Path) -> None:
    only_done = await recorded(page, Zoom(Box(0, 0, 200, 200), STYLE), Done("12"))
    typed = replace(
        only_done.steps[0].turn, action=Type("<typed into a password field>", Point(9, 9))
    )
    step = replace(only_done.steps[0], turn=typed)
    with pytest.raises(UsageError, match="step 1 types a password, which is not recorded"):
        ReplayPolicy(replace(only_done, steps=(step,)))
    with pytest.raises(UsageError, match="holds no action"):
        ReplayPolicy(replace(only_done, steps=()))
    benchmark = replace(only_done.start, task={"instruction": "the button"})
    with pytest.raises(UsageError, match="benchmark whose start cannot be made again"):
        subject_of(replace(only_done, start=benchmark), {}, None)
    assert subject_of(only_done, {"viewport_width_px": 600}, None) == {
        "goal": "the price",
        "url": page.as_uri(),
        "viewport_width_px": 600,
    }
