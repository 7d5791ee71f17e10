// A message on its way to a user. Its text is sealed while it waits and erased when it was handed over; in the
// development inbox, and when it failed and may be tried again, it stays until it expires.
import { defineEntity, p } from '@mikro-orm/core';

/** In the order in which they come; of the last three a message gets one. */
export type DeliveryStatus = 'queued' | 'sent' | 'delivered' | 'undelivered' | 'failed';

export const OutboxMessage = defineEntity({
  name: 'OutboxMessage',
  properties: {
    id: p.uuid().primary(),
    channel: p.string().length(8).$type<'email' | 'sms'>(),
    /** Recipient, subject and text, sealed. */
    sealed: p.text().nullable(),
    createdAt: p.datetime().index(),
    /** Not sent after this: a code that is no longer valid would only confuse. */
    expiresAt: p.datetime().index(),
    /** When the other side took it. */
    sentAt: p.datetime().nullable(),
    /** When it was given up, by us or, after it was handed over, by its provider. */
    failedAt: p.datetime().nullable(),
    /** Why, in codes: no address, no text. */
    failure: p.text().nullable(),
    /** Under which name its provider knows it. */
    providerId: p.string().length(64).nullable(),
    /** What its provider last said of it. */
    deliveryStatus: p.string().length(16).$type<DeliveryStatus>().nullable(),
  },
});
