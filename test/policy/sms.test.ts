// Whether a number is written to at all: the instance, the tenant, the user and the country each have a veto.
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

test('a number is written to exactly when nobody has a word against it', () => {
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

test('a number of no known country is never written to', () => {
  fc.assert(
    fc.property(instance, number, (policy, one) => {
      expect(isReachable(policy, { ...one, country: '' })).toBe(false);
    }),
  );
});

test('whether texts of our own can be sent makes no difference to a code', () => {
  fc.assert(
    fc.property(instance, number, (policy, one) => {
      expect(isReachable({ ...policy, sendsTexts: !policy.sendsTexts }, one)).toBe(isReachable(policy, one));
    }),
  );
});
