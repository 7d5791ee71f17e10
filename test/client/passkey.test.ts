// Passkeys in the client. The browser's functions are replaced by the software authenticator; test/browser/passkey.test.ts
// runs the same in Chromium.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  canAutofillPasskeys,
  createStepgateClient,
  type StepgateClient,
  StepUpError,
} from '../../src/client/index.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, TestClient } from '../harness/client.ts';
import { SoftwareAuthenticator } from '../harness/software-authenticator.ts';
import { query } from '../harness/sql.ts';
import { Browser, openTab } from './browser.ts';
import { AUDIT_EVENTS, clientOf, codesOf } from './people.ts';

let app: TestApp;
let server: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  server = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());
afterEach(() => vi.unstubAllGlobals());

interface Asked {
  // oxlint-disable-next-line typescript/no-explicit-any -- what the client passes on unread
  readonly publicKey: any;
  readonly mediation?: string;
  readonly signal?: AbortSignal;
}

/** A browser with this authenticator. @returns what its functions were called with. */
function browserWith(authenticator: SoftwareAuthenticator, refusal: string | null = null) {
  const asked: Asked[] = [];
  const signals: [name: string, options: object][] = [];
  const answer = (response: () => { readonly id: string }) => async (options: Asked) => {
    asked.push(options);
    if (refusal !== null) throw new DOMException('', refusal);
    options.signal?.throwIfAborted();
    const credential = response.call(options.publicKey);
    return { id: credential.id, toJSON: () => credential };
  };
  const note = (name: string) => async (options: object) => void signals.push([name, options]);
  vi.stubGlobal('navigator', {
    credentials: {
      create: (options: Asked) => answer(() => authenticator.create(options.publicKey))(options),
      get: (options: Asked) => answer(() => authenticator.get(options.publicKey))(options),
    },
  });
  vi.stubGlobal('PublicKeyCredential', {
    parseCreationOptionsFromJSON: (options: object) => ({ ...options }),
    parseRequestOptionsFromJSON: (options: object) => ({ ...options }),
    isConditionalMediationAvailable: async () => true,
    signalUnknownCredential: note('unknown'),
    signalAllAcceptedCredentials: note('accepted'),
    signalCurrentUserDetails: note('details'),
  });
  return { asked, signals };
}

const newKey = (): SoftwareAuthenticator => new SoftwareAuthenticator({ origin: 'http://localhost:4000' });

/** A user who has enrolled a passkey with the client. */
async function holder(
  key = newKey(),
): Promise<{ person: Person; key: SoftwareAuthenticator; client: StepgateClient }> {
  const person = await server.signUp();
  browserWith(key);
  const { client } = await clientOf(app, person);
  const enrollment = await client.enroll({ factor: 'PASSKEY', label: 'Laptop' });
  await enrollment.passkey();
  expect(enrollment.status).toBe('COMPLETE');
  return { person, key, client };
}

const nobody = (): StepgateClient => createStepgateClient({ url: `${app.url}/graphql` });
const failure = (promise: Promise<unknown>): Promise<StepUpError> =>
  promise.then(
    () => expect.unreachable(),
    (error: StepUpError) => error,
  );

describe('an enrollment', () => {
  test('creates a passkey and returns the first backup codes', async () => {
    const person = await server.signUp();
    browserWith(newKey());
    const { client } = await clientOf(app, person);
    const enrollment = await client.enroll({ factor: 'PASSKEY' });
    expect(enrollment.status).toBe('NEEDS_ENROLLMENT');
    expect(enrollment.material).toMatchObject({ rp: { id: 'localhost' } });
    expect((await enrollment.passkey()).backupCodes).toHaveLength(10);
    // The client holds the new tokens, with which nothing is asked for again.
    expect(codesOf(await client.request(AUDIT_EVENTS))).toEqual([]);
  });

  test('whose passkey the server refuses tells the browser to forget it', async () => {
    const person = await server.signUp();
    const key = new SoftwareAuthenticator({ origin: 'http://evil.example' });
    const { signals } = browserWith(key);
    const { client } = await clientOf(app, person);
    const refused = await failure((await client.enroll({ factor: 'PASSKEY' })).passkey());
    expect(refused).toMatchObject({ code: 'PROOF_REJECTED', attemptsRemaining: 4 });
    expect(signals).toEqual([['unknown', { rpId: 'localhost', credentialId: key.passkeys[0]?.id }]]);
  });
});

test('a sign-up with a passkey alone signs the new user in', async () => {
  await query(
    app.databaseUrl,
    `insert into tenant (id, password_use, second_factor, created_at) values ('open', 'OPTIONAL', 'OPTIONAL', now())`,
  );
  browserWith(newKey());
  const client = nobody();
  const signUp = await client.signUp({ tenant: 'open', name: 'Ada' });
  expect(signUp.status).toBe('NEEDS_ENROLLMENT');
  expect((await signUp.passkey()).status).toBe('COMPLETE');
  expect((await client.request('{ viewer { name } }')).data).toEqual({ viewer: { name: 'Ada' } });
});

describe('a sign-in', () => {
  test('without an identifier ends with the session of whoever has the passkey', async () => {
    const { person, key } = await holder();
    const { asked } = browserWith(key);
    const client = nobody();
    const signIn = await client.signIn();
    expect(signIn.status).toBe('NEEDS_FIRST_FACTOR');
    await signIn.passkey();
    expect(signIn.status).toBe('COMPLETE');
    expect(asked).toHaveLength(1);
    expect(asked[0]).not.toHaveProperty('mediation');
    const { data } = await client.request<{ viewer: { emailAddresses: { address: string }[] } }>(
      '{ viewer { emailAddresses { address } } }',
    );
    expect(data?.viewer.emailAddresses).toEqual([{ address: person.email }]);
  });

  test('by autofill waits for the user in the browser, and stops when it is told to', async () => {
    const { key } = await holder();
    const { asked } = browserWith(key);
    expect(await canAutofillPasskeys()).toBe(true);
    const signIn = await nobody().signIn();
    await signIn.passkey({ autofill: true, signal: new AbortController().signal });
    expect(signIn.status).toBe('COMPLETE');
    expect(asked).toMatchObject([{ mediation: 'conditional', signal: expect.any(AbortSignal) }]);
    const stopped = await nobody().signIn();
    const error = await failure(stopped.passkey({ autofill: true, signal: AbortSignal.abort() }));
    expect(error.code).toBe('PASSKEY_CANCELLED');
    expect(stopped.status).toBe('NEEDS_FIRST_FACTOR');
  });

  test('by autofill asks for a new challenge before the old one expires, for as long as the user waits', async () => {
    const { key } = await holder();
    const { asked } = browserWith(key);
    const { get } = (navigator as unknown as { credentials: { get(options: Asked): Promise<unknown> } })
      .credentials;
    vi.stubGlobal('navigator', {
      credentials: {
        async get(options: Asked) {
          if (asked.length > 0) return get(options);
          asked.push(options);
          app.clock.advance(299);
          return new Promise((_resolve, reject) => {
            options.signal?.addEventListener('abort', () => reject(options.signal?.reason));
          });
        },
      },
    });
    const client = createStepgateClient({
      url: `${app.url}/graphql`,
      fetch: async (url, init) => {
        const text = await (await fetch(url, init)).text();
        if (asked.length > 0 || !text.includes('"challenge":{')) return new Response(text);
        const answer = JSON.parse(text);
        const { challenge } = answer.data.prepareFactor;
        challenge.expiresAt = new Date(Date.parse(challenge.sentAt) + 35_100).toISOString();
        return Response.json(answer);
      },
    });
    const signIn = await client.signIn();
    await signIn.passkey({ autofill: true });
    expect(signIn.status).toBe('COMPLETE');
    const challenges = asked.map(({ publicKey }) => publicKey.challenge);
    expect(new Set(challenges).size).toBe(2);
  });

  test('after a password goes on with a passkey as the second factor', async () => {
    const { person, key } = await holder();
    browserWith(key);
    const signIn = await nobody().signIn({ identifier: person.email });
    await signIn.attempt({ password: person.password });
    expect(signIn.status).toBe('NEEDS_SECOND_FACTOR');
    expect((await signIn.passkey()).status).toBe('COMPLETE');
  });
});

test('a sign-in in cookie mode gets its session in cookies, and no token', async () => {
  const { key } = await holder();
  const { asked } = browserWith(key);
  vi.stubGlobal('location', { href: 'http://localhost:4000/' });
  const { client, browser } = openTab(app, new Browser());
  const signIn = await client.signIn();
  await signIn.passkey();
  expect(signIn.status).toBe('COMPLETE');
  expect(asked).toHaveLength(1);
  expect(codesOf(await client.request(AUDIT_EVENTS))).toEqual([]);
  expect(await client.accessToken()).toBeNull();
  expect(browser.seen.join()).not.toMatch(/"(access|refresh)Token":"[^"]/);
});

test('a step-up prompt that asks for a passkey repeats the refused operation', async () => {
  const { person, key } = await holder();
  browserWith(key);
  const onStepUp = vi.fn(async ({ workflow }) => workflow.passkey());
  const { client } = await clientOf(app, person, { onStepUp });
  expect(codesOf(await client.request(AUDIT_EVENTS))).toEqual([]);
  expect(onStepUp).toHaveBeenCalledTimes(1);
});

describe('when the ceremony fails, nothing is sent and the error says why', () => {
  test.each([
    ['NotAllowedError', 'PASSKEY_CANCELLED'],
    ['AbortError', 'PASSKEY_CANCELLED'],
    ['InvalidStateError', 'PASSKEY_EXISTS'],
    ['SecurityError', 'PASSKEY_FAILED'],
  ])('%s: %s', async (name, code) => {
    const person = await server.signUp();
    browserWith(newKey(), name);
    const { client, network } = await clientOf(app, person);
    const error = await failure((await client.enroll({ factor: 'PASSKEY' })).passkey());
    expect(error).toBeInstanceOf(StepUpError);
    expect(error.code).toBe(code);
    expect(network.count('attemptFactor')).toBe(0);
  });

  test('without the functions of the browser: PASSKEY_UNSUPPORTED', async () => {
    expect(await canAutofillPasskeys()).toBe(false);
    expect((await failure((await nobody().signIn()).passkey())).code).toBe('PASSKEY_UNSUPPORTED');
  });
});

describe('the signals to the browser', () => {
  const REMOVE = 'mutation ($id: ID!) { removeAuthenticator(id: $id) { __typename } }';

  test('name the passkeys that are left, and none when none is left', async () => {
    const { key, client } = await holder();
    const second = newKey();
    browserWith(second);
    await (await client.enroll({ factor: 'PASSKEY' })).passkey();
    const { signals } = browserWith(key);
    const ids = [key, second].map(({ passkeys: [passkey] }) => passkey?.id);
    const { data } = await client.request<{ viewer: { authenticators: { id: string; factor: string }[] } }>(
      '{ viewer { authenticators { id factor } } }',
    );
    const passkeys = data?.viewer.authenticators.filter(({ factor }) => factor === 'PASSKEY') ?? [];
    expect(codesOf(await client.request(REMOVE, { id: passkeys[0]?.id }))).toEqual([]);
    await client.signalPasskeys();
    const userId = key.passkeys[0]?.userHandle;
    expect(signals[0]).toEqual([
      'accepted',
      { rpId: 'localhost', userId, allAcceptedCredentialIds: [ids[1]] },
    ]);
    expect(signals[1]).toMatchObject([
      'details',
      { rpId: 'localhost', userId, name: expect.stringContaining('@') },
    ]);
    const { signals: later } = browserWith(second);
    client.promptWith(({ workflow }) => workflow.passkey());
    expect(codesOf(await client.request(REMOVE, { id: passkeys[1]?.id }))).toEqual([]);
    await client.signalPasskeys();
    expect(later[0]).toEqual(['accepted', { rpId: 'localhost', userId, allAcceptedCredentialIds: [] }]);
  });

  test('are not sent when the server does not say which passkeys are left: an empty list would delete all', async () => {
    const { key, client } = await holder();
    const { signals } = browserWith(key);
    await client.signOut();
    await expect(client.signalPasskeys()).rejects.toThrow();
    expect(signals).toEqual([]);
  });
});
