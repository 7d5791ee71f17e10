// A local HTTP server that responds like Have I Been Pwned's range API: lines `SUFFIX:COUNT` separated by CRLF, and
// with `Add-Padding: true` additional lines with count 0.
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type LoopbackRequest, LoopbackServer } from '../../../harness/loopback-server.ts';

export function sha1(password: string): string {
  return createHash('sha1').update(password, 'utf8').digest('hex').toUpperCase();
}

export class RangeServer extends LoopbackServer {
  readonly requests: LoopbackRequest[] = [];
  /** How often each password was seen. */
  readonly breached = new Map<string, number>();
  /** How many other suffixes are in each range, with count 1. */
  others = 500;
  /** Replaces the normal response. */
  answer: ((response: ServerResponse) => void) | null = null;

  static start(): Promise<RangeServer> {
    return new RangeServer().listen();
  }

  protected override respond(request: LoopbackRequest, response: ServerResponse): void {
    this.requests.push(request);
    const prefix = /^\/range\/([0-9A-F]{5})(\?mode=sha1)?$/.exec(request.path)?.[1];
    if (this.answer !== null) this.answer(response);
    else if (prefix === undefined) response.writeHead(400).end('The hash prefix was not in a valid format');
    else response.end(this.#range(prefix, request.headers['add-padding'] === 'true'));
  }

  #range(prefix: string, isPadded: boolean): string {
    const lines = [...this.breached]
      .filter(([password]) => sha1(password).startsWith(prefix))
      .map(([password, times]) => `${sha1(password).slice(5)}:${times}`);
    for (let at = 0; at < this.others; at += 1) lines.push(`${suffix('A', at)}:1`);
    if (isPadded) for (let at = lines.length; at < 900; at += 1) lines.push(`${suffix('B', at)}:0`);
    return lines.toSorted().join('\r\n');
  }
}

function suffix(beginning: string, at: number): string {
  return `${beginning}${at.toString(16).toUpperCase().padStart(34, '0')}`;
}
