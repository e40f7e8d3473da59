"""Forms: logging in, signing up, paying, booking, settings, questionnaires."""

from html import escape

from vigorl.tasks.world.kit import Kit


def _bar(kit: Kit, tall: bool = True) -> str:
    """The top of a site: its name, its parts, perhaps a search field and signs."""
    brand = f"<b>{escape(kit.lex.brand())}</b>"
    mark = kit.icon() if kit.maybe(0.6) else ""
    room = max(0, min(6, (kit.width_px - 330) // 110))
    nav = kit.nav(kit.lex.labels("nav", kit.count(1, room)), down=False) if room else ""
    narrow = kit.icon_button("menu") if not room else ""
    search = kit.search(f"{kit.count(110, 240)}px") if kit.width_px > 700 and kit.maybe(0.4) else ""
    signs = kit.icon_row(kit.count(0, 3), "bell cart user settings search help heart globe mail")
    pad = kit.count(4, 16) if tall else kit.count(2, 6)
    return (
        f'<header class="row between {kit.draw.choice(("header", "rule", "header"))}"'
        f' style="padding:{pad}px 14px"><div class="row loose clip">{narrow}<span class="row tight'
        f' nowrap">{mark}{brand}</span>{nav}</div><div class="row">{search}{signs}</div></header>'
    )


def _foot(kit: Kit) -> str:
    """The bottom of a site."""
    links = "".join(kit.link(label) for label in kit.lex.labels("nav", kit.count(2, 5)))
    year = f"© {kit.count(1998, 2033)} {escape(kit.lex.brand())}"
    return f'<footer class="row wrap small muted pad"><span>{year}</span>{links}</footer>'


def login(kit: Kit) -> str:
    """A small form in the middle."""
    fields = "".join(
        (
            kit.field(kit.draw.choice(kit.lex.labels("field", 3))),
            kit.field(None, "secret", "password"),
        )
    )
    other = "".join(kit.button(None, "", kit.concepts(1)[0]) for _ in range(kit.count(0, 3)))
    rule = '<div class="row"><div class="grow rule"></div><small class=muted>or</small><div class="grow rule"></div></div>'
    width = min(kit.width_px - 20, kit.count(250, 420))
    form = (
        f'<div class="{kit.draw.choice(("card", "card", ""))} col" style="width:{width}px">'
        f"<h2>{escape(kit.lex.label('heading'))}</h2>{fields}"
        f'<div class="row between wrap">{kit.check()}{kit.link(kit.lex.label("action"))}</div>'
        f"{kit.button(None, 'primary')}{rule if other else ''}{other}"
        f"<small class=muted>{escape(kit.lex.sentence(3, 6))} {kit.link()}</small></div>"
    )
    if kit.width_px > 640 and kit.maybe(0.35):
        side = kit.picture("100%", "100%")
        return f'<div class="grid fill" style="grid-template-columns:1fr 1fr;gap:0">{side}<div class=center>{form}</div></div>'
    top = _bar(kit) if kit.maybe(0.4) else ""
    return f'{top}<div class=center style="height:92%">{form}</div>'


def sign_up(kit: Kit) -> str:
    """A longer form in one or two columns."""
    columns = 2 if kit.width_px > 520 and kit.maybe(0.6) else 1
    fields = "".join(kit.form(kit.count(4, 9)))
    checks = "".join(kit.check() for _ in range(kit.count(1, 3)))
    return (
        f'{_bar(kit)}<main class="pad col" style="max-width:{kit.count(420, 820)}px;'
        f'margin:{kit.draw.choice(("0", "0 auto"))}"><h1>{escape(kit.lex.label("heading"))}</h1>'
        f"<p class=muted>{escape(kit.lex.sentence())}</p>"
        f'<form class="grid" style="grid-template-columns:repeat({columns},minmax(0,1fr))">{fields}</form>'
        f'<div class="col tight">{checks}</div>{kit.buttons(2)}</main>'
    )


def checkout(kit: Kit) -> str:
    """An address, a way to pay, and the sum beside it."""
    items = "".join(
        f'<div class="row between">{kit.picture("2.6em", "2.6em")}<span class="grow dots">{escape(name)}'
        f"</span>{kit.value(kit.lex.money(), f'What does “{name}” cost?')}</div>"
        for name in dict.fromkeys(kit.lex.title(1, 3) for _ in range(kit.count(1, 4)))
    )
    names = kit.lex.labels("field", 4)
    sums = "".join(
        f'<div class="row between"><span>{escape(name)}</span>'
        f"{kit.value(kit.lex.money(), f'How much is {name}?')}</div>"
        for name in names[: kit.count(2, 4)]
    )
    side = f'<aside class="card col"><h3>{escape(kit.lex.label("heading"))}</h3>{items}<div class=rule></div>{sums}{kit.button(None, "primary")}</aside>'
    form = "".join(kit.form(kit.count(3, 7)))
    main = f'<div class="col"><h2>{escape(kit.lex.label("heading"))}</h2>{form}{kit.radios(kit.count(2, 4))}{kit.check()}</div>'
    if kit.width_px < 560:
        return f'{_bar(kit)}<div class="col pad">{side if kit.maybe(0.5) else ""}{main}</div>'
    return f'{_bar(kit)}<div class="grid pad" style="grid-template-columns:{kit.draw.choice(("2fr 1fr", "3fr 2fr", "1fr 1fr"))}">{main}{side}</div>'


def settings(kit: Kit) -> str:
    """Switches, lists and sliders, with the parts of the settings at the side or on top."""
    rows = []
    for _ in range(kit.count(5, 12)):
        dice = kit.draw.random()
        part = (kit.switch() if dice < 0.5 else kit.select() if dice < 0.65 else kit.slider()
                if dice < 0.75 else kit.check() if dice < 0.88 else kit.field())  # fmt: skip
        rows.append(
            f'<div class="{kit.draw.choice(("rule", ""))}" style="padding:.35em 0">{part}</div>'
        )
        if kit.maybe(0.15):
            rows.append(f"<h3>{escape(kit.lex.label('heading'))}</h3>")
    body = f'<div class="{kit.draw.choice(("card", ""))} grow">{"".join(rows)}</div>'
    head = f"<h1>{escape(kit.lex.label('nav'))}</h1>"
    if kit.width_px > 520 and kit.maybe(0.7):
        nav = kit.nav(kit.lex.labels("nav", kit.count(4, 9)), down=True)
        return (
            f'{_bar(kit) if kit.maybe(0.6) else ""}<div class="row top fill" style="gap:0">'
            f'<aside class="pad edge-r sunken fill" style="width:{kit.count(130, 240)}px">{nav}</aside>'
            f'<main class="grow pad col">{head}{body}{kit.buttons(kit.count(1, 2))}</main></div>'
        )
    return f'{_bar(kit)}<main class="pad col">{head}{kit.tabs(kit.count(2, 4))}{body}</main>'


def booking(kit: Kit) -> str:
    """A search for journeys with the results under it."""
    fields = "".join(f"<div class=grow>{part}</div>" for part in kit.form(kit.count(3, 5)))
    trips = []
    for _ in range(kit.count(3, 7)):
        start, end, code = kit.lex.place(), kit.lex.place(), kit.lex.code()
        price = kit.value(kit.lex.money(), f"What does {code} cost?")
        trips.append(
            f'<div class="card row between"><div><b>{kit.lex.time()} – {kit.lex.time()}</b>'
            f'<div class="small muted">{escape(start)} → {escape(end)}</div></div>'
            f"<span>{code}</span>{kit.badge() if kit.maybe(0.3) else ''}<b>{price}</b>"
            f"{kit.button(None, 'primary')}</div>"
        )
    side = ""
    if kit.width_px > 700:
        checks = "".join(kit.check() for _ in range(kit.count(3, 7)))
        side = f'<aside class="col tight" style="width:{kit.count(130, 210)}px"><b>{escape(kit.lex.label("heading"))}</b>{checks}{kit.slider()}</aside>'
    return (
        f'{_bar(kit)}<div class="pad tint"><div class="row wrap">{fields}{kit.button(None, "primary")}'
        f'</div></div><div class="row top pad">{side}<main class="col grow">{"".join(trips)}</main></div>'
    )


def wizard(kit: Kit) -> str:
    """One step of several."""
    steps = kit.lex.labels("nav", kit.count(3, 5))
    now = kit.draw.randrange(len(steps))
    marks = "".join(
        f'<span class="row tight"><span class="avatar" style="background:var(--{"accent" if i <= now else "off"});width:1.7em;height:1.7em">{i + 1}</span>{escape(s)}</span>'
        for i, s in enumerate(steps)
    )
    parts = [*kit.form(kit.count(2, 4)), kit.radios(kit.count(2, 4)), kit.slider()]
    kit.draw.shuffle(parts)
    return (
        f'<div class="pad col fill"><div class="row wrap loose">{marks}</div>'
        f"<h1>{escape(kit.lex.label('heading'))}</h1><p>{escape(kit.lex.sentence())}</p>"
        f'<div class="card col">{"".join(parts)}</div>'
        f'<div class="row between">{kit.button()}{kit.button(None, "primary")}</div></div>'
    )


def survey(kit: Kit) -> str:
    """Questions with choices under each."""
    blocks = []
    for number in range(1, kit.count(3, 6)):
        kind = kit.draw.choice(("checkbox", "radio"))
        choices = "".join(
            kit.check(label, kind) for label in kit.lex.labels("option", kit.count(2, 5))
        )
        style = kit.draw.choice(("col tight", "row wrap"))
        blocks.append(
            f'<fieldset class="card col tight" style="margin:0"><b>{number}. {escape(kit.lex.sentence(3, 8))}'
            f'</b><div class="{style}">{choices}</div></fieldset>'
        )
    bar = f'<div class=bar><i style="width:{kit.count(5, 95)}%"></i></div>'
    return f'<div class="col pad"><h1>{escape(kit.lex.label("heading"))}</h1>{bar}{"".join(blocks)}{kit.buttons(2)}</div>'


def account(kit: Kit) -> str:
    """A person's data: a picture, fields with values, dangerous buttons at the end."""
    name = kit.lex.person()
    rows = "".join(
        f'<div class="row between rule" style="padding:.4em 0"><span class=muted>{escape(label)}</span>'
        f"{kit.value(kit.fill(label), f'What is the {label} of {name}?')}{kit.icon_button('edit')}</div>"
        for label in kit.lex.labels("field", kit.count(4, 9))
    )
    return (
        f'{_bar(kit)}<main class="pad col"><div class="row">{kit.avatar(name)}<div class=grow><h2>'
        f'{escape(name)}</h2><div class="muted small">{escape(kit.lex.email())}</div></div>'
        f"{kit.button()}</div>{kit.tabs(kit.count(2, 5))}<div class=card>{rows}</div>"
        f'<div class="row between">{kit.switch()}</div>{kit.button(None, "danger")}</main>'
    )


def contact(kit: Kit) -> str:
    """A letter to a firm, its address and hours beside it."""
    facts = "".join(
        f'<div class="row tight">{kit.icon(c)}<span>{escape(t)}</span></div>'
        for c, t in (
            ("pin", f"{kit.lex.title(1, 2)} {kit.count(1, 200)}, {kit.lex.place()}"),
            ("phone", kit.phone()), ("mail", kit.lex.email()),
            ("clock", f"{kit.lex.time()} – {kit.lex.time()}"),
        )
    )  # fmt: skip
    form = "".join([*kit.form(kit.count(2, 5)), kit.area(None, kit.count(2, 5)), kit.check()])
    columns = "1fr 1fr" if kit.width_px > 600 else "1fr"
    return (
        f'{_bar(kit)}<main class="grid pad" style="grid-template-columns:{columns}"><div class=col>'
        f"<h1>{escape(kit.lex.label('heading'))}</h1>{form}{kit.buttons(1)}</div>"
        f"<div class=col>{kit.picture('100%', f'{kit.count(60, 160)}px', 'map')}{facts}</div></main>{_foot(kit)}"
    )
