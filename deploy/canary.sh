#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Releases a new image of Martlet: a growing share of traffic while its judges say pass, then all of
# it, or none. docs/canary.md tells of the safeties.
set -eu

program=canary.sh
here=$(dirname -- "$0")
# shellcheck source=deploy/canary/shell.sh
. "$here/canary/shell.sh"
# shellcheck source=deploy/canary/judges.sh
. "$here/canary/judges.sh"

print_help() {
    cat << 'HELP'
usage: canary.sh --mode kubernetes --image IMAGE  JUDGES [options]
       canary.sh --mode haproxy --socket SOCKET --backend NAME --stable NAME --canary NAME
                 --stable-url URL --canary-url URL  JUDGES [options]
       canary.sh --mode nginx --upstream-file FILE --stable HOST:PORT --canary HOST:PORT
                 --stable-url URL --canary-url URL  JUDGES [options]

Gives a canary a growing share of traffic, step by step, promotes it when every judge has said pass
for the whole of each step and of the bake time, and else gives all traffic back to the stable one.

Judges, one or both; with both, both must pass:
  --rollout ID --admin URL     the verdict of a rollout, from a server's administration
    --token-file FILE          its bearer token (role viewer)
  --prometheus URL             failed requests (4xx, 5xx) and p95 of the canary against the stable
    --prometheus-token-file FILE
    --stable-selector TEXT     labels of each, as in PromQL: instance="10.0.0.7:8080";
    --canary-selector TEXT     on Kubernetes the pods' names by default
    --requests-min N           fewer of either in the window are no evidence (100)
    --window-seconds N         what is looked at (120)
    --error-tolerance SHARE    by how much the canary may fail more (0.01)
    --p95-ratio N              how many times slower it may be (1.5),
    --p95-slack-seconds N      if the difference is more than this (0.02)
  --ca-file FILE, --prometheus-ca-file FILE   authorities to trust instead of the system's

Steps:
  --steps LIST                 percent of traffic, growing (5,25,50)
  --share-max PERCENT          the most before promotion, at most 99 (50)
  --step-seconds N             of passes without a break, for each step (60)
  --bake-seconds N             the same at the last share, before promotion (300)
  --interval-seconds N         between two looks (10)
  --ready-seconds N            for the canary to be ready, else it is rolled back (180)
  --hold-seconds N             without an answer of a judge, then it is rolled back (120)
  --deadline-seconds N         for each step to pass, then it is rolled back (1800)

Kubernetes (by replicas; kubectl's configuration says where):
  --deployment NAME (martlet)  --container NAME (martlet)  --namespace NAME  --context NAME
  --promote-seconds N          for the stable Deployment to roll to the image (600)

Proxies:
  --nginx-conf FILE            nginx's configuration, if not its own default
  --lock FILE                  where two runs for the same servers meet

  --dry-run                    print what would be done, and change nothing
  --keep                       when stopped by a signal leave traffic as it is
  --help

Exit status:
  0  promoted, or it was already
  3  rolled back: a judge said fail, or the canary was never ready or crashed
  4  rolled back without a verdict: no evidence in time, no answer of a judge, or a signal
     (with --keep: left as it is)
  1  could not act: something is missing or refused, another run has the lock, or traffic could not
     be moved; the last line says where traffic is
  2  wrong usage
HELP
}

mode='' image='' deployment=martlet container=martlet namespace='' context=''
socket='' backend='' stable='' canary='' stable_url='' canary_url=''
upstream_file='' nginx_conf='' lock_path='' lock_by_force=false
rollout='' admin='' token_file='' ca_file=''
prometheus='' prometheus_token_file='' prometheus_ca_file='' stable_selector='' canary_selector=''
requests_min=100 window_seconds=120 error_tolerance=0.01 p95_ratio=1.5 p95_slack_seconds=0.02
steps=5,25,50 share_max=50 step_seconds=60 bake_seconds=300 interval_seconds=10
ready_seconds=180 hold_seconds=120 deadline_seconds=1800 promote_seconds=600
dry_run=no keep=no

while [ $# -gt 0 ]; do
    case $1 in
        --dry-run) dry_run=yes ;;
        --keep) keep=yes ;;
        --help | -h)
            print_help
            exit 0
            ;;
        --*)
            [ $# -ge 2 ] || usage_error "$1 needs a value"
            case $1 in
                --mode) mode=$2 ;;
                --image) image=$2 ;;
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
                --rollout) rollout=$2 ;;
                --admin) admin=${2%/} ;;
                --token-file) token_file=$2 ;;
                --ca-file) ca_file=$2 ;;
                --prometheus) prometheus=${2%/} ;;
                --prometheus-token-file) prometheus_token_file=$2 ;;
                --prometheus-ca-file) prometheus_ca_file=$2 ;;
                --stable-selector) stable_selector=$2 ;;
                --canary-selector) canary_selector=$2 ;;
                --requests-min) requests_min=$2 ;;
                --window-seconds) window_seconds=$2 ;;
                --error-tolerance) error_tolerance=$2 ;;
                --p95-ratio) p95_ratio=$2 ;;
                --p95-slack-seconds) p95_slack_seconds=$2 ;;
                --steps) steps=$2 ;;
                --share-max) share_max=$2 ;;
                --step-seconds) step_seconds=$2 ;;
                --bake-seconds) bake_seconds=$2 ;;
                --interval-seconds) interval_seconds=$2 ;;
                --ready-seconds) ready_seconds=$2 ;;
                --hold-seconds) hold_seconds=$2 ;;
                --deadline-seconds) deadline_seconds=$2 ;;
                --promote-seconds) promote_seconds=$2 ;;
                *) usage_error "there is no flag $1" ;;
            esac
            shift
            ;;
        *) usage_error "what is '$1'?" ;;
    esac
    shift
done

demand_judges() {
    [ -n "$rollout$prometheus" ] || usage_error 'nobody judges: --rollout, --prometheus, or both'
    if [ -n "$rollout" ]; then
        demand --rollout "$rollout" "$count_form"
        demand --admin "$admin" "$url_form"
    fi
    [ -z "$prometheus" ] || demand --prometheus "$prometheus" "$url_form"
    [ -z "$stable_selector" ] || demand --stable-selector "$stable_selector" '[^{}]+'
    [ -z "$canary_selector" ] || demand --canary-selector "$canary_selector" '[^{}]+'
    demand_readable --token-file "$token_file"
    demand_readable --ca-file "$ca_file"
    demand_readable --prometheus-token-file "$prometheus_token_file"
    demand_readable --prometheus-ca-file "$prometheus_ca_file"
    demand --requests-min "$requests_min" '[1-9][0-9]{0,8}'
    demand --window-seconds "$window_seconds" '[1-9][0-9]{0,5}'
    demand --error-tolerance "$error_tolerance" '0(\.[0-9]{1,6})?'
    demand --p95-ratio "$p95_ratio" '[1-9][0-9]{0,3}(\.[0-9]{1,3})?'
    demand --p95-slack-seconds "$p95_slack_seconds" "$seconds_form"
}

demand_steps() {
    demand --steps "$steps" '[1-9][0-9]?(,[1-9][0-9]?)*'
    demand --share-max "$share_max" '[1-9][0-9]?'
    before=0
    for share in $(printf '%s' "$steps" | tr , ' '); do
        [ "$share" -gt "$before" ] || usage_error '--steps do not grow'
        [ "$share" -le "$share_max" ] || usage_error "--steps: $share is above --share-max"
        before=$share
    done
    demand --interval-seconds "$interval_seconds" "$seconds_form"
    for pair in "step $step_seconds" "bake $bake_seconds" "ready $ready_seconds" \
        "hold $hold_seconds" "deadline $deadline_seconds"; do
        demand "--${pair% *}-seconds" "${pair#* }" "$seconds_form"
    done
    demand --promote-seconds "$promote_seconds" '[1-9][0-9]{0,5}'
    awk -v interval="$interval_seconds" 'BEGIN { exit !(interval > 0) }' \
        || usage_error '--interval-seconds cannot be 0'
}

# Times are counted in looks, each an interval apart, and not by the clock: one that is set forward
# must not end a bake.
looks_in() { # SECONDS
    awk -v seconds="$1" -v interval="$interval_seconds" 'BEGIN {
        looks = seconds / interval
        print int(looks) + (looks > int(looks))
    }'
}

# What has begun to move traffic is undone on whatever way the script ends, but for success.
has_moved=no is_promoting=no is_promoted=no is_promotion_left=no is_lock_lost=no is_locked=no
is_kept=no was_ready=no canary_replicas=1 image_before=''

end() {
    ended=$?
    trap - EXIT
    trap '' INT TERM HUP
    [ -z "$sleeper" ] || kill "$sleeper" 2> /dev/null || :
    if [ "$has_moved" = yes ] && [ "$is_lock_lost" = no ] && [ "$is_kept" = no ]; then
        roll_back || ended=$could_not_act
    fi
    [ "$is_locked" = no ] || {
        tell_traffic
        [ "$is_lock_lost" = yes ] || unlock
    }
    exit "$ended"
}

roll_back() {
    began=$(date +%s)
    for delay in 1 1 2 4 8 0; do
        if restore_traffic; then
            say "rolled back in $(($(date +%s) - began)) s"
            return 0
        fi
        sleep "$delay" 9>&-
    done
    say 'COULD NOT ROLL BACK: do it by hand, or with rollback.sh' >&2
    return 1
}

trap end EXIT
trap 'is_kept=$keep; fail "$no_decision" "stopped by a signal"' INT TERM HUP
# A reader of the output who has gone must not end a canary half way.
trap '' PIPE

# One look: is the lock ours, the traffic as it should be, the canary ready, and what do the judges
# say? Sets `verdict` and `why`.
look() { # PERCENT
    lock_state=0
    keep_lock || lock_state=$?
    if [ "$lock_state" = 2 ]; then
        is_lock_lost=yes
        fail "$no_decision" 'another run, or rollback.sh, has taken the lock: this one stops here'
    fi
    verdict=lost why='the cluster does not answer'
    [ "$lock_state" = 0 ] || return 0
    traffic_state=0
    hold_traffic "$1" || traffic_state=$?
    case $traffic_state in
        0) ;;
        2)
            why='nobody tells where traffic is'
            return 0
            ;;
        *)
            verdict=unready why='traffic is not as it should be'
            return 0
            ;;
    esac
    ready_state=0
    canary_ready || ready_state=$?
    case $ready_state in
        0)
            was_ready=yes
            judge
            ;;
        1) verdict=unready ;;
        2) verdict=fail ;;
        *) verdict=lost ;;
    esac
}

# Until the judges have said pass for so long without a break. What is not a pass begins it anew.
watch() { # PERCENT, SECONDS, WHAT
    needed=$(($(looks_in "$2") + 1)) passes=0 losses=0 waits=0 looks=0
    while [ "$passes" -lt "$needed" ]; do
        pause "$interval_seconds"
        look "$1"
        looks=$((looks + 1))
        case $verdict in
            pass) passes=$((passes + 1)) losses=0 waits=0 ;;
            inconclusive) passes=0 losses=0 waits=0 ;;
            unready) passes=0 waits=$((waits + 1)) ;;
            lost) passes=0 losses=$((losses + 1)) ;;
        esac
        say "$3, $(share_now) % of traffic: $verdict ($passes of $needed): $why"
        [ "$verdict" != fail ] || fail "$rolled_back" "fail: $why"
        [ "$was_ready" = no ] || [ "$waits" -le 1 ] \
            || fail "$rolled_back" "not ready any more: $why"
        [ "$waits" -le "$ready_looks" ] || fail "$rolled_back" "not ready in time: $why"
        [ "$losses" -le "$hold_looks" ] || fail "$no_decision" "no answer for too long: $why"
        [ "$looks" -le "$deadline_looks" ] || fail "$no_decision" "no verdict in time: $why"
    done
}

# A proxy sends to a server whether it is ready or not; Kubernetes sends to pods that are.
await_canary() {
    waits=0
    until canary_ready; do
        waits=$((waits + 1))
        [ "$waits" -le "$ready_looks" ] || fail "$rolled_back" "nothing was moved, not ready: $why"
        pause "$interval_seconds"
    done
    was_ready=yes
}

dry_steps() {
    for share in $(printf '%s' "$steps" | tr , ' '); do
        move_traffic "$share"
        say "would look every $interval_seconds s for $step_seconds s of passes in a row"
    done
    say "would look for $bake_seconds s more, and then promote"
    promote_traffic
    say 'dry run: nothing was changed'
}

take_steps() {
    count=0
    for share in $(printf '%s' "$steps" | tr , ' '); do
        count=$((count + 1))
        has_moved=yes
        move_traffic "$share" || {
            pause "$interval_seconds"
            move_traffic "$share"
        } || fail "$could_not_act" "cannot move traffic to $share %"
        watch "$share" "$step_seconds" "step $count"
    done
    watch "$share" "$bake_seconds" bake
}

demand_judges
demand_steps
demand_programs curl jq awk
use_mode
demand_traffic_options
ready_looks=$(looks_in "$ready_seconds") hold_looks=$(looks_in "$hold_seconds")
deadline_looks=$(looks_in "$deadline_seconds")

lock || fail "$could_not_act" "another run has the lock: ${locked_by:-nobody knows who}"
is_locked=yes
begin_traffic
if [ "$is_promoted" = yes ]; then
    say 'already promoted'
    exit "$promoted"
fi
if [ "$is_promotion_left" = no ]; then
    judge
    case $verdict in
        fail) fail "$rolled_back" "nothing was moved: $why" ;;
        lost) fail "$could_not_act" "nothing was moved: $why" ;;
    esac
    if [ "$dry_run" = yes ]; then
        dry_steps
        exit "$promoted"
    fi
    [ "$mode" = kubernetes ] || await_canary
    take_steps
elif [ "$dry_run" = yes ]; then
    promote_traffic
    exit "$promoted"
fi
has_moved=yes
promote_traffic || fail "$rolled_back" 'the promotion failed'
has_moved=no
say promoted
