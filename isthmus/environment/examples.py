"""Examples of the reference page. Each is right: a test loads it, in place of the same keys of the whole files."""

from typing import Final

STACK: Final = """\
# yaml-language-server: $schema=schema/stack.json
config:
  isthmus:cluster: weather
  isthmus:protect: true
  isthmus:scheduler: {site: home, memory: 16Gi, cpu: "4"}
  isthmus:images: # digests are invented
    dask: registry.example/dask@sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945
    controller: registry.example/controller@sha256:9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0
    tunnel: registry.example/tunnel@sha256:3e744b9dc39389baf0c5a0660589b8402f3dbb49b89b3e75f2c9355852a3c677
  isthmus:network: {prefix: "fd5a:9e1c:40d7::/48"} # stated, because dwd belongs to another stack
  isthmus:sites: [home, ecmwf, dwd]
"""
SITE: Final = """\
# yaml-language-server: $schema=../schema/site.json
id: 2 # never reused: it is in every address of the site
paused: false
kubernetes: {context: ecmwf-prod}
gateway:
  endpoint: wg.ecmwf.example:51820
pools:
  ecmwf:
    workers: {min: 2, max: 32, threads: 4, memory: 16Gi}
    volumes: [{name: data, persistentVolumeClaim: {claimName: forecasts}, mountPath: /data/ecmwf}]
    catalog: [/data/ecmwf/, "s3://ecmwf-open-data/"]
"""
EXTERNAL: Final = """\
# yaml-language-server: $schema=../schema/site.json
external:
  id: 4
  publicKey: tCC+5DqOScV8NFbQ+fWj0hIRIXcAd/wr2VdbAsjpJX0=
  endpoint: wg.dwd.example:51820
  presharedKeySecret: dwdPresharedKey
  pools:
    icon: {catalog: [/data/icon/]}
"""

#: Between two examples of a section.
NEXT: Final = "---\n"
#: Section of the page -> its examples.
OF_SECTIONS: Final = {
    "isthmus:scheduler": """\
isthmus:scheduler: {site: home, memory: 16Gi, cpu: "4"}
""",
    "isthmus:images": """\
isthmus:images: # by version tags; a production stack pins digests, as above
  dask: ghcr.io/dask/dask:2026.8.0-py3.12
  controller: registry.example/isthmus/controller:0.1.0
  tunnel: registry.example/isthmus/tunnel:0.1.0
""",
    "isthmus:network": """\
isthmus:network: {prefix: "fd5a:9e1c:40d7::/48", mtu: 1400}
""",
    "kubernetes": """\
kubernetes: {context: ecmwf-prod} # of the kubeconfig that kubectl uses
---
kubernetes: {kubeconfig: .isthmus/ecmwf/kubeconfig, context: admin}
---
kubernetes: {kubeconfigSecret: ecmwfKubeconfig} # pulumi config set --secret isthmus:ecmwfKubeconfig
""",
    "gateway": """\
gateway:
  endpoint: wg.ecmwf.example:51820
---
gateway: {} # behind NAT, or where nothing may be opened: it dials the others
""",
    "gateway.service": """\
gateway:
  endpoint: wg.ecmwf.example:51820
  service:
    type: LoadBalancer
    annotations: {external-dns.alpha.kubernetes.io/hostname: wg.ecmwf.example}
---
gateway:
  endpoint: 192.0.2.7:30820
  service: {type: NodePort, nodePort: 30820}
""",
    "pools.<name>": """\
pools:
  forecasts:
    workers: {min: 1, max: 16, threads: 4, memory: 16Gi}
    slots: {first: 0, count: 16}
    volumes: [{name: data, persistentVolumeClaim: {claimName: forecasts}, mountPath: /data/forecasts}]
    catalog: [/data/forecasts/]
  archive: # a second pool: both state their slots
    workers: {max: 8, threads: 2, memory: 32Gi}
    slots: {first: 16, count: 8}
    volumes: [{name: data, persistentVolumeClaim: {claimName: archive}, mountPath: /data/archive}]
    catalog: [/data/archive/, "s3://ecmwf-archive/"]
""",
    "pools.<name>.workers": """\
pools:
  ecmwf:
    workers: {min: 2, max: 32, threads: 4, memory: 16Gi, cpu: "3.5"}
""",
    "pools.<name>.slots": """\
pools:
  ecmwf:
    workers: {max: 16, memory: 16Gi}
    slots: {first: 0, count: 32} # more than max: room to grow without new addresses
""",
    "pools.<name>.volumes[]": """\
pools:
  ecmwf:
    workers: {max: 16, memory: 16Gi}
    volumes:
      - {name: data, persistentVolumeClaim: {claimName: forecasts}, mountPath: /data/ecmwf}
      - {name: results, persistentVolumeClaim: {claimName: results}, mountPath: /results, readOnly: false}
""",
    "claims.<name>": """\
claims:
  sample: {storage: 50Gi, storageClass: nfs, accessMode: ReadWriteMany}
""",
    "install": """\
namespace: weather # handed over, with a kubeconfig for it alone; its operator installed the rest
install: {crds: false, namespaces: false, controller: false}
---
install: {watches: [isthmus-staging]} # another stack is in the same Kubernetes, and has no controller of its own
""",
}
