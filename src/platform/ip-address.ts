// Normalizes IP addresses, and maps each to the network that stands for its holder.
import { isIP, SocketAddress } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * The address in the notation of RFC 5952, without a zone. An IPv4-mapped address (RFC 4291 section 2.5.5.2) becomes the
 * IPv4 address. Null for anything else.
 */
export function ipAddress(text: string): string | null {
  const family = isIP(text);
  if (family === 0) return null;
  if (family === 4) return text;
  // Not with `ipaddr.js`, which takes the deprecated `::203.0.113.7` for a mapped address.
  return new SocketAddress({ address: text, family: 'ipv6' }).address.replace(/^::ffff:(?=\d+\.)/, '');
}

/** Prefix lengths, in bits. */
const NEIGHBOURHOOD = { ipv4: 24, ipv6: 48 } as const;
const HOST = { ipv4: 32, ipv6: 64 } as const;

/**
 * The network of an address: its /24 for IPv4, its /48 for IPv6. Neighboring addresses are easy to rent, and one IPv6
 * site has 2^80 of them. Null for anything that is not an address.
 */
export function networkOf(text: string): string | null {
  return prefixOf(text, NEIGHBOURHOOD);
}

/** What one subscriber has: an IPv4 address, or the /64 of an IPv6 address. Null for anything that is not an address. */
export function hostOf(text: string): string | null {
  return prefixOf(text, HOST);
}

function prefixOf(text: string, bits: { readonly ipv4: number; readonly ipv6: number }): string | null {
  const address = ipAddress(text);
  if (address === null) return null;
  const [version, prefix] = isIP(address) === 4 ? [ipaddr.IPv4, bits.ipv4] : [ipaddr.IPv6, bits.ipv6];
  return `${version.networkAddressFromCIDR(`${address}/${prefix}`).toString()}/${prefix}`;
}
