// Client certificates as a factor: enrollment, sign-in, step-up, and what else was tried with them. They arrive through a
// proxy here, which is the local machine. direct-tls.test.ts has the other way.
import 'reflect-metadata'; // before @peculiar/x509
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isRecognised } from '../../../src/factors/certificate/rule.ts';
import type { CertificateName } from '../../../src/policy/certificate-rule.ts';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { PASSWORD, type Person, type Step, TestClient } from '../../harness/client.ts';
import { query } from '../../harness/sql.ts';
import { Authority, type Card, PIV_AUTHENTICATION } from './authority.ts';

const CERTIFICATE = { certificate: true };

let folder: string;
let app: TestApp;
let client: TestClient;
let authority: Authority;
let other: Authority;
let lists: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-certificates-'));
  authority = await Authority.create('Authority');
  other = await Authority.create('Other authority');
  const ca = join(folder, 'ca.pem');
  lists = join(folder, 'lists.pem');
  await writeFile(ca, authority.pem + other.pem);
  await revoke([]);
  app = await startTestApp({
    CLIENT_CA: ca,
    CLIENT_CRL: lists,
    CLIENT_CERT_PROXIES: 'loopback',
    ACCESS_TOKEN_SECONDS: '3600', // longer than a step-up lasts
  });
  client = new TestClient(app);
}, 60_000);
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function revoke(cards: readonly Card[]): Promise<void> {
  await writeFile(lists, (await authority.list(cards)) + (await other.list([])));
}

/** Somebody whose requests carry this certificate. */
const holding = ({ header }: Pick<Card, 'header'>): TestClient =>
  new TestClient(app, { 'client-cert': header });

async function enroll(token: string, card: Card, label?: string): Promise<Step> {
  const { id } = await client.startEnrollment({ factor: 'CERTIFICATE', label }, token);
  return holding(card).attempt(id, CERTIFICATE, token);
}

interface Holder extends Person {
  readonly card: Card;
  readonly backupCodes: readonly string[];
}

/** A user who has enrolled a card. */
async function newHolder(wanted: Parameters<Authority['issue']>[0] = {}): Promise<Holder> {
  const card = await authority.issue(wanted);
  const person = await client.signUp();
  const { session, backupCodes } = await enroll(person.accessToken, card);
  if (session === null) throw new Error('The enrollment did not complete.');
  return { ...person, ...session, card, backupCodes: backupCodes ?? [] };
}

async function startAndAttempt(
  identifier: string,
  card: Card,
): Promise<Step & { readonly workflow: string }> {
  const { id } = await client.startSignIn({ identifier });
  return { ...(await holding(card).attempt(id, CERTIFICATE)), workflow: id };
}

const claimsOf = (step: Step) => decodeJwt<{ acr: string; amr: string[] }>(step.session?.accessToken ?? '');

describe('enrollment', () => {
  test('enrolls the key of the certificate, stores what identifies it, and tells the user', async () => {
    const person = await client.signUp();
    const card = await authority.issue({ subject: 'CN=Jane Doe, O=Acme' });
    const done = await enroll(person.accessToken, card);
    expect(done).toMatchObject({ status: 'COMPLETE', backupCodes: expect.any(Array) });
    expect(claimsOf(done)).toMatchObject({ acr: 'aal2', amr: ['pwd', 'otp', 'pop', 'mfa'] });
    const { data } = await client.graphql(
      '{ viewer { authenticators { factor label } } }',
      {},
      done.session?.accessToken,
    );
    expect(data.viewer.authenticators).toContainEqual({ factor: 'CERTIFICATE', label: 'Jane Doe' });
    const [row] = await query(app.databaseUrl, "select * from authenticator where label = 'Jane Doe'");
    expect(row).toMatchObject({
      secret: expect.stringMatching(/^[\w-]{43}$/),
      data: {
        subject: expect.stringContaining('CN=Jane Doe'),
        issuer: 'CN=Authority',
        expiresAt: card.certificate.notAfter.toISOString(),
      },
    });
    const mail = (await client.inbox()).find(({ to }) => to === person.email);
    expect(mail?.text).toContain('client certificate');
  });

  test('stands behind a step-up, and one that is not finished counts for nothing', async () => {
    const person = await client.signUp();
    const { tokens } = await client.enrollTotp(person.accessToken);
    app.clock.advance(700);
    const started = await client.startEnrollment({ factor: 'CERTIFICATE' }, tokens.accessToken);
    expect(started.status).toBe('NEEDS_PROOF');
    const card = await authority.issue();
    expect(await holding(card).attempt(started.id, CERTIFICATE, tokens.accessToken)).toMatchObject({
      code: 'FACTOR_NOT_OFFERED',
    });
    expect(await startAndAttempt(person.email, card)).toMatchObject({ code: 'PROOF_REJECTED' });
  });

  test('needs a certificate that is accepted, and does not spend an attempt without one', async () => {
    const { accessToken } = await client.signUp();
    const { id } = await client.startEnrollment({ factor: 'CERTIFICATE' }, accessToken);
    for (let attempts = 0; attempts < 7; attempts += 1) {
      expect(await client.attempt(id, CERTIFICATE, accessToken)).toMatchObject({
        code: 'CERTIFICATE_REFUSED',
      });
    }
    const expired = await authority.issue({ from: -9, to: -1 });
    expect(await holding(expired).attempt(id, CERTIFICATE, accessToken)).toMatchObject({
      code: 'CERTIFICATE_REFUSED',
      message: expect.stringContaining('expired'),
    });
    const done = await holding(await authority.issue()).attempt(id, CERTIFICATE, accessToken);
    expect(done.status).toBe('COMPLETE');
  });

  test('one key belongs to one user of a tenant, also when two enroll it at once', async () => {
    const { card, accessToken } = await newHolder();
    expect(await enroll(accessToken, card)).toMatchObject({ code: 'CERTIFICATE_TAKEN' });
    const stranger = await client.signUp();
    expect(await enroll(stranger.accessToken, card)).toMatchObject({ code: 'CERTIFICATE_TAKEN' });

    const shared = await authority.issue();
    const people = await Promise.all([client.signUp(), client.signUp(), client.signUp()]);
    const ends = await Promise.all(people.map((one) => enroll(one.accessToken, shared)));
    expect(ends.filter(({ status }) => status === 'COMPLETE')).toHaveLength(1);
  });

  test('the same key may belong to a user of another tenant', async () => {
    const { card } = await newHolder();
    await query(app.databaseUrl, "insert into tenant (id, created_at) values ('acme', now())");
    const email = `${randomUUID()}@example.com`;
    const signUp = await client.startSignUp({ email, password: PASSWORD, tenant: 'acme' });
    const { session } = await client.attempt(signUp.id, { emailCode: await client.codeFor(email) });
    expect(await enroll(session?.accessToken ?? '', card)).toMatchObject({ status: 'COMPLETE' });
  });
});

describe('a sign-in', () => {
  test('takes a certificate as the second step after a password', async () => {
    const { email, card } = await newHolder();
    const { id } = await client.startSignIn({ identifier: email });
    const second = await client.attempt(id, { password: PASSWORD });
    expect(second).toMatchObject({ status: 'NEEDS_SECOND_FACTOR' });
    expect(second.factors.map(({ factor }) => factor)).toContain('CERTIFICATE');
    expect(claimsOf(await holding(card).attempt(id, CERTIFICATE))).toMatchObject({
      acr: 'aal2',
      amr: ['pwd', 'pop', 'mfa'],
    });
  });

  test('takes a certificate as the first step, after which it wants another category', async () => {
    const { email, card, backupCodes } = await newHolder();
    const step = await startAndAttempt(email, card);
    expect(step).toMatchObject({ status: 'NEEDS_SECOND_FACTOR', session: null });
    const offered = step.factors.map(({ factor }) => factor);
    expect(offered).toContain('PASSWORD');
    expect(offered).not.toContain('BACKUP_CODE');
    expect(await client.attempt(step.workflow, { backupCode: backupCodes[0] })).toMatchObject({
      code: 'FACTOR_NOT_OFFERED',
    });
    expect(await client.attempt(step.workflow, { password: PASSWORD })).toMatchObject({ status: 'COMPLETE' });
  });

  test('is complete after a certificate whose policy says that a PIN was verified', async () => {
    const { email, card } = await newHolder({ policies: [PIV_AUTHENTICATION] });
    const done = await startAndAttempt(email, card);
    // What an API needs that sees only the token: two categories, and how old the factor is.
    const mfa = { u: ['certificate'], a: { certificate: expect.any(Number) } };
    expect(claimsOf(done)).toMatchObject({ acr: 'aal2', amr: ['sc', 'pin', 'mfa'], mfa });
  });

  test('takes a renewed certificate with the same key, and none with another key and the same subject', async () => {
    const { email, card } = await newHolder({ subject: 'CN=Same' });
    const renewed = await authority.issue({ subject: 'CN=Same', keys: card.keys, to: 999 });
    expect(await startAndAttempt(email, renewed)).toMatchObject({ status: 'NEEDS_SECOND_FACTOR' });
    const another = await authority.issue({ subject: 'CN=Same' });
    expect(await startAndAttempt(email, another)).toMatchObject({ code: 'PROOF_REJECTED' });
  });

  test('takes the certificate of no other user', async () => {
    const [jane, john] = [await newHolder(), await newHolder()];
    expect(await startAndAttempt(jane.email, john.card)).toMatchObject({
      code: 'PROOF_REJECTED',
      attemptsRemaining: 4,
    });
  });

  test('with a certificate answers alike for accounts with and without one, and for none', async () => {
    const { email } = await newHolder();
    const { email: without } = await client.signUp();
    const card = await authority.issue();
    const answers = [];
    for (const identifier of [email, without, `${randomUUID()}@example.com`]) {
      const started = await client.startSignIn({ identifier });
      const refused = await client.attempt(started.id, CERTIFICATE);
      const rejected = await holding(card).attempt(started.id, CERTIFICATE);
      answers.push([started.factors, refused, rejected]);
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  test('with foreign certificates never locks the account', async () => {
    const { email, card } = await newHolder();
    const foreign = await authority.issue();
    for (let workflow = 0; workflow < 4; workflow += 1) {
      const { id } = await client.startSignIn({ identifier: email });
      for (let attempt = 0; attempt < 5; attempt += 1) await holding(foreign).attempt(id, CERTIFICATE);
      expect(await holding(card).attempt(id, CERTIFICATE)).toMatchObject({ code: 'WORKFLOW_ENDED' });
    }
    expect(await startAndAttempt(email, card)).toMatchObject({ status: 'NEEDS_SECOND_FACTOR' });
  });

  test('refuses a certificate that was revoked after its enrollment, also in the middle of a sign-in', async () => {
    const { email, card } = await newHolder();
    const { id } = await client.startSignIn({ identifier: email });
    await client.attempt(id, { password: PASSWORD });
    await revoke([card]);
    const refused = await holding(card).attempt(id, CERTIFICATE);
    await revoke([]);
    expect(refused).toMatchObject({
      code: 'CERTIFICATE_REFUSED',
      message: expect.stringContaining('revoked'),
    });
  });

  test('that has collected a certificate ends when its user removes the authenticator', async () => {
    const { email, card, accessToken } = await newHolder();
    const { id } = await client.startSignIn({ identifier: email });
    await holding(card).attempt(id, CERTIFICATE);
    const { data: before } = await client.graphql(
      '{ viewer { authenticators { id factor } } }',
      {},
      accessToken,
    );
    const own = before.viewer.authenticators.find((one: { factor: string }) => one.factor === 'CERTIFICATE');
    const { data } = await client.graphql(
      'mutation ($id: ID!) { removeAuthenticator(id: $id) { __typename } }',
      { id: own.id },
      accessToken,
    );
    expect(data.removeAuthenticator.__typename).not.toMatch(/NotFound/);
    expect(await client.attempt(id, { password: PASSWORD })).toMatchObject({ code: 'WORKFLOW_EXPIRED' });
    expect(await startAndAttempt(email, card)).toMatchObject({ code: 'PROOF_REJECTED' });
    // The key is free again.
    const stranger = await client.signUp();
    expect(await enroll(stranger.accessToken, card)).toMatchObject({ status: 'COMPLETE' });
  });
});

describe('a step-up', () => {
  const CHANGE = `mutation { regenerateBackupCodes { __typename } }`;

  test('is met by a proof with the certificate, and not by its being there', async () => {
    const holder = await newHolder();
    const { accessToken } = holder;
    app.clock.advance(700);
    // The certificate is on the connection of each request, and yet only a proof counts.
    const refused = await holding(holder.card).graphql(CHANGE, {}, accessToken);
    expect(refused.errors[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
    const { id } = await client.startStepUp({ accept: ['CERTIFICATE'] }, accessToken);
    const foreign = await authority.issue();
    expect(await holding(foreign).attempt(id, CERTIFICATE, accessToken)).toMatchObject({
      code: 'PROOF_REJECTED',
    });
    const { session } = await holding(holder.card).attempt(id, CERTIFICATE, accessToken);
    const allowed = await client.graphql(CHANGE, {}, session?.accessToken);
    expect(allowed.errors).toEqual([]);
  });

  test('is not met by a certificate that was proved in a sign-in that did not finish', async () => {
    const holder = await newHolder();
    app.clock.advance(700);
    const { id } = await client.startStepUp({ accept: ['CERTIFICATE'] }, holder.accessToken);
    await startAndAttempt(holder.email, holder.card);
    const { errors } = await client.graphql(CHANGE, {}, holder.accessToken);
    expect(errors[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
    expect(await client.attempt(id, CERTIFICATE, holder.accessToken)).toMatchObject({
      code: 'CERTIFICATE_REFUSED',
    });
  });
});

describe('the header of a proxy', () => {
  test.each([
    ['without colons', (header: string) => header.slice(1, -1)],
    ['twice', (header: string) => `${header}, ${header}`],
    ['with parameters', (header: string) => `${header};a=1`],
    ['cut short', (header: string) => `${header.slice(0, 200)}:`],
    ['with bytes after the certificate', (header: string) => `${header.replace(/=*:$/, '')}AAAA:`],
    ['empty', () => '::'],
    ['in PEM', (header: string) => `-----BEGIN CERTIFICATE-----${header}-----END CERTIFICATE-----`],
  ])('is not believed %s', async (_, change) => {
    const { email, card } = await newHolder();
    const { id } = await client.startSignIn({ identifier: email });
    const header = change(card.header);
    expect(await holding({ header }).attempt(id, CERTIFICATE)).toMatchObject({ code: 'CERTIFICATE_REFUSED' });
  });

  test('is not believed with a page of an origin that may not call the API', async () => {
    const { email, card } = await newHolder();
    const { id } = await client.startSignIn({ identifier: email });
    const browser = (origin: string) => new TestClient(app, { 'client-cert': card.header, origin });
    expect(await browser('https://evil.example.com').attempt(id, CERTIFICATE)).toMatchObject({
      code: 'CERTIFICATE_REFUSED',
    });
    expect(await browser('http://localhost:4000').attempt(id, CERTIFICATE)).toMatchObject({
      status: 'NEEDS_SECOND_FACTOR',
    });
  });

  test('is not believed from an address that is not in CLIENT_CERT_PROXIES', async () => {
    const { email, card } = await newHolder();
    await using strangers = await startTestApp(
      {
        CLIENT_CA: join(folder, 'ca.pem'),
        CLIENT_CERT_PROXIES: '198.51.100.7',
        TRUSTED_PROXIES: 'loopback',
      },
      app.databaseUrl,
      app.clock,
    );
    const forger = new TestClient(strangers, {
      'client-cert': card.header,
      'x-forwarded-for': '198.51.100.7',
    });
    const { id } = await client.startSignIn({ identifier: email });
    expect(await forger.attempt(id, CERTIFICATE)).toMatchObject({ code: 'CERTIFICATE_REFUSED' });
  });
});

describe('a rule of the tenant', () => {
  const setRule = (rules: object[]): Promise<unknown> =>
    query(
      app.databaseUrl,
      `update tenant set certificate_rules = '${JSON.stringify(rules)}' where id = 'default'`,
    );
  const rule = (name: CertificateName, { card }: Authority) => ({ name, issuer: card.node.fingerprint256 });
  const withEmail = (value: string): x509.JsonGeneralNames => [{ type: x509.EMAIL, value }];
  const withUpn = (value: string): x509.JsonGeneralNames => [{ type: x509.UPN, value }];

  afterAll(() => setRule([]));

  test('is off by default: a certificate with the address of a user proves nothing', async () => {
    const { email } = await client.signUp();
    const card = await authority.issue({ names: [...withEmail(email), ...withUpn(email)] });
    expect(await startAndAttempt(email, card)).toMatchObject({ code: 'PROOF_REJECTED' });
  });

  test('recognises a user by the verified address, for this authority and this name only', async () => {
    await setRule([rule('EMAIL', authority), rule('UPN', other)]);
    const { email } = await client.signUp();
    const shouted = email.toUpperCase();
    const outcomeOf = async (by: Authority, names: x509.JsonGeneralNames) =>
      (await startAndAttempt(email, await by.issue({ names }))).status ?? 'REJECTED';
    expect(await outcomeOf(authority, withEmail(shouted))).toBe('COMPLETE');
    expect(await outcomeOf(other, withUpn(email))).toBe('COMPLETE');
    expect(await outcomeOf(authority, withUpn(email))).toBe('REJECTED');
    expect(await outcomeOf(other, withEmail(email))).toBe('REJECTED');
    expect(await outcomeOf(authority, withEmail(`x${email}`))).toBe('REJECTED');
    expect(await outcomeOf(authority, withEmail(`${email}\0.evil.example.com`))).toBe('REJECTED');
    // As a common name, it is not a name that identifies anybody.
    const named = await authority.issue({ subject: `CN=${email}` });
    expect(await startAndAttempt(email, named)).toMatchObject({ code: 'PROOF_REJECTED' });
  });

  test('gives a user with a second factor no way around two categories', async () => {
    await setRule([rule('EMAIL', authority)]);
    const person = await client.signUp();
    await client.enrollTotp(person.accessToken);
    const card = await authority.issue({ names: withEmail(person.email) });
    const step = await startAndAttempt(person.email, card);
    expect(step.status).toBe('NEEDS_SECOND_FACTOR');
    expect(step.factors.map(({ factor }) => factor)).toContain('PASSWORD');
    expect(step.factors.map(({ factor }) => factor)).not.toContain('TOTP');
  });

  test('does not recognise an address that is not verified', async () => {
    await setRule([rule('EMAIL', authority)]);
    const person = await client.signUp();
    await query(
      app.databaseUrl,
      `update email_address set verified_at = null where address = '${person.email}'`,
    );
    const card = await authority.issue({ names: withEmail(person.email) });
    expect(await startAndAttempt(person.email, card)).toMatchObject({ code: 'PROOF_REJECTED' });
    // Nor does it for a user who was found by another identifier.
    const accepted = {
      certificate: card.node,
      issuer: authority.card.node,
      names: { emails: [person.email], principals: [] },
      issuers: [authority.card.node.fingerprint256],
      isPinVerified: false,
    };
    const account = (verified: boolean) => ({
      emails: [{ id: 'e', address: person.email, typed: person.email, verified, owner: null }],
      certificateRules: [rule('EMAIL', authority)],
    });
    expect([true, false].map((verified) => isRecognised(account(verified), accepted))).toEqual([true, false]);
  });

  test('of one tenant says nothing about users of another', async () => {
    await setRule([rule('EMAIL', authority)]);
    await query(app.databaseUrl, "insert into tenant (id, created_at) values ('strict', now())");
    const email = `${randomUUID()}@example.com`;
    const signUp = await client.startSignUp({ email, password: PASSWORD, tenant: 'strict' });
    await client.attempt(signUp.id, { emailCode: await client.codeFor(email) });
    const { id } = await client.startSignIn({ identifier: email, tenant: 'strict' });
    const card = await authority.issue({ names: withEmail(email) });
    expect(await holding(card).attempt(id, CERTIFICATE)).toMatchObject({ code: 'PROOF_REJECTED' });
  });
});

test('without CLIENT_CA, certificates are not on offer', async () => {
  await using plain = await startTestApp({}, app.databaseUrl, app.clock);
  const { email, accessToken, card } = await newHolder();
  const visitor = new TestClient(plain, { 'client-cert': card.header });
  const started = await visitor.startSignIn({ identifier: email });
  expect(started.factors.map(({ factor }) => factor)).not.toContain('CERTIFICATE');
  expect(await visitor.attempt(started.id, CERTIFICATE)).toMatchObject({ code: 'FACTOR_NOT_OFFERED' });
  expect(await visitor.startEnrollment({ factor: 'CERTIFICATE' }, accessToken)).toMatchObject({
    code: 'FACTOR_NOT_ENROLLABLE',
  });
  // Switching it off must not make a password enough.
  expect(await visitor.attempt(started.id, { password: PASSWORD })).not.toMatchObject({ status: 'COMPLETE' });
});
