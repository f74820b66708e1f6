"""Steps that build and change the tables; run by crmkpi.store.migrate at every start."""
