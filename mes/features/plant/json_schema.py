"""The JSON Schema of a plant file, made from the models that check it."""

from __future__ import annotations

from typing import Any

from connectors.sdk.registry import manifests
from connectors.templates.expansion import REFERENCE
from connectors.templates.model import TemplateReference
from mes.features.plant.schema import PlantFile


def plant_file_schema() -> dict[str, Any]:
    """The schema with one alternative per installed connector under `sources`."""
    schema = PlantFile.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = schema.setdefault("$defs", {})
    alternatives = []
    for protocol, manifest in sorted(manifests().items()):
        source = manifest.config_model().model_json_schema(
            by_alias=True, ref_template=f"#/$defs/{protocol}.{{model}}"
        )
        for name, definition in source.pop("$defs", {}).items():
            definitions[f"{protocol}.{name}"] = definition
        source["properties"]["protocol"] = {"const": protocol}
        definitions[f"{protocol}.source"] = source
        alternatives.append({"$ref": f"#/$defs/{protocol}.source"})
    definitions["template.source"] = _of_a_template()
    alternatives.append({"$ref": "#/$defs/template.source"})
    schema["properties"]["sources"] = {"type": "array", "items": {"oneOf": alternatives}}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _of_a_template() -> dict[str, Any]:
    """A source that names a template; keys and tags beside it change what the template says."""
    return {
        "type": "object",
        "required": ["id", REFERENCE],
        "properties": {
            "id": {"type": "string"},
            REFERENCE: TemplateReference.model_json_schema(),
            "tags": {"type": "array", "items": {"type": "object", "required": ["name"]}},
        },
    }
