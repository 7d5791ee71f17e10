// The messages of the e-mail factor.
import type { Message } from '../../delivery/message.ts';

export function emailCodeMessage(to: string, code: string, minutes: number): Message {
  return {
    channel: 'email',
    to,
    subject: `Your code is ${code}`,
    text: `Your code is ${code}. It is valid for ${minutes} minutes and works once.\n\nIf you did not ask for it, ignore this message, and give the code to nobody.\n`,
  };
}

export function alreadyRegisteredMessage(to: string): Message {
  return {
    channel: 'email',
    to,
    subject: 'You already have an account',
    text: 'Somebody, perhaps you, tried to sign up with this address. You already have an account: sign in with it instead.\n\nIf it was not you, there is nothing to do: the attempt failed.\n',
  };
}
