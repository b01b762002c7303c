"""A catalog: models, and the routing table to them."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, field_validator

from langchain_smartroute.catalog.checked import Checked, faults_of
from langchain_smartroute.catalog.price import Price
from langchain_smartroute.catalog.spec import ModelSpec
from langchain_smartroute.catalog.table import RoutingTable, merged_routes
from langchain_smartroute.errors import ConfigurationError

__all__ = ["SHIPPED", "Catalog", "find_spec"]

SHIPPED = ("default", "openai", "openrouter")
"""Names of the catalogs that come with this package."""


class Catalog(Checked):
    """The models that can answer and the table that routes to them.

    Attributes:
        name: What the catalog is called in messages.
        description: One line on what it is for.
        models: Alias → spec; a sequence of specs with aliases is accepted.
        routes: Task → row, as written (see `langchain_smartroute.catalog.table`).
        default: Alias for unknown tasks and last in every chain; the first
            model where left out.
        baseline: Alias that savings are measured against.
        base_url: The endpoint of the models that name none of their own.
        api_key_env: Name of the environment variable with that endpoint's key.

    Raises:
        ConfigurationError: Listing every fault that was found.

    Example:
        >>> catalog = Catalog.load("default")
        >>> catalog.table.look_up("code", "balanced", "hard")
        'deepseek-v4-pro'
    """

    only_in_files = ("extends", "schema")

    name: str = "custom"
    description: str = ""
    models: Mapping[str, ModelSpec]
    routes: Mapping[str, Any] = Field(default_factory=dict)
    default: str = ""
    baseline: str | None = None
    base_url: str | None = None
    api_key_env: str | None = None

    @field_validator("models", mode="before")
    @classmethod
    def _specs_by_alias(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {alias: _with_alias(alias, entry) for alias, entry in value.items()}
        if not isinstance(value, list | tuple):
            raise ConfigurationError(
                f"= {value!r}: must be a table from alias to model, or a list of models"
            )
        specs, faults = _listed(value)
        aliases = [spec.alias for spec in specs]
        twice = sorted({alias for alias in aliases if aliases.count(alias) > 1})
        faults += [f"alias = {alias!r}: used twice; give each model its own" for alias in twice]
        if faults:
            raise ConfigurationError(*faults)
        return {spec.alias: spec for spec in specs}

    def model_post_init(self, _context: Any, /) -> None:
        """Validate references between blocks."""
        faults = _reference_faults(
            tuple(self.models), self.routes, default=self.default, baseline=self.baseline
        )
        if faults:
            raise ConfigurationError(*faults)

    @classmethod
    def load(cls, source: str | Path | Mapping[str, Any] | Catalog) -> Catalog:
        """Read a catalog.

        Args:
            source: The name of a shipped catalog, a path to a TOML file, the
                same as a mapping, or a catalog. A file or mapping with
                `extends = "name"` is laid over that catalog; without it, it
                stands alone.

        Returns:
            The validated catalog.

        Raises:
            ConfigurationError: Listing every fault with file, key, value and what to do.
        """
        if isinstance(source, Catalog):
            return source
        if isinstance(source, str) and source in SHIPPED:
            return _shipped(source)
        if isinstance(source, Mapping):
            return cls._from_mapping(source, where="catalog")
        if isinstance(source, str | Path):
            return cls._from_file(Path(source))
        raise ConfigurationError(
            f"catalog = {source!r}: give a name ({', '.join(SHIPPED)}), a path, a mapping"
            " or a Catalog"
        )

    @cached_property
    def table(self) -> RoutingTable:
        """The resolved routing table."""
        return RoutingTable.resolve(self.routes, aliases=frozenset(self.models))[0]

    @cached_property
    def default_alias(self) -> str:
        """The alias that answers where nothing else is said."""
        return self.default or next(iter(self.models))

    def baseline_price(self, alias: str) -> Price | None:
        """The price of a model that savings can be measured against."""
        spec = self.models.get(alias)
        return spec.price if spec is not None else None

    @classmethod
    def _from_file(cls, path: Path) -> Self:
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        except OSError as error:
            known = ", ".join(SHIPPED)
            raise ConfigurationError(
                f"catalog = {str(path)!r}: neither a shipped catalog ({known}) nor a file that"
                f" can be read ({error.strerror}); correct the name or the path"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            is_yaml = path.suffix in (".yaml", ".yml")
            mend = "catalogs are TOML, not YAML" if is_yaml else "correct the file"
            raise ConfigurationError(f"{path}: not valid TOML: {error}; {mend}") from error
        return cls._from_mapping(data, where=str(path))

    @classmethod
    def _from_mapping(cls, data: Mapping[str, Any], *, where: str) -> Self:
        try:
            whole = _laid_over(dict(data))
            try:
                return cls(**whole)
            except ConfigurationError as error:
                faults = dict.fromkeys((*error.faults, *_raw_reference_faults(whole)))
                raise ConfigurationError(*faults) from error
        except ConfigurationError as error:
            raise ConfigurationError(*(f"{where}: {fault}" for fault in error.faults)) from error


def find_spec(model_name: str) -> ModelSpec | None:
    """Look a model up in the shipped catalogs by alias or API name.

    Args:
        model_name: Such as `gpt-4o-mini`; a dated variant (`gpt-4o-2024-08-06`)
            is not guessed at.

    Returns:
        The spec of the first shipped catalog that knows the name, or `None`.
    """
    for name in SHIPPED:
        models = _shipped(name).models
        for spec in models.values():
            if model_name in (spec.alias, spec.model):
                return spec
    return None


def _reference_faults(
    aliases: Collection[str],
    routes: Mapping[str, Any],
    *,
    default: str | None,
    baseline: str | None,
) -> list[str]:
    """Errors in references between blocks."""
    if not aliases:
        return ["models = {}: the catalog is empty; add at least one model"]
    known = ", ".join(aliases)
    faults = [
        f"{key} = {value!r}: no such model; use one of {known}"
        for key, value in (("default", default), ("baseline", baseline))
        if value and value not in aliases
    ]
    return faults + RoutingTable.resolve(routes, aliases=frozenset(aliases))[1]


def _raw_reference_faults(data: Mapping[str, Any]) -> list[str]:
    """Errors in references of a file with other errors in its blocks."""
    models, routes = data.get("models"), data.get("routes", {})
    if not isinstance(models, Mapping) or not isinstance(routes, Mapping):
        return []
    return _reference_faults(
        tuple(models), routes, default=data.get("default"), baseline=data.get("baseline")
    )


@lru_cache(maxsize=len(SHIPPED))
def _shipped(name: str) -> Catalog:
    text = resources.files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return Catalog._from_mapping(  # noqa: SLF001 - the same concept, one module
        tomllib.loads(text, parse_float=Decimal), where=f"{name}.toml"
    )


def _listed(entries: Sequence[Any]) -> tuple[list[ModelSpec], list[str]]:
    """The models of a list, and errors for invalid entries."""
    specs: list[ModelSpec] = []
    faults: list[str] = []
    for position, entry in enumerate(entries):
        try:
            spec = entry if isinstance(entry, ModelSpec) else ModelSpec.model_validate(entry)
        except ValidationError as error:
            faults += faults_of(error, where=str(position))
        except ConfigurationError as error:
            faults += [f"{position}.{fault}" for fault in error.faults]
        else:
            specs.append(spec)
    return specs, faults


def _with_alias(alias: str, entry: Any) -> Any:
    if isinstance(entry, ModelSpec):
        return entry if entry.alias == alias else entry.model_copy(update={"alias": alias})
    return {**entry, "alias": alias} if isinstance(entry, Mapping) else entry


def _laid_over(data: dict[str, Any]) -> dict[str, Any]:
    """Resolve `extends` and drop the keys that only describe the file."""
    schema = data.pop("schema", 1)
    if schema != 1:
        raise ConfigurationError(f"schema = {schema!r}: this version reads schema 1; upgrade")
    base_name = data.pop("extends", None)
    if base_name is None:
        return data
    if base_name not in SHIPPED:
        raise ConfigurationError(f"extends = {base_name!r}: use one of {', '.join(SHIPPED)}")
    base = _shipped(base_name)
    inherited = base.model_dump(exclude_unset=True)
    if "base_url" in data:
        # URL and key belong together: a file with its own URL does not inherit the other URL's
        # key.
        inherited.pop("api_key_env", None)
    merged = {**inherited, **data}
    own_models, own_routes = data.get("models", {}), data.get("routes", {})
    if not isinstance(own_models, Mapping) or not isinstance(own_routes, Mapping):
        raise ConfigurationError("models, routes: must be tables where a catalog is extended")
    models: dict[str, Any] = {a: s.model_dump(exclude_unset=True) for a, s in base.models.items()}
    for alias, entry in own_models.items():
        if isinstance(entry, ModelSpec):
            models[alias] = entry
        elif isinstance(entry, Mapping):
            below = dict(models.get(alias, {}))
            if "base_url" in entry:
                below.pop("api_key_env", None)
            models[alias] = {**below, **entry}
        else:
            models[alias] = entry
    merged["models"] = models
    merged["routes"] = merged_routes(base.routes, own_routes)
    return merged
