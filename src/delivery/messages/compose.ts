// From a template to the message that is sent.
import type { Message } from '../message.ts';
import type { Locale } from './locales.ts';
import type { Template } from './template.ts';

export interface Recipient {
  readonly to: string;
  readonly locale: Locale;
}

export function compose(template: Template, { to }: Recipient): Message {
  const isSms = template.name.startsWith('phone-');
  const code = 'code' in template ? template.code : null;
  const text = `${template.name}: ${code ?? ('url' in template ? template.url : '')}`;
  return {
    channel: isSms ? 'sms' : 'email',
    to,
    subject: isSms
      ? ''
      : template.name === 'already-registered'
        ? 'You already have an account'
        : template.name,
    text,
    html: null,
    code,
  };
}
