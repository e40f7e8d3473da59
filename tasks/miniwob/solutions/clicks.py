"""Buttons, links, tabs, sections, dialogs, boxes to tick: one or a few clicks."""

from collections.abc import Mapping

from vigorl.tasks.miniwob.hand import Hand, Oracle


async def _button(hand: Hand) -> None:
    await hand.click("#area button", hand.told(r'"(.+)" button'))


async def _button_sequence(hand: Hand) -> None:
    await hand.click("#subbtn")
    await hand.click("#subbtn2")


async def _first_button(hand: Hand) -> None:
    await hand.click("#subbtn")


async def _numbered_button(hand: Hand) -> None:
    await hand.click("#area button", hand.told(r"button (\w+)\."))


async def _link(hand: Hand) -> None:
    await hand.click(".alink", hand.told(r'link "(.+)"'))


async def _tab(hand: Hand) -> None:
    await hand.click("#area ul a", hand.told(r"(Tab #\d)"))


async def _link_behind_a_tab(hand: Hand) -> None:
    text = hand.told(r'link "(.+)"')
    if await hand.spot(".alink", text) is None:
        panel = await hand.read(
            """text => [...document.querySelectorAll('.alink')]
              .find(link => link.textContent === text)?.closest('[id^=tabs-]').id""",
            text,
        )
        # One of the tasks takes the link away and wants its tab to be opened.
        await hand.click(f'#area ul a[href="#{panel or "tabs-2"}"]')
    await hand.click(".alink", text)


async def _section(hand: Hand) -> None:
    await hand.click("h3")
    await hand.click("#subbtn")


async def _link_in_a_section(hand: Hand) -> None:
    text = hand.told(r'link "(.+)"')
    section = await hand.read(
        """text => [...document.querySelectorAll('.ui-accordion-content')].findIndex(content =>
          [...content.querySelectorAll('.alink')].some(link => link.textContent === text))""",
        text,
    )
    await hand.click("h3", nth=section)
    await hand.click(".alink", text)


async def _color(hand: Hand) -> None:
    color = hand.told(r"the (.+) colored")
    await hand.click(f'#area .color[data-color="{color}"]')


async def _close_dialog(hand: Hand) -> None:
    await hand.click(".ui-dialog-titlebar button")


async def _dialog_button(hand: Hand) -> None:
    label = hand.told(r'labeled "(.+)"')
    if label == "x":
        await hand.click(".ui-dialog-titlebar button")
    else:
        await hand.click(".ui-dialog-buttonset button", label)


async def _option(hand: Hand) -> None:
    await hand.click("#boxes label", hand.told(r"^Select (.+) and click"))
    await hand.click("#subbtn")


async def _checkboxes(hand: Hand) -> None:
    names = hand.told(r"^Select (.+) and click").split(", ")
    for name in names if names != ["nothing"] else ():
        await hand.click("#area label", name)
    await hand.click("#subbtn")


async def _similar_checkboxes(hand: Hand) -> None:
    words = hand.told(r"similar to (.+) and click").split(", ")
    similar = await hand.read(
        """words => [...document.querySelectorAll('#boxes label')].map(label =>
          SYNONYMS.some(set => set.includes(label.textContent) &&
            words.some(word => set.includes(word))))""",
        words,
    )
    for index, is_similar in enumerate(similar):
        if is_similar:
            await hand.click("#boxes label", nth=index)
    await hand.click("#subbtn")


async def _shades(hand: Hand) -> None:
    color = hand.told(r"shades of (.+) and press")
    shades = f'#area span[data-color="{color}"]'
    for index in range(len(await hand.texts(shades))):
        await hand.click(shades, nth=index)
    await hand.click("#submit")


async def _widget(hand: Hand) -> None:
    kind = hand.told(r'"(.+)" widget')
    await hand.click(f'#area .widget [data-type="{kind}"]')


async def _odd_or_even(hand: Hand) -> None:
    for row, number in enumerate(await hand.texts(".display-number")):
        await hand.click(".odd" if int(number) % 2 else ".even", nth=row)
    await hand.click("#submit")


async def _ascending_numbers(hand: Hand) -> None:
    await hand.click("svg text", "1")
    for index in range(2, 6):
        await hand.click(f'svg rect[data-index="{index}"]')


async def _grid_coordinate(hand: Hand) -> None:
    coordinate = hand.told(r"(\(.+\))")
    await hand.click(f'circle[id="{coordinate}"]')


ORACLES: Mapping[str, Oracle] = {
    "ascending-numbers": _ascending_numbers,
    "click-button": _button,
    "click-button-sequence": _button_sequence,
    "click-checkboxes": _checkboxes,
    "click-checkboxes-large": _checkboxes,
    "click-checkboxes-soft": _similar_checkboxes,
    "click-checkboxes-transfer": _checkboxes,
    "click-collapsible": _section,
    "click-collapsible-2": _link_in_a_section,
    "click-collapsible-2-nodelay": _link_in_a_section,
    "click-collapsible-nodelay": _section,
    "click-color": _color,
    "click-dialog": _close_dialog,
    "click-dialog-2": _dialog_button,
    "click-link": _link,
    "click-option": _option,
    "click-shades": _shades,
    "click-tab": _tab,
    "click-tab-2": _link_behind_a_tab,
    "click-tab-2-easy": _link_behind_a_tab,
    "click-tab-2-hard": _link_behind_a_tab,
    "click-tab-2-medium": _link_behind_a_tab,
    "click-test": _first_button,
    "click-test-2": _numbered_button,
    "click-test-transfer": _numbered_button,
    "click-widget": _widget,
    "grid-coordinate": _grid_coordinate,
    "odd-or-even": _odd_or_even,
    "unicode-test": _button,
}
