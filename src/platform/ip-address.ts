// IP addresses: one way to write each of them, and the networks that stand for whoever holds it.
import { isIP, SocketAddress } from 'node:net';
import ipaddr from 'ipaddr.js';

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

/** The prefixes that stand for whoever holds an address, in bits. */
const NEIGHBOURHOOD = { ipv4: 24, ipv6: 48 } as const;
const HOST = { ipv4: 32, ipv6: 64 } as const;

/**
 * The network of an address: the /24 of an IPv4 address, the /48 of an IPv6 address. Neighbouring addresses are easy to
 * rent, and an IPv6 site has 2^80 of them. Null for anything that is not an address.
 */
export function networkOf(text: string): string | null {
  return prefixOf(text, NEIGHBOURHOOD);
}

/** What one subscriber holds: an IPv4 address, the /64 of an IPv6 address. Null for anything that is not an address. */
export function hostOf(text: string): string | null {
  return prefixOf(text, HOST);
}

function prefixOf(text: string, bits: { readonly ipv4: number; readonly ipv6: number }): string | null {
  const address = ipAddress(text);
  if (address === null) return null;
  const [version, prefix] = isIP(address) === 4 ? [ipaddr.IPv4, bits.ipv4] : [ipaddr.IPv6, bits.ipv6];
  return `${version.networkAddressFromCIDR(`${address}/${prefix}`).toString()}/${prefix}`;
}
