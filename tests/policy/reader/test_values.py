"""Values read off real pages: the one that was asked for, or a refusal that says why."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

STYLE = """<style>td, th { padding: 6px 24px 6px 0; text-align: left }
table { border-collapse: collapse } tr { border-bottom: 1px solid #ccc }
.n td + td { text-align: right }</style>"""


def table(heads: str, *rows: str, style: str = "") -> str:
    """A table from `a|b|c` rows."""
    head = "".join(f"<th>{text}</th>" for text in heads.split("|"))
    body = "".join(
        "<tr>" + "".join(f"<td>{text}</td>" for text in row.split("|")) + "</tr>" for row in rows
    )
    return f"{STYLE}<table class='{style}'><tr>{head}</tr>{body}</table>"


RIVERS = "<h1>Rivers</h1>" + table(
    "River|Length (km)|Discharge (m³/s)",
    "Danube|2,850|6,450",
    "Rhine|1,233|2,900",
    "Elbe|1,094|870",
    style="n",
)
CARD = """<div style="display: inline-block; background: #1f2937; border-radius: 8px;
padding: 14px; width: 150px; margin: 6px"><div style="color: #9ca3af; font-size: 13px">{}</div>
<div style="font-size: 26px">{}</div></div>"""
CARDS = "<style>body { background: #111827; color: #eee }</style>" + "".join(
    CARD.format(*card)
    for card in (("Requests", "1,204"), ("Error rate", "0.42 %"), ("p95 latency", "312 ms"))
)
TREND = CARD.replace("</div></div>", "</div><div style='font-size: 12px'>{}</div></div>")
TRENDS = "<style>body { background: #111827; color: #eee }</style>" + "".join(
    TREND.format(*card)
    for card in (
        ("Active users", "12,480", "+4.1 % to before"),
        ("Error rate", "0.42 %", "+0.05 points"),
        ("p95 latency", "318 ms", "-12 ms"),
    )
)
BOARD = "<div style='display: flex; gap: 20px'>" + "".join(
    f"<div style='background: #eef; padding: 12px; width: 200px'><b>{name}</b>"
    + "".join(f"<p style='background: #fff; padding: 8px'>{card}</p>" for card in cards)
    + "</div>"
    for name, cards in (
        ("Planned", ("Buy seeds 2", "Call Ida")),
        ("Doing", ("Sow peas", "Mend fence 4")),
        ("Done", ("Prune roses", "Water all")),
    )
)
COUNTS = "<p>1 Introduction</p><p>2 Reference</p><footer>3 items left &nbsp; <a>All</a></footer>"
FACTS = "".join(
    f"<dt style='float: left; clear: left; width: 150px; padding: 4px'>{name}</dt>"
    f"<dd style='margin-left: 160px; padding: 4px'>{value}</dd>"
    for name, value in (
        ("Type", "integer"),
        ("Default", "5 min"),
        ("Range", "30 s to 1 day"),
        ("Takes effect", "at once"),
    )
)
PROFILE = "<div style='display: flex; gap: 30px'>" + "".join(
    f"<div><b style='font-size: 26px'>{count}</b><div>{name}</div></div>"
    for count, name in (("48", "Posts"), ("1.2k", "Followers"))
)
PAIRS = table("Weight|1.6 kg|Volume|45 l", "Colour|blue|Price|€ 90", "Height|62 cm|Material|Nylon")
FIGURE = "<div style='font-size: 30px; margin-top: 12px'>{}</div><div>{}</div>"
FIGURES = "".join(
    FIGURE.format(*figure)
    for figure in (("12,480", "Members"), ("37", "Countries"), ("98 %", "Satisfaction"))
)
RULED = "".join(
    "<div style='display: flex; justify-content: space-between; width: 420px; padding: 8px 0;"
    f"border-bottom: 1px solid #ddd'><span>{name}</span><span>{value}</span></div>"
    for name, value in (("Subtotal", "€ 51.00"), ("Total", "€ 55.90"), ("Paid by", "Invoice"))
)
CONTACT = """<style>dd { margin: 0 0 12px 20px }</style><dl>
<dt>Address</dt><dd>Harbour Street 12<br>2nd floor<br>20457 Hamburg</dd>
<dt>Phone</dt><dd>+49 40 1234</dd><dt>Seller</dt><dd>Acme Ltd.</dd>
<dt>Closes</dt><dd>3 p.m.</dd></dl>"""
PARAGRAPH = """<div style="width: 520px"><h2>shared_buffers</h2><p>Sets the memory that is shared.
The default is typically 128 megabytes (128MB), but might be less if the settings of your
kernel will not support it. This setting must be at least 128 kilobytes.</p></div>"""
LETTER = """<h2>Thank you</h2><p>Your claim number is HC-1199.</p>
<p>The seller is Acme Ltd.</p><p>Total items: 3</p><p>Total: € 12.50</p>"""
DEPOTS = table(
    "Depot|Address|Opens",
    "North|Mill Lane 4<br>Leeds|7 a.m.",
    "South|Quay 9<br>Dover|8 a.m.",
)
SALES = f"""{STYLE}<table><tr><th rowspan=2>Region</th><th colspan=2>2023</th>
<th colspan=2>2024</th></tr><tr><th>Q1</th><th>Q2</th><th>Q1</th><th>Q3</th></tr>
<tr><td>North</td><td>11</td><td>12</td><td>13</td><td>14</td></tr>
<tr><td>South</td><td>21</td><td>22</td><td>23</td><td>24</td></tr></table>"""
WEATHER = (
    "<h3>Spring</h3>"
    + table("Town|Rain|Sun", "Ayr|61|5", "Bath|70|6")
    + "<h3>Autumn</h3>"
    + table("Town|Rain|Sun", "Ayr|99|2", "Crewe|88|3")
)
GOODS = (
    "<p>Sort by: Price</p>"
    + table("Name|Stock|Price", "Mug|3|$4.00", "Lamp|7|$30.00")
    + "<p>Price includes tax.</p>"
)
PRODUCT = """<div style="display: flex; gap: 40px"><div style="width: 180px"><b>Filter</b>
<p>Max. price<br><input type=range> € 400</p></div><div><h1>Dome tent</h1>
<p style="font-size: 26px"><s style="color: #666">€ 149.00</s> &nbsp; € 119.00</p>
<p>Basket: € 12.00</p><p>Free shipping from € 50.00</p></div></div>"""
SHELF = "<div style='display: flex; gap: 16px'>" + "".join(
    f"<div style='border: 1px solid #ccc; padding: 12px; width: 180px'><h3>{name}</h3>"
    f"<p>{price}</p></div>"
    for name, price in (("Dome tent", "€ 119.00"), ("Tarp", "€ 39.00"), ("Stove", ""))
)
PLACE = (
    "<style>dl { display: grid; grid-template-columns: 100px 1fr; font: 15px serif; gap: 12px }"
    "dt { color: #5b5b56 } dd { margin: 0; font-weight: bold }</style><h2>South office</h2><dl>"
    + "".join(
        f"<dt>{name}</dt><dd>{value}</dd>"
        for name, value in (("Caretaker", "Ottilie Costa"), ("Locker", "9494"), ("Gate", "17"))
    )
    + "</dl>"
)
OFFER = (
    "<style>dl { display: grid; grid-template-columns: 90px 1fr; font: 15px serif; gap: 12px;"
    "align-items: baseline } dt { color: #5b5b56 } dd { margin: 0; font-weight: bold }</style><dl>"
    "<dt>Price</dt><dd style='font-size: 25px'>$18.50</dd>"
    "<dt>Delivery</dt><dd>two working days</dd></dl>"
    "<div style='display: grid; grid-template-columns: 240px 1fr; gap: 12px; font: 15px serif'>"
    "<b>Colour</b><b>Quantity</b><span>Yellow</span><span>1</span></div>"
)
YEARS = table("Region|2023", "North|41", "South|57")
DUE = """<p style="font: bold 16px DejaVu Sans; display: flex; gap: 150px; margin: 0 0.3px">
<span>To be paid</span><span>$5,097.60</span></p>"""
ERROR = """<label>E-mail<br><input value=anna style="padding: 6px; width: 220px"></label>
<p style="color: #b00">This is no address.</p><p>We send nothing else.</p>"""


@pytest.mark.one_in(8)
@pytest.mark.parametrize(
    ("page", "goal", "answer"),
    [
        (RIVERS, 'tell me the "Discharge" of "Elbe"', "870"),
        (RIVERS, 'tell me the "Length" of "Rhine"', "1,233"),
        (RIVERS, 'tell me the first "Length (km)"', "2,850"),
        (RIVERS, 'tell me the last "River"', "Elbe"),
        (RIVERS, 'tell me the "Discharge" of the second row', "2,900"),
        (RIVERS, 'tell me the "River" of the second row', "Rhine"),
        (CARDS, 'tell me the "Error rate"', "0.42 %"),
        (CARDS, 'tell me the "p95 latency"', "312 ms"),
        (TRENDS, 'tell me the "Error rate"', "0.42 %"),
        (TRENDS, 'tell me the "Active users"', "12,480"),
        (FIGURES, 'tell me the "Countries"', "37"),
        (FIGURES, 'tell me the "Members"', "12,480"),
        (PROFILE, 'tell me the "Posts"', "48"),
        (PROFILE, 'tell me the "Followers"', "1.2k"),
        (RULED, 'tell me the "Total"', "€ 55.90"),
        (RULED, 'tell me the "Paid by"', "Invoice"),
        (CONTACT, 'tell me the "Address"', "Harbour Street 12 2nd floor 20457 Hamburg"),
        (CONTACT, 'tell me the "Phone"', "+49 40 1234"),
        (CONTACT, 'tell me the "Seller"', "Acme Ltd."),
        (CONTACT, 'tell me the "Closes"', "3 p.m."),
        (
            PARAGRAPH,
            'tell me the "default"',
            "typically 128 megabytes (128MB), but might be less if the settings of your kernel "
            "will not support it",
        ),
        (LETTER, 'tell me the "claim number"', "HC-1199"),
        (LETTER, 'tell me the "seller"', "Acme Ltd."),
        (LETTER, 'tell me the "Total"', "€ 12.50"),
        (COUNTS, 'tell me the "items left"', "3"),
        (FACTS, 'tell me the "Default"', "5 min"),
        (PAIRS, 'tell me the "Weight"', "1.6 kg"),
        (DEPOTS, 'tell me the "Address" of "South"', "Quay 9 Dover"),
        (DEPOTS, 'tell me the last "Address"', "Quay 9 Dover"),
        (DEPOTS, 'tell me the "Opens" of "North"', "7 a.m."),
        (SALES, 'tell me the "Q2" of "South"', "22"),
        (WEATHER, 'tell me the "Sun" of "Crewe"', "3"),
        (GOODS, 'tell me the "Price" of "Lamp"', "$30.00"),
        (PRODUCT, "tell me the price", "€ 119.00"),
        (SHELF, 'tell me the price of "Tarp"', "€ 39.00"),
        (PLACE, 'tell me the "Caretaker"', "Ottilie Costa"),
        (OFFER, 'tell me the "Price"', "$18.50"),
        (YEARS, 'tell me the "2023" of "South"', "57"),
        (DUE, 'tell me the "To be paid"', "$5,097.60"),
    ],
)
async def test_the_value_that_is_meant_is_read(read, page, goal, answer):
    run = await read(page, goal)
    assert run.answer == answer, run.reason


@pytest.mark.one_in(4)
@pytest.mark.parametrize(
    ("page", "goal", "said"),
    [
        (RIVERS, 'tell me the "Discharge" of "Vistula"', ['not "Vistula"', '"Danube"', '"Elbe"']),
        (RIVERS, 'tell me the "Depth" of "Elbe"', ['no "Depth"', '"Length (km)"']),
        (RIVERS, 'tell me the "Discharge (m³/s)"', ["6,450", "2,900"]),
        (RIVERS, 'tell me the "Rhine"', ["1,233", "2,900"]),
        (YEARS, 'tell me the "Region"', ["North", "South"]),
        (CARDS, 'tell me the "Error range"', ["Error rate"]),
        (BOARD, 'tell me the "Doing"', ["Sow peas", "Mend fence"]),
        (COUNTS, 'tell me the "Introduction"', ["1 Introduction"]),
        (COUNTS, 'tell me the "items"', ["items left"]),
        (WEATHER, 'tell me the "Rain" of "Ayr"', ["61", "99"]),
        (SALES, 'tell me the "Q1" of "North"', ["11", "13"]),
        (table("Name|Price|Stock", "Mug||3", "Lamp|$4.00|7"), 'tell me the "Price" of "Mug"',
         ["nothing stands where they meet"]),
        (SHELF, "tell me the price", ["119.00", "39.00"]),
        (SHELF, 'tell me the price of "Stove"', ["no price that is its own"]),
        ("<h2>No tents</h2><p>Max. price<br><input type=range> € 400</p>", "tell me the price",
         ["€ 400"]),
        ("<p>Total items: 3</p><p>Grand total: € 9.00</p>", 'tell me the "Total"',
         ["Total items"]),
    ],
)  # fmt: skip
async def test_what_is_not_there_or_not_clear_is_refused(read, page, goal, said):
    run = await read(page, goal)
    assert run.answer is None
    for part in said:
        assert part in str(run.reason)


async def test_the_text_below_a_label_is_the_next_one_under_it(read):
    run = await read(ERROR, 'tell me the text below "E-mail"')
    assert run.answer == "anna"
