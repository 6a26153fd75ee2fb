#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Trains a version of a model and lets a rollout decide whether it serves.
#
#   train-and-roll-out MODEL OPTION-OF-FIT…
#
# The version gets no alias: `production` moves only when requests have shown that the version may
# serve. The model's first version is the exception, as there is nothing to compare it with. To run
# it again is safe: the same bytes are the same version, and a rollout that is under way is waited
# for.
#
# REGISTRY             the registry, writable
# MARTLET_SERVER       a server that may start rollouts: HOST:PORT, or a URL
# MARTLET_TOKEN_FILE   a file with an operator's token, if the server asks for one
# PLAN                 a JSON file with the rollout's plan; else the server's defaults hold
# WAIT_SECONDS         time to wait for the rollout's end (14400)
# START_SECONDS        time in which the server must have seen the version (120)
#
# Exit status: 0 the version serves (also: it did already), 1 a server or the registry could not be
# reached or refused, 2 usage, 3 rolled back, 4 no verdict, 65, 66, 70, 73 as martlet-train.
set -eu

say() { echo "train-and-roll-out: $*" >&2; }

usage() {
    say "$1"
    exit 2
}

[ $# -ge 2 ] || usage "MODEL OPTION-OF-FIT…"
[ -n "${REGISTRY:-}" ] || usage "REGISTRY is not set"
model=$1
shift
for word; do
    case $word in
        --alias | --alias=*) usage "--alias would go round the rollout" ;;
        --name | --name=* | --registry | --registry=* | --json) usage "$word is given already" ;;
    esac
done

report=$(martlet-train fit "$@" --name "$model" --registry "$REGISTRY" --json)
version=$(echo "$report" | sed -n 's/^{"model":"[^"]*","version":\([0-9]*\),.*/\1/p')
[ -n "$version" ] || { say "martlet-train did not say which version it made"; exit 70; }
say "$model version $version is in the registry"

versions=$(martlet models list "$model" --registry "$REGISTRY" --json)
case $versions in
    *'"production"'*) ;;
    *)
        # By compare-and-swap: who was faster is not overrun.
        martlet models promote "$model" "$version" --registry "$REGISTRY" --expect 0 \
            --reason "the first version"
        exit 0
        ;;
esac
if echo "$versions" | grep -q "\"version\":$version,\"aliases\":\[[^]]*\"production\""; then
    say "it is in production already"
    exit 0
fi

# The model's newest rollout, the first of the list: its number, candidate and state.
newest() {
    martlet rollout list "$model" --format json | sed -n \
        's/^\[{"id":\([0-9]*\),"model":"[^"]*","kind":"canary","stable":[0-9]*,"candidate":\([0-9]*\),"state":"\([^"]*\)".*/\1 \2 \3/p'
}

# What the version's rollout has come to, as `id=` and `state=`; nothing where it has none.
look() {
    id='' state=''
    found=$(newest) || return 1
    # shellcheck disable=SC2086 # three words
    set -- $found
    [ "${2:-}" != "$version" ] || { id=$1 state=$3; }
}

# The server looks at the registry by itself; a file system of many machines may take seconds.
deadline=$(($(date +%s) + ${START_SECONDS:-120}))
while :; do
    if look; then
        case $state in
            rolled_back*)
                say "rollout $id of the same version ended as $state"
                exit 3
                ;;
            '' | promoted | aborted | expired | superseded) ;;
            *) break ;;
        esac
        set -- "$model" --candidate "$version" --reason "trained by schedule"
        [ -z "${PLAN:-}" ] || set -- "$@" --plan "$PLAN"
        status=0
        martlet rollout start "$@" >&2 || status=$?
        [ "$status" -ne 2 ] || exit 2
        [ "$status" -ne 0 ] || look || true
        [ "$status" -ne 0 ] || [ -z "$id" ] || break
    fi
    [ "$(date +%s)" -lt "$deadline" ] || { say "no rollout could be started"; exit 1; }
    sleep 2
done

say "rollout $id decides"
exec martlet rollout wait "$id" --timeout-seconds "${WAIT_SECONDS:-14400}"
