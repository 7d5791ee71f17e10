// The anchor: the smallest server that still signs people in honestly. Yoga, pg and bcrypt; a bounded number of hashes
// at once; tokens stored hashed; two statements for each step of a sign-in, one for a read. No rate limits, lockout,
// audit, messages, decoys or replay protection.
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import bcrypt from 'bcrypt';
import { createSchema, createYoga } from 'graphql-yoga';
import { verify } from 'otplib';
import PQueue from 'p-queue';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 20 });
const hashes = new PQueue({ concurrency: availableParallelism() });
const digest = (token: string): string => createHash('sha256').update(token).digest('base64url');
const newToken = (): string => randomBytes(32).toString('base64url');
/** Prepared, as any server would that cares. */
const query = (name: string, text: string, values: unknown[]) => pool.query({ name, text, values });

await pool.query(`create table if not exists account
  (id uuid primary key default gen_random_uuid(), email text unique not null, name text, hash text not null, secret text)`);
await pool.query(`create table if not exists session
  (digest text primary key, account uuid not null references account, is_pending boolean not null, created_at timestamptz default now())`);

async function addSession(account: string, isPending: boolean): Promise<string> {
  const token = newToken();
  const text = 'insert into session (digest, account, is_pending) values ($1, $2, $3)';
  await query('add', text, [digest(token), account, isPending]);
  return token;
}

const resolvers = {
  Query: {
    async viewer(_root: unknown, _args: unknown, { request }: { request: Request }) {
      const token = request.headers.get('authorization')?.slice('Bearer '.length) ?? '';
      const text =
        'select a.id, a.name, a.email from session s join account a on a.id = s.account where digest = $1 and not is_pending';
      return (await query('read', text, [digest(token)])).rows[0] ?? null;
    },
  },
  Mutation: {
    async signIn(_root: unknown, { email, password }: { email: string; password: string }) {
      const found = await query('find', 'select id, hash, secret from account where email = $1', [email]);
      const [account] = found.rows as { id: string; hash: string; secret: string | null }[];
      if (account === undefined || !(await hashes.add(() => bcrypt.compare(password, account.hash))))
        return null;
      const needsCode = account.secret !== null;
      return { token: await addSession(account.id, needsCode), needsCode };
    },
    async attemptTotp(_root: unknown, { token, code }: { token: string; code: string }) {
      const text =
        'delete from session s using account a where digest = $1 and is_pending and a.id = s.account returning a.id, secret';
      const [account] = (await query('spend', text, [digest(token)])).rows as {
        id: string;
        secret: string;
      }[];
      if (account === undefined) return null;
      const { valid } = await verify({ secret: account.secret, token: code, epochTolerance: 30 });
      return valid ? { token: await addSession(account.id, false), needsCode: false } : null;
    },
  },
};
const typeDefs = `
  type Query { viewer: User }
  type User { id: ID! name: String email: String! }
  type Session { token: String! needsCode: Boolean! }
  type Mutation {
    signIn(email: String!, password: String!): Session
    attemptTotp(token: String!, code: String!): Session
  }`;

const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false });
const server = createServer((request, response) => void yoga(request, response));
server.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.stdout.write(`ready ${url}\n`);
  process.send?.({ url });
});
process.on('disconnect', () => process.exit());
