// The URL of a service that the server calls, and what a connection to it may be. A name counts as public, unless
// `PRIVATE_HOSTS` lists it. The operator who writes an address, or the name of this machine, means just that.
import { isIP } from 'node:net';
import { isLoopback } from './loopback.ts';

export interface ServiceUrl {
  readonly url: string;
  /** Whether it is HTTP. */
  readonly mayBeInsecure: boolean;
  /** Whether it may be in our own network. */
  readonly mayBePrivate: boolean;
}

export interface ServiceTerms {
  readonly production: boolean;
  readonly privateHosts: readonly string[];
}

export function serviceUrl(url: string, { production, privateHosts }: ServiceTerms): ServiceUrl {
  const { protocol, hostname } = new URL(url);
  const isAddress = isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
  return {
    url,
    mayBeInsecure: protocol === 'http:',
    mayBePrivate: !production || isAddress || isLoopback(url) || privateHosts.includes(hostname),
  };
}
