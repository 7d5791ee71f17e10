// The addresses that proxies write into a request, nearest first: `X-Forwarded-For`, or `Forwarded` (RFC 7239). Exactly
// one of the two is read, the one that the operator names, because a proxy that writes one passes the other on as a
// client sent it.
//
// Proxies append, so both are read from the end, and what a client put before cannot change how the end is read: a quote
// that is never closed, for example, which a parser that begins at the start would carry into the proxy's entry.
import { isIP } from 'node:net';
import { ipAddress } from '../platform/ip-address.ts';

export type ForwardedHeader = 'x-forwarded-for' | 'forwarded';

/** What each hop says of the one before it: an address, or null for anything else. */
export function forwardedAddresses(header: ForwardedHeader, value: string): (string | null)[] {
  if (value.trim() === '') return [];
  return header === 'forwarded'
    ? fromTheEnd(value).map((element) => nodeAddress(forOf(element)))
    : value
        .split(',')
        .toReversed()
        .map((entry) => nodeAddress(entry.trim()));
}

/** The elements of `Forwarded`. A comma inside a quoted string separates nothing. */
function fromTheEnd(value: string): string[] {
  const elements: string[] = [];
  let end = value.length;
  let isQuoted = false;
  for (let at = value.length - 1; at >= 0; at -= 1) {
    if (value[at] === '"' && !isEscaped(value, at)) isQuoted = !isQuoted;
    else if (value[at] === ',' && !isQuoted) {
      elements.push(value.slice(at + 1, end));
      end = at;
    }
  }
  return [...elements, value.slice(0, end)];
}

function isEscaped(value: string, at: number): boolean {
  let first = at;
  while (value[first - 1] === '\\') first -= 1;
  return (at - first) % 2 === 1;
}

/** The `for` of an element. An address has nothing to escape in a quoted string, so an escape makes it none. */
function forOf(element: string): string {
  const [, quoted, token] = /(?:^|;)\s*for\s*=\s*(?:"([^"\\]*)"|([^\s;",]+))\s*(?:;|$)/i.exec(element) ?? [];
  return quoted ?? token ?? '';
}

/** An address without the port that some proxies add (RFC 7239 section 6), and an IPv6 one without its brackets. */
function nodeAddress(node: string): string | null {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(node)?.[1];
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? ipAddress(bracketed) : null;
  return ipAddress(node.replace(/^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/, '$1'));
}
