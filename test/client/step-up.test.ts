// When Stepgate refuses an operation for lack of a fresh proof, the client prompts the user once and sends the
// operation again once.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type OnStepUp,
  StepUpError,
  type StepUpPrompt,
  type StepUpWorkflow,
} from '../../src/client/index.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { claimsOf, isAlive } from '../sessions/operations.ts';
import { AUDIT_EVENTS, clientOf, codesOf, guarded, NEW_CODES, Network, typing, VIEWER } from './people.ts';

let app: TestApp;
let server: TestClient;

beforeAll(async () => {
  app = await startTestApp({ ACCESS_TOKEN_SECONDS: '3600' });
  server = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

describe('a refused query', () => {
  test('is sent again once as a whole after a proof', async () => {
    const { tokens, secret } = await guarded(server);
    const onStepUp = typing(app, server, secret);
    const { client, network } = await clientOf(app, tokens, { onStepUp });
    const { data, errors } = await client.request<{ viewer: { id: string; auditEvents: object[] } }>(
      AUDIT_EVENTS,
    );
    expect(errors).toBeUndefined();
    expect(data?.viewer.auditEvents.length).toBeGreaterThan(0);
    expect(onStepUp).toHaveBeenCalledTimes(1);
    expect(onStepUp.mock.lastCall?.[0].requirement).toEqual({
      maxAge: 600,
      accept: expect.arrayContaining(['TOTP', 'BACKUP_CODE']),
      require: 'SECOND_FACTOR',
      bind: 'SESSION',
    });
    expect(network.count('auditEvents')).toBe(2);
  });

  test('offers the available factors and stores the new tokens of the session', async () => {
    const { tokens, secret } = await guarded(server);
    const offered: string[] = [];
    const { client } = await clientOf(app, tokens, {
      onStepUp: async ({ workflow }) => {
        offered.push(...workflow.factors.map(({ factor }) => factor));
        app.clock.advance(30);
        await workflow.attempt({ totp: server.totp(secret) });
      },
    });
    await client.request(AUDIT_EVENTS);
    expect(offered.toSorted()).toEqual(['BACKUP_CODE', 'TOTP']);
    const accessToken = (await client.accessToken()) ?? '';
    expect(accessToken).not.toBe(tokens.accessToken);
    expect(claimsOf(accessToken)).toMatchObject({
      sid: claimsOf(tokens.accessToken).sid,
      acr: 'aal2',
    });
    // The old refresh token is void, so this shows that the new one was stored.
    app.clock.advance(7200);
    expect(codesOf(await client.request(VIEWER))).toEqual([]);
  });

  test('is returned if the application has no prompt', async () => {
    const { tokens } = await guarded(server);
    const { client, network } = await clientOf(app, tokens);
    const { data, errors } = await client.request(AUDIT_EVENTS);
    expect(data).toMatchObject({ viewer: { id: expect.any(String), auditEvents: null } });
    expect(codesOf({ errors: errors ?? [] })).toEqual(['STEP_UP_REQUIRED']);
    expect(network.sent).toHaveLength(1);
  });

  test('of a user without a second factor does not prompt for a proof', async () => {
    const onStepUp = vi.fn();
    const { client, network } = await clientOf(app, await server.signUp(), { onStepUp });
    expect(codesOf(await client.request(AUDIT_EVENTS))).toEqual(['ENROLLMENT_REQUIRED']);
    expect(codesOf(await client.request(NEW_CODES))).toEqual(['ENROLLMENT_REQUIRED']);
    expect(codesOf(await client.request('{ user(id: "x") { id } }'))).toEqual(['FORBIDDEN']);
    expect(onStepUp).not.toHaveBeenCalled();
    expect(network.sent).toHaveLength(3);
  });
});

describe('a refused mutation', () => {
  test('is sent again once after a proof, and runs once', async () => {
    const { tokens, secret } = await guarded(server);
    const { client, network } = await clientOf(app, tokens, { onStepUp: typing(app, server, secret) });
    const { data, errors } = await client.request<{ regenerateBackupCodes: { codes: string[] } }>(NEW_CODES);
    expect(errors).toBeUndefined();
    expect(data?.regenerateBackupCodes.codes).toHaveLength(10);
    expect(network.count('regenerateBackupCodes')).toBe(2);
  });

  test('that also lacks a role is returned without a prompt, because a proof would not help', async () => {
    const { tokens, secret } = await guarded(server);
    const onStepUp = typing(app, server, secret);
    const { client } = await clientOf(app, tokens, { onStepUp });
    const document = `mutation { unlockUser(id: "${crypto.randomUUID()}") { __typename } }`;
    expect(codesOf(await client.request(document))).toEqual(['FORBIDDEN']);
    expect(onStepUp).not.toHaveBeenCalled();
  });
});

describe('one prompt', () => {
  test('serves all operations that are refused at the same time', async () => {
    const { tokens, secret } = await guarded(server);
    const onStepUp = typing(app, server, secret);
    const { client, network } = await clientOf(app, tokens, { onStepUp });
    const answers = await Promise.all([
      ...Array.from({ length: 10 }, () => client.request(AUDIT_EVENTS)),
      client.request(NEW_CODES),
    ]);
    expect(answers.flatMap(codesOf)).toEqual([]);
    expect(onStepUp).toHaveBeenCalledTimes(1);
    expect(network.count('startStepUp')).toBe(1);
  });

  test('serves operations that are refused while it is open', async () => {
    const { tokens, secret } = await guarded(server);
    const late: Promise<object>[] = [];
    const onStepUp = vi.fn(async ({ workflow }: StepUpPrompt) => {
      const refused = client.request(AUDIT_EVENTS);
      late.push(refused);
      await new Promise((resolve) => setTimeout(resolve, 100));
      app.clock.advance(30);
      await workflow.attempt({ totp: server.totp(secret) });
    });
    const { client } = await clientOf(app, tokens, { onStepUp });
    expect(codesOf(await client.request(AUDIT_EVENTS))).toEqual([]);
    expect((await Promise.all(late)).flatMap(codesOf)).toEqual([]);
    expect(onStepUp).toHaveBeenCalledTimes(1);
  });

  test('asks for the strictest of the requirements', async () => {
    const { tokens, secret } = await guarded(server);
    const onStepUp = typing(app, server, secret);
    const { client, network } = await clientOf(app, tokens, { onStepUp });
    const refusal = (extensions: object) => ({
      errors: [
        { message: '', extensions: { code: 'STEP_UP_REQUIRED', require: 'SECOND_FACTOR', ...extensions } },
      ],
    });
    /** An API that accepts the operation after a proof. */
    const api = (extensions: object) => {
      let isRefused = true;
      return client.perform({ kind: 'query', query: '{ x }' }, async () => {
        const answer = isRefused ? refusal(extensions) : { data: { x: 1 } };
        isRefused = false;
        return answer;
      });
    };
    const answers = await Promise.all([
      api({ maxAge: 600, accept: ['TOTP', 'BACKUP_CODE', 'PHONE_CODE'] }),
      api({ maxAge: 60, accept: ['TOTP', 'PHONE_CODE'], require: 'STRONGEST_ENROLLED' }),
      api({ maxAge: 300, accept: null }),
    ]);
    expect(answers).toEqual([{ data: { x: 1 } }, { data: { x: 1 } }, { data: { x: 1 } }]);
    expect(onStepUp).toHaveBeenCalledTimes(1);
    const input = { maxAge: 60, accept: ['TOTP', 'PHONE_CODE'], require: 'SECOND_FACTOR' };
    expect(onStepUp.mock.lastCall?.[0].requirement).toEqual({ ...input, bind: 'SESSION' });
    const started = network.sent.find(({ body }) => body.query.includes('startStepUp'));
    expect(started?.body.variables).toEqual({ input });
  });

  test('follows another for a requirement that the first could not satisfy, and they are never open together', async () => {
    const { tokens, secret, backupCodes } = await guarded(server);
    let open = 0;
    const accepts: unknown[] = [];
    const { client } = await clientOf(app, tokens, {
      onStepUp: async ({ requirement, workflow }) => {
        open += 1;
        expect(open).toBe(1);
        accepts.push(requirement.accept);
        app.clock.advance(30);
        const proof = workflow.factors[0]?.factor === 'TOTP';
        await workflow.attempt(proof ? { totp: server.totp(secret) } : { backupCode: backupCodes[0] ?? '' });
        open -= 1;
      },
    });
    const api = (accept: string[]) => {
      let isRefused = true;
      return client.perform({ kind: 'query', query: '{ x }' }, async () => {
        const extensions = { code: 'STEP_UP_REQUIRED', maxAge: 600, accept };
        const answer = isRefused ? { errors: [{ message: '', extensions }] } : { data: {} };
        isRefused = false;
        return answer;
      });
    };
    await Promise.all([api(['TOTP']), api(['BACKUP_CODE'])]);
    expect(accepts).toEqual([['TOTP'], ['BACKUP_CODE']]);
  });

  test.each([
    ['accepts fewer factors', { accept: ['TOTP', 'BACKUP_CODE'] }, { accept: ['TOTP'] }],
    ['requires a second factor', { require: 'STRONGEST_ENROLLED' }, { require: 'SECOND_FACTOR' }],
  ])('that is open is not joined by an operation that %s', async (_, wide, narrow) => {
    const { tokens, secret } = await guarded(server);
    const asked: object[] = [];
    let late: Promise<object> | undefined;
    const api = (demand: object) => {
      let isRefused = true;
      return client.perform({ kind: 'query', query: '{ x }' }, async () => {
        const extensions = { code: 'STEP_UP_REQUIRED', maxAge: 600, accept: null, ...demand };
        const answer = isRefused ? { errors: [{ message: '', extensions }] } : { data: {} };
        isRefused = false;
        return answer;
      });
    };
    const { client } = await clientOf(app, tokens, {
      onStepUp: async ({ requirement, workflow }) => {
        asked.push(requirement);
        late ??= api(narrow);
        await new Promise((resolve) => setTimeout(resolve, 100));
        workflow.cancel();
        await client.request(VIEWER).then(() => server.totp(secret));
      },
    });
    await api(wide);
    await late;
    expect(asked).toMatchObject([wide, narrow]);
  });

  test('does not open if another tab has proved the factor in the meantime', async () => {
    const { tokens, secret } = await guarded(server);
    const onStepUp = vi.fn();
    const { client } = await clientOf(app, tokens, { onStepUp });
    let isFirst = true;
    const answer = await client.perform({ kind: 'query', query: AUDIT_EVENTS }, async ({ headers }) => {
      const before = await server.graphql(AUDIT_EVENTS, {}, undefined, headers);
      if (isFirst) {
        app.clock.advance(30);
        const started = await server.startStepUp({}, tokens.accessToken);
        const { session } = await server.attempt(
          started.id,
          { totp: server.totp(secret) },
          tokens.accessToken,
        );
        if (session !== null) await client.setSession(session); // into the shared store
      }
      isFirst = false;
      return before;
    });
    expect(codesOf(answer)).toEqual([]);
    expect(onStepUp).not.toHaveBeenCalled();
  });
});

describe('a proof', () => {
  test('can be repeated after a wrong one', async () => {
    const { tokens, secret } = await guarded(server);
    const problems: StepUpError[] = [];
    const { client, network } = await clientOf(app, tokens, {
      onStepUp: async ({ workflow }) => {
        const problem = await workflow.attempt({ totp: '000000' }).catch((error: StepUpError) => error);
        if (problem instanceof StepUpError) problems.push(problem);
        app.clock.advance(30);
        await workflow.attempt({ totp: server.totp(secret) });
      },
    });
    expect(codesOf(await client.request(AUDIT_EVENTS))).toEqual([]);
    expect(problems).toMatchObject([{ code: 'PROOF_REJECTED', attemptsRemaining: 4 }]);
    expect(network.count('auditEvents')).toBe(2);
  });

  test('that is wrong five times ends the workflow, and the caller gets the refusal', async () => {
    const { tokens } = await guarded(server);
    let ended: StepUpWorkflow | undefined;
    const { client, network } = await clientOf(app, tokens, {
      onStepUp: async ({ workflow }) => {
        ended = workflow;
        while (workflow.status === 'NEEDS_PROOF') await workflow.attempt({ totp: '000000' }).catch(() => {});
      },
    });
    expect(codesOf(await client.request(AUDIT_EVENTS))).toEqual(['STEP_UP_REQUIRED']);
    expect(ended?.status).toBe('FAILED');
    expect(ended?.factors).toEqual([]);
    expect(network.count('attemptFactor')).toBe(5);
    expect(network.count('auditEvents')).toBe(1);
  });

  test('that comes too late finds an expired workflow, and the prompt does not repeat', async () => {
    const { tokens, secret } = await guarded(server);
    let status = '';
    const { client } = await clientOf(app, tokens, {
      onStepUp: async ({ workflow }) => {
        app.clock.advance(16 * 60);
        await workflow.attempt({ totp: server.totp(secret) }).catch(() => {});
        ({ status } = workflow);
      },
    });
    expect(codesOf(await client.request(AUDIT_EVENTS))).toEqual(['STEP_UP_REQUIRED']);
    expect(status).toBe('EXPIRED');
  });

  test('may be a code that is sent first', async () => {
    const person = await server.signUp();
    const number = '+12025550123';
    const other = await server.signIn(person);
    await server.enrollPhone(other.accessToken, number);
    const { client } = await clientOf(app, person, {
      onStepUp: async ({ workflow }) => {
        const option = workflow.factors.find(({ factor }) => factor === 'PHONE_CODE');
        expect(option?.needsPreparing).toBe(true);
        app.clock.advance(31);
        await workflow.prepare('PHONE_CODE', option?.authenticatorId);
        expect(workflow.challenge?.factor).toBe('PHONE_CODE');
        await workflow.attempt({ phoneCode: await server.codeFor(number) });
      },
    });
    expect(codesOf(await client.request(AUDIT_EVENTS))).toEqual([]);
  });

  test('succeeds even if the access token expires during the prompt', async () => {
    const { tokens, secret } = await guarded(server);
    const { client } = await clientOf(app, tokens, {
      onStepUp: async ({ workflow }) => {
        app.clock.advance(10 * 60);
        await workflow.attempt({ totp: server.totp(secret) });
      },
    });
    app.clock.advance(3600 - 5 * 60);
    expect(codesOf(await client.request(AUDIT_EVENTS))).toEqual([]);
  });

  test('in transit delays a token refresh, so that its new tokens do not sign the user out', async () => {
    const { tokens, secret } = await guarded(server);
    const network = new Network();
    const checked = Promise.withResolvers<void>();
    const onSignedOut = vi.fn();
    const meanwhile: Promise<object>[] = [];
    const { client } = await clientOf(app, tokens, {
      onSignedOut,
      fetch: async (url, init) => {
        const response = await network.fetch(url, init);
        if (!(init.body as string).includes('attemptFactor')) return response;
        // The server has replaced the tokens, but its response is delayed.
        checked.resolve();
        await new Promise((resolve) => setTimeout(resolve, 200));
        return response;
      },
      onStepUp: async ({ workflow }) => {
        app.clock.advance(30);
        meanwhile.push(
          checked.promise.then(() => {
            vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3600_000 });
            return client.request(VIEWER);
          }),
        );
        await workflow.attempt({ totp: server.totp(secret) });
      },
    });
    expect(codesOf(await client.request(AUDIT_EVENTS))).toEqual([]);
    expect((await Promise.all(meanwhile)).flatMap(codesOf)).toEqual([]);
    vi.useRealTimers();
    expect(onSignedOut).not.toHaveBeenCalled();
    expect(await isAlive(server, (await client.accessToken()) ?? '')).toBe(true);
  });
});

describe('the caller gets the refusal', () => {
  const cases: [string, OnStepUp][] = [
    ['cancels', ({ workflow }) => workflow.cancel()],
    [
      'cancels a prompt that never resolves',
      ({ workflow }) => {
        setTimeout(() => workflow.cancel(), 10);
        return new Promise(() => {});
      },
    ],
    ['proves nothing', () => {}],
    [
      'enters a wrong code and the error is not caught',
      ({ workflow }) => workflow.attempt({ totp: '000000' }),
    ],
  ];
  test.each(cases)('when the user %s', async (_, onStepUp) => {
    const { tokens } = await guarded(server);
    const { client, network } = await clientOf(app, tokens, { onStepUp });
    const answers = await Promise.all([client.request(AUDIT_EVENTS), client.request(NEW_CODES)]);
    expect(answers.map(codesOf)).toEqual([['STEP_UP_REQUIRED'], ['STEP_UP_REQUIRED']]);
    expect(answers[0]?.data).toMatchObject({ viewer: { auditEvents: null } });
    expect(network.count('auditEvents')).toBe(1);
    expect(network.count('regenerateBackupCodes')).toBe(1);
  });

  test('and the next operation prompts again', async () => {
    const { tokens, secret } = await guarded(server);
    let asked = 0;
    const { client } = await clientOf(app, tokens, {
      onStepUp: async ({ workflow }) => {
        asked += 1;
        if (asked === 1) return workflow.cancel();
        app.clock.advance(30);
        await workflow.attempt({ totp: server.totp(secret) });
      },
    });
    expect(codesOf(await client.request(AUDIT_EVENTS))).toEqual(['STEP_UP_REQUIRED']);
    expect(codesOf(await client.request(AUDIT_EVENTS))).toEqual([]);
  });

  test('or the error that the prompt throws', async () => {
    const { tokens } = await guarded(server);
    const { client } = await clientOf(app, tokens, {
      onStepUp: () => {
        throw new RangeError('a bug of the dialog');
      },
    });
    await expect(client.request(AUDIT_EVENTS)).rejects.toThrow('a bug of the dialog');
  });

  test('and a proof after cancelling is not sent', async () => {
    const { tokens, secret } = await guarded(server);
    const { client, network } = await clientOf(app, tokens, {
      onStepUp: async ({ workflow }) => {
        workflow.cancel();
        await expect(workflow.attempt({ totp: server.totp(secret) })).rejects.toMatchObject({
          code: 'CANCELLED',
        });
      },
    });
    await client.request(AUDIT_EVENTS);
    expect(network.count('attemptFactor')).toBe(0);
  });
});

test('an API that always refuses prompts only once', async () => {
  const { tokens, secret } = await guarded(server);
  const onStepUp = typing(app, server, secret);
  const { client } = await clientOf(app, tokens, { onStepUp });
  let sent = 0;
  const extensions = { code: 'STEP_UP_REQUIRED', maxAge: 600, accept: ['TOTP'], require: 'SECOND_FACTOR' };
  const answer = await client.perform({ kind: 'query', query: '{ x }' }, async () => {
    sent += 1;
    return { data: null, errors: [{ message: 'refused', extensions }] };
  });
  expect(codesOf(answer)).toEqual(['STEP_UP_REQUIRED']);
  expect(sent).toBe(2);
  expect(onStepUp).toHaveBeenCalledTimes(1);
});

test('a session revoked during the prompt results in a refusal and calls onSignedOut', async () => {
  const { person, tokens, secret } = await guarded(server);
  const onSignedOut = vi.fn();
  const { client } = await clientOf(app, tokens, {
    onSignedOut,
    onStepUp: async ({ workflow }) => {
      const other = await server.signIn(person, { totp: server.totp(secret, 1) });
      await server.graphql('mutation { revokeOtherSessions { count } }', {}, other.accessToken);
      app.clock.advance(60);
      await workflow.attempt({ totp: server.totp(secret) });
    },
  });
  expect(codesOf(await client.request(AUDIT_EVENTS))).toEqual(['STEP_UP_REQUIRED']);
  expect(onSignedOut).toHaveBeenCalledTimes(1);
});

test('a bound proof is requested with its operation, and bound prompts are never shared', async () => {
  const { tokens } = await guarded(server);
  const inputs: unknown[] = [];
  const network = new Network();
  const onStepUp = vi.fn();
  const { client } = await clientOf(app, tokens, {
    onStepUp,
    fetch: (url, init) => {
      const { query, variables } = JSON.parse(init.body as string);
      if (query.includes('startStepUp')) inputs.push(variables.input);
      return network.fetch(url, init);
    },
  });
  const query = 'mutation Pay($to: String!) { pay(to: $to) { id } }';
  const pay = (to: string) => {
    const extensions = {
      code: 'STEP_UP_REQUIRED',
      maxAge: 60,
      accept: ['TOTP'],
      require: 'SECOND_FACTOR',
      bind: 'OPERATION',
    };
    return client.perform({ kind: 'mutation', query, operationName: 'Pay', variables: { to } }, async () => ({
      errors: [{ message: '', path: ['pay'], extensions }],
    }));
  };
  await Promise.all([pay('alice'), pay('bob')]);
  const input = { maxAge: 60, accept: ['TOTP'], require: 'SECOND_FACTOR' };
  expect(inputs).toEqual([
    { ...input, operation: { query, operationName: 'Pay', variables: { to: 'alice' } } },
    { ...input, operation: { query, operationName: 'Pay', variables: { to: 'bob' } } },
  ]);
});

test('no token or proof appears in a URL, an error or the console', async () => {
  const { tokens, secret } = await guarded(server);
  const written: string[] = [];
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, method).mockImplementation((...all) => written.push(JSON.stringify(all)));
  const said: string[] = [];
  const codes: string[] = ['000000'];
  const { client, network } = await clientOf(app, tokens, {
    onStepUp: async ({ requirement, workflow }) => {
      await workflow
        .attempt({ totp: '000000' })
        .catch((error) => said.push(JSON.stringify(error), String(error.stack)));
      app.clock.advance(30);
      codes.push(server.totp(secret));
      await workflow.attempt({ totp: codes.at(-1) ?? '' });
      said.push(JSON.stringify({ requirement, workflow, factors: workflow.factors }));
    },
  });
  const accessTokens = [tokens.accessToken];
  await client.request(AUDIT_EVENTS);
  app.clock.advance(7200);
  await client.request(VIEWER);
  accessTokens.push((await client.accessToken()) ?? '');
  await client.signOut();
  const all = [...written, ...said, ...network.sent.map(({ url }) => url)].join('\n');
  vi.restoreAllMocks();
  expect(new Set(network.sent.map(({ url }) => url))).toEqual(new Set([`${app.url}/graphql`]));
  for (const needle of [...accessTokens, tokens.refreshToken, ...codes]) expect(all).not.toContain(needle);
  expect(said).toHaveLength(3);
});
