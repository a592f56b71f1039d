"""The picture of the sites shows what the stack files say, and nothing that they hold can break it."""

import re

import pytest

from isthmus.environment import described
from isthmus.graph.draw import sites_svg
from isthmus.graph.draw.sites import mermaid, mermaid_of, svg
from isthmus.graph.draw.topology import topology as topology_of
from tests.graph.draw import facts, reading
from tests.graph.draw.facts import pool, site, topology

SETTINGS = {
    "scheduler": {"site": "home"},
    "images": {name: f"registry.example/{name}:1" for name in ("dask", "controller", "tunnel")},
    "network": {"prefix": "fd00:0:1::/48"},
    "sites": ["home", "north", "annex", "abroad"],
}
POOL = {"workers": {"min": 1, "max": 1, "memory": "2Gi"}, "catalog": ["/data/north/", "s3://north/"]}
NORTH = {"id": 2, "kubernetes": {"context": "north"}, "gateway": {"endpoint": "wg.north.example:51820"}}
ANNEX = {
    "id": 3,
    "kubernetes": {"context": "north"},
    "namespace": "annex",
    "paused": True,
    "gateway": {"endpoint": "wg.annex.example:51820"},
    "install": {"crds": False, "controller": False},
}
ABROAD = {
    "id": 4,
    "publicKey": "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=",
    "endpoint": "wg.abroad.example:51820",
    "pools": {"icon": {"catalog": ["/data/icon/"]}},
}
ENVIRONMENT = described(
    project="p",
    environment="test",
    settings=SETTINGS,
    sites={
        "home": {"id": 1, "kubernetes": {"context": "home"}},
        "north": NORTH | {"pools": {"north": POOL}},
        "annex": ANNEX,
        "abroad": {"external": ABROAD},
    },
)
HOSTILE = [
    '"]; click s0 "javascript:alert(1)"',
    "</text><script>x</script>",
    "%%{init: {}}%%",
    "style:#quot;",
    "1. first",
    "a`b\nc",
]


def test_the_mermaid_shows_sites_gateways_pools_data_and_who_dials_whom() -> None:
    assert (
        mermaid(ENVIRONMENT)
        == """\
flowchart TB
  accTitle: test  one Dask cluster over 4 sites
  subgraph s0["home"]
    s0g{{"gateway<br/>dials out only<br/>fd00:0:1:1::/64"}}
    s0h(["scheduler<br/>tcp://test-scheduler:8786"]) --- s0g
  end
  subgraph k1["one Kubernetes"]
  subgraph s1["north"]
    s1g{{"gateway<br/>wg.north.example:51820<br/>fd00:0:1:2::/64"}}
    s1p0["pool north<br/>1 to 1 worker"] --- s1g
    s1d0[("/data/north/<br/>s3://north/")] --- s1p0
  end
  subgraph s2["annex, paused, namespace annex"]
    s2g{{"gateway<br/>wg.annex.example:51820<br/>fd00:0:1:3::/64"}}
  end
  end
  subgraph s3["abroad, of another stack"]
    s3g{{"gateway<br/>wg.abroad.example:51820<br/>fd00:0:1:4::/64"}}
    s3p0["pool icon<br/>of another stack"] --- s3g
    s3d0[("/data/icon/")] --- s3p0
  end
  s0g ==> s1g
  s0g ==> s2g
  s0g ==> s3g
  s1g <==> s2g
  s1g <==> s3g
  s2g <==> s3g
  classDef dashed stroke-dasharray: 6 4
  class s2,s3 dashed
"""
    )


def test_the_svg_shows_the_same_and_dashes_what_the_stack_leaves_alone() -> None:
    text = svg(ENVIRONMENT)

    assert {"home", "north", "annex", "abroad", "paused", "namespace annex", "of another stack", "one Kubernetes"} <= {
        *reading.words(text)
    }
    assert {"pool north: 1 to 1 worker", "/data/north/", "s3://north/", "/data/icon/"} <= set(reading.words(text))
    assert len(reading.named(text, "dashed")) == 2 + 1  # annex, abroad, and the legend
    assert [line.get("marker-start") is not None for line in reading.named(text, "line")][:6].count(True) == 3


def test_a_picture_is_the_same_at_every_run_and_says_in_words_what_it_shows() -> None:
    text = svg(ENVIRONMENT)

    assert text == svg(ENVIRONMENT)
    assert re.search(r"<desc[^>]*>Data plane fd00:0:1::/48\. home: scheduler; gateway dials out only\. north: ", text)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_and_no_path_breaks_out_of_its_label(text: str) -> None:
    shown = topology(
        (site(text, endpoint=None, notes=(text,), scheduler=text),), (site("b", pools=(pool(text, text),)),)
    )

    drawn, document = mermaid_of(shown), sites_svg.drawn(shown)

    assert reading.broken(drawn) == []
    # What Mermaid looks for anywhere in a line, and what it takes for a list, a comment or Markdown.
    assert not re.search(r'style.*:\S*#|%%|"`|"\d+[.] |"[-+] ', drawn)
    seen = text.replace("\n", "\N{REPLACEMENT CHARACTER}")
    assert f"pool {seen}<br/>0 to 8 workers" in reading.labels(drawn)
    assert seen in reading.words(document)
    assert reading.named(document, "script") == []


def test_five_sites_show_each_tunnel_and_six_one_thing_instead_of_fifteen() -> None:
    def drawn(count: int) -> list[str]:
        return [
            line
            for line in mermaid_of(topology(*((site(f"s{n}"),) for n in range(count)))).splitlines()
            if "==>" in line
        ]

    assert len(drawn(5)) == 10
    assert drawn(6) == [f"  s{number}g <==> plane" for number in range(6)]


@pytest.mark.parametrize(("count", "lines"), [(5, 10), (6, 6), (13, 13)], ids=["meshed", "a band", "a long band"])
def test_the_svg_has_a_line_per_tunnel_or_one_per_gateway(count: int, lines: int) -> None:
    text = sites_svg.drawn(topology(*((site(f"s{number}"),) for number in range(count))))

    assert len(reading.named(text, "line")) == lines + 1  # and the legend's


@pytest.mark.parametrize("count", [1, 2, 3, 5, 6, 13])
def test_no_two_boxes_of_sites_lie_on_one_another(count: int) -> None:
    sites = [(site(f"s{number}", pools=tuple(pool(f"p{n}", "/x/") for n in range(number))),) for number in range(count)]

    boxes = [box.attrib for box in reading.named(sites_svg.drawn(topology(*sites)), "site")]

    assert len(boxes) == count
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            assert any(
                float(first[at]) + float(first[size]) < float(then[at])
                for first, then in ((one, other), (other, one))
                for at, size in (("x", "width"), ("y", "height"))
            )


def test_who_shares_a_kubernetes_stands_together_and_the_scheduler_comes_first() -> None:
    groups = [[facts.name for facts in group] for group in topology_of(ENVIRONMENT).groups]

    assert groups == [["home"], ["north", "annex"], ["abroad"]]
    assert facts.topology((site("a"),)).title == "test: one Dask cluster over 1 site"


def test_many_paths_of_a_pool_are_told_by_their_number() -> None:
    shown = topology((site("a", pools=(pool("p", *(f"/{n}/" for n in range(9))),)),))

    assert "/0/<br/>/1/<br/>/2/<br/>and 6 more" in reading.labels(mermaid_of(shown))
