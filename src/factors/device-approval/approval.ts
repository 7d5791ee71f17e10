// What shows later that a device approved an operation: the text that it signed, its signature and its key. The text names
// the operation's digest, the workflow and the request, so a signature belongs to one operation with its arguments.
import { z } from 'zod';
import type { FactorData } from '../account.ts';
import type { ApprovalFindings, Commitment } from '../approval-record.ts';
import { publicKeyForm, signatureForm } from './device.ts';
import { isSignedBy, readAnswer } from './signed-text.ts';

const approval = z.object({ text: z.string(), signature: signatureForm, publicKey: publicKeyForm });
export type SignedApproval = Readonly<z.infer<typeof approval>>;

/** Verifies the record of an approval as any verifier could, without the server. */
export async function verifyDeviceApproval(
  signed: FactorData,
  { operationDigest, workflowId, nonce }: Commitment,
): Promise<ApprovalFindings> {
  const { success, data } = approval.safeParse(signed);
  const answer = success ? readAnswer(data.text) : null;
  if (!success || answer === null)
    return { problems: ['The record is not one of an approving device.'], facts: {} };
  const { signature, publicKey, text } = data;
  const { server, deviceId } = answer;
  const facts = { server, 'device id': deviceId, 'public key (JWK)': JSON.stringify(publicKey) };
  if (answer.decision !== 'APPROVE') return { problems: ['The device did not approve.'], facts };
  const belongs =
    answer.operationDigest === operationDigest &&
    answer.workflowDigest === workflowId &&
    answer.requestId === nonce;
  if (!belongs) return { problems: ['The signed text does not belong to this operation.'], facts };
  if (!(await isSignedBy(publicKey, signature, text)))
    return { problems: ['The signature does not belong to this public key.'], facts };
  return { problems: [], facts };
}
