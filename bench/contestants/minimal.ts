// The anchor, bench/minimal.ts.
import bcrypt from 'bcrypt';
import { generateSecret } from 'otplib';
import {
  BCRYPT_COST,
  type Contestant,
  codeOf,
  contestantOf,
  PASSWORD,
  startServer,
  USERS,
} from './contestant.ts';
import { rowsOf } from './sql.ts';

const SIGN_IN = 'mutation ($e: String!, $p: String!) { signIn(email: $e, password: $p) { token needsCode } }';
const TOTP = 'mutation ($t: String!, $c: String!) { attemptTotp(token: $t, code: $c) { token } }';
const READ = '{ viewer { id name email } }';

export async function startMinimal(databaseUrl: string): Promise<Contestant> {
  const server = await startServer('minimal.ts', { DATABASE_URL: databaseUrl });
  const secret = generateSecret();
  const hash = await bcrypt.hash(PASSWORD, BCRYPT_COST);
  await rowsOf(
    databaseUrl,
    `insert into account (email, name, hash, secret)
     select kind || n, 'A name', $1, case kind when 'totp' then $2 end
     from generate_series(0, $3) n, unnest('{password,totp}'::text[]) kind`,
    [hash, secret, USERS - 1],
  );
  return {
    ...(await contestantOf(server, databaseUrl, /^libuv-worker$/)),
    async signIn(connection, user) {
      const { signIn } = await connection.graphql(SIGN_IN, { e: `password${user % USERS}`, p: PASSWORD });
      return signIn.token;
    },
    async signInWithTotp(connection, user) {
      const { signIn } = await connection.graphql(SIGN_IN, { e: `totp${user % USERS}`, p: PASSWORD });
      const { attemptTotp } = await connection.graphql(TOTP, { t: signIn.token, c: codeOf(secret) });
      return attemptTotp.token;
    },
    async readSession(connection, token) {
      const { viewer } = await connection.graphql(READ, {}, token);
      if (viewer === null) throw new Error('The session is gone.');
    },
    nextTimeStep: async () => {},
  };
}
