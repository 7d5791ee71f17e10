// O2: a domain belongs to a tenant by a DNS record, to one tenant at most. Against a real name server.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../delivery/queue.ts';
import { entry, providersFile } from '../factors/oauth/visits.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { runHere } from '../harness/command.ts';
import { NameServer } from '../harness/name-server.ts';
import { query } from '../harness/sql.ts';
import { ADD, CHECK, DomainOwner, LIST, REMOVE, signUpIn } from './domain-owner.ts';

const DAY_SECONDS = 86_400;
const NOWHERE = { issuer: 'http://127.0.0.1:1' };

let names: NameServer;
let app: TestApp;
let file: string;
let acme: DomainOwner;
let globex: DomainOwner;
let count = 0;
let name: string;

beforeAll(async () => {
  names = await NameServer.start();
  file = await providersFile([
    entry('work', NOWHERE),
    entry('other', NOWHERE),
    entry('ofglobex', NOWHERE, { tenant: 'globex' }),
    { id: 'github', preset: 'github', clientId: 'a', clientSecret: 'b' },
  ]);
  app = await startTestApp({ PROVIDERS_FILE: file, DNS_SERVERS: names.address });
  acme = await DomainOwner.of(app, names, 'acme');
  globex = await DomainOwner.of(app, names, 'globex');
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await names[Symbol.asyncDispose]();
});
beforeEach(() => {
  count += 1;
  name = `widgets-${count}.com`;
  names.failure = null;
  names.asked.length = 0;
});

interface Stored {
  readonly verified: boolean;
  readonly missing: boolean;
  readonly active: boolean;
}

const stored = async (tenant = 'acme'): Promise<Stored | undefined> =>
  (
    await query<Stored>(
      app.databaseUrl,
      `select verified_at is not null as verified, missing_at is not null as missing, activated_at is not null as active
       from email_domain where tenant_id = $1 and name = $2`,
      [tenant, name],
    )
  )[0];
const audited = async (): Promise<string[]> =>
  (
    await query<{ type: string }>(
      app.databaseUrl,
      'select type from audit_event where about = $1 order by occurred_at, type',
      [name],
    )
  ).map(({ type }) => type);

describe('proving a domain', () => {
  test('O2: a domain is proved by its record and by nothing else, and captures nobody by that', async () => {
    const added = await acme.add(` ${name.toUpperCase()}. `);
    expect(added).toMatchObject({ name, providerId: 'work', status: 'UNPROVED', verifiedAt: null });
    expect(added.record.name).toBe(`_stepgate.${name}`);
    expect(added.record.value).toMatch(/^stepgate-domain=[\w-]{43}$/);
    expect((await acme.check(name)).code).toBe('DOMAIN_NOT_PROVED');
    names.publish(name, [added.record.value]); // at the name itself
    names.publish(added.record.name, [added.record.value.slice(0, -1)]);
    expect((await acme.check(name)).code).toBe('DOMAIN_NOT_PROVED');
    acme.publish(added);
    expect(await acme.check(name)).toMatchObject({ status: 'DRAFT', verifiedAt: expect.any(String) });
    expect(await stored()).toEqual({ verified: true, missing: false, active: false });
    expect(await audited()).toEqual(['domain.added', 'domain.proved']);
  });

  test('O2: the record of one tenant proves the domain for no other one', async () => {
    acme.publish(await acme.add(name));
    await globex.add(name);
    expect((await globex.check(name)).code).toBe('DOMAIN_NOT_PROVED');
  });

  test('O2: a domain belongs to one tenant at most, also when both have published a record', async () => {
    const [one, other] = [await acme.add(name), await globex.add(name)];
    names.publish(one.record.name, [one.record.value], [other.record.value]);
    const replies = [await acme.check(name), await globex.check(name)];
    expect(replies.map(({ status, code }) => status ?? code).toSorted()).toEqual(['DOMAIN_TAKEN', 'DRAFT']);
    // Whether the first one still has it is looked up at once.
    const due = await query(
      app.databaseUrl,
      'select from email_domain where name = $1 and verified_at is not null and next_check_at <= $2',
      [name, app.clock.now()],
    );
    expect(due).toHaveLength(1);
    await expect(
      query(app.databaseUrl, 'update email_domain set verified_at = now() where name = $1', [name]),
    ).rejects.toThrow('email_domain_name_unique');
  });

  test('O2: a name server that fails changes nothing', async () => {
    acme.publish(await acme.add(name));
    names.failure = 'SERVFAIL';
    expect((await acme.check(name)).code).toBe('DNS_UNAVAILABLE');
    expect((await stored())?.verified).toBe(false);
  });

  test('O2: public suffixes and domains of mail providers are refused', async () => {
    for (const refused of ['gmail.com', 'co.uk', 'no domain'])
      expect((await acme.add(refused)).code).toBe('DOMAIN_REFUSED');
  });

  test('a tenant has a limited number of domains', async () => {
    await query(
      app.databaseUrl,
      `insert into email_domain (tenant_id, name, id, token, provider, created_at)
       select 'globex', 'many-' || n || '.com', gen_random_uuid(), 'x', 'work', now() from generate_series(1, 100) n`,
    );
    expect((await globex.add(name)).code).toBe('TOO_MANY_DOMAINS');
    await query(app.databaseUrl, "delete from email_domain where name like 'many-%'");
  });
});

describe('who may', () => {
  test('O4: a provider of another tenant cannot be bound, as if it did not exist', async () => {
    const [foreign, unknown] = [await acme.add(name, 'ofglobex'), await acme.add(name, 'nothing')];
    expect(foreign).toEqual(unknown);
    expect(foreign.code).toBe('PROVIDER_NOT_FOUND');
    expect((await globex.add(name, 'ofglobex')).providerId).toBe('ofglobex');
  });

  test('O4: a provider whose accounts belong to persons cannot be bound', async () => {
    expect((await acme.add(name, 'github')).code).toBe('PROVIDER_NOT_FOR_DOMAINS');
  });

  test('O1: an administrator neither sees, checks nor removes the domains of another tenant', async () => {
    acme.publish(await acme.add(name));
    names.asked.length = 0;
    expect((await globex.check(name)).code).toBe('NOT_FOUND');
    expect((await globex.remove(name)).code).toBe('NOT_FOUND');
    expect((await globex.list()).map((one) => one.name)).not.toContain(name);
    expect((await acme.list()).map((one) => one.name)).toContain(name);
    expect(names.asked).toEqual([]);
    expect(await stored()).toBeDefined();
  });

  test('each operation needs the role and a proof that is bound to it', async () => {
    const user = await signUpIn(acme.client, 'acme');
    for (const [document, variables] of [
      [ADD, { name, providerId: 'work' }],
      [CHECK, { name }],
      [REMOVE, { name }],
    ] as const) {
      const [nobody, stranger, administrator] = await Promise.all(
        [undefined, user.accessToken, acme.token].map((token) =>
          acme.client.graphql(document, variables, token),
        ),
      );
      expect(nobody?.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
      expect(stranger?.errors[0]?.extensions.code).toBe('FORBIDDEN');
      expect(administrator?.errors[0]?.extensions).toMatchObject({
        code: 'STEP_UP_REQUIRED',
        bind: 'OPERATION',
      });
    }
    expect((await acme.client.graphql(LIST, {}, user.accessToken)).errors[0]?.extensions.code).toBe(
      'FORBIDDEN',
    );
    expect(await stored()).toBeUndefined();
  });

  test('another provider makes a domain a draft again, and a domain that is added twice stays as it is', async () => {
    const proved = await acme.prove(name);
    expect(await acme.add(name)).toMatchObject({ status: 'DRAFT', record: proved.record });
    await query(
      app.databaseUrl,
      "update email_domain set activated_at = now(), active_digest = 'x', tested_digest = 'x' where name = $1",
      [name],
    );
    expect((await acme.list()).find((one) => one.name === name)?.status).toBe('CHANGED');
    expect(await acme.add(name, 'other')).toMatchObject({
      providerId: 'other',
      status: 'DRAFT',
      testedAt: null,
    });
    expect(await acme.notices()).toContain(`Users of ${name} no longer sign in with an identity provider`);
    expect(await audited()).toContain('domain.provider-changed');
  });
});

describe('the weekly check', () => {
  /** A domain that is active, as far as the table says. */
  async function active(): Promise<string> {
    await acme.signInAgain();
    const { record } = await acme.prove(name);
    await query(
      app.databaseUrl,
      "update email_domain set activated_at = now(), active_digest = 'x', tested_digest = 'x' where name = $1",
      [name],
    );
    return record.name;
  }

  /** The job of the worker, some days later. */
  async function daysLater(days: number): Promise<void> {
    app.clock.advance(days * DAY_SECONDS);
    names.asked.length = 0;
    await query(app.databaseUrl, "select graphile_worker.add_job('check-domains')");
    await until(async () =>
      expect(
        await query(
          app.databaseUrl,
          "select from graphile_worker.jobs where task_identifier = 'check-domains'",
        ),
      ).toEqual([]),
    );
  }

  test('O2: a domain is checked every week, and stays while its record is there', async () => {
    const record = await active();
    await daysLater(6);
    expect(names.asked).not.toContain(record);
    await daysLater(1);
    expect(names.asked).toContain(record);
    expect(await stored()).toEqual({ verified: true, missing: false, active: true });
  });

  test('O2: a record that is missing for a week loses the domain; its administrators are told, and nobody is deleted', async () => {
    const record = await active();
    const users = await query(app.databaseUrl, 'select id from user_account');
    names.withdraw(record);
    await daysLater(7);
    expect(await stored()).toEqual({ verified: true, missing: true, active: true });
    expect(await acme.notices()).toContain(`The DNS record of ${name} is missing`);
    expect(await globex.notices()).not.toContain(`The DNS record of ${name} is missing`);
    await daysLater(6);
    expect(await stored()).toEqual({ verified: true, missing: true, active: true });
    await daysLater(1);
    expect(await stored()).toEqual({ verified: false, missing: false, active: false });
    expect(await acme.notices()).toContain(`The domain ${name} was lost`);
    expect(await audited()).toEqual(['domain.added', 'domain.proved', 'domain.missing', 'domain.lost']);
    expect(await query(app.databaseUrl, 'select id from user_account')).toHaveLength(users.length);
    const [row] = await query<{ tested_digest: string | null; next_check_at: Date | null }>(
      app.databaseUrl,
      'select tested_digest, next_check_at from email_domain where name = $1',
      [name],
    );
    expect(row).toEqual({ tested_digest: null, next_check_at: null });
  });

  test('O2: a record that comes back within the week keeps the domain, and starts the time anew', async () => {
    const record = await active();
    const [row] = await query<{ token: string }>(
      app.databaseUrl,
      'select token from email_domain where name = $1',
      [name],
    );
    names.withdraw(record);
    await daysLater(7);
    names.publish(record, [`stepgate-domain=${row?.token}`]);
    await daysLater(3);
    expect(await stored()).toEqual({ verified: true, missing: false, active: true });
    names.withdraw(record);
    await daysLater(7);
    await daysLater(6);
    expect((await stored())?.active).toBe(true);
  });

  test('O2: name servers that fail for a month lose nothing', async () => {
    await active();
    names.failure = 'SERVFAIL';
    for (let week = 0; week < 5; week += 1) await daysLater(7);
    expect(await stored()).toEqual({ verified: true, missing: false, active: true });
  });

  test('O2: an outage while the record is missing does not count as an absence', async () => {
    const record = await active();
    names.withdraw(record);
    await daysLater(7);
    names.failure = 'SERVFAIL';
    await daysLater(8);
    expect((await stored())?.active).toBe(true);
  });
});

describe('the command line', () => {
  const run = (...args: string[]) =>
    runHere(['domains', ...args], {
      DATABASE_URL: app.databaseUrl,
      PROVIDERS_FILE: file,
      DNS_SERVERS: names.address,
    });

  test('adds, checks, lists and removes a domain, and is audited as an operator', async () => {
    const added = await run('add', name, '--provider', 'work', '--tenant', 'acme');
    expect(added).toMatchObject({ code: 0 });
    const [, record = '', value = ''] = /TXT record: (\S+) "(\S+)"/.exec(added.stdout) ?? [];
    expect(await run('check', name, '--tenant', 'acme')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('was not found'),
    });
    names.publish(record, [value]);
    expect((await run('check', name, '--tenant', 'acme')).stdout).toContain('DRAFT');
    expect(await run('list', '--tenant', 'acme')).toMatchObject({ stdout: expect.stringContaining(name) });
    const { stdout } = await run('list', '--tenant', 'acme', '--json');
    expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ name, status: 'DRAFT' }));
    expect(await run('remove', name, '--tenant', 'globex')).toMatchObject({ code: 1 });
    expect(await run('remove', name, '--tenant', 'acme')).toMatchObject({
      code: 0,
      stdout: `Removed ${name}.\n`,
    });
    expect(
      await query(app.databaseUrl, 'select distinct actor_kind from audit_event where about = $1', [name]),
    ).toEqual([{ actor_kind: 'OPERATOR' }]);
  });

  test('exempts an administrator who has a second factor, and nobody else', async () => {
    const user = await signUpIn(acme.client, 'acme');
    const inAcme = (word: string, email: string) => run(word, email, '--tenant', 'acme');
    expect(await inAcme('exempt', user.email)).toMatchObject({ code: 1 });
    expect(await inAcme('exempt', acme.email)).toMatchObject({ code: 0 });
    const named = () => query(app.databaseUrl, 'select id from user_account where without_provider');
    expect(await named()).toHaveLength(1);
    expect(await inAcme('unexempt', acme.email)).toMatchObject({ code: 0 });
    expect(await named()).toEqual([]);
  });

  test('refuses what the API refuses, with what to do', async () => {
    expect(await run('add', 'gmail.com', '--provider', 'work')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('mail provider'),
    });
    expect(await run('add', name, '--provider', 'ofglobex', '--tenant', 'acme')).toMatchObject({ code: 1 });
    expect(await run('add', name)).toMatchObject({ code: 2 });
    expect((await run('list', '--tenant', 'nowhere')).code).toBe(2);
  });
});
