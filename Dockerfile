# The toolchain builds the server with the Swift runtime inside; the image is that and the C
# libraries it needs, nothing else: no shell, no package manager. `make image` lays it out.
FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends binutils curl libsqlite3-dev libssl-dev make zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift Makefile ./
COPY Sources Sources
COPY Tests Tests
RUN make image

FROM scratch
COPY --from=build /src/.build/image/ /
USER 65532:65532
EXPOSE 8080
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
