// The parts that every step is made of: what its client is shown, what it may prove, what is audited and counted, and
// which limits a message is spent of. None of them needs the server.
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  LimitReachedError,
  type MessageLimits,
  type MessageRequest,
} from '../../src/delivery/message-limits.ts';
import type { Account } from '../../src/factors/account.ts';
import type { PasswordHasher } from '../../src/factors/password/hash.ts';
import { FactorRegistry } from '../../src/factors/registry.ts';
import { UnitOfWork } from '../../src/persistence/unit-of-work.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { evidenceOf } from '../../src/policy/evidence.ts';
import type { FactorKind } from '../../src/policy/factor-kind.ts';
import type { Caller } from '../../src/workflows/caller.ts';
import { chartOf } from '../../src/workflows/charts.ts';
import { FactorNotOffered, LockedOut, TooManyMessages, TooManyRequests } from '../../src/workflows/errors.ts';
import { nameOf } from '../../src/workflows/identify.ts';
import { audit, countingRefusals } from '../../src/workflows/steps/audit.ts';
import { choices } from '../../src/workflows/steps/choices.ts';
import { performWithinLimits } from '../../src/workflows/steps/perform-within-limits.ts';
import { present } from '../../src/workflows/steps/reply.ts';
import type { SentChallenge, WorkflowRow } from '../../src/workflows/steps/row.ts';
import type { StepServices } from '../../src/workflows/steps/services.ts';
import { type Step, take } from '../../src/workflows/steps/step.ts';
import { NO_PROVIDERS } from '../harness/no-providers.ts';

const NOW = new Date('2026-01-01T00:00:00.000Z');
const at = (milliseconds: number): string => new Date(NOW.getTime() + milliseconds).toISOString();
const seconds = NOW.getTime() / 1000;

const ring = new KeyRing([randomBytes(32)]);
const factors = new FactorRegistry(ring, {} as PasswordHasher, {
  sms: { enabled: true, countries: ['US'], sendsTexts: true },
  linkUrl: 'https://example.com/link',
  passkeys: { rpId: 'example.com', origins: ['https://example.com'] },
  makers: new Map(),
  approvalUrl: 'https://example.com/approve',
  geoip: { placeOf: () => null },
  clientCertificates: null,
  providers: NO_PROVIDERS,
});

const EMAIL = {
  id: 'e',
  address: 'jane@example.com',
  typed: 'jane@example.com',
  verified: true,
  owner: null,
};
const account = (given: Partial<Account> = {}): Account => ({
  id: 'u',
  tenantId: 'default',
  secondFactorPolicy: 'OPTIONAL',
  minFactorAgeSeconds: 0,
  rememberDays: 0,
  aal2: { overallSeconds: 1, idleSeconds: 1 },
  passwordSettings: {} as Account['passwordSettings'],
  name: null,
  smsOfTenant: 'ANY_FACTOR',
  smsOfUser: true,
  passkeyModels: null,
  certificateRules: [],
  capture: null,
  withoutProvider: false,
  locale: 'en',
  roles: [],
  isToBeDeleted: false,
  email: EMAIL,
  emails: [EMAIL],
  phones: [],
  identities: [],
  authenticators: [],
  backupCodes: [],
  ...given,
});
const app = (id: string, confirmed = true): Account['authenticators'][number] => ({
  id,
  factor: 'TOTP',
  label: `label of ${id}`,
  secret: `secret of ${id}`,
  data: null,
  confirmed,
});

interface Given {
  readonly row?: Partial<WorkflowRow>;
  readonly caller?: Partial<Caller>;
  readonly state?: string;
  readonly context?: object;
}

const chart = chartOf('sign-in');

function stepWith({ row, caller, state = 'firstFactor', context = {} }: Given = {}): Step {
  const snapshot = chart.resolveState({
    value: state,
    context: {
      offered: ['PASSWORD', 'EMAIL_CODE'],
      addressId: null,
      evidence: [],
      enrolled: [],
      first: [],
      ...context,
    },
  });
  const person = row?.account ?? null;
  return {
    id: 'bearer',
    name: 'sign-in',
    chart,
    snapshot,
    account: person,
    available: factors.availableFactors(person),
    now: NOW,
    unitOfWork: new UnitOfWork(),
    caller: {
      em: {} as Caller['em'],
      client: { ip: '198.51.100.7', userAgent: 'browser' },
      locale: 'en',
      deviceToken: null,
      session: null,
      tokenFault: null,
      browser: null,
      presentedCertificate: () => null,
      ...caller,
    },
    row: {
      id: 'w',
      chart: 'sign-in',
      machineVersion: chart.version ?? '',
      tenantId: 'default',
      sessionId: null,
      deviceId: null,
      subject: 'unknown:s',
      snapshot: chart.getPersistedSnapshot(snapshot),
      operation: null,
      approves: null,
      operationText: null,
      agentRequest: null,
      revision: 1,
      attempts: 0,
      maxAttempts: 5,
      createdAt: NOW,
      expiresAt: new Date(NOW.getTime() + 1000),
      account: person,
      challenges: [],
      locks: [],
      ...row,
    },
  };
}

const session = { id: 's', evidence: [] } as unknown as Caller['session'];

describe('the challenge that a client is shown', () => {
  const sent = (given: Partial<SentChallenge> = {}): SentChallenge => ({
    id: 'c',
    factor: 'EMAIL_CODE',
    codeDigest: 'd',
    hint: 'j•••',
    request: null,
    secret: null,
    authenticatorId: null,
    sentAt: at(-1000),
    expiresAt: at(1),
    timesSent: 1,
    approved: false,
    approvedAt: null,
    consumed: false,
    ...given,
  });
  const shown = async (
    challenges: readonly SentChallenge[],
    offered: readonly FactorKind[] = ['EMAIL_CODE'],
  ) => {
    const step = stepWith({ row: { challenges }, context: { offered } });
    return (await present({ factors, grants: {} as StepServices['grants'], ring }, step, step.snapshot))
      .challenge;
  };

  test('is shown until it expires, and no longer from that moment on', async () => {
    expect(await shown([sent()])).toEqual({
      factor: 'EMAIL_CODE',
      hint: 'j•••',
      request: null,
      sentAt: new Date(at(-1000)),
      expiresAt: new Date(at(1)),
      approvedAt: null,
    });
    expect(await shown([sent({ expiresAt: at(0) })])).toBeNull();
  });

  test('says when its link was approved', async () => {
    expect(await shown([sent({ approvedAt: at(-5) })])).toMatchObject({ approvedAt: new Date(at(-5)) });
  });

  test('is not one that was used, or whose factor is no longer offered', async () => {
    expect(await shown([sent({ consumed: true })])).toBeNull();
    expect(await shown([sent()], ['PASSWORD'])).toBeNull();
    expect(await shown([])).toBeNull();
  });

  test('is the newest of several', async () => {
    const link = sent({ factor: 'EMAIL_LINK', sentAt: at(-2000) });
    const both = ['EMAIL_CODE', 'EMAIL_LINK'] as const;
    expect(await shown([link, sent()], both)).toMatchObject({ factor: 'EMAIL_CODE' });
    expect(await shown([sent({ sentAt: at(-3000) }), link], both)).toMatchObject({ factor: 'EMAIL_LINK' });
  });
});

test('a response shows nothing that its step did not create', async () => {
  const step = stepWith({ row: { account: account() } });
  expect(
    await present({ factors, grants: {} as StepServices['grants'], ring }, step, step.snapshot),
  ).toMatchObject({
    id: 'bearer',
    challenge: null,
    enrolling: null,
    grant: null,
    backupCodes: null,
    approves: null,
  });
});

describe('the secret of a new authenticator', () => {
  const shown = async (apps: Account['authenticators'], state = 'enrollment') => {
    const step = stepWith({
      row: { account: account({ authenticators: apps }) },
      state,
      context: { newAuthenticatorId: 'new' },
    });
    const reply = await present({ factors, grants: {} as StepServices['grants'], ring }, step, step.snapshot);
    return reply.enrolling;
  };

  test('is shown until it is confirmed, and is never that of another authenticator', async () => {
    expect(await shown([app('old', false), app('new', false)])).toMatchObject({
      id: 'new',
      secret: 'secret of new',
    });
    expect(await shown([app('old', false), app('new')])).toBeNull();
    expect(await shown([app('old', false)])).toBeNull();
  });

  test('is shown only while its workflow enrolls it', async () => {
    expect(await shown([app('new', false)], 'secondFactor')).toBeNull();
    expect(await shown([app('new', false)], 'complete')).toBeNull();
  });
});

describe('a client is offered', () => {
  const jane = account({
    authenticators: [app('a')],
    backupCodes: [{ id: 'b', digest: 'd', guessable: false }],
  });
  const shownTo = (proves: Parameters<typeof choices>[1], person: Account | null = jane) =>
    choices(factors, proves, {
      account: person,
      available: factors.availableFactors(person),
      row: { tenantId: 'default' },
    });
  const kindsOf = (...asked: Parameters<typeof shownTo>) =>
    shownTo(...asked).map(({ factor, authenticatorId }) => [factor, authenticatorId]);

  test('factors by name alone before it has proved anything, with what needs preparing', () => {
    expect(shownTo({ what: 'ANY_OF', factors: ['PASSWORD', 'EMAIL_CODE', 'PASSKEY'] })).toEqual([
      { factor: 'PASSWORD', authenticatorId: null, hint: null, needsPreparing: false },
      { factor: 'EMAIL_CODE', authenticatorId: null, hint: null, needsPreparing: true },
      { factor: 'PASSKEY', authenticatorId: null, hint: null, needsPreparing: true },
    ]);
  });

  test('the user’s own factors afterwards, and a decoy none', () => {
    const further = {
      what: 'FURTHER',
      evidence: [evidenceOf('EMAIL_CODE', seconds)],
      forgotPassword: false,
    } as const;
    const own = { what: 'OWN', acceptable: { accept: ['TOTP'], acceptsFirst: true } } as const;
    expect(kindsOf(further)).toEqual([
      ['TOTP', 'a'],
      ['BACKUP_CODE', null],
    ]);
    expect(kindsOf(own)).toEqual([['TOTP', 'a']]);
    expect(kindsOf(further, null)).toEqual([]);
    expect(kindsOf(own, null)).toEqual([]);
  });

  test('a phone number as a further step only if it is a second factor', () => {
    const [first, second] = [false, true].map((secondFactor, index) => ({
      id: `p${index}`,
      number: `+1202555012${index}`,
      country: 'US',
      secondFactor,
      verified: true,
    }));
    const proves = {
      what: 'FURTHER',
      evidence: [evidenceOf('EMAIL_CODE', seconds)],
      forgotPassword: false,
    } as const;
    expect(kindsOf(proves, account({ phones: [first, second] as Account['phones'] }))).toEqual([
      ['PHONE_CODE', 'p1'],
    ]);
  });

  test('its password as a further step, unless the password was forgotten', () => {
    const proved = [evidenceOf('PHONE_CODE', seconds)];
    const withPassword = account({ authenticators: [{ ...app('p'), factor: 'PASSWORD' }] });
    const offeredTo = (forgotPassword: boolean) =>
      kindsOf({ what: 'FURTHER', evidence: proved, forgotPassword }, withPassword).map(([factor]) => factor);
    expect(offeredTo(false)).toContain('PASSWORD');
    expect(offeredTo(true)).not.toContain('PASSWORD');
    expect(offeredTo(true)).toContain('EMAIL_CODE');
  });

  test('the authenticator that is being enrolled, and nothing at the end', () => {
    const proves = { what: 'NEW', factor: 'PHONE_CODE', authenticatorId: 'p' } as const;
    const phone = { id: 'p', number: '+12025550123', country: 'US', secondFactor: false, verified: false };
    const [choice] = shownTo(proves, account({ phones: [phone] }));
    expect(choice).toMatchObject({ factor: 'PHONE_CODE', authenticatorId: 'p', needsPreparing: true });
    expect(choice?.hint).toMatch(/23$/);
    expect(shownTo(proves, null)[0]?.hint).toBeNull();
    expect(shownTo({ ...proves, factor: 'PASSKEY' })[0]?.hint).toBeNull();
    expect(kindsOf({ what: 'NOTHING' })).toEqual([]);
  });
});

describe('a refusal', () => {
  async function counted(error: unknown, given: Given = {}): Promise<unknown[][]> {
    const entries: unknown[][] = [];
    const refusals = {
      add: (...entry: unknown[]) => void entries.push(entry),
    } as unknown as StepServices['refusals'];
    const work = async () => {
      throw error;
    };
    await expect(countingRefusals({ refusals }, stepWith(given), 'TOTP', work)).rejects.toBe(error);
    return entries;
  }

  test('that a flood could cause is counted, with its kind', async () => {
    for (const [error, word] of [
      [new LockedOut(1), 'locked-out'],
      [new LockedOut(null), 'locked-out'],
      [new TooManyRequests(1), 'limited'],
      [new TooManyMessages(null), 'limited'],
    ] as const)
      expect(await counted(error)).toEqual([
        [
          { type: `sign-in.${word}`, tenantId: 'default', userId: null, sessionId: null, factor: 'TOTP' },
          { kind: 'ANONYMOUS', userId: null, sessionId: null, ip: '198.51.100.7', userAgent: 'browser' },
        ],
      ]);
  });

  test('of any other kind is not', async () => {
    expect(await counted(new FactorNotOffered())).toEqual([]);
    expect(await counted(new Error('lost'))).toEqual([]);
  });

  test('concerns the user, and names the user as its cause only in a session', async () => {
    const [outside] = await counted(new LockedOut(1), { row: { account: account() } });
    expect(outside).toEqual([
      expect.objectContaining({ userId: 'u', sessionId: null }),
      expect.objectContaining({ kind: 'ANONYMOUS', userId: null }),
    ]);
    const [inside] = await counted(new LockedOut(1), { row: { account: account(), sessionId: 's' } });
    expect(inside).toEqual([
      expect.objectContaining({ userId: 'u', sessionId: 's' }),
      expect.objectContaining({ kind: 'USER', userId: 'u', sessionId: 's' }),
    ]);
  });
});

describe('an audited step', () => {
  function audited(word: 'complete' | 'proof-accepted', sessionId: string | null, row: Partial<WorkflowRow>) {
    const inserted: unknown[][] = [];
    const unitOfWork = { insert: (...rows: unknown[]) => void inserted.push(rows) } as unknown as UnitOfWork;
    audit({ ...stepWith({ row }), unitOfWork }, word, { sessionId });
    expect(inserted).toHaveLength(1);
    return inserted[0]?.[1];
  }
  const jane = { account: account() };

  test('names its user once the workflow completes, in the session that it starts', () => {
    expect(audited('complete', 'new', jane)).toMatchObject({
      type: 'sign-in.complete',
      user_id: 'u',
      session_id: 'new',
      factor: null,
      actor_kind: 'USER',
      actor_user_id: 'u',
      actor_session_id: 'new',
    });
    expect(audited('complete', null, jane)).toMatchObject({ actor_kind: 'USER', actor_session_id: null });
  });

  test('names nobody before that, even if its proof was correct', () => {
    expect(audited('proof-accepted', null, jane)).toMatchObject({ user_id: 'u', actor_kind: 'ANONYMOUS' });
  });

  test('of a session names its user and that session, unless the account no longer exists', () => {
    expect(audited('proof-accepted', 'other', { ...jane, sessionId: 's' })).toMatchObject({
      session_id: 'other',
      actor_kind: 'USER',
      actor_session_id: 's',
    });
    expect(audited('proof-accepted', 's', { sessionId: 's' })).toMatchObject({
      user_id: null,
      actor_kind: 'ANONYMOUS',
    });
  });
});

describe('a message that a step sends', () => {
  const phone = (verified: boolean) => ({
    id: 'p',
    number: '+12025550123',
    country: 'US',
    secondFactor: true,
    verified,
  });
  const jane = account({ phones: [phone(true)] });
  const known = { account: jane, deviceId: 'd' };

  async function spentBy(
    given: Given,
    factor: FactorKind = 'EMAIL_CODE',
    error?: Error,
  ): Promise<MessageRequest> {
    const spent: MessageRequest[] = [];
    const limits = {
      spend: (request: MessageRequest) => {
        spent.push(request);
        return error === undefined ? Promise.resolve() : Promise.reject(error);
      },
    } as unknown as MessageLimits;
    const outbox = { geoip: { placeOf: () => null }, withdraw: () => {}, add: () => 'm' };
    const services = { factors, ring, limits, outbox } as unknown as StepServices;
    const authenticatorId = factor === 'PHONE_CODE' ? 'p' : null;
    await performWithinLimits(services, stepWith(given), [
      { type: 'sendChallenge', params: { factor, authenticatorId } },
    ]);
    expect(spent).toHaveLength(1);
    return spent[0] as MessageRequest;
  }

  test('counts for its recipient and account, under names that reveal neither', async () => {
    expect(await spentBy({ row: { account: jane } })).toEqual({
      channel: 'email',
      to: nameOf(ring, 'default', 'jane@example.com'),
      account: 'u',
      isOwners: false,
      ip: '198.51.100.7',
    });
  });

  test('to a decoy counts for its identifier, so that limits do not reveal which accounts exist', async () => {
    expect(await spentBy({})).toMatchObject({ to: 'unknown:s', account: 'unknown:s', isOwners: false });
    // A known device makes nobody the owner of an address that nobody has.
    expect(await spentBy({ row: { deviceId: 'd' } })).toMatchObject({ to: 'unknown:s', isOwners: false });
  });

  test('that must not be sent counts as a decoy’s, for an owner too', async () => {
    const off = account({ phones: [phone(true)], smsOfUser: false });
    expect(await spentBy({ row: { account: off, deviceId: 'd' } }, 'PHONE_CODE')).toMatchObject({
      to: 'unknown:s',
      account: 'u',
      isOwners: false,
    });
  });

  test('counts as its owner’s from a known device, or in the session of its workflow', async () => {
    expect(await spentBy({ row: known })).toMatchObject({ isOwners: true });
    expect(await spentBy({ row: { account: jane, sessionId: 's' }, caller: { session } })).toMatchObject({
      isOwners: true,
    });
    expect(await spentBy({ row: known }, 'PHONE_CODE')).toMatchObject({ isOwners: true });
  });

  test('does not count as its owner’s in a session that the workflow does not belong to', async () => {
    expect(await spentBy({ row: { account: jane }, caller: { session } })).toMatchObject({ isOwners: false });
    expect(await spentBy({ row: { account: jane, sessionId: 's' } })).toMatchObject({ isOwners: false });
  });

  test('does not count as its owner’s if the address or number is not verified', async () => {
    const email = {
      id: 'e',
      address: 'jane@example.com',
      typed: 'jane@example.com',
      verified: false,
      owner: null,
    };
    expect(
      await spentBy({ row: { account: account({ email, emails: [email] }), deviceId: 'd' } }),
    ).toMatchObject({
      isOwners: false,
    });
    // Another number of the same user, proved, makes no difference.
    const proved = { ...phone(true), id: 'q', number: '+12025550199' };
    const unproved = account({ phones: [proved, phone(false)] });
    expect(await spentBy({ row: { account: unproved, deviceId: 'd' } }, 'PHONE_CODE')).toMatchObject({
      isOwners: false,
    });
  });

  test('is counted only if there is one', async () => {
    expect(await performWithinLimits({} as StepServices, stepWith(), [])).toEqual({});
  });

  test('is refused at its limit, with the time until it may be sent', async () => {
    await expect(spentBy({}, 'EMAIL_CODE', new LimitReachedError('EMAIL', 7))).rejects.toMatchObject({
      code: 'TOO_MANY_MESSAGES',
      retryAfterSeconds: 7,
    });
    const lost = new Error('lost');
    await expect(spentBy({}, 'EMAIL_CODE', lost)).rejects.toBe(lost);
  });
});

describe('an effect fails, and nothing is written,', () => {
  const services = { factors, ring, grants: {} } as unknown as StepServices;
  const run = (type: string, params: unknown, given: Given = {}) =>
    performWithinLimits(services, stepWith(given), [{ type, params }]);

  test.each(['noSuchEffect', 'toString', 'constructor'])('when it has the name %s', async (name) => {
    await expect(run(name, {})).rejects.toThrow(`Unknown effect: ${name}`);
  });

  test('if it would change the account of a decoy', async () => {
    for (const name of ['activateUser', 'giveBackupCodes', 'issueSession', 'tellOwner'])
      await expect(run(name, {})).rejects.toThrow('A decoy has no effects on an account.');
  });

  test('if it needs the session of a workflow that belongs to none, whoever is signed in', async () => {
    const evidence = evidenceOf('TOTP', seconds);
    for (const name of ['recordEvidence', 'renewTokens'])
      for (const given of [{ caller: { session } }, { row: { sessionId: 's' } }])
        await expect(run(name, { evidence }, given)).rejects.toThrow('This effect requires a session.');
  });

  test('if what it works on is missing', async () => {
    await expect(run('grantOperation', {}, { row: { sessionId: 's' }, caller: { session } })).rejects.toThrow(
      'This workflow is not bound to an operation.',
    );
    await expect(run('setPassword', {}, { row: { account: account() } })).rejects.toThrow(
      'No password was chosen in this step.',
    );
    for (const email of [account().email, null])
      await expect(run('tellOwner', {}, { row: { account: account({ email }) } })).rejects.toThrow(
        'This address has no owner.',
      );
    for (const factor of ['PASSWORD', 'OAUTH'])
      await expect(run('sendChallenge', { factor, authenticatorId: null })).rejects.toThrow(
        `${factor} does not send challenges.`,
      );
  });
});

test('a step is refused when its chart does not wait for the event', () => {
  const prepare = (factor: FactorKind) =>
    ({ type: 'PREPARE', factor, authenticatorId: null, enrolled: [], first: [] }) as const;
  expect(() => take(stepWith(), prepare('PHONE_CODE'))).toThrow(FactorNotOffered);
  expect(take(stepWith(), prepare('EMAIL_CODE'))[1]).toHaveLength(1);
  expect(take(stepWith(), { type: 'EXHAUST' })[0].value).toBe('failed');
});

describe('an effect', () => {
  /** What the effect leaves, the rows that it adds, and the messages that it sends. */
  async function run(type: string, params: unknown, given: Given) {
    const rows: unknown[] = [];
    const sent: { readonly to: string; readonly subject: string }[] = [];
    const outbox = {
      geoip: { placeOf: () => null },
      add: (_unit: unknown, message: (typeof sent)[number]) => void sent.push(message),
    };
    const unitOfWork = {
      insert: (_table: string, row: unknown) => void rows.push(row),
      write: () => {},
      require: () => {},
      requireWrite: () => {},
    } as unknown as UnitOfWork;
    const services = { factors, ring, outbox } as unknown as StepServices;
    const outcome = await performWithinLimits(services, { ...stepWith(given), unitOfWork }, [
      { type, params },
    ]);
    return { outcome, rows, sent };
  }

  test('notifies the user of a sign-in on an unknown device, and not on a known one', async () => {
    const unknown = await run('tellOfNewDevice', undefined, { row: { account: account() } });
    expect(unknown.sent).toEqual([expect.objectContaining({ to: 'jane@example.com' })]);
    const known = await run('tellOfNewDevice', undefined, { row: { account: account(), deviceId: 'd' } });
    expect(known.sent).toEqual([]);
  });

  test('notifies the owner of a taken address, although the sign-up has not proved it', async () => {
    const email = { ...account().email, verified: false, owner: { locale: 'en' } } as Account['email'];
    const { sent } = await run('tellOwner', undefined, { row: { account: account({ email }) } });
    expect(sent).toEqual([expect.objectContaining({ to: 'jane@example.com' })]);
  });

  test('binds a proof to the operation and session of its workflow, for the time that its chart sets', async () => {
    const proof = evidenceOf('TOTP', seconds);
    const given = { row: { sessionId: 's', operation: 'keyed' }, caller: { session } };
    const { rows } = await run('grantOperation', { proof, seconds: 30 }, given);
    expect(rows).toEqual([
      expect.objectContaining({
        session_id: 's',
        digest: 'keyed',
        factor: 'TOTP',
        proved_at: NOW,
        expires_at: new Date(at(30_000)),
        consumed_at: null,
      }),
    ]);
  });

  test('counts a confirmed number as a second factor only if it is one', async () => {
    const confirm = async (isSecondFactor: boolean) => {
      const params = { factor: 'PHONE_CODE', authenticatorId: 'p', isSecondFactor };
      return (await run('confirmAuthenticator', params, { row: { account: account() } })).outcome;
    };
    expect(await confirm(true)).toEqual({ confirmed: ['p'], added: ['PHONE_CODE'] });
    expect(await confirm(false)).toEqual({ confirmed: ['p'] });
  });
});
