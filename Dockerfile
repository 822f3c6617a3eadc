# The fleet command as an image: `docker build -t fleet .`, then `docker run fleet peel run --nats-url …`.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json ./
COPY packages ./packages
COPY test/package.json ./test/package.json
RUN npm ci
# Every package but the tests, which the last reference of tsconfig.json builds.
RUN npx --no-install tsc -b packages/cli && npm prune --omit=dev && rm -rf packages/*/src packages/*/*.tsbuildinfo

FROM node:20-bookworm-slim
LABEL org.opencontainers.image.title="fleet" \
      org.opencontainers.image.description="Presence for machines, on NATS JetStream" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app ./
# The user `node` of the base image, as a number, so that Kubernetes can see that it is not root.
USER 1000:1000
ENTRYPOINT ["node", "/app/packages/cli/bin/fleet.js"]
CMD ["--help"]
