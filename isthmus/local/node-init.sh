#!/bin/sh
# First process of a data centre. It already has its own net, mount, uts, ipc, pid and cgroup namespaces; this gives
# them content, says so by making FOLDER/booted, and becomes pause. Nothing is mounted outside of these namespaces,
# so nothing is left when they end.
#   node-init.sh SITE FOLDER KUBE NODE STORE     FOLDER: the site's state; KUBE, NODE: programs; STORE: image layers
set -eu
SITE=$1 FOLDER=$2 KUBE=$3 NODE=$4 STORE=$5

mount --make-rslave /
hostname "$SITE"
mount -t proc proc /proc
ip link set lo up

# The node's own cgroups: its cgroup namespace begins at them, so kubelet sees them as the whole machine's.
FIRST=$(awk '$3 == "cgroup" {print $2 " " $4}' /proc/mounts)
mount -t sysfs sysfs /sys
if [ -n "$FIRST" ]; then
    mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
    echo "$FIRST" | while read -r path options; do
        name=${path##*/}
        mkdir "/sys/fs/cgroup/$name"
        case "$options" in *name=*) name="none,name=${options##*name=}" ;; esac
        mount -t cgroup -o "$name" cgroup "/sys/fs/cgroup/${path##*/}"
    done
else
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi

# A fresh /run, in which everything has the same path wherever project and cache lie.
mkdir -p "$FOLDER/run"
mount -t tmpfs -o mode=755 tmpfs "$FOLDER/run"
bring() {
    mkdir -p "$FOLDER/run/isthmus/$2"
    mount --bind "$1" "$FOLDER/run/isthmus/$2"
}
bring "$KUBE" kube
bring "$NODE" node
bring "$STORE" store
bring "$FOLDER" site
mount --rbind "$FOLDER/run" /run

# What Kubernetes keeps in fixed places is this node's own there: on disk what a restart needs, else in memory.
mount -t tmpfs -o mode=755 tmpfs /var/log
mount -t tmpfs -o mode=755 tmpfs /var/lib
own() {
    mkdir -p "/run/isthmus/site/$1" "$2"
    mount --bind "/run/isthmus/site/$1" "$2"
}
own kubelet /var/lib/kubelet
own containerd /var/lib/containerd
own logs/pods /var/log/pods
mkdir -p /var/lib/cni
mount --make-rshared /var/lib/kubelet

echo 1 > /proc/sys/net/ipv4/ip_forward
touch /run/isthmus/site/booted
exec /run/isthmus/node/pause
