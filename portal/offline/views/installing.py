"""What a phone needs to keep the portal like an app: the manifest and its icons."""

from flask import Response, abort, jsonify, make_response, request

from portal import files, i18n, settings
from portal.assets import address
from portal.i18n import _
from portal.offline.icons import SIZES, icon
from portal.offline.views.base import device
from portal.permissions import during_handover, public

GROUND = "#0b5a5c"


@device.get("/manifest.webmanifest")
@public
@during_handover
def manifest() -> Response:
    """In the language of the page that names it: browsers ask for it without cookies."""
    locale = request.args.get("locale", "")
    if locale in i18n.offered():
        i18n.speak(locale)
    name = i18n.pick(settings.value("company_name")) or _("Service portal")
    root = address("accounts.home")
    response = jsonify(
        id=root,
        name=name,
        short_name=name if len(name) <= 12 else _("Service"),
        lang=i18n.TAGS[i18n.current_locale()],
        start_url=f"{root}?src=pwa",
        scope=root,
        display="standalone",
        theme_color=GROUND,
        background_color="#ffffff",
        icons=[
            {
                "src": address("device.picture", name=name),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": use,
            }
            for name, size, use in (("192", 192, "any"), ("512", 512, "any"), ("maskable", 512, "maskable"))
        ],
    )
    response.mimetype = "application/manifest+json"
    response.headers["Cache-Control"] = "no-cache"
    return response


@device.get("/icon-<name>.png")
@public
@during_handover
def picture(name: str) -> Response:
    """`180`, `192`, `512`, or `maskable`, which launchers cut to their own shape."""
    sizes = {str(size): size for size in SIZES} | {"maskable": 512}
    if name not in sizes:
        abort(404)
    response = make_response(icon(sizes[name], name == "maskable", own_logo()))
    response.mimetype = "image/png"
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def own_logo() -> bytes | None:
    """None as well when the store of files is away: an icon is no reason to fail."""
    digest = settings.value("logo")
    try:
        return files.read(digest) if digest else None
    except OSError:
        return None
