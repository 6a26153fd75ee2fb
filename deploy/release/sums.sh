#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Signs and verifies a folder of release files by one key, where there is no keyless signing. The
# signature is ECDSA P-256 over SHA-256, base64 of DER: `cosign verify-blob --key` takes it too.
#
#   sums.sh sign FOLDER PRIVATE-KEY.pem     writes SHA256SUMS and SHA256SUMS.sig
#   sums.sh verify FOLDER PUBLIC-KEY.pem    fails unless each file is there, unchanged, and alone
set -euo pipefail

usage() {
    echo "usage: sums.sh sign|verify FOLDER KEY.pem" >&2
    exit 2
}

[ $# -eq 3 ] || usage
folder=$2
[ -d "$folder" ] || { echo "sums: no folder $folder; make release fills it" >&2; exit 1; }
[ -f "$3" ] || { echo "sums: no key '$3'; say KEY=FILE.pem" >&2; exit 1; }
key=$(realpath "$3")
cd "$folder"

files() {
    find . -type f ! -name 'SHA256SUMS*' -printf '%P\n' | LC_ALL=C sort
}

case $1 in
    sign)
        files | tr '\n' '\0' | xargs -0 --no-run-if-empty sha256sum > SHA256SUMS
        [ -s SHA256SUMS ] || { echo "sums: nothing to sign in $folder" >&2; exit 1; }
        openssl dgst -sha256 -sign "$key" SHA256SUMS | base64 --wrap=0 > SHA256SUMS.sig
        ;;
    verify)
        signature=$(mktemp)
        trap 'rm -f "$signature"' EXIT
        base64 --decode SHA256SUMS.sig > "$signature"
        openssl dgst -sha256 -verify "$key" -signature "$signature" SHA256SUMS
        sha256sum --strict --check SHA256SUMS
        # A file that nobody signed is as bad as one that was changed.
        diff <(cut -c 67- SHA256SUMS) <(files)
        ;;
    *) usage ;;
esac
