// The built-in list of common passwords.
import { dictionary } from '@zxcvbn-ts/language-common';
import { expect, test } from 'vitest';
import { CommonPasswords } from '../../../../src/factors/password/breached/common-passwords.ts';
import { openBreachedPasswords } from '../../../../src/factors/password/breached/open.ts';
import { createLog } from '../../../../src/platform/log.ts';
import { LEAST_MINIMUM_LENGTH } from '../../../../src/policy/password-policy.ts';

test('every common password that is long enough is found, in capitals too', async () => {
  const common = new CommonPasswords();
  const possible = dictionary['passwords-common'].filter(
    (password) => [...password].length >= LEAST_MINIMUM_LENGTH,
  );
  expect(possible.length).toBeGreaterThan(15_000);
  const missed: string[] = [];
  for (const password of possible) {
    if ((await common.find(password)) === null) missed.push(password);
    if ((await common.find(password.toUpperCase())) === null) missed.push(password.toUpperCase());
  }
  expect(missed).toEqual([]);
});

test.each(['password', '12345678', 'Qwertyuiop', 'TRUSTNO1', 'iloveyou'])(
  '%s is a common password',
  async (password) => {
    expect(await new CommonPasswords().find(password)).toEqual({ times: null });
  },
);

test.each(['correct horse battery staple', 'passwordpasswordpasswordpassword', 'constructor', 'pässwörd'])(
  '%s is not a common password',
  async (password) => {
    expect(await new CommonPasswords().find(password)).toBeNull();
  },
);

test('without another source only common passwords are blocked', async () => {
  const log: string[] = [];
  const passwords = await openBreachedPasswords(
    { source: { name: 'common' }, whenUnreachable: 'refuse' },
    createLog('trace', { write: (line) => log.push(line) }),
  );
  expect(await passwords.find('iloveyou')).toEqual({ times: null });
  expect(await passwords.find('correct horse battery staple')).toBeNull();
  await passwords.close();
  expect(log).toEqual([]);
});
