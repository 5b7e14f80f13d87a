"""Reading JSON that anyone may have made, without taking more memory the more is wrong with it.

Pydantic collects each problem with its value: millions of them take gigabytes before the first is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import SchemaValidator

MOST_VALUES = 8_000_000
"""Of one document, of 64 MiB at most; in ours each takes seven bytes or more, most take forty."""
_SEQUENCES = frozenset({"list", "tuple", "set", "frozenset"})


def has_too_many_values(document: bytes) -> bool:
    """Whether the document would take far more room in memory than it has bytes."""
    return document.count(b",") + document.count(b"[") > MOST_VALUES


def first_problem_only(adapter: TypeAdapter[Any]) -> SchemaValidator:
    """What validates as the adapter does, and looks no further in a list once a part of it is wrong."""
    from pydantic_core import SchemaValidator  # noqa: PLC0415 - costs more than most commands take

    return SchemaValidator(_failing_fast(adapter.core_schema))


def _failing_fast(schema: Any) -> Any:  # noqa: ANN401 - a schema has many shapes
    if isinstance(schema, dict):
        inner = {key: _failing_fast(value) for key, value in schema.items()}
        return {**inner, "fail_fast": True} if inner.get("type") in _SEQUENCES else inner
    return list(map(_failing_fast, schema)) if isinstance(schema, list) else schema
