#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `make run` does once everything is built: train if need be, serve, show one prediction.
set -euo pipefail

mkdir -p "$(dirname "$REGISTRY")"
folder=$(dirname "$REGISTRY")

if [ -n "$DATA" ]; then
    [ -n "$TARGET" ] || { echo "run: DATA needs TARGET, the column to predict" >&2; exit 2; }
    if [ -z "$NAME" ]; then
        NAME=$(basename "$DATA"); NAME=${NAME%%.*}
        NAME=$(printf '%s' "$NAME" | tr '[:upper:]' '[:lower:]' | tr -c 'a-z0-9._-' '-')
    fi
    "$BIN/martlet-train" fit --data "$DATA" --target "$TARGET" --model "$MODEL" --name "$NAME" \
        --registry "$REGISTRY" --alias production
elif [ ! -f "$REGISTRY" ]; then
    NAME=demo
    "$BIN/martlet-train" synthetic --rows 5000 --features 16 --seed 1 --output "$folder/demo.csv"
    "$BIN/martlet-train" fit --data "$folder/demo.csv" --target label --model logistic \
        --name "$NAME" --registry "$REGISTRY" --alias production --seed 1
fi

serve=("$BIN/martlet" serve --registry "$REGISTRY" --listen "$LISTEN")
[ -z "$NAME" ] || serve+=(--model "$NAME")
"${serve[@]}" &
server=$!
trap 'kill -TERM "$server" 2>/dev/null || true; wait "$server"' INT TERM

for _ in $(seq 100); do
    kill -0 "$server" 2>/dev/null || { wait "$server"; exit $?; }
    curl -sf "http://$LISTEN/readyz" >/dev/null && break
    sleep 0.05
done
served=$(curl -s "http://$LISTEN/models" | sed -n 's/.*"name":"\([^"]*\)","serving_version":[0-9].*/\1/p' | head -1)
version=$(curl -s "http://$LISTEN/models/$served" | sed -n 's/.*"serving_version":\([0-9]*\).*/\1/p')
# One null for each feature: a row where everything is missing is always a good request.
count=$(curl -s "http://$LISTEN/models/$served/versions/$version" \
    | sed 's/"output":.*//' | grep -o '"type":' | wc -l)
row=$(printf 'null,%.0s' $(seq "$count")); row="[${row%,}]"
if [ "$served" = demo ] && [ "$count" = 16 ]; then
    row="[0.24,-0.89,-1.13,-0.09,-0.13,-1.26,-0.56,-0.75,-0.59,-0.93,-0.73,1.1,-0.7,-2.15,0.11,-0.83]"
fi
body="{\"features\": $row}"
echo
echo "try it:"
echo "  curl http://$LISTEN/models/$served/predict -H 'Content-Type: application/json' -d '$body'"
echo "it answers:"
curl -s "http://$LISTEN/models/$served/predict" -H 'Content-Type: application/json' -d "$body" | sed 's/^/  /'
echo "to look at: http://$LISTEN/"
echo "also: http://$LISTEN/readyz http://$LISTEN/metrics http://$LISTEN/models  (Ctrl-C stops)"
wait "$server"
