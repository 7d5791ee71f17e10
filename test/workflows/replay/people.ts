// The users of the replay test: one with nothing but a mailbox, a password and a number, and one with every second factor.
// Each has a session that must prove something first, and one that need not.
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { ApprovingDevice } from '../../../src/cli/demo/approving-device.ts';
import { SoftwareAuthenticator } from '../../../src/cli/demo/software-authenticator.ts';
import type { Authority } from '../../factors/certificate/authority.ts';
import type { TestApp } from '../../harness/app.ts';
import { PASSWORD, type Step, TestClient, tokensOf } from '../../harness/client.ts';
import { enrollDevice } from '../../harness/device-owner.ts';
import type { IdentityProvider } from '../../harness/identity-provider.ts';
import { enrollPasskey } from '../../harness/passkeys.ts';
import { putRowsBack, type Rows, rowsOf } from '../matrix/rows.ts';

export const ORIGIN = 'http://localhost:4000';

export interface Person {
  /** Its requests carry the certificate of this person. */
  readonly client: TestClient;
  readonly tenant: string;
  readonly email: string;
  /** Where a person without a second factor can sign in as well, with their user id as the subject. */
  readonly provider: IdentityProvider;
  readonly password: string;
  readonly number: string;
  /** Null for a person without a second factor. */
  readonly second: SecondFactors | null;
  readonly userId: string;
  /** The access tokens of a session that must prove something before it adds a factor, and of one that need not. */
  readonly stale: string;
  readonly fresh: string;
  readonly rows: Rows;
}

interface SecondFactors {
  readonly secret: string;
  readonly backupCodes: readonly string[];
  readonly key: SoftwareAuthenticator;
  readonly device: ApprovingDevice;
}

export interface World {
  readonly app: TestApp;
  readonly db: pg.Client;
  readonly authority: Authority;
  readonly provider: IdentityProvider;
}

let people = 0;

export function newNumber(): string {
  people += 1;
  return `+1415555${1000 + people}`;
}

type Beginner = Omit<Person, 'fresh' | 'rows'>;

/** Signs somebody up. `settle` makes them ready once their session is stale. */
export async function signUp(
  { app, db, authority, provider }: World,
  tenant: string,
  hasSecond: boolean,
): Promise<Beginner> {
  const client = new TestClient(app, { 'client-cert': (await authority.issue()).header });
  const email = `${randomUUID()}@example.com`;
  const number = newNumber();
  const password = `${PASSWORD} ${number}`;
  const { id } = await client.startSignUp({ email, password, tenant });
  const done = await client.attempt(id, { emailCode: await client.codeFor(email) });
  let token = (await client.enrollPhone(tokensOf(done).accessToken, number, hasSecond)).tokens.accessToken;
  let second: SecondFactors | null = null;
  if (hasSecond) {
    const own = await client.enrollTotp(token);
    token = own.tokens.accessToken;
    const key = new SoftwareAuthenticator({ origin: ORIGIN, userVerified: false });
    await enrollPasskey(client, token, key);
    const device = await enrollDevice(client, token);
    const card = await client.startEnrollment({ factor: 'CERTIFICATE' }, token);
    token = tokensOf(await client.attempt(card.id, { certificate: true }, token)).accessToken;
    const { data } = await client.graphql('mutation { regenerateBackupCodes { codes } }', {}, token);
    second = { secret: own.secret, backupCodes: data.regenerateBackupCodes.codes, key, device };
  }
  const { rows } = await db.query('select user_id from email_address where address = $1', [email]);
  const userId: string = rows[0].user_id;
  if (!hasSecond)
    await db.query(
      `insert into identity (id, tenant_id, user_id, provider, issuer, subject, created_at, linked_at)
       values (gen_random_uuid(), $1, $2, 'work', $3, $4, now(), now())`,
      [tenant, userId, provider.issuer, userId],
    );
  return { client, provider, tenant, email, password, number, second, userId, stale: token };
}

/** Signs them in once more, and keeps what the database says of them. */
export async function settle({ db }: World, person: Beginner): Promise<Person> {
  const { client, tenant, email, password, second, userId } = person;
  const { id } = await client.startSignIn({ identifier: email, tenant });
  let step: Step = await client.attempt(id, { password });
  if (second !== null) step = await client.attempt(id, { totp: client.totp(second.secret) });
  const fresh = tokensOf(step).accessToken;
  // An app accepts no code of an earlier step, and the tests send the code of this one.
  await db.query(
    `update authenticator set last_time_step = last_time_step - 5,
       data = jsonb_build_object('lastTimeStep', last_time_step - 5)
     where user_id = $1 and factor = 'TOTP'`,
    [userId],
  );
  return { ...person, fresh, rows: await rowsOf(db, userId) };
}

/** As they were after `settle`. Whatever limits count is forgotten. */
export async function putBack({ db }: World, { userId, rows }: Person): Promise<void> {
  await putRowsBack(db, userId, rows);
  await forgive(db);
}

/** What is counted against guesses and requests is not what is tested here. */
export async function forgive(db: pg.Client): Promise<void> {
  await db.query('delete from lockout; delete from rate_limit');
}
