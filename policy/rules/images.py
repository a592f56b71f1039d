"""What runs is what was tested: images cannot change under their name."""

import re
from collections.abc import Iterator
from typing import Any, Final

from policy.plain import UNKNOWN, at
from policy.pods import pods_of
from policy.record import Finding, Resource, ResourceRule, Setting, Settings, Unknown, not_known

VERSION_TAGS: Final = "versionTags"
REGISTRIES: Final = "registries"

_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}\Z")
#: A tag that names one release: 0.1.0, v1.2, 2026.8.0-py3.12. Never `latest`, `stable`, `main`, `2`.
_VERSION: Final = re.compile(r"v?[0-9]+\.[0-9]+[A-Za-z0-9._-]*\Z")


def check_images(resource: Resource, settings: Settings) -> Iterator[Finding]:
    for pod in pods_of(resource):
        yield from pod.gaps
        for container in pod.containers:
            image = at(container.fields, "image")
            where = f"{container.where}.image"
            if image is UNKNOWN:
                yield not_known(where)
            elif problem := _problem(image, version_tags=settings[VERSION_TAGS] is True):
                yield Finding(where, problem)
            elif settings[REGISTRIES] and not any(image.startswith(f"{one}/") for one in settings[REGISTRIES]):
                yield Finding(where, "comes from none of the registries that are listed")


def _problem(image: Any, *, version_tags: bool) -> str | None:
    """What is wrong with a reference, without repeating it: it may hold credentials."""
    if not isinstance(image, str) or not image:
        return "names no image"
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    if tag == "latest":
        return "has the tag latest, which is another image every day"
    if digest:
        return None if _DIGEST.search(image) else "has a digest that is not sha256: and 64 hexadecimal digits"
    if not version_tags:
        return "has no digest"
    return None if _VERSION.match(tag) else "has neither a digest nor the tag of a version"


IMAGES: Final = ResourceRule(
    name="images",
    title="Images are pinned, by digest or version tag as the environment allows, and from registries that it lists.",
    why="A tag can be moved: a worker that comes up tomorrow would run other code than its neighbours of today.",
    fix="Write name:version@sha256:... under isthmus:images; list your registry under images.registries.",
    standard="kube-linter latest-tag, checkov CKV_K8S_14 and CKV_K8S_43, Kyverno restrict-image-registries",
    unknown=Unknown.IS_VIOLATION,
    settings={
        VERSION_TAGS: Setting(False, "whether a version tag without a digest is enough"),
        REGISTRIES: Setting((), "registries, and folders of them, that images may come from; none listed: any"),
    },
    check=check_images,
)
