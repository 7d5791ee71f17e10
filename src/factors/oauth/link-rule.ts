// When an identity is linked to an account without being asked for (L2, L3): the provider's claim and the user's own proof are
// about the same address.
import type { Account } from '../account.ts';
import type { ProvenIdentity } from './proven-identity.ts';

/**
 * An account that will be deleted gets no further way in. A user who has another identity of the provider already is not
 * linked: the address may have been given to somebody else there.
 */
export function mayBeLinked(
  { mailbox, issuer }: ProvenIdentity,
  { emails, identities, isToBeDeleted }: Account,
): boolean {
  if (isToBeDeleted) return false;
  const isOwners = mailbox !== null && emails.some((one) => one.verified && one.address === mailbox.address);
  return isOwners && !identities.some((one) => one.issuer === issuer);
}
