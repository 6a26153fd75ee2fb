# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Traffic between two running servers by the weights of a proxy: what HAProxy and nginx have in
# common. Read after haproxy.sh or nginx.sh, which know how weights are set and read.

demand_servers_options() {
    demand --stable-url "$stable_url" "$url_form"
    demand --canary-url "$canary_url" "$url_form"
    [ "$stable" != "$canary" ] || usage_error '--stable and --canary are the same'
    if [ -n "$prometheus" ]; then
        [ -n "$stable_selector" ] || usage_error '--prometheus needs --stable-selector'
        [ -n "$canary_selector" ] || usage_error '--prometheus needs --canary-selector'
    fi
}

lock() {
    [ "$dry_run" = no ] || return 0
    lock_file "$lock_path"
}

# The kernel keeps it.
keep_lock() { :; }

unlock() {
    [ "$dry_run" = no ] || return 0
    : > "$lock_path" || :
}

# What a killed run has left goes back to the stable server: nobody has watched it since.
begin_traffic() {
    read_weights || fail "$could_not_act" "cannot read the weights of $stable and $canary"
    if [ "$canary_weight" -gt 0 ] && [ "$stable_weight" -eq 0 ]; then
        # A run that was killed may have written so and not told the proxy.
        set_weights 0 100 || fail "$could_not_act" 'cannot set the weights'
        is_promoted=yes
        return
    fi
    stable_serves || fail "$could_not_act" "the stable server is not ready: $why"
    if [ "$canary_weight" -gt 0 ]; then
        say "the canary has weight $canary_weight by a run that did not end"
        restore_traffic || fail "$could_not_act" 'cannot give the stable server all traffic'
    fi
}

move_traffic() { set_weights $((100 - $1)) "$1"; }

hold_traffic() { # PERCENT
    read_weights || return 2
    [ "$canary_weight $stable_weight" != "$1 $((100 - $1))" ] || return 0
    say "the weights are $stable_weight and $canary_weight, by somebody else's doing"
    move_traffic "$1" || :
    return 1
}

is_ready() { # URL
    why=$(http '' "$ca_file" --fail --output /dev/null "$1/readyz" 2>&1)
}

canary_ready() {
    is_ready "$canary_url" || {
        why="$canary_url: $why"
        return 1
    }
    why="the proxy does not send to $canary"
    proxy_takes_canary
}

stable_serves() {
    is_ready "$stable_url" || return 1
    why="the proxy does not send to $stable"
    proxy_takes_stable
}

share_now() { printf '%s' "$canary_weight"; }

promote_traffic() { set_weights 0 100; }

restore_traffic() {
    if ! stable_serves && is_ready "$canary_url"; then
        say 'the stable server is not ready: the canary keeps its weight, as nothing else answers'
        return 1
    fi
    set_weights 100 0
}

tell_traffic() {
    if read_weights; then
        say "traffic: $stable has weight $stable_weight, $canary $canary_weight"
    else
        say 'traffic: unknown, the weights cannot be read'
    fi
}
