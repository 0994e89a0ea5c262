"""Export: rows written to files and databases of other formats."""
