// WordPress: the table `wp_users`. WordPress does not verify addresses, and has second factors only through plug-ins,
// which use `wp_usermeta`. A query can name them in the column `second_factors`.
import { wordPressText } from '../../factors/password/legacy-hash/wordpress.ts';
import { table } from './table.ts';

export const wordPress = table({
  marks: [['user_pass'], ['user_login', 'user_email']],
  id: 'ID',
  name: ['display_name'],
  email: 'user_email',
  emailVerified: null,
  password: 'user_pass',
  createdAt: 'user_registered',
  more(row) {
    const hash = row.text('user_pass');
    return {
      passwordHash: hash === null ? null : wordPressText(hash),
      otherSecondFactors: (row.text('second_factors') ?? '').split(/[,;\s]+/).filter((name) => name !== ''),
    };
  },
});
