// Whether text messages are sent to a number: the instance, the tenant, the user and the country can each forbid it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isReachable, SmsUse } from '../../src/policy/sms.ts';

const country = fc.constantFrom<string>('US', 'CA', 'FR', '');
const instance = fc.record({
  enabled: fc.boolean(),
  countries: fc.uniqueArray(fc.constantFrom<string>('US', 'CA', 'FR')),
  sendsTexts: fc.boolean(),
});
const number = fc.record({
  tenant: fc.constantFrom(...Object.values(SmsUse)),
  user: fc.boolean(),
  country,
});

test('text messages are sent to a number exactly when the instance, the tenant, the user and the country all allow it', () => {
  fc.assert(
    fc.property(instance, number, (policy, one) => {
      const vetoes = [
        !policy.enabled,
        one.tenant === 'OFF',
        !one.user,
        !policy.countries.includes(one.country),
      ];
      expect(isReachable(policy, one)).toBe(!vetoes.includes(true));
    }),
  );
});

test('text messages are never sent to a number of an unknown country', () => {
  fc.assert(
    fc.property(instance, number, (policy, one) => {
      expect(isReachable(policy, { ...one, country: '' })).toBe(false);
    }),
  );
});

test('a code can be sent even if the provider does not send our own texts', () => {
  fc.assert(
    fc.property(instance, number, (policy, one) => {
      expect(isReachable({ ...policy, sendsTexts: !policy.sendsTexts }, one)).toBe(isReachable(policy, one));
    }),
  );
});
