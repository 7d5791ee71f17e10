// Which Host a request may be for. In development everything is open to whoever reaches the server, the inbox with its
// codes above all, and any web page can make its own name resolve to this machine (DNS rebinding): only names that no
// stranger can register are served there. In production the names are the proxy's to check.
import { isIP } from 'node:net';
import type { Config } from '../config/config.ts';

type HostConfig = Pick<Config, 'production' | 'publicUrl' | 'host'>;

/** @returns whether requests for this Host are served. It is a host, with or without a port. */
export function hostsOf({ production, publicUrl, host: listensOn }: HostConfig): (host: string) => boolean {
  if (production) return () => true;
  const ours = new Set([new URL(publicUrl).hostname, listensOn.toLowerCase()]);
  return (host) => {
    const { hostname } = new URL(`http://${host}`);
    const name = hostname.replace(/\.$/, '');
    return ours.has(name) || isAddress(hostname) || isPrivateName(name);
  };
}

function isAddress(hostname: string): boolean {
  return isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

/** `localhost`, names below it, and names without a dot: those of other containers. */
function isPrivateName(name: string): boolean {
  return !name.includes('.') || name.endsWith('.localhost');
}
