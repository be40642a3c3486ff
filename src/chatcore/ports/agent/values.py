"""Values that several capabilities share."""

from attrs import frozen


@frozen(kw_only=True)
class Message:
    """A plain confirmation, for people; nothing may depend on its words."""

    message: str
