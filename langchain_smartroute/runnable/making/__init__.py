"""Builds an engine from a user's settings, and converts it back to settings.

It is not imported with the router's class, as some programs import the class without creating a
router.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.faces import on_first_use

if TYPE_CHECKING:
    from langchain_smartroute.runnable.making.assembly import assemble
    from langchain_smartroute.runnable.making.build import catalog_of_models
    from langchain_smartroute.runnable.making.elsewhere import (
        IN_CATALOGS,
        IN_CHAT_MODELS,
        IN_OTHER_ROUTERS,
    )
    from langchain_smartroute.runnable.making.graph import router_graph
    from langchain_smartroute.runnable.making.settings import (
        read_calibration,
        read_settings,
        written_settings,
    )
else:
    __getattr__, __dir__ = on_first_use(
        __name__,
        {
            "assembly": "assemble",
            "build": "catalog_of_models",
            "elsewhere": "IN_CATALOGS IN_CHAT_MODELS IN_OTHER_ROUTERS",
            "graph": "router_graph",
            "settings": "read_calibration read_settings written_settings",
        },
    )

__all__ = [
    "IN_CATALOGS",
    "IN_CHAT_MODELS",
    "IN_OTHER_ROUTERS",
    "assemble",
    "catalog_of_models",
    "read_calibration",
    "read_settings",
    "router_graph",
    "written_settings",
]
