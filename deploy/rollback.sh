#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Takes a release back, of a model or of an image, in less than a minute or with a status that
# says that it did not.
set -eu

program=rollback.sh
here=$(dirname -- "$0")
# shellcheck source=deploy/canary/shell.sh
. "$here/canary/shell.sh"

print_help() {
    cat << 'HELP'
usage: rollback.sh model --rollout ID --admin URL [--token-file FILE] [options]
       rollback.sh model --model NAME --from VERSION --registry FILE --admin URL
                   [--token-file FILE] [--alias NAME] [--pod POD] [options]
       rollback.sh image --mode kubernetes [--from IMAGE] [options]
       rollback.sh image --mode haproxy --socket SOCKET --backend NAME --stable NAME --canary NAME
                   --stable-url URL --canary-url URL [options]
       rollback.sh image --mode nginx --upstream-file FILE --stable HOST:PORT --canary HOST:PORT
                   --stable-url URL --canary-url URL [options]

A model: with --rollout the rollout that is under way is rolled back, by a server's administration
(role operator). With --model a promotion is undone: the alias goes back to where it was before its
last move, if it is at VERSION; `martlet models rollback` does it, in the pod of --pod if there is
one, and the server of --admin is waited for until it serves the version.

An image: canary.sh is stopped if it runs, and its canary taken away. Where there is none,
kubernetes brings back the newest revision of the Deployment that is of another image than --from,
if that is what runs. With a proxy all traffic goes to the stable server, after a promotion too.

Because of VERSION and IMAGE a second call changes nothing.

Options:
  --reason TEXT                for the model's history
  --martlet PROGRAM            (martlet)
  --deployment NAME (martlet)  --container NAME (martlet)  --namespace NAME  --context NAME
  --nginx-conf FILE  --lock FILE  --ca-file FILE
  --deadline-seconds N         what it may take (55)
  --dry-run                    print what would be done, and change nothing
  --help

Exit status:
  0  rolled back, or there was nothing to roll back
  1  could not act, or not in time; the last line says where traffic is
  2  wrong usage
HELP
}

what='' mode='' rollout='' admin='' token_file='' ca_file='' model='' from='' registry=''
alias=production pod='' reason='rollback.sh' martlet=martlet
deployment=martlet container=martlet namespace='' context=''
socket='' backend='' stable='' canary='' stable_url='' canary_url=''
upstream_file='' nginx_conf='' lock_path='' lock_by_force=true deadline_seconds=55 dry_run=no

case ${1:-} in
    model | image) what=$1 ;;
    --help | -h)
        print_help
        exit 0
        ;;
    *) usage_error 'model, or image?' ;;
esac
shift
while [ $# -gt 0 ]; do
    case $1 in
        --dry-run) dry_run=yes ;;
        --help | -h)
            print_help
            exit 0
            ;;
        --*)
            [ $# -ge 2 ] || usage_error "$1 needs a value"
            case $1 in
                --mode) mode=$2 ;;
                --rollout) rollout=$2 ;;
                --admin) admin=${2%/} ;;
                --token-file) token_file=$2 ;;
                --ca-file) ca_file=$2 ;;
                --model) model=$2 ;;
                --from) from=$2 ;;
                --registry) registry=$2 ;;
                --alias) alias=$2 ;;
                --pod) pod=$2 ;;
                --reason) reason=$2 ;;
                --martlet) martlet=$2 ;;
                --deployment) deployment=$2 ;;
                --container) container=$2 ;;
                --namespace) namespace=$2 ;;
                --context) context=$2 ;;
                --socket) socket=$2 ;;
                --backend) backend=$2 ;;
                --stable) stable=$2 ;;
                --canary) canary=$2 ;;
                --stable-url) stable_url=${2%/} ;;
                --canary-url) canary_url=${2%/} ;;
                --upstream-file) upstream_file=$2 ;;
                --nginx-conf) nginx_conf=$2 ;;
                --lock) lock_path=$2 ;;
                --deadline-seconds) deadline_seconds=$2 ;;
                *) usage_error "there is no flag $1" ;;
            esac
            shift
            ;;
        *) usage_error "what is '$1'?" ;;
    esac
    shift
done
demand --deadline-seconds "$deadline_seconds" '[1-9][0-9]{0,3}'
demand_readable --token-file "$token_file"
demand_readable --ca-file "$ca_file"
demand_programs curl jq

# What the traffic files ask of their reader.
began=$(date +%s)
over=$((began + deadline_seconds))
prometheus='' stable_selector='' canary_selector='' interval_seconds=10 share_max=99
is_promoting=no image_before='' image='' canary_replicas=0 is_promotion_left=no is_promoted=no
was_ready=no promote_seconds=$deadline_seconds is_locked=no
: "$prometheus$stable_selector$canary_selector$interval_seconds$share_max$image_before"
: "$is_promoting$image$canary_replicas$is_promotion_left$is_promoted$was_ready$lock_by_force"
: "$promote_seconds$container$socket$backend$stable_url$upstream_file$nginx_conf$context"

seconds_left() { printf '%s\n' $((over - $(date +%s))); }
in_time() { [ "$(seconds_left)" -gt 0 ]; }
end_well() { # WHAT WAS DONE
    say "$1, in $(($(date +%s) - began)) s"
    exit 0
}

# The member of a document of the server's; nothing if there is no answer.
read_server() { # PATH, MEMBER OF JQ
    http "$token_file" "$ca_file" --fail "$admin$1" | jq -r "$2"
}

roll_back_rollout() {
    demand --rollout "$rollout" "$count_form"
    state=$(read_server "/rollouts/$rollout" '.state // empty') || state=''
    [ -n "$state" ] || fail "$could_not_act" "cannot read rollout $rollout"
    case $state in
        promoted*) fail "$could_not_act" \
            "rollout $rollout has promoted: say --model, --from and --registry to undo it" ;;
    esac
    if [ "$(read_server "/rollouts/$rollout" .is_terminal)" = true ]; then
        end_well "nothing to do: rollout $rollout is $state"
    fi
    if [ "$dry_run" = yes ]; then
        show curl --request POST "$admin/rollouts/$rollout/rollback"
        end_well 'dry run: nothing was changed'
    fi
    body=$(jq -cn --arg reason "$reason" '{reason: $reason}')
    while in_time; do
        http "$token_file" "$ca_file" --fail --output /dev/null --header \
            'Content-Type: application/json' --data "$body" "$admin/rollouts/$rollout/rollback" || :
        if [ "$(read_server "/rollouts/$rollout" .is_terminal)" = true ]; then
            state=$(read_server "/rollouts/$rollout" .state)
            stable=$(read_server "/rollouts/$rollout" .stable)
            end_well "rollout $rollout is $state, version $stable has all traffic"
        fi
        pause 1
    done
    fail "$could_not_act" "rollout $rollout is still $(read_server "/rollouts/$rollout" .state)"
}

roll_back_alias() {
    demand --model "$model" '[a-z0-9][a-z0-9._-]*'
    demand --alias "$alias" '[a-z0-9][a-z0-9._-]*'
    demand --from "$from" "$count_form"
    [ -n "$registry" ] || usage_error '--model needs --registry'
    alias_is=".aliases[\"$alias\"] // empty"
    now=$(read_server "/models/$model" "$alias_is") || now=''
    [ -n "$now" ] || fail "$could_not_act" "cannot read alias $alias of model $model"
    [ "$now" = "$from" ] || end_well "nothing to do: $model@$alias is version $now"
    set -- "$martlet" models rollback --registry "$registry" "$model" --alias "$alias" \
        --reason "$reason"
    if [ -n "$pod" ]; then
        demand_programs kubectl
        set -- kubectl --request-timeout=20s ${context:+"--context=$context"} \
            ${namespace:+"--namespace=$namespace"} exec "$pod" -- "$@"
    else
        demand_programs "$martlet"
    fi
    act "$@" || fail "$could_not_act" "$model@$alias is still version $from"
    [ "$dry_run" = no ] || end_well 'dry run: nothing was changed'
    while in_time; do
        now=$(read_server "/models/$model" "$alias_is") || now=''
        served=$(read_server "/models/$model" '.serving_version // empty') || served=''
        if [ -n "$now" ] && [ "$now" != "$from" ] \
            && { [ "$alias" != production ] || [ "$served" = "$now" ]; }; then
            end_well "$model@$alias is version $now again"
        fi
        pause 0.2
    done
    fail "$could_not_act" "the alias has moved, but the server still serves version ${served:-?}"
}

# By force: who rolls back goes before who tries something.
take_lock() {
    if [ "$mode" = kubernetes ]; then
        until lock; do
            in_time || fail "$could_not_act" 'cannot take the lock'
            pause 1
        done
        return
    fi
    until lock; do
        in_time || fail "$could_not_act" "process ${locked_by:-?} does not let go of $lock_path"
        say "stops canary.sh, process ${locked_by:-?}"
        case $locked_by in
            '' | *[!0-9]*) ;;
            *) kill -TERM "$locked_by" 2> /dev/null || : ;;
        esac
        pause 1
    done
}

end_image() {
    ended=$?
    trap - EXIT
    [ "$is_locked" = no ] || {
        tell_traffic
        unlock
    }
    exit "$ended"
}

# The newest revision of another image than that of --from. The one before the newest may be of the
# same image: settings that were applied after the promotion, or an undo of them.
find_revision() {
    revision=$(kube get replicasets -l "$pods" -o json | jq -r --arg name "$deployment" \
        --arg container "$container" --arg image "$from" '[.items[]
        | select(.metadata.ownerReferences // [] | any(.kind == "Deployment" and .name == $name))
        | select([.spec.template.spec.containers[] | select(.name == $container) | .image]
            != [$image])
        | .metadata.annotations["deployment.kubernetes.io/revision"] // empty | tonumber]
        | max // empty') && [ -n "$revision" ]
}

# Sets `done_as` when there was a canary, or a promotion, to undo.
roll_back_deployment() {
    survey || fail "$could_not_act" "cannot read deployment $deployment"
    if [ -n "$left" ]; then
        done_as='the canary is gone'
        if [ "$left_phase" = promoting ] && [ "$stable_image" = "$left_image" ]; then
            is_promoting=yes image_before=$left_stable_image
            done_as="the promotion of $left_image is undone"
        fi
        insist
        [ "$is_promoting" = no ] || [ "$dry_run" = yes ] || wait_for_rollout "$(seconds_left)" \
            || fail "$could_not_act" "deployment $deployment has not rolled back in time"
        end_well "$done_as"
    fi
    [ -n "$from" ] || fail "$could_not_act" \
        "there is no canary; to undo a promotion say --from IMAGE (now: $stable_image)"
    [ "$stable_image" = "$from" ] \
        || end_well "nothing to do: $deployment is of image $stable_image"
    find_revision || fail "$could_not_act" "no revision of $deployment is of another image"
    change rollout undo "deployment/$deployment" "--to-revision=$revision" \
        || fail "$could_not_act" "cannot undo the rollout of $deployment"
    [ "$dry_run" = yes ] || wait_for_rollout "$(seconds_left)" \
        || fail "$could_not_act" "deployment $deployment has not rolled back in time"
    end_well "deployment $deployment is what it was before $from"
}

insist() {
    until restore_traffic; do
        in_time || fail "$could_not_act" 'cannot move traffic'
        pause 1
    done
}

roll_back_image() {
    : "${image:=none}"
    use_mode
    [ "$mode" != kubernetes ] || [ -z "$from" ] || demand --from "$from" "$image_form"
    demand_traffic_options
    trap end_image EXIT
    trap 'fail "$could_not_act" "stopped by a signal"' INT TERM HUP
    take_lock
    is_locked=yes
    if [ "$mode" = kubernetes ]; then roll_back_deployment; fi
    insist
    end_well "server $stable has all traffic"
}

case $what in
    model)
        demand --admin "$admin" "$url_form"
        if [ -n "$rollout" ]; then roll_back_rollout; else roll_back_alias; fi
        ;;
    image) roll_back_image ;;
esac
