// Our server, as a client without a device token uses it: the start, the password, the code. Each sign-in therefore
// writes a message about a new device as well.
import { once } from 'node:events';
import { TestClient } from '../../test/harness/client.ts';
import type { Connection } from '../connection.ts';
import { type Contestant, codeOf, contestantOf, eachOf, PASSWORD, startServer, USERS } from './contestant.ts';

const TIME_STEP_SECONDS = 30;

/** All load comes from one address. */
export const WITHOUT_LIMITS = {
  STARTS_PER_IP_HOURLY: '1000000',
  STARTS_PER_PREFIX_HOURLY: '1000000',
  FAILURES_PER_IP_HOURLY: '1000000',
  FAILURES_PER_PREFIX_HOURLY: '1000000',
  MAIL_PER_ADDRESS_HOURLY: '1000000',
  MAIL_PER_PREFIX_HOURLY: '1000000',
};

const ERRORS = '... on UserError { code message }';
export const START = `mutation ($input: StartSignInInput!) {
  startSignIn(input: $input) { __typename ... on SignIn { id status factors { factor needsPreparing } } ${ERRORS} } }`;
export const ATTEMPT = `mutation ($input: AttemptFactorInput!) {
  attemptFactor(input: $input) { __typename
    ... on SignIn { id status factors { factor needsPreparing } session { accessToken refreshToken deviceToken expiresAt } }
    ${ERRORS} } }`;
/** Who it is, and what the session has proved. */
const SESSION_READ = '{ viewer { id assurance { level } } }';
/** What Better Auth's `getSession` says of the user as well. */
export const PROFILE_READ =
  '{ viewer { id name emailAddresses { address verifiedAt } assurance { level } } }';
/** Only the guard and the session. */
export const GUARDED_READ = '{ viewer { id } }';

export interface Stepgate extends Contestant {
  readonly emails: readonly string[];
  start(connection: Connection, email: string): Promise<string>;
}

/** @param users how many users to sign up with a password, and as many with TOTP. */
export async function startStepgate(databaseUrl: string, users = USERS): Promise<Stepgate> {
  const environment = { DATABASE_URL: databaseUrl, PORT: '0', ...WITHOUT_LIMITS };
  const options = { execArgv: ['--expose-gc'] };
  const server = await startServer('server.ts', environment, options);
  const { child, url } = server;
  const people = new TestClient({ url });
  const withPassword = await eachOf(users, () => people.signUp(undefined, PASSWORD));
  const withTotp = await eachOf(users, async () => {
    const person = await people.signUp(undefined, PASSWORD);
    return { ...person, secret: (await people.enrollTotp(person.accessToken)).secret };
  });
  let ahead = 0;

  async function start(connection: Connection, email: string): Promise<string> {
    const { startSignIn } = await connection.graphql(START, { input: { identifier: email } });
    if (startSignIn.id === undefined) throw new Error(`The sign-in did not start: ${startSignIn.message}`);
    return startSignIn.id;
  }

  return {
    ...(await contestantOf(server, databaseUrl, /^WorkerThread$/)),
    emails: withPassword.map(({ email }) => email),
    start,
    async signIn(connection, user) {
      const id = await start(connection, withPassword[user % USERS]?.email ?? '');
      return tokenOf(
        await connection.graphql(ATTEMPT, { input: { workflowId: id, proof: { password: PASSWORD } } }),
      );
    },
    async signInWithTotp(connection, user) {
      const { email = '', secret = '' } = withTotp[user % USERS] ?? {};
      const id = await start(connection, email);
      await connection.graphql(ATTEMPT, { input: { workflowId: id, proof: { password: PASSWORD } } });
      const proof = { totp: codeOf(secret, ahead) };
      return tokenOf(await connection.graphql(ATTEMPT, { input: { workflowId: id, proof } }));
    },
    async readSession(connection, token) {
      await connection.graphql(SESSION_READ, {}, token);
    },
    async nextTimeStep() {
      ahead += TIME_STEP_SECONDS;
      const advanced = once(child, 'message');
      child.send(TIME_STEP_SECONDS);
      await advanced;
    },
  };
}

// oxlint-disable-next-line typescript/no-explicit-any -- the answer of a mutation
function tokenOf({ attemptFactor }: any): string {
  if (!attemptFactor.session) throw new Error(`The sign-in stopped: ${JSON.stringify(attemptFactor)}`);
  return attemptFactor.session.accessToken;
}
