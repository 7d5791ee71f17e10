// Better Auth, bench/peers/better-auth.js, as its client uses it: cookies, one request for the password, one for the code.
import type { Connection, Reply } from '../connection.ts';
import { spread } from '../connection.ts';
import { type Contestant, codeOf, contestantOf, eachOf, PASSWORD, startServer, USERS } from './contestant.ts';

export async function startBetterAuth(databaseUrl: string): Promise<Contestant> {
  const server = await startServer(
    'peers/better-auth.js',
    { DATABASE_URL: databaseUrl },
    { args: ['--migrate'] },
  );
  const { url } = server;
  const secrets: string[] = [];

  async function post(connection: Connection, path: string, body: object, cookie = ''): Promise<Reply> {
    const headers = `origin: ${url}\r\n${cookie === '' ? '' : `cookie: ${cookie}\r\n`}`;
    const reply = await connection.send('POST', `/api/auth${path}`, JSON.stringify(body), headers);
    if (reply.status !== 200) throw new Error(`${path}: HTTP ${reply.status} ${reply.body}`);
    return reply;
  }
  const emailOf = (user: number, kind = 'password'): string => `${kind}${user % USERS}@example.com`;
  const logIn = (connection: Connection, email: string): Promise<Reply> =>
    post(connection, '/sign-in/email', { email, password: PASSWORD });

  await spread(url, 1, 1, async (connection) => {
    await eachOf(USERS, (user) =>
      post(connection, '/sign-up/email', { email: emailOf(user), password: PASSWORD, name: 'A name' }),
    );
    await eachOf(USERS, async (user) => {
      const signedUp = await post(connection, '/sign-up/email', {
        email: emailOf(user, 'totp'),
        password: PASSWORD,
        name: 'A name',
      });
      const cookie = cookiesOf(signedUp);
      const enabled = JSON.parse(
        (await post(connection, '/two-factor/enable', { password: PASSWORD }, cookie)).body,
      );
      const secret = new URL(enabled.totpURI).searchParams.get('secret') ?? '';
      secrets.push(secret);
      await post(connection, '/two-factor/verify-totp', { code: codeOf(secret) }, cookie);
    });
  });

  return {
    ...(await contestantOf(server, databaseUrl, /^libuv-worker$/)),
    async signIn(connection, user) {
      return cookiesOf(await logIn(connection, emailOf(user)));
    },
    async signInWithTotp(connection, user) {
      const pending = cookiesOf(await logIn(connection, emailOf(user, 'totp')));
      const code = codeOf(secrets[user % USERS] ?? '');
      return cookiesOf(await post(connection, '/two-factor/verify-totp', { code }, pending));
    },
    async readSession(connection, cookie) {
      const { body } = await connection.send('GET', '/api/auth/get-session', '', `cookie: ${cookie}\r\n`);
      if (!body.includes('"user"')) throw new Error(`The session is gone: ${body}`);
    },
    nextTimeStep: async () => {},
  };
}

/** The cookies that a response sets, without those that it deletes. */
function cookiesOf({ head }: Reply): string {
  return [...head.matchAll(/^set-cookie: ([^=]+=[^;\r]+)(?!.*Max-Age=0)/gim)]
    .map(([, cookie]) => cookie)
    .join('; ');
}
