// A guard runs before `subscribe` and before each event of a subscription.
import { describe, expect, test } from 'vitest';
import type { Presented } from '../../src/step-up/auth-context.ts';
import { type BankContext, caller, NOW, nobody } from './example-schema.ts';
import { bankServer, SPEC } from './example-server.ts';

const bank = bankServer();

async function subscribe(who: () => Presented, query: string, accept = 'text/event-stream') {
  const context: BankContext = { caller: who, ran: [] };
  const response = await bank.fetch(
    'http://bank.test/graphql',
    {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify({ query }),
    },
    context,
  );
  const text = await response.text();
  const events = text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)));
  return { response, text, events, ran: context.ran };
}

describe('a guarded subscription', () => {
  test('starts for a caller who meets it', async () => {
    const { events, ran } = await subscribe(() => caller({ TOTP: 5 }), 'subscription { alarms }');
    expect(events).toEqual([{ data: { alarms: 1 } }, { data: { alarms: 2 } }]);
    expect(ran).toEqual(['alarms']);
  });

  test.each<[string, Presented, string, string]>([
    ['an anonymous caller', nobody(), 'UNAUTHENTICATED', 'Bearer'],
    [
      'a stale session',
      caller({ TOTP: 601 }),
      'STEP_UP_REQUIRED',
      'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="600"',
    ],
  ])('does not start for %s, and its source is not opened', async (_name, who, code, challenge) => {
    const { response, events, ran } = await subscribe(() => who, 'subscription { alarms }');
    expect(ran).toEqual([]);
    expect(events).toHaveLength(1);
    expect(events[0].data).toBeUndefined();
    expect(events[0].errors[0].extensions.code).toBe(code);
    expect(response.headers.get('www-authenticate')).toBe(challenge);
  });

  test('has the status of its refusal if the client did not accept a stream', async () => {
    const { response, text } = await subscribe(() => nobody(), 'subscription { alarms }', SPEC);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(text).not.toContain('"http"');
  });

  test.each([
    ['an alias', 'subscription { hello: alarms }'],
    ['a fragment', 'subscription { ...S } fragment S on Subscription { alarms }'],
  ])('is not bypassed by %s', async (_name, query) => {
    const { events, ran } = await subscribe(() => nobody(), query);
    expect(ran).toEqual([]);
    expect(events[0].errors[0].extensions.code).toBe('UNAUTHENTICATED');
  });
});

describe('a guarded field of an event', () => {
  const query = 'subscription { clients { name pin } }';

  test('is refused alone', async () => {
    const { events } = await subscribe(() => caller({ TOTP: 61 }), query);
    expect(events.map((one) => one.data)).toEqual(
      Array.from({ length: 2 }, () => ({ clients: { name: 'Ada', pin: null } })),
    );
    expect(events[0].errors[0].extensions.code).toBe('STEP_UP_REQUIRED');
  });

  test('is refused from the first event at which the proof is too old', async () => {
    let now = NOW;
    const ageing = (): Presented => ({ ...caller({ TOTP: 60 }), now: now++ });
    const { events } = await subscribe(ageing, query);
    expect(events.map((one) => one.data.clients.pin)).toEqual(['1234', null]);
  });
});
