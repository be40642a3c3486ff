"""Models of Anthropic's Messages API (spec chat-core 4.6 to 4.8).

    server = AnthropicServer(api_key=key)  # or ANTHROPIC_API_KEY in the environment
    model = AnthropicModel(server, "claude-sonnet-4-5")

Needs the extra `anthropic`, which is imported when the first request is made.
"""

from chatcore.adapters.anthropic.model import AnthropicModel
from chatcore.adapters.anthropic.options import MessagesOptions, Thinking
from chatcore.adapters.anthropic.server import KEY_VARIABLE, AnthropicServer

__all__ = ["KEY_VARIABLE", "AnthropicModel", "AnthropicServer", "MessagesOptions", "Thinking"]
