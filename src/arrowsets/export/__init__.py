"""Export: rows written to files and databases of other formats."""

from typing import TYPE_CHECKING

from arrowsets.lazy import lazily

if TYPE_CHECKING:
    from arrowsets.export.arrow import write_directory, write_file
    from arrowsets.export.embed import embedded_bytes
    from arrowsets.export.parquet import ParquetJob, ParquetShards, write_parquet
    from arrowsets.export.plans import write_csv, write_json
    from arrowsets.export.shards import shard_ranges
    from arrowsets.export.sql import write_sql
    from arrowsets.export.target import Directory
    from arrowsets.export.texts import check_counts

__all__ = [
    "Directory",
    "ParquetJob",
    "ParquetShards",
    "check_counts",
    "embedded_bytes",
    "shard_ranges",
    "write_csv",
    "write_directory",
    "write_file",
    "write_json",
    "write_parquet",
    "write_sql",
]

__getattr__ = lazily(
    __name__,
    {
        "Directory": "arrowsets.export.target",
        "ParquetJob": "arrowsets.export.parquet",
        "ParquetShards": "arrowsets.export.parquet",
        "check_counts": "arrowsets.export.texts",
        "embedded_bytes": "arrowsets.export.embed",
        "shard_ranges": "arrowsets.export.shards",
        "write_csv": "arrowsets.export.plans",
        "write_directory": "arrowsets.export.arrow",
        "write_file": "arrowsets.export.arrow",
        "write_json": "arrowsets.export.plans",
        "write_parquet": "arrowsets.export.parquet",
        "write_sql": "arrowsets.export.sql",
    },
)
