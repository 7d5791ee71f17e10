// How long what is sent is good for, to the second, in the challenge and in the message.
import { randomBytes, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Message } from '../../src/delivery/message.ts';
import type { Account } from '../../src/factors/account.ts';
import type { PasswordHasher } from '../../src/factors/password/hash.ts';
import { FactorRegistry } from '../../src/factors/registry.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';

const NOW = new Date('2027-03-04T05:06:07.890Z');
const PHONE = { id: randomUUID(), number: '+14155552671', country: 'US', secondFactor: true, verified: true };
const ACCOUNT = {
  id: randomUUID(),
  locale: 'en',
  smsOfTenant: 'ANY_FACTOR',
  smsOfUser: true,
  email: { address: 'jane@example.com', typed: 'jane@example.com', verified: true, owner: null },
  phones: [PHONE],
} as unknown as Account;

const registry = new FactorRegistry(new KeyRing([randomBytes(32)]), {} as PasswordHasher, {
  sms: { enabled: true, countries: ['US'], sendsTexts: true },
  linkUrl: 'https://example.com/link',
  places: { placeOf: () => null },
});

test.each([
  ['EMAIL_CODE', 'jane@example.com', 600, '10 minutes'],
  ['EMAIL_LINK', 'jane@example.com', 600, '10 minutes'],
  ['PHONE_CODE', PHONE.number, 300, '5 minutes'],
  ['PHONE_LINK', PHONE.number, 300, '5 minutes'],
] as const)('%s, sent to %s, is good for %i seconds, and says so', (kind, to, seconds, said) => {
  const factor = registry.get(kind);
  expect(factor?.needsPreparing).toBe(true);
  const prepared = factor?.prepare?.({
    workflowId: randomUUID(),
    challengeId: randomUUID(),
    account: ACCOUNT,
    authenticatorId: PHONE.id,
    purpose: 'sign-in',
    approves: null,
    client: { ip: null, userAgent: null },
    now: NOW,
  });
  expect(prepared?.expiresAt.getTime()).toBe(NOW.getTime() + seconds * 1000);
  expect(prepared?.message).toMatchObject({ to } satisfies Partial<Message>);
  expect(prepared?.message.text).toContain(said);
});
