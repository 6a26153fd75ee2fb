# Two stages: the toolchain builds with the Swift runtime inside, a slim image runs the server as nobody.
FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends binutils curl libssl-dev zlib1g-dev libsqlite3-dev make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift Makefile ./
COPY Sources Sources
COPY Tests Tests
RUN make image

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends libssl3 libsqlite3-0 libstdc++6 zlib1g \
    && rm -rf /var/lib/apt/lists/*
# The server only; the trainer is a program of its own and runs where the data is.
COPY --from=build /src/.build/release/martlet /usr/local/bin/martlet
USER 65532:65532
EXPOSE 8080
# The root filesystem may be read-only, and so may the registry.
VOLUME ["/registry"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
    CMD ["/usr/local/bin/martlet", "health", "--address", "127.0.0.1:8080"]
ENTRYPOINT ["/usr/local/bin/martlet"]
CMD ["serve", "--registry", "/registry/models.registry", "--listen", "0.0.0.0:8080"]
