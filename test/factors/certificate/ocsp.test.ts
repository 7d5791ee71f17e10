// What an OCSP responder says of a client certificate, and what somebody else says in its place.
import 'reflect-metadata'; // before @peculiar/x509
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClientCertificates } from '../../../src/factors/certificate/client-certificates.ts';
import { createLog } from '../../../src/platform/log.ts';
import { startTestApp } from '../../harness/app.ts';
import { TestClient } from '../../harness/client.ts';
import { Authority, type Card, CLIENT_AUTH } from './authority.ts';
import { Responder, refusalOf, type Saying, send } from './responder.ts';

const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';
const ANY_PURPOSE = '2.5.29.37.0';
const UNKNOWN = 'cannot find out whether your certificate has been revoked';
const REVOKED = 'has been revoked';
let logged: string[] = [];
const log = createLog('warn', { write: (line) => logged.push(line) });
const inSeconds = (seconds: number): Date => new Date(Date.now() + seconds * 1000);

let folder: string;
let root: Authority;
let issuing: Authority;
let responder: Responder;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-ocsp-'));
  root = await Authority.create('Root');
  issuing = await Authority.create('Issuing', {}, root);
  responder = await new Responder(issuing.card).listen();
  await writeFile(join(folder, 'ca.pem'), root.pem + issuing.pem);
});
afterAll(async () => {
  await responder[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Certificates of which nothing has been asked yet. */
function opened(ocspUrl = `${responder.url}/ocsp`, crl: readonly string[] = []): Promise<ClientCertificates> {
  const ocsp = { url: ocspUrl, mayBeInsecure: true, mayBePrivate: true };
  return ClientCertificates.open({ ca: [join(folder, 'ca.pem')], crl, ocsp, pinPolicies: [] }, log);
}

/** Undefined when the certificate is accepted, and otherwise why not. */
async function refusal(
  certificates: ClientCertificates,
  { node }: Card,
  now = new Date(),
): Promise<string | undefined> {
  return certificates.accept({ certificate: node, isTrusted: true }, now).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

/** What a new server makes of this response. */
async function madeOf(wanted: Partial<Saying>, card?: Card): Promise<string | undefined> {
  responder.says(issuing.card, wanted);
  return refusal(await opened(), card ?? (await issuing.issue()));
}

describe('a certificate', () => {
  test('that the responder calls good is accepted without a revocation list', async () => {
    expect(await madeOf({})).toBeUndefined();
    expect(responder.requests).toMatchObject([
      { method: 'POST', path: '/ocsp', headers: { 'content-type': 'application/ocsp-request' } },
    ]);
  });

  test('that the responder calls revoked is refused', async () => {
    expect(await madeOf({ status: 'revoked' })).toContain(REVOKED);
  });

  test('that the responder does not know is refused', async () => {
    expect(await madeOf({ status: 'unknown' })).toContain(UNKNOWN);
  });

  test('that is not valid otherwise makes the server ask nothing', async () => {
    responder.says(issuing.card);
    const certificates = await opened();
    const stranger = await (await Authority.create('Issuing', {}, root)).issue();
    expect(await refusal(certificates, stranger)).toContain('trusts');
    expect(await refusal(certificates, await issuing.issue({ to: -0.5 }))).toContain('expired');
    const card = await issuing.issue();
    await expect(
      certificates.accept({ certificate: card.node, isTrusted: false }, new Date()),
    ).rejects.toThrow('trusts');
    expect(responder.requests).toHaveLength(0);
  });

  test('on a revocation list is refused, whatever the responder says', async () => {
    const card = await issuing.issue();
    const crl = join(folder, 'lists.pem');
    await writeFile(crl, (await root.list([])) + (await issuing.list([card])));
    responder.says(issuing.card);
    expect(await refusal(await opened(responder.url, [crl]), card)).toContain(REVOKED);
    expect(await refusal(await opened(responder.url, [crl]), await issuing.issue())).toBeUndefined();
  });
});

describe('a response', () => {
  test('that is out of date, or from the future, is not believed', async () => {
    const past = { thisUpdate: inSeconds(-7200), nextUpdate: inSeconds(-1) };
    expect(await madeOf(past)).toContain(UNKNOWN);
    expect(await madeOf({ thisUpdate: inSeconds(300) })).toContain(UNKNOWN);
    // The clocks of two machines differ a little.
    expect(await madeOf({ thisUpdate: inSeconds(20) })).toBeUndefined();
  });

  test('that does not say when the next is due counts for some minutes', async () => {
    expect(await madeOf({ nextUpdate: null })).toBeUndefined();
    expect(await madeOf({ nextUpdate: null, thisUpdate: inSeconds(-400) })).toContain(UNKNOWN);
  });

  test('from before the revocation, played again, counts until it is out of date', async () => {
    const card = await issuing.issue();
    expect(await madeOf({ nonce: 'none', nextUpdate: inSeconds(60) }, card)).toBeUndefined();
    let old: Buffer | undefined;
    responder.says(issuing.card, { nonce: 'none', nextUpdate: inSeconds(60) });
    responder.answer = (response, der) => {
      old ??= der;
      send(response, old);
    };
    expect(await refusal(await opened(), card)).toBeUndefined();
    expect(await refusal(await opened(), card, inSeconds(61))).toContain(UNKNOWN);
    expect(responder.requests).toHaveLength(2);
  });

  test('with a nonce cannot be played again', async () => {
    const card = await issuing.issue();
    let old: Buffer | undefined;
    responder.says(issuing.card);
    responder.answer = (response, der) => {
      old ??= der;
      send(response, old);
    };
    expect(await refusal(await opened(), card)).toBeUndefined();
    expect(await refusal(await opened(), card)).toContain(UNKNOWN);
    expect(await madeOf({ nonce: 'other' })).toContain(UNKNOWN);
  });

  test('that somebody else has signed is not believed', async () => {
    const impostor = await Authority.create('Issuing', {}, root);
    const card = await issuing.issue();
    for (const namedBy of ['name', 'key'] as const) {
      expect(await madeOf({ signer: issuing.card, namedBy })).toBeUndefined();
      expect(await madeOf({ signer: impostor.card, namedBy })).toContain(UNKNOWN);
      expect(await madeOf({ signer: impostor.card, included: [impostor.card], namedBy })).toContain(UNKNOWN);
      // Not even the authority above: each answers for those that it has issued itself.
      expect(await madeOf({ signer: root.card, included: [root.card], namedBy })).toContain(UNKNOWN);
      expect(await madeOf({ signer: card, included: [card], namedBy }, card)).toContain(UNKNOWN);
    }
  });

  test('of a delegate is believed only if the issuer has made it one, and while it is valid', async () => {
    const delegate = (wanted: Parameters<Authority['issue']>[0], by = issuing) =>
      by.issue({ subject: 'CN=Responder', purposes: [OCSP_SIGNING], ...wanted });
    const believed = async (signer: Card) => madeOf({ signer, included: [signer] });
    expect(await believed(await delegate({}))).toBeUndefined();
    expect(await madeOf({ signer: await delegate({}) })).toContain(UNKNOWN); // not included
    const misnamed = await delegate({});
    for (const namedBy of ['name', 'key'] as const) {
      const wanted = { signer: misnamed, included: [misnamed], namedBy };
      expect(await madeOf(wanted)).toBeUndefined();
      expect(await madeOf({ ...wanted, calledAs: issuing.card })).toContain(UNKNOWN);
    }
    for (const purposes of [[CLIENT_AUTH], [ANY_PURPOSE], null])
      expect(await believed(await delegate({ purposes }))).toContain(UNKNOWN);
    expect(await believed(await delegate({ from: -3, to: -1 }))).toContain(UNKNOWN);
    expect(await believed(await delegate({ from: 1 }))).toContain(UNKNOWN);
    expect(await believed(await delegate({}, root))).toContain(UNKNOWN);
    const impostor = await Authority.create('Issuing', {}, root);
    for (const namesKey of [true, false])
      expect(await believed(await delegate({ namesKey }, impostor))).toContain(UNKNOWN);
    // With the certificate of a delegate, but another key.
    const signer = { ...(await delegate({})), key: (await issuing.issue()).key };
    expect(await believed(signer)).toContain(UNKNOWN);
  });

  test('about another certificate is not believed', async () => {
    const another = await issuing.issue();
    expect(await madeOf({ about: another })).toContain(UNKNOWN);
    expect(await madeOf({ about: another }, another)).toBeUndefined();
  });

  test('with a critical extension that is not known is not believed', async () => {
    expect(await madeOf({ criticalExtension: true })).toContain(UNKNOWN);
  });

  test('changed or cut short anywhere refuses the certificate and breaks nothing', async () => {
    const card = await issuing.issue();
    responder.says(issuing.card);
    let change: (der: Buffer, at: number) => Buffer;
    let at = 0;
    let length = 1000;
    responder.answer = (response, der) => {
      ({ length } = der);
      // Each response has a new signature, which may be a byte shorter than the last one.
      send(response, change(der, Math.min(at, length - 1)));
    };
    const changes: readonly (typeof change)[] = [
      (der, end) => der.subarray(0, end),
      // Not good but revoked or unknown, or another tag, length or signature.
      (der, changed) => Buffer.from(der.map((byte, index) => (index === changed ? byte ^ 0x03 : byte))),
    ];
    const accepted: number[] = [];
    for (; at < length; at += 3)
      for (change of changes) if ((await refusal(await opened(), card)) === undefined) accepted.push(at);
    expect(accepted).toEqual([]);
  });
});

describe('without an answer, the certificate is refused:', () => {
  const refused = async (answer: Responder['answer']) => {
    responder.says(issuing.card);
    responder.answer = answer;
    return refusal(await opened(), await issuing.issue());
  };

  test('the responder is down', async () => {
    const gone = await new Responder(issuing.card).listen();
    const certificates = await opened(gone.url);
    await gone[Symbol.asyncDispose]();
    expect(await refusal(certificates, await issuing.issue())).toContain(UNKNOWN);
  });

  test('it refuses to answer, or has an error', async () => {
    for (const status of [1, 2, 3, 5, 6])
      expect(await refused((response) => send(response, refusalOf(status)))).toContain(UNKNOWN);
    expect(await refused((response, der) => response.writeHead(500).end(der))).toContain(UNKNOWN);
    expect(await refused((response) => send(response, refusalOf(0)))).toContain(UNKNOWN);
  });

  test('it is slow, even if it sends a byte now and then', async () => {
    let timer: NodeJS.Timeout | undefined;
    const began = performance.now();
    const answer = await refused((response) => {
      response.writeHead(200);
      timer = setInterval(() => response.write('0'), 200);
    });
    clearInterval(timer);
    expect(answer).toContain(UNKNOWN);
    expect(performance.now() - began).toBeLessThan(10_000);
  }, 15_000);

  test('its response is too large, even if it begins with a valid one', async () => {
    let isClosed: Promise<void> | undefined;
    const answer = await refused((response, der) => {
      isClosed = new Promise((resolve) => response.once('close', resolve));
      response.writeHead(200);
      response.write(Buffer.concat([der, Buffer.alloc(100_000)])); // and it does not end
    });
    expect(answer).toContain(UNKNOWN);
    expect(logged.at(-1)).toContain('TOO_LARGE');
    await isClosed;
  });

  test('it sends the server elsewhere', async () => {
    const elsewhere = await new Responder(issuing.card).listen();
    const answer = await refused((response) => response.writeHead(307, { location: elsewhere.url }).end());
    expect(answer).toContain(UNKNOWN);
    expect(elsewhere.requests).toHaveLength(0);
    await elsewhere[Symbol.asyncDispose]();
  });

  test('and the next attempt asks again', async () => {
    const card = await issuing.issue();
    const certificates = await opened();
    responder.says(issuing.card);
    responder.answer = (response) => response.writeHead(503).end();
    expect(await refusal(certificates, card)).toContain(UNKNOWN);
    responder.answer = send;
    expect(await refusal(certificates, card)).toBeUndefined();
  });
});

describe('an answer', () => {
  test('is kept for some minutes, so a revocation counts after them', async () => {
    const card = await issuing.issue();
    const certificates = await opened();
    responder.says(issuing.card);
    for (const seconds of [0, 100, 299])
      expect(await refusal(certificates, card, inSeconds(seconds))).toBeUndefined();
    expect(responder.requests).toHaveLength(1);
    responder.says(issuing.card, { status: 'revoked' });
    expect(await refusal(certificates, card, inSeconds(301))).toContain(REVOKED);
  });

  test('is kept no longer than it is up to date, and for no other certificate', async () => {
    const card = await issuing.issue();
    const certificates = await opened();
    responder.says(issuing.card, { nextUpdate: inSeconds(30) });
    expect(await refusal(certificates, card)).toBeUndefined();
    responder.says(issuing.card, { status: 'revoked' });
    expect(await refusal(certificates, await issuing.issue())).toContain(REVOKED);
    expect(await refusal(certificates, card, inSeconds(31))).toContain(REVOKED);
  });

  test('is asked for once for parallel attempts with a certificate', async () => {
    const card = await issuing.issue();
    const certificates = await opened();
    responder.says(issuing.card, { status: 'revoked' });
    const all = await Promise.all(Array.from({ length: 20 }, () => refusal(certificates, card)));
    expect(all.every((one) => one?.includes(REVOKED))).toBe(true);
    expect(responder.requests).toHaveLength(1);
  });
});

test('an enrolled certificate no longer signs in when the responder calls it revoked or is down', async () => {
  await using app = await startTestApp({
    CLIENT_CA: join(folder, 'ca.pem'),
    CLIENT_OCSP_URL: responder.url,
    CLIENT_CERT_PROXIES: 'loopback',
  });
  responder.says(issuing.card, { nextUpdate: inSeconds(86_400) });
  const client = new TestClient(app);
  const card = await issuing.issue();
  const holder = new TestClient(app, { 'client-cert': card.header });
  const { accessToken, email } = await client.signUp();
  const enrollment = await client.startEnrollment({ factor: 'CERTIFICATE' }, accessToken);
  expect(await holder.attempt(enrollment.id, { certificate: true }, accessToken)).toMatchObject({
    status: 'COMPLETE',
  });
  app.clock.advance(600);
  const { id } = await client.startSignIn({ identifier: email });
  responder.says(issuing.card, { status: 'revoked', nextUpdate: inSeconds(86_400) });
  const revoked = await holder.attempt(id, { certificate: true });
  expect(revoked).toMatchObject({ code: 'CERTIFICATE_REFUSED', message: expect.stringContaining(REVOKED) });
  app.clock.advance(400);
  const another = await client.startSignIn({ identifier: email });
  responder.answer = (response) => response.destroy();
  const down = await holder.attempt(another.id, { certificate: true });
  expect(down).toMatchObject({ code: 'CERTIFICATE_REFUSED', message: expect.stringContaining(UNKNOWN) });
}, 60_000);
