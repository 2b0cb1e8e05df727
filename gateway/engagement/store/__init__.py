"""The tables of contacts, conversations, messages and files, and the SQL over them."""
