"""A page of the desk as it declares itself: its addresses, its entry in the navigation, and who may open it.

Knows what is declared, and that every address is one page's; what is shown there is in `pages`, or in the packages
of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.routing import APIRoute

from pipeline.access.accounts import Account, Right
from pipeline.errors import ConfigurationError


@dataclass(frozen=True)
class Page:
    """A page.

    Parameters
    ----------
    router : APIRouter
        Its addresses. All of them ask for `right`; one that asks for more says so itself (`allowed`).
    path, title : str | None
        Its entry in the navigation, for those who may open it; None for a page that others lead to.
    right : Right | tuple of Right | None
        The right that opens it, or several of which any one does; None for whoever is signed in.
    landing : int | None
        Its rank among the pages on which one lands after signing in: the lowest that the account may open; None for
        a page on which nobody lands.
    is_public : bool
        Whether strangers are answered, too, where an address does not ask for more itself.
    templates : str
        The package in whose folder ``templates`` its templates lie, where that is not the desk's: ``today.html`` of
        the package ``ours`` is ``ours/today.html``.
    """

    router: APIRouter
    path: str | None = None
    title: str | None = None
    right: Right | tuple[Right, ...] | None = None
    landing: int | None = None
    is_public: bool = False
    templates: str = ""

    @property
    def rights(self) -> tuple[Right, ...]:
        """The rights of which any one opens it; none where whoever is signed in may."""
        if self.right is None:
            return ()
        return (self.right,) if isinstance(self.right, Right) else self.right

    @property
    def routes(self) -> Iterator[tuple[str, APIRoute]]:
        """The routes of its router, each with its method."""
        for route in self.router.routes:
            if isinstance(route, APIRoute):
                for method in sorted(route.methods or ()):
                    yield method, route

    def opens_to(self, account: Account) -> bool:
        """Whether the account may open it.

        Examples
        --------
        >>> from pipeline.access.accounts import Post
        >>> page = Page(APIRouter(), right=(Right.DISPUTE, Right.SETTLE))
        >>> page.opens_to(Account("wang", "王芳", Post.QA)), page.opens_to(Account("admin", "管理员", Post.ADMIN))
        (True, False)
        """
        return not self.rights or not account.rights.isdisjoint(self.rights)

    def holds(self, path: str) -> bool:
        """Whether an address is the page's entry in the navigation, or lies under it.

        Examples
        --------
        >>> page = Page(APIRouter(), "/queue", "队列")
        >>> [page.holds(path) for path in ("/queue", "/queue/plans", "/queues")]
        [True, True, False]
        """
        return self.path is not None and (path == self.path or path.startswith(f"{self.path}/"))


def checked(pages: Iterable[Page]) -> tuple[Page, ...]:
    """The pages, if every address and every landing is one page's and every entry in the navigation leads to one.

    Raises
    ------
    ConfigurationError
        If not; names the address, and the modules or the pages.

    Examples
    --------
    >>> checked([Page(APIRouter(), "/today", "今日概况")])
    Traceback (most recent call last):
    ...
    pipeline.errors.ConfigurationError: 今日概况 is in the navigation as /today, but its router has no GET /today
    """
    pages = tuple(pages)
    declared: dict[tuple[str, str], str] = {}
    landings: dict[int, str | None] = {}
    for page in pages:
        routes = list(page.routes)
        if page.landing is not None:
            first_to_land = landings.setdefault(page.landing, page.path)
            if page.path is None or first_to_land != page.path:
                raise ConfigurationError(
                    f"{page.path or 'a page outside the navigation'} has the landing {page.landing} of "
                    f"{first_to_land or 'none'}: give it a path and a rank of its own"
                )
        if page.path is not None and ("GET", page.path) not in {(method, route.path) for method, route in routes}:
            raise ConfigurationError(
                f"{page.title} is in the navigation as {page.path}, but its router has no GET {page.path}"
            )
        for method, route in routes:
            module = route.endpoint.__module__
            first = declared.setdefault((method, route.path), module)
            if first != module:
                raise ConfigurationError(f"{module} declares {method} {route.path}, which is an address of {first}")
    return pages
