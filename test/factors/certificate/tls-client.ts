// `fetch` over a TLS connection with a client certificate, which Node's own has no option for.
import type { OutgoingHttpHeaders } from 'node:http';
import { Agent, type AgentOptions, request } from 'node:https';
import { buffer } from 'node:stream/consumers';

export interface TlsClient extends Disposable {
  readonly fetch: typeof fetch;
}

/** @param options the certificate and key, and whether connections are kept. */
export function tlsClient(options: AgentOptions): TlsClient {
  // The test's server has a certificate of its own, for no name.
  const agent = new Agent({ rejectUnauthorized: false, ...options });
  const send = (url: string, { method = 'GET', headers, body }: RequestInit = {}): Promise<Response> =>
    new Promise((resolve, reject) => {
      const sent = request(url, { agent, method, headers: headers as OutgoingHttpHeaders }, (answer) => {
        buffer(answer).then((content) => {
          const status = answer.statusCode ?? 0;
          resolve(new Response(new Uint8Array(content), { status, headers: answer.headers as HeadersInit }));
        }, reject);
      });
      sent.on('error', reject);
      sent.end(body);
    });
  return { fetch: send as typeof fetch, [Symbol.dispose]: () => agent.destroy() };
}
