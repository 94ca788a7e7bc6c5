"""Backend API: an ASGI application with a typed schema, limits, request ids, plain errors.

In a lesson it runs in-process; `python -m course_utils.docqa serve` serves it for real. An
answer comes as a whole: a sentence is not shown before it was validated. The audit log has
no route, because it names what a user may not see.
"""

# No `from __future__ import annotations` here: FastAPI reads the annotations of the routes,
# which name a type that is local to `create_app`.
import asyncio
import json
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import anyio
import anyio.to_thread
from fastapi import Depends, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from course_utils.calculators.validate import number
from course_utils.docqa.orchestrator import MAX_QUESTION_CHARACTERS
from course_utils.docqa.policy import AccessError, Identity
from course_utils.docqa.system import System
from course_utils.docqa.tools import Action

Scope, Message = dict[str, Any], dict[str, Any]
Receive, Send = Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]


@dataclass(frozen=True)
class ApiLimits:
    """What one request, one user and all together may take."""

    max_body_bytes: int = 16_384
    body_timeout_s: float = 10.0
    request_timeout_s: float = 60.0
    requests_at_once: int = 64
    requests_at_once_per_user: int = 8

    def __post_init__(self) -> None:
        number("max_body_bytes", self.max_body_bytes, "bytes", low=64, high=1e9, whole=True)
        for name in ("body_timeout_s", "request_timeout_s"):
            number(name, getattr(self, name), "seconds", high=3_600, above=True)
        for name in ("requests_at_once", "requests_at_once_per_user"):
            number(name, getattr(self, name), "requests", low=1, high=10_000, whole=True)


class ApiError(Exception):
    """An error for the client: a status, a code for programs, and what to do, in words."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class AskIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    question: str = Field(min_length=1, max_length=MAX_QUESTION_CHARACTERS)


class SentenceOut(BaseModel):
    text: str
    citations: list[int]


class CitationOut(BaseModel):
    number: int
    chunk: str
    document: str
    version: int
    title: str
    valid_from: str
    superseded: bool
    trusted: bool
    quote: str


class StageOut(BaseModel):
    name: str
    depth: int
    start_s: float
    duration_s: float
    start_share: float
    duration_share: float
    input_tokens: int
    output_tokens: int
    usd: float
    notes: dict[str, Any]


class AnswerOut(BaseModel):
    request: str
    question: str
    status: str
    text: str
    reason: str
    sentences: list[SentenceOut]
    citations: list[CitationOut]
    closest: list[CitationOut]
    notices: list[str]
    degraded: bool
    cached: bool
    actions: list[str]
    input_tokens: int
    output_tokens: int
    usd: float
    seconds: float
    stages: list[StageOut]


class ActionOut(BaseModel):
    id: str
    requester: str
    tool: str
    arguments: dict[str, str]
    state: str
    untrusted: bool
    decided_by: str
    outcome: str

    @classmethod
    def of(cls, action: Action) -> "ActionOut":
        return cls(
            id=action.id,
            requester=action.requester,
            tool=action.call.name,
            arguments=dict(action.call.arguments),
            state=action.state,
            untrusted=action.untrusted,
            decided_by=action.decided_by,
            outcome=action.outcome,
        )


class HealthOut(BaseModel):
    status: str


class ErrorDetail(BaseModel):
    code: str
    message: str
    request: str


class ErrorOut(BaseModel):
    error: ErrorDetail


def create_app(system: System, limits: ApiLimits | None = None) -> FastAPI:
    """The application for this system."""
    limits = limits or ApiLimits()
    app = FastAPI(
        title="Document question answering",
        # The pages of the documentation would load their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        responses={"4XX": {"model": ErrorOut}, "5XX": {"model": ErrorOut}},
    )
    app.add_middleware(Gate, limits=limits)
    _add_error_handlers(app)
    busy = _Busy(limits)

    def identity(request: Request, authorization: Annotated[str, Header()] = "") -> Identity:
        return _authenticate(system, _id(request), authorization)

    Who = Annotated[Identity, Depends(identity)]

    @app.get("/v1/health")
    def health() -> HealthOut:
        return HealthOut(status="ok")

    @app.post("/v1/ask")
    async def ask(body: AskIn, who: Who, request: Request) -> AnswerOut:
        with busy.place_for(who.user):
            answer = await anyio.to_thread.run_sync(
                system.ask_as, who, body.question, _id(request), limiter=busy.limiter()
            )
        return AnswerOut(**answer.as_dict())

    @app.get("/v1/actions")
    def actions(who: Who) -> list[ActionOut]:
        return [ActionOut.of(action) for action in system.approvals.of(who)]

    @app.post("/v1/actions/{action_id}/approve")
    def approve(action_id: str, who: Who, request: Request) -> ActionOut:
        return _decide(system, who, action_id, True, _id(request))

    @app.post("/v1/actions/{action_id}/reject")
    def reject(action_id: str, who: Who, request: Request) -> ActionOut:
        return _decide(system, who, action_id, False, _id(request))

    return app


def _id(request: Request) -> str:
    return request.scope["docqa.request"]


def _authenticate(system: System, request: str, authorization: str) -> Identity:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        system.audit.record(request, "", "authenticate", False)
        raise ApiError(
            401,
            "not_signed_in",
            "Send your token in the header `Authorization: Bearer TOKEN`.",
            WWW_Authenticate="Bearer",
        )
    try:
        who = system.identity(token.strip())
    except AccessError as error:
        system.audit.record(request, "", "authenticate", False)
        raise ApiError(
            401, "bad_token", f"{str(error).capitalize()}.", WWW_Authenticate="Bearer"
        ) from error
    system.audit.record(request, who.user, "authenticate", True)
    return who


def _decide(
    system: System, who: Identity, action_id: str, approve: bool, request: str
) -> ActionOut:
    try:
        action = system.approvals.decide(who, action_id, approve=approve, request=request)
    except AccessError as error:
        raise ApiError(404, "no_such_action", f"{str(error).capitalize()}.") from error
    return ActionOut.of(action)


class _Busy:
    """Counts requests in flight; used in the event loop alone, so it needs no lock."""

    def __init__(self, limits: ApiLimits) -> None:
        self._limits = limits
        self._of: Counter[str] = Counter()
        self._limiters: dict[Any, anyio.CapacityLimiter] = {}

    def limiter(self) -> anyio.CapacityLimiter:
        # A limiter belongs to the event loop that it was made in.
        loop = asyncio.get_running_loop()
        if loop not in self._limiters:
            self._limiters = {loop: anyio.CapacityLimiter(self._limits.requests_at_once)}
        return self._limiters[loop]

    @contextmanager
    def place_for(self, user: str) -> Any:
        if self._of.total() >= self._limits.requests_at_once:
            raise ApiError(
                503, "busy", "Too many questions at once. Try again shortly.", Retry_After="1"
            )
        if self._of[user] >= self._limits.requests_at_once_per_user:
            raise ApiError(
                429,
                "too_many_at_once",
                "You have too many questions under way. Wait for an answer, then ask again.",
                Retry_After="1",
            )
        self._of[user] += 1
        try:
            yield
        finally:
            self._of[user] -= 1
            if not self._of[user]:
                del self._of[user]


def _add_error_handlers(app: FastAPI) -> None:
    @app.exception_handler(ApiError)
    async def api_error(request: Request, error: ApiError) -> JSONResponse:
        return _error(_id(request), error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        # What was sent is not repeated: it may be long, and it is in nobody's interest to echo.
        places = ", ".join(
            f"{'.'.join(str(step) for step in e['loc'])}: {e['msg']}" for e in error.errors()[:5]
        )
        message = f'Send JSON like {{"question": "..."}}. What is wrong: {places}.'
        return _error(_id(request), ApiError(422, "invalid_request", message))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        known = {
            404: "There is nothing here. Ask with POST /v1/ask.",
            405: "This method does not work here. Ask with POST /v1/ask.",
        }
        message = known.get(error.status_code, "The request cannot be read. Check it and retry.")
        code = {404: "not_found", 405: "wrong_method"}.get(error.status_code, "bad_request")
        return _error(_id(request), ApiError(error.status_code, code, message))


def _error(request: str, error: ApiError) -> JSONResponse:
    body = {"error": {"code": error.code, "message": error.message, "request": request}}
    return JSONResponse(body, status_code=error.status, headers=error.headers)


class Gate:
    """What every request passes first: an id, a limit to its body, and a limit to its time."""

    def __init__(self, app: Any, limits: ApiLimits) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = scope["docqa.request"] = uuid.uuid4().hex
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = [*message.get("headers", ()), (b"x-request-id", request.encode())]
                message = {**message, "headers": headers}
            await send(message)

        try:
            body = await asyncio.wait_for(self._body(receive), self._limits.body_timeout_s)
            if body is None:
                return  # the client has gone
            await asyncio.wait_for(
                self._app(scope, _again(body, receive), send_with_id),
                self._limits.request_timeout_s,
            )
        except ApiError as error:
            await _error(request, error)(scope, receive, send_with_id)
        except TimeoutError:
            if not started:
                slow = ApiError(504, "timeout", "This took too long. Try again in a minute.")
                await _error(request, slow)(scope, receive, send_with_id)
        except Exception:
            # Nothing of the error reaches the client; whoever runs the server sees it.
            if not started:
                broken = ApiError(
                    500, "internal", "Something failed here. Try again, and report the request id."
                )
                await _error(request, broken)(scope, receive, send_with_id)
            raise

    async def _body(self, receive: Receive) -> bytes | None:
        """The whole body if it is small enough and text; None if the client left."""
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > self._limits.max_body_bytes:
                raise ApiError(
                    413,
                    "too_large",
                    f"The request has more than {self._limits.max_body_bytes:,} bytes. "
                    "Ask a shorter question.",
                    Connection="close",
                )
            if not message.get("more_body", False):
                break
        try:
            body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ApiError(400, "not_utf8", "Send the request as UTF-8 text.") from error
        if body:
            _check_json(bytes(body))
        return bytes(body)


def _check_json(body: bytes) -> None:
    try:
        json.loads(body)
    except (ValueError, RecursionError) as error:
        message = 'This is not JSON. Send JSON like {"question": "..."}.'
        raise ApiError(400, "not_json", message) from error


def _again(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body that was read already, then waits for the client."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
