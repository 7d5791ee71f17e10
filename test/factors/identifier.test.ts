// What people call themselves by, and what they are told when it is neither an address nor a number.
import { expect, test } from 'vitest';
import { identifier, phoneNumber } from '../../src/factors/identifier.ts';

const messagesOf = (text: string): (string | undefined)[] | undefined =>
  identifier.safeParse(text).error?.issues.map(({ message }) => message);

test('a phone number has at most 40 characters, however it is written', () => {
  const written = (length: number): string => `+1${' '.repeat(length - 12)}4155552671`;
  expect(phoneNumber.safeParse(written(40)).data).toEqual({ number: '+14155552671', country: 'US' });
  const { error } = phoneNumber.safeParse(written(41));
  expect(error?.issues.map(({ message }) => message)).toEqual(['A phone number has at most 40 characters.']);
});

test('an address that is refused is told what is wrong with it, and not that it is no phone number', () => {
  expect(messagesOf('jane@localhost')).toEqual([
    'Give an e-mail address with a domain name after the @, for example jane@example.com.',
  ]);
});

test('what is neither is told both', () => {
  expect(messagesOf('jane')).toEqual([
    'Give an e-mail address, for example jane@example.com, or a phone number in international form, for example +14155552671.',
  ]);
});
