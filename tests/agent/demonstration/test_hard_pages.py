"""Pages that make it hard to see what somebody does, and people who are quick."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from vigorl.agent.record.trajectory import Trajectory
from vigorl.agent.run import RunConfig
from vigorl.browser.actions import (
    Accept,
    Action,
    Back,
    Click,
    Dismiss,
    Done,
    Drag,
    Goto,
    Hover,
    Press,
    Scroll,
    SelectOption,
    TabNew,
    TabSwitch,
    Type,
    Upload,
)
from vigorl.browser.boundary import Boundary
from vigorl.browser.geometry import Point
from vigorl.browser.relook import differing_share

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><title>Hard</title>
<script>
for (const type of ['pointerdown', 'pointerup', 'click', 'keydown', 'input', 'wheel', 'change'])
  addEventListener(type, (event) => event.stopImmediatePropagation(), true);
</script>
<style>
body { margin: 0; height: 1600px; font: 16px sans-serif }
body > * { position: absolute; box-sizing: border-box }
input, select, button, textarea { font: inherit; height: 30px; width: 140px }
#shy:hover { background: red }
#menu { left: 20px; top: 300px; width: 140px; height: 30px; background: #ddf }
#menu div { display: none; position: absolute; left: 0; top: 30px; width: 140px; height: 40px;
  background: #9c9 }
#menu:hover div { display: block }
</style>
<input id=a style="left: 20px; top: 20px" aria-label=Name>
<textarea id=b style="left: 180px; top: 20px"></textarea>
<select id=c style="left: 340px; top: 20px"><option>One<option>Two<option>Three</select>
<input id=d type=date style="left: 500px; top: 20px">
<input id=e type=password style="left: 20px; top: 60px" aria-label=Secret>
<div id=f contenteditable style="left: 180px; top: 60px; width: 140px; height: 30px">old</div>
<input id=g type=checkbox style="left: 340px; top: 60px; width: 30px">
<input id=h type=range style="left: 500px; top: 60px" min=0 max=100 value=0>
<button id=shy style="left: 20px; top: 100px">Shy</button>
<x-box style="left: 180px; top: 100px"></x-box>
<iframe style="left: 340px; top: 100px; width: 200px; height: 60px; border: 0" sandbox=allow-scripts
  srcdoc="<body style='margin:0'><button style='position:absolute;left:10px;top:10px;width:100px;
  height:30px'>Inside</button>"></iframe>
<a id=go href="other.html" style="left: 20px; top: 180px">Leave</a>
<input type=file id=i style="left: 180px; top: 180px; width: 200px">
<a id=pop href="other.html" target=_blank style="left: 440px; top: 180px">Tab</a>
<div id=menu>Menu<div>Item</div></div>
<script>
customElements.define('x-box', class extends HTMLElement {
  constructor() {
    super();
    this.attachShadow({ mode: 'closed' }).innerHTML =
      '<button style="width: 100px; height: 30px">Shadow</button>';
  }
});
</script>"""
OTHER = "<!doctype html><title>Other</title><body style='margin:0'><h1>Other</h1>"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "hard.html").write_text(PAGE)
    (tmp_path / "other.html").write_text(OTHER)
    return tmp_path


async def begun(site: Path, demonstrating: Any, page: str = "hard.html", **options: Any) -> Any:
    shown = demonstrating(**options)
    config = RunConfig(
        "show it",
        (site / page).as_uri(),
        runs=site / "runs",
        viewport_width_px=700,
        viewport_height_px=400,
        boundary=Boundary(local=True),
        approve="never",
    )
    await shown.begin(config)
    return shown


def actions_of(trajectory: Trajectory) -> list[Action | None]:
    return [step.turn.action for step in trajectory.steps]


@pytest.mark.slow
async def test_what_is_done_is_recorded_whatever_the_page_makes_of_events(
    site: Path, demonstrating: Any
) -> None:
    shown = await begun(site, demonstrating)
    name, text, choice = Point(60, 35), Point(200, 30), Point(400, 35)
    await shown.do(
        Type("Ada", name),
        Click(name),  # again, to go on behind what stands there
        Type("Bob", clear=True),
        Type("two\nlines", text),
        SelectOption(choice, "Three"),
        Click(Point(355, 75)),
        Click(Point(40, 115), button="right"),
        Click(Point(40, 115), count=2),
        Click(Point(200, 115)),
        Click(Point(360, 120)),
        Drag(Point(510, 75), Point(570, 75)),
        Scroll(Point(350, 300), 0, 200),
    )
    trajectory = await shown.end(Done("all"))
    assert actions_of(trajectory) == [
        Type("Ada", name),
        Type("Bob", name, clear=True),
        Type("two\nlines", text),
        SelectOption(choice, "Three"),
        Click(Point(355, 75)),
        Click(Point(40, 115), button="right"),
        Click(Point(40, 115), count=2),
        Click(Point(200, 115)),
        Click(Point(360, 120)),
        Drag(Point(510, 75), Point(570, 75)),
        Scroll(Point(350, 300), 0, 200),
        Done("all"),
    ]
    notes = [step.turn.notice for step in trajectory.steps]
    assert notes[0] == "field Name" and notes[6] == "button Shy" and notes[8] == "button Inside"
    assert all(step.turn.thought == "" for step in trajectory.steps)


async def test_the_picture_is_from_before_the_act_and_does_not_show_where_the_pointer_is(
    site: Path, demonstrating: Any
) -> None:
    shown = await begun(site, demonstrating)
    shy, box = Point(40, 115), Point(355, 75)
    await shown.do(Hover(shy), Hover(shy), Click(shy), Click(box))
    trajectory = await shown.end()
    assert actions_of(trajectory) == [Click(shy), Click(box), Done()]
    first, second, last = (
        trajectory.view(step.seen.view).picture.image() for step in trajectory.steps
    )
    red, green, _ = first.getpixel((25, 115))
    assert red - green < 40  # the button is red where the pointer lies on it, as it did a while
    ticks = [image.crop((340, 60, 370, 90)) for image in (first, second, last)]
    assert differing_share(ticks[0], ticks[1]) < 0.01 < 0.1 < differing_share(ticks[1], ticks[2])


@pytest.mark.slow
async def test_what_pointing_brings_out_takes_pointing_as_a_step(
    site: Path, demonstrating: Any
) -> None:
    shown = await begun(site, demonstrating)
    await shown.do(Click(Point(355, 75)))
    await asyncio.sleep(0.7)
    await shown.do(Hover(Point(90, 315)))
    await shown.do(Click(Point(90, 350)))
    hover, click, _ = (step for step in (await shown.end()).steps[1:])
    assert isinstance(hover.turn.action, Hover) and 300 <= hover.turn.action.point.y <= 330
    assert click.turn.action == Click(Point(90, 350))


@pytest.mark.slow
async def test_quick_clicks_on_a_page_that_goes_away_are_two_acts(
    site: Path, demonstrating: Any
) -> None:
    shown = await begun(site, demonstrating)
    hands = await shown.hands()
    await hands.click(Point(40, 190))
    await shown.look()
    await hands.click(Point(40, 20))
    await shown.look()
    await asyncio.sleep(0.6)
    await shown.do(Back())
    trajectory = await shown.end()
    assert actions_of(trajectory) == [
        Click(Point(40, 190)),
        Click(Point(40, 20)),
        Back(),
        Done(),
    ]
    assert [step.seen.title for step in trajectory.steps[:3]] == ["Hard", "Other", "Other"]
    assert trajectory.steps[0].seen.url.endswith("hard.html")


@pytest.mark.slow
async def test_addresses_and_tabs_of_the_browsers_own_are_actions(
    site: Path, demonstrating: Any
) -> None:
    other = (site / "other.html").as_uri()
    shown = await begun(site, demonstrating)
    await shown.do(Click(Point(450, 190)))  # a tab of the page's
    await shown.settled_in("other.html")
    await shown.do(Click(Point(300, 300)))
    first = shown.page.context.pages[0]
    await (await shown.hands(first)).click(Point(355, 75))
    await shown.look()
    await shown.do(Goto(other))
    trajectory = await shown.end()
    assert actions_of(trajectory) == [
        Click(Point(450, 190)),
        Click(Point(300, 300)),
        TabSwitch(0),
        Click(Point(355, 75)),
        Goto(other),
        Done(),
    ]
    assert len(trajectory.steps[1].seen.tabs) == 2 and not any(
        isinstance(action, TabNew) for action in actions_of(trajectory)
    )


async def test_passwords_are_in_no_line_and_no_picture(site: Path, demonstrating: Any) -> None:
    shown = await begun(site, demonstrating)
    await shown.do(Type("Ada", Point(60, 35)), Type("hunter-22x", Point(60, 75)))
    await shown.page.evaluate("() => { e.type = 'text'; document.title = e.value }")
    await shown.look()
    await shown.do(Click(Point(355, 75)), Press("Escape"))
    trajectory = await shown.end()
    action = trajectory.steps[1].turn.action
    assert isinstance(action, Type) and action.text == "<typed into a password field>"
    kept = [path.read_bytes() for path in trajectory.folder.rglob("*") if path.is_file()]
    assert any(b"Ada" in each for each in kept)
    assert not any(b"hunter" in each for each in kept)
    assert "hunter" not in trajectory.steps[-1].seen.title


@pytest.mark.slow
async def test_dialogs_dates_files_and_what_fills_fields_by_itself_are_recorded(
    site: Path, demonstrating: Any
) -> None:
    shown = await begun(site, demonstrating)
    hands = await shown.hands()
    await hands.session.send("Page.enable")  # which may answer dialogs then
    await shown.do(Click(Point(512, 35)))
    for key in "05172031":
        await hands.key(key)
    await shown.look()
    await shown.do(Click(Point(60, 35)))
    await hands.session.send("Input.insertText", {"text": "filled in"})
    await shown.look()
    file = site / "paper.txt"
    file.write_text("paper")
    root = (await hands.session.send("DOM.getDocument"))["root"]["nodeId"]
    node = await hands.session.send("DOM.querySelector", {"nodeId": root, "selector": "#i"})
    await hands.session.send("DOM.setFileInputFiles", {**node, "files": [str(file)]})
    await shown.look()
    asking = asyncio.create_task(shown.page.evaluate("setTimeout(() => prompt('Who?'), 10)"))
    await asyncio.sleep(0.3)
    await hands.session.send("Page.handleJavaScriptDialog", {"accept": True, "promptText": "me"})
    await asking
    asking = asyncio.create_task(shown.page.evaluate("setTimeout(() => confirm('Sure?'), 10)"))
    await asyncio.sleep(0.3)
    await hands.session.send("Page.handleJavaScriptDialog", {"accept": False})
    await asking
    trajectory = await shown.end()
    actions = actions_of(trajectory)
    assert actions[:2] == [Type("2031-05-17", Point(512, 35)), Type("filled in", Point(60, 35))]
    assert isinstance(actions[2], Upload) and actions[2].paths == (str(file),)
    assert actions[3:] == [Accept("me"), Dismiss(), Done()]
    question = trajectory.steps[3].seen.question
    assert question is not None and (question.kind, question.text) == ("prompt", "Who?")
    assert [event.kind for event in trajectory.steps[3].seen.events] == ["dialog"]


@pytest.mark.slow
async def test_a_browser_that_dies_leaves_what_was_done_and_a_closed_window_is_an_end(
    site: Path, demonstrating: Any
) -> None:
    shown = await begun(site, demonstrating)
    await shown.do(Click(Point(355, 75)))
    hands = await shown.hands()
    await hands.page.close()
    trajectory = await shown.ended()
    assert trajectory.status == "done" and actions_of(trajectory) == [
        Click(Point(355, 75)),
        Done(),
    ]
    assert trajectory.steps[-1].seen.view is not None
    shown = await begun(site, demonstrating)
    await shown.do(Click(Point(355, 75)))
    hands = await shown.hands()
    with pytest.raises(Exception, match="closed"):
        await hands.session.send("Browser.crash")
    trajectory = await shown.ended()
    assert trajectory.status == "fault" and actions_of(trajectory) == [Click(Point(355, 75))]
