// The forms of the fields of a record in an import file.
import { z } from 'zod';
import { misleading } from '../platform/one-line-text.ts';
import { unstorable } from '../platform/storable-text.ts';

export function text(most: number) {
  return z
    .string()
    .trim()
    .max(most, `This can have at most ${most} characters.`)
    .superRefine((it, context) => {
      const defect = unstorable(it);
      if (defect !== null) context.addIssue({ code: 'custom', message: defect });
    });
}

/** A name or label chosen by a user. Empty becomes null. */
export function words(most: number) {
  return text(most).transform((it, context) => {
    const defect = misleading(it);
    if (defect !== null) context.addIssue(defect);
    return it === '' ? null : it;
  });
}

/** For files, whose cells may have line breaks: replaces them with spaces. */
export function unfolded(form: z.ZodType<string | null, string>) {
  return z
    .string()
    .transform((it) => it.replaceAll(/[\t\n\r]+/g, ' '))
    .pipe(form);
}

/** The label of an authenticator. */
export const recordLabel = optional(unfolded(words(64)));

export function optional<T>(form: z.ZodType<T>) {
  return form.nullish().transform((it): T | null => it ?? null);
}

export function flag(usual: boolean) {
  return z
    .boolean()
    .nullish()
    .transform((it) => it ?? usual);
}

export function list<T>(form: z.ZodType<T>, most: number) {
  return z
    .array(form)
    .max(most, `This list can have at most ${most} entries.`)
    .nullish()
    .transform((it): readonly T[] => it ?? []);
}
