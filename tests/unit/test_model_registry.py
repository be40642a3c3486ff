"""Which models there are, and which one answers (spec chat-core 2.5, 5.1)."""

import pytest
from attrs import evolve

from chatcore.adapters.model_registry import KNOWN_MODELS, ModelRegistry
from chatcore.adapters.scripted import ScriptedModel
from chatcore.compose.models import model_table, open_models
from chatcore.ports.model import Model
from chatcore.ports.models import BadModelConfigs, BadModelName, ModelConfig, ModelName, UnknownModelName


class Maker:
    """Makes scripted models, and remembers of what."""

    def __init__(self) -> None:
        self.made: list[ModelConfig] = []
        self.closed = False

    def __call__(self, config: ModelConfig) -> Model:
        self.made.append(config)
        return ScriptedModel([["hi"]])

    async def aclose(self) -> None:
        self.closed = True


def named(name: str) -> ModelName:
    """The name that a text is."""
    return ModelName.parse(name)


def registry(*configs: ModelConfig, **settings: bool) -> ModelRegistry:
    """A registry whose providers are called a and b."""
    return ModelRegistry(configs, {"a": Maker(), "b": Maker()}, takes_unlisted=settings.get("takes_unlisted", True))


@pytest.mark.spec("2.5")
def test_a_named_model_answers_itself_and_no_name_is_the_default() -> None:
    """Both are the organization's and enabled."""
    models = registry(ModelConfig(name=named("a/one")), ModelConfig(name=named("b/two"), is_default=True))

    assert _name(models.resolve("a/one")) == "a/one"
    assert _name(models.resolve(None)) == "b/two"


@pytest.mark.spec("2.5")
def test_a_disabled_model_gives_way_to_the_default() -> None:
    """And so does one whose provider is disabled, and one that nobody can make."""
    configs = [
        ModelConfig(name=named("a/one"), enabled=False),
        ModelConfig(name=named("b/two"), is_default=True),
        ModelConfig(name=named("c/three")),
    ]
    assert _name(registry(*configs).resolve("a/one")) == "b/two"
    assert _name(registry(*configs).resolve("c/three")) == "b/two"
    off = ModelRegistry(
        [ModelConfig(name=named("a/one")), ModelConfig(name=named("b/two"), is_default=True)],
        {"a": Maker(), "b": Maker()},
        disabled_providers=["a"],
    )
    assert _name(off.resolve("a/one")) == "b/two"


@pytest.mark.spec("2.5")
def test_a_disabled_default_is_none() -> None:
    """There is nobody to answer then."""
    assert registry(ModelConfig(name=named("a/one"), is_default=True, enabled=False)).resolve(None) is None
    assert registry().resolve(None) is None


@pytest.mark.spec("2.5")
def test_nothing_crosses_organizations() -> None:
    """Neither a model nor a default."""
    models = registry(
        ModelConfig(name=named("a/one"), is_default=True),
        ModelConfig(name=named("b/two"), organization="other"),
        takes_unlisted=False,
    )

    assert models.resolve(None, "other") is None
    assert models.resolve("a/one", "other") is None
    assert _name(models.resolve("b/two")) == "a/one"


def test_one_default_for_each_organization() -> None:
    """A second one is refused, and so is a name that is configured twice."""
    with pytest.raises(BadModelConfigs, match="default"):
        registry(ModelConfig(name=named("a/one"), is_default=True), ModelConfig(name=named("b/two"), is_default=True))
    with pytest.raises(BadModelConfigs, match="twice"):
        registry(ModelConfig(name=named("a/one")), ModelConfig(name=named("a/one")))
    registry(
        ModelConfig(name=named("a/one"), is_default=True),
        ModelConfig(name=named("a/one"), is_default=True, organization="other"),
    )


def test_an_unknown_name_says_what_is_known() -> None:
    """The provider first, then the model."""
    with pytest.raises(UnknownModelName, match="known are a, b"):
        registry().config("c/one")
    with pytest.raises(UnknownModelName, match="known are a/one"):
        registry(ModelConfig(name=named("a/one")), takes_unlisted=False).config("a/other")


@pytest.mark.parametrize("text", ["", "gpt", "/gpt", "openai/", "/"])
def test_what_is_no_name_is_refused(text: str) -> None:
    """With the form that a name has."""
    with pytest.raises(BadModelName, match="provider/model"):
        registry().config(text)


def test_a_models_own_name_may_hold_slashes() -> None:
    """As those of routers do."""
    assert ModelName.parse("openrouter/anthropic/claude-x") == ModelName("openrouter", "anthropic/claude-x")
    assert str(ModelName.parse("openrouter/anthropic/claude-x")) == "openrouter/anthropic/claude-x"


def test_a_model_that_nobody_listed_can_be_used() -> None:
    """Where its provider is known."""
    assert _name(registry().resolve("a/brand-new")) == "a/brand-new"
    assert registry(takes_unlisted=False).resolve("a/brand-new") is None


def test_a_model_is_made_once_and_anew_when_it_is_configured_otherwise() -> None:
    """So that its connections are shared."""
    maker = Maker()
    models = ModelRegistry([], {"a": maker})
    one = models.config("a/one")

    assert models.model(one) is models.model(one)
    assert models.model(one) is not models.model(evolve(one, options={"temperature": 0}))
    assert len(maker.made) == 2


@pytest.mark.spec("5.1")
@pytest.mark.parametrize(
    ("limit", "percent", "threshold"), [(None, None, 70), (499_999, None, 70), (500_000, None, 30), (500_000, 85, 85)]
)
def test_the_threshold_goes_by_the_context_unless_it_is_set(
    limit: int | None, percent: int | None, threshold: int
) -> None:
    """Large contexts are compacted earlier."""
    assert ModelConfig(name=named("a/one"), context_limit=limit, threshold_percent=percent).threshold == threshold


@pytest.mark.spec("5.1")
@pytest.mark.parametrize("percent", [-1, 101])
def test_a_threshold_out_of_bounds_is_refused(percent: int) -> None:
    """It is between 0 and 100."""
    with pytest.raises(ValueError, match="threshold_percent"):
        ModelConfig(name=named("a/one"), threshold_percent=percent)


@pytest.mark.anyio
async def test_closing_closes_every_provider() -> None:
    """Their connections are theirs."""
    maker = Maker()
    await ModelRegistry([], {"a": maker}).aclose()

    assert maker.closed


@pytest.mark.anyio
async def test_the_registry_becomes_the_table_that_the_use_cases_take() -> None:
    """Enabled models with their limits, and the default."""
    models = open_models(default="anthropic/claude-brand-new", keys={"anthropic": "k"})
    table = model_table(models)

    assert table.default == "anthropic/claude-brand-new"
    assert set(table.models) == {str(each.name) for each in KNOWN_MODELS} | {"anthropic/claude-brand-new"}
    setup = table.setup("anthropic/claude-sonnet-4-5")
    assert (setup.provider, setup.context_limit) == ("anthropic", 200_000)
    await models.aclose()


def test_a_server_of_ones_own_needs_a_name_and_an_address() -> None:
    """It is spoken to as OpenAI is."""
    assert "mine" in open_models(base_urls={"mine": "http://127.0.0.1:1/v1"}).providers


def _name(found: ModelConfig | None) -> str | None:
    return None if found is None else str(found.name)
