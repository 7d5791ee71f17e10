// Passkeys in Chromium, with a virtual authenticator and `stepgate/client`: the browser's own functions read our options and
// write what the server takes.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type * as Client from '../../src/client/index.ts';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../harness/app.ts';
import { type Person, TestClient } from '../harness/client.ts';
import { runHere } from '../harness/command.ts';
import { query } from '../harness/sql.ts';
import { beginVisit, launchChromium, originsOf, type Visit } from './chromium.ts';
import { openShop, SHOP_SCHEMA, type Shop } from './shop.ts';

let browser: Browser;
let shop: Shop;
let app: TestApp;
let server: TestClient;
let folder: string;
let visits: Visit[] = [];

beforeAll(async () => {
  browser = await launchChromium();
  shop = await openShop();
  folder = await mkdtemp(join(tmpdir(), 'stepgate-shop-'));
  const schema = join(folder, 'shop.graphql');
  await writeFile(schema, SHOP_SCHEMA);
  app = await startTestApp({
    CORS_ORIGINS: shop.origin,
    PASSKEY_ORIGINS: shop.origin,
    API_SCHEMAS: schema,
  });
  shop.stepgate = app;
  server = new TestClient(app);
});
afterAll(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
  await shop?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  for (const { context, requests, complaints } of visits) {
    expect(originsOf(requests).toSorted()).toEqual([app.url, shop.origin].toSorted());
    // Refused operations have the status 401, which Chromium logs.
    expect(complaints.filter((one) => !/status of (401|404)/.test(one))).toEqual([]);
    await context.close();
  }
  visits = [];
});

interface Device {
  readonly page: Page;
  readonly cdp: CDPSession;
  readonly authenticatorId: string;
}

/** Opens the page of the shop in a new browser profile with an authenticator. */
async function openDevice(properties: object = {}): Promise<Device> {
  const visit = await beginVisit(browser);
  visits.push(visit);
  const page = await visit.context.newPage();
  const cdp = await visit.context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      ...properties,
    },
  });
  await page.goto(shop.origin);
  await page.waitForFunction(() => globalThis.stepgate !== undefined);
  await page.evaluate((url) => {
    globalThis.client = stepgate.createStepgateClient({ url });
  }, `${app.url}/graphql`);
  return { page, cdp, authenticatorId };
}

/** Uses the session of a user in the page. */
async function arrive({ page }: Device, { accessToken, refreshToken }: Person): Promise<void> {
  await page.evaluate((grant) => client.setSession(grant), { accessToken, refreshToken });
}

/** Adds a passkey. @returns the status, or the code of the error. */
function enroll({ page }: Device): Promise<string> {
  return page.evaluate(async () => {
    const enrollment = await client.enroll({ factor: 'PASSKEY', label: 'Laptop' });
    return enrollment.passkey().then(
      ({ status }) => status,
      (error: Client.StepUpError) => error.code,
    );
  });
}

/** Signs in without an identifier. @returns the status, or the code of the error. */
function signIn({ page }: Device, options: Client.PasskeyOptions = {}): Promise<string> {
  return page.evaluate(async (given) => {
    const workflow = await client.signIn();
    return workflow.passkey(given).then(
      ({ status }) => status,
      (error: Client.StepUpError) => error.code,
    );
  }, options);
}

function emailOf({ page }: Device): Promise<string | undefined> {
  return page.evaluate(async () => {
    const { data } = await client.request<{ viewer: { emailAddresses: { address: string }[] } }>(
      '{ viewer { emailAddresses { address } } }',
    );
    return data?.viewer.emailAddresses[0]?.address;
  });
}

const passkeysIn = async ({ cdp, authenticatorId }: Device) =>
  (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials;

/** A user who has enrolled a passkey on a device, and is signed out there. */
async function holder(properties: object = {}): Promise<{ device: Device; person: Person }> {
  const person = await server.signUp();
  const device = await openDevice(properties);
  await arrive(device, person);
  expect(await enroll(device)).toBe('COMPLETE');
  await device.page.evaluate(() => client.signOut());
  return { device, person };
}

describe('in Chromium, a passkey', () => {
  test('is created once for each user and device', async () => {
    const person = await server.signUp();
    const device = await openDevice();
    await arrive(device, person);
    expect(await enroll(device)).toBe('COMPLETE');
    expect(await passkeysIn(device)).toMatchObject([{ isResidentCredential: true, rpId: 'localhost' }]);
    expect(await enroll(device)).toBe('PASSKEY_EXISTS');
    expect(await passkeysIn(device)).toHaveLength(1);
  });

  test('signs in without an identifier, from the dialog and from the suggestions of the input field', async () => {
    const { device, person } = await holder();
    expect(await signIn(device)).toBe('COMPLETE');
    expect(await emailOf(device)).toBe(person.email);
    await device.page.evaluate(() => client.signOut());
    expect(await device.page.evaluate(() => stepgate.canAutofillPasskeys())).toBe(true);
    expect(await signIn(device, { autofill: true })).toBe('COMPLETE');
    expect(await emailOf(device)).toBe(person.email);
  });

  test('that is on another device cannot be used, and nothing is sent', async () => {
    await holder();
    const device = await openDevice({ automaticPresenceSimulation: false });
    const result = await device.page.evaluate(async () => {
      const workflow = await client.signIn();
      const code = await workflow.passkey({ signal: AbortSignal.timeout(500) }).catch(({ code }) => code);
      return { code, status: workflow.status };
    });
    expect(result).toEqual({ code: 'PASSKEY_CANCELLED', status: 'NEEDS_FIRST_FACTOR' });
  });

  test('without user verification does not sign in alone, and is a second factor after a password', async () => {
    const { device, person } = await holder({ hasUserVerification: false, isUserVerified: false });
    expect(await signIn(device)).toBe('PASSKEY_CANCELLED');
    const statuses = await device.page.evaluate(async ({ email, password }) => {
      const workflow = await client.signIn({ identifier: email });
      const first = (await workflow.attempt({ password })).status;
      return [first, (await workflow.passkey()).status];
    }, person);
    expect(statuses).toEqual(['NEEDS_SECOND_FACTOR', 'COMPLETE']);
    expect(await emailOf(device)).toBe(person.email);
  });

  test('that cannot verify its user is not used by a request that requires it', async () => {
    const { device, person } = await holder();
    const { cdp, authenticatorId, page } = device;
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    await arrive(device, person);
    const name = await page.evaluate(async () => {
      const workflow = await client.signIn();
      await workflow.prepare('PASSKEY');
      const options = {
        ...(workflow.challenge?.request as object),
        userVerification: 'required',
        timeout: 500,
      };
      // oxlint-disable-next-line typescript/no-explicit-any -- Node's types do not have the browser's
      const { PublicKeyCredential: Credential, navigator } = globalThis as any;
      const publicKey = Credential.parseRequestOptionsFromJSON(options);
      return navigator.credentials.get({ publicKey }).then(
        () => 'answered',
        (error: Error) => error.name,
      );
    });
    expect(name).toBe('NotAllowedError');
  });

  test('that was backed up since is still accepted, and the change is stored', async () => {
    const { device } = await holder({ defaultBackupEligibility: true, defaultBackupState: false });
    const [passkey] = await passkeysIn(device);
    const credentialId = passkey?.credentialId ?? '';
    const id = Buffer.from(credentialId, 'base64').toString('base64url');
    const stored = async () =>
      (
        await query<{ data: object }>(
          app.databaseUrl,
          `select data from authenticator where data ->> 'credentialId' = '${id}'`,
        )
      )[0]?.data;
    expect(await stored()).toMatchObject({ backupEligible: true, backedUp: false });
    const { cdp, authenticatorId } = device;
    await cdp.send('WebAuthn.setCredentialProperties', { authenticatorId, credentialId, backupState: true });
    expect(await signIn(device)).toBe('COMPLETE');
    expect(await stored()).toMatchObject({ backupEligible: true, backedUp: true });
    // Eligibility never changes: another key has answered.
    await cdp.send('WebAuthn.setCredentialProperties', {
      authenticatorId,
      credentialId,
      backupEligibility: false,
      backupState: false,
    });
    expect(await signIn(device)).toBe('PROOF_REJECTED');
  });

  test('disappears from the browser after its removal, and is renamed with its user', async () => {
    const { device } = await holder();
    const { page } = device;
    expect(await signIn(device)).toBe('COMPLETE');
    await page.evaluate(async () => {
      await client.request('mutation { updateName(name: "Ada Lovelace") { __typename } }');
      await client.signalPasskeys();
    });
    await expect.poll(() => passkeysIn(device)).toMatchObject([{ userDisplayName: 'Ada Lovelace' }]);
    await page.evaluate(async () => {
      const { data } = await client.request<{ viewer: { authenticators: { id: string; factor: string }[] } }>(
        '{ viewer { authenticators { id factor } } }',
      );
      const id = data?.viewer.authenticators.find(({ factor }) => factor === 'PASSKEY')?.id;
      await client.request('mutation ($id: ID!) { removeAuthenticator(id: $id) { __typename } }', { id });
      await client.signalPasskeys();
    });
    await expect.poll(() => passkeysIn(device)).toEqual([]);
  });
});

test('a payment is approved by a passkey in Chromium, made once, and proved by the audit log afterwards', async () => {
  const { device, person } = await holder();
  const { page } = device;
  expect(await signIn(device)).toBe('COMPLETE');
  const pay = 'mutation ($amount: Int!, $to: String!) { pay(amount: $amount, recipient: $to) }';
  const result = await page.evaluate(
    async ({ query, variables }) => {
      const shown: (string | null)[] = [];
      client.promptWith(async ({ workflow }) => {
        shown.push(workflow.approves);
        await workflow.passkey();
      });
      const operation = { kind: 'mutation', query, variables, hasOneField: true } as const;
      const answer = await client.perform(operation, async ({ headers }) => {
        const body = JSON.stringify({ query, variables });
        const sent = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body };
        return (await fetch('/graphql', sent)).json() as Promise<{ data?: unknown }>;
      });
      return { answer, shown };
    },
    { query: pay, variables: { amount: 4200, to: 'Grace' } },
  );
  expect(result.answer).toEqual({ data: { pay: 'Paid 4200 to Grace.' } });
  expect(result.shown).toEqual(['Pay 4200 to "Grace"']);
  expect(shop.paid).toEqual(['4200 to Grace']);

  const events = await page.evaluate(async () => {
    const { data } = await client.request<{
      viewer: { id: string; auditEvents: { id: string; type: string }[] };
    }>('{ viewer { id auditEvents { id type } } }');
    return data?.viewer;
  });
  const event = events?.auditEvents.find(({ type }) => type === 'step-up.proof-accepted');
  const environment = { ...TEST_ENVIRONMENT, DATABASE_URL: app.databaseUrl };
  const { code, stdout } = await runHere(['audit', 'prove', event?.id ?? ''], environment);
  expect(code).toBe(0);
  const [passkey] = await passkeysIn(device);
  const credentialId = Buffer.from(passkey?.credentialId ?? '', 'base64').toString('base64url');
  for (const line of [
    `user:                ${events?.id}`,
    `origin:              ${shop.origin}`,
    `credential id:       ${credentialId}`,
    'user verification:   yes',
    'mutation($amount:Int!$to:String!){pay(amount:$amount recipient:$to)}',
    'variables: {"amount":4200,"to":"Grace"}',
    'The signature holds: this key approved this operation with these arguments.',
  ])
    expect(stdout.split('\n')).toContain(line);
  expect(person.email).toBe(await emailOf(device));
});
