"""Programs and pages that are not lists or forms: editors, chats, players, maps, menus, dialogs."""

from html import escape

from vigorl.tasks.world.kit import Kit
from vigorl.tasks.world.layouts.forms import _bar, _foot
from vigorl.tasks.world.layouts.lists import CELLS, grid_of_cells


def chart(kit: Kit, width: int, height: int) -> str:
    """A diagram: bars, a line, or a pie."""
    kind = kit.draw.choice(("bars", "line", "pie", "area"))
    values = [kit.draw.uniform(0.1, 1) for _ in range(kit.count(4, 14))]
    step = width / len(values)
    if kind == "bars":
        inner = "".join(
            f'<rect x="{i * step + step * 0.15:.1f}" y="{height * (1 - v):.1f}" width="{step * 0.7:.1f}"'
            f' height="{height * v:.1f}" fill="var(--accent)"/>'
            for i, v in enumerate(values)
        )
    elif kind == "pie":
        radius = min(width, height) / 2 - 4
        share, parts = 0.0, []
        for value in values[:5]:
            part = value / sum(values[:5])
            hue = kit.draw.randrange(360)
            length = 2 * 3.1416 * radius / 2
            parts.append(
                f'<circle cx="{width / 2:.0f}" cy="{height / 2:.0f}" r="{radius / 2:.1f}" fill="none"'
                f' stroke="hsl({hue} 60% 50%)" stroke-width="{radius:.1f}"'
                f' stroke-dasharray="{part * length:.1f} {length:.1f}"'
                f' stroke-dashoffset="{-share * length:.1f}"/>'
            )
            share += part
        inner = "".join(parts)
    else:
        points = " ".join(
            f"{i * step + step / 2:.1f},{height * (1 - v):.1f}" for i, v in enumerate(values)
        )
        fill = "none" if kind == "line" else "var(--tint)"
        inner = (
            f'<polyline points="{points}" fill="{fill}" stroke="var(--accent)" stroke-width="2"/>'
        )
    return f'<svg role=none width="{width}" height="{height}" class=rule>{inner}</svg>'


def dashboard(kit: Kit) -> str:
    """Numbers, diagrams and a table."""
    tiles = []
    for label in kit.lex.labels("heading", kit.count(3, 6)):
        number = kit.draw.choice((kit.lex.money, kit.lex.number, kit.lex.percent))()
        tiles.append(
            f'<div class="card grow"><div class="small muted nowrap">{escape(label)}</div><div class="big bold">'
            f"{kit.value(number, f'What is the value of “{label}”?')}</div>{kit.badge(kit.lex.percent()) if kit.maybe(0.5) else ''}</div>"
        )
    width = min(420, kit.width_px - 80)
    charts = "".join(
        f'<div class="card grow"><div class="row between"><h3>{escape(kit.lex.label("heading"))}</h3>{kit.icon_button("more")}</div>'
        f"{chart(kit, width if kit.width_px < 700 else width - kit.count(40, 160), kit.count(60, 160))}"
        f'<div class="row small muted between">{"".join(f"<span>{escape(kit.lex.word())}</span>" for _ in range(4))}</div></div>'
        for _ in range(kit.count(1, 3))
    )
    rows = grid_of_cells(kit, max(2, kit.width_px // 220), kit.count(3, 6), False)
    main = f'<main class="grow pad col clip"><div class="row between wrap"><h1>{escape(kit.lex.label("nav"))}</h1>{kit.buttons(kit.count(1, 2))}</div><div class="row wrap">{"".join(tiles)}</div><div class="row wrap top">{charts}</div><div class="card clip">{rows}</div></main>'
    if kit.width_px > 560 and kit.maybe(0.7):
        tone = kit.draw.choice(("header", "sunken edge-r"))
        side = f'<aside class="pad col fill {tone}" style="width:{kit.count(130, 220)}px;flex:none"><b>{escape(kit.lex.brand())}</b>{kit.nav(kit.lex.labels("nav", kit.count(5, 10)), True, True)}</aside>'
        return f'<div class="row top fill" style="gap:0">{side}{main}</div>'
    return f"{_bar(kit)}{main}"


def menus(kit: Kit) -> str:
    """A program with an open menu, perhaps two of them."""
    bar = "".join(
        f'<button class="button ghost">{escape(t)}</button>'
        for t in kit.lex.labels("menu", kit.count(4, 8))
    )
    tools = kit.icon_row(
        max(3, min(12, kit.width_px // 60)),
        "undo redo bold italic underline print save copy paste scissors",
    )
    text = "".join(f"<p>{escape(kit.lex.paragraph())}</p>" for _ in range(3))
    left, top = kit.count(2, 140), kit.count(28, 60)
    first = kit.menu(kit.count(5, 11), f"position:absolute;left:{left}px;top:{top}px")
    second = ""
    if kit.width_px > left + 480:
        second = kit.menu(
            kit.count(3, 7),
            f"position:absolute;left:{left + kit.count(200, 260)}px;top:{top + kit.count(20, 90)}px",
        )
    return f'<div class="row tight sunken">{bar}</div><div class="rule pad">{tools}</div><main class="pad col">{text}</main>{first}{second if kit.maybe(0.4) else ""}'


def dropdown(kit: Kit) -> str:
    """An open list under a field of a form."""
    options = [kit.lex.title(1, 2) for _ in range(kit.count(4, 9))]
    options = list(dict.fromkeys(options))
    chosen = kit.draw.randrange(len(options))
    items = "".join(
        f'<div class="item{" on" if i == chosen else ""}" role=option aria-selected={str(i == chosen).lower()}>{escape(o)}</div>'
        for i, o in enumerate(options)
    )
    label = kit.lex.label("field")
    box = (
        f'<div style="position:relative"><label class=stack><span>{escape(label)}</span><input class=field role=combobox value="{escape(options[chosen])}"></label>'
        f'<div class="menu over" role=listbox style="left:0;top:100%;width:100%;z-index:2">{items}</div></div>'
    )
    return f'{_bar(kit)}<main class="pad col" style="max-width:{kit.count(380, 700)}px"><h1>{escape(kit.lex.label("heading"))}</h1>{"".join(kit.form(kit.count(0, 2)))}{box}{"".join(kit.form(kit.count(2, 4)))}{kit.buttons(2)}</main>'


def writing(kit: Kit) -> str:
    """A text program: menus, tools, a page of text."""
    bar = kit.nav(kit.lex.labels("menu", max(3, min(9, kit.width_px // 90))), False, False)
    row = kit.icon_row(
        max(5, min(18, kit.width_px // 50)),
        "undo redo print bold italic underline strikethrough alignleft aligncenter alignright list numbered link image comment quote code",
    )
    fonts = f'<select class="field drawn" style="width:9em" aria-label="{escape(kit.lex.label("field"))}"><option>{escape(kit.look.font)}</select>'
    size = f'<input class=field style="width:4em" aria-label="{escape(kit.lex.label("field"))}" value="{kit.count(8, 32)}">'
    text = "".join(f"<p>{escape(kit.lex.paragraph(2, 5))}</p>" for _ in range(5))
    head = f"<h1>{escape(kit.lex.title(2, 5))}</h1><h2>{escape(kit.lex.label('heading'))}</h2>"
    sheet = f'<article class="panel col" style="padding:{kit.count(12, 50)}px;width:{kit.count(60, 96)}%;margin:0 auto;min-height:100%">{head}{text}</article>'
    foot = f"<div class=status><span>{kit.count(1, 9)} / {kit.count(9, 90)}</span><span>{kit.value(f'{kit.count(20, 9000)} words', 'How many words has the text?')}</span><span>{kit.count(50, 200)}%</span></div>"
    return f'<div class="col fill" style="gap:0"><div class="row between pad"><div class=row>{kit.icon("file")}<b>{escape(kit.lex.title(1, 3))}</b></div>{kit.button(None, "primary", "share")}</div>{bar}<div class="row wrap sunken" style="padding:4px">{fonts if kit.maybe(0.7) else ""}{size if kit.maybe(0.7) else ""}{row}</div><div class="grow clip sunken pad">{sheet}</div>{foot}</div>'


def chat(kit: Kit) -> str:
    """Conversations and the messages of one."""
    people = list(dict.fromkeys(kit.lex.person() for _ in range(kit.count(4, 10))))
    rows = "".join(
        f'<div class="row {"tint" if i == 0 else ""}" style="padding:.5em">{kit.avatar(p)}<div class="grow clip"><div class="row between"><b class=dots>{escape(p)}</b><small class=muted>{kit.lex.time()}</small></div>'
        f'<div class="small muted dots">{escape(kit.lex.sentence(3, 8))}</div></div>{kit.badge(str(kit.count(1, 20))) if kit.maybe(0.2) else ""}</div>'
        for i, p in enumerate(people)
    )
    said = "".join(
        f'<div class="bubble{" mine" if kit.maybe(0.45) else ""}">{escape(kit.lex.sentence(2, 12))}<div class="small" style="opacity:.75">{kit.lex.time()}</div></div>'
        for _ in range(kit.count(4, 9))
    )
    hint = kit.lex.title(1, 3)
    write = f'<div class="row pad edge-t">{kit.icon_row(kit.count(1, 3), "attach smile image mic plus")}<input class="field grow" placeholder="{escape(hint)}" aria-label="{escape(hint)}">{kit.icon_button("send", "solid")}</div>'
    head = f'<div class="row between pad rule"><div class=row>{kit.avatar(people[0])}<b>{escape(people[0])}</b></div>{kit.icon_row(kit.count(2, 4), "phone video search more info")}</div>'
    side = (
        f'<aside class="fill clip edge-r" style="width:{kit.count(190, 300)}px;flex:none"><div class=pad>{kit.search()}</div>{rows}</aside>'
        if kit.width_px > 500
        else ""
    )
    return f'<div class="row top fill" style="gap:0">{side}<main class="col grow fill" style="gap:0">{head}<div class="col grow pad clip" style="align-items:flex-start">{said}</div>{write}</main></div>'


def dialog(kit: Kit) -> str:
    """A dialog over a page."""
    below = kit.draw.choice((dashboard, article, writing))(kit)
    wide = min(kit.width_px - 30, kit.count(260, 520))
    body = kit.draw.choice(
        (
            f"<p>{escape(kit.lex.paragraph(1, 2))}</p>",
            f"<div class=col>{''.join(kit.form(kit.count(1, 3)))}</div>",
            f'<div class="col tight">{"".join(kit.check() for _ in range(kit.count(2, 4)))}</div>',
        )
    )
    close = kit.icon_button("close") if kit.maybe(0.75) else ""
    box = (
        f'<div class="panel" role=dialog style="width:{wide}px"><div class="row between pad {kit.draw.choice(("rule", "", "header"))}"><h3>{escape(kit.lex.label("heading"))}</h3>{close}</div>'
        f'<div class="pad">{body}</div><div class="row pad {kit.draw.choice(("end", "", "middle"))}">{kit.buttons(kit.count(1, 3))}</div></div>'
    )
    return f'<div class=fill style="position:relative">{below}<div class=veil style="background:rgb(0 0 0/{kit.draw.uniform(0.2, 0.75):.2f})">{box}</div></div>'


def cookies(kit: Kit) -> str:
    """A page with a banner that asks for consent."""
    below = kit.draw.choice((article, landing))(kit)
    place = kit.draw.choice(
        (
            "left:0;right:0;bottom:0",
            "left:0;right:0;top:0",
            "right:12px;bottom:12px;max-width:340px",
            "left:12px;bottom:12px;max-width:320px",
        )
    )
    more = (
        f'<div class="row wrap">{"".join(kit.check() for _ in range(kit.count(2, 4)))}</div>'
        if kit.maybe(0.4)
        else ""
    )
    close = kit.icon_button("close") if kit.maybe(0.3) else ""
    return f'{below}<div class="panel pad col over" style="{place};box-shadow:0 0 20px rgb(0 0 0/.3)"><div class="row between"><b>{escape(kit.lex.label("heading"))}</b>{close}</div><p class=small>{escape(kit.lex.paragraph(1, 3))} {kit.link()}</p>{more}{kit.buttons(kit.count(2, 3))}</div>'


def article(kit: Kit) -> str:
    """A text with headings, notes at the side, and links in it."""
    parts = []
    for _ in range(kit.count(2, 4)):
        text = escape(kit.lex.paragraph(2, 4))
        word = kit.link(kit.lex.word())
        parts.append(
            f"<h2>{escape(kit.lex.title(2, 4))}</h2><p>{text} {word} {escape(kit.lex.sentence())}</p>"
        )
        if kit.maybe(0.3):
            parts.append(kit.picture("100%", f"{kit.count(50, 180)}px"))
        if kit.maybe(0.3):
            items = "".join(
                f"<li>{escape(kit.lex.sentence(2, 6))}</li>" for _ in range(kit.count(2, 5))
            )
            parts.append(f"<ul>{items}</ul>")
    side = (
        f'<aside class="col tight small" style="width:{kit.count(130, 200)}px;flex:none"><b>{escape(kit.lex.label("heading"))}</b>{"".join(kit.link() for _ in range(kit.count(3, 9)))}</aside>'
        if kit.width_px > 620
        else ""
    )
    by = f'<div class="small muted row">{escape(kit.lex.person())} · {kit.lex.date()}{kit.icon_row(kit.count(0, 3), "share bookmark print")}</div>'
    main = (
        f'<main class="col grow"><h1>{escape(kit.lex.title(3, 6))}</h1>{by}{"".join(parts)}</main>'
    )
    inner = f"{main}{side}" if kit.maybe(0.5) else f"{side}{main}"
    return f'{_bar(kit)}<div class="row top loose pad" style="max-width:{kit.count(700, 1200)}px">{inner}</div>'


def landing(kit: Kit) -> str:
    """The front page of a firm."""
    tiles = "".join(
        f'<div class="card col grow">{kit.icon(None, 1.8)}<h3>{escape(kit.lex.title(1, 3))}</h3><p class="small muted">{escape(kit.lex.sentence())}</p>{kit.link()}</div>'
        for _ in range(max(1, min(4, kit.width_px // 220)))
    )
    return f'{_bar(kit)}<section class="pad col {kit.draw.choice(("tint", "sunken", "", "header"))}" style="padding:{kit.count(14, 60)}px 20px;text-align:{kit.draw.choice(("left", "center"))}"><h1 class=big>{escape(kit.lex.title(2, 5))}</h1><p>{escape(kit.lex.sentence())}</p><div>{kit.buttons(kit.count(1, 3))}</div></section><main class="row top pad">{tiles}</main>{_foot(kit)}'


def player(kit: Kit) -> str:
    """Music: albums, a list of tracks, the keys of the player."""
    tracks = "".join(
        f"<tr><td class=muted>{n}</td><td>{escape(t)}</td><td class=muted>{escape(kit.lex.person())}</td><td class=n>{kit.value(f'{kit.count(1, 8)}:{kit.count(10, 59)}', f'How long is {t}?')}</td><td>{kit.icon_button('heart')}</td></tr>"
        for n, t in enumerate(
            dict.fromkeys(kit.lex.title(1, 3) for _ in range(kit.count(4, 12))), 1
        )
    )
    keys = kit.icon_row(kit.count(3, 6), "shuffle skipprevious play skipnext repeat pause")
    bar = f'<div class="row pad edge-t sunken">{kit.picture("2.6em", "2.6em")}<div class="clip"><b class=nowrap>{escape(kit.lex.title(1, 3))}</b><div class="small muted">{escape(kit.lex.person())}</div></div>{keys}<span class=small>{kit.count(0, 4)}:{kit.count(10, 59)}</span><span class="slider"><i style="left:{kit.count(5, 90)}%"></i></span>{kit.icon_row(kit.count(1, 3), "volume list fullscreen")}</div>'
    side = (
        f'<aside class="pad col fill sunken" style="width:{kit.count(130, 200)}px;flex:none">{kit.nav(kit.lex.labels("nav", kit.count(4, 7)), True, True)}</aside>'
        if kit.width_px > 560
        else ""
    )
    head = f'<div class=row>{kit.picture("7em", "7em")}<div class="col tight"><small class=muted>{escape(kit.lex.label("nav"))}</small><h1>{escape(kit.lex.title(1, 3))}</h1><small>{escape(kit.lex.person())}</small><div class=row>{kit.button(None, "primary", "play")}{kit.icon_row(2, "heart more download")}</div></div></div>'
    return f'<div class="col fill" style="gap:0"><div class="row top grow clip" style="gap:0">{side}<main class="pad col grow clip">{head}<table>{tracks}</table></main></div>{bar}</div>'


def city_map(kit: Kit) -> str:
    """A map with streets, places, and a search over it."""
    lines = "".join(
        f'<path d="M{kit.draw.randrange(kit.width_px)} {kit.draw.randrange(kit.height_px)}L{kit.draw.randrange(kit.width_px)} {kit.draw.randrange(kit.height_px)}" stroke="{kit.draw.choice(("#fff", "#ffe08a", "#d8d8d8"))}" stroke-width="{kit.count(2, 14)}"/>'
        for _ in range(kit.count(14, 40))
    )
    parks = "".join(
        f'<circle cx="{kit.draw.randrange(kit.width_px)}" cy="{kit.draw.randrange(kit.height_px)}" r="{kit.count(15, 90)}" fill="{kit.draw.choice(("#b9dfae", "#a9cfe8", "#d3d9c6"))}"/>'
        for _ in range(kit.count(3, 9))
    )
    columns, rows = max(2, kit.width_px // 190), max(3, kit.height_px // 70)
    cells = [(x, y) for x in range(columns) for y in range(rows)]
    kit.draw.shuffle(cells)
    names = "".join(
        f'<div class="over nowrap" style="left:{(x + kit.draw.uniform(0, 0.25)) / columns:.1%};top:{(y + kit.draw.uniform(0, 0.6)) / rows:.1%};color:#333;font-size:{kit.count(9, 15)}px;text-shadow:0 0 2px #fff">{kit.icon("pin") if kit.maybe(0.4) else ""}{escape(kit.lex.title(1, 2) if kit.maybe(0.6) else kit.lex.place())}</div>'
        for x, y in cells[: kit.count(6, 18)]
    )
    tools = "".join(
        f"<div>{kit.icon_button(c, 'framed')}</div>"
        for c in kit.concepts(kit.count(2, 5), "plus minus layers compass target fullscreen")
    )
    place = kit.lex.place()
    card = f'<div class="panel col pad over" style="left:10px;top:10px;width:{min(kit.width_px - 90, kit.count(220, 330))}px">{kit.search()}<b>{place}</b><div class="small muted">{escape(kit.lex.sentence(3, 7))}</div><div class="row wrap">{kit.icon_row(4, "bookmark share car walk bus bike")}{kit.button(None, "primary")}</div></div>'
    return f'<div class=fill style="position:relative;background:#e8e4da;overflow:hidden"><svg role=none width="{kit.width_px}" height="{kit.height_px}" style="position:absolute">{parks}{lines}</svg>{names}<div class="over col tight" style="right:10px;bottom:{kit.count(10, 60)}px">{tools}</div>{card}</div>'


def profile(kit: Kit) -> str:
    """Somebody's page: picture, numbers, what they made."""
    name = kit.lex.person()
    numbers = "".join(
        f'<div style="text-align:center"><b>{kit.value(kit.lex.number(), f"How many {label} has {name}?")}</b><div class="small muted">{escape(label)}</div></div>'
        for label in kit.lex.labels("nav", kit.count(2, 4))
    )
    tiles = "".join(
        kit.picture("100%", f"{kit.count(50, 110)}px", kit.lex.title())
        for _ in range(kit.count(3, 9))
    )
    return f'{_bar(kit)}{kit.picture("100%", f"{kit.count(40, 130)}px")}<main class="pad col"><div class="row wrap">{kit.avatar(name)}<div class=grow><h1>{escape(name)}</h1><div class=muted>{escape(kit.lex.place())}</div></div>{kit.buttons(kit.count(1, 3))}{kit.icon_button("more")}</div><div class="row loose">{numbers}</div><p>{escape(kit.lex.paragraph(1, 2))}</p>{kit.tabs(kit.count(3, 4))}<div class=grid style="grid-template-columns:repeat({max(2, kit.width_px // 160)},1fr)">{tiles}</div></main>'


def weather(kit: Kit) -> str:
    """The weather of a town, hour by hour and day by day."""
    place = kit.lex.place()
    hours = "".join(
        f'<div class="col tight" style="align-items:center"><small>{h:02}:00</small>{kit.icon(kit.draw.choice(("sun", "cloud", "rain", "snow", "wind", "moon")), 1.6)}<b>{kit.value(f"{kit.count(-9, 35)}°", f"How warm is it at {h:02}:00?")}</b></div>'
        for h in range(kit.count(0, 8), 24, kit.count(2, 3))
    )
    facts = "".join(
        f'<div class="card grow"><div class="small muted row tight">{kit.icon()}{escape(label)}</div><b>{kit.value(kit.lex.percent() if kit.maybe(0.5) else kit.lex.number(), f"What is {label}?")}</b></div>'
        for label in kit.lex.labels("field", kit.count(3, 6))
    )
    return f'<div class="pad col"><div class="row between">{kit.search("50%")}{kit.icon_row(2, "pin settings refresh star")}</div><div class="row between wrap"><div><h1>{place}</h1><div class=muted>{kit.lex.date()}</div></div><div class="big bold">{kit.value(f"{kit.count(-9, 35)} °C", f"How warm is it in {place} now?")}</div></div><div class="card row between clip">{hours}</div><div class="row wrap">{facts}</div><div class="card">{grid_of_cells(kit, max(2, kit.width_px // 200), kit.count(3, 6), False)}</div></div>'


def calculator(kit: Kit) -> str:
    """A keypad under a display, a history beside it."""
    order = kit.draw.choice(("789÷456×123−0.=+", "789/456*123-.0=+", "123+456−789×C0=÷"))
    keys = "".join(
        f'<button class="button {"primary" if k in "=+" else ""}" style="font-size:1.3em">{k}</button>'
        for k in order
    )
    extra = "".join(
        kit.button(t)
        for t in ("sin", "cos", "√", "x²", "%", "(", ")", "AC")[: kit.draw.choice((0, 4, 8))]
    )
    shown = kit.lex.number()
    past = "".join(
        f'<div class="rule">{kit.count(2, 99)} × {kit.count(2, 99)}<div class="bold">= {kit.lex.number()}</div></div>'
        for _ in range(kit.count(2, 7))
    )
    side = (
        f'<aside class="col pad grow"><h3>{escape(kit.lex.label("nav"))}</h3>{past}{kit.button(None, "ghost", "delete")}</aside>'
        if kit.width_px > 460
        else ""
    )
    return f'<div class="row top fill pad"><main class="col" style="width:{min(kit.width_px - 30, kit.count(230, 330))}px"><div class="row between">{kit.icon_button("menu")}<b>{escape(kit.lex.label("nav"))}</b>{kit.icon_button("history")}</div><div class="sunken pad big" style="text-align:right">{kit.value(shown, "What does the display show?")}</div><div class="grid" style="grid-template-columns:repeat(4,1fr)">{extra}{keys}</div></main>{side}</div>'


def _entry(kit: Kit, label: str) -> str:
    """A line of a list on a phone."""
    more = f'<div class="small muted">{escape(kit.lex.sentence(2, 6))}</div>'
    end = kit.draw.choice(
        (kit.icon_button("right"), kit.badge(), f"<span class=muted>{kit.lex.time()}</span>")
    )
    return (
        f'<div class="row rule" style="padding:.7em 1em">{kit.icon()}<div class=grow><div>'
        f"{escape(label)}</div>{more if kit.maybe(0.5) else ''}</div>{end}</div>"
    )


def phone(kit: Kit) -> str:
    """A program for phones: a title, a list, signs along the bottom."""
    rows = "".join(_entry(kit, label) for label in kit.lex.labels("nav", kit.count(5, 12)))
    low = "".join(
        f'<button class="col tight" style="align-items:center;background:none;border:0;color:{"var(--link)" if i == 0 else "inherit"};gap:2px">{kit.icon()}<small>{escape(t)}</small></button>'
        for i, t in enumerate(kit.lex.labels("nav", kit.count(3, 5)))
    )
    add = (
        f'<div class=over style="right:16px;bottom:70px">{kit.icon_button("plus", "solid")}</div>'
        if kit.maybe(0.4)
        else ""
    )
    return f'<div class="col fill" style="gap:0;position:relative"><header class="row between pad header">{kit.icon_button("left")}<b>{escape(kit.lex.label("nav"))}</b>{kit.icon_row(2, "search more plus filter")}</header><main class="grow clip">{rows}</main><nav class="row pad edge-t" style="justify-content:space-around">{low}</nav>{add}</div>'


def docs(kit: Kit) -> str:
    """A manual: chapters, text with code, what stands on the page."""
    code = "\n".join(
        f'<b>{kit.draw.choice(("def", "let", "import", "return", "const", "for", "$"))}</b> {kit.lex.word()}_{kit.lex.word()} = <i>"{escape(kit.lex.words(1, 3))}"</i> <u># {kit.lex.word()}</u>'
        for _ in range(kit.count(2, 6))
    )
    block = f'<div class="sunken pad" style="position:relative"><div class=code>{code}</div><div class=over style="right:6px;top:4px">{kit.icon_button("copy")}</div></div>'
    tree = (
        f'<aside class="edge-r pad fill" style="width:{kit.count(140, 230)}px;flex:none"><b class=caps>{escape(kit.lex.label("nav"))}</b>{kit.nav([kit.lex.title(1, 3) for _ in range(kit.count(6, 14))], True, False)}</aside>'
        if kit.width_px > 520
        else ""
    )
    toc = (
        f'<aside class="small col tight" style="width:150px;flex:none"><b>{escape(kit.lex.label("heading"))}</b>{"".join(kit.link() for _ in range(kit.count(3, 7)))}</aside>'
        if kit.width_px > 850
        else ""
    )
    note = f'<div class="pad tint row">{kit.icon(kit.draw.choice(("info", "warning", "lightbulb")))}<span>{escape(kit.lex.sentence())}</span></div>'
    rows = grid_of_cells(kit, 3, kit.count(2, 5), False) if CELLS and kit.maybe(0.5) else ""
    return f'{_bar(kit)}<div class="row top fill" style="gap:0">{tree}<main class="pad col grow clip"><h1>{escape(kit.lex.title(1, 4))}</h1><p>{escape(kit.lex.paragraph())}</p>{block}{note}<h2>{escape(kit.lex.title(1, 4))}</h2><p>{escape(kit.lex.paragraph())}</p>{rows}<div class="row between">{kit.button(None, "", "left")}{kit.button(None, "", "right")}</div></main>{toc}</div>'
