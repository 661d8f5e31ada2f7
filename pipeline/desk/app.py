"""The application: every page's router, and what is answered when something goes wrong.

Knows how pages are put together; each is in `pages`.
"""

from __future__ import annotations

import logging
from importlib.resources import files
from traceback import extract_tb
from typing import cast

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from pipeline.desk.addresses import WholeSegments
from pipeline.desk.desk import Desk
from pipeline.desk.environment import rendered, with_templates
from pipeline.desk.pages import pages
from pipeline.desk.security import Guard
from pipeline.desk.visit import SignInFirst, allowed
from pipeline.errors import CallqaError, StoreError

log = logging.getLogger(__name__)

SENTENCES = {
    404: "没有这个页面",
    405: "此地址不能这样访问",
    422: "填写有误，请检查后重试",
    500: "程序出错，已记录；您的操作没有生效，请重试或联系管理员",
}


def create_app(desk: Desk) -> FastAPI:
    """The review desk as an ASGI application, with every page that is declared.

    Raises
    ------
    ConfigurationError
        If a page of another package cannot be used.
    """
    app = FastAPI(title="callqa", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk, app.state.pages = desk, pages()
    app.state.templates = with_templates(page.templates for page in pages() if page.templates)
    app.add_middleware(Guard, on_defect=_defect)
    app.add_middleware(WholeSegments)  # around the guard, who tells a defect by the route that the router notes
    for page in pages():
        app.include_router(page.router, dependencies=[] if page.is_public else [Depends(allowed(*page.rights))])
    app.mount("/static", StaticFiles(directory=str(files("pipeline.desk") / "static")), name="static")
    app.add_exception_handler(SignInFirst, _sign_in_first)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(CallqaError, _refused)
    return app


def _sign_in_first(request: Request, _error: Exception) -> Response:
    """To the sign-in page and back again; in the middle of work, a sentence beside the work."""
    if _by_htmx(request):
        return _told(request, 401, "登录已失效（退出、超时或权限变更），请重新登录；页面上未提交的内容还在")
    path = request.scope.get("raw_path", b"").decode("ascii", "replace").partition("?")[0] or request.url.path
    there = path + (f"?{request.url.query}" if request.url.query else "")
    back = RedirectResponse("/sign-in", status_code=303)
    if request.method == "GET" and request.url.path != "/":
        back.headers["Location"] = str(request.url_for("sign_in").include_query_params(next=there))
    return back


def _http(request: Request, error: Exception) -> Response:
    detail, status = cast(HTTPException, error).detail, cast(HTTPException, error).status_code
    said = detail if not detail.isascii() else SENTENCES.get(status, SENTENCES[422])
    return _told(request, status, said)


def _invalid(request: Request, error: Exception) -> Response:
    wrong = cast(RequestValidationError, error).errors()
    fields = "、".join(dict.fromkeys(str(each["loc"][-1]) for each in wrong))
    return _told(request, 422, f"填写有误：{fields}"[:300])


def _refused(request: Request, error: Exception) -> Response:
    """What the user can act on is a sentence; a store that is busy or gone is not the user's fault."""
    return _told(request, 503 if isinstance(error, StoreError) and error.__cause__ else 422, str(error))


def _defect(request: Request, error: Exception) -> Response:
    """A defect of ours, logged by where it happened: what an error says may quote what a customer said."""
    at = " < ".join(
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in extract_tb(error.__traceback__)[:-6:-1]
    )
    route = getattr(request.scope.get("route"), "path", "")  # and not what was asked: that may hold anything
    log.error("%s %s: %s at %s", request.method, route, type(error).__name__, at)
    return _told(request, 500, SENTENCES[500])


def _by_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


def _told(request: Request, status: int, sentence: str) -> Response:
    """A page with one sentence, or, for htmx, the sentence in the notice line: nothing typed is lost."""
    page = HTMLResponse(rendered("told.html", request, status=status, sentence=sentence), status_code=status)
    if _by_htmx(request):
        page.headers["HX-Retarget"] = "#notice"
        page.headers["HX-Reswap"] = "innerHTML"
    return page
