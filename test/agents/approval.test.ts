// An agent asks for the approval of one operation, and its user approves or rejects it in a session of their own.
import { parse } from 'graphql';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operationDigest } from '../../src/step-up/operation-digest.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import type { Step } from '../harness/client.ts';
import { approveOn, enrollDevice } from '../harness/device-owner.ts';
import { EventStream } from '../harness/event-stream.ts';
import { query } from '../harness/sql.ts';
import { type Agent, AgentWorld, type Operation, type Owner } from './agents.ts';

let app: TestApp;
let world: AgentWorld;

beforeAll(async () => {
  app = await startTestApp();
  world = new AgentWorld(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const sql = (text: string, values: unknown[] = []) => query(app.databaseUrl, text, values);

const PAY = 'mutation Pay($amount: Int!, $to: String!) { pay(amount: $amount, to: $to) { id } }';
const pay = (amount: number, to = 'Ada Bakery'): Operation => ({ query: PAY, variables: { amount, to } });

const CONSUME = `mutation ($digest: String!, $accept: [FactorKind!], $maxAge: Int) {
  consumeOperationProof(digest: $digest, accept: $accept, maxAge: $maxAge)
}`;

/** What a service does before it runs the operation. */
async function consume(token: string, operation: Operation, more: object = {}): Promise<boolean> {
  const { query: text, ...rest } = operation;
  const digest = operationDigest({ document: parse(text), ...(rest as object) });
  return (await world.graphql(CONSUME, { digest, ...more }, token)).data.consumeOperationProof;
}

async function both(): Promise<[Owner, Agent]> {
  const owner = await world.owner();
  return [owner, await world.create(owner)];
}

describe('an approval', () => {
  test('lets the agent run the operation once, and changes nobody’s evidence', async () => {
    const [owner, agent] = await both();
    const asked = await world.ask(agent, pay(100));
    expect(asked).toMatchObject({ status: 'NEEDS_APPROVAL', factors: [], challenge: null, session: null });
    expect(await consume(agent.token, pay(100))).toBe(false);
    const elsewhere = await world.again(owner);
    const [request, ...others] = await world.requests(elsewhere.token);
    expect(others).toEqual([]);
    expect(request).toMatchObject({ agentName: 'Bookkeeper', sessionId: agent.sessionId, approves: 'pay' });
    expect(await world.requests(owner.token)).toEqual([request]);
    const evidence = () => sql('select id, evidence from session order by id');
    const before = await evidence();
    const done = await world.approveNewest(elsewhere);
    expect(done).toMatchObject({ status: 'COMPLETE', session: null });
    expect(await evidence()).toEqual(before);
    expect(await world.statusOf(asked.id, agent.token)).toBe('COMPLETE');
    expect(await world.requests(owner.token)).toEqual([]);
    expect(await consume(agent.token, pay(100))).toBe(true);
    expect(await consume(agent.token, pay(100))).toBe(false);
  });

  test('is used by one of two requests at the same moment', async () => {
    const [owner, agent] = await both();
    await world.ask(agent, pay(100));
    await world.approveNewest(owner);
    const answers = await Promise.all(Array.from({ length: 5 }, () => consume(agent.token, pay(100))));
    expect(answers.filter(Boolean)).toHaveLength(1);
  });

  test('is for the same arguments, whatever the layout', async () => {
    const [owner, agent] = await both();
    await world.ask(agent, pay(100));
    await world.approveNewest(owner);
    expect(await consume(agent.token, pay(101))).toBe(false);
    expect(await consume(agent.token, pay(100, 'Eve'))).toBe(false);
    const renamed = { ...pay(100), query: PAY.replace('pay(amount', 'x: pay(amount') };
    expect(await consume(agent.token, renamed)).toBe(false);
    expect(await consume(agent.token, { ...pay(100), query: PAY.replaceAll(' ', '\n   ') })).toBe(true);
  });

  test('is for this agent: not for another agent of the user, and not for the user', async () => {
    const [owner, agent] = await both();
    const other = await world.create(owner, { name: 'Other' });
    await world.ask(agent, pay(100));
    await world.approveNewest(owner);
    const fresh = await world.again(owner);
    for (const { token } of [other, owner, fresh]) expect(await consume(token, pay(100))).toBe(false);
    expect(await consume(agent.token, pay(100))).toBe(true);
  });

  test('of the user is not for an agent', async () => {
    const [owner, agent] = await both();
    const started = await world.startStepUp({ operation: pay(100) }, owner.token);
    const done = await world.attempt(started.id, { totp: world.code(owner) }, owner.token);
    expect(await consume(agent.token, pay(100))).toBe(false);
    expect(await consume(done.session?.accessToken ?? '', pay(100))).toBe(true);
  });

  test('meets what the service asks for, not what the agent asked for', async () => {
    const [owner, agent] = await both();
    await world.ask(agent, pay(100), { accept: ['BACKUP_CODE'], maxAge: 86_400 });
    const [request] = await world.requests(owner.token);
    const started = await world.startApproval(request?.id ?? '', owner.token);
    expect(started.factors.map(({ factor }) => factor)).toEqual(['BACKUP_CODE']);
    await world.attempt(started.id, { backupCode: owner.backupCodes[0] }, owner.token);
    expect(await consume(agent.token, pay(100), { accept: ['TOTP'] })).toBe(false);
    app.clock.advance(61);
    expect(await consume(agent.token, pay(100), { maxAge: 60 })).toBe(false);
    // An agent may use it for 15 minutes at most.
    app.clock.advance(840);
    expect(await consume(agent.token, pay(100), { maxAge: 86_400 })).toBe(false);
  });

  test('needs two categories from a session that has only one', async () => {
    const [owner, agent] = await both();
    await world.ask(agent, pay(100));
    // A session of the phone alone, as an older server could have left it.
    const { token } = await world.again(owner);
    await sql(`update session set evidence = '[]' where id = $1`, [decodeJwt(token)['sid']]);
    const [request] = await world.requests(token);
    const started = await world.startApproval(request?.id ?? '', token);
    const next = await world.attempt(started.id, { totp: world.code(owner) }, token);
    expect(next.status).toBe('NEEDS_PROOF');
    expect(await consume(agent.token, pay(100))).toBe(false);
    expect((await world.attempt(started.id, { password: owner.password }, token)).status).toBe('COMPLETE');
    expect(await consume(agent.token, pay(100))).toBe(true);
  });

  test('can be given on a phone, with the number', async () => {
    const owner = await world.owner();
    const device = await enrollDevice(world, owner.token);
    const agent = await world.create(await world.again(owner));
    await world.ask(agent, pay(100));
    const [request] = await world.requests(owner.token);
    const { id } = await world.startApproval(request?.id ?? '', owner.token);
    await world.prepare(id, 'DEVICE_APPROVAL', owner.token);
    expect(await device.pending()).toMatchObject([{ approves: 'pay', agentName: 'Bookkeeper' }]);
    await approveOn(device, world, id, owner.token);
    expect((await world.attempt(id, { deviceApproval: true }, owner.token)).status).toBe('COMPLETE');
    expect(await consume(agent.token, pay(100))).toBe(true);
    const events = await sql(
      `select approval is not null as signed from audit_event where type = 'step-up.proof-accepted' and session_id = $1 and factor = 'DEVICE_APPROVAL'`,
      [decodeJwt(owner.token)['sid']],
    );
    expect(events).toHaveLength(1);
  });

  test('does not survive the removal of the factor that gave it', async () => {
    const [owner, agent] = await both();
    await enrollDevice(world, owner.token);
    await world.ask(agent, pay(100));
    await world.approveNewest(owner);
    const { token } = await world.again(owner);
    const { data } = await world.graphql('{ viewer { authenticators { id factor } } }', {}, token);
    const totp = data.viewer.authenticators.find((one: { factor: string }) => one.factor === 'TOTP');
    const remove = 'mutation ($id: ID!) { removeAuthenticator(id: $id) { __typename } }';
    expect((await world.graphql(remove, { id: totp.id }, token)).errors).toEqual([]);
    expect(await consume(agent.token, pay(100))).toBe(false);
  });
});

describe('Q5 a proof', () => {
  test('that approved a request serves no other workflow, and the other way round', async () => {
    const [owner, agent] = await both();
    await world.ask(agent, pay(100));
    const [request] = await world.requests(owner.token);
    const approval = await world.startApproval(request?.id ?? '', owner.token);
    const stepUp = await world.startStepUp({}, owner.token);
    const bound = await world.startStepUp({ operation: pay(100) }, owner.token);
    const signIn = await world.startSignIn({ identifier: owner.email });
    await world.attempt(signIn.id, { password: owner.password });
    const totp = world.code(owner);
    expect((await world.attempt(approval.id, { totp }, owner.token)).status).toBe('COMPLETE');
    for (const { id } of [stepUp, bound]) {
      expect((await world.attempt(id, { totp }, owner.token)).code).toBe('PROOF_REJECTED');
    }
    expect((await world.attempt(signIn.id, { totp })).code).toBe('PROOF_REJECTED');

    await world.ask(agent, pay(200));
    const [next] = await world.requests(owner.token);
    const second = await world.startApproval(next?.id ?? '', owner.token);
    const other = world.code(owner);
    expect((await world.attempt(stepUp.id, { totp: other }, owner.token)).status).toBe('COMPLETE');
    expect((await world.attempt(second.id, { totp: other }, owner.token)).code).toBe('PROOF_REJECTED');
    expect(await consume(agent.token, pay(200))).toBe(false);
  });

  test('that is fresh in the session of the user does not approve by itself', async () => {
    const [owner, agent] = await both();
    await world.ask(agent, pay(100));
    const { token } = await world.again(owner); // a second factor, seconds ago
    const [request] = await world.requests(token);
    expect((await world.startApproval(request?.id ?? '', token)).status).toBe('NEEDS_PROOF');
    expect(await consume(agent.token, pay(100))).toBe(false);
  });

  test('on a device for one request is not taken for another', async () => {
    const owner = await world.owner();
    const device = await enrollDevice(world, owner.token);
    const agent = await world.create(await world.again(owner));
    await world.ask(agent, pay(1));
    await world.ask(agent, pay(2));
    const [second, first] = await world.requests(owner.token);
    const one = await world.startApproval(first?.id ?? '', owner.token);
    const two = await world.startApproval(second?.id ?? '', owner.token);
    await approveOn(device, world, one.id, owner.token);
    await world.prepare(two.id, 'DEVICE_APPROVAL', owner.token);
    expect((await world.attempt(two.id, { deviceApproval: true }, owner.token)).code).toBe(
      'DEVICE_NOT_APPROVED',
    );
    expect((await world.attempt(one.id, { deviceApproval: true }, owner.token)).status).toBe('COMPLETE');
    expect(await consume(agent.token, pay(2))).toBe(false);
    expect(await consume(agent.token, pay(1))).toBe(true);
  });
});

describe('the agent', () => {
  test('learns at once of an approval, a rejection and the end of its own session', async () => {
    const [owner, agent] = await both();
    const headers = { authorization: `Bearer ${agent.token}` };
    const follow = (id: string) =>
      EventStream.open(
        app.url,
        { query: 'subscription ($id: ID!) { workflow(id: $id) { status } }', variables: { id } },
        headers,
      );
    const approved = await world.ask(agent, pay(1));
    await using first = await follow(approved.id);
    expect((await first.next())?.data.workflow.status).toBe('NEEDS_APPROVAL');
    await world.approveNewest(owner);
    expect((await first.next(5000))?.data.workflow.status).toBe('COMPLETE');
    expect(await first.next()).toBeNull();

    const rejected = await world.ask(agent, pay(2));
    await using second = await follow(rejected.id);
    await second.next();
    const [request] = await world.requests(owner.token);
    expect(await world.reject(request?.id ?? '', owner.token)).toBe('User');
    expect((await second.next(5000))?.data.workflow.status).toBe('FAILED');

    const third = await world.ask(agent, pay(3));
    app.clock.advance(901);
    expect(await world.statusOf(third.id, agent.token)).toBe('EXPIRED');
    await world.graphql('mutation { signOut { id } }', {}, agent.token);
    expect((await world.graphql('{ viewer { id } }', {}, agent.token)).errors[0]?.extensions.code).toBe(
      'UNAUTHENTICATED',
    );
  });

  test('cannot step up its own session, which a client can tell from a request to approve', async () => {
    const [, agent] = await both();
    const step = await world.startStepUp({ maxAge: 300 }, agent.token);
    expect(step).toMatchObject({ __typename: 'AgentsCannotStepUp', code: 'AGENTS_CANNOT_STEP_UP' });
  });

  test('cannot approve its own request, or prove anything in any workflow of its user', async () => {
    const [owner, agent] = await both();
    const asked = await world.ask(agent, pay(100));
    const [request] = await world.requests(owner.token);
    const approval = await world.startApproval(request?.id ?? '', owner.token);
    const ids = [asked.id, request?.id ?? '', approval.id];
    const totp = world.code(owner); // pasted into the chat
    for (const id of ids) {
      for (const field of ['attemptFactor', 'prepareFactor']) {
        const proof = field === 'attemptFactor' ? `proof: { totp: "${totp}" }` : 'factor: EMAIL_CODE';
        const text = `mutation ($id: ID!) { ${field}(input: { workflowId: $id, ${proof} }) { __typename } }`;
        const { errors, data } = await world.graphql(text, { id }, agent.token);
        expect(data).toBeNull();
        expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', agentRefused: true });
      }
    }
    // Without its token, it reaches no workflow of a session.
    for (const id of [asked.id, approval.id])
      await expect(world.attempt(id, { totp })).rejects.toMatchObject({
        problem: { extensions: { code: 'UNAUTHENTICATED' } },
      });
    expect(await world.statusOf(approval.id, agent.token)).toBeNull();
    expect(await consume(agent.token, pay(100))).toBe(false);
    // The code is still the user's.
    expect((await world.attempt(approval.id, { totp }, owner.token)).status).toBe('COMPLETE');
  });

  test('cannot be driven by its user: the request takes no proof', async () => {
    const [owner, agent] = await both();
    const asked = await world.ask(agent, pay(100));
    const step = await world.attempt(asked.id, { totp: world.code(owner) }, owner.token);
    expect(step.code).toBe('WORKFLOW_NOT_FOUND');
    const [request] = await world.requests(owner.token);
    expect((await world.attempt(request?.id ?? '', { totp: world.code(owner) }, owner.token)).code).toBe(
      'WORKFLOW_NOT_FOUND',
    );
  });

  test('asks again for the same and replaces its request', async () => {
    const [owner, agent] = await both();
    const first = await world.ask(agent, pay(100));
    const [before] = await world.requests(owner.token);
    const approval = await world.startApproval(before?.id ?? '', owner.token);
    await world.ask(agent, pay(100));
    expect(await world.requests(owner.token)).toHaveLength(1);
    expect(await world.statusOf(first.id, agent.token)).toBe('EXPIRED');
    // What was begun for the first one approves nothing.
    expect((await world.attempt(approval.id, { totp: world.code(owner) }, owner.token)).code).toBe(
      'AGENT_REQUEST_ENDED',
    );
    expect(await consume(agent.token, pay(100))).toBe(false);
  });
});

describe('a request', () => {
  test('that was rejected stays rejected, also for an approval in progress', async () => {
    const [owner, agent] = await both();
    const asked = await world.ask(agent, pay(100));
    const [request] = await world.requests(owner.token);
    const id = request?.id ?? '';
    const approval = await world.startApproval(id, owner.token);
    expect(await world.reject(id, owner.token)).toBe('User');
    expect(await world.reject(id, owner.token)).toBe('AGENT_REQUEST_ENDED');
    expect((await world.startApproval(id, owner.token)).code).toBe('AGENT_REQUEST_ENDED');
    const late = await world.attempt(approval.id, { totp: world.code(owner) }, owner.token);
    expect(late.code).toBe('WORKFLOW_EXPIRED');
    expect(await world.statusOf(asked.id, agent.token)).toBe('FAILED');
    expect(await consume(agent.token, pay(100))).toBe(false);
  });

  test('that was approved cannot be rejected or approved again', async () => {
    const [owner, agent] = await both();
    await world.ask(agent, pay(100));
    const [request] = await world.requests(owner.token);
    const second = await world.startApproval(request?.id ?? '', owner.token);
    await world.approveNewest(owner);
    expect(await world.reject(request?.id ?? '', owner.token)).toBe('AGENT_REQUEST_ENDED');
    expect((await world.attempt(second.id, { totp: world.code(owner) }, owner.token)).code).toBe(
      'AGENT_REQUEST_ENDED',
    );
    expect(await consume(agent.token, pay(100))).toBe(true);
    expect(await consume(agent.token, pay(100))).toBe(false);
  });

  test('is answered once by an approval and a rejection at the same moment', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [owner, agent] = await both();
      await world.ask(agent, pay(100));
      const [request] = await world.requests(owner.token);
      const { id } = await world.startApproval(request?.id ?? '', owner.token);
      const totp = world.code(owner);
      const [approved, rejected] = await Promise.all([
        world.attempt(id, { totp }, owner.token),
        world.reject(request?.id ?? '', owner.token),
      ]);
      expect([approved.status === 'COMPLETE', rejected === 'User'].filter(Boolean)).toHaveLength(1);
      expect(await consume(agent.token, pay(100))).toBe(approved.status === 'COMPLETE');
    }
  });

  test('expires, and cannot be approved later', async () => {
    const [owner, agent] = await both();
    await world.ask(agent, pay(100));
    app.clock.advance(300);
    const { token } = await world.again(owner);
    const [request] = await world.requests(token);
    const approval = await world.startApproval(request?.id ?? '', token);
    app.clock.advance(560);
    expect((await world.attempt(approval.id, { totp: world.code(owner) }, token)).code).toBe(
      'AGENT_REQUEST_ENDED',
    );
    expect(await world.requests(token)).toHaveLength(0);
    expect(await consume(agent.token, pay(100))).toBe(false);
  });

  test('ends with its agent', async () => {
    const [owner, agent] = await both();
    await world.ask(agent, pay(100));
    const [request] = await world.requests(owner.token);
    const approval = await world.startApproval(request?.id ?? '', owner.token);
    await world.graphql('mutation { signOut { id } }', {}, agent.token);
    expect(await world.requests(owner.token)).toEqual([]);
    expect((await world.startApproval(request?.id ?? '', owner.token)).code).toBe('AGENT_REQUEST_ENDED');
    expect((await world.attempt(approval.id, { totp: world.code(owner) }, owner.token)).code).toBe(
      'AGENT_REQUEST_ENDED',
    );
  });

  test('O1 is not found by another user, of the same tenant or of another', async () => {
    const [owner, agent] = await both();
    await world.ask(agent, pay(100));
    const [request] = await world.requests(owner.token);
    const stranger = await world.owner();
    expect(await world.requests(stranger.token)).toEqual([]);
    expect((await world.startApproval(request?.id ?? '', stranger.token)).code).toBe('AGENT_REQUEST_ENDED');
    expect(await world.reject(request?.id ?? '', stranger.token)).toBe('AGENT_REQUEST_ENDED');
    for (const id of ['', 'x', "'; drop table session", 'é'.repeat(43), 'x'.repeat(43)])
      expect(await world.reject(id, stranger.token)).toBe('AGENT_REQUEST_ENDED');
    expect(await world.requests(owner.token)).toHaveLength(1);
  });

  test('an administrator does not see those of others', async () => {
    const [owner, agent] = await both();
    await world.ask(agent, pay(100));
    const admin = await world.owner();
    await sql(`update user_account set roles = '["ADMIN"]' where id = $1`, [decodeJwt(admin.token).sub]);
    const text =
      'query ($id: ID!) { user(id: $id) { agentRequests { approves } sessions { agent { name } } } }';
    const { data } = await world.graphql(
      text,
      { id: decodeJwt(owner.token).sub },
      (await world.again(admin)).token,
    );
    expect(data.user.agentRequests).toBeNull();
    expect(data.user.sessions).toContainEqual({ agent: { name: 'Bookkeeper' } });
  });

  test('does not flood the user: three wait for an agent, five for a user, also in parallel', async () => {
    const [owner, agent] = await both();
    const others = [await world.create(owner), await world.create(owner)];
    const codes = (steps: Step[]) => steps.map(({ code, status }) => code ?? status).toSorted();
    const first = await Promise.all([1, 2, 3, 4, 5].map((amount) => world.ask(agent, pay(amount))));
    expect(codes(first)).toEqual([
      ...Array(3).fill('NEEDS_APPROVAL'),
      ...Array(2).fill('TOO_MANY_AGENT_REQUESTS'),
    ]);
    const more = await Promise.all(
      others.flatMap((one) => [1, 2].map((amount) => world.ask(one, pay(amount)))),
    );
    expect(codes(more)).toEqual([
      ...Array(2).fill('NEEDS_APPROVAL'),
      ...Array(2).fill('TOO_MANY_AGENT_REQUESTS'),
    ]);
    expect(await world.requests(owner.token)).toHaveLength(5);
    const told = (await world.inbox()).filter(
      ({ to, subject }) => to === owner.email && subject.includes('approval'),
    );
    expect(told.length).toBeLessThan(5);
    expect(told.length).toBeGreaterThan(0);
  });

  test('that is rejected again and again is refused for an hour', async () => {
    const [owner, agent] = await both();
    for (let count = 0; count < 10; count += 1) {
      expect((await world.ask(agent, pay(count))).status).toBe('NEEDS_APPROVAL');
      const [request] = await world.requests(owner.token);
      await world.reject(request?.id ?? '', owner.token);
    }
    expect((await world.ask(agent, pay(11))).code).toBe('TOO_MANY_AGENT_REQUESTS');
    const other = await world.create(owner, { lifetimeSeconds: 7200 });
    expect((await world.ask(other, pay(11))).status).toBe('NEEDS_APPROVAL');
    app.clock.advance(3601);
    expect((await world.ask(other, pay(12))).status).toBe('NEEDS_APPROVAL');
  });

  test('that is approved does not count', async () => {
    const [owner, agent] = await both();
    for (let count = 0; count < 12; count += 1) {
      expect((await world.ask(agent, pay(count))).status).toBe('NEEDS_APPROVAL');
      expect((await world.approveNewest(owner)).status).toBe('COMPLETE');
      owner.token = (await world.again(owner)).token;
    }
  });

  test('is in the audit log, with who asked and who answered', async () => {
    const [owner, agent] = await both();
    await world.ask(agent, pay(100));
    await world.approveNewest(owner);
    await world.ask(agent, pay(101));
    const [request] = await world.requests(owner.token);
    await world.reject(request?.id ?? '', owner.token);
    const events = await sql(
      `select type, actor_kind, session_id, actor_session_id from audit_event where session_id = $1 and type like 'agent-request.%' order by occurred_at, type desc`,
      [agent.sessionId],
    );
    const session = decodeJwt(owner.token)['sid'];
    const row = (word: string, kind: string, actor: unknown) => ({
      type: `agent-request.${word}`,
      actor_kind: kind,
      session_id: agent.sessionId,
      actor_session_id: actor,
    });
    expect(events).toEqual([
      row('started', 'AGENT', agent.sessionId),
      row('complete', 'USER', session),
      row('started', 'AGENT', agent.sessionId),
      row('failed', 'USER', session),
    ]);
  });

  test('is gone after a new password', async () => {
    const [owner, agent] = await both();
    await world.ask(agent, pay(100));
    const change = `mutation { changePassword(input: { newPassword: "a new battery staple", signOutOtherSessions: false }) { __typename } }`;
    const { token } = await world.again(owner);
    expect((await world.graphql(change, {}, token)).errors).toEqual([]);
    expect(await world.requests(token)).toEqual([]);
  });

  test('says the operation in the words of the service, or of Stepgate’s own API', async () => {
    const [owner, agent] = await both();
    const own = world.createBody({ name: 'Accomplice' });
    await world.ask(agent, own);
    const [request] = await world.requests(owner.token);
    expect(request?.approves).toBe('Give "Accomplice" access to your account. Roles: -');
    await world.approveNewest(owner);
    // Even so, agents create no agents.
    const { errors } = await world.graphql(own.query, own.variables, agent.token);
    expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', agentRefused: true });
  });
});
