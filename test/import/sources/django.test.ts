// What is imported of a Django dump, with or without django-otp, and who is refused.

import { describe, expect, test } from 'vitest';
import { SOURCES } from '../../../src/import/sources/list.ts';
import { read, readWhole, UUID, type WholeRecord } from './reading.ts';

describe('Django', () => {
  const fields = {
    email: 'a@example.com',
    password: 'pbkdf2_sha256$1$salt$hash',
    is_active: true,
    first_name: 'Ann',
    last_name: 'Onym',
  };
  test('an address is never verified, and entries that are not users are skipped', () => {
    expect(read('django', { model: 'auth.user', pk: 7, fields })).toMatchObject({
      externalId: '7',
      name: 'Ann Onym',
      emailVerified: false,
    });
    expect(read('django', { model: 'accounts.person', pk: UUID, fields })?.externalId).toBe(UUID);
    expect(read('django', { model: 'auth.group', pk: 1, fields: { name: 'editors' } })).toBeNull();
    expect(read('django', { model: 'sessions.session', pk: 'x' })).toBeNull();
  });
  test('an unusable password is not imported', () => {
    expect(
      read('django', { model: 'auth.user', pk: 7, fields: { ...fields, password: '!unusable' } })
        ?.passwordHash,
    ).toBeNull();
  });
});

describe('Django with django-otp', () => {
  async function dump(...entries: object[]): Promise<(WholeRecord | null)[]> {
    async function* all() {
      yield* entries;
    }
    const reader = await SOURCES.django.survey?.(all());
    return entries.map((entry) => {
      const record = reader?.(entry, { format: 'json', firebaseHash: null }) ?? null;
      return record === null ? null : readWhole(record);
    });
  }
  const user = {
    model: 'auth.user',
    pk: 7,
    fields: { email: 'a@example.com', username: 'ann', password: '' },
  };
  const other = {
    model: 'auth.user',
    pk: 8,
    fields: { email: 'b@example.com', username: 'bob', password: '' },
  };
  const app = {
    user: 7,
    name: 'phone',
    confirmed: true,
    key: '48656c6c6f21deadbeef',
    step: 30,
    t0: 0,
    digits: 6,
  };

  test('an app and static tokens anywhere in the dump are imported for their own user', async () => {
    const [, , mine, others] = await dump(
      { model: 'otp_totp.totpdevice', pk: 1, fields: app },
      { model: 'otp_static.statictoken', pk: 1, fields: { device: 3, token: 'abcdefgh' } },
      user,
      other,
      { model: 'otp_static.staticdevice', pk: 3, fields: { user: 7, confirmed: true } },
    );
    expect(mine).toMatchObject({
      totp: [{ secret: 'JBSWY3DPEHPK3PXP', label: 'phone' }],
      backupCodes: ['abcdefgh'],
      otherSecondFactors: [],
    });
    expect(others).toMatchObject({ totp: [], backupCodes: [], otherSecondFactors: [] });
  });
  test('a device may refer to its user by natural key', async () => {
    const [mine, others] = await dump(user, other, {
      model: 'otp_totp.totpdevice',
      pk: 1,
      fields: { ...app, user: ['bob'] },
    });
    expect([mine?.totp.length, others?.totp.length]).toEqual([0, 1]);
  });
  test('an unconfirmed device is ignored, and a device of another kind cannot be imported', async () => {
    const [record] = await dump(
      user,
      { model: 'otp_totp.totpdevice', pk: 1, fields: { ...app, confirmed: false } },
      { model: 'otp_totp.totpdevice', pk: 2, fields: { ...app, t0: 5 } },
      { model: 'otp_webauthn.webauthncredential', pk: 3, fields: { user: 7 } },
      { model: 'mfa.authenticator', pk: 4, fields: { user: 7, type: 'recovery_codes' } },
      { model: 'sites.site', pk: 5, fields: { user: 7 } },
      { model: 'otp_static.staticdevice', pk: 6, fields: { user: 7, confirmed: true } },
    );
    expect(record).toMatchObject({
      totp: [],
      otherSecondFactors: ['totpdevice', 'webauthncredential', 'authenticator recovery_codes'],
    });
  });
  test('an app with eight digits cannot be imported', async () => {
    const [record] = await dump(user, { model: 'otp_totp.totpdevice', pk: 1, fields: { ...app, digits: 8 } });
    expect(record?.totp).toMatchObject([{ secret: null, defect: expect.stringContaining('6 digits') }]);
  });
});
