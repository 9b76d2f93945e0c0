"""A build backend that builds nothing.

pip hands out a source package only after it has asked the package's build backend for metadata,
which would fetch that backend and run the package's own code. scripts/deps puts this module in its
place: it reads name and version off PKG-INFO, so a download needs pip alone and runs nothing.
"""
import pathlib
import re


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    about = pathlib.Path("PKG-INFO").read_text(encoding="utf-8", errors="replace")
    name, version = (re.search(rf"^{field}: (\S+)", about, re.M)[1] for field in ("Name", "Version"))
    folder = f"{re.sub('[-_.]+', '_', name)}-{version}.dist-info"
    path = pathlib.Path(metadata_directory) / folder
    path.mkdir(parents=True, exist_ok=True)
    (path / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return folder
