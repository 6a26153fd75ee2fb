#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Applies an overlay with an image, by digest, to the cluster that kubectl points to, and waits
# until it runs. What does not become ready is undone.
#
#   IMAGE=ghcr.io/owner/martlet@sha256:… [TRAINER_IMAGE=…] apply.sh OVERLAY
set -euo pipefail
cd "$(dirname "$0")/.."

overlay=${1:?the overlay, a folder of deploy/kubernetes/overlays}
: "${IMAGE:?the image, by digest}"
namespace=${NAMESPACE:-martlet}
seconds=${WAIT_SECONDS:-600}
by_digest='^[a-z0-9./:_-]+@sha256:[0-9a-f]{64}$'

fail() {
    echo "apply: $*" >&2
    exit 1
}

for image in "$IMAGE" ${TRAINER_IMAGE:+"$TRAINER_IMAGE"}; do
    [[ $image =~ $by_digest ]] || fail "not by digest: $image"
done
[ -f "deploy/kubernetes/overlays/$overlay/kustomization.yaml" ] || fail "no overlay $overlay"
# In a file of its own: the overlay stays as it was reviewed.
mkdir -p .build
folder=$(mktemp -d .build/apply-XXXXXX)
trap 'rm -rf "$folder"' EXIT
{
    echo "apiVersion: kustomize.config.k8s.io/v1beta1"
    echo "kind: Kustomization"
    echo "resources: [../../deploy/kubernetes/overlays/$overlay]"
    echo "images:"
    # By the base's name, by the placeholder that the production overlay has, and by the image's own
    # where somebody has filled it in.
    for name in martlet registry.example/martlet "${IMAGE%@*}"; do
        echo "  - {name: $name, newName: ${IMAGE%@*}, digest: ${IMAGE#*@}}"
    done
    [ -z "${TRAINER_IMAGE:-}" ] \
        || for name in martlet-trainer registry.example/martlet-trainer "${TRAINER_IMAGE%@*}"; do
            echo "  - {name: $name, newName: ${TRAINER_IMAGE%@*}, digest: ${TRAINER_IMAGE#*@}}"
        done
} > "$folder/kustomization.yaml"
kubectl kustomize "$folder" > "$folder/manifests.yaml"
grep -q "image: $IMAGE\$" "$folder/manifests.yaml" || fail "$overlay runs no such image"
placeholder=$(grep -o 'image: registry\.example/.*' "$folder/manifests.yaml" | sort -u || true)
[ -z "$placeholder" ] || fail "a placeholder is left: $placeholder"

workloads=(deployment/martlet statefulset/martlet-controller)

template() { # WORKLOAD: what its pods are made by, or nothing
    kubectl --namespace "$namespace" get "$1" --ignore-not-found \
        --output 'jsonpath={.spec.template}'
}

# Only what this has changed: of anything else `rollout undo` would bring the release before back.
undo() {
    local workload now
    for workload in "${workloads[@]}"; do
        now=$(template "$workload") || continue
        # The first of its kind has nothing before it.
        case $now in "${before[$workload]:-$now}") continue ;; esac
        kubectl --namespace "$namespace" rollout undo "$workload" || true
    done
    fail "did not become ready within $seconds s; undone"
}

declare -A before
for workload in "${workloads[@]}"; do before[$workload]=$(template "$workload"); done
# By force: an undo, a canary and a first `kubectl apply -k` own the fields that they have set, and
# each would have the next delivery refused.
kubectl apply --server-side --force-conflicts --field-manager=martlet-delivery \
    --filename "$folder/manifests.yaml"
# Done is when as many are ready at /readyz as there should be. To ask through the API server as
# well would fail: the NetworkPolicies let nobody in from there.
for workload in "${workloads[@]}"; do
    kubectl --namespace "$namespace" rollout status "$workload" --timeout "${seconds}s" || undo
done
echo "apply: $overlay runs ${IMAGE#*@}"
