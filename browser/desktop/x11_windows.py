"""Windows of an X server, by the conventions between window managers and programs (EWMH)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from Xlib import X
from Xlib.error import XError
from Xlib.ext import res
from Xlib.protocol import event

from vigorl.browser.desktop.screen import Window
from vigorl.browser.geometry import Box

_PAGER = 2
"""Who speaks, in messages to the window manager: a tool that acts for the user."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Something on the screen that hides what lies below it."""

    box_px: Box
    window: int
    """The window itself where a frame is around it, else what lies there."""
    is_managed: bool
    """It is a window of its own, and no menu, hint or the like."""
    is_seen: bool
    """It has pixels; otherwise it only catches clicks."""


class XWindows:
    """Lists windows, and speaks to the window manager.

    Windows may vanish at any moment; what is asked of one that has is answered by nothing.

    Args:
        display: A connection of python-xlib.
        origin_px: From where places are told: the corner of a monitor.
    """

    def __init__(self, display: Any, origin_px: tuple[int, int] = (0, 0)) -> None:
        self._display = display
        self._origin_px = origin_px
        self._root = display.screen().root
        self._atoms: dict[str, int] = {}
        self._processes: dict[int, int] = {}

    def listed(self) -> tuple[Window, ...]:
        """The windows that there are, in the order in which they were opened."""
        active = self.active()
        wanted = [id for id in self._ids(self._root, "_NET_CLIENT_LIST") if self._is_for_people(id)]
        return tuple(
            Window(id, self.title(id), active is not None and active.id == id) for id in wanted
        )

    def manager(self) -> str:
        """The name of the window manager; empty where there is none, or none of this convention."""
        checks = self._ids(self._root, "_NET_SUPPORTING_WM_CHECK")
        return self.title(checks[0]) if checks else ""

    def manager_process(self) -> int:
        """The process of the window manager; 0 where it is not known."""
        checks = self._ids(self._root, "_NET_SUPPORTING_WM_CHECK")
        return self.program_of(checks[0])[1] if checks else 0

    def active(self) -> Any | None:
        """The window that has the focus."""
        ids = self._ids(self._root, "_NET_ACTIVE_WINDOW")
        return self._window(ids[0]) if ids and ids[0] else None

    def title(self, id: int) -> str:
        """What stands in its title bar."""
        for name in ("_NET_WM_NAME", "WM_NAME"):
            found = self._property(self._window(id), name)
            if found is not None and found.value:
                value = found.value
                return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        return ""

    def has_protocol(self, window: Any, protocol: int) -> bool:
        """Whether a program understands a message of the window manager."""
        found = self._property(window, "WM_PROTOCOLS")
        return found is not None and protocol in found.value

    def tell(self, id: int, what: str) -> None:
        """Ask the window manager to do something with a window, as if the user had."""
        times = (X.CurrentTime, _PAGER) if what == "_NET_CLOSE_WINDOW" else (_PAGER, X.CurrentTime)
        data = (32, [*times, 0, 0, 0])
        message = event.ClientMessage(
            window=self._window(id), client_type=self._atom(what), data=data
        )
        mask = X.SubstructureRedirectMask | X.SubstructureNotifyMask
        self._root.send_event(message, event_mask=mask)
        self._display.sync()

    def place(self, id: int, corner_px: tuple[int, int], within_px: tuple[int, int]) -> None:
        """Put a window with its frame somewhere.

        Args:
            id: which.
            corner_px: where its upper left corner should be.
            within_px: width and height of the place that should hold the whole of it.
        """
        try:
            outer = self._window(self.top_of(id)).get_geometry()
        except XError:
            return  # it has closed
        left = max(0, min(corner_px[0], within_px[0] - outer.width))
        top = max(0, min(corner_px[1], within_px[1] - outer.height))
        self._window(id).configure(x=left + self._origin_px[0], y=top + self._origin_px[1])
        self._display.sync()

    def program_of(self, id: int) -> tuple[int, int]:
        """Who a window belongs to: its program's connection, and its process (0: unknown)."""
        connection = id & ~self._display.display.info.resource_id_mask
        if connection not in self._processes:
            self._processes[connection] = self._process_of(id)
        return connection, self._processes[connection]

    def owner_of(self, id: int) -> int:
        """The window that a dialog is for; 0 where it is for none."""
        found = self._property(self._window(id), "WM_TRANSIENT_FOR")
        return int(found.value[0]) if found is not None and len(found.value) else 0

    def layers(self) -> list[Layer]:
        """What hides what, from the lowest to the highest."""
        tops = {self.top_of(id): id for id in self._ids(self._root, "_NET_CLIENT_LIST")}
        found = []
        for window in self._root.query_tree().children:
            try:
                attributes, place = window.get_attributes(), window.get_geometry()
            except XError:
                continue  # it has closed
            if attributes.map_state != X.IsViewable:
                continue
            edge = 2 * place.border_width
            x, y = place.x - self._origin_px[0], place.y - self._origin_px[1]
            box = Box(x, y, x + place.width + edge, y + place.height + edge)
            is_seen = attributes.win_class != X.InputOnly
            managed = tops.get(window.id)
            found.append(Layer(box, managed or window.id, managed is not None, is_seen))
        return found

    def top_of(self, id: int) -> int:
        """The window's frame, or whatever of it lies on the screen itself."""
        window = self._window(id)
        try:
            while True:
                tree = window.query_tree()
                if not tree.parent or tree.parent == self._root:
                    return int(window.id)
                window = tree.parent
        except XError:
            return id

    def focused_top(self) -> int:
        """What lies on the screen and takes the keys; 0 where nothing does."""
        focus = self._display.get_input_focus().focus
        return self.top_of(focus.id) if hasattr(focus, "id") else 0

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """No other program reaches the server as long as the block lasts."""
        self._display.grab_server()
        try:
            yield
        finally:
            self._display.ungrab_server()
            self._display.flush()

    def _process_of(self, id: int) -> int:
        """The process behind a window, by what the server knows of its connections."""
        if not self._display.has_extension("X-Resource"):
            return 0
        asked = [{"client": id, "mask": res.LocalClientPIDMask}]
        try:
            found = self._display.res_query_client_ids(asked).ids
        except XError:
            return 0  # it has closed
        return int(found[0].value[0]) if found and found[0].value else 0

    def _is_for_people(self, id: int) -> bool:
        """Whether it is a window, and not a panel or the background of a desktop."""
        found = self._property(self._window(id), "_NET_WM_WINDOW_TYPE")
        kinds = list(found.value) if found is not None else []
        others = [self._atom(f"_NET_WM_WINDOW_TYPE_{name}") for name in ("DESKTOP", "DOCK")]
        return not any(other in kinds for other in others)

    def _ids(self, window: Any, name: str) -> list[int]:
        found = self._property(window, name)
        return [int(id) for id in found.value] if found is not None else []

    def _property(self, window: Any, name: str) -> Any | None:
        try:
            return window.get_full_property(self._atom(name), X.AnyPropertyType)
        except XError:
            return None  # the window has closed

    def _window(self, id: int) -> Any:
        return self._display.create_resource_object("window", id)

    def _atom(self, name: str) -> int:
        if name not in self._atoms:
            self._atoms[name] = self._display.intern_atom(name)
        return self._atoms[name]
