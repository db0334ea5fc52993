"""The page /docs: the interface and its errors, made from the OpenAPI schema, self-contained."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, Template

from service.problems import KINDS

_TEMPLATE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>API · {{ title }}</title>
<link rel="icon" href="{{ root }}/static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="{{ root }}/static/site.css">
</head>
<body class="document">
<header class="masthead"><a class="brand" href="{{ root }}/">{{ title }}</a></header>
<main>
<article>
<h1>{{ schema.info.title }}: API {{ schema.info.version }}</h1>
<p>{{ schema.info.description }}</p>
<p>The schema for programs: <a href="{{ root }}/openapi.json">openapi.json</a>.</p>
{% for path, method, operation in operations %}
<section id="{{ operation.operationId }}">
<h2><code>{{ method | upper }} {{ path }}</code></h2>
<p>{{ operation.description }}</p>
{% for heading, fields in operation.tables %}{{ table(heading, fields) }}{% endfor %}
<p>Responses:</p>
<ul>
{% for status, response in operation.responses.items() %}
<li><code>{{ status }}</code> {{ response.description }}
{% for name in response.models %} <a href="#{{ name }}">{{ name }}</a>{% endfor %}</li>
{% endfor %}
</ul>
</section>
{% endfor %}
<section id="problems">
<h2>Errors</h2>
<p>Every error is <code>application/problem+json</code> (RFC 9457), at most 2 KB. Its
<code>type</code> is the address of one of these.</p>
<dl>
{% for kind in kinds %}
<dt id="{{ kind.name }}"><code>{{ kind.status }} {{ kind.name }}</code></dt>
<dd>{{ kind.title }}. {{ kind.meaning }}</dd>
{% endfor %}
</dl>
</section>
{% for name, model in models.items() %}
<section id="{{ name }}">
<h2>{{ name }}</h2>
<p>{{ model.description }}</p>
{{ table("Fields", model.fields) }}
</section>
{% endfor %}
</article>
</main>
</body>
</html>
"""
_TABLE = """\
<table>
<caption>{{ heading }}</caption>
<thead><tr><th scope="col">Name</th><th scope="col">Type</th><th scope="col">About</th></tr></thead>
<tbody>
{% for name, type, required, about in fields %}
<tr><th scope="row"><code>{{ name }}</code></th>
<td>{{ type }}{{ ", required" if required }}</td><td>{{ about }}</td></tr>
{% endfor %}
</tbody>
</table>
"""

Row = tuple[str, str, bool, str]


def render_reference_page(schema: Mapping[str, Any], *, title: str, root: str = "") -> str:
    """The page for ``schema``, which is what ``FastAPI.openapi()`` returns."""
    models = schema["components"]["schemas"]
    operations = [
        (path, method, operation | _parts(operation))
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    described = {
        name: {
            "description": model.get("description", "").replace("``", ""),
            "fields": [
                (field, type_name(part), field in model.get("required", ()), about(part))
                for field, part in model.get("properties", {}).items()
            ],
        }
        for name, model in models.items()
    }
    page, table = _templates()
    return page.render(
        schema=schema,
        title=title,
        root=root,
        operations=operations,
        models=described,
        kinds=KINDS.values(),
        table=lambda heading, fields: table.make_module(
            {"heading": heading, "fields": fields}
        ).__html__(),
    )


def type_name(part: Mapping[str, Any]) -> str:
    """A JSON schema in a few words: ``array of string``, ``integer or null``."""
    if "$ref" in part:
        return str(part["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in part:
        return " or ".join(type_name(choice) for choice in part["anyOf"])
    if "enum" in part:
        return " or ".join(f'"{value}"' for value in part["enum"])
    if "const" in part:
        return f'"{part["const"]}"'
    if part.get("type") == "array":
        return f"array of {type_name(part.get('items', {}))}"
    return str(part.get("type", "any"))


def about(part: Mapping[str, Any]) -> str:
    """Description, limits and default of a JSON schema, as one line."""
    inner = next((c for c in part.get("anyOf", ()) if c.get("type") != "null"), part)
    limits = {
        "minLength": "at least {} characters",
        "maxLength": "at most {} characters",
        "minimum": "at least {}",
        "maximum": "at most {}",
        "maxItems": "at most {} items",
        "pattern": "pattern {}",
    }
    notes = [text.format(inner[name]) for name, text in limits.items() if name in inner]
    if "default" in part:
        notes.append(f"default {part['default']}")
    return " ".join(filter(None, (part.get("description", ""), "; ".join(notes))))


def _parts(operation: Mapping[str, Any]) -> dict[str, Any]:
    parameters: list[Row] = [
        (
            parameter["name"],
            type_name(parameter["schema"]),
            parameter.get("required", False),
            about(parameter["schema"]),
        )
        for parameter in operation.get("parameters", ())
    ]
    body: list[Row] = [
        ("body", type_name(content["schema"]), True, media)
        for media, content in operation.get("requestBody", {}).get("content", {}).items()
    ]
    tables = [("Parameters", parameters), ("Request", body)]
    responses = {
        status: {
            "description": response["description"],
            "models": [
                type_name(content["schema"])
                for content in response.get("content", {}).values()
                if "$ref" in content.get("schema", {})
            ],
        }
        for status, response in operation["responses"].items()
    }
    return {
        "tables": [(heading, rows) for heading, rows in tables if rows],
        "responses": responses,
        "description": operation.get("description", "").replace("`", ""),
    }


@cache
def _templates() -> tuple[Template, Template]:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_TEMPLATE), environment.from_string(_TABLE)
