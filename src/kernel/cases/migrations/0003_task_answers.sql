-- What the holder of a task filled in (diwan:form); personal, emptied with the person.
ALTER TABLE case_task ADD COLUMN answers TEXT NOT NULL DEFAULT '';
