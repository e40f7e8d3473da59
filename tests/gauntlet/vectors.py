"""Ways by which a page, or a policy, makes a browser talk to a server.

In every text `CANARY` stands for the server's origin, `HOSTPORT` for its host and port.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vigorl.browser.actions import Action, Click, Goto, TabNew
from vigorl.browser.geometry import Point

HTML = "text/html; charset=utf-8"
JS = "text/javascript"


@dataclass(frozen=True)
class Vector:
    """One way: a page of the allowed site, and what is done there."""

    name: str
    page: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    media_type: str = HTML
    parts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Further files beside the page: their type and text."""
    action: Action | None = None
    """What the policy does once the page is there; addresses as in the page."""


def _script(name: str, script: str, **more: object) -> Vector:
    return Vector(name, f"<script>{script}</script>", **more)  # type: ignore[arg-type]


def _style(name: str, style: str) -> Vector:
    page = f"<style>{style}</style><p class=a>text</p><ul><li>item</li></ul>"
    return Vector(name, page)


_PRESS = Click(Point(100, 100))


def _clicked(name: str, element: str) -> Vector:
    """Something that fills the page, and a click into it."""
    style = "<style>a,button,area,input{position:fixed;inset:0;width:100vw;height:100vh}</style>"
    return Vector(name, style + element, action=_PRESS)


_ELEMENTS = {
    "image": "<img src=CANARY/a.png>",
    "image srcset": "<img srcset='CANARY/a.png 1x'>",
    "picture": "<picture><source srcset=CANARY/a.png><img></picture>",
    "input image": "<input type=image src=CANARY/a.png>",
    "body background": "<body background=CANARY/a.png>",
    "script": "<script src=CANARY/a.js></script>",
    "module": "<script type=module>import 'CANARY/a.js'</script>",
    "import map": (
        '<script type=importmap>{"imports":{"a":"CANARY/a.js"}}</script>'
        "<script type=module>import 'a'</script>"
    ),
    "stylesheet": "<link rel=stylesheet href=CANARY/a.css>",
    "iframe": "<iframe src=CANARY/></iframe>",
    "srcdoc": "<iframe srcdoc='<img src=CANARY/a.png>'></iframe>",
    "data: frame": "<iframe src='data:text/html,<img src=CANARY/a.png>'></iframe>",
    "frameset": "<frameset><frame src=CANARY/></frameset>",
    "object": "<object data=CANARY/></object>",
    "embed": "<embed src=CANARY/ type=text/html>",
    "video": "<video src=CANARY/a.webm preload=auto></video>",
    "poster": "<video poster=CANARY/a.png></video>",
    "audio": "<audio src=CANARY/a.ogg preload=auto></audio>",
    "track": (
        "<video crossorigin=anonymous><track default src=CANARY/a.vtt></video>"
        "<script>document.querySelector('track').track.mode='showing'</script>"
    ),
    "SVG image": "<svg><image href=CANARY/a.svg width=9 height=9 /></svg>",
    "SVG filter image": (
        "<svg><filter id=f><feImage href=CANARY/a.svg /></filter>"
        "<rect width=9 height=9 filter=url(#f) /></svg>"
    ),
    "prefetch": "<link rel=prefetch href=CANARY/a>",
    "preconnect": "<link rel=preconnect href=CANARY>",
    "modulepreload": "<link rel=modulepreload href=CANARY/a.js>",
    "preload": "<link rel=preload as=image href=CANARY/a.png>",
    "favicon": "<link rel=icon href=CANARY/a.ico>",
    "manifest": "<link rel=manifest href=CANARY/a.json>",
    "speculation rules, prefetch": (
        '<script type=speculationrules>{"prefetch":[{"urls":["CANARY/a"]}]}</script>'
    ),
    "speculation rules, prerender": (
        '<script type=speculationrules>{"prerender":[{"urls":["CANARY/a"]}]}</script>'
    ),
    "meta refresh": "<meta http-equiv=refresh content='0;url=CANARY/'>",
    "form GET": "<form action=CANARY/><input name=a></form><script>document.forms[0].submit()"
    "</script>",
    "form POST": (
        "<form method=post action=CANARY/><input name=a></form>"
        "<script>document.forms[0].submit()</script>"
    ),
    "form into a frame": (
        "<iframe name=f></iframe><form method=post target=f action=CANARY/></form>"
        "<script>document.forms[0].submit()</script>"
    ),
    "source map": "<script>1\n//# sourceMappingURL=CANARY/a.map\n</script>",
}

_STYLES = {
    "@import": "@import 'CANARY/a.css';",
    "background": "body{background:url(CANARY/a.png)}",
    "font": "@font-face{font-family:f;src:url(CANARY/a.woff2)} p{font-family:f}",
    "cursor": "body{cursor:url(CANARY/a.cur),auto}",
    "list style": "li{list-style-image:url(CANARY/a.png)}",
    "border image": "p{border:9px solid;border-image:url(CANARY/a.png) 9}",
    "content": "p::before{content:url(CANARY/a.png)}",
    "mask": "p{mask-image:url(CANARY/a.svg)}",
    "shape": "p{float:left;shape-outside:url(CANARY/a.png)}",
    "image-set": "p{background-image:image-set('CANARY/a.png' 1x)}",
}

_SCRIPTS = {
    "new Image": "new Image().src='CANARY/a.png'",
    "dynamic import": "import('CANARY/a.js')",
    "fetch": "fetch('CANARY/a',{mode:'no-cors'})",
    "fetch, kept alive": "fetch('CANARY/a',{mode:'no-cors',keepalive:true,method:'POST'})",
    "XMLHttpRequest": "let x=new XMLHttpRequest();x.open('GET','CANARY/a');x.send()",
    "beacon": "navigator.sendBeacon('CANARY/a','x')",
    "beacon as the page is left": (
        "addEventListener('pagehide',()=>navigator.sendBeacon('CANARY/a'));"
        "setTimeout(()=>location='about:blank',50)"
    ),
    "location": "setTimeout(()=>location='CANARY/',50)",
    "location.replace": "setTimeout(()=>location.replace('CANARY/'),50)",
    "navigation.navigate": "setTimeout(()=>navigation.navigate('CANARY/'),50)",
    "window.open": "setTimeout(()=>open('CANARY/'),50)",
    "document.write": "document.write('<img src=CANARY/a.png>')",
    "WebSocket": "new WebSocket('ws://HOSTPORT/a')",
    "EventSource": "new EventSource('CANARY/a.txt')",
    "WebTransport": "new WebTransport('https://HOSTPORT/a')",
    "https": "fetch('https://HOSTPORT/a',{mode:'no-cors'})",
    "STUN": (
        "let p=new RTCPeerConnection({iceServers:[{urls:'stun:HOSTPORT'}]});"
        "p.createDataChannel('a');p.createOffer().then(o=>p.setLocalDescription(o))"
    ),
    "TURN over TCP": (
        "let p=new RTCPeerConnection({iceServers:[{urls:'turn:HOSTPORT?transport=tcp',"
        "username:'a',credential:'b'}]});"
        "p.createDataChannel('a');p.createOffer().then(o=>p.setLocalDescription(o))"
    ),
    "ICE candidate": (
        "let p=new RTCPeerConnection();p.createDataChannel('a');"
        "p.createOffer().then(async o=>{await p.setLocalDescription(o);let q=new "
        "RTCPeerConnection();await q.setRemoteDescription(o);let n=await q.createAnswer();"
        "await q.setLocalDescription(n);await p.setRemoteDescription(n);"
        "let [h,t]=['HOSTPORT'.slice(0,'HOSTPORT'.lastIndexOf(':')),'HOSTPORT'.split(':').pop()];"
        "p.addIceCandidate({candidate:`candidate:1 1 udp 2122260223 ${h} ${t} typ host`,"
        "sdpMid:'0'})})"
    ),
    "blob: frame": (
        "let f=document.createElement('iframe');f.src=URL.createObjectURL(new Blob("
        "['<img src=CANARY/a.png>'],{type:'text/html'}));document.documentElement.append(f)"
    ),
    "paint worklet": "CSS.paintWorklet.addModule('CANARY/a.js')",
    "worker, importScripts": (
        "new Worker(URL.createObjectURL(new Blob([\"importScripts('CANARY/a.js')\"])))"
    ),
    "worker, fetch": (
        "new Worker(URL.createObjectURL(new Blob([\"fetch('CANARY/a',{mode:'no-cors'})\"])))"
    ),
    "shared worker": "new SharedWorker('shared.js')",
    "service worker, on install": "navigator.serviceWorker.register('service.js')",
    "service worker, importScripts": "navigator.serviceWorker.register('importing.js')",
    "fetch that is redirected": "fetch('moved',{mode:'no-cors'})",
    "image that is redirected": "new Image().src='moved'",
    "frame that is redirected": (
        "let f=document.createElement('iframe');f.src='moved';document.documentElement.append(f)"
    ),
}

_PARTS = {
    "shared.js": (JS, "fetch('CANARY/a',{mode:'no-cors'})"),
    "service.js": (
        JS,
        "oninstall=e=>e.waitUntil(fetch('CANARY/a',{mode:'no-cors'}).catch(()=>0))",
    ),
    "importing.js": (JS, "importScripts('CANARY/a.js')"),
    "moved": ("redirect", "CANARY/moved"),
}

_CLICKS = {
    "link": "<a href=CANARY/>go</a>",
    "link into a new tab": "<a href=CANARY/ target=_blank>go</a>",
    "download": "<a href=CANARY/a.bin download>go</a>",
    "ping": "<a href=#here ping=CANARY/a>go</a>",
    "javascript: link": "<a href=\"javascript:location='CANARY/'\">go</a>",
    "formaction": "<form><button formaction=CANARY/>go</button></form>",
    "log-in in the address": "<a href=http://user:word@HOSTPORT/>go</a>",
}

VECTORS: tuple[Vector, ...] = (
    *(Vector(name, page) for name, page in _ELEMENTS.items()),
    *(_style(f"CSS {name}", style) for name, style in _STYLES.items()),
    *(_script(name, script, parts=_PARTS) for name, script in _SCRIPTS.items()),
    *(_clicked(f"click: {name}", element) for name, element in _CLICKS.items()),
    *(
        Vector(f"redirect {status}", status=status, headers={"Location": "CANARY/"})
        for status in (301, 302, 303, 307, 308)
    ),
    Vector("header Refresh", headers={"Refresh": "0;url=CANARY/"}),
    Vector("header Link, preload", headers={"Link": "<CANARY/a.css>; rel=preload; as=style"}),
    Vector(
        "report of a policy",
        "<img src=/a.png>",
        headers={"Content-Security-Policy": "img-src 'none'; report-uri CANARY/report"},
    ),
    Vector(
        "XML stylesheet",
        "<?xml version='1.0'?><?xml-stylesheet type='text/css' href='CANARY/a.css'?><a>text</a>",
        media_type="application/xml",
    ),
    Vector("goto", "<p>page", action=Goto("CANARY/")),
    Vector("goto with a log-in", "<p>page", action=Goto("http://user:word@HOSTPORT/")),
    Vector("tab_new", "<p>page", action=TabNew("CANARY/")),
)
"""All of them. Some do nothing in some builds of Chromium: the gauntlet counts those that work."""
