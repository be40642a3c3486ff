"""A provider on loopback that a script speaks for, so that the real client and the real adapter are in between.

    async with serve_script(script) as server:
        chatcore.open(model="anthropic/any-name", …)  # with `server.url` as the provider's base URL

`/v1/messages` speaks the Messages API, `/v1/responses` and `/v1/chat/completions` OpenAI's.
"""

from chatcore.testing.loopback.server import answer_to, serve_script

__all__ = ["answer_to", "serve_script"]
