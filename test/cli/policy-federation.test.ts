// F1: in a federated graph, a field that reads a guarded field carries at least its guards [GHSA-m8jr].
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runHere } from '../harness/command.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-federation-'));
});
afterAll(() => rm(folder, { recursive: true }));

const link = (...imports: string[]): string =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: [${imports.join(', ')}])
   @link(url: "https://stepgate.dev/step-up/v1.0", import: ["@stepUp", "@authenticated", "@requiresRole"])\n`;

const CUSTOMERS = `${link('"@key"')}
type Customer @key(fields: "id") {
  id: ID!
  name: String
  iban: String @stepUp(maxAge: 300, accept: [TOTP])
  notes: String @requiresRole(role: AUDITOR)
  address: Address
}
type Address { street: String @authenticated city: String }
interface Account { id: ID! balance: Int @stepUp(maxAge: 60) }
type Savings implements Account @key(fields: "id") { id: ID! balance: Int }
type Query { customer: Customer account: Account }
enum Role { AUDITOR TELLER }`;

const IMPORTS = link('"@key"', '"@external"', '"@requires"', '"@context"', '"@fromContext"');

async function check(...subgraphs: string[]) {
  const files = await Promise.all(
    [CUSTOMERS, ...subgraphs].map(async (sdl, at) => {
      const path = join(folder, `${at}.graphql`);
      await writeFile(path, sdl);
      return path;
    }),
  );
  const { code, stdout, stderr } = await runHere(['policy', 'federation', ...files]);
  return { code, lines: stdout.replaceAll(`${folder}/`, '').trim().split('\n'), stderr };
}

/** A subgraph that computes a score from fields of the customer. */
const score = (fields: string, guards = '', types = ''): string =>
  `${IMPORTS}
type Customer @key(fields: "id") {
  id: ID!
  iban: String @external
  notes: String @external
  name: String @external
  address: Address @external
  score: Int @requires(fields: "${fields}") ${guards}
}
type Address { street: String @external city: String @external }
enum Role { AUDITOR TELLER }
${types}`;

describe('F1: a field that reads a guarded field of another subgraph', () => {
  test('is found, with its place and the guard to add', async () => {
    const { code, lines } = await check(score('iban'));
    expect([code, lines]).toEqual([
      1,
      [
        '1.graphql:10:3 Customer.score reads Customer.iban by @requires; add @stepUp(maxAge: 300, accept: [TOTP]), which guards it.',
        '2 subgraphs, 1 dependent field: 1 missing guard.',
      ],
    ]);
  });

  test.each<[string, string, string]>([
    ['the same guard', 'iban', '@stepUp(maxAge: 300, accept: [TOTP])'],
    ['a stricter guard', 'iban', '@stepUp(maxAge: 60, accept: [TOTP])'],
    ['the role', 'notes', '@requiresRole(role: AUDITOR)'],
    ['any guard, where being signed in is enough', 'address { street }', '@requiresRole(role: TELLER)'],
    [
      'all guards of all fields',
      'iban notes',
      '@stepUp(maxAge: 300, accept: [TOTP]) @requiresRole(role: AUDITOR)',
    ],
    ['none, where the fields have none', 'name address { city }', ''],
  ])('is right with %s', async (_, fields, guards) => {
    expect(await check(score(fields, guards))).toMatchObject({ code: 0 });
  });

  test.each<[string, string, string]>([
    ['an older proof', 'iban', '@stepUp(maxAge: 301, accept: [TOTP])'],
    ['other factors', 'iban', '@stepUp(maxAge: 300, accept: [TOTP, BACKUP_CODE])'],
    ['a first factor', 'iban', '@stepUp(maxAge: 300, accept: [TOTP], require: STRONGEST_ENROLLED)'],
    ['another role', 'notes', '@requiresRole(role: TELLER)'],
    ['a guard of another kind', 'iban', '@authenticated'],
    ['no guard on a nested field', 'address { street }', ''],
    ['one of two guards', 'iban notes', '@requiresRole(role: AUDITOR)'],
  ])('is found where it accepts %s', async (_, fields, guards) => {
    expect(await check(score(fields, guards))).toMatchObject({ code: 1 });
  });

  test('is found where the directive has another name, or no import', async () => {
    const renamed = score('iban').replace('"@requires"', '{ name: "@requires", as: "@needs" }');
    expect(await check(renamed.replace('@requires(', '@needs('))).toMatchObject({ code: 1 });
    const namespaced = score('iban')
      .replace(', "@requires"', '')
      .replace('@requires(', '@federation__requires(');
    expect(await check(namespaced)).toMatchObject({ code: 1 });
  });

  test('is found through an interface, for every type that implements it', async () => {
    const subgraph = `${IMPORTS}
      type Customer @key(fields: "id") { id: ID! account: Account @external rating: Int @requires(fields: "account { balance }") }
      interface Account { balance: Int } type Savings implements Account { balance: Int @external }`;
    const { code, lines } = await check(subgraph);
    expect(code).toBe(1);
    expect(lines[0]).toContain('Customer.rating reads Savings.balance');
  });

  test('is found where it reads by @fromContext', async () => {
    const subgraph = `${IMPORTS}
      type Customer @key(fields: "id") @context(name: "customer") { id: ID! iban: String @external orders: [Order] }
      type Order @key(fields: "id") {
        id: ID!
        payee(iban: String @fromContext(field: "$customer { iban }")): String
      }`;
    const { code, lines } = await check(subgraph);
    expect(code).toBe(1);
    expect(lines[0]).toContain('Order.payee reads Customer.iban by @fromContext');
  });

  test.each<[string, string, string]>([
    ['a selection that is not GraphQL', score('iban {'), 'its fields are not a selection'],
    [
      'a context that no type has',
      `${IMPORTS} type Order @key(fields: "id") { id: ID! payee(iban: String @fromContext(field: "$nobody { iban }")): String }`,
      'no type has the context "nobody"',
    ],
  ])('is not passed over: %s is an error', async (_, subgraph, message) => {
    const { code, stderr } = await check(subgraph);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
