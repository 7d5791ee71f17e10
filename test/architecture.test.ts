// The layers of the design: imports only point down, and some things are allowed in one place only.
import { glob, readFile } from 'node:fs/promises';
import { dirname, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Class, parseSync, Visitor } from 'oxc-parser';
import { beforeAll, describe, expect, test } from 'vitest';

const SOURCE = fileURLToPath(new URL('../src', import.meta.url));

/** The layers from top to bottom. Files directly in `src` belong to the first layer. */
const LAYERS = [
  'cli',
  'start',
  'server',
  'graphql',
  'workflows',
  'export',
  'import',
  'users',
  'domains',
  'factors',
  'sessions',
  'delivery',
  'persistence',
  'graphiql',
  'client',
  'step-up',
  'policy',
  'config',
  'embedded-postgres',
  'breached-index',
  'platform',
] as const;

interface SourceFile {
  readonly path: string;
  readonly layer: string;
  readonly text: string;
  /** What it names: types too, and what it loads while it runs. */
  readonly imports: readonly string[];
  /** What must be loaded before it: neither types alone, nor `import()`. */
  readonly loads: readonly string[];
}

const files: SourceFile[] = [];

beforeAll(async () => {
  for await (const path of glob('**/*.{ts,tsx}', { cwd: SOURCE })) {
    const text = await readFile(`${SOURCE}/${path}`, 'utf8');
    files.push({ path, layer: layerOf(path), text, ...importsOf(path, text) });
  }
});

function importsOf(path: string, text: string): Pick<SourceFile, 'imports' | 'loads'> {
  const { module, program, errors } = parseSync(path, text);
  expect(errors, path).toEqual([]);
  const exported = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest, isType }) =>
      moduleRequest === null ? [] : { name: moduleRequest.value, isType },
    ),
  );
  // An import of nothing but types vanishes when the types are stripped; one for its effects has no entries at all.
  const imported = module.staticImports.map(({ moduleRequest, entries }) => ({
    name: moduleRequest.value,
    isType: entries.length > 0 && entries.every(({ isType }) => isType),
  }));
  const found = [...imported, ...exported];
  const dynamic: string[] = [];
  const add = (source: { readonly type: string; readonly value?: unknown }): void => {
    // A name that is computed could be anything, and there is no such import.
    expect(source.type, `${path} imports a computed name`).toBe('Literal');
    dynamic.push(String(source.value));
  };
  new Visitor({
    ImportExpression: ({ source }) => add(source),
    TSImportType: ({ source }) => add(source),
  }).visit(program);
  return {
    imports: [...new Set([...found.map(({ name }) => name), ...dynamic])],
    loads: [...new Set(found.filter(({ isType }) => !isType).map(({ name }) => name))],
  };
}

function layerOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : 'start';
}

/** The files of `src` that a file imports, as paths below `src`. */
function importedFiles({ path, imports }: Pick<SourceFile, 'path' | 'imports'>): string[] {
  return imports
    .filter((name) => name.startsWith('.'))
    .map((name) => normalize(relative(SOURCE, `${SOURCE}/${dirname(path)}/${name}`)))
    .filter((target) => !target.startsWith('..'));
}

interface SourceClass {
  readonly name: string;
  readonly base: string;
  readonly statics: readonly string[];
}

/** The classes that extend another one. */
function classesOf({ path, text }: SourceFile): SourceClass[] {
  const found: SourceClass[] = [];
  const visit = ({ id, superClass, body }: Class): void => {
    if (superClass?.type !== 'Identifier') return;
    const statics = body.body.flatMap((one) =>
      one.type === 'PropertyDefinition' && one.static && one.key.type === 'Identifier' ? [one.key.name] : [],
    );
    found.push({ name: id?.name ?? path, base: superClass.name, statics });
  };
  new Visitor({ ClassDeclaration: visit, ClassExpression: visit }).visit(parseSync(path, text).program);
  return found;
}

/** Names of Node's modules that send, or whose use could not be told from that. */
const SENDING = ['Agent', 'ClientRequest', 'connect', 'default', 'get', 'globalAgent', 'request', '*'];
const HTTP_MODULES = ['node:http', 'node:https', 'node:http2', 'http', 'https', 'http2'];
const HTTP_CLIENTS =
  /^(undici|axios|got|ky|node-fetch|cross-fetch|@whatwg-node\/fetch|superagent|request|hibp|.*-proxy-agent)$/;
const GLOBAL_CLIENTS = ['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource'];

/** With what a file could send something over HTTP: imports, and the global functions. */
function waysToSend({ path, text }: Pick<SourceFile, 'path' | 'text'>): string[] {
  const { module, program } = parseSync(path, text);
  const found = new Set<string>();
  for (const { moduleRequest, entries } of module.staticImports)
    for (const { importName, isType } of entries) {
      const name = importName.kind === 'Name' ? String(importName.name) : '*';
      if (!isType && HTTP_MODULES.includes(moduleRequest.value) && SENDING.includes(name))
        found.add(`${moduleRequest.value} ${name}`);
    }
  for (const name of importsOf(path, text).imports) if (HTTP_CLIENTS.test(name)) found.add(name);
  const visit = (node: unknown, parent: unknown, key: string): void => {
    if (Array.isArray(node)) for (const one of node) visit(one, parent, key);
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
    const { type, name } = node as { readonly type?: string; readonly name?: string };
    const { computed, shorthand, object } = parent as {
      computed?: boolean;
      shorthand?: boolean;
      object?: { readonly name?: string };
    };
    const isName = !computed && (key === 'property' || (key === 'key' && !shorthand));
    if (type === 'Identifier' && GLOBAL_CLIENTS.includes(name ?? '')) {
      if (!isName) found.add(name ?? '');
      else if (/^(globalThis|self|window|global)$/.test(object?.name ?? ''))
        found.add(`${object?.name}.${name}`);
    }
    for (const [under, child] of Object.entries(node)) visit(child, node, under);
  };
  visit(program, {}, '');
  return [...found].toSorted((a, b) => a.localeCompare(b));
}

/** The code without comments. */
function code({ text }: SourceFile): string {
  return text.replaceAll(/\/\*.*?\*\//gs, '').replaceAll(/(^|\s)\/\/.*$/gm, '');
}

function pathsWhere(matches: (file: SourceFile) => boolean): string[] {
  return files.filter(matches).map((file) => file.path);
}

/** Groups of files that import each other, directly or through others: Tarjan's strongly connected components. */
function circlesIn(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (path: string): number => {
    index.set(path, index.size);
    let lowest = index.size - 1;
    stack.push(path);
    for (const next of graph.get(path) ?? []) {
      if (!index.has(next)) lowest = Math.min(lowest, visit(next));
      else if (stack.includes(next)) lowest = Math.min(lowest, index.get(next) ?? 0);
    }
    low.set(path, lowest);
    if (lowest === index.get(path)) {
      const circle = stack.splice(stack.indexOf(path));
      if (circle.length > 1 || graph.get(path)?.includes(path)) circles.push(circle.toSorted());
    }
    return lowest;
  };
  for (const path of graph.keys()) if (!index.has(path)) visit(path);
  return circles;
}

/** What errors extend in the end. */
const BUILT_IN = ['Error', 'GraphQLError'];

const LONGEST = 250;
describe('the architecture', () => {
  const classes: SourceClass[] = [];
  beforeAll(() => classes.push(...files.flatMap(classesOf)));
  /** The class below the built-in one, such as `UserError`. */
  const rootOf = (name: string): string => {
    const base = classes.find((one) => one.name === name)?.base;
    return base === undefined || BUILT_IN.includes(base) ? name : rootOf(base);
  };
  const isError = (name: string): boolean =>
    BUILT_IN.includes(classes.find((one) => one.name === rootOf(name))?.base ?? '');

  test('the search for import cycles finds every cycle, and nothing else', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'e']],
      ['c', ['a']],
      ['d', ['a', 'd']],
      ['e', []],
    ]);
    expect(circlesIn(graph)).toEqual([['a', 'b', 'c'], ['d']]);
  });

  test('the search for imports finds every kind, and none in strings or comments', () => {
    const text = `
      import './effects.ts';
      import type { T } from './types.ts';
      import { type U, v } from './values.ts';
      export { w } from './exported.ts';
      export * from './everything.ts';
      const x = await import('./later.ts');
      type Y = import('./inline.ts').Y;
      const quoted = "import z from './text.ts'"; // import './comment.ts'
      const patterned = \`
import z from './template.ts';\`;
    `;
    const { imports, loads } = importsOf('example.ts', text);
    expect(imports.toSorted()).toEqual(
      ['effects', 'everything', 'exported', 'inline', 'later', 'types', 'values'].map((one) => `./${one}.ts`),
    );
    expect(loads.toSorted()).toEqual(
      ['effects', 'everything', 'exported', 'values'].map((one) => `./${one}.ts`),
    );
  });

  test('no imports form a cycle, neither of values nor of types', () => {
    const graph = (kind: 'imports' | 'loads') =>
      new Map(files.map((file) => [file.path, importedFiles({ path: file.path, imports: file[kind] })]));
    expect(circlesIn(graph('loads'))).toEqual([]);
    expect(circlesIn(graph('imports'))).toEqual([]);
  });

  test('no file has more than 250 lines', () => {
    const longer = files.filter(({ text }) => text.trimEnd().split('\n').length > LONGEST);
    expect(longer.map(({ path }) => path)).toEqual([]);
  });

  test('every file belongs to a layer, and the search finds imports in each layer', () => {
    expect(pathsWhere((file) => !LAYERS.some((layer) => layer === file.layer))).toEqual([]);
    expect(files.length).toBeGreaterThan(60);
    expect(files.flatMap(importedFiles).length).toBeGreaterThan(200);
  });

  test('an import never points up the layers', () => {
    const rank = (path: string): number => LAYERS.findIndex((layer) => layer === layerOf(path));
    const upward = files.flatMap((file) =>
      importedFiles(file)
        .filter((target) => rank(target) < rank(file.path))
        .map((target) => `${file.path} -> ${target}`),
    );
    expect(upward).toEqual([]);
  });

  test('the public step-up package imports only policy, the graphql libraries, jose and the Node modules that it needs', () => {
    const allowed =
      /^(graphql$|@graphql-tools\/utils$|@pothos\/core$|grafast$|jose$|node:crypto$|node:fs\/promises$|\.\.?\/)/;
    const foreign = files
      .filter((file) => file.layer === 'step-up')
      .flatMap((file) => [
        ...file.imports.filter((name) => !allowed.test(name)),
        ...importedFiles(file).filter((target) => !['step-up', 'policy'].includes(layerOf(target))),
      ])
      .toSorted();
    // Schema files are read by the command line, which prints what is wrong with them, and by no guard.
    // The conformance suite runs in tests only.
    expect([...new Set(foreign)]).toEqual(['node:assert/strict', 'platform/operator-error.ts']);
    const readers = files.filter((file) =>
      importedFiles(file).some((target) => target.startsWith('step-up/schema-file/')),
    );
    expect(new Set(readers.map(({ path }) => path.replace(/(schema-file|cli)\/.*/, '$1/')))).toEqual(
      new Set(['app.ts', 'cli/', 'step-up/schema-file/']),
    );
  });

  test('the public client imports none of our other code, and each library only in its own file', () => {
    const peers: Readonly<Record<string, RegExp>> = {
      'client/document.ts': /^graphql$/,
      'client/apollo.ts': /^(@apollo\/client(\/(errors|utilities))?|rxjs)$/,
      'client/urql.ts': /^(@urql\/core|wonka)$/,
      'client/react.ts': /^react$/,
    };
    const clients = files.filter((file) => file.layer === 'client');
    const foreign = clients.flatMap((file) => [
      ...file.imports.filter((name) => !name.startsWith('./') && !peers[file.path]?.test(name)),
      ...importedFiles(file).filter((target) => layerOf(target) !== 'client'),
    ]);
    expect(foreign).toEqual([]);
    const others = files.filter(({ layer }) => !['client', 'graphiql'].includes(layer));
    expect(others.flatMap(importedFiles)).not.toContainEqual(expect.stringMatching(/^client\//));
  });

  test('GraphiQL’s plugin imports only our packages and its peers, and runs in browsers only', () => {
    const allowed = /^(react|react\/jsx-runtime|graphql|@graphiql\/(react|toolkit))$/;
    const ofPage = /^(graphiql(\/.*)?|react-dom\/client)$/;
    const plugin = files.filter(({ layer }) => layer === 'graphiql');
    const isOfPage = ({ path }: SourceFile): boolean => path.startsWith('graphiql/page/');
    const foreign = plugin.flatMap((file) => [
      ...file.imports.filter(
        (name) => !name.startsWith('.') && !allowed.test(name) && !(isOfPage(file) && ofPage.test(name)),
      ),
      ...importedFiles(file).filter(
        (target) => !['graphiql', 'client', 'step-up', 'policy'].includes(layerOf(target)),
      ),
    ]);
    expect(foreign).toEqual([]);
    const intoPage = plugin.filter((file) => !isOfPage(file)).flatMap(importedFiles);
    expect(intoPage).not.toContainEqual(expect.stringMatching(/^graphiql\/page\//));
    // The server fills the settings of the page in. It imports their type only.
    const others = files.filter(({ layer }) => layer !== 'graphiql');
    expect(others.flatMap(importedFiles).filter((target) => target.startsWith('graphiql/'))).toEqual([
      'graphiql/page/settings.ts',
    ]);
    expect(others.flatMap(({ loads }) => loads)).not.toContainEqual(
      expect.stringContaining('/graphiql/page/'),
    );
  });

  test('policy is pure: it imports only itself', () => {
    const foreign = files
      .filter((file) => file.layer === 'policy')
      .flatMap((file) => [
        ...file.imports.filter((name) => !name.startsWith('.')),
        ...importedFiles(file).filter((target) => layerOf(target) !== 'policy'),
      ]);
    expect(foreign).toEqual([]);
  });

  test('the embedded PostgreSQL and the index of breached passwords know nothing else of Stepgate', () => {
    const apart = ['embedded-postgres', 'breached-index'];
    const foreign = files
      .filter(({ layer }) => apart.includes(layer))
      .flatMap((file) =>
        importedFiles(file).filter((target) => ![file.layer, 'platform'].includes(layerOf(target))),
      );
    expect(foreign).toEqual([]);
  });

  test('the environment is read only where the program starts, and parsed only in config', () => {
    // The supervisor of the embedded PostgreSQL is a separate program that passes on a few variables.
    const readers = pathsWhere((file) => /process\.env\b/.test(code(file)));
    expect(readers.filter((path) => !/^(main\.ts|cli\/|embedded-postgres\/)/.test(path))).toEqual([]);
    const parsers = pathsWhere((file) => /process\.env(\.|\[)/.test(code(file)));
    expect(parsers.filter((path) => !/^(cli\/demo[./]|embedded-postgres\/)/.test(path))).toEqual([]);
  });

  test('time and randomness come only from platform', () => {
    const sources = /\bDate\.now\(|new Date\(\)|Math\.random\(|import [^;]*random[^;]*'node:crypto'/;
    const users = pathsWhere((file) => file.layer !== 'platform' && sources.test(code(file)));
    // The demo and its device, the public client and the supervisor of the embedded PostgreSQL are separate programs, and tokens are
    // verified in other servers.
    const elsewhere =
      /^(cli\/demo(\.ts|\/approving-device\.ts)|client\/(lifetime|session-watch)\.ts|graphiql\/|embedded-postgres\/|step-up\/present-token\.ts)/;
    expect(users.filter((path) => !elsewhere.test(path))).toEqual([]);
  });

  test('connections to PostgreSQL are made in one file, with the settings that the program relies on', () => {
    const makers = pathsWhere((file) => /\bnew (pg\.)?(Client|Pool)\(/.test(code(file)));
    // The embedded PostgreSQL creates its database before other connections.
    expect(makers.toSorted()).toEqual(['embedded-postgres/superuser.ts', 'persistence/connection.ts']);
  });

  test('I4: nothing is sent over HTTP but by the guarded client', () => {
    // Clients of the server, also in browsers, and guards that run in other servers.
    const isElsewhere = ({ path, layer }: SourceFile): boolean =>
      ['client', 'graphiql', 'step-up'].includes(layer) || /^cli\/demo(\.ts|\/)/.test(path);
    const senders = files.filter((file) => !isElsewhere(file) && waysToSend(file).length > 0);
    expect(senders.map((file) => [file.path, waysToSend(file)])).toEqual([
      [
        'platform/outgoing.ts',
        ['node:http Agent', 'node:http request', 'node:https Agent', 'node:https request'],
      ],
    ]);
    const example = `
      import { get } from 'node:https';
      import * as http from 'node:http';
      import { createServer, type Agent } from 'node:http';
      import axios from 'axios';
      const own = { fetch: 1, ...globalThis.fetch };
      own.fetch(fetch);
      new WebSocket('wss://x');
      const { Agent: Undici } = await import('undici');
    `;
    expect(waysToSend({ path: 'example.ts', text: example })).toEqual([
      'axios',
      'fetch',
      'globalThis.fetch',
      'node:http *',
      'node:https get',
      'undici',
      'WebSocket',
    ]);
    // The server does not read the keys of other issuers. It would not be guarded.
    expect(files.filter(({ layer, text }) => layer !== 'step-up' && /createRemoteJWKSet/.test(text))).toEqual(
      [],
    );
  });

  test('no SQL is written in graphql: each statement belongs to the layer that owns its table', () => {
    const statement =
      /\bsqlOf\b|\.getKysely\(|\.createQueryBuilder\(|\bem\.(execute|find\w*|count|persist|flush)\(/;
    const writesSql = (file: SourceFile) => file.imports.includes('kysely') || statement.test(code(file));
    const writers = files.filter(writesSql).map(({ layer }) => layer);
    expect(writers).toContain('users');
    expect(writers).not.toContain('graphql');
  });

  test('a vendor’s SDK is imported only in delivery or in its factor', () => {
    const vendors = /^(twilio|nodemailer|otplib|bcrypt|qrcode|graphile-worker)$/;
    const users = files.filter((file) => file.imports.some((name) => vendors.test(name)));
    const strangers = users
      .filter(({ layer }) => layer !== 'delivery' && layer !== 'factors')
      .map((file) => file.path);
    // The migrations create the tables of the job queue, and the demo simulates an authenticator app.
    expect(strangers.toSorted()).toEqual(['cli/demo.ts', 'persistence/migrations.ts']);
  });

  test('imported hashes are compared in constant time', () => {
    const schemes = files.filter(({ path, text }) =>
      /^factors\/password\/legacy-hash\/.*verify: \(/s.test(path + text),
    );
    expect(schemes.length).toBeGreaterThan(6);
    const comparisons = (file: SourceFile): number =>
      code(file)
        .split('verify: (')
        .slice(1)
        .filter((verify) => /timingSafeEqual\(|compareSync\(/.test(verify)).length;
    const loose = schemes.filter((file) => comparisons(file) < code(file).split('verify: (').length - 1);
    expect(loose.map((file) => file.path)).toEqual([]);
  });

  test('a chart only decides: it imports nothing with side effects', () => {
    const allowed =
      /^(policy|workflows\/(effects\/declared|event|first-authenticator|keep-evidence|two-steps)\.ts)/;
    const foreign = files
      .filter((file) => file.path.endsWith('chart.ts'))
      .flatMap((file) => importedFiles(file).filter((target) => !allowed.test(target)));
    expect(foreign).toEqual([]);
  });

  test('an error is named after its root: what happened, for a client, and with the suffix Error for everything else', () => {
    const named = classes.filter(({ name }) => isError(name));
    expect(named.length).toBeGreaterThan(50);
    const misnamed = named.filter(
      ({ name }) => name.endsWith('Error') === (name !== 'UserError' && rootOf(name) === 'UserError'),
    );
    // A name that the package exports stays.
    expect(misnamed.map(({ name }) => name)).toEqual(['UnexpectedAnswer']);
  });

  test('a new error is for a client or for an operator, unless it is caught inside or thrown by the package', () => {
    const others = classes.filter(
      ({ name, base }) => base === 'Error' && !name.match(/^(User|Operator)Error$/),
    );
    expect(others.map(({ name }) => name).toSorted()).toEqual([
      'AnswerRefusedError',
      'BreachedUnavailableError',
      'DeliveryError',
      'LegacyHashError',
      'LimitReachedError',
      'LogoutTokenRefusedError',
      'MalformedDerError',
      'MalformedProofError',
      'MalformedXmlError',
      'OcspResponseError',
      'OtherHostError',
      'OutgoingError',
      'OverloadedError',
      'PrivateAddressError',
      'RecordError',
      'RefusedError',
      'RequirementError',
      'RollbackError',
      'StepUpError',
      'TotpSecretError',
      'TrustFileError',
      'UnexpectedAnswer',
      'UnguardedError',
      'UnknownHashError',
    ]);
  });

  test('each error for a client describes itself, and the schema has no other description of it', () => {
    const userErrors = classes.filter(({ name }) => name !== 'UserError' && rootOf(name) === 'UserError');
    expect(userErrors.length).toBeGreaterThan(20);
    expect(userErrors.filter(({ statics }) => !statics.includes('description'))).toEqual([]);
    const { text } = files.find(({ path }) => path === 'graphql/error-codes.ts') ?? { text: '' };
    for (const { name } of userErrors) expect(text, name).toContain(`: ${name},`);
  });

  test('an error that ends a program is printed in one place', () => {
    const printers = pathsWhere((file) => /stderr\.write\([^;]*\b(error|message|stack)\b/.test(code(file)));
    expect(printers).toEqual(['platform/operator-error.ts']);
  });

  test('texts say email, and E-Mail in German only', () => {
    const german = /\bde: '[^']*'/g;
    const wrong = pathsWhere(({ text }) => /e-mail/i.test(text.replaceAll(german, '')));
    expect(wrong).toEqual(['delivery/messages/de.ts']);
  });

  test('no file is named utils or helpers, and every file starts with a comment', () => {
    expect(pathsWhere((file) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.tsx?$)/.test(file.path))).toEqual(
      [],
    );
    expect(pathsWhere((file) => !/^(#!.*\n)?\/(\/|\*\*)/.test(file.text))).toEqual([]);
  });
});
