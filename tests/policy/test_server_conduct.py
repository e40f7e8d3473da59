"""How servers are found, addressed, waited for and believed, and what is said and kept of it."""

import asyncio
import contextlib
import math
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.policy.fake_server import (
    LOST,
    QUICK,
    QWEN,
    RICH,
    Asked,
    Behaviour,
    Handler,
    Make,
    Said,
    always,
    error,
    moved,
    opened,
    played,
    refusing,
    says,
    turn_of,
)
from vigorl.browser.actions import GiveUp
from vigorl.browser.errors import PolicyFault, UsageError
from vigorl.browser.picture import Picture
from vigorl.policy.backend import Sampling
from vigorl.policy.factory import open_model

LISTS: dict[str, Said] = {
    "bare": Said([{"id": QWEN}]),
    "owner-null": Said({"data": [{"id": QWEN, "owned_by": None, "root": None}]}),
    "names": Said({"models": [{"name": QWEN}]}),
    "embeddings-beside": Said({"data": [{"id": "text-embedding-nomic"}, {"id": QWEN}]}),
}
NO_LISTS: dict[str, Said] = {
    "denied": error(401, "x-api-key header is required"),
    "not-there": Said({"detail": "Not Found"}, 404),
    "a-page": Said(b"<html>"),
    "null": Said({"data": None}),
    "something": Said({"data": "none"}),
}


@pytest.mark.parametrize("name", LISTS)
async def test_the_one_model_is_found_however_it_is_listed(origin: str, name: str) -> None:
    Handler.lists["x"] = LISTS[name]
    policy = await opened(origin)
    assert policy.name == QWEN
    await policy.close()


@pytest.mark.parametrize("name", NO_LISTS)
async def test_a_model_that_is_named_need_not_be_listed(
    origin: str, screen: Make, name: str
) -> None:
    Handler.lists["x"] = NO_LISTS[name]
    assert (await played(origin, always(says()), screen, model_name=QWEN)).action
    with pytest.raises((PolicyFault, UsageError), match=r"API key|--model-name|ends in /v1"):
        await opened(origin)


async def test_of_many_models_those_are_named_first_that_are_like_the_wanted_one(
    origin: str, screen: Make
) -> None:
    Handler.lists["x"] = Said({"data": [{"id": f"model-{n}"} for n in range(300)] + [{"id": QWEN}]})
    with pytest.raises(UsageError, match=r"name one of model-0, .* and 289 more"):
        await opened(origin)
    gone = error(404, "model 'qwen2.5-vl' not found, try pulling it first")
    with pytest.raises(PolicyFault, match=f"the models it has are {QWEN}, .* and 289 more"):
        await played(origin, always(gone), screen, model_name="qwen2.5-vl")


async def test_the_family_of_an_adapter_is_that_of_what_it_adapts(origin: str) -> None:
    base = {"id": "base", "owned_by": "vllm", "root": "Qwen/Qwen2.5-VL-7B-Instruct"}
    adapter = {"id": "mine", "owned_by": "vllm", "root": "/adapters/3", "parent": "base"}
    Handler.lists["x"] = Said({"data": [base, adapter]})
    policy = await opened(origin, model_name="mine")
    assert policy.family.name == "qwen2.5-vl"
    await policy.close()


@pytest.mark.parametrize("path", ["/x", "/x/v1/", "/x/v1/chat/completions", "/x/v1?version=1"])
async def test_an_address_may_say_more_or_less_than_it_should(
    origin: str, screen: Make, path: str
) -> None:
    Handler.lists["x"] = Said({"data": [{"id": QWEN}]})
    Handler.behaviours["x"] = lambda asked: says() if "/v1/chat/completions" in asked.path else LOST
    policy = await open_model(f"{origin}{path}", limits=QUICK)
    assert (await turn_of(policy, screen(1))).action
    assert Handler.chats["x"][0].path.partition("?")[2] == path.partition("?")[2]
    await policy.close()


@pytest.mark.parametrize(
    ("scheme", "answer", "advice"),
    [
        ("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", "write http:// instead"),
        ("http", b"SSH-2.0-OpenSSH_9.2\r\n", "or is no web server"),
        ("http", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", "breaks connections off"),
    ],
)
async def test_what_listens_in_place_of_a_server_is_named(
    scheme: str, answer: bytes, advice: str
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(answer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"{scheme}://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    with pytest.raises(PolicyFault, match=advice):
        await open_model(url, limits=QUICK)
    listener.close()
    await listener.wait_closed()


async def test_what_a_server_refuses_is_said_and_stands_in_the_record(
    origin: str, screen: Make, caplog: pytest.LogCaptureFixture
) -> None:
    Handler.behaviours["x"] = refusing(
        400, "temperature does not support 0.5. Only the default (1) value is", "temperature"
    )
    policy = await opened(origin)
    turn = await turn_of(policy, screen(1))
    assert turn.notice == "its server refuses temperature: its own values held"
    again = await turn_of(policy, screen(2))
    assert again.notice == turn.notice
    assert len(Handler.chats["x"]) == 3  # the refused one, and one for each turn
    left_out = policy.describe()["left_out"]
    assert left_out.keys() == {"temperature"} and "Only the default" in left_out["temperature"]
    said = [record.message for record in caplog.records]
    assert len(said) == 1 and "refuses temperature" in said[0]
    await policy.close()


async def test_a_field_under_its_newer_name_is_no_change(origin: str, screen: Make) -> None:
    renamed = refusing(400, "max_tokens is not supported: use max_completion_tokens", "max_tokens")
    turn = await played(origin, renamed, screen)
    assert not turn.notice
    assert Handler.chats["x"][-1].body["max_completion_tokens"] == 2048


async def test_a_key_is_carried_to_no_other_host(origin: str, screen: Make) -> None:
    port = origin.rpartition(":")[2]
    target = f"http://localhost:{port}/y/v1/chat/completions"  # the same machine by another name
    with pytest.raises(PolicyFault, match="307: it leads to http://localhost"):
        await played(origin, always(Said(b"", 307, {"Location": target})), screen, api_key="sk-1")
    assert "y" not in Handler.chats
    turn = await played(origin, moved, screen, api_key="Bearer sk-1\n")
    assert turn.action
    assert {each.headers["Authorization"] for each in Handler.chats["x"]} == {"Bearer sk-1"}


async def test_waiting_is_said(origin: str, screen: Make, caplog: pytest.LogCaptureFixture) -> None:
    busy = Said({"error": {"message": "busy\x1b[2J"}}, 503, {"Retry-After": "0.4"})
    slow = Said(says().body)

    def behaviour(asked: Asked) -> Said:
        if not asked.number:
            return busy
        time.sleep(0.2)
        return slow

    Handler.behaviours["x"] = behaviour
    limits = replace(QUICK, thought_s=0.1, silence_s=0.05)
    policy = await open_model(f"{origin}/x/v1", limits=limits)
    await turn_of(policy, screen(1))
    said = [record.message for record in caplog.records]
    assert len(said) == 2
    assert "503 (busy" in said[0] and "asked again for up to" in said[0] and "\x1b" not in said[0]
    assert "has not answered within 0.1 s" in said[1]
    await policy.close()


WIDE = {"width_px": 1120, "height_px": 560}  # 40 by 20 cells of Qwen2.5-VL, 800 tokens


def seeing(tokens_of: Callable[[int, int], int], most: int = 10**9) -> Behaviour:
    """A server that makes so many tokens of a picture, by its size, and cuts the prompt."""

    def tokens(part: dict[str, Any]) -> int:
        if part["type"] == "text":
            return math.ceil(len(part["text"]) / 3.5)
        picture = Picture.from_bytes(b64decode(part["image_url"]["url"].partition(",")[2]))
        return tokens_of(picture.width_px, picture.height_px)

    def answer(asked: Asked) -> Said:
        contents = [message["content"] for message in asked.body["messages"]]
        parts = [[{"type": "text", "text": c}] if isinstance(c, str) else c for c in contents]
        shown = sum(tokens(part) for content in parts for part in content)
        return says(usage={"prompt_tokens": min(shown, most), "completion_tokens": 9})

    return answer


def all_of(width_px: int, height_px: int) -> int:
    return width_px * height_px // 28**2


def shrunk_to(side_px: int) -> Callable[[int, int], int]:
    def tokens_of(width_px: int, height_px: int) -> int:
        scale = min(1, side_px / max(width_px, height_px))
        return all_of(int(width_px * scale), int(height_px * scale))

    return tokens_of


async def test_pictures_that_are_shrunk_and_prompts_that_are_cut_are_found_by_number(
    origin: str, screen: Make
) -> None:
    for behaviour in (seeing(shrunk_to(500)), seeing(shrunk_to(800)), seeing(all_of, most=1024)):
        Handler.behaviours["x"] = behaviour
        policy = await opened(origin)
        with pytest.raises(PolicyFault, match=r"make 800 and .*LM Studio.*num_ctx.*--window"):
            await turn_of(policy, screen(1, **WIDE))
        await policy.close()


async def test_a_server_that_counts_otherwise_is_believed_and_it_is_said(
    origin: str, screen: Make, caplog: pytest.LogCaptureFixture
) -> None:
    def positions(width_px: int, height_px: int) -> int:
        return max(width_px, height_px) // 28

    for behaviour in (seeing(positions), always(says(usage={"prompt_tokens": 9}))):
        caplog.clear()
        Handler.behaviours["x"] = behaviour
        policy = await opened(origin)
        turn = await turn_of(policy, screen(1, **WIDE), screen(2, **WIDE))
        assert turn.action
        assert ["does not count" in record.message for record in caplog.records] == [True]
        await policy.close()
    assert (await played(origin, seeing(all_of), screen)).action
    other = {"model_name": "some-model"}  # of which nobody knows how many tokens it takes
    assert (await played(origin, seeing(shrunk_to(500)), screen, **other)).action


async def test_a_server_without_templates_answers_without_their_switches(
    origin: str, screen: Make
) -> None:
    said = "Extra inputs are not permitted: chat_template_kwargs"
    switch = {"chat_template_kwargs": {"enable_thinking": False}}
    behaviour = refusing(400, said, "chat_template_kwargs")
    turn = await played(origin, behaviour, screen, extra_body=switch)
    assert turn.action is not None and "chat_template_kwargs" in turn.notice


async def test_a_model_that_refuses_gives_up_with_its_reason(origin: str, screen: Make) -> None:
    refused = says(None, refusal="I cannot help with that.")
    turn = await played(origin, always(refused), screen)
    assert turn.action == GiveUp("the model refuses: I cannot help with that.")
    assert (turn.text, turn.error) == ("I cannot help with that.", None)


@pytest.mark.parametrize(
    ("said", "family"),
    [
        (
            says(
                '<tool_call>{"name": "computer_use", "arguments": '
                '{"action": "left_click", "coordinate": [500, 500]}}</tool_call>'
            ),
            "qwen-computer-use",
        ),
        (
            says(
                None,
                tool_calls=[
                    {
                        "function": {
                            "name": "computer_use",
                            "arguments": '{"action": "left_click", "coordinate": [500, 500]}',
                        }
                    }
                ],
            ),
            "qwen-computer-use",
        ),
        (says("Thought: The kettle.\nAction: click(start_box='(140,84)')"), "ui-tars"),
        (says("<think>So.</think><action>Click(box=(140,84))</action>"), "ui-venus"),
    ],
)
async def test_a_turn_in_the_format_of_another_family_names_it(
    origin: str, screen: Make, said: Said, family: str
) -> None:
    turn = await played(origin, always(said), screen)
    assert turn.action is None
    assert turn.notice.endswith(f"--family {family}")


@pytest.mark.parametrize(
    "text",
    [
        "Sure! I click on it.",
        "<think> It (140, 84). </think><answer> klick (140, 84) </answer>",
        "<think> It (140, 84). </think><answer> click (5000, 84) </answer>",
    ],
)
async def test_a_turn_that_is_merely_wrong_is_taken_for_no_other_familys(
    origin: str, screen: Make, text: str
) -> None:
    turn = await played(origin, always(says(text)), screen)
    assert (turn.action, turn.notice) == (None, "")


async def test_the_tokens_of_a_turn_are_those_that_were_told(origin: str, screen: Make) -> None:
    details = {"prompt_tokens_details": {"cached_tokens": 512, "audio_tokens": None}}
    for more in (details, {"prompt_cache_hit_tokens": 512}, {"cached_tokens": 512}):
        usage = {"prompt_tokens": 4100, "completion_tokens": 31, **more}
        turn = await played(origin, always(says(usage=usage)), screen)
        counts = turn.prompt_token_count, turn.cached_token_count, turn.sampled_token_count
        assert counts == (4100, 512, 31)


async def test_vllm_is_told_all_that_a_checkpoint_would_say_and_others_what_is_asked_for(
    origin: str, screen: Make
) -> None:
    plain = Sampling(temperature=1.0)
    neutral = {"top_p": 1.0, "top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
    neutral |= {"presence_penalty": 0.0, "frequency_penalty": 0.0}
    named = {"top_p": 0.9, "top_k": 20, "repetition_penalty": 1.05}
    for owner, sampling, sent in [
        ("vllm", plain, neutral),
        ("vllm", RICH, neutral | named),
        ("us", plain, {}),
        ("us", RICH, named),
    ]:
        Handler.lists["x"] = Said({"data": [{"id": QWEN, "owned_by": owner}]})
        await played(origin, always(says()), screen, sampling=sampling)
        body = Handler.chats["x"][-1].body
        assert {name: body[name] for name in neutral if name in body} == sent
        assert (body["temperature"], body["max_tokens"]) == (sampling.temperature, 2048)
