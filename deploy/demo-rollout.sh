#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `make demo-rollout` does once everything is built: a candidate that looks better than the
# version in production and is broken is rolled back, a good one is promoted, both under load.
# BIN is where the programs are.
set -euo pipefail

BIN=${BIN:-.build/release}
folder=$(mktemp -d)
registry=$folder/registry
port=$((20000 + RANDOM % 12000))
server=
crowd=()

finish() {
    for pid in ${crowd[@]+"${crowd[@]}"} $server; do kill -TERM "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { printf '\n%s\n' "$*"; }

fit() { # FILE, WHAT IT IS, MORE
    local file=$1 name=$2
    shift 2
    "$BIN/martlet-train" fit --data "$file" --target label --model logistic --name demo \
        --registry "$registry" --seed 1 "$@" > "$folder/fit.log" 2>&1 \
        || { cat "$folder/fit.log" >&2; exit 1; }
    awk -v name="$name" '$1 == "roc_auc" { printf "  %-58s AUC %s\n", name, $2; exit }' "$folder/fit.log"
}

# One run of curl asks for each row once, over one connection, each row a user of its own.
requests() { # FIRST, COUNT
    tail -n "+$1" "$folder/today.csv" | awk -F, -v count="$2" -v port="$port" -v first="$1" '
        NR > count { next }
        {
            features = $1
            for (i = 2; i < NF; i++) features = features "," $i
            if (NR > 1) print "next"
            printf "url = \"http://127.0.0.1:%d/predict\"\n", port
            print "header = \"Content-Type: application/json\""
            printf "data = \"{\\\"features\\\":[%s],\\\"key\\\":\\\"user-%d\\\"}\"\n", features, first + NR
            print "output = \"/dev/null\""
            print "write-out = \"%{http_code} %header{x-martlet-arm}\\n\""
        }'
}

# One connection's users, who go on asking until the rollout is over.
drive() { # CONNECTION
    local part
    while true; do
        for part in 1 2 3 4; do
            [ ! -e "$folder/is-over" ] || return 0
            curl --silent --config "$folder/requests-$1-$part" >> "$folder/answers-$1" || true
        done
    done
}

# A line for each transition: when, where to, and the number that justified it.
tell() {
    awk '
        function text(name) {
            return match($0, "\"" name "\":\"[^\"]*\"") \
                ? substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 5) : ""
        }
        function measure(name, part,    found) {
            if (!match($0, "\"name\":\"" name "\",\"value\":[^,]*,\"threshold\":[^}]*")) return ""
            found = substr($0, RSTART, RLENGTH)
            sub(".*\"" part "\":", "", found)
            sub(",.*", "", found)
            return found
        }
        !/"from":/ { next }
        {
            to = text("to"); reason = text("reason"); rule = reason
            sub(":.*", "", rule)
            if (to == "verifying") why = "begins"
            else if (to == "shadow") why = "loaded, and answers its golden rows as it did in training"
            else if (measure(rule, "threshold") + 0 > 0)
                why = sprintf("%s: evidence %.3g, where %d convicts; %d of %d answers differ", rule, measure(rule, "value"), measure(rule, "threshold"), measure("disagreements", "value"), measure("comparisons", "value"))
            else why = sprintf("%d of %d answers differ; %d of %d requests of its own failed", measure("disagreements", "value"), measure("comparisons", "value"), measure("candidate_failures", "value"), measure("candidate_requests", "value"))
            printf "  %s  %-26s %s\n", substr(text("at"), 12, 8), to, why
            fflush()
        }'
}

roll_out() { # VERSION
    local connection
    rm -f "$folder/is-over" "$folder"/answers-*
    crowd=()
    for connection in 1 2; do
        drive "$connection" &
        crowd+=($!)
    done
    "$BIN/martlet" rollout start demo --candidate "$1" --plan "$folder/plan.json" \
        --server "127.0.0.1:$port" > /dev/null
    "$BIN/martlet" rollout wait demo --server "127.0.0.1:$port" --timeout-seconds 60 --format json \
        | tell || true
    touch "$folder/is-over"
    wait "${crowd[@]}"
    crowd=()
    cat "$folder"/answers-* | awk '
        $1 != 200 { failed++ }
        $2 == "candidate" { own++ }
        END { printf "  %d answers to users: %d by the candidate, %d failed\n", NR, own, failed }'
    verdict=$("$BIN/martlet" rollout verdict demo --server "127.0.0.1:$port" --format json || true)
}

say "Three versions are trained. The last learns from a file in which one column is in another unit:"
"$BIN/martlet-train" synthetic --rows 24000 --features 8 --seed 1 --output "$folder/all.csv" > /dev/null
head -n 4001 "$folder/all.csv" > "$folder/small.csv"
head -n 16001 "$folder/all.csv" > "$folder/large.csv"
tail -n 8000 "$folder/all.csv" > "$folder/today.csv"
awk -F, -v OFS=, 'NR > 1 { $1 = $1 * 100 } 1' "$folder/large.csv" > "$folder/broken.csv"
fit "$folder/small.csv" "version 1, in production" --alias production
fit "$folder/large.csv" "version 2, of four times as many rows"
fit "$folder/broken.csv" "version 3, of those with x1 a hundred times too large"

"$BIN/martlet" serve --registry "$registry" --listen "127.0.0.1:$port" > "$folder/log" 2>&1 &
server=$!
for _ in $(seq 200); do
    kill -0 "$server" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
    curl --silent --fail "http://127.0.0.1:$port/readyz" > /dev/null && break
    sleep 0.05
done

for connection in 1 2; do
    for part in 1 2 3 4; do
        requests $((connection * 4000 + part * 1000 - 4999)) 1000 > "$folder/requests-$connection-$part"
    done
done

# The standard plan with short times: hours are for production.
cat > "$folder/plan.json" <<'PLAN'
{"steps": [0.05, 0.25, 0.5], "shadow_pairs": 500, "shadow_seconds": 3, "step_seconds": 3,
 "bake_seconds": 5, "step_deadline_seconds": 60}
PLAN

say "Version 3 scores as well as version 2. It is rolled out, under load:"
roll_out 3
broken=$verdict
say "Now version 2:"
roll_out 2
good=$verdict

say "$(curl --silent "http://127.0.0.1:$port/models/demo" \
    | sed -n 's/.*"serving_version":\([0-9]*\).*/Version \1 is in production./p')"
case "$broken $good" in
    *'"verdict":"fail"'*'"verdict":"pass"'*) ;;
    *) echo "demo-rollout: this is not what should happen" >&2; exit 1 ;;
esac
