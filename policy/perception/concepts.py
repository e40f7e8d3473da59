"""Icon vocabulary: what icons show, and the words by which people ask for them.

A concept is named by its first word; the others are further names of what the icon does or
depicts. `meaning` turns a phrase ('Toggle navigation menu') into the concepts it may ask for.
"""

import re
from functools import cache

_CONCEPTS = """
search: magnifier, find, lookup, query, magnifying glass, quick search, site search
menu: hamburger, navigation, nav, bars, main menu, navigation menu, site navigation, drawer,
 burger, offcanvas, side menu, sidebar
close: dismiss, x, exit, cancel, cross, clear, reset, hide message, remove, hide
settings: gear, cog, preferences, options, configuration, configure, setup, customizer,
 configurator, toolbox
sliders: adjust, tune, controls, equalizer, customize
filter: funnel, refine
delete: trash, bin, remove, garbage, erase, discard
edit: pencil, pen, modify, write, rename, compose, suggest edit, improve, modify text
home: house, homepage, start page, main page, front page, logo, brand, home page
copy: clipboard, duplicate, copy code, copy to clipboard, copy path
paste: clipboard paste
download: save as, export, pdf, get file, save file
upload: import, publish, choose file, add file
github: git repository, repository, source repository, source code, octocat, repo, fork
gitlab: repository
bitbucket: repository
twitter: tweet, x
mastodon: fosstodon, fediverse
discord: chat server
slack: workspace
youtube: video channel
facebook: fb
linkedin: network
instagram: insta
reddit: subreddit
telegram: channel
gitter: chat
matrix: chat
python: pypi
stackoverflow: stack overflow
docker: container image
google: google account
apple: mac
windows: microsoft
android: mobile app
rss: feed, atom, subscribe, news feed
theme: dark mode, light mode, dark theme, light theme, color scheme, color theme, contrast, sun,
 moon, brightness, appearance, night mode, palette, paintbrush, color mode, auto light, light
 dark, colour scheme, colour theme, style switcher, light, dark
left: previous, back, arrow left, prev, go back, previous page, previous chapter, older, rewind,
 earlier, previous result, previous match
right: next, forward, arrow right, next page, next chapter, newer, continue, submit, go, later,
 next result, next match
up: top, scroll to top, back to top, arrow up, scroll up, collapse, parent, go to top, scroll top,
 jump to top, previous result, previous match, previous change
down: arrow down, scroll down, expand, show more, dropdown, open list, toggle dropdown, open menu,
 more options, next result, next match, next change
external: open in new tab, new window, launch, open external, pop out, popout, popup window
link: permalink, chain, anchor, url, headerlink, link to this heading, heading link, hyperlink
fullscreen: expand view, maximize, enlarge, full screen, fullsize, full size, maximise
minimize: exit fullscreen, shrink, restore
plus: add, new, create, increase, more, insert, expand section, zoom in
minus: decrease, less, subtract, collapse section, zoom out, horizontal line, horizontal rule,
 divider, separator
check: done, ok, confirm, accept, tick, complete, apply, mark, select
info: information, about, details, attribution, attributions, more information
help: question, faq, support, assistance
warning: alert, caution, attention, report problem
user: person, account, profile, avatar, my account, sign in, user menu, login, log in, sign up,
 user image, admin, customer account
users: people, group, team, contributors, members, contacts, community
mail: envelope, email, message, contact, inbox, newsletter, mails, mailbox, e mail
phone: call, telephone
mobile: smartphone, phone view
calendar: date, schedule, date picker, event
clock: time, recent, watch
history: recent changes, previous versions, restore, revisions, version history, version control,
 revision history
bell: notification, notifications, alerts, alarm, notification center, reminders
heart: like, favourite, favorite, love, wishlist, sponsor, donate
star: favourite, favorite, rate, rating
bookmark: save for later, read later
flag: report, country, language, region
tag: label, price tag, category, tags
pin: location, map marker, place, map, address, find my location, my location, locate me
globe: language, world, web, website, site, internet, translate, locale, languages, choose
 language, select language, language switcher, regions
translate: language, translation, languages, change language
cart: shopping cart, basket, bag, checkout, shopping bag, shopping basket, mini cart
eye: view, show, preview, visible, show password, view source, see, view page, watch
eyeoff: hide, hidden, invisible, hide password
lock: secure, private, password, security
unlock: open lock
key: password key, access, api key
shield: protection, security, privacy
login: sign in, log in, enter
logout: sign out, log out, leave, power off
power: shut down, turn off, on off
share: social sharing, share page
send: paper plane, submit message
reply: answer, respond
attach: paperclip, attachment, attach file
play: start, run, execute, try, launch binder
pause: hold, stop playing
stop: halt, end
skipnext: next track, fast forward
skipprevious: previous track, rewind
volume: sound, speaker, audio, unmute, mute, toggle mute
mute: sound off, unmute
mic: microphone, voice, record, voice search
camera: photo, take picture, screenshot
video: film, movie, media, insert media, videos
image: picture, photo, gallery, insert image, images, pictures
music: song, audio
refresh: reload, sync, update, retry, rotate, again, reset, rotate right, reset zoom
undo: revert, step back, rotate left, rotate counterclockwise
redo: step forward, rotate right, rotate clockwise
print: printer, print page
save: floppy, disk, store
file: document, page, paper, page source, show source
folder: directory, browse files
book: documentation, docs, read, manual, guide, library, reading mode
news: newspaper, blog, article
code: source, embed, view code, developer, api, html, code block, view source, code view, change
 mode
terminal: console, shell, command line, command prompt
database: data
server: hosting
bug: issue, report bug, open issue
lightbulb: idea, tip, hint, suggestion
grid: apps, tiles, thumbnails, grid view, app launcher, modules
list: table of contents, contents, toc, outline, list view, bullets, summary, index, on this page,
 bulleted list, unordered list, bullet list
table: spreadsheet, columns
more: ellipsis, overflow, options, kebab, actions, dots, more options, three dots, menu,
 additional, further, extra
drag: handle, grip, reorder, move
sort: order, sort by, ascending, descending
chart: graph, statistics, analytics, reports, stats
dashboard: speedometer, overview
zoomin: zoom in, magnify, enlarge, actual size, original size
zoomout: zoom out, reduce
sidebar: toggle sidebar, panel, side panel, hide sidebar, show sidebar, collapse sidebar, layout,
 toggle layout
cloud: online storage
card: credit card, payment, pay, billing
money: dollar, price, currency
gift: present
truck: delivery, shipping
package: box, product, archive, module
store: shop, market
thumbup: like, upvote, helpful, yes
thumbdown: dislike, downvote, not helpful, no
comment: chat, message, discussion, speech bubble, feedback, conversation, forum, live chat
quote: quotation, cite, block quote, blockquote
bold: strong text, strong
italic: emphasis
underline: underlined text
scissors: cut
rocket: launch, deploy
magic: ai, sparkles, wand, assistant, style, ai assistant
keyboard: shortcuts, keyboard shortcuts
graduation: learn, education, course, academy
fire: hot, trending, popular
building: company, organization, office
bolt: lightning, fast, quick, flash
inbox: archive tray
alignleft: align left, left aligned, align text left, align, alignment, left align
aligncenter: align center, align centre, centre, center, centered
alignright: align right, right aligned, align text right
numbered: numbered list, ordered list
strikethrough: strike through, crossed out text, strike
heading: headline, heading level, paragraph format, headings
crop: crop picture, trim
layers: stack, levels, map layers
wifi: wireless, wireless network, signal
battery: charge level
bluetooth: wireless device
headphones: headset, earphones
map: atlas, maps
compass: explore, direction, north, reset bearing, reset rotation, rotate north
coffee: cup, mug, cafe, buy me a coffee
percent: per cent, percentage, discount
calculator: calculate
trophy: award, awards, cup winner, prize
target: bullseye, goal, aim, find my location, my location, locate me, geolocate, current location
monitor: desktop, computer screen, screen, system, auto
laptop: notebook computer
tablet: tablet computer
tv: television, television set
mouse: computer mouse
text: insert text, letters, font, typography, font size, font family, font name, text color, font
 color, text colour
columns: side by side, arrange in columns
piechart: pie chart
activity: pulse, heartbeat
shuffle: random order, mix
repeat: loop
move: move it, four arrows, pan
brush: paintbrush, paint, paint format, format painter, copy formatting, background color, color,
 colour
droplet: drop, water, opacity, background color, fill color, color, colour, fill
eraser: rub out, rubber, clear formatting, remove format, remove formatting, clear format
ruler: measure, dimensions
square: rectangle
circle: ring, ellipse
triangle: three corners
plane: aeroplane, airplane, flight, flights, airport
car: automobile, drive
bus: coach
train: railway, tram
bike: bicycle, cycling
walk: pedestrian, on foot, walking
bed: hotel, sleep
restaurant: cutlery, knife and fork, food, dining
thermometer: temperature
wind: breeze
snow: snowflake, winter, freeze
rain: rainy, rain cloud
umbrella: parasol
leaf: plant, nature, eco
paw: pets, animal
wrench: spanner, repair, tools, tool
plug: power plug, electricity
shirt: clothes, clothing, t shirt
watch: wrist watch, wristwatch, smartwatch
ticket: admission
briefcase: work, jobs, business, portfolio
idcard: identity card, badge, id card
fingerprint: touch id, biometrics
qrcode: qr code, qr, scan code
barcode: bar code
calendarplus: add event, new event, add to calendar
userplus: add user, add person, invite, add friend
folderplus: new folder, add folder, make folder
fileplus: new file, add file, new document
archive: archive box, store away
anchor: harbour
hash: hash sign, hashtag, number sign
at: at sign, mention
smile: smiley, emoji, happy face, emoticon, emoticons, emojis, insert emoji
emojisad: sad face, frown
merge: merge branches
branch: git branch, branches
commit: git commit
split: split arrows, fork in the road
puzzle: extension, extensions, piece of a puzzle, plugin, plugins
cpu: processor, chip
gamepad: game, games, game controller
megaphone: announce, announcement, announcements, bullhorn
lifebuoy: life ring, rescue
record: start recording
airplay: cast, cast screen, screen cast
pipette: eyedropper, color picker, pick color
lasso: lasso selection
hand: palm, pan tool
pointer: mouse pointer, cursor
indent: increase indent, indent more
outdent: decrease indent, unindent, dedent, indent less
superscript: raised text
subscript: lowered text
alignjustify: justify, align justify, justified, full justify
accessibility: accessible, universal access, disability, wheelchair, accessibility options,
 accessibility menu
captions: closed captions, subtitles, subtitle, cc, caption
pip: picture in picture
pilcrow: paragraph mark, paragraph, show blocks, show formatting
highlighter: highlight, highlight color, marker, text background, background color
unformat: clear formatting, remove format, remove formatting, clear format, remove font style,
 clear style, remove style, plain text
"""


def _parse() -> dict[str, tuple[str, ...]]:
    lines = (line.partition(":") for line in _CONCEPTS.strip().replace("\n ", " ").splitlines())
    return {
        name: (name, *(word.strip() for word in words.split(",") if word.strip()))
        for name, _, words in lines
    }


CONCEPTS: dict[str, tuple[str, ...]] = _parse()
"""Each concept's names, its own first."""

_IDLE = frozenset(
    [
        "a",
        "an",
        "the",
        "this",
        "that",
        "these",
        "to",
        "of",
        "for",
        "in",
        "on",
        "at",
        "by",
        "with",
        "from",
        "and",
        "or",
        "your",
        "my",
        "our",
        "its",
        "it",
        "as",
        "is",
        "icon",
        "icons",
        "button",
        "symbol",
        "link",
        "here",
        "please",
        "click",
        "press",
        "tap",
        "hit",
        "open",
        "toggle",
        "show",
        "display",
        "view",
        "use",
        "go",
        "access",
        "insert",
        "page",
        "site",
        "window",
        "dialog",
        "change",
        "switch",
        "select",
        "choose",
        "visit",
        "activate",
        "get",
    ]
)
"""Words that say little about which icon is meant; they count where nothing else is said."""

_SHORTCUT = re.compile(
    r"\s*[<(\[]\s*(?:(?:ctrl|control|shift|alt|cmd|command|option|meta|[⌘⇧⌥])\s*\+?\s*)+[^\s>)\]]*[>)\]]",
    re.IGNORECASE,
)
"""The keys that a tooltip names beside what a button does: 'Undo (Ctrl+Z)'."""


def stem(word: str) -> str:
    """A word without plural and verb endings, roughly: `messages`, `message` and `messaging`."""
    if word.endswith("ies") and len(word) > 5:
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        word = word[:-1]
    for ending in ("ing", "ed", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


@cache
def _idle() -> frozenset[str]:
    """The stems of the words that say little."""
    return frozenset(map(stem, _IDLE))


@cache
def words(phrase: str) -> tuple[str, ...]:
    """The stems of a phrase's words, lower case."""
    return tuple(stem(word) for word in re.findall(r"[a-z0-9]+", phrase.casefold()))


@cache
def meaning(phrase: str) -> dict[str, float]:
    """How well each concept fits a phrase, 0 to 1; those that do not fit at all are left out.

    1: the phrase is one of its names; less where the phrase says more than the name does.
    """
    said = words(_SHORTCUT.sub("", phrase) or phrase)
    idle_words = _idle()
    telling = [word for word in said if word not in idle_words] or list(said)
    fits: dict[str, float] = {}
    for concept, names in CONCEPTS.items():
        best = 0.0
        for place, name in enumerate(names):
            needed = words(name)
            if not all(word in said for word in needed):
                continue
            idle = all(word in idle_words for word in needed)
            covered = sum(word in needed for word in telling) / max(1, len(telling))
            fit = (0.45 if idle and telling != list(needed) else 0.7) + 0.3 * covered
            best = max(best, fit - 0.004 * place)
        if best:
            fits[concept] = best
    return fits
