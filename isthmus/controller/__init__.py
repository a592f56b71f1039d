"""The Kubernetes controller of one site: DaskClusters and DaskWorkerGroups become schedulers and worker pods.

    kopf's watches -> store -> queue -> reconcile: observe -> plan -> apply -> status
                      (what is)  (what to look at)  (views)  (pure)  (I/O)   (last)

Level-based: an event says only *where to look*. A pass over one key reads everything it needs from the store, decides
without I/O, acts once, and writes the status last. Running a pass twice changes nothing; a pass cut off between any
two calls is completed by the next one. No finalizers, no annotations on custom resources of users: tear-down is the
garbage collector's, through ownerReferences that objects have from their first moment.
"""
