"""What cannot work is said at once, with what can be done about it."""

import asyncio
from pathlib import Path

import pytest

from vigorl.agent.run_config import RunConfig
from vigorl.browser.desktop.opening import Program, open_desktop, require_display
from vigorl.browser.desktop.virtual_size import VirtualSize
from vigorl.browser.errors import UsageError


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "no display here .DISPLAY is not set.: --virtual 1920x1080"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "Wayland session.*--virtual"),
        ({"XDG_SESSION_TYPE": "wayland", "DISPLAY": ":0"}, "Wayland session.*--virtual"),
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, "this is a Wayland session"),
    ],
)
def test_without_an_x_display_a_virtual_one_is_named(environ: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        require_display(environ)


def test_an_x_session_in_which_a_wayland_display_is_named_is_an_x_session() -> None:
    require_display({"XDG_SESSION_TYPE": "x11", "WAYLAND_DISPLAY": "wayland-1", "DISPLAY": ":0"})


def test_without_an_x_server_its_package_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="apt-get install xvfb openbox"):
        asyncio.run(open_desktop(VirtualSize(400, 400)))
    with pytest.raises(UsageError, match="there is no program 'mousepad' here"):
        Program("mousepad notes.txt")


@pytest.mark.parametrize(
    ("text", "size"),
    [("1920x1080", VirtualSize(1920, 1080)), ("1280X720@2", VirtualSize(1280, 720, 2))],
)
def test_a_size_is_read_and_written(text: str, size: VirtualSize) -> None:
    assert VirtualSize.parse(text) == size and VirtualSize.parse(str(size)) == size


@pytest.mark.parametrize("text", ["", "1920", "1920x1080@", "0x0", "9000x100", "4097x600@2", "5x5"])
def test_a_size_that_cannot_be_had_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--virtual"):
        VirtualSize.parse(text)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"virtual": "800x600"}, "--virtual: only a desktop has this; add --desktop"),
        ({"launch": ("xterm",), "only_window": "a"}, "--launch, --only-window: only a desktop"),
        ({"desktop": True, "url": "https://a.example", "headed": True}, "--url, --headed: a desk"),
        ({"desktop": True, "virtual": "big"}, "--virtual 'big'"),
        ({"desktop": True, "approve": "risky"}, "nothing on a screen says what a click does"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    options: dict[str, object], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        RunConfig(goal="look", **options)  # type: ignore[arg-type]


def test_on_ones_own_desktop_each_action_is_asked_about() -> None:
    assert RunConfig(goal="look", desktop=True).approves == "always"
    assert RunConfig(goal="look", desktop=True, virtual="800x600").approves == "never"
