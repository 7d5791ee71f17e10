// Which Host headers are accepted. In development, anyone who can reach the server can read everything, including the
// codes in the inbox, and any web page can make its own name resolve to this machine (DNS rebinding). So the server
// answers only to names that strangers cannot register. In production, the proxy checks the name.
import { isIP } from 'node:net';
import type { Config } from '../config/config.ts';

type HostConfig = Pick<Config, 'production' | 'publicUrl' | 'host'>;

/** @returns a function that tells whether requests for a host, with or without a port, are served. */
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

/** `localhost`, its subdomains, and names without a dot, as containers have. */
function isPrivateName(name: string): boolean {
  return !name.includes('.') || name.endsWith('.localhost');
}
