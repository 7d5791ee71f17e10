// A client for APIs that accept the tokens of another issuer. The issuer is Keycloak-shaped: its tokens are signed by a local
// key, and a page of the application starts the step-up.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createYoga } from 'graphql-yoga';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createStepgateFetch } from '../../src/client/fetch.ts';
import {
  createIssuerClient,
  finishStepUp,
  type IssuerClientOptions,
  type StepUpElsewhere,
  stepUpInPopup,
} from '../../src/client/issuer.ts';
import { acceptTokens } from '../../src/step-up/issuers/accept-tokens.ts';
import { keycloak } from '../../src/step-up/issuers/index.ts';
import { useStepUp } from '../../src/step-up/yoga.ts';
import { authContextOf, type BankContext, bankSchema } from '../step-up/example-schema.ts';
import { type Issuer, START, startIssuer } from '../step-up/issuers/issuer.ts';

const ID = 'https://id.example.com/realms/shop';
const PAGE = 'https://shop.example.com/step-up';

let issuer: Issuer;
let url: string;
let stop: () => void;
/** How many requests the API has received. */
let received = 0;

beforeAll(async () => {
  issuer = await startIssuer();
  const described = keycloak({
    url: 'https://id.example.com',
    realm: 'shop',
    audience: 'bank',
    levels: { silver: null, gold: 'UNNAMED' },
    stepUp: { url: PAGE },
  });
  const tokens = acceptTokens(
    { ...described, jwksUrl: issuer.jwksUrl },
    { now: () => new Date(START * 1000) },
  );
  const yoga = createYoga<object, BankContext>({
    schema: bankSchema(),
    plugins: [useStepUp(authContextOf)],
    context: async ({ request }) => {
      received += 1;
      const presented = await tokens.present(request.headers.get('authorization'));
      return { caller: () => presented, ran: [] };
    },
    logging: false,
  });
  const server = createServer((request, response) => void yoga(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  stop = () => server.close();
});
beforeEach(() => {
  received = 0;
});
afterEach(() => vi.unstubAllGlobals());
afterAll(async () => {
  stop();
  await issuer[Symbol.asyncDispose]();
});

/** A user of the issuer, whose library returns a new token only when it is asked to renew. */
class User {
  acr = 'silver';
  authTime = START;
  renewals = 0;
  #token: string | null = null;

  readonly accessToken: IssuerClientOptions['accessToken'] = async (renew) => {
    if (renew) this.renewals += 1;
    if (renew || this.#token === null) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      this.#token = await issuer.sign({
        iss: ID,
        aud: 'bank',
        sub: 'user',
        typ: 'Bearer',
        auth_time: this.authTime,
        acr: this.acr,
        jti: `${this.renewals}`,
      });
    }
    return this.#token;
  };

  readonly stepUp = vi.fn(async (_prompt: StepUpElsewhere): Promise<unknown> => {
    this.acr = 'gold';
    return true;
  });
}

async function ask(
  user: Pick<User, 'accessToken'>,
  query: string,
  onStepUp?: IssuerClientOptions['onStepUp'],
): Promise<{ data?: Record<string, unknown>; codes: unknown[] }> {
  const client = createIssuerClient({
    accessToken: user.accessToken,
    ...(onStepUp !== undefined && { onStepUp }),
  });
  return asked(createStepgateFetch(client), query);
}

async function asked(send: typeof fetch, query: string) {
  const headers = { 'content-type': 'application/json' };
  const response = await send(url, { method: 'POST', headers, body: JSON.stringify({ query }) });
  const { data, errors = [] } = (await response.json()) as {
    data?: Record<string, unknown>;
    errors?: { extensions: { code: string } }[];
  };
  return { ...(data && { data }), codes: errors.map(({ extensions }) => extensions.code) };
}

const SEARCH = '{ search(term: "x") }';

describe('a refusal of a token of another issuer', () => {
  test('leads to the page of the application, with what the issuer understands, and then the operation succeeds', async () => {
    const user = new User();
    const { data, codes } = await ask(user, SEARCH, user.stepUp);
    expect([codes, data?.['search']]).toEqual([[], expect.anything()]);
    expect(user.stepUp).toHaveBeenCalledTimes(1);
    expect(user.stepUp.mock.calls[0]?.[0]).toMatchObject({
      url: `${PAGE}?acr_values=gold&max_age=600`,
      requirement: { maxAge: 600, require: 'SECOND_FACTOR' },
    });
  });

  test('is met by a renewed token without a prompt, if the user has stepped up elsewhere', async () => {
    const user = new User();
    await user.accessToken(false);
    user.acr = 'gold';
    expect((await ask(user, SEARCH, user.stepUp)).codes).toEqual([]);
    expect([user.stepUp.mock.calls.length, user.renewals]).toEqual([0, 1]);
  });

  test('prompts once for all operations that are refused at the same time, which are sent with the new token', async () => {
    const user = new User();
    const client = createIssuerClient({ accessToken: user.accessToken, onStepUp: user.stepUp });
    const send = createStepgateFetch(client);
    const answers = await Promise.all(Array.from({ length: 5 }, () => asked(send, SEARCH)));
    expect(answers.flatMap(({ codes }) => codes)).toEqual([]);
    expect([user.stepUp.mock.calls.length, user.renewals]).toEqual([1, 2]);
  });

  test('asks the page for the strictest age of all operations that are refused at the same time', async () => {
    const user = new User();
    const send = createStepgateFetch(
      createIssuerClient({ accessToken: user.accessToken, onStepUp: user.stepUp }),
    );
    const answers = await Promise.all([asked(send, SEARCH), asked(send, 'mutation { close(term: "x") }')]);
    expect(answers.flatMap(({ codes }) => codes)).toEqual([]);
    expect(user.stepUp.mock.calls.map(([{ url: page }]) => page)).toEqual([
      `${PAGE}?acr_values=gold&max_age=120`,
    ]);
  });

  test('is returned if the user does not step up, after one prompt', async () => {
    const user = new User();
    const declined = vi.fn(() => false);
    expect((await ask(user, SEARCH, declined)).codes).toEqual(['STEP_UP_REQUIRED']);
    expect((await ask(user, SEARCH)).codes).toEqual(['STEP_UP_REQUIRED']);
    expect(declined).toHaveBeenCalledTimes(1);
  });

  test('does not loop if the step-up changes nothing', async () => {
    const user = new User();
    expect((await ask(user, SEARCH, () => true)).codes).toEqual(['STEP_UP_REQUIRED']);
    expect(received).toBe(3); // refused, renewed, prompted
  });

  test('of an operation that must be approved by itself is returned, because a page cannot do that', async () => {
    const user = new User();
    const prompted = vi.fn();
    const extensions = { code: 'STEP_UP_REQUIRED', bind: 'OPERATION', stepUpUrl: PAGE };
    const client = createIssuerClient({ accessToken: user.accessToken, onStepUp: prompted });
    const refusal = { errors: [{ message: 'Refused.', extensions }] };
    expect(await client.perform({ kind: 'mutation', query: '' }, async () => refusal)).toBe(refusal);
    expect(prompted).not.toHaveBeenCalled();
  });
});

test('without a token, the request has no credentials and the caller gets the refusal', async () => {
  const { codes } = await ask({ accessToken: () => null }, SEARCH);
  expect(codes).toEqual(['UNAUTHENTICATED']);
  expect(received).toBe(1);
});

describe('a step-up in a popup', () => {
  let hasFocus: boolean;

  function stubWindow(popup: object | null): void {
    hasFocus = false;
    vi.stubGlobal('open', () => popup);
    vi.stubGlobal('close', () => {});
    vi.stubGlobal('document', { hasFocus: () => hasFocus });
  }

  test('is done when its page says so', async () => {
    stubWindow({ closed: false });
    const done = stepUpInPopup(PAGE);
    finishStepUp();
    expect(await done).toBe(true);
  });

  test('is not done if the user closes it, but may hide from its opener', async () => {
    stubWindow({ closed: true });
    const done = stepUpInPopup(PAGE);
    const outcome = vi.fn();
    void done.then(outcome);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(outcome).not.toHaveBeenCalled();
    hasFocus = true;
    expect(await done).toBe(false);
  });

  test('that the browser blocks is an error with a code', async () => {
    stubWindow(null);
    await expect(stepUpInPopup(PAGE)).rejects.toMatchObject({ code: 'POPUP_BLOCKED' });
  });
});
