"""Pages that bring up the widgets of npm packages that ship no page with them.

Each is an HTML body in which `{package}` names the package's folder on the server. The widgets name
their own buttons; nothing here does.
"""

TEXT = "<h2>Meeting notes</h2><p>We talked about the <b>budget</b> and the next release.</p>"
JQUERY = '<script src="/jquery-3.7.1/package/dist/jquery.min.js"></script>'
PICTURE = "/soft-ui-dashboard-1.0.1/package/assets/img/home-decor-1.jpg"
PICTURES = "".join(f"<a href='{PICTURE}'><img src='{PICTURE}' width=160></a>" for _ in range(3))


def _assets(*paths: str) -> str:
    """Tags that load style sheets and scripts of the package."""
    return "".join(
        f'<link rel="stylesheet" href="{{package}}/{path}">'
        if path.endswith(".css")
        else f'<script src="{{package}}/{path}"></script>'
        for path in paths
    )


def _script(code: str) -> str:
    return f"<script>{code}</script>"


_VIDEO = "<video id=v controls playsinline style='width:640px;height:360px'></video>"

HOSTS: dict[str, str] = {
    "froala-editor@5.4.0": _assets("css/froala_editor.pkgd.min.css", "js/froala_editor.pkgd.min.js")
    + f"<div id=e>{TEXT}</div>"
    + _script("new FroalaEditor('#e')"),
    "jodit@4.15.13": _assets("es2018/jodit.fat.min.css", "es2018/jodit.fat.min.js")
    + f"<textarea id=e>{TEXT}</textarea>"
    + _script("Jodit.make('#e')"),
    "ckeditor4@4.25.2": _assets("ckeditor.js")
    + f"<textarea id=e>{TEXT}</textarea>"
    + _script("CKEDITOR.replace('e', {versionCheck: false})"),
    "@ckeditor/ckeditor5-build-classic@41.4.2": _assets("build/ckeditor.js")
    + f"<div id=e>{TEXT}</div>"
    + _script("ClassicEditor.create(document.querySelector('#e'))"),
    "summernote@0.9.1": JQUERY
    + _assets("dist/summernote-lite.min.css", "dist/summernote-lite.min.js")
    + f"<div id=e>{TEXT}</div>"
    + _script("$('#e').summernote({height: 200})"),
    "trumbowyg@2.31.0": JQUERY
    + _assets("dist/ui/trumbowyg.min.css", "dist/trumbowyg.min.js")
    + f"<div id=e>{TEXT}</div>"
    + _script("$('#e').trumbowyg({svgPath: '{package}/dist/ui/icons.svg'})"),
    "sceditor@3.2.1": _assets(
        "minified/themes/default.min.css", "minified/sceditor.min.js", "minified/formats/xhtml.js"
    )
    + f"<textarea id=e style='width:900px;height:300px'>{TEXT}</textarea>"
    + _script("sceditor.create(document.getElementById('e'), {format: 'xhtml'})"),
    "easymde@2.21.0": '<link rel="stylesheet" href="/font-awesome-4.7.0/package/css/'
    'font-awesome.min.css">'
    + _assets("dist/easymde.min.css", "dist/easymde.min.js")
    + "<textarea id=e># Notes</textarea>"
    + _script("new EasyMDE({element: document.getElementById('e')})"),
    "suneditor@2.47.5": _assets("dist/css/suneditor.min.css", "dist/suneditor.min.js")
    + f"<textarea id=e>{TEXT}</textarea>"
    + _script(
        "SUNEDITOR.create('e', {width: '100%', buttonList: [['undo', 'redo'], ['bold', 'underline',"
        "'italic', 'strike'], ['fontColor', 'hiliteColor'], ['removeFormat'], ['outdent', 'indent'"
        "], ['align', 'horizontalRule', 'list', 'lineHeight'], ['table', 'link', 'image', 'video'"
        "], ['fullScreen', 'showBlocks', 'codeView'], ['preview', 'print', 'save']]})"
    ),
    "vditor@3.11.0": _assets("dist/index.css", "dist/index.min.js")
    + "<div id=e></div>"
    + _script("new Vditor('e', {cdn: '{package}', lang: 'en_US', cache: {enable: false}})"),
    "tinymce@8.9.2": _assets("tinymce.min.js")
    + f"<textarea id=e>{TEXT}</textarea>"
    + _script(
        "tinymce.init({selector: '#e', license_key: 'gpl', toolbar_mode: 'wrap', plugins: 'link "
        "image media table code lists fullscreen preview searchreplace anchor emoticons charmap "
        "insertdatetime help', toolbar: 'undo redo | bold italic underline strikethrough | "
        "alignleft aligncenter alignright alignjustify | bullist numlist outdent indent | link "
        "image media table code | charmap emoticons | fullscreen preview print | searchreplace | "
        "forecolor backcolor removeformat | help'})"
    ),
    "mediaelement@7.1.0": _assets(
        "build/mediaelementplayer.min.css", "build/mediaelement-and-player.min.js"
    )
    + _VIDEO
    + _script("new MediaElementPlayer('v', {iconSprite: '{package}/build/mejs-controls.svg'})"),
    "plyr@3.8.4": _assets("dist/plyr.css", "dist/plyr.min.js")
    + _VIDEO
    + _script("new Plyr('#v', {iconUrl: '{package}/dist/plyr.svg'})"),
    "video.js@8.24.1": _assets("dist/video-js.min.css", "dist/video.min.js")
    + _VIDEO.replace("<video", "<video class='video-js vjs-has-started'")
    + _script("videojs('v', {controls: true, width: 640, height: 360})"),
    "dplayer@1.27.1": _assets("dist/DPlayer.min.js")
    + "<div id=v style='width:640px;height:360px'></div>"
    + _script("new DPlayer({container: v, lang: 'en', video: {url: 'x.mp4'}, screenshot: true})"),
    "artplayer@5.2.1": _assets("dist/artplayer.js")
    + "<div id=v style='width:640px;height:360px'></div>"
    + _script(
        "new Artplayer({container: v, url: 'x.mp4', lang: 'en', setting: true, fullscreen: true,"
        "fullscreenWeb: true, pip: true, screenshot: true, playbackRate: true, flip: true})"
    ),
    "vidstack@1.12.13": _assets("player/styles/default/theme.css")
    + '<link rel="stylesheet" href="{package}/player/styles/default/layouts/video.css">'
    + '<script type="module" src="{package}/cdn/with-layouts/vidstack.js"></script>'
    + "<media-player title=Demo src=x.mp4 view-type=video style='width:640px;height:360px'>"
    "<media-provider></media-provider><media-video-layout></media-video-layout></media-player>",
    "photoswipe@5.4.4": _assets("dist/photoswipe.css", "dist/umd/photoswipe.umd.min.js")
    + _script(
        f"new PhotoSwipe({{dataSource: [1, 2, 3].map(() => ({{src: '{PICTURE}', width: 900, height:"
        " 600})), index: 1}).init()"
    ),
    "lightgallery@2.9.0": _assets("css/lightgallery-bundle.min.css", "lightgallery.min.js")
    + _assets("plugins/zoom/lg-zoom.min.js", "plugins/share/lg-share.min.js")
    + _assets("plugins/fullscreen/lg-fullscreen.min.js", "plugins/rotate/lg-rotate.min.js")
    + f"<div id=g>{PICTURES}</div>"
    + _script(
        "const g = lightGallery(document.getElementById('g'), {plugins: [lgZoom, lgShare, "
        "lgFullscreen, lgRotate]}); g.openGallery(1)"
    ),
    "viewerjs@1.15.0": _assets("dist/viewer.min.css", "dist/viewer.min.js")
    + f"<div id=g>{PICTURES}</div>"
    + _script("new Viewer(document.getElementById('g')).show()"),
    "glightbox@3.3.1": _assets("dist/css/glightbox.min.css", "dist/js/glightbox.min.js")
    + _script(
        f"GLightbox({{elements: [1, 2, 3].map(() => ({{href: '{PICTURE}', type: 'image'}})),"
        "startAt: 1}).open()"
    ),
    "openseadragon@6.1.1": _assets("build/openseadragon/openseadragon.min.js")
    + "<div id=o style='width:700px;height:450px'></div>"
    + _script(
        "OpenSeadragon({id: 'o', prefixUrl: '{package}/build/openseadragon/images/',"
        f"showRotationControl: true, tileSources: {{type: 'image', url: '{PICTURE}'}}}})"
    ),
    "leaflet@1.9.4": _assets("dist/leaflet.css", "dist/leaflet.js")
    + "<div id=m style='height:500px'></div>"
    + _script("L.map('m').setView([51, 0], 8); L.control.layers"),
    "ol@10.6.0": _assets("ol.css", "dist/ol.js")
    + "<div id=m style='height:500px'></div>"
    + _script(
        "new ol.Map({target: 'm', view: new ol.View({center: [0, 0], zoom: 3, rotation: 1}),"
        "controls: ol.control.defaults.defaults().extend([new ol.control.FullScreen()])})"
    ),
    "maplibre-gl@5.0.0": _assets("dist/maplibre-gl.css", "dist/maplibre-gl.js")
    + "<div id=m style='height:500px'></div>"
    + _script(
        "const m = new maplibregl.Map({container: 'm', style: {version: 8, sources: {}, layers: []}"
        "}); m.addControl(new maplibregl.NavigationControl()); m.addControl(new maplibregl."
        "FullscreenControl()); m.addControl(new maplibregl.GeolocateControl())"
    ),
    "jsoneditor@10.4.3": _assets("dist/jsoneditor.min.css", "dist/jsoneditor.min.js")
    + "<div id=j style='height:400px'></div>"
    + _script("new JSONEditor(j, {modes: ['tree', 'code']}, {name: 'Ada', tags: ['a', 'b']})"),
    "grapesjs@0.23.6": _assets("dist/css/grapes.min.css", "dist/grapes.min.js")
    + f"<div id=e>{TEXT}</div>"
    + _script("grapesjs.init({container: '#e', fromElement: true, storageManager: false})"),
    "fullcalendar@7.1.0": _assets("skeleton.css", "all/global.js", "themes/classic/global.js")
    + "<div id=c></div>"
    + _script("new FullCalendar.Calendar(c, {initialView: 'dayGridMonth'}).render()"),
    "tui-image-editor@3.15.3": _assets("dist/tui-image-editor.css", "dist/tui-image-editor.js")
    + "<div id=e style='height:600px'></div>"
    + _script(
        f"new tui.ImageEditor('#e', {{includeUI: {{loadImage: {{path: '{PICTURE}', name: 'a'}}}},"
        "cssMaxWidth: 700, cssMaxHeight: 500})"
    ),
    "flickity@3.0.0": _assets("dist/flickity.min.css", "dist/flickity.pkgd.min.js")
    + f"<div id=f>{PICTURES}</div>"
    + _script("new Flickity('#f')"),
    "slick-carousel@1.8.1": JQUERY
    + _assets("slick/slick.css", "slick/slick-theme.css", "slick/slick.min.js")
    + f"<div style='margin:60px' id=f>{PICTURES}</div>"
    + _script("$('#f').slick({dots: true})"),
    "@splidejs/splide@4.1.4": _assets("dist/css/splide.min.css", "dist/js/splide.min.js")
    + "<section id=f class=splide><div class=splide__track><ul class=splide__list>"
    + f"<li class=splide__slide><img src='{PICTURE}'></li>" * 3
    + "</ul></div></section>"
    + _script("new Splide('#f').mount()"),
    "swiper@14.4.0": _assets("swiper-bundle.min.css", "swiper-bundle.min.js")
    + "<div class=swiper><div class=swiper-wrapper>"
    + f"<div class=swiper-slide><img src='{PICTURE}'></div>" * 3
    + "</div><div class=swiper-button-prev></div><div class=swiper-button-next></div></div>"
    + _script("new Swiper('.swiper', {navigation: true, initialSlide: 1})"),
    "swagger-ui-dist@5.35.0": _assets("swagger-ui.css", "swagger-ui-bundle.js")
    + "<div id=s></div>"
    + _script(
        "SwaggerUIBundle({dom_id: '#s', docExpansion: 'full', spec: {openapi: '3.0.0', info: {title"
        ": 'Pets', version: '1'}, paths: {'/pets': {get: {summary: 'All pets', responses: {200: "
        "{description: 'ok'}}}}}}})"
    ),
    "redoc@2.5.0": _assets("bundles/redoc.standalone.js")
    + "<div id=s></div>"
    + _script(
        "Redoc.init({openapi: '3.0.0', info: {title: 'Pets', version: '1'}, paths: {'/pets': {get: "
        "{summary: 'All pets', responses: {200: {description: 'ok'}}}}}}, {}, s)"
    ),
    "docsify@5.0.0": _assets("dist/themes/core.min.css")
    + "<div id=app></div><script>window.$docsify = {name: 'Guide', repo: 'a/b'}</script>"
    + _assets("dist/docsify.min.js"),
}  # fmt: skip
"""Package with its version, and the page for it."""
