// What is imported of a Firebase export, and who is refused.
import { describe, expect, test } from 'vitest';
import { readFirebaseHashConfig } from '../../../src/import/sources/firebase-hash-config.ts';
import { read, refusal } from './reading.ts';

describe('Firebase', () => {
  const user = {
    localId: 'Qz1',
    email: 'a@example.com',
    emailVerified: true,
    passwordHash: 'aGFzaA==',
    salt: 'c2FsdA==',
  };
  test('a hash without the project’s parameters is refused, and the reason names the missing option', () => {
    expect(refusal('firebase', user)).toMatchObject({
      reason: expect.stringContaining('--firebase-hash-config'),
    });
    const { passwordHash: _hash, ...without } = user;
    expect(refusal('firebase', without)).toMatchObject({ email: 'a@example.com', passwordHash: null });
  });
  test('an enrolled number is a second factor, even if the user also signs in with it', () => {
    const { passwordHash: _hash, ...person } = user;
    const phones = (numbers: object) =>
      read('firebase', { ...person, ...numbers })?.phones.map((one) => [one.number.number, one.secondFactor]);
    expect(phones({ phoneNumber: '+14155552671' })).toEqual([['+14155552671', false]]);
    expect(phones({ phoneNumber: '+14155552671', mfaInfo: [{ phoneInfo: '+14155552671' }] })).toEqual([
      ['+14155552671', true],
    ]);
  });
  test.each([
    [
      'as the console shows it',
      'hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: c2lnbmVy,\n  base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 14,\n}\n',
    ],
    [
      'as JSON',
      '{"algorithm":"SCRYPT","base64_signer_key":"c2lnbmVy","base64_salt_separator":"Bw==","rounds":8,"mem_cost":14}',
    ],
  ])('the hash parameters are read %s', (_how, text) => {
    expect(readFirebaseHashConfig(text)).toEqual({
      signerKey: 'c2lnbmVy',
      saltSeparator: 'Bw==',
      rounds: 8,
      memCost: 14,
    });
  });
  test('incomplete hash parameters are refused with the missing field, without repeating the key', () => {
    const text = 'algorithm: SCRYPT, base64_signer_key: c2VjcmV0, rounds: 8, mem_cost: 14';
    expect(() => readFirebaseHashConfig(text)).toThrow(/check base64_salt_separator/);
    expect(() => readFirebaseHashConfig(text.replace('SCRYPT', 'BCRYPT'))).toThrow(/check algorithm/);
  });
});
