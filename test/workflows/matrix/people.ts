// The users of the matrix: what each one can prove, and how their state is restored, so that every walk starts the
// same.
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { ApprovingDevice } from '../../../src/cli/demo/approving-device.ts';
import { SoftwareAuthenticator } from '../../../src/cli/demo/software-authenticator.ts';
import { PASSWORD, type Step, type TestClient } from '../../harness/client.ts';
import { enrollDevice } from '../../harness/device-owner.ts';
import { enrollPasskey } from '../../harness/passkeys.ts';
import { FIRST, type First, wayOf } from './means.ts';
import { putRowsBack, type Rows, rowsOf } from './rows.ts';

export const SECOND_FACTORS_OF = {
  'no second factor': {
    app: false,
    phone: false,
    device: false,
    passkey: false,
    certificate: false,
    off: false,
  },
  'an app': { app: true, phone: false, device: false, passkey: false, certificate: false, off: false },
  'a phone': { app: false, phone: true, device: false, passkey: false, certificate: false, off: false },
  'an app, a phone and a device': {
    app: true,
    phone: true,
    device: true,
    passkey: false,
    certificate: false,
    off: false,
  },
  'a passkey': { app: false, phone: false, device: false, passkey: true, certificate: false, off: false },
  'a certificate': { app: false, phone: false, device: false, passkey: false, certificate: true, off: false },
  /** Text messages to its country are no longer allowed, so only the backup codes are left. */
  'a phone that is switched off': {
    app: false,
    phone: true,
    device: false,
    passkey: false,
    certificate: false,
    off: true,
  },
} as const;
export type Enrolled = keyof typeof SECOND_FACTORS_OF;
export const ENROLLED = Object.keys(SECOND_FACTORS_OF) as Enrolled[];

export interface Person {
  readonly userId: string;
  readonly email: string;
  /** A number that only identifies its user. */
  readonly number: string;
  /** A number that is a second factor. */
  readonly secondNumber: string | null;
  /** The secret of the authenticator app. */
  readonly secret: string | null;
  /** The authenticator with the passkey. */
  readonly key: SoftwareAuthenticator | null;
  /** The device that approves. */
  readonly device: ApprovingDevice | null;
  readonly backupCodes: readonly string[];
  /** A session that started with only this factor, before there was a second one. */
  readonly sessions: Readonly<Record<First, { readonly id: string; readonly accessToken: string }>>;
  readonly rows: Rows;
  readonly state: object;
}

let numbers = 1000;

function newNumber(): string {
  numbers += 1;
  return `+1415555${numbers}`;
}

/** A user of a tenant that does not yet require a second factor. */
export async function createPerson(
  client: TestClient,
  db: pg.Client,
  tenant: string,
  enrolled: Enrolled,
  issuer: string,
): Promise<Person> {
  const email = `${randomUUID()}@example.com`;
  const signUp = await client.startSignUp({ email, password: PASSWORD, tenant });
  const { session } = await client.attempt(signUp.id, { emailCode: await client.codeFor(email) });
  let token = session?.accessToken ?? '';
  const number = newNumber();
  token = (await client.enrollPhone(token, number, false)).tokens.accessToken;

  const sessions = {} as Record<First, { id: string; accessToken: string }>;
  for (const factor of FIRST) {
    const identifier = factor.startsWith('PHONE') ? number : email;
    const { id } = await client.startSignIn({ identifier, tenant });
    const done = await client.attempt(id, await proofOf(client, id, factor, identifier));
    sessions[factor] = { id: done.session?.session.id ?? '', accessToken: done.session?.accessToken ?? '' };
  }

  const { app, phone, device: hasDevice, passkey, certificate, off } = SECOND_FACTORS_OF[enrolled];
  const own = app ? await client.enrollTotp(token) : null;
  token = own?.tokens.accessToken ?? token;
  const secondNumber = phone ? newNumber() : null;
  const second = secondNumber === null ? null : await client.enrollPhone(token, secondNumber);
  token = second?.tokens.accessToken ?? token;
  const key = passkey
    ? new SoftwareAuthenticator({ origin: 'http://localhost:4000', userVerified: false })
    : null;
  const keys = key === null ? null : await enrollPasskey(client, token, key);
  const card = certificate ? await enrollCertificate(client, token) : null;
  const device = hasDevice ? await enrollDevice(client, token) : null;
  const { rows } = await db.query('select user_id from email_address where address = $1', [email]);
  const userId: string = rows[0].user_id;
  await db.query(
    `insert into identity (id, tenant_id, user_id, provider, issuer, subject, created_at, linked_at)
     values (gen_random_uuid(), $1, $2, 'work', $3, $4, now(), now())`,
    [tenant, userId, issuer, userId],
  );
  if (off) await db.query("update phone_number set country = 'DE' where user_id = $1", [userId]);
  return {
    userId,
    email,
    number,
    secondNumber,
    secret: own?.secret ?? null,
    key,
    device,
    backupCodes: (own ?? second ?? keys ?? card)?.backupCodes ?? [],
    sessions,
    rows: await rowsOf(db, userId),
    state: await readState(db, userId),
  };
}

async function enrollCertificate(client: TestClient, token: string): Promise<Step> {
  const { id } = await client.startEnrollment({ factor: 'CERTIFICATE' }, token);
  return client.attempt(id, { certificate: true }, token);
}

/** A correct proof for an offered first factor, which is prepared if needed. */
export async function proofOf(
  client: TestClient,
  id: string,
  factor: First,
  to: string,
  { token, authenticatorId }: { token?: string | undefined; authenticatorId?: string | undefined } = {},
): Promise<object> {
  const way = wayOf(factor);
  if (way.needsPreparing) {
    const prepared: Step = await client.prepare(id, factor, token, authenticatorId);
    if (prepared.challenge?.factor !== factor) throw new Error(`${factor}: ${prepared.code}`);
  }
  return way.prove({ client, to, secret: '', backupCodes: [], answer: async () => ({}) });
}

/** Restores the user's state, so that every walk starts the same. */
export function putBack(db: pg.Client, { userId, rows }: Person): Promise<void> {
  return putRowsBack(db, userId, rows);
}

/** The state that only a successful workflow may change. */
export async function readState(db: pg.Client, userId: string): Promise<object> {
  const { rows } = await db.query({
    name: 'state',
    text: `select
      (select secret from authenticator where user_id = $1 and factor = 'PASSWORD') as password,
      (select array_agg(id order by id) from authenticator where user_id = $1 and confirmed_at is not null) as authenticators,
      (select array_agg(id order by id) from phone_number where user_id = $1 and second_factor) as phones,
      (select array_agg(id order by id) from session where user_id = $1 and revoked_at is null) as sessions`,
    values: [userId],
  });
  return rows[0];
}
