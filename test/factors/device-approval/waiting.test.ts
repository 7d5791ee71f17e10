// Whoever waits where a request was made, or where a device is enrolled, learns at once what happened on the device, at any
// node.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ApprovingDevice } from '../../../src/cli/demo/approving-device.ts';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { DeviceClient, outcomeOf, requestOn } from '../../harness/device-owner.ts';
import { EventStream } from '../../harness/event-stream.ts';

let app: TestApp;
let other: TestApp;
let client: DeviceClient;

beforeAll(async () => {
  app = await startTestApp();
  other = await startTestApp({}, app.databaseUrl, app.clock);
  client = new DeviceClient(app);
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

/** Waits at the node where the device does not answer. */
const waitFor = (id: string, token?: string) => {
  const query = `subscription ($id: ID!) {
    workflow(id: $id) { status challenge { approvedAt } ... on Enrollment { material } }
  }`;
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return EventStream.open(other.url, { query, variables: { id } }, headers);
};

/** A sign-in that asks the device. */
async function asked() {
  const { device, ...person } = await client.owner();
  const id = await client.halfSignIn({ ...person });
  const { number } = await client.request(id);
  return { id, number, device, request: await requestOn(device) };
}

/** What the stream tells after `act`, much sooner than the time between two reads. */
async function told(stream: EventStream, act: () => Promise<unknown>) {
  await stream.next();
  const startedAt = performance.now();
  await act();
  const event = await stream.next();
  expect(performance.now() - startedAt).toBeLessThan(5000);
  return event?.data.workflow;
}

test('an approval arrives at once', async () => {
  const { id, number, device, request } = await asked();
  await using stream = await waitFor(id);
  const workflow = await told(stream, () => device.approve(request, number));
  expect(workflow).toMatchObject({
    status: 'NEEDS_SECOND_FACTOR',
    challenge: { approvedAt: expect.any(String) },
  });
  expect((await client.finish(id)).status).toBe('COMPLETE');
});

test('a rejection arrives at once and ends the stream', async () => {
  const { id, device, request } = await asked();
  await using stream = await waitFor(id);
  expect(await told(stream, () => device.reject(request))).toMatchObject({ status: 'FAILED' });
  expect(await stream.next()).toBe(null);
});

test('a wrong number arrives at once: there is no request any more', async () => {
  const { id, number, device, request } = await asked();
  await using stream = await waitFor(id);
  const wrong = number === '42' ? '43' : '42';
  const workflow = await told(stream, () => outcomeOf(device.approve(request, wrong)));
  expect(workflow).toMatchObject({ status: 'NEEDS_SECOND_FACTOR', challenge: null });
});

test('a device that is enrolled is shown at once where the enrollment began, and not where another one did', async () => {
  const { accessToken } = await client.signUp();
  const [first, second] = [
    await client.startEnrollment({ factor: 'DEVICE_APPROVAL', label: 'one' }, accessToken),
    await client.startEnrollment({ factor: 'DEVICE_APPROVAL', label: 'two' }, accessToken),
  ];
  await using stream = await waitFor(first.id, accessToken);
  await using unrelated = await waitFor(second.id, accessToken);
  await unrelated.next();
  const { url } = await client.materialOf(first.id, accessToken);
  const workflow = await told(stream, () => ApprovingDevice.enroll(url ?? '', null, app.url));
  expect(workflow.material).toEqual({ enrolledAt: expect.any(String), browser: null });
  expect(unrelated.isIdle).toBe(true);
});
