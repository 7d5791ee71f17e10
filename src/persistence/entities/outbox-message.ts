// A message on its way to a user. Its text is sealed while it waits and erased when it was handed over; with the
// development inbox it stays until it expires, because the inbox is where it is read.
import { defineEntity, p } from '@mikro-orm/core';

export const OutboxMessage = defineEntity({
  name: 'OutboxMessage',
  properties: {
    id: p.uuid().primary(),
    channel: p.string().length(8).$type<'email' | 'sms'>(),
    /** Recipient, subject and text, sealed. */
    sealed: p.text().nullable(),
    createdAt: p.datetime().index(),
    /** Not sent after this: a code that is no longer valid would only confuse. */
    expiresAt: p.datetime(),
    sentAt: p.datetime().nullable(),
  },
});
