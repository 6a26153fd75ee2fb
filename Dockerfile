# SPDX-License-Identifier: Apache-2.0
# The toolchain builds the programs with the Swift runtime inside; an image is those and the C
# libraries they need, laid out by `make image` and `make image-trainer`, nothing else: no package
# manager, and in the server's no shell.
#
#   docker build --tag martlet .
#   docker build --tag martlet-trainer --target trainer .
#   docker build --target files --output .build/release-files .
FROM swift:6.3-bookworm@sha256:7060a792f4cd9eaa0d00826d941cec00ab8d252d33b8b28bc8e105f51f2dba73 AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# Versions are the base image's: what is copied from here is libraries of that Debian.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends binutils busybox-static ca-certificates curl \
        libsqlite3-dev libssl-dev make openssl python3 zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift Makefile ./
COPY Sources Sources
COPY Tests Tests
COPY Benchmarks Benchmarks
COPY deploy deploy
COPY LICENSE ./
# What the bills of materials tell of the sources: here is no git.
ARG SOURCE_COMMIT=
ARG SOURCE_DATE_EPOCH=0
RUN make release

# What is published beside the images: archive and bills of materials.
FROM scratch AS files
COPY --from=build /src/.build/release-files/ /

# Jobs: training that ends in a rollout, backups.
FROM scratch AS trainer
COPY --from=build /src/.build/image-trainer/ /
USER 65532:65532
# A job is watched by its exit status.
HEALTHCHECK NONE
ENTRYPOINT ["/usr/local/bin/martlet-train"]

FROM scratch AS server
COPY --from=build /src/.build/image/ /
USER 65532:65532
EXPOSE 8080 9090
# The root file system may be read-only, and so may the registry.
VOLUME ["/registry"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
    CMD ["/usr/local/bin/martlet", "health", "--address", "127.0.0.1:8080"]
ENTRYPOINT ["/usr/local/bin/martlet"]
# Administration is for who may enter the container (docker exec, kubectl port-forward). To reach it
# from elsewhere mount a tokens file and replace the last two words (docs/access.md).
CMD ["serve", "--registry", "/registry/models.registry", "--listen", "0.0.0.0:8080", \
    "--admin-listen", "127.0.0.1:9090"]
