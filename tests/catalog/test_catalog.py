"""Which pool a path is in: literal cases, and a naive twin that agrees on everything hypothesis thinks of."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.catalog import Catalog
from isthmus.errors import CatalogError

CATALOG = Catalog(
    {
        "s3://ecmwf": "a",
        "s3://ecmwf/archive/": "cold",
        "/data/b": "b",
        "/data/b/old/": "b-old",
        "file:///scratch/c/": "c",
        "https://x.org/thredds/": "d",
        "gs://pre-*": "e",
        "s3://twice": "f",
        "gs://twice": "g",
        "swift://": "h",
    }
)

CASES = [
    ("inside a bucket", "s3://ecmwf/x.zarr", "a"),
    ("the bucket itself", "s3://ecmwf", "a"),
    ("a bucket as file systems keep it", "ecmwf/x.zarr", "a"),
    ("a longer prefix wins", "s3://ecmwf/archive/x", "cold"),
    ("a longer prefix wins in that form too", "ecmwf/archive/x", "cold"),
    ("a bucket whose name begins alike", "s3://ecmwf2/x", None),
    ("another scheme", "gs://ecmwf/x", None),
    ("a file", "/data/b/y.nc", "b"),
    ("the folder itself", "/data/b", "b"),
    ("a folder whose name begins alike", "/data/bb/y.nc", None),
    ("a file in a longer prefix", "/data/b/old/y.nc", "b-old"),
    ("beside the longer prefix", "/data/b/older/y.nc", "b"),
    ("a file as URL", "file:///data/b/y.nc", "b"),
    ("a prefix given as file URL", "/scratch/c/y.nc", "c"),
    ("a path object", Path("/data/b/y.nc"), "b"),
    ("a web address", "https://x.org/thredds/dodsC/a", "d"),
    ("a query ends a prefix", "https://x.org/thredds?a=/b", "d"),
    ("an open end", "gs://pre-fix/k", "e"),
    ("an open end needs its beginning", "gs://pr/k", None),
    ("a whole scheme", "swift://any/k", "h"),
    ("one name in two schemes: with its scheme", "s3://twice/k", "f"),
    ("one name in two schemes: bare, it says neither", "twice/k", None),
    ("a cached URL", "simplecache::s3://ecmwf/x.nc", "a"),
    ("a file inside an archive", "zip://y.nc::s3://ecmwf/x.zip", "a"),
    ("an IPv6 address is no chain", "http://[fd00::1]/data/b/y.nc", None),
    ("a word without any slash", "ecmwf", None),
    ("nothing", "", None),
]


@pytest.mark.parametrize(("path", "pool"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_longest_prefix_that_ends_at_a_border_names_the_pool(path: str | Path, pool: str | None) -> None:
    assert CATALOG.pool_of(path) == pool


def test_a_catalog_of_the_root_holds_every_local_path_and_no_url() -> None:
    everything = Catalog({"/": "here"})

    assert [everything.pool_of(path) for path in ("/", "/data/x", "s3://b/x", "a/b")] == ["here", "here", None, None]


REFUSED = [
    ("two pools for one prefix", {"/data/a": "a", "/data/a/": "b"}, "/data/a/"),
    ("two pools through a scheme that does not count", {"file:///data/a": "a", "/data/a": "b"}, "/data/a"),
    ("an empty prefix", {"": "a"}, ""),
    ("a prefix of stars", {"*": "a"}, "*"),
    ("an empty pool", {"/data/a": ""}, "/data/a"),
    ("a pool that is no name", {"/data/a": 7}, "/data/a"),
]


@pytest.mark.parametrize(("prefixes", "entry"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_catalog_that_cannot_be_meant_is_refused(prefixes: dict[str, str], entry: str) -> None:
    with pytest.raises(CatalogError) as error:
        Catalog(prefixes)

    assert error.value.entry == entry


def test_the_same_prefix_twice_in_one_pool_is_no_mistake() -> None:
    assert Catalog({"/data/a": "a", "/data/a/": "a"}).pool_of("/data/a/x") == "a"


READ = [
    ("nothing configured", None, {}),
    ("a mapping", {"/data/a/": "a"}, {"/data/a/": "a"}),
    ("a list", [{"prefix": "/a_b/", "pool": "a"}, {"prefix": "/a-b/", "pool": "b"}], {"/a_b/": "a", "/a-b/": "b"}),
]


@pytest.mark.parametrize(("value", "expected"), [case[1:] for case in READ], ids=[case[0] for case in READ])
def test_the_configuration_gives_a_mapping_or_a_list(value: object, expected: dict[str, str]) -> None:
    assert dict(Catalog.read(value)) == expected


@pytest.mark.parametrize("value", ["/data/a/", [["/data/a", "a"]], [{"prefix": "/a"}], {"/a": None}, 7])
def test_any_other_configuration_is_refused(value: object) -> None:
    with pytest.raises(CatalogError):
        Catalog.read(value)


def test_a_prefix_listed_for_two_pools_is_refused() -> None:
    with pytest.raises(CatalogError, match="/data/a"):
        Catalog.read([{"prefix": "/data/a", "pool": "a"}, {"prefix": "/data/a", "pool": "b"}])


def naive_pool_of(prefixes: dict[str, str], path: str) -> str | None:
    """The rule for plain paths once more, prefix by prefix."""
    best: tuple[int, bool, str] | None = None
    for prefix, pool in prefixes.items():
        is_open = prefix.endswith("*")
        stem = prefix.rstrip("*") if is_open else prefix.rstrip("/")
        rest = path.removeprefix(stem)
        holds = path.startswith(stem) and (is_open or rest[:1] in ("", "/", "?", "#", ":"))
        if holds and (best is None or (len(stem), not is_open) > best[:2]):
            best = len(stem), not is_open, pool
    return best[2] if best else None


PLAIN_PATHS = st.lists(st.sampled_from(["a", "b", "ab", "a-b", ".."]), min_size=1, max_size=4).map(
    lambda names: "/" + "/".join(names)
)
PREFIXES = st.builds(lambda path, end: path + end, PLAIN_PATHS, st.sampled_from(["", "/", "*"]))


@given(st.dictionaries(PREFIXES, st.sampled_from(["x", "y", "z"]), max_size=6), PLAIN_PATHS)
def test_the_tables_agree_with_trying_every_prefix(prefixes: dict[str, str], path: str) -> None:
    one_spelling = {prefix: pool for prefix, pool in prefixes.items() if prefix + "/" not in prefixes}

    assert Catalog(one_spelling).pool_of(path) == naive_pool_of(one_spelling, path)
