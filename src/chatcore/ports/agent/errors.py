"""What a call to a workspace can fail with (agent-and-relay R2, R3, A1.1, A1.2)."""

from collections.abc import Sequence
from typing import Final, Self

from attrs import frozen

from chatcore.domain.errors import ChatcoreError
from chatcore.domain.json_text import JsonValue
from chatcore.domain.workspace.refusal import Refusal

_RETRYABLE_STATUSES: Final = frozenset({408, 429, 502, 503, 504})


@frozen(kw_only=True)
class FieldProblem:
    """One field of a request that does not fit (A1.3)."""

    field: str
    detail: str


class AgentError(ChatcoreError):
    """A workspace did not do what it was asked. Match on `code` or `status`, never on the text."""

    def __init__(
        self,
        *,
        status: int | None,
        code: str,
        message: str,
        detail: str = "",
        validations: Sequence[FieldProblem] = (),
    ) -> None:
        super().__init__(f"{message}: {detail}" if detail else message)
        self.status = status
        """HTTP status; None when there was no answer at all."""
        self.code = code
        """Stable name of the reason, such as `proc.not_found`."""
        self.message = message
        self.detail = detail
        """The cause, such as the operating system's words; empty when there is none to tell."""
        self.validations = tuple(validations)

    @classmethod
    def refused(cls, refusal: Refusal) -> Self:
        """The error for a rule's refusal."""
        return cls(status=refusal.status, code=refusal.code, message=refusal.message)

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed a little later without anybody doing anything."""
        return self.status in _RETRYABLE_STATUSES

    def to_json(self) -> dict[str, JsonValue]:
        """The error body of A1.1."""
        body: dict[str, JsonValue] = {"message": self.message}
        if self.detail:
            body["detail"] = self.detail
        if self.validations:
            body["validations"] = [{"field": item.field, "detail": item.detail} for item in self.validations]
        return body


class AgentUnreachable(AgentError):
    """The agent did not answer in time, or the connection broke; nothing is known about the call (A0.2)."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(status=None, code="agent.unreachable", message=message, detail=detail)

    @property
    def retryable(self) -> bool:
        """Always: the agent may come back."""
        return True


class CapabilityMissing(AgentError):
    """This connection does not offer what was asked for, and never will: use another one, or do without."""

    def __init__(self, capability: str) -> None:
        super().__init__(
            status=None,
            code="agent.capability_missing",
            message=f"this agent connection offers no {capability}: use one that does",
        )
        self.capability = capability
