// The identifiers that start a sign-in, and the messages for text that is neither an address nor a number.
import { expect, test } from 'vitest';
import { identifier, phoneNumber } from '../../src/factors/identifier.ts';

const messagesOf = (text: string): (string | undefined)[] | undefined =>
  identifier.safeParse(text).error?.issues.map(({ message }) => message);

test('a phone number has at most 40 characters, however it is written', () => {
  const written = (length: number): string => `+1${' '.repeat(length - 12)}4155552671`;
  expect(phoneNumber.safeParse(written(40)).data).toEqual({ number: '+14155552671', country: 'US' });
  const { error } = phoneNumber.safeParse(written(41));
  expect(error?.issues.map(({ message }) => message)).toEqual([expect.stringContaining('at most 40')]);
});

test('an invalid email address gets a message about the address, not about phone numbers', () => {
  expect(messagesOf('jane@localhost')).toEqual([expect.stringMatching(/^(?!.*phone number).*domain/)]);
});

test('text that is neither gets a message that names both forms', () => {
  expect(messagesOf('jane')).toEqual([expect.stringMatching(/email address.*or a phone number/)]);
});
