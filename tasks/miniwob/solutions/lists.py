"""Lists, menus, trees, feeds and pages of results: find an entry, then act on it."""

import re
from collections.abc import Mapping

from vigorl.tasks.miniwob.hand import Hand, Oracle
from vigorl.tasks.miniwob.solutions.forms import ORDINAL

RESULTS_PER_PAGE = 3
"""Of the search engine."""

MAX_PAGES = 10
MAX_CLICKS = 6


async def _list(hand: Hand) -> None:
    await hand.choose("#options", hand.told(r"^Select (.+) from the list"))
    await hand.click("#area button")


async def _scroll_list(hand: Hand) -> None:
    names = hand.told(r"^Select (.+) from the scroll list").split(", ")
    await hand.choose("#options", *names)
    await hand.click("#area button")


async def _menu(hand: Hand) -> None:
    *parents, leaf = hand.goal.removeprefix("Select ").split(">")
    for parent in parents:
        await hand.hover("#menu li > div", parent)
    await hand.click("#menu li > div", leaf)


async def _icon_menu(hand: Hand) -> None:
    label = await hand.read(
        """goal => {
          const icon = document.querySelector('#query .ui-icon');
          const items = [...document.querySelectorAll('#menu li > div')];
          const item = items.find(item => icon ? item.querySelector(`.${icon.classList[1]}`)
            : goal.includes(`labeled "${item.textContent}"`));
          return item.textContent;
        }""",
        hand.goal,
    )
    await hand.click("#open-menu")
    if await hand.spot("#menu li > div", label) is None:
        await hand.hover("#menu li > div", "Playback")
    await hand.click("#menu li > div", label)


async def _pie(hand: Hand) -> None:
    await hand.click("#divWheel svg text", "+")
    for _ in range(MAX_CLICKS):  # the chosen slice slips from under the mouse at times
        await hand.click("#divWheel svg text", hand.told(r'labeled "(.+)"'))


async def _tree(hand: Hand) -> None:
    name = hand.told(r'named "(.+)"')
    folders = await hand.read(
        """name => {
          const spans = [...document.querySelectorAll('#tree span')];
          const folders = [];
          let item = spans.find(span => span.textContent === name).closest('li');
          while (item = item.parentElement.closest('#tree li')) {
            folders.unshift(spans.indexOf(item.querySelector('span')));
          }
          return folders.map(index => spans[index].textContent);
        }""",
        name,
    )
    for folder in folders:
        if await hand.spot("#tree span", name) is None:
            await hand.click("#tree span.folder", folder)
    await hand.click("#tree span", name)


async def _search_engine(hand: Hand) -> None:
    await hand.type("#search-text", hand.told(r'enter "(.+?)"'))
    await hand.click("#search")
    index = int(hand.told(ORDINAL)) - 1
    if index >= RESULTS_PER_PAGE:
        await hand.click("#pagination a", str(index // RESULTS_PER_PAGE + 1))
    await hand.click(f'#page-content a[data-result="{index}"]')


async def _phone_book(hand: Hand) -> None:
    name = hand.told(r"^Find (.+) in the contact book")
    for _ in range(MAX_PAGES):
        if await hand.spot("#contact h2", name) is not None:
            break
        await hand.click("#pagination a", ">")
    await hand.click(f"#contact a.{hand.told(r'their (phone|email|address)')}")


async def _feed(hand: Hand) -> None:
    user, action = hand.told(r"user (.+), click"), hand.told(r'"(.+)" button')
    post = f"#area .media:nth-child({(await hand.texts('.username')).index(user) + 1})"
    if action in ("Reply", "Retweet", "Like"):
        await hand.click(f"{post} .{action.lower()}")
        return
    await hand.click(f"{post} .more")
    entries = await hand.texts(f"{post} ul li")
    nth = next(i for i, entry in enumerate(entries) if entry.startswith(action))
    await hand.click(f"{post} ul li", nth=nth)


async def _posts(hand: Hand) -> None:
    action, user = hand.told(r'^Click the "(.+)" button'), hand.told(r"by (\S+) and then")
    posts = [i for i, name in enumerate(await hand.texts(".media .username"), 1) if name == user]
    if amount := re.search(r"on (\d+) post", hand.goal):
        posts = posts[: int(amount[1])]
    for post in posts:
        await hand.click(f"#area .media:nth-child({post}) .{action.lower()}")
    await hand.click("#submitRow button")


async def _order(hand: Hand) -> None:
    for item, times in (await _ordered(hand)).items():
        for _ in range(times):
            await hand.click(f'.food-item[data-id="{item}"] .add')
    await hand.click("#submit-order button")


async def _ordered(hand: Hand) -> Mapping[int, int]:
    """Numbers of items and how many of each."""
    names = re.search(r"each item: (.+)", hand.goal)
    if names:
        found = await hand.read(
            """goal => MENU.filter(item => goal.split(/, |: /).includes(item.name.trim()))
              .map(item => item.id)""",
            hand.goal,
        )
        return dict.fromkeys(found, 1)
    kind = hand.told(r"items that are (.+)")
    found = await hand.read(
        "kind => MENU.filter(item => item.types.includes(kind)).map(item => item.id)", kind
    )
    quantity = int(hand.told(r"^Order (\d+)"))
    chosen = found[:quantity]
    return {item: 1 + (i < quantity - len(chosen)) for i, item in enumerate(chosen)}


async def _terminal(hand: Hand) -> None:
    extension = re.search(r"extension (\.\S+)", hand.goal)
    await hand.type("#terminal", "ls")
    await hand.press("Enter")
    files = (await hand.texts("#terminal .output"))[-1].split()
    ending = extension[1] if extension else ""
    name = next(n for n in files if (n.endswith(ending) if ending else "." not in n))
    await hand.type("#terminal", f"rm {name}")
    await hand.press("Enter")


ORACLES: Mapping[str, Oracle] = {
    "choose-list": _list,
    "click-menu": _menu,
    "click-menu-2": _icon_menu,
    "click-pie": _pie,
    "click-pie-nodelay": _pie,
    "click-scroll-list": _scroll_list,
    "navigate-tree": _tree,
    "order-food": _order,
    "phone-book": _phone_book,
    "search-engine": _search_engine,
    "social-media": _feed,
    "social-media-all": _posts,
    "social-media-some": _posts,
    "terminal": _terminal,
}
