// Email addresses: which ones are accepted, how they are compared, and how they are shown.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { smtpTransport } from '../../../src/delivery/smtp.ts';
import { emailAddress, looksLikeEmail } from '../../../src/factors/email/mailbox.ts';
import { maskEmail } from '../../../src/factors/email/mask.ts';
import { MailServer } from '../../delivery/mail-server.ts';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { PASSWORD, TestClient } from '../../harness/client.ts';
import { query } from '../../harness/sql.ts';
import { stepgate, temporaryFiles } from '../../import/commands.ts';

const { newFile } = temporaryFiles();

const read = (text: string) => emailAddress.safeParse(text);
const addressOf = (text: string): string | undefined => read(text).data?.address;
const LOCAL_64 = 'x'.repeat(64);

describe('an email address is accepted:', () => {
  test.each([
    ['jane&joe@example.com', 'jane&joe@example.com'],
    ['a/b@example.com', 'a/b@example.com'],
    ['a=b@example.com', 'a=b@example.com'],
    ['a!b@example.com', 'a!b@example.com'],
    ['a#b@example.com', 'a#b@example.com'],
    ["!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com"],
    ["o'brien+news@mail.example.co.uk", "o'brien+news@mail.example.co.uk"],
    ['-@example.com', '-@example.com'],
    ['Jane.Doe@EXAMPLE.com', 'jane.doe@example.com'],
    ['jane@123.example', 'jane@123.example'],
    ['jane@a--b.example', 'jane@a--b.example'],
    [`${LOCAL_64}@example.com`, `${LOCAL_64}@example.com`],
    [`${LOCAL_64}@${'d'.repeat(63)}.${'d'.repeat(63)}.${'d'.repeat(57)}.com`, expect.any(String)],
  ])('%s', (text, address) => {
    expect(addressOf(text)).toEqual(address);
  });
});

describe('all spellings of a domain give the same address:', () => {
  test.each([
    ['user@xn--e1afmkfd.xn--p1ai', 'user@xn--e1afmkfd.xn--p1ai'],
    ['user@пример.рф', 'user@xn--e1afmkfd.xn--p1ai'],
    ['USER@ПРИМЕР.РФ', 'user@xn--e1afmkfd.xn--p1ai'],
    ['jane@bücher.example', 'jane@xn--bcher-kva.example'],
    ['jane@bu\u0308cher.example', 'jane@xn--bcher-kva.example'],
    ['jane@XN--BCHER-KVA.example', 'jane@xn--bcher-kva.example'],
    ['jane@faß.example', 'jane@xn--fa-hia.example'],
    ['jane@fass.example', 'jane@fass.example'],
    ['jane@ｅxample.com', 'jane@example.com'],
    ['jane@exam\u00adple.com', 'jane@example.com'],
    [' jane@example.com\r\n', 'jane@example.com'],
    ['\u200e\u2068jane@example.com\u2069\u200b', 'jane@example.com'],
  ])('%j', (text, address) => {
    expect(addressOf(text)).toBe(address);
  });

  test('and normalising an address twice changes nothing', () => {
    const label = fc.stringMatching(/^[a-zäöüéбгд日本]{1,12}$/u);
    const local = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]{1,20}$/);
    fc.assert(
      fc.property(local, label, label, (name, one, other) => {
        const address = addressOf(`${name}@${one}.${other}`);
        fc.pre(address !== undefined);
        expect(address).toMatch(/^[\x21-\x7e]+$/);
        expect(addressOf(address ?? '')).toBe(address);
      }),
    );
  });
});

describe('an email address is rejected', () => {
  const FORM = /^Enter an email address,/;
  const LOOK_ALIKE = /only looks like/;
  const DOMAIN = /a domain name after the @/;
  test.each([
    ['without an @', 'jane', FORM],
    ['without a local part', '@example.com', FORM],
    ['with two @', 'jane@joe@example.com', FORM],
    ['with a dot at the start of the local part', '.jane@example.com', FORM],
    ['with two dots in a row', 'jane..doe@example.com', FORM],
    ['with a space', 'jane doe@example.com', FORM],
    ['with a comma, which could name a second recipient', 'a,b@example.com', FORM],
    ['with angle brackets', '<jane@example.com>', FORM],
    ['with a line break', 'jane\r\nBcc: x@example.com', FORM],
    ['with a quoted local part', '"jane doe"@example.com', FORM],
    ['with a local part of 65 octets', `${LOCAL_64}x@example.com`, /at most 64 characters/],
    [
      'with 255 octets',
      `${LOCAL_64}@${'d'.repeat(63)}.${'d'.repeat(63)}.${'d'.repeat(58)}.com`,
      /at most 254/,
    ],
    ['whose A-labels are too long for a domain', `jane@${`${'ü'.repeat(56)}.`.repeat(4)}com`, DOMAIN],
    [
      'that is too long only after NFC normalisation',
      `jane@${'\u00ad'.repeat(200)}${'\u0958'.repeat(30)}.example`,
      /at most 254/,
    ],
    ['with a domain of one label', 'jane@localhost', DOMAIN],
    ['with an IP address', 'jane@192.0.2.1', DOMAIN],
    ['with an address literal', 'jane@[192.0.2.1]', DOMAIN],
    ['with an underscore in the domain', 'jane@exa_mple.com', DOMAIN],
    ['with percent-encoding in the domain', 'jane@ex%61mple.com', DOMAIN],
    ['with a hyphen at the end of a label', 'jane@example-.com', DOMAIN],
    ['with a label of 64 octets', `jane@${'d'.repeat(64)}.com`, DOMAIN],
    ['with a dot at the end', 'jane@example.com.', DOMAIN],
    ['with an invalid A-label', 'jane@xn--zzzzzz.example', DOMAIN],
    ['with an override of the text direction', 'jane@exa\u202emple.com', DOMAIN],
    ['with an invisible joiner', 'jane@exa\u200cmple.com', DOMAIN],
    ['with a full-width @', 'jane＠example.com', LOOK_ALIKE],
    ['with a small @', 'jane﹫example.com', LOOK_ALIKE],
    ['with a second @ that only looks like one', 'jane＠example.com@example.org', LOOK_ALIKE],
    ['with a full-width dot', 'jane@example．com', LOOK_ALIKE],
    ['with an ideographic full stop', 'jane@example。com', LOOK_ALIKE],
    ['with a half-width ideographic full stop', 'jane@example｡com', LOOK_ALIKE],
    ['with a one dot leader', 'jane@example․com', LOOK_ALIKE],
    ['with a digit that includes a dot', 'jane@example⒈com', LOOK_ALIKE],
    ['with a Cyrillic local part', 'пользователь@example.com', /cannot send email/],
    ['with an accent in the local part', 'josé@example.com', /cannot send email/],
    ['with a Kelvin sign, whose small letter is k', '\u212aate@example.com', /cannot send email/],
    ['with an invisible character in the local part', 'ja\u200bne@example.com', /cannot send email/],
  ])('%s', (_what, text, message) => {
    const { error } = read(text);
    expect(error?.issues.map((one) => one.message)).toEqual([expect.stringMatching(message)]);
  });
});

test('a very long text is rejected quickly, whatever it contains', () => {
  const began = performance.now();
  for (const one of [' ', '\u200b', '.', 'a.', '@', '\u00ad', '\u0958']) {
    expect(addressOf(`jane@example.com${one.repeat(100_000)}x`)).toBeUndefined();
    expect(addressOf(`${one.repeat(100_000)}@example.com`)).toBeUndefined();
  }
  expect(performance.now() - began).toBeLessThan(1000);
});

test('an identifier with an @ of any width is an email address, and anything else is not', () => {
  for (const text of ['a@b', 'a＠b', 'a﹫b']) expect(looksLikeEmail(text)).toBe(true);
  for (const text of ['+14155552671', 'jane', '']) expect(looksLikeEmail(text)).toBe(false);
});

test.each([
  ['jane@example.com', 'j•••@e•••.com'],
  ['jane@mail.example.co.uk', 'j•••@m•••.uk'],
  ['j@a.io', 'j•••@a•••.io'],
  ['jane@bücher.example', 'j•••@b•••.example'],
])('the hint for %s is %s', (address, hint) => {
  expect(maskEmail(address)).toBe(hint);
});

describe('an email address with an international domain', () => {
  let app: TestApp;
  let client: TestClient;

  beforeAll(async () => {
    app = await startTestApp();
    client = new TestClient(app);
  });
  afterAll(() => app[Symbol.asyncDispose]());

  const TYPED = 'Jane@Bücher.example';
  const ADDRESS = 'jane@xn--bcher-kva.example';
  const SHOWN = '{ viewer { emailAddresses { address } } }';

  test('works in either form for sign-up, sign-in and password reset, and is shown as typed', async () => {
    const signUp = await client.startSignUp({ email: TYPED, password: PASSWORD });
    const done = await client.attempt(signUp.id, { emailCode: await client.codeFor(ADDRESS) });
    const { data } = await client.graphql(SHOWN, {}, done.session?.accessToken);
    expect(data.viewer.emailAddresses).toEqual([{ address: TYPED }]);
    for (const identifier of [TYPED, ADDRESS, 'JANE@bücher.EXAMPLE']) {
      const { id } = await client.startSignIn({ identifier });
      expect((await client.attempt(id, { password: PASSWORD })).status).toBe('COMPLETE');
      app.clock.advance(60);
      const reset = await client.startPasswordReset({ identifier });
      expect((await client.prepare(reset.id, 'EMAIL_CODE')).challenge).toMatchObject({
        factor: 'EMAIL_CODE',
      });
      const proved = await client.attempt(reset.id, { emailCode: await client.codeFor(ADDRESS) });
      expect(proved.status).toBe('NEEDS_NEW_PASSWORD');
    }
  });

  test('belongs to one user in all its forms', async () => {
    await client.startSignUp({ email: ADDRESS, password: 'the password of a stranger' });
    const [message] = await client.inbox();
    expect(message).toMatchObject({ to: ADDRESS, subject: 'You already have an account' });
  });

  test('is imported from a file and by the API, and exported as typed', async () => {
    const path = await newFile([{ email: 'Fred@Пример.рф' }, { email: 'fred@xn--e1afmkfd.xn--p1ai' }]);
    const { stdout } = await stepgate(app.databaseUrl, 'import', path);
    expect(stdout).toContain('1 of 2 records imported, 1 refused');
    const rows = await query(
      app.databaseUrl,
      "select address, typed from email_address where address like 'fred@%'",
    );
    expect(rows).toEqual([{ address: 'fred@xn--e1afmkfd.xn--p1ai', typed: 'Fred@Пример.рф' }]);

    const admin = await client.signUp('admin@example.com');
    await query(
      app.databaseUrl,
      `update user_account set roles = '["ADMIN"]' where id in (select user_id from email_address where address = $1)`,
      [admin.email],
    );
    const { tokens } = await client.enrollTotp(admin.accessToken);
    const { data } = await client.graphql(
      `mutation ($input: ImportUsersInput!) { importUsers(input: $input) {
        ... on ImportedUsers { imported { index } refused { index path message } }
      } }`,
      {
        input: {
          users: [
            { email: 'a!b@bücher.example' },
            { email: 'fred@пример.рф' },
            { email: 'josé@example.com' },
          ],
        },
      },
      tokens.accessToken,
    );
    expect(data.importUsers).toMatchObject({
      imported: [{ index: 0 }],
      refused: [
        { index: 1, path: 'email', message: 'Another user already has this email address.' },
        { index: 2, path: 'email', message: expect.stringMatching(/cannot send email/) },
      ],
    });
  });

  test.each(['startSignIn', 'startPasswordReset'] as const)(
    '%s says what is wrong with an invalid one',
    async (start) => {
      const step = await client[start]({ identifier: 'josé@example.com' });
      expect(step).toMatchObject({
        code: 'INVALID_INPUT',
        message: expect.stringMatching(/cannot send email/),
      });
    },
  );
});

test('an email to an unusual local part or an international domain reaches only that mailbox', async () => {
  await using server = await MailServer.start();
  const transport = smtpTransport(server.url, 'Example <auth@example.com>');
  const addresses = ['jane&joe', 'a/b', 'a=b', 'a!b', 'a#b', "!#$%&'*+-/=?^_`{|}~"]
    .map((local) => `${local}@example.com`)
    .concat(addressOf('jane@bücher.example') ?? '');
  for (const to of addresses) {
    await transport.send(
      { channel: 'email', to, subject: 'a subject', text: 'a text', html: null, code: null },
      { id: crypto.randomUUID(), signal: new AbortController().signal },
    );
  }
  // The mail server of the tests decodes A-labels in the envelope.
  const decoded = (one: string): string => one.replace('xn--bcher-kva', 'bücher');
  expect(server.mails.map((one) => one.recipients)).toEqual(addresses.map((one) => [decoded(one)]));
  expect(server.mails.map((one) => one.email.to?.[0]?.address)).toEqual(addresses);
});
