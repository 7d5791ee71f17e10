// Users with agents, for tests: a person with an authenticator app gives an agent a token, and answers what it asks for.
import { expect } from 'vitest';
import type { TestApp } from '../harness/app.ts';
import { type GraphQLAnswer, type Step, TestClient, tokensOf } from '../harness/client.ts';

const CREATE = `mutation ($input: CreateAgentTokenInput!) {
  createAgentToken(input: $input) {
    __typename
    ... on AgentToken { accessToken expiresAt session { id agent { name roles } } }
    ... on UserError { code message }
    ... on InvalidInput { fields { path message } }
  }
}`;
const REQUESTS = '{ viewer { agentRequests { id agentName sessionId approves requestedAt expiresAt } } }';
const STEP = '__typename ... on UserError { code message } ... on StepUp';

export interface Operation {
  readonly query: string;
  readonly operationName?: string;
  readonly variables?: object;
}

export interface Request {
  readonly id: string;
  readonly agentName: string;
  readonly sessionId: string;
  readonly approves: string;
  readonly requestedAt: string;
  readonly expiresAt: string;
}

export interface Agent {
  readonly token: string;
  readonly sessionId: string;
}

export interface Owner {
  readonly email: string;
  readonly password: string;
  readonly secret: string;
  readonly backupCodes: readonly string[];
  /** The newest access token of the session. */
  token: string;
  /** The newest refresh token of the session. */
  refreshToken: string;
}

export class AgentWorld extends TestClient {
  readonly app: Pick<TestApp, 'url' | 'clock'>;

  constructor(app: Pick<TestApp, 'url' | 'clock'>, headers: Readonly<Record<string, string>> = {}) {
    super(app, headers);
    this.app = app;
  }

  async owner(): Promise<Owner> {
    const person = await this.signUp();
    const { secret, tokens, backupCodes } = await this.enrollTotp(person.accessToken);
    return { ...person, secret, backupCodes, token: tokens.accessToken, refreshToken: tokens.refreshToken };
  }

  /** Another session of the same user. */
  async again(owner: Owner): Promise<Owner> {
    const { accessToken: token, refreshToken } = await this.signIn(owner, { totp: this.code(owner) });
    return { ...owner, token, refreshToken };
  }

  /** A code that was not used yet. */
  code({ secret }: Pick<Owner, 'secret'>): string {
    this.app.clock.advance(31);
    return this.totp(secret);
  }

  /** Proves the authenticator app for one operation, and sends it. */
  async approved(owner: Owner, operation: Operation): Promise<GraphQLAnswer> {
    const started = await this.startStepUp({ operation }, owner.token);
    const done = await this.attempt(started.id, { totp: this.code(owner) }, owner.token);
    owner.token = tokensOf(done).accessToken;
    owner.refreshToken = tokensOf(done).refreshToken;
    return this.graphql(operation.query, operation.variables, owner.token);
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- a union
  async tryCreate(owner: Owner, input: object): Promise<any> {
    const { data, errors } = await this.approved(owner, { query: CREATE, variables: { input } });
    expect(errors).toEqual([]);
    return data.createAgentToken;
  }

  async create(owner: Owner, input: object = {}): Promise<Agent> {
    const created = await this.tryCreate(owner, { name: 'Bookkeeper', ...input });
    expect(created.__typename).toBe('AgentToken');
    return { token: created.accessToken, sessionId: created.session.id };
  }

  createBody(input: object): Operation {
    return { query: CREATE, variables: { input } };
  }

  /** The agent asks for the approval of an operation. */
  ask(agent: Agent, operation: Operation, more: object = {}): Promise<Step> {
    return this.startStepUp({ ...more, operation }, agent.token);
  }

  async requests(token: string): Promise<Request[]> {
    return (await this.graphql(REQUESTS, {}, token)).data.viewer.agentRequests;
  }

  async startApproval(id: string, token: string): Promise<Step> {
    const query = `mutation ($id: ID!) {
      startAgentApproval(id: $id) { ${STEP} { id status approves factors { factor } session { accessToken } } }
    }`;
    return (await this.graphql(query, { id }, token)).data.startAgentApproval;
  }

  /** The person approves the newest request, on another device. */
  async approveNewest(owner: Owner): Promise<Step> {
    const [request] = await this.requests(owner.token);
    const started = await this.startApproval(request?.id ?? '', owner.token);
    expect(started.code).toBeUndefined();
    return this.attempt(started.id, { totp: this.code(owner) }, owner.token);
  }

  async reject(id: string, token: string): Promise<string> {
    const query =
      'mutation ($id: ID!) { rejectAgentRequest(id: $id) { __typename ... on UserError { code } } }';
    const { data } = await this.graphql(query, { id }, token);
    return data.rejectAgentRequest.code ?? data.rejectAgentRequest.__typename;
  }

  async statusOf(id: string, token: string): Promise<string | null> {
    const query = 'query ($id: ID!) { workflow(id: $id) { status } }';
    return (await this.graphql(query, { id }, token)).data.workflow?.status ?? null;
  }
}
