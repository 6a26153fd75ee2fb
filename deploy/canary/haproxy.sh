# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Traffic by the weights of two servers of an HAProxy backend, moved at its runtime socket. Weights
# are of the running HAProxy only: the configuration should have the stable server's alone above 0,
# so that a restart is a roll-back.

demand_traffic_options() {
    demand --socket "$socket" '/[A-Za-z0-9._/-]+|[A-Za-z0-9.-]+:[0-9]+'
    demand --backend "$backend" '[A-Za-z0-9._:-]+'
    demand --stable "$stable" '[A-Za-z0-9._:-]+'
    demand --canary "$canary" '[A-Za-z0-9._:-]+'
    demand_servers_options
    demand_programs socat flock
    case $socket in
        /*) address="UNIX-CONNECT:$socket" lock_default=$socket.lock ;;
        *) address="TCP:$socket" lock_default=/run/martlet-canary-${socket%:*}-${socket#*:}.lock ;;
    esac
    lock_path=${lock_path:-$lock_default}
}

# Commands, apart by semicolons, are carried out one after another over one connection.
ask_haproxy() { # COMMANDS
    printf '%s\n' "$1" | socat -t 5 -T 5 - "$address"
}

# The weight and the state of one server: `75 2`, by the names in the table's head.
server_now() { # SERVER
    ask_haproxy "show servers state $backend" | awk -v server="$1" '
        $1 == "#" { for (i = 2; i <= NF; i++) column[$i] = i - 1; next }
        column["srv_name"] && $column["srv_name"] == server {
            print $column["srv_uweight"], $column["srv_op_state"], $column["srv_admin_state"]
            found = 1
        }
        END { exit !found }'
}

read_weights() {
    now=$(server_now "$stable") || return 1
    stable_weight=${now%% *} stable_state=${now#* }
    now=$(server_now "$canary") || return 1
    canary_weight=${now%% *} canary_state=${now#* }
}

# The one that gains goes first, so that at no moment both have none.
set_weights() { # OF THE STABLE SERVER, OF THE CANARY
    up="set server $backend/$stable weight $1" down="set server $backend/$canary weight $2"
    [ "$1" -ne 0 ] || {
        now=$up up=$down down=$now
    }
    if [ "$dry_run" = yes ]; then
        printf "+ echo '%s; %s' | socat - %s\n" "$up" "$down" "$address"
        return 0
    fi
    said=$(ask_haproxy "$up; $down" | tr -d '\n') || return 1
    [ -z "$said" ] || {
        say "HAProxy: $said" >&2
        return 1
    }
    read_weights && [ "$stable_weight" = "$1" ] && [ "$canary_weight" = "$2" ]
}

# State 2 is running, 0 of administration not in maintenance nor draining.
proxy_takes() { # STATE
    [ "$1" = '2 0' ]
}

proxy_takes_canary() { read_weights && proxy_takes "$canary_state"; }
proxy_takes_stable() { read_weights && proxy_takes "$stable_state"; }
