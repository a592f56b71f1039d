// What `pulumi package add` would write, cut down to the one component that this program uses: package/schema.json says
// what it takes. With the official node language host use the generated classes instead: they know every field.
import * as pulumi from "@pulumi/pulumi";

export interface PlatformArgs {
    project: string;
    environment: string;
    settings: {
        scheduler: { site: string; memory?: string; cpu?: string };
        images: { dask: string; controller: string; tunnel: string };
        protect?: boolean;
        network?: { prefix?: string; mtu?: number };
    };
    sites: { [name: string]: SiteConfig };
    secrets: { [key: string]: pulumi.Input<string> };
}

export interface SiteConfig {
    id: number;
    kubernetes: { context?: string; kubeconfig?: string; kubeconfigSecret?: string };
    gateway?: { endpoint?: string; service?: { type?: string; nodePort?: number } };
    pools?: { [name: string]: PoolConfig };
    claims?: { [name: string]: { storage: string; storageClass: string; accessMode?: string } };
}

export interface PoolConfig {
    workers: { min?: number; max: number; threads?: number; memory: string; cpu?: string };
    volumes?: { name: string; persistentVolumeClaim: { claimName: string }; mountPath: string; readOnly?: boolean }[];
    catalog?: string[];
}

export class Platform extends pulumi.ComponentResource {
    public readonly schedulers!: pulumi.Output<{ [site: string]: string }>;
    public readonly prefix!: pulumi.Output<string>;
    public readonly namespaces!: pulumi.Output<{ [site: string]: string[] }>;
    public readonly publicKeys!: pulumi.Output<{ [site: string]: string }>;

    constructor(name: string, args: PlatformArgs, opts: pulumi.ComponentResourceOptions = {}) {
        const outputs = { schedulers: undefined, prefix: undefined, namespaces: undefined, publicKeys: undefined };
        super("isthmus:index:Platform", name, { ...args, ...outputs }, { version: "0.1.0", ...opts }, true);
    }
}
