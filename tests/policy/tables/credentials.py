"""Rule `credentials`."""

from policy.plain import UNKNOWN
from tests.policy.cases import CONFIG_MAP, DEPLOYED, DEPLOYMENT, PLANTED, Case, Secret, Sort, changed, kubernetes, rows

ENV = f"{DEPLOYED}.containers.0.env"
FOUND = f"{DEPLOYED}.containers[main].env[0]"
COMMAND = f"{DEPLOYED}.containers.0.args"


def _env(name: str, value: object = PLANTED) -> list[dict[str, object]]:
    return [{"name": name, "value": value}]


CASES: list[Case] = [
    *rows(
        "credentials",
        Sort.GOOD,
        DEPLOYMENT,
        ("a file's name", ENV, _env("DATABASE_PASSWORD_FILE", "/run/secrets/db"), ()),
        ("an empty one", ENV, _env("TOKEN", ""), ()),
        ("a word in a name", ENV, _env("TOKENIZERS_PARALLELISM", "false"), ()),
        ("from elsewhere", ENV, [{"name": "TOKEN", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}], ()),
        ("a URL", ENV, _env("URL", "https://me@example.com:8443/a:b@c"), ()),
    ),
    *rows(
        "credentials",
        Sort.GOOD,
        CONFIG_MAP,
        ("a catalog", "data", {"isthmus.yaml": "catalog:\n- prefix: /data/token/\n  pool: tokens\n"}, ()),
        ("a template", "data", {"a.conf": "password = ${DB_PASSWORD}\ntoken: <yours>\n"}, ()),
        ("an archive", "binaryData", {"a.zip": "AKIA0123456789ABCDEF"}, ()),
    ),
    Case("credentials", Sort.GOOD, "a Secret", (kubernetes("core/v1", "Secret", "s", stringData={"password": "x"}),)),
    *rows(
        "credentials",
        Sort.BAD,
        DEPLOYMENT,
        *(
            (name, ENV, _env(name), (FOUND,))
            for name in (
                "PASSWORD",
                "DB_PASSWD",
                "API_KEY",
                "apikey",
                "GITHUB_TOKEN",
                "AWS_SECRET_ACCESS_KEY",
                "S3_SECRET",
            )
        ),
        ("a URL with a password", ENV, _env("URL", f"postgres://me:{PLANTED}@db/x"), (f"{FOUND}.value",)),
        (
            "on a command line",
            COMMAND,
            ["--key", "AKIA0123456789ABCDEF"],
            (f"{DEPLOYED}.containers[main].args[1]",),
        ),
        ("of GitHub", COMMAND, [f"ghp_{'a' * 36}"], (f"{DEPLOYED}.containers[main].args[0]",)),
    ),
    *rows(
        "credentials",
        Sort.BAD,
        CONFIG_MAP,
        ("under its name", "data", {"password": PLANTED}, ("data",)),
        ("in a file", "data", {"a.yaml": f"user: me\npassword: {PLANTED}\n"}, ("data",)),
        ("in another", "data", {"a.ini": f"aws_secret_access_key={PLANTED}\n"}, ("data",)),
        ("in JSON", "data", {"a.json": f'{{"token": "{PLANTED}"}}'}, ("data",)),
        ("an annotation", "metadata.annotations", {"x": f"http://me:{PLANTED}@x/"}, ("metadata.annotations.x",)),
    ),
    *rows(
        "credentials",
        Sort.UNKNOWN,
        DEPLOYMENT,
        ("a value: it is read in the update", ENV, _env("TOKEN", UNKNOWN), ()),
        ("all", ENV, UNKNOWN, ()),
    ),
    *rows(
        "credentials",
        Sort.SECRET,
        DEPLOYMENT,
        ("that Pulumi knows, and Kubernetes does not", ENV, _env("TOKEN", Secret(PLANTED)), (FOUND,)),
    ),
    Case(
        "credentials",
        Sort.SECRET,
        "in a custom resource",
        (changed(CONFIG_MAP, "spec", {"url": Secret(f"s3://me:{PLANTED}@x")}),),
        ("spec.url",),
    ),
]
