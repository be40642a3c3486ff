"""Why a workspace does not do what it was asked: a value, turned into an error by whoever answers the call."""

from attrs import frozen


@frozen(kw_only=True)
class Refusal:
    """A call that a rule of the workspace forbids (agent-and-relay R2, R3)."""

    status: int
    """The HTTP status that the rule names, whatever carries the call."""

    code: str
    """Stable name of the reason, such as `edit.not_found`: what callers match on."""

    message: str
    """What happened and what to do, for a person or a model."""
