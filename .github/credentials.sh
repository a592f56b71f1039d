#!/usr/bin/env bash
# What a job on a real stack was given: a state (PULUMI_BACKEND_URL or PULUMI_ACCESS_TOKEN), what opens its secrets
# (PULUMI_CONFIG_PASSPHRASE), the kubeconfig of the sites that name a context (KUBECONFIG_CONTENT).
# $1 says what becomes of a job that was given no state: `skip` (one line) or `fail`.
# Leaves `present=true|false` in the step's outputs, and KUBECONFIG for the steps after it: a file that ends with the job.
set -euo pipefail

if [[ -z ${PULUMI_BACKEND_URL:-} && -z ${PULUMI_ACCESS_TOKEN:-} ]]; then
    echo "present=false" >>"$GITHUB_OUTPUT"
    said="$STACK: no credentials for it here (neither PULUMI_BACKEND_URL nor PULUMI_ACCESS_TOKEN is set)"
    if [[ $1 == fail ]]; then
        echo "$said" >&2
        exit 1
    fi
    echo "$said: skipped" | tee -a "$GITHUB_STEP_SUMMARY"
    exit 0
fi
echo "present=true" >>"$GITHUB_OUTPUT"
if [[ -n ${KUBECONFIG_CONTENT:-} ]]; then
    umask 077
    printf '%s\n' "$KUBECONFIG_CONTENT" >"$RUNNER_TEMP/kubeconfig"
    echo "KUBECONFIG=$RUNNER_TEMP/kubeconfig" >>"$GITHUB_ENV"
fi
