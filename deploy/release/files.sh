#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Packs what `make sbom` has laid out: an archive of the programs, and the bills of materials. The
# same programs give the same bytes, whoever packs them, and when.
#
#   files.sh [FOLDER-OF-THE-PROGRAMS [FOLDER-OF-THE-BILLS [OUTPUT]]]
set -euo pipefail
cd "$(dirname "$0")/../.."

programs=${1:-.build/image-trainer/usr/local/bin}
bills=${2:-.build/sbom}
out=${3:-.build/release-files}
version=$("$programs/martlet" --version)
platform=linux-$(dpkg --print-architecture)
name=martlet-$version-$platform
time=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2> /dev/null || echo 0)}

rm -rf "$out"
mkdir -p "$out"
pack=$(mktemp -d)
trap 'rm -rf "$pack"' EXIT
mkdir -m 755 "$pack/$name"
install -m 755 "$programs"/{martlet,martlet-train} "$pack/$name"
# Package.resolved repeats the build with the very same dependencies.
install -m 644 LICENSE "${RESOLVED:-Package.resolved}" "$pack/$name"
tar --create --sort=name --mtime="@$time" --owner=0 --group=0 --numeric-owner --format=gnu \
    --directory "$pack" "$name" \
    | gzip --no-name --best > "$out/$name.tar.gz"
for bill in "$bills"/*.json; do
    cp "$bill" "$out/$(basename "$bill" | sed "s/^\([a-z-]*\)\./\1-$version-$platform./")"
done
ls -l "$out"
