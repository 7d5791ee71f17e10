// Laravel: its table `users`. What Fortify keeps of a second factor is encrypted with the key of the application, so it cannot
// come along.
import { table } from './table.ts';

export const laravel = table({
  marks: [['email_verified_at', 'password'], ['remember_token']],
  id: 'id',
  name: ['name'],
  email: 'email',
  emailVerified: 'email_verified_at',
  password: 'password',
  createdAt: 'created_at',
  more: (row) => ({ otherSecondFactors: row.isSet('two_factor_secret') ? ['two_factor_secret'] : [] }),
});
