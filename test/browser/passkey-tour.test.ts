// The passkey in the tour, in a real browser: a person runs the tabs in GraphiQL, and the lines of docs/tour.md in the
// console.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { beginVisit, launchChromium, originsOf } from './chromium.ts';
import { Person } from './person.ts';

let app: TestApp;
let browser: Browser;
let url: string;

beforeAll(async () => {
  browser = await launchChromium();
  const port = await freePort();
  // Browsers offer passkeys on this machine by the name localhost, and not by its address.
  url = `http://localhost:${port}`;
  app = await startTestApp({ PORT: String(port), PUBLIC_URL: url });
});
afterAll(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Runs a line of the page in the console, where `copy` is a function of the developer tools. */
async function runInConsole(page: Page, word: 'MATERIAL' | 'REQUEST', value: object): Promise<object> {
  const tour = await readFile(new URL('../../docs/tour.md', import.meta.url), 'utf8');
  const line = tour.split('\n').find((one) => one.includes(`FromJSON(${word})`)) ?? '';
  const code = line.trim().replace(word, JSON.stringify(value));
  return page.evaluate(`(async (copy) => ${code})((copied) => copied)`);
}

test('the passkey of the tour is created in GraphiQL’s page, and signs in without an address', async () => {
  const client = new TestClient(app);
  const { email, accessToken } = await client.signUp();
  const { tokens } = await client.enrollTotp(accessToken);
  const { context, requests, complaints } = await beginVisit(browser);
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const person = new Person(page, url);
  await person.arrive();

  const enrollment = (await person.play(17, { token: tokens.accessToken })).data.startEnrollment;
  expect(enrollment.status).toBe('NEEDS_ENROLLMENT');
  const created = await runInConsole(page, 'MATERIAL', enrollment.material);
  const enrolled = await person.play(18, {
    variables: { workflowId: enrollment.id, proof: { passkey: created } },
    token: tokens.accessToken,
  });
  expect(enrolled.data.attemptFactor.status).toBe('COMPLETE');

  const signIn = (await person.play(19)).data.startSignIn;
  expect(signIn.factors).toEqual([{ factor: 'PASSKEY', needsPreparing: true }]);
  const prepared = (await person.play(20, { variables: { workflowId: signIn.id } })).data.prepareFactor;
  const used = await runInConsole(page, 'REQUEST', prepared.challenge.request);
  const done = await person.play(21, { variables: { workflowId: signIn.id, proof: { passkey: used } } });
  expect(done.data.attemptFactor.status).toBe('COMPLETE');

  const guarded = await person.play(3, { token: done.data.attemptFactor.session.accessToken });
  expect(guarded.errors).toBeUndefined();
  expect(guarded.data.viewer).toMatchObject({
    emailAddresses: [{ address: email }],
    assurance: { level: 'AAL2' },
  });
  expect(originsOf(requests)).toEqual([url]);
  expect(complaints).toEqual([]);
});
