# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Traffic by replicas. The canary is a Deployment of its own beside the stable one, made from it
# with another image, behind the same Service: its share is its part of the pods. The stable one
# keeps all of its replicas until promotion, so that a roll-back only takes something away, finds
# the stable pods warm, and never fights with an autoscaler.

demand_traffic_options() {
    demand --image "$image" "$image_form"
    demand --deployment "$deployment" "$name_form"
    demand --container "$container" "$name_form"
    [ -z "$namespace" ] || demand --namespace "$namespace" "$name_form"
    canary=$deployment-canary
    demand_programs kubectl
    # Another namespace, staging say, may have pods of the same names.
    within=${namespace:+"namespace=\"$namespace\","}
    : "${canary_selector:=${within}pod=~\"$canary-.+\"}"
    : "${stable_selector:=${within}pod=~\"$deployment-.+\",pod!~\"$canary-.+\"}"
}

kube() {
    set -- --request-timeout=10s "$@"
    [ -z "$namespace" ] || set -- --namespace "$namespace" "$@"
    [ -z "$context" ] || set -- --context "$context" "$@"
    "$kube_by" kubectl "$@"
}
kube_by=command

# A call that changes something: a dry run shows it.
change() {
    kube_by=act
    if kube "$@"; then
        kube_by=command
    else
        kube_by=command
        return 1
    fi
}

# The lock is a Lease, which the API server creates once and replaces only at the version that was
# read: two runs cannot both have it, wherever they run. One that has not been renewed for its
# duration is taken over, so clocks have to agree within that.
lock() {
    holder="$(hostname):$$:$(date +%s)"
    [ "$dry_run" = no ] || return 0
    # Room for the slowest look at the slowest cluster.
    lease_seconds=$(awk -v interval="$interval_seconds" 'BEGIN { print int(interval * 4) + 60 }')
    if lease_json "$holder" | kube create -f - > /dev/null 2>&1; then return 0; fi
    lease=$(kube get lease "$canary" -o json) \
        || fail "$could_not_act" "cannot lock: no lease $canary"
    locked_by=$(printf '%s' "$lease" | jq -r '.spec.holderIdentity // "nobody"')
    printf '%s' "$lease" | jq -e '(.spec.renewTime // "1970-01-01T00:00:00Z")
        | sub("\\.[0-9]+Z$"; "Z") | fromdateiso8601' > /dev/null || return 1
    printf '%s' "$lease" | jq -e --argjson force "$lock_by_force" '$force or
        now > (.spec.renewTime // "1970-01-01T00:00:00Z"
            | sub("\\.[0-9]+Z$"; "Z") | fromdateiso8601) + (.spec.leaseDurationSeconds // 0)' \
        > /dev/null || return 1
    say "takes over the lock of $locked_by"
    take_lease
}

lease_json() { # HOLDER
    jq -n --arg holder "$1" --arg name "$canary" --argjson seconds "$lease_seconds" '{
        apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: {name: $name},
        spec: {holderIdentity: $holder, leaseDurationSeconds: $seconds,
            renewTime: (now | strftime("%Y-%m-%dT%H:%M:%S.000000Z"))}}'
}

# The lease as it was read, with us as its holder; refused if anybody has changed it since.
take_lease() {
    printf '%s' "$lease" | jq --arg holder "$holder" --argjson seconds "$lease_seconds" '
        .spec.holderIdentity = $holder | .spec.leaseDurationSeconds = $seconds
        | .spec.renewTime = (now | strftime("%Y-%m-%dT%H:%M:%S.000000Z"))' \
        | kube replace -f - > /dev/null
}

# 0 renewed, 1 the cluster does not answer, 2 somebody else has it: then nothing may be touched.
keep_lock() {
    [ "$dry_run" = no ] || return 0
    lease=$(kube get lease "$canary" -o json --ignore-not-found) || return 1
    is_ours || return 2
    take_lease 2> /dev/null && return 0
    lease=$(kube get lease "$canary" -o json --ignore-not-found) || return 1
    is_ours && return 1
    return 2
}

is_ours() {
    [ "$(printf '%s' "$lease" | jq -r '.spec.holderIdentity // ""')" = "$holder" ]
}

unlock() {
    [ "$dry_run" = no ] || return 0
    lease=$(kube get lease "$canary" -o json --ignore-not-found 2> /dev/null) || return 0
    ! is_ours || kube delete lease "$canary" > /dev/null 2>&1 || :
}

get_deployment() { kube get deployment "$1" -o json --ignore-not-found; }

image_of() { # a Deployment on standard input
    jq -r --arg name "$container" \
        '[.spec.template.spec.containers[] | select(.name == $name) | .image][0] // ""'
}

# Reads both Deployments; sets stable_image, and what is left of a run that was killed.
survey() {
    stable_json=$(get_deployment "$deployment") || return 1
    [ -n "$stable_json" ] || fail "$could_not_act" "there is no deployment $deployment"
    stable_image=$(printf '%s' "$stable_json" | image_of)
    [ -n "$stable_image" ] \
        || fail "$could_not_act" "deployment $deployment has no container $container"
    replicas=$(printf '%s' "$stable_json" | jq -r '.status.readyReplicas // 0')
    pods=$(printf '%s' "$stable_json" | jq -r '.spec.selector.matchLabels
        | to_entries | map("\(.key)=\(.value)") | join(",")')
    left=$(get_deployment "$canary") || return 1
    left_image='' left_phase=none
    [ -n "$left" ] || return 0
    printf '%s' "$left" | jq -e '.metadata.labels["martlet-track"] == "canary"' > /dev/null \
        || fail "$could_not_act" "deployment $canary is not one of this program's"
    left_image=$(printf '%s' "$left" | image_of)
    left_phase=$(printf '%s' "$left" \
        | jq -r '.metadata.annotations["martlet-canary-phase"] // "canary"')
    left_stable_image=$(printf '%s' "$left" \
        | jq -r '.metadata.annotations["martlet-stable-image"] // ""')
}

# Where to begin. A canary that a killed run has left is taken away, as nobody has watched it since;
# but what had passed for its whole bake time is brought to its end.
begin_traffic() {
    survey || fail "$could_not_act" "cannot read deployment $deployment"
    if [ "$left_phase" = promoting ]; then
        [ "$left_image" = "$image" ] || fail "$could_not_act" \
            "the promotion of $left_image was cut off: run this again for it, or rollback.sh"
        say "goes on with the promotion of $image, which had passed"
        image_before=$left_stable_image is_promotion_left=yes
        return
    fi
    image_before=$stable_image
    if [ "$stable_image" = "$image" ]; then
        [ -z "$left" ] || delete_canary || fail "$could_not_act" "cannot delete deployment $canary"
        is_promoted=yes
        return
    fi
    if [ -n "$left" ]; then
        say "takes away the canary of a run that did not end: $left_image"
        restore_traffic || fail "$could_not_act" "cannot delete deployment $canary"
    fi
    [ "$replicas" -ge 1 ] || fail "$could_not_act" "no replica of $deployment is ready"
    [ $((100 / (replicas + 1))) -le "$share_max" ] || fail "$could_not_act" "one canary beside \
$replicas replicas is $((100 / (replicas + 1))) % of traffic, above --share-max $share_max"
    if kube get hpa -o json 2> /dev/null | jq -e --arg name "$deployment" '[.items[]
        | select(.spec.scaleTargetRef.name == $name)] | length > 0' > /dev/null 2>&1; then
        say "an autoscaler scales $deployment; the canary follows it"
    fi
}

# The canary's replicas for a share of the pods, of what the stable one has ready now. At least one,
# and always beside at least one other.
replicas_for() { # PERCENT
    wanted=$(($1 * replicas / (100 - $1)))
    [ "$wanted" -ge 1 ] || wanted=1
    printf '%s\n' "$wanted"
}

move_traffic() { # PERCENT
    # Pods that are new may take their time; those that were ready may not.
    was_ready=no
    canary_replicas=$(replicas_for "$1")
    if [ -z "$left" ]; then
        canary_json "$canary_replicas" > /dev/null || return 1
        if [ "$dry_run" = yes ]; then
            say "would create $canary: $deployment with $image, $canary_replicas replicas"
            change create -f -
        else
            canary_json "$canary_replicas" | kube create -f - > /dev/null || return 1
        fi
        left=created
    else
        change scale deployment "$canary" "--replicas=$canary_replicas" || return 1
    fi
}

canary_json() { # REPLICAS
    printf '%s' "$stable_json" | jq -e --arg name "$canary" --arg container "$container" \
        --arg image "$image" --arg stable_image "$stable_image" --argjson replicas "$1" '{
        apiVersion, kind,
        metadata: {name: $name, labels: (.metadata.labels // {} | .["martlet-track"] = "canary"),
            annotations: {"martlet-canary-phase": "canary", "martlet-stable-image": $stable_image}},
        spec: (.spec | .replicas = $replicas | .paused = false
            | .selector.matchLabels["martlet-track"] = "canary"
            | .template.metadata.labels["martlet-track"] = "canary"
            | (.template.spec.containers[] | select(.name == $container)).image = $image)}'
}

# An autoscaler or a lost node changes the stable replicas, and with them the share. Status 1 if the
# canary had to be scaled down, 2 if the cluster does not answer.
hold_traffic() { # PERCENT
    survey || return 2
    if [ "$replicas" -lt 1 ]; then
        say "no replica of $deployment is ready"
        was_ready=no
        return 1
    fi
    [ -n "$left" ] || fail "$could_not_act" "somebody has deleted deployment $canary"
    [ "$left_image" = "$image" ] || fail "$could_not_act" "somebody has changed $canary"
    [ "$stable_image" = "$image_before" ] || fail "$could_not_act" \
        "somebody has changed the image of $deployment to $stable_image"
    if [ $((100 / (replicas + 1))) -gt "$share_max" ]; then
        say "only $replicas replicas of $deployment are ready: one canary is too large a share"
        return 1
    fi
    now=$(printf '%s' "$left" | jq -r '.spec.replicas')
    [ "$now" -gt "$(replicas_for "$1")" ] || return 0
    say "$deployment has $replicas ready replicas now: fewer canaries"
    move_traffic "$1" || :
    return 1
}

# 0 all canaries are ready, 1 not yet, 2 they never will be, 3 nobody knows; `why` tells.
canary_ready() {
    status=$(kube get pods -l "$pods,martlet-track=canary" -o json) || {
        why='the cluster does not answer'
        return 3
    }
    why=$(printf '%s' "$status" | jq -r '[.items[]
        | select(.metadata.deletionTimestamp == null)
        | .metadata.name as $pod | .status.containerStatuses // [] | .[]
        | if .restartCount > 0 then "\($pod) has crashed" else
            .state.waiting.reason // "" | select(IN("ErrImagePull", "ImagePullBackOff",
                "InvalidImageName", "CrashLoopBackOff", "CreateContainerConfigError",
                "CreateContainerError")) | "\($pod): \(.)" end][0] // ""')
    [ -z "$why" ] || return 2
    ready=$(printf '%s' "$status" | jq '[.items[] | select(.metadata.deletionTimestamp == null)
        | select(.status.conditions // [] | any(.type == "Ready" and .status == "True"))] | length')
    why="$ready of $canary_replicas canaries are ready"
    [ "$ready" -ge "$canary_replicas" ]
}

stable_serves() {
    survey && [ "$replicas" -ge 1 ]
}

share_now() {
    printf '%s' "$((100 * canary_replicas / (canary_replicas + replicas)))"
}

# The decision is recorded before it is carried out, so that a run which is killed between the two
# is brought to its end by the next.
promote_traffic() {
    change annotate deployment "$canary" --overwrite martlet-canary-phase=promoting || return 1
    is_promoting=yes
    change set image "deployment/$deployment" "$container=$image" || return 1
    [ "$dry_run" = no ] || {
        change delete deployment "$canary"
        return 0
    }
    wait_for_rollout "$promote_seconds" || return 1
    # All serve the image: a call that fails is no reason to take it back.
    for _ in 1 2 3 4 5; do
        if delete_canary; then return 0; fi
        pause 2
    done
    return 1
}

# Until all replicas are of the new image and available.
wait_for_rollout() { # SECONDS
    until_time=$(($(date +%s) + $1))
    while [ "$(date +%s)" -lt "$until_time" ]; do
        stable_json=$(get_deployment "$deployment") || stable_json=
        if printf '%s' "$stable_json" | jq -e '[.status.conditions // [] | .[]
            | select(.reason == "ProgressDeadlineExceeded")] | length > 0' > /dev/null; then
            say "deployment $deployment makes no progress"
            return 1
        fi
        if printf '%s' "$stable_json" | jq -e '.status.observedGeneration >= .metadata.generation
            and .status.updatedReplicas == .spec.replicas and .status.replicas == .spec.replicas
            and .status.availableReplicas == .spec.replicas' > /dev/null; then return 0; fi
        keep_lock || [ $? -ne 2 ] || fail "$could_not_act" 'the lock is lost'
        pause 1
    done
    say "deployment $deployment is not done after $1 s"
    return 1
}

# Gives the stable image all traffic: what was promoted in part is undone, the canary deleted.
restore_traffic() {
    if [ "$is_promoting" = yes ]; then
        change set image "deployment/$deployment" "$container=$image_before" || return 1
    elif ! stable_serves && canary_ready; then
        say "no replica of $deployment is ready: the canary stays, as nothing else answers"
        return 1
    fi
    delete_canary
}

# Pods that are being deleted get no new requests; their drain is not waited for.
delete_canary() {
    change delete deployment "$canary" --ignore-not-found --wait=false || return 1
    [ "$dry_run" = no ] || {
        left=''
        return 0
    }
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        if kube get pods -l "$pods,martlet-track=canary" -o json | jq -e '[.items[]
            | select(.metadata.deletionTimestamp == null)] | length == 0' > /dev/null; then
            left=''
            return 0
        fi
        pause 1
    done
    return 1
}

tell_traffic() {
    survey 2> /dev/null || {
        say 'traffic: unknown, the cluster does not answer'
        return
    }
    say "traffic: $deployment serves $stable_image by $replicas replicas;" \
        "$([ -z "$left" ] && echo 'no canary' || echo "canary $left_image is there")"
}
