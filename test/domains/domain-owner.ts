// An administrator who owns domains, for tests: approves each operation with an authenticator app, and publishes records.
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { TestApp } from '../harness/app.ts';
import { PASSWORD, type Person, TestClient, tokensOf } from '../harness/client.ts';
import type { NameServer } from '../harness/name-server.ts';
import { query } from '../harness/sql.ts';

export const DOMAIN =
  'name providerId status verifiedAt missingSince testedAt activatedAt record { name value }';
const SELECTION = `__typename ... on UserError { code message } ... on Domain { ${DOMAIN} }`;

export const ADD = `mutation ($name: String!, $providerId: ID!) { addDomain(name: $name, providerId: $providerId) { ${SELECTION} } }`;
export const CHECK = `mutation ($name: String!) { checkDomain(name: $name) { ${SELECTION} } }`;
export const REMOVE = `mutation ($name: String!) { removeDomain(name: $name) { ${SELECTION} } }`;
export const LIST = `{ domains { ${DOMAIN} } }`;

export interface ShownDomain {
  readonly __typename: string;
  readonly code?: string;
  readonly message?: string;
  readonly name: string;
  readonly providerId: string;
  readonly status: string;
  readonly verifiedAt: string | null;
  readonly missingSince: string | null;
  readonly testedAt: string | null;
  readonly activatedAt: string | null;
  readonly record: { readonly name: string; readonly value: string };
}

/** A new user of a tenant. */
export async function signUpIn(
  client: TestClient,
  tenant: string,
  email = `${randomUUID()}@example.com`,
): Promise<Person> {
  const started = await client.startSignUp({ email, password: PASSWORD, tenant });
  const done = await client.attempt(started.id, { emailCode: await client.codeFor(email) });
  return { email, password: PASSWORD, ...tokensOf(done) };
}

interface Owned {
  readonly tenant: string;
  readonly email: string;
  readonly password: string;
  readonly secret: string;
  readonly token: string;
}

export class DomainOwner {
  readonly client: TestClient;
  readonly #app: TestApp;
  readonly #names: NameServer | null;
  readonly tenant: string;
  readonly email: string;
  readonly password: string;
  readonly secret: string;
  token: string;

  private constructor(
    app: TestApp,
    names: NameServer | null,
    { tenant, email, password, secret, token }: Owned,
  ) {
    this.#app = app;
    this.#names = names;
    this.client = new TestClient(app);
    this.tenant = tenant;
    this.email = email;
    this.password = password;
    this.secret = secret;
    this.token = token;
  }

  /** A new administrator of the tenant. */
  static async of(
    app: TestApp,
    names: NameServer | null,
    tenant = 'default',
    email?: string,
  ): Promise<DomainOwner> {
    await query(
      app.databaseUrl,
      'insert into tenant (id, created_at) values ($1, now()) on conflict do nothing',
      [tenant],
    );
    const client = new TestClient(app);
    const person = await signUpIn(client, tenant, email);
    const { secret, tokens } = await client.enrollTotp(person.accessToken);
    const owner = new DomainOwner(app, names, { tenant, ...person, secret, token: tokens.accessToken });
    await query(
      app.databaseUrl,
      `update user_account set roles = '["ADMIN"]' where id = (select user_id from email_address where address = $1 and tenant_id = $2)`,
      [person.email, tenant],
    );
    return owner;
  }

  /** One that can be used though the last one was of the same half minute, so that tests do not wait. */
  async code(): Promise<string> {
    await query(
      this.#app.databaseUrl,
      "update authenticator set last_time_step = null, data = null where factor = 'TOTP'",
    );
    return this.client.totp(this.secret);
  }

  /** When the session has expired. */
  async signInAgain(): Promise<void> {
    const { id } = await this.client.startSignIn({ identifier: this.email, tenant: this.tenant });
    await this.client.attempt(id, { password: this.password });
    this.token = tokensOf(await this.client.attempt(id, { totp: await this.code() })).accessToken;
  }

  /** Sends an operation with a proof that is bound to it. */
  // oxlint-disable-next-line typescript/no-explicit-any -- depends on the query
  async approved(document: string, variables: object): Promise<any> {
    const operation = { query: document, variables };
    const { id, code } = await this.client.startStepUp({ operation }, this.token);
    expect(code).toBeUndefined();
    const done = await this.client.attempt(id, { totp: await this.code() }, this.token);
    expect(done.code).toBeUndefined();
    this.token = done.session?.accessToken ?? '';
    const { data, errors } = await this.client.graphql(document, variables, this.token);
    expect(errors).toEqual([]);
    return Object.values(data)[0];
  }

  add(name: string, providerId = 'work'): Promise<ShownDomain> {
    return this.approved(ADD, { name, providerId });
  }

  check(name: string): Promise<ShownDomain> {
    return this.approved(CHECK, { name });
  }

  remove(name: string): Promise<ShownDomain> {
    return this.approved(REMOVE, { name });
  }

  async list(): Promise<ShownDomain[]> {
    const { data, errors } = await this.client.graphql(LIST, {}, this.token);
    expect(errors).toEqual([]);
    return data.domains;
  }

  publish({ record }: Pick<ShownDomain, 'record'>): void {
    this.#names?.publish(record.name, [record.value]);
  }

  /** Adds it, publishes its record and proves it. */
  async prove(name: string, providerId = 'work'): Promise<ShownDomain> {
    const added = await this.add(name, providerId);
    expect(added.status).toBe('UNPROVED');
    this.publish(added);
    const proved = await this.check(name);
    expect(proved.status).toBe('DRAFT');
    return proved;
  }

  async notices(): Promise<string[]> {
    return (await this.client.inbox()).filter(({ to }) => to === this.email).map(({ subject }) => subject);
  }
}
