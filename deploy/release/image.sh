#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From sources to signed images; docs/releasing.md tells the whole way.
#
#   image.sh push       builds both images for this machine's architecture, pushes them by digest
#   image.sh publish    joins the architectures under VERSION
#   image.sh sign       signs what was published, by the workflow's identity, with its materials
#   image.sh verify     fails unless IMAGE, by digest, was signed by this repository's delivery
#
# IMAGE is the name of the server's image, the trainer's is that with -trainer. What one step leaves
# for the next is in .build/release-files.
set -euo pipefail
cd "$(dirname "$0")/../.."

out=.build/release-files
: "${IMAGE:?the image, as registry.example/owner/martlet}"
image=${IMAGE,,}
parts=(server trainer)

fail() {
    echo "image: $*" >&2
    exit 1
}

tell() { # NAME VALUE: for this run's next steps
    echo "$1=$2"
    [ -z "${GITHUB_OUTPUT:-}" ] || echo "$1=$2" >> "$GITHUB_OUTPUT"
}

name_of() { # PART
    case $1 in
        server) echo "$image" ;;
        trainer) echo "$image-trainer" ;;
    esac
}

# A digest in a file is of a registry's answer; nothing else may get into a command.
digest_in() { # FILE
    local digest
    digest=$(cat "$1")
    [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "$1 has no digest"
    echo "$digest"
}

push() {
    local commit part architecture
    local pushed=push-by-digest=true,name-canonical=true,push=true,rewrite-timestamp=true
    commit=$(git rev-parse HEAD)
    architecture=$(dpkg --print-architecture)
    export SOURCE_DATE_EPOCH
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
    docker buildx inspect martlet > /dev/null 2>&1 \
        || docker buildx create --name martlet --driver docker-container > /dev/null
    local build=(docker buildx build --builder martlet --provenance=false --sbom=false
        --build-arg "SOURCE_COMMIT=$commit" --build-arg "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH")
    rm -rf "$out"
    "${build[@]}" --target files --output "type=local,dest=$out" .
    for part in "${parts[@]}"; do
        "${build[@]}" --target "$part" --metadata-file ".build/$part.json" \
            --output "type=image,name=$(name_of "$part"),$pushed" .
        sed -n 's/.*"containerimage.digest": *"\(sha256:[0-9a-f]*\)".*/\1/p' ".build/$part.json" \
            > "$out/$part-$architecture.digest"
        digest_in "$out/$part-$architecture.digest"
    done
}

publish() {
    local tag=${VERSION:?the version, as v1.2.3} version part file digest
    version=${tag#v}
    [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || fail "no version: $tag"
    compgen -G "$out/martlet-$version-linux-*.tar.gz" > /dev/null \
        || fail "what was built is not $version"
    for part in "${parts[@]}"; do
        local sources=()
        for file in "$out/$part"-*.digest; do
            digest=$(digest_in "$file")
            sources+=("$(name_of "$part")@$digest")
        done
        docker buildx imagetools create --tag "$(name_of "$part"):$version" "${sources[@]}"
        docker buildx imagetools inspect "$(name_of "$part"):$version" \
            --format '{{.Manifest.Digest}}' > "$out/$part.digest"
        digest_in "$out/$part.digest" > /dev/null
    done
    (cd "$out" && find . -type f ! -name 'SHA256SUMS*' ! -name '*.digest' -printf '%P\n' \
        | LC_ALL=C sort | xargs sha256sum > SHA256SUMS)
    digest=$(digest_in "$out/server.digest")
    tell name "$image"
    tell digest "$digest"
    tell image "$image@$digest"
    tell trainer-image "$(name_of trainer)@$(digest_in "$out/trainer.digest")"
}

sign() {
    local part file architecture digest program
    for part in "${parts[@]}"; do
        digest=$(digest_in "$out/$part.digest")
        cosign sign --yes --recursive "$(name_of "$part")@$digest"
        program=martlet
        [ "$part" = server ] || program=martlet-train
        for file in "$out/$part"-*.digest; do
            architecture=$(basename "$file" .digest)
            architecture=${architecture#"$part-"}
            digest=$(digest_in "$file")
            for bill in "$out/$program"-[0-9]*-linux-"$architecture".spdx.json; do
                cosign attest --yes --type spdxjson --predicate "$bill" \
                    "$(name_of "$part")@$digest"
            done
        done
    done
    cosign sign-blob --yes --bundle "$out/SHA256SUMS.sigstore.json" "$out/SHA256SUMS"
}

verify() {
    [[ $image =~ ^([a-z0-9.:-]+)/(.+)@(sha256:[0-9a-f]{64})$ ]] || fail "not by digest: $image"
    local repository=${REPOSITORY:-${BASH_REMATCH[2]}}
    # Only the delivery workflow of a version's tag may have signed.
    local workflow=".github/workflows/delivery.yml@refs/tags/v"
    cosign verify "$image" --output text \
        --certificate-oidc-issuer https://token.actions.githubusercontent.com \
        --certificate-identity-regexp \
        "(?i)^https://github\.com/${repository//./\\.}/${workflow//./\\.}[0-9A-Za-z.-]+\$"
}

case ${1:-} in
    push | publish | sign | verify) "$1" ;;
    *)
        sed -n '3,11s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
esac
