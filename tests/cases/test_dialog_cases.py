"""The pages whose question the page or the browser asks: it is shown, and answered by an action."""

import pytest

from vigorl.browser.actions import Accept, Dismiss, Type

pytestmark = [pytest.mark.browser, pytest.mark.cases, pytest.mark.asyncio(loop_scope="module")]


def asked(page) -> tuple[str, str] | None:
    """Kind and text of the question that is open."""
    question = page.seen.question
    return None if question is None else (question.kind, question.text)


async def test_alerts_are_met_while_a_page_loads(case):
    async with case("14-alert-onload", dialogs="ask", permissions="ask") as page:
        assert asked(page) == ("alert", "Welcome!")
        await page.do(Accept())
        assert asked(page) is None
        await page.click("#a")
        for words in ("One", "Two"):
            assert asked(page) == ("alert", words)
            await page.do(Accept())
        await page.click("#b")
        assert asked(page) == ("alert", "Three")
        await page.do(Accept())
        assert page.is_done


async def test_a_prompt_is_answered_with_a_text(case):
    async with case("15-prompt-text", dialogs="ask", permissions="ask") as page:
        await page.click("#b")
        assert asked(page) == ("prompt", "Type DELETE to confirm")
        await page.do(Accept("DELETE"))
        assert page.is_done


async def test_a_question_is_cancelled(case):
    async with case("16-confirm-cancel", dialogs="ask", permissions="ask") as page:
        await page.click("#b")
        assert asked(page) == ("confirm", "Sign out of all other devices too?")
        await page.do(Dismiss())
        assert page.is_done


async def test_a_log_in_of_http_is_given(case):
    async with case("21-basic-auth", dialogs="ask", permissions="ask") as page:
        await page.click("a")
        assert page.seen.question is not None and page.seen.question.kind == "log_in"
        await page.do(Accept("ada", "lovelace"))
        assert page.is_done


async def test_a_permission_is_given(case):
    async with case("25-geolocation", dialogs="ask", permissions="ask") as page:
        await page.click("#b")
        assert page.seen.question is not None and page.seen.question.kind == "permission"
        await page.do(Accept())
        assert page.is_done


async def test_a_page_that_asks_whether_to_leave_is_stayed_on(case):
    async with case("57-beforeunload-stay", dialogs="ask", permissions="ask") as page:
        await page.do(Type(" more", await page.at("#t")))
        await page.click("#a")
        assert page.seen.question is not None and page.seen.question.kind == "beforeunload"
        await page.do(Dismiss())
        assert "gone" not in page.seen.url
        await page.click("#b")
        assert page.is_done
