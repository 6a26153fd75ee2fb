#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Trains each kind on one mixed table with gaps, and compares it with scikit-learn.
#
#     bash Tests/Peers/kinds.sh BUILD PYTHON FOLDER
set -euo pipefail
build=$1 python=$2 folder=$3
peers=$(dirname "$0")
data=$folder/mixed

"$python" "$peers/mixed_table.py" "$data"

fit() { # MODEL TARGET TABLE OPTIONS…
    local model=$1 target=$2 table=$3
    shift 3
    "$build/martlet-train" fit --data "$data-$table.csv" --test "$data-$table-test.csv" \
        ${target:+--target "$target"} --model "$model" --name kinds --registry "$folder/registry" \
        --artifact "$folder/$model.safetensors" --json "$@" >/dev/null
    echo "== $model $*"
}

linear() {
    "$python" "$peers/linear_parity.py" "$folder/$1.safetensors" "$data-$2.csv" \
        "$data-$2-test.csv"
}

for ratio in 0.1 0.5 1; do
    fit linear value train --alpha 0.01 --l1-ratio $ratio --ignore "two,three"
    linear linear train
done
for target in two three; do
    for options in "--C 0.5 --l1-ratio 0.5" "--C 0.1 --l1-ratio 1" \
        "--C 1 --class-weight balanced"; do
        # shellcheck disable=SC2086
        fit logistic $target train $options --ignore "value,$([ $target = two ] && echo three || echo two)"
        linear logistic train
    done
done
for options in "--alpha 1" "--alpha 0.5 --class-weight balanced"; do
    for table in train whole; do
        # shellcheck disable=SC2086
        fit naive-bayes three $table $options --ignore value,two
        "$python" "$peers/naive_bayes_parity.py" "$folder/naive-bayes.safetensors" "$data-$table.csv"
    done
done
for table in train small; do
    fit k-means "" $table --n-clusters 5 --ignore value,two,three
    "$python" "$peers/kmeans_parity.py" "$folder/k-means.safetensors" "$data-$table.csv"
done
fit mlp three train --ignore value,two --hidden-layer-sizes 32
"$python" "$peers/mlp_parity.py" "$folder/mlp.safetensors" "$data-train.csv" "$data-train-test.csv"
fit mlp value train --task regression --ignore two,three --hidden-layer-sizes 32
"$python" "$peers/mlp_parity.py" "$folder/mlp.safetensors" "$data-train.csv" "$data-train-test.csv"
