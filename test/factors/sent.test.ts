// What is sent, by mail or by text: how long it is good for, to the second, and what proves that it arrived.
import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/delivery/message.ts';
import type { Account } from '../../src/factors/account.ts';
import type { StoredChallenge } from '../../src/factors/factor-exchange.ts';
import type { PasswordHasher } from '../../src/factors/password/hash.ts';
import { FactorRegistry } from '../../src/factors/registry.ts';
import { readTime } from '../../src/platform/clock.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import type { FactorKind } from '../../src/policy/factor-kind.ts';
import { NO_PROVIDERS } from '../harness/no-providers.ts';

const WORKFLOW = randomUUID();
const NOW = new Date('2027-03-04T05:06:07.890Z');
const PHONE = { id: randomUUID(), number: '+14155552671', country: 'US', secondFactor: true, verified: true };
const EMAIL = {
  id: randomUUID(),
  address: 'jane@example.com',
  typed: 'jane@example.com',
  verified: true,
  owner: null,
};
const ACCOUNT = {
  id: randomUUID(),
  locale: 'en',
  smsOfTenant: 'ANY_FACTOR',
  smsOfUser: true,
  passkeyModels: null,
  email: EMAIL,
  emails: [EMAIL],
  phones: [PHONE],
} as unknown as Account;

const registry = new FactorRegistry(new KeyRing([randomBytes(32)]), {} as PasswordHasher, {
  sms: { enabled: true, countries: ['US'], sendsTexts: true },
  linkUrl: 'https://example.com/link',
  passkeys: { rpId: 'example.com', origins: ['https://example.com'] },
  makers: new Map(),
  approvalUrl: 'https://example.com/approve',
  geoip: { placeOf: () => null },
  clientCertificates: null,
  providers: NO_PROVIDERS,
});

const KINDS = [
  ['EMAIL_CODE', 'jane@example.com', 600, '10 minutes'],
  ['EMAIL_LINK', 'jane@example.com', 600, '10 minutes'],
  ['PHONE_CODE', PHONE.number, 300, '5 minutes'],
  ['PHONE_LINK', PHONE.number, 300, '5 minutes'],
] as const;

/** A challenge, the message that went out for it, and what its receiver has to give. */
function sent(kind: FactorKind): { message: Message; secret: string; challenge: StoredChallenge } {
  const id = randomUUID();
  const prepared = registry.get(kind)?.prepare?.({
    workflowId: WORKFLOW,
    challengeId: id,
    account: ACCOUNT,
    authenticatorId: kind.startsWith('EMAIL') ? EMAIL.id : PHONE.id,
    isFirst: false,
    purpose: 'sign-in',
    approves: null,
    operationDigest: null,
    client: { ip: null, userAgent: null },
    gathered: null,
    now: NOW,
  });
  if (!prepared?.message) throw new Error(`${kind} sends nothing.`);
  const { message, digest, expiresAt } = prepared;
  const secret = message.code ?? /#([\w-]{43})/.exec(message.text)?.[1] ?? '';
  const challenge = {
    id,
    factor: kind,
    codeDigest: digest,
    request: null,
    secret: null,
    authenticatorId: kind.startsWith('EMAIL') ? EMAIL.id : PHONE.id,
    expiresAt: expiresAt.toISOString(),
    approved: false,
    consumed: false,
  };
  return { message, secret, challenge };
}

async function accepts(kind: FactorKind, proof: string, challenge: StoredChallenge | null): Promise<boolean> {
  const verdict = await registry.get(kind)?.verify(proof, {
    workflowId: WORKFLOW,
    account: ACCOUNT,
    authenticators: [],
    enrolling: null,
    identifies: false,
    provedBefore: [],
    presentedCertificate: () => null,
    challenge,
    now: NOW,
  });
  return verdict?.accepted ?? false;
}

describe.each(KINDS)('%s, sent to %s', (kind, to, seconds, said) => {
  test(`is valid for ${seconds} seconds, and says so`, () => {
    const { message, challenge } = sent(kind);
    expect(registry.get(kind)?.needsPreparing).toBe(true);
    expect(readTime(challenge.expiresAt).getTime()).toBe(NOW.getTime() + seconds * 1000);
    expect(message.to).toBe(to);
    expect(message.text).toContain(said);
  });

  test('is proved by what was sent, and by nothing else', async () => {
    const { secret, challenge } = sent(kind);
    expect(secret.length).toBeGreaterThanOrEqual(6);
    expect(await accepts(kind, secret, challenge)).toBe(true);
    expect(await accepts(kind, wrong(secret), challenge)).toBe(false);
    expect(await accepts(kind, secret, sent(kind).challenge)).toBe(false);
    expect(await accepts(kind, secret, { ...challenge, consumed: true })).toBe(false);
    expect(await accepts(kind, secret, { ...challenge, expiresAt: NOW.toISOString() })).toBe(false);
    expect(await accepts(kind, secret, null)).toBe(false);
  });
});

test('a proof of a phone counts for nothing once its user has removed the number', async () => {
  for (const kind of ['PHONE_CODE', 'PHONE_LINK'] as const) {
    const { secret, challenge } = sent(kind);
    expect(await accepts(kind, secret, { ...challenge, authenticatorId: randomUUID() })).toBe(false);
  }
});

/** Of the same form, and another one. */
function wrong(secret: string): string {
  return (secret.startsWith('1') ? '2' : '1') + secret.slice(1);
}
