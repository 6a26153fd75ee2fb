#!/usr/bin/env bash
# Runs the whole suite under ThreadSanitizer, then under AddressSanitizer; fails on any report, also
# of the programs that tests start. Names of suites as arguments narrow it down.
set -euo pipefail
cd "$(dirname "$0")/.."
filters=()
for suite in "$@"; do filters+=(--filter "$suite"); done
tools=$(dirname "$(readlink -f "$(command -v swift)")")
status=0
for sanitizer in thread address; do
    build=.build/${sanitizer:0:1}san
    reports=$PWD/$build/reports
    rm -rf "$reports" && mkdir -p "$reports"
    arguments=(--sanitize="$sanitizer" --scratch-path "$build")
    if [ "$sanitizer" = thread ]; then
        mutex=$PWD/$build/mutex.o
        "$tools/clang" -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -O1 -fPIC \
            -c Tests/sanitized-mutex.c -o "$mutex"
        arguments+=(-Xlinker "$mutex")
    fi
    swift build --build-tests "${arguments[@]}"
    # A report is a file: standard error of a program is its log, which some tests read.
    options=log_path=$reports/report:external_symbolizer_path=$tools/llvm-symbolizer
    TSAN_OPTIONS=$options ASAN_OPTIONS=$options:detect_leaks=0 \
        swift test --skip-build --no-parallel "${arguments[@]}" "${filters[@]}" || status=1
    for report in "$reports"/*; do
        [ -e "$report" ] || continue
        status=1
        echo "$report:"
        cat "$report"
    done
done
exit $status
