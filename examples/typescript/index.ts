// Two data centres as one Dask cluster: scheduler and notebook at home, the forecasts in the north.
import * as pulumi from "@pulumi/pulumi";
import { Platform } from "./isthmus";

const config = new pulumi.Config();
const platform = new Platform("isthmus", {
    project: pulumi.getProject(),
    environment: pulumi.getStack(),
    settings: {
        protect: config.getBoolean("protect") ?? true,
        scheduler: { site: "home", memory: "2Gi" },
        images: {
            dask: config.require("daskImage"),
            controller: config.require("controllerImage"),
            tunnel: config.require("tunnelImage"),
        },
    },
    sites: {
        home: {
            id: 1,
            kubernetes: { kubeconfig: config.require("homeKubeconfig") }, // dials out, cannot be dialled
        },
        north: {
            id: 2,
            kubernetes: { kubeconfigSecret: "northKubeconfig" },
            gateway: { endpoint: "wg.north.example:30820", service: { type: "NodePort", nodePort: 30820 } },
            pools: {
                north: {
                    workers: { min: 1, max: 4, threads: 2, memory: "4Gi" },
                    catalog: ["/data/north/", "s3://forecasts/"],
                },
            },
        },
    },
    secrets: { northKubeconfig: config.requireSecret("northKubeconfig") },
});

export const schedulers = platform.schedulers;
export const prefix = platform.prefix;
export const namespaces = platform.namespaces;
export const publicKeys = platform.publicKeys;
