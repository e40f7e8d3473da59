"""What `reader` says it did is what it brought about: pages where the obvious effect is wrong."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from vigorl.browser.actions import Accept, Action, Click, Dismiss, Done, GiveUp
from vigorl.browser.geometry import Box, Frame
from vigorl.browser.observation import Observation, PendingQuestion
from vigorl.browser.picture import View
from vigorl.policy.reader.actor import ReaderPolicy
from vigorl.policy.reader.filled import agreement
from vigorl.policy.reader.outcome import changes

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SPINNER = """<style>.spin { width: 24px; height: 24px; border: 4px solid #ddd;
  display: inline-block; border-top-color: #06c; border-radius: 50%;
  animation: turn 1s linear infinite }
  @keyframes turn { to { transform: rotate(360deg) } } button:hover { background: #cde }</style>"""
DEAD = "<button>Save draft</button>"


# Clicks


@pytest.mark.one_in(6)
@pytest.mark.parametrize(
    "page",
    [
        f"<p>Hello</p>{DEAD}",
        f"{SPINNER}<p>Hello</p>{DEAD} <span class=spin></span>",
        pytest.param(
            f"{SPINNER}{DEAD}<p style='margin: 200px 300px'><span class=spin></span></p>",
            marks=pytest.mark.slow,
        ),
        f"""<p id=clock>10:15:00</p><p style="margin: 80px">{DEAD}</p><script>let t = 0;
          setInterval(() => clock.textContent = `10:15:${{String(++t).padStart(2, "0")}}`, 1000)
          </script>""",
        f"""<canvas id=video width=300 height=160></canvas><p style="margin: 120px 0">{DEAD}</p>
          <script>const brush = video.getContext("2d"); setInterval(() => {{ brush.fillStyle =
          `hsl(${{Math.random() * 360}} 80% 50%)`; brush.fillRect(0, 0, 300, 160) }}, 100)</script>
          """,
        f"""<style>div {{ position: relative; margin: 90px }} span {{ display: none; top: -40px;
          position: absolute; background: #333; color: #fff; padding: 6px }}
          div:hover span {{ display: block }}</style>
          <div>{DEAD}<span>Saves the draft</span></div>""",
        "<a href='#'>Save draft</a><p>Nothing is linked.</p>",
        "<h1>Save draft</h1><p>These are words.</p>",
    ],
    ids=["plain", "spinner", "far spinner", "clock", "video", "hint", "dead link", "no control"],
)
async def test_a_click_that_changes_nothing_is_not_done(read, page):
    run = await read(page, 'click "Save draft"')
    assert run.reason is not None
    assert run.reason.startswith('Step 1 of 1 (click "Save draft"): expected the click at (')
    assert "I saw that nothing changed" in run.reason


async def test_pictures_that_take_turns_are_not_taken_for_an_effect(read):
    page = f"""<div id=turns style="height: 200px; padding: 20px; font-size: 30px">Spring sale</div>
      <p style="margin: 60px 0">{DEAD}</p><script>let t = 0;
      const words = ["Spring sale", "Summer hats", "Autumn coats", "Winter boots"];
      setInterval(() => {{ turns.textContent = words[++t % 4];
      turns.style.background = ["#fee", "#efe", "#eef", "#ffe"][t % 4] }}, 1000)</script>"""
    run = await read(page, 'click "Save draft"')
    last = run.turns[-1]
    assert isinstance(last.action, GiveUp) or last.verified is None


@pytest.mark.parametrize(
    "page",
    [
        """<button onclick="said.hidden = false; setTimeout(() => said.hidden = true, 1500)">
          Save draft</button><p id=said hidden style="position: fixed; right: 20px; bottom: 20px;
          background: #333; color: #fff; padding: 10px">It was saved</p>""",
        """<p style="text-align: right">Drafts (<b id=count>0</b>)</p><p style="margin: 200px 0">
          <button onclick="count.textContent = +count.textContent + 1">Save draft</button></p>""",
        """<style>.on { background: #06c; color: #fff }</style>
          <button onclick="this.classList.toggle('on')">Save draft</button>""",
        """<button onclick="this.textContent = 'Saved'">Save draft</button>""",
        """<button onclick="window.open('about:blank')">Save draft</button>""",
    ],
    ids=["a toast", "a counter far away", "it stays pressed", "another word on it", "a tab"],
)
async def test_an_effect_of_a_click_is_seen_wherever_it_is(read, page):
    run = await read(page, 'click "Save draft"')
    assert run.answer == ""
    assert run.turns[-1].verified is True


async def test_a_click_into_a_field_that_has_the_focus_goes_on_unverified(read):
    page = "<input placeholder=Name autofocus style='padding: 6px'>"
    run = await read(page, 'click the "Name" field, type "Anna"')
    assert run.answer == ""
    assert run.turns[-1].verified is None
    assert "it may have been so already" in run.turns[-1].thought


async def test_a_text_of_its_own_colour_that_is_covered_is_no_tab_that_is_chosen(read):
    page = """<p><span>Chapters</span> &nbsp; <span style="color: #c03">Subtitles</span> &nbsp;
      <span>Speed</span> &nbsp; <span>Quality</span></p>
      <div style="position: fixed; inset: 0; background: #0001"></div>"""
    run = await read(page, 'click "Subtitles"')
    assert run.reason


TABS = """<style>nav { display: flex; border-bottom: 1px solid #bbb; margin: 60px }
  nav button { border: 0; background: none; padding: 12px 16px; font: 16px sans-serif }
  nav .on { border-bottom: 3px solid #33c }</style>
  <nav><button class=on>Your card</button><button>News</button><button>Who sees what</button>
  <button>Place</button></nav>"""


async def test_a_tab_that_is_chosen_already_needs_no_change_whatever_it_is_called(read):
    run = await read(TABS, 'click "Your card"')
    assert run.answer == ""
    assert run.turns[-1].verified is None
    assert "it may have been so already" in run.turns[-1].thought


async def test_a_tab_that_is_not_chosen_has_to_change_something(read):
    run = await read(TABS, 'click "News"')
    assert run.reason
    assert "nothing changed" in run.reason


async def test_a_radio_button_that_is_chosen_already_needs_no_change(read):
    radio = "<p><label><input type=radio name=day %s> %s</label></p>"
    page = radio % ("checked", "Monday") + radio % ("", "Tuesday")
    run = await read(page, 'click "Monday", click "Tuesday"')
    assert run.answer == ""
    assert run.turns[-1].verified is None
    assert "when I clicked" in run.turns[-1].thought


async def test_an_effect_that_comes_late_is_waited_for(read):
    page = """<button onclick="setTimeout(() => said.textContent = 'Here is the report', 1600)">
      Make report</button><p id=said></p>"""
    run = await read(page, 'click "Make report"')
    assert run.answer == ""


async def test_a_link_to_a_page_that_does_not_load_is_told(read):
    run = await read("<a href='http://no.such.host.invalid/'>Shop</a>", 'click "Shop"')
    assert run.reason is not None
    assert "ERR_NAME_NOT_RESOLVED" in run.reason


async def test_a_double_click_that_only_selects_a_word_leaves_a_doubt(read):
    run = await read("<ul><li>Report</ul>", 'double-click "Report"')
    assert run.turns[-1].verified is None
    run = await read(
        "<ul><li ondblclick=\"this.textContent = 'Opened'\">Report</ul>", 'double-click "Report"'
    )
    assert run.turns[-1].verified is True


async def test_a_banner_that_asks_for_consent_is_no_result(read):
    page = """<div style="position: fixed; bottom: 0; left: 0; right: 0; background: #eee;
      padding: 20px">We use cookies. <button onclick="did('agreed')">Accept all</button></div>
      <h1>Shop</h1><p>0 results</p>"""
    run = await read(page, "open the second result")
    assert run.title == "untouched"
    assert run.reason is not None


# Typing

FIELD = """<style>input, select { font: 16px sans-serif; padding: 6px; width: 220px }</style>
<p><label>Code<br>%s</label></p>"""


@pytest.mark.parametrize(
    ("field", "typed", "shown"),
    [
        ("<input maxlength=4>", "123456", '"1234"'),
        (
            """<input oninput="this.value = this.value.replace(/[^0-9]/g, '')">""",
            "ninety",
            '""',
        ),
        ("<input readonly value=Anna>", "Bert", ""),
        ("<input type=password maxlength=5>", "maple-123", "5 characters"),
        ("""<input value=Rome oninput="this.value = 'Rome'">""", "Oslo", "Rome"),
        (
            "<input onkeydown=\"if ('tl'.includes(event.key)) event.preventDefault()\">",
            "kettle lid",
            "",
        ),
    ],
    ids=["cut", "rejected", "read-only", "cut password", "put back", "letters lost"],
)
async def test_a_field_that_shows_something_else_is_told(read, field, typed, shown):
    run = await read(FIELD % field, f'type "{typed}" into "Code"')
    assert run.reason is not None
    assert "expected" in run.reason
    assert shown in run.reason


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        (
            """<input oninput="const d = this.value.replace(/\\D/g, ''); this.value = d.length > 6 ?
              `(${d.slice(0, 3)}) ${d.slice(3, 6)}-${d.slice(6)}` : d">""",
            "5551234567",
        ),
        ("<input oninput='this.value = this.value.toUpperCase()'>", "ab-123"),
        ("<input>", "The quick brown fox jumps over the lazy dog by the river"),
        ("<input>", "Müller Ñandú"),
        ("<input type=password>", "maple-1"),
    ],
    ids=["put in form", "in capitals", "longer than the field", "accents", "dots"],
)
async def test_a_field_may_show_a_value_in_its_own_way(read, field, typed):
    run = await read(FIELD % field, f'type "{typed}" into "Code"')
    assert run.answer == ""
    assert run.turns[-1].verified is True


async def test_a_script_that_cannot_be_read_back_leaves_a_doubt(read):
    run = await read(FIELD % "<input>", 'type "שלום עולם" into "Code"')
    assert run.answer == ""
    assert run.turns[-1].verified is None
    assert "which I cannot read back" in run.turns[-1].thought


@pytest.mark.parametrize(
    "page",
    ["<h3>Code</h3><p>15 °C</p>", "<p>Code</p><input style='position: fixed; top: 2000px'>"],
)
async def test_nothing_is_typed_into_a_text_that_leads_into_no_field(read, page):
    run = await read(page, 'type "22" into "Code"')
    assert "type" not in run.kinds
    assert run.reason is not None
    assert "no field that belongs to it" in run.reason


async def test_typing_where_nothing_has_the_focus_is_not_done(read):
    run = await read("<p>Only words here.</p>", 'type "Buy milk"')
    assert run.reason is not None
    assert "nothing changed" in run.reason


async def test_a_box_that_enter_empties_is_right(read):
    page = """<div id=said></div><input placeholder="Write a message" style="padding: 6px"
      onkeydown="if (event.key == 'Enter') { said.innerHTML += `<p>${this.value}`;
      this.value = '' }">"""
    run = await read(page, 'type "Hello there" into "Write a message", press Enter')
    assert run.answer == ""
    assert run.turns[-1].verified is True


@pytest.mark.parametrize(
    ("wanted", "shown", "agrees"),
    [
        ("1990-05-17", "05/17/1990", True),
        ("1990-05-17", "May 17, 1990", True),
        ("1990-05-17", "12/09/0517", False),
        ("1990-05-17", "mm/19/900517", False),
        ("1990-05-17", "05/18/1990", False),
        ("14:30", "02:30 PM", True),
        ("14:30", "02:30 AM", False),
        ("1234.5", "1,234.50", True),
        ("22", "22 °C", True),
        ("22", "15 °C", False),
        ("2", "22", False),
        ("kettle", "kettl", False),
        ("kettle", "KETTLE", True),
    ],
)
async def test_a_value_in_another_form_is_told_from_another_value(wanted, shown, agrees):
    assert (agreement(wanted, shown) == "same") is agrees


# Lists and boxes


async def test_a_list_that_puts_its_choice_back_is_told(read):
    field = """<select onchange="this.value = 'Peru'"><option>Peru<option>Norway</select>"""
    run = await read(FIELD % field, 'select "Norway" in "Code"')
    assert run.reason is not None
    assert '"Peru"' in run.reason


async def test_a_narrow_list_shows_the_beginning_of_its_choice(read):
    field = "<select style='width: 90px'><option>Peru<option>Bosnia and Herzegovina</select>"
    run = await read(FIELD % field, 'select "Bosnia and Herzegovina" in "Code"')
    assert run.turns[-1].verified is True


async def test_an_option_of_a_drawn_list_that_does_nothing_is_not_chosen(read):
    page = """<div style="border: 1px solid #888; width: 200px; padding: 8px"
      onclick="list.hidden = false">Please choose</div>
      <ul id=list hidden><li>Peru<li>Norway<li>Chad</ul>"""
    run = await read(page, 'select "Norway" in "Please choose"')
    assert run.reason is not None
    assert 'expected "Norway" to be chosen' in run.reason


BOX = "<p><label><input type=checkbox %s> Newsletter</label></p>"


async def test_a_box_that_flips_back_is_not_checked(read):
    page = BOX % "onclick='setTimeout(() => this.checked = false, 50)'"
    run = await read(page, 'check "Newsletter"')
    assert run.reason is not None
    assert "I saw that it is not checked" in run.reason


async def test_a_box_that_lights_up_when_clicked_is_judged_by_its_inside(read):
    lit = "style='width: 20px; height: 20px; margin: 9px' onclick='this.style.outline = `4px solid"
    run = await read(BOX % f"{lit} #822`'", 'check "Newsletter"')
    assert run.answer == ""
    run = await read(
        BOX % f"{lit} #822`; setTimeout(() => this.checked = false, 50)'", 'check "Newsletter"'
    )
    assert run.reason is not None


async def test_a_text_without_a_box_is_not_checked(read):
    run = await read("<p>Paint the fence</p><p>Buy milk</p>", 'check "Paint the fence"')
    assert "click" not in run.kinds
    assert run.reason is not None
    assert "no box" in run.reason


# Again and again

PAGER = """<p><label>Sort by <select><option>Newest<option>Oldest</select></label></p>
<h2>Orders</h2><div id=list></div><p><button id=back onclick="go(-1)">Previous</button>
<button id=on onclick="go(1)">Next</button></p><script>let k = 0;
function go(d) {{ k += d; list.innerHTML = ''; on.disabled = k == {last}; back.disabled = k == 0;
for (let i = 0; i < {rows}; i++) list.innerHTML += `<p>Order ${{1000 + k * {rows} + i}}</p>`;
scrollTo(0, 0) }} go(0)</script>"""


async def test_the_last_page_is_noticed_where_next_does_nothing(read):
    run = await read(PAGER.format(rows=5, last=2), 'click "Next" until you see "Order 1042"')
    assert run.reason is not None
    assert "nothing changed" in run.reason
    assert run.kinds.count("click") == 4
    assert "(4th try)" in run.turns[-1].instruction


async def test_an_item_below_the_fold_is_found_before_the_next_page_is_opened(read):
    page = PAGER.format(rows=20, last=4)
    run = await read(page, 'click "Next" until you see "Order 1018"')
    assert run.kinds.count("click") == 0
    assert run.answer == ""
    run = await read(page, 'click "Next" until you see "Order 1037"')
    assert run.kinds.count("click") == 1
    assert run.answer == ""


async def test_going_round_in_circles_is_noticed(read):
    page = """<p id=slide>Slide 1</p><button onclick="slide.textContent =
      'Slide ' + (1 + +slide.textContent.slice(6) % 4)">Next</button>"""
    run = await read(page, 'click "Next" until you see "Slide 9"')
    assert run.reason is not None
    assert "circles" in run.reason


async def test_a_next_that_has_gone_is_not_taken_for_an_arrow_elsewhere(read):
    page = """<p id=page>Page 1</p><p><select><option>10 per page<option>20</select></p>
      <button id=on onclick="page.textContent = 'Page ' + (1 + +page.textContent.slice(5));
      if (page.textContent == 'Page 3') on.remove()">Next</button>"""
    run = await read(page, 'click "Next" until you see "Page 9"')
    assert run.reason is not None
    assert '"Next" is no longer there' in run.reason
    assert run.kinds.count("click") == 2


async def test_what_endless_scrolling_has_brought_is_not_lost_again(read):
    page = """<div id=list></div><script>let k = 0; function more() { for (let i = 0; i < 8; i++)
      list.innerHTML += `<div style="border: 1px solid #ccc; margin: 10px; padding: 10px"><b>Item
      ${++k}</b><p>Weight: ${k * 7} kg</p></div>` } more(); addEventListener("scroll", () => {
      if (innerHeight + scrollY > document.body.scrollHeight - 300) more() })</script>"""
    run = await read(page, 'scroll down until you see "Item 31", tell me the "Weight" of "Item 31"')
    assert run.answer == "217 kg"


# Other moves


async def test_a_drag_that_only_selects_text_is_not_done(read):
    run = await read("<p>Milk</p><p style='margin-top: 100px'>Done</p>", 'drag "Milk" to "Done"')
    assert run.reason is not None
    assert "nothing has moved" in run.reason


async def test_scrolling_where_nothing_moves_is_not_done(read):
    run = await read(f"{SPINNER}<p>Short.</p><span class=spin></span>", "scroll down")
    assert run.reason is not None
    assert "nothing moved" in run.reason


async def test_a_file_that_the_page_does_not_show_leaves_a_doubt(read, tmp_path: Path):
    (tmp_path / "note.txt").write_text("hello")
    page = """<p>Photo</p><input type=file onchange="this.outerHTML = '<i>Thank you</i>'">"""
    run = await read(page, f'upload "{tmp_path / "note.txt"}" to "Photo"')
    assert run.answer == ""
    assert run.turns[-1].verified is None


async def test_every_turn_says_which_instruction_it_is_for(read):
    page = """<button onclick="this.textContent = 'Saved'">Save</button><p>Total: $4</p>"""
    run = await read(page, 'click "Save", tell me the "Total"')
    told = [turn.instruction for turn in run.turns]
    assert told[0] == 'step 1 of 2: click "Save"'
    assert told[-1] == 'step 2 of 2: tell me "Total"'
    assert all(told)


async def test_a_name_alone_is_no_instruction_on_a_live_page(read):
    run = await read("<p onclick=\"did('clicked')\">opening hours</p>", "opening hours")
    assert run.kinds == ["give_up"]
    assert run.title == "untouched"


async def test_what_reads_nothing_like_the_name_is_not_called_near(read):
    run = await read("<p>Red kettle</p><p>Blue mug</p>", 'click "Imprint"')
    assert run.reason is not None
    assert "kettle" not in run.reason
    assert ".." not in run.reason


# Questions


class _Asking:
    """A page of one button, which asks something when it is clicked."""

    def __init__(self, quiet: View, changed: View, question: PendingQuestion) -> None:
        self._quiet, self._changed = quiet, changed
        self._question = question
        self.answers: list[Action] = []

    def step(self, action: Action) -> Observation:
        match action:
            case Click():
                return Observation(self._quiet, question=self._question)
            case Accept() | Dismiss():
                self.answers.append(action)
                accepted = isinstance(action, Accept)
                return Observation(self._changed if accepted else self._quiet)
            case _:
                return Observation(self._quiet)


@pytest.fixture
def views(read):
    async def views() -> Sequence[View]:
        shots = []
        for text in ("Remove all files", "There are no files"):
            run = await read(f"<p>Files</p><button>{text}</button>", "scroll to the bottom")
            view = run.observations[0].view
            assert view is not None
            shots.append(view)
        return shots

    return views


async def _play(policy: ReaderPolicy, goal: str, world: _Asking, first: Observation) -> Action:
    actor, observation = policy.actor(goal), first
    for _ in range(12):
        turn = await actor.act(observation)
        assert turn.action is not None
        if isinstance(turn.action, Done | GiveUp):
            return turn.action
        observation = world.step(turn.action)
    pytest.fail("it goes on for ever")


async def test_a_question_that_no_instruction_answers_is_declined_and_told(policy, views):
    quiet, changed = await views()
    world = _Asking(quiet, changed, PendingQuestion("confirm", "Really remove all files?"))
    last = await _play(policy, 'click "Remove all files"', world, Observation(quiet))
    assert world.answers == [Dismiss()]
    assert isinstance(last, GiveUp)
    assert 'The page asks "Really remove all files?"' in last.reason
    assert "Say: accept the dialog" in last.reason


async def test_an_alert_is_taken_note_of(policy, views):
    quiet, changed = await views()
    world = _Asking(quiet, changed, PendingQuestion("alert", "All files are gone."))
    last = await _play(policy, 'click "Remove all files"', world, Observation(quiet))
    assert world.answers == [Accept()]
    assert isinstance(last, Done)


async def test_a_question_from_the_beginning_is_declined_and_the_episode_goes_on(policy, views):
    quiet, changed = await views()
    world = _Asking(quiet, changed, PendingQuestion("alert", "Hello"))
    first = Observation(quiet, question=PendingQuestion("permission", "Show notifications?"))
    last = await _play(policy, 'click "Remove all files"', world, first)
    assert world.answers == [Dismiss(), Accept()]
    assert isinstance(last, Done)


async def test_a_region_is_told_apart_from_a_text_cursor(read):
    plain = (await read("<p>One</p>", "scroll to the bottom")).observations[0].view
    other = (await read("<p>Two</p>", "scroll to the bottom")).observations[0].view
    assert changes(plain, plain) == ()
    (region,) = changes(plain, other)
    assert Box(0, 0, 120, 60).contains(region.center)
    image = plain.picture.image()
    image.paste((0, 0, 0), (300, 200, 301, 218))
    with_caret = View(type(plain.picture).from_image(image), Frame.of_viewport(800, 600))
    assert [box for box in changes(plain, with_caret) if box.contains(box.center)] == []
    assert re.fullmatch(r"image/(png|jpeg)", plain.picture.media_type)
