"""JSON schemas: whether a strict one is allowed, and a value in the shape that one asks for."""

from collections.abc import Iterator
from typing import Any

SYNONYMS = {
    "same": ("same", "sure", "yes", "match", "identical", "duplicate"),
    "different": ("different", "no", "distinct", "unrelated"),
    "maybe": ("maybe", "unsure", "unknown", "unclear", "possible"),
}


def broken_rules(schema: Any, path: str = "") -> Iterator[str]:
    """What a strict schema must not be: open, or with parts that need not be there."""
    if isinstance(schema, list):
        for part in schema:
            yield from broken_rules(part, path)
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object" and "properties" in schema:
        where = f"In context={path or '()'}"
        if schema.get("additionalProperties") is not False:
            yield f"{where}, 'additionalProperties' is required to be supplied and to be false."
        if missing := set(schema["properties"]) - set(schema.get("required", ())):
            yield f"{where}, 'required' must include every key in properties. Missing {min(missing)!r}."
    for name, part in schema.items():
        yield from broken_rules(part, f"{path}/{name}")


def shaped(schema: dict[str, Any], value: Any, root: dict[str, Any]) -> Any:
    """`value` in the shape of the schema; what it does not hold is made up as emptily as the schema allows."""
    schema = _resolved(schema, root, value)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return _chosen(schema["enum"], value)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return _SHAPES[kind](schema, value, root) if kind in _SHAPES else None


def _resolved(schema: dict[str, Any], root: dict[str, Any], value: Any) -> dict[str, Any]:
    if "$ref" in schema:
        found: Any = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step] if step != "#" else root
        return _resolved(found, root, value)
    ways = schema.get("anyOf") or schema.get("oneOf")
    if ways:
        real = [way for way in ways if way.get("type") != "null"]
        return {"type": "null"} if value is None and len(real) < len(ways) else _resolved(real[0], root, value)
    if isinstance(schema.get("type"), list):
        return {**schema, "type": next(kind for kind in schema["type"] if kind != "null")}
    return schema


def _chosen(allowed: list[Any], value: Any) -> Any:
    if value in allowed:
        return value
    meant = SYNONYMS.get(str(value), ())
    return next((one for one in allowed if str(one).casefold() in meant), allowed[0])


def _object(schema: dict[str, Any], value: Any, root: dict[str, Any]) -> Any:
    known = value if isinstance(value, dict) else {}
    return {name: shaped(part, known.get(name), root) for name, part in schema.get("properties", {}).items()}


def _array(schema: dict[str, Any], value: Any, root: dict[str, Any]) -> Any:
    values = list(value) if isinstance(value, list | tuple) else []
    values += [None] * (schema.get("minItems", 0) - len(values))
    of = schema.get("items", {"type": "string"})
    return [shaped(of, one, root) for one in values[: schema.get("maxItems", len(values))]]


def _string(schema: dict[str, Any], value: Any, _root: dict[str, Any]) -> Any:
    text = value.get("text", "") if isinstance(value, dict) else "" if value is None else str(value)
    return text[: schema.get("maxLength", len(text))].ljust(schema.get("minLength", 0), "-")


def _number(schema: dict[str, Any], value: Any, _root: dict[str, Any]) -> Any:
    number = value if isinstance(value, int | float) else 1
    number = max(schema.get("minimum", number), min(schema.get("maximum", number), number))
    return int(number) if schema["type"] == "integer" else float(number)


def _boolean(_schema: dict[str, Any], value: Any, _root: dict[str, Any]) -> Any:
    return value if isinstance(value, bool) else True


_SHAPES = {
    "object": _object, "array": _array, "string": _string, "number": _number, "integer": _number, "boolean": _boolean,
}  # fmt: skip
