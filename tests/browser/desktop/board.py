"""A program for tests: a window that notes, a line of JSON each, what mouse and keys do to it.

board.py LOG TITLE GEOMETRY COLOUR
"""

import json
import subprocess
import sys
import time
import tkinter as tk
from typing import Any

log_path, title, geometry, colour = sys.argv[1:5]
log = open(log_path, "a", buffering=1)  # noqa: SIM115 -- until it ends
root = tk.Tk()
root.title(title)
root.geometry(geometry)
entry = tk.Entry(root, name="entry")
entry.pack(fill="x")
text = tk.Text(root, height=3, name="text")
text.pack(fill="x")
canvas = tk.Canvas(root, bg=colour, highlightthickness=0)
canvas.pack(fill="both", expand=True)
canvas.create_rectangle(41, 21, 51, 31, fill="#ff00ff", width=0)
for x in range(100, 140, 2):  # lines of one pixel, two apart
    canvas.create_line(x, 20, x, 60, fill="white")
menu = tk.Menu(root, tearoff=False)
for label in ("One", "Two"):
    menu.add_command(label=label, command=lambda label=label: note("menu", chosen=label))


def note(kind: str, **facts: Any) -> None:
    log.write(json.dumps({"kind": kind, "at_s": time.monotonic(), **facts}) + "\n")


def mouse(kind: str) -> Any:
    def handler(event: "tk.Event[tk.Misc]") -> None:
        hit = canvas.find_overlapping(event.x, event.y, event.x, event.y)
        note(kind, x=event.x, y=event.y, button=event.num, state=event.state, hit=1 in hit)

    return handler


def dialog(event: Any = None) -> None:
    window = tk.Toplevel(root, bg="#00ffff")
    window.title("Dialog")
    window.geometry("200x100+600+400")
    window.bind("<Button-1>", lambda event: note("dialog"))


def key(event: "tk.Event[tk.Misc]") -> None:
    note("key", name=event.keysym, char=event.char, state=event.state)
    match event.keysym:
        case "F2":
            dialog()
        case "F3":
            menu.tk_popup(root.winfo_rootx() + 300, root.winfo_rooty() + 150)
        case "F4":  # a child whose parent is gone at once
            subprocess.run(["sh", "-c", f"sleep 300 & echo $! > {log_path}.pid"])


for name, kind in (
    ("<Button>", "press"),
    ("<ButtonRelease>", "release"),
    ("<Double-Button-1>", "double"),
    ("<B1-Motion>", "motion"),
):
    canvas.bind(name, mouse(kind))
root.bind_all("<KeyPress>", key)
root.bind_all("<KeyRelease>", lambda event: note("key_up", name=event.keysym))


def tell() -> None:
    note("content", entry=entry.get(), text=text.get("1.0", "end-1c"))


root.bind_all("<F5>", lambda event: tell())
entry.focus_force()
root.mainloop()
