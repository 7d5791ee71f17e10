// Merging two users of one person: who may, what moves, what ends, and that nobody gains by it what they had not proved.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ENDS, MOVES } from '../../src/users/merge/move.ts';
import { Addresses, newAddress } from '../factors/email/owner.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { approvedToken } from '../harness/approved.ts';
import { PASSWORD, type Person } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { isAlive } from '../sessions/operations.ts';

const ERROR = '__typename ... on UserError { code message }';
const ALLOW = `mutation ($input: AllowMergeInput!) { allowMerge(input: $input) { ${ERROR} ... on AllowedMerge { expiresAt } } }`;
const COMPLETE = `mutation ($input: CompleteMergeInput!) { completeMerge(input: $input) { ${ERROR} } }`;
const MERGE = `mutation ($input: MergeUsersInput!) { mergeUsers(input: $input) { ${ERROR} } }`;
const DELETE_ACCOUNT = `mutation { deleteAccount { ${ERROR} } }`;
const MERGED = 'Your accounts were merged';

let app: TestApp;
let client: Addresses;

interface User extends Person {
  readonly id: string;
  /** The secret of an authenticator app. */
  secret?: string;
}

interface Answer {
  readonly __typename: string;
  readonly code?: string;
  readonly message?: string;
}

beforeAll(async () => {
  app = await startTestApp();
  client = new Addresses(app);
  await query(app.databaseUrl, "insert into tenant (id, created_at) values ('acme', now())");
});
afterAll(() => app[Symbol.asyncDispose]());

let from: User;
let into: User;
beforeEach(async () => {
  [from, into] = [await user('the password that goes'), await user()];
});

async function user(password = PASSWORD): Promise<User> {
  const person = await client.signUp(newAddress(), password);
  const { data } = await client.graphql('{ viewer { id } }', {}, person.accessToken);
  return { ...person, id: data.viewer.id };
}

async function withApp(one: User): Promise<User> {
  const { secret, tokens } = await client.enrollTotp(one.accessToken);
  app.clock.advance(30);
  return { ...one, ...tokens, secret };
}

/** A proof of the user's strongest factor. */
function proofOf({ secret, password }: User): object {
  if (secret === undefined) return { password };
  app.clock.advance(30);
  return { totp: client.totp(secret) };
}

async function run(one: User, document: string, input?: object): Promise<Answer> {
  const variables = input === undefined ? {} : { input };
  const token = await approvedToken(client, one.accessToken, { query: document, variables }, () =>
    proofOf(one),
  );
  const { data, errors } = await client.graphql(document, variables, token);
  if (errors[0] !== undefined) throw Object.assign(new Error(errors[0].message), { problem: errors[0] });
  return Object.values(data as Record<string, Answer>)[0] as Answer;
}

const allow = (one: User, other: { id: string }) => run(one, ALLOW, { intoUserId: other.id });
const complete = (one: User, other: { id: string }) => run(one, COMPLETE, { userId: other.id });

async function merge(one: User, other: User): Promise<Answer> {
  await allow(one, other);
  return complete(other, one);
}

const viewer = async (token: string, fields: string) =>
  (await client.graphql(`{ viewer { ${fields} } }`, {}, token)).data.viewer;
const typesOf = async (id: string): Promise<string[]> =>
  (
    await query<{ type: string }>(app.databaseUrl, 'select type from audit_event where user_id = $1', [id])
  ).map(({ type }) => type);
const grantRole = (id: string) =>
  query(app.databaseUrl, `update user_account set roles = '["ADMIN"]' where id = $1`, [id]);

describe('the person who proves both', () => {
  test('has one account afterwards, with the addresses, numbers, identities and second factors of both', async () => {
    from = await withApp(from);
    const second = await client.add(from.accessToken);
    await query(
      app.databaseUrl,
      `insert into phone_number (id, tenant_id, user_id, number, country, second_factor, created_at, verified_at)
       values (gen_random_uuid(), 'default', $1, $2, 'US', false, now(), now())`,
      [from.id, `+1415555${String(Math.random()).slice(2, 6)}`],
    );
    await query(
      app.databaseUrl,
      `insert into identity (id, tenant_id, user_id, provider, issuer, subject, created_at, linked_at)
       values (gen_random_uuid(), 'default', $1, 'work', 'https://login.example.com', $2, now(), now())`,
      [from.id, randomUUID()],
    );
    const other = await client.signIn(from, proofOf(from));
    const allowed = await allow(from, into);
    expect(allowed).toMatchObject({ __typename: 'AllowedMerge' });
    expect(await complete(into, from)).toEqual({ __typename: 'User' });
    expect(
      await viewer(
        into.accessToken,
        'id mergedUserIds authenticators { factor } phoneNumbers { secondFactor } identities { providerId } backupCodesRemaining',
      ),
    ).toEqual({
      id: into.id,
      mergedUserIds: [from.id],
      authenticators: expect.arrayContaining([{ factor: 'PASSWORD' }, { factor: 'TOTP' }]),
      phoneNumbers: [{ secondFactor: false }],
      identities: [{ providerId: 'work' }],
      backupCodesRemaining: 0,
    });
    const addresses = await client.addresses(into.accessToken);
    expect(addresses.map(({ address }) => address).toSorted()).toEqual(
      [from.email, into.email, second.address].toSorted(),
    );
    expect(addresses.filter(({ primary }) => primary).map(({ address }) => address)).toEqual([into.email]);
    // The sessions of the user who ended, and of nobody else.
    for (const { accessToken } of [from, other]) expect(await isAlive(client, accessToken)).toBe(false);
    expect(await isAlive(client, into.accessToken)).toBe(true);
    // Each address signs in, with the password of the user who stayed, and the second factor of the one who ended.
    const { id } = await client.startSignIn({ identifier: from.email });
    expect((await client.attempt(id, { password: from.password })).code).toBe('PROOF_REJECTED');
    expect((await client.attempt(id, { password: into.password })).status).toBe('NEEDS_SECOND_FACTOR');
    app.clock.advance(30);
    expect((await client.attempt(id, { totp: client.totp(from.secret ?? '') })).status).toBe('COMPLETE');
    for (const to of [from.email, into.email, second.address])
      expect(await client.subjectsTo(to)).toContain(MERGED);
    expect(await typesOf(from.id)).toEqual(
      expect.arrayContaining(['merge.allowed', 'user.merged-into-another']),
    );
    expect(await typesOf(into.id)).toContain('user.merged');
  });

  test('L6: is refused where both have second factors, and is told what to do', async () => {
    [from, into] = [await withApp(from), await withApp(into)];
    const refused = await merge(from, into);
    expect(refused).toEqual({
      __typename: 'BothHaveSecondFactors',
      code: 'BOTH_HAVE_SECOND_FACTORS',
      message: expect.stringContaining('remove its second factors'),
    });
    expect(await isAlive(client, from.accessToken)).toBe(true);
    expect(await viewer(from.accessToken, 'authenticators { factor }')).toEqual({
      authenticators: expect.arrayContaining([{ factor: 'TOTP' }]),
    });
  });

  test('L6: a second factor that is enrolled at the same time is not merged with another one', async () => {
    from = await withApp(from);
    await allow(from, into);
    const started = await client.startEnrollment({ factor: 'TOTP' }, into.accessToken);
    const totp = client.totp(started.totp?.secret ?? '');
    const [merged, enrolled] = await Promise.all([
      complete(into, from).catch(() => ({ __typename: 'refused' })),
      client.attempt(started.id, { totp }, into.accessToken),
    ]);
    const rows = await query(
      app.databaseUrl,
      "select id from authenticator where user_id = $1 and factor = 'TOTP' and confirmed_at is not null",
      [into.id],
    );
    expect(rows).toHaveLength(1);
    expect([merged.__typename === 'User', enrolled.status === 'COMPLETE'].filter(Boolean)).toHaveLength(1);
  });

  test('needs a proof for that alone, on both sides', async () => {
    for (const [one, document, input] of [
      [from, ALLOW, { intoUserId: into.id }],
      [into, COMPLETE, { userId: from.id }],
    ] as const) {
      const { errors } = await client.graphql(document, { input }, one.accessToken);
      expect(errors[0]?.extensions).toMatchObject({ code: 'STEP_UP_REQUIRED', bind: 'OPERATION' });
    }
    // A proof for one account does not give it to another.
    const variables = { input: { intoUserId: into.id } };
    const proof = () => proofOf(from);
    const token = await approvedToken(client, from.accessToken, { query: ALLOW, variables }, proof);
    const thief = { input: { intoUserId: randomUUID() } };
    const { errors } = await client.graphql(ALLOW, thief, token);
    expect(errors[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
  });

  test('the proof says which account is given away', async () => {
    const operation = { query: ALLOW, variables: { input: { intoUserId: into.id } } };
    const start = `mutation ($input: StartStepUpInput!) { startStepUp(input: $input) { ... on StepUp { approves } } }`;
    const input = { require: 'STRONGEST_ENROLLED', operation };
    const { data } = await client.graphql(start, { input }, from.accessToken);
    expect(data.startStepUp.approves).toContain(into.id);
  });

  test('nobody is merged who has not allowed it, or has allowed somebody else, whoever they are', async () => {
    const stranger = await user();
    const { id } = await client.startPasswordReset({ identifier: from.email });
    await client.prepare(id, 'EMAIL_CODE');
    await allow(from, stranger);
    const answers = [
      await complete(into, from),
      await complete(into, { id: randomUUID() }),
      await complete(into, { id: 'x' }),
      await complete(into, into),
    ];
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(answers[0]?.code).toBe('NOT_FOUND');
    // Nothing of theirs has ended by trying.
    expect((await client.attempt(id, { emailCode: await client.codeFor(from.email) })).status).toBe(
      'NEEDS_NEW_PASSWORD',
    );
    expect(await isAlive(client, from.accessToken)).toBe(true);
    // The answer to a consent does not depend on whom it names.
    const consents = [await allow(from, { id: randomUUID() }), await allow(from, into)];
    expect(consents.map(({ __typename }) => __typename)).toEqual(['AllowedMerge', 'AllowedMerge']);
    expect(await run(from, ALLOW, { intoUserId: 'x' })).toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('a consent ends with its session, after ten minutes, and with a newer one', async () => {
    await allow(from, into);
    await client.graphql('mutation { signOut { __typename } }', {}, from.accessToken);
    expect((await complete(into, from)).code).toBe('NOT_FOUND');
    const again = { ...from, ...(await client.signIn(from)) };
    await allow(again, into);
    app.clock.advance(601);
    const late = { ...into, ...(await client.signIn(into)) };
    expect((await complete(late, from)).code).toBe('NOT_FOUND');
    const once = { ...from, ...(await client.signIn(from)) };
    await allow(once, late);
    await allow(once, { id: randomUUID() });
    expect((await complete(late, from)).code).toBe('NOT_FOUND');
  });

  test('M2: gains no role, and whoever would lose one is refused', async () => {
    await grantRole(from.id);
    expect((await merge(from, into)).code).toBe('MERGE_WITH_ROLES');
    expect(await viewer(into.accessToken, 'roles')).toEqual({ roles: [] });
    // The other way round, the role stays where it is.
    expect(await merge(into, from)).toEqual({ __typename: 'User' });
    expect(await viewer(from.accessToken, 'roles mergedUserIds')).toEqual({
      roles: ['ADMIN'],
      mergedUserIds: [into.id],
    });
  });

  test('an account whose deletion is scheduled takes part in no merge, so that nothing in it outlives the deletion', async () => {
    for (const one of [from, into]) {
      expect((await run(one, DELETE_ACCOUNT)).__typename).toBe('AccountDeletion');
      Object.assign(one, await client.signIn(one));
      expect((await merge(from, into)).code).toBe('DELETION_SCHEDULED');
      await client.graphql('mutation { cancelDeletion { __typename } }', {}, one.accessToken);
    }
    expect(await merge(from, into)).toEqual({ __typename: 'User' });
  });

  test('a user of another tenant is not found', async () => {
    const email = newAddress();
    const { id } = await client.startSignUp({ email, password: PASSWORD, tenant: 'acme' });
    const done = await client.attempt(id, { emailCode: await client.codeFor(email) });
    const accessToken = done.session?.accessToken ?? '';
    const foreign = { ...into, accessToken, id: (await viewer(accessToken, 'id')).id, password: PASSWORD };
    await allow(from, foreign);
    expect((await complete(foreign, from)).code).toBe('NOT_FOUND');
  });

  test('of merges in both directions at the same time, one is done', async () => {
    await allow(from, into);
    await allow(into, from);
    const done = await Promise.allSettled([complete(into, from), complete(from, into)]);
    const typenames = done.map((one) => (one.status === 'fulfilled' ? one.value.__typename : 'refused'));
    expect(typenames.filter((one) => one === 'User')).toHaveLength(1);
    const users = await query(app.databaseUrl, 'select id from user_account where id in ($1, $2)', [
      from.id,
      into.id,
    ]);
    expect(users).toHaveLength(1);
  });

  test('codes, resets and enrollments that were open end, on both sides', async () => {
    const resets = [];
    for (const one of [from, into]) {
      const { id } = await client.startPasswordReset({ identifier: one.email });
      await client.prepare(id, 'EMAIL_CODE');
      resets.push({ id, emailCode: await client.codeFor(one.email) });
    }
    expect(await merge(from, into)).toEqual({ __typename: 'User' });
    const codes = [];
    for (const { id, emailCode } of resets) codes.push((await client.attempt(id, { emailCode })).code);
    expect(codes).toEqual(['WORKFLOW_NOT_FOUND', 'WORKFLOW_EXPIRED']);
  });

  test('an address that only waited to be proved is not a way in afterwards', async () => {
    const waiting = newAddress();
    await client.startAdding(from.accessToken, waiting);
    // The same address waits at the other account, too.
    await client.startAdding(into.accessToken, from.email);
    expect(await merge(from, into)).toEqual({ __typename: 'User' });
    expect((await client.addresses(into.accessToken)).map(({ address }) => address).toSorted()).toEqual(
      [from.email, into.email].toSorted(),
    );
  });

  test('what has moved is as young as the merge', async () => {
    from = await withApp(from);
    app.clock.advance(86_400);
    from = { ...from, ...(await client.signIn(from, proofOf(from))) };
    into = { ...into, ...(await client.signIn(into)) };
    expect(await merge(from, into)).toEqual({ __typename: 'User' });
    await query(app.databaseUrl, 'update tenant set min_factor_age_seconds = 3600');
    try {
      const moved = (await client.addresses(into.accessToken)).find(({ address }) => address === from.email);
      app.clock.advance(30);
      const tokens = await client.signIn(into, { totp: client.totp(from.secret ?? '') });
      await expect(
        client.setPrimary(tokens.accessToken, moved?.id ?? '', () => proofOf(from)),
      ).rejects.toMatchObject({ problem: { extensions: { minFactorAge: 3600 } } });
    } finally {
      await query(app.databaseUrl, 'update tenant set min_factor_age_seconds = 0');
    }
  });

  test('too many addresses of both are refused', async () => {
    for (const one of [from, into])
      await query(
        app.databaseUrl,
        `insert into email_address (id, tenant_id, user_id, address, created_at, verified_at)
         select gen_random_uuid(), 'default', $1, gen_random_uuid() || '@example.com', now(), now()
         from generate_series(1, 5)`,
        [one.id],
      );
    expect((await merge(from, into)).code).toBe('MERGE_TOO_LARGE');
  });

  test('a user who was merged before belongs to whoever is left', async () => {
    const last = await user();
    expect(await merge(from, into)).toEqual({ __typename: 'User' });
    expect(await merge(into, last)).toEqual({ __typename: 'User' });
    expect(await viewer(last.accessToken, 'mergedUserIds')).toEqual({ mergedUserIds: [from.id, into.id] });
  });
});

describe('an administrator', () => {
  let admin: User;
  beforeEach(async () => {
    admin = await user();
    await grantRole(admin.id);
    admin = await withApp(admin);
  });
  const mergeBy = (one: User, userId: string, intoUserId: string, reason = 'ticket 7') =>
    run(one, MERGE, { userId, intoUserId, reason });

  test('M1: merges two users with a proof for that alone and a reason, and all their sessions end', async () => {
    const { errors } = await client.graphql(
      MERGE,
      { input: { userId: from.id, intoUserId: into.id, reason: 'x' } },
      admin.accessToken,
    );
    expect(errors[0]?.extensions).toMatchObject({ code: 'STEP_UP_REQUIRED', bind: 'OPERATION' });
    expect(await mergeBy(admin, from.id, into.id, ' ')).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await mergeBy(admin, from.id, into.id)).toEqual({ __typename: 'User' });
    for (const { accessToken } of [from, into]) expect(await isAlive(client, accessToken)).toBe(false);
    for (const to of [from.email, into.email]) expect(await client.subjectsTo(to)).toContain(MERGED);
    const [row] = await query(
      app.databaseUrl,
      `select m.reason, e.actor_kind, e.actor_user_id from user_merge m
       join audit_event e on e.user_id = m.merged_user_id and e.type = 'user.merged-into-another'
       where m.merged_user_id = $1`,
      [from.id],
    );
    expect(row).toEqual({ reason: 'ticket 7', actor_kind: 'ADMINISTRATOR', actor_user_id: admin.id });
  });

  test('L6, M1, M2: merges neither users who have roles, nor themselves, nor two with second factors', async () => {
    const other = await user();
    await grantRole(other.id);
    const refused = [
      await mergeBy(admin, from.id, other.id),
      await mergeBy(admin, other.id, from.id),
      await mergeBy(admin, from.id, admin.id),
      await mergeBy(admin, admin.id, from.id),
    ];
    expect(refused.map(({ code }) => code)).toEqual(Array.from({ length: 4 }, () => 'MERGE_WITH_ROLES'));
    [from, into] = [await withApp(from), await withApp(into)];
    expect((await mergeBy(admin, from.id, into.id)).code).toBe('BOTH_HAVE_SECOND_FACTORS');
    for (const { accessToken } of [from, into]) expect(await isAlive(client, accessToken)).toBe(true);
  });

  test('O1: finds users of their own tenant only, and nobody who is not active', async () => {
    const email = newAddress();
    await client.startSignUp({ email, password: PASSWORD });
    const [pending] = await query<{ user_id: string }>(
      app.databaseUrl,
      'select user_id from email_address where address = $1',
      [email],
    );
    const abroad = newAddress();
    const { id } = await client.startSignUp({ email: abroad, password: PASSWORD, tenant: 'acme' });
    const done = await client.attempt(id, { emailCode: await client.codeFor(abroad) });
    const foreign = (await viewer(done.session?.accessToken ?? '', 'id')).id;
    for (const unknown of [pending?.user_id ?? '', foreign, randomUUID(), from.id])
      expect((await mergeBy(admin, from.id, unknown)).code).toBe('NOT_FOUND');
  });

  test('without the role, nobody merges users', async () => {
    const one = await withApp(await user());
    const variables = { input: { userId: from.id, intoUserId: into.id, reason: 'x' } };
    const { errors } = await client.graphql(MERGE, variables, one.accessToken);
    expect(errors[0]?.extensions.code).toBe('FORBIDDEN');
  });
});

test('every table that refers to users says what a merge does to it', async () => {
  const referring = await query<{ table: string; action: string }>(
    app.databaseUrl,
    `select c.conrelid::regclass::text as table, c.confdeltype as action from pg_constraint c
     where c.contype = 'f' and c.confrelid = 'user_account'::regclass`,
  );
  expect(referring.map(({ table }) => table).toSorted()).toEqual([...Object.keys(MOVES), ...ENDS].toSorted());
});

test('no row refers to a merged user, except what tells of the merge', async () => {
  from = await withApp(from);
  await client.startAdding(from.accessToken, newAddress());
  expect(await merge(from, into)).toEqual({ __typename: 'User' });
  const columns = await query<{ table: string; column: string }>(
    app.databaseUrl,
    `select table_name as table, column_name as column from information_schema.columns
     where table_schema = 'public' and table_name !~ '^audit_event'
       and (data_type in ('uuid', 'text', 'character varying', 'jsonb'))`,
  );
  const found = [];
  for (const { table, column } of columns) {
    const [row] = await query<{ rows: string }>(
      app.databaseUrl,
      `select count(*)::text as rows from "${table}" where position($1 in "${column}"::text) > 0`,
      [from.id],
    );
    if (row?.rows !== '0') found.push(`${table}.${column}`);
  }
  expect(found).toEqual(['user_merge.merged_user_id']);
});
