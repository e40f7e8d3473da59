"""What the evaluators ask the shop's REST interface: its orders and the reviews of a product."""

from collections.abc import Sequence
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from vigorl.tasks.sites.application import StandInSite
from vigorl.tasks.sites.pages import whole
from vigorl.tasks.visualwebarena.accounts import Accounts

_TOKEN = "stand-in-administrator"


def rest_routes(shop: StandInSite) -> Sequence[BaseRoute]:
    """The interface, as far as it goes."""
    administrator = Accounts().shop_administrator

    async def token(request: Request) -> Response:
        wanted = {"username": administrator.name, "password": administrator.password}
        if await request.json() != wanted:
            return JSONResponse({"message": "The account sign-in was incorrect."}, 401)
        return JSONResponse(_TOKEN)

    async def orders(request: Request) -> Response:
        if not _is_let_in(request):
            return _refusal()
        asked = request.query_params
        newest = asked.get("searchCriteria[sortOrders][0][direction]") == "DESC"
        rows = shop.all(
            f"SELECT id, at FROM orders ORDER BY at {'DESC' if newest else 'ASC'} LIMIT ?",
            whole(asked.get("searchCriteria[pageSize]"), -1),
        )
        items = [{"increment_id": f"{row['id']:09d}", "created_at": row["at"]} for row in rows]
        return JSONResponse({"items": items})

    async def reviews(request: Request) -> Response:
        if not _is_let_in(request):
            return _refusal()
        product = shop.one("SELECT id FROM products WHERE sku = ?", request.path_params["sku"])
        rows = shop.all("SELECT * FROM reviews WHERE product = ? ORDER BY at", product["id"])
        return JSONResponse(
            [
                {
                    "nickname": row["nickname"],
                    "title": row["title"],
                    "detail": row["detail"],
                    "ratings": [{"rating_name": "Rating", "percent": 20 * row["stars"]}],
                }
                for row in rows
            ]
        )

    return (
        Route("/rest/default/V1/integration/admin/token", token, methods=["POST"]),
        Route("/rest/V1/orders", orders),
        Route("/rest/V1/products/{sku}/reviews", reviews),
    )


def _is_let_in(request: Request) -> bool:
    return request.headers.get("authorization") == f"Bearer {_TOKEN}"


def _refusal() -> Response:
    return JSONResponse({"message": "The consumer isn't authorized."}, HTTPStatus.UNAUTHORIZED)
