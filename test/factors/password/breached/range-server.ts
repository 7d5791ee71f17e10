// An HTTP server on loopback that answers as Have I Been Pwned's range API does: lines `SUFFIX:COUNT` that end with
// CRLF, except the last one, and with `Add-Padding: true` further ones that were seen 0 times.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RangeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export function sha1(password: string): string {
  return createHash('sha1').update(password, 'utf8').digest('hex').toUpperCase();
}

export class RangeServer implements AsyncDisposable {
  readonly requests: RangeRequest[] = [];
  /** How often each password was seen. */
  readonly breached = new Map<string, number>();
  /** How many further suffixes are in each range, seen once each. */
  others = 500;
  /** Instead of a range. */
  answer: ((response: ServerResponse) => void) | null = null;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        this.requests.push({ method, path: url, headers, body: Buffer.concat(chunks).toString() });
        const prefix = /^\/range\/([0-9A-F]{5})(\?mode=sha1)?$/.exec(url)?.[1];
        if (this.answer !== null) this.answer(response);
        else if (prefix === undefined)
          response.writeHead(400).end('The hash prefix was not in a valid format');
        else response.end(this.#range(prefix, headers['add-padding'] === 'true'));
      });
    });
  }

  static async start(): Promise<RangeServer> {
    const server = new RangeServer();
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  /** For BREACHED_PASSWORDS_URL. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #range(prefix: string, isPadded: boolean): string {
    const lines = [...this.breached]
      .filter(([password]) => sha1(password).startsWith(prefix))
      .map(([password, times]) => `${sha1(password).slice(5)}:${times}`);
    for (let at = 0; at < this.others; at += 1) lines.push(`${suffix('A', at)}:1`);
    if (isPadded) for (let at = lines.length; at < 900; at += 1) lines.push(`${suffix('B', at)}:0`);
    return lines.toSorted().join('\r\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function suffix(beginning: string, at: number): string {
  return `${beginning}${at.toString(16).toUpperCase().padStart(34, '0')}`;
}
