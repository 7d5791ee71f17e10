// What a forged, stolen, copied, replayed or swapped passkey response does not open.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SoftwareAuthenticator } from '../../../src/cli/demo/software-authenticator.ts';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { type Person, TestClient, tokensOf } from '../../harness/client.ts';
import {
  creationOf,
  enrollPasskey,
  provePasskey,
  requestOf,
  signInWithPasskey,
} from '../../harness/passkeys.ts';
import { query } from '../../harness/sql.ts';

const ORIGIN = 'http://localhost:4000';
const REJECTED = { code: 'PROOF_REJECTED', attemptsRemaining: 4 };

let app: TestApp;
let client: TestClient;
let one: Holder;
let other: Holder;
beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  one = await holder();
  other = await holder();
});
afterAll(() => app[Symbol.asyncDispose]());

interface Holder extends Person {
  readonly key: SoftwareAuthenticator;
  readonly passkeyId: string;
}

async function holder(saying: object = {}): Promise<Holder> {
  const person = await client.signUp();
  const key = new SoftwareAuthenticator({ origin: ORIGIN, ...saying });
  const { id, tokens } = await enrollPasskey(client, person.accessToken, key);
  return { ...person, ...tokens, key, passkeyId: id };
}

/** A sign-in that waits for the answer to its challenge. */
async function challenged(input: object = {}) {
  const { id } = await client.startSignIn(input);
  return { id, request: requestOf(await client.prepare(id, 'PASSKEY')) };
}

async function levelOf(token: string): Promise<string> {
  const { data } = await client.graphql('{ viewer { assurance { level } } }', {}, token);
  return data.viewer.assurance.level;
}

describe('a response is rejected', () => {
  test.each([
    ['of another origin', { origin: 'https://evil.example.com' }],
    ['of another port of the same host', { origin: 'http://localhost:4001' }],
    ['from a frame of another site', { crossOrigin: true }],
    ['for another RP ID', { rpId: 'evil.example.com' }],
    ['to another challenge', { challenge: 'A'.repeat(43) }],
    ['that was made for a registration', { type: 'webauthn.create' }],
    ['without the presence of a user', { userPresent: false }],
    ['whose passkey became eligible for backup', { backupEligible: true }],
    ['that says it is backed up, but cannot be', { backedUp: true }],
    ['with the user handle of somebody else', { userHandle: Buffer.alloc(16).toString('base64url') }],
    ['without a user handle, when only the handle says who it is', { userHandle: null }],
  ])('%s', async (_name, forgery) => {
    const { id, request } = await challenged();
    const proof = { passkey: one.key.get(request, forgery) };
    expect(await client.attempt(id, proof)).toMatchObject(REJECTED);
    // The same passkey and challenge are fine without the forgery.
    expect((await client.attempt(id, { passkey: one.key.get(request) })).status).toBe('COMPLETE');
  });

  test('that another key has signed', async () => {
    const { id, request } = await challenged();
    const stranger = new SoftwareAuthenticator({ origin: ORIGIN });
    stranger.create(creationOf(await client.startEnrollment({ factor: 'PASSKEY' }, other.accessToken)));
    const signWith = stranger.passkeys[0]?.privateKey;
    expect(
      await client.attempt(id, { passkey: one.key.get(request, signWith ? { signWith } : {}) }),
    ).toMatchObject(REJECTED);
  });

  test('whose flags were changed after it was signed: user verification is set or cleared', async () => {
    for (const userVerified of [true, false]) {
      const { id, request } = await challenged();
      const response = one.key.get(request, { userVerified: !userVerified });
      const data = Buffer.from(response.response.authenticatorData, 'base64url');
      data[32] = (data[32] ?? 0) ^ 0x04;
      const tampered = {
        ...response,
        response: { ...response.response, authenticatorData: data.toString('base64url') },
      };
      expect(await client.attempt(id, { passkey: tampered })).toMatchObject(REJECTED);
    }
  });

  test('whose counter was raised after it was signed, and nobody is told of a copy', async () => {
    const { id, request } = await challenged();
    const response = one.key.get(request);
    const data = Buffer.from(response.response.authenticatorData, 'base64url');
    data.writeUInt32BE(0, 33);
    const tampered = {
      ...response,
      response: { ...response.response, authenticatorData: data.toString('base64url') },
    };
    expect(await client.attempt(id, { passkey: tampered })).toMatchObject(REJECTED);
    expect((await client.inbox()).filter((it) => it.subject.includes('copied'))).toEqual([]);
  });

  test('of a passkey that nobody has enrolled', async () => {
    const { id, request } = await challenged();
    const stranger = new SoftwareAuthenticator({ origin: ORIGIN });
    stranger.create(creationOf(await client.startEnrollment({ factor: 'PASSKEY' }, other.accessToken)));
    expect(await client.attempt(id, { passkey: stranger.get(request) })).toMatchObject(REJECTED);
  });

  test('of another user, after an identifier and as the second step', async () => {
    const first = await challenged({ identifier: one.email });
    expect(await client.attempt(first.id, { passkey: other.key.get(first.request) })).toMatchObject(REJECTED);
    const { id } = await client.startSignIn({ identifier: one.email });
    await client.attempt(id, { password: one.password });
    const request = requestOf(await client.prepare(id, 'PASSKEY'));
    const passkey = other.key.passkeys[0];
    expect(
      await client.attempt(id, { passkey: other.key.get(request, passkey ? { passkey } : {}) }),
    ).toMatchObject(REJECTED);
  });

  test('of another tenant’s user', async () => {
    await query(app.databaseUrl, "insert into tenant (id, created_at) values ('acme', now())");
    const { id, request } = await challenged({ tenant: 'acme' });
    expect(await client.attempt(id, { passkey: one.key.get(request) })).toMatchObject(REJECTED);
  });

  test('without a challenge, and after the challenge has expired', async () => {
    const { id } = await client.startSignIn({});
    const { request } = await challenged();
    expect(await client.attempt(id, { passkey: one.key.get(request) })).toMatchObject(REJECTED);
    const late = await challenged();
    app.clock.advance(301);
    expect(await client.attempt(late.id, { passkey: one.key.get(late.request) })).toMatchObject(REJECTED);
  });
});

describe('a response serves once', () => {
  test('not in another workflow, of the same user or of another', async () => {
    const [a, b] = [await challenged(), await challenged()];
    const response = one.key.get(a.request);
    expect(await client.attempt(b.id, { passkey: response })).toMatchObject(REJECTED);
    const theirs = await challenged({ identifier: other.email });
    expect(await client.attempt(theirs.id, { passkey: response })).toMatchObject(REJECTED);
    expect((await client.attempt(a.id, { passkey: response })).status).toBe('COMPLETE');
  });

  test('not again in the same workflow: a sign-in that goes on keeps no challenge', async () => {
    const weak = await holder({ userVerified: false });
    const { id, request } = await challenged();
    const response = weak.key.get(request);
    expect((await client.attempt(id, { passkey: response })).status).toBe('NEEDS_SECOND_FACTOR');
    expect((await client.attempt(id, { passkey: response })).code).toBe('FACTOR_NOT_OFFERED');
  });

  test('of two parallel uses of one challenge, one wins', async () => {
    const { id, request } = await challenged();
    const responses = Array.from({ length: 4 }, () => one.key.get(request));
    const steps = await Promise.all(responses.map((passkey) => client.attempt(id, { passkey })));
    expect(steps.filter(({ status }) => status === 'COMPLETE')).toHaveLength(1);
    const { rows } = { rows: await query(app.databaseUrl, 'select 1 from session where revoked_at is null') };
    expect(rows.length).toBeGreaterThan(0);
  });

  test('of two workflows that are answered with the same counter, one wins', async () => {
    const [a, b] = [await challenged(), await challenged()];
    const counter = (one.key.passkeys[0]?.counter ?? 0) + 1;
    const [x, y] = [a, b].map(({ request }) => one.key.get(request, { counter }));
    const steps = await Promise.all([
      client.attempt(a.id, { passkey: x }),
      client.attempt(b.id, { passkey: y }),
    ]);
    expect(steps.filter(({ status }) => status === 'COMPLETE')).toHaveLength(1);
  });

  test('a registration does not sign in, and a sign-in does not register', async () => {
    const { id, request } = await challenged();
    const started = await client.startEnrollment({ factor: 'PASSKEY' }, one.accessToken);
    const fresh = new SoftwareAuthenticator({ origin: ORIGIN });
    const registration = fresh.create(creationOf(started));
    expect(await client.attempt(id, { passkey: registration })).toMatchObject(REJECTED);
    const { challenge } = creationOf(started);
    const assertion = one.key.get({ ...request, challenge });
    expect(await client.attempt(started.id, { passkey: assertion }, one.accessToken)).toMatchObject(REJECTED);
    const asRegistration = fresh.create(creationOf(started), { type: 'webauthn.get' });
    expect(await client.attempt(started.id, { passkey: asRegistration }, one.accessToken)).toMatchObject({
      code: 'PROOF_REJECTED',
    });
  });
});

describe('an enrollment', () => {
  test('takes no registration of another enrollment, of the same user or of another', async () => {
    const mine = await client.startEnrollment({ factor: 'PASSKEY' }, one.accessToken);
    const again = await client.startEnrollment({ factor: 'PASSKEY' }, one.accessToken);
    const theirs = await client.startEnrollment({ factor: 'PASSKEY' }, other.accessToken);
    const response = new SoftwareAuthenticator({ origin: ORIGIN }).create(creationOf(mine));
    expect(await client.attempt(again.id, { passkey: response }, one.accessToken)).toMatchObject(REJECTED);
    expect(await client.attempt(theirs.id, { passkey: response }, other.accessToken)).toMatchObject(REJECTED);
    expect((await client.attempt(mine.id, { passkey: response }, one.accessToken)).status).toBe('COMPLETE');
  });

  test.each([
    ['of another origin', { origin: 'https://evil.example.com' }],
    ['from a frame of another site', { crossOrigin: true }],
    ['for another RP ID', { rpId: 'evil.example.com' }],
    ['without the presence of a user', { userPresent: false }],
  ])('takes no registration %s', async (_name, forgery) => {
    const started = await client.startEnrollment({ factor: 'PASSKEY' }, one.accessToken);
    const response = new SoftwareAuthenticator({ origin: ORIGIN }).create(creationOf(started), forgery);
    expect(await client.attempt(started.id, { passkey: response }, one.accessToken)).toMatchObject(REJECTED);
  });

  test('takes no passkey that somebody else in the tenant has, nor one that the user has', async () => {
    const started = await client.startEnrollment({ factor: 'PASSKEY' }, other.accessToken);
    const mine = await client.startEnrollment({ factor: 'PASSKEY' }, one.accessToken);
    const key = new SoftwareAuthenticator({ origin: ORIGIN });
    const response = key.create(creationOf(mine));
    expect((await client.attempt(mine.id, { passkey: response }, one.accessToken)).status).toBe('COMPLETE');
    const copied = forge(response, creationOf(started).challenge);
    expect((await client.attempt(started.id, { passkey: copied }, other.accessToken)).code).toBe('CONFLICT');
    const again = await client.startEnrollment({ factor: 'PASSKEY' }, one.accessToken);
    const twice = forge(response, creationOf(again).challenge);
    expect(await client.attempt(again.id, { passkey: twice }, one.accessToken)).toMatchObject(REJECTED);
  });

  test('a forged flag of user verification in a registration counts for nothing in its session', async () => {
    const person = await client.signUp();
    const key = new SoftwareAuthenticator({ origin: ORIGIN });
    const { tokens } = await enrollPasskey(client, person.accessToken, key, { userVerified: true });
    const { data } = await client.graphql(
      '{ viewer { assurance { evidence { factor categories } } } }',
      {},
      tokens.accessToken,
    );
    expect(data.viewer.assurance.evidence).toContainEqual({ factor: 'PASSKEY', categories: ['POSSESSION'] });
  });

  test('a passkey that was not proved signs nobody in', async () => {
    const started = await client.startEnrollment({ factor: 'PASSKEY' }, one.accessToken);
    const key = new SoftwareAuthenticator({ origin: ORIGIN });
    key.create(creationOf(started));
    expect(await signInWithPasskey(client, key)).toMatchObject(REJECTED);
  });

  test('an unasked attestation is neither read nor stored', async () => {
    const started = await client.startEnrollment({ factor: 'PASSKEY' }, one.accessToken);
    const key = new SoftwareAuthenticator({ origin: ORIGIN });
    const response = key.create(creationOf(started), {
      attestation: 'self',
      signWith: other.key.passkeys[0]?.privateKey,
    } as object);
    expect((await client.attempt(started.id, { passkey: response }, one.accessToken)).status).toBe(
      'COMPLETE',
    );
  });
});

/** The registration of the same credential for another challenge, as `none` attestation lets anybody do. */
function forge(response: ReturnType<SoftwareAuthenticator['create']>, challenge: string): object {
  const clientData = JSON.stringify({
    type: 'webauthn.create',
    challenge,
    origin: ORIGIN,
    crossOrigin: false,
  });
  const clientDataJSON = Buffer.from(clientData).toString('base64url');
  return { ...response, response: { ...response.response, clientDataJSON } };
}

describe('a counter that went back', () => {
  test('refuses the passkey, is recorded, and the user is told; the next right use is fine', async () => {
    const copied = await holder();
    expect((await signInWithPasskey(client, copied.key, { counter: 10 })).status).toBe('COMPLETE');
    expect(await signInWithPasskey(client, copied.key, { counter: 10 })).toMatchObject(REJECTED);
    expect(await signInWithPasskey(client, copied.key, { counter: 3 })).toMatchObject(REJECTED);
    const mails = (await client.inbox()).filter(({ to }) => to === copied.email);
    expect(
      mails.filter(({ subject }) => subject === 'One of your passkeys may have been copied'),
    ).toHaveLength(2);
    const events = await query(
      app.databaseUrl,
      "select factor from audit_event e join email_address a using (user_id) where type = 'passkey.counter-went-back' and a.address = $1",
      [copied.email],
    );
    expect(events).toEqual([{ factor: 'PASSKEY' }, { factor: 'PASSKEY' }]);
    expect((await signInWithPasskey(client, copied.key, { counter: 11 })).status).toBe('COMPLETE');
  });

  test('a passkey whose counter stays 0 is fine', async () => {
    const synced = await holder({ backupEligible: true, backedUp: true });
    for (const backedUp of [true, false])
      expect((await signInWithPasskey(client, synced.key, { counter: 0, backedUp })).status).toBe('COMPLETE');
    const [row] = await query<{ data: object }>(
      app.databaseUrl,
      'select data from authenticator where id = $1',
      [synced.passkeyId],
    );
    expect(row?.data).toMatchObject({ counter: 0, backupEligible: true, backedUp: false });
  });
});

describe('a passkey that is removed', () => {
  const remove = (holder_: Holder) =>
    client.graphql(
      'mutation ($id: ID!) { removeAuthenticator(id: $id) { __typename } }',
      { id: holder_.passkeyId },
      holder_.accessToken,
    );

  test('between the challenge and the answer signs nobody in', async () => {
    const gone = await holder();
    const { id, request } = await challenged();
    await remove(gone);
    expect(await client.attempt(id, { passkey: gone.key.get(request) })).toMatchObject(REJECTED);
  });

  test('after it was the first step ends the sign-in, although it began without an identifier', async () => {
    const gone = await holder({ userVerified: false });
    const { id, request } = await challenged();
    expect((await client.attempt(id, { passkey: gone.key.get(request) })).status).toBe('NEEDS_SECOND_FACTOR');
    await remove(gone);
    expect((await client.attempt(id, { password: gone.password })).code).toBe('WORKFLOW_EXPIRED');
  });
});

describe('what is not the JSON of a passkey', () => {
  test.each([
    ['a string', 'x'],
    ['a list', []],
    ['an empty object', {}],
    ['no base64url', { id: '!', rawId: '!', type: 'public-key', response: {} }],
    [
      'a response without data',
      { id: 'AAAA', rawId: 'AAAA', type: 'public-key', response: { clientDataJSON: 'AAAA' } },
    ],
  ])('%s is an input error and costs no attempt', async (_name, passkey) => {
    const { id, request } = await challenged();
    const wrong = await client.attempt(id, { passkey });
    expect(wrong).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'proof.passkey' }] });
    expect((await client.attempt(id, { passkey: one.key.get(request) })).status).toBe('COMPLETE');
  });

  test('bytes that mean nothing are a rejected proof, never an error of the server', async () => {
    const { id, request } = await challenged();
    const good = one.key.get(request);
    const bad = [
      { ...good.response, clientDataJSON: 'AAAA' },
      { ...good.response, authenticatorData: 'AAAA' },
      { ...good.response, signature: 'AAAA' },
      { ...good.response, clientDataJSON: Buffer.from('null').toString('base64url') },
    ];
    for (const response of bad)
      expect((await client.attempt(id, { passkey: { ...good, response } })).code).toBe('PROOF_REJECTED');
    const started = await client.startEnrollment({ factor: 'PASSKEY' }, one.accessToken);
    const made = new SoftwareAuthenticator({ origin: ORIGIN }).create(creationOf(started));
    for (const attestationObject of ['AAAA', 'oA', Buffer.alloc(300, 0xa1).toString('base64url')])
      expect(
        (
          await client.attempt(
            started.id,
            { passkey: { ...made, response: { ...made.response, attestationObject } } },
            one.accessToken,
          )
        ).code,
      ).toBe('PROOF_REJECTED');
    expect(app.log.filter((line) => line.includes('"level":50'))).toEqual([]);
  });
});

test('a step-up with another passkey than that of the session is fine, with that of another user not', async () => {
  app.clock.advance(61);
  const { accessToken } = tokensOf(await signInWithPasskey(client, one.key));
  const { id } = await client.startStepUp({ accept: ['PASSKEY'] }, accessToken);
  const passkey = other.key.passkeys[0];
  expect(await provePasskey(client, id, other.key, passkey ? { passkey } : {}, accessToken)).toMatchObject(
    REJECTED,
  );
  expect((await provePasskey(client, id, one.key, {}, accessToken)).status).toBe('COMPLETE');
  expect(await levelOf(accessToken)).toBe('AAL2');
});

test('no challenge, public key or credential id is in a snapshot or a log line', async () => {
  const canary = await holder();
  const { id, request } = await challenged();
  await client.attempt(id, { passkey: canary.key.get(request) });
  const credential = canary.key.passkeys[0]?.id ?? randomUUID();
  const snapshots = JSON.stringify(await query(app.databaseUrl, 'select snapshot from workflow'));
  for (const secret of [request.challenge, credential]) {
    expect(snapshots).not.toContain(secret);
    expect(app.log.join('\n')).not.toContain(secret);
  }
});
