// A route handler of Next.js, `app/graphql/route.ts`. It is a function from a Request to a Response, so it is served here
// without Next.js itself.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createYoga } from 'graphql-yoga';
import { useStepUp } from 'stepgate/step-up/yoga';
import { guardedSchema } from './sdl.js';
import { authContext, type Context, type StartServer } from './server.js';

type RouteHandler = (request: Request) => Response | Promise<Response>;

export const nextRoute: StartServer = async (suite) => {
  const yoga = createYoga<object, Context>({
    schema: guardedSchema(suite),
    graphqlEndpoint: '/graphql',
    fetchAPI: { Response },
    context: ({ request }) => ({ presented: suite.present(request.headers.get('x-caller')) }),
    plugins: [useStepUp(authContext)],
    logging: false,
  });
  // In `route.ts`: export { handle as GET, handle as POST }
  const handle: RouteHandler = (request) => yoga.fetch(request, {});

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { headers, status, ...answer } = await asResponse(
      handle(
        new Request(`http://localhost${request.url}`, {
          method: request.method ?? 'GET',
          headers: request.headers as Record<string, string>,
          ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
        }),
      ),
    );
    response.writeHead(status, headers).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
};

async function asResponse(answered: Response | Promise<Response>) {
  const response = await answered;
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  };
}
