# What `cargo xtask images` builds with, on a base of its own; Rust is mounted into it.
ARG BASE
FROM ${BASE}
RUN apt-get update && apt-get install --yes --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
ENV PATH=/opt/rust/bin:$PATH
