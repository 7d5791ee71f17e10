// Notifies the user of a sign-in on a new device.
import { addNotice } from '../../delivery/notices.ts';
import type { PerformEffect } from './effect.ts';

export const tellOfNewDevice: PerformEffect = ({ outbox }, step) => {
  if (step.row.deviceId !== null) return {};
  const { ip, userAgent } = step.caller.client;
  addNotice(outbox, step, { name: 'new-sign-in', ip, userAgent, at: step.now });
  return {};
};
