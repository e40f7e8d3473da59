"""Texts to read, mark, copy and format."""

from collections.abc import Mapping

from vigorl.browser.geometry import Point
from vigorl.tasks.miniwob.hand import Hand, Oracle
from vigorl.tasks.miniwob.solutions.forms import ORDINAL, submit

_RANGE = """([selector, text]) => {
  const walker = document.createTreeWalker(document.querySelector(selector), NodeFilter.SHOW_TEXT);
  const [node] = [walker.nextNode()];
  const at = node.data.split(' ').reduce(([found, from], word) =>
    [found < 0 && word.trim() === text ? from : found, from + word.length + 1], [-1, 0])[0];
  const range = document.createRange();
  range.setStart(node, at);
  range.setEnd(node, at + text.length);
  const r = range.getBoundingClientRect();
  return [r.left, r.right, (r.top + r.bottom) / 2];
}"""
"""Where a word of a text stands: left, right, middle of its height."""


async def _copy(hand: Hand) -> None:
    text = await hand.read("() => document.querySelector('#to-copy').value")
    await hand.type("#answer-input", text)
    await submit(hand)


async def _copy_one(hand: Hand) -> None:
    source = f"#text-{hand.told(ORDINAL)}"
    text = await hand.read("s => document.querySelector(s).value", source)
    await hand.type("#answer-input", text)
    await submit(hand)


async def _nth_word(hand: Hand) -> None:
    (text,) = await hand.texts("#area p")
    word = text.split()[int(hand.told(ORDINAL)) - 1]
    await hand.type("#answer-input", "".join(filter(str.isalpha, word)))
    await submit(hand)


async def _last_word(hand: Hand) -> None:
    text = await hand.read("() => document.querySelector('#text-area').value")
    overflows = await hand.read(
        "() => { const t = document.querySelector('#text-area'); "
        "return t.scrollHeight > t.clientHeight }"
    )
    if overflows:
        await hand.scroll("#text-area", 2000)
    await hand.type("#answer-input", "".join(filter(str.isalnum, text.split()[-1])))
    await submit(hand)


async def _scroll(hand: Hand) -> None:
    await hand.scroll("#text-area", 2000 if "bottom" in hand.goal else -2000)
    await submit(hand)


async def _highlight(hand: Hand) -> None:
    await hand.click("#randomText", count=3)
    await submit(hand)


async def _highlight_one(hand: Hand) -> None:
    await hand.click("#randomText p", nth=int(hand.told(ORDINAL)) - 1, count=3)
    await submit(hand)


async def _edit(hand: Hand) -> None:
    await hand.click("#editor .ql-editor p")
    if "everything" in hand.goal:
        await hand.press("Control+A")
    else:
        word = hand.told(r"give the text (.+) the (?:style|color)")
        left, right, y = await hand.read(_RANGE, ["#editor .ql-editor p", word])
        await hand.drag(Point(left + 0.5, y), Point(right, y))
    for style, button in (("bold", "bold"), ("italics", "italic"), ("underlined", "underline")):
        if f"style {style}" in hand.goal:
            await hand.click(f".ql-toolbar .ql-{button}")
    if "color" in hand.goal:
        color = hand.told(r"color (\w+)")
        swatch = await hand.read("color => COLOR_MAP[color][0]", color)
        await hand.click(".ql-color .ql-picker-label")
        await hand.click(f'.ql-color .ql-picker-item[data-value="{swatch}"]')
    await submit(hand)


ORACLES: Mapping[str, Oracle] = {
    "copy-paste": _copy,
    "copy-paste-2": _copy_one,
    "find-word": _nth_word,
    "highlight-text": _highlight,
    "highlight-text-2": _highlight_one,
    "scroll-text": _last_word,
    "scroll-text-2": _scroll,
    "text-editor": _edit,
}
