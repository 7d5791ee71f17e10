// `stepgate policy`, run on schema files.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { type GraphQLObjectType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guardsOf } from '../../src/step-up/guard.ts';
import { stepUpTransformer, stepUpTypeDefs } from '../../src/step-up/sdl.ts';
import { type Outcome, runCommand, runHere } from '../harness/command.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-policy-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** Runs the command. The folder is removed from its output. */
async function stepgate(...args: string[]): Promise<Outcome> {
  const { code, stdout, stderr } = await runHere(args);
  const short = (text: string): string => text.replaceAll(`${folder}/`, '');
  return { code, stdout: short(stdout), stderr: short(stderr) };
}

async function file(name: string, content: string | object): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function print(schema: string, ...args: string[]): Promise<Outcome> {
  return stepgate('policy', 'print', await file('schema.graphql', schema), ...args);
}

async function check(schema: string, rules: string | object, ...args: string[]): Promise<Outcome> {
  const sdl = await file('schema.graphql', schema);
  return stepgate('policy', 'check', sdl, '--rules', await file('rules.json', rules), ...args);
}

const BANK = `
enum Role { TELLER AUDITOR }
interface Account { id: ID  balance: Int @stepUp(maxAge: 300) }
type Checking implements Account { id: ID  balance: Int  overdraft: Int @authenticated }
interface Sealed @stepUp(accept: [BACKUP_CODE, TOTP]) { text: String }
type Testament implements Sealed { text: String  heirs: Int }
type Report @requiresRole(role: AUDITOR) { title: String  losses: Int @stepUp(require: STRONGEST_ENROLLED) }
type Query { account: Account  reports: [Report!] @authenticated }
type Mutation { close(id: ID!): Account @stepUp(maxAge: 120) @requiresRole(role: TELLER)  note: String }
extend type Checking @authenticated { limit: Int }
`;

describe('policy print', () => {
  test('print lists every guard of a field: its own, its type’s, and its interfaces’', async () => {
    const { code, stdout, stderr } = await print(BANK);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatchInlineSnapshot(`
      "FIELD               GUARD                  MAX AGE  ACCEPT             REQUIRE             WRITTEN ON
      Checking.id         @authenticated                                                         type Checking
      Checking.balance    @authenticated                                                         type Checking
      Checking.balance    @stepUp                300 s    any                SECOND_FACTOR       interface Account.balance
      Checking.overdraft  @authenticated                                                         type Checking
      Checking.overdraft  @authenticated                                                         field
      Checking.limit      @authenticated                                                         type Checking
      Mutation.close      @requiresRole TELLER                                                   field
      Mutation.close      @stepUp                120 s    any                SECOND_FACTOR       field
      Query.reports       @authenticated                                                         field
      Report.title        @requiresRole AUDITOR                                                  type Report
      Report.losses       @requiresRole AUDITOR                                                  type Report
      Report.losses       @stepUp                600 s    any                STRONGEST_ENROLLED  field
      Testament.text      @stepUp                600 s    BACKUP_CODE, TOTP  SECOND_FACTOR       interface Sealed
      "
    `);
  });

  test('print --format markdown prints a Markdown table', async () => {
    const { stdout } = await print('type Query { a: Int @authenticated }', '--format', 'markdown');
    expect(stdout).toMatchInlineSnapshot(`
      "| FIELD   | GUARD          | MAX AGE | ACCEPT | REQUIRE | WRITTEN ON |
      | ------- | -------------- | ------- | ------ | ------- | ---------- |
      | Query.a | @authenticated |         |        |         | field      |
      "
    `);
  });

  test('print --format json fills in the defaults', async () => {
    const { stdout } = await print(BANK, '--format', 'json');
    const fields = JSON.parse(stdout) as { field: string; guards: object[] }[];
    expect(fields.find((one) => one.field === 'Checking.balance')?.guards).toMatchObject([
      { directive: 'authenticated', from: 'TYPE', place: 'Checking' },
      {
        directive: 'stepUp',
        maxAge: 300,
        accept: ['PHONE_CODE', 'TOTP', 'BACKUP_CODE', 'DEVICE_APPROVAL', 'PASSKEY', 'CERTIFICATE'],
        require: 'SECOND_FACTOR',
        from: 'INTERFACE',
        place: 'Account.balance',
      },
    ]);
    expect(fields.map((one) => one.field)).not.toContain('Mutation.note');
  });

  test('print lists exactly the guards that stepUpTransformer enforces', async () => {
    const { stdout } = await print(BANK, '--format', 'json');
    const enforced = stepUpTransformer({ authContext: () => ({ authContext: null, fault: null, now: 0 }) })(
      makeExecutableSchema({
        typeDefs: [stepUpTypeDefs({ role: 'Role' }), BANK],
        resolverValidationOptions: { requireResolversForResolveType: 'ignore' },
      }),
    );
    const printed = JSON.parse(stdout) as { field: string; guards: { directive: string; role?: string }[] }[];
    const guarded = Object.values(enforced.getTypeMap())
      .filter((type) => isObjectType(type) && !type.name.startsWith('__'))
      .flatMap((type) =>
        Object.keys((type as GraphQLObjectType).getFields()).map((name) => ({
          field: `${type.name}.${name}`,
          guards: guardsOf(type as GraphQLObjectType, name).map((guard) => ({
            directive: guard.directive,
            ...(guard.directive === 'stepUp' ? guard.requirement : {}),
            ...(guard.directive === 'requiresRole' ? { role: guard.role } : {}),
          })),
        })),
      )
      .filter(({ guards }) => guards.length > 0)
      .toSorted((one, other) => (one.field < other.field ? -1 : 1));
    expect(printed.toSorted((one, other) => (one.field < other.field ? -1 : 1))).toMatchObject(guarded);
    expect(printed).toHaveLength(guarded.length);
  });

  test('print says so when no fields are guarded', async () => {
    expect(await print('type Query { a: Int }')).toEqual({
      code: 0,
      stdout: 'No fields are guarded.\n',
      stderr: '',
    });
  });

  test('several files form one schema, in any order', async () => {
    const one = await file('one.graphql', 'extend type Query { a: Int @authenticated }');
    const other = await file('other.graphql', 'type Query { b: Int @stepUp }');
    const { code, stdout } = await stepgate('policy', 'print', one, other, '--format', 'json');
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { field: string }[]).map((one) => one.field).toSorted()).toEqual([
      'Query.a',
      'Query.b',
    ]);
  });

  test('a subgraph is read without the definitions it imports with @link, and keeps all its guards', async () => {
    const { code, stdout, stderr } = await print(`
      extend schema
        @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", { name: "@shareable", as: "@shared" }])
        @link(url: "https://example.com/guards/v1.0", import: ["@stepUp"])
        @composeDirective(name: "@stepUp")
      directive @composeDirective(name: String!) repeatable on SCHEMA
      extend type User @key(fields: "id") @federation__interfaceObject { id: ID @shared  ssn: String @stepUp }
    `);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/User\.ssn +@stepUp/);
  });

  test('@link imports nothing except on the schema: elsewhere it is an unknown directive', async () => {
    const { code, stderr } = await print('type Query { a: Int @authenticated  b: Int @link }');
    expect(code).toBe(2);
    expect(stderr).toContain('Unknown directive @link.');
  });

  test.each([
    ['by @link', '@elevated', '{ name: "@stepUp", as: "@elevated" }', ''],
    ['by the name of the link', '@sg__stepUp', '"@requiresRole"', ''],
    [
      'by a definition with a prefix',
      '@sg_stepUp',
      '"@key"',
      stepUpTypeDefs({ prefix: 'sg_', role: 'Role' }),
    ],
  ])(
    'a guard renamed %s is printed under its original name',
    async (_how, directive, imported, definitions) => {
      const { code, stdout, stderr } = await print(`
      extend schema @link(url: "https://example.com/guards/v1.0", as: "sg", import: [${imported}])
      ${definitions}
      enum Role { ADMIN }
      type Query { iban: String ${directive}(maxAge: 60) }
    `);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/Query\.iban +@stepUp +60 s/);
    },
  );

  test('Apollo’s @authenticated is not mistaken for ours when ours is renamed', async () => {
    const { code, stdout } = await print(`
      extend schema
        @link(url: "https://specs.apollo.dev/federation/v2.6", import: ["@authenticated"])
        @link(url: "https://stepgate.dev/step-up/v1.0", import: [{ name: "@authenticated", as: "@signedIn" }])
      type Query { a: Int @authenticated  b: Int @signedIn }
    `);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Query\.b +@authenticated/);
    expect(stdout).not.toContain('Query.a');
  });

  test('a guard used under a name other than the schema’s is an error', async () => {
    const schema = `${stepUpTypeDefs({ prefix: 'sg_' })} type Query { a: Int @sg_stepUp  b: Int @authenticated }`;
    const { code, stderr } = await print(schema);
    expect(code).toBe(2);
    expect(stderr).toContain('Unknown directive @authenticated. This schema calls it @sg_authenticated.');
  });

  test('the error for an unknown name suggests no name with a namespace', async () => {
    const { stderr } = await print(`
      extend schema @link(url: "https://example.com/guards/v1.0", as: "g")
      ${stepUpTypeDefs({ prefix: 'sg_' })} type Query { a: Int @authenticated }
    `);
    expect(stderr).toContain('This schema calls it @sg_authenticated.');
  });

  test('two definitions of one guard are accepted, and both names guard', async () => {
    const definition = 'directive @elevated(maxAge: Int, accept: [FactorKind!], require: StepUpRequire)';
    const { code, stdout, stderr } = await print(`
      ${stepUpTypeDefs()} ${definition} on FIELD_DEFINITION
      type Query { a: Int @stepUp(maxAge: 60)  b: Int @elevated(maxAge: 30) }
    `);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/Query\.a +@stepUp +60 s/);
    expect(stdout).toMatch(/Query\.b +@stepUp +30 s/);
  });

  test.each(['print', 'check'])('%s refuses a schema that was printed without its guards', async (action) => {
    const schema = await file('printed.graphql', `${stepUpTypeDefs()} type Query { iban: String }`);
    const rules = await file('rules.json', { rules: [{ match: 'Query.*', require: 'stepUp' }] });
    const options = action === 'check' ? ['--rules', rules] : [];
    const { code, stdout, stderr } = await stepgate('policy', action, schema, ...options);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('printed.graphql:');
    expect(stderr).toContain('defines guards but uses none');
  });

  test('two guards in one place are both printed, also on a type and its extension', async () => {
    const { stdout } = await print(`
      type Query { a: A }
      type A @stepUp(maxAge: 60) { x: Int @requiresRole(role: ONE) @requiresRole(role: TWO) }
      extend type A @stepUp(maxAge: 3600) { y: Int }
    `);
    expect(stdout.match(/^A\.x +@\S+ *\w*/gm)).toEqual([
      expect.stringContaining('@requiresRole ONE'),
      expect.stringContaining('@requiresRole TWO'),
      expect.stringContaining('@stepUp'),
      expect.stringContaining('@stepUp'),
    ]);
    expect(stdout.match(/60 s/g)).toHaveLength(2);
    expect(stdout.match(/3600 s/g)).toHaveLength(2);
  });

  test('an accept list that nobody can satisfy is an error', async () => {
    const { code, stderr } = await print('type Query { a: Int @stepUp(accept: [PHONE_LINK]) }');
    expect(code).toBe(2);
    expect(stderr).toContain('@stepUp on Query.a: accept');
  });

  test('a schema may leave the definition of roles to the server', async () => {
    const { code, stdout } = await print('type Query { a: Int @requiresRole(role: TELLER) }');
    expect(code).toBe(0);
    expect(stdout).toMatch(/Query\.a +@requiresRole TELLER/);
  });

  test('a role with control characters is escaped in the terminal and in tables', async () => {
    const schema = `
      directive @requiresRole(role: String!) on FIELD_DEFINITION
      type Query { a: Int @requiresRole(role: "\\u001b[2J|\\n\\u009b") }
    `;
    for (const format of ['text', 'markdown']) {
      const { code, stdout } = await print(schema, '--format', format);
      expect(code).toBe(0);
      // oxlint-disable-next-line no-control-regex
      expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
      expect(stdout.trimEnd().split('\n')).toHaveLength(format === 'text' ? 2 : 3);
    }
  });
});

test('print --json is the same as --format json', async () => {
  const [short, long] = [await print(BANK, '--json'), await print(BANK, '--format', 'json')];
  expect(short).toEqual(long);
  expect(JSON.parse(short.stdout)).toContainEqual(expect.objectContaining({ field: 'Query.reports' }));
});

const DELETE = { match: 'Mutation.delete*', require: 'stepUp', maxAge: 300 };

describe('policy check', () => {
  test('check prints each field that lacks a guard, with its location and the fix', async () => {
    const { code, stdout, stderr } = await check(
      `type Query { me: User  person: Person }
interface Person { ssn: String }
type User implements Person { ssn: String  name: String }
type Mutation {
  startSignIn: String
  deleteUser: String @stepUp
  deletePost: String @authenticated
  deleteAll: String
  deleteDraft: String @stepUp(maxAge: 300)
  audit: String @requiresRole(role: AUDITOR)
  rename: String @authenticated
}
enum Role { AUDITOR ADMIN }
`,
      {
        rules: [
          { match: 'Mutation.*', require: 'authenticated' },
          DELETE,
          { match: '*.ssn', require: 'stepUp', reason: 'the law' },
          { match: 'Mutation.audit', require: 'requiresRole', role: 'ADMIN' },
          {
            match: 'Mutation.deleteDraft',
            require: 'stepUp',
            accept: ['TOTP', 'PASSKEY'],
            secondFactor: true,
          },
        ],
        except: ['Mutation.startSignIn'],
      },
    );
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatchInlineSnapshot(`
      "schema.graphql:8:3 Mutation.deleteAll has no guard; add @authenticated. [rule 1 (Mutation.*)]
      schema.graphql:6:3 Mutation.deleteUser has @stepUp; make it at least as strict as @stepUp(maxAge: 300). [rule 2 (Mutation.delete*)]
      schema.graphql:7:3 Mutation.deletePost has @authenticated; add @stepUp(maxAge: 300). [rule 2 (Mutation.delete*)]
      schema.graphql:8:3 Mutation.deleteAll has no guard; add @stepUp(maxAge: 300). [rule 2 (Mutation.delete*)]
      schema.graphql:3:31 User.ssn has no guard; add @stepUp. [rule 3 (*.ssn): the law]
      schema.graphql:10:3 Mutation.audit has @requiresRole(role: AUDITOR); make it at least as strict as @requiresRole(role: ADMIN). [rule 4 (Mutation.audit)]
      schema.graphql:9:3 Mutation.deleteDraft has @stepUp(maxAge: 300); make it at least as strict as @stepUp(accept: [TOTP, PASSKEY], require: SECOND_FACTOR). [rule 5 (Mutation.deleteDraft)]
      7 fields, 5 rules: 7 violations. If a field needs no guard, list it under "except" in rules.json.
      "
    `);
  });

  test('check passes when there are no violations', async () => {
    const rules = { rules: [DELETE] };
    expect(
      await check('type Query { a: Int } type Mutation { deleteIt: Int @stepUp(maxAge: 300) }', rules),
    ).toEqual({
      code: 0,
      stdout: '1 field, 1 rule: no violations.\n',
      stderr: '',
    });
  });

  test.each([
    ['a guard of the type', 'type Query { a: A } type A @stepUp { ssn: Int }'],
    [
      'a guard of an interface',
      'type Query { a: A } interface A @stepUp { ssn: Int } type B implements A { ssn: Int }',
    ],
    [
      'a guard of an interface’s field',
      'type Query { a: A } interface A { ssn: Int @stepUp } type B implements A { ssn: Int }',
    ],
    ['a guard of an extension', 'type Query { a: A } type A { b: Int } extend type A @stepUp { ssn: Int }'],
  ])('%s covers the field', async (_what, schema) => {
    expect(await check(schema, { rules: [{ match: '*.ssn', require: 'stepUp' }] })).toMatchObject({
      code: 0,
    });
  });

  test.each([
    ['older than the rule allows', '@stepUp(maxAge: 301)'],
    ['by any factor', '@stepUp(maxAge: 300)'],
    ['by a factor that the rule does not list', '@stepUp(maxAge: 300, accept: [TOTP, PHONE_CODE])'],
    [
      'by a first factor',
      '@stepUp(maxAge: 300, accept: [TOTP], minFactorAge: 60, require: STRONGEST_ENROLLED)',
    ],
    ['by a younger factor than the rule allows', '@stepUp(maxAge: 300, accept: [TOTP], minFactorAge: 59)'],
    ['split between two guards', '@stepUp(maxAge: 300) @requiresRole(role: A)'],
    ['a role only', '@requiresRole(role: A)'],
  ])('a guard that accepts a proof %s does not satisfy the rule', async (_what, guard) => {
    const rule = {
      match: 'Query.a',
      require: 'stepUp',
      maxAge: 300,
      accept: ['TOTP'],
      minFactorAge: 60,
      secondFactor: true,
    };
    const { code, stdout } = await check(`enum Role { A } type Query { a: Int ${guard} }`, { rules: [rule] });
    expect(code).toBe(1);
    expect(stdout).toContain('Query.a has ');
  });

  test('`returns` matches a type in lists, unions and interfaces, and nothing else', async () => {
    const schema = `
      interface Document { id: ID }
      type Invoice implements Document { id: ID }
      type Note { id: ID }
      union Result = Note | Invoice
      type Query { a: Int }
      type Mutation { one: Invoice  list: [[Invoice!]!]!  either: Result  some: Document  note: Note  id: ID }
    `;
    const { stdout } = await check(schema, {
      rules: [{ match: 'Mutation.*', returns: 'Invoice', require: 'authenticated' }],
    });
    expect([...stdout.matchAll(/Mutation\.(\w+) has no guard/g)].map(([, name]) => name)).toEqual([
      'one',
      'list',
      'either',
      'some',
    ]);
    const byInterface = await check(schema, {
      rules: [{ match: 'Mutation.*', returns: 'Document', require: 'authenticated' }],
    });
    expect(byInterface.stdout).toContain('Mutation.one has no guard');
  });

  test('a rule for Mutation applies to a root type with another name', async () => {
    const schema = 'schema { query: Q mutation: Changes } type Q { a: Int } type Changes { deleteIt: Int }';
    const { code, stdout } = await check(schema, { rules: [DELETE] });
    expect(code).toBe(1);
    expect(stdout).toContain('Changes.deleteIt has no guard');
  });

  test('a rule or an exception that matches no field is a warning, and a failure with --strict', async () => {
    const rules = {
      rules: [{ match: 'Query.a', require: 'authenticated', except: 'Query.gone' }, DELETE],
      except: ['Mutation.gone'],
    };
    const loose = await check('type Query { a: Int @authenticated }', rules);
    expect(loose).toEqual({
      code: 0,
      stdout: '1 field, 2 rules: no violations.\n',
      stderr: [
        'warning: rules.json: rule 2 (Mutation.delete*) matches no field.\n',
        'warning: rules.json: the exception Mutation.gone matches no field.\n',
        'warning: rules.json: the exception Query.gone matches no field.\n',
      ].join(''),
    });
    const strict = await check('type Query { a: Int @authenticated }', rules, '--strict');
    expect(strict.code).toBe(1);
  });

  test('our own schema satisfies our own rules', async () => {
    const outcome = await stepgate(
      'policy',
      'check',
      'schema.graphql',
      '--rules',
      '.stepgate-policy.json',
      '--strict',
    );
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('input that cannot be checked never passes', () => {
  const RULES = { rules: [{ match: '*.*', require: 'authenticated' }] };

  test.each([
    ['a syntax error', 'type Query {', 'schema.graphql:1:13 Syntax Error: Expected Name, found <EOF>.'],
    ['nothing', '', 'schema.graphql:1:1 Syntax Error: Unexpected <EOF>.'],
    ['a query', '{ viewer { id } }', 'schema.graphql:1:1 An operation is not a schema.'],
    ['JSON', '{"__schema": {}}', 'introspection does not show'],
    ['bytes', '\u0000\u0001', 'Syntax Error'],
    ['a misspelled guard', 'type Query { a: Int @stepup }', 'schema.graphql:1:21 Unknown directive @stepup.'],
    [
      'a guard in an invalid place',
      'type Query { a(b: Int @stepUp): Int }',
      'may not be used on ARGUMENT_DEFINITION',
    ],
    ['a guard with an unknown argument', 'type Query { a: Int @stepUp(age: 3) }', 'Unknown argument "age"'],
    [
      'a guard with an unknown factor',
      'type Query { a: Int @stepUp(accept: [PIN]) }',
      'schema.graphql:1:37 Argument "accept" has invalid value [PIN].',
    ],
    [
      'a guard that nobody can satisfy',
      'type Query { a: Int @stepUp(maxAge: 0) }',
      'maxAge must be a whole number',
    ],
    [
      'a first factor as the second',
      'type Query { a: Int @stepUp(accept: [PASSWORD]) }',
      '@stepUp on Query.a: accept must list',
    ],
    ['an unknown role', 'enum Role { A } type Query { a: Int @requiresRole(role: X) }', 'invalid value X'],
    ['no role', 'type Query { a: Int @requiresRole }', '"role"'],
    [
      'a different directive with the name of a guard',
      'directive @requiresRole(roles: [String]) on FIELD_DEFINITION type Query { a: Int @requiresRole(roles: ["A"]) }',
      'needs a role',
    ],
    ['an unknown type', 'type Query { a: Nope }', 'Unknown type "Nope"'],
    ['a type defined twice', 'type Query { a: Int } type Query { b: Int }', 'only one type named "Query"'],
    [
      'circular interfaces',
      'type Query { a: Int } interface A implements B { a: Int } interface B implements A { a: Int }',
      'circular',
    ],
    [
      'a type that omits its interface’s interface',
      'interface A { a: Int @stepUp } interface B implements A { a: Int } type Query implements B { a: Int }',
      'Type Query must implement A because it is implemented by B',
    ],
    ['circular inputs', 'type Query { a(b: I): Int } input I { i: I! }', 'Input Object "I" within itself'],
    [
      'a list nested too deeply',
      `type Query { a: ${'['.repeat(50_000)}Int${']'.repeat(50_000)} }`,
      'nested too deeply',
    ],
  ])('a schema with %s is an error', async (_what, schema, message) => {
    const { code, stdout, stderr } = await check(schema, RULES);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });

  test.each([
    ['invalid JSON', '{', 'rules.json is not valid JSON.'],
    ['no content', '{}', 'rules.json: rules: '],
    ['an empty list', { rules: [] }, 'rules.json: rules: '],
    ['a list', [], 'rules.json: the top level: '],
    ['null', 'null', 'rules.json: the top level: '],
    ['an unknown key', { rules: [{ ...DELETE, maxage: 3 }] }, 'maxage'],
    ['an unknown guard', { rules: [{ match: 'A.b', require: 'mfa' }] }, 'rules[0].require: '],
    ['a missing pattern', { rules: [{ require: 'stepUp' }] }, 'rules[0].match: must be TYPE.FIELD'],
    [
      'a pattern without a field',
      { rules: [{ ...DELETE, match: 'Mutation' }] },
      'rules[0].match: must be TYPE.FIELD',
    ],
    ['a regular expression', { rules: [{ ...DELETE, match: 'Mutation.(a+)+$' }] }, 'must be TYPE.FIELD'],
    ['a missing role', { rules: [{ match: 'A.b', require: 'requiresRole' }] }, 'rules[0].role: '],
    ['a first factor', { rules: [{ ...DELETE, accept: ['PASSWORD'] }] }, 'rules[0].accept[0]: '],
    ['a maxAge of zero', { rules: [{ ...DELETE, maxAge: 0 }] }, 'rules[0].maxAge: '],
    ['a prototype', '{"rules": [], "__proto__": {"rules": [1]}}', 'rules.json: '],
    [
      'a reason of two lines',
      { rules: [{ ...DELETE, reason: 'a\nb' }] },
      'rules[0].reason: must be one line',
    ],
  ])('a rules file with %s is an error', async (_what, rules, message) => {
    const { code, stdout, stderr } = await check('type Query { a: Int }', rules);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });

  test.each([
    [['policy'], 'Usage: stepgate policy '],
    [['policy', 'erase'], "Unknown command 'erase'."],
    [['policy', 'print'], "Missing required argument 'SCHEMA'."],
    [
      ['policy', 'print', 'schema.graphql', '--format', 'toString'],
      'Allowed choices are text, json, markdown.',
    ],
    [['policy', 'check', 'schema.graphql', '--lax'], "Unknown option '--lax'."],
    [['policy', 'check', 'schema.graphql', '--rules'], "Option '--rules <FILE>' argument missing."],
    [['policy', 'print', 'http://localhost:4000/graphql'], 'introspection does not show'],
    [['policy', 'print', '/nowhere.graphql'], 'Cannot read /nowhere.graphql (ENOENT).'],
    [['policy', 'print', 'src'], 'Cannot read src (EISDIR).'],
    [
      ['policy', 'check', 'schema.graphql', '--rules', '/nowhere.json'],
      'Cannot read the rules file /nowhere.json (ENOENT).',
    ],
  ])('invalid arguments exit with 2 and an error: stepgate %j', async (args, message) => {
    const { code, stdout, stderr } = await stepgate(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });

  test.each([
    [[], 2],
    [['toString'], 2],
    [['policy', '--help'], 0],
    [['policy'], 2],
    [['policy', 'check', 'schema.graphql', '--rules', '.stepgate-policy.json'], 0],
  ])('stepgate %j exits with %i', async (args, expected) => {
    const { code, stdout, stderr } = await runCommand('src/cli/stepgate.ts', args);
    expect(code).toBe(expected);
    expect(expected === 0 ? stdout : stderr).toMatch(/no violations|Usage:/);
  });

  test('--json has the same violations and warnings as the text', async () => {
    const rules = { rules: [DELETE, { match: 'Mutation.erase', require: 'authenticated' }] };
    const { code, stdout, stderr } = await check(
      'type Query { a: Int } type Mutation { deleteAll: Int }',
      rules,
      '--json',
    );
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      violations: [expect.stringContaining('Mutation.deleteAll has no guard; add @stepUp')],
      warnings: [expect.stringContaining('rule 2 (Mutation.erase) matches no field.')],
      summary: expect.stringMatching(/^1 field, 2 rules: 1 violation\./),
    });
  });

  test('a schema with 100,000 fields is checked within seconds', async () => {
    const types = Array.from(
      { length: 2000 },
      (_, at) =>
        `type T${at} { next: T${(at + 1) % 2000} ${Array.from({ length: 50 }, (_, field) => `f${field}: Int`).join(' ')} }`,
    );
    const schema = `type Query { first: T0 @authenticated } ${types.join('\n')}`;
    const { code, stdout } = await check(schema, { rules: [{ match: 'T*.f49', require: 'authenticated' }] });
    expect(code).toBe(1);
    expect(stdout).toContain('2000 violations');
  }, 20_000);
});

describe('policy explain', () => {
  const NOW = '2026-11-30T12:00:00Z';
  const at = Date.parse(NOW) / 1000;
  const claims = (totpAge: number) => ({
    sub: 'user',
    acr: 'aal2',
    roles: ['AUDITOR'],
    mfa: { c: { emailpassword: at - 3600, totp: at - totpAge }, e: ['totp'] },
  });

  async function explain(
    operation: string,
    token: string | object | null,
    ...args: string[]
  ): Promise<Outcome> {
    const sdl = await file('schema.graphql', BANK);
    const holder = token === null ? [] : ['--token', await file('token.txt', token)];
    const document = await file('operation.graphql', operation);
    return stepgate('policy', 'explain', sdl, '--operation', document, ...holder, '--at', NOW, ...args);
  }

  test('says which guard stands where, what the caller holds, and what is missing since when', async () => {
    const { code, stdout, stderr } = await explain('{ reports { losses } account { balance } }', claims(450));
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatchInlineSnapshot(`
      "The caller is at AAL2 with PASSWORD (3600 s ago), TOTP (450 s ago).

      open     reports  (Query.reports)
        + @authenticated on Query.reports: The caller is signed in.

      open     reports.losses  (Report.losses)
        + @requiresRole(role: AUDITOR) on Report: The caller has the role AUDITOR.
        + @stepUp(require: STRONGEST_ENROLLED) on Report.losses: TOTP was completed 450 seconds ago, of 600 seconds allowed.

      refused  account.balance  (Checking.balance)
        + @authenticated on Checking: The caller is signed in.
        - @stepUp(maxAge: 300) on Account.balance: The newest accepted factor was completed 450 seconds ago, which is 150 seconds too long.

      Refused.
      "
    `);
  });

  test('exits with 0 when every field is open', async () => {
    const { code, stdout } = await explain('{ account { balance } }', claims(10));
    expect([code, stdout.trim().split('\n').at(-1)]).toEqual([0, 'Every field is open.']);
  });

  test('without a token, nobody is signed in', async () => {
    const { code, stdout } = await explain('{ reports { title } }', null);
    expect(code).toBe(1);
    expect(stdout).toContain('Nobody is signed in.');
  });

  test('reads a token, prints nothing of it, and --json prints the same facts', async () => {
    const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const token = `${encoded({ alg: 'ES256' })}.${encoded(claims(10))}.c2lnbmF0dXJl`;
    const { code, stdout } = await explain('{ account { balance } }', token, '--json');
    expect(code).toBe(0);
    expect(stdout).not.toContain(token);
    expect(JSON.parse(stdout)).toMatchObject({ isOpen: true, caller: { level: 'AAL2' } });
  });

  test.each<[string, string, string | object | null, string]>([
    ['a document that is not GraphQL', '{', null, 'operation.graphql:1:2: Syntax Error'],
    ['an unknown field', '{ nothing }', null, 'operation.graphql:1:3: Cannot query field'],
    ['a token that is none', '{ account { id } }', 'eyJzZWNyZXQ', 'token.txt must contain an access token'],
    ['claims that are not an object', '{ account { id } }', '{"a":', 'token.txt must contain a JSON object'],
  ])('%s is an error that names the file and no secret', async (_, operation, token, message) => {
    const { code, stdout, stderr } = await explain(operation, token);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('eyJzZWNyZXQ');
  });
});
