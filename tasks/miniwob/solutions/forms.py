"""Fields to fill in, where the goal or the page says what with."""

import re
from collections.abc import Mapping
from datetime import datetime

from vigorl.browser.actions import Type
from vigorl.browser.geometry import Point
from vigorl.tasks.miniwob.hand import Hand, Oracle

ORDINAL = r"(\d+)(?:st|nd|rd|th)"


async def submit(hand: Hand) -> None:
    """Click the form's button."""
    await hand.click("#subbtn")


async def _text(hand: Hand) -> None:
    await hand.type("#tt", hand.told(r'"(.+)"'))
    await submit(hand)


async def _text_in_letters(hand: Hand) -> None:
    text = hand.told(r'"(.+)"')
    await hand.type("#tt", text.upper() if "upper case" in hand.goal else text.lower())
    await submit(hand)


async def _captcha(hand: Hand) -> None:
    await hand.type("#tt", "".join(await hand.texts("#captcha span")))
    await submit(hand)


async def _password(hand: Hand) -> None:
    password = hand.told(r'"(.+)"')
    await hand.type("#password", password)
    await hand.type("#verify", password)
    await submit(hand)


async def _login(hand: Hand) -> None:
    for field in ("username", "password"):
        await hand.type(f"#{field}", hand.told(rf'{field} "(.+?)"'))
    await submit(hand)


async def _login_with_popups(hand: Hand) -> None:
    for field in ("username", "password"):
        await hand.click(f"#{field}")
        if await hand.spot("#popup-cancel") is not None:
            await hand.click("#popup-cancel")
        await hand.type(f"#{field}", hand.told(rf'{field} "(.+?)"'))
    await submit(hand)


async def _focus(hand: Hand) -> None:
    await hand.click("#tt")


async def _focus_one(hand: Hand) -> None:
    await hand.click("#area input", nth=int(hand.told(ORDINAL)) - 1)


async def _date(hand: Hand) -> None:
    await _type_digits(hand, hand.told(r"(\d\d/\d\d/\d{4})").replace("/", ""))


async def _time(hand: Hand) -> None:
    time = datetime.strptime(hand.told(r"(\d+:\d\d\s?[AP]M)").replace("\u202f", " "), "%I:%M %p")
    await _type_digits(hand, f"{time:%I%M%p}")


async def _type_digits(hand: Hand, digits: str) -> None:
    """Type into a field in parts, whose first part is at its left."""
    box = (await hand.shown("#tt")).box
    await hand.do(Type(digits, Point(box.left + 8, box.center.y)))
    await submit(hand)


async def _radio_and_field(hand: Hand) -> None:
    radio, field = re.findall(ORDINAL, hand.goal)
    await hand.click("input[type=radio]", nth=int(radio) - 1)
    await hand.type(f"#input-{field}", hand.told(r'"(.+)"'))
    await submit(hand)


async def _dropdown_and_button(hand: Hand) -> None:
    await hand.click(".selectric")
    await hand.click(".selectric-items li", hand.told(r"^Choose (.+) from"))
    await hand.click("#buttons button", hand.told(r'labeled "(.+)"'))


async def _table_value(hand: Hand) -> None:
    cells = await hand.texts("#tab td")
    await hand.type("#tt", cells[cells.index(hand.told(r"value of (.+) into")) + 1])
    await submit(hand)


async def _table_values(hand: Hand) -> None:
    cells = await hand.texts("#tab td")
    for number in (1, 2):
        (label,) = await hand.texts(f"#ll{number}")
        await hand.type(f"#tt{number}", cells[cells.index(label.removesuffix(":")) + 1])
    await submit(hand)


async def _arithmetic(hand: Hand) -> None:
    (problem,) = await hand.texts("#math-problem")
    left, sign, right = problem.split()[:3]
    a, b = int(left), int(right)
    await hand.type("#math-answer", str({"+": a + b, "-": a - b, "x": a * b}[sign]))
    await submit(hand)


async def _algebra(hand: Hand) -> None:
    (problem,) = await hand.texts("#math-problem")
    left, sign, right, _, result = problem.split()
    if sign == "+":
        x = int(result) - int(right if left == "x" else left)
    elif left == "x":
        x = int(result) + int(right)
    else:
        x = int(left) - int(result)
    await hand.type("#math-answer", str(x))
    await submit(hand)


async def _addition(hand: Hand) -> None:
    await hand.type("#math-answer", str(len(await hand.texts(".addition-block"))))
    await submit(hand)


async def _film_search(hand: Hand) -> None:
    labels = await hand.read(
        """() => [...document.querySelectorAll('#area input')].map(input =>
          input.closest('p, .row, tr, .field, .ui-entry').textContent.trim())"""
    )
    values = {
        "Genre": hand.told(r"Search for (.+) movies"),
        "Director": hand.told(r"directed by (.+) from"),
        "Year": hand.told(r"year (\d+)"),
        "Released": hand.told(r"year (\d+)"),
    }
    for index, label in enumerate(labels):
        value = next(value for name, value in values.items() if name in label)
        await hand.type("#area input", value, nth=index)
    await hand.click("#area button, #area .final, #area .ui-submit")


async def _autocomplete(hand: Hand) -> None:
    start = hand.told(r'starts with "(.+?)"')
    end = hand.told(r'ends with "(.+?)"') if "ends with" in hand.goal else ""
    country = await hand.read(
        "([a, b]) => ui_utils.COUNTRIES.find(c => c.startsWith(a) && c.endsWith(b))", [start, end]
    )
    await hand.type("#tags", country)
    await hand.click(".ui-menu-item", country)
    await submit(hand)


async def _spinner(hand: Hand) -> None:
    number = int(hand.told(r"Select (-?\d+)"))
    arrow = ".ui-spinner-up" if number > 0 else ".ui-spinner-down"
    for _ in range(abs(number)):
        await hand.click(arrow)
    await submit(hand)


async def _agreement(hand: Hand) -> None:
    if "Scroll" not in hand.goal:
        await hand.click("#cancel")
        return
    await hand.scroll("#text-area", 5000)
    await hand.type("#name", hand.told(r'name "(.+?)"'))
    await hand.click("#agree" if "Agree" in hand.goal else "#cancel")


async def _number_in_checkboxes(hand: Hand) -> None:
    pattern = await hand.read("n => PATTERNS[n].flat()", int(hand.told(r'number "(\d)"')))
    for index, is_on in enumerate(pattern):
        if is_on:
            await hand.click("#checkboxes input", nth=index)
    await submit(hand)


async def _color_code(hand: Hand) -> None:
    code = await hand.read(
        "name => ui_utils.colorNameToHex(name)", hand.told(r"^Select (\w+) with")
    )
    await _type_color(hand, code)


async def _shown_color(hand: Hand) -> None:
    code = await hand.read(
        """() => '#' + getComputedStyle(document.querySelector('#query .cc')).backgroundColor
          .match(/\\d+/g).map(part => Number(part).toString(16).padStart(2, '0')).join('')"""
    )
    await _type_color(hand, code)


async def _type_color(hand: Hand, code: str) -> None:
    await hand.type("#col", code.removeprefix("#").upper(), clear=True)
    await hand.click_at(Point(80, 200))  # beside the picker, which closes it
    await submit(hand)


ORACLES: Mapping[str, Oracle] = {
    "enter-date": _date,
    "enter-password": _password,
    "enter-text": _text,
    "enter-text-2": _text_in_letters,
    "enter-text-dynamic": _text,
    "enter-time": _time,
    "focus-text": _focus,
    "focus-text-2": _focus_one,
    "form-sequence-2": _radio_and_field,
    "form-sequence-3": _dropdown_and_button,
    "login-user": _login,
    "login-user-popup": _login_with_popups,
    "multi-layouts": _film_search,
    "multi-orderings": _film_search,
    "number-checkboxes": _number_in_checkboxes,
    "read-table": _table_value,
    "read-table-2": _table_values,
    "sign-agreement": _agreement,
    "simple-algebra": _algebra,
    "simple-arithmetic": _arithmetic,
    "text-transform": _captcha,
    "use-autocomplete": _autocomplete,
    "use-autocomplete-nodelay": _autocomplete,
    "use-colorwheel": _color_code,
    "use-colorwheel-2": _shown_color,
    "use-spinner": _spinner,
    "visual-addition": _addition,
}
