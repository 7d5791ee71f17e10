// The makers of authenticators that an operator trusts: metadata statements of the FIDO Alliance (FIDO Metadata Statement 3.0),
// each with the model that it describes and the certificates that its attestations end at. They come from a file, so nothing
// is fetched.
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { OperatorError } from '../../platform/operator-error.ts';

/** The trusted certificates of each model, by its AAGUID. */
export type TrustedMakers = ReadonlyMap<string, readonly X509Certificate[]>;

export class PasskeyMetadataError extends OperatorError {
  readonly code = 'PASSKEY_METADATA_INVALID';
}

const statement = z.object({
  aaguid: z.uuid().transform((aaguid) => aaguid.toLowerCase()),
  attestationRootCertificates: z.array(z.string()),
});
/** Statements of U2F and UAF authenticators have no AAGUID, and are skipped. */
const listed = z.union([
  statement,
  z.object({ metadataStatement: statement }).transform((entry) => entry.metadataStatement),
  z.unknown().transform(() => null),
]);
const file = z.union([
  z.array(listed),
  z.object({ entries: z.array(listed) }).transform(({ entries }) => entries),
]);

/** @param path of a JSON file: a list of statements, or the payload of the FIDO Metadata Service. Null: none is trusted. */
export async function readMakers(path: string | null): Promise<TrustedMakers> {
  if (path === null) return new Map();
  const text = await readFile(path, 'utf8').catch(() => {
    throw new PasskeyMetadataError(`PASSKEY_METADATA: the file ${path} cannot be read.`);
  });
  try {
    const statements = file.parse(JSON.parse(text)).filter((one) => one !== null);
    if (statements.length === 0) throw new Error('No statement has an AAGUID.');
    return new Map(
      statements.map(({ aaguid, attestationRootCertificates: roots }) => [aaguid, roots.map(certificate)]),
    );
  } catch {
    throw new PasskeyMetadataError(
      `PASSKEY_METADATA: ${path} must be a JSON list of FIDO metadata statements with an \`aaguid\` and \`attestationRootCertificates\`, or the payload of the FIDO Metadata Service.`,
    );
  }
}

/** Base64 of DER, with or without line breaks. */
function certificate(base64: string): X509Certificate {
  return new X509Certificate(Buffer.from(base64, 'base64'));
}
