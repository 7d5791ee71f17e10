// Where guards stand, and how operations reach their fields: types, interfaces, unions, extensions, aliases, fragments, lists.
import { decided, type FieldCase } from './field-case.ts';

const STEP_UP = 'STEP_UP_REQUIRED';
const NOBODY = 'UNAUTHENTICATED';

export const PLACE_CASES: readonly FieldCase[] = [
  decided('two directives on a field are both met', 'fresh', '{ twice }', { twice: 'twice' }),
  decided(
    'of two directives on a field, the stricter one refuses',
    'atTheLimit',
    '{ twice }',
    { twice: null },
    {
      twice: STEP_UP,
    },
  ),
  decided(
    'of two directives on a field, the narrower one refuses',
    'otherFactor',
    '{ twice }',
    { twice: null },
    {
      twice: STEP_UP,
    },
  ),
  decided('a role comes before a factor', 'weak', '{ both }', { both: null }, { both: 'FORBIDDEN' }),
  decided(
    'a role is not enough where a factor is missing',
    'weakAdmin',
    '{ both }',
    { both: null },
    {
      both: STEP_UP,
    },
  ),
  decided('a role and a factor together open a field', 'admin', '{ both }', { both: 'both' }),

  decided(
    'the guard of a type extension guards the fields of the type',
    'nobody',
    '{ client { name } }',
    {
      client: { name: null },
    },
    { 'client.name': NOBODY },
  ),
  decided(
    'the guard of a type extension guards its own fields',
    'nobody',
    '{ client { address } }',
    {
      client: { address: null },
    },
    { 'client.address': NOBODY },
  ),
  decided(
    'a guard on an interface field guards it in every type that implements it',
    'weak',
    '{ accounts { id balance } }',
    {
      accounts: [
        { id: 'c1', balance: null },
        { id: 's1', balance: null },
      ],
    },
    { 'accounts.balance': STEP_UP },
  ),
  decided(
    'a guard on an interface field guards it in a fragment on a type',
    'weak',
    '{ accounts { ... on Savings { balance } } }',
    {
      accounts: [{}, { balance: null }],
    },
    { 'accounts.balance': STEP_UP },
  ),
  decided(
    'a guard on an interface guards the fields of its types',
    'otherFactor',
    '{ client { testament { text heirs } } }',
    {
      client: { testament: { text: null, heirs: 3 } },
    },
    { 'client.testament.text': STEP_UP },
  ),
  decided(
    'a field of one type is guarded where its interface has none',
    'nobody',
    '{ accounts { ... on Checking { overdraft } } }',
    {
      accounts: [{ overdraft: null }, {}],
    },
    { 'accounts.overdraft': NOBODY },
  ),
  decided(
    'the members of a union have their own guards',
    'fresh',
    '{ papers { ... on Leaflet { title } ... on Report { losses } } }',
    {
      papers: [{ title: 'Leaflet' }, { losses: null }],
    },
    { 'papers.losses': 'FORBIDDEN' },
  ),
  decided(
    'the guards of a type and of its field are both met',
    'weakAdmin',
    '{ papers { ... on Report { title losses } } }',
    {
      papers: [{}, { title: 'Report', losses: null }],
    },
    { 'papers.losses': STEP_UP },
  ),

  decided(
    'an alias does not avoid a guard',
    'weak',
    '{ a: search(term: "x") b: search(term: "y") }',
    { a: null, b: null },
    {
      a: STEP_UP,
      b: STEP_UP,
    },
  ),
  decided(
    'a fragment does not avoid a guard',
    'weak',
    'query { ...All } fragment All on Query { search(term: "x") }',
    { search: null },
    {
      search: STEP_UP,
    },
  ),
  decided(
    'each entry of a list is refused',
    'weak',
    '{ clients(count: 3) { name pin } }',
    {
      clients: Array.from({ length: 3 }, () => ({ name: 'Ada', pin: null })),
    },
    { 'clients.pin': STEP_UP },
  ),
  decided(
    'a refused field leaves its neighbours alone',
    'weak',
    '{ open search(term: "x") client { name } }',
    {
      open: 'open',
      search: null,
      client: { name: 'Ada' },
    },
    { search: STEP_UP },
  ),
  {
    name: 'a field that its variables leave out needs nothing',
    caller: 'nobody',
    query: 'query ($all: Boolean!) { open search(term: "x") @include(if: $all) }',
    variables: { all: false },
    data: { open: 'open' },
  },
  {
    name: 'a field that its variables include is refused',
    caller: 'nobody',
    query: 'query ($none: Boolean!) { open search(term: "x") @skip(if: $none) }',
    variables: { none: false },
    data: { open: 'open', search: null },
    refused: { search: NOBODY },
  },
];
