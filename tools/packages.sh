#!/usr/bin/env bash
# What the local data centres and the builds need of the system: on Debian and its relatives installed, as root; elsewhere
# looked for by what the packages of tools/debian-packages.txt bring, and named if it is not there.
set -euo pipefail
here=$(dirname "$0")

# What is looked for -> the Debian package that brings it.
needs="gcc gcc
git git
ip iproute2
tc iproute2
ldd libc-bin
/usr/include/stdlib.h libc6-dev
/usr/include/seccomp.h libseccomp-dev
make make
mount mount
nft nftables
pkg-config pkg-config
nsenter util-linux
unshare util-linux"

if ! command -v dpkg-query >/dev/null; then
    missing=""
    while read -r what package; do
        command -v "$what" >/dev/null || [[ $what == /* && -e $what ]] || missing+=", $what (Debian: $package)"
    done <<<"$needs"
    [[ -z $missing ]] && exit 0
    echo "this machine is no Debian (it has no dpkg-query) and lacks ${missing:2}: install what brings them here" >&2
    exit 1
fi

mapfile -t wanted <"$here/debian-packages.txt"
# A package that dpkg has never heard of makes it fail; what it did not list is missing all the same.
installed=$(dpkg-query --show --showformat '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
missing=()
for package in "${wanted[@]}"; do
    grep -qx "$package installed" <<<"$installed" || missing+=("$package")
done
[[ ${#missing[@]} == 0 ]] && exit 0
if [[ $(id -u) != 0 ]]; then
    echo "missing Debian packages; as root: apt-get install ${missing[*]}" >&2
    exit 1
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}"
