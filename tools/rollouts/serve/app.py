"""The application: every resource, behind login and front."""

import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from .. import __version__
from . import answers, docs, errors, page, scheduler
from .ddi import artifacts, base, confirmation
from .faults import FaultLayer, Faults
from .front import Front
from .login import Login
from .mgmt import (
    filters,
    metadata,
    modules,
    rollouts,
    sets,
    system,
    tags,
    target_actions,
    targets,
    types,
)
from .page.feed import Feed
from .store import Store

ROUTERS = [
    base.resources, confirmation.resources, artifacts.resources, artifacts.files,
    sets.resources, sets.updates, sets.of_set, *metadata.ROUTERS, modules.resources, modules.files,
    targets.resources, target_actions.resources, target_actions.everywhere, filters.resources,
    rollouts.resources, tags.resources, tags.of_target, types.module_types, types.set_types,
    system.resources, system.user, docs.pages, *page.ROUTERS,
]  # fmt: skip


_ERRORS = {
    errors.ApiError: answers.api_error,
    errors.FrameworkError: answers.framework_error,
    errors.Empty: answers.empty,
    RequestValidationError: answers.validation_error,
    HTTPException: answers.http_exception,
    ClientDisconnect: answers.gone,
    UnicodeEncodeError: answers.unstorable,
    OverflowError: answers.unstorable,
    Exception: answers.crash,
}


def build(store: Store, faults: Faults, loopback_only: bool = False) -> FastAPI:
    """The ASGI application over a store. `loopback_only`: it has no other names."""

    @asynccontextmanager
    async def lifespan(app: FastAPI):
        task = asyncio.create_task(scheduler.forever(store))
        yield
        task.cancel()

    app = FastAPI(
        title="rollouts serve",
        version=__version__,
        description="A local hawkBit: DDI for devices, the Management API for operators.",
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        exception_handlers=_ERRORS,
    )
    app.state.store = store
    app.state.feed = Feed(store)
    app.state.api_routes = [route for router in ROUTERS for route in router.routes]
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(FaultLayer, faults=faults)
    app.add_middleware(Login, store=store)
    app.add_middleware(
        Front,
        takes_trailing_slash=store.settings.rules.trailing_slash,
        loopback_only=loopback_only,
    )
    return app
