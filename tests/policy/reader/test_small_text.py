"""Text that is too small to read is looked at closer where a name is not found."""

from dataclasses import replace

import pytest

from vigorl.browser.picture import View
from vigorl.policy.perception.layout import union
from vigorl.policy.perception.screen import Screen
from vigorl.policy.perception.screen_reader import ScreenReader
from vigorl.policy.reader.actor import ReaderPolicy

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LEAFLET = """<h1>Leaflet</h1><p style="font-size: 7px; width: 560px; margin: 80px 0">Keep out of the
sight and reach of children. Do not use after the date on the box. Return what is left to a
pharmacy.<br>Authorisation number: EU/1/23/456</p><p>Ask your doctor.</p>"""


class FarSighted(ScreenReader):
    """ScreenReader that tell where letters are small, and cannot read them."""

    least_px = 10

    def read(self, view: View) -> Screen:
        """What is large enough, and where there is more."""
        screen = super().read(view)
        if view.kind != "screen":
            return screen
        small = [line for line in screen.lines if line.box_px.height < self.least_px]
        kept = tuple(line for line in screen.lines if line not in small)
        where = (union(line.box_px for line in small),) if small else ()
        return replace(screen, lines=kept, small_text_regions=where)


@pytest.fixture(scope="module")
def policy() -> ReaderPolicy:
    return ReaderPolicy(FarSighted())


async def test_a_value_in_small_letters_is_read_closer(read):
    run = await read(LEAFLET, 'tell me the "Authorisation number"')
    assert run.answer == "EU/1/23/456"
    assert 1 <= len(run.zooms) <= 7
    assert "too small to read" in run.thoughts


async def test_what_is_not_in_the_small_letters_either_is_given_up_soon(read):
    run = await read(LEAFLET, 'click "Imprint"')
    assert run.reason is not None
    assert len(run.zooms) <= 6
    assert len(run.turns) < 14
