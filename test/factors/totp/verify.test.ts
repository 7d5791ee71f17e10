// What an authenticator app's code is answered with: right, used before, or a guess. Only a guess counts as a failure.
import { randomBytes, randomUUID } from 'node:crypto';
import { generateSync } from 'otplib';
import { expect, test } from 'vitest';
import type { Account, StoredAuthenticator } from '../../../src/factors/account.ts';
import type { Verdict } from '../../../src/factors/factor.ts';
import { sealSecret } from '../../../src/factors/sealed-secret.ts';
import { totpFactor } from '../../../src/factors/totp/totp.ts';
import { KeyRing } from '../../../src/platform/key-ring.ts';

const ring = new KeyRing([randomBytes(32)]);
const SECRETS = ['GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U'] as const;
const NOW = new Date(1_800_000_000_000); // a step begins here
const STEP = 60_000_000;

const codeOf = (secret: string, step = STEP): string => generateSync({ secret, epoch: step * 30 });

function app(secret: string, lastTimeStep: number | null = null): StoredAuthenticator {
  const id = randomUUID();
  return {
    id,
    factor: 'TOTP',
    label: 'phone',
    secret: sealSecret(ring, id, secret),
    data: lastTimeStep === null ? null : { lastTimeStep },
    confirmed: true,
  };
}

const verify = (code: string, ...authenticators: readonly StoredAuthenticator[]): Promise<Verdict> =>
  totpFactor.create({ ring }).verify(code, {
    workflowId: randomUUID(),
    account: null,
    authenticators,
    enrolling: null,
    identifies: false,
    provedBefore: [],
    presentedCertificate: () => null,
    challenge: null,
    now: NOW,
  });

const RIGHT = { accepted: true, consume: expect.any(Function), enrolledAt: null };
const REPLAY = { accepted: false, isReplay: true };
const GUESS = { accepted: false };

test('a correct code is accepted from any of the user’s apps, also after an earlier one', async () => {
  const [first, second] = [app(SECRETS[0], STEP - 1), app(SECRETS[1])];
  expect(await verify(codeOf(SECRETS[0]), first, second)).toEqual(RIGHT);
  expect(await verify(codeOf(SECRETS[1]), first, second)).toEqual(RIGHT);
});

test('the last accepted code does not count as a guess when it is sent again, whichever app it is from', async () => {
  const [first, second] = [app(SECRETS[0], STEP), app(SECRETS[1], STEP)];
  expect(await verify(codeOf(SECRETS[0]), first, second)).toEqual(REPLAY);
  expect(await verify(codeOf(SECRETS[1]), first, second)).toEqual(REPLAY);
});

test('a wrong code counts as a guess, also one of a skipped time step, and one for a user without an app', async () => {
  const wrong = codeOf(SECRETS[0], STEP + 5);
  expect(await verify(wrong, app(SECRETS[0]))).toEqual(GUESS);
  expect(await verify(wrong, app(SECRETS[0], STEP))).toEqual(GUESS);
  expect(await verify(codeOf(SECRETS[0], STEP - 1), app(SECRETS[0], STEP))).toEqual(GUESS);
  expect(await verify(codeOf(SECRETS[0]))).toEqual(GUESS);
});

test('the secret of another kind of authenticator is not decrypted', async () => {
  const password: StoredAuthenticator = { ...app(SECRETS[0]), factor: 'PASSWORD', secret: 'a hash' };
  expect(await verify(codeOf(SECRETS[0]), password, app(SECRETS[0]))).toEqual(RIGHT);
});

test('an authenticator app is offered by its label once it is confirmed', () => {
  const proved = app(SECRETS[0]);
  const unproved = { ...app(SECRETS[1]), confirmed: false };
  const password = { ...app(SECRETS[1]), factor: 'PASSWORD' };
  const account = { authenticators: [unproved, password, proved] } as unknown as Account;
  expect(totpFactor.create({ ring }).options(account, 'SECOND')).toEqual([
    { factor: 'TOTP', authenticatorId: proved.id, hint: 'phone', needsPreparing: false },
  ]);
});
