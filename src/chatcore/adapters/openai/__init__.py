"""Models of OpenAI and of servers that speak its APIs: Chat Completions and Responses (spec chat-core 4.6, 4.7).

    server = OpenAIServer(api_key=key)  # or OPENAI_API_KEY in the environment
    model = OpenAIModel(server, "gpt-5.5")
    other = OpenAIModel(OpenAIServer("deepseek", api_key=other_key), "deepseek-chat")

Needs the extra `openai`, which is imported when the first request is made.
"""

from chatcore.adapters.openai.model import OpenAIModel
from chatcore.adapters.openai.server import OpenAIServer
from chatcore.adapters.openai.style import KEY_VARIABLES, SERVER_URLS, STYLES, Api, Style

__all__ = ["KEY_VARIABLES", "SERVER_URLS", "STYLES", "Api", "OpenAIModel", "OpenAIServer", "Style"]
