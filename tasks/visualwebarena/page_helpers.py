"""Helpers that look at a page: what `func:` locators call.

Where a script fails, a helper gives an empty value, as the published ones do; a value of another
type than a helper promises is a `Crash`.

Source: arXiv 2401.13649, `evaluation_harness/helper_functions.py` at commit 89f5af2; the elements
that are read are the sites' contract.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlparse

from vigorl.tasks.visualwebarena.state import FinalState, ScriptFailed
from vigorl.tasks.visualwebarena.strings import OR, text_of
from vigorl.tasks.visualwebarena.verdict import Crash

_Comment = dict[str, Any]

_ORDER = """(() => {
  const read = (body) => {
    const product = {};
    for (const cell of body.getElementsByTagName('td')) {
      const key = cell.className.split(' ')[1];
      product[key] = cell.outerText;
      const list = key === 'name' && cell.querySelector('dl');
      if (!list) continue;
      product.options = {};
      const [...parts] = list.children;
      for (let i = 0; i < parts.length; i += 2) {
        product.options[parts[i].outerText] = parts[i + 1].outerText;
      }
    }
    return product;
  };
  const table = document.querySelector('#my-orders-table');
  return [...table.getElementsByTagName('tbody')].map(read);
})()"""

_ATTRIBUTES = """(() => {
  try {
    const terms = '%s'.toLowerCase().split(' |or| ');
    const rows = [...document.querySelector(
      '#productDetails_detailBullets_sections1 > tbody').children];
    const isWanted = (row) =>
      terms.some((term) => row.children[0].outerText.toLowerCase().includes(term));
    return rows.filter(isWanted).map((row) => row.children[1].outerText).join(', ');
  } catch {
    return '';
  }
})()"""

_PRICE = """(() => {
  const place = '#maincontent > div.columns > div > div.product-info-main > '
    + 'div.product-info-price > div.price-box.price-final_price > span > span';
  return parseFloat(document.querySelector(place).outerText.substr(1)) || 0;
})()"""

_REVIEWS = """(() => {
  const title = document.querySelector('#tab-label-reviews-title').outerText;
  return parseInt(title.split(' ')[1]) || 0;
})()"""

_RATING = """(() => {
  const title = document.querySelector('.rating-result').title;
  return parseFloat(title.replace('%', '')) || 0;
})()"""

_TEXT = """(() => {
  try {
    return document.querySelector('%s').textContent;
  } catch {
    return '';
  }
})()"""

_COMMENTS = """(() => {
  const read = (node, level) => ({
    username: node.querySelector('.fg-inherit').outerText,
    net_score: parseInt(node.querySelector('.vote__net-score').outerText),
    content: node.querySelector('.comment__content').outerText,
    time: new Date(
      node.querySelector('.comment__main > header > h1 > span > time').dateTime),
    children: [...node.querySelectorAll('.comment')]
      .filter((child) => parseInt(child.getAttribute('data-level')) === level + 1)
      .map((child) => read(child, level + 1)),
  });
  return read(document.querySelector('#main'), 0);
})()"""


async def query_text(state: FinalState, selector: str) -> str:
    """The text of the first element that matches; the selector is pasted between single quotes."""
    return text_of(await _evaluate(state, _TEXT % selector, ""))


async def query_text_lowercase(state: FinalState, selector: str) -> str:
    """The same in small letters."""
    return (await query_text(state, selector)).lower()


async def product_attributes(state: FinalState, names: str) -> str:
    """The shop's details of a product whose name holds one of these, `A |OR| B`."""
    return text_of(await _evaluate(state, _ATTRIBUTES % names, ""))


async def product_price(state: FinalState) -> float:
    """The price of the product that is shown."""
    price = await _evaluate(state, _PRICE, 0)
    if not isinstance(price, int | float):
        raise Crash(f"a price was expected, not {type(price).__name__}")
    return price


async def review_count(state: FinalState) -> int:
    """How many reviews the product that is shown has."""
    return _whole(await _evaluate(state, _REVIEWS, 0))


async def rating_percent(state: FinalState) -> int:
    """The rating of the product that is shown; a broken number is a `Crash`."""
    return _whole(await _evaluate(state, _RATING, 0))


async def order_product_names(state: FinalState) -> str:
    """The names of an order's products, as alternatives."""
    try:
        return OR.join([product["name"] for product in await _order(state)])
    except _UNREADABLE:
        return ""


async def order_quantity(state: FinalState, skus: str) -> int:
    """How many of the first product with one of these numbers, `A |OR| B`, were ordered."""
    wanted = skus.split(OR) if "|OR|" in skus else [skus]
    try:
        for product in await _order(state):
            if product["sku"].strip() in wanted:
                return int(product["qty"][len("Ordered") :])
    except _UNREADABLE:
        return 0
    return 0


async def order_option(state: FinalState, sku: str, name: str) -> str:
    """What was chosen for an ordered product, its size for example."""
    try:
        for product in await _order(state):
            if product["sku"].strip() == sku:
                return text_of(product["options"][name])
    except _UNREADABLE:
        return ""
    return ""


async def latest_comment(state: FinalState, username: str) -> str:
    """What a user has written last under the post that is shown."""
    comment = await _latest(state, lambda tree: _written_by(tree, username))
    return text_of(comment["content"]) if comment else ""


async def parent_of_latest_comment(state: FinalState, username: str) -> str:
    """Whose comment or post a user has answered last, answers to themselves left out."""
    comment = await _latest(state, lambda tree: _answered_by(tree, username))
    return text_of(comment["username"]) if comment else ""


def post_url(url: str) -> str:
    """The address of the post that a forum's address belongs to; others as they are."""
    address = urlparse(url)
    parts = address.path.split("/")
    if len(parts) < 4 or parts[1] != "f":
        return url
    return f"{address.scheme}://{address.netloc}/f/{parts[2]}/{parts[3]}/"


_UNREADABLE = (ScriptFailed, KeyError, TypeError, AttributeError, ValueError, IndexError)
"""What an order or a comment that is not there looks like."""


async def _evaluate(state: FinalState, script: str, otherwise: object) -> Any:
    try:
        return await state.evaluate(script)
    except ScriptFailed:
        return otherwise


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise Crash(f"a whole number was expected, not {type(value).__name__}")
    return value


async def _order(state: FinalState) -> list[dict[str, Any]]:
    """The products of the order that is shown, a dictionary of cells each."""
    products = await state.evaluate(_ORDER)
    if not isinstance(products, list):
        raise TypeError("an order is a list of products")
    return products


async def _latest(
    state: FinalState, find: Callable[[_Comment], Iterator[tuple[Any, _Comment]]]
) -> _Comment | None:
    """Of the comments that are found with their times, the one of the latest time.

    None where there is none, or where one cannot be read; times without a zone cannot be compared.
    """
    latest, chosen = datetime.min.replace(tzinfo=UTC), None
    try:
        for time, comment in find(await state.evaluate(_COMMENTS)):
            if time > latest:
                fields = ("username", "net_score", "content", "time")
                chosen, latest = {name: comment[name] for name in fields}, time
    except _UNREADABLE:
        return None
    return chosen


def _written_by(node: _Comment, username: str) -> Iterator[tuple[Any, _Comment]]:
    """What a user has written, the post included, each with its time."""
    if node["username"] == username:
        yield node["time"], node
    for child in node["children"]:
        yield from _written_by(child, username)


def _answered_by(node: _Comment, username: str) -> Iterator[tuple[Any, _Comment]]:
    """What a user has answered, with the time of the answer; never under their own comments."""
    for child in node["children"]:
        if child["username"] == username:
            yield child["time"], node
        else:
            yield from _answered_by(child, username)
