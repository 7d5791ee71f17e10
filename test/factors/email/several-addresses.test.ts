// Several email addresses for each user: adding, the primary one, removing, and what strangers and thieves get from it.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { PASSWORD, type Person } from '../../harness/client.ts';
import { query } from '../../harness/sql.ts';
import { isAlive } from '../../sessions/operations.ts';
import { Addresses, newAddress, REMOVE, SET_PRIMARY } from './owner.ts';

let app: TestApp;
let client: Addresses;
let person: Person;
let token: string;

beforeAll(async () => {
  app = await startTestApp();
  client = new Addresses(app);
});
afterAll(() => app[Symbol.asyncDispose]());
beforeEach(async () => {
  person = await client.signUp();
  token = person.accessToken;
});

const ADDED = 'An email address was added';
const REMOVED = 'An email address was removed';
const CHANGED = 'Your primary email address was changed';

const resetBy = async (identifier: string): Promise<string> => {
  const { id } = await client.startPasswordReset({ identifier });
  await client.prepare(id, 'EMAIL_CODE');
  return id;
};
const auditTypes = async (): Promise<string[]> => {
  const rows = await query<{ type: string }>(
    app.databaseUrl,
    'select type from audit_event where user_id = (select user_id from email_address where address = $1)',
    [person.email],
  );
  return rows.map(({ type }) => type);
};

describe('adding an address', () => {
  test('L9: needs the code that was sent to it, and is told to all addresses', async () => {
    const address = newAddress();
    const { id, status, factors } = await client.startAdding(token, address);
    expect([status, factors]).toEqual([
      'NEEDS_ENROLLMENT',
      [
        {
          factor: 'EMAIL_CODE',
          authenticatorId: expect.any(String),
          hint: expect.any(String),
          needsPreparing: true,
        },
      ],
    ]);
    expect(await client.addresses(token)).toMatchObject([
      { address: person.email, primary: true },
      { address, primary: false, verifiedAt: null },
    ]);
    await client.prepare(id, 'EMAIL_CODE', token);
    expect((await client.attempt(id, { emailCode: '000000' }, token)).code).toBe('PROOF_REJECTED');
    // The mailbox of the account proves nothing about the new one.
    const { id: reset } = await client.startPasswordReset({ identifier: person.email });
    await client.prepare(reset, 'EMAIL_CODE');
    const other = await client.codeFor(person.email);
    expect((await client.attempt(id, { emailCode: other }, token)).code).toBe('PROOF_REJECTED');
    const emailCode = await client.codeFor(address);
    expect((await client.attempt(id, { emailCode }, token)).status).toBe('COMPLETE');
    expect(await client.addresses(token)).toMatchObject([
      { address: person.email, primary: true },
      { address, primary: false, verifiedAt: expect.any(String) },
    ]);
    for (const to of [person.email, address]) expect(await client.subjectsTo(to)).toContain(ADDED);
    expect(await auditTypes()).toContain('email-address.added');
  });

  test('works by a link as well', async () => {
    const address = newAddress();
    const { id } = await client.startAdding(token, address, 'EMAIL_LINK');
    await client.prepare(id, 'EMAIL_LINK', token);
    expect(await client.subjectsTo(address)).toEqual(['Confirm your email address']);
    const linkToken = await client.linkFor(address);
    expect((await client.attempt(id, { linkToken }, token)).status).toBe('COMPLETE');
    expect((await client.addresses(token)).map((one) => one.verifiedAt !== null)).toEqual([true, true]);
  });

  test('adds no evidence to the session', async () => {
    const evidence = async () =>
      (await client.graphql('{ viewer { assurance { level evidence { factor } } } }', {}, token)).data.viewer;
    const before = await evidence();
    await client.add(token);
    expect(await evidence()).toEqual(before);
  });

  test('is refused without a fresh proof, and asks a user with a second factor for that one', async () => {
    app.clock.advance(601);
    await expect(client.startAdding(token, newAddress())).rejects.toThrow();
    const { accessToken } = await client.signIn(person);
    const { secret } = await client.enrollTotp(accessToken);
    app.clock.advance(601);
    const tokens = await client.signIn(person, { totp: client.totp(secret) });
    expect((await client.startAdding(tokens.accessToken, newAddress())).status).toBe('NEEDS_ENROLLMENT');
    app.clock.advance(601);
    await expect(client.startAdding(tokens.accessToken, newAddress())).rejects.toThrow();
  });

  test('is refused for one of the user’s own, and for what is no address', async () => {
    expect((await client.startAdding(token, person.email.toUpperCase())).code).toBe(
      'EMAIL_ADDRESS_ALREADY_VERIFIED',
    );
    for (const wrong of [
      '',
      'jane',
      'jane@example．com',
      'jane＠example.com',
      `${'a'.repeat(65)}@example.com`,
    ])
      expect((await client.startAdding(token, wrong)).code).toBe('INVALID_INPUT');
    expect((await client.startAdding(token, newAddress(), 'TOTP')).code).toBe('INVALID_INPUT');
  });

  test('L7: an address is the same in every spelling, and shown as typed', async () => {
    const local = randomUUID();
    const typed = `${local}@BÜCHER.example`;
    await client.add(token, `${local}@xn--bcher-kva.example`);
    expect((await client.startAdding(token, typed)).code).toBe('EMAIL_ADDRESS_ALREADY_VERIFIED');
    const other = await client.signUp();
    const { id } = await client.startAdding(other.accessToken, typed);
    await client.prepare(id, 'EMAIL_CODE', other.accessToken);
    expect(await client.subjectsTo(`${local}@xn--bcher-kva.example`)).toContain(
      'You already have an account with this address',
    );
    expect((await client.addresses(other.accessToken))[1]?.address).toBe(typed);
  });

  test('an address of somebody else gets the same replies as a free one, and its owner is told', async () => {
    const owner = await client.signUp(newAddress(), 'another good long password');
    const shape = async (address: string) => {
      const started = await client.startAdding(token, address);
      const prepared = await client.prepare(started.id, 'EMAIL_CODE', token);
      const wrong = await client.attempt(started.id, { emailCode: '000000' }, token);
      const known = {
        id: started.id,
        hint: prepared.factors[0]?.hint,
        own: prepared.factors[0]?.authenticatorId,
      };
      const blind = JSON.stringify([started, prepared, wrong])
        .replaceAll(known.id, 'id')
        .replaceAll(known.own ?? '', 'own')
        .replaceAll(known.hint ?? '', 'hint')
        .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time');
      return { id: started.id, blind };
    };
    const taken = await shape(owner.email);
    expect(taken.blind).toBe((await shape(newAddress())).blind);
    const subjects = await client.subjectsTo(owner.email);
    expect(subjects).toContain('You already have an account with this address');
    expect(subjects.filter((one) => one.startsWith('Your code is'))).toHaveLength(1); // of the owner's sign-up
    expect(await client.addresses(token)).toContainEqual(
      expect.objectContaining({ address: owner.email, verifiedAt: null, primary: false }),
    );
    // It opens nothing.
    const { id } = await client.startSignIn({ identifier: owner.email });
    expect((await client.attempt(id, { password: PASSWORD })).code).toBe('PROOF_REJECTED');
    expect((await client.addresses(owner.accessToken)).map(({ address }) => address)).toEqual([owner.email]);
  });

  test('M6, L3: an address that nobody proved neither shadows its owner nor keeps them out', async () => {
    const address = newAddress();
    const { id } = await client.startAdding(token, address);
    await client.prepare(id, 'EMAIL_CODE', token);
    const emailCode = await client.codeFor(address);
    // The owner signs up, signs in and resets the password as if nothing had happened.
    const owner = await client.signUp(address, 'another good long password');
    expect((await client.signIn(owner)).accessToken).toBeTruthy();
    const reset = await resetBy(address);
    expect((await client.attempt(reset, { emailCode: await client.codeFor(address) })).status).toBe(
      'NEEDS_NEW_PASSWORD',
    );
    // A code that the mailbox got before that does not win it back.
    expect((await client.attempt(id, { emailCode }, token)).code).toBe('EMAIL_ADDRESS_TAKEN');
    expect((await client.addresses(token))[1]?.verifiedAt).toBeNull();
  });

  test('of two users who prove one address at the same time, one gets it', async () => {
    const address = newAddress();
    const other = await client.signUp();
    const racers: { id: string; racer: Person; emailCode: string }[] = [];
    for (const racer of [person, other]) {
      const { id } = await client.startAdding(racer.accessToken, address);
      await client.prepare(id, 'EMAIL_CODE', racer.accessToken);
      racers.push({ id, racer, emailCode: await client.codeFor(address) });
    }
    const attempt = ({ id, racer, emailCode } = racers[0] as (typeof racers)[number]) =>
      client.attempt(id, { emailCode }, racer.accessToken);
    const done = await Promise.all(racers.map((one) => attempt(one)));
    expect(done.filter(({ status }) => status === 'COMPLETE')).toHaveLength(1);
    const loser = done.findIndex(({ status }) => status !== 'COMPLETE');
    expect(['CONFLICT', 'EMAIL_ADDRESS_TAKEN']).toContain(done[loser]?.code);
    expect((await attempt(racers[loser])).code).toBe('EMAIL_ADDRESS_TAKEN');
    const verified = await query(
      app.databaseUrl,
      'select id from email_address where address = $1 and verified_at is not null',
      [address],
    );
    expect(verified).toHaveLength(1);
  });

  test('a user has at most ten addresses, however many requests run at the same time', async () => {
    const input = () => ({ emailAddress: newAddress() });
    const replies = await Promise.all(
      Array.from({ length: 14 }, () =>
        client.graphql(
          'mutation ($input: AddEmailAddressInput!) { addEmailAddress(input: $input) { __typename ... on UserError { code } } }',
          { input: input() },
          token,
        ),
      ),
    );
    const codes = replies.map(({ data }) => data.addEmailAddress.code ?? 'none');
    expect(await client.addresses(token)).toHaveLength(10);
    expect(codes.filter((code) => code === 'none')).toHaveLength(9);
    // Aliases in one document are no way around it.
    const aliases = `mutation ($input: AddEmailAddressInput!) { a: addEmailAddress(input: $input) { ... on UserError { code } } b: addEmailAddress(input: $input) { ... on UserError { code } } }`;
    const { data } = await client.graphql(aliases, { input: input() }, token);
    expect([data.a.code, data.b.code]).toEqual(['TOO_MANY_EMAIL_ADDRESSES', 'TOO_MANY_EMAIL_ADDRESSES']);
  });

  test('another user or session cannot drive it', async () => {
    const address = newAddress();
    const { id } = await client.startAdding(token, address);
    await client.prepare(id, 'EMAIL_CODE', token);
    const emailCode = await client.codeFor(address);
    const other = await client.signUp();
    const second = await client.signIn(person);
    for (const thief of [other.accessToken, second.accessToken]) {
      expect((await client.attempt(id, { emailCode }, thief)).code).toBe('WORKFLOW_NOT_FOUND');
      expect((await client.prepare(id, 'EMAIL_CODE', thief)).code).toBe('WORKFLOW_NOT_FOUND');
    }
    expect((await client.attempt(id, { emailCode }, token)).status).toBe('COMPLETE');
    expect((await client.attempt(id, { emailCode }, token)).code).toBe('WORKFLOW_ENDED');
  });

  test('cannot be started as an enrollment, which would skip its guard', async () => {
    for (const factor of ['EMAIL_CODE', 'EMAIL_LINK'])
      expect((await client.startEnrollment({ factor }, token)).code).toBe('FACTOR_NOT_ENROLLABLE');
  });
});

describe('a verified address', () => {
  test('signs in and resets the password like the primary one, by codes that go to itself', async () => {
    const { address } = await client.add(token);
    expect((await client.signIn({ email: address, password: PASSWORD })).accessToken).toBeTruthy();
    const before = (await client.subjectsTo(person.email)).length;
    const { id } = await client.startSignIn({ identifier: address });
    await client.prepare(id, 'EMAIL_CODE');
    expect((await client.attempt(id, { emailCode: await client.codeFor(address) })).status).toBe('COMPLETE');
    const codes = (await client.subjectsTo(person.email)).length - before;
    expect(codes).toBe(1); // the notice of a new sign-in, and no code
    const reset = await resetBy(address);
    await client.attempt(reset, { emailCode: await client.codeFor(address) });
    expect((await client.chooseNewPassword(reset, 'a new and longer password')).status).toBe('COMPLETE');
    for (const to of [person.email, address])
      expect(await client.subjectsTo(to)).toContain('Your password was changed');
  });

  test('no other address of the account stands in for the one that was asked', async () => {
    const { address } = await client.add(token);
    const { id } = await client.startSignIn({ identifier: address });
    await client.prepare(id, 'EMAIL_CODE');
    const other = await client.startSignIn({ identifier: person.email });
    await client.prepare(other.id, 'EMAIL_CODE');
    const emailCode = await client.codeFor(person.email);
    expect((await client.attempt(id, { emailCode })).code).toBe('PROOF_REJECTED');
  });

  test('is one of the choices of a step-up, the primary one first', async () => {
    const { id, address } = await client.add(token);
    const started = await client.startStepUp({ require: 'STRONGEST_ENROLLED' }, token);
    const codes = started.factors.filter(({ factor }) => factor === 'EMAIL_CODE');
    expect(codes.map(({ authenticatorId }) => authenticatorId)).toEqual([
      (await client.addresses(token))[0]?.id,
      id,
    ]);
    await client.prepare(started.id, 'EMAIL_CODE', token, id);
    const emailCode = await client.codeFor(address);
    expect((await client.attempt(started.id, { emailCode }, token)).status).toBe('COMPLETE');
    // An address of somebody else is none.
    const stranger = await client.add((await client.signUp()).accessToken);
    const again = await client.startStepUp({ require: 'STRONGEST_ENROLLED' }, token);
    expect((await client.prepare(again.id, 'EMAIL_CODE', token, stranger.id)).code).toBe(
      'FACTOR_NOT_OFFERED',
    );
  });
});

describe('the primary address', () => {
  test('changes with a proof for that alone, and all addresses are told', async () => {
    const added = await client.add(token);
    const { errors } = await client.graphql(SET_PRIMARY, { input: { id: added.id } }, token);
    expect(errors[0]?.extensions).toMatchObject({ code: 'STEP_UP_REQUIRED', bind: 'OPERATION' });
    expect(await client.setPrimary(token, added.id)).toEqual({ __typename: 'User' });
    expect((await client.addresses(token)).map(({ primary }) => primary)).toEqual([false, true]);
    for (const to of [person.email, added.address]) expect(await client.subjectsTo(to)).toContain(CHANGED);
    expect(await auditTypes()).toContain('email-address.made-primary');
    // Messages go to it from now on.
    await client.signIn(person);
    expect(await client.subjectsTo(added.address)).toContain('New sign-in to your account');
  });

  test('is never one that nobody proved, and never one of somebody else', async () => {
    await client.startAdding(token, newAddress());
    const pending = (await client.addresses(token))[1]?.id ?? '';
    expect((await client.setPrimary(token, pending)).code).toBe('EMAIL_ADDRESS_NOT_VERIFIED');
    const stranger = await client.add((await client.signUp()).accessToken);
    const answers = [];
    for (const id of [stranger.id, randomUUID(), 'x']) {
      answers.push(await client.setPrimary(token, id), await client.remove(token, id));
    }
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(answers[0]?.code).toBe('NOT_FOUND');
  });

  test('of parallel changes, one primary address is left', async () => {
    const first = await client.add(token);
    const second = await client.add(token);
    await Promise.allSettled([first, second, first, second].map(({ id }) => client.setPrimary(token, id)));
    expect((await client.addresses(token)).filter(({ primary }) => primary)).toHaveLength(1);
  });

  test('cannot be removed, even while it becomes the primary one', async () => {
    const [own] = await client.addresses(token);
    expect((await client.remove(token, own?.id ?? '')).code).toBe('PRIMARY_EMAIL_ADDRESS');
    const added = await client.add(token);
    const outcomes = await Promise.allSettled([
      client.setPrimary(token, added.id),
      client.remove(token, added.id),
    ]);
    expect(outcomes.every(({ status }) => status === 'fulfilled')).toBe(true);
    const left = await client.addresses(token);
    expect(left.filter(({ primary }) => primary)).toHaveLength(1);
  });

  test('a change of it voids the codes that were sent before, and the resets that they opened', async () => {
    const added = await client.add(token);
    const waiting = await resetBy(person.email);
    const emailCode = await client.codeFor(person.email);
    const opened = await resetBy(added.address);
    await client.attempt(opened, { emailCode: await client.codeFor(added.address) });
    await client.setPrimary(token, added.id);
    expect((await client.attempt(waiting, { emailCode })).code).toBe('PROOF_REJECTED');
    expect((await client.chooseNewPassword(opened, 'a new and longer password')).code).toBe(
      'WORKFLOW_EXPIRED',
    );
  });
});

describe('removing an address', () => {
  test('L9: is told to all of them, also the removed one, which opens nothing more', async () => {
    const added = await client.add(token);
    const waiting = await resetBy(added.address);
    const emailCode = await client.codeFor(added.address);
    const { errors } = await client.graphql(REMOVE, { input: { id: added.id } }, token);
    expect(errors[0]?.extensions).toMatchObject({ code: 'STEP_UP_REQUIRED', bind: 'OPERATION' });
    expect(await client.remove(token, added.id)).toEqual({ __typename: 'User' });
    for (const to of [person.email, added.address]) expect(await client.subjectsTo(to)).toContain(REMOVED);
    expect(await auditTypes()).toContain('email-address.removed');
    expect((await client.attempt(waiting, { emailCode })).code).toBe('PROOF_REJECTED');
    await client.prepare(waiting, 'EMAIL_CODE');
    const before = (await client.inbox()).filter(({ to }) => to === added.address).length;
    const reset = await resetBy(added.address);
    expect((await client.inbox()).filter(({ to }) => to === added.address)).toHaveLength(before);
    expect((await client.attempt(reset, { emailCode: '000000' })).code).toBe('PROOF_REJECTED');
    const { id } = await client.startSignIn({ identifier: added.address });
    expect((await client.attempt(id, { password: PASSWORD })).code).toBe('PROOF_REJECTED');
    // It is free for whoever reads its mail.
    expect((await client.signUp(added.address)).accessToken).toBeTruthy();
  });

  test('ends resets that it has opened, and the sessions that began by email', async () => {
    const added = await client.add(token);
    const opened = await resetBy(added.address);
    await client.attempt(opened, { emailCode: await client.codeFor(added.address) });
    const { id } = await client.startSignIn({ identifier: added.address });
    await client.prepare(id, 'EMAIL_CODE');
    const thief = await client.attempt(id, { emailCode: await client.codeFor(added.address) });
    const byPassword = await client.signIn(person);
    await client.remove(token, added.id);
    expect((await client.chooseNewPassword(opened, 'a new and longer password')).code).toBe(
      'WORKFLOW_EXPIRED',
    );
    expect(await isAlive(client, thief.session?.accessToken ?? '')).toBe(false);
    expect(await isAlive(client, byPassword.accessToken)).toBe(true);
    expect(await isAlive(client, token)).toBe(true);
  });

  test('an approval by a code to it, made before, approves nothing after', async () => {
    const added = await client.add(token);
    const third = await client.add(token);
    const variables = { input: { id: third.id } };
    const started = await client.startStepUp(
      { require: 'STRONGEST_ENROLLED', operation: { query: REMOVE, variables } },
      token,
    );
    await client.prepare(started.id, 'EMAIL_CODE', token, added.id);
    const done = await client.attempt(started.id, { emailCode: await client.codeFor(added.address) }, token);
    expect(done.status).toBe('COMPLETE');
    await client.remove(token, added.id);
    const { errors } = await client.graphql(REMOVE, variables, done.session?.accessToken);
    expect(errors[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
  });

  test('a takeover by a new mailbox is told to the old one, whatever its order', async () => {
    const thief = await client.add(token);
    await client.setPrimary(token, thief.id);
    const [own] = await client.addresses(token);
    await client.remove(token, own?.id ?? '');
    expect(await client.subjectsTo(person.email)).toEqual(expect.arrayContaining([ADDED, CHANGED, REMOVED]));
    const reset = await resetBy(person.email);
    expect((await client.attempt(reset, { emailCode: '000000' })).code).toBe('PROOF_REJECTED');
  });

  test('a young factor neither removes an older address nor replaces the older primary one', async () => {
    const added = await client.add(token);
    const { secret } = await client.enrollTotp(token);
    app.clock.advance(7200);
    const totp = () => {
      app.clock.advance(30);
      return { totp: client.totp(secret) };
    };
    await query(app.databaseUrl, 'update tenant set min_factor_age_seconds = 3600');
    try {
      const old = await client.signIn(person, totp());
      const intruder = await client.enrollTotp(old.accessToken);
      app.clock.advance(30);
      const young = await client.signIn(person, { totp: client.totp(intruder.secret) });
      const proof = () => {
        app.clock.advance(30);
        return { totp: client.totp(intruder.secret) };
      };
      for (const change of [client.setPrimary, client.remove])
        await expect(change(young.accessToken, added.id, proof)).rejects.toMatchObject({
          problem: { extensions: { code: 'STEP_UP_REQUIRED', minFactorAge: 3600 } },
        });
      // What the intruder has added themselves is as young as they are.
      const own = await client.add(young.accessToken);
      expect(await client.remove(young.accessToken, own.id, proof)).toEqual({ __typename: 'User' });
      const settled = await client.signIn(person, totp());
      expect(await client.setPrimary(settled.accessToken, added.id, totp)).toEqual({ __typename: 'User' });
    } finally {
      await query(app.databaseUrl, 'update tenant set min_factor_age_seconds = 0');
    }
  });

  test('one that nobody proved is removed without a message to it', async () => {
    const address = newAddress();
    await client.startAdding(token, address);
    const pending = (await client.addresses(token))[1]?.id ?? '';
    expect(await client.remove(token, pending)).toEqual({ __typename: 'User' });
    expect(await client.subjectsTo(address)).toEqual([]);
    expect(await client.addresses(token)).toHaveLength(1);
  });
});

test('an address that nobody proved is deleted after a day, and no other', async () => {
  await client.add(token);
  await client.startAdding(token, newAddress());
  const { applyRetention } = await import('../../../src/persistence/retention.ts');
  const { openOrm, sqlOf } = await import('../../../src/persistence/orm.ts');
  const { RETENTION } = await import('../../harness/app.ts');
  const orm = await openOrm(app.databaseUrl);
  app.clock.advance(86_401);
  await applyRetention(sqlOf(orm.em.fork()), app.clock.now(), RETENTION);
  await orm.close();
  const { accessToken } = await client.signIn(person);
  expect((await client.addresses(accessToken)).map(({ verifiedAt }) => verifiedAt !== null)).toEqual([
    true,
    true,
  ]);
});
