"""The picture of the resources: every resource is counted, every order is shown once, and no stack is too large."""

from xml.etree import ElementTree

import pytest

from isthmus.errors import IsthmusError
from isthmus.graph.draw.parts import parts_of
from isthmus.graph.draw.resources import mermaid, svg
from tests.components import recorded
from tests.graph.draw import reading
from tests.graph.draw.facts import PLATFORM, SITE, graph, node, with_sites

HOSTILE = '"]; click p0 "x" <b>%%'


def test_of_a_site_it_shows_each_kind_of_resource_and_what_is_there_before_what() -> None:
    assert (
        mermaid(with_sites(2, slots=3), "s1")
        == """\
flowchart LR
  accTitle: test  what Pulumi is asked for at s1
  subgraph p0["Site s1"]
    r0["Namespace<br/>s1-ns"]
  end
  subgraph p1["Slots s1"]
    r1["Secret<br/>s1-slot-N<br/>×3"]
    r2["Service<br/>s1-workers"]
  end
  r1 --> r2
  p0 --> p1
"""
    )


def test_of_a_stack_it_shows_what_each_component_holds() -> None:
    assert (
        mermaid(with_sites(1, slots=3))
        == """\
flowchart LR
  accTitle: test  what Pulumi is asked for
  subgraph s0["Site s0"]
    p0["Site s0<br/>1 Namespace"]
    p1["Slots s0<br/>3 Secret<br/>1 Service"]
  end
  p0 --> p1
"""
    )


def test_an_order_that_follows_from_others_is_not_drawn() -> None:
    a, b, c = (f"isthmus:index:{kind}::x" for kind in "ABC")
    one, two, three = (f"kubernetes:core/v1:Secret::{name}" for name in ("one", "two", "three"))
    top = f"{PLATFORM}::p"

    shown = parts_of(
        graph(
            *(node(part, top) for part in (a, b, c)),
            *(node(one, a), node(two, b, after=(one,)), node(three, c, after=(one, two))),
        )
    )

    assert shown.part_edges == {(a, b), (b, c)}


def test_a_component_stands_right_of_all_that_must_be_there_before_it() -> None:
    parts = [f"isthmus:index:{kind}::x" for kind in "DABC"]  # D, which waits for all, is the first one to be placed
    secrets = [f"kubernetes:core/v1:Secret::{kind}" for kind in "DABC"]
    after = [tuple(secrets[3:]), (), tuple(secrets[1:2]), tuple(secrets[2:3])]
    inside = [node(secret, part, after=first) for secret, part, first in zip(secrets, parts, after, strict=True)]

    text = svg(graph(*(node(part, f"{PLATFORM}::p") for part in parts), *inside))

    titles = {title.text: float(title.attrib["x"]) for title in reading.named(text, "chip")}
    assert sorted(titles, key=lambda title: titles[title]) == ["A x", "B x", "C x", "D x"]
    assert len(set(titles.values())) == len(parts)


def test_components_that_wait_for_each_other_are_drawn_all_the_same() -> None:
    a, b = (f"isthmus:index:{kind}::x" for kind in "AB")
    secrets = [f"kubernetes:core/v1:Secret::{name}" for name in ("one", "two", "left", "right")]
    top = f"{PLATFORM}::p"
    inside = [
        *(node(secrets[0], a), node(secrets[1], b, after=(secrets[0],))),
        *(node(secrets[2], b), node(secrets[3], a, after=(secrets[2],))),
    ]

    assert len(reading.named(svg(graph(node(a, top), node(b, top), *inside)), "thin")) == 2 + 1


@pytest.mark.parametrize("stack", recorded.STACKS)
def test_every_resource_of_a_stack_is_in_its_picture(stack: str) -> None:
    whole = recorded.graph(stack)
    custom = [node for node in whole.nodes if node.custom]

    assert parts_of(whole).resources == len(custom)
    assert sum(parts_of(whole, site.name).resources for site in whole.of_type(SITE)) == len(custom) - 2  # the seed's


@pytest.mark.parametrize(
    ("sites", "shown"),
    [(3, "3 Secret"), (90, "2 components"), (200, "and 120 more sites")],
    ids=["by component", "by site", "not even all sites"],
)
def test_a_large_stack_tells_less_of_each_and_stays_within_what_github_renders(sites: int, shown: str) -> None:
    text = mermaid(with_sites(sites, slots=3))

    assert any(shown in label for label in reading.labels(text))
    assert len(text) < 50_000
    assert sum("-->" in line for line in text.splitlines()) < 500
    assert reading.broken(text) == []


def test_a_site_with_a_thousand_slots_has_a_picture_as_large_as_one_with_two() -> None:
    few, many = (svg(with_sites(1, slots=slots), "s0") for slots in (2, 1000))

    assert "Secret s0-slot-N ×1000" in reading.words(many)
    assert [box.attrib for box in reading.named(many, "paper")] == [box.attrib for box in reading.named(few, "paper")]


def test_no_name_breaks_out_of_its_label() -> None:
    own = f"isthmus:index:Gateway::{HOSTILE}"
    whole = graph(node(own, f"{PLATFORM}::p"), node(f"kubernetes:core/v1:Secret::{HOSTILE}", own))

    assert reading.broken(mermaid(whole)) == []
    assert f"Gateway {HOSTILE}<br/>1 Secret" in reading.labels(mermaid(whole))
    assert f"Gateway {HOSTILE}" in reading.words(svg(whole))


def test_no_secret_of_a_stack_is_in_its_pictures() -> None:
    whole = recorded.graph("production")
    texts = [mermaid(whole), svg(whole), *(svg(whole, site.name) for site in whole.of_type(SITE))]

    assert [secret for secret in recorded.secrets_of("production") for text in texts if secret in text] == []


def test_boxes_lie_inside_the_drawing() -> None:
    text = svg(recorded.graph("production"))
    root = ElementTree.fromstring(text)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])

    boxes = [element.attrib for element in root.iter() if element.tag.endswith("rect")]

    assert all(float(box["x"]) + float(box["width"]) <= width for box in boxes)
    assert all(float(box["y"]) + float(box["height"]) <= height for box in boxes)


def test_a_stack_without_resources_has_a_picture_too() -> None:
    assert reading.words(svg(graph())) == ["test: what Pulumi is asked for", "is there before"]
    assert reading.broken(mermaid(graph())) == []


def test_an_unknown_site_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(IsthmusError, match="no site 'nowhere'; it has s0, s1"):
        mermaid(with_sites(2, slots=1), "nowhere")
