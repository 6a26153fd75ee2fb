#!/usr/bin/env bash
# Runs the whole suite under ThreadSanitizer, then under AddressSanitizer; fails on any report, also
# of the programs that tests start. Names of suites as arguments narrow it down.
set -euo pipefail
cd "$(dirname "$0")/.."
filters=()
for suite in "$@"; do filters+=(--filter "$suite"); done
status=0
for sanitizer in thread address; do
    build=.build/${sanitizer:0:1}san
    reports=$PWD/$build/reports
    rm -rf "$reports" && mkdir -p "$reports"
    swift build --build-tests --sanitize="$sanitizer" --scratch-path "$build"
    symbolizer=$(dirname "$(readlink -f "$(command -v swift)")")/llvm-symbolizer
    # A report is a file: standard error of a program is its log, which some tests read.
    options=log_path=$reports/report:external_symbolizer_path=$symbolizer
    TSAN_OPTIONS=$options:suppressions=$PWD/Tests/sanitized-thread.txt \
        ASAN_OPTIONS=$options:detect_leaks=0 \
        swift test --skip-build --no-parallel --sanitize="$sanitizer" --scratch-path "$build" \
        "${filters[@]}" || status=1
    for report in "$reports"/*; do
        [ -e "$report" ] || continue
        status=1
        echo "$report:"
        cat "$report"
    done
done
exit $status
