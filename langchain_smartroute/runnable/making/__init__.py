"""From what a user gives to an engine, and back to settings: wanted once a router is made.

The router's class is imported by programs that make no router, so nothing of this is loaded
with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.faces import on_first_use

if TYPE_CHECKING:
    from langchain_smartroute.runnable.making.assembly import assemble
    from langchain_smartroute.runnable.making.build import catalog_of_models
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
            "graph": "router_graph",
            "settings": "read_calibration read_settings written_settings",
        },
    )

__all__ = [
    "assemble",
    "catalog_of_models",
    "read_calibration",
    "read_settings",
    "router_graph",
    "written_settings",
]
