"""Rule `images`."""

from dataclasses import replace

from policy.plain import UNKNOWN
from tests.policy.cases import DEPLOYED, DEPLOYMENT, PLANTED, Case, Secret, Sort, changed, everywhere, rows

IMAGE = f"{DEPLOYED}.containers[main].image"
FIRST = f"{DEPLOYED}.containers.0.image"
DIGEST = f"sha256:{'0123456789abcdef' * 4}"
TAGS = {"versionTags": True}


def _where_tags_are_allowed(cases: list[Case]) -> list[Case]:
    return [replace(case, name=f"{case.name}, tags allowed", settings=TAGS) for case in cases]


def _from(registries: list[str], cases: list[Case]) -> list[Case]:
    """Where all images but the one of the case come from the first registry."""
    first = f"{registries[0]}/tunnel@{DIGEST}"
    return [
        replace(
            case,
            resources=tuple(changed(one, f"{DEPLOYED}.initContainers.0.image", first) for one in case.resources),
            settings={"registries": registries},
        )
        for case in cases
    ]


CASES: list[Case] = [
    *everywhere("images", "containers.0.image", "registry.example/thing:1.2.3", "containers[main].image"),
    *rows(
        "images",
        Sort.GOOD,
        DEPLOYMENT,
        ("a digest", FIRST, f"registry.example/thing@{DIGEST}", ()),
        ("a digest and a tag", FIRST, f"registry.example:5000/a/thing:1.2.3@{DIGEST}", ()),
    ),
    *_where_tags_are_allowed(
        rows(
            "images",
            Sort.GOOD,
            DEPLOYMENT,
            ("a version", FIRST, "isthmus.local/dask:0.1.0", ()),
            ("a version of something", FIRST, "registry.example:5000/dask:2026.8.0-py3.12", ()),
            ("a version with a v", FIRST, "thing:v1.2", ()),
            ("a digest", FIRST, f"thing@{DIGEST}", ()),
        )
    ),
    *rows(
        "images",
        Sort.BAD,
        DEPLOYMENT,
        ("latest", FIRST, "thing:latest", (IMAGE,)),
        ("latest behind a digest", FIRST, f"thing:latest@{DIGEST}", (IMAGE,)),
        ("no tag", FIRST, "thing", (IMAGE,)),
        ("a short digest", FIRST, "thing@sha256:0123", (IMAGE,)),
        ("a digest of another sort", FIRST, f"thing@md5:{'0' * 32}", (IMAGE,)),
        ("no image", FIRST, "", (IMAGE,)),
    ),
    *_where_tags_are_allowed(
        rows(
            "images",
            Sort.BAD,
            DEPLOYMENT,
            ("latest", FIRST, "thing:latest", (IMAGE,)),
            ("no tag, but a port", FIRST, "registry.example:5000/thing", (IMAGE,)),
            ("a branch", FIRST, "thing:main", (IMAGE,)),
            ("a number that moves", FIRST, "thing:2", (IMAGE,)),
        )
    ),
    *_from(
        ["registry.example/isthmus", "mirror.example"],
        rows(
            "images",
            Sort.GOOD,
            DEPLOYMENT,
            ("a folder of a registry", FIRST, f"registry.example/isthmus/dask@{DIGEST}", ()),
            ("a registry", FIRST, f"mirror.example/a/b@{DIGEST}", ()),
        ),
    ),
    *_from(
        ["registry.example/isthmus"],
        rows(
            "images",
            Sort.BAD,
            DEPLOYMENT,
            ("another folder", FIRST, f"registry.example/isthmus-not/dask@{DIGEST}", (IMAGE,)),
            ("another registry", FIRST, f"elsewhere.example/isthmus/dask@{DIGEST}", (IMAGE,)),
            ("no registry: Docker Hub", FIRST, f"dask@{DIGEST}", (IMAGE,)),
        ),
    ),
    *rows("images", Sort.UNKNOWN, DEPLOYMENT, ("the image", FIRST, UNKNOWN, (IMAGE,))),
    *rows(
        "images",
        Sort.SECRET,
        DEPLOYMENT,
        ("credentials in a reference", FIRST, Secret(f"me:{PLANTED}@registry.example/thing"), (IMAGE,)),
        ("a tag", FIRST, Secret(f"thing:{PLANTED}"), (IMAGE,)),
    ),
]
