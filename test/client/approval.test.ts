// The client waits for the approval of a link: at once where events arrive, and by reading where they do not.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OnStepUp, StepUpError } from '../../src/client/index.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { clientOf, codesOf, Network } from './people.ts';

let app: TestApp;
let other: TestApp;
let server: TestClient;

beforeAll(async () => {
  app = await startTestApp({ ACCESS_TOKEN_SECONDS: '3600' });
  other = await startTestApp({}, app.databaseUrl, app.clock);
  server = new TestClient(app);
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

async function linkSignIn(): Promise<{ id: string; token: string }> {
  const { email } = await server.signUp();
  const { id } = await server.startSignIn({ identifier: email });
  await server.prepare(id, 'EMAIL_LINK');
  return { id, token: await server.linkFor(email) };
}

/** A fetch that is told about requests for events before they are sent, and may fail them. */
function onEvents(network: Network, told: () => Promise<void>) {
  return async (url: string, init: RequestInit): Promise<Response> => {
    const response = network.fetch(url, init);
    response.catch(() => {}); // it is aborted
    if (new Headers(init.headers).get('accept') === 'text/event-stream') await told();
    return response;
  };
}

test('an approval at another node arrives in one request', async () => {
  const { id, token } = await linkSignIn();
  const network = new Network();
  const { client } = await clientOf(app, null, {
    fetch: onEvents(network, async () => void (await new TestClient(other).approve(token))),
  });
  const approval = await client.waitForApproval(id);
  expect(approval).toEqual({ status: 'NEEDS_FIRST_FACTOR', approvedAt: expect.any(String) });
  expect(network.sent).toHaveLength(1);
  expect((await server.attempt(id, { linkApproved: true })).status).toBe('COMPLETE');
});

test('where no events arrive, the client reads the workflow until it is approved', async () => {
  const { id, token } = await linkSignIn();
  const network = new Network();
  let tries = 0;
  const { client } = await clientOf(app, null, {
    fetch: onEvents(network, async () => {
      tries += 1;
      if (tries === 2) await server.approve(token);
      throw new TypeError('this network has no streams');
    }),
  });
  expect((await client.waitForApproval(id)).approvedAt).not.toBe(null);
  expect(network.count('query')).toBe(2);
});

test('the waiting ends when the link is rejected, and when the caller stops it', async () => {
  const { id, token } = await linkSignIn();
  const { client } = await clientOf(app, null);
  const stop = new AbortController();
  const stopped = client.waitForApproval(id, stop.signal);
  const over = client.waitForApproval(id);
  stop.abort(new Error('the user went back'));
  await expect(stopped).rejects.toThrow('the user went back');
  await server.graphql('mutation ($token: String!) { rejectLink(token: $token) { __typename } }', { token });
  expect(await over).toEqual({ status: 'EXPIRED', approvedAt: null });
  expect(await client.waitForApproval('x'.repeat(43))).toEqual({ status: 'FAILED', approvedAt: null });
});

test('a step-up is completed by a link that is approved on another device, and cancelled while it waits', async () => {
  const person = await server.signUp();
  const errors: unknown[] = [];
  const onStepUp: OnStepUp = async ({ workflow }) => {
    const { authenticatorId } = workflow.factors.find(({ factor }) => factor === 'EMAIL_LINK') ?? {};
    await workflow.prepare('EMAIL_LINK', authenticatorId ?? null);
    const waiting = workflow.waitForApproval();
    if (errors.length === 0) {
      waiting.catch((error: unknown) => errors.push(error));
      workflow.cancel();
      return;
    }
    await server.approve(await server.linkFor(person.email));
    await waiting;
    expect(workflow.challenge?.approvedAt).not.toBe(null);
    await workflow.attempt({ linkApproved: true });
  };
  app.clock.advance(601);
  const { client } = await clientOf(app, person, { onStepUp });
  const guardedQuery = 'mutation { revokeOtherSessions { __typename } }';
  expect(codesOf(await client.request(guardedQuery))).toEqual(['STEP_UP_REQUIRED']);
  await expect.poll(() => errors).toEqual([expect.any(StepUpError)]);
  app.clock.advance(31);
  expect(codesOf(await client.request(guardedQuery))).toEqual([]);
});
