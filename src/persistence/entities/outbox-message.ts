// A message to a user. Its text is sealed, and erased after the transport has accepted it. In the development inbox,
// and after a failure that can be retried, it is kept until it expires.
import { defineEntity, p } from '@mikro-orm/core';

/** In chronological order. A message ends in one of the last three. */
export type DeliveryStatus = 'queued' | 'sent' | 'delivered' | 'undelivered' | 'failed';

export const OutboxMessage = defineEntity({
  name: 'OutboxMessage',
  properties: {
    id: p.uuid().primary(),
    channel: p.string().length(8).$type<'email' | 'sms' | 'push'>(),
    /** Recipient, subject and text, sealed. */
    sealed: p.text().nullable(),
    createdAt: p.datetime().index(),
    /** Not sent after this time, because its code is no longer valid. */
    expiresAt: p.datetime().index(),
    /** When the transport accepted it. */
    sentAt: p.datetime().nullable(),
    /** When Stepgate gave up, or when the provider reported a failure. */
    failedAt: p.datetime().nullable(),
    /** The reason, as codes, without address or text. */
    failure: p.text().nullable(),
    /** The provider's id for it. */
    providerId: p.string().length(64).nullable(),
    /** The latest status from the provider. */
    deliveryStatus: p.string().length(16).$type<DeliveryStatus>().nullable(),
  },
  indexes: [
    // Texts to erase.
    {
      name: 'outbox_message_expires_at_sealed_index',
      properties: ['expiresAt'],
      where: { sealed: { $ne: null } },
    },
    // What operators list.
    {
      name: 'outbox_message_created_at_undelivered_index',
      properties: ['createdAt'],
      where: { $or: [{ sentAt: null }, { failedAt: { $ne: null } }] },
    },
  ],
});
