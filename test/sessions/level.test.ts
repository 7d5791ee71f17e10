// How long a session stays AAL2 (NIST SP 800-63B-4 section 2.2.3): 24 hours after its proofs, or one hour without use.
// Then it continues at AAL1. The claims of a token hold until it expires.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { stepgateTokens } from '../../src/step-up/tokens.ts';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../harness/app.ts';
import { PASSWORD, TestClient, type Tokens } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { claimsOf, codeOf, refresh } from './operations.ts';

const HOUR = 3600;

let app: TestApp;
let client: TestClient;
let secret: string;
/** The tokens of a new AAL2 session. */
let tokens: Tokens;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());
beforeEach(async () => {
  const person = await client.signUp();
  ({ secret } = await client.enrollTotp(person.accessToken));
  app.clock.advance(30);
  tokens = await client.signIn(person, { totp: client.totp(secret) });
});

async function levelOf({ accessToken }: Tokens): Promise<string> {
  const { data } = await client.graphql('{ viewer { assurance { level acr amr } } }', {}, accessToken);
  const { level, acr, amr } = data.viewer.assurance;
  expect(acr).toBe(level.toLowerCase());
  expect(amr.includes('mfa')).toBe(level === 'AAL2');
  const said = claimsOf(accessToken);
  expect(said['acr']).toBe(acr);
  expect((said['amr'] as string[]).includes('mfa')).toBe(level === 'AAL2');
  expect((said['mfa'] as { v: boolean }).v).toBe(level === 'AAL2'); // the user has a second factor
  return level;
}

/** Refreshes regularly for this long. */
async function used(seconds: number, from: Tokens, every = HOUR): Promise<Tokens> {
  let newest = from;
  for (let left = seconds; left > 0; left -= every) {
    app.clock.advance(Math.min(left, every));
    newest = await refresh(client, newest.refreshToken);
  }
  return newest;
}

async function stepUp(from: Tokens, ...proofs: readonly ('totp' | 'password')[]): Promise<Tokens> {
  app.clock.advance(30);
  const { id } = await client.startStepUp({}, from.accessToken);
  let granted: Tokens | null = null;
  for (const proof of proofs) {
    const input = proof === 'totp' ? { totp: client.totp(secret) } : { password: PASSWORD };
    const step = await client.attempt(id, input, from.accessToken);
    expect(step.status).toBe(proof === proofs.at(-1) ? 'COMPLETE' : 'NEEDS_PROOF');
    granted = step.session;
  }
  if (granted === null) throw new Error('The step-up granted nothing.');
  return granted;
}

describe('a session in constant use', () => {
  test('stays AAL2 for exactly 24 hours after its proofs', async () => {
    const newest = await used(24 * HOUR - 60, tokens);
    expect(await levelOf(newest)).toBe('AAL2');
    const { exp, iat } = claimsOf(newest.accessToken);
    expect(Number(exp) - Number(iat)).toBeLessThanOrEqual(61); // the token expires when the level ends
    const later = await used(61, newest);
    expect(await levelOf(later)).toBe('AAL1');
    expect(Number(claimsOf(later.accessToken)['exp']) - Number(claimsOf(later.accessToken)['iat'])).toBe(600);
  });

  test('is AAL2 again after both factors are proved, but not after one', async () => {
    const fallen = await used(25 * HOUR, tokens);
    expect(await levelOf(fallen)).toBe('AAL1');
    const again = await stepUp(fallen, 'totp', 'password');
    expect(await levelOf(again)).toBe('AAL2');
    expect(await levelOf(await used(23 * HOUR, again))).toBe('AAL2');
  });

  test('does not stay AAL2 if only the second factor was renewed', async () => {
    const renewed = await stepUp(await used(20 * HOUR, tokens), 'totp');
    expect(await levelOf(renewed)).toBe('AAL2');
    const fallen = await used(5 * HOUR, renewed); // the password is 25 hours old, the code 5
    expect(await levelOf(fallen)).toBe('AAL1');
  });

  test('still allows at AAL1 what AAL1 allows', async () => {
    const fallen = await used(25 * HOUR, tokens);
    const { data, errors } = await client.graphql(
      '{ viewer { id sessions { id } } }',
      {},
      fallen.accessToken,
    );
    expect(errors).toEqual([]);
    expect(data.viewer.sessions.length).toBeGreaterThan(0);
  });
});

describe('a session without use for an hour', () => {
  test('is AAL1 from its next use, and AAL2 again after one factor', async () => {
    app.clock.advance(HOUR + 1);
    const resumed = await refresh(client, tokens.refreshToken);
    expect(await levelOf(resumed)).toBe('AAL1');
    const later = await used(HOUR, resumed, 600);
    expect(await levelOf(later)).toBe('AAL1');
    const again = await stepUp(later, 'totp');
    expect(await levelOf(again)).toBe('AAL2');
    expect(await levelOf(await used(2 * HOUR, again))).toBe('AAL2');
  });

  test('is still AAL2 after exactly one hour', async () => {
    app.clock.advance(HOUR);
    expect(await levelOf(await refresh(client, tokens.refreshToken))).toBe('AAL2');
  });

  test('counts a step-up as a use', async () => {
    app.clock.advance(500);
    const stepped = await stepUp(tokens, 'totp');
    app.clock.advance(HOUR - 300);
    expect(await levelOf(await refresh(client, stepped.refreshToken))).toBe('AAL2');
  });
});

describe('a tenant’s AAL2 limits: the tenant', () => {
  test.each([
    ['overall', 'second_factor_seconds', 2 * HOUR, 600],
    ['without use', 'second_factor_idle_seconds', 900, 901],
  ])('can choose how long AAL2 lasts %s', async (_what, column, seconds, every) => {
    await query(app.databaseUrl, `update tenant set ${column} = ${seconds}`);
    try {
      const kept = await used(every, tokens, Math.min(every, 899));
      expect(await levelOf(kept)).toBe('AAL2');
      const fallen = await used(2 * HOUR + 1, kept, every);
      expect(await levelOf(fallen)).toBe('AAL1');
    } finally {
      await query(app.databaseUrl, `update tenant set ${column} = default`);
    }
  });

  test('can lower them with effect on the next request', async () => {
    const newest = await used(HOUR, tokens, 600);
    const level = async (): Promise<string> => {
      const { data } = await client.graphql('{ viewer { assurance { level } } }', {}, newest.accessToken);
      return data.viewer.assurance.level;
    };
    expect(await level()).toBe('AAL2');
    await query(app.databaseUrl, 'update tenant set second_factor_seconds = 1800');
    expect(await level()).toBe('AAL1');
    await query(app.databaseUrl, 'update tenant set second_factor_seconds = default');
  });
});

test('a server that verifies tokens offline accepts AAL2 exactly as long as it lasts', async () => {
  const there = stepgateTokens({
    issuer: TEST_ENVIRONMENT.PUBLIC_URL,
    jwksUrl: `${app.url}/.well-known/jwks.json`,
    now: () => app.clock.now(),
  });
  const present = ({ accessToken }: Tokens) => there.present(`Bearer ${accessToken}`);
  const last = await used(24 * HOUR - 60, tokens);
  expect((await present(last)).authContext?.evidence.map(({ factor }) => factor)).toContain('TOTP');
  app.clock.advance(70);
  expect(await present(last)).toMatchObject({ authContext: null, fault: 'EXPIRED' });
  const fallen = await refresh(client, last.refreshToken);
  const { authContext } = await present(fallen);
  expect(authContext?.evidence.map(({ factor }) => factor)).toEqual(['PASSWORD']);
  const wide = '{ viewer { auditEvents { type } } }';
  expect(codeOf(await client.graphql(wide, {}, fallen.accessToken))).toBe('STEP_UP_REQUIRED');
});
