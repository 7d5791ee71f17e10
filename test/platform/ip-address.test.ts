// Each address has one notation, and neighbors share a network.
import { expect, test } from 'vitest';
import { hostOf, ipAddress, networkOf } from '../../src/platform/ip-address.ts';

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::FFFF:cb00:7107', '203.0.113.7'],
  ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:db8::', '2001:db8::'],
  ['::1', '::1'],
  ['fe80::1%eth0', 'fe80::1'],
  [`fe80::1%${'x'.repeat(5000)}`, 'fe80::1'],
])('%s is normalized to %s', (text, address) => {
  expect(ipAddress(text)).toBe(address);
});

test.each([
  '',
  ' ',
  'unknown',
  '1',
  '0x7f000001',
  '127.1',
  '203.0.113.07',
  '203.0.113.256',
  '203.0.113.7:80',
  '[::1]',
  '[2001:db8::1]:80',
  '::ffff:203.0.113.256',
  '203.0.113.7\0',
  '203.0.113.7, 203.0.113.8',
  '١.١.١.١',
])('%j is not an address and has no network', (text) => {
  expect(ipAddress(text)).toBeNull();
  expect(networkOf(text)).toBeNull();
  expect(hostOf(text)).toBeNull();
});

test.each([
  ['203.0.113.7', '203.0.113.0/24'],
  ['203.0.113.255', '203.0.113.0/24'],
  ['203.0.114.7', '203.0.114.0/24'],
  ['::ffff:203.0.113.7', '203.0.113.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
  ['2001:0DB8:0001:ffff::', '2001:db8:1::/48'],
  ['2001:db8:2::1', '2001:db8:2::/48'],
  ['2001:db8::1', '2001:db8::/48'],
  ['2001:db8:0:1::', '2001:db8::/48'],
  ['2001::1:2:3:4', '2001::/48'],
  ['2001::3:4:5:6:7:8', '2001:0:3::/48'],
  ['::1', '::/48'],
  ['::1:2:3:4:5:6:7', '0:1:2::/48'],
  ['::203.0.113.7', '::/48'],
  ['fe80::1%eth0', 'fe80::/48'],
])('%s belongs to the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test.each([
  ['203.0.113.7', '203.0.113.7/32'],
  ['::ffff:203.0.113.7', '203.0.113.7/32'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['::1', '::/64'],
  ['fe80::1%eth0', 'fe80::/64'],
])('the subscriber with %s has all of %s', (address, host) => {
  expect(hostOf(address)).toBe(host);
});
