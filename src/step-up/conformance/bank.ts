// The schema of the conformance suite: guards of every kind in every place, and resolvers that record what has run.

export const TYPE_DEFINITIONS = `
  interface Account { id: ID! balance: Int @stepUp(maxAge: 300) bank: String }
  type Checking implements Account { id: ID! balance: Int bank: String overdraft: Int @authenticated }
  type Savings implements Account { id: ID! balance: Int bank: String interest: Float }
  interface Sealed @stepUp(accept: [TOTP]) { text: String }
  type Testament implements Sealed { text: String heirs: Int }
  type Report @requiresRole(role: ADMIN) { title: String losses: Int @stepUp }
  type Leaflet { title: String }
  union Paper = Report | Leaflet
  type Client {
    name: String
    pin: String @stepUp(maxAge: 60, accept: [TOTP])
    nickname: String @stepUp(require: STRONGEST_ENROLLED)
    accounts: [Account!]
    testament: Testament
  }
  extend type Client @authenticated { address: String }
  type Query {
    open: String
    boom: String
    client: Client
    clients(count: Int!): [Client]
    accounts: [Account!]
    papers: [Paper!]
    search(term: String!): String @stepUp
    twice: String @stepUp(maxAge: 600) @stepUp(maxAge: 60, accept: [TOTP])
    both: String @requiresRole(role: ADMIN) @stepUp
    vault: String @stepUp(bind: OPERATION)
  }
  type Mutation {
    note: String
    close(term: String!): String @stepUp(maxAge: 120)
    audit: String @requiresRole(role: ADMIN)
    rename(name: String!): Client @authenticated
    pay(amount: Int!): String @stepUp(bind: OPERATION)
  }
`;

/** Left out of a server that has no subscriptions. */
export const SUBSCRIPTION_TYPE_DEFINITIONS = `
  type Subscription { news: String transfers: Int @stepUp(maxAge: 300) visitors: Client }
`;

const CHECKING = { __typename: 'Checking', id: 'c1', balance: 100, bank: 'The Bank', overdraft: 50 };
const SAVINGS = { __typename: 'Savings', id: 's1', balance: 200, bank: 'The Bank', interest: 0.5 };
const CLIENT = {
  name: 'Ada',
  pin: '1234',
  nickname: 'Countess',
  address: 'London',
  accounts: [CHECKING, SAVINGS],
  testament: { __typename: 'Testament', text: 'sealed', heirs: 3 },
};
const PAPERS = [
  { __typename: 'Leaflet', title: 'Leaflet' },
  { __typename: 'Report', title: 'Report', losses: 7 },
];

/** A resolver of the suite. */
export type BankResolver = (root: unknown, args: Readonly<Record<string, unknown>>) => unknown;

/** Resolvers as an object, in the form that `makeExecutableSchema` takes. */
export type BankResolvers = Readonly<Record<string, Readonly<Record<string, BankResolver>>>>;

/** Resolvers of the subscriptions. */
export type BankSubscriptions = Readonly<
  Record<string, Readonly<Record<string, { readonly subscribe: BankResolver }>>>
>;

/** @param ran the subscriptions that have begun. */
export function bankSubscriptions(ran: string[]): BankSubscriptions {
  const source = (name: string, event: (n: number) => unknown) => ({
    subscribe() {
      ran.push(name);
      return (async function* () {
        for (let n = 1; n <= 3; n++) yield { [name]: event(n) };
      })();
    },
  });
  return {
    Subscription: {
      news: source('news', (n) => `news ${n}`),
      transfers: source('transfers', (n) => n),
      visitors: source('visitors', () => CLIENT),
    },
  };
}

/** @param ran the root fields that have run. */
export function bankResolvers(ran: string[]): BankResolvers {
  const runs =
    (name: string, resolve: BankResolver): BankResolver =>
    (root, args) => {
      ran.push(name);
      return resolve(root, args);
    };
  const of = (resolvers: Readonly<Record<string, BankResolver>>): Readonly<Record<string, BankResolver>> =>
    Object.fromEntries(Object.entries(resolvers).map(([name, resolve]) => [name, runs(name, resolve)]));
  return {
    Query: of({
      open: () => 'open',
      boom: () => {
        throw new Error('An unexpected error.');
      },
      client: () => CLIENT,
      clients: (_root, { count }) => Array.from({ length: Number(count) }, () => CLIENT),
      accounts: () => CLIENT.accounts,
      papers: () => PAPERS,
      search: () => 'found',
      twice: () => 'twice',
      both: () => 'both',
      vault: () => 'gold',
    }),
    Mutation: of({
      note: () => 'noted',
      close: () => 'closed',
      audit: () => 'audited',
      rename: (_root, { name }) => ({ ...CLIENT, name }),
      pay: () => 'paid',
    }),
  };
}
