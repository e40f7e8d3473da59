"""Each page, done by the actions of a person who knows what to do."""

import pytest

from vigorl.browser.actions import (
    Click,
    Drag,
    Hover,
    Press,
    Scroll,
    SelectOption,
    Type,
    Upload,
    Wait,
)
from vigorl.browser.geometry import Point

pytestmark = [pytest.mark.browser, pytest.mark.cases, pytest.mark.asyncio(loop_scope="module")]


async def test_a_select_in_a_closed_shadow_root_of_a_frame_is_chosen_from(case):
    async with case("03-select-closed-shadow-frame") as page:
        await page.do(SelectOption(Point(85, 117), "Blue"))  # read off the picture, as it is closed
        await page.do(Click(Point(144, 118)))
        assert page.is_done, page.told


async def test_a_frame_that_comes_late_is_clicked_into(case):
    async with case("06-late-frame") as page:
        await page.click("#b")
        await page.do(Wait(1))
        await page.do(Click(await page.at("button", "iframe")))
        assert page.is_done


async def test_an_element_is_dragged_and_dropped(case):
    async with case("07-html5-dnd") as page:
        await page.do(Drag(await page.at("#a"), await page.at("#z")))
        assert page.is_done


async def test_a_button_is_held(case):
    async with case("09-press-hold") as page:
        await page.do(Click(await page.at("#b"), hold_s=2.2))
        assert page.is_done


LINES = (
    "Hello there.\nDear team, the quarterly numbers are in and they look better than we feared; "
    "see line two."
)


@pytest.mark.parametrize("texts", [[LINES], LINES.split("\n")], ids=["one text", "two texts"])
async def test_an_editor_with_a_model_of_its_own_takes_two_lines(case, texts):
    async with case("10-model-editor") as page:
        await page.do(Type(texts[0], await page.at("#e")))
        if len(texts) > 1:
            await page.do(Press("Enter"))
            await page.do(Type(texts[1]))
        await page.click("#b")
        assert page.is_done, page.seen.title


async def test_dates_and_times_are_typed_as_they_are_written(case):
    async with case("11-native-datetime") as page:
        await page.do(Type("2026-12-05", await page.at("#d")))
        await page.do(Type("14:30", await page.at("#t")))
        await page.do(Type("2027-01-09T08:05", await page.at("#l")))
        await page.do(Type("2027-03", await page.at("#m")))
        await page.click("button")
        assert page.is_done, page.seen.title


async def test_a_day_is_clicked_in_a_calendar_that_slides(case):
    async with case("12-calendar-popup") as page:
        await page.click("#i")
        for _ in range(4):
            await page.click("#n")
        await page.click("#g button:text-is('17')")
        assert page.is_done


async def test_rows_are_chosen_with_shift_and_control(case):
    async with case("19-ctrl-shift-click") as page:
        await page.click("#l > :nth-child(2)")
        await page.click("#l > :nth-child(5)", modifiers=("Shift",))
        await page.click("#l > :nth-child(8)", modifiers=("Control",))
        await page.click("#b")
        assert page.is_done


async def test_a_select_in_a_frame_that_is_scaled_and_turned_is_chosen_from(case):
    async with case("24-zoomed-scaled") as page:
        await page.do(SelectOption(Point(324, 274), "L"))  # read off the picture
        await page.do(Click(Point(351, 277)))
        assert page.is_done, page.told


async def test_a_masked_field_keeps_up(case):
    async with case("26-masked-phone") as page:
        await page.do(Type("4155550132", await page.at("#i")))
        await page.click("#b")
        assert page.is_done, page.seen.title
        assert page.told == []


async def test_a_menu_is_walked_by_hovering(case):
    async with case("28-hover-menu") as page:
        await page.do(Hover(await page.at("#m button")))
        await page.do(Hover(await page.at("#x")))
        await page.do(Wait(0.4))
        await page.click("#y")
        assert page.is_done


async def test_sections_are_turned_by_the_wheel(case):
    async with case("31-wheel-sections") as page:
        for _ in range(3):
            await page.do(Scroll(Point(640, 360), dy_css_px=300))
            await page.do(Wait(1))
        await page.click("#b")
        assert page.is_done


async def test_a_wall_is_scrolled_before_it_is_accepted(case):
    async with case("35-cookie-wall") as page:
        await page.do(Scroll(await page.at("#s"), dy_css_px=2000))
        await page.click("#ok")
        await page.click("#go")
        assert page.is_done


async def test_a_field_that_its_state_controls_late_keeps_up(case):
    async with case("36-async-controlled") as page:
        await page.do(Type("DE89370400440532013000", await page.at("#i")))
        await page.click("#b")
        assert page.is_done, page.seen.title
        assert page.told == []


async def test_a_colour_is_typed(case):
    async with case("39-color-input") as page:
        await page.do(Type("red", await page.at("#i")))
        await page.click("#b")
        assert page.is_done, page.seen.title


async def test_several_options_are_chosen_and_no_others(case):
    async with case("40-multi-select") as page:
        await page.do(SelectOption(await page.at("#s"), "Tue", ("Fri",)))
        await page.click("#b")
        assert page.is_done, page.seen.title


async def test_a_message_of_two_lines_is_sent_once(case):
    async with case("41-newline-chat") as page:
        await page.do(Type("first line\nsecond line", await page.at("#t"), enter=True))
        assert page.is_done


async def test_a_file_is_dropped_where_no_chooser_opens(case, tmp_path):
    (tmp_path / "a.txt").write_text("content")
    async with case("43-file-drop-only", upload_from=(tmp_path,)) as page:
        await page.do(Upload(await page.at("#z"), (str(tmp_path / "a.txt"),)))
        assert page.is_done, page.told


async def test_a_select_that_submits_its_form_leads_on(case):
    async with case("44-autosubmit-select") as page:
        await page.do(SelectOption(await page.at("#s"), "Rating"))
        await page.click("#b")
        assert page.is_done


async def test_a_button_is_clicked_where_it_has_moved_to(case):
    async with case("46-moving-button") as page:
        await page.do(Wait(1))
        await page.click("#b")
        assert page.is_done


@pytest.mark.parametrize("way", ["type", "select"])
async def test_a_suggestion_is_taken_that_no_picture_shows(case, way):
    wanted = "Gleis 9¾ (West)"
    async with case("50-datalist") as page:
        await page.click("#i")
        assert wanted in page.told[0]
        at = await page.at("#i")
        await page.do(Type(wanted, at) if way == "type" else SelectOption(at, wanted))
        await page.click("#b")
        assert page.is_done


async def test_an_option_far_down_a_long_list_is_chosen(case):
    async with case("53-long-select") as page:
        await page.do(SelectOption(await page.at("#s"), "Country 187"))
        await page.click("#b")
        assert page.is_done


async def test_a_cell_is_edited_after_a_double_click(case):
    async with case("58-double-click-edit") as page:
        await page.do(Click(await page.at("#c"), count=2))
        await page.do(Type("new", clear=True, enter=True))
        assert page.is_done


async def test_letters_of_both_directions_are_typed(case):
    async with case("59-rtl-mixed") as page:
        await page.do(Type("אבג 123 abc", await page.at("#i")))
        await page.click("#b")
        assert page.is_done, page.seen.title
