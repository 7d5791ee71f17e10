// Hono on Node. `bun.ts`, `deno.ts` and `worker.ts` serve the same app.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { honoApp } from './hono-app.js';
import type { StartServer } from './server.js';

export const hono: StartServer = async (suite) => {
  const server = serve({ fetch: honoApp(suite).fetch, port: 0, hostname: '127.0.0.1' });
  if (!server.listening) await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
};
