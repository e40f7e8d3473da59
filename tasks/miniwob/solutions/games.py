"""Small games: guesses, cards, a market, noughts and crosses."""

import math
from collections.abc import Mapping

from vigorl.browser.actions import Hover
from vigorl.browser.geometry import Point
from vigorl.tasks.miniwob.hand import Hand, Oracle

MAX_TRIES = 200

_WINNING_MOVES = """seed => {
  // The page's own rules, played out of sight with its own dice: a generator of the same seed.
  const names = ['$', 'callWin', 'callDraw', 'callLoss', 'gameState', 'freeSpaces'];
  const kept = Object.fromEntries(names.map(name => [name, globalThis[name]]));
  const { random } = Math;
  let over = '';
  globalThis.$ = () => ({ addClass() {} });
  globalThis.callDraw = globalThis.callLoss = () => { over = over || 'lost' };
  const LINES = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8],
                 [2, 4, 6]];
  const replay = (moves) => {
    over = '';
    Math.random = new Math.seedrandom(seed);
    gameState = INITIAL_GAME_STATE.slice();
    freeSpaces = EMPTY_SPACES.slice();
    if (core.randi(0, 100) > 50) computerMove('', 1, '', -1);
    for (const move of moves) {
      gameState[move] = 1;
      freeSpaces.splice(freeSpaces.indexOf(move), 1);
      if (checkWinner(1)) { over = 'won'; return }
      if (!freeSpaces.length) { over = 'lost'; return }
      computerMove('', 1, '', -1);
      if (over) return;
    }
  };
  const worth = (move) => {
    const completes = (marker) => LINES.some(line => line.includes(move) &&
      line.every(i => i === move || gameState[i] === marker));
    return completes(1) ? 0 : completes(-1) ? 1 : move === 4 ? 2 : move % 2 === 0 ? 3 : 4;
  };
  const search = (moves) => {
    replay(moves);
    if (over) return over === 'won' ? moves : null;
    for (const move of freeSpaces.slice().sort((a, b) => worth(a) - worth(b))) {
      const found = search([...moves, move]);
      if (found) return found;
      replay(moves);
    }
    return null;
  };
  try {
    return search([]);
  } finally {
    Object.assign(globalThis, kept);
    Math.random = random;
  }
}"""


async def _guess(hand: Hand) -> None:
    low, high = 0, 9
    while True:
        guess = (low + high) // 2
        await hand.type("#tt", str(guess), clear=True)
        await hand.click("#subbtn")
        if await hand.spot("#higher") is not None:
            low = guess + 1
        elif await hand.spot("#lower") is not None:
            high = guess - 1
        else:
            return


async def _greatest(hand: Hand) -> None:
    values = [int(value) for value in await hand.texts(".card-value")]
    for index in range(len(values)):  # looks at each card in turn
        await hand.click(".card", nth=index)
    greatest = values.index(max(values))
    if greatest != len(values) - 1:
        await hand.click(".card", nth=greatest)
    await hand.click("#submit")


async def _generate(hand: Hand) -> None:
    for _ in range(MAX_TRIES):
        await hand.click("#generate")
        (text,) = await hand.texts("#display-number")
        if _suits(hand, int(text)):
            break
    await hand.click("#submit")


def _suits(hand: Hand, number: int) -> bool:
    if "less than" in hand.goal:
        return number < int(hand.told(r"less than (\d+)"))
    if "greater than" in hand.goal:
        return number > int(hand.told(r"greater than (\d+)"))
    return number % 2 == (1 if "odd number" in hand.goal else 0)


async def _noughts_and_crosses(hand: Hand) -> None:
    for move in await hand.read(_WINNING_MOVES, hand.seed):
        await hand.click(f"#ttt-{move}")


async def _hot_and_cold(hand: Hand) -> None:
    """Feel with the mouse; every word leaves a ring of places where the spot can be."""
    top_css_px = 50
    places = [(x, y) for x in range(5, 155) for y in range(5, 120)]
    words = ((5, "HOT"), (10, "WARM"), (40, "COLD"), (math.inf, "ICE COLD"))

    def word_at(x: float, y: float, place: tuple[int, int]) -> str:
        distance = math.dist((x, y), place)
        return next(word for limit, word in words if distance < limit)

    while True:
        x, y = _splitting(places, words)
        point = Point(x, y + top_css_px)
        await hand.do(Hover(point))
        (word,) = await hand.texts("#signal")
        if word == "HOT":
            await hand.click_at(point)
            return
        places = [place for place in places if word_at(x, y, place) == word]


def _splitting(
    places: list[tuple[int, int]], words: tuple[tuple[float, str], ...]
) -> tuple[int, int]:
    """A place whose word leaves, on average, the fewest others."""
    some = places[:: max(1, len(places) // 150)]

    def left(spot: tuple[int, int]) -> int:
        counts = [0] * len(words)
        for place in some:
            distance = math.dist(spot, place)
            counts[next(i for i, (limit, _) in enumerate(words) if distance < limit)] += 1
        return sum(count * count for count in counts)

    return min(some, key=left)


async def _market(hand: Hand) -> None:
    threshold = float(hand.told(r"less than \$([\d.]+)\."))
    margin = 1.0  # the price moves on while the mouse does
    for _ in range(MAX_TRIES):
        (text,) = await hand.texts("#stock-price")
        if text and float(text.removeprefix("$")) <= threshold - margin:
            await hand.click("#buy")
            return
        await hand.wait(0.05)


ORACLES: Mapping[str, Oracle] = {
    "find-greatest": _greatest,
    "generate-number": _generate,
    "guess-number": _guess,
    "hot-cold": _hot_and_cold,
    "stock-market": _market,
    "tic-tac-toe": _noughts_and_crosses,
}
