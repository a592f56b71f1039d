"""The policy pack: what must hold for every resource of every stack, whoever wrote the program.

    plain.py        what the engine hands over, as plain data in which unknown stays visible
    record.py       a rule: its record and one pure check
    pods.py         the pods inside any Kubernetes object, Dask's custom resources included
    rules/          the rules, by topic
    pack.py         rules -> pulumi-policy
    reference.py    rules -> docs/reference/rules.md
    __main__.py     what the engine starts

No rule imports what it judges: it would agree with it by construction.
"""
