# One program of the house as an image: docker build --build-arg PACKAGE=shards/time -t shardgate/time .
# All images share the first stage, so that it runs once for the whole house.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
RUN npm install --global --no-fund --no-audit pnpm@12.21.0
WORKDIR /src
COPY pnpm-lock.yaml pnpm-workspace.yaml ./
# Depends on the lockfile alone.
RUN --mount=type=cache,id=pnpm,target=/pnpm-store pnpm fetch --store-dir /pnpm-store
COPY . .
RUN --mount=type=cache,id=pnpm,target=/pnpm-store \
    pnpm install --offline --frozen-lockfile --store-dir /pnpm-store && node scripts/docker/image-files.mjs /out

FROM ${NODE_IMAGE}
ARG PACKAGE=packages/gateway
ARG PORT=9100
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="shardgate ${PACKAGE}" \
      org.opencontainers.image.description="One address for every MCP tool in a homelab" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production HOST=0.0.0.0 PORT=${PORT}
EXPOSE ${PORT}
# A volume that is mounted on a folder of the image takes its owner.
RUN mkdir -p /data/state /data/dynamic && chown -R 1000:1000 /data
COPY --from=build --link /out/${PACKAGE}/ /app/
# As a number, so that a platform can see that it is not root.
USER 1000:1000
WORKDIR /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=3s --retries=3 --start-period=30s --start-interval=500ms CMD ["node", "/app/healthcheck.mjs"]
# No shell in between: signals reach the program. V8's heap follows the container's memory, and undici's parser stays small.
ENTRYPOINT ["node", "--max-old-space-size-percentage=60", "--wasm-tiering-budget=2000000000", "/app/main.mjs"]
# A shard takes no command.
CMD ["serve"]
