// Hono with Yoga as its handler, on any runtime.
import { createYoga } from 'graphql-yoga';
import { Hono } from 'hono';
import type { ConformanceSuite } from 'stepgate/step-up/conformance';
import { useStepUp } from 'stepgate/step-up/yoga';
import { guardedSchema } from './sdl.js';
import { authContext, type Context } from './server.js';

export function honoApp(suite: ConformanceSuite): Hono {
  const yoga = createYoga<object, Context>({
    schema: guardedSchema(suite),
    context: ({ request }) => ({ presented: suite.present(request.headers.get('x-caller')) }),
    plugins: [useStepUp(authContext)],
    batching: true,
    logging: false,
  });
  const app = new Hono();
  app.on(['GET', 'POST'], '/graphql', ({ req }) => yoga.fetch(req.raw, {}));
  return app;
}
