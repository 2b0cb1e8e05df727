"""The engine in virtual time: scenarios, recorded weeks, rehearsals of a changed configuration."""
