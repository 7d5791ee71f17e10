// The addresses that proxies add to a request, nearest first, from `X-Forwarded-For` or `Forwarded` (RFC 7239). Only the
// header that the operator has configured is read, because a proxy that writes one of them passes the other on
// unchanged, as the client sent it.
//
// Proxies append, so both headers are read from the end. What a client wrote before cannot change how the end is read:
// an unclosed quote, for example, would mislead a parser that reads from the start.
import { isIP } from 'node:net';
import { ipAddress } from '../platform/ip-address.ts';

export type ForwardedHeader = 'x-forwarded-for' | 'forwarded';

/** What each hop reports about the one before it: an address, or null for anything else. */
export function forwardedAddresses(header: ForwardedHeader, value: string): (string | null)[] {
  if (value.trim() === '') return [];
  return header === 'forwarded'
    ? fromTheEnd(value).map((element) => nodeAddress(forOf(element)))
    : value
        .split(',')
        .toReversed()
        .map((entry) => nodeAddress(entry.trim()));
}

/** Splits `Forwarded` into elements. A comma inside a quoted string is not a separator. */
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

/** The `for` parameter of an element. An address never contains escapes, so an escaped value is not an address. */
function forOf(element: string): string {
  const [, quoted, token] = /(?:^|;)\s*for\s*=\s*(?:"([^"\\]*)"|([^\s;",]+))\s*(?:;|$)/i.exec(element) ?? [];
  return quoted ?? token ?? '';
}

/** Removes the port that some proxies add (RFC 7239 section 6), and the brackets of an IPv6 address. */
function nodeAddress(node: string): string | null {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(node)?.[1];
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? ipAddress(bracketed) : null;
  return ipAddress(node.replace(/^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/, '$1'));
}
