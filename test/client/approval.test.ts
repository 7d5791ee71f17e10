// The client waits for the approval of a link, or of a request on a device: at once where events arrive, and by reading where they do not.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OnStepUp, StepUpError } from '../../src/client/index.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { DeviceClient, type DeviceOwner, outcomeOf, requestOn } from '../harness/device-owner.ts';
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

/** Handles one step-up of this user with their device. */
async function onDevice(owner: DeviceOwner, onStepUp: OnStepUp): Promise<unknown[]> {
  app.clock.advance(601);
  const { client } = await clientOf(app, owner, { onStepUp });
  return codesOf(await client.request('mutation { revokeOtherSessions { __typename } }'));
}

test('a step-up is completed by an approval on a device, after a wrong number and a second request', async () => {
  const owner = await new DeviceClient(app).owner();
  const seen: unknown[] = [];
  const codes = await onDevice(owner, async ({ workflow }) => {
    for (const isRight of [false, true]) {
      await workflow.prepare('DEVICE_APPROVAL', owner.device.enrolled.deviceId);
      const { number = '' } = (workflow.challenge?.request ?? {}) as { number?: string };
      const waiting = workflow.waitForApproval();
      const wrong = number === '42' ? '43' : '42';
      await outcomeOf(owner.device.approve(await requestOn(owner.device), isRight ? number : wrong));
      await waiting;
      const { status, challenge, factors } = workflow;
      seen.push([status, challenge?.approvedAt ?? null, factors.length > 0]);
      app.clock.advance(31);
    }
    await workflow.attempt({ deviceApproval: true });
  });
  expect(codes).toEqual([]);
  expect(seen).toEqual([
    ['NEEDS_PROOF', null, true],
    ['NEEDS_PROOF', expect.any(String), true],
  ]);
});

test('the waiting for a device ends when the user rejects the request there', async () => {
  const owner = await new DeviceClient(app).owner();
  const { id } = await server.startSignIn({ identifier: owner.email });
  await server.attempt(id, { password: owner.password });
  await server.prepare(id, 'DEVICE_APPROVAL');
  const { client } = await clientOf(app, null);
  const waiting = client.waitForApproval(id);
  await owner.device.reject(await requestOn(owner.device));
  expect(await waiting).toEqual({ status: 'FAILED', approvedAt: null });
});
