DROP TABLE claim;
DROP TABLE change;
DROP TABLE alias;
DROP TABLE file;
DROP TABLE version;
DROP TABLE model;
