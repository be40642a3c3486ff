"""What `chatcore models list` and `chatcore models check` tell."""

from decimal import Decimal

from attrs import frozen

from chatcore.domain.content.messages import Role
from chatcore.domain.content.parts import TextPart
from chatcore.domain.content.prompt import PromptMessage, PromptText
from chatcore.domain.json_text import JsonValue
from chatcore.domain.turn.classify import classify
from chatcore.ports.model import ModelError, ModelRequest
from chatcore.ports.models import ModelConfig, ModelName

_QUESTION = "Answer with the single word: pong"
_OUTPUT_TOKENS = 64


@frozen(kw_only=True)
class Checked:
    """Whether a model answered."""

    name: str
    ok: bool
    text: str = ""
    finish: str | None = None
    output_tokens: int | None = None
    error: str | None = None
    kind: str | None = None

    def to_json(self) -> dict[str, JsonValue]:
        """As one object."""
        return {
            "name": self.name,
            "ok": self.ok,
            "text": self.text,
            "finish": self.finish,
            "output_tokens": self.output_tokens,
            "error": self.error,
            "kind": self.kind,
        }

    def line(self) -> str:
        """For people."""
        if self.error is not None:
            return f"{self.name}: {self.error}"
        return f"{self.name} answered {self.text!r} ({self.finish}, {self.output_tokens or 'uncounted'} tokens)"


async def check_model(name: str, base_url: str | None) -> Checked:
    """Ask one tiny question. Raises: BadModelName, UnknownModelName."""
    from chatcore.compose.models import open_models

    urls = {} if base_url is None else {ModelName.parse(name).provider: base_url}
    registry = open_models(base_urls=urls)
    try:
        model = registry.model(registry.config(name))
        prompt = PromptMessage(role=Role.USER, content=(PromptText(text=_QUESTION),))
        request = ModelRequest(model_id=name, messages=(prompt,), max_output_tokens=_OUTPUT_TOKENS)
        answer = await model.generate(request)
    except ModelError as error:
        kind = classify(error.failure()).kind.value
        return Checked(name=name, ok=False, error=error.message, kind=kind)
    finally:
        await registry.aclose()
    return Checked(
        name=name,
        ok=True,
        text="".join(part.text for part in answer.content if isinstance(part, TextPart)),
        finish=answer.reason.value,
        output_tokens=None if answer.usage is None else answer.usage.output_tokens,
    )


def known_providers() -> list[dict[str, JsonValue]]:
    """The providers by name: where their key comes from, and whether it is there."""
    from chatcore.compose.models import has_key, key_variables, standard_makers

    variables = key_variables()
    return [
        {"provider": provider, "key_variable": variables.get(provider), "has_key": has_key(provider)}
        for provider in sorted(standard_makers(keys={}, base_urls={}))
    ]


def known_models() -> list[dict[str, JsonValue]]:
    """The models that chatcore knows of, by name."""
    from chatcore.compose.models import open_models

    return [_config_json(config) for config in open_models().configs()]


def provider_line(provider: dict[str, JsonValue]) -> str:
    """For people."""
    state = "key found" if provider["has_key"] else f"no key: set {provider['key_variable']}"
    return f"{provider['provider']:<12} {state}"


def model_line(model: dict[str, JsonValue]) -> str:
    """For people."""
    return (
        f"{model['name']:<32} {model['context_limit'] or '?'} tokens of context, "
        f"{model['output_tokens_max'] or '?'} of output, compacted at {model['threshold_percent']} %"
    )


def _config_json(config: ModelConfig) -> dict[str, JsonValue]:
    prices = config.prices
    return {
        "name": str(config.name),
        "provider": config.name.provider,
        "context_limit": config.context_limit,
        "output_tokens_max": config.output_tokens_max,
        "threshold_percent": config.threshold,
        "effort": None if config.effort is None else config.effort.value,
        "enabled": config.enabled,
        "is_default": config.is_default,
        "prices": None
        if prices is None
        else {
            "input": _dollars(prices.input),
            "output": _dollars(prices.output),
            "cache_read": _dollars(prices.cache_read),
            "cache_creation": _dollars(prices.cache_creation),
        },
    }


def _dollars(price: Decimal | None) -> str | None:
    """Dollars for a million tokens, exactly."""
    return None if price is None else str(price)
