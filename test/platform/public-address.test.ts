// Which addresses are public.
import { expect, test } from 'vitest';
import { isPublicAddress } from '../../src/platform/public-address.ts';

test.each([
  '93.184.215.14',
  '8.8.8.8',
  '2606:2800:21f:cb07:6820:80da:af6b:8b2c',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8', // IPv4 from a host that has only IPv6 (NAT64)
  '64:ff9b::5db8:d70e',
])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.31.255.255',
  '192.168.0.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '192.0.2.1',
  '198.18.0.1',
  '::',
  '::1',
  '::7f00:1', // IPv4-compatible
  '::ffff:10.0.0.1',
  '::ffff:0:10.0.0.1', // IPv4-translated
  '64:ff9b::a00:1', // NAT64 of 10.0.0.1
  '64:ff9b::127.0.0.1',
  '64:ff9b::169.254.169.254',
  '64:ff9b::100.64.0.1',
  '64:ff9b::',
  '64:ff9b::1:808:808', // outside of the 96 bits
  '64:ff9b:1::808:808', // NAT64 within a network (RFC 8215)
  '64:ff9b:1:ffff::808:808',
  '2002:a00:1::',
  '2002:808:808::', // 6to4, also of a public address
  '2001::1', // Teredo
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'fc00::1',
  'fd12:3456:789a::1',
  'ff02::1',
  '100::1',
  '2001:db8::1',
  '3fff::1',
  '5f00::1',
  '4000::1', // not allocated
  'example.com',
  '',
])('%j is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});
