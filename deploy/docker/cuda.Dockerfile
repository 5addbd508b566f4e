# Every service and the command line, with onnxruntime's CUDA provider. Build from the repository's root; see README.md.
# NODE_IMAGE as in cpu.Dockerfile. PYTHON_INDEX is a Python registry's index, as pip takes it, which has onnxruntime's CUDA provider
# and the libraries that it links; each is pinned by its hash (libs/inference/src/cuda/wheels.ts). No vendor's image is needed.
ARG NODE_IMAGE

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
RUN ["sh", "-c", "case \"$NODE_IMAGE\" in *@sha256:*) ;; *) echo 'images must be pinned by their digests' >&2; exit 1 ;; esac"]
WORKDIR /app
COPY --from=manifests /app ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
COPY deploy/docker/prune.mjs ./deploy/docker/
RUN node deploy/docker/prune.mjs
# The SBOM, for scanners.
COPY deploy/supply-chain ./deploy/supply-chain/
RUN node deploy/supply-chain/main.ts sbom --image > sbom.cdx.json

# onnxruntime's CUDA provider, beside its own library as links, and what it links.
FROM dependencies AS cuda
ARG PYTHON_INDEX
ENV SIPF_TOOLS=/cuda
COPY libs ./libs
COPY apps ./apps
RUN node apps/sipf/src/main.ts device install cuda --index "$PYTHON_INDEX"
# If a library is missing that the provider links, every service would fail at its start: fail the build instead.
COPY deploy/docker/check-linking.sh ./deploy/docker/
RUN sh deploy/docker/check-linking.sh /cuda/cuda-*

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
ENV SIPF_TOOLS=/cuda
# No telemetry and no files of onnxruntime's own (SECURITY.md).
ENV ORT_DISABLE_TELEMETRY=1
# Python's memory image: the first process of the execution service builds it for the others.
ENV XDG_CACHE_HOME=/tmp/cache
WORKDIR /app
COPY --from=cuda /cuda /cuda
COPY --from=cuda /app/node_modules ./node_modules
COPY --from=dependencies /app/sbom.cdx.json ./
COPY package.json package-lock.json .nvmrc LICENSE THIRD-PARTY.md ./
COPY libs ./libs
COPY apps ./apps
COPY --from=page /app/apps/dashboard/dist ./apps/dashboard/dist
RUN install -d -o 10001 -g 10001 /artifacts /runs /state
USER 10001:10001
EXPOSE 9000 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30m --retries=3 \
  CMD ["node", "apps/sipf/src/main.ts", "health", "127.0.0.1:9000"]
ENTRYPOINT ["node", "apps/sipf/src/main.ts"]
# Prints the execution providers that work, and fails unless CUDA is one of them.
CMD ["doctor", "--runs", "/tmp", "--provider", "cuda"]
