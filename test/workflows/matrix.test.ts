// Each first factor × each second factor, enrolled or not × each workflow × each policy. Whoever walks here can prove
// everything that is asked for, and also tries everything that is not: all the ways through a workflow are walked, and at
// every step the right proofs that it does not offer are presented too, with codes that were sent while it did.
//
// An oracle says what a session or a new password takes. It is written from the rules of the product and shares no code
// with the policy: there is a session or a new password exactly when it says so, never before, and always then.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, type Step, TestClient } from '../harness/client.ts';
import {
  createPerson,
  ENROLLED,
  type Enrolled,
  FIRST,
  type First,
  type Person,
  proofOf,
  putBack,
  SECOND_FACTORS_OF,
} from './matrix-people.ts';

const POLICIES = ['OPTIONAL', 'REQUIRED'] as const;
type Policy = (typeof POLICIES)[number];

const NEW_PASSWORD = 'a stolen battery staple';
/** Somebody who has nothing yet. */
const NOBODY = { secret: null, backupCodes: [] };

type Means = First | 'TOTP' | 'BACKUP_CODE';
const MEANS: readonly Means[] = [...FIRST, 'TOTP', 'BACKUP_CODE'];

/** What somebody has proved, and what it is worth. */
interface Proved {
  readonly factor: Means;
  readonly worth: 'KNOWLEDGE' | 'POSSESSION' | null;
}

// The oracle.

interface Situation {
  readonly enrolled: Enrolled;
  readonly policy: Policy;
}

const hasSecondFactor = ({ enrolled }: Situation) => enrolled !== 'no second factor';
const proves = (worth: Proved['worth'], proved: readonly Proved[]) =>
  proved.some((one) => one.worth === worth);
const bothCategories = (proved: readonly Proved[]) =>
  proves('KNOWLEDGE', proved) && proves('POSSESSION', proved);
const isMailbox = ({ factor }: Proved) => factor === 'EMAIL_CODE' || factor === 'EMAIL_LINK';

/** A session takes a first factor, and both categories of whoever has a second factor or must have one. */
function sessionTakes(situation: Situation) {
  const both = hasSecondFactor(situation) || situation.policy === 'REQUIRED';
  return (proved: readonly Proved[]) => (both ? bothCategories(proved) : proved.length > 0);
}

/** A sign-up begins with a password, and takes the mailbox; where policy says so, a second factor too. */
function accountTakes({ policy }: Situation) {
  return (proved: readonly Proved[]) =>
    proved.some(isMailbox) && (policy === 'OPTIONAL' || proves('POSSESSION', proved));
}

/** A new password takes the mailbox, because a phone alone is not enough and the password was forgotten. */
function newPasswordTakes(situation: Situation) {
  return (proved: readonly Proved[]) =>
    proved.some(isMailbox) && (!hasSecondFactor(situation) || proves('POSSESSION', proved));
}

/** In a session: a fresh second factor of whoever has one, and both categories; else a fresh proof of knowledge. */
function freshnessTakes(situation: Situation, held: readonly Proved[]) {
  return (proved: readonly Proved[]) =>
    hasSecondFactor(situation)
      ? proves('POSSESSION', proved) && bothCategories([...held, ...proved])
      : proves('KNOWLEDGE', proved);
}

// The table.

/** What a sign-in or a reset begins with: `to` whom a phone's messages go. */
const BEGINNINGS = [
  { first: 'PASSWORD', to: 'email' },
  { first: 'EMAIL_CODE', to: 'email' },
  { first: 'EMAIL_LINK', to: 'email' },
  { first: 'PHONE_CODE', to: 'number' },
  { first: 'PHONE_LINK', to: 'number' },
  { first: 'PHONE_CODE', to: 'secondNumber' },
  { first: 'PHONE_LINK', to: 'secondNumber' },
] as const;
type Beginning = (typeof BEGINNINGS)[number];

const TITLES = {
  email: '',
  number: ' of a number that identifies',
  secondNumber: ' of a number that is a second factor',
};
const SITUATIONS: readonly Situation[] = POLICIES.flatMap((policy) =>
  ENROLLED.map((enrolled) => ({ policy, enrolled })),
);
const BY_BEGINNING = SITUATIONS.flatMap((situation) =>
  BEGINNINGS.filter(({ to }) => to !== 'secondNumber' || SECOND_FACTORS_OF[situation.enrolled].phone).map(
    (beginning) => ({ ...situation, ...beginning, title: beginning.first + TITLES[beginning.to] }),
  ),
);
const BY_SESSION = SITUATIONS.flatMap((situation) => FIRST.map((first) => ({ ...situation, first })));

let app: TestApp;
let client: TestClient;
let db: pg.Client;
const people = new Map<string, Person>();

beforeAll(async () => {
  // The sessions are stale when the walks begin, and their tokens are good to the end.
  app = await startTestApp({ ACCESS_TOKEN_SECONDS: '3600' });
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
});
afterAll(async () => {
  await db.end();
  await app[Symbol.asyncDispose]();
});

function tenantOf(policy: Policy): string {
  return policy.toLowerCase();
}

function personOf({ policy, enrolled }: Situation): Person {
  const person = people.get(`${policy} ${enrolled}`);
  if (person === undefined) throw new Error('There is nobody in this situation.');
  return person;
}

describe('a sign-in', () => {
  test.each(BY_BEGINNING)('$policy, with $enrolled, by $title', async (cell) => {
    const person = personOf(cell);
    const { ways, granted } = await walkEveryWay({
      cell,
      person,
      start: () => client.startSignIn({ identifier: person[cell.to], tenant: tenantOf(cell.policy) }),
      first: cell.first,
      to: person[cell.to],
      suffices: sessionTakes(cell),
      isGranted: (step) => step.session !== null,
      atEveryStep: refuseNewPassword,
      atTheEnd: async (step, proved) => {
        expect(step.status).toBe('COMPLETE');
        expect(await evidenceOf(step.session?.session.id)).toEqual(asEvidence(proved));
      },
    });
    expect(granted).toBe(isSilent({ cell, person }, person[cell.to]) ? 0 : ways);
  });
});

describe('a password reset', () => {
  const resetOf = (cell: Situation & Beginning, person: Person): Trial => ({
    cell,
    person,
    start: () => client.startPasswordReset({ identifier: person[cell.to], tenant: tenantOf(cell.policy) }),
    first: cell.first,
    to: person[cell.to],
    suffices: newPasswordTakes(cell),
    isGranted: (step) => step.status === 'NEEDS_NEW_PASSWORD',
    atEveryStep: refuseNewPassword,
    atTheEnd: async ({ id }) => {
      const before = await stateOf(person);
      expect((await client.chooseNewPassword(id, NEW_PASSWORD)).status).toBe('COMPLETE');
      // It signs nobody in, ends what there was, and changes nothing but the password.
      expect(await stateOf(person)).toEqual({ ...before, password: expect.any(String), sessions: null });
      const { id: signIn } = await client.startSignIn({
        identifier: person.email,
        tenant: tenantOf(cell.policy),
      });
      expect((await client.attempt(signIn, { password: PASSWORD })).code).toBe('PROOF_REJECTED');
      expect((await client.attempt(signIn, { password: NEW_PASSWORD })).code).toBeUndefined();
    },
  });

  test.each(BY_BEGINNING)('$policy, with $enrolled, by $title', async (cell) => {
    const person = personOf(cell);
    const { ways, granted } = await walkEveryWay(resetOf(cell, person));
    const isForgotten = cell.first === 'PASSWORD';
    expect(granted).toBe(isForgotten || isSilent({ cell, person }, person[cell.to]) ? 0 : ways);
  });

  // Somebody whose mailbox is gone has nothing that stands for the password: a person looks at it.
  const lost = BY_BEGINNING.filter(({ policy, to }) => policy === 'OPTIONAL' && to !== 'email');
  test.each(lost)('of somebody who lost the mailbox, with $enrolled, by $title: never', async (cell) => {
    const person = personOf(cell);
    const { granted } = await walkEveryWay({
      ...resetOf(cell, person),
      prepare: () => db.query('delete from email_address where user_id = $1', [person.userId]),
      atADeadEnd: (step) => expect(step).toMatchObject({ status: 'FAILED', remedy: 'ADMINISTRATOR' }),
    });
    expect(granted).toBe(0);
  });
});

describe('a step-up of a stale session', () => {
  test.each(BY_SESSION)('$policy, with $enrolled, that began with $first alone', async (cell) => {
    const person = personOf(cell);
    const { id, accessToken: token } = person.sessions[cell.first];
    const held = heldBy(cell);
    await putBack(db, person);
    if (!hasSecondFactor(cell)) {
      expect((await client.startStepUp({}, token)).code).toBe('ENROLLMENT_REQUIRED');
    }
    const require = hasSecondFactor(cell) ? 'SECOND_FACTOR' : 'STRONGEST_ENROLLED';
    const { ways, granted } = await walkEveryWay({
      cell,
      person,
      token,
      start: () => client.startStepUp({ require }, token),
      suffices: freshnessTakes(cell, held),
      isGranted: (step) => step.session !== null,
      atEveryStep: async () => expect(await changePassword(token)).toBe('refused'),
      atTheEnd: async (step, proved) => {
        expect(step.status).toBe('COMPLETE');
        expect(await evidenceOf(id)).toEqual(asEvidence([...held, ...proved]));
        const { data } = await client.graphql('{ viewer { assurance { level } } }', {}, token);
        expect(data.viewer.assurance.level).toBe(hasSecondFactor(cell) ? 'AAL2' : 'AAL1');
        expect(await changePassword(token)).toBe('changed');
      },
    });
    expect(granted).toBe(ways);
  });
});

describe('an enrollment in a stale session', () => {
  test.each(BY_SESSION)('$policy, with $enrolled, that began with $first alone', async (cell) => {
    const person = personOf(cell);
    const { id, accessToken: token } = person.sessions[cell.first];
    const held = heldBy(cell);
    const isFresh = freshnessTakes(cell, held);
    const { ways, granted } = await walkEveryWay({
      cell,
      person,
      token,
      start: () => client.startEnrollment({ factor: 'TOTP' }, token),
      // The last proof is that of the new app itself.
      suffices: (proved) => isFresh(proved.slice(0, -1)) && proved.at(-1)?.factor === 'TOTP',
      isGranted: (step) => step.session !== null,
      mayEnroll: isFresh,
      atEveryStep: async (_id, proved) => {
        if (!isFresh(proved)) expect(await changePassword(token)).toBe('refused');
      },
      atTheEnd: async (step, proved) => {
        expect(step.status).toBe('COMPLETE');
        expect(step.backupCodes === null).toBe(hasSecondFactor(cell));
        expect(await evidenceOf(id)).toEqual(asEvidence([...held, ...proved]));
      },
    });
    expect(granted).toBe(ways);
  });
});

describe('an enrollment in a fresh session', () => {
  test.each(FIRST)('that began with %s alone', async (first) => {
    const person = personOf({ policy: 'OPTIONAL', enrolled: 'no second factor' });
    await putBack(db, person);
    const identifier = first.startsWith('PHONE') ? person.number : person.email;
    const { id } = await client.startSignIn({ identifier, tenant: tenantOf('OPTIONAL') });
    const { session } = await client.attempt(id, await proofOf(client, id, first, identifier));
    const token = session?.accessToken;
    // A number that only identifies may be anybody's after a SIM swap: it adds no factor and changes no password.
    const isPhone = first.startsWith('PHONE');
    for (const input of [{ factor: 'TOTP' }, { factor: 'PHONE_CODE', phoneNumber: person.number }]) {
      const started = await client.startEnrollment(input, token);
      expect(started.status).toBe(isPhone ? 'NEEDS_PROOF' : 'NEEDS_ENROLLMENT');
      expect(started.totp === null).toBe(isPhone || input.factor !== 'TOTP');
    }
    expect(await changePassword(token ?? '')).toBe(isPhone ? 'refused' : 'changed');
  });
});

describe('a sign-up', () => {
  const PROVE_ADDRESS: readonly Means[] = ['EMAIL_CODE', 'EMAIL_LINK'];

  test.each(
    POLICIES.flatMap((policy) => (['EMAIL_CODE', 'EMAIL_LINK'] as const).map((first) => ({ policy, first }))),
  )('$policy, by $first', async ({ policy, first }) => {
    const situation: Situation = { policy, enrolled: 'no second factor' };
    const email = `${randomUUID()}@example.com`;
    const tenant = tenantOf(policy);
    const started = await client.startSignUp({ email, password: PASSWORD, tenant });
    const proved: Proved[] = [{ factor: 'PASSWORD', worth: 'KNOWLEDGE' }];
    const suffices = accountTakes(situation);
    const others = MEANS.filter((means) => !PROVE_ADDRESS.includes(means));
    for (const means of others) await refuse(started.id, means, { person: NOBODY, offered: PROVE_ADDRESS });
    await refuseNewPassword(started.id);
    let step = await client.attempt(started.id, await proofOf(client, started.id, first, email));
    proved.push({ factor: first, worth: 'KNOWLEDGE' });
    expect(step.session !== null).toBe(suffices(proved));
    if (step.session === null) {
      expect(step.status).toBe('NEEDS_ENROLLMENT');
      for (const means of FIRST) await refuse(started.id, means, { person: NOBODY });
      step = await client.attempt(started.id, { totp: client.totp(step.totp?.secret ?? '') });
      proved.push({ factor: 'TOTP', worth: 'POSSESSION' });
    }
    expect(step.session !== null).toBe(suffices(proved));
    expect(await evidenceOf(step.session?.session.id)).toEqual(asEvidence(proved));
  });

  test.each(SITUATIONS)('$policy, for the address of somebody with $enrolled: never', async (situation) => {
    const person = personOf(situation);
    await putBack(db, person);
    const before = await stateOf(person);
    const tenant = tenantOf(situation.policy);
    const started = await client.startSignUp({ email: person.email, password: 'another password', tenant });
    const elsewhere = await client.startSignIn({ identifier: person.email, tenant });
    const code = await proofOf(client, elsewhere.id, 'EMAIL_CODE', person.email);
    const link = await proofOf(client, elsewhere.id, 'EMAIL_LINK', person.email);
    await client.prepare(started.id, 'EMAIL_LINK');
    for (const proof of [code, link]) {
      expect((await client.attempt(started.id, proof)).code).toBe('PROOF_REJECTED');
    }
    for (const means of ['PASSWORD', 'TOTP', 'BACKUP_CODE', 'PHONE_CODE'] as const) {
      await refuse(started.id, means, { person });
    }
    await refuseNewPassword(started.id);
    expect(await stateOf(person)).toEqual(before);
  });
});

describe('an identifier that nobody has', () => {
  const decoys = POLICIES.flatMap((policy) =>
    (['startSignIn', 'startPasswordReset'] as const).flatMap((start) =>
      ['nobody@example.com', '+14155559999'].map((identifier) => ({ policy, start, identifier })),
    ),
  );
  test.each(decoys)('$policy, $start, $identifier: never', async ({ policy, start, identifier }) => {
    await db.query('delete from lockout');
    const { id, factors } = await client[start]({ identifier, tenant: tenantOf(policy) });
    const messages = (await client.inbox()).length;
    expect(factors).not.toEqual([]);
    for (const { factor, needsPreparing } of factors.filter((one) => one.factor !== 'PASSWORD')) {
      expect(needsPreparing).toBe(true);
      expect((await client.prepare(id, factor)).challenge).toMatchObject({ factor, hint: null });
    }
    expect(await client.inbox()).toHaveLength(messages);
    await refuseNewPassword(id);
    const offered = factors.map((one) => one.factor as Means).filter((means) => !means.endsWith('LINK'));
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const guess = guessOf(offered[attempt % offered.length] ?? 'PASSWORD');
      expect((await client.attempt(id, guess)).code).toBe('PROOF_REJECTED');
    }
    expect((await client.attempt(id, guessOf('PASSWORD'))).code).toBe('WORKFLOW_ENDED');
    expect((await client.chooseNewPassword(id, NEW_PASSWORD)).code).toBe('WORKFLOW_ENDED');
  });
});

// The walk.

interface Trial {
  readonly cell: Situation;
  readonly person: Person;
  readonly token?: string;
  start(): Promise<Step>;
  /** What happens to the person before. */
  prepare?(): Promise<unknown>;
  /** What the workflow begins with in this cell, and where that is sent. */
  readonly first?: First;
  readonly to?: string | null;
  /** The oracle: what it takes to get what the workflow is for. */
  suffices(proved: readonly Proved[]): boolean;
  isGranted(step: Step): boolean;
  /** Whether a new app may show its secret already. */
  mayEnroll?(proved: readonly Proved[]): boolean;
  atEveryStep?(id: string, proved: readonly Proved[]): Promise<void>;
  atTheEnd(step: Step, proved: readonly Proved[]): Promise<void>;
  atADeadEnd?(step: Step): void;
}

/** Where everything that is not offered was presented already: it looks the same from one cell to the next. */
const TRIED = new Set<string>();

interface Ways {
  /** How the ways begin that are still to be walked. */
  readonly open: Means[][];
  /** What a client has seen; from where it looks the same again, one way is walked on and not all. */
  readonly seen: Set<string>;
}

/** Every way through the workflow, each to its end. */
async function walkEveryWay(trial: Trial): Promise<{ ways: number; granted: number }> {
  const ways: Ways = { open: [[]], seen: new Set() };
  const count = { ways: 0, granted: 0 };
  for (let way = ways.open.pop(); way !== undefined; way = ways.open.pop()) {
    count.ways += 1;
    if (await walk(trial, way, ways)) count.granted += 1;
  }
  return count;
}

/** One way: as it is given, then always on; the ways that branch off are left for later. */
async function walk(trial: Trial, way: readonly Means[], { open, seen }: Ways): Promise<boolean> {
  const { person, token } = trial;
  await putBack(db, person);
  await trial.prepare?.();
  const before = await stateOf(person);
  let step = await trial.start();
  const proved: Proved[] = [];
  /** Right proofs that were not used when they would have done. */
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

/** Whether nothing is sent to this number, because its user has switched text messages off. */
function isSilent({ cell, person }: Pick<Trial, 'cell' | 'person'>, to: string | null): boolean {
  return SECOND_FACTORS_OF[cell.enrolled].off && to !== person.email;
}

/** It looks as if a message was sent, and there is none. */
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

function guessOf(means: Means): object {
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

/** What is not offered is refused, and a right proof all the same. */
async function refuse(
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
  // A link's proof says nothing of its kind: where another one is due, it is a guess at that.
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

async function refuseNewPassword(id: string): Promise<void> {
  const answer = await client.chooseNewPassword(id, NEW_PASSWORD);
  expect(['NEW_PASSWORD_NOT_DUE', 'WORKFLOW_ENDED']).toContain(answer.code);
}

async function changePassword(token: string): Promise<'changed' | 'refused'> {
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

// What is in the database in the end.

/** What nothing but a granted workflow changes. */
async function stateOf({ userId }: Person): Promise<object> {
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

async function evidenceOf(sessionId: string | undefined): Promise<Categories> {
  const { rows } = await db.query('select evidence from session where id = $1', [sessionId]);
  const evidence: readonly { factor: string; categories: string[] }[] = rows[0].evidence;
  return Object.fromEntries(evidence.map(({ factor, categories }) => [factor, categories]));
}

/** A later proof takes the place of an earlier one of its factor. */
function asEvidence(proved: readonly Proved[]): Categories {
  return Object.fromEntries(proved.map(({ factor, worth }) => [factor, worth === null ? [] : [worth]]));
}

/** What a session holds that began with one factor. Of a phone that was switched off nothing is left. */
function heldBy({ enrolled, first }: Situation & { first: First }): Proved[] {
  const isPhone = first.startsWith('PHONE');
  if (isPhone && SECOND_FACTORS_OF[enrolled].off) return [];
  return [{ factor: first, worth: isPhone ? null : 'KNOWLEDGE' }];
}
