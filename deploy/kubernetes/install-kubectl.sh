#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs kubectl from the Kubernetes project's packages, trusted by its key alone: Debian 12 has
# one that is too old for components.
set -euo pipefail

address=https://pkgs.k8s.io/core:/stable:/v1.32/deb/
fingerprint=DE15B14486CD377B9E876E1A234654DA9A296436 # pragma: allowlist secret
keyring=/usr/share/keyrings/kubernetes.gpg

apt-get update -qq
apt-get install -y -qq --no-install-recommends ca-certificates curl gpg > /dev/null
curl -fsSL "${address}Release.key" | gpg --dearmor > "$keyring"
# That key alone, whoever answered.
keys=$(gpg --show-keys --with-colons "$keyring" | awk -F: '$1 == "fpr" { print $10 }')
test "$keys" = "$fingerprint"
echo "deb [signed-by=$keyring] $address /" > /etc/apt/sources.list.d/kubernetes.list
apt-get update -qq
apt-get install -y -qq --no-install-recommends kubectl > /dev/null
