// What an agent may use of Stepgate's own API: a short list. Everything else is refused, also what is added later.
import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Agent, AgentWorld, type Owner } from './agents.ts';

let app: TestApp;
let world: AgentWorld;
let owner: Owner;
let agent: Agent;

beforeAll(async () => {
  app = await startTestApp();
  world = new AgentWorld(app);
  owner = await world.owner();
  agent = await world.create(owner);
});
afterAll(() => app[Symbol.asyncDispose]());

type Field = GraphQLField<unknown, unknown>;

const MUTATIONS = Object.values(schema.getMutationType()?.getFields() ?? {});
const QUERIES = Object.values(schema.getQueryType()?.getFields() ?? {});
const ALLOWED = ['consumeOperationProof', 'signOut', 'startStepUp'];

/** A value of the right type. */
function valueOf(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return valueOf(type.ofType);
  if (isListType(type)) return [];
  if (isEnumType(type)) return type.getValues()[0]?.value ?? null;
  if (isInputObjectType(type))
    return Object.fromEntries(
      Object.values(type.getFields())
        .filter((field) => isNonNullType(field.type))
        .map((field) => [field.name, valueOf(field.type)]),
    );
  if (isScalarType(type) && type.name === 'Boolean') return true;
  return isScalarType(type) && type.name === 'Int' ? 1 : 'x';
}

/** An operation of one root field, with all its required arguments. */
function operationOf(kind: string, field: Field): { readonly query: string; readonly variables: object } {
  const required = field.args.filter(({ type }) => isNonNullType(type));
  const declared = required.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const passed = required.map(({ name }) => `${name}: $${name}`).join(', ');
  const type = getNamedType(field.type);
  const isLeaf = !isObjectType(type) && !isInterfaceType(type) && !('getTypes' in type);
  return {
    query: `${kind} ${declared && `(${declared})`} { ${field.name} ${passed && `(${passed})`} ${isLeaf ? '' : '{ __typename }'} }`,
    variables: Object.fromEntries(required.map(({ name, type: of }) => [name, valueOf(of)])),
  };
}

const REFUSED = { code: 'FORBIDDEN', remedy: null, agentRefused: true };

describe('with the token of an agent', () => {
  test.each(
    MUTATIONS.map((field) => [field.name, field] as const).filter(([name]) => !ALLOWED.includes(name)),
  )('the mutation %s is refused as a whole', async (name, field) => {
    const { query, variables } = operationOf('mutation', field);
    const { status, data, errors } = await world.graphql(query, variables, agent.token);
    expect({ status, data }).toEqual({ status: 403, data: null });
    expect(errors).toHaveLength(1);
    expect(errors[0]?.extensions).toMatchObject({ ...REFUSED, notRun: [name] });
  });

  test('the mutations that are not refused are these', () => {
    expect(MUTATIONS.map(({ name }) => name)).toEqual(expect.arrayContaining(ALLOWED));
  });

  test.each(
    QUERIES.map((field) => [field.name, field] as const).filter(
      ([name]) => !['viewer', 'workflow'].includes(name),
    ),
  )('the query %s is refused', async (_name, field) => {
    const { query, variables } = operationOf('query', field);
    const { errors, data } = await world.graphql(query, variables, agent.token);
    expect(data).toBeNull();
    expect(errors[0]?.extensions).toMatchObject(REFUSED);
  });

  test('of the user, only what says for whom it acts can be read', async () => {
    const user = schema.getType('User');
    if (!isObjectType(user)) throw new Error('There is no type User.');
    const open = [];
    for (const { name, type } of Object.values(user.getFields())) {
      const inner = isObjectType(getNamedType(type)) ? ' { __typename }' : '';
      const { errors } = await world.graphql(`{ viewer { ${name}${inner} } }`, {}, agent.token);
      if (errors.length === 0) open.push(name);
      else expect(errors[0]?.extensions, name).toMatchObject(REFUSED);
    }
    expect(open.toSorted()).toEqual(['assurance', 'id', 'locale', 'name', 'roles']);
  });

  test.each([
    ['an alias', '{ x: viewer { y: sessions { ip } } }'],
    ['a fragment', '{ viewer { ...F } } fragment F on User { emailAddresses { address } }'],
    ['an inline fragment', '{ ... on Query { viewer { ... on User { phoneNumbers { number } } } } }'],
    ['@skip with a variable', 'query ($no: Boolean = false) { viewer { sessions @skip(if: $no) { ip } } }'],
    ['a field next to an allowed one', '{ viewer { id agentRequests { approves } } }'],
  ])('a closed field is refused behind %s', async (_, query) => {
    const { data, errors } = await world.graphql(query, {}, agent.token);
    expect(data).toBeNull();
    expect(errors[0]?.extensions).toMatchObject(REFUSED);
  });

  test('a mutation that is allowed does not run next to one that is not', async () => {
    const query = 'mutation { signOut { id } updateName(name: "x") { __typename } }';
    const { errors, data } = await world.graphql(query, {}, agent.token);
    expect(data).toBeNull();
    expect(errors[0]?.extensions).toMatchObject({ ...REFUSED, notRun: ['signOut', 'updateName'] });
    expect((await world.graphql('{ viewer { id } }', {}, agent.token)).errors).toEqual([]);
  });

  test('the entries of a batch are refused by themselves', async () => {
    const batch = [{ query: '{ viewer { id } }' }, { query: '{ viewer { sessions { ip } } }' }];
    const { text } = await world.post(JSON.stringify(batch), agent.token);
    const [first, second] = JSON.parse(text);
    expect(first.errors).toBeUndefined();
    expect(second.errors[0].extensions).toMatchObject(REFUSED);
  });

  test('its own session shows no address', async () => {
    const { errors } = await world.graphql('mutation { signOut { id ip } }', {}, agent.token);
    expect(errors[0]?.extensions).toMatchObject(REFUSED);
  });

  test('it has proved nothing', async () => {
    const { data } = await world.graphql(
      '{ viewer { assurance { evidence { factor } } roles } }',
      {},
      agent.token,
    );
    expect(data.viewer).toEqual({ assurance: { evidence: [] }, roles: [] });
  });

  test('a query in a URL is refused as well', async () => {
    const url = `${app.url}/graphql?query=${encodeURIComponent('{ viewer { sessions { ip } } }')}`;
    const headers = { authorization: `Bearer ${agent.token}`, 'x-graphql-yoga-csrf': '1' };
    const body = (await (await fetch(url, { headers })).json()) as { errors: { extensions: object }[] };
    expect(body.errors[0]?.extensions).toMatchObject(REFUSED);
  });
});
