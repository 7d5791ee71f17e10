// An HTTP server on loopback that stands in for an external one. Subclasses respond to requests.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface LoopbackRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly bytes: Buffer;
}

export abstract class LoopbackServer implements AsyncDisposable {
  readonly #server: Server = createServer((request, response) => {
    const { method = '', url: path = '', headers } = request;
    void buffer(request).then(
      (bytes) => this.respond({ method, path, headers, body: bytes.toString(), bytes }, response),
      () => response.destroy(), // the client has disconnected
    );
  });

  protected abstract respond(request: LoopbackRequest, response: ServerResponse): void;

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Closes all open connections. */
  hangUp(): void {
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hangUp();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
