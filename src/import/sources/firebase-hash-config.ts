// The password hash parameters of a Firebase project, as copied from its console (Authentication, Users, the menu
// beside the list, "Password hash parameters").
import { z } from 'zod';
import { FileUnreadableError } from '../files/record-file.ts';

export interface FirebaseHashConfig {
  readonly signerKey: string;
  readonly saltSeparator: string;
  readonly rounds: number;
  readonly memCost: number;
}

const form = z.object({
  algorithm: z.literal('SCRYPT'),
  base64_signer_key: z.string().min(1),
  base64_salt_separator: z.string().min(1),
  rounds: z.coerce.number().int(),
  mem_cost: z.coerce.number().int(),
});

/** @throws {FileUnreadableError} */
export function readFirebaseHashConfig(text: string): FirebaseHashConfig {
  const pairs = [...text.matchAll(/"?(\w+)"?\s*:\s*"?([\w+/=-]+)"?/g)].map(([, name, value]) => [
    name,
    value,
  ]);
  const { data, error } = form.safeParse(Object.fromEntries(pairs));
  if (data === undefined) {
    throw new FileUnreadableError(
      `Invalid Firebase hash parameters: check ${String(error.issues[0]?.path[0])}. Copy the parameters from the Firebase console. Only the algorithm SCRYPT is supported.`,
    );
  }
  return {
    signerKey: data.base64_signer_key,
    saltSeparator: data.base64_salt_separator,
    rounds: data.rounds,
    memCost: data.mem_cost,
  };
}
