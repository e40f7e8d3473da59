"""Lists of things: tables, mail, shops, results, files, news, boards, calendars."""

from html import escape

from vigorl.tasks.world.kit import Kit
from vigorl.tasks.world.layouts.forms import _bar, _foot
from vigorl.tasks.world.lexicon import DAYS

CELLS = ("person", "money", "number", "percent", "date", "time", "status", "email", "place",
         "code", "file", "text")  # fmt: skip


def grid_of_cells(kit: Kit, columns: int, rows: int, actions: bool) -> str:
    """A table whose rows can be told apart by their first cell."""
    kinds = [kit.draw.choice(("code", "person", "text", "file", "place"))]
    kinds += [kit.draw.choice(CELLS) for _ in range(columns - 1)]
    heads = kit.lex.labels("field", columns)
    marks = kit.maybe(0.35)
    sort = kit.draw.randrange(columns) if kit.maybe(0.5) else -1
    head = "".join(
        f"<th{' class=n' if kind in ('money', 'number', 'percent') else ''}>{escape(text)}"
        f"{kit.icon('down', 0.9) if i == sort else ''}</th>"
        for i, (kind, text) in enumerate(zip(kinds, heads, strict=False))
    )
    body, seen = [], set()
    labels = [*kit.lex.labels("action", 2)]
    for _ in range(rows):
        cells = [kit.lex.cell(kind) for kind in kinds[: len(heads)]]
        unique = cells[0].casefold() not in seen
        seen.add(cells[0].casefold())
        parts = []
        for i, (kind, text) in enumerate(zip(kinds, cells, strict=False)):
            shown = escape(text)
            if kind == "status":
                shown = kit.badge(text)
            elif i and unique and kit.maybe(0.3):
                shown = kit.value(text, f"What is the {heads[i]} of {cells[0]}?")
            elif i == 0 and kit.maybe(0.25):
                shown = kit.link(text)
            parts.append(
                f"<td{' class=n' if kind in ('money', 'number', 'percent') else ''}>{shown}</td>"
            )
        if marks:
            parts.insert(
                0,
                f'<td><input type=checkbox aria-label="Select {escape(cells[0])}"{" checked" if kit.maybe(0.2) else ""}></td>',
            )
        if actions and labels:
            label = labels[0]
            attribute = kit.ask("row", f"{label} {cells[0]}", None) if unique else ""
            if kit.maybe(0.5):
                button = f'<button class="button ghost"{attribute}>{escape(label)}</button>'
            else:
                button = kit.icon_button("more") + kit.icon_button("edit")
            parts.append(f"<td>{button}</td>")
        body.append(f"<tr>{''.join(parts)}</tr>")
    lead = "<th></th>" if marks else ""
    tail = "<th></th>" if actions else ""
    style = kit.draw.choice(("", "striped", "ruled"))
    shade = kit.draw.choice(("", " class=shade"))
    return f'<table class="{style}"><thead{shade}><tr>{lead}{head}{tail}</tr></thead><tbody>{"".join(body)}</tbody></table>'


def pager(kit: Kit) -> str:
    """Numbers of pages."""
    last = kit.count(3, 9)
    numbers = "".join(
        f'<button class="button {"primary" if n == 2 else ""}">{n}</button>' for n in range(1, last)
    )
    return (
        f'<div class="row tight">{kit.icon_button("left")}{numbers}{kit.icon_button("right")}</div>'
    )


def table(kit: Kit) -> str:
    """A page with a table of rows that can be worked on."""
    columns = max(2, min(9, kit.width_px // 125 + kit.count(-1, 1)))
    rows = max(4, kit.height_px // kit.count(26, 48) - 4)
    tools = f'<div class="row wrap between">{kit.search("200px")}<div class=row>{kit.icon_row(kit.count(1, 4), "filter sort download refresh sliders")}{kit.button(None, "primary")}</div></div>'
    return (
        f'{_bar(kit)}<main class="pad col clip"><h1>{escape(kit.lex.label("nav"))}</h1>{tools}'
        f'<div class="{kit.draw.choice(("panel", ""))} clip">{grid_of_cells(kit, columns, rows, kit.maybe(0.7))}</div>'
        f"{pager(kit) if kit.maybe(0.5) else ''}</main>"
    )


def mail(kit: Kit) -> str:
    """Folders, a list of messages, and perhaps one of them open."""
    messages = []
    for _ in range(kit.count(6, 16)):
        sender, subject = kit.lex.person(), kit.lex.title(2, 5)
        bold = " bold" if kit.maybe(0.3) else ""
        star = kit.icon_button("star") if kit.maybe(0.4) else ""
        face = kit.avatar(sender) if kit.maybe(0.5) else ""
        messages.append(
            f'<div class="row rule{bold}" style="padding:.4em .5em">{star}{face}<div class="grow clip">'
            f'<div class="row between"><span class=dots>{escape(sender)}</span><small class="muted">'
            f"{kit.lex.time()}</small></div><div class=dots>{escape(subject)}</div>"
            f'<div class="small muted dots">{escape(kit.lex.sentence(6, 14))}</div></div></div>'
        )
    inbox = f'<div class="clip fill edge-r" style="width:{kit.count(230, 360)}px;flex:none">{"".join(messages)}</div>'
    folders = f'<aside class="pad col sunken fill" style="width:{kit.count(120, 200)}px;flex:none">{kit.button(None, "primary", "edit")}{kit.nav(kit.lex.labels("nav", kit.count(4, 8)), True)}</aside>'
    sender = kit.lex.person()
    opened = (
        f'<article class="pad col grow clip">{kit.icon_row(kit.count(3, 7), "archive delete reply mail tag more flag clock")}'
        f'<h2>{escape(kit.lex.title(2, 5))}</h2><div class="row">{kit.avatar(sender)}<div><b>{escape(sender)}</b>'
        f'<div class="small muted">{escape(kit.lex.email())}</div></div></div>'
        f"<p>{escape(kit.lex.paragraph())}</p><p>{escape(kit.lex.paragraph())}</p>{kit.buttons(2)}</article>"
    )
    parts = [
        folders if kit.width_px > 600 else "",
        inbox if kit.width_px > 420 else f'<div class="grow clip">{"".join(messages)}</div>',
        opened if kit.width_px > 760 else "",
    ]
    if kit.width_px <= 760:
        parts[1] = f'<div class="grow clip fill">{"".join(messages)}</div>'
    return f'<div class="col fill" style="gap:0">{_bar(kit, False)}<div class="row top grow clip" style="gap:0">{"".join(parts)}</div></div>'


def shop(kit: Kit) -> str:
    """Goods in tiles."""
    columns = max(1, kit.width_px // kit.count(130, 230))
    tiles = []
    label = kit.lex.label("action")
    for name in dict.fromkeys(kit.lex.title(1, 3) for _ in range(columns * kit.count(2, 4))):
        price = kit.value(kit.lex.money(), f"What does “{name}” cost?")
        stars = "★" * kit.count(1, 5)
        more = f'<button class="button primary"{kit.ask("row", f"{label}: {name}")}>{escape(label)}</button>'
        heart = kit.icon_button("heart") if kit.maybe(0.3) else ""
        tiles.append(
            f'<div class="{kit.draw.choice(("card", "card", ""))} col tight">'
            f'{kit.picture("100%", f"{kit.count(40, 120)}px")}<div class="row between"><b>{escape(name)}</b>{heart}</div>'
            f'<small class=muted>{stars}</small><div class="row between wrap"><b>{price}</b>'
            f"{more if kit.maybe(0.7) else ''}{kit.badge() if kit.maybe(0.15) else ''}</div></div>"
        )
    grid = f'<div class=grid style="grid-template-columns:repeat({columns},minmax(0,1fr))">{"".join(tiles)}</div>'
    head = f'<div class="row between wrap"><h1>{escape(kit.lex.label("nav"))}</h1>{kit.select() if kit.maybe(0.6) else ""}</div>'
    return f'{_bar(kit)}<main class="pad col">{head}{grid}</main>'


def product(kit: Kit) -> str:
    """One thing to buy."""
    name = kit.lex.title(2, 3)
    facts = "".join(
        f"<tr><th>{escape(label)}</th><td>{kit.value(kit.lex.cell(kit.draw.choice(CELLS)), f'What is the {label}?')}</td></tr>"
        for label in kit.lex.labels("field", kit.count(2, 5))
    )
    crumbs = " / ".join(kit.link(label) for label in kit.lex.labels("nav", kit.count(2, 3)))
    options = "".join(
        kit.button(t) for t in dict.fromkeys(kit.lex.word() for _ in range(kit.count(2, 4)))
    )
    side = (
        f'<div class="col"><h1>{escape(name)}</h1><div class="muted small">★★★★☆ {kit.count(1, 900)} '
        f'{escape(kit.lex.label("nav"))}</div><div class="big bold">{kit.value(kit.lex.money(), f"What is the price of {name}?")}</div>'
        f"<p>{escape(kit.lex.paragraph(1, 2))}</p>{kit.select()}<div class='row wrap tight'>{options}</div>"
        f'<div class="row wrap">{kit.button(None, "primary", "cart")}{kit.button()}{kit.icon_button("heart", "framed")}</div>'
        f"<table>{facts}</table></div>"
    )
    columns = "1fr 1fr" if kit.width_px > 560 else "1fr"
    high = kit.count(120, 340) if kit.width_px > 560 else kit.count(60, 140)
    small = "".join(kit.picture("3em", "3em") for _ in range(kit.count(2, 4)))
    left = f'<div class="col">{kit.picture("100%", f"{high}px", name)}<div class=row>{small}</div></div>'
    return f'{_bar(kit)}<div class="small pad muted">{crumbs}</div><main class="grid pad" style="grid-template-columns:{columns}">{left}{side}</main>'


def results(kit: Kit) -> str:
    """What a search found."""
    found = "".join(
        f'<div><div class="small muted">{escape(kit.lex.url())}</div><h3>{kit.link(kit.lex.title(3, 7))}</h3>'
        f"<p class=small>{escape(kit.lex.paragraph(1, 3))}</p></div>"
        for _ in range(kit.count(4, 9))
    )
    number = f"{kit.count(2, 900)}{',000' if kit.maybe(0.3) else ''}"
    told = kit.value(number, "How many results are there?")
    return (
        f'<header class="pad row rule">{kit.icon()}<div class=grow style="max-width:520px">{kit.search()}</div>'
        f'{kit.icon_row(2, "settings grid user mic")}</header><main class="pad col" style="max-width:{kit.count(440, 760)}px">'
        f"{kit.tabs(kit.count(3, 5))}<small class=muted>{told} results ({kit.count(1, 99) / 100} s)</small>"
        f"{found}{pager(kit)}</main>"
    )


def files(kit: Kit) -> str:
    """Files and folders, in a list or in tiles."""
    names = list(dict.fromkeys(kit.lex.file_name() for _ in range(kit.count(8, 26))))
    if kit.maybe(0.5):
        tiles = "".join(
            f'<div class="col tight" style="align-items:center;width:{kit.count(74, 110)}px">'
            f"{kit.icon(kit.draw.choice(('file', 'folder', 'image', 'music', 'code')), 2.4)}"
            f'<span class="small dots" style="max-width:100%">{escape(name)}</span></div>'
            for name in names
        )
        body = f'<div class="row wrap top pad">{tiles}</div>'
    else:
        rows = "".join(
            f'<tr><td><span class="row tight">{kit.icon(kit.draw.choice(("file", "folder", "image")))}'
            f"{escape(name)}</span></td><td class=n>{kit.value(f'{kit.count(1, 999)} {unit}', f'How large is {name}?')}"
            f"</td><td>{kit.lex.date()}</td></tr>"
            for name in names
            for unit in [kit.draw.choice(("KB", "MB", "GB"))]
        )
        heads = "".join(f"<th>{escape(label)}</th>" for label in kit.lex.labels("field", 3))
        body = f"<table><tr>{heads}</tr>{rows}</table>"
    crumbs = " › ".join(kit.link(kit.lex.word()) for _ in range(kit.count(2, 4)))
    side = (
        f'<aside class="pad sunken edge-r fill" style="width:{kit.count(110, 190)}px;flex:none">{kit.nav(kit.lex.labels("nav", kit.count(4, 8)), True, True)}</aside>'
        if kit.width_px > 500
        else ""
    )
    tools = kit.icon_row(
        kit.count(4, 8), "folderplus upload download delete share list grid sort copy"
    )
    return f'<div class="col fill" style="gap:0"><div class="row pad rule between">{tools}{kit.search("160px")}</div><div class="row top grow clip" style="gap:0">{side}<main class="grow clip"><div class="pad small">{crumbs}</div>{body}</main></div></div>'


def notifications(kit: Kit) -> str:
    """News for a person, each with what can be done about it."""
    rows = "".join(
        f'<div class="row top rule" style="padding:.5em">{kit.avatar(kit.lex.person()) if kit.maybe(0.6) else kit.icon()}'
        f"<div class=grow><b>{escape(kit.lex.person())}</b> {escape(kit.lex.sentence(3, 8))}"
        f'<div class="small muted">{kit.lex.date()}, {kit.lex.time()}</div></div>'
        f"{kit.button(None, 'ghost') if kit.maybe(0.5) else kit.icon_button(kit.draw.choice(('close', 'more', 'check')))}</div>"
        for _ in range(kit.count(5, 12))
    )
    return f'{_bar(kit)}<main class="pad col" style="max-width:700px"><div class="row between"><h1>{escape(kit.lex.label("nav"))}</h1>{kit.button(None, "ghost")}</div>{kit.tabs(kit.count(2, 4))}<div class=card>{rows}</div></main>'


def kanban(kit: Kit) -> str:
    """Columns of cards."""
    columns = []
    for head in kit.lex.labels("status", max(2, kit.width_px // kit.count(170, 250))):
        cards = "".join(
            f'<div class="card col tight"><span class="small muted">{kit.lex.code()}</span><div>{escape(kit.lex.title(2, 6))}</div>'
            f'<div class="row between">{kit.badge()}{kit.avatar(kit.lex.person())}</div></div>'
            for _ in range(kit.count(1, 5))
        )
        number = kit.count(1, 30)
        columns.append(
            f'<section class="sunken pad col grow" style="border-radius:var(--radius)"><div class="row between"><b>{escape(head)}</b>'
            f"{kit.value(str(number), f'How many cards are in {head}?')}{kit.icon_button('plus')}</div>{cards}"
            f"{kit.button(None, 'ghost', 'plus')}</section>"
        )
    return f'<div class="col fill" style="gap:0">{_bar(kit)}<main class="row top pad grow clip">{"".join(columns)}</main></div>'


def calendar(kit: Kit) -> str:
    """A month or a week with what takes place."""
    days = [day[: kit.draw.choice((1, 2, 3))] for day in DAYS]
    heads = "".join(
        f'<div class="small muted" style="text-align:center">{day}</div>' for day in days
    )
    first, length = kit.draw.randrange(7), kit.count(28, 31)
    today = kit.count(1, length)
    cells = []
    for place in range(first + length):
        day = place - first + 1
        event = ""
        if day > 0 and kit.maybe(0.3):
            event = f'<div class="small dots tint" style="padding:0 .3em;border-radius:3px">{escape(kit.lex.title(1, 2))}</div>'
        style = "background:var(--accent);color:var(--on-accent)" if day == today else ""
        cells.append(
            f'<button class="edge" style="background:transparent;text-align:left;padding:.2em;min-width:0;overflow:hidden;vertical-align:top;{style}">{day if day > 0 else ""}{event}</button>'
        )
    month = f"{kit.lex.date()}"
    head = f'<div class="row between"><div class=row>{kit.icon_button("left")}<h2>{month}</h2>{kit.icon_button("right")}</div><div class=row>{kit.buttons(kit.count(1, 3))}</div></div>'
    side = (
        f'<aside class="col pad" style="width:{kit.count(140, 220)}px"><b>{escape(kit.lex.label("heading"))}</b>{"".join(kit.check() for _ in range(kit.count(2, 5)))}</aside>'
        if kit.width_px > 700
        else ""
    )
    grid = f'<div class="grid fill" style="grid-template-columns:repeat(7,1fr);gap:0;grid-template-rows:auto;grid-auto-rows:1fr">{heads}{"".join(cells)}</div>'
    return f'<div class="col fill pad">{head}<div class="row top grow">{side}<div class="grow fill">{grid}</div></div></div>'


def feed(kit: Kit) -> str:
    """Posts below each other, with what readers did."""
    posts = []
    for _ in range(kit.count(2, 5)):
        name = kit.lex.person()
        posts.append(
            f'<article class="card col tight"><div class="row">{kit.avatar(name)}<div class=grow><b>{escape(name)}</b>'
            f'<div class="small muted">{kit.lex.date()}</div></div>{kit.icon_button("more")}</div>'
            f"<p>{escape(kit.lex.paragraph(1, 2))}</p>"
            f"{kit.picture('100%', f'{kit.count(40, 150)}px', kit.lex.title()) if kit.maybe(0.6) else ''}"
            f'<div class="row loose muted">{"".join(f"<span class=row>{kit.icon_button(c)}{kit.count(0, 900)}</span>" for c in kit.concepts(3, "heart comment share"))}</div></article>'
        )
    side = (
        f'<aside class="col" style="width:200px">{kit.nav(kit.lex.labels("nav", kit.count(4, 7)), True, True)}</aside>'
        if kit.width_px > 680
        else ""
    )
    return f'{_bar(kit)}<div class="row top pad">{side}<main class="col grow">{"".join(posts)}</main></div>'


def forum(kit: Kit) -> str:
    """Threads with their numbers of answers."""
    rows = "".join(
        f'<div class="row rule" style="padding:.5em .2em"><div class="col tight" style="width:3.4em;align-items:center">'
        f"<b>{kit.value(str(kit.count(0, 400)), f'How many votes has “{title}”?')}</b><small class=muted>{kit.lex.word()}</small></div>"
        f'<div class=grow><h3>{kit.link(title)}</h3><div class="row wrap tight">{"".join(f"<span class=tag>{kit.lex.word()}</span>" for _ in range(kit.count(1, 3)))}'
        f"<small class=muted>{escape(kit.lex.person())}, {kit.lex.time()}</small></div></div></div>"
        for title in dict.fromkeys(kit.lex.title(3, 7) for _ in range(kit.count(4, 9)))
    )
    return f'{_bar(kit)}<main class="pad col"><div class="row between"><h1>{escape(kit.lex.label("heading"))}</h1>{kit.button(None, "primary")}</div>{kit.tabs(kit.count(2, 5))}<div>{rows}</div>{pager(kit)}</main>{_foot(kit)}'


def _points(kit: Kit) -> str:
    """What speaks for something, each with a tick."""
    return "".join(
        f"<div class=row>{kit.icon('check')}{escape(kit.lex.title(2, 4))}</div>"
        for _ in range(kit.count(2, 6))
    )


def pricing(kit: Kit) -> str:
    """Tariffs side by side."""
    names = kit.lex.labels("status", max(1, min(4, kit.width_px // 190)))
    label = kit.lex.label("action")
    columns = "".join(
        f'<div class="card col"><h2>{escape(name)}</h2><div class="big bold">{kit.value(kit.lex.money(), f"What does the plan {name} cost?")}</div>'
        f'<div class="col tight">{_points(kit)}</div>'
        f'<button class="button primary"{kit.ask("row", f"{label} in the plan {name}")}>{escape(label)}</button></div>'
        for name in names
    )
    return f'{_bar(kit)}<main class="pad col" style="text-align:{kit.draw.choice(("left", "center"))}"><h1>{escape(kit.lex.label("heading"))}</h1><p class=muted>{escape(kit.lex.sentence())}</p><div class="grid" style="grid-template-columns:repeat({len(names)},1fr)">{columns}</div></main>{_foot(kit)}'
