// The passkey and the device in the tour, in a real browser: a person runs the tabs in GraphiQL, the lines of
// docs/tour.md in the console, and the page of the device in another browser tab.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { freePort } from '../harness/free-port.ts';
import { beginVisit, launchChromium, originsOf } from './chromium.ts';
import { addAuthenticator, runInConsole } from './passkey-console.ts';
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

test('the passkey of the tour is created in GraphiQL’s page, and signs in without an address', async () => {
  const client = new TestClient(app);
  const { email, accessToken } = await client.signUp();
  const { tokens } = await client.enrollTotp(accessToken);
  const { context, requests, complaints } = await beginVisit(browser);
  const page = await context.newPage();
  await addAuthenticator(page);
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

test('the device of the tour is another browser tab, which approves a sign-in with the number in GraphiQL', async () => {
  const client = new TestClient(app);
  const { email, password, accessToken } = await client.signUp();
  const { context, requests, complaints } = await beginVisit(browser);
  const person = new Person(await context.newPage(), url);
  await person.arrive();

  const enrollment = (await person.play(22, { token: accessToken })).data.startEnrollment;
  expect(enrollment.status).toBe('NEEDS_ENROLLMENT');
  const opened = {
    variables: { workflowId: enrollment.id, proof: { deviceApproval: true } },
    token: accessToken,
  };
  expect((await person.play(23, opened)).data.attemptFactor.code).toBe('DEVICE_NOT_APPROVED');
  const device = await context.newPage();
  await device.goto(enrollment.material.url);
  await device.getByRole('button', { name: 'Yes, use this device' }).click();
  await device.getByRole('heading', { name: 'Almost done' }).waitFor();
  await person.page.bringToFront();
  expect((await person.play(23, opened)).data.attemptFactor.status).toBe('COMPLETE');

  const signIn = (await person.play(8, { variables: { identifier: email } })).data.startSignIn;
  const halfWay = await person.play(9, { variables: { workflowId: signIn.id, proof: { password } } });
  expect(halfWay.data.attemptFactor).toMatchObject({
    status: 'NEEDS_SECOND_FACTOR',
    factors: expect.arrayContaining([expect.objectContaining({ factor: 'DEVICE_APPROVAL' })]),
  });
  const asked = (await person.play(24, { variables: { workflowId: signIn.id } })).data.prepareFactor;
  const approved = { variables: { workflowId: signIn.id, proof: { deviceApproval: true } } };
  expect((await person.play(25, approved)).data.attemptFactor.code).toBe('DEVICE_NOT_APPROVED');
  await device.bringToFront();
  await device.getByLabel('The number that you see there').fill(asked.challenge.request.number);
  await device.getByRole('button', { name: 'Approve', exact: true }).click();
  await device.getByRole('heading', { name: 'Approved', exact: true }).waitFor();
  await person.page.bringToFront();
  const done = (await person.play(25, approved)).data.attemptFactor;
  expect(done.status).toBe('COMPLETE');

  const guarded = await person.play(3, { token: done.session.accessToken });
  expect(guarded.errors).toBeUndefined();
  expect(guarded.data.viewer).toMatchObject({
    emailAddresses: [{ address: email }],
    assurance: { level: 'AAL2' },
  });
  expect(originsOf(requests)).toEqual([url]);
  // A headless Chromium has no push service.
  expect(complaints.filter((one) => !one.includes('does not support the Push API'))).toEqual([]);
});
