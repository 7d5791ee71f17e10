// Malformed import files: an invalid record is reported and the others are imported. No report repeats a value.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { query } from '../harness/sql.ts';
import { reportOf, stepgate, temporaryFiles } from './commands.ts';

const { newFile } = temporaryFiles();

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app[Symbol.asyncDispose]());

const run = (path: string, ...args: string[]) => stepgate(app.databaseUrl, 'import', path, ...args);

async function imported(prefix: string): Promise<string[]> {
  const rows = await query<{ address: string }>(
    app.databaseUrl,
    'select address from email_address where address like $1 order by length(address), 1',
    [`${prefix}-%`],
  );
  return rows.map((row) => row.address.slice(prefix.length + 1, -'@example.com'.length));
}

describe('NDJSON', () => {
  test('NDJSON may have a byte order mark, CRLF, blank lines and no newline at the end', async () => {
    const path = await newFile(
      '\uFEFF{"email":"nd-1@example.com"}\r\n\r\n   \n{"email":"nd-2@example.com"}\r\n{"email":"nd-3@example.com"}',
    );
    expect((await run(path)).stdout).toContain('3 of 3 records imported');
    expect(await imported('nd')).toEqual(['1', '2', '3']);
  });

  test('each invalid NDJSON line is refused by itself, with its line number', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const path = await newFile(
      Buffer.concat([
        Buffer.from('{"email":"bad-1@example.com"}\n{"email":"bad-2@example.com"\n'),
        Buffer.from([0x7b, 0xff, 0xfe, 0x7d, 0x0a]),
        Buffer.from(`{"email":"bad-4@example.com","name":"${'x'.repeat(10_000_000)}"}\n`),
        Buffer.from(`{"email":"bad-5@example.com","name":${deep}}\n`),
        Buffer.from('{"email":"bad-6@example.com","__proto__":{"roles":["ADMIN"]}}\n'),
        Buffer.from('"bad-7@example.com"\n[]\nnull\n'),
        Buffer.from('{"email":"bad-10@example.com","name":"\\u0000"}\n'),
        Buffer.from('{"email":"bad-11@example.com","name":"\\ud800"}\n'),
        Buffer.from('{"email":"bad-12@example.com"}\n{"email":"bad-13@exam'),
      ]),
    );
    expect((await run(path)).code).toBe(1);
    expect(await imported('bad')).toEqual(['1', '12']);
    expect((await reportOf(path)).map(({ line, path: place, reason }) => [line, place, reason])).toEqual([
      [2, '', 'This line is not valid JSON.'],
      [3, '', 'This is not valid UTF-8.'],
      [4, '', 'The record exceeds the limit of 1000000 bytes.'],
      [5, 'name', 'This must be a string.'],
      [6, '__proto__', 'Unknown field.'],
      [7, '', 'Expected an object.'],
      [8, '', 'Expected an object.'],
      [9, '', 'Expected an object.'],
      [10, 'name', 'Remove the NUL character.'],
      [11, 'name', 'Remove the unpaired surrogate. The text is not well-formed Unicode.'],
      [13, '', 'This line is not valid JSON; the file may be truncated.'],
    ]);
  });
});

describe('JSON', () => {
  test('a JSON file may be a list, or an object with a `users` list among other fields', async () => {
    const list = await newFile(
      '\uFEFF [{"email":"js-1@example.com"},5,{"email":"js-3@example.com"}]',
      '.json',
    );
    expect((await run(list)).stdout).toContain('2 of 3 records imported, 1 refused');
    const object = await newFile(
      JSON.stringify({
        users2: [1],
        a: { users: [2] },
        users: [{ email: 'js-4@example.com' }],
        z: 'x'.repeat(200_000),
      }),
      '.json',
    );
    expect((await run(object)).code).toBe(0);
    expect(await imported('js')).toEqual(['1', '3', '4']);
  });

  test.each([
    ['is truncated', '[{"email":"cut-1@example.com"},{"email":"cut-2@', 'After record'],
    ['has no users', '{"people":[]}', 'The object has no list of `users`.'],
    ['has users that are not a list', '{"users":{"a":1}}', '`users` must be a list.'],
    ['is a string', '"secret-canary"', 'Expected a list of users or an object.'],
    ['is not valid JSON', '[{"email":secret-canary}]', 'After record 0: invalid JSON.'],
    ['is nested endlessly', `{"users":[{"name":${'['.repeat(50_000)}`, 'After record 0: invalid JSON.'],
  ])('a JSON document that %s stops the import with the position', async (_what, content, message) => {
    const { code, stdout, stderr } = await run(await newFile(content, '.json'));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('canary');
  });
});

describe('CSV', () => {
  test('a CSV cell may contain quotes, line breaks, semicolons and JSON', async () => {
    const path = await newFile(
      [
        '\uFEFFemail,name,phones,totp,emailVerified',
        'csv-1@example.com,"Doe, ""Jane""\nof Example",+14155552671; +14155552672,,',
        `csv-2@example.com,'=1+1,"[{""number"":""+14155552673"",""secondFactor"":true}]",JBSWY3DPEHPK3PXP,true`,
        'csv-3@example.com,,,,false',
        'csv-4@example.com,,,',
        'csv-5@example.com,,[{,,',
        'csv-6@example.com,,,,maybe',
        '',
      ].join('\r\n'),
      '.csv',
    );
    expect((await run(path)).stdout).toContain('2 of 6 records imported, 4 refused');
    const rows = await query(
      app.databaseUrl,
      `select u.name, array_agg(p.number || ' ' || p.second_factor order by p.number) as phones
       from user_account u join email_address e on e.user_id = u.id join phone_number p on p.user_id = u.id
       where e.address like 'csv-%' group by e.address, u.name order by e.address`,
    );
    expect(rows).toEqual([
      { name: 'Doe, "Jane" of Example', phones: ['+14155552671 false', '+14155552672 false'] },
      { name: '=1+1', phones: ['+14155552673 true'] },
    ]);
    expect((await reportOf(path)).map(({ record, line, path: place }) => [record, line, place])).toEqual([
      [3, 5, 'email'],
      [4, 6, ''],
      [5, 7, 'phones'],
      [6, 8, 'emailVerified'],
    ]);
  });

  test.each([
    [
      'an unknown column',
      'email,emial\na,b\n',
      'Unknown column 2. Expected one of: id, externalId, name, email,',
    ],
    ['a duplicate column', 'email,name,email\na,b,c\n', 'Duplicate column 3.'],
    ['an unclosed quote', 'email,name\na,"secret-canary\n', 'unclosed quote'],
    [
      'an unclosed quote in a large file',
      `email,name\na,"${'x\n'.repeat(600_000)}`,
      'row too long; a closing quote may be missing',
    ],
  ])('%s in a CSV file stops the import with the position', async (_what, content, message) => {
    const { code, stderr } = await run(await newFile(content, '.csv'));
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('canary');
  });
});

describe('a record', () => {
  const email = 'record@example.com';
  const own = '$stepgate-bcrypt$00000000$2b$12$U4C0ZY8OG8y41F9LusfKyu3HRMBL0rCZcKBVsXhgr.n8Ou6FPhzO2';
  test.each<[string, object, string, string]>([
    [
      'has neither an address nor a number',
      { name: 'Jo' },
      'email',
      'needs an email address, a phone number, a passkey or an account',
    ],
    ['has an invalid address', { email: 'jo@' }, 'email', 'Enter an email address'],
    ['has an unknown field', { email, pasword: 'x' }, 'pasword', 'Unknown field.'],
    ['has an unknown field in a phone', { phones: [{ numer: 1 }] }, 'phones.0.numer', 'Unknown field.'],
    [
      'has an invalid phone number',
      { phones: [{ number: '+19005550100' }] },
      'phones.0.number',
      'Enter a phone number',
    ],
    ['has an unknown role', { email, roles: ['KING'] }, 'roles.0', ''],
    ['has an id that is not a UUID', { email, id: '17' }, 'id', 'Enter a UUID'],
    ['was created in the future', { email, createdAt: '2999-01-01T00:00:00Z' }, 'createdAt', 'in the future'],
    ['has an invalid time', { email, createdAt: 1760000000 }, 'createdAt', ''],
    [
      'has a hash that takes hours to check',
      { email, passwordHash: `$2b$31$${'a'.repeat(21)}O${'a'.repeat(30)}O` },
      'passwordHash',
      'cost',
    ],
    ['has a plain password for a hash', { email, passwordHash: 'hunter2' }, 'passwordHash', 'not supported'],
    [
      'has a Stepgate hash made with an unknown key',
      { email, passwordHash: own },
      'passwordHash',
      'not in SECRET_KEYS',
    ],
    [
      'has a malformed Stepgate hash',
      { email, passwordHash: `${own}x` },
      'passwordHash',
      'not a valid Stepgate hash',
    ],
    [
      'has a hash that claims to be sealed',
      { email, passwordHash: '$stepgate-foreign$00000000.AAAA' },
      'passwordHash',
      'not a valid Stepgate hash',
    ],
    [
      'has a TOTP secret that is too short',
      { email, totp: 'JBSWY3DPEHPK3PX' },
      'totp.0.secret',
      '80 to 512 bits',
    ],
    [
      'has a TOTP secret that is not base32',
      { email, totp: ['JBSWY3DP0HPK3PXP'] },
      'totp.0.secret',
      'must be base32',
    ],
    [
      'has an app with eight digits',
      { email, totp: 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&digits=8' },
      'totp.0.secret',
      'Only TOTP with 6 digits',
    ],
    [
      'has an app with SHA256',
      { email, totp: 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&algorithm=SHA256' },
      'totp.0.secret',
      'Only TOTP with the algorithm SHA1',
    ],
    [
      'has a counter-based app',
      { email, totp: 'otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP' },
      'totp.0.secret',
      'counter',
    ],
    [
      'has a backup code that is too short',
      { email, backupCodes: ['12345'] },
      'backupCodes.0',
      'at least six',
    ],
    [
      'has the same backup code twice',
      { email, backupCodes: ['abcd-efgh', 'ABCDEFGH'] },
      'backupCodes.1',
      'twice',
    ],
    [
      'has too many backup codes',
      { email, backupCodes: Array.from({ length: 21 }, (_, at) => `code-${at}`) },
      'backupCodes',
      'at most 20',
    ],
    [
      'has a backup code digest made with an unknown key',
      { email, backupCodes: [`00000000.${'A'.repeat(43)}`] },
      'backupCodes.0',
      'SECRET_KEYS',
    ],
    [
      'has a backup code digest without an id',
      { email, backupCodes: [`1f744299.${'A'.repeat(43)}`] },
      'backupCodes.0',
      'Add the `id`',
    ],
    [
      'has the same number twice',
      { email, phones: [{ number: '+14155552661' }, { number: '+1 4155552661' }] },
      'phones.1.number',
      'already',
    ],
  ])('that %s is refused with the field and the reason', async (_what, record, place, reason) => {
    const path = await newFile([record]);
    expect((await run(path)).code).toBe(1);
    expect(await reportOf(path)).toEqual([
      { record: 1, line: 1, path: place, reason: expect.stringContaining(reason) },
    ]);
  });
});

describe('a file without a user', () => {
  test.each([
    ['empty NDJSON', '.ndjson', '', [], 'it has no records'],
    ['blank lines', '.ndjson', '\n \n', [], 'it has no records'],
    ['only a CSV header', '.csv', 'email,name\n', [], 'it has no records'],
    ['empty CSV', '.csv', '', [], 'it has no records'],
    ['empty JSON', '.json', '', [], 'Expected a list of users or an object'],
    ['an empty JSON list', '.json', '[]', [], 'it has no records'],
    [
      'only Django groups',
      '.json',
      '[{"model":"auth.group","pk":1,"fields":{}}]',
      ['--from', 'django'],
      'none of its 1 records',
    ],
    [
      'only federated users',
      '.json',
      '{"federatedUsers":[{"id":"f:1:x"}]}',
      ['--from', 'keycloak'],
      'federatedUsers',
    ],
    [
      'an empty list of users and federated ones',
      '.json',
      '{"users":[],"federatedUsers":[{}]}',
      ['--from', 'keycloak'],
      'it has no records',
    ],
  ])('is an error, not an import of zero users: %s', async (_what, ending, content, args, message) => {
    const path = await newFile(content, ending);
    for (const options of [[], ['--dry-run']]) {
      const { code, stdout, stderr } = await run(path, ...args, ...options);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(message);
    }
  });
});

test('a user is imported even after whole batches of records that are not users', async () => {
  const groups = Array.from({ length: 600 }, (_, pk) => ({ model: 'auth.group', pk, fields: {} }));
  const user = { model: 'auth.user', pk: 9001, fields: { email: 'after-groups@example.com', password: '!' } };
  const path = await newFile([...groups, user]);
  const { code, stdout } = await run(path, '--from', 'django', '--trust-unverified');
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining('1 of 601 records imported, 0 refused, 600 skipped'),
  });
});

describe('a file of another system', () => {
  const okta = {
    id: '00u1',
    status: 'ACTIVE',
    profile: { login: 'a@example.com' },
    credentials: {},
    _links: {},
  };
  test.each<[string, string, string, unknown]>([
    ['clerk', '.csv', 'Use --from clerk', 'id,password_digest,password_hasher\n1,x,y\n'],
    [
      'auth0',
      '.ndjson',
      'Use --from auth0',
      [{ user_id: 'auth0|1', email: 'a@example.com', email_verified: true }],
    ],
    ['supertokens', '.json', 'Use --from supertokens', { users: [{ loginMethods: [] }] }],
    ['supertokens', '.csv', 'Use --from supertokens', 'user_id,email,password_hash,time_joined\n1,a,b,c\n'],
    ['firebase', '.json', 'Use --from firebase', { users: [{ localId: 'x', email: 'a@example.com' }] }],
    ['Firebase, as CSV', '.csv', 'Use --from firebase', 'x1,a@example.com,true,aGFzaA==,c2FsdA==,Ann\n'],
    ['django', '.json', 'Use --from django', [{ model: 'auth.group', pk: 1, fields: {} }]],
    ['better-auth', '.csv', 'Use --from better-auth', 'id,email,emailVerified,password\n1,a,true,x\n'],
    ['keycloak', '.json', 'Use --from keycloak', { realm: 'x', users: [{ username: 'a', credentials: [] }] }],
    ['supabase', '.csv', 'Use --from supabase', 'id,email,encrypted_password,email_confirmed_at\n1,a,b,c\n'],
    ['cognito', '.json', 'Use --from cognito', { Users: [{ Username: 'a', Attributes: [] }] }],
    ['kratos', '.json', 'Use --from kratos', { identities: [{ id: 'x', schema_id: 'y', traits: {} }] }],
    ['fusionauth', '.json', 'Use --from fusionauth', { users: [{ email: 'a', encryptionScheme: 'bcrypt' }] }],
    ['wordpress', '.csv', 'Use --from wordpress', 'ID,user_login,user_pass,user_email\n1,a,b,c\n'],
    [
      'aspnet-identity',
      '.csv',
      'Use --from aspnet-identity',
      'Id,Email,EmailConfirmed,PasswordHash\n1,a,b,c\n',
    ],
    ['devise', '.csv', 'Use --from devise', 'id,email,encrypted_password\n1,a,b\n'],
    ['laravel', '.csv', 'Use --from laravel', 'id,email,email_verified_at,password\n1,a,b,c\n'],
    ['Okta', '.json', 'list of Okta users', [okta]],
    ['Clerk’s API', '.json', 'Export the CSV', [{ id: 'u', email_addresses: [], password_enabled: true }]],
  ])('is recognized: %s%s', async (_what, ending, message, content) => {
    const isText = typeof content === 'string' || ending === '.ndjson';
    const path = await newFile(isText ? (content as string) : JSON.stringify(content), ending);
    const { code, stdout, stderr } = await run(path);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('is recognized when --from names a third system, and accepted when it names the right one', async () => {
    const path = await newFile('ID,user_login,user_pass,user_email\n77,x,,third@example.com\n', '.csv');
    expect((await run(path, '--from', 'laravel')).stderr).toContain('Use --from wordpress');
    expect((await run(path, '--from', 'wordpress', '--trust-unverified')).code).toBe(0);
  });
});

test('no password, hash, secret or code appears in a report, the output, the log, or unencrypted in a table', async () => {
  const canaries = {
    hash: `$2b$04$canarycanarycanarycanO${'canary'.repeat(5)}O`,
    badHash: '$2b$99$canarycanarycanarycanabad',
    totp: 'CANARYCANARYCANARYCANARY',
    code: 'canary-code-one',
    badCode: 'canary!code!two',
    password: 'canary password in the clear',
  };
  const records = [
    {
      email: 'canary-1@example.com',
      passwordHash: canaries.hash,
      totp: canaries.totp,
      backupCodes: [canaries.code],
    },
    {
      email: 'canary-1@example.com',
      passwordHash: canaries.hash,
      totp: canaries.totp,
      backupCodes: [canaries.code],
    },
    { email: 'canary-2@example.com', passwordHash: canaries.badHash },
    { email: 'canary-3@example.com', passwordHash: canaries.password },
    { email: 'canary-4@example.com', totp: `${canaries.totp}!` },
    { email: 'canary-5@example.com', backupCodes: [canaries.badCode] },
    { email: 'canary-6@example.com', password: canaries.password },
    { email: 'canary-7@example.com', [canaries.hash]: 1 },
    { email: canaries.hash, name: 5, externalId: canaries.totp },
    {
      email: 'canary-8@example.com',
      roles: [canaries.totp],
      locale: canaries.code,
      createdAt: canaries.hash,
    },
  ];
  const path = await newFile(
    `${records.map((one) => JSON.stringify(one)).join('\n')}\n{"x":"${canaries.hash}"`,
  );
  const { code, stdout, stderr } = await run(path);
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout).toContain('1 of 11 records imported, 10 refused');
  const written = [stdout, stderr, JSON.stringify(await reportOf(path)), ...app.log];
  const tables = await query<{ name: string }>(
    app.databaseUrl,
    "select table_name as name from information_schema.tables where table_schema = 'public'",
  );
  for (const { name } of tables) {
    const rows = await query<{ row: string }>(app.databaseUrl, `select t::text as row from "${name}" t`);
    written.push(...rows.map(({ row }) => row));
  }
  expect(written.some((text) => text.includes('canary-1@example.com'))).toBe(true);
  for (const [what, secret] of Object.entries(canaries)) {
    for (const part of [secret, secret.slice(0, 12), secret.replaceAll('-', '')]) {
      expect(
        written.filter((text) => text.toLowerCase().includes(part.toLowerCase())),
        what,
      ).toEqual([]);
    }
  }
});
