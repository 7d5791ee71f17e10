// Walks through a workflow on every possible path, as a user who can prove everything that is requested. At every step
// the walk also sends correct proofs that are not offered, with codes that were sent while they were.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect } from 'vitest';
import { Authority } from '../../factors/certificate/authority.ts';
import { entry, native, providersFile } from '../../factors/oauth/visits.ts';
import { startTestApp } from '../../harness/app.ts';
import { type Step, TestClient } from '../../harness/client.ts';
import { IdentityProvider } from '../../harness/identity-provider.ts';
import { requestOf } from '../../harness/passkeys.ts';
import { type First, MEANS, type Means, wayOf } from './means.ts';
import { POLICIES, type Policy, type Proved, type Situation } from './oracle.ts';
import {
  createPerson,
  ENROLLED,
  type Person,
  proofOf,
  putBack,
  readState,
  SECOND_FACTORS_OF,
} from './people.ts';

export const NEW_PASSWORD = 'a stolen battery staple';
/** A user who has no factor yet. */
export const NOBODY = { secret: null, backupCodes: [] };

export let client: TestClient;
export let db: pg.Client;
let provider: IdentityProvider;
const people = new Map<string, Person>();

/** Set before the tests of each file, which has its own users. */
export async function openMatrix(): Promise<AsyncDisposable> {
  refusals = 0;
  // The sessions are stale when the walks start, and their tokens stay valid until the end.
  const authority = await Authority.create('Authority');
  const folder = await mkdtemp(join(tmpdir(), 'stepgate-matrix-'));
  const path = join(folder, 'ca.pem');
  await writeFile(path, authority.pem);
  provider = await IdentityProvider.start({ redirectUris: [native('work')] });
  const app = await startTestApp({
    ACCESS_TOKEN_SECONDS: '3600',
    PROVIDERS_FILE: await providersFile([entry('work', provider)]),
    CLIENT_CA: path,
    CLIENT_CERT_PROXIES: 'loopback',
  });
  // The server's clock is ahead of the provider's.
  provider.claims = (claims) => ({ ...claims, auth_time: Math.floor(app.clock.now().getTime() / 1000) });
  client = new TestClient(app, { 'client-cert': (await authority.issue()).header });
  db = new pg.Client({ connectionString: app.databaseUrl });
  await db.connect();
  for (const policy of POLICIES) {
    await db.query("insert into tenant (id, sms, created_at) values ($1, 'ANY_FACTOR', now())", [
      tenantOf(policy),
    ]);
    for (const enrolled of ENROLLED) {
      people.set(
        `${policy} ${enrolled}`,
        await createPerson(client, db, tenantOf(policy), enrolled, provider.issuer),
      );
      await db.query('delete from outbox_message');
    }
  }
  await db.query("update tenant set second_factor = 'REQUIRED' where id = $1", [tenantOf('REQUIRED')]);
  app.clock.advance(700);
  return {
    async [Symbol.asyncDispose]() {
      await db.end();
      await app[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
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
  readonly first?: Means;
  readonly to?: string | null;
  /** The oracle: whether the proofs are enough for the workflow's result. */
  suffices(proved: readonly Proved[]): boolean;
  isGranted(step: Step): boolean;
  /** Whether the secret of a new app may be shown. */
  mayEnroll?(proved: readonly Proved[]): boolean;
  atEveryStep?(id: string, proved: readonly Proved[]): Promise<void>;
  atTheEnd?(step: Step, proved: readonly Proved[]): Promise<void>;
  /** Runs after `atTheEnd`, once for each factor that completes the workflow in this cell: for expensive checks. */
  atAnEndOfItsKind?(step: Step): Promise<void>;
  atADeadEnd?(step: Step): void;
}

/**
 * What was already tried, and where. A place is what a client sees and which factor was proved last. Cells of one person
 * share their places.
 */
const TRIED = new Set<string>();

function isFirst(trial: string): boolean {
  const { size } = TRIED;
  return TRIED.add(trial).size > size;
}

interface Ways {
  /** The starts of the paths that are still to be walked. */
  readonly open: Means[][];
  /** The states that a client has seen. From an equal state, only one path is continued. */
  readonly seen: Set<string>;
  /** The factors that completed the workflow. */
  readonly ends: Set<Means>;
}

/** Every cell combines its first factor with every second one. States after that are shared by the cells of one person. */
const SEEN_LATE = new Set<string>();

/** Walks every path through the workflow to its end. */
export async function walkEveryWay(trial: Trial): Promise<{ ways: number; granted: number }> {
  const ways: Ways = { open: [[]], seen: new Set(), ends: new Set() };
  const count = { ways: 0, granted: 0 };
  for (let way = ways.open.pop(); way !== undefined; way = ways.open.pop()) {
    count.ways += 1;
    if (await walk(trial, way, ways)) count.granted += 1;
  }
  return count;
}

/** Walks one path: first as given, then always forwards. Branches are queued. */
async function walk(trial: Trial, way: readonly Means[], { open, seen, ends }: Ways): Promise<boolean> {
  const { person, token } = trial;
  await putBack(db, person);
  await trial.prepare?.();
  let step = await trial.start();
  const proved: Proved[] = [];
  /** Correct proofs that were not used while they were accepted. */
  const kept: Kept = {};
  for (;;) {
    const isBeginning = proved.length === 0;
    const to = isBeginning ? (trial.to ?? null) : null;
    const offered = step.factors.map((one) => one.factor as Means);
    const choices = offered.filter((one) => !isBeginning || one === (trial.first ?? one));
    const next = way[proved.length] ?? choices[0];
    const sight = JSON.stringify([step.status, step.factors]);
    const isNew = proved.length >= way.length;
    const scene = `${step.__typename} ${person.userId}`;
    const isUnknown = isNew && !seen.has(sight) && !(proved.length > 1 && SEEN_LATE.has(scene + sight));
    seen.add(sight);
    if (proved.length > 1) SEEN_LATE.add(scene + sight);
    if (isNew) {
      const place = `${scene} ${proved.at(-1)?.factor} ${sight}`;
      // A correct proof tells more than a guess, so it is tried even where a guess was.
      const tried = MEANS.filter((one) => !offered.includes(one)).filter((one) =>
        kept[one] === undefined
          ? !TRIED.has(`${place} right ${one}`) && isFirst(`${place} ${one}`)
          : isFirst(`${place} right ${one}`),
      );
      await refuse(step.id, tried, { kept, person, offered, token });
      if (isFirst(`${place} in ${token}`)) await trial.atEveryStep?.(step.id, proved);
    }
    if (isUnknown) {
      const branches = choices.filter((one) => one !== next);
      open.push(...branches.map((one) => [...proved.map(({ factor }) => factor), one]));
    }
    if (next === undefined) {
      if (!isBeginning) trial.atADeadEnd?.(step);
      expect(await stateOf(person)).toEqual(person.state);
      return false;
    }
    if (step.status === 'NEEDS_ENROLLMENT') expect(trial.mayEnroll?.(proved) ?? true).toBe(true);
    if (to !== null && isSilent(trial, to)) {
      await expectSilence(step.id, next, to);
      expect(await stateOf(person)).toEqual(person.state);
      return false;
    }
    for (const other of offered.filter((one) => isUnknown && one !== next && needsPreparing(one))) {
      kept[other] = await proofFor(trial, step, other, to);
    }
    const proof = await proofFor(trial, step, next, to);
    proved.push({ factor: next, worth: worthOf(person, next, to) });
    const suffices = trial.suffices(proved);
    // No earlier step changed what only a successful workflow may change.
    if (suffices) expect(await stateOf(person)).toEqual(person.state);
    step = await client.attempt(step.id, proof, token);
    expect(step.code).toBeUndefined();
    accepted.add(next);
    delete kept[next];
    expect(trial.isGranted(step)).toBe(suffices);
    if (trial.isGranted(step)) {
      await trial.atTheEnd?.(step, proved);
      if (!ends.has(next)) await trial.atAnEndOfItsKind?.(step);
      ends.add(next);
      return true;
    }
  }
}

type Kept = Partial<Record<Means, object>>;

function needsPreparing(means: Means): boolean {
  return wayOf(means).needsPreparing;
}

function worthOf(person: Person, means: Means, to: string | null): Proved['worth'] {
  const identifiesOnly = means.startsWith('PHONE') && (to ?? person.secondNumber) !== person.secondNumber;
  return identifiesOnly ? null : wayOf(means).worth;
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
  const { isFirst, prove } = wayOf(means);
  if (!isFirst) {
    const secret = step.totp?.secret ?? person.secret ?? '';
    const answer = async () => {
      const prepared = await client.prepare(step.id, means, token);
      // It is offered to everybody as a first step, also to those who have none.
      return person.key === null ? guessOf(means) : { passkey: person.key.get(requestOf(prepared)) };
    };
    const { backupCodes, device } = person;
    const signInAtProvider = () => {
      provider.visitor = { sub: person.userId };
    };
    return prove({
      client,
      to: '',
      secret,
      backupCodes,
      answer,
      device,
      id: step.id,
      token,
      signInAtProvider,
    });
  }
  const authenticatorId = step.factors.find((one) => one.factor === means)?.authenticatorId ?? undefined;
  const address = means.startsWith('PHONE') ? (to ?? person.secondNumber) : person.email;
  return proofOf(client, step.id, means as First, address ?? '', { token, authenticatorId });
}

export function guessOf(means: Means): object {
  return wayOf(means).guess;
}

/** The server's limit. */
const MUTATIONS_IN_OPERATION = 5;
let refusals = 0;
const accepted = new Set<Means>();

/** The factors that were proved in this file, so that a test can tell when one of them never was. */
export function provedMeans(): ReadonlySet<Means> {
  return accepted;
}

/** How many mutations were rejected in this file, so that a test can tell when the walks try too little. */
export function countOfRefusals(): number {
  return refusals;
}

/** Everything that is not offered is rejected, even correct proofs, also when one document brings several. */
export async function refuse(
  id: string,
  tried: readonly Means[],
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
  const own: Kept = {
    ...kept,
    ...(secret === null ? {} : { TOTP: { totp: client.totp(secret) } }),
    ...(backupCodes[0] === undefined ? {} : { BACKUP_CODE: { backupCode: backupCodes[0] } }),
  };
  const mutations = tried.flatMap((means) => {
    const prepare = { field: 'prepareFactor', input: { workflowId: id, factor: means } };
    const attempt = {
      field: 'attemptFactor',
      input: { workflowId: id, proof: own[means] ?? guessOf(means) },
    };
    return [
      ...(needsPreparing(means) ? [prepare] : []),
      ...(isGuessAtAnother(means, offered, kept) ? [] : [attempt]),
    ];
  });
  for (let at = 0; at < mutations.length; at += MUTATIONS_IN_OPERATION) {
    const document = mutations.slice(at, at + MUTATIONS_IN_OPERATION);
    const codes = await client.codesOf(document, token);
    for (const [which, code] of codes.entries()) {
      expect(['FACTOR_NOT_OFFERED', 'WORKFLOW_ENDED'], JSON.stringify(document[which])).toContain(code);
    }
    refusals += codes.length;
  }
}

/** The proof of a link does not say its kind, so it counts as a guess at the other kind when that is expected. */
function isGuessAtAnother(means: Means, offered: readonly Means[], kept: Kept): boolean {
  const others = (['EMAIL_LINK', 'PHONE_LINK'] as const).filter((one) => one !== means);
  const isAmbiguous = others.some((one) => offered.includes(one) && (!kept[means] || kept[one]));
  return means.endsWith('LINK') && isAmbiguous;
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

export function stateOf({ userId }: Person): Promise<object> {
  return readState(db, userId);
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
