// The message that tells a device of a request, by Web Push. It contains the id of the request and nothing else: the
// device asks for the rest with its signature.
import type { Message } from '../../delivery/message.ts';
import type { PushSubscription } from './device.ts';

export function pushMessage(deviceId: string, requestId: string, subscription: PushSubscription): Message {
  return {
    channel: 'push',
    to: JSON.stringify({ deviceId, ...subscription }),
    subject: '',
    text: JSON.stringify({ request: requestId }),
    html: null,
    code: null,
  };
}
