#!/usr/bin/env bash
# `pulumi ARGUMENTS` on the stack $STACK, with the policy pack, and with its configuration where the environment has one.
set -euo pipefail

pack=(--policy-pack policy)
if [[ -f policy/config.$STACK.json ]]; then
    pack+=(--policy-pack-config "policy/config.$STACK.json")
fi
exec pulumi "$@" --stack "$STACK" --non-interactive --color never "${pack[@]}"
