// The second factors in a Django dump. django-otp and similar apps keep each device as a separate entry that refers to
// its user. TOTP devices and the tokens of static devices are imported; other devices cannot be.
import { z } from 'zod';
import { base32 } from './base32.ts';
import { otpUri } from './otp-uri.ts';

const key = z.union([z.string(), z.number(), z.array(z.union([z.string(), z.number()]))]).transform(String);
const entryForm = z.object({
  model: z.string(),
  pk: z.union([z.string(), z.number()]).transform(String),
  fields: z.looseObject({
    user: key.nullish(),
    device: key.nullish(),
    confirmed: z.boolean().nullish(),
    name: z.string().nullish().catch(null),
    key: z.string().nullish().catch(null),
    token: z.string().nullish().catch(null),
    step: z.number().nullish().catch(null),
    t0: z.number().nullish().catch(null),
    digits: z.number().nullish().catch(null),
    type: z.string().nullish().catch(null),
  }),
});
type Entry = z.output<typeof entryForm>;

/** Matches the app or the model name, which are both in `model`. */
const SECOND_FACTOR = /otp|two_?factor|2fa|mfa|u2f|fido|webauthn|passkey|yubi/i;

interface Devices {
  readonly totp: readonly object[];
  readonly backupCodes: readonly string[];
  readonly otherSecondFactors: readonly string[];
}

/** @returns a function that looks up a user's devices by primary or natural key. */
export async function devicesIn(
  entries: AsyncIterable<object>,
): Promise<(...keys: readonly string[]) => Devices> {
  const devices: Entry[] = [];
  const tokens = new Map<string, string[]>();
  for await (const entry of entries) {
    const { data } = entryForm.safeParse(entry);
    if (data === undefined || !SECOND_FACTOR.test(data.model)) continue;
    const { device, token, user, confirmed } = data.fields;
    if (device != null && token != null) tokens.set(device, [...(tokens.get(device) ?? []), token]);
    else if (user != null && confirmed !== false) devices.push(data);
  }
  const byUser = Map.groupBy(devices, ({ fields }) => fields.user);
  return (...keys) => {
    const own = keys.flatMap((one) => byUser.get(one) ?? []);
    const isStatic = ({ model, pk }: Entry): boolean => /static/i.test(model) && tokens.has(pk);
    return {
      totp: own.flatMap((one) => totpOf(one) ?? []),
      backupCodes: own.filter(isStatic).flatMap(({ pk }) => tokens.get(pk) ?? []),
      otherSecondFactors: own
        .filter((one) => !isStatic(one) && totpOf(one) === null && !/static/i.test(one.model))
        .map(({ model, fields }) => [model.split('.').at(-1), fields.type].filter(Boolean).join(' ')),
    };
  };
}

/** Null when it is not a TOTP device. The key is hexadecimal. */
function totpOf({ model, fields }: Entry): object | null {
  const { key: secret, digits, step, t0, name } = fields;
  if (!/totp/i.test(model) || secret == null || (t0 ?? 0) !== 0) return null;
  return {
    secret: otpUri({ secret: base32(Buffer.from(secret, 'hex')), digits, period: step }),
    label: name ?? null,
  };
}
