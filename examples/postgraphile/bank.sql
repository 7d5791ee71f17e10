create schema bank;

create table bank.customers (id int primary key, name text not null, iban text);
comment on column bank.customers.iban is '@stepUp {"maxAge":300}';

create table bank.audits (id int primary key, what text not null);
comment on table bank.audits is '@requiresRole {"role":"ADMIN"}';

create function bank.pay(amount int) returns int language sql volatile as
  $$ insert into bank.audits select 1 + coalesce(max(id), 0), 'paid ' || amount from bank.audits returning id $$;
comment on function bank.pay(int) is '@stepUp {"maxAge":120}';

insert into bank.customers values (1, 'Ada', 'DE02120300000000202051'), (2, 'Bob', null);
insert into bank.audits values (1, 'opened');
