/**
 * Owns the superuser's connection to a server on loopback. Refuses to say the password to a server that does not
 * ask for SCRAM: a leftover pid file may name a port that a stranger listens on by now, and SCRAM also proves
 * to us that the server knows our password.
 */
import pg from 'pg';

export async function openSession(port: number, password: string): Promise<pg.Client> {
  let scram = false;
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    database: 'postgres',
    ssl: false,
    connectionTimeoutMillis: 2000,
    password: () => {
      if (!scram) throw new Error(`the server on port ${port} asks for the password in the clear`);
      return password;
    },
  });
  client.on('error', () => undefined); // a lost connection shows in the query that needs it
  client.connection.prependListener('authenticationSASL', () => {
    scram = true;
  });
  await client.connect();
  if (scram) return client;
  await client.end();
  throw new Error(`the server on port ${port} asks for no password`);
}
