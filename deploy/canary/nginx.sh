# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Traffic by the `server` lines of an nginx upstream. They are a file of their own, which is
# rewritten whole and which the configuration includes:
#
#     upstream martlet { include /etc/nginx/martlet-servers.conf; keepalive 32; }

demand_traffic_options() {
    demand --upstream-file "$upstream_file" '[^"]*[^/"]'
    demand --stable "$stable" "$host_form(:[0-9]+)?"
    demand --canary "$canary" "$host_form(:[0-9]+)?"
    [ -z "$nginx_conf" ] || demand_readable --nginx-conf "$nginx_conf"
    demand_readable --upstream-file "$upstream_file"
    demand_servers_options
    PATH=$PATH:/usr/sbin
    demand_programs nginx flock
    lock_path=${lock_path:-$upstream_file.lock}
}

# A passive check would hand all requests to the canary after one failed connection to the stable
# server, so nginx is told to count none of its failures.
server_lines() { # WEIGHT OF THE STABLE SERVER, OF THE CANARY
    echo "# Written by canary.sh, which moves the weights."
    [ "$1" -eq 0 ] || echo "server $stable weight=$1 max_fails=0;"
    [ "$2" -eq 0 ] || echo "server $canary weight=$2;"
}

weight_of() { # SERVER
    awk -v server="$1" '$1 == "server" && ($2 == server || $2 == server ";") {
            weight = 1
            for (i = 3; i <= NF; i++) if (sub(/^weight=/, "", $i)) weight = $i + 0
            if ($0 ~ /[ \t]down[ \t;]/) weight = 0
        }
        END { print weight + 0 }' "$upstream_file"
}

read_weights() {
    stable_weight=$(weight_of "$stable") && canary_weight=$(weight_of "$canary")
}

run_nginx() { # ARGUMENTS
    [ -z "$nginx_conf" ] || set -- -c "$nginx_conf" "$@"
    "$nginx_by" nginx "$@"
}
nginx_by=command

# What nginx does not accept is taken back before it is reloaded.
set_weights() { # OF THE STABLE SERVER, OF THE CANARY
    if [ "$dry_run" = yes ]; then
        echo "+ cat > $upstream_file"
        server_lines "$1" "$2" | sed 's/^/    /'
        nginx_by=show
        run_nginx -s reload
        return
    fi
    cp -p "$upstream_file" "$upstream_file.before" || return 1
    server_lines "$1" "$2" > "$upstream_file.next" || return 1
    mv -f "$upstream_file.next" "$upstream_file" || return 1
    if ! said=$(run_nginx -t -q 2>&1); then
        say "nginx: $said" >&2
        mv -f "$upstream_file.before" "$upstream_file"
        return 1
    fi
    rm -f "$upstream_file.before"
    run_nginx -s reload 2> /dev/null || return 1
    read_weights && [ "$stable_weight" = "$1" ] && [ "$canary_weight" = "$2" ]
}

proxy_takes_canary() { :; }
proxy_takes_stable() { :; }
