// Keeps requests to addresses that a client has given out of our own network (server-side request forgery, OWASP ASVS
// 1.3.6): only public addresses are connected to. The check is part of the connection, after the name was resolved, so a
// name cannot resolve differently the next time.
import { type LookupAddress, lookup as resolve } from 'node:dns';
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

/** Whether packets to this address leave for the internet. Everything with a special purpose (RFC 6890) does not. */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

/** For an agent of `node:https`. It refuses a name if any of its addresses is not public. */
export const lookupPublic: LookupFunction = (host, options, callback) => {
  resolve(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const [first] = addresses ?? [];
    if (error !== null) callback(error, '', 0);
    else if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address)))
      callback(new PrivateAddressError(), '', 0);
    else if (options.all) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

/** Addresses in a URL are connected to without a lookup. @throws {PrivateAddressError} */
export function requirePublicHost({ hostname }: URL): void {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw new PrivateAddressError();
}
