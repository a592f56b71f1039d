"""The policy pack: what must hold for every resource of every stack, whoever wrote the program.

    plain.py        what the engine hands over, as plain data in which unknown stays visible
    record.py       a rule: its record and one pure check
    pods.py         the pods inside any Kubernetes object, Dask's custom resources included
    matching.py     label selectors
    stack.py        a whole stack: by kind, by place, by pod
    rules/          the rules, by topic
    table.py        which well-known check is held by which rule
    settings.py     what an environment may choose
    judge.py        all rules over plain data, in this process
    stored.py       recorded graphs -> judge
    pack.py         rules -> pulumi-policy
    reference.py    rules -> docs/reference/rules.md
    __main__.py     what the engine starts

No rule imports what it judges: it would agree with it by construction.
"""
