"""What may be asked for, and which package has a module."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.kernels.packages import names
from octavo.kernels.packages.names import Wrong, parse, suggest


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("numpy", ["numpy"]),
        ("numpy pandas", ["numpy", "pandas"]),
        ("numpy, pandas,scipy\nsix", ["numpy", "pandas", "scipy", "six"]),
        ("pandas >= 2, < 3 six", ["pandas>=2,<3", "six"]),
        ("pandas>=2,<3,!=2.1.*", ["pandas>=2,<3,!=2.1.*"]),
        ("six (>=1.0)", ["six>=1.0"]),
        ("dask[dataframe, distributed]~=2024.1", ["dask[dataframe,distributed]~=2024.1"]),
        ("zope.interface ruamel.yaml my_pkg A-b", ["zope.interface", "ruamel.yaml", "my_pkg", "A-b"]),
        ("six==1.0+local.1", ["six==1.0+local.1"]),
        ("six===1.0", ["six===1.0"]),
        ("  !pip install numpy", ["numpy"]),
        ("%pip install numpy six", ["numpy", "six"]),
        ("$ python3 -m pip install numpy", ["numpy"]),
        ("uv pip install numpy", ["numpy"]),
        ("uv add numpy", ["numpy"]),
        ("pip", ["pip"]),
        ("six six", ["six"]),
    ],
)
def test_names_with_extras_and_versions_are_taken_as_people_write_them(text: str, wanted: list[str]) -> None:
    assert parse(text) == wanted


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "empty"),
        ("pip install ", "empty"),
        ("-r requirements.txt", "option"),
        ("--index-url=https://example.org numpy", "option"),
        ("numpy -U", "option"),
        ("numpy\n--pre", "option"),
        ("\u2014pre numpy", "option"),
        ("numpy,-e .", "option"),
        ("requirements.txt", "path"),
        ("./folder", "path"),
        ("../folder", "path"),
        ("~/x", "path"),
        ("/etc/passwd", "path"),
        ("some/folder", "path"),
        ("thing-1.0-py3-none-any.whl", "path"),
        ("https://example.org/x.whl", "address"),
        ("six @ https://example.org/x.whl", "address"),
        ("git+https://example.org/x", "address"),
        ("http://example.org/x.whl", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("six @ file:///x", "scheme"),
        ("six; python_version<'3'", "name"),
        ("six;python_version<3", "name"),
        ("num$py", "name"),
        ("`id`", "name"),
        ("_six", "name"),
        ("six>", "name"),
        ("six[", "name"),
        ("名字", "name"),
        (" ".join(f"a{n}" for n in range(51)), "many"),
    ],
)
def test_what_is_no_package_is_refused_with_the_reason(text: str, word: str) -> None:
    with pytest.raises(Wrong) as refused:
        parse(text)
    assert refused.value.word == word


def test_addresses_are_taken_only_where_they_were_asked_for() -> None:
    url = "https://example.org/x-1.0-py3-none-any.whl"
    assert parse(f"six {url} y @ git+https://example.org/y@main", addresses=True) == [
        "six",
        url,
        "y @ git+https://example.org/y@main",
    ]
    for text in ("http://example.org/x", "file:///x", "git+file:///x", "x @ ./y"):
        with pytest.raises(Wrong):
            parse(text, addresses=True)


@given(st.text(max_size=60))
def test_nothing_that_comes_through_begins_with_a_dash_or_names_a_path(text: str) -> None:
    try:
        found = parse(text)
    except Wrong:
        return
    assert found
    for one in found:
        assert one[0].isalnum()
        assert one[0].isascii()
        assert not set(one) & set(" \t\n/\\:@;'\"`$&|")


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("sklearn", "scikit-learn"),
        ("sklearn.linear_model", "scikit-learn"),
        ("cv2", "opencv-python-headless"),
        ("PIL", "Pillow"),
        ("PIL.Image", "Pillow"),
        ("yaml", "PyYAML"),
        ("bs4", "beautifulsoup4"),
        ("dateutil.parser", "python-dateutil"),
        ("google.cloud.storage.client", "google-cloud-storage"),
        ("mpl_toolkits.basemap", "basemap"),
        ("mpl_toolkits.mplot3d", "matplotlib"),
    ],
)
def test_a_module_whose_package_has_another_name_is_known(module: str, package: str) -> None:
    assert suggest(module) == (module, package, True)


def test_an_unknown_module_is_looked_for_by_its_own_name() -> None:
    assert suggest("some_thing.inner") == ("some_thing.inner", "some-thing", False)


def test_for_a_part_of_python_itself_no_package_is_offered() -> None:
    assert suggest("tkinter.ttk") == ("tkinter.ttk", "", True)


@pytest.mark.parametrize("module", ["", "a b", "a;b", "-r", "a..b", "x" * 300])
def test_what_is_no_module_has_no_package(module: str) -> None:
    assert suggest(module).name == ""


def test_every_line_of_the_table_names_a_module_and_a_package_that_may_be_asked_for() -> None:
    lines = [line for line in names.TABLE.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) >= 100
    assert lines == sorted(lines, key=lambda line: line.split()[0])
    for line in lines:
        module, package = line.split()
        assert names.MODULE.match(module), line
        assert package == "-" or parse(package) == [package], line
    assert len(names.table()) == len(lines)
