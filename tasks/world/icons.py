"""The icons of generated pages, by set and concept, and what people ask them for."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from vigorl.tasks.world.splits import WorldSplit

SETS: dict[WorldSplit, tuple[str, ...]] = {
    "train": ("lucide", "bootstrap", "octicons", "tabler", "tablerfilled", "fontawesome",
              "material", "mdi", "heroicons", "carbon"),
    "val": ("ionicons",),
    "test": ("codicons", "phosphor", "iconoir"),
}  # fmt: skip
"""Which sets each split may draw from."""


@dataclass(frozen=True, slots=True)
class IconSet:
    """Drawings of one hand."""

    name: str
    icons: dict[str, tuple[str, ...]]
    """SVG sources of each concept."""

    def concepts(self) -> tuple[str, ...]:
        """What it can show."""
        return tuple(self.icons)


@cache
def icon_set(name: str) -> IconSet:
    """The set of that name."""
    return IconSet(
        name,
        {concept: tuple(drawings) for concept, drawings in _file()[name]["icons"].items()},
    )


@cache
def _file() -> dict[str, dict[str, dict[str, list[str]]]]:
    text = files("vigorl.tasks.world").joinpath("icons.json").read_text(encoding="utf-8")
    data: dict[str, dict[str, dict[str, list[str]]]] = json.loads(text)
    return data


def _phrases(text: str) -> dict[str, tuple[str, ...]]:
    table = {}
    for line in text.strip().splitlines():
        concept, _, phrases = line.partition(":")
        table[concept] = tuple(phrase.strip() for phrase in phrases.split("|"))
    return table


PHRASES = _phrases("""
search:search|look something up|the magnifying glass
menu:open the menu|show the navigation|the three bars
close:close this window|dismiss this|the cross
settings:open the settings|change the preferences|the gear
sliders:adjust the options|the sliders
filter:filter the list|the funnel
delete:delete this|throw it away|the dustbin
edit:edit this|the pencil
home:go to the home page|the house
copy:copy to the clipboard|duplicate this
paste:paste from the clipboard
download:download this|save the file to this computer
upload:upload a file
rss:subscribe to the feed
theme:change the colour scheme
left:go back|the arrow to the left|go to the previous page
right:go forward|the arrow to the right|go to the next page
up:go up|the arrow that points up
down:the arrow that points down|unfold this
external:open in a new window
link:copy the link|the chain
fullscreen:show it full screen|enlarge the view
minimize:leave the full screen view
plus:add something|the plus sign|create a new one
minus:the minus sign|take one away
check:confirm this|the tick
info:show more information
help:get help|the question mark
warning:the warning sign
user:open my account|the person
users:show the group of people
mail:write an e-mail|the envelope
phone:make a call|the telephone
mobile:the mobile phone
calendar:open the calendar|pick a date
clock:the clock|show the time
history:show the history
bell:show the notifications|the bell
heart:like this|the heart
star:mark with a star|add to the favourites
bookmark:bookmark this|save it to read later
flag:flag this|the flag
tag:add a tag|the label
pin:show the place on the map|the map marker
globe:change the language or region|the globe
translate:translate this
cart:open the shopping cart|show the basket
eye:make it visible|the eye
eyeoff:hide it|the crossed-out eye
lock:lock this|the padlock
unlock:unlock this|the open padlock
key:the key
shield:security|the shield
login:sign in
logout:sign out|log off
power:switch it off
share:share this
send:send the message|the paper plane
reply:reply to this
attach:attach a file|the paper clip
play:start playing
pause:pause it
stop:stop it
skipnext:skip to the next track
skipprevious:go to the previous track
volume:change the volume|the loudspeaker
mute:turn the sound off
mic:speak into the microphone|record my voice
camera:take a photo|the camera
video:start the video|the film camera
image:insert a picture
music:play music|the note
refresh:reload this|refresh
undo:undo the last step
redo:redo the step
print:print this|the printer
save:save the work|the floppy disk
file:the document|open the file
folder:open the folder
book:read the manual|the book
news:read the news
code:show the source code
terminal:open a terminal
database:the database
server:the server
bug:report a bug|the beetle
lightbulb:get an idea|the light bulb
grid:show as a grid|all apps
list:show as a list
table:insert a table
more:show more options|the three dots
drag:drag it by this handle
sort:sort the entries
chart:show the statistics|the bar chart
dashboard:open the dashboard
zoomin:zoom in|make it larger
zoomout:zoom out|make it smaller
sidebar:toggle the side bar
cloud:the cloud|online storage
card:pay by credit card
money:the money
gift:the present
truck:the delivery van|follow the delivery
package:the parcel
store:visit the shop
thumbup:thumbs up|say that it was helpful
thumbdown:thumbs down|say that it was not helpful
comment:write a comment|open the chat
quote:insert a quotation
bold:make the text bold
italic:make the text italic
underline:underline the text
scissors:cut this out|the scissors
rocket:launch it|the rocket
magic:ask the assistant|the sparkles
keyboard:show the keyboard
graduation:the courses|the mortarboard
fire:what is trending|the flame
building:the company
bolt:the flash of lightning
inbox:open the inbox
alignleft:align the text to the left
aligncenter:centre the text
alignright:align the text to the right
numbered:make a numbered list
strikethrough:strike the text through
heading:make it a heading
crop:crop the picture
layers:show the layers
wifi:the wireless network
battery:the battery
bluetooth:bluetooth
headphones:the headphones
map:open the map
compass:the compass
sun:the sun|switch to bright colours
moon:the moon|switch to dark colours
coffee:the cup of coffee
percent:show as per cent
calculator:open the calculator
trophy:the trophy|show the awards
target:the target
monitor:the screen
laptop:the laptop
tablet:the tablet computer
tv:the television set
mouse:the mouse
text:insert text
columns:arrange in columns
piechart:insert a pie chart
activity:show the activity
shuffle:play in random order
repeat:repeat it
move:move it
brush:paint with the brush
droplet:the drop of water
eraser:rub it out|the eraser
ruler:measure|the ruler
square:draw a square
circle:draw a circle
triangle:draw a triangle
plane:the aeroplane|look for flights
car:the car
bus:the bus
train:the train
bike:the bicycle
walk:go on foot
bed:the bed|find a hotel
restaurant:find a restaurant
thermometer:the thermometer
wind:the wind
snow:the snowflake
rain:the rain
umbrella:the umbrella
leaf:the leaf
paw:the paw
wrench:repair it|the spanner
plug:the plug
shirt:the shirt
watch:the wrist watch
ticket:the ticket
briefcase:the briefcase
idcard:the identity card
fingerprint:the fingerprint
qrcode:scan the QR code
barcode:the barcode
calendarplus:add an event to the calendar
userplus:add a person
folderplus:make a new folder
fileplus:make a new file
archive:archive this
anchor:the anchor
hash:the hash sign
at:mention somebody|the at sign
smile:insert a smiley
emojisad:the sad face
merge:merge the branches
branch:switch the branch
commit:the commit
split:split it
puzzle:show the extensions|the piece of a puzzle
cpu:the processor
gamepad:play a game|the game controller
megaphone:announce it|the megaphone
lifebuoy:get support|the lifebuoy
record:record
airplay:cast to another screen
pipette:pick a colour|the pipette
contrast:change the contrast
lasso:select with the lasso
wand:the magic wand
hand:the hand
pointer:the mouse pointer
""")
"""Ways to ask for an icon by what it does or shows."""
