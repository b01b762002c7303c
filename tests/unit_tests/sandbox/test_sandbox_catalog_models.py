from __future__ import annotations

import pytest

from langchain_smartroute import Catalog, ModelSpec
from langchain_smartroute.catalog import SHIPPED
from langchain_smartroute.sandbox.catalog_models import sandbox_models


@pytest.mark.parametrize("name", SHIPPED)
def test_every_model_is_offered_by_its_api_id_with_what_the_catalog_says_it_can_do(name):
    catalog = Catalog.load(name)
    by_name = {model.name: model for model in sandbox_models(catalog)}
    for spec in catalog.models.values():
        model = by_name[spec.model]
        assert model.inputs == spec.inputs
        assert model.context_window == spec.context_window
        assert model.max_output_tokens == spec.max_output_tokens
        assert model.tools is spec.tools
        assert model.structured_output == spec.structured_output
        assert model.reasoning is spec.reasoning


def test_aliases_of_one_api_id_share_a_model_that_can_do_what_any_of_them_can():
    seeing = ModelSpec(
        alias="a", model="m", inputs=["text", "image"], tools=False, context_window=8
    )
    calling = ModelSpec(alias="b", model="m", structured_output=False, max_output_tokens=4)
    (model,) = sandbox_models(Catalog(models=[seeing, calling]))
    assert model.inputs == {"text", "image"}
    assert model.tools
    assert model.structured_output == {"json_schema", "json_mode"}
    assert model.context_window > 1_000_000
    assert model.max_output_tokens is None


def test_function_calling_is_no_response_format():
    spec = ModelSpec(alias="a", structured_output=["function_calling", "json_mode"])
    (model,) = sandbox_models(Catalog(models=[spec]))
    assert model.structured_output == {"json_mode"}
