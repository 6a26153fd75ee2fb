#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From nothing to a served prediction, in a folder of its own: made-up data, training, serving,
# readiness, predictions as good as the trainer promised, metrics that counted them, a clean stop.
#
#   smoke.sh [FOLDER-OF-THE-PROGRAMS]
set -euo pipefail
cd "$(dirname "$0")/.."

programs=${1:-.build/release}
folder=$(mktemp -d)
server=

fail() {
    echo "smoke: $*" >&2
    [ ! -s "$folder/log" ] || tail -n 20 "$folder/log" >&2
    exit 1
}

finish() {
    [ -z "$server" ] || kill -KILL "$server" 2> /dev/null || true
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

ask() { # PATH, MORE OF CURL
    curl --silent --show-error --fail-with-body --max-time 10 "http://$address$1" "${@:2}"
}

# A value of the exposition, 0 where there is no such series yet.
metric() { # NAME, TEXT IN ITS LABELS
    ask /metrics | awk -v name="$1" -v labels="$2" '
        index($0, name "{") == 1 && index($0, labels) { sum += $NF }
        END { print sum + 0 }'
}

echo "smoke: $("$programs/martlet" --version) of $programs"
"$programs/martlet-train" synthetic --rows 4000 --features 6 --seed 7 --output "$folder/all.csv" \
    > /dev/null
head -n 3001 "$folder/all.csv" > "$folder/train.csv"
{ head -n 1 "$folder/all.csv"; tail -n 1000 "$folder/all.csv"; } > "$folder/test.csv"
"$programs/martlet-train" fit --data "$folder/train.csv" --test "$folder/test.csv" --target label \
    --model logistic --name smoke --registry "$folder/registry" --alias production --seed 7 --json \
    > "$folder/fit" || fail "no model was trained"
promised=$(sed -n 's/.*"test":{"rows":1000,"accuracy":\([0-9.]*\).*/\1/p' "$folder/fit")
[ -n "$promised" ] || fail "the trainer tells no accuracy: $(cat "$folder/fit")"

"$programs/martlet" serve --registry "$folder/registry" --listen 127.0.0.1:0 > "$folder/log" 2>&1 &
server=$!
address=
for _ in $(seq 200); do
    kill -0 "$server" 2> /dev/null || fail "the server stopped before it was ready"
    address=$(sed -n 's/.*"address":"\([0-9.:]*\)".*/\1/p' "$folder/log" | head -n 1)
    if [ -n "$address" ] && ask /readyz > /dev/null 2>&1; then break; fi
    sleep 0.05
done
ask /readyz > /dev/null || fail "never ready"

# The rows of the trainer's own test, in one request.
tail -n +2 "$folder/test.csv" | awk -F, '
    BEGIN { printf "{\"instances\":[" }
    {
        printf "%s[", (NR > 1 ? "," : "")
        for (i = 1; i < NF; i++) printf "%s%s", (i > 1 ? "," : ""), $i
        printf "]"
    }
    END { printf "]}" }' > "$folder/body"
ask /models/smoke/predict --header 'Content-Type: application/json' --data "@$folder/body" \
    > "$folder/answer" || fail "no prediction: $(cat "$folder/answer")"
grep -o '"prediction":"[a-z]*"' "$folder/answer" | cut -d '"' -f 4 > "$folder/predictions"
accuracy=$(tail -n +2 "$folder/test.csv" | awk -F, '{ print $NF }' \
    | paste -d ' ' - "$folder/predictions" \
    | awk '$1 == $2 { right++ } END { printf "%.6f", (NR == 1000 ? right / NR : -1) }')
# Both read the same numbers and compute alike, so this is equality, not likeness.
awk -v served="$accuracy" -v promised="$promised" \
    'BEGIN { exit !(served > 0.8 && served - promised < 1e-6 && promised - served < 1e-6) }' \
    || fail "served accuracy is $accuracy, the trainer promised $promised"

[ "$(metric model_predictions_total 'model="smoke",version="1"')" = 1000 ] \
    || fail "1000 rows were predicted, metrics count something else"
[ "$(metric http_requests_total 'code="200"')" -ge 2 ] || fail "metrics count no requests"
[ "$(metric http_requests_total 'code="5')" = 0 ] || fail "a request failed"
status=$(curl --silent --output /dev/null --write-out '%{http_code}' --max-time 10 \
    "http://$address/models/smoke/predict" --header 'Content-Type: application/json' \
    --data '{"features":["not a number",0,0,0,0,0]}')
[ "$status" = 422 ] || [ "$status" = 400 ] || fail "a wrong row got $status"

kill -TERM "$server"
wait "$server" || fail "the server stopped with $?"
server=
grep -q '"msg":"stopped".*"clean":"true"' "$folder/log" || fail "it did not stop cleanly"
echo "smoke: trained, served at $address, 1000 rows predicted with accuracy $accuracy," \
    "as promised; stopped cleanly; ${SECONDS} s"
