"""The run board."""

from __future__ import annotations

from pathlib import Path

from litestar import Router, get
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from api.auth import PUBLIC

TEMPLATES = TemplateConfig(directory=Path(__file__).parent / "templates", engine=JinjaTemplateEngine)


@get("/", opt=PUBLIC, include_in_schema=False, media_type="text/html")
async def board() -> str:
    return "<!doctype html><title>board</title>"


router = Router("/", route_handlers=[board])
