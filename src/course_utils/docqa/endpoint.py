"""Any OpenAI-compatible endpoint as the model: URL, key and name come from the environment.

    DOCQA_MODEL_URL   where it is, like http://127.0.0.1:8000/v1
    DOCQA_MODEL       its name there
    DOCQA_MODEL_KEY   the key, where one is needed
    DOCQA_PRICE       its price in the catalog, for the figures (model-m if left out)

Replies are streamed, so that a reply that takes too long is ended on time, and read as a
whole, because a sentence is shown only after it was validated. Needs the extra `docqa`.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from course_utils.docqa import text as reading
from course_utils.docqa.model import (
    INSTRUCTIONS,
    Claim,
    ModelError,
    ModelGarbage,
    ModelRequest,
    ModelTimeout,
    ModelUnavailable,
    Reply,
    ToolCall,
    ToolSpec,
)

URL, NAME, KEY = "DOCQA_MODEL_URL", "DOCQA_MODEL", "DOCQA_MODEL_KEY"
PRICE = "DOCQA_PRICE"
NO_ANSWER = "NO ANSWER"
MAX_REPLY_CHARACTERS = 50_000

_CITES = re.compile(r"\s*((?:\[\d{1,4}(?:\s*,\s*\d{1,4})*\]\s*)+)([.!?]?)")
_NUMBER = re.compile(r"\d+")


@dataclass
class EndpointModel:
    """A chat model behind a URL. Retries are the orchestrator's, so the client's are off."""

    url: str
    name: str
    key: str = field(default="", repr=False)
    _client: Any = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ValueError(f"url = {self.url!r}: give one that begins with http:// or https://")
        if not self.name:
            raise ValueError("name is empty: give the name that the endpoint knows the model by")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> EndpointModel | None:
        """The model that the environment names, or None where it names none."""
        environment = os.environ if environment is None else environment
        url, name = environment.get(URL, ""), environment.get(NAME, "")
        if not url and not name:
            return None
        if not url or not name:
            raise ValueError(f"set both {URL} and {NAME}, or neither")
        # Said here, because a model that cannot be loaded would look like one that is down.
        if find_spec("openai") is None:
            raise ValueError(
                "a model behind an endpoint needs the package openai: "
                "pip install 'ai-system-design-course[docqa]'"
            )
        return cls(url, name, environment.get(KEY, ""))

    def reply(self, request: ModelRequest) -> Reply:
        deadline_s = time.monotonic() + request.timeout_s
        text, calls = self._stream(request, deadline_s)
        tool_calls = tuple(_tool_call(call) for call in calls.values())
        words = reading.tokens(text) + sum(reading.tokens(c["arguments"]) for c in calls.values())
        if text.strip().strip(".").upper() == NO_ANSWER:
            return Reply(abstains=True, output_tokens=words)
        claims = parse_claims(text, [passage.id for passage in request.passages])
        return Reply(claims=claims, tool_calls=tool_calls, output_tokens=words)

    def _stream(self, request: ModelRequest, deadline_s: float) -> tuple[str, dict[int, dict]]:
        import openai

        text: list[str] = []
        calls: dict[int, dict[str, str]] = {}
        characters, finished = 0, False
        try:
            stream = self._connected().chat.completions.create(
                model=self.name,
                messages=_messages(request),
                max_completion_tokens=request.max_output_tokens,
                stream=True,
                timeout=request.timeout_s,
                **({"tools": [_tool(spec) for spec in request.tools]} if request.tools else {}),
            )
            with stream:
                for chunk in stream:
                    # The client's timeout is for each read; a slow drip would never end.
                    if time.monotonic() > deadline_s:
                        raise ModelTimeout("the stream took too long")
                    characters += _take(chunk, text, calls)
                    if characters > MAX_REPLY_CHARACTERS:
                        raise ModelGarbage("the reply does not end")
                    finished = finished or any(choice.finish_reason for choice in chunk.choices)
        except ModelError:
            raise
        except openai.APITimeoutError as error:
            raise ModelTimeout("no reply in time") from error
        except openai.APIConnectionError as error:
            raise ModelUnavailable("no connection") from error
        except openai.APIStatusError as error:
            raise ModelUnavailable(f"status {error.status_code}") from error
        except (openai.OpenAIError, ValueError, TypeError, AttributeError, KeyError) as error:
            # A stream that is no JSON, or JSON of another shape.
            raise ModelGarbage(type(error).__name__) from error
        except Exception as error:
            if _is_timeout(error):
                raise ModelTimeout("the stream stopped") from error
            raise
        if not finished:
            raise ModelUnavailable("the stream broke off")
        return "".join(text), calls

    def _connected(self) -> Any:
        if self._client is None:
            import openai

            # The client wants some key, also where the endpoint wants none.
            self._client = openai.OpenAI(
                base_url=self.url, api_key=self.key or "none", max_retries=0
            )
        return self._client


def _is_timeout(error: Exception) -> bool:
    # Older clients let the timeouts of their transport through, newer ones have another transport.
    return any("Timeout" in kind.__name__ for kind in type(error).__mro__)


def _take(chunk: Any, text: list[str], calls: dict[int, dict[str, str]]) -> int:
    """Add what a piece of the stream brings; how many characters that is."""
    if not chunk.choices:
        return 0
    delta = chunk.choices[0].delta
    if delta.content:
        text.append(str(delta.content))
    characters = len(delta.content or "")
    for part in delta.tool_calls or ():
        call = calls.setdefault(part.index, {"name": "", "arguments": ""})
        if part.function:
            call["name"] += part.function.name or ""
            call["arguments"] += part.function.arguments or ""
            characters += len(part.function.arguments or "")
    return characters


def _tool_call(call: Mapping[str, str]) -> ToolCall:
    try:
        arguments = json.loads(call["arguments"] or "{}")
    except json.JSONDecodeError as error:
        raise ModelGarbage("the arguments of a tool are no JSON") from error
    if not isinstance(arguments, dict):
        raise ModelGarbage("the arguments of a tool are no object")
    return ToolCall(call["name"], arguments)


def _messages(request: ModelRequest) -> list[dict[str, str]]:
    return [
        {"role": "system", "content": INSTRUCTIONS},
        {"role": "user", "content": request.prompt()},
    ]


def _tool(spec: ToolSpec) -> dict[str, Any]:
    properties = {
        name: {"type": "string", "description": words} for name, words in spec.arguments.items()
    }
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(spec.arguments),
        "additionalProperties": False,
    }
    return {
        "type": "function",
        "function": {
            "name": spec.name,
            "description": spec.description,
            "parameters": parameters,
        },
    }


def parse_claims(text: str, ids: Iterable[str]) -> tuple[Claim, ...]:
    """The sentences of a reply with what each one cites; a number that is no passage cites none.

    >>> [(c.text, c.cites) for c in parse_claims("It is 27 days [1]. Ask HR. [2][9]", ["a", "b"])]
    [('It is 27 days.', ('a',)), ('Ask HR.', ('b',))]
    """
    ids = list(ids)
    claims: list[Claim] = []
    begin = 0
    for match in _CITES.finditer(text):
        sentence = text[begin : match.start()].strip() + match.group(2)
        begin = match.end()
        places = [int(n) for n in _NUMBER.findall(match.group(1))]
        cites = tuple(dict.fromkeys(ids[n - 1] for n in places if 1 <= n <= len(ids)))
        # What stands before the last sentence end has no citation of its own.
        *bare, cited = reading.sentences(sentence) or ("",)
        claims += [Claim(part, ()) for part in bare]
        if cited:
            claims.append(Claim(cited, cites))
    claims += [Claim(part, ()) for part in reading.sentences(text[begin:])]
    return tuple(claim for claim in claims if reading.words(claim.text))
