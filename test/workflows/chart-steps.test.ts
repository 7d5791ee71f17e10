// What each chart does with an event: where it goes, and which effects it asks for. The factors on offer are checked a
// second time here, because a chart must be right whoever sends it an event.
import { describe, expect, test } from 'vitest';
import { type AnyMachineSnapshot, initialTransition, transition } from 'xstate';
import { type Evidence, evidenceOf } from '../../src/policy/evidence.ts';
import type { FactorKind } from '../../src/policy/factor-kind.ts';
import type { AvailableFactors } from '../../src/policy/required-factors.ts';
import type { ChartName } from '../../src/workflows/chart-name.ts';
import { chartOf } from '../../src/workflows/charts.ts';
import type { WorkflowEvent } from '../../src/workflows/event.ts';

const AT = 1_800_000_000;
const proofOf = (factor: FactorKind): Evidence => evidenceOf(factor, AT);
const proofs = (...factors: readonly FactorKind[]): Evidence[] => factors.map(proofOf);

const HAS_NOTHING: AvailableFactors = { enrolled: [], first: [] };
const has = (...enrolled: readonly FactorKind[]): AvailableFactors => ({
  enrolled,
  first: ['PASSWORD', 'EMAIL_CODE'],
});
const prepare = (factor: FactorKind, available = HAS_NOTHING): WorkflowEvent => ({
  type: 'PREPARE',
  factor,
  authenticatorId: 'chosen',
  ...available,
});
const prove = (factor: FactorKind, available = HAS_NOTHING, addressTaken = false): WorkflowEvent => ({
  type: 'PROVE',
  evidence: proofOf(factor),
  addressTaken,
  ...available,
});
const choosePassword = (available = HAS_NOTHING): WorkflowEvent => ({
  type: 'CHOOSE_PASSWORD',
  ...available,
});

/** An effect without parameters is its name alone. */
type Effect = string | readonly [string, unknown];
type Taken = readonly [string, ...Effect[]];

function taken([next, actions]: [AnyMachineSnapshot, readonly { type: string; params?: unknown }[]]): Taken {
  const effects = actions.map(({ type, params }) =>
    params === undefined ? type : ([type, params] as const),
  );
  return [next.value as string, ...effects];
}

/** Null if the chart does not take the event in this state. */
function step(name: ChartName, value: string, context: object, event: WorkflowEvent): Taken | null {
  const chart = chartOf(name);
  const snapshot = chart.resolveState({ value, context });
  return snapshot.can(event) ? taken(transition(chart, snapshot, event)) : null;
}

const begun = (name: ChartName, input: object): Taken => taken(initialTransition(chartOf(name), input));

const sends = (factor: FactorKind, authenticatorId: string | null = 'chosen'): Effect => [
  'sendChallenge',
  { factor, authenticatorId },
];
const records = (factor: FactorKind): Effect => ['recordEvidence', { evidence: proofOf(factor) }];
const issues = (...factors: readonly FactorKind[]): Effect => [
  'issueSession',
  { evidence: proofs(...factors) },
];
/** Of a sign-in. @param provedSecondFactor whether the browser may be remembered. */
const opens = (provedSecondFactor: boolean, ...factors: readonly FactorKind[]): Effect => [
  'issueSession',
  { evidence: proofs(...factors), provedSecondFactor },
];
const confirms = (factor: FactorKind, isSecondFactor = true): Effect => [
  'confirmAuthenticator',
  { factor, authenticatorId: 'new', isSecondFactor },
];
const creates = (factor: FactorKind, label: string | null = null): Effect => [
  'createAuthenticator',
  { factor, authenticatorId: 'new', label },
];

describe('a sign-up', () => {
  const input = {
    chosen: proofOf('PASSWORD'),
    hasAddress: true,
    secondFactorPolicy: 'OPTIONAL',
    enrolls: 'TOTP',
    newAuthenticatorId: 'new',
  };
  const context = { ...input, evidence: proofs('PASSWORD') };
  const at = (value: string, event: WorkflowEvent, given: object = {}) =>
    step('sign-up', value, { ...context, ...given }, event);

  test('begins with a code to the address', () => {
    expect(begun('sign-up', input)).toEqual(['proof', sends('EMAIL_CODE', null)]);
  });

  test('sends codes and links to the address, and nothing else', () => {
    for (const factor of ['EMAIL_CODE', 'EMAIL_LINK'] as const)
      expect(at('proof', prepare(factor))).toEqual(['proof', sends(factor, null)]);
    for (const factor of ['PHONE_CODE', 'TOTP'] as const) expect(at('proof', prepare(factor))).toBeNull();
  });

  test('takes only proofs of the address', () => {
    expect(at('proof', prove('EMAIL_LINK'))).toEqual([
      'complete',
      'activateUser',
      issues('PASSWORD', 'EMAIL_LINK'),
    ]);
    for (const taken of [false, true]) expect(at('proof', prove('TOTP', HAS_NOTHING, taken))).toBeNull();
  });

  test('ends where another user has verified the address, whose owner is told', () => {
    expect(at('proof', prove('EMAIL_CODE', HAS_NOTHING, true))).toEqual(['taken', 'tellOwner']);
  });

  test('enrolls a second factor first where policy requires one', () => {
    const required = { secondFactorPolicy: 'REQUIRED' };
    expect(at('proof', prove('EMAIL_CODE'), required)).toEqual([
      'enrollment',
      'activateUser',
      creates('TOTP'),
    ]);
    expect(at('enrollment', prove('TOTP'), required)).toEqual([
      'complete',
      confirms('TOTP'),
      'giveBackupCodes',
      issues('PASSWORD', 'TOTP'),
    ]);
    expect(at('enrollment', prove('PHONE_CODE'), required)).toBeNull();
    expect(at('enrollment', prepare('TOTP'), required)).toBeNull();
  });
});

describe('a sign-up without a password', () => {
  const input = {
    chosen: null,
    hasAddress: true,
    secondFactorPolicy: 'OPTIONAL',
    enrolls: 'PASSKEY',
    newAuthenticatorId: 'new',
  };
  const at = (value: string, event: WorkflowEvent, given: object = {}) =>
    step('sign-up', value, { ...input, evidence: [], ...given }, event);

  test('begins with the address, or with the passkey where there is none', () => {
    expect(begun('sign-up', input)).toEqual(['proof', sends('EMAIL_CODE', null)]);
    expect(begun('sign-up', { ...input, hasAddress: false })).toEqual(['passkey', creates('PASSKEY')]);
  });

  test('activates nobody before the passkey is proved', () => {
    expect(at('proof', prove('EMAIL_CODE'))).toEqual(['passkey', creates('PASSKEY')]);
    expect(at('proof', prove('EMAIL_CODE', HAS_NOTHING, true))).toEqual(['taken', 'tellOwner']);
    for (const event of [prove('EMAIL_CODE'), prove('TOTP'), prepare('PASSKEY')])
      expect(at('passkey', event)).toBeNull();
    expect(at('passkey', prove('PASSKEY'), { evidence: proofs('EMAIL_CODE') })).toEqual([
      'complete',
      'activateUser',
      confirms('PASSKEY'),
      'giveBackupCodes',
      issues('EMAIL_CODE', 'PASSKEY'),
    ]);
  });

  test('uses the passkey until it has verified its user, where policy requires two categories', () => {
    const required = { secondFactorPolicy: 'REQUIRED', evidence: proofs('PASSKEY') };
    expect(at('passkey', prove('PASSKEY'), { secondFactorPolicy: 'REQUIRED' })?.[0]).toBe('use');
    expect(at('use', prepare('PASSKEY'), required)).toEqual(['use', sends('PASSKEY', null)]);
    expect(at('use', prove('PASSKEY'), required)?.[0]).toBe('use');
    for (const event of [prepare('TOTP'), prove('TOTP'), prove('BACKUP_CODE')])
      expect(at('use', event, required)).toBeNull();
    const verified = { ...proofOf('PASSKEY'), categories: ['POSSESSION', 'INHERENCE'] as const };
    expect(at('use', { type: 'PROVE', evidence: verified, ...has('PASSKEY') }, required)?.[0]).toBe(
      'complete',
    );
  });
});

describe.each(['sign-in', 'password-reset'] as const)('the steps of a %s', (name) => {
  const input = {
    offered: ['EMAIL_CODE', 'PHONE_CODE'],
    addressId: 'address',
    secondFactorPolicy: 'OPTIONAL',
    enrolls: 'TOTP',
    newAuthenticatorId: 'new',
  };
  const at = (value: string, event: WorkflowEvent, given: object = {}) =>
    step(name, value, { ...input, ...HAS_NOTHING, evidence: [], ...given }, event);
  const second = (event: WorkflowEvent) => at('secondFactor', event, { evidence: proofs('EMAIL_CODE') });

  test('begin with a factor on offer, sent to the address that was entered', () => {
    expect(begun(name, input)).toEqual(['firstFactor']);
    expect(at('firstFactor', prepare('EMAIL_CODE'))).toEqual(['firstFactor', sends('EMAIL_CODE', 'address')]);
    expect(at('firstFactor', prepare('EMAIL_LINK'))).toBeNull();
    expect(at('firstFactor', prove('EMAIL_LINK'))).toBeNull();
    expect(at('firstFactor', choosePassword())).toBeNull();
  });

  test('go on with a second factor, if the user has one', () => {
    expect(at('firstFactor', prove('EMAIL_CODE', has('TOTP')))).toEqual(['secondFactor']);
  });

  test('send only what the user has as a second factor, to what they chose', () => {
    expect(second(prepare('PHONE_CODE', has('PHONE_CODE')))).toEqual(['secondFactor', sends('PHONE_CODE')]);
    expect(second(prepare('PHONE_CODE', has('TOTP')))).toBeNull();
    expect(second(prepare('EMAIL_CODE', has('TOTP')))).toBeNull();
    expect(second(choosePassword(has('TOTP')))).toBeNull();
  });

  test('take only proofs of another category', () => {
    expect(second(prove('TOTP', has('TOTP')))?.[0]).toBe(name === 'sign-in' ? 'complete' : 'newPassword');
    expect(second(prove('TOTP', has('PHONE_CODE')))).toBeNull();
    expect(second(prove('PASSWORD', has('TOTP')))).toBeNull();
  });

  test('take no password after a phone when it was forgotten', () => {
    const given = { evidence: proofs('PHONE_CODE') };
    const byMail = at('secondFactor', prove('EMAIL_CODE', has()), given);
    const byPassword = at('secondFactor', prove('PASSWORD', has()), given);
    expect(byMail?.[0]).toBe(name === 'sign-in' ? 'complete' : 'newPassword');
    expect(byPassword?.[0]).toBe(name === 'sign-in' ? 'complete' : undefined);
  });
});

describe('a sign-in', () => {
  const at = (value: string, event: WorkflowEvent, secondFactorPolicy = 'OPTIONAL') =>
    step(
      'sign-in',
      value,
      {
        offered: ['PASSWORD', 'PHONE_CODE', 'OAUTH'],
        addressId: null,
        evidence: value === 'firstFactor' ? [] : proofs('PASSWORD'),
        ...HAS_NOTHING,
        secondFactorPolicy,
        enrolls: 'TOTP',
        newAuthenticatorId: 'new',
      },
      event,
    );

  test('issues a session for everything that was proved', () => {
    expect(at('firstFactor', prove('PASSWORD', has()))).toEqual([
      'complete',
      opens(false, 'PASSWORD'),
      'tellOfNewDevice',
    ]);
    expect(at('secondFactor', prove('TOTP', has('TOTP')))).toEqual([
      'complete',
      opens(true, 'PASSWORD', 'TOTP'),
      'tellOfNewDevice',
    ]);
  });

  test('enrolls a second factor where policy requires one', () => {
    expect(at('firstFactor', prove('PASSWORD', has()), 'REQUIRED')).toEqual(['enrollment', creates('TOTP')]);
    expect(at('enrollment', prove('TOTP'), 'REQUIRED')).toEqual([
      'complete',
      confirms('TOTP'),
      'giveBackupCodes',
      opens(true, 'PASSWORD', 'TOTP'),
      'tellOfNewDevice',
    ]);
  });

  const onRemembered = (factor: FactorKind, available: AvailableFactors): WorkflowEvent => ({
    type: 'PROVE',
    evidence: proofOf(factor),
    remembered: true,
    ...available,
  });

  test('takes no second step on a remembered browser after a password, whatever policy says', () => {
    for (const policy of ['OPTIONAL', 'REQUIRED'])
      expect(at('firstFactor', onRemembered('PASSWORD', has('TOTP')), policy)).toEqual([
        'complete',
        'noteRememberedBrowser',
        opens(false, 'PASSWORD'),
        'tellOfNewDevice',
      ]);
  });

  test('takes a second step on a remembered browser after a phone, and an enrollment where it is due', () => {
    expect(at('firstFactor', onRemembered('PHONE_CODE', has('PHONE_CODE')))?.[0]).toBe('secondFactor');
    expect(at('firstFactor', onRemembered('PASSWORD', has()), 'REQUIRED')?.[0]).toBe('enrollment');
  });

  const links = { identityId: 'i', providerId: 'p' };
  const byProvider = (available: AvailableFactors, remembered = false): WorkflowEvent => ({
    type: 'PROVE',
    evidence: proofOf('OAUTH'),
    remembered,
    links,
    ...available,
  });

  test('L4: an identity is linked at once to a user without a second factor', () => {
    expect(at('firstFactor', byProvider(has()))).toEqual([
      'complete',
      ['linkIdentity', links],
      opens(false, 'OAUTH'),
      'tellOfNewDevice',
    ]);
    expect(at('firstFactor', byProvider(has()), 'REQUIRED')?.slice(0, 2)).toEqual([
      'enrollment',
      ['linkIdentity', links],
    ]);
  });

  test('L4: an identity is linked to a user with a second factor after that, even on a remembered browser', () => {
    expect(at('firstFactor', byProvider(has('TOTP')))).toEqual(['secondFactor']);
    expect(at('firstFactor', byProvider(has('TOTP'), true))).toEqual(['secondFactor']);
  });

  test('ends with an administrator where a phone alone proves too little', () => {
    expect(at('firstFactor', prove('PHONE_CODE'), 'REQUIRED')).toEqual(['administrator']);
  });
});

describe('a password reset', () => {
  const at = (value: string, event: WorkflowEvent, evidence: readonly Evidence[] = proofs('EMAIL_CODE')) =>
    step(
      'password-reset',
      value,
      { offered: ['EMAIL_CODE', 'PHONE_CODE'], addressId: null, ...HAS_NOTHING, evidence },
      event,
    );

  test('lets a user without a second factor choose a password after a code by mail', () => {
    expect(at('firstFactor', prove('EMAIL_CODE', has()), [])).toEqual(['newPassword']);
    expect(at('newPassword', choosePassword(has()))).toEqual(['complete', 'setPassword']);
    expect(at('newPassword', prove('EMAIL_CODE', has()))).toBeNull();
  });

  test('asks for a second factor that was added before the password was chosen', () => {
    expect(at('newPassword', choosePassword(has('TOTP')))).toEqual(['secondFactor']);
  });

  test('ends with an administrator after a phone alone, whatever was lost since', () => {
    expect(at('firstFactor', prove('PHONE_CODE'), [])).toEqual(['administrator']);
    expect(at('newPassword', choosePassword(), proofs('PHONE_CODE'))).toEqual(['administrator']);
  });
});

/** What an enrollment and a step-up ask for first. */
describe.each(['enrollment', 'step-up'] as const)('the proof before an %s', (name) => {
  const input = {
    accept: ['TOTP', 'PHONE_CODE'],
    acceptsFirst: true,
    proved: false,
    evidence: proofs('PASSWORD'),
    factor: 'TOTP',
    newAuthenticatorId: 'new',
    label: null,
    isSecondFactor: true,
    grantSeconds: null,
  };
  const at = (value: string, event: WorkflowEvent, given: object = {}) =>
    step(name, value, { ...input, ...HAS_NOTHING, opened: input.evidence, ...given }, event);
  const byPhone = { evidence: proofs('PHONE_CODE') };

  test('is skipped only if it is fresh', () => {
    expect(begun(name, input)).toEqual(['proof']);
    expect(begun(name, { ...input, proved: true })).toEqual(
      name === 'step-up' ? ['complete'] : ['enrollment', creates('TOTP')],
    );
  });

  test('is prepared with a factor that the user has and that is accepted', () => {
    expect(at('proof', prepare('PHONE_CODE', has('PHONE_CODE')))).toEqual(['proof', sends('PHONE_CODE')]);
    for (const event of [
      prepare('PHONE_CODE', has('TOTP')),
      prepare('EMAIL_CODE', has('TOTP')),
      choosePassword(has('TOTP')),
      prove('PHONE_CODE', has('TOTP')),
      prove('PASSWORD', has('TOTP')),
      prove('BACKUP_CODE', has('TOTP', 'BACKUP_CODE')),
    ])
      expect(at('proof', event)).toBeNull();
  });

  test('is recorded, and enough if two categories are proved', () => {
    expect(at('proof', prove('TOTP', has('TOTP')))).toEqual(
      name === 'step-up'
        ? ['complete', records('TOTP'), 'renewTokens']
        : ['enrollment', records('TOTP'), creates('TOTP')],
    );
  });

  test('in a session that began with a phone asks for another category', () => {
    expect(at('proof', prove('TOTP', has('TOTP')), byPhone)).toEqual(['otherCategory', records('TOTP')]);
    expect(at('otherCategory', prepare('EMAIL_CODE', has('TOTP')), byPhone)).toEqual([
      'otherCategory',
      sends('EMAIL_CODE'),
    ]);
    for (const event of [
      prepare('TOTP', has('TOTP')),
      prove('TOTP', has('TOTP')),
      choosePassword(has('TOTP')),
    ])
      expect(at('otherCategory', event, byPhone)).toBeNull();
    expect(at('otherCategory', prove('PASSWORD', has('TOTP')), byPhone)).toEqual(
      name === 'step-up'
        ? ['complete', records('PASSWORD'), 'renewTokens']
        : ['enrollment', records('PASSWORD'), creates('TOTP')],
    );
  });
});

describe('a step-up that is bound to an operation', () => {
  const context = {
    accept: ['TOTP'],
    acceptsFirst: false,
    proved: false,
    grantSeconds: 60,
    proof: null,
    opened: [],
    ...HAS_NOTHING,
  };
  const at = (value: string, factor: FactorKind, given: object) =>
    step('step-up', value, { ...context, ...given }, prove(factor, has('TOTP')));
  const grants: Effect = ['grantOperation', { proof: proofOf('TOTP'), seconds: 60 }];

  test('grants the operation, and adds nothing to the session', () => {
    expect(at('proof', 'TOTP', { evidence: proofs('PASSWORD') })).toEqual([
      'complete',
      grants,
      'renewTokens',
    ]);
  });

  test('grants nothing before another category is proved as well', () => {
    expect(at('proof', 'TOTP', { evidence: proofs('PHONE_CODE') })).toEqual(['otherCategory']);
    const given = { evidence: proofs('PHONE_CODE', 'TOTP'), proof: proofOf('TOTP') };
    expect(at('otherCategory', 'PASSWORD', given)).toEqual(['complete', grants, 'renewTokens']);
    expect(at('otherCategory', 'TOTP', given)).toBeNull();
    expect(at('proof', 'PHONE_CODE', given)).toBeNull();
    expect(() => at('otherCategory', 'PASSWORD', { ...given, proof: null })).toThrow(
      'A step-up was granted without a proof.',
    );
  });
});

describe('an enrollment', () => {
  const context = {
    accept: [],
    acceptsFirst: true,
    factor: 'PHONE_CODE',
    newAuthenticatorId: 'new',
    label: 'mine',
    isSecondFactor: true,
    proved: true,
    evidence: proofs('PASSWORD'),
    opened: [],
    ...HAS_NOTHING,
  };
  const at = (event: WorkflowEvent, given: object = {}) =>
    step('enrollment', 'enrollment', { ...context, ...given }, event);

  test('creates the authenticator with its label', () => {
    expect(begun('enrollment', context)).toEqual(['enrollment', creates('PHONE_CODE', 'mine')]);
  });

  test('sends a code to the new authenticator only, whatever was chosen', () => {
    expect(at(prepare('PHONE_CODE'))).toEqual(['enrollment', sends('PHONE_CODE', 'new')]);
    expect(at(prepare('EMAIL_CODE'))).toBeNull();
    expect(at(prove('EMAIL_CODE'))).toBeNull();
    expect(at(choosePassword())).toBeNull();
  });

  test('of the first second factor gives backup codes', () => {
    expect(at(prove('PHONE_CODE'))).toEqual([
      'complete',
      records('PHONE_CODE'),
      'giveBackupCodes',
      confirms('PHONE_CODE'),
      'renewTokens',
    ]);
  });

  test('of a further one gives none', () => {
    const given = { evidence: proofs('PASSWORD', 'TOTP') };
    expect(at(prove('PHONE_CODE', has('TOTP')), given)).toEqual([
      'complete',
      records('PHONE_CODE'),
      confirms('PHONE_CODE'),
      'renewTokens',
    ]);
  });

  test('of a number that only identifies is no evidence', () => {
    expect(at(prove('PHONE_CODE'), { isSecondFactor: false })).toEqual([
      'complete',
      confirms('PHONE_CODE', false),
      'renewTokens',
    ]);
  });

  test('takes nothing once the user has a second factor that was not proved', () => {
    expect(at(prepare('PHONE_CODE', has('TOTP')))).toBeNull();
    for (const isSecondFactor of [true, false])
      expect(at(prove('PHONE_CODE', has('TOTP')), { isSecondFactor })).toBeNull();
  });
});

test.each(['sign-up', 'sign-in', 'password-reset', 'enrollment', 'step-up'] as const)(
  'a %s ends when its attempts are spent or its time is over',
  (name) => {
    const state = { 'sign-in': 'firstFactor', 'password-reset': 'firstFactor' }[name as 'sign-in'] ?? 'proof';
    expect(step(name, state, {}, { type: 'EXHAUST' })).toEqual(['failed']);
    expect(step(name, state, {}, { type: 'EXPIRE' })).toEqual(['expired']);
  },
);

describe('the request of an agent', () => {
  const input = { accept: ['TOTP'], acceptsFirst: false, grantSeconds: 300 };
  const at = (value: string, event: WorkflowEvent) => step('agent-request', value, input, event);

  test('ends by the answer of its user, or by its deadline', () => {
    expect(begun('agent-request', input)).toEqual(['approval']);
    expect(at('approval', { type: 'APPROVE' })).toEqual(['complete']);
    expect(at('approval', { type: 'EXHAUST' })).toEqual(['failed']);
    expect(at('approval', { type: 'EXPIRE' })).toEqual(['expired']);
  });

  test('takes no proof, and sends nothing', () => {
    expect(at('approval', prove('TOTP', has('TOTP')))).toBeNull();
    expect(at('approval', prepare('TOTP', has('TOTP')))).toBeNull();
    expect(at('approval', choosePassword(has('TOTP')))).toBeNull();
  });

  test('never revives', () => {
    for (const value of ['complete', 'failed', 'expired'])
      for (const event of [{ type: 'APPROVE' }, { type: 'EXHAUST' }] as const)
        expect(at(value, event)).toBeNull();
  });
});

test('no other chart takes the approval of an agent’s request', () => {
  for (const name of ['sign-up', 'sign-in', 'password-reset', 'enrollment', 'step-up'] as const) {
    const { states } = chartOf(name);
    for (const value of Object.keys(states)) expect(step(name, value, {}, { type: 'APPROVE' })).toBeNull();
  }
});
