"""Windows of large screens: many small targets, as programs for work have them."""

from html import escape

from vigorl.tasks.world.kit import Kit
from vigorl.tasks.world.layouts.apps import chart
from vigorl.tasks.world.layouts.lists import grid_of_cells

WINDOW = "minus square close"


def _title(kit: Kit) -> str:
    """A window's title with its signs."""
    signs = "".join(kit.icon_button(c) for c in WINDOW.split() if c in kit.icons.icons)
    name = f"{kit.lex.file_name()} – {kit.lex.brand()}"
    return f'<div class="title">{kit.icon()}<span class=grow>{escape(name)}</span><span class=row style="gap:2px">{signs}</span></div>'


def _menus(kit: Kit) -> str:
    """The menu bar."""
    items = "".join(
        f'<button class="button ghost" style="padding:.15em .6em">{escape(t)}</button>'
        for t in kit.lex.labels("menu", kit.count(6, 11))
    )
    return f'<div class="row sunken" style="gap:0">{items}</div>'


def _tools(kit: Kit, among: str = "") -> str:
    """A bar of small tools in groups."""
    room = max(10, min(44, kit.width_px // 48))
    concepts = kit.concepts(kit.count(room // 2, room), among)
    parts = []
    for concept in concepts:
        parts.append(kit.icon_button(concept))
        if kit.maybe(0.15):
            parts.append('<span class="edge-l" style="height:1.4em"></span>')
        if kit.maybe(0.06):
            parts.append(
                f'<select class=field style="width:7em" aria-label="{escape(kit.lex.label("field"))}"><option>{escape(kit.lex.title(1, 2))}</select>'
            )
    return f'<div class="row rule clip" style="gap:2px;padding:2px 6px">{"".join(parts)}</div>'


def _status(kit: Kit) -> str:
    """The line at the bottom."""
    parts = [
        f"<span>{escape(kit.lex.label('status'))}</span>",
        f"<span>{kit.lex.title(1, 3)}</span>",
    ]
    for label in kit.lex.labels("field", kit.count(2, 6)):
        value = kit.draw.choice((kit.lex.number, kit.lex.percent, kit.lex.time, kit.lex.code))()
        parts.append(
            f"<span>{escape(label)}: {kit.value(value, f'What does the status bar say for {label}?')}</span>"
        )
    return f'<div class="status">{"".join(parts)}</div>'


def _tree(kit: Kit, depth: int, files: bool = True) -> str:
    """Folders in folders."""
    rows = []
    level = 0
    for _ in range(depth):
        level = max(0, min(5, level + kit.draw.choice((-1, 0, 0, 0, 1))))
        folder = kit.maybe(0.35)
        mark = (
            kit.icon(kit.draw.choice(("down", "right")), 0.8)
            if folder
            else '<span style="width:.8em"></span>'
        )
        drawing = kit.icon("folder" if folder else kit.draw.choice(("file", "code", "image")))
        name = kit.lex.word() if folder or not files else kit.lex.file_name()
        on = " class=on" if kit.maybe(0.04) else ""
        rows.append(
            f'<div{on} style="padding-left:{level * 1.1:.1f}em" role=treeitem>{mark}{drawing}<span>{escape(name)}</span></div>'
        )
    return f'<div class="tree" role=tree>{"".join(rows)}</div>'


def _panel(kit: Kit, inner: str, width: int) -> str:
    """A part of a window with a name."""
    signs = kit.icon_row(kit.count(1, 3), "close more plus minus pin")
    return f'<section class="edge col clip fill" style="width:{width}px;flex:none;gap:0"><div class="row between sunken" style="padding:.15em .5em"><b>{escape(kit.lex.label("heading"))}</b>{signs}</div><div class="grow clip" style="padding:.3em">{inner}</div></section>'


def _window(kit: Kit, *bars: str, middle: str) -> str:
    """A whole window: title, bars, the middle, the status line."""
    menus = _menus(kit) if kit.maybe(0.8) else ""
    return f'<div class="col fill" style="gap:0">{_title(kit)}{menus}{"".join(bars)}<div class="row top grow clip" style="gap:0;min-height:0">{middle}</div>{_status(kit)}</div>'


def office(kit: Kit) -> str:
    """A program with a ribbon over a text."""
    groups = []
    for name in kit.lex.labels("heading", max(4, kit.width_px // 260)):
        small = "".join(
            f'<span class="row tight nowrap">{kit.icon_button()}<button class="button ghost" style="padding:0">{escape(t)}</button></span>'
            if kit.maybe(0.6)
            else kit.icon_button()
            for t in kit.lex.labels("command", kit.count(3, 9))
        )
        groups.append(
            f'<div class="col edge-r" style="gap:1px;padding:2px 6px"><div class="grid" style="grid-auto-flow:column;grid-template-rows:repeat(3,auto);gap:1px 6px">{small}</div><small class=muted style="text-align:center">{escape(name)}</small></div>'
        )
    ribbon = f'<div class="row top rule clip" style="gap:0">{"".join(groups)}</div>'
    text = "".join(f"<p>{escape(kit.lex.paragraph(3, 7))}</p>" for _ in range(12))
    sheet = f'<div class="grow fill sunken clip" style="padding:14px"><article class="panel col" style="width:{kit.count(620, 1100)}px;margin:0 auto;padding:50px"><h1>{escape(kit.lex.title(2, 5))}</h1>{text}</article></div>'
    side = (
        _panel(kit, _tree(kit, kit.count(12, 40), False), kit.count(170, 280))
        if kit.maybe(0.6)
        else ""
    )
    return _window(kit, kit.tabs(kit.count(6, 10), "menu"), ribbon, middle=f"{side}{sheet}")


def coding(kit: Kit) -> str:
    """A program to write programs with."""
    lines = []
    for number in range(1, kit.height_px // 14):
        dent = "    " * kit.count(0, 3)
        word = kit.draw.choice(
            ("def", "if", "return", "for", "class", "import", "let", "while", "fn", "const")
        )
        end = kit.draw.choice(
            (
                f'(<i>"{kit.lex.words(1, 3)}"</i>)',
                f" = {kit.lex.number()}",
                f"({kit.lex.word()}, {kit.lex.word()})",
                f"  <u>// {escape(kit.lex.words(2, 6))}</u>",
            )
        )
        text = (
            "" if kit.maybe(0.12) else f"{dent}<b>{word}</b> {kit.lex.word()}_{kit.lex.word()}{end}"
        )
        lines.append(
            f'<div><span class=muted style="display:inline-block;width:3em">{number}</span><span>{text}</span></div>'
        )
    tabs = "".join(
        f"<button class=tab role=tab aria-selected={str(i == 0).lower()}>{escape(kit.lex.file_name())} {kit.icon('close', 0.9)}</button>"
        for i in range(kit.count(3, 8))
    )
    rail = "".join(
        kit.icon_button(c)
        for c in kit.concepts(kit.count(6, 12), "file search branch bug puzzle user settings play")
    )
    left = _panel(kit, _tree(kit, kit.count(25, 70)), kit.count(180, 320))
    console = (
        f'<div class="edge-t code clip" style="height:{kit.count(90, 220)}px;padding:.4em"><div class=row>{kit.tabs(kit.count(3, 5), "heading")}</div>'
        + "".join(
            f"<div>{kit.lex.time()} [{kit.lex.word()}] {escape(kit.lex.sentence())}</div>"
            for _ in range(10)
        )
        + "</div>"
    )
    right = (
        _panel(kit, _tree(kit, kit.count(15, 40), False), kit.count(180, 300))
        if kit.maybe(0.6)
        else ""
    )
    middle = f'<div class="col sunken" style="gap:6px;padding:4px">{rail}</div>{left}<main class="grow col fill clip" style="gap:0"><div class=tabs>{tabs}</div><div class="grow code clip" style="padding:.3em">{"".join(lines)}</div>{console}</main>{right}'
    return _window(
        kit,
        _tools(kit, "play bug stop save undo redo search branch commit merge")
        if kit.maybe(0.6)
        else "",
        middle=middle,
    )


def spreadsheet(kit: Kit) -> str:
    """A sheet of numbers with its bars."""
    columns, rows = kit.width_px // kit.count(64, 110), kit.height_px // 18
    widths = " ".join(["2.6em", *("1fr" for _ in range(columns))])
    letters = [chr(65 + i % 26) if i < 26 else "A" + chr(65 + i % 26) for i in range(columns)]
    cells = ["<div class=h></div>", *(f"<div class=h>{letter}</div>" for letter in letters)]
    kinds = [
        kit.draw.choice(("money", "number", "percent", "text", "date", "code", "person"))
        for _ in range(columns)
    ]
    for row in range(1, rows):
        cells.append(f"<div class=h>{row}</div>")
        for letter, kind in zip(letters, kinds, strict=True):
            full = kit.maybe(0.55)
            text = kit.lex.cell(kind) if full else ""
            ask = (
                kit.ask("value", f"What stands in cell {letter}{row}?", text)
                if full and kit.maybe(0.04)
                else ""
            )
            on = ' style="outline:2px solid var(--accent)"' if kit.maybe(0.002) else ""
            cells.append(
                f'<div class="{"n" if kind in ("money", "number", "percent") else ""}"{on}><span{ask}>{escape(text)}</span></div>'
            )
    name = f"{kit.draw.choice(letters)}{kit.count(1, rows)}"
    formula = f'<div class="row rule" style="padding:2px"><input class=field style="width:5em" aria-label="{escape(kit.lex.label("field"))}" value="{name}">{kit.icon_button("check")}{kit.icon_button("close")}<input class="field" aria-label="{escape(kit.lex.label("field"))}" value="=SUM({name}:{kit.draw.choice(letters)}{kit.count(1, rows)})"></div>'
    sheets = kit.tabs(kit.count(2, 6), "heading")
    grid = f'<main class="grow fill clip"><div class=sheet style="grid-template-columns:{widths}">{"".join(cells)}</div></main>'
    return _window(
        kit,
        _tools(
            kit,
            "save undo redo bold italic underline alignleft aligncenter alignright percent money sort filter chart table print",
        ),
        formula,
        middle=grid,
    ).replace('<div class="status">', f'{sheets}<div class="status">')


def commander(kit: Kit) -> str:
    """A file manager with two halves."""
    halves = "".join(
        f'<section class="grow fill clip edge"><div class="row sunken" style="padding:2px">{kit.icon_row(4, "left right up refresh home")}<input class=field aria-label="{escape(kit.lex.label("field"))} {side}" value="/{kit.lex.word()}/{kit.lex.word()}"></div>{grid_of_cells(kit, kit.count(4, 6), kit.height_px // 20, False)}</section>'
        for side in ("1", "2")
    )
    left = _panel(kit, _tree(kit, kit.count(30, 80), False), kit.count(180, 300))
    return _window(
        kit,
        _tools(kit, "copy paste scissors delete folderplus fileplus archive search edit eye"),
        middle=left + halves,
    )


def desktop(kit: Kit) -> str:
    """A desktop with windows over each other, signs, and a bar at the edge."""
    icons = "".join(
        f'<div class="col tight" style="width:84px;align-items:center;color:#fff;text-shadow:0 1px 2px #000">{kit.icon(None, 2.6)}<span class="small">{escape(kit.lex.title(1, 2))}</span></div>'
        for _ in range(kit.count(6, 22))
    )
    windows = []
    for _ in range(kit.count(2, 4)):
        width, height = (
            kit.count(360, kit.width_px * 2 // 3),
            kit.count(240, kit.height_px * 2 // 3),
        )
        left, top = (
            kit.count(90, max(91, kit.width_px - width)),
            kit.count(0, max(1, kit.height_px - height - 40)),
        )
        inner = kit.draw.choice(
            (
                f'<div class="pad col">{"".join(kit.form(kit.count(3, 7)))}{kit.buttons(3)}</div>',
                grid_of_cells(kit, kit.count(3, 6), height // 22, False),
                f'<div class="row top fill">{_tree(kit, height // 18)}<div class="grow pad">{escape(kit.lex.paragraph(4, 8))}</div></div>',
                f'<div class="pad">{chart(kit, width - 40, max(60, height - 140))}{kit.tabs(4)}</div>',
            )
        )
        windows.append(
            f'<div class="panel over col clip" style="left:{left}px;top:{top}px;width:{width}px;height:{height}px;gap:0">{_title(kit)}{_menus(kit) if kit.maybe(0.5) else ""}{_tools(kit) if kit.maybe(0.5) else ""}<div class="grow clip">{inner}</div>{_status(kit) if kit.maybe(0.5) else ""}</div>'
        )
    tray = "".join(
        kit.icon_button(c)
        for c in kit.concepts(kit.count(5, 9), "wifi battery volume bell bluetooth cloud keyboard")
    )
    tasks = "".join(
        f'<button class="button" style="max-width:12em">{kit.icon()}<span class=dots>{escape(kit.lex.title(1, 3))}</span></button>'
        for _ in range(kit.count(3, 8))
    )
    clock = kit.value(kit.lex.time(), "What time is it on the desktop?")
    hue = kit.draw.randrange(360)
    return f'<div class="col fill" style="gap:0;position:relative;background:linear-gradient({hue}deg,hsl({hue} 45% 30%),hsl({(hue + 70) % 360} 50% 50%))"><div class="grow clip" style="position:relative"><div class="col wrap pad fill" style="align-content:flex-start">{icons}</div>{"".join(windows)}</div><div class="row header" style="padding:3px 8px">{kit.icon_button("grid")}{kit.icon_button("search")}<div class="row grow clip">{tasks}</div>{tray}<span class=small>{clock}</span></div></div>'


def database(kit: Kit) -> str:
    """Tables of a database, a query, and what it found."""
    left = _panel(kit, _tree(kit, kit.count(25, 70), False), kit.count(180, 300))
    query = "".join(
        f"<div><b>{w}</b> {kit.lex.word()}.{kit.lex.word()} <i>= '{kit.lex.word()}'</i></div>"
        for w in ("SELECT", "FROM", "JOIN", "WHERE", "AND", "ORDER BY")
    )
    found = grid_of_cells(kit, max(5, kit.width_px // 210), kit.height_px // 26, False)
    main = f'<main class="grow col fill clip" style="gap:0">{kit.tabs(kit.count(3, 7), "heading")}<div class="code edge" style="height:{kit.count(120, 260)}px;padding:.4em">{query}</div><div class="row sunken" style="padding:2px">{kit.icon_row(6, "play stop refresh save filter sort download")}{kit.search("200px")}</div><div class="grow clip">{found}</div></main>'
    right = (
        _panel(
            kit,
            "".join(
                f'<div style="padding:2px">{part}</div>' for part in kit.form(kit.count(6, 12))
            ),
            kit.count(200, 300),
        )
        if kit.maybe(0.5)
        else ""
    )
    return _window(
        kit,
        _tools(kit, "database table key plus delete refresh save undo search"),
        middle=left + main + right,
    )


def painting(kit: Kit) -> str:
    """A picture program: tools, canvas, layers, properties."""
    tools = "".join(
        kit.icon_button(c)
        for c in kit.concepts(
            kit.count(18, 34),
            "pointer move lasso crop pipette brush eraser droplet text square circle triangle hand zoomin wand edit ruler",
        )
    )
    layers = "".join(
        f'<div class="row rule" style="padding:2px">{kit.icon_button("eye")}{kit.picture("2em", "1.4em")}<span class=grow>{escape(t)}</span>{kit.icon_button("lock")}</div>'
        for t in dict.fromkeys(kit.lex.title(1, 2) for _ in range(kit.count(5, 16)))
    )
    sliders = "".join(
        f'<div style="padding:2px">{kit.slider()}</div>' for _ in range(kit.count(4, 10))
    )
    fields = "".join(
        f'<label class="row tight"><span class=nowrap>{escape(t)}</span><input class=field value="{kit.lex.number()}"></label>'
        for t in kit.lex.labels("field", kit.count(4, 10))
    )
    width, height = kit.width_px // 2, kit.height_px * 2 // 3
    canvas = f'<main class="grow fill sunken center clip">{kit.picture(f"{width}px", f"{height}px")}</main>'
    panels = (
        sliders,
        layers,
        f'<div class=grid style="grid-template-columns:repeat(2,minmax(0,1fr))">{fields}</div>',
    )
    inner = "".join(
        f'<div style="flex:1;min-height:0">{_panel(kit, part, 280)}</div>' for part in panels
    )
    right = f'<div class="col fill" style="gap:0">{inner}</div>'
    left = f'<div class="grid sunken edge-r" style="grid-template-columns:1fr 1fr;gap:3px;padding:4px;align-content:start">{tools}</div>'
    return _window(
        kit,
        _tools(kit, "save undo redo zoomin zoomout layers contrast crop"),
        middle=left + canvas + right,
    )


def monitor(kit: Kit) -> str:
    """What a machine does: processes, diagrams, details."""
    rows = grid_of_cells(kit, max(6, kit.width_px // 230), kit.height_px // 24, True)
    charts = "".join(
        f'<div class="card"><div class="row between"><b>{escape(t)}</b>{kit.value(kit.lex.percent(), f"How much {t} is in use?")}</div>{chart(kit, 260, 70)}</div>'
        for t in kit.lex.labels("heading", kit.count(3, 6))
    )
    side = f'<aside class="col fill pad" style="width:300px;flex:none">{charts}</aside>'
    return _window(
        kit,
        kit.tabs(kit.count(4, 8), "heading"),
        _tools(kit, "refresh stop pause search filter cpu activity server"),
        middle=f'<main class="grow fill clip">{rows}</main>{side}',
    )


def mixer(kit: Kit) -> str:
    """Tracks of sound with their controls, and a mixing desk under them."""
    tracks = []
    for name in dict.fromkeys(kit.lex.title(1, 2) for _ in range(kit.count(8, 18))):
        clips = "".join(
            f'<div class="over small clip" style="left:{kit.count(0, 80)}%;width:{kit.count(5, 30)}%;top:3px;bottom:3px;background:hsl({kit.draw.randrange(360)} 50% 45%);color:#fff;padding:1px 4px;border-radius:3px">{escape(kit.lex.word())}</div>'
            for _ in range(kit.count(1, 4))
        )
        mute = f'<button class="button" style="padding:0 .4em" aria-label="Mute {escape(name)}"{kit.ask("row", f"mute the track {name}")}>M</button>'
        solo = f'<button class="button" style="padding:0 .4em" aria-label="Solo {escape(name)}"{kit.ask("row", f"solo the track {name}")}>S</button>'
        tracks.append(
            f'<div class="row rule" style="height:{kit.count(34, 46)}px"><div class="row tight" style="width:270px;padding:0 6px">{kit.icon_button("record")}<span class="grow dots">{escape(name)}</span>{mute}{solo}{kit.icon_button("volume")}</div><div class="grow fill" style="position:relative">{clips}</div></div>'
        )
    desk = "".join(
        f'<div class="col edge tight" style="padding:4px;width:90px;align-items:center"><small>{escape(kit.lex.word())}</small><span class=small>{kit.count(-40, 6)}.{kit.count(0, 9)} dB</span>{kit.icon_row(2, "mute headphones")}<div class=sunken style="width:14px;height:80px"></div></div>'
        for _ in range(kit.width_px // 100)
    )
    main = f'<main class="grow col fill clip" style="gap:0"><div class="grow clip">{"".join(tracks)}</div><div class="row edge-t" style="gap:0">{desk}</div></main>'
    return _window(
        kit,
        _tools(kit, "play stop record skipprevious skipnext repeat music undo redo save"),
        middle=main,
    )
