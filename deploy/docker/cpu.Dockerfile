# Every service and the command line, on the CPU. Build from the repository's root; see deploy/docker/README.md.
# NODE_IMAGE is Debian with Node 24 and its digest, e.g. docker.io/library/node:24-bookworm-slim@sha256:...
ARG NODE_IMAGE

# Only the package.json files, so that dependencies are reinstalled only when one of them changes.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY package.json package-lock.json ./
COPY apps ./apps
COPY libs ./libs
RUN find . -type f ! -name package.json ! -name package-lock.json -delete

# The dashboard's page; the bundler's binaries are optional packages.
FROM ${NODE_IMAGE} AS page
WORKDIR /app
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY --from=manifests /app ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY tsconfig.base.json ./
COPY deploy/bootstrap ./deploy/bootstrap/
COPY libs/figures ./libs/figures/
COPY apps/dashboard ./apps/dashboard/
RUN ["node", "--input-type=module", "-e", "import { buildPage } from './deploy/bootstrap/page.mjs'; process.exit(buildPage(process.cwd(), process.execPath) ? 0 : 1)"]

FROM ${NODE_IMAGE} AS dependencies
ARG NODE_IMAGE
RUN ["sh", "-c", "case \"$NODE_IMAGE\" in *@sha256:*) ;; *) echo 'NODE_IMAGE must be pinned by its digest' >&2; exit 1 ;; esac"]
WORKDIR /app
# onnxruntime-node's script would fetch CUDA; no other package needs a script.
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY --from=manifests /app ./
# The optional packages are Node itself, which the image has.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
COPY deploy/docker/prune.mjs ./deploy/docker/
RUN node deploy/docker/prune.mjs
# The SBOM, for scanners.
COPY deploy/supply-chain ./deploy/supply-chain/
RUN node deploy/supply-chain/main.ts sbom --image > sbom.cdx.json

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
# No telemetry and no files of onnxruntime's own (SECURITY.md).
ENV ORT_DISABLE_TELEMETRY=1
# Python's memory image: the first process of the execution service builds it for the others.
ENV XDG_CACHE_HOME=/tmp/cache
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=dependencies /app/sbom.cdx.json ./
COPY package.json package-lock.json .nvmrc LICENSE THIRD-PARTY.md ./
COPY libs ./libs
COPY apps ./apps
COPY --from=page /app/apps/dashboard/dist ./apps/dashboard/dist
# Empty, so that volumes mounted here for the first time belong to the services.
RUN install -d -o 10001 -g 10001 /artifacts /runs /state
# This user owns nothing under /app: the root file system may be read-only, with /tmp and the volumes writable.
USER 10001:10001
EXPOSE 9000 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30m --retries=3 \
  CMD ["node", "apps/sipf/src/main.ts", "health", "127.0.0.1:9000"]
ENTRYPOINT ["node", "apps/sipf/src/main.ts"]
CMD ["doctor", "--runs", "/tmp"]
