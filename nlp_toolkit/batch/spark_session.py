"""A Spark session: made where there is none, its workers asked whether they have the package, its errors in one sentence."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp_toolkit.errors import PolicyError
from nlp_toolkit.version import __version__

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

EXTRA = "spark"


def sql() -> Any:
    """The module pyspark.sql.functions; raises PolicyError where PySpark is missing."""
    try:
        import_module("pyarrow")
        return import_module("pyspark.sql.functions")
    except ImportError as error:
        raise PolicyError(f"Spark needs an extra; pip install 'nlp_toolkit[{EXTRA}]'") from error


def spark_schema(schema: Any) -> Any:
    """The Spark schema of an Arrow schema."""
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema)


def in_arrow(df: DataFrame, function: Any, schema: Any) -> DataFrame:
    """``mapInArrow`` without its warning about pandas, which no data passes through."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*pandas.*", category=FutureWarning)
        return df.mapInArrow(lambda batches: function(batches), schema)


class told:  # noqa: N801  a context, used like a function
    """Turns what Spark says of a worker without the package, or of a full disk, into one sentence."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, PolicyError):
            return
        said = str(error)
        if "No module named" in said:
            raise PolicyError(_MISSING.format(_first(said, "No module named"))) from None
        if "No space left" in said:
            raise PolicyError(
                "Spark has no space left on a disk; make room in spark.local.dir and in the place that is written to"
            ) from None
        if "already exists" in said and "PATH" in said:
            raise PolicyError(f"{_first(said, '[PATH')}; name a new folder") from None
        if type(error).__module__.startswith(("pyspark", "py4j")):
            raise PolicyError(f"Spark failed: {said.strip().splitlines()[-1].strip()}") from error


_MISSING = (
    "a Spark worker cannot import what it needs ({}); install nlp-toolkit[spark] in the Python of every worker "
    "(spark.pyspark.python), or send it along (--archives); see docs/how-to/spark.md"
)


def _first(said: str, beginning: str) -> str:
    """The line in a long message that begins so."""
    return next(line[line.index(beginning) :].strip() for line in said.splitlines() if beginning in line)


_checked: set[str] = set()


def check_workers(spark: SparkSession) -> None:
    """Ask the workers, once a session, whether they have this version of the package; raises PolicyError where not."""
    from pyspark.sql.functions import udf

    def probe(number: int) -> str:  # goes to workers as code, so that it runs without the package
        try:
            import pyarrow  # noqa: F401

            from nlp_toolkit.version import __version__ as version
        except ImportError as error:
            return f"No module named: {error}"
        return version

    session = str(id(spark))
    if session in _checked:
        return
    probe.__module__ = "__main__"
    many = 8
    with told():
        rows = (
            spark.range(0, many, 1, many)
            .select(udf(probe, "string", useArrow=False)("id").alias("version"))
            .distinct()
            .collect()
        )
    for (version,) in sorted(rows):
        if version.startswith("No module named"):
            raise PolicyError(_MISSING.format(version.removeprefix("No module named: ")))
        if version != __version__:
            raise PolicyError(
                f"a Spark worker has nlp-toolkit {version}, this is {__version__}; install one version everywhere"
            )
    _checked.add(session)


def session(workers: int, master: str | None = None) -> SparkSession:
    """The session that there is, or one on ``master``, or one on this machine with so many workers.

    Raises PolicyError where PySpark or Java is missing.
    """
    sql()
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    if running is not None:
        return running
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ or "SPARK_REMOTE" in os.environ
    if not submitted and not has_java():
        raise PolicyError(
            "Spark needs Java 17 or later; install it (Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME"
        )
    builder = SparkSession.builder.appName("nlp-toolkit")
    if not submitted:
        builder = builder.master(master or f"local[{workers}]")
        if master is None:
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
            log = f"-Dlog4j2.configurationFile={files('nlp_toolkit.data').joinpath('spark_log.properties')}"
            for name, value in {**_ON_THIS_MACHINE, "spark.driver.extraJavaOptions": log}.items():
                builder = builder.config(name, value)
    try:
        spark = builder.getOrCreate()
    except (PySparkException, RuntimeError) as error:
        raise PolicyError(f"Spark does not start: {str(error).splitlines()[0]}; see what Java said above") from None
    spark.sparkContext.setLogLevel("ERROR")
    return spark


_ON_THIS_MACHINE = {
    "spark.driver.memory": "4g",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "500",
    "spark.sql.shuffle.partitions": "8",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def has_java() -> bool:
    """Whether there is a Java to start."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java") is not None or bool(home and (Path(home) / "bin/java").exists())


def remove(spark: SparkSession, place: str) -> None:
    """Remove a folder wherever Spark has it."""
    java: Any = spark.sparkContext._jvm
    path = java.org.apache.hadoop.fs.Path(place)
    path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration()).delete(path, True)
