from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)


def port_is_unprivileged(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.resource_type == "kubernetes:core/v1:ConfigMap" and "port" in args.props["data"]:
        port = args.props["data"]["port"]
        if int(port) < 1024:
            report(f"port is {port}; expected 1024 or more", None)


PolicyPack(
    name="engine-test",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[
        ResourceValidationPolicy(
            name="unprivileged-port", description="Ports are 1024 or more.", validate=port_is_unprivileged
        )
    ],
)
