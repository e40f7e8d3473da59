"""Models that judge, behind an OpenAI-compatible URL.

The questions ask what the published ones ask, in our own words, and the verdict is read off the
answer as published: 'partially correct' and 'incorrect' are no, anything else must say 'correct';
'different' is no, anything else must say 'same'. The published numbers were judged by
`gpt-4-1106-preview` and, for pictures, by BLIP-2 (`blip2-flan-t5-xl`); with another model a number
is another number, so the model is kept with the results.

Source: arXiv 2401.13649, `evaluation_harness/helper_functions.py` at commit 89f5af2.
"""

import base64
import hashlib
import io
from types import TracebackType
from typing import Any, Self

import httpx
from PIL import Image

from vigorl.browser.errors import TaskFault
from vigorl.tasks.visualwebarena.asking import ask

LIMIT_S = 60.0
"""Time for an answer."""

VERDICT_TOKENS = 768
CAPTION_TOKENS = 32

_EQUIVALENT = """\
You grade a student's answer to a question. It need not use the words of the reference answer; \
what counts is whether it means the same. Where 'N/A' stands, it means: cannot be done.

Question: {question}
Reference answer: {reference}
Student's answer: {found}

Answer with one of these and nothing else: 'correct', 'incorrect', 'partially correct'."""

_SAME_REASON = """\
A task could not be done, and somebody who tried it said why. Compare what they said with the \
true reason; it is enough that the true reason is implied.

Task: {task}
True reason: {reference}
What they said: {found}

Answer 'same' if they name the true reason, and 'different' if they do not."""


class ModelServer:
    """One model of an OpenAI-compatible server; used as an asynchronous context manager.

    It compares texts and answers questions about pictures; the same question is asked once.

    Args:
        url: Where the interface begins, `http://localhost:8000/v1`.
        model: Its name; None: the server's first.
        api_key: Sent as a bearer token.
    """

    def __init__(self, url: str, model: str | None = None, api_key: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx.AsyncClient(headers=headers, timeout=LIMIT_S)
        self._url = url.rstrip("/")
        self._model = model
        self._said: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def model(self) -> str:
        """The model's name.

        Raises:
            TaskFault: the server does not answer, or has no model.
        """
        if self._model is None:
            listed = await self._send("GET", "/models", None)
            try:
                self._model = str(listed["data"][0]["id"])
            except (KeyError, IndexError, TypeError) as error:
                raise TaskFault(f"the judge at {self._url} has no model") from error
        return self._model

    async def is_equivalent(self, found: str, reference: str, question: str) -> bool:
        """Whether an answer to a question means the same as the reference; see `Judge`."""
        prompt = _EQUIVALENT.format(question=question, reference=reference, found=found)
        said = await self._verdict(prompt)
        if "partially correct" in said or "incorrect" in said:
            return False
        if "correct" not in said:
            raise self._nonsense(prompt, said)
        return True

    async def is_same_reason(self, found: str, reference: str, task: str) -> bool:
        """Whether a task was called impossible for the right reason; see `Judge`."""
        prompt = _SAME_REASON.format(task=task, reference=reference, found=found)
        said = await self._verdict(prompt)
        if "different" in said:
            return False
        if "same" not in said:
            raise self._nonsense(prompt, said)
        return True

    async def answer(self, image: Image.Image, question: str) -> str:
        """What the model says to a question about a picture; see `Captioner`."""
        buffer = io.BytesIO()
        image.convert("RGB").save(buffer, "PNG")
        key = f"{hashlib.sha256(buffer.getvalue()).hexdigest()} {question}"
        if key not in self._said:
            data = base64.b64encode(buffer.getvalue()).decode("ascii")
            picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
            parts: list[dict[str, Any]] = [picture, {"type": "text", "text": question}]
            self._said[key] = await self._chat(parts, CAPTION_TOKENS)
        return self._said[key]

    def _nonsense(self, prompt: str, said: str) -> TaskFault:
        """A judge that is not one: nothing is known of the answer that it was to judge."""
        del self._said[prompt]  # asked again, it may come to its senses
        return TaskFault(
            f"the judge says {said!r:.200} (the published code raises here; BrowserGym counts 0)"
        )

    async def _verdict(self, prompt: str) -> str:
        """What the model says, in small letters."""
        if prompt not in self._said:
            self._said[prompt] = (await self._chat(prompt, VERDICT_TOKENS)).lower()
        return self._said[prompt]

    async def _chat(self, content: str | list[dict[str, Any]], max_tokens: int) -> str:
        body = {
            "model": await self.model(),
            "messages": [{"role": "user", "content": content}],
            "temperature": 0,
            "max_tokens": max_tokens,
        }
        reply = await self._send("POST", "/chat/completions", body)
        try:
            said = str(reply["choices"][0]["message"]["content"] or "")
        except (KeyError, IndexError, TypeError) as error:
            raise TaskFault(f"the judge at {self._url} answers {reply!r:.200}") from error
        if not said.strip():
            raise TaskFault(f"the judge at {self._url} says nothing")
        return said

    async def _send(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        try:
            answer = await ask(self._client, method, self._url + path, json=body)
            answer.raise_for_status()
            return answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
            raise TaskFault(f"the judge at {self._url} does not answer: {error!r}") from error
