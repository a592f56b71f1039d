"""What is declared: one ComponentResource per thing, from a whole environment down to one worker group.

    Platform ─┬─ Site ─┬─ Crds, Controller, Gateway, PythonFiles
              │        ├─ Slots, WorkerGroup ...      (a site with pools)
              │        └─ Cluster                     (the scheduler site)
              └─ the seed that every key of the environment is derived from

Arguments are TypedDicts, so that programs in other languages can hand over plain mappings. A logical name is chosen and
never derived from a value that can move: only the names of sites and pools and the numbers of slots are part of one.
"""
