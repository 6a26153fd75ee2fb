# Two stages: the toolchain builds static-stdlib programs, a slim image runs them as nobody.
FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libssl-dev zlib1g-dev libsqlite3-dev make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift Makefile ./
COPY Sources Sources
COPY Tests Tests
RUN make static

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends libssl3 zlib1g libsqlite3-0 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/.build/release/martlet /src/.build/release/martlet-train /usr/local/bin/
USER 65532:65532
EXPOSE 8080
# The root filesystem may be read-only, and so may the registry.
VOLUME ["/registry"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
    CMD ["/usr/local/bin/martlet", "health", "--address", "127.0.0.1:8080"]
ENTRYPOINT ["/usr/local/bin/martlet"]
CMD ["serve", "--registry", "/registry/models.registry", "--listen", "0.0.0.0:8080"]
