// `@defer`: a deferred field is guarded too, and a mutation is refused before its first part is sent.
import { useDeferStream } from '@graphql-yoga/plugin-defer-stream';
import { describe, expect, test } from 'vitest';
import { caller } from './example-schema.ts';
import { ask, bankServer } from './example-server.ts';

const stale = caller({ TOTP: 61 });
const fresh = caller({ TOTP: 10 });
const server = bankServer({ before: useDeferStream() });
const LATE = '{ client { name ... @defer(label: "late") { pin } } }';
const inParts = { server, accept: 'multipart/mixed' };

describe('a guarded field in a deferred fragment', () => {
  test('is refused in its own part, after the rest was sent', async () => {
    const { text } = await ask(stale, LATE, inParts);
    expect(text).toContain('"name":"Ada"');
    expect(text).toContain('"code":"STEP_UP_REQUIRED"');
    expect(text).not.toContain('1234');
  });

  test('is returned to a caller who meets the requirement', async () => {
    const { text } = await ask(fresh, LATE, inParts);
    expect(text).toMatch(/"pin":"1234"/);
    expect(text).not.toContain('STEP_UP_REQUIRED');
  });

  test('causes a mutation to be refused before anything runs or is sent', async () => {
    const mutation = 'mutation { note open { ... @defer { pin } } }';
    const { ran, refused, text } = await ask(stale, mutation, { server });
    expect(ran).toEqual([]);
    expect(refused).toEqual({ 'open.pin': 'STEP_UP_REQUIRED' });
    expect(text).not.toContain('noted');
  });

  test('requires nothing if a variable excludes it', async () => {
    const query = 'query ($late: Boolean!) { client { name ... @defer { pin @include(if: $late) } } }';
    const without = await ask(stale, query, { ...inParts, variables: { late: false } });
    expect(without.text).not.toContain('STEP_UP_REQUIRED');
    const withIt = await ask(stale, query, { ...inParts, variables: { late: true } });
    expect(withIt.text).toContain('STEP_UP_REQUIRED');
  });
});
