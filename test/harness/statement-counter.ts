// Counts the statements that a server sends to its database. A proxy reads PostgreSQL's frontend messages (Query,
// Parse, Bind and Execute; PostgreSQL manual section 54.7), so that no driver or library can hide a statement.
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Statement {
  readonly text: string;
  /** Whether it commits: a COMMIT after writes, or a write outside a transaction. */
  readonly commits: boolean;
  /** Its parameters, as text. */
  readonly values: readonly (string | null)[];
}

export class StatementCounter implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly url: string;
  statements: Statement[] = [];

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  /** @param databaseUrl the database to which statements are forwarded. */
  static async before(databaseUrl: string): Promise<StatementCounter> {
    const target = new URL(databaseUrl);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(databaseUrl);
    url.hostname = '127.0.0.1';
    url.port = String((server.address() as AddressInfo).port);
    const counter = new StatementCounter(server, url.href);
    server.on('connection', (client) => counter.#forward(client, target));
    return counter;
  }

  /** The statements since the last call, without those of the job queue. */
  take(): Statement[] {
    const taken = this.statements.filter(({ text }) => !isOfJobQueue(text));
    this.statements = [];
    return taken;
  }

  #forward(client: Socket, target: URL): void {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    const reader = new FrontendReader((statement) => this.statements.push(statement));
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
    }
    client.on('data', (bytes) => reader.read(bytes));
    client.pipe(upstream);
    upstream.pipe(client);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function isOfJobQueue(text: string): boolean {
  return /^listen/i.test(text) || (/graphile_worker/.test(text) && !/add_job/.test(text));
}

class FrontendReader {
  readonly #say: (statement: Statement) => void;
  #rest = Buffer.alloc(0);
  #isStarted = false;
  readonly #parsed = new Map<string, string>();
  #bound = '';
  #values: readonly (string | null)[] = [];
  #inTransaction = false;
  #hasWritten = false;

  constructor(say: (statement: Statement) => void) {
    this.#say = say;
  }

  read(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      // The first message has no type. All others have a type byte, a length that includes itself, and a body.
      const header = this.#isStarted ? 1 : 0;
      if (this.#rest.length < header + 4) return;
      const end = header + this.#rest.readUInt32BE(header);
      if (this.#rest.length < end) return;
      const type = this.#isStarted ? String.fromCharCode(this.#rest[0] ?? 0) : '';
      const body = this.#rest.subarray(header + 4, end);
      this.#rest = this.#rest.subarray(end);
      this.#isStarted = true;
      if (type === 'Q') this.#statement(textAt(body, 0), []);
      // A statement may be parsed once under a name, long before it is bound and executed.
      if (type === 'P') this.#parsed.set(textAt(body, 0), textAt(body, body.indexOf(0) + 1));
      if (type === 'B') {
        this.#bound = textAt(body, body.indexOf(0) + 1);
        this.#values = valuesIn(body);
      }
      if (type === 'E') this.#statement(this.#parsed.get(this.#bound) ?? '', this.#values);
    }
  }

  #statement(text: string, values: readonly (string | null)[]): void {
    const word = /^\s*(\w+)/.exec(text)?.[1]?.toLowerCase() ?? '';
    const writes = /\b(insert into|update|delete from)\b|add_job/i.test(text) && !/for update/i.test(text);
    if (word === 'begin') {
      this.#inTransaction = true;
      this.#hasWritten = false;
    }
    const commits = (word === 'commit' && this.#hasWritten) || (writes && !this.#inTransaction);
    if (writes) this.#hasWritten = true;
    if (word === 'commit' || word === 'rollback') this.#inTransaction = false;
    this.#say({ text, commits, values });
  }
}

function textAt(body: Buffer, start: number): string {
  return body.toString('utf8', start, body.indexOf(0, start));
}

/** The parameters of a Bind message, which follow the names of portal and statement and the formats. */
function valuesIn(body: Buffer): (string | null)[] {
  let at = body.indexOf(0, body.indexOf(0) + 1) + 1;
  at += 2 + 2 * body.readInt16BE(at);
  const values: (string | null)[] = [];
  const count = body.readInt16BE(at);
  at += 2;
  while (values.length < count) {
    const length = body.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : body.toString('utf8', at, at + length));
    at += Math.max(0, length);
  }
  return values;
}
