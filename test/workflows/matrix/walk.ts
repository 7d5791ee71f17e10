// Walks through a workflow on every possible path, as a user who can prove everything that is requested. At every step
// the walk also sends correct proofs that are not offered, with codes that were sent while they were.
import pg from 'pg';
import { expect } from 'vitest';
import { startTestApp } from '../../harness/app.ts';
import { PASSWORD, type Step, TestClient } from '../../harness/client.ts';
import { MEANS, type Means, POLICIES, type Policy, type Proved, type Situation } from './oracle.ts';
import {
  createPerson,
  ENROLLED,
  type First,
  type Person,
  proofOf,
  putBack,
  SECOND_FACTORS_OF,
} from './people.ts';

export const NEW_PASSWORD = 'a stolen battery staple';
/** A user who has no factor yet. */
export const NOBODY = { secret: null, backupCodes: [] };

export let client: TestClient;
export let db: pg.Client;
const people = new Map<string, Person>();

/** Set before the tests of each file, which has its own users. */
export async function openMatrix(): Promise<AsyncDisposable> {
  // The sessions are stale when the walks start, and their tokens stay valid until the end.
  const app = await startTestApp({ ACCESS_TOKEN_SECONDS: '3600' });
  client = new TestClient(app);
  db = new pg.Client({ connectionString: app.databaseUrl });
  await db.connect();
  for (const policy of POLICIES) {
    await db.query("insert into tenant (id, sms, created_at) values ($1, 'ANY_FACTOR', now())", [
      tenantOf(policy),
    ]);
    for (const enrolled of ENROLLED) {
      people.set(`${policy} ${enrolled}`, await createPerson(client, db, tenantOf(policy), enrolled));
      await db.query('delete from outbox_message');
    }
  }
  await db.query("update tenant set second_factor = 'REQUIRED' where id = $1", [tenantOf('REQUIRED')]);
  app.clock.advance(700);
  return {
    async [Symbol.asyncDispose]() {
      await db.end();
      await app[Symbol.asyncDispose]();
    },
  };
}

export function tenantOf(policy: Policy): string {
  return policy.toLowerCase();
}

export function personOf({ policy, enrolled }: Situation): Person {
  const person = people.get(`${policy} ${enrolled}`);
  if (person === undefined) throw new Error('There is nobody in this situation.');
  return person;
}

export interface Trial {
  readonly cell: Situation;
  readonly person: Person;
  readonly token?: string;
  start(): Promise<Step>;
  /** Runs before the walk. */
  prepare?(): Promise<unknown>;
  /** How the workflow starts in this cell, and where messages are sent. */
  readonly first?: First;
  readonly to?: string | null;
  /** The oracle: whether the proofs are enough for the workflow's result. */
  suffices(proved: readonly Proved[]): boolean;
  isGranted(step: Step): boolean;
  /** Whether the secret of a new app may be shown. */
  mayEnroll?(proved: readonly Proved[]): boolean;
  atEveryStep?(id: string, proved: readonly Proved[]): Promise<void>;
  atTheEnd(step: Step, proved: readonly Proved[]): Promise<void>;
  atADeadEnd?(step: Step): void;
}

/** States in which everything that is not offered was already tried. They are shared by all cells. */
const TRIED = new Set<string>();

interface Ways {
  /** The starts of the paths that are still to be walked. */
  readonly open: Means[][];
  /** The states that a client has seen. From an equal state, only one path is continued. */
  readonly seen: Set<string>;
}

/** Walks every path through the workflow to its end. */
export async function walkEveryWay(trial: Trial): Promise<{ ways: number; granted: number }> {
  const ways: Ways = { open: [[]], seen: new Set() };
  const count = { ways: 0, granted: 0 };
  for (let way = ways.open.pop(); way !== undefined; way = ways.open.pop()) {
    count.ways += 1;
    if (await walk(trial, way, ways)) count.granted += 1;
  }
  return count;
}

/** Walks one path: first as given, then always forwards. Branches are queued. */
async function walk(trial: Trial, way: readonly Means[], { open, seen }: Ways): Promise<boolean> {
  const { person, token } = trial;
  await putBack(db, person);
  await trial.prepare?.();
  const before = await stateOf(person);
  let step = await trial.start();
  const proved: Proved[] = [];
  /** Correct proofs that were not used while they were accepted. */
  const kept: Kept = {};
  for (;;) {
    const isFirst = proved.length === 0;
    const to = isFirst ? (trial.to ?? null) : null;
    const offered = step.factors.map((one) => one.factor as Means);
    const choices = offered.filter((one) => !isFirst || one === (trial.first ?? one));
    const next = way[proved.length] ?? choices[0];
    const sight = JSON.stringify([step.status, step.factors]);
    const isNew = proved.length >= way.length;
    const isUnknown = isNew && !seen.has(sight);
    seen.add(sight);
    if (isNew) {
      const place = `${step.__typename} ${person.userId} ${sight}`;
      const isUntried = !TRIED.has(place);
      TRIED.add(place);
      const tried = MEANS.filter((one) => !offered.includes(one) && (isUntried || kept[one] !== undefined));
      for (const means of tried) await refuse(step.id, means, { kept, person, offered, token });
      await trial.atEveryStep?.(step.id, proved);
      expect(await stateOf(person)).toEqual(before);
    }
    if (isUnknown) {
      const branches = choices.filter((one) => one !== next);
      open.push(...branches.map((one) => [...proved.map(({ factor }) => factor), one]));
    }
    if (next === undefined) {
      if (!isFirst) trial.atADeadEnd?.(step);
      return false;
    }
    if (step.status === 'NEEDS_ENROLLMENT') expect(trial.mayEnroll?.(proved) ?? true).toBe(true);
    if (to !== null && isSilent(trial, to)) {
      await expectSilence(step.id, next, to);
      return false;
    }
    for (const other of offered.filter((one) => isUnknown && one !== next && needsPreparing(one))) {
      kept[other] = await proofFor(trial, step, other, to);
    }
    step = await client.attempt(step.id, await proofFor(trial, step, next, to), token);
    expect(step.code).toBeUndefined();
    delete kept[next];
    proved.push({ factor: next, worth: worthOf(person, next, to) });
    expect(trial.isGranted(step)).toBe(trial.suffices(proved));
    if (trial.isGranted(step)) {
      await trial.atTheEnd(step, proved);
      return true;
    }
  }
}

type Kept = Partial<Record<Means, object>>;

function needsPreparing(means: Means): means is First {
  return means.startsWith('EMAIL') || means.startsWith('PHONE');
}

function worthOf(person: Person, means: Means, to: string | null): Proved['worth'] {
  if (means.startsWith('PHONE')) {
    return (to ?? person.secondNumber) === person.secondNumber ? 'POSSESSION' : null;
  }
  return means === 'TOTP' || means === 'BACKUP_CODE' ? 'POSSESSION' : 'KNOWLEDGE';
}

/** Whether messages to this number are not allowed, because its country was removed from the list. */
export function isSilent({ cell, person }: Pick<Trial, 'cell' | 'person'>, to: string | null): boolean {
  return SECOND_FACTORS_OF[cell.enrolled].off && to !== person.email;
}

/** The response looks as if a message was sent, but there is none. */
async function expectSilence(id: string, means: Means, to: string): Promise<void> {
  expect((await client.prepare(id, means)).challenge).toMatchObject({ factor: means });
  expect((await client.inbox()).filter((one) => one.to === to)).toEqual([]);
  expect((await client.attempt(id, guessOf(means))).code).toBe('PROOF_REJECTED');
}

async function proofFor(
  { person, token }: Trial,
  step: Step,
  means: Means,
  to: string | null,
): Promise<object> {
  if (means === 'TOTP') return { totp: client.totp(step.totp?.secret ?? person.secret ?? '') };
  if (means === 'BACKUP_CODE') return { backupCode: person.backupCodes[0] };
  const authenticatorId = step.factors.find((one) => one.factor === means)?.authenticatorId ?? undefined;
  const address = means.startsWith('PHONE') ? (to ?? person.secondNumber) : person.email;
  return proofOf(client, step.id, means, address ?? '', { token, authenticatorId });
}

export function guessOf(means: Means): object {
  switch (means) {
    case 'PASSWORD':
      return { password: PASSWORD };
    case 'EMAIL_CODE':
      return { emailCode: '000000' };
    case 'PHONE_CODE':
      return { phoneCode: '000000' };
    case 'EMAIL_LINK':
    case 'PHONE_LINK':
      return { linkToken: 'A'.repeat(43) };
    case 'TOTP':
      return { totp: '000000' };
    case 'BACKUP_CODE':
      return { backupCode: 'WRONG' };
  }
}

/** Everything that is not offered is rejected, even correct proofs. */
export async function refuse(
  id: string,
  means: Means,
  {
    kept = {},
    person: { secret, backupCodes },
    offered = [],
    token,
  }: {
    kept?: Kept;
    person: Pick<Person, 'secret' | 'backupCodes'>;
    offered?: readonly Means[];
    token?: string | undefined;
  },
): Promise<void> {
  const codes = ['FACTOR_NOT_OFFERED', 'WORKFLOW_ENDED'];
  if (needsPreparing(means)) expect(codes).toContain((await client.prepare(id, means, token)).code);
  // The proof of a link does not say its kind, so it counts as a guess at the other kind when that is expected.
  const others = (['EMAIL_LINK', 'PHONE_LINK'] as const).filter((one) => one !== means);
  const isAmbiguous = others.some((one) => offered.includes(one) && (!kept[means] || kept[one]));
  if (means.endsWith('LINK') && isAmbiguous) return;
  const own: Kept = {
    ...kept,
    ...(secret === null ? {} : { TOTP: { totp: client.totp(secret) } }),
    ...(backupCodes[0] === undefined ? {} : { BACKUP_CODE: { backupCode: backupCodes[0] } }),
  };
  expect(codes).toContain((await client.attempt(id, own[means] ?? guessOf(means), token)).code);
}

export async function refuseNewPassword(id: string): Promise<void> {
  const answer = await client.chooseNewPassword(id, NEW_PASSWORD);
  expect(['NEW_PASSWORD_NOT_DUE', 'WORKFLOW_ENDED']).toContain(answer.code);
}

export async function changePassword(token: string): Promise<'changed' | 'refused'> {
  const { data, errors } = await client.graphql(
    'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }',
    { input: { newPassword: NEW_PASSWORD, signOutOtherSessions: false } },
    token,
  );
  const [error] = errors;
  if (error !== undefined) {
    expect(error.extensions.code).toBe('STEP_UP_REQUIRED');
    return 'refused';
  }
  return data.changePassword.__typename === 'User' ? 'changed' : 'refused';
}

/** The state that only a successful workflow may change. */
export async function stateOf({ userId }: Person): Promise<object> {
  const { rows } = await db.query(
    `select
      (select secret from authenticator where user_id = $1 and factor = 'PASSWORD') as password,
      (select array_agg(id order by id) from authenticator where user_id = $1 and confirmed_at is not null) as authenticators,
      (select array_agg(id order by id) from phone_number where user_id = $1 and second_factor) as phones,
      (select array_agg(id order by id) from session where user_id = $1 and revoked_at is null) as sessions`,
    [userId],
  );
  return rows[0];
}

type Categories = Readonly<Record<string, readonly string[]>>;

export async function evidenceOf(sessionId: string | undefined): Promise<Categories> {
  const { rows } = await db.query('select evidence from session where id = $1', [sessionId]);
  const evidence: readonly { factor: string; categories: string[] }[] = rows[0].evidence;
  return Object.fromEntries(evidence.map(({ factor, categories }) => [factor, categories]));
}

/** A later proof replaces an earlier one of the same factor. */
export function asEvidence(proved: readonly Proved[]): Categories {
  return Object.fromEntries(proved.map(({ factor, worth }) => [factor, worth === null ? [] : [worth]]));
}

/** The evidence of a session that started with one factor. */
export function heldBy({ first }: Situation & { first: First }): Proved[] {
  return [{ factor: first, worth: first.startsWith('PHONE') ? null : 'KNOWLEDGE' }];
}
