-- A journal tells dispatch who was erased, too: nothing is sent to a person whom a restored database has back.
GRANT UPDATE (withheld_at) ON kompang.lead TO kompang_dispatch;
