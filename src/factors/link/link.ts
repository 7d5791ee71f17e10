// A link with a token of 256 random bits. The page behind it shows which sign-in it is for, and the user approves it
// with a click, on any device. A mail scanner that only fetches the page approves nothing. The session goes to the
// workflow that requested the link, never to the visitor. A client that holds the workflow itself can send the token as
// the proof.
import { digest } from '../../platform/digest.ts';
import { randomToken } from '../../platform/random.ts';
import { UserError } from '../../platform/user-error.ts';
import { openChallenge } from '../challenge.ts';
import type { VerificationRequest } from '../factor.ts';
import type { StoredChallenge } from '../factor-exchange.ts';
import { approvalProof, type ProofField, textProof } from '../proof.ts';

/** The token, or the statement that it was approved. */
export type LinkProof = string | true;

export const LINK_PROOFS: readonly ProofField<LinkProof>[] = [
  textProof({
    name: 'linkToken',
    description:
      'The token of the link: the part after its `#`. Use it when the link opens your own page in the client that holds the workflow.',
    maximumLength: 64,
  }),
  approvalProof({
    name: 'linkApproved',
    description:
      'Set it to `true` after the user has approved the link, on any device. Subscribe to `workflow`, or query it from time to time, until `challenge.approvedAt` is set. Before that, the attempt fails with `LINK_NOT_APPROVED` and does not count.',
  }),
];

/** The link has not been approved yet, or it has expired. No attempt is counted. */
export class LinkNotApproved extends UserError {
  static readonly description = 'The link has not been approved yet. No attempt was counted.';
  readonly code = 'LINK_NOT_APPROVED';
  constructor() {
    super('The link has not been approved yet. Open the newest link and approve it, or request a new one.');
  }
}

/** The token follows a `#`. Browsers do not send that part to a server, so it does not appear in any log. */
export function newLink(pageUrl: string): { readonly url: string; readonly digest: string } {
  const token = randomToken();
  return { url: `${pageUrl}#${token}`, digest: digest(token) };
}

/** The open challenge that this token answers, or that was approved. */
export function answeredByLink(proof: LinkProof, request: VerificationRequest): StoredChallenge | null {
  const challenge = openChallenge(request);
  if (challenge?.approved) return challenge;
  // Sending `linkApproved` too early, or no token, is not a guess, so it does not count as an attempt.
  if (proof === true || proof === '') throw new LinkNotApproved();
  return challenge !== null && digest(proof) === challenge.codeDigest ? challenge : null;
}
