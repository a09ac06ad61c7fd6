"""Write `src/medunion/fhir/data/r4.json.gz`: structure and required code bindings of every FHIR R4 (4.0.1) type.

Input: the jar `ca.uhn.hapi.fhir:hapi-fhir-validation-resources-r4` (Maven Central), which repackages the definitions of
the FHIR specification (CC0). Fetch it with

    mvn org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
        -Dartifact=ca.uhn.hapi.fhir:hapi-fhir-validation-resources-r4:8.8.0 -DoutputDirectory=.build
    python tools/tables/r4_definitions.py .build/hapi-fhir-validation-resources-r4-8.8.0.jar

Output (JSON, gzip without a time stamp, so that a second run writes the same bytes):

    primitives   name -> regular expression of its JSON text
    resources    names of the concrete resource types
    types        type or backbone path -> element -> [min, repeats, type, binding]; `x[x]` elements have a list of types
                 and a mapping type -> binding; a type may be a path: backbone element or target of a content reference
    bindings     list of {"valueSet", "systems": {system: [codes]}} or {"valueSet", "form": expression}; elements name
                 the index
    skipped      value set -> why its codes are not listed
"""

import argparse
import gzip
import json
import xml.etree.ElementTree as ET  # the jar is pinned by version: trusted input
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FHIR = "{http://hl7.org/fhir}"
MODEL = "org/hl7/fhir/r4/model/"
OUT = Path(__file__).parents[2] / "src/medunion/fhir/data/r4.json.gz"
SKIPPED = {
    "http://hl7.org/fhir/ValueSet/currencies": "ISO 4217 is not enumerated there: checked by form (three letters)",
    "http://hl7.org/fhir/ValueSet/mimetypes": "BCP 13 cannot be enumerated: checked by form (type/subtype)",
    "http://hl7.org/fhir/ValueSet/ucum-units": "UCUM is a grammar: not checked",
    "http://loinc.org/vs/LL379-9": "a LOINC answer list that the definitions only name: not checked",
}
FORMS = {
    "http://hl7.org/fhir/ValueSet/currencies": "[A-Z]{3}",
    "http://hl7.org/fhir/ValueSet/mimetypes": r"[^\s/]+/[^\s/]+.*|[a-z]+",
}


def tag(name: str) -> str:
    return "/".join(FHIR + part for part in name.split("/"))


def value(node: ET.Element, name: str) -> str | None:
    found = node.find(tag(name))
    return None if found is None else found.get("value")


def resources(jar: zipfile.ZipFile, name: str) -> Iterator[ET.Element]:
    for holder in ET.fromstring(jar.read(MODEL + name)).iter(tag("resource")):  # noqa: S314
        yield from holder


class Terminology:
    """Enumerates value sets from the code systems of the specification."""

    def __init__(self, jar: zipfile.ZipFile) -> None:
        self.sets: dict[str, ET.Element] = {}
        self.systems: dict[str, ET.Element] = {}
        for name in ("valueset/valuesets.xml", "valueset/v3-codesystems.xml", "valueset/v2-tables.xml"):
            for resource in resources(jar, name):
                where = {tag("ValueSet"): self.sets, tag("CodeSystem"): self.systems}.get(resource.tag)
                url = value(resource, "url")
                if where is not None and url is not None:
                    where[url] = resource

    def expand(self, url: str) -> dict[str, list[str]]:
        """System -> sorted codes; a value set that cannot be enumerated is an error, so that none is dropped unseen."""
        codes: dict[str, set[str]] = {}
        compose = self.sets[url].find(tag("compose"))
        if compose is None:
            raise ValueError(f"{url}: composes nothing")
        for include in compose.findall(tag("include")):
            for system, found in self._included(include, url).items():
                codes.setdefault(system, set()).update(found)
        for exclude in compose.findall(tag("exclude")):
            for system, found in self._included(exclude, url).items():
                codes[system] -= found
        return {system: sorted(found) for system, found in sorted(codes.items())}

    def _included(self, include: ET.Element, url: str) -> dict[str, set[str]]:
        codes: dict[str, set[str]] = {}
        for other in include.findall(tag("valueSet")):
            for imported, found in self.expand(str(other.get("value")).split("|")[0]).items():
                codes.setdefault(imported, set()).update(found)
        system = value(include, "system")
        if system is None:
            return codes
        listed = {str(value(concept, "code")) for concept in include.findall(tag("concept"))}
        filters = include.findall(tag("filter"))
        if not listed and not filters:
            listed = {str(value(concept, "code")) for concept in self.systems[system].iter(tag("concept"))}
        for rule in filters:
            if (value(rule, "property"), value(rule, "op")) != ("concept", "is-a"):
                raise ValueError(f"{url}: filter not understood")
            listed |= self._descendants(system, str(value(rule, "value")))
        if not listed:
            raise ValueError(f"{url}: {system} has no codes here")
        codes.setdefault(system, set()).update(listed)
        return codes

    def _descendants(self, system: str, root: str) -> set[str]:
        for concept in self.systems[system].iter(tag("concept")):
            if value(concept, "code") == root:
                return {str(value(node, "code")) for node in concept.iter(tag("concept"))}
        raise ValueError(f"{system}: no {root}")


class Table:
    """Collects types and bindings from structure definitions."""

    def __init__(self, terms: Terminology) -> None:
        self.terms = terms
        self.types: dict[str, dict[str, list[Any]]] = {}
        self.primitives: dict[str, str] = {}
        self.resources: list[str] = []
        self.bindings: list[dict[str, Any]] = []
        self._index: dict[str, int] = {}

    def add(self, definition: ET.Element) -> None:
        name, kind = str(value(definition, "type")), value(definition, "kind")
        elements = definition.findall(tag("snapshot/element"))
        if kind == "primitive-type":
            self.primitives[name] = self._form(elements)
            return
        if kind == "resource" and value(definition, "abstract") == "false":
            self.resources.append(name)
        parents = {str(value(element, "path")).rpartition(".")[0] for element in elements}
        for element in elements:
            path = str(value(element, "path"))
            parent, _, leaf = path.rpartition(".")
            if parent:
                described = self._element(element, path, path in parents, kind == "resource")
                self.types.setdefault(parent, {})[leaf] = described
        self.types.setdefault(name, {})

    def _element(self, element: ET.Element, path: str, has_children: bool, resource: bool) -> list[Any]:
        least, repeats = int(str(value(element, "min"))), int(value(element, "max") != "1")
        reference = value(element, "contentReference")
        if reference is not None:
            return [least, repeats, reference.lstrip("#"), None]
        if has_children:
            return [least, repeats, path, None]
        is_resource_id = resource and path.count(".") == 1 and path.endswith(".id")
        names = [self._type_name(node, is_resource_id) for node in element.findall(tag("type"))]
        binding = self._binding(element)
        if path.endswith("[x]"):
            bindable = {"code", "Coding", "CodeableConcept", "Quantity"}
            bound = {name: binding for name in names if name in bindable and binding is not None}
            return [least, repeats, names, bound]
        return [least, repeats, names[0], binding]

    @staticmethod
    def _type_name(node: ET.Element, is_resource_id: bool) -> str:
        code = str(value(node, "code"))
        if not code.startswith("http"):
            return code
        # Resource.id is declared as a string; the text of the specification says id.
        if is_resource_id:
            return "id"
        extension = node.find(tag("extension"))
        return "string" if extension is None else str(extension.find(tag("valueUrl")).get("value"))  # type: ignore[union-attr]

    def _binding(self, element: ET.Element) -> int | None:
        binding = element.find(tag("binding"))
        if binding is None or value(binding, "strength") != "required":
            return None
        url = str(value(binding, "valueSet")).split("|")[0]
        if url not in self._index:
            if url in SKIPPED and url not in FORMS:
                return None
            self._index[url] = len(self.bindings)
            entry = {"form": FORMS[url]} if url in FORMS else {"systems": self.terms.expand(url)}
            self.bindings.append({"valueSet": url, **entry})
        return self._index[url]

    @staticmethod
    def _form(elements: list[ET.Element]) -> str:
        for element in elements:
            for extension in element.iter(tag("extension")):
                if str(extension.get("url")).endswith("/regex"):
                    return str(value(extension, "valueString"))
        return ""


def build(jar_path: Path) -> dict[str, Any]:
    """The whole table as a JSON value."""
    with zipfile.ZipFile(jar_path) as jar:
        table = Table(Terminology(jar))
        for name in ("profile/profiles-types.xml", "profile/profiles-resources.xml"):
            for resource in resources(jar, name):
                if resource.tag != tag("StructureDefinition") or value(resource, "kind") == "logical":
                    continue
                if value(resource, "derivation") in ("specialization", None):
                    table.add(resource)
    return {
        "version": "4.0.1",
        "source": f"{jar_path.stem}: FHIR R4 definitions, HL7, CC0",
        "primitives": table.primitives,
        "resources": sorted(table.resources),
        "types": table.types,
        "bindings": table.bindings,
        "skipped": SKIPPED,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the table of FHIR R4 types.")
    parser.add_argument("jar", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    text = json.dumps(build(options.jar), sort_keys=True, separators=(",", ":"))
    options.out.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{options.out}: {options.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
