// A client as an application would write it: HTTP, GraphQL, the development inbox, an authenticator app. It uses only
// the public API.
import { randomUUID } from 'node:crypto';
import { createGuardrails, generateSync } from 'otplib';
import type { TestApp } from './app.ts';

export interface GraphQLAnswer {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- depends on the query of the test
  readonly data: any;
  readonly errors: readonly GraphQLProblem[];
  readonly text: string;
}

export interface GraphQLProblem {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Readonly<Record<string, unknown>> & { readonly code?: string };
}

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

type RequestHeaders = Readonly<Record<string, string>>;

/** Accepts short secrets from other systems, like real apps. */
const ANY_SECRET = createGuardrails({ MIN_SECRET_BYTES: 10 });

export const PASSWORD = 'correct horse battery staple';

const GRANT = 'session { accessToken refreshToken deviceToken expiresAt session { id } }';
const ENROLLS = `totp { secret uri qrCode } material backupCodes ${GRANT}`;
const WORKFLOWS: Readonly<Record<string, string>> = {
  SignUp: ENROLLS,
  SignIn: ENROLLS,
  PasswordReset: '__typename',
  Enrollment: ENROLLS,
  StepUp: GRANT,
};

/** Selects all fields that a mutation of these workflows can return. */
function selection(workflows: readonly string[], errors: readonly string[]): string {
  return `
  __typename
  ... on Workflow {
    id status expiresAt remedy
    factors { factor authenticatorId hint needsPreparing }
    challenge { factor hint sentAt expiresAt approvedAt request }
  }
  ... on UserError { code message }
  ${workflows.map((type) => `... on ${type} { ${WORKFLOWS[type]} }`).join('\n')}
  ${errors.join('\n')}`;
}

const INVALID = '... on InvalidInput { fields { path message } }';
const LOCKED = '... on LockedOut { retryAfterSeconds }';
const FLOODED = '... on TooManyMessages { retryAfterSeconds }';
const OVERLOADED = '... on Overloaded { retryAfterSeconds }';
const LIMITED = '... on TooManyRequests { retryAfterSeconds }';
const REJECTED = '... on ProofRejected { attemptsRemaining }';

const SELECTIONS: Readonly<Record<string, string>> = {
  startSignUp: selection(['SignUp'], [INVALID, OVERLOADED, FLOODED, LIMITED]),
  startSignIn: selection(['SignIn'], [INVALID, LIMITED]),
  startPasswordReset: selection(['PasswordReset'], [INVALID, LIMITED]),
  startEnrollment: selection(['Enrollment'], [INVALID]),
  startStepUp: selection(['StepUp'], [INVALID]),
  prepareFactor: selection(Object.keys(WORKFLOWS), [LOCKED, FLOODED]),
  chooseNewPassword: selection(['PasswordReset'], [INVALID, OVERLOADED, LOCKED]),
  attemptFactor: selection(Object.keys(WORKFLOWS), [INVALID, LOCKED, LIMITED, OVERLOADED, REJECTED]),
};

/** The result of a workflow mutation: the workflow or an error. */
export interface Step {
  readonly __typename: string;
  readonly id: string;
  readonly status: string;
  readonly code?: string;
  readonly message?: string;
  readonly attemptsRemaining?: number;
  readonly retryAfterSeconds?: number | null;
  readonly factors: readonly {
    factor: string;
    authenticatorId: string | null;
    hint: string | null;
    needsPreparing: boolean;
  }[];
  readonly challenge: {
    factor: string;
    hint: string | null;
    sentAt: string;
    expiresAt: string;
    approvedAt: string | null;
    request: unknown;
  } | null;
  readonly remedy?: string | null;
  readonly totp: { secret: string; uri: string; qrCode: string } | null;
  readonly material: unknown;
  readonly backupCodes: readonly string[] | null;
  readonly session: (Tokens & { deviceToken: string; expiresAt: string; session: { id: string } }) | null;
}

export interface Person extends Tokens {
  readonly email: string;
  readonly password: string;
}

function inputOf(field: string): string {
  return `${field.charAt(0).toUpperCase()}${field.slice(1)}Input`;
}

export interface ServerToCall extends Pick<TestApp, 'url'>, Partial<Pick<TestApp, 'clock'>> {
  /** How requests are sent, if not with Node's `fetch`. */
  readonly fetch?: typeof fetch;
}

export class TestClient {
  readonly #app: ServerToCall;
  readonly #headers: RequestHeaders;

  /** @param headers sent with every request, for example those of a proxy. */
  constructor(app: ServerToCall, headers: RequestHeaders = {}) {
    this.#app = app;
    this.#headers = headers;
  }

  get #fetch(): typeof fetch {
    return this.#app.fetch ?? fetch;
  }

  get url(): string {
    return this.#app.url;
  }

  /** Sends an operation. @param token an access token. */
  async graphql(
    query: string,
    variables: object = {},
    token?: string,
    headers: RequestHeaders = {},
  ): Promise<GraphQLAnswer> {
    return this.post(JSON.stringify({ query, variables }), token, headers);
  }

  /** Sends an arbitrary body. */
  async post(body: string, token?: string, headers: RequestHeaders = {}): Promise<GraphQLAnswer> {
    const response = await this.#fetch(`${this.#app.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...this.#headers,
        ...headers,
      },
      body,
    });
    const text = await response.text();
    const parsed = text.startsWith('{') ? JSON.parse(text) : {};
    return {
      status: response.status,
      headers: response.headers,
      data: parsed.data ?? null,
      errors: parsed.errors ?? [],
      text,
    };
  }

  async #mutation(field: string, input: object, token?: string, headers?: RequestHeaders): Promise<Step> {
    const query = `mutation ($input: ${inputOf(field)}!) { ${field}(input: $input) { ${SELECTIONS[field]} } }`;
    const { data, errors } = await this.graphql(query, { input }, token, headers);
    const [error] = errors;
    if (error !== undefined) throw Object.assign(new Error(error.message), { problem: error });
    return data[field];
  }

  startSignUp = (input: object): Promise<Step> => this.#mutation('startSignUp', input);
  /** @param device the token of a known device. */
  startSignIn = (input: object, device?: string): Promise<Step> =>
    this.#mutation(
      'startSignIn',
      input,
      undefined,
      device === undefined ? {} : { 'x-stepgate-device': device },
    );
  startPasswordReset = (input: object): Promise<Step> => this.#mutation('startPasswordReset', input);
  chooseNewPassword = (workflowId: string, newPassword: string, options: object = {}): Promise<Step> =>
    this.#mutation('chooseNewPassword', { workflowId, newPassword, ...options });
  startEnrollment = (input: object, token?: string): Promise<Step> =>
    this.#mutation('startEnrollment', input, token);
  startStepUp = (input: object, token?: string): Promise<Step> => this.#mutation('startStepUp', input, token);
  prepare = (workflowId: string, factor: string, token?: string, authenticatorId?: string): Promise<Step> =>
    this.#mutation('prepareFactor', { workflowId, factor, authenticatorId }, token);
  attempt = (workflowId: string, proof: object, token?: string, device?: string): Promise<Step> =>
    this.#mutation(
      'attemptFactor',
      { workflowId, proof },
      token,
      device === undefined ? {} : { 'x-stepgate-device': device },
    );

  /** As somebody who saves requests: one document, whose mutations run one after the other. @returns their codes. */
  async codesOf(
    mutations: readonly { readonly field: string; readonly input: object }[],
    token?: string,
  ): Promise<(string | undefined)[]> {
    const inputs = mutations.map(({ field }, at) => `$of${at}: ${inputOf(field)}!`);
    const fields = mutations.map(
      ({ field }, at) => `m${at}: ${field}(input: $of${at}) { ... on UserError { code } }`,
    );
    const variables = Object.fromEntries(mutations.map(({ input }, at) => [`of${at}`, input]));
    const query = `mutation (${inputs.join(', ')}) { ${fields.join(' ')} }`;
    const { data, errors } = await this.graphql(query, variables, token);
    const [error] = errors;
    if (error !== undefined) throw Object.assign(new Error(error.message), { problem: error });
    return mutations.map((_, at) => data[`m${at}`].code);
  }

  async inbox(): Promise<
    readonly { id: string; channel: string; to: string; subject: string; text: string; sentAt: string }[]
  > {
    return (await (await this.#fetch(`${this.#app.url}/dev/inbox.json`)).json()) as never;
  }

  /** The code in the newest message to this address or number that has one. */
  async codeFor(to: string): Promise<string> {
    const texts = (await this.inbox()).filter((one) => one.to === to).map((one) => one.text);
    const code = texts.flatMap((text) => /\b\d{6}\b/.exec(text) ?? [])[0];
    if (code === undefined) throw new Error(`The inbox has no code for ${to}.`);
    return code;
  }

  /** The token of the newest link sent to this address or number. */
  async linkFor(to: string): Promise<string> {
    const texts = (await this.inbox()).filter((one) => one.to === to).map((one) => one.text);
    const token = texts.flatMap((text) => /#([\w-]{43})/.exec(text)?.[1] ?? [])[0];
    if (token === undefined) throw new Error(`The inbox has no link for ${to}.`);
    return token;
  }

  /** Approves a link, like a click on its page. */
  async approve(token: string): Promise<string> {
    const { data } = await this.graphql(
      'mutation ($token: String!) { approveLink(token: $token) { __typename } }',
      { token },
    );
    return data.approveLink.__typename;
  }

  /** Adds a phone number in a session. @param secondFactor whether the number becomes a second factor. */
  async enrollPhone(
    token: string,
    phoneNumber: string,
    secondFactor = true,
  ): Promise<{ id: string; backupCodes: readonly string[]; tokens: Tokens }> {
    const started = await this.startEnrollment({ factor: 'PHONE_CODE', phoneNumber, secondFactor }, token);
    const prepared = await this.prepare(started.id, 'PHONE_CODE', token);
    const done = await this.attempt(started.id, { phoneCode: await this.codeFor(phoneNumber) }, token);
    if (done.session === null) throw new Error(`The enrollment ended as ${done.status ?? done.code}.`);
    const id = prepared.factors[0]?.authenticatorId ?? '';
    return { id, backupCodes: done.backupCodes ?? [], tokens: tokensOf(done) };
  }

  /** The code of an authenticator app at the server's time. @param steps periods to look ahead. */
  totp(secret: string, steps = 0): string {
    const now = this.#app.clock?.now() ?? new Date();
    const epoch = Math.floor(now.getTime() / 1000) + steps * 30;
    return generateSync({ secret, epoch, guardrails: ANY_SECRET });
  }

  /** Signs up a new user. */
  async signUp(email = `${randomUUID()}@example.com`, password = PASSWORD): Promise<Person> {
    const started = await this.startSignUp({ email, password });
    const done = await this.attempt(started.id, { emailCode: await this.codeFor(email) });
    if (done.session === null) throw new Error(`The sign-up ended as ${done.status ?? done.code}.`);
    return { email, password, ...tokensOf(done) };
  }

  /** Adds an authenticator app in a session. */
  async enrollTotp(
    token: string,
  ): Promise<{ secret: string; backupCodes: readonly string[]; tokens: Tokens }> {
    const started = await this.startEnrollment({ factor: 'TOTP', label: 'phone' }, token);
    const secret = started.totp?.secret ?? '';
    const done = await this.attempt(started.id, { totp: this.totp(secret) }, token);
    if (done.session === null) throw new Error(`The enrollment ended as ${done.status ?? done.code}.`);
    return { secret, backupCodes: done.backupCodes ?? [], tokens: tokensOf(done) };
  }

  /** Signs in with the password, and a second proof if given. */
  async signIn({ email, password }: { email: string; password: string }, second?: object): Promise<Tokens> {
    const started = await this.startSignIn({ identifier: email });
    let step = await this.attempt(started.id, { password });
    if (second !== undefined) step = await this.attempt(started.id, second);
    if (step.session === null || step.session === undefined)
      throw new Error(`The sign-in stopped at ${step.status ?? step.code}.`);
    return tokensOf(step);
  }
}

export function tokensOf(step: Step): Tokens {
  if (step.session === null) throw new Error('The step granted no session.');
  const { accessToken, refreshToken } = step.session;
  return { accessToken, refreshToken };
}
