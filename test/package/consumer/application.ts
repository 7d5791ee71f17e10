// An application of that team: the same payment through Apollo Client and through urql, which the user approves with a
// separate proof each, and then an operation of Stepgate.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { Client, fetchExchange } from '@urql/core';
import { createStepgateClient } from 'stepgate/client';
import { createStepgateLink } from 'stepgate/client/apollo';
import { createStepgateFetch } from 'stepgate/client/fetch';
import { createIssuerClient } from 'stepgate/client/issuer';
import { createStepgateFetchFunction } from 'stepgate/client/relay';
import { stepgateExchange } from 'stepgate/client/urql';

const [stepgateUrl = '', apiUrl = '', grant = '', ...backupCodes] = process.argv.slice(2);

const prompts: object[] = [];
const stepgate = createStepgateClient({
  url: stepgateUrl,
  onStepUp: async ({ requirement, workflow }) => {
    prompts.push({ bind: requirement.bind, approves: workflow.approves });
    await workflow.attempt({ backupCode: backupCodes.shift() ?? '' });
  },
});
await stepgate.setSession(JSON.parse(grant));

const PAY = 'mutation Pay($amount: Int!) { pay(amount: $amount, to: "Bob") }';

const apollo = new ApolloClient({
  cache: new InMemoryCache(),
  link: ApolloLink.from([createStepgateLink(stepgate), new HttpLink({ uri: apiUrl })]),
});
const byApollo = await apollo.mutate({ mutation: gql(PAY), variables: { amount: 5 } });

const urql = new Client({
  url: apiUrl,
  exchanges: [stepgateExchange(stepgate), fetchExchange],
  preferGetMethod: false,
});
const byUrql = await urql.mutation(PAY, { amount: 6 }).toPromise();

const customer = { query: '{ customer { name } }' };
const response = await createStepgateFetch(stepgate)(apiUrl, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(customer),
});
const byFetch = await response.json();
const issuer = createIssuerClient({ accessToken: () => stepgate.accessToken() });
const relay = { name: 'Q', operationKind: 'query', text: `query Q ${customer.query}` };
const byRelay = await createStepgateFetchFunction(issuer, apiUrl)(relay, {});

const { data, errors } = await stepgate.request('{ viewer { auditEvents { type } } }');
const read = errors === undefined || errors.length === 0 ? data : errors;
const others = { byFetch: byFetch.data, byRelay: byRelay.data };
console.log(JSON.stringify({ byApollo: byApollo.data, byUrql: byUrql.data, ...others, prompts, read }));
