"""Base URL and key come as a pair from one source, and a key never goes elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from langchain_smartroute import Catalog, ConfigurationError
from langchain_smartroute.execution import Endpoint, resolve_endpoints

OURS = {"SMARTROUTE_BASE_URL": "https://smart.example/v1", "SMARTROUTE_API_KEY": "smart-key"}
THEIRS = {"OPENAI_BASE_URL": "https://openai.example/v1", "OPENAI_API_KEY": "openai-key"}


def resolve(
    environ=None, *, base_url=None, api_key=None, api_key_env=None, catalog=None, headers=None
):
    loaded = Catalog.load(catalog or {"models": {"one": {}, "two": {}}})
    found = resolve_endpoints(
        loaded.models.values(),
        catalog=loaded,
        base_url=base_url,
        api_key=None if api_key is None else SecretStr(api_key),
        api_key_env=api_key_env,
        environ=environ or {},
        headers={name: SecretStr(value) for name, value in (headers or {}).items()},
    )
    return {alias: (e.base_url, e.api_key.get_secret_value()) for alias, e in found.items()}


def the(found):
    """The one endpoint that all models share."""
    (pair,) = set(found.values())
    return pair


def refused(*args, **kwargs):
    with pytest.raises(ConfigurationError) as caught:
        resolve(*args, **kwargs)
    return str(caught.value)


def test_arguments_go_before_the_environment():
    pair = the(resolve({**OURS, **THEIRS}, base_url="https://arg.example/v1", api_key="arg-key"))
    assert pair == ("https://arg.example/v1", "arg-key")


def test_our_variables_go_before_openais():
    assert the(resolve({**OURS, **THEIRS})) == (
        OURS["SMARTROUTE_BASE_URL"],
        OURS["SMARTROUTE_API_KEY"],
    )


def test_openais_variables_are_used_as_a_pair():
    assert the(resolve(THEIRS)) == (THEIRS["OPENAI_BASE_URL"], THEIRS["OPENAI_API_KEY"])


@pytest.mark.parametrize(
    "environ",
    [
        {"SMARTROUTE_BASE_URL": OURS["SMARTROUTE_BASE_URL"], "OPENAI_API_KEY": "openai-key"},
        {"OPENAI_BASE_URL": THEIRS["OPENAI_BASE_URL"], "SMARTROUTE_API_KEY": "smart-key"},
        {"OPENAI_API_KEY": "openai-key"},
        {"SMARTROUTE_API_KEY": "smart-key"},
        {"SMARTROUTE_BASE_URL": OURS["SMARTROUTE_BASE_URL"]},
    ],
)
def test_halves_of_two_pairs_are_never_put_together(environ):
    message = refused(environ)
    for name in environ:
        assert name in message
    assert "openai-key" not in message
    assert "smart-key" not in message


def test_a_given_url_never_gets_a_key_from_the_environment():
    message = refused({**OURS, **THEIRS}, base_url="https://arg.example/v1")
    assert "api_key" in message
    assert "https://arg.example/v1" in message


def test_a_given_key_never_goes_to_a_url_from_the_environment():
    assert "api_key was given without base_url" in refused({**OURS, **THEIRS}, api_key="arg-key")


def test_a_half_pair_of_ours_leaves_a_whole_pair_of_openais():
    environ = {**THEIRS, "SMARTROUTE_BASE_URL": "https://smart.example/v1"}
    assert the(resolve(environ)) == (THEIRS["OPENAI_BASE_URL"], THEIRS["OPENAI_API_KEY"])


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/v1",
        "http://localhost:8000/v1",
        "http://LOCALHOST/v1",
        "http://127.7.7.7/v1",
        "http://[::1]:8000/v1",
    ],
)
def test_a_loopback_url_needs_no_key_and_gets_none_of_ours(url):
    found_url, key = the(resolve({**OURS, **THEIRS}, base_url=url))
    assert found_url == url
    assert key not in ("smart-key", "openai-key")
    assert key


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1.example/v1",
        "http://localhost.example/v1",
        "http://0.0.0.0/v1",
        "http://192.168.0.7/v1",
        "http://example/v1?at=127.0.0.1",
        "http://127.0.0.1@example/v1",
    ],
)
def test_what_only_looks_like_loopback_needs_a_key(url):
    assert refused(base_url=url)


def test_a_key_for_a_loopback_url_is_sent():
    assert the(resolve(base_url="http://127.0.0.1/v1", api_key="k"))[1] == "k"


def test_a_loopback_url_in_our_variable_needs_no_key():
    environ = {"SMARTROUTE_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": "openai-key"}
    url, key = the(resolve(environ))
    assert url == environ["SMARTROUTE_BASE_URL"]
    assert key != "openai-key"


def test_a_named_variable_holds_the_key_of_a_given_url():
    found = resolve({"MINE": "my-key"}, base_url="https://arg.example/v1", api_key_env="MINE")
    assert the(found) == ("https://arg.example/v1", "my-key")


def test_an_unset_variable_that_was_named_is_named_again():
    message = refused({}, base_url="https://arg.example/v1", api_key_env="MY_OWN_VARIABLE")
    assert "MY_OWN_VARIABLE" in message


def test_without_anything_the_error_names_models_variables_and_the_one_key_catalogs():
    message = refused({})
    for name in ("one", "two", *OURS, *THEIRS, 'catalog="openai"', 'catalog="openrouter"'):
        assert name in message


@pytest.mark.parametrize(
    ("catalog", "variable"), [("openai", "OPENAI_API_KEY"), ("openrouter", "OPENROUTER_API_KEY")]
)
def test_a_catalog_with_an_endpoint_works_with_its_key_alone(catalog, variable):
    pair = the(resolve({variable: "its-key"}, catalog=catalog))
    assert pair == (Catalog.load(catalog).base_url, "its-key")


@pytest.mark.parametrize(
    ("catalog", "variable"), [("openai", "OPENAI_API_KEY"), ("openrouter", "OPENROUTER_API_KEY")]
)
def test_a_catalog_with_an_endpoint_names_its_missing_key(catalog, variable):
    message = refused({}, catalog=catalog)
    assert variable in message
    assert all(alias in message for alias in Catalog.load(catalog).models)


def test_a_catalogs_endpoint_never_gets_another_providers_key():
    assert "OPENROUTER_API_KEY" in refused({**OURS, **THEIRS}, catalog="openrouter")


def test_a_given_key_goes_to_the_catalogs_own_endpoint():
    assert the(resolve(api_key="arg-key", catalog="openrouter")) == (
        "https://openrouter.ai/api/v1",
        "arg-key",
    )


def test_a_given_url_replaces_the_catalogs_and_does_not_get_its_key():
    environ = {"OPENROUTER_API_KEY": "its-key"}
    message = refused(environ, base_url="https://arg.example/v1", catalog="openrouter")
    assert "its-key" not in message


def test_a_sibling_variable_moves_url_and_key_together():
    assert the(resolve(THEIRS, catalog="openai")) == (
        THEIRS["OPENAI_BASE_URL"],
        THEIRS["OPENAI_API_KEY"],
    )


OWN = {
    "models": {
        "one": {},
        "own": {"base_url": "https://own.example/v1", "api_key_env": "OWN_API_KEY"},
    }
}


def test_a_models_own_endpoint_gets_its_own_key_alone():
    found = resolve({**OURS, "OWN_API_KEY": "own-key"}, catalog=OWN)
    assert found == {
        "one": (OURS["SMARTROUTE_BASE_URL"], OURS["SMARTROUTE_API_KEY"]),
        "own": ("https://own.example/v1", "own-key"),
    }


def test_a_models_own_endpoint_never_gets_the_gateways_key():
    message = refused({**OURS, **THEIRS}, catalog=OWN)
    assert "'own'" in message
    assert "OWN_API_KEY" in message


@pytest.mark.parametrize(
    "half", [{"base_url": "https://own.example/v1"}, {"api_key_env": "OWN_API_KEY"}]
)
def test_half_an_endpoint_of_a_models_own_is_refused(half):
    environ = {**OURS, "OWN_API_KEY": "own-key"}
    assert "'own'" in refused(environ, catalog={"models": {"own": half}})


def test_every_model_without_an_endpoint_is_named_at_once():
    message = refused({}, catalog={"models": {**OWN["models"], "two": {}}})
    assert all(name in message for name in ("one", "two", "own", "OWN_API_KEY"))


@pytest.mark.parametrize(
    "url",
    ["", "gateway.example/v1", "ftp://gateway.example", "https://", "http:///v1", "sk-swapped"],
)
def test_what_is_no_url_is_refused_with_an_example(url):
    assert "https://gateway.example/v1" in refused(base_url=url, api_key="k")


@pytest.mark.parametrize(
    "url",
    [
        "http://[bad",
        "https://host:port/v1",
        "https://host:99999/v1",
        "https://host/v1 ",
        " https://h",
    ],
)
def test_a_url_that_no_client_can_call_is_our_error_at_once(url):
    assert "base_url" in refused(base_url=url, api_key="k")


@pytest.mark.parametrize(
    "url", ["https://user:s3cret@host/v1", "https://s3cret@host/v1", "user:s3cret@host/v1"]
)
def test_credentials_in_a_url_are_refused_and_not_repeated(url):
    message = refused(base_url=url, api_key="k")
    assert "s3cret" not in message


def test_a_bad_url_in_a_variable_names_the_variable():
    assert "SMARTROUTE_BASE_URL" in refused({**OURS, "SMARTROUTE_BASE_URL": "gateway"})


def test_a_key_is_never_in_a_repr():
    endpoint = Endpoint(base_url="https://h/v1", api_key=SecretStr("s3cret"))
    assert "s3cret" not in f"{endpoint!r} {endpoint}"


SOURCES = st.fixed_dictionaries(
    {}, optional={name: st.just(value) for name, value in {**OURS, **THEIRS}.items()}
)


@settings(deadline=None)
@given(
    SOURCES,
    st.sampled_from((None, "https://arg.example/v1")),
    st.sampled_from((None, "arg-key")),
)
def test_whatever_is_set_a_pair_is_whole_and_of_one_source(environ, base_url, api_key):
    whole = {
        (OURS["SMARTROUTE_BASE_URL"], OURS["SMARTROUTE_API_KEY"]),
        (THEIRS["OPENAI_BASE_URL"], THEIRS["OPENAI_API_KEY"]),
        ("https://arg.example/v1", "arg-key"),
    }
    try:
        found = resolve(environ, base_url=base_url, api_key=api_key)
    except ConfigurationError as error:
        keys = ("smart-key", "openai-key", "arg-key")
        assert not any(key in str(error) for key in keys)  # noqa: PT017 - a law over both ends
    else:
        assert the(found) in whole


@pytest.mark.parametrize(
    "key",
    [
        "sk-SECRET\n",
        " sk-SECRET",
        "sk-SECRET\t",
        "sk-\0SECRET",
        "sk-SECR\u00c9T",
        "sk-SECRET\u200b",
    ],
    ids=["line break", "blank", "tab", "NUL", "letter", "invisible"],
)
def test_a_key_that_cannot_be_sent_is_refused_and_not_shown(key):
    """A key read from a file, with its line break, was called a connection error.

    The traceback and httpcore's log showed it whole.
    """
    told = [
        refused(base_url="https://arg.example/v1", api_key=key),
        refused({**OURS, "SMARTROUTE_API_KEY": key}),
        refused({"MY_KEY": key}, base_url="https://arg.example/v1", api_key_env="MY_KEY"),
        refused(
            {"OWN_KEY": key},
            catalog={"models": {"one": {"base_url": "https://a/v1", "api_key_env": "OWN_KEY"}}},
        ),
    ]
    for text, name in zip(
        told, ["api_key", "SMARTROUTE_API_KEY", "MY_KEY", "OWN_KEY"], strict=True
    ):
        assert "cannot be sent" in text
        assert name in text
        assert "SECR" not in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Team", "a\r\nX-Other: b"),
        ("X-Team", "M\u00fcnchen"),
        ("X-Team", "search\n"),
        ("X Team", "search"),
        ("", "search"),
        ("X-T\u00e9am", "search"),
        ("Content-Length", "3"),
        ("transfer-encoding", "chunked"),
    ],
)
def test_a_header_that_cannot_be_sent_is_refused(name, value):
    """Some of them were sent as they stood, others failed with each call."""
    told = refused(base_url="https://arg.example/v1", api_key="arg-key", headers={name: value})
    assert repr(name) in told
    assert repr(value) not in told


def test_a_header_that_can_be_sent_is_kept():
    headers = {"HTTP-Referer": "https://example.org", "X-Title": "my \t app", "X-Empty": ""}
    assert the(resolve(base_url="https://arg.example/v1", api_key="k", headers=headers))
