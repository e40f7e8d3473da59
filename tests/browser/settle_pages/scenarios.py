"""Pages that take their time, each with what is done to it and what is there in the end.

Every page has a button `b`, an output `o`, and helpers: `say(text)`, `sleep(ms)`, `get(ms)`.
"""

from dataclasses import dataclass

PRELUDE = """
<style>
  body { font: 16px sans-serif } #b { width: 120px; height: 40px }
  @keyframes turn { to { transform: rotate(1turn) } }
  .spinner { width: 20px; height: 20px; background: #88f; animation: turn 1s linear infinite }
</style>
<button id=b>Go</button><p id=o></p>
<script>
  const say = text => { o.textContent = text ?? 'done' };
  const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));
  const get = async ms => (await fetch(`/after/${ms}/text?${Math.random()}`)).text();
  const onGo = handler => b.addEventListener('click', handler);
</script>
"""

DONE = "o.textContent === 'done'"


@dataclass(frozen=True)
class Scenario:
    """One page and one action."""

    name: str
    html: str
    takes_ms: int
    """When the awaited content is there, counted from the action."""
    awaited: str = DONE
    """JavaScript, true when it is."""
    act: str = "click #b"
    """`click`, `hover` or `load` something, `type`, `wheel`, `back`."""
    place: str = "page"
    """Where `awaited` holds: `page`, `frame` (the first child), `popup`."""
    waits_longer_ms: int = 0
    """How much later the wait may end, beside the usual: what cannot be known to be over."""

    @property
    def page(self) -> str:
        return PRELUDE + self.html


def go(script: str) -> str:
    """A page whose button runs `script`."""
    return f"<script>onGo(async () => {{ {script} }})</script>"


def background(script: str) -> str:
    """A page that runs `script` from the beginning, and whose button does nothing."""
    return f"<script>(async () => {{ {script} }})()</script>"


PLAIN = [
    Scenario("no effect", "", 0, "true"),
    Scenario("instant change", go("say()"), 0),
    Scenario("fetch then render", go("say(await get(300))"), 300),
    Scenario(
        "fetch chain",
        go(
            "for (let i = 0; i < 3; i += 1) { const r = await fetch('/after/120/json?' + i);"
            " var { text } = await r.json() } say(text)"
        ),
        360,
    ),
    Scenario(
        "debounced search",
        "<input id=i><script>let t; i.oninput = () => { clearTimeout(t);"
        " t = setTimeout(async () => say(await get(200)), 300) }</script>",
        500,
        act="type #i ab",
    ),
    Scenario("timer of 800 ms", go("setTimeout(say, 800, 'done')"), 800),
    Scenario("string timer", go("setTimeout(\"say('done')\", 300)"), 300),
    Scenario("two timers", go("setTimeout(() => setTimeout(say, 400, 'done'), 400)"), 800),
    Scenario(
        "awaited sleeps", go("await sleep(200); await sleep(200); await sleep(200); say()"), 600
    ),
    Scenario(
        "cancelled timer",
        go("const t = setTimeout(say, 900, 'late'); await 0; clearTimeout(t); say()"),
        0,
    ),
    Scenario(
        "failed fetch",
        go(
            "try { await fetch('/after/300/never', "
            "{signal: AbortSignal.timeout(300)}) } catch { say() }"
        ),
        300,
    ),
    Scenario(
        "slow response body",
        go("say((await (await fetch('/stream/150/3')).text()).slice(-4))"),
        450,
    ),
    Scenario(
        "streamed answer",
        go(
            "const reader = (await fetch('/stream/120/4')).body.getReader();"
            " for (;;) { const { done, value } = await reader.read(); if (done) break;"
            " say(new TextDecoder().decode(value)) }"
        ),
        480,
    ),
    Scenario(
        "streamed answer, iterated",
        go(
            "for await (const piece of (await fetch('/stream/120/4')).body"
            ".pipeThrough(new TextDecoderStream())) say(piece)"
        ),
        480,
    ),
    Scenario(
        "XMLHttpRequest chain",
        go(
            "const ask = (url, then) => { const r = new XMLHttpRequest(); r.open('GET', url);"
            " r.onload = () => then(r.responseText); r.send() };"
            " ask('/after/200/text', () => setTimeout(() => ask('/after/200/text?2', say), 200))"
        ),
        600,
    ),
    Scenario(
        "script that calls back",
        "<script>globalThis.arrived = text => setTimeout(say, 100, text)</script>"
        + go(
            "document.body.append(Object.assign(document.createElement('script'),"
            " { src: '/after/300/script' }))"
        ),
        400,
    ),
    Scenario("dynamic import", go("say((await import('/after/300/module')).text)"), 300),
    Scenario(
        "job that is polled",
        go(
            "const id = Math.random(); const t = setInterval(async () => {"
            " const s = await (await fetch('/job/700?' + id)).text();"
            " if (s === 'done') { clearInterval(t); say() } }, 200)"
        ),
        1000,
    ),
    Scenario(
        "slow job that is polled",
        go(
            "const id = Math.random(); for (;;) { await sleep(400);"
            " if (await (await fetch('/job/1500?' + id)).text() === 'done') break } say()"
        ),
        2000,
    ),
    Scenario(
        "progress bar",
        go(
            "let n = 0; const t = setInterval(() => { say(++n + ' of 10');"
            " if (n === 10) { clearInterval(t); say() } }, 80)"
        ),
        800,
    ),
    Scenario(
        "fetch again after an error",
        go(
            "try { await fetch('http://127.0.0.1:1/') } catch {"
            " await sleep(300) } say(await get(100))"
        ),
        400,
    ),
    Scenario(
        "task after a long task",
        go("setTimeout(() => { const end = Date.now() + 400; while (Date.now() < end); say() })"),
        400,
    ),
    Scenario(
        "work in slices",
        go(
            "const { port1, port2 } = new MessageChannel(); let n = 0;"
            " port1.onmessage = () => { const end = Date.now() + 6; while (Date.now() < end);"
            " if (++n === 50) say(); else port2.postMessage(0) }; port2.postMessage(0)"
        ),
        300,
    ),
    Scenario(
        "posted tasks",
        go(
            "await scheduler.postTask(() => 0, { delay: 300 });"
            " await scheduler.yield(); requestIdleCallback(() => say())"
        ),
        300,
    ),
    Scenario(
        "chain of observers",
        go(
            "new MutationObserver(() => { const box = o.appendChild(document.createElement('i'));"
            " new IntersectionObserver(async ([entry]) => { if (entry.isIntersecting)"
            " say(await get(200)) }).observe(box) }).observe(o, { attributes: true });"
            " setTimeout(() => { o.title = 'x' }, 100)"
        ),
        300,
    ),
    Scenario(
        "database, cryptography, then a timer",
        go(
            "const open = indexedDB.open('d' + Math.random()); open.onupgradeneeded = () =>"
            " open.result.createObjectStore('s'); open.onsuccess = async () => {"
            " await crypto.subtle.digest('SHA-256', new Uint8Array(1 << 20));"
            " const put = open.result.transaction('s', 'readwrite').objectStore('s').put(1, 1);"
            " put.onsuccess = () => setTimeout(say, 200, 'done') }"
        ),
        220,
    ),
]

MOVING = [
    Scenario(
        "CSS transition",
        "<style>#o { width: 10px; transition: width .4s } .wide { width: 300px !important }</style>"
        + go("o.className = 'wide'"),
        400,
        "o.offsetWidth === 300",
    ),
    Scenario(
        "transition in a shadow tree",
        "<div id=host></div><script>const root = host.attachShadow({ mode: 'closed' });"
        " root.innerHTML = '<style>p { width: 10px; transition: width .4s }</style><p>x</p>'"
        "</script>" + go("root.querySelector('p').style.width = '300px'"),
        400,
        "root.querySelector('p').offsetWidth === 300",
    ),
    Scenario(
        "menu with a delayed transition",
        "<style>#m { opacity: 0; transition: opacity .2s .3s } #b:hover ~ #m { opacity: 1 }</style>"
        "<p id=m>menu</p>",
        500,
        "getComputedStyle(m).opacity === '1'",
        "hover #b",
    ),
    Scenario(
        "animation, then a change",
        go("await o.animate([{ opacity: 0 }, { opacity: 1 }], 300).finished; say()"),
        300,
    ),
    Scenario(
        "transition, then a fetch",
        "<style>#o { opacity: 1; transition: opacity .2s }</style>"
        + go("o.ontransitionend = async () => say(await get(200)); o.style.opacity = 0.5"),
        400,
    ),
    Scenario(
        "animation by a script",
        go(
            "const end = performance.now() + 500; const step = now => {"
            " if (now < end) { say(now); requestAnimationFrame(step) } else say() };"
            " requestAnimationFrame(step)"
        ),
        500,
    ),
    Scenario("view transition", go("document.startViewTransition(() => say())"), 250),
    Scenario(
        "toast for three seconds",
        "<div id=t></div>" + go("t.textContent = 'saved'; setTimeout(() => t.remove(), 3000)"),
        0,
        "t.textContent === 'saved' && t.isConnected",
    ),
    Scenario(
        "toast that fades by itself",
        "<style>@keyframes toast { 0%, 100% { opacity: 0 } 10%, 90% { opacity: 1 } }</style>"
        "<p id=t></p>" + go("t.textContent = 'saved'; t.style.animation = 'toast 3s forwards'"),
        0,
        "t.textContent === 'saved'",
    ),
    Scenario(
        "smooth scrolling",
        "<div style='height: 3000px'></div><p id=end>end</p>"
        + go("end.scrollIntoView({ behavior: 'smooth' })"),
        600,
        "end.getBoundingClientRect().bottom <= innerHeight + 1",
    ),
    Scenario(
        "endless list",
        "<div style='height: 1500px'></div><p id=end>end</p><script>"
        "new IntersectionObserver(async ([entry]) => {"
        " if (entry.isIntersecting) say(await get(250)) }).observe(end)</script>",
        260,
        act="wheel 1500",
    ),
    Scenario(
        "image",
        go("o.innerHTML = '<img src=/after/300/image id=m>'"),
        300,
        "m.complete && m.naturalWidth === 10",
    ),
    Scenario(
        "lazy image",
        "<div style='height: 4000px'></div><img id=m loading=lazy src=/after/300/image>"
        "<div style='height: 900px'></div>" + go("scrollTo(0, 3900)"),
        310,
        "m.complete && m.naturalWidth === 10",
    ),
    Scenario(
        "image that replaces another",
        "<img id=m>"
        + go(
            "const next = new Image();"
            " next.src = '/after/300/image'; await next.decode(); m.src = next.src;"
            " await sleep(100); say()"
        ),
        400,
    ),
    Scenario(
        "style sheet",
        go(
            "document.head.append(Object.assign(document.createElement('link'),"
            " { rel: 'stylesheet', href: '/after/300/css' }))"
        ),
        300,
        "getComputedStyle(o).color === 'rgb(1, 2, 3)'",
    ),
    Scenario(
        "background image",
        go("o.style.background = 'url(/after/300/image)'; o.textContent = 'x'"),
        300,
        "performance.getEntriesByType('resource').some(e => e.name.endsWith('/image'))",
    ),
]

PLACES = [
    Scenario("navigation", "<a href=/after/400/html id=a>next</a>", 400, act="click #a"),
    Scenario(
        "navigation by a timer", go("setTimeout(() => { location = '/after/300/html' }, 300)"), 600
    ),
    Scenario(
        "form that is posted and redirected",
        "<form method=post action='/after/200/redirect?to=/after/200/html'>"
        "<button id=s>Send</button></form>",
        400,
        act="click #s",
    ),
    Scenario("page that loads its data", "<a id=a href='/page/data'>next</a>", 400, act="click #a"),
    Scenario("page that forwards", "<a id=a href='/page/forwards'>next</a>", 500, act="click #a"),
    Scenario(
        "page that refreshes", "<a id=a href='/page/refreshes'>next</a>", 1000, act="click #a"
    ),
    Scenario(
        "route with a spinner",
        go(
            "o.innerHTML = '<div class=spinner></div>';"
            " history.pushState({}, '', '?x'); say(await get(400))"
        ),
        400,
    ),
    Scenario(
        "hash route",
        "<a id=a href=#x>x</a><script>onhashchange = async () => say(await get(300))</script>",
        300,
        act="click #a",
    ),
    Scenario(
        "going back in a route",
        "<script>history.pushState(1, '', '?x'); onpopstate = async () =>"
        " { say(''); say(await get(300)) }</script>",
        300,
        act="back",
    ),
    Scenario("download", "<a id=a href=/after/0/file>file</a>", 0, "true", act="click #a"),
    Scenario(
        "answer without content",
        "<a id=a href=/after/100/empty>no</a>",
        100,
        "true",
        act="click #a",
    ),
    Scenario(
        "frame navigation",
        "<iframe id=f></iframe>" + go("f.src = '/after/400/html'"),
        400,
        place="frame",
    ),
    Scenario(
        "frame of another origin",
        "<iframe id=f src='OTHER/page/frame'></iframe>" + go("f.src = 'OTHER/page/data?'"),
        400,
        place="frame",
    ),
    Scenario(
        "written frame",
        "<iframe id=f></iframe>"
        + go(
            "f.srcdoc = `<p id=o></p><script>"
            "setTimeout(() => { o.textContent = 'done' }, 400)</${''}script>`"
        ),
        400,
        place="frame",
    ),
    Scenario(
        "sandboxed frame",
        "<iframe id=f sandbox=allow-scripts></iframe>"
        + go(
            "f.srcdoc ="
            " `<p id=o></p><script>setTimeout(() => { o.textContent = 'done' }, 400)</${''}script>`"
        ),
        400,
        place="frame",
    ),
    Scenario(
        "click in a frame",
        "<iframe src=/page/frame></iframe>",
        400,
        act="click frame #b",
        place="frame",
    ),
    Scenario(
        "click in a frame of another origin",
        "<iframe src=OTHER/page/frame></iframe>",
        400,
        act="click frame #b",
        place="frame",
    ),
    Scenario(
        "question to a frame",
        "<iframe id=f src=OTHER/page/asked></iframe><script>onmessage ="
        " async e => say(await get(100))</script>" + go("f.contentWindow.postMessage(1, '*')"),
        400,
    ),
    Scenario("popup", go("open('/page/data')"), 400, place="popup"),
    Scenario(
        "popup from a link",
        "<a id=a href=/page/data target=_blank>new</a>",
        400,
        act="click #a",
        place="popup",
    ),
    Scenario(
        "worker",
        "<script>const w = new Worker(URL.createObjectURL(new Blob(["
        "'onmessage = () => setTimeout(() => postMessage(\"done\"), 400)'])));"
        " w.onmessage = e => say(e.data)</script>" + go("w.postMessage(1)"),
        400,
    ),
    Scenario(
        "worker that computes",
        go(
            "const w = new Worker(URL.createObjectURL(new Blob(["
            "'const end = Date.now() + 400; while (Date.now() < end); postMessage(1)'])));"
            " w.addEventListener('message', async () => say(await get(100)))"
        ),
        550,
    ),
    Scenario(
        "port to a worker",
        "<script>const { port1, port2 } = new MessageChannel();"
        " new Worker(URL.createObjectURL(new Blob(['onmessage = e => { const p = e.data;"
        " p.onmessage = () => setTimeout(() => p.postMessage(1), 300) }'])))"
        ".postMessage(port2, [port2]); port1.onmessage = () => setTimeout(say, 100, 'done')"
        "</script>" + go("port1.postMessage(1)"),
        400,
    ),
    Scenario(
        "question over a web socket",
        "<script>const s = new WebSocket('ws://' + location.host +"
        " '/socket/300'); s.onmessage = e => setTimeout(say, 100, e.data)</script>"
        + go("s.send('x')"),
        400,
    ),
    Scenario(
        "answer streamed as events",
        go(
            "new EventSource('/events/90/6').onmessage = e => { say(e.data);"
            " if (e.data === 'done') e.target.close() }"
        ),
        540,
    ),
    Scenario(
        "answer streamed over a web socket",
        "<script>const s = new WebSocket('ws://' + location.host + '/talk/90'); let n = 0;"
        " s.onmessage = e => say(++n === 6 ? e.data : n)</script>" + go("s.send('x')"),
        540,
        waits_longer_ms=250,
    ),
    Scenario(
        "event stream that begins",
        go("new EventSource('/events/300/1').onmessage = e => { e.target.close(); say(e.data) }"),
        300,
    ),
    Scenario("content security policy (csp)", go("say(await get(300))"), 300),
    Scenario(
        "first load",
        "<script>get(200).then(text => setTimeout(say, 200, text))</script>",
        400,
        act="load",
    ),
    Scenario(
        "first load with tickers",
        "<script>setInterval(() => 0, 1000); setInterval(() => 0, 50);"
        " const f = () => requestAnimationFrame(f); f(); (async () => { for (;;) {"
        " await sleep(100); await get(20) } })(); say()</script><div class=spinner></div>",
        0,
        act="load",
        waits_longer_ms=1100,
    ),
    Scenario(
        "first load with a slow image",
        "<img id=m src=/after/500/image>",
        500,
        "m.naturalWidth === 10",
        act="load",
    ),
]

BACKGROUND = [
    Scenario(f"no effect beside {name}", background(script), 0, "true")
    for name, script in {
        "a long poll": "for (;;) await fetch('/after/5000/text')",
        "an old long poll": "const poll = () => { const r = new XMLHttpRequest();"
        " r.open('GET', '/after/300/text'); r.onloadend = () => setTimeout(poll, 10);"
        " r.send() }; poll()",
        "a ticker": "let n = 0; setInterval(() => say(n++), 30)",
        "a clock": "const f = () => { say(Date()); setTimeout(f, 1000 - Date.now() % 1000) }; f()",
        "polling": "for (;;) { await sleep(50); say(await get(80)) }",
        "overlapping polls": "setInterval(async () => {"
        " (await fetch('/after/500/json')).json() }, 100)",
        "frames for ever": "const f = () => { say(Date.now()); requestAnimationFrame(f) }; f()",
        "a spinner": "o.innerHTML = '<div class=spinner></div>'",
        "a streamed answer": "for await (const _ of (await fetch('/stream/40/200')).body"
        ".pipeThrough(new TextDecoderStream())) setTimeout(say, 500, _)",
        "an event stream": "new EventSource('/events/40/200').onmessage ="
        " e => setTimeout(say, 500, e.data)",
        "named events": "new EventSource('/events/40/200?named=n').addEventListener('n',"
        " e => setTimeout(say, 500, e.data))",
        "a talking web socket": "new WebSocket('ws://' + location.host + '/ticks/40').onmessage ="
        " e => setTimeout(say, 500, e.data)",
        "a talking worker": "new Worker(URL.createObjectURL(new Blob(["
        "'setInterval(() => postMessage(1), 40)']))).onmessage = () => setTimeout(say, 500, 'x')",
        "a rendering scheduler": "const { port1, port2 } = new MessageChannel();"
        " port1.onmessage = () => setTimeout(() => { say(Date.now()); port2.postMessage(0) }, 300);"
        " port2.postMessage(0)",
        "idle work": "const f = () => requestIdleCallback(f); f()",
        "posted tasks": "for (;;) await scheduler.postTask(() => say(Date.now()), { delay: 40 })",
        "heavy frames": "const f = () => { const end = Date.now() + 12; while (Date.now() < end);"
        " requestAnimationFrame(f) }; f()",
    }.items()
]

BRIEF = [
    Scenario(
        "file that is read",
        go(
            "const reader = new FileReader(); reader.onload = () => say();"
            " reader.readAsDataURL(new Blob([new Uint8Array(1 << 23)]))"
        ),
        30,
    ),
    Scenario(
        "drawing that is encoded",
        go(
            "const c = document.createElement('canvas'); c.width = c.height = 300;"
            " c.getContext('2d').fillRect(0, 0, 90, 90); c.toBlob(() => say())"
        ),
        30,
    ),
    Scenario(
        "image without a request",
        go(
            "const c = document.createElement('canvas'); c.width = c.height = 400;"
            " const m = new Image(); m.onload = () => say(); m.src = c.toDataURL()"
        ),
        20,
    ),
    Scenario(
        "image of a blob",
        go(
            "const m = new Image(); m.onload = () => say(); m.src = URL.createObjectURL(new Blob("
            '[\'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>\'],'
            " { type: 'image/svg+xml' }))"
        ),
        20,
    ),
    Scenario(
        "script of a blob",
        "<script>globalThis.arrived = () => say()</script>"
        + go(
            "document.head.append(Object.assign(document.createElement('script'),"
            " { src: URL.createObjectURL(new Blob(['arrived()'])) }))"
        ),
        20,
    ),
    Scenario(
        "module that is there already",
        background("await import('/after/0/module')")
        + go("await import('/after/0/module'); await import('data:text/javascript,0'); say()"),
        20,
    ),
    Scenario(
        "message to itself",
        go(
            "let n = 0; addEventListener('message', () => {"
            " if (++n === 20) say(); else postMessage(n, '*') }); postMessage(n, '*')"
        ),
        10,
    ),
    Scenario(
        "message to all",
        go(
            "const channels = [1, 2].map(() => new BroadcastChannel('c'));"
            " channels[1].onmessage = () => say(); channels[0].postMessage(1)"
        ),
        10,
    ),
    Scenario(
        "permission that is asked for",
        go("await navigator.permissions.query({ name: 'geolocation' }); say()"),
        10,
    ),
    Scenario("lock", go("await navigator.locks.request('a', () => 0); say()"), 10),
    Scenario(
        "compression",
        go(
            "const stream = new Blob([new Uint8Array(1 << 22)]).stream();"
            " await new Response(stream.pipeThrough(new CompressionStream('gzip'))).blob(); say()"
        ),
        40,
    ),
    Scenario(
        "popover that says that it opened",
        "<div popover id=p>x</div>" + go("p.ontoggle = () => say(); p.showPopover()"),
        10,
    ),
    Scenario(
        "details that load when opened",
        "<details id=d><summary id=s>more</summary>x</details><script>d.ontoggle = async () =>"
        " say(await get(200))</script>",
        200,
        act="click #s",
    ),
    Scenario(
        "observer of a size",
        go(
            "const box = o.appendChild(document.createElement('i'));"
            " new ResizeObserver(async () => say(await get(100))).observe(box)"
        ),
        110,
    ),
    Scenario(
        "observer of what is seen",
        go(
            "const box = document.body.appendChild(document.createElement('i'));"
            " new IntersectionObserver(() => say()).observe(box)"
        ),
        20,
    ),
    Scenario(
        "smooth scrolling by style",
        "<style>html { scroll-behavior: smooth }</style>"
        "<div style='height: 3000px'></div><p id=end>end</p>"
        + go("document.scrollingElement.scrollTop = 5000"),
        600,
        "end.getBoundingClientRect().bottom <= innerHeight + 1",
    ),
    Scenario(
        "smooth scrolling to a target",
        "<style>html { scroll-behavior: smooth }</style>"
        "<div style='height: 3000px'></div><p id=end>end</p>" + go("location.hash = 'end'"),
        600,
        "end.getBoundingClientRect().bottom <= innerHeight + 1",
    ),
    Scenario(
        "frame that is written",
        go(
            "const f = document.body.appendChild(document.createElement('iframe'));"
            " f.srcdoc = '<p>x</p>'; f.onload = () => say()"
        ),
        30,
    ),
    Scenario(
        "form that is sent by a script",
        "<form id=f action=/after/200/html></form>" + go("f.submit()"),
        200,
    ),
    Scenario("page that is left by a script", go("location.href = '/after/200/html'"), 200),
    Scenario(
        "page that is left by a link that a script follows",
        go("Object.assign(document.createElement('a'), { href: '/after/200/html' }).click()"),
        200,
    ),
    Scenario(
        "image in a style that a class brings",
        "<style>.x { background: url(/after/100/image) }</style>" + go("o.className = 'x'; say()"),
        100,
        "performance.getEntriesByType('resource').some(e => e.name.endsWith('/image'))",
    ),
]
"""What is over in less than the time that a page gets to show it."""

BESIDES = [
    Scenario(
        "beacon",
        go(
            "navigator.sendBeacon('/after/2000/empty'); fetch('/after/2000/text?b',"
            " { method: 'POST', keepalive: true }); say()"
        ),
        0,
    ),
    Scenario(
        "fetch beside a long poll",
        background("for (;;) await fetch('/after/5000/text')") + go("say(await get(300))"),
        300,
    ),
    Scenario(
        "question over a talking web socket",
        "<script>const s = new WebSocket('ws://' +"
        " location.host + '/ticks/50'); s.onmessage = () => 0</script>" + go("say(await get(200))"),
        200,
    ),
    Scenario(
        "scrolling carousel",
        "<div id=c style='overflow: auto; height: 50px'><p style='height: 9000px'></div><script>"
        " let t; c.onscroll = () => { clearTimeout(t); t = setTimeout(say, 500, 'x') };"
        " setInterval(() => { c.scrollTop += 2 }, 30)</script>",
        0,
        "true",
    ),
    Scenario(
        "carousel",
        "<style>#c { width: 50px; height: 50px; background: red; transition: margin .3s"
        "}</style><div id=c></div>"
        + background(
            "let n = 0; setInterval(() => { c.style.margin = `0 ${(n += 40) % 200}px` }, 1500)"
        ),
        0,
        "true",
        waits_longer_ms=450,
    ),
    Scenario(
        "stopwatch that is started",
        go("let n = 0; setInterval(() => say('run ' + n++), 100)"),
        0,
        "o.textContent.startsWith('run')",
        waits_longer_ms=2200,
    ),
    Scenario(
        "clock that is started",
        go("say('on'); setInterval(() => say('on'), 600)"),
        0,
        "o.textContent === 'on'",
        waits_longer_ms=700,
    ),
]

ALL = [*PLAIN, *MOVING, *PLACES, *BRIEF, *BACKGROUND, *BESIDES]

PAGES = {
    **{scenario.name: scenario.page for scenario in ALL},
    "data": PRELUDE + background("const text = await get(200); setTimeout(say, 200, text)"),
    "forwards": PRELUDE + background("setTimeout(() => { location = '/after/200/html' }, 300)"),
    "refreshes": "<meta http-equiv=refresh content='1;url=/after/0/html'><p id=o></p>",
    "frame": PRELUDE + go("await get(200); setTimeout(say, 200, 'done')"),
    "asked": PRELUDE + "<script>onmessage = async e => { await get(150); setTimeout(() =>"
    " parent.postMessage(2, '*'), 150) }</script>",
}
