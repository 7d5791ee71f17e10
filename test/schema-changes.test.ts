// What keeps a release from breaking clients: a breaking change of the schema fails, unless a changeset says `major`.
import { expect, test } from 'vitest';
import { announcesMajor, breakingChanges } from '../tools/schema/changes.ts';

const RELEASED = 'type Query { name: String, user(id: ID): String }';

test.each([
  ['a field that is gone', 'type Query { user(id: ID): String }', ['Query.name']],
  ['another type', 'type Query { name: Int, user(id: ID): String }', ['Query.name']],
  [
    'an argument that must be given now',
    'type Query { name: String, user(id: ID!): String }',
    ['Query.user.id'],
  ],
])('%s breaks clients', async (_what, current, paths) => {
  expect((await breakingChanges(RELEASED, current)).map(({ path }) => path)).toEqual(paths);
});

test('a new argument of a directive breaks schemas that use it only if it has no default', async () => {
  const withArguments = (args: string) => `directive @guard${args} on FIELD_DEFINITION ${RELEASED}`;
  const changes = (args: string) => breakingChanges(withArguments('(a: Int)'), withArguments(args));
  expect(await changes('(a: Int, b: Int! = 0)')).toEqual([]);
  expect((await changes('(a: Int, b: Int!)')).map(({ path }) => path)).toEqual(['@guard']);
});

test('a new field, a deprecation and a new description are not breaking changes', async () => {
  const current = `type Query { "Words." name: String @deprecated(reason: "Use user.") user(id: ID): String more: Int }`;
  expect(await breakingChanges(RELEASED, current)).toEqual([]);
});

test.each([
  [true, "---\n'stepgate': major\n---\n\nThe field is gone.\n"],
  [true, '---\n"stepgate": major\n---\n'],
  [false, "---\n'stepgate': minor\n---\n\nstepgate: major\n"],
  [false, "---\n'stepgate-client': major\n---\n"],
  [false, '# Changesets\n'],
])(
  'whether a changeset announces a major version (%s) is read from its front matter alone',
  (isMajor, text) => {
    expect(announcesMajor(text)).toBe(isMajor);
  },
);
