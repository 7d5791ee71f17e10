// The PostgreSQL server of this run. It starts when a test file first asks for it, so files that need no database do
// not wait for it.
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { inject } from 'vitest';

export interface DatabaseServer {
  /** The server on which tests create databases. */
  readonly url: string;
  /** A database with the current schema, to copy. */
  readonly template: string;
}

/** `database-setup.ts` answers. */
async function ask(): Promise<DatabaseServer> {
  const answer = JSON.parse(await text(connect(inject('databasePort'), '127.0.0.1')));
  if ('error' in answer) throw new Error(answer.error);
  return answer;
}

// Asked at once, so that it starts while the test file loads the rest.
const asked = ask();
asked.catch(() => undefined); // whoever needs it gets the error

export function databaseServer(): Promise<DatabaseServer> {
  return asked;
}

export async function onServer(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

export function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
