"""The manual of the API, drawn from its own OpenAPI document, with nothing from outside."""

from __future__ import annotations

from litestar import Router
from litestar.openapi.plugins import JsonRenderPlugin

PLUGIN = JsonRenderPlugin(path="/openapi.json")
router = Router("/docs", route_handlers=[])
