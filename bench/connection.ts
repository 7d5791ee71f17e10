// A lean HTTP client: one kept-alive socket, one request at a time. `fetch` costs more than some of the requests that
// are measured.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Reply {
  readonly status: number;
  /** The status line and the headers. */
  readonly head: string;
  readonly body: string;
}

const END_OF_HEAD = '\r\n\r\n';

export class Connection {
  readonly #socket: Socket;
  readonly #host: string;
  #received: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<Reply> | null = null;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#read(bytes));
    const fail = (): void => this.#waiting?.reject(new Error(`${host} closed the connection.`));
    socket.on('error', fail);
    socket.on('close', fail);
  }

  static async open(origin: string): Promise<Connection> {
    const { hostname, port, host } = new URL(origin);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new Connection(socket, host);
  }

  send(method: 'GET' | 'POST', path: string, body = '', headers = ''): Promise<Reply> {
    if (this.#socket.destroyed) return Promise.reject(new Error(`${this.#host} closed the connection.`));
    const waiting = Promise.withResolvers<Reply>();
    this.#waiting = waiting;
    const length =
      method === 'GET'
        ? ''
        : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
    this.#socket.write(`${method} ${path} HTTP/1.1\r\nhost: ${this.#host}\r\n${length}${headers}\r\n${body}`);
    return waiting.promise;
  }

  /** @throws when the response has errors. @param token sent as a bearer token. */
  // oxlint-disable-next-line typescript/no-explicit-any -- depends on the query
  async graphql(query: string, variables: object = {}, token?: string): Promise<any> {
    const body = JSON.stringify({ query, variables });
    const headers = token === undefined ? '' : `authorization: Bearer ${token}\r\n`;
    const reply = await this.send('POST', '/graphql', body, headers);
    const { data, errors } = JSON.parse(reply.body) as { data?: unknown; errors?: unknown };
    if (errors !== undefined) throw new Error(`HTTP ${reply.status}: ${reply.body.slice(0, 500)}`);
    return data;
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    const endOfHead = this.#received.indexOf(END_OF_HEAD);
    if (endOfHead === -1) return;
    const head = this.#received.toString('latin1', 0, endOfHead);
    const rest = this.#received.subarray(endOfHead + END_OF_HEAD.length);
    const length = /^content-length: (\d+)/im.exec(head)?.[1];
    const body =
      length === undefined ? wholeChunks(rest) : rest.length < Number(length) ? null : rest.toString();
    if (body === null) return;
    this.#received = Buffer.alloc(0);
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve({ status: Number(head.slice(9, 12)), head, body });
  }
}

/** The body of a chunked response. Null until the last chunk has arrived. */
function wholeChunks(bytes: Buffer): string | null {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const endOfSize = bytes.indexOf('\r\n', at);
    if (endOfSize === -1) return null;
    const size = Number.parseInt(bytes.toString('latin1', at, endOfSize), 16);
    const start = endOfSize + 2;
    if (bytes.length < start + size + 2) return null;
    if (size === 0) return Buffer.concat(parts).toString();
    parts.push(bytes.subarray(start, start + size));
    at = start + size + 2;
  }
}

/** Opens connections, gives each number below `count` to the next free one, and closes them in the end. */
export async function spread(
  origin: string,
  lanes: number,
  count: number,
  work: (connection: Connection, at: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    const connection = await Connection.open(origin);
    try {
      while (next < count) await work(connection, next++);
    } finally {
      connection.close();
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
