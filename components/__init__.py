"""What is declared: one ComponentResource per thing, from a whole environment down to one worker group.

    Platform ─┬─ Site ─┬─ Crds, Priorities, Controller     (once for the sites that share a Kubernetes)
              │        ├─ Rights, Gateway, PythonFiles
              │        ├─ Slots, WorkerGroup ...      (a site with pools)
              │        └─ Cluster                     (the scheduler site)
              └─ the seed that every key of the environment is derived from

Arguments are TypedDicts, so that programs in other languages can hand over plain mappings; those of a Platform mirror
the stack files (`platform_args`). A logical name is chosen and never derived from a value that can move: only the names
of sites, pools and claims and the numbers of slots are part of one. No two sites can come to one name: what follows a
site's name is fixed and no ending of another, or stands behind a dot.
"""
