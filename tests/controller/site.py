"""A namespace as a test looks at it."""

import copy

from tests.controller.admin import Admin, Object, condition


class Site:
    """Objects by kind and name, workers by the label of their group."""

    def __init__(self, admin: Admin, namespace: str) -> None:
        self.admin, self.namespace = admin, namespace

    def make(self, plural: str, body: Object) -> Object:
        body = copy.deepcopy(body)
        body["metadata"]["namespace"] = self.namespace
        return self.admin.create(plural, body)

    def get(self, plural: str, name: str) -> Object | None:
        return self.admin.get(plural, self.namespace, name)

    def pods(self, selector: str) -> list[Object]:
        """All pod objects, also ending and finished ones."""
        return self.admin.list("pods", self.namespace, selector)

    def live(self, selector: str) -> list[str]:
        """Names of the pods that are running and not ending."""
        return [
            pod["metadata"]["name"]
            for pod in self.pods(selector)
            if pod["status"].get("phase") == "Running" and "deletionTimestamp" not in pod["metadata"]
        ]

    def slots(self, selector: str) -> list[str]:
        """Slots of all pod objects."""
        return sorted(pod["metadata"]["labels"]["isthmus.dev/slot"] for pod in self.pods(selector))

    def scale(self, plural: str, name: str, replicas: int) -> None:
        self.admin.scale(plural, self.namespace, name, replicas)

    def scaling(self, group: str) -> tuple[str, str]:
        """Status and reason of the group's ScalingLimited."""
        return condition(self.get("daskworkergroups", group), "ScalingLimited")

    def workers(self, group: str) -> tuple[str, str]:
        """Status and reason of the group's WorkersReady."""
        return condition(self.get("daskworkergroups", group), "WorkersReady")


def of(group: str) -> str:
    """Selector of a group's pods."""
    return f"dask.org/workergroup-name={group}"
