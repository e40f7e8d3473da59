"""The program of the desktop tasks: one window, by what a folder says.

It is run as a script, by nothing but Python's own library::

    program.py FOLDER       which holds spec.json

On the socket `FOLDER/talk` it answers a line of JSON each: `["state"]` with its state, and
`["where", NAME]` with the box of what is called so, px of the screen, or null. When its window is
closed it leaves its last state in `FOLDER/state.json`.
"""

import json
import socket
import sys
import tkinter as tk
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tkinter import font, ttk
from typing import Any

_COLOURS = {"red": "#c62828", "green": "#2e7d32", "blue": "#1565c0", "orange": "#ef6c00"}
Where = Callable[[], "tuple[int, int, int, int] | None"]


class ProgramWindow:
    """What all kinds have: a window with a look, a state, and names for what is on it."""

    def __init__(self, folder: Path) -> None:
        told = json.loads((folder / "spec.json").read_text("utf-8"))
        self.spec: dict[str, Any] = told["spec"]
        self.look: dict[str, Any] = told["look"]
        self.state: dict[str, Any] = {}
        self.places: dict[str, Where] = {}
        self._folder = folder
        self.root = tk.Tk()
        self.root.title(self.spec["title"])
        ttk.Style(self.root).theme_use(self.look["theme"])
        for name in ("TkDefaultFont", "TkTextFont", "TkHeadingFont", "TkMenuFont"):
            font.nametofont(name).configure(family=self.look["font"], size=self.look["size_pt"])
        line_px = font.nametofont("TkDefaultFont").metrics("linespace")
        ttk.Style(self.root).configure("Treeview", rowheight=round(1.5 * line_px))
        box_px = round(0.8 * line_px)  # which two of the themes call by another name
        ttk.Style(self.root).configure(
            "TCheckbutton", indicatorsize=box_px, indicatordiameter=box_px
        )
        self.unit_px = round(line_px / 3)
        """Of distances, which grow with the letters."""
        left, top = self.look["place_px"]
        self.root.geometry(f"+{left}+{top}")
        self.frame = ttk.Frame(self.root, padding=2 * self.unit_px)
        self.frame.pack(fill="both", expand=True)
        self.root.protocol("WM_DELETE_WINDOW", self._close)

    def name(self, name: str, widget: tk.Misc) -> None:
        """Call a widget so."""

        def where() -> tuple[int, int, int, int] | None:
            if not widget.winfo_exists() or not widget.winfo_viewable():
                return None
            left, top = widget.winfo_rootx(), widget.winfo_rooty()
            return left, top, left + widget.winfo_width(), top + widget.winfo_height()

        self.places[name] = where

    def run(self) -> None:
        """Serve the socket and the window until it is closed."""
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(self._folder / "talk"))
        server.listen()
        self.root.tk.createfilehandler(server, tk.READABLE, lambda *_: self._answer(server))
        self.root.mainloop()

    def _answer(self, server: socket.socket) -> None:
        talk, _ = server.accept()
        with talk, talk.makefile("rw", encoding="utf-8") as file:
            match json.loads(file.readline()):
                case ["where", name]:
                    self.root.update_idletasks()
                    place = self.places.get(name)
                    file.write(json.dumps(place() if place is not None else None) + "\n")
                case _:
                    file.write(json.dumps(self.state) + "\n")

    def _close(self) -> None:
        (self._folder / "state.json").write_text(json.dumps(self.state), "utf-8")
        self.root.destroy()


def settings(window: ProgramWindow) -> None:
    """Switches that count once they are saved."""
    spec, frame, unit = window.spec, window.frame, window.unit_px
    window.state["on"] = list(spec["on"])
    values = [tk.BooleanVar(value=on) for on in spec["on"]]
    for index, (name, value) in enumerate(zip(spec["names"], values, strict=True)):
        box = ttk.Checkbutton(frame, text=name, variable=value)
        box.grid(row=index, column=0, sticky="w", pady=unit, padx=unit)
        window.name(f"switch {index}", box)
    said = ttk.Label(frame, text="")

    def save() -> None:
        window.state["on"] = [value.get() for value in values]
        said.configure(text="Saved.")

    button = ttk.Button(frame, text=spec["save"], command=save)
    button.grid(row=len(values), column=0, sticky="w", pady=unit, padx=unit)
    said.grid(row=len(values), column=1, padx=unit)
    window.name("save", button)


def tree(window: ProgramWindow) -> None:
    """Folders with files, one of which is to be renamed in a dialog."""
    spec, frame, unit = window.spec, window.frame, window.unit_px
    window.state["files"] = dict(spec["files"])
    view = ttk.Treeview(frame, show="tree", height=9, selectmode="browse")
    view.column("#0", width=50 * unit)
    view.pack(fill="both", expand=True)
    for folder in spec["folders"]:
        view.insert("", "end", iid=folder, text=folder, open=folder in spec["open"])
    for name, folder in spec["files"].items():
        view.insert(folder, "end", iid=name, text=name)
    for each in (*spec["folders"], *spec["files"]):
        window.places[each] = partial(_cell, view, each, "#0")

    def rename() -> None:
        chosen = view.selection()
        if not chosen or chosen[0] not in window.state["files"]:
            return
        dialog = tk.Toplevel(window.root)
        dialog.title(spec["rename"])
        dialog.transient(window.root)
        inner = ttk.Frame(dialog, padding=2 * unit)
        inner.pack()
        ttk.Label(inner, text="New name").pack(anchor="w")
        entry = ttk.Entry(inner, width=30)
        entry.insert(0, chosen[0])
        entry.pack(pady=unit)

        def done() -> None:
            new = entry.get().strip()
            if new and new not in window.state["files"]:
                folder = window.state["files"].pop(chosen[0])
                window.state["files"][new] = folder
                view.insert(folder, view.index(chosen[0]), iid=new, text=new)
                view.delete(chosen[0])
            dialog.destroy()

        ok = ttk.Button(inner, text="OK", command=done)
        ok.pack(side="left")
        cancel = ttk.Button(inner, text="Cancel", command=dialog.destroy)
        cancel.pack(side="left", padx=unit)
        for name, widget in (("name", entry), ("ok", ok), ("cancel", cancel)):
            window.name(name, widget)

    button = ttk.Button(frame, text=spec["rename"], command=rename)
    button.pack(anchor="w", pady=unit)
    window.name("rename", button)


def table(window: ProgramWindow) -> None:
    """Rows of goods; the quantity of the chosen one is set below."""
    spec, frame, unit = window.spec, window.frame, window.unit_px
    window.state["quantities"] = {row[0]: row[1] for row in spec["rows"]}
    view = ttk.Treeview(
        frame, columns=("name", "quantity", "place"), show="headings", height=len(spec["rows"])
    )
    for column, title, width in zip(view["columns"], spec["columns"], (26, 14, 20), strict=True):
        view.heading(column, text=title)
        view.column(column, width=width * unit)
    view.pack(fill="both", expand=True)
    for name, quantity, place in spec["rows"]:
        view.insert("", "end", iid=name, values=(name, quantity, place))
        window.places[name] = partial(_cell, view, name, "name")
    row = ttk.Frame(frame)
    row.pack(anchor="w", pady=unit)
    ttk.Label(row, text=spec["label"]).pack(side="left")
    entry = ttk.Entry(row, width=8)
    entry.pack(side="left", padx=unit)

    def choose(event: Any) -> None:
        entry.delete(0, "end")
        if view.selection():
            entry.insert(0, str(window.state["quantities"][view.selection()[0]]))

    def apply() -> None:
        text = entry.get().strip()
        if view.selection() and text.isdecimal():
            name = view.selection()[0]
            window.state["quantities"][name] = int(text)
            view.set(name, "quantity", text)

    view.bind("<<TreeviewSelect>>", choose)
    button = ttk.Button(row, text=spec["apply"], command=apply)
    button.pack(side="left")
    window.name("entry", entry)
    window.name("apply", button)


def drawing(window: ProgramWindow) -> None:
    """A canvas on which pieces are dragged into trays."""
    spec, unit = window.spec, window.unit_px
    canvas = tk.Canvas(window.frame, width=100 * unit, height=60 * unit, background="#fafafa")
    canvas.pack()
    window.state["in"] = {}
    trays: dict[str, tuple[int, int, int, int]] = {}
    for index, name in enumerate(spec["trays"]):
        left = (4 + 32 * index) * unit
        trays[name] = (left, 36 * unit, left + 28 * unit, 56 * unit)
        canvas.create_rectangle(*trays[name], outline="#555555", width=2)
        middle = left + 14 * unit
        canvas.create_text(middle, 40 * unit, text=name, font="TkDefaultFont")
        window.places[name] = partial(_on, canvas, trays[name])
    for index, (name, colour) in enumerate(spec["pieces"]):
        left, top = (4 + 24 * index) * unit, 8 * unit
        tag = f"piece{index}"
        box = (left, top, left + 20 * unit, top + 10 * unit)
        canvas.create_rectangle(*box, fill=_COLOURS[colour], width=0, tags=tag)
        canvas.create_text(
            left + 10 * unit,
            top + 5 * unit,
            text=name,
            fill="white",
            font="TkDefaultFont",
            tags=tag,
        )
        window.places[name] = partial(_piece, canvas, tag)
        _let_drag(window, canvas, tag, name, trays)


def _let_drag(
    window: ProgramWindow,
    canvas: tk.Canvas,
    tag: str,
    name: str,
    trays: dict[str, tuple[int, int, int, int]],
) -> None:
    """Let a piece be moved by the mouse, and note the tray in which it is let go."""
    held = [0, 0]

    def press(event: "tk.Event[tk.Canvas]") -> None:
        held[:] = event.x, event.y
        canvas.tag_raise(tag)

    def move(event: "tk.Event[tk.Canvas]") -> None:
        canvas.move(tag, event.x - held[0], event.y - held[1])
        held[:] = event.x, event.y

    def release(event: "tk.Event[tk.Canvas]") -> None:
        window.state["in"].pop(name, None)
        for tray, (left, top, right, bottom) in trays.items():
            if left <= event.x <= right and top <= event.y <= bottom:
                window.state["in"][name] = tray

    canvas.tag_bind(tag, "<ButtonPress-1>", press)
    canvas.tag_bind(tag, "<B1-Motion>", move)
    canvas.tag_bind(tag, "<ButtonRelease-1>", release)


def _cell(view: ttk.Treeview, item: str, column: str) -> tuple[int, int, int, int] | None:
    """Where the text of a row is."""
    if not view.exists(item):
        return None
    box = view.bbox(item, column)
    if not box:
        return None
    left, top, width, height = box
    left, top = view.winfo_rootx() + int(left), view.winfo_rooty() + int(top)
    return left, top, left + int(width), top + int(height)


def _piece(canvas: tk.Canvas, tag: str) -> tuple[int, int, int, int]:
    """Where a piece is now, on the screen."""
    return _on(canvas, canvas.bbox(tag))


def _on(canvas: tk.Canvas, box: Any) -> tuple[int, int, int, int]:
    """A box of a canvas, on the screen."""
    left, top = canvas.winfo_rootx(), canvas.winfo_rooty()
    return left + box[0], top + box[1], left + box[2], top + box[3]


if __name__ == "__main__":
    _window = ProgramWindow(Path(sys.argv[1]))
    {"settings": settings, "tree": tree, "table": table, "drawing": drawing}[_window.spec["kind"]](
        _window
    )
    _window.run()
