#!/usr/bin/env bash
# `pulumi ARGUMENTS` on the stack $STACK, with the policy pack, and with its configuration where the environment has one.
set -euo pipefail

pack=(--policy-pack policy)
config=policy/config.$STACK.json
if [[ -f $config ]]; then
    .venv/bin/python -m policy.settings "$config" >/dev/null # says what is wrong in it; the engine hardly does
    pack+=(--policy-pack-config "$config")
fi
exec pulumi "$@" --stack "$STACK" --non-interactive --color never "${pack[@]}"
