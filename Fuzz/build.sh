#!/usr/bin/env bash
# Builds the fuzz targets into $1 with libFuzzer and AddressSanitizer: optimised, with every check
# that traps in release. Not a package: a target needs a few sources of a module, not its products.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
mkdir -p "$1"
out=$(cd "$1" && pwd)
flags=(-O -g -swift-version 6 -package-name martlet '-sanitize=fuzzer,address' -parse-as-library
    -whole-module-optimization -I "$out" -Xcc "-fmodule-map-file=$root/Sources/CZlib/module.modulemap")
features=(-enable-upcoming-feature InternalImportsByDefault
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility)

compile() { # NAME FOLDER FLAGS...: compiles a target of any package
    local sources
    mapfile -t sources < <(find "$2" -name '*.swift' | sort)
    swiftc "${flags[@]}" "${@:3}" -module-name "$1" -emit-module \
        -emit-module-path "$out/$1.swiftmodule" \
        -c "${sources[@]}" -o "$out/$1.o"
}

module() { # NAME: compiles a target of the package
    compile "$1" "Sources/$1" "${features[@]}"
}

target() { # NAME OBJECTS SOURCES...: links a fuzz target
    local name=$1 objects
    read -ra objects <<< "$2"
    objects=("${objects[@]/#/$out/}")
    shift 2
    # From there, as linking leaves descriptions of the module behind.
    cd "$out"
    swiftc "${flags[@]}" "${features[@]}" -module-name "Fuzz_$name" -use-ld=lld -static-stdlib \
        "$root/Fuzz/Targets/$name.swift" "$root/Fuzz/Targets/Check.swift" "${@/#/$root/}" \
        "${objects[@]/%/.o}" -lz \
        -l_FoundationCollections -l_FoundationCShims -lswiftSynchronization -o "$out/$name"
    cd "$root"
}

swift package resolve >/dev/null
compile SwiftProtobuf .build/checkouts/swift-protobuf/Sources/SwiftProtobuf
for name in HTTP1 JSON Zlib Models Importing; do module $name; done
request=Fuzz/Targets/Verdict.swift
target canary ""
target request "HTTP1" $request
target chunked "HTTP1" $request Fuzz/Targets/ChunkedGrammar.swift
target path "HTTP1" $request
target response "HTTP1"
target fields "HTTP1" Sources/Telemetry/TraceParent.swift Sources/Telemetry/Identifier.swift \
    Sources/Telemetry/SplitMix64.swift
target gzip "Zlib"
target json "JSON"
target predict "HTTP1 JSON Models" Sources/Serving/Predict/PredictRequest.swift \
    Sources/Serving/Predict/InputProblem.swift Sources/Serving/ProblemWire.swift
target artifact "JSON Models"
target onnx "JSON Models SwiftProtobuf Importing"
for name in lightgbm xgboost catboost; do
    target $name "JSON Models SwiftProtobuf Importing" Fuzz/Targets/Import.swift
done
