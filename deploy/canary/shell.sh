# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What canary.sh and rollback.sh share: how they speak, what they refuse, and their exit status.
# Nothing here acts when it is read.

sleeper=''
promoted=0 could_not_act=1 wrong_usage=2 rolled_back=3 no_decision=4
# awk and printf write numbers with a point, whatever the user's language.
LC_ALL=C
export LC_ALL
: "$promoted" "$rolled_back" "$no_decision"

say() { printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*" || :; }

# Ends the script. What was moved is moved back by the trap of EXIT.
fail() { # STATUS, WHY
    failure=$1
    shift
    say "$*" >&2
    exit "$failure"
}

usage_error() { fail "$wrong_usage" "$program: $*; --help tells more"; }

# Ends with status 2 unless the value is of the form; the form is a pattern of grep -E.
demand() { # FLAG, VALUE, PATTERN
    # A newline would let grep judge each line for itself.
    case $2 in *'
'*) usage_error "$1 has more than one line" ;; esac
    printf '%s\n' "$2" | grep -Eqx -- "$3" || usage_error "$1 cannot be '$2'"
}

demand_readable() { # FLAG, FILE
    [ -z "$2" ] || [ -r "$2" ] || usage_error "$1: cannot read '$2'"
}

demand_programs() { # NAME...
    for name in "$@"; do
        command -v "$name" > /dev/null || fail "$could_not_act" "$program: $name is not installed"
    done
}

name_form='[a-z0-9]([-a-z0-9]*[a-z0-9])?'
image_form='[A-Za-z0-9][A-Za-z0-9._:/@-]*'
host_form='([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])'
url_form="https?://$host_form(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?"
seconds_form='[0-9]{1,6}(\.[0-9]{1,3})?'
count_form='[0-9]{1,9}'
: "$name_form" "$image_form" "$url_form" "$sleeper" "$seconds_form" "$count_form"

# Runs what changes something; a dry run only shows it. No eval: a name with a space or a quote in
# it stays one word.
act() { # COMMAND...
    if [ "$dry_run" = yes ]; then
        show "$@"
    else
        "$@" > /dev/null
    fi
}

show() { # COMMAND..., as one could type it
    line=+
    for word in "$@"; do
        case $word in
            '' | *[!A-Za-z0-9_./:=@%,+-]*)
                word="'$(printf '%s' "$word" | sed "s/'/'\\\\''/g")'"
                ;;
        esac
        line="$line $word"
    done
    printf '%s\n' "$line"
}

# A sleep that a signal ends: a shell runs its trap only when what it waits for is over, and `wait`
# is over at once. It does not inherit the lock, or a killed script would hold it.
pause() { # SECONDS
    sleep "$1" 9>&- &
    sleeper=$!
    wait "$sleeper" || :
    sleeper=
}

# An HTTP request. The token goes by standard input, so that no list of processes shows it; curl's
# exit status says whether there was an answer of 2xx. No redirect is followed: it would carry the
# token elsewhere.
http() { # TOKEN FILE or nothing, AUTHORITIES FILE or nothing, ARGUMENTS OF CURL...
    token_file=$1 ca=$2
    shift 2
    [ -z "$ca" ] || set -- --cacert "$ca" "$@"
    set -- --silent --show-error --globoff --connect-timeout 3 --max-time 5 "$@"
    if [ -z "$token_file" ]; then
        curl "$@"
        return
    fi
    token=$(head -n 1 "$token_file") || return 1
    case $token in
        '' | *[!A-Za-z0-9._~+/=-]*)
            echo "$token_file holds no bearer token" >&2
            return 1
            ;;
    esac
    # printf is the shell's own: no process has the token among its arguments.
    printf 'header = "Authorization: Bearer %s"\n' "$token" | curl --config - "$@"
}

# A lock of this machine's, for the proxies: the kernel lets go of it when its holder dies. The
# file holds the holder's process, for rollback.sh.
lock_file() { # FILE
    locked_by=$(cat "$1" 2> /dev/null) || :
    # A failed redirection of exec would end the shell without a word.
    : 2> /dev/null >> "$1" || fail "$could_not_act" "$program: cannot write $1"
    exec 9>> "$1"
    flock -n 9 || return 1
    printf '%s\n' "$$" > "$1"
}

# Reads what moves traffic in this mode.
use_mode() {
    case $mode in
        kubernetes)
            # shellcheck source=deploy/canary/kubernetes.sh
            . "$here/canary/kubernetes.sh"
            ;;
        haproxy)
            # shellcheck source=deploy/canary/haproxy.sh
            . "$here/canary/haproxy.sh"
            # shellcheck source=deploy/canary/servers.sh
            . "$here/canary/servers.sh"
            ;;
        nginx)
            # shellcheck source=deploy/canary/nginx.sh
            . "$here/canary/nginx.sh"
            # shellcheck source=deploy/canary/servers.sh
            . "$here/canary/servers.sh"
            ;;
        *) usage_error '--mode is kubernetes, haproxy or nginx' ;;
    esac
}
