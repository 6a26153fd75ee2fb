#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the three Secrets that deploy/kubernetes names, with new tokens, and writes them as YAML:
#
#   sh deploy/kubernetes/tokens.sh | kubectl apply -f -
#
# martlet-tokens          what servers know of tokens: digests, no token (docs/access.md)
# martlet-operator-token  the token of the training jobs, which start rollouts
# martlet-viewer-token    the token of Prometheus and of what asks for verdicts
#
# Nothing is kept on disk. Run again it makes new tokens. A changed Secret takes a minute or two to
# reach a pod, so first give the servers the new lines beside the old ones (KEEP), by the label
# martlet-secret=lines, and all the rest later; docs/kubernetes.md has the commands.
#
# MARTLET   the program (.build/release/martlet), such as 'docker run --rm martlet:dev'
# EXPIRES   when the tokens count no longer, such as 2027-12-31 (never)
# KEEP      lines of the tokens file that go on counting (none)
set -eu

martlet=${MARTLET:-.build/release/martlet}

create() { # NAME ROLE, as "TOKEN LINE"
    set -- tokens create "$1" --role "$2" --json ${EXPIRES:+--expires "$EXPIRES"}
    # shellcheck disable=SC2086 # a command with its words
    $martlet "$@" | sed -n 's/^{"token":"\([^"]*\)","line":"\([^"]*\)"}$/\1 \2/p'
}

secret() { # NAME, WHAT IT HOLDS; the files come from standard input
    cat <<END
---
apiVersion: v1
kind: Secret
metadata:
  name: $1
  namespace: martlet
  labels:
    app.kubernetes.io/part-of: martlet
    martlet-secret: $2
  annotations:
    # Flagger would give the servers a copy, in which a token that was taken away still counts.
    flagger.app/config-tracking: disabled
stringData:
END
    sed 's/^/  /'
}

operator=$(create martlet-train operator)
viewer=$(create prometheus viewer)
# Nothing is written then: an empty Secret would take the tokens that are there away.
if [ -z "$operator" ] || [ -z "$viewer" ]; then
    echo "tokens: '$martlet tokens create' made no token; nothing is changed" >&2
    exit 1
fi

secret martlet-tokens lines <<END
tokens: |
$(printf '%s\n' "${KEEP:-}" "${operator#* }" "${viewer#* }" | sed '/^$/d; s/^/  /')
END
secret martlet-operator-token token <<END
token: ${operator%% *}
END
secret martlet-viewer-token token <<END
token: ${viewer%% *}
haproxy.map: token ${viewer%% *}
END
