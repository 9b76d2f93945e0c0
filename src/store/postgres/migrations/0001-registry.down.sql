DROP TABLE claim, change_head, change, alias, file, version, model;
