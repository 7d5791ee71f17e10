// The form of an input to which factors add fields. A field of one factor is refused for every other one.
import { z } from 'zod';
import type { FactorInput } from '../factors/input-field.ts';
import type { FactorKind } from '../policy/factor-kind.ts';

/** @param own the fields that do not belong to a factor, with `factor` among them. */
export function formWith<Own extends { readonly factor: z.ZodType<string> }>(
  own: Own,
  inputs: readonly { readonly kind: FactorKind; readonly input: FactorInput }[],
) {
  const added = inputs.flatMap(({ input }) => Object.entries(input.fields));
  return z
    .object({ ...own, ...Object.fromEntries(added.map(([name, { form }]) => [name, form])) })
    .superRefine((form, context) => {
      const refuse = (path: string, message: string) =>
        context.addIssue({ code: 'custom', path: [path], message });
      const given = form as Readonly<Record<string, unknown>>;
      for (const { kind, input } of inputs) {
        const isOther = given['factor'] !== kind;
        for (const [name, { defaultValue }] of Object.entries(input.fields))
          if (isOther && (given[name] ?? defaultValue) !== defaultValue)
            refuse(name, `Only valid for ${kind}. Omit the field.`);
        const defect = isOther ? null : input.defect?.(given);
        if (defect) refuse(defect.path, defect.message);
      }
    });
}
