// IP addresses: one way to write each of them, and the network that stands for whoever holds it.
import { isIP, SocketAddress } from 'node:net';

/**
 * An address as RFC 5952 writes it, without a zone; an IPv4-mapped one (RFC 4291 section 2.5.5.2) as the IPv4 address
 * that it is. Null for anything else.
 */
export function ipAddress(text: string): string | null {
  const family = isIP(text);
  if (family === 0) return null;
  if (family === 4) return text;
  return new SocketAddress({ address: text, family: 'ipv6' }).address.replace(/^::ffff:(?=\d+\.)/, '');
}

/**
 * The network of an address: the /24 of an IPv4 address, the /48 of an IPv6 address. Whoever rents one address is
 * easily given its neighbours, and an IPv6 site has 2^80 of them. Null when it is no address.
 */
export function networkOf(text: string): string | null {
  const address = ipAddress(text);
  if (address === null) return null;
  if (isIP(address) === 4) return address.replace(/\d+$/, '0/24');
  return `${firstGroups(address, 3).join(':')}::/48`;
}

function firstGroups(address: string, count: number): string[] {
  const [before = '', after = ''] = address.split('::');
  const groups = (part: string): string[] => part.split(':').filter((group) => group !== '');
  const [head, tail] = [groups(before), groups(after)];
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].slice(0, count);
}
