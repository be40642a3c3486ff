"""What a provider wants back with the next request, marked with whose it is (spec chat-core 1.3, 1.8).

Metadata is a JSON object `{namespace: {…}}`. A chat may go on with another model, and a provider refuses the
signatures and ids of another one: everyone reads only the entry of its own.
"""

from chatcore.adapters.providers.fields import Fields, as_fields, json_fields
from chatcore.domain.json_text import JsonText, dump_json


def own_metadata(namespace: str, fields: Fields) -> JsonText | None:
    """The fields as metadata of a part; None where there are none."""
    return dump_json({namespace: fields}) if fields else None


def own_options(options: JsonText | None, namespace: str) -> Fields:
    """What this provider said of a part before; empty where it said nothing."""
    if options is None:
        return {}
    return as_fields((json_fields(options) or {}).get(namespace))
