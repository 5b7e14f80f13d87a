"""The JSON Schema of the configuration file (draft 2020-12), for editors."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from bloatcheck.config.document import Document

SCHEMA_URL = "https://raw.githubusercontent.com/bloatcheck/bloatcheck/main/docs/bloatcheck.schema.json"


def configuration_schema() -> dict[str, Any]:
    """The schema, as a value that JSON can hold."""
    schema = Document.model_json_schema(schema_generator=_Generator)
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": SCHEMA_URL,
        "title": "bloatcheck configuration",
        **schema,
    }


class _Generator(GenerateJsonSchema):
    """As pydantic makes it, without what doesn't help a writer: null where a key can be left out, titles."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        del parent_key
        return value  # in the order in which people write it

    def field_title_should_be_set(self, schema: object) -> bool:
        del schema
        return False

    def generate(
        self, schema: core_schema.CoreSchema, mode: JsonSchemaMode = "validation"
    ) -> JsonSchemaValue:
        generated = super().generate(schema, mode)
        for definition in [generated, *generated.get("$defs", {}).values()]:
            definition.pop("title", None)
        return generated
