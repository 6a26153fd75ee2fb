#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Backs the registry up to a file that is named by the time, and keeps the newest ones.
#
# REGISTRY   the registry; it may be read-only
# BACKUPS    the folder of the backups
# KEEP       how many stay (14)
#
# An old backup goes only when the new one is whole and verified: `martlet models backup` sees to
# that. What it prints last, the end of the audit chain, is worth keeping elsewhere: logs do.
set -eu

usage() {
    echo "back-up: $*" >&2
    exit 2
}

[ -n "${REGISTRY:-}" ] || usage "REGISTRY is not set"
[ -n "${BACKUPS:-}" ] || usage "BACKUPS is not set"
keep=${KEEP:-14}
[ "$keep" -ge 1 ] 2>/dev/null || usage "KEEP is a number from 1"

now=$(date -u +%Y%m%dT%H%M%SZ)
martlet models backup --registry "$REGISTRY" --output "$BACKUPS/models-$now.registry"

# In the order of their names, so of time.
set -- "$BACKUPS"/models-????????T??????Z.registry
while [ $# -gt "$keep" ]; do
    rm -- "$1"
    echo "removed $1"
    shift
done
