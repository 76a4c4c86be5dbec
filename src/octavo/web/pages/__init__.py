"""The HTML around the frontend: one small document a page; content never enters it as markup."""
