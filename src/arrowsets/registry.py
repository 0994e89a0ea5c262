"""Builders by name and by file extension.

Builders are entry points of the group `arrowsets.builders`; knowing their names imports none of them. Our own stand in
tables here as well, with their extensions (tests compare them with the entry points and the classes): looking through
the installed packages takes longer than opening a dataset that was loaded before, and is done only for a name or an
extension that none of ours has. Plug-ins of others are imported when a file has an extension that none of ours reads.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import inspect
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from arrowsets.builder import Builder
from arrowsets.errors import MissingDependency, UnknownName
from arrowsets.lazy import pattern

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = [
    "builder",
    "builder_help",
    "builder_names",
    "builder_of_extension",
    "elsewhere",
    "extension_keywords",
    "forget",
    "is_builder",
    "register",
    "unregister",
]

GROUP: Final = "arrowsets.builders"
_OURS: Final = "arrowsets.builders."

# The classes of ours, in their modules.
CLASSES: Final[Mapping[str, str]] = {
    "csv": "CsvBuilder",
    "json": "JsonBuilder",
    "parquet": "ParquetBuilder",
    "arrow": "ArrowBuilder",
    "text": "TextBuilder",
    "imagefolder": "ImageFolderBuilder",
    "audiofolder": "AudioFolderBuilder",
    "videofolder": "VideoFolderBuilder",
    "pdffolder": "PdfFolderBuilder",
    "niftifolder": "NiftiFolderBuilder",
    "meshfolder": "MeshFolderBuilder",
    "webdataset": "WebDatasetBuilder",
    "conll": "ConllBuilder",
    "xml": "XmlBuilder",
    "hdf5": "Hdf5Builder",
    "lance": "LanceBuilder",
    "pandas": "PandasBuilder",
    "generator": "GeneratorBuilder",
    "sql": "SqlBuilder",
    "fasta": "FastaBuilder",
    "fastq": "FastqBuilder",
    "genbank": "GenbankBuilder",
    "pdb": "PdbBuilder",
    "mmcif": "MmcifBuilder",
    "iceberg": "IcebergBuilder",
    "eval": "EvalBuilder",
    "harbor": "HarborBuilder",
    "vortex": "VortexBuilder",
    "tsfile": "TsFileBuilder",
}

# Ours, in the order in which they win an extension that two of them read.
EXTENSIONS: Final[Mapping[str, str]] = {
    "csv": ".csv .tsv",
    "json": ".json .jsonl .ndjson",
    "parquet": ".parquet .geoparquet .gpq",
    "arrow": ".arrow",
    "text": ".txt",
    "conll": ".conll .conllu",
    "webdataset": ".tar",
    "xml": ".xml",
    "hdf5": ".hdf5 .h5",
    "lance": ".lance",
    "fasta": ".fa .fasta .fna .ffn .faa .frn .afa",
    "fastq": ".fq .fastq",
    "genbank": ".gb .gbk .genbank",
    "pdb": ".pdb .ent",
    "mmcif": ".cif .mmcif",
    "vortex": ".vortex",
    "tsfile": ".tsfile",
    "eval": ".eval",
    "harbor": ".toml",
    "imagefolder": (
        ".blp .bmp .dib .bufr .cur .pcx .dcx .dds .ps .eps .fit .fits .fli .flc .ftc .ftu .gbr .gif .grib .png .apng "
        ".jp2 .j2k .jpc .jpf .jpx .j2c .icns .ico .im .iim .tif .tiff .jfif .jpe .jpg .jpeg .msp .pcd .pxr .pbm .pgm "
        ".ppm .pnm .psd .bw .rgb .rgba .sgi .ras .tga .icb .vda .vst .webp .wmf .emf .xbm .xpm"
    ),
    "audiofolder": (
        ".aiff .au .avr .caf .flac .htk .svx .mat4 .mat5 .mpc2k .ogg .paf .pvf .raw .rf64 .sd2 .sds .ircam .voc .w64 "
        ".wav .nist .wavex .wve .xi .mp3 .opus .3gp .3g2 .asf .flv .m4v .webm .f4v .wmv .wma .ogm .mxf .nut .mpg"
    ),
    "videofolder": ".mpeg .avi .mp4 .mov .mkv",
    "pdffolder": ".pdf",
    "niftifolder": ".nii",
    "meshfolder": ".glb .gltf .ply .stl",
}

# Names of builders that others have, and what to do instead.
ELSEWHERE: Final[Mapping[str, str]] = {
    "spark": "pip install pyspark, then Dataset.from_spark(frame) or IterableDataset.from_spark(frame)",
}

_registered: dict[str, type[Builder[Any]]] = {}


@functools.lru_cache(maxsize=1)
def _plugins() -> Mapping[str, EntryPoint]:
    """Return the installed builders that are not ours."""
    from importlib.metadata import entry_points

    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        if point.name not in CLASSES:
            found.setdefault(point.name, point)
    return found


@functools.lru_cache(maxsize=1)
def _own_extensions() -> Mapping[str, str]:
    table: dict[str, str] = {}
    for name, extensions in EXTENSIONS.items():
        for extension in extensions.split():
            table.setdefault(extension, name)
    return table


def register(name: str, cls: type[Builder[Any]]) -> None:
    """Make a builder known in this process, in front of installed ones of that name."""
    _registered[name] = cls


def unregister(name: str) -> None:
    """Forget what `register` made known."""
    _registered.pop(name, None)


def builder_names() -> tuple[str, ...]:
    """Return the names of all builders, sorted; imports none of them."""
    return tuple(sorted({*_registered, *CLASSES, *_plugins()}))


def is_builder(name: str) -> bool:
    """Tell whether a builder has this name; what is a path is not looked for among plug-ins."""
    return name in _registered or name in CLASSES or ("/" not in name and name in _plugins())


def elsewhere(name: str) -> MissingDependency | None:
    """Return an error that says how to read what a builder of this name would read, if others have one and we do not.

    >>> print(elsewhere("spark"))
    there is no builder 'spark': pip install pyspark, then Dataset.from_spark(frame) or IterableDataset.from_spark(frame)
    """
    if name not in ELSEWHERE or is_builder(name):
        return None
    return MissingDependency(f"there is no builder {name!r}: {ELSEWHERE[name]}")


@functools.lru_cache(maxsize=256)
def _loaded(point: EntryPoint) -> type[Builder[Any]]:
    try:
        cls: type[Builder[Any]] = point.load()
    except (ImportError, AttributeError) as error:
        raise MissingDependency(f"the builder {point.name!r} ({point.value}) cannot be imported: {error}") from error
    return cls


@functools.lru_cache(maxsize=256)
def _own(name: str) -> type[Builder[Any]]:
    try:
        cls: type[Builder[Any]] = getattr(importlib.import_module(_OURS + name), CLASSES[name])
    except (ImportError, AttributeError) as error:
        raise MissingDependency(f"the builder {name!r} cannot be imported: {error}") from error
    return cls


def builder(name: str) -> type[Builder[Any]]:
    """Return the builder of a name.

    Raises:
        UnknownName: lists the names that exist.
    """
    if name in _registered:
        return _registered[name]
    if name in CLASSES:
        return _own(name)
    if (point := _plugins().get(name)) is None:
        raise UnknownName.of("builder", name, builder_names())
    return _loaded(point)


_ATTRIBUTES: Final = pattern(r"^Attributes:\n(.*?)(?=^\S|\Z)", re.DOTALL | re.MULTILINE)
_ATTRIBUTE: Final = pattern(r"^    (\w[\w, ]*): (.*?)(?=^    \w|\Z)", re.DOTALL | re.MULTILINE)


def builder_help(name: str) -> str:
    """Return the page of a builder in Markdown: what it reads and each option with its default and its meaning.

    >>> print(builder_help("xml").splitlines()[0])
    # xml
    """
    cls = builder(name)
    module = inspect.getdoc(inspect.getmodule(cls)) or inspect.getdoc(cls) or ""
    meanings = _meanings(cls.options)
    lines = [f"# {name}", "", module, ""]
    if cls.extensions:
        lines += ["Extensions: " + " ".join(f"`{extension}`" for extension in cls.extensions), ""]
    lines += ["## Options", "", "| name | default | meaning |", "|---|---|---|"]
    for field in dataclasses.fields(cls.options):
        lines.append(f"| `{field.name}` | `{_default(field)}` | {meanings.get(field.name, '')} |")
    return "\n".join(lines) + "\n"


def _meanings(options: type[Any]) -> dict[str, str]:
    """Return what the docstrings of a dataclass and its bases say of its fields."""
    found: dict[str, str] = {}
    for cls in reversed(options.__mro__):
        match = _ATTRIBUTES.search(inspect.cleandoc(cls.__doc__ or ""))
        for names, text in _ATTRIBUTE.findall(match[1] if match else ""):
            found.update(dict.fromkeys(re.split(r",\s*", names), " ".join(text.split()).replace("|", "\\|")))
    return found


def _default(field: dataclasses.Field[Any]) -> str:
    value = field.default_factory() if callable(field.default_factory) else field.default
    return "required" if value is dataclasses.MISSING else repr(value)


def builder_of_extension(extension: str) -> str | None:
    """Return the name of the builder that reads files with an extension (".csv"); None if there is none."""
    for name, cls in _registered.items():
        if extension in cls.extensions:
            return name
    ours = _own_extensions().get(extension)
    if ours is not None:
        return ours
    return _plugin_of_extension(extension) if extension else None


def _plugin_of_extension(extension: str) -> str | None:
    for name, point in _plugins().items():
        if extension in _extensions_of(point):
            return name
    return None


def _extensions_of(point: EntryPoint) -> Mapping[str, Mapping[str, Any]]:
    try:
        return _loaded(point).extensions
    except MissingDependency:
        # A plug-in that is broken must not keep others' files from being read; asked by name, it says why.
        return {}


def extension_keywords(name: str, extension: str) -> Mapping[str, Any]:
    """Return the keywords that an extension implies for a builder: {"sep": "\\t"} for ".tsv"."""
    return builder(name).extensions.get(extension, {})


def forget() -> None:
    """Look for installed builders anew at the next question."""
    _plugins.cache_clear()
    _loaded.cache_clear()
