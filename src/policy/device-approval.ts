// How often a user may be asked to approve on a device, and what rejections cause. Whoever knows a password can ask, and
// hopes that the user, tired of being asked, approves once (push fatigue). OWASP ASVS 6.6.4 asks for such limits.

/** How long a request waits for its answer. */
export const REQUEST_SECONDS = 180;

/** How long a device can use the address that enrolls it. */
export const DEVICE_ENROLLMENT_SECONDS = 600;

/** Requests of one account that may go unanswered within `UNANSWERED_SECONDS`. Then nobody is asked until that has passed. */
export const MOST_UNANSWERED = 3;
export const UNANSWERED_SECONDS = 3600;

/** Rejections in a row, each within `REJECTIONS_SECONDS` of the first, after which nobody is asked for `PAUSE_SECONDS`. */
export const REJECTIONS_BEFORE_PAUSE = 2;
export const REJECTIONS_SECONDS = 86_400;
export const PAUSE_SECONDS = 3600;

/** How far the clock of a device may be off when it asks for its requests. */
export const CLOCK_TOLERANCE_SECONDS = 60;

export function isPausedAfter(rejections: number): boolean {
  return rejections >= REJECTIONS_BEFORE_PAUSE;
}
