"""Configuration of a policy: which model plays, how it is asked, and what it runs on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from typer import Option

from vigorl.policy.backend import Hardware
from vigorl.policy.price import Prices, read_prices

READER = "reader"
"""The embedded policy that needs no model."""


def read_object(value: Any) -> Mapping[str, Any]:
    """A JSON object, out of its text or as it is.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{value!r} is no JSON ({error})") from error
    if not isinstance(value, Mapping):
        raise ValueError(f'{value!r} is no JSON object, such as {{"top_k": 20}}')
    return value


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Which model plays, how it is asked, and what it runs on."""

    model: Annotated[
        str,
        Option(
            "--model",
            "-m",
            metavar="MODEL",
            envvar="VIGORL_MODEL",
            show_envvar=True,
            rich_help_panel="Model",
        ),
    ] = READER
    """Policy: [bold]reader[/bold] (embedded, follows literal instructions), [bold]nano[/bold]
    (embedded, small; goals on pages like those it was trained on), [bold]scout[/bold] (a small
    language model; needs the extra `scout`), [bold]random[/bold] (clicks anywhere), a hosted or
    local model by its name ([bold]gpt-5[/bold], [bold]claude-…[/bold], [bold]gemini-…[/bold],
    [bold]openrouter/…[/bold], [bold]ollama/…[/bold]), the URL of an OpenAI-compatible server, a
    checkpoint folder, a hub id, or the policy of another package (its name, or module:function)."""
    model_name: Annotated[str | None, Option(metavar="NAME", rich_help_panel="Model")] = None
    """Model of a server that serves several. Default: its only one."""
    family: Annotated[str | None, Option(metavar="NAME")] = None
    """Prompt and answer format. Default: inferred from the model's name."""
    api_key: Annotated[str | None, Option(envvar="VIGORL_API_KEY", show_envvar=True)] = None
    """Bearer token for the server; never recorded. Better set in the environment: other processes
    can read a command line. Default: the variable of the model's maker, such as OPENAI_API_KEY."""
    temperature: Annotated[float | None, Option(min=0)] = None
    """Sampling temperature; 0 is greedy. Default: the family's own."""
    zoom: bool = True
    """Let the model zoom, where its family can."""
    price: Annotated[Prices | None, Option(metavar="IN,OUT[,CACHED]", parser=read_prices)] = None
    """Dollars per million tokens of prompt, answer and cached prompt, to tell what a run costs.
    Default: what the server itself says."""
    window_screens: Annotated[
        int | None, Option("--window", min=1, rich_help_panel="Model (advanced)")
    ] = None
    """Screenshots that stay in the conversation. Default: the family's own number."""
    turn_tokens: Annotated[int | None, Option(min=1)] = None
    """Most tokens sampled in one turn. Default: the family's own number, or 2048."""
    top_p: Annotated[float | None, Option(min=0, max=1)] = None
    """Share of the probability, above 0, that the most likely tokens are drawn from. Default: the
    family's own."""
    max_pixels: Annotated[int | None, Option(min=1)] = None
    """Most pixels of a picture as the model is shown it. Default: the family's own number."""
    extra_body: Annotated[Mapping[str, Any], Option(metavar="JSON", parser=read_object)] = field(
        default_factory=dict
    )
    """Further fields of every request to a server, as a JSON object; they win over ours."""
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Device of a checkpoint in this process."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Number format of a checkpoint's weights in this process."""
    quantization: Literal["none", "4bit", "8bit"] = "none"
    """Bits of a checkpoint's weights in this process (CUDA, with the extra `quantization`; a CPU
    takes 8bit)."""
    turns_at_once: int = field(default=8, metadata={"option": False})
    """Most turns that a checkpoint in this process generates at a time; commands that play episodes
    side by side set it to their number."""

    @property
    def hardware(self) -> Hardware:
        """What a checkpoint in this process runs on."""
        return Hardware(self.device, self.dtype, self.turns_at_once, self.quantization)
