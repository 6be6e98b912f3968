-- The refusal of a number that may be two people's names both of them; an erasure takes that away too.

GRANT UPDATE (because) ON kompang.import_error TO kompang_gateway;
