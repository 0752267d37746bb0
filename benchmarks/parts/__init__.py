"""A file for each part. It has `tables(rounds)`, which measures and yields a `Table` as soon as it has one."""
