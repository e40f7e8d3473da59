"""Rebuild `policy/perception/icons.npz`: small masks of icons from open sets, by concept.

    python tools/build_icons.py [--cache data/icons] [--out policy/perception/icons.npz]

Fetches the sets with `npm pack`, renders the icons whose file names are listed here for a concept
of `vigorl.policy.perception.concepts` with Chromium, brings each to the grid of
`vigorl.policy.perception.icons`, and leaves out those that hardly differ from another of the same
concept. Licences of the sets: `policy/perception/ICONS.md`.
"""

import argparse
import asyncio
import base64
import io
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.async_api import async_playwright

from vigorl.policy.perception.concepts import CONCEPTS
from vigorl.policy.perception.icons import describe, fitted

SETS = {
    "lucide": ("lucide-static@1.62.0", "icons/*.svg"),
    "bootstrap": ("bootstrap-icons@1.13.2", "icons/*.svg"),
    "feather": ("feather-icons@4.29.2", "dist/icons/*.svg"),
    "octicons": ("@primer/octicons@19.42.0", "build/svg/*-24.svg"),
    "octicons16": ("@primer/octicons@19.42.0", "build/svg/*-16.svg"),
    "tabler": ("@tabler/icons@3.51.0", "icons/outline/*.svg"),
    "tablerfilled": ("@tabler/icons@3.51.0", "icons/filled/*.svg"),
    "fontawesome": ("@fortawesome/fontawesome-free@7.3.1", "svgs/*/*.svg"),
    "materialfilled": ("@material-design-icons/svg@0.14.15", "filled/*.svg"),
    "materialoutlined": ("@material-design-icons/svg@0.14.15", "outlined/*.svg"),
    "mdi": ("@mdi/svg@7.4.47", "svg/*.svg"),
    "ionicons": ("ionicons@8.1.0", "dist/svg/*.svg"),
    "heroicons": ("heroicons@2.2.0", "24/*/*.svg"),
    "carbon": ("@carbon/icons@11.89.0", "svg/32/*.svg"),
    "remix": ("remixicon@4.9.1", "icons/*/*.svg"),
    "boxicons": ("boxicons@2.1.4", "svg/*/*.svg"),
    "lineawesome": ("line-awesome@1.3.0", "svg/*.svg"),
    "simpleline": ("simple-line-icons@2.5.5", "src/svgs/*.svg"),
    "openiconic": ("open-iconic@1.1.1", "svg/*.svg"),
    "eva": ("eva-icons@1.1.3", "*/svg/*.svg"),
    "codicons": ("@vscode/codicons@0.0.45", "src/icons/*.svg"),
}
"""Package and pattern of each set."""
SPRITE = ("furo==2025.12.19", "furo/theme/furo/partials/icons.html")
"""A Sphinx theme with icons of its own: package on PyPI, and file of `<symbol id=…>` in it."""
FONT = ("font-awesome@4.7.0", "fonts/fontawesome-webfont.woff2", "scss/_variables.scss")

STEMS = """
search: search magnify magnifying-glass search-line
menu: svg-menu menu bars list menu-2 three-bars reorder menu-line menu-outline menu-fill bars-3
 navicon
close: x close xmark times x-lg close-line x-mark close-outline multiply cancel x-circle
  circle-x circle-xmark close-circle close-circle-line xmark-circle times-circle x-circle-fill
  close-circle-outline error
settings: settings gear cog settings-outline gear-fill cog-6-tooth cog-outline settings-line
  settings-2 cog-8-tooth settings-3-line settings-gear
sliders: sliders adjustments tune equalizer sliders-horizontal adjustments-horizontal options
  options-outline sliders-h settings--adjust
filter: filter funnel filter-outline filter-line filter_alt funnel-outline filter-variant
  filter_list filter-left
delete: trash trash-2 delete trash-can delete-bin-line delete-outline trash-outline trash--can
  delete-bin-fill trash-fill trash-o trashcan delete-bin-6-line
edit: edit pencil pen edit-2 square-pen pencil-square pen-to-square pencil-line pencil-outline
  create create-outline edit-line edit-3 pencil-fill pen-square edit-box-line pencil-square-o
  file-edit file-edit-outline file-pen file-pen-line file-document-edit edit_document
  pencil-outline notebook-edit note-pencil edit_note svg-pencil
home: home house home-outline home-line house-fill home-4-line house-door home-filled home-fill
  home-variant house-door-fill
copy: copy content-copy clipboard content_copy files copy-outline file-copy-line clipboard-outline
  clipboard-line clipboard-copy clipboard-arrow-left clipboard-text document-duplicate
 square-2-stack copy-line square-on-square clone paste
paste: clipboard-paste content_paste content-paste
download: download file-download file_download download-line download-outline arrow-down-tray
  cloud-download save-alt save_alt download-2-line cloud-arrow-down download-cloud cloud_download
upload: upload file-upload file_upload upload-line arrow-up-tray cloud-upload cloud_upload
github: github mark-github logo-github github-fill github-line brand-github square-github
  github-alt logo--github github-square github-box
gitlab: gitlab logo-gitlab gitlab-fill brand-gitlab logo--gitlab
bitbucket: bitbucket logo-bitbucket brand-bitbucket
twitter: twitter twitter-x logo-twitter x-twitter brand-twitter brand-x logo-x logo--x
  twitter-x-fill twitter-fill square-x-twitter logo--twitter square-twitter twitter-square
  twitter-box
mastodon: mastodon logo-mastodon mastodon-line mastodon-fill brand-mastodon
discord: discord logo-discord discord-fill brand-discord logo--discord
slack: slack logo-slack slack-fill brand-slack logo--slack
youtube: youtube logo-youtube youtube-fill brand-youtube youtube-line logo--youtube youtube-play
facebook: facebook logo-facebook facebook-fill brand-facebook facebook-f logo--facebook
  square-facebook facebook-square
linkedin: linkedin logo-linkedin linkedin-fill brand-linkedin linkedin-in logo--linkedin
  linkedin-box-fill square-linkedin linkedin-square
instagram: instagram logo-instagram instagram-line brand-instagram logo--instagram
reddit: reddit logo-reddit reddit-fill brand-reddit reddit-alien reddit-line
telegram: telegram paper-plane-tilt telegram-fill brand-telegram telegram-line
gitter: gitter
matrix: matrix matrix-fill brand-matrix
python: python logo-python language-python brand-python logo--python
stackoverflow: stack-overflow brand-stackoverflow stack-overflow-fill logo-stackoverflow
docker: docker logo-docker brand-docker
google: google logo-google google-fill brand-google
apple: apple logo-apple apple-fill brand-apple
windows: windows microsoft logo-windows microsoft-windows brand-windows
android: android logo-android brand-android
rss: rss rss-line logo-rss rss_feed rss-fill
theme: sun moon contrast sun-moon circle-half circle-half-stroke adjust brightness-high sunny
  theme-light-dark light_mode dark_mode brightness-4 brightness-5 brightness-6 brightness-7
  brightness-auto brightness_4 brightness_medium paint-brush paintbrush palette moon-stars
  weather-night weather-sunny white-balance-sunny sun-fill moon-fill contrast-2 contrast-outline
  sunny-outline moon-outline sun-line moon-line moon-clear-line asleep awake sun-o moon-o
  brightness-down brightness-up invert_colors color-palette swatch color-mode
  svg-sun svg-moon svg-sun-with-moon svg-moon-with-sun svg-sun-half
left: arrow-left chevron-left angle-left caret-left arrow_back arrow-back chevron_left
  chevron-back arrow-left-line arrow-left-s-line arrow--left arrow-left-short navigate_before
  arrow-left-circle angles-left chevrons-left chevron-double-left arrow_back_ios long-arrow-left
  caret-back circle-arrow-left circle-chevron-left caret-left-fill
right: svg-arrow-right arrow-right chevron-right angle-right caret-right arrow_forward
 arrow-forward chevron_right
  chevron-forward arrow-right-line arrow-right-s-line arrow--right arrow-right-short navigate_next
  arrow-right-circle angles-right chevrons-right chevron-double-right arrow_forward_ios
  long-arrow-right caret-forward circle-arrow-right circle-chevron-right caret-right-fill
up: arrow-up chevron-up angle-up caret-up arrow_upward expand_less keyboard_arrow_up
  arrow-up-line arrow-up-s-line arrow--up arrow-up-circle angles-up chevrons-up chevron-double-up
  arrow-up-short vertical_align_top align-top circle-arrow-up caret-up-fill circle-chevron-up
down: arrow-down chevron-down angle-down caret-down arrow_downward expand_more keyboard_arrow_down
  arrow-down-line arrow-down-s-line arrow--down arrow-down-circle angles-down chevrons-down
  chevron-double-down caret-down-fill arrow-down-short circle-chevron-down
external: external-link arrow-up-right-from-square box-arrow-up-right open-in-new open_in_new
  launch link-external external-link-line arrow-top-right-on-square up-right-from-square
  open-outline arrow-up-right-square square-arrow-out-up-right arrow-square-out
link: link link-2 link-45deg chain link-variant insert_link link-outline link-m link-simple
  paperclip-2 links-line
fullscreen: fullscreen maximize expand arrows-fullscreen arrows-angle-expand maximize-2
  fullscreen-line expand-outline screen-full arrows-pointing-out open_in_full arrows-maximize
  arrows-alt resize-full
minimize: fullscreen-exit minimize minimize-2 compress fullscreen_exit arrows-minimize
  fullscreen-exit-line screen-normal contract-outline close_fullscreen arrows-pointing-in
plus: plus add plus-lg plus-circle add-circle circle-plus add-line add-outline add_circle
  add_circle_outline plus-square square-plus add--alt plus-box plus-square-o
minus: minus dash dash-lg minus-circle circle-minus subtract subtract-line
  do_not_disturb_on minus-square square-minus minus-box
check: check checkmark done check-lg check-line check-circle circle-check checkmark-circle
  check_circle checkmark-outline check-bold
info: info information info-circle circle-info info-circle-fill information-circle
  information-outline info_outline information-line info-outline
help: help help-circle question-circle question-mark circle-question question-line help_outline
  question question-mark-circle help-circle-outline help-outline circle-help
warning: warning alert-triangle triangle-alert exclamation-triangle alert warning-outline
  triangle-exclamation alert-outline error-warning-line report_problem
user: user person account user-circle account-circle circle-user person-circle account_circle
  user-line person-outline user-outline account-outline user-alt user-o person-fill user-3-line
users: users people group account-group user-group users-round team-line people-outline
  user-multiple account-multiple groups group-line
mail: mail envelope email mail-outline mail-line envelope-fill email-outline envelope-o mail-fill
phone: phone telephone call phone-line call-outline phone-fill phone-outline telephone-fill
mobile: smartphone phone-portrait mobile device-mobile mobile-screen cellphone smartphone-line
calendar: calendar calendar-days calendar-event calendar-outline calendar-line calendar_today
  calendar-month calendar-alt event
clock: clock time clock-outline time-outline time-line access_time schedule clock-fill clock-o
history: history clock-counter-clockwise clock-history time-past clock-rotate-left history-line
bell: bell notifications bell-outline notification notification-line bell-fill
 notification-outline
  notification-3-line notifications_none
heart: heart favorite heart-outline heart-line heart-fill favorite_border heart-o heart-3-line
star: star star-outline star-line star-fill star_border star-o grade
bookmark: bookmark bookmark-outline bookmark-line bookmark-fill bookmark_border bookmark-o
flag: flag flag-outline flag-line flag-fill flag-o
tag: tag tags price-tag label pricetag tag-outline price-tag-3-line local_offer sell
pin: map-pin pin location-pin location_on location map-marker geo-alt location-dot place
  location-outline geo-alt-fill map-pin-line location-marker
globe: globe globe-2 earth world language public globe-outline globe-line globe-americas web
  earth-line global-line globe-alt
translate: translate languages language translate-2 translate-variant translation g_translate
cart: shopping-cart cart shopping-bag basket shopping_cart cart-outline shopping-cart-line
  shopping--cart shopping-basket bag cart-shopping bag-shopping cart3
eye: eye visibility view eye-outline eye-line eye-fill preview remove_red_eye file-eye
  file-eye-outline svg-eye
eyeoff: eye-off eye-slash visibility-off visibility_off eye-off-outline eye-off-line view--off
lock: lock lock-closed lock-outline lock-line lock-fill locked lock-closed-outline
unlock: unlock lock-open lock_open lock-open-outline lock-unlock-line unlocked
key: key key-outline key-fill key-line vpn_key
shield: shield shield-outline shield-check shield-line security shield-checkmark shield-halved
login: log-in login login-line box-arrow-in-right sign-in arrow-right-to-bracket sign-in-alt
  log-in-outline arrow-left-end-on-rectangle arrow-right-end-on-rectangle
logout: log-out logout logout-line box-arrow-right sign-out arrow-right-from-bracket
  log-out-outline arrow-right-start-on-rectangle arrow-right-on-rectangle
power: power power-off power_settings_new power-outline
share: share share-2 share-nodes share-variant share-line share-alt share-social share-fill
  share-outline ios_share share-forward-line
send: send paper-plane paper-airplane send-outline send-plane-line send-fill send-plane-fill
reply: reply reply-outline reply-line corner-up-left reply-fill arrow-bend-up-left
attach: paperclip attachment attach attach_file attachment-line paper-clip attach-outline
play: play play-circle play-fill play_arrow play-outline play-line play-circle-fill triangle-right
pause: pause pause-circle pause-fill pause-line
stop: stop stop-circle stop-fill square-fill
skipnext: skip-forward skip-next skip_next skip-end fast-forward forward-step fast_forward
skipprevious: skip-back skip-previous skip_previous skip-start rewind backward-step fast_rewind
volume: volume-2 volume-up volume-high volume_up volume-high-outline speaker-wave volume-up-fill
mute: volume-x volume-off volume_off volume-mute speaker-x-mark volume-mute-fill volume-xmark
mic: mic microphone mic-outline mic-line mic-fill microphone-outline
camera: camera camera-outline photo_camera camera-line camera-fill camera_alt
video: video videocam video-camera camera-video movie video-line film videocam-outline
image: image photo picture image-outline image-line insert_photo card-image photograph
music: music music-note music-note-beamed music_note musical-notes audiotrack
refresh: refresh-cw refresh rotate-cw sync arrow-clockwise reload arrow-path refresh-line renew
  arrows-rotate refresh-outline arrow-repeat rotate-right autorenew cached loop
undo: undo rotate-ccw arrow-counterclockwise undo-2 arrow-uturn-left arrow-go-back-line
  rotate-left arrow-rotate-left arrow-back-up
redo: redo redo-2 arrow-uturn-right arrow-go-forward-line arrow-forward-up
print: printer print printer-fill printer-line print-outline printer-outline
save: save floppy-disk floppy content-save device-floppy save-line save-outline floppy-o
file: file document file-text file-earmark file-document insert_drive_file description article
  file-line file-alt document-text file-lines file-outline document-outline file-earmark-text
  document-text-outline file-text-line
folder: folder folder-outline folder-line folder-fill folder-open folder-open-line folder_open
book: book book-open book-outline book-line menu_book import_contacts book-half book-open-variant
  bookshelf library local_library auto_stories book-2-line book-open-line
news: newspaper news newspaper-outline newspaper-line article-ny-times
code: code code-slash code-tags code-xml code-s-slash-line code-bracket code-outline xml brackets
terminal: terminal console terminal-line terminal-outline command-line terminal-fill
 square-terminal
database: database server-stack database-line database-outline storage data-base db
server: server servers hdd-stack dns server-line server-outline
bug: bug bug-outline bug-line bug_report bug-fill ladybug debug
lightbulb: lightbulb bulb lightbulb-outline bulb-outline lightbulb-line idea light-bulb
 tips_and_updates
grid: grid apps grid-3x3-gap grid-fill view-grid squares-2x2 dashboard-line layout-grid
 apps-outline
  grid-outline th th-large grid-3x3-gap-fill view_module
list: list-ul list-bulleted list format_list_bulleted list-unordered format-list-bulleted toc
  list-outline list-check table-of-contents list-tree list-details list-bullet table-properties
 svg-toc
table: table table-outline table-line table-large table_chart table-cells
more: more-horizontal more-vertical ellipsis ellipsis-h ellipsis-v ellipsis-vertical
  three-dots three-dots-vertical dots dots-vertical dots-horizontal more_vert more_horiz
  kebab-horizontal more-fill more-2-fill overflow-menu--vertical overflow-menu--horizontal
  ellipsis-horizontal
drag: grip-vertical grip-horizontal drag drag_indicator grabber drag-vertical draggable
  grip-dots-vertical
sort: sort arrow-up-down arrows-sort sort-variant swap_vert arrow-down-up arrows-up-down
  sort-down-alt sort-ascending chevron-expand unfold_more chevron-up-down selector
 chevrons-up-down
chart: bar-chart bar-chart-2 chart-bar bar_chart graph chart-line stats-chart chart-line-variant
  bar-chart-line trending-up pie-chart chart-column chart-pie line-chart show_chart
dashboard: speedometer gauge speedometer2 dashboard tachometer-alt tachometer-fast
zoomin: zoom-in magnify-plus zoom_in zoom-in-line magnifying-glass-plus search-plus
zoomout: zoom-out magnify-minus zoom_out zoom-out-line magnifying-glass-minus search-minus
sidebar: sidebar panel-left layout-sidebar sidebar-left layout-sidebar-inset panel-right
  sidebar-collapse sidebar-expand layout-left-line layout-sidebar-left
cloud: cloud cloud-outline cloud-line cloud-fill
card: credit-card card creditcard credit-card-outline bank-card-line credit_card card-outline
money: dollar-sign currency-dollar attach_money money-dollar-circle-line dollar cash payments
gift: gift gift-outline gift-line card_giftcard
truck: truck truck-outline truck-line local_shipping delivery
package: package box box-3-line archive package-variant cube box-seam inventory_2 cube-outline
store: store shop storefront store-line store-outline
thumbup: thumbs-up thumb-up thumb_up hand-thumbs-up thumb-up-line thumbs-up-outline hand-thumb-up
thumbdown: thumbs-down thumb-down thumb_down hand-thumbs-down thumb-down-line hand-thumb-down
comment: message-square message-circle chat comment comments message chat-left chat-outline
  chat-bubble-left chat_bubble_outline chat-1-line comment-discussion forum comment-outline
quote: quote quote-left format_quote chat-quote double-quotes-l
bold: bold format_bold type-bold format-bold text--bold
italic: italic format_italic type-italic format-italic text--italic
underline: underline format_underlined type-underline format-underline
scissors: scissors cut content-cut content_cut scissors-cut
rocket: rocket rocket-launch rocket-outline rocket-line rocket-takeoff
magic: sparkles wand-2 magic wand-magic-sparkles auto_awesome sparkle-fill auto-fix magic-wand
 stars
keyboard: keyboard keyboard-outline keyboard-line
graduation: graduation-cap school mortarboard academic-cap school-outline graduation-cap-line
fire: fire flame fire-line local_fire_department fire-outline
building: building office-building business building-line apartment building-office
bolt: zap bolt lightning lightning-charge flash flash-outline flashlight-line bolt-lightning
inbox: inbox archive-box inbox-line tray archive-in
"""

MORE = """
alignleft: align-left text-left format_align_left format-align-left text-align-left
 text--align--left bars-3-bottom-left
aligncenter: align-center text-center format_align_center format-align-center text-align-center
 text--align--center
alignright: align-right text-right format_align_right format-align-right text-align-right
 text--align--right bars-3-bottom-right
numbered: list-ordered list-ol list-numbers format_list_numbered format-list-numbered
 list--numbered numbered-list numbered-list-left
strikethrough: strikethrough type-strikethrough format_strikethrough text--strikethrough
 text-strikethrough
heading: heading type-h1 format-header-1 h-1 title text-h h1
crop: crop crop-outline
layers: layers layers-outline square-3-stack-3d stack layer-group
wifi: wifi wifi-high wifi-outline
battery: battery battery-full battery-high battery-100
bluetooth: bluetooth
headphones: headphones headset headphones-simple
map: map map-outline map-trifold
compass: compass explore compass-outline
coffee: coffee cup-hot local_cafe mug-saucer mug-hot cafe-outline coffee-cup cafe
percent: percent percentage
calculator: calculator calculate calculator-outline calculator-variant
trophy: trophy emoji_events trophy-outline
target: target bullseye crosshair track_changes
monitor: monitor display desktop_windows device-desktop computer-desktop desktop screen
 device-desktop
laptop: laptop device-laptop laptop-outline
tablet: tablet device-tablet tablet-portrait
tv: tv device-tv television tv-outline
mouse: mouse mouse-2 computer-mouse
text: type text_fields format-text text text-t letter-case
columns: columns columns-3 view-columns view_column layout-columns
piechart: pie-chart chart-pie pie_chart chart-pie-slice chart--pie
activity: activity pulse heart-pulse waveform
shuffle: shuffle random shuffle-outline
repeat: repeat loop repeat-outline
move: move arrows-move open_with arrows-out-cardinal arrows-up-down-left-right
brush: brush paintbrush brush-fill paint-brush brush-outline edit-pencil design-pencil
droplet: droplet drop water_drop water-outline invert_colors opacity
eraser: eraser
ruler: ruler straighten rulers
square: square square-outline crop_square stop-outline
circle: circle circle-outline radio_button_unchecked
triangle: triangle triangle-outline change_history
plane: plane airplane flight airplane-outline
car: car directions_car car-front car-outline
bus: bus directions_bus bus-outline bus-front
train: train train-front directions_train train-outline
bike: bike bicycle directions_bike bicycle-outline
walk: walk walking directions_walk person-walking
bed: bed hotel bed-outline
restaurant: utensils restaurant fork-knife tools-kitchen-2 silverware-fork-knife
 restaurant-outline cutlery
thermometer: thermometer thermostat thermometer-half thermometer-outline temperature
wind: wind air weather-windy
snow: snowflake snow ac_unit
rain: cloud-rain rainy cloud-rain-heavy weather-rainy rain rainy-outline
umbrella: umbrella beach_access umbrella-outline
leaf: leaf eco leaf-outline
paw: paw paw-print pets paw-outline
wrench: wrench build wrench-outline tool
plug: plug power plug-2 electrical_services power-plug
shirt: shirt t-shirt checkroom tshirt shirt-outline
watch: watch smartwatch watch-outline device-watch
ticket: ticket confirmation_number ticket-outline
briefcase: briefcase work briefcase-outline
idcard: id-card badge person-badge card-account-details identification identification-card
fingerprint: fingerprint finger-print
qrcode: qr-code qrcode qr_code qr-code-outline
barcode: barcode barcode-outline
calendarplus: calendar-plus calendar_plus calendar-add calendar--add
userplus: user-plus person-plus person_add account-plus user--follow person-add-outline add-user
folderplus: folder-plus create_new_folder folder--add folder-add-outline new-folder
fileplus: file-plus note_add file-earmark-plus document-add document-plus new-file
archive: archive archive-outline archive-box
anchor: anchor
hash: hash hashtag numbers tag
at: at at-sign alternate_email at-outline
smile: smile emoji-smile mood emoji-happy face-smile happy-outline smiley emoji
emojisad: frown emoji-frown mood_bad face-frown sad-outline smiley-sad emoji-sad
merge: git-merge merge call_merge git-merge-outline
branch: git-branch branch source-branch git--branch
commit: git-commit commit source-commit git-commit-outline
split: split call_split arrow-split split-horizontal
puzzle: puzzle extension puzzle-piece extension-puzzle-outline extensions
cpu: cpu memory chip processor cpu-chip microchip
gamepad: gamepad gamepad-2 controller sports_esports game-controller-outline game-controller
megaphone: megaphone campaign bullhorn megaphone-outline
lifebuoy: life-buoy lifebuoy support life-ring help-buoy
record: record-circle circle-dot fiber_manual_record radio-button-on record-circle-outline
airplay: cast airplay cast-outline screencast
pipette: pipette eyedropper colorize color-picker eye-dropper eyedropper-outline
lasso: lasso
hand: hand pan_tool hand-stop hand-raised hand-palm
pointer: mouse-pointer cursor pointer near_me cursor-default arrow-pointer navigate-outline
indent: indent format_indent_increase format-indent-increase indent-increase text--indent--more
  right-indent list-indent-increase format-indent-increase
outdent: outdent dedent format_indent_decrease format-indent-decrease indent-decrease unindent
  text--indent--less left-indent list-indent-decrease
superscript: superscript format-superscript text--superscript
subscript: subscript format-subscript text--subscript
alignjustify: align-justify justify format_align_justify format-align-justify text-justify
  align-justified text-align-justify text--align--justify
accessibility: universal-access accessibility accessible accessible-icon wheelchair
  accessibility_new wheelchair-accessibility universal-access-circle
captions: closed_caption closed-captioning captions cc closed-caption badge-cc closed_caption_off
  subtitles closed-captioning
pip: picture-in-picture picture_in_picture pip picture-in-picture-2 picture_in_picture_alt
  picture-in-picture-bottom-right pip-fill picture-in-picture-on
pilcrow: pilcrow paragraph format-pilcrow text-paragraph
highlighter: highlighter highlight format-color-highlight marker mark-pen-line mark-pen-fill
unformat: remove-formatting format_clear format-clear clear-formatting clear-format text-slash
plus: plus-medical plus-large math-plus
search: search-alt search-alt-2 magnifier magnifying-glass
menu: menu-alt-left menu-alt-right menu-left menu-right hamburger bars align-justify-menu menu-arrow
close: window-close close-square
settings: cog settings-2
user: user-circle user-pin person person-circle face account avatar
users: people user-group group
bell: bell bell-ring notification
globe: globe-alt world planet
cart: cart basket shopping-bag shopping-cart cart-alt
left: chevron-left arrow-left left-arrow left-arrow-alt arrow-ios-back arrow-back angle-left
right: chevron-right arrow-right right-arrow right-arrow-alt arrow-ios-forward arrow-forward
  angle-right
down: chevron-down chevron-bottom down-arrow arrow-ios-downward angle-down caret-down caret-bottom
up: chevron-up chevron-top up-arrow arrow-ios-upward angle-up caret-up caret-top
more: dots-vertical dots-horizontal more-vertical more-horizontal ellipses dots-vertical-rounded
  dots-horizontal-rounded options
theme: moon sun contrast brightness half-circle adjust
"""
"""Concepts of pages rather than of pages about software."""

GLYPHS = {
    "menu": "☰≡", "close": "×✕✖✗", "settings": "⚙", "link": "¶§#", "check": "✓✔",
    "left": "←‹«◀◂⟵", "right": "→›»▶▸⟶", "up": "↑▲▴⇑", "down": "↓▼▾⇓", "plus": "+⊞", "minus": "−⊟",
    "more": "⋮…⋯", "edit": "✎✏", "refresh": "↻⟳", "undo": "↶↺", "redo": "↷", "star": "★☆",
    "heart": "♥♡", "mail": "✉", "home": "⌂", "theme": "☀☾☽◐◑", "info": "ℹ", "warning": "⚠",
    "external": "↗⇗", "sort": "⇅↕", "flag": "⚑", "phone": "☎", "scissors": "✂",
    "keyboard": "⌨", "help": "?",
}  # fmt: skip
"""Signs of ordinary fonts that are used as icons."""

RENDERED_PX = 24


def entries(listing: str) -> list[tuple[str, list[str]]]:
    """Concepts, each with its file stems."""
    lines = re.sub(r"\n ", " ", listing).strip().splitlines()
    return [(line.partition(":")[0], line.partition(":")[2].split()) for line in lines]


def stems(listing: str) -> dict[str, list[str]]:
    """Concepts of each file stem."""
    concepts: dict[str, list[str]] = {}
    for concept, names in entries(listing):
        for name in names:
            concepts.setdefault(name, []).append(concept)
    return concepts


def fetch(package: str, cache: Path) -> Path:
    """A package's folder, fetched where it is not in the cache."""
    folder = cache / re.sub(r"[^\w.]+", "-", package)
    if not folder.exists():
        name = subprocess.run(
            ["npm", "pack", "-s", package], cwd=cache, check=True, capture_output=True, text=True
        ).stdout.strip()
        with tarfile.open(cache / name) as archive:
            archive.extractall(folder, filter="data")
    return folder / "package"


def sprite(cache: Path) -> str:
    """The theme's icons, fetched where they are not in the cache."""
    package, member = SPRITE
    wheels = list(cache.glob("furo-*.whl"))
    if not wheels:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", package, "-d", cache],
            check=True,
        )
        wheels = list(cache.glob("furo-*.whl"))
    with zipfile.ZipFile(wheels[0]) as wheel:
        return wheel.read(member).decode()


def collect(cache: Path) -> list[tuple[str, str, str]]:
    """(set, concept, SVG or HTML) of every icon that is wanted."""
    wanted = stems(STEMS + MORE)
    assert {concept for own in wanted.values() for concept in own} <= set(CONCEPTS)
    found = []
    for name, (package, pattern) in SETS.items():
        for path in sorted(fetch(package, cache).glob(pattern)):
            stem = re.sub(r"^bx[sl]?-|-(16|24|solid|outline)$", "", path.stem)
            for concept in wanted.get(stem, wanted.get(stem.replace("_", "-"), [])):
                found.append((name, concept, path.read_text()))
    for symbol in re.finditer(
        r'<symbol id="([\w-]+)" viewBox="([^"]+)"[^>]*>(.*?)</symbol>', sprite(cache), re.DOTALL
    ):
        for concept in wanted.get(symbol[1], []):
            found.append(("furo", concept, f'<svg viewBox="{symbol[2]}">{symbol[3]}</svg>'))
    font = fetch(FONT[0], cache)
    codes = re.findall(r'\$fa-var-([\w-]+): "\\(\w+)"', (font / FONT[2]).read_text())
    for stem, code in codes:
        for concept in wanted.get(stem, []):
            found.append(("fontawesome4", concept, f'<i class="fa">&#x{code};</i>'))
    for concept, glyphs in GLYPHS.items():
        for glyph in glyphs:
            for family in ("DejaVu Sans", "Liberation Sans"):
                found.append(("unicode", concept, f'<i style="font-family:{family}">{glyph}</i>'))
    return found


async def render(icons: list[tuple[str, str, str]], cache: Path) -> list[np.ndarray]:
    """Each icon's darkness, float 0..1, as Chromium draws it at `RENDERED_PX`."""
    cell, per_row = 48, 40
    font = base64.b64encode((fetch(FONT[0], cache) / FONT[1]).read_bytes()).decode()
    style = (
        f"@font-face {{ font-family: fa; src: url(data:font/woff2;base64,{font}) }}"
        f"body {{ margin: 0; color: #000 }}"
        f"div {{ position: absolute; width: {cell}px; height: {cell}px; display: flex;"
        f" align-items: center; justify-content: center; overflow: hidden }}"
        f"svg {{ width: {RENDERED_PX}px; height: {RENDERED_PX}px; flex: none }}"
        f"i {{ font: {RENDERED_PX}px/1 sans-serif }} i.fa {{ font-family: fa }}"
    )
    prologue = re.compile(r"<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>]*>", re.DOTALL)
    step = per_row * 20
    cells = [
        f'<div style="left:{cell * (index % per_row)}px; top:{cell * (index % step // per_row)}px">'
        f"{prologue.sub('', source)}</div>"
        for index, (_, _, source) in enumerate(icons)
    ]
    masks = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"),
            args=["--no-sandbox"],
        )
        for start in range(0, len(cells), step):
            page = await browser.new_page(viewport={"width": cell * per_row, "height": cell * 20})
            await page.set_content(f"<style>{style}</style>{''.join(cells[start : start + step])}")
            await page.evaluate("document.fonts.ready")
            shot = Image.open(io.BytesIO(await page.screenshot())).convert("L")
            grey = 1 - np.asarray(shot, np.float32) / 255
            for index in range(len(cells[start : start + step])):
                row, column = divmod(index, per_row)
                masks.append(
                    grey[row * cell : (row + 1) * cell, column * cell : (column + 1) * cell]
                )
            await page.close()
        await browser.close()
    return masks


def thinned(
    icons: list[tuple[str, str, str]], masks: list[np.ndarray], alike: float
) -> tuple[np.ndarray, list[str], list[str]]:
    """Grids, concepts and sets, without near repetitions within a concept."""
    kept: dict[str, list[np.ndarray]] = {}
    grids, concepts, sets = [], [], []
    for (name, concept, _), mask in zip(icons, masks, strict=True):
        if (mask > 0.4).sum() < 6:
            continue
        grid = fitted(mask)
        description = describe(grid[None])[0]
        others = kept.setdefault(concept, [])
        if others and float(np.max(np.stack(others) @ description)) > alike:
            continue
        others.append(description)
        grids.append(grid)
        concepts.append(concept)
        sets.append(name)
    return np.stack(grids), concepts, sets


def main(cache: Path, out: Path, alike: float) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    icons = collect(cache)
    masks = asyncio.run(render(icons, cache))
    grids, concepts, sets = thinned(icons, masks, alike)
    missing = set(CONCEPTS) - set(concepts)
    names = sorted(set(concepts))
    quantised = np.round(grids * 15).astype(np.uint8)
    flat = quantised.reshape(len(grids), -1)
    packed = (flat[:, ::2] << 4) | flat[:, 1::2]
    set_names = sorted(set(sets))
    np.savez_compressed(
        out,
        grids=packed,
        concepts=np.array(names),
        labels=np.array([names.index(concept) for concept in concepts], np.uint8),
        set_names=np.array(set_names),
        sets=np.array([set_names.index(name) for name in sets], np.uint8),
    )
    print(f"{len(icons)} icons, {len(grids)} kept, {len(names)} concepts, without: {missing}")
    print(f"{out}: {out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("data/icons"))
    parser.add_argument("--out", type=Path, default=Path("policy/perception/icons.npz"))
    parser.add_argument("--alike", type=float, default=0.985)
    arguments = parser.parse_args()
    main(arguments.cache, arguments.out, arguments.alike)
