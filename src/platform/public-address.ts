// Keeps requests to addresses that somebody else has given out of our own network (server-side request forgery, OWASP ASVS
// 1.3.6): only public addresses are connected to. The check is part of the connection, after the name was resolved, so a
// name cannot resolve differently the next time.
import type { LookupAddress, LookupAllOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The address is private, local, or reserved. */
export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError';
  readonly code = 'PRIVATE_ADDRESS';
  constructor() {
    super('The host has no public address.');
  }
}

/** `lookup` of `node:dns`. */
export type Resolve = (
  host: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** All that the internet uses of IPv6 (RFC 4291 section 2.4). The rest is reserved, or has a special purpose. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** How a host that has only IPv6 reaches IPv4 (NAT64, RFC 6052 section 2.1). The last 32 bits are the IPv4 address. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/** Whether packets to this address leave for the internet. Everything with a special purpose (RFC 6890) does not. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const read = ipaddr.process(address); // ::ffff:10.0.0.1 is an IPv4 address
  if (read instanceof ipaddr.IPv4) return read.range() === 'unicast';
  if (read.match(NAT64)) return new ipaddr.IPv4(read.toByteArray().slice(-4)).range() === 'unicast';
  return read.match(GLOBAL_UNICAST) && read.range() === 'unicast';
}

/** For an agent of `node:https`. It refuses a name if any of its addresses is not public. */
export function publicLookup(resolve: Resolve): LookupFunction {
  return (host, options, callback) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null) callback(error, '', 0);
      else if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address)))
        callback(new PrivateAddressError(), '', 0);
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** Addresses in a URL are connected to without a lookup. @throws {PrivateAddressError} */
export function requirePublicHost({ hostname }: URL): void {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw new PrivateAddressError();
}
