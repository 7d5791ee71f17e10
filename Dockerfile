# The server alone, without what only development needs: PostgreSQL is a container of its own, and Node is the image's.
# To pin the base by digest, see docs/operating.md.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional && npm run --silent sbom > sbom.cdx.json

# GraphiQL is built with development dependencies. The result is a folder of static files.
FROM ${NODE_IMAGE} AS graphiql
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tools/graphiql tools/graphiql
COPY src src
RUN node tools/graphiql/main.ts

FROM ${NODE_IMAGE}
WORKDIR /app
COPY --from=modules /app/node_modules node_modules
COPY --from=modules /app/sbom.cdx.json /app/package.json ./
COPY --from=graphiql /app/node_modules/.cache/stepgate-graphiql node_modules/.cache/stepgate-graphiql
COPY tools/graphiql tools/graphiql
COPY src src
COPY migrations migrations
ENV NODE_ENV=production HOST=0.0.0.0
USER node
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = 0; fetch(`http${process.env.TLS_CERT ? 's' : ''}://127.0.0.1:${process.env.PORT || 4000}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]
