"""A whole archive: many documents at once, as Parquet tables with a database over them."""
