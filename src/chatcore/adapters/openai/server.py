"""The connection to a server that speaks OpenAI's APIs: the official SDK, over an HTTP client that can be handed in."""

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from anyio import CancelScope

from chatcore.adapters.openai.style import KEY_VARIABLES, SERVER_URLS
from chatcore.adapters.providers.calling import refused
from chatcore.adapters.providers.faults import fault
from chatcore.adapters.providers.secrets import Secrets
from chatcore.domain.json_text import JsonValue
from chatcore.domain.limits import MODEL_SILENCE_MS_MAX, PROVIDER_CONNECT_MS_MAX
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.ports.model import ModelError

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

_READ_RAW: Final[Mapping[str, str]] = {"X-Stainless-Raw-Response": "stream"}


class OpenAIServer:
    """One server and the credentials for it, shared by its models and used by many tasks at once.

    `provider` is the provider's id: in errors, as the key of its metadata in parts, and to find its style, its address
    and its key's environment variable. `api_key` None takes the key from there when the first request is made.
    `base_url` None is the provider's own server. `headers` and `query` go with every request; header values are taken
    for secrets. `http` is the client to use; it then belongs to the caller, else `aclose` closes the one made here.
    """

    def __init__(
        self,
        provider: str = "openai",
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        http: "httpx2.AsyncClient | None" = None,
    ) -> None:
        self.provider = provider
        self._key = api_key
        self._base_url = base_url
        self._headers = dict(headers or {})
        self._query = dict(query or {})
        self._http = http
        self._own_http: httpx2.AsyncClient | None = None
        self._sdk: AsyncOpenAI | None = None

    def __repr__(self) -> str:
        return f"OpenAIServer({self.provider!r}, base_url={self._base_url!r})"

    @property
    def secrets(self) -> Secrets:
        """What must not be told."""
        return Secrets((*self._headers.values(), self._found_key()))

    @asynccontextmanager
    async def post(self, path: str, body: Mapping[str, JsonValue]) -> AsyncGenerator["httpx2.Response", None]:
        """Send one request, once, and give its response with the body still to be read; closed at the end.

        Raises: ModelError, no key is there, the server refused, or it could not be reached.
        """
        response = await self._send(path, body)
        try:
            yield response
        finally:
            # A reader that was cancelled must let the connection go all the same.
            with CancelScope(shield=True):
                await response.aclose()

    async def aclose(self) -> None:
        """Close the HTTP client, if it was made here."""
        if self._own_http is not None:
            await self._own_http.aclose()
            self._own_http = self._sdk = None

    async def _send(self, path: str, body: Mapping[str, JsonValue]) -> "httpx2.Response":
        try:
            from httpx2 import HTTPError, InvalidURL, Response, StreamError
            from openai import APIStatusError, OpenAIError
        except ImportError as error:
            words = f"models of {self.provider} need an extra: install chatcore[openai]"
            raise ModelError(words, kind=ErrorKind.CONFIG, provider=self.provider, retryable=False) from error

        sdk = self._client()
        try:
            # Not `chat.completions.create`: it rewrites what it knows of a body.
            return await sdk.post(path, cast_to=Response, body=dict(body), options={"headers": _READ_RAW})
        except APIStatusError as error:
            failed = refused(error.response, self.provider, self.secrets)
        # The body of a refusal is read by the SDK, and what breaks there is told as it is.
        except (OpenAIError, HTTPError, InvalidURL, StreamError) as error:
            words = f"the provider's SDK failed with {type(error).__name__}"
            failed = fault(error.__cause__ or error, self.provider, answering=False) or ModelError(
                words, kind=ErrorKind.GENERIC, provider=self.provider
            )
        # Outside the handlers, for what they caught knows the request, and its headers hold the key.
        raise failed

    def _client(self) -> "AsyncOpenAI":
        if self._sdk is None:
            from openai import AsyncOpenAI

            key = self._required_key()
            azure = {"api-key": key} if self.provider == "azure" else {}
            self._sdk = AsyncOpenAI(
                api_key=key,
                base_url=self._required_url(),
                http_client=self._http or self._made_http(),
                default_headers={**azure, **self._headers},
                default_query=self._query,
                # One retry layer, chatcore's own (4.6).
                max_retries=0,
            )
            if self.provider != "openai":
                # The SDK takes them from the environment, also for servers that have nothing to do with OpenAI.
                self._sdk.organization = self._sdk.project = None
        return self._sdk

    def _made_http(self) -> "httpx2.AsyncClient":
        import httpx2

        timeout = httpx2.Timeout(MODEL_SILENCE_MS_MAX / 1000, connect=PROVIDER_CONNECT_MS_MAX / 1000)
        # A redirect would carry the key elsewhere.
        self._own_http = httpx2.AsyncClient(timeout=timeout, follow_redirects=False)
        return self._own_http

    def _found_key(self) -> str:
        variable = KEY_VARIABLES.get(self.provider, "")
        return (self._key or os.environ.get(variable) or "").strip()

    def _required_key(self) -> str:
        key = self._found_key()
        if not key:
            variable = KEY_VARIABLES.get(self.provider)
            cure = f"set {variable} or give an api_key" if variable else "give an api_key"
            message = f"no key for {self.provider}: {cure}"
            raise ModelError(message, kind=ErrorKind.MISSING_KEY, provider=self.provider)
        if not (key.isascii() and key.isprintable()):
            # Said here, for an HTTP client would quote it.
            message = f"the key for {self.provider} holds characters that no key has: copy it once more"
            raise ModelError(message, kind=ErrorKind.MISSING_KEY, provider=self.provider)
        return key

    def _required_url(self) -> str:
        url = self._base_url or SERVER_URLS.get(self.provider)
        if not url:
            message = f"no address for {self.provider}: give a base_url; known are {', '.join(SERVER_URLS)}"
            raise ModelError(message, kind=ErrorKind.CONFIG, provider=self.provider)
        return url
