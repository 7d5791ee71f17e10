// Enumerates every path of every chart and replays it over HTTP, with the real runner and PostgreSQL. The paths come
// from the charts. What must hold at their ends is defined here, independently.
import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { getSimplePaths } from 'xstate/graph';
import type { Evidence } from '../../src/policy/evidence.ts';
import type { Category } from '../../src/policy/factor-kind.ts';
import type { ChartName } from '../../src/workflows/chart-name.ts';
import { chartOf, viewOf } from '../../src/workflows/charts.ts';
import type { WorkflowEvent } from '../../src/workflows/event.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, type Step, TestClient, type Tokens } from '../harness/client.ts';
import { eventsOf, factorsOf, isFirstOfItsKind, isPlayable, nameOf } from './every-path/paths.ts';
import { FACTORS, PROOFS, type Proved } from './every-path/proofs.ts';
import { SCENES, type Scene } from './every-path/scenes.ts';
import { putRowsBack, type Rows, rowsOf } from './matrix/rows.ts';

const NEW_PASSWORD = 'another battery staple';
/** As many as the server takes. */
const MUTATIONS_IN_OPERATION = 5;

/** A user in the situation of a scene, and the running chart. */
interface Run {
  readonly email: string;
  readonly number: string;
  readonly step: Step;
  readonly secret: string | null;
  readonly backupCodes: string[];
  tokens: Tokens | null;
  readonly before: AuthContext;
}

/** The state that only a completed chart may change. */
interface AuthContext {
  readonly password: string;
  readonly sessions: number;
}

let app: TestApp;
let client: TestClient;
let db: pg.Client;
let numbers = 3000;
/** The user of each scene, whose state is restored before each path. */
const people = new Map<Scene, Person>();
/** States in which everything that is not offered was already tried. */
const tried = new Set<string>();

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  db = new pg.Client({ connectionString: app.databaseUrl });
  await db.connect();
  await query("update tenant set sms = 'ANY_FACTOR'");
  await query(
    "insert into tenant (id, second_factor, sms, created_at) values ('strict', 'REQUIRED', 'ANY_FACTOR', now())",
  );
});
afterAll(async () => {
  await db.end();
  await app[Symbol.asyncDispose]();
});

async function query<Row extends object>(statement: string, values: readonly unknown[] = []): Promise<Row[]> {
  return (await db.query<Row>(statement, [...values])).rows;
}

describe.each(SCENES)('$title', (scene) => {
  const chart = chartOf(scene.chart);
  const events = eventsOf(scene);
  const paths = getSimplePaths(chart, {
    input: scene.input,
    events: events as never,
    // The runner sends no events to an ended workflow. The end of each path tests that it accepts none.
    stopWhen: (state) => (state as AnyMachineSnapshot).status !== 'active',
    serializeState: (state) =>
      JSON.stringify([(state as AnyMachineSnapshot).value, factorsOf(state as AnyMachineSnapshot)]),
  })
    .filter(isPlayable)
    .filter(isFirstOfItsKind());

  test('has a path to each of its end states', () => {
    const ends = new Set(paths.map(({ state }) => String((state as AnyMachineSnapshot).value)));
    expect([...ends]).toEqual(expect.arrayContaining([...(scene.ends ?? ['complete', 'failed', 'expired'])]));
    if (scene.ends !== undefined) expect(ends).not.toContain('complete');
  });

  // A path that is the start of another one is walked with it, and what must hold at its end is checked on the way.
  const names = paths.map(nameOf);
  const walked = paths.filter((path) => !names.some((name) => name.startsWith(`${nameOf(path)}, then `)));
  const checked = new Set<string>();

  test.each(walked.map((path) => ({ path, name: nameOf(path) })))('$name', async ({ path }) => {
    const run = await begin(scene);
    await query('delete from audit_event');
    const [first, ...steps] = path.steps;
    let model = (first?.state ?? path.state) as AnyMachineSnapshot;
    await expectEverything(0);
    for (const [at, { event, state }] of steps.entries()) {
      await refuseEverythingElse(scene, run, model);
      await play(run, event as WorkflowEvent);
      model = state as AnyMachineSnapshot;
      await expectEverything(at + 1);
    }

    async function expectEverything(length: number): Promise<void> {
      const way = steps.slice(0, length);
      const name = nameOf({ steps: path.steps.slice(0, length + 1) });
      if (checked.has(name)) return;
      checked.add(name);
      await expectState(scene, run, chart, model);
      await expectAudit(scene, way, model);
      await expectInvariants(scene, run, String(model.value));
    }
  });

  test('has walked every path', () => {
    expect([...checked].toSorted()).toEqual(names.toSorted());
  });
});

/** The user at the start of a scene's workflow. */
interface Person {
  readonly userId: string;
  readonly email: string;
  readonly number: string;
  readonly secret: string | null;
  readonly backupCodes: readonly string[];
  readonly tokens: Tokens;
  readonly before: AuthContext;
  readonly rows: Rows;
  /** The time at that moment. */
  readonly at: Date;
}

async function begin(scene: Scene): Promise<Run> {
  const { chart, tenant = 'default' } = scene;
  if (chart === 'sign-up') {
    const email = `${randomUUID()}@example.com`;
    const step = await client.startSignUp({ email, password: PASSWORD, tenant });
    const before = await authContext(email);
    return { email, number: '', step, secret: null, backupCodes: [], tokens: null, before };
  }
  const person = people.get(scene) ?? (await createPerson(scene));
  people.set(scene, person);
  const { email, number, secret, backupCodes, tokens, before } = person;
  await putRowsBack(db, person.userId, person.rows);
  app.clock.advance((person.at.getTime() - app.clock.now().getTime()) / 1000);
  return {
    email,
    number,
    step: await start(scene, { identifier: scene.identifier === 'PHONE' ? number : email, number }, tokens),
    secret,
    backupCodes: [...backupCodes],
    tokens: chart === 'sign-in' || chart === 'password-reset' ? null : tokens,
    before,
  };
}

async function createPerson(scene: Scene): Promise<Person> {
  const { tenant = 'default', enrolled = [], phone, sessionAgeSeconds = 0 } = scene;
  await query('delete from outbox_message'); // otherwise each search for a code would open the messages of all previous paths
  const email = `${randomUUID()}@example.com`;
  numbers += 1;
  const number = `+1415555${numbers}`;
  // A user of a strict tenant without a second factor signed up before the tenant became strict.
  if (tenant === 'strict') await setPolicy('OPTIONAL');
  const started = await client.startSignUp({ email, password: PASSWORD, tenant });
  const done = await client.attempt(started.id, { emailCode: await client.codeFor(email) });
  let tokens: Tokens = done.session as Tokens;
  const own =
    phone === undefined
      ? null
      : await client.enrollPhone(tokens.accessToken, number, phone === 'SECOND_FACTOR');
  tokens = own?.tokens ?? tokens;
  app.clock.advance(30);
  const ofPhone = scene.isSessionOfPhone ? await signInByPhone(number, tenant) : null;
  const added = enrolled.includes('TOTP') ? await client.enrollTotp(tokens.accessToken) : null;
  tokens = ofPhone ?? added?.tokens ?? tokens;
  if (tenant === 'strict') await setPolicy('REQUIRED');
  app.clock.advance(30 + sessionAgeSeconds);
  if (sessionAgeSeconds > 0) tokens = await refreshed(tokens);
  const before = await authContext(email);
  if (scene.isWithoutMailbox) {
    await query('update email_address set verified_at = null where address = $1', [email]);
  }
  const [user] = await query<{ user_id: string }>('select user_id from email_address where address = $1', [
    email,
  ]);
  const userId = user?.user_id ?? '';
  return {
    userId,
    email,
    number,
    secret: added?.secret ?? null,
    backupCodes: own?.backupCodes.length ? own.backupCodes : (added?.backupCodes ?? []),
    tokens,
    before,
    rows: await rowsOf(db, userId),
    at: app.clock.now(),
  };
}

function start(
  { chart, tenant = 'default', request = { factor: 'TOTP' } }: Scene,
  { identifier, number }: { identifier: string; number: string },
  { accessToken }: Tokens,
): Promise<Step> {
  switch (chart) {
    case 'sign-in':
      return client.startSignIn({ identifier, tenant });
    case 'password-reset':
      return client.startPasswordReset({ identifier, tenant });
    case 'enrollment': {
      const isPhone = 'factor' in request && request.factor === 'PHONE_CODE';
      return client.startEnrollment(isPhone ? { ...request, phoneNumber: number } : request, accessToken);
    }
    default:
      return client.startStepUp('operation' in request ? request : {}, accessToken);
  }
}

async function signInByPhone(number: string, tenant: string): Promise<Tokens> {
  const { id } = await client.startSignIn({ identifier: number, tenant });
  await client.prepare(id, 'PHONE_CODE');
  const done = await client.attempt(id, { phoneCode: await client.codeFor(number) });
  return done.session as Tokens;
}

async function authContext(email: string): Promise<AuthContext> {
  const [row] = await query<AuthContext>(
    `select a.secret as password, (
       select count(*)::int from session s where s.user_id = e.user_id and s.revoked_at is null
     ) as sessions
     from email_address e join authenticator a on a.user_id = e.user_id and a.factor = 'PASSWORD'
     where e.address = $1`,
    [email],
  );
  if (row === undefined) throw new Error('There is no such user.');
  return row;
}

function setPolicy(policy: string): Promise<unknown> {
  return query("update tenant set second_factor = $1 where id = 'strict'", [policy]);
}

async function refreshed({ refreshToken }: Tokens): Promise<Tokens> {
  const { data } = await client.graphql(
    'mutation ($refreshToken: String) { refreshSession(input: { refreshToken: $refreshToken }) { ... on SessionGrant { accessToken refreshToken } } }',
    { refreshToken },
  );
  return data.refreshSession;
}

/** Performs the event over the API. */
async function play(run: Run, event: WorkflowEvent): Promise<void> {
  if (event.type === 'EXPIRE') {
    app.clock.advance(901);
    if (run.tokens !== null) run.tokens = await refreshed(run.tokens);
    return;
  }
  if (event.type === 'EXHAUST') {
    const offered = (await read(run)).factors.map((one) => one.factor as Proved);
    const factor = offered.find((one) => !isLink(one)) ?? 'TOTP';
    for (let remaining = 4; remaining >= 0; remaining -= 1) {
      const answer = await attempt(run, factor, PROOFS[factor].wrong);
      expect(answer).toMatchObject({ code: 'PROOF_REJECTED', attemptsRemaining: remaining });
    }
    return;
  }
  if (event.type === 'CHOOSE_PASSWORD') {
    expect((await client.chooseNewPassword(run.step.id, NEW_PASSWORD)).status).toBe('COMPLETE');
    return;
  }
  if (event.type !== 'PROVE') return;
  const factor = event.evidence.factor as Proved;
  const answer = await attempt(run, factor, await proofOf(run, factor));
  expect(answer.code).toBeUndefined();
  if (answer.session != null) run.tokens = answer.session;
}

async function proofOf(run: Run, factor: Proved): Promise<string> {
  switch (factor) {
    case 'PASSWORD':
      return PASSWORD;
    case 'EMAIL_CODE':
      return prepared(run, factor, () => client.codeFor(run.email));
    case 'EMAIL_LINK':
      return prepared(run, factor, () => client.linkFor(run.email));
    case 'PHONE_CODE':
      return prepared(run, factor, () => client.codeFor(run.number));
    case 'PHONE_LINK':
      return prepared(run, factor, () => client.linkFor(run.number));
    case 'TOTP': {
      const { totp } = await read(run);
      app.clock.advance(60); // beyond any time step that this path has used
      return client.totp(totp?.secret ?? run.secret ?? '');
    }
    case 'BACKUP_CODE':
      return run.backupCodes.pop() ?? '';
  }
}

async function prepared(run: Run, factor: Proved, sent: () => Promise<string>): Promise<string> {
  const step = await client.prepare(run.step.id, factor, run.tokens?.accessToken);
  expect(step.challenge).toMatchObject({ factor });
  return sent();
}

function attempt(run: Run, factor: Proved, proof: string): Promise<Step> {
  return client.attempt(run.step.id, { [PROOFS[factor].field]: proof }, run.tokens?.accessToken);
}

/** What wrong proofs are answered with, and the wish to prepare one: each on its own, in documents that bring several. */
async function codesOf(
  { step: { id: workflowId }, tokens }: Run,
  attempted: readonly Proved[],
  prepared: readonly Proved[],
): Promise<Set<string | undefined>> {
  const mutations = [
    ...attempted.map((factor) => ({
      field: 'attemptFactor',
      input: { workflowId, proof: { [PROOFS[factor].field]: PROOFS[factor].wrong } },
    })),
    ...prepared.map((factor) => ({ field: 'prepareFactor', input: { workflowId, factor } })),
  ];
  const codes = new Set<string | undefined>();
  for (let at = 0; at < mutations.length; at += MUTATIONS_IN_OPERATION) {
    const document = mutations.slice(at, at + MUTATIONS_IN_OPERATION);
    for (const code of await client.codesOf(document, tokens?.accessToken)) codes.add(code);
  }
  return codes;
}

function isLink(factor: Proved): boolean {
  return factor === 'EMAIL_LINK' || factor === 'PHONE_LINK';
}

async function read(run: Run): Promise<Step> {
  const { data } = await client.graphql(
    `query ($id: ID!) { workflow(id: $id) {
      id status factors { factor } ... on SignUp { totp { secret } session { accessToken } }
      ... on SignIn { totp { secret } session { accessToken } } ... on Enrollment { totp { secret } session { accessToken } }
    } }`,
    { id: run.step.id },
    run.tokens?.accessToken,
  );
  return data.workflow;
}

/** The client sees the state of the model, and a session is returned only once. */
async function expectState(
  scene: Scene,
  run: Run,
  _chart: AnyStateMachine,
  model: AnyMachineSnapshot,
): Promise<void> {
  const seen = await read(run);
  const view = viewOf(scene.chart, model);
  expect(seen.status).toBe(view.status);
  expect(seen.session ?? null).toBeNull();
  if (model.status === 'done') expect(seen.factors).toEqual([]);
}

/** Every factor that the state does not offer is rejected, and so is a new password, and nothing changes. */
async function refuseEverythingElse(scene: Scene, run: Run, model: AnyMachineSnapshot): Promise<void> {
  const place = JSON.stringify([scene.title, model.value, factorsOf(model)]);
  if (tried.has(place)) return;
  tried.add(place);
  const before = await read(run);
  const offered = before.factors.map((one) => one.factor as Proved);
  const others = FACTORS.filter((one) => !offered.includes(one));
  // The token of a link does not say its kind, so it counts as a guess at the other kind when that is expected.
  const attempted = others.filter((one) => !isLink(one) || !offered.some(isLink));
  expect(await codesOf(run, attempted, others)).toEqual(new Set(['FACTOR_NOT_OFFERED']));
  if (model.value !== 'newPassword' && run.tokens === null) {
    expect((await client.chooseNewPassword(run.step.id, NEW_PASSWORD)).code).toBe('NEW_PASSWORD_NOT_DUE');
  }
  expect(await read(run)).toEqual(before);
}

/** The audit log contains exactly every proof, right or wrong, and how the workflow ended. */
async function expectAudit(
  { chart }: Scene,
  steps: readonly { readonly event: unknown }[],
  { status, value }: AnyMachineSnapshot,
): Promise<void> {
  const ofSteps = (steps as readonly { event: WorkflowEvent }[]).flatMap(({ event }) => {
    if (event.type === 'PROVE') return [`${chart}.proof-accepted ${event.evidence.factor}`];
    return event.type === 'EXHAUST' ? Array<string>(5).fill(`${chart}.proof-rejected`) : [];
  });
  const hasEnded = steps.length > 0 && status === 'done' && value !== 'expired';
  const end = value === 'complete' ? 'complete' : 'failed';
  const rows = await query<{ type: string; factor: string | null }>('select type, factor from audit_event');
  const found = rows.map(({ type, factor }) =>
    type.endsWith('.proof-accepted') ? `${type} ${factor}` : type,
  );
  expect(found.toSorted()).toEqual([...ofSteps, ...(hasEnded ? [`${chart}.${end}`] : [])].toSorted());
}

interface Row {
  readonly attempts: number;
  readonly max_attempts: number;
  readonly snapshot: { readonly status: string };
  readonly user_id: string | null;
}

const ENDS = ['complete', 'failed', 'expired', 'administrator'];

async function expectInvariants({ title, chart, holds }: Scene, run: Run, end: string): Promise<void> {
  const rowId = createHash('sha256').update(run.step.id).digest('base64url');
  const [row] = await query<Row>('select * from workflow where id = $1', [rowId]);
  expect(row?.attempts).toBeLessThanOrEqual(row?.max_attempts ?? 0);

  // A session exists only after the chart of a sign-in or sign-up completes, and a new password only after that of a
  // reset.
  const isComplete = end === 'complete';
  const isNewPassword = chart === 'password-reset' && isComplete;
  const isNewSession = (chart === 'sign-in' || chart === 'sign-up') && isComplete;
  const { password, sessions } = await authContext(run.email);
  expect(password === run.before.password).toBe(!isNewPassword);
  expect(sessions).toBe(isNewPassword ? 0 : run.before.sessions + (isNewSession ? 1 : 0));
  if (isComplete) expect(new Set(await categoriesOf(chart, row))).toEqual(new Set(holds));
  if (ENDS.includes(end)) {
    // An end state accepts no event.
    const place = `${title} ${end}`;
    const factors = tried.has(place) ? FACTORS.slice(0, 1) : FACTORS;
    for (const code of await codesOf(run, factors, factors)) {
      expect(['WORKFLOW_ENDED', 'WORKFLOW_EXPIRED']).toContain(code);
    }
    tried.add(place);
    if (chart === 'password-reset') {
      const { code } = await client.chooseNewPassword(run.step.id, NEW_PASSWORD);
      expect(['WORKFLOW_ENDED', 'WORKFLOW_EXPIRED']).toContain(code);
    }
    const [after] = await query<Row>('select * from workflow where id = $1', [rowId]);
    expect(after).toEqual(row);
  }
}

/** The evidence of the newest session, or of the reset itself, which creates no session. */
async function categoriesOf(chart: ChartName, row: Row | undefined): Promise<Category[]> {
  if (chart === 'password-reset') {
    const snapshot = row?.snapshot as { context?: { evidence: Evidence[] } } | undefined;
    return (snapshot?.context?.evidence ?? []).flatMap((one) => one.categories);
  }
  const sessions = await query<{ evidence: Evidence[] }>(
    'select s.evidence from session s where s.user_id = $1 order by s.created_at',
    [row?.user_id],
  );
  return sessions.at(-1)?.evidence.flatMap((one) => one.categories) ?? [];
}
