// Hono with Yoga as its handler. The same handler runs on Bun, Deno and Workers.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { createYoga } from 'graphql-yoga';
import { Hono } from 'hono';
import { useStepUp } from 'stepgate/step-up/yoga';
import { guardedSchema } from './sdl.js';
import { authContext, type Context, type StartServer } from './server.js';

export const hono: StartServer = async (suite) => {
  const yoga = createYoga<object, Context>({
    schema: guardedSchema(suite),
    context: ({ request }) => ({ presented: suite.present(request.headers.get('x-caller')) }),
    plugins: [useStepUp(authContext)],
    batching: true,
    logging: false,
  });
  const app = new Hono();
  app.on(['GET', 'POST'], '/graphql', ({ req }) => yoga.fetch(req.raw, {}));
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  if (!server.listening) await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
};
