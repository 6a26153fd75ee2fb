#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Packs what `make sbom` has laid out into .build/release-files: an archive of the programs and the
# bills of materials. The same programs give the same bytes, whoever packs them, and when.
set -euo pipefail
cd "$(dirname "$0")/../.."

built=${1:-.build/image-trainer}
out=.build/release-files
version=$("$built/usr/local/bin/martlet" --version)
platform=linux-$(dpkg --print-architecture)
name=martlet-$version-$platform
time=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2> /dev/null || echo 0)}

rm -rf "$out"
mkdir -p "$out" ".build/pack/$name"
trap 'rm -rf .build/pack' EXIT
install -m 755 "$built"/usr/local/bin/{martlet,martlet-train} ".build/pack/$name"
# Package.resolved repeats the build with the very same dependencies.
install -m 644 LICENSE Package.resolved ".build/pack/$name"
tar --create --sort=name --mtime="@$time" --owner=0 --group=0 --numeric-owner --format=gnu \
    --directory .build/pack "$name" | gzip --no-name --best > "$out/$name.tar.gz"
for bill in .build/sbom/*.json; do
    cp "$bill" "$out/$(basename "$bill" | sed "s/^\([a-z-]*\)\./\1-$version-$platform./")"
done
ls -l "$out"
