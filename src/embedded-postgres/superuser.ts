/**
 * Connects as the superuser to a server on loopback. Sends the password only through SCRAM: a stale pid file may name a
 * port on which another program is listening, and SCRAM also proves that the server knows the password.
 */
import pg from 'pg';

export async function connectAsSuperuser(port: number, password: string): Promise<pg.Client> {
  let scram = false;
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    database: 'postgres',
    ssl: false,
    connectionTimeoutMillis: 2000,
    password: () => {
      if (!scram) throw new Error(`the server on port ${port} requests the password in plain text`);
      return password;
    },
  });
  client.on('error', () => undefined); // a lost connection makes the next query fail
  client.connection.prependListener('authenticationSASL', () => {
    scram = true;
  });
  await client.connect();
  if (scram) return client;
  await client.end();
  throw new Error(`the server on port ${port} does not request a password`);
}
