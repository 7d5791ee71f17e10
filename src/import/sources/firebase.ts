// Firebase Authentication: the JSON of `firebase auth:export`. The hash parameters belong to the project and are not in
// the file. `phoneNumber` is a number for sign-in; a number in `mfaInfo` is a second factor. Nothing else in `mfaInfo`
// can be imported. Firebase's command line omits `mfaInfo`; its API does not.
import { z } from 'zod';
import { firebaseHash } from '../../factors/password/legacy-hash/firebase.ts';
import { RecordError } from '../../factors/record-error.ts';
import { readForm } from '../form.ts';
import { DISABLED, fullName, hashOf, ids, type Source, timeOf } from './source.ts';

const text = z.string().nullish();
const form = z.object({
  localId: text,
  email: text,
  emailVerified: z.boolean().nullish(),
  displayName: text,
  phoneNumber: text,
  passwordHash: text,
  salt: text,
  createdAt: z.union([z.string(), z.number()]).nullish(),
  disabled: z.boolean().nullish(),
  mfaInfo: z.array(z.looseObject({ phoneInfo: text })).nullish(),
});

export const firebase: Source = {
  formats: ['json'],
  columns: null,
  marks: [['localId']],
  read(entry, { firebaseHash: config }) {
    const user = readForm(form, entry);
    if (user.disabled) throw new RecordError('disabled', DISABLED);
    const second = (user.mfaInfo ?? []).flatMap(({ phoneInfo }) => phoneInfo ?? []);
    const isOther = user.phoneNumber != null && !second.includes(user.phoneNumber);
    const { passwordHash: hash, salt } = user;
    if (hash != null && config === null) {
      throw new RecordError(
        'passwordHash',
        'Pass the project’s hash parameters with --firebase-hash-config.',
      );
    }
    return {
      ...ids(user.localId),
      name: fullName(user.displayName),
      email: user.email,
      emailVerified: user.emailVerified ?? false,
      phones: [
        ...second.map((number) => ({ number, secondFactor: true })),
        ...(isOther ? [{ number: user.phoneNumber }] : []),
      ],
      otherSecondFactors: (user.mfaInfo ?? [])
        .filter(({ phoneInfo }) => phoneInfo == null)
        .map((factor) => Object.keys(factor).find((name) => name.endsWith('Info')) ?? 'unknown'),
      passwordHash:
        hash == null || config === null
          ? null
          : hashOf(() => firebaseHash({ ...config, hash, salt: salt ?? '' })),
      createdAt: timeOf(user.createdAt),
    };
  },
};
