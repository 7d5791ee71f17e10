// Every path of every chart, enumerated from the chart itself and replayed over HTTP, through the real runner and
// PostgreSQL. The charts say which paths there are; what must hold at their ends is said here, apart from them.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { getSimplePaths } from 'xstate/graph';
import { type Evidence, evidenceOf } from '../../src/policy/evidence.ts';
import type { FactorKind } from '../../src/policy/factor-kind.ts';
import { type ChartName, chartOf, viewOf } from '../../src/workflows/charts.ts';
import type { WorkflowEvent } from '../../src/workflows/event.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, type Step, TestClient, type Tokens } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

const FACTORS = ['PASSWORD', 'EMAIL_CODE', 'TOTP', 'BACKUP_CODE'] as const satisfies readonly FactorKind[];
type Proved = (typeof FACTORS)[number];

const PROOF_FIELD = {
  PASSWORD: 'password',
  EMAIL_CODE: 'emailCode',
  TOTP: 'totp',
  BACKUP_CODE: 'backupCode',
} as const;
const WRONG = {
  PASSWORD: 'wrong password',
  EMAIL_CODE: '000000',
  TOTP: '000000',
  BACKUP_CODE: 'WRONG-CODE',
} as const;

/** A user's situation, in which a chart is run. */
interface Scene {
  readonly title: string;
  readonly chart: ChartName;
  readonly tenant: 'default' | 'strict';
  /** The second factors that the user has when the workflow begins. */
  readonly enrolled: readonly FactorKind[];
  /** The chart's input, for the model. */
  readonly input: object;
  /** What the session of an enrollment or a step-up proved, and how long ago. */
  readonly sessionAgeSeconds?: number;
}

const SECOND = ['PHONE_CODE', 'PHONE_LINK', 'TOTP', 'BACKUP_CODE', 'PASSKEY'] as const;
const FIRST = ['PASSWORD', 'EMAIL_CODE'] as const;
const BOTH = ['TOTP', 'BACKUP_CODE'] as const;
const signIn = (secondFactorPolicy: string) => ({
  offered: FIRST,
  secondFactorPolicy,
  newAuthenticatorId: 'new',
});
const signUp = (secondFactorPolicy: string) => ({
  chosen: evidenceOf('PASSWORD', 0),
  secondFactorPolicy,
  newAuthenticatorId: 'new',
});
const enrollment = (proved: boolean) => ({
  factor: 'TOTP',
  newAuthenticatorId: 'new',
  label: null,
  proved,
  accept: SECOND,
  firstFactors: FIRST,
});

const SCENES: readonly Scene[] = [
  {
    title: 'a sign-in without a second factor',
    chart: 'sign-in',
    tenant: 'default',
    enrolled: [],
    input: signIn('OPTIONAL'),
  },
  {
    title: 'a sign-in with a second factor',
    chart: 'sign-in',
    tenant: 'default',
    enrolled: BOTH,
    input: signIn('OPTIONAL'),
  },
  {
    title: 'a sign-in where policy demands a second factor that the user has not got',
    chart: 'sign-in',
    tenant: 'strict',
    enrolled: [],
    input: signIn('REQUIRED'),
  },
  { title: 'a sign-up', chart: 'sign-up', tenant: 'default', enrolled: [], input: signUp('OPTIONAL') },
  {
    title: 'a sign-up where policy demands a second factor',
    chart: 'sign-up',
    tenant: 'strict',
    enrolled: [],
    input: signUp('REQUIRED'),
  },
  {
    title: 'an enrollment in a fresh session',
    chart: 'enrollment',
    tenant: 'default',
    enrolled: [],
    input: enrollment(true),
  },
  {
    title: 'an enrollment in a stale session without a second factor',
    chart: 'enrollment',
    tenant: 'default',
    enrolled: [],
    input: enrollment(false),
    sessionAgeSeconds: 700,
  },
  {
    title: 'an enrollment in a stale session with a second factor',
    chart: 'enrollment',
    tenant: 'default',
    enrolled: BOTH,
    input: enrollment(false),
    sessionAgeSeconds: 700,
  },
  {
    title: 'a step-up',
    chart: 'step-up',
    tenant: 'default',
    enrolled: BOTH,
    input: { accept: SECOND, firstFactors: [], proved: false },
  },
];

/** A user in the situation of a scene, and the run of the chart. */
interface Run {
  readonly email: string;
  readonly step: Step;
  readonly secret: string | null;
  readonly backupCodes: string[];
  tokens: Tokens | null;
}

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  await query(
    app.databaseUrl,
    "insert into tenant (id, second_factor, created_at) values ('strict', 'REQUIRED', now())",
  );
});
afterAll(() => app[Symbol.asyncDispose]());

describe.each(SCENES)('$title', (scene) => {
  const chart = chartOf(scene.chart);
  const events = eventsOf(scene);
  const paths = getSimplePaths(chart, {
    input: scene.input,
    events: events as never,
    // The runner sends nothing to a workflow that has ended; that it takes nothing is tested at each path's end.
    stopWhen: (state) => (state as AnyMachineSnapshot).status !== 'active',
    serializeState: (state) =>
      JSON.stringify([(state as AnyMachineSnapshot).value, factorsOf(state as AnyMachineSnapshot)]),
  });

  test('has a path to each of its ends', () => {
    const ends = new Set(paths.map(({ state }) => String((state as AnyMachineSnapshot).value)));
    expect([...ends]).toEqual(expect.arrayContaining(['complete', 'failed', 'expired']));
  });

  test.each(paths.map((path) => ({ path, name: nameOf(path) })))('$name', async ({ path }) => {
    const run = await begin(scene);
    const [first, ...steps] = path.steps;
    let model = (first?.state ?? path.state) as AnyMachineSnapshot;
    await expectState(scene, run, chart, model);
    for (const { event, state } of steps) {
      await refuseEverythingElse(scene, run, model);
      await play(run, event as WorkflowEvent);
      model = state as AnyMachineSnapshot;
      await expectState(scene, run, chart, model);
    }
    await expectInvariants(scene, run, String(model.value));
  });
});

function eventsOf({ enrolled }: Scene): WorkflowEvent[] {
  return [
    ...FACTORS.map((factor) => ({ type: 'PROVE', evidence: evidenceOf(factor, 0), enrolled }) as const),
    { type: 'EXHAUST' },
    { type: 'EXPIRE' },
  ];
}

function factorsOf({ context }: AnyMachineSnapshot): string[] {
  return ((context as { evidence?: Evidence[] }).evidence ?? []).map((one) => one.factor);
}

function nameOf({ steps }: { steps: readonly { event: unknown }[] }): string {
  const words = (steps as readonly { event: WorkflowEvent }[])
    .slice(1)
    .map(({ event }) => (event.type === 'PROVE' ? event.evidence.factor : event.type));
  return words.join(', then ') || 'as it begins';
}

async function begin({ chart, tenant, enrolled, sessionAgeSeconds = 0 }: Scene): Promise<Run> {
  const email = `${createHash('sha256').update(`${Math.random()}`).digest('hex').slice(0, 16)}@example.com`;
  if (chart === 'sign-up') {
    return {
      email,
      step: await client.startSignUp({ email, password: PASSWORD, tenant }),
      secret: null,
      backupCodes: [],
      tokens: null,
    };
  }
  // Somebody of a strict tenant who has no second factor signed up before the tenant became strict.
  if (tenant === 'strict') await setPolicy('OPTIONAL');
  const started = await client.startSignUp({ email, password: PASSWORD, tenant });
  const done = await client.attempt(started.id, { emailCode: await client.codeFor(email) });
  if (tenant === 'strict') await setPolicy('REQUIRED');
  let tokens: Tokens = done.session as Tokens;
  const owned = enrolled.length > 0 ? await client.enrollTotp(tokens.accessToken) : null;
  tokens = owned?.tokens ?? tokens;
  app.clock.advance(30 + sessionAgeSeconds);
  if (sessionAgeSeconds > 0) tokens = await refreshed(tokens);
  const step =
    chart === 'sign-in'
      ? await client.startSignIn({ identifier: email, tenant })
      : chart === 'enrollment'
        ? await client.startEnrollment({ factor: 'TOTP' }, tokens.accessToken)
        : await client.startStepUp({}, tokens.accessToken);
  return {
    email,
    step,
    secret: owned?.secret ?? null,
    backupCodes: [...(owned?.backupCodes ?? [])],
    tokens: chart === 'sign-in' ? null : tokens,
  };
}

function setPolicy(policy: string): Promise<unknown> {
  return query(app.databaseUrl, "update tenant set second_factor = $1 where id = 'strict'", [policy]);
}

async function refreshed({ refreshToken }: Tokens): Promise<Tokens> {
  const { data } = await client.graphql(
    'mutation ($refreshToken: String) { refreshSession(input: { refreshToken: $refreshToken }) { ... on SessionGrant { accessToken refreshToken } } }',
    { refreshToken },
  );
  return data.refreshSession;
}

/** Does what the event stands for. */
async function play(run: Run, event: WorkflowEvent): Promise<void> {
  if (event.type === 'EXPIRE') {
    app.clock.advance(901);
    if (run.tokens !== null) run.tokens = await refreshed(run.tokens);
    return;
  }
  if (event.type === 'EXHAUST') {
    const [option] = (await read(run)).factors;
    const factor = option?.factor as Proved;
    for (let remaining = 4; remaining >= 0; remaining -= 1) {
      const answer = await attempt(run, factor, WRONG[factor]);
      expect(answer).toMatchObject({ code: 'PROOF_REJECTED', attemptsRemaining: remaining });
    }
    return;
  }
  if (event.type !== 'PROVE') return;
  const factor = event.evidence.factor as Proved;
  const answer = await attempt(run, factor, await proofOf(run, factor));
  expect(answer.code).toBeUndefined();
  if (answer.session !== null) run.tokens = answer.session;
}

async function proofOf(run: Run, factor: Proved): Promise<string> {
  switch (factor) {
    case 'PASSWORD':
      return PASSWORD;
    case 'EMAIL_CODE': {
      const prepared = await client.prepare(run.step.id, 'EMAIL_CODE', run.tokens?.accessToken);
      expect(prepared.challenge).toMatchObject({ factor: 'EMAIL_CODE' });
      return client.codeFor(run.email);
    }
    case 'TOTP': {
      const { totp } = await read(run);
      app.clock.advance(60); // past any step that this path has used
      return client.totp(totp?.secret ?? run.secret ?? '');
    }
    case 'BACKUP_CODE':
      return run.backupCodes.pop() ?? '';
  }
}

function attempt(run: Run, factor: Proved, proof: string): Promise<Step> {
  return client.attempt(run.step.id, { [PROOF_FIELD[factor]]: proof }, run.tokens?.accessToken);
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

/** The client sees the state that the model is in, and a session is never shown a second time. */
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

/** Every factor that the state does not offer is refused, and changes nothing. */
async function refuseEverythingElse(_scene: Scene, run: Run, _model: AnyMachineSnapshot): Promise<void> {
  const before = await read(run);
  const offered = before.factors.map((one) => one.factor);
  for (const factor of FACTORS.filter((one) => !offered.includes(one))) {
    expect(await attempt(run, factor, WRONG[factor])).toMatchObject({ code: 'FACTOR_NOT_OFFERED' });
    expect(await client.prepare(run.step.id, factor, run.tokens?.accessToken)).toMatchObject({
      code: 'FACTOR_NOT_OFFERED',
    });
  }
  expect(await read(run)).toEqual(before);
}

interface Row {
  readonly attempts: number;
  readonly max_attempts: number;
  readonly snapshot: { readonly status: string };
  readonly user_id: string | null;
}

async function expectInvariants({ chart, tenant, enrolled }: Scene, run: Run, end: string): Promise<void> {
  const rowId = createHash('sha256').update(run.step.id).digest('base64url');
  const [row] = await query<Row>(app.databaseUrl, 'select * from workflow where id = $1', [rowId]);
  expect(row?.attempts).toBeLessThanOrEqual(row?.max_attempts ?? 0);

  const sessions = await query<{ evidence: Evidence[] }>(
    app.databaseUrl,
    'select s.evidence from session s where s.user_id = $1 order by s.created_at',
    [row?.user_id],
  );
  const before = chart === 'sign-up' ? 0 : 1;
  if (chart === 'sign-in' || chart === 'sign-up') {
    // A session exists when the chart is complete, and not before.
    expect(sessions).toHaveLength(end === 'complete' ? before + 1 : before);
  }
  if (end === 'complete') {
    const categories = new Set(sessions.at(-1)?.evidence.flatMap((one) => one.categories));
    expect(categories.has('KNOWLEDGE')).toBe(true);
    const demandsPossession = enrolled.length > 0 || tenant === 'strict' || chart === 'enrollment';
    expect(categories.has('POSSESSION')).toBe(demandsPossession);
  }
  if (['complete', 'failed', 'expired'].includes(end)) {
    // A terminal state takes no event.
    for (const factor of FACTORS) {
      const answer = await attempt(run, factor, WRONG[factor]);
      expect(['WORKFLOW_ENDED', 'WORKFLOW_EXPIRED']).toContain(answer.code);
      const prepared = await client.prepare(run.step.id, factor, run.tokens?.accessToken);
      expect(['WORKFLOW_ENDED', 'WORKFLOW_EXPIRED']).toContain(prepared.code);
    }
    const [after] = await query<Row>(app.databaseUrl, 'select * from workflow where id = $1', [rowId]);
    expect(after).toEqual(row);
  }
}
