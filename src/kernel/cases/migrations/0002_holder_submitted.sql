-- An officer's own list, and the list of what nobody has taken, by day of receipt.
CREATE INDEX case_desk_holder_submitted ON case_desk (entity, state, holder, submitted, case_id);
