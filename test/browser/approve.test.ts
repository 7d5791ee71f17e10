// The page of a device that approves, in a real browser: enrolls it by a scanned address, shows a request, takes the
// number, and answers with a key that cannot be read.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, tokensOf } from '../harness/client.ts';
import { DeviceClient } from '../harness/device-owner.ts';
import { beginVisit, launchChromium, originsOf, type Visit } from './chromium.ts';

const PHONE: BrowserContextOptions = {
  userAgent: 'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36',
  viewport: { width: 360, height: 740 },
  locale: 'en-US',
};
const DESKTOP = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';

let app: TestApp;
let browser: Browser;
let client: DeviceClient;
let visits: Visit[] = [];

/** A device signs the address of the server, so the server has to know it before it starts. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeAll(async () => {
  const port = await freePort();
  browser = await launchChromium();
  app = await startTestApp({ PORT: String(port), PUBLIC_URL: `http://127.0.0.1:${port}` });
  client = new DeviceClient(app);
});
afterAll(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});
/** Checks of every visit: no request to another origin, no token in a URL, no violated policy. */
afterEach(async () => {
  for (const { context, requests, complaints } of visits) {
    expect(originsOf(requests)).toEqual([app.url]);
    for (const request of requests) expect(request.url()).not.toMatch(/[\w-]{43}/);
    // A headless Chromium has no push service.
    expect(complaints.filter((one) => !one.includes('does not support the Push API'))).toEqual([]);
    await context.close();
  }
  visits = [];
});

async function visitor(options: BrowserContextOptions = {}): Promise<Page> {
  const visit = await beginVisit(browser, { ...PHONE, ...options });
  visits.push(visit);
  return visit.context.newPage();
}

const press = (page: Page, name: string): Promise<void> =>
  page.getByRole('button', { name, exact: true }).click();
const hears = (page: Page, heading: string): Promise<void> =>
  page.getByRole('heading', { name: heading, exact: true }).waitFor();

/** A user who scans the code with a phone. */
async function enrolled(options: BrowserContextOptions = {}): Promise<{ person: Person; page: Page }> {
  const person = await client.signUp();
  const { id } = await client.startEnrollment({ factor: 'DEVICE_APPROVAL' }, person.accessToken);
  const { url } = await client.materialOf(id, person.accessToken);
  const page = await visitor(options);
  await page.goto(url ?? '');
  await page.getByRole('button').click();
  await hears(page, 'Almost done');
  await expect.poll(async () => (await client.materialOf(id, person.accessToken))['enrolledAt']).toBeTruthy();
  const done = await client.attempt(id, { deviceApproval: true }, person.accessToken);
  expect(done.status).toBe('COMPLETE');
  await hears(page, 'No requests');
  return { person: { ...person, ...tokensOf(done) }, page };
}

/** A sign-in on a desktop that asks the phone. */
async function asked(person: Person): Promise<{ id: string; number: string }> {
  const id = await client.halfSignIn(person);
  const query =
    'mutation ($id: ID!) { prepareFactor(input: { workflowId: $id, factor: DEVICE_APPROVAL }) { ... on Workflow { challenge { request } } } }';
  const { data } = await client.graphql(query, { id }, undefined, { 'user-agent': DESKTOP });
  return { id, number: data.prepareFactor.challenge.request.number };
}

describe('the page of a device', () => {
  test('enrolls the device after a click, shows who asks, and approves with the typed number', async () => {
    const { person, page } = await enrolled();
    expect(page.url()).toBe(`${app.url}/approve`);
    const { id, number } = await asked(person);
    await hears(page, 'Are you signing in?');
    const details = await page.locator('dl').innerText();
    for (const shown of [person.email, 'Firefox on Windows', '127.0.0.1']) expect(details).toContain(shown);
    expect(await page.locator('main').innerText()).not.toContain(`\n${number}\n`);
    await press(page, 'Approve');
    await page.getByRole('alert').filter({ hasText: 'two digits' }).waitFor();
    expect((await client.finish(id)).code).toBe('DEVICE_NOT_APPROVED');
    await page.getByLabel('The number that you see there').fill(number);
    await press(page, 'Approve');
    await hears(page, 'Approved');
    expect((await client.finish(id)).status).toBe('COMPLETE');
  });

  test('rejects a request, which ends the sign-in', async () => {
    const { person, page } = await enrolled();
    const { id } = await asked(person);
    await hears(page, 'Are you signing in?');
    await press(page, 'No, this was not me');
    await hears(page, 'Rejected');
    expect((await client.state(id)).status).toBe('FAILED');
  });

  test('ends the request after a wrong number, and says so', async () => {
    const { person, page } = await enrolled();
    const { id, number } = await asked(person);
    await page.getByLabel('The number that you see there').fill(number === '42' ? '43' : '42');
    await page.keyboard.press('Enter');
    await hears(page, 'Incorrect number');
    expect((await client.finish(id)).code).toBe('DEVICE_NOT_APPROVED');
  });

  test('keeps its key where no script can read it, and is the same device after a reload', async () => {
    const { person, page } = await enrolled();
    const exported = await page.evaluate(async () => {
      const opening = indexedDB.open('stepgate-approvals', 1);
      await new Promise((resolve) => opening.addEventListener('success', resolve));
      const asking = opening.result.transaction('devices').objectStore('devices').getAll();
      await new Promise((resolve) => asking.addEventListener('success', resolve));
      const key: CryptoKey = asking.result[0].privateKey;
      return crypto.subtle.exportKey('jwk', key).then(
        () => 'exported',
        (error: Error) => error.name,
      );
    });
    expect(exported).toBe('InvalidAccessError');
    await page.reload();
    await hears(page, 'No requests');
    const { id, number } = await asked(person);
    await page.getByLabel('The number that you see there').fill(number);
    await press(page, 'Approve');
    await hears(page, 'Approved');
    expect((await client.finish(id)).status).toBe('COMPLETE');
  });

  test('shows what a bound operation does', async () => {
    const { person, page } = await enrolled();
    const { data } = await client.graphql(
      'mutation ($input: StartStepUpInput!) { startStepUp(input: $input) { ... on StepUp { id approves } ... on UserError { code } } }',
      {
        input: {
          accept: ['DEVICE_APPROVAL'],
          operation: { query: 'mutation { signOut { __typename } }' },
        },
      },
      person.accessToken,
    );
    const { id, approves } = data.startStepUp;
    const { number } = await client.request(id, person.accessToken);
    await hears(page, 'Do you approve this?');
    expect(await page.locator('.approves').innerText()).toBe(approves);
    await page.getByLabel('The number that you see there').fill(number);
    await press(page, 'Approve');
    await hears(page, 'Approved');
    expect((await client.finish(id, person.accessToken)).status).toBe('COMPLETE');
  });

  test('speaks German, and says when a code was used already or a device is not set up', async () => {
    const person = await client.signUp();
    const { id } = await client.startEnrollment({ factor: 'DEVICE_APPROVAL' }, person.accessToken);
    const { url = '' } = await client.materialOf(id, person.accessToken);
    await client.scan(url ?? '');
    const page = await visitor({ locale: 'de-AT' });
    await page.goto(`${app.url}/approve`);
    await hears(page, 'Dieses Gerät ist nicht eingerichtet');
    await page.goto(url ?? '');
    await hears(page, 'Mit diesem Gerät bestätigen?');
    await press(page, 'Ja, dieses Gerät verwenden');
    await hears(page, 'Dieser Code ist nicht mehr gültig');
  });

  test('can be installed, and shows a notification for a push message, whatever is in it', async () => {
    const { page } = await enrolled({ permissions: ['notifications'] });
    const manifest = await (await fetch(`${app.url}/approve.webmanifest`)).json();
    expect(manifest).toMatchObject({ start_url: '/approve', display: 'standalone' });
    const session = await page.context().newCDPSession(page);
    const registered = Promise.withResolvers<string>();
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const [registration] = registrations;
      if (registration !== undefined) registered.resolve(registration.registrationId);
    });
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
    await session.send('ServiceWorker.enable');
    const registrationId = await registered.promise;
    const request = crypto.randomUUID();
    for (const data of [JSON.stringify({ request }), 'not JSON'])
      await session.send('ServiceWorker.deliverPushMessage', { origin: app.url, registrationId, data });
    const tags = () =>
      page.evaluate(async () => {
        const registration = await navigator.serviceWorker.ready;
        return (await registration.getNotifications()).map(({ tag, title }) => `${title} ${tag}`);
      });
    await expect
      .poll(async () => (await tags()).toSorted())
      .toEqual(['Approve a request? ', `Approve a request? ${request}`]);
  });
});
