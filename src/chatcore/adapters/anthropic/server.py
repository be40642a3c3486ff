"""The connection to a server of the Messages API: the official SDK, over an HTTP client that can be handed in."""

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from anyio import CancelScope

from chatcore.adapters.anthropic.options import PROVIDER
from chatcore.adapters.providers.calling import refused
from chatcore.adapters.providers.faults import fault
from chatcore.adapters.providers.secrets import Secrets
from chatcore.domain.json_text import JsonValue
from chatcore.domain.limits import MODEL_SILENCE_MS_MAX, PROVIDER_CONNECT_MS_MAX
from chatcore.domain.turn.classify_tables import ErrorKind
from chatcore.ports.model import ModelError

if TYPE_CHECKING:
    import httpx2
    from anthropic import AsyncAnthropic

KEY_VARIABLE: Final = "ANTHROPIC_API_KEY"
"""Environment variable with the key, where the caller gives none."""

_PATH: Final = "/v1/messages"
_READ_RAW: Final[Mapping[str, str]] = {"X-Stainless-Raw-Response": "stream"}


class AnthropicServer:
    """One server and the credentials for it, shared by its models and used by many tasks at once.

    `api_key` None takes it from the environment when the first request is made. `base_url` None is the provider's own
    server. `http` is the client to use; it then belongs to the caller, else `aclose` closes the one made here.
    """

    def __init__(
        self, *, api_key: str | None = None, base_url: str | None = None, http: "httpx2.AsyncClient | None" = None
    ) -> None:
        self._key = api_key
        self._base_url = base_url
        self._http = http
        self._own_http: httpx2.AsyncClient | None = None
        self._sdk: AsyncAnthropic | None = None

    def __repr__(self) -> str:
        return f"AnthropicServer(base_url={self._base_url!r})"

    @property
    def secrets(self) -> Secrets:
        """What must not be told."""
        return Secrets((self._found_key(),))

    @asynccontextmanager
    async def post(
        self, body: Mapping[str, JsonValue], headers: Mapping[str, str]
    ) -> AsyncGenerator["httpx2.Response", None]:
        """Send one request, once, and give its response with the body still to be read; closed at the end.

        Raises: ModelError, no key is there, the server refused, or it could not be reached.
        """
        response = await self._send(body, headers)
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

    async def _send(self, body: Mapping[str, JsonValue], headers: Mapping[str, str]) -> "httpx2.Response":
        try:
            from anthropic import AnthropicError, APIStatusError
            from httpx2 import Response
        except ImportError as error:
            words = "models of anthropic need their extra: install chatcore[anthropic]"
            raise ModelError(words, kind=ErrorKind.CONFIG, provider=PROVIDER, retryable=False) from error

        sdk = self._client()
        try:
            # Not `messages.create`: it warns of models that get old, and rewrites what it knows of a body.
            return await sdk.post(
                _PATH, cast_to=Response, body=dict(body), options={"headers": {**_READ_RAW, **headers}}
            )
        except APIStatusError as error:
            failed = refused(error.response, PROVIDER, self.secrets)
        except AnthropicError as error:
            words = f"the provider's SDK failed with {type(error).__name__}"
            failed = fault(error.__cause__ or error, PROVIDER, answering=False) or ModelError(
                words, kind=ErrorKind.GENERIC, provider=PROVIDER
            )
        # Outside the handlers, for what they caught knows the request, and its headers hold the key.
        raise failed

    def _client(self) -> "AsyncAnthropic":
        if self._sdk is None:
            from anthropic import AsyncAnthropic

            self._sdk = AsyncAnthropic(
                api_key=self._required_key(),
                base_url=self._base_url,
                http_client=self._http or self._made_http(),
                # One retry layer, chatcore's own (4.6).
                max_retries=0,
            )
        return self._sdk

    def _made_http(self) -> "httpx2.AsyncClient":
        import httpx2

        timeout = httpx2.Timeout(MODEL_SILENCE_MS_MAX / 1000, connect=PROVIDER_CONNECT_MS_MAX / 1000)
        # A redirect would carry the key elsewhere.
        self._own_http = httpx2.AsyncClient(timeout=timeout, follow_redirects=False)
        return self._own_http

    def _found_key(self) -> str:
        return (self._key or os.environ.get(KEY_VARIABLE) or "").strip()

    def _required_key(self) -> str:
        key = self._found_key()
        if not key:
            message = f"no key for {PROVIDER}: set {KEY_VARIABLE} or give an api_key"
            raise ModelError(message, kind=ErrorKind.MISSING_KEY, provider=PROVIDER)
        if not (key.isascii() and key.isprintable()):
            # Said here, for an HTTP client would quote it.
            message = f"the key for {PROVIDER} holds characters that no key has: copy it once more"
            raise ModelError(message, kind=ErrorKind.MISSING_KEY, provider=PROVIDER)
        return key
