// An application of that team: the same payment through Apollo Client and through urql, which the user approves with a
// separate proof each, and then an operation of Stepgate.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { Client, fetchExchange } from '@urql/core';
import { createStepgateClient } from 'stepgate/client';
import { createStepgateLink } from 'stepgate/client/apollo';
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

const { data, errors } = await stepgate.request('{ viewer { auditEvents { type } } }');
const read = errors === undefined || errors.length === 0 ? data : errors;
console.log(JSON.stringify({ byApollo: byApollo.data, byUrql: byUrql.data, prompts, read }));
