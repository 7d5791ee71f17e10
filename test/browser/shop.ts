// An application: a page with `stepgate/client`, and an API in which a payment needs a passkey for exactly that payment. The
// page is on localhost, because browsers offer passkeys to secure origins with a name only.
import { execFile } from 'node:child_process';
import { mkdtempDisposable, readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { createYoga } from 'graphql-yoga';
import type * as Client from '../../src/client/index.ts';
import type * as AtProvider from '../../src/client/provider.ts';
import type { ConsumeProof } from '../../src/step-up/bound-proof.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../src/step-up/sdl.ts';
import { type PresentedToken, stepgateTokens } from '../../src/step-up/tokens.ts';
import { useStepUp } from '../../src/step-up/yoga.ts';
import type { TestApp } from '../harness/app.ts';

declare global {
  /** Of the page. */
  var stepgate: typeof Client;
  var atProvider: typeof AtProvider;
  var client: Client.StepgateClient;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export const SHOP_SCHEMA = `
  type Query { hello: String }
  type Mutation {
    pay(amount: Int!, recipient: String!): String
      @stepUp(accept: [PASSKEY], bind: OPERATION, maxAge: 120, describe: "Pay {amount} to {recipient}")
  }`;

export const SHOP_PAGE = `<!doctype html><html lang="en"><title>Shop</title>
<label>Email <input name="email" autocomplete="username webauthn"></label>
<script type="module">
  import * as atProvider from '/provider.js';
  import * as stepgate from '/index.js';
  Object.assign(window, { atProvider, stepgate });
</script></html>`;

interface Context {
  readonly token: string | null;
  readonly presented: PresentedToken;
}

export interface Shop extends AsyncDisposable {
  /** The origin of its page. */
  readonly origin: string;
  /** The payments that were made. */
  readonly paid: string[];
  /** The Stepgate server that its users sign in at. */
  stepgate: TestApp | null;
}

/** It starts before Stepgate, whose configuration names its origin. */
export async function openShop(): Promise<Shop> {
  const scripts = await bundledClient();
  const paid: string[] = [];
  const serveApi = (app: TestApp) => api(app, paid);
  let yoga: ReturnType<typeof api> | null = null;
  const server = createServer((request, response) => {
    if (request.url === '/graphql' && shop.stepgate !== null) {
      yoga ??= serveApi(shop.stepgate);
      void yoga(request, response);
    } else if (scripts.has(request.url ?? '')) {
      response.setHeader('content-type', 'text/javascript').end(scripts.get(request.url ?? ''));
    } else {
      response.setHeader('content-type', 'text/html').end(SHOP_PAGE);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const shop: Shop = {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    paid,
    stepgate: null,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return shop;
}

/** The entries `/index.js` and `/provider.js`, and what they load. */
export async function bundledClient(): Promise<ReadonlyMap<string, string>> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'stepgate-client-'));
  const entries = ['src/client/index.ts', 'src/client/provider.ts'];
  const options = '--format esm --platform browser --external graphql -d'.split(' ');
  await promisify(execFile)('node_modules/.bin/rolldown', [...entries, ...options, folder.path], {
    cwd: ROOT,
  });
  const scripts = new Map<string, string>();
  for (const name of await readdir(folder.path))
    scripts.set(`/${name}`, await readFile(join(folder.path, name), 'utf8'));
  return scripts;
}

function api(app: TestApp, paid: string[]) {
  const tokens = stepgateTokens({
    issuer: 'http://localhost:4000',
    jwksUrl: `${app.url}/.well-known/jwks.json`,
    now: () => app.clock.now(),
  });
  const authContext = ({ presented }: Context) => presented;
  const consumeProof: ConsumeProof<Context> = async ({ token }, digest, { accept, maxAge, require }) => {
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: token ?? '' },
      body: JSON.stringify({
        query: `mutation ($digest: String!, $accept: [FactorKind!], $maxAge: Int, $require: StepUpRequire) {
          consumeOperationProof(digest: $digest, accept: $accept, maxAge: $maxAge, require: $require) }`,
        variables: { digest, accept, maxAge, require },
      }),
    });
    const { data } = (await response.json()) as { data: { consumeOperationProof: boolean } };
    return data.consumeOperationProof;
  };
  const resolvers = {
    Mutation: {
      pay: (_root: unknown, { amount, recipient }: { amount: number; recipient: string }) => {
        paid.push(`${amount} to ${recipient}`);
        return `Paid ${amount} to ${recipient}.`;
      },
    },
  };
  const schema = makeExecutableSchema({ typeDefs: [stepUpTypeDefs(), SHOP_SCHEMA], resolvers });
  return createYoga<object, Context>({
    schema: stepUpTransformer({ authContext })(schema),
    logging: false,
    context: async ({ request }) => {
      const token = request.headers.get('authorization');
      return { token, presented: await tokens.present(token) };
    },
    plugins: [useStepUp<Context>(authContext, { consumeProof })],
  });
}
